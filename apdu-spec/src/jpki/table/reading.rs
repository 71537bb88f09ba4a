//! What the holder's software sends.

use super::{ANY_SHORT_FILE, ZERO};
use crate::StatusWord;
use crate::jpki::{SIGN_MAX_LENGTH, VERIFY_MAX_LENGTH, ins};
use crate::table::{CommandSpec, Field, Parameter, Secure, requirement, requirement_tries};

const CURRENT_OR_SHORT: &[Parameter] =
    &[Parameter::exact(0x80, "the current file"), ANY_SHORT_FILE];
const ALL_STATES: &str = "all";

pub(super) const SELECT: CommandSpec = CommandSpec {
    id: "JPKI-SEL",
    name: "SELECT",
    standard: "ISO 7816-4 §7.1.1",
    purpose: "selects the application by its name, or one of its files",
    cla: 0x00,
    secure: Secure::Never,
    ins: ins::SELECT,
    p1: &[
        Parameter::exact(0x02, "an elementary file of the application"),
        Parameter::exact(0x04, "an application by its AID or the beginning of it"),
        Parameter::exact(0x00, "the root"),
    ],
    p2: &[
        Parameter::exact(0x0C, "no response data"),
        Parameter::exact(0x00, "file control information, of which there is none"),
    ],
    data: &[Field::new("file identifier or AID", 0, 16)],
    response: "",
    access: "everyone",
    states: ALL_STATES,
    requirements: &[
        requirement(
            "JPKI-SEL-01",
            StatusWord::SUCCESS,
            "P1 is 04 and the data are the AID, or the beginning of it",
        ),
        requirement(
            "JPKI-SEL-02",
            StatusWord::INCORRECT_P1_P2,
            "P2 is neither 00 nor 0C",
        ),
        requirement(
            "JPKI-SEL-03",
            StatusWord::SUCCESS,
            "P1 is 00 without data; nothing changes",
        ),
        requirement(
            "JPKI-SEL-04",
            StatusWord::FILE_NOT_FOUND,
            "P1 is 00 with data",
        ),
        requirement(
            "JPKI-SEL-05",
            StatusWord::WRONG_LENGTH,
            "P1 is 02 and the data are not two bytes",
        ),
        requirement(
            "JPKI-SEL-06",
            StatusWord::FILE_NOT_FOUND,
            "P1 is 02 and there is no such file; the current file stays",
        ),
        requirement(
            "JPKI-SEL-07",
            StatusWord::SUCCESS,
            "P1 is 02 and there is such a file, which becomes the current one; verified PINs stay verified",
        ),
        requirement(
            "JPKI-SEL-08",
            StatusWord::FILE_NOT_FOUND,
            "P1 is 04 and no application has this name",
        ),
        requirement(
            "JPKI-SEL-09",
            StatusWord::INCORRECT_P1_P2,
            "P1 is none of 00, 02 and 04",
        ),
    ],
};

pub(super) const READ_BINARY: CommandSpec = CommandSpec {
    id: "JPKI-RDB",
    name: "READ BINARY",
    standard: "ISO 7816-4 §7.2.3",
    purpose: "reads certificates and token information",
    cla: 0x00,
    secure: Secure::Never,
    ins: ins::READ_BINARY,
    p1: &[
        Parameter::masked(0x00, 0x80, "high byte of the offset in the current file"),
        Parameter::masked(
            0x80,
            0xE0,
            "80 and a short file identifier; P2 is the offset",
        ),
    ],
    p2: &[Parameter::any("low byte of the offset")],
    data: &[],
    response: "up to Le bytes, fewer at the end of the file; a certificate file ends where its DER encoding does",
    access: "EF 0001: signature PIN verified. EF 000A: user authentication PIN verified, in the card profile everyone. EF 0002, 0006, 0008, 000B: everyone",
    states: ALL_STATES,
    requirements: &[
        requirement(
            "JPKI-RDB-01",
            StatusWord::INCORRECT_P1_P2,
            "P1 is A0 or more",
        ),
        requirement(
            "JPKI-RDB-02",
            StatusWord::FILE_NOT_FOUND,
            "there is no file with this short identifier",
        ),
        requirement("JPKI-RDB-03", StatusWord::WRONG_LENGTH, "there is no Le"),
        requirement(
            "JPKI-RDB-04",
            StatusWord::NO_CURRENT_FILE,
            "no file is current",
        ),
        requirement(
            "JPKI-RDB-05",
            StatusWord::COMMAND_INCOMPATIBLE_WITH_FILE,
            "the file is a key or a PIN",
        ),
        requirement(
            "JPKI-RDB-06",
            StatusWord::SECURITY_STATUS_NOT_SATISFIED,
            "EF 0001 without verified signature PIN",
        ),
        requirement(
            "JPKI-RDB-07",
            StatusWord::SECURITY_STATUS_NOT_SATISFIED,
            "EF 000A without verified user authentication PIN, in the phone profile",
        ),
        requirement(
            "JPKI-RDB-08",
            StatusWord::WRONG_OFFSET,
            "the offset is at the end of the file or past it; an empty file ends at 0",
        ),
        requirement(
            "JPKI-RDB-09",
            StatusWord::SUCCESS,
            "data from the offset on, up to Le bytes or the end of the file",
        ),
        requirement(
            "JPKI-RDB-10",
            StatusWord::SUCCESS,
            "by short identifier: the file becomes the current one",
        ),
        requirement(
            "JPKI-RDB-11",
            StatusWord::SUCCESS,
            "EF 0006 is the token information of the profile",
        ),
        requirement(
            "JPKI-RDB-12",
            StatusWord::SUCCESS,
            "EF 000A without verification, in the card profile",
        ),
        requirement(
            "JPKI-RDB-13",
            StatusWord::SUCCESS,
            "EF 0008 tells which certificates there are: 8F or 00 for signature, for user authentication, and a 00",
        ),
    ],
};

