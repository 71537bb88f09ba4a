//! What a status word is likely to mean as an answer to a certain command: what cards are seen to do, beyond what
//! the command's table in the standard says.

/// The likely causes, likeliest first; empty where the table of the command says it all.
pub(crate) fn likely(command: &[u8], status: u16) -> &'static [&'static str] {
    let [_, ins, p1, ..] = *command else {
        return &[];
    };
    match (ins, p1, status) {
        // INSTALL [for load]
        (0xE6, 0x02, 0x6985) => {
            &["a package or an application with this AID is on the card already"]
        }
        (0xE6, 0x02, 0x6A80) => &[
            "the card does not take this AID, this hash, or load parameters (--no-memory-check sends none)",
            "the AID is in use",
        ],
        (0xE6, 0x02, 0x6982) => &[
            "the session's security domain may not load, or a token is needed (delegated management)",
        ],
        (0xE6, 0x02 | 0x0E, 0x6A84 | 0x6581) => {
            &["not enough memory for the load file: delete what is not needed"]
        }
        // INSTALL [for load, install and make selectable]
        (0xE6, 0x0E, 0x6A81 | 0x6A86 | 0x6D00) => {
            &["the card does not load and install in one: flash without --combined"]
        }
        (0xE6, 0x0E, 0x6985) => &[
            "the package or the instance is on the card already",
            "it was not begun, or its last block has not come",
            "a token is needed (delegated management), or the card has no key to verify it",
        ],
        (0xE6, 0x0E, 0x6A88) => &["the load file has no such module"],
        (0xE6, 0x0E, 0x6A80) => &[
            "the load file imports a package, or a version of one, that the card does not have",
            "the applet's install method threw an exception: wrong parameters, or an algorithm that the card does \
             not have",
        ],
        (0xE6 | 0xE4, _, 0x6982) if p1 != 0x02 => &[
            "the token is wrong: signed by another key, or for something else",
            "the secure channel was lost: another program may have used the card",
        ],
        // INSTALL [for personalization]
        (0xE6, 0x20, 0x6A88) => &["there is no such application on the card"],
        (0xE6, 0x20, 0x6985) => &[
            "the application belongs to another security domain: open the session with that",
            "the application is locked",
        ],
        // INSTALL [for install], [for install and make selectable]
        (0xE6, 0x04 | 0x0C, 0x6985) => &[
            "the instance's AID is in use",
            "the applet itself refused to be installed, or memory ran out for what it makes",
        ],
        (0xE6, 0x04 | 0x0C, 0x6A80) => &[
            "the applet's install method threw an exception: wrong parameters, or an algorithm that the card does \
             not have",
            "the card does not grant these privileges",
        ],
        (0xE6, 0x04 | 0x0C, 0x6F00..=0x6FFF) => &[
            "the applet's install method threw an exception: an algorithm that the card does not have, or memory \
             that ran out",
        ],
        (0xE6, 0x04 | 0x0C, 0x6A88) => &["the load file has no such module, or is not on the card"],
        (0xE6, 0x10, 0x6985) => {
            &["it belongs to this security domain already, or may not leave its own"]
        }
        (0xE6, 0x08, 0x6985) => &["it is selectable already"],
        // LOAD
        (0xE8, _, 0x6985) => &[
            "no load is under way: INSTALL [for load] was not the command before the first block",
            "the load file imports a package, or a version of one, that the card does not have",
        ],
        (0xE8, _, 0x6A80) => &[
            "the load file imports a package, or a version of one, that the card does not have",
            "its hash or its signature (DAP) is wrong, or the package's AID is not the one announced",
            "the card's own verifier refuses it",
        ],
        (0xE8, _, 0x6982) => &["a signature of the load file (DAP) is missing or wrong"],
        (0xE8, _, 0x6400..=0x64FF | 0x6F00..=0x6FFF) => {
            &["the card's linker failed: most often an import that is newer than the card"]
        }
        (0xE8, _, 0x6A84) => &["not enough memory: delete what is not needed"],
        // DELETE
        (0xE4, _, 0x6985) => &[
            "applications made from it are still there",
            "another package imports it",
            "it is selected on another logical channel",
        ],
        // PUT KEY
        (0xD8, _, 0x6985) => &["the key version is in use: replace it, or take another"],
        (0xD8, _, 0x6A80 | 0x9485) => &[
            "the check value does not fit: the data encryption key (DEK) is not the card's",
            "the card does not take keys of this type or length",
        ],
        (0xD8, _, 0x6A88) => &["there is no key set of the version that is to be replaced"],
        (0xD8, _, 0x9484) => &["the card does not take keys of this type or length"],
        // SET STATUS
        (0xF0, 0x80, 0x6985) => &[
            "the card's life cycle has no way from its state to this one",
            "the security domain has not the privilege to lock or to terminate the card",
        ],
        (0xF0, _, 0x6985) => &["the life cycle has no way from its state to this one"],
        // STORE DATA
        (0xE2, _, 0x6985) => {
            &["INSTALL [for personalization] was not the command before the first block"]
        }
        (0xE2, _, 0x6A80) => {
            &["a data object that it does not know, or the encryption bits of P1 do not fit"]
        }
        (0xE2, _, 0x6D00) => &["the application does not take STORE DATA"],
        // GET STATUS and whatever else wants a session.
        (0xF2, _, 0x6982) => &[
            "there is no secure channel",
            "the parameter i that was given for SCP02 is not the card's",
        ],
        (_, _, 0x6982) => &["the secure channel was lost: another program may have used the card"],
        _ => &[],
    }
}
