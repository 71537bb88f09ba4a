//! The command table.

mod management;
mod reading;

use crate::StatusWord;
use crate::table::{CommandSpec, Parameter, Requirement, Specification, requirement};

/// Everything that the application answers.
pub const SPECIFICATION: Specification = Specification {
    name: "JPKI",
    title: "Public personal authentication (JPKI-AP)",
    general: GENERAL,
    commands: COMMANDS,
};

const COMMANDS: &[CommandSpec] = &[
    reading::SELECT,
    reading::READ_BINARY,
    reading::VERIFY,
    reading::CHANGE_REFERENCE_DATA,
    reading::COMPUTE_DIGITAL_SIGNATURE,
    reading::GET_CHALLENGE,
    management::INITIALIZE_UPDATE,
    management::EXTERNAL_AUTHENTICATE,
    management::SELECT,
    management::UPDATE_BINARY,
    management::PUT_DATA,
    management::RESET_RETRY_COUNTER,
    management::GENERATE_ASYMMETRIC_KEY_PAIR,
    management::ACTIVATE_FILE,
    management::DEACTIVATE_FILE,
    management::TERMINATE_EF,
    management::DELETE_FILE,
];

const GENERAL: &[Requirement] = &[
    requirement(
        "JPKI-ALL-01",
        StatusWord::CLASS_NOT_SUPPORTED,
        "the class is none of 00, 80 and 84",
    ),
    requirement(
        "JPKI-ALL-02",
        StatusWord::INSTRUCTION_NOT_SUPPORTED,
        "class 00 or 80 does not have the instruction",
    ),
    requirement(
        "JPKI-ALL-03",
        StatusWord::SECURITY_STATUS_NOT_SATISFIED,
        "class 84, and no secure channel with C-MAC and C-DECRYPTION is open",
    ),
    requirement(
        "JPKI-ALL-04",
        StatusWord::SECURITY_STATUS_NOT_SATISFIED,
        "class 84, and the MAC or the encryption of the command is wrong; the channel is then closed",
    ),
    requirement(
        "JPKI-ALL-05",
        StatusWord::INSTRUCTION_NOT_SUPPORTED,
        "a protected command whose instruction class 84 does not have",
    ),
    requirement(
        "JPKI-ALL-06",
        StatusWord::WRONG_LENGTH,
        "the bytes are no command, or its lengths are extended",
    ),
    requirement(
        "JPKI-ALL-07",
        StatusWord::SUCCESS,
        "selected again: no PIN is verified, no file is current, the secure channel is closed",
    ),
    requirement(
        "JPKI-ALL-08",
        StatusWord::SUCCESS,
        "selected after a reset: no PIN is verified, no file is current, the secure channel is closed",
    ),
    requirement(
        "JPKI-ALL-09",
        StatusWord::SUCCESS,
        "a command to one slot changes neither PIN, counter, verification, state nor certificate of the other",
    ),
];

const ZERO: &[Parameter] = &[Parameter::exact(0x00, "fixed")];
const ANY_SHORT_FILE: Parameter = Parameter::masked(0x80, 0xE0, "80 and a short file identifier");
