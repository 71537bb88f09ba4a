//! What the TSM sends.

use super::{ANY_SHORT_FILE, ZERO};
use crate::StatusWord;
use crate::jpki::ins;
use crate::table::{CommandSpec, Field, Parameter, Secure, requirement};

const SHORT: &[Parameter] = &[ANY_SHORT_FILE];
const TSM: &str = "the TSM, through a secure channel with C-MAC and C-DECRYPTION";
const KEY_FILE: &[Field] = &[Field::new("identifier of a key file", 2, 2)];

pub(super) const INITIALIZE_UPDATE: CommandSpec = CommandSpec {
    id: "JPKI-INU",
    name: "INITIALIZE UPDATE",
    standard: "GPC Amendment D §7.1.1",
    purpose: "starts a secure channel with the application's security domain (SCP03, i=70)",
    cla: 0x80,
    secure: Secure::Never,
    ins: ins::INITIALIZE_UPDATE,
    p1: &[Parameter::any(
        "key version number, 00 for the card's choice",
    )],
    p2: &[Parameter::masked(0x00, 0xFE, "key identifier")],
    data: &[Field::new("host challenge", 8, 8)],
    response: "key diversification data (10 bytes), key information (3), card challenge (8), card cryptogram (8), sequence counter (3)",
    access: "everyone",
    states: "all",
    requirements: &[
        requirement(
            "JPKI-INU-01",
            StatusWord::INCORRECT_P1_P2,
            "P2 is neither 00 nor 01",
        ),
        requirement(
            "JPKI-INU-02",
            StatusWord::WRONG_LENGTH,
            "the host challenge is not 8 bytes",
        ),
        requirement(
            "JPKI-INU-03",
            StatusWord::REFERENCED_DATA_NOT_FOUND,
            "there is no key set of this version",
        ),
        requirement(
            "JPKI-INU-04",
            StatusWord::SUCCESS,
            "challenge and cryptogram of the card; an open channel is closed",
        ),
    ],
};

pub(super) const EXTERNAL_AUTHENTICATE: CommandSpec = CommandSpec {
    id: "JPKI-EXA",
    name: "EXTERNAL AUTHENTICATE",
    standard: "GPC Amendment D §7.1.2",
    purpose: "opens the secure channel",
    cla: 0x84,
    secure: Secure::Always,
    ins: ins::EXTERNAL_AUTHENTICATE,
    p1: &[
        Parameter::exact(0x00, "authentication alone"),
        Parameter::exact(0x01, "C-MAC"),
        Parameter::exact(0x03, "C-MAC and C-DECRYPTION"),
        Parameter::exact(0x11, "C-MAC and R-MAC"),
        Parameter::exact(0x13, "C-MAC, C-DECRYPTION and R-MAC"),
        Parameter::exact(0x33, "C-MAC, C-DECRYPTION, R-MAC and R-ENCRYPTION"),
    ],
    p2: ZERO,
    data: &[Field::new("host cryptogram", 8, 8), Field::new("MAC", 8, 8)],
    response: "",
    access: "after INITIALIZE UPDATE",
    states: "all",
    requirements: &[
        requirement(
            "JPKI-EXA-01",
            StatusWord::CONDITIONS_NOT_SATISFIED,
            "the command before was not INITIALIZE UPDATE",
        ),
        requirement(
            "JPKI-EXA-02",
            StatusWord::INCORRECT_P1_P2,
            "P1 is no security level of SCP03, or P2 not 00",
        ),
        requirement(
            "JPKI-EXA-03",
            StatusWord::WRONG_LENGTH,
            "the data are not 16 bytes",
        ),
        requirement(
            "JPKI-EXA-04",
            StatusWord::VERIFICATION_FAILED,
            "the host cryptogram is wrong",
        ),
        requirement(
            "JPKI-EXA-05",
            StatusWord::SECURITY_STATUS_NOT_SATISFIED,
            "the MAC is wrong",
        ),
        requirement("JPKI-EXA-06", StatusWord::SUCCESS, "the channel is open"),
    ],
};

