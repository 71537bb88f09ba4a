//! Status words.

use core::fmt;

/// The two status bytes that end every response, SW1 and SW2 (ISO 7816-4 §5.1.3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StatusWord(pub u16);

// Written out, not generated: the applet's compiler reads these constants from this source.
impl StatusWord {
    /// 9000.
    pub const SUCCESS: Self = Self(0x9000);
    /// 6283.
    pub const SELECTED_FILE_DEACTIVATED: Self = Self(0x6283);
    /// 6300.
    pub const VERIFICATION_FAILED: Self = Self(0x6300);
    /// 63Cx with x = 0: see [`StatusWord::tries_left`].
    pub const TRIES_LEFT: Self = Self(0x63C0);
    /// 6581.
    pub const MEMORY_FAILURE: Self = Self(0x6581);
    /// 6700.
    pub const WRONG_LENGTH: Self = Self(0x6700);
    /// 6881.
    pub const LOGICAL_CHANNEL_NOT_SUPPORTED: Self = Self(0x6881);
    /// 6882.
    pub const SECURE_MESSAGING_NOT_SUPPORTED: Self = Self(0x6882);
    /// 6981.
    pub const COMMAND_INCOMPATIBLE_WITH_FILE: Self = Self(0x6981);
    /// 6982.
    pub const SECURITY_STATUS_NOT_SATISFIED: Self = Self(0x6982);
    /// 6983.
    pub const AUTHENTICATION_METHOD_BLOCKED: Self = Self(0x6983);
    /// 6984.
    pub const REFERENCE_DATA_NOT_USABLE: Self = Self(0x6984);
    /// 6985.
    pub const CONDITIONS_NOT_SATISFIED: Self = Self(0x6985);
    /// 6986.
    pub const NO_CURRENT_FILE: Self = Self(0x6986);
    /// 6999.
    pub const APPLET_SELECT_FAILED: Self = Self(0x6999);
    /// 6A80.
    pub const WRONG_DATA: Self = Self(0x6A80);
    /// 6A81.
    pub const FUNCTION_NOT_SUPPORTED: Self = Self(0x6A81);
    /// 6A82.
    pub const FILE_NOT_FOUND: Self = Self(0x6A82);
    /// 6A84.
    pub const NOT_ENOUGH_MEMORY: Self = Self(0x6A84);
    /// 6A86.
    pub const INCORRECT_P1_P2: Self = Self(0x6A86);
    /// 6A88.
    pub const REFERENCED_DATA_NOT_FOUND: Self = Self(0x6A88);
    /// 6B00.
    pub const WRONG_OFFSET: Self = Self(0x6B00);
    /// 6D00.
    pub const INSTRUCTION_NOT_SUPPORTED: Self = Self(0x6D00);
    /// 6E00.
    pub const CLASS_NOT_SUPPORTED: Self = Self(0x6E00);
    /// 6F00.
    pub const UNKNOWN: Self = Self(0x6F00);
}

impl StatusWord {
    /// 63Cx: the comparison failed (or was only asked about) and `tries` presentations, 0 to 15, are
    /// left; more than 15 are told as 15.
    #[must_use]
    pub const fn tries_left(tries: u8) -> Self {
        Self(Self::TRIES_LEFT.0 | if tries < 15 { tries as u16 } else { 15 })
    }

    /// The number of presentations left that a 63Cx tells.
    #[must_use]
    pub const fn as_tries_left(self) -> Option<u8> {
        match self.0.to_be_bytes() {
            [0x63, sw2 @ 0xC0..=0xCF] => Some(sw2 & 0x0F),
            _ => None,
        }
    }

    /// Whether the command was carried out: 9000, or 61xx (more response data is waiting).
    #[must_use]
    pub const fn is_success(self) -> bool {
        self.0 == Self::SUCCESS.0 || self.0 >> 8 == 0x61
    }

    /// SW1 and SW2.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 2] {
        self.0.to_be_bytes()
    }

    /// What the status word says in general. What it says of one command is in the command tables.
    #[must_use]
    pub fn explain(self) -> &'static str {
        let exact = MEANINGS.iter().find(|meaning| meaning.status == self);
        exact.map_or_else(|| self.explain_by_class(), |meaning| meaning.text)
    }

    /// Every status word that has one fixed meaning, in ascending order, with that meaning.
    #[must_use]
    pub const fn meanings() -> &'static [Meaning] {
        MEANINGS
    }

    // ISO 7816-4 table 5.
    fn explain_by_class(self) -> &'static str {
        match self.0.to_be_bytes() {
            [0x61, _] => {
                "the command was carried out; SW2 more response bytes wait for GET RESPONSE"
            }
            [0x62, _] => "warning: the memory of the card is unchanged",
            [0x63, 0xC0] => "no presentation of the reference data is left",
            [0x63, 0xC1..=0xCF] => {
                "the low digit tells how many presentations of the reference data are left"
            }
            [0x63, _] => "warning: the memory of the card has changed",
            [0x64, _] => "error: the memory of the card is unchanged",
            [0x65, _] => "error: the memory of the card has changed",
            [0x66, _] => "a matter of security",
            [0x67, _] => "wrong length",
            [0x68, _] => "a function of the class byte is not supported",
            [0x69, _] => "the command is not allowed",
            [0x6A, _] => "wrong parameters P1-P2",
            [0x6C, _] => "wrong Le: SW2 tells the number of bytes available",
            [0x6F, _] => "no precise diagnosis",
            [0x91..=0x9F, _] => "a status word of the application's own",
            _ => "not a status word of ISO 7816-4",
        }
    }
}