pub(super) const VERIFY: CommandSpec = CommandSpec {
    id: "JPKI-VER",
    name: "VERIFY",
    standard: "ISO 7816-4 §7.5.6",
    purpose: "presents a PIN; without data asks how many presentations are left",
    cla: 0x00,
    secure: Secure::Never,
    ins: ins::VERIFY,
    p1: ZERO,
    p2: CURRENT_OR_SHORT,
    data: &[Field::secret("candidate", 0, VERIFY_MAX_LENGTH)],
    response: "",
    access: "everyone",
    states: ALL_STATES,
    requirements: &[
        requirement(
            "JPKI-VER-01",
            StatusWord::INCORRECT_P1_P2,
            "P1 is not 00, or P2 not 80 to 9F",
        ),
        requirement(
            "JPKI-VER-02",
            StatusWord::FILE_NOT_FOUND,
            "there is no file with this short identifier",
        ),
        requirement(
            "JPKI-VER-03",
            StatusWord::NO_CURRENT_FILE,
            "P2 is 80 and no file is current",
        ),
        requirement(
            "JPKI-VER-04",
            StatusWord::COMMAND_INCOMPATIBLE_WITH_FILE,
            "the file is not a PIN",
        ),
        requirement_tries(
            "JPKI-VER-05",
            "without data: x presentations are left, 0 where the PIN is blocked or not set; costs none, and a verified PIN stays so",
        ),
        requirement(
            "JPKI-VER-06",
            StatusWord::WRONG_LENGTH,
            "more than 16 bytes of data; costs no presentation",
        ),
        requirement(
            "JPKI-VER-07",
            StatusWord::REFERENCE_DATA_NOT_USABLE,
            "the PIN is blocked",
        ),
        requirement(
            "JPKI-VER-08",
            StatusWord::REFERENCE_DATA_NOT_USABLE,
            "the PIN is not set",
        ),
        requirement_tries(
            "JPKI-VER-09",
            "the candidate is wrong: one presentation less, x are left; the PIN is not verified any more",
        ),
        requirement(
            "JPKI-VER-10",
            StatusWord::SUCCESS,
            "the candidate is right: the PIN is verified, all presentations are given back",
        ),
        requirement(
            "JPKI-VER-11",
            StatusWord::SUCCESS,
            "by short identifier: the file becomes the current one",
        ),
        requirement(
            "JPKI-VER-12",
            StatusWord::SUCCESS,
            "both PINs may be verified at once",
        ),
    ],
};