pub(super) const SELECT: CommandSpec = CommandSpec {
    id: "JPKI-MSL",
    name: "SELECT (protected)",
    standard: "ISO 7816-4 §7.1.1",
    purpose: "selects the file that UPDATE BINARY writes, apart from the current file of class 00",
    cla: 0x84,
    secure: Secure::Always,
    ins: ins::SELECT,
    p1: &[Parameter::exact(
        0x02,
        "an elementary file of the application",
    )],
    p2: &[
        Parameter::exact(0x0C, "no response data"),
        Parameter::exact(0x00, "file control information, of which there is none"),
    ],
    data: &[Field::new("file identifier", 2, 2)],
    response: "",
    access: TSM,
    states: "all",
    requirements: &[
        requirement(
            "JPKI-MSL-01",
            StatusWord::INCORRECT_P1_P2,
            "P1 is not 02, or P2 neither 00 nor 0C",
        ),
        requirement(
            "JPKI-MSL-02",
            StatusWord::WRONG_LENGTH,
            "the data are not two bytes",
        ),
        requirement(
            "JPKI-MSL-03",
            StatusWord::FILE_NOT_FOUND,
            "there is no such file",
        ),
        requirement(
            "JPKI-MSL-04",
            StatusWord::SUCCESS,
            "the file is selected for UPDATE BINARY until the channel is opened anew or closed",
        ),
    ],
};

pub(super) const UPDATE_BINARY: CommandSpec = CommandSpec {
    id: "JPKI-UPB",
    name: "UPDATE BINARY",
    standard: "ISO 7816-4 §7.2.5",
    purpose: "writes a part of a certificate, at most 2048 bytes in all",
    cla: 0x84,
    secure: Secure::Always,
    ins: ins::UPDATE_BINARY,
    p1: &[Parameter::masked(0x00, 0x80, "high byte of the offset")],
    p2: &[Parameter::any("low byte of the offset")],
    data: &[Field::new("a part of the certificate (DER)", 1, 239)],
    response: "",
    access: TSM,
    states: "EF 0001, 000A: Keyed. EF 0002, 000B: all",
    requirements: &[
        requirement(
            "JPKI-UPB-01",
            StatusWord::INCORRECT_P1_P2,
            "P1 is 80 or more",
        ),
        requirement(
            "JPKI-UPB-02",
            StatusWord::WRONG_OFFSET,
            "the offset is 2048 or more",
        ),
        requirement("JPKI-UPB-03", StatusWord::WRONG_LENGTH, "there are no data"),
        requirement(
            "JPKI-UPB-04",
            StatusWord::NO_CURRENT_FILE,
            "no file was selected through this channel",
        ),
        requirement(
            "JPKI-UPB-05",
            StatusWord::COMMAND_INCOMPATIBLE_WITH_FILE,
            "the file is not a certificate",
        ),
        requirement(
            "JPKI-UPB-06",
            StatusWord::CONDITIONS_NOT_SATISFIED,
            "the certificate is that of a slot which is not Keyed",
        ),
        requirement(
            "JPKI-UPB-07",
            StatusWord::WRONG_OFFSET,
            "the data reach past 2048 bytes",
        ),
        requirement("JPKI-UPB-08", StatusWord::SUCCESS, "the data are written"),
    ],
};

pub(super) const PUT_DATA: CommandSpec = CommandSpec {
    id: "JPKI-PUT",
    name: "PUT DATA",
    standard: "ISO 7816-4 §7.4.3",
    purpose: "sets the first PIN of a slot",
    cla: 0x84,
    secure: Secure::Always,
    ins: ins::PUT_DATA,
    p1: &[Parameter::exact(0x01, "high byte of the tag")],
    p2: SHORT,
    data: &[Field::secret(
        "PIN: 6 to 16 of A-Z and 0-9 (signature), 4 digits (user authentication)",
        4,
        16,
    )],
    response: "",
    access: TSM,
    states: "all",
    requirements: &[
        requirement(
            "JPKI-PUT-01",
            StatusWord::INCORRECT_P1_P2,
            "P1 is not 01, or P2 not 80 to 9F",
        ),
        requirement(
            "JPKI-PUT-02",
            StatusWord::FILE_NOT_FOUND,
            "there is no file with this short identifier",
        ),
        requirement(
            "JPKI-PUT-03",
            StatusWord::NO_CURRENT_FILE,
            "P2 is 80: management commands always name their file",
        ),
        requirement(
            "JPKI-PUT-04",
            StatusWord::COMMAND_INCOMPATIBLE_WITH_FILE,
            "the file is not a PIN",
        ),
        requirement(
            "JPKI-PUT-05",
            StatusWord::CONDITIONS_NOT_SATISFIED,
            "the PIN is set already",
        ),
        requirement(
            "JPKI-PUT-06",
            StatusWord::WRONG_DATA,
            "the PIN has a length or a character that the slot's PIN cannot have",
        ),
        requirement(
            "JPKI-PUT-07",
            StatusWord::SUCCESS,
            "the PIN is set, with all presentations",
        ),
    ],
};