impl fmt::Display for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

impl fmt::Debug for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StatusWord({self})")
    }
}

/// A status word with one fixed meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// The status word.
    pub status: StatusWord,
    /// What it says, as part of a sentence.
    pub text: &'static str,
}

const fn meaning(status: StatusWord, text: &'static str) -> Meaning {
    Meaning { status, text }
}

// ISO 7816-4 tables 5 and 6; 6310, 6438 and 9484.. GPCS 2.3.1 chapter 11; 6999 JC 3.0.5 ISO7816.
const MEANINGS: &[Meaning] = &[
    meaning(StatusWord(0x6200), "warning: no information given"),
    meaning(StatusWord(0x6281), "part of the response may be corrupted"),
    meaning(
        StatusWord(0x6282),
        "the end of the file was reached before Le bytes were read",
    ),
    meaning(
        StatusWord::SELECTED_FILE_DEACTIVATED,
        "the selected file or application is deactivated or locked",
    ),
    meaning(
        StatusWord(0x6285),
        "the selected file is in termination state",
    ),
    meaning(
        StatusWord::VERIFICATION_FAILED,
        "verification or authentication failed",
    ),
    meaning(
        StatusWord(0x6310),
        "more data follows: send the command again with P2 saying next",
    ),
    meaning(StatusWord(0x6400), "the command was not carried out"),
    meaning(StatusWord::MEMORY_FAILURE, "the card's memory failed"),
    meaning(
        StatusWord::WRONG_LENGTH,
        "wrong length: of the command, its data (Lc) or the expected response (Le)",
    ),
    meaning(
        StatusWord::LOGICAL_CHANNEL_NOT_SUPPORTED,
        "the logical channel is not supported or not open",
    ),
    meaning(
        StatusWord::SECURE_MESSAGING_NOT_SUPPORTED,
        "secure messaging is not supported",
    ),
    meaning(
        StatusWord(0x6883),
        "the last command of a chain was expected",
    ),
    meaning(StatusWord(0x6884), "command chaining is not supported"),
    meaning(
        StatusWord::COMMAND_INCOMPATIBLE_WITH_FILE,
        "the command does not go with this kind of file",
    ),
    meaning(
        StatusWord::SECURITY_STATUS_NOT_SATISFIED,
        "the security status is not satisfied: a verification or a secure channel is missing",
    ),
    meaning(
        StatusWord::AUTHENTICATION_METHOD_BLOCKED,
        "the authentication method is blocked",
    ),
    meaning(
        StatusWord::REFERENCE_DATA_NOT_USABLE,
        "the reference data is blocked or not set",
    ),
    meaning(
        StatusWord::CONDITIONS_NOT_SATISFIED,
        "the conditions of use are not satisfied: the state does not allow this command",
    ),
    meaning(
        StatusWord::NO_CURRENT_FILE,
        "no elementary file is selected",
    ),
    meaning(
        StatusWord(0x6987),
        "secure messaging data objects are missing",
    ),
    meaning(
        StatusWord(0x6988),
        "secure messaging data objects are wrong",
    ),
    meaning(
        StatusWord::APPLET_SELECT_FAILED,
        "the applet refused its selection",
    ),
    meaning(StatusWord::WRONG_DATA, "the command data are wrong"),
    meaning(
        StatusWord::FUNCTION_NOT_SUPPORTED,
        "the function is not supported",
    ),
    meaning(
        StatusWord::FILE_NOT_FOUND,
        "the file or application was not found",
    ),
    meaning(StatusWord(0x6A83), "the record was not found"),
    meaning(StatusWord::NOT_ENOUGH_MEMORY, "not enough memory"),
    meaning(StatusWord::INCORRECT_P1_P2, "wrong P1 or P2"),
    meaning(
        StatusWord::REFERENCED_DATA_NOT_FOUND,
        "the referenced data (a key, a data object) was not found",
    ),
    meaning(StatusWord(0x6A89), "the file exists already"),
    meaning(
        StatusWord::WRONG_OFFSET,
        "the offset lies past the end of the file",
    ),
    meaning(
        StatusWord::INSTRUCTION_NOT_SUPPORTED,
        "the instruction is not supported",
    ),
    meaning(
        StatusWord::CLASS_NOT_SUPPORTED,
        "the class is not supported",
    ),
    meaning(StatusWord::UNKNOWN, "an internal error without diagnosis"),
    meaning(StatusWord::SUCCESS, "success"),
    meaning(StatusWord(0x9484), "the algorithm is not supported"),
    meaning(StatusWord(0x9485), "the key check value is wrong"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_has_no_doubles() {
        assert!(
            MEANINGS
                .windows(2)
                .all(|pair| pair[0].status < pair[1].status)
        );
    }

    #[test]
    fn tries_survive_the_round_trip() {
        for tries in 0..=15 {
            assert_eq!(StatusWord::tries_left(tries).as_tries_left(), Some(tries));
        }
        assert_eq!(StatusWord::tries_left(200), StatusWord(0x63CF));
        assert_eq!(StatusWord(0x6300).as_tries_left(), None);
        assert_eq!(StatusWord(0x63D0).as_tries_left(), None);
    }

    #[test]
    fn every_status_word_is_explained() {
        for status in 0..=u16::MAX {
            assert!(!StatusWord(status).explain().is_empty());
        }
        assert_eq!(StatusWord(0x9000).explain(), "success");
        assert!(StatusWord(0x63C2).explain().contains("presentations"));
        assert!(
            StatusWord(0x1234)
                .explain()
                .starts_with("not a status word")
        );
    }
}