pub(super) const CHANGE_REFERENCE_DATA: CommandSpec = CommandSpec {
    id: "JPKI-CRD",
    name: "CHANGE REFERENCE DATA",
    standard: "ISO 7816-4 §7.5.7",
    purpose: "changes a verified PIN",
    cla: 0x00,
    secure: Secure::Never,
    ins: ins::CHANGE_REFERENCE_DATA,
    p1: &[Parameter::exact(0x01, "the data are the new PIN alone")],
    p2: CURRENT_OR_SHORT,
    data: &[Field::secret("new PIN", 4, 16)],
    response: "",
    access: "the PIN is verified",
    states: ALL_STATES,
    requirements: &[
        requirement(
            "JPKI-CRD-01",
            StatusWord::INCORRECT_P1_P2,
            "P1 is not 01, or P2 not 80 to 9F",
        ),
        requirement(
            "JPKI-CRD-02",
            StatusWord::FILE_NOT_FOUND,
            "there is no file with this short identifier",
        ),
        requirement(
            "JPKI-CRD-03",
            StatusWord::NO_CURRENT_FILE,
            "P2 is 80 and no file is current",
        ),
        requirement(
            "JPKI-CRD-04",
            StatusWord::COMMAND_INCOMPATIBLE_WITH_FILE,
            "the file is not a PIN",
        ),
        requirement(
            "JPKI-CRD-05",
            StatusWord::SECURITY_STATUS_NOT_SATISFIED,
            "the PIN is not verified",
        ),
        requirement(
            "JPKI-CRD-06",
            StatusWord::WRONG_DATA,
            "the new PIN has a length or a character that the slot's PIN cannot have",
        ),
        requirement(
            "JPKI-CRD-07",
            StatusWord::SUCCESS,
            "the PIN is changed, and must be verified again",
        ),
    ],
};

pub(super) const COMPUTE_DIGITAL_SIGNATURE: CommandSpec = CommandSpec {
    id: "JPKI-CDS",
    name: "COMPUTE DIGITAL SIGNATURE",
    standard: "measured on the Individual Number Card",
    purpose: "signs prepared data (a DigestInfo): PKCS#1 v1.5 padding of type 1, then the private key operation",
    cla: 0x80,
    secure: Secure::Never,
    ins: ins::COMPUTE_DIGITAL_SIGNATURE,
    p1: &[Parameter::exact(0x00, "the data are padded as they are")],
    p2: CURRENT_OR_SHORT,
    data: &[Field::new("data to sign", 1, SIGN_MAX_LENGTH)],
    response: "the signature, 256 bytes; Le is 00",
    access: "the slot's PIN is verified",
    states: "Active",
    requirements: &[
        requirement(
            "JPKI-CDS-01",
            StatusWord::INCORRECT_P1_P2,
            "P1 is not 00, or P2 not 80 to 9F",
        ),
        requirement(
            "JPKI-CDS-02",
            StatusWord::FILE_NOT_FOUND,
            "there is no file with this short identifier",
        ),
        requirement(
            "JPKI-CDS-03",
            StatusWord::WRONG_LENGTH,
            "no data, more than 245 bytes of data, or an Le other than 00",
        ),
        requirement(
            "JPKI-CDS-04",
            StatusWord::NO_CURRENT_FILE,
            "P2 is 80 and no file is current",
        ),
        requirement(
            "JPKI-CDS-05",
            StatusWord::COMMAND_INCOMPATIBLE_WITH_FILE,
            "the file is not a key",
        ),
        requirement(
            "JPKI-CDS-06",
            StatusWord::CONDITIONS_NOT_SATISFIED,
            "the slot is not Active",
        ),
        requirement(
            "JPKI-CDS-07",
            StatusWord::SECURITY_STATUS_NOT_SATISFIED,
            "the slot's PIN is not verified",
        ),
        requirement(
            "JPKI-CDS-08",
            StatusWord::SUCCESS,
            "the signature, as often as asked for after one verification",
        ),
    ],
};

pub(super) const GET_CHALLENGE: CommandSpec = CommandSpec {
    id: "JPKI-CHL",
    name: "GET CHALLENGE",
    standard: "ISO 7816-4 §7.5.3",
    purpose: "gives random bytes",
    cla: 0x00,
    secure: Secure::Never,
    ins: ins::GET_CHALLENGE,
    p1: ZERO,
    p2: ZERO,
    data: &[],
    response: "Le random bytes",
    access: "everyone",
    states: ALL_STATES,
    requirements: &[
        requirement(
            "JPKI-CHL-01",
            StatusWord::INCORRECT_P1_P2,
            "P1 or P2 is not 00",
        ),
        requirement("JPKI-CHL-02", StatusWord::WRONG_LENGTH, "there is no Le"),
        requirement(
            "JPKI-CHL-03",
            StatusWord::SUCCESS,
            "Le random bytes, 1 to 256",
        ),
    ],
};