pub(super) const RESET_RETRY_COUNTER: CommandSpec = CommandSpec {
    id: "JPKI-RRC",
    name: "RESET RETRY COUNTER",
    standard: "ISO 7816-4 §7.5.10",
    purpose: "gives back all presentations of a PIN, with or without a new value",
    cla: 0x84,
    secure: Secure::Always,
    ins: ins::RESET_RETRY_COUNTER,
    p1: &[
        Parameter::exact(0x03, "the PIN stays"),
        Parameter::exact(0x02, "the data are a new PIN"),
    ],
    p2: SHORT,
    data: &[Field::secret("new PIN, with P1 02", 0, 16)],
    response: "",
    access: TSM,
    states: "all",
    requirements: &[
        requirement(
            "JPKI-RRC-01",
            StatusWord::INCORRECT_P1_P2,
            "P2 is not 80 to 9F, or P1 neither 02 nor 03",
        ),
        requirement(
            "JPKI-RRC-02",
            StatusWord::FILE_NOT_FOUND,
            "there is no file with this short identifier",
        ),
        requirement(
            "JPKI-RRC-03",
            StatusWord::NO_CURRENT_FILE,
            "P2 is 80: management commands always name their file",
        ),
        requirement(
            "JPKI-RRC-04",
            StatusWord::COMMAND_INCOMPATIBLE_WITH_FILE,
            "the file is not a PIN",
        ),
        requirement(
            "JPKI-RRC-05",
            StatusWord::WRONG_LENGTH,
            "P1 is 03 and there are data",
        ),
        requirement(
            "JPKI-RRC-06",
            StatusWord::CONDITIONS_NOT_SATISFIED,
            "the PIN is not set",
        ),
        requirement(
            "JPKI-RRC-07",
            StatusWord::WRONG_DATA,
            "the new PIN has a length or a character that the slot's PIN cannot have",
        ),
        requirement(
            "JPKI-RRC-08",
            StatusWord::SUCCESS,
            "P1 is 03: the old PIN has all presentations again, and is not verified",
        ),
        requirement(
            "JPKI-RRC-09",
            StatusWord::SUCCESS,
            "P1 is 02: the new PIN has all presentations, and is not verified",
        ),
    ],
};

pub(super) const GENERATE_ASYMMETRIC_KEY_PAIR: CommandSpec = CommandSpec {
    id: "JPKI-GAK",
    name: "GENERATE ASYMMETRIC KEY PAIR",
    standard: "ISO 7816-8",
    purpose: "makes an RSA-2048 key pair in the chip, or reads its public key",
    cla: 0x84,
    secure: Secure::Always,
    ins: ins::GENERATE_ASYMMETRIC_KEY_PAIR,
    p1: &[
        Parameter::exact(0x80, "make a key pair; no data, no response"),
        Parameter::exact(0x81, "read the public key from an offset on"),
    ],
    p2: SHORT,
    data: &[Field::new(
        "offset data object 54 02 xxxx, with P1 81",
        0,
        4,
    )],
    response: "with P1 81 a part of the template 7F49 { 81 modulus, 82 exponent }, 270 bytes in all: 137 bytes from offset 0, the rest from offset 137",
    access: TSM,
    states: "P1 80: Empty. P1 81: all but Empty",
    requirements: &[
        requirement(
            "JPKI-GAK-01",
            StatusWord::INCORRECT_P1_P2,
            "P2 is not 80 to 9F, or P1 neither 80 nor 81",
        ),
        requirement(
            "JPKI-GAK-02",
            StatusWord::FILE_NOT_FOUND,
            "there is no file with this short identifier",
        ),
        requirement(
            "JPKI-GAK-03",
            StatusWord::NO_CURRENT_FILE,
            "P2 is 80: management commands always name their file",
        ),
        requirement(
            "JPKI-GAK-04",
            StatusWord::COMMAND_INCOMPATIBLE_WITH_FILE,
            "the file is not a key",
        ),
        requirement(
            "JPKI-GAK-05",
            StatusWord::WRONG_LENGTH,
            "P1 is 80 and there are data, or P1 is 81 and the data are not 4 bytes",
        ),
        requirement(
            "JPKI-GAK-06",
            StatusWord::WRONG_DATA,
            "P1 is 81 and the data are no offset data object",
        ),
        requirement(
            "JPKI-GAK-07",
            StatusWord::CONDITIONS_NOT_SATISFIED,
            "P1 is 80 and the slot is not Empty, or P1 is 81 and it is",
        ),
        requirement(
            "JPKI-GAK-08",
            StatusWord::WRONG_OFFSET,
            "P1 is 81 and the offset is neither 0 nor 137",
        ),
        requirement(
            "JPKI-GAK-09",
            StatusWord::SUCCESS,
            "P1 is 80: the slot has a key and is Keyed",
        ),
        requirement(
            "JPKI-GAK-10",
            StatusWord::SUCCESS,
            "P1 is 81: a part of the public key",
        ),
    ],
};

macro_rules! life_cycle_command {
    ($name:ident, $id:literal, $title:literal, $ins:expr, $purpose:literal, $states:literal, $refused:literal, $done:literal) => {
        pub(super) const $name: CommandSpec = CommandSpec {
            id: $id,
            name: $title,
            standard: "ISO 7816-9",
            purpose: $purpose,
            cla: 0x84,
            secure: Secure::Always,
            ins: $ins,
            p1: ZERO,
            p2: ZERO,
            data: KEY_FILE,
            response: "",
            access: TSM,
            states: $states,
            requirements: &[
                requirement(
                    concat!($id, "-01"),
                    StatusWord::INCORRECT_P1_P2,
                    "P1 or P2 is not 00",
                ),
                requirement(
                    concat!($id, "-02"),
                    StatusWord::WRONG_LENGTH,
                    "the data are not two bytes",
                ),
                requirement(
                    concat!($id, "-03"),
                    StatusWord::FILE_NOT_FOUND,
                    "there is no such file",
                ),
                requirement(
                    concat!($id, "-04"),
                    StatusWord::COMMAND_INCOMPATIBLE_WITH_FILE,
                    "the file is not a key",
                ),
                requirement(
                    concat!($id, "-05"),
                    StatusWord::CONDITIONS_NOT_SATISFIED,
                    $refused,
                ),
                requirement(concat!($id, "-06"), StatusWord::SUCCESS, $done),
            ],
        };
    };
}

life_cycle_command!(
    ACTIVATE_FILE,
    "JPKI-ACT",
    "ACTIVATE FILE",
    ins::ACTIVATE_FILE,
    "certifies a slot that has its certificate, or resumes a suspended one",
    "Keyed with a certificate, Suspended",
    "the slot is neither Suspended nor Keyed with a certificate",
    "the slot is Active"
);
life_cycle_command!(
    DEACTIVATE_FILE,
    "JPKI-DEA",
    "DEACTIVATE FILE",
    ins::DEACTIVATE_FILE,
    "suspends a slot",
    "Active",
    "the slot is not Active",
    "the slot is Suspended"
);
life_cycle_command!(
    TERMINATE_EF,
    "JPKI-TRM",
    "TERMINATE EF",
    ins::TERMINATE_EF,
    "revokes a slot for ever",
    "Active, Suspended",
    "the slot is neither Active nor Suspended",
    "the slot is Revoked"
);

pub(super) const DELETE_FILE: CommandSpec = CommandSpec {
    id: "JPKI-DEL",
    name: "DELETE FILE",
    standard: "ISO 7816-9",
    purpose: "erases key, PIN and certificate of a slot",
    cla: 0x84,
    secure: Secure::Always,
    ins: ins::DELETE_FILE,
    p1: ZERO,
    p2: ZERO,
    data: KEY_FILE,
    response: "",
    access: TSM,
    states: "all",
    requirements: &[
        requirement(
            "JPKI-DEL-01",
            StatusWord::INCORRECT_P1_P2,
            "P1 or P2 is not 00",
        ),
        requirement(
            "JPKI-DEL-02",
            StatusWord::WRONG_LENGTH,
            "the data are not two bytes",
        ),
        requirement(
            "JPKI-DEL-03",
            StatusWord::FILE_NOT_FOUND,
            "there is no such file",
        ),
        requirement(
            "JPKI-DEL-04",
            StatusWord::COMMAND_INCOMPATIBLE_WITH_FILE,
            "the file is not a key",
        ),
        requirement(
            "JPKI-DEL-05",
            StatusWord::SUCCESS,
            "the slot is Empty: no key, no PIN, no certificate; the authority's certificate stays",
        ),
    ],
};
