//! The card content management commands of GlobalPlatform (GPCS 2.3.1 chapter 11).

use crate::StatusWord;
use crate::table::{
    CommandSpec, Field, Parameter, Requirement, Secure, Specification, requirement,
};

/// The commands of an issuer security domain.
pub const SPECIFICATION: Specification = Specification {
    name: "GP",
    title: "GlobalPlatform card content management",
    general: &[
        requirement("GP-ALL-01", StatusWord::WRONG_LENGTH, "wrong Lc"),
        requirement(
            "GP-ALL-02",
            StatusWord::LOGICAL_CHANNEL_NOT_SUPPORTED,
            "the logical channel is not supported or not open",
        ),
        requirement(
            "GP-ALL-03",
            StatusWord::SECURITY_STATUS_NOT_SATISFIED,
            "the session's security level is too low, or the command does not verify",
        ),
        requirement(
            "GP-ALL-04",
            StatusWord::CONDITIONS_NOT_SATISFIED,
            "the life-cycle state does not allow the command",
        ),
        requirement("GP-ALL-05", StatusWord::INCORRECT_P1_P2, "wrong P1 or P2"),
        requirement(
            "GP-ALL-06",
            StatusWord::INSTRUCTION_NOT_SUPPORTED,
            "the security domain does not have the instruction",
        ),
        requirement(
            "GP-ALL-07",
            StatusWord::CLASS_NOT_SUPPORTED,
            "the class is not supported",
        ),
    ],
    commands: &[
        SELECT,
        MANAGE_CHANNEL,
        INITIALIZE_UPDATE,
        EXTERNAL_AUTHENTICATE,
        INSTALL,
        LOAD,
        DELETE,
        GET_STATUS,
        SET_STATUS,
        GET_DATA,
        GET_DATA_ISO,
        PUT_KEY,
        STORE_DATA,
    ],
};

/// What most commands have in common.
const MANAGEMENT: CommandSpec = CommandSpec {
    id: "",
    name: "",
    standard: "",
    purpose: "",
    cla: 0x80,
    secure: Secure::Either,
    ins: 0,
    p1: ZERO,
    p2: ZERO,
    data: &[],
    response: "00",
    access: "the security domain's provider, through a secure channel",
    states: "all but TERMINATED",
    requirements: &[],
};

const ZERO: &[Parameter] = &[Parameter::exact(0x00, "fixed")];
const ANY: &[Parameter] = &[Parameter::any("block number")];

const SELECT: CommandSpec = CommandSpec {
    id: "GP-SEL",
    name: "SELECT",
    standard: "GPCS 2.3.1 §11.9",
    purpose: "selects an application by its AID or the beginning of it; without data the issuer security domain",
    cla: 0x00,
    secure: Secure::Never,
    ins: 0xA4,
    p1: &[Parameter::exact(0x04, "by name")],
    p2: &[
        Parameter::exact(
            0x00,
            "first or only occurrence, with file control information",
        ),
        Parameter::exact(0x02, "next occurrence, with file control information"),
        Parameter::exact(0x0C, "first or only occurrence, without response data"),
    ],
    data: &[Field::new("AID", 0, 16)],
    response: "file control information, template 6F",
    access: "everyone",
    states: "all",
    requirements: &[
        requirement(
            "GP-SEL-01",
            StatusWord::SUCCESS,
            "the application is selected",
        ),
        requirement(
            "GP-SEL-02",
            StatusWord::SELECTED_FILE_DEACTIVATED,
            "the card is locked, its issuer security domain is selected",
        ),
        requirement(
            "GP-SEL-03",
            StatusWord::FILE_NOT_FOUND,
            "no selectable application has this name",
        ),
        requirement(
            "GP-SEL-04",
            StatusWord::FUNCTION_NOT_SUPPORTED,
            "the card or the application does not allow the selection",
        ),
    ],
};

const MANAGE_CHANNEL: CommandSpec = CommandSpec {
    id: "GP-MCH",
    name: "MANAGE CHANNEL",
    standard: "GPCS 2.3.1 §11.7",
    purpose: "opens or closes a supplementary logical channel",
    cla: 0x00,
    secure: Secure::Never,
    ins: 0x70,
    p1: &[
        Parameter::exact(0x00, "open"),
        Parameter::exact(0x80, "close the channel of P2"),
    ],
    p2: &[Parameter::any("channel number, 00 for the card's choice")],
    response: "the channel number, when the card chose it",
    access: "everyone",
    states: "all",
    requirements: &[
        requirement(
            "GP-MCH-01",
            StatusWord::SUCCESS,
            "the channel is open, or closed",
        ),
        requirement(
            "GP-MCH-02",
            StatusWord(0x6200),
            "the channel is already closed",
        ),
        requirement(
            "GP-MCH-03",
            StatusWord::FUNCTION_NOT_SUPPORTED,
            "there is no further channel",
        ),
    ],
    ..MANAGEMENT
};

const INITIALIZE_UPDATE: CommandSpec = CommandSpec {
    id: "GP-INU",
    name: "INITIALIZE UPDATE",
    standard: "GPC Amendment D §7.1.1",
    purpose: "starts a secure channel session",
    ins: 0x50,
    secure: Secure::Never,
    p1: &[Parameter::any(
        "key version number, 00 for the card's choice",
    )],
    p2: &[Parameter::any("key identifier")],
    data: &[Field::new("host challenge", 8, 16)],
    response: "key diversification data, key information, card challenge, card cryptogram, and the sequence counter where challenges are pseudo-random",
    access: "everyone",
    requirements: &[
        requirement(
            "GP-INU-01",
            StatusWord::SUCCESS,
            "challenge and cryptogram of the card",
        ),
        requirement(
            "GP-INU-02",
            StatusWord::REFERENCED_DATA_NOT_FOUND,
            "there is no such key set",
        ),
    ],
    ..MANAGEMENT
};

const EXTERNAL_AUTHENTICATE: CommandSpec = CommandSpec {
    id: "GP-EXA",
    name: "EXTERNAL AUTHENTICATE",
    standard: "GPC Amendment D §7.1.2",
    purpose: "authenticates the host and sets the session's security level",
    cla: 0x84,
    ins: 0x82,
    secure: Secure::Always,
    p1: &[
        Parameter::exact(0x00, "authentication alone"),
        Parameter::exact(0x01, "C-MAC"),
        Parameter::exact(0x03, "C-MAC and C-DECRYPTION"),
        Parameter::exact(0x10, "R-MAC (SCP02)"),
        Parameter::exact(0x11, "C-MAC and R-MAC"),
        Parameter::exact(0x13, "C-MAC, C-DECRYPTION and R-MAC"),
        Parameter::exact(0x33, "C-MAC, C-DECRYPTION, R-MAC and R-ENCRYPTION"),
    ],
    data: &[Field::new("host cryptogram and MAC", 16, 32)],
    response: "",
    access: "after INITIALIZE UPDATE",
    requirements: &[
        requirement("GP-EXA-01", StatusWord::SUCCESS, "the session is open"),
        requirement(
            "GP-EXA-02",
            StatusWord::VERIFICATION_FAILED,
            "the host cryptogram is wrong",
        ),
    ],
    ..MANAGEMENT
};

const INSTALL: CommandSpec = CommandSpec {
    id: "GP-INS",
    name: "INSTALL",
    standard: "GPCS 2.3.1 §11.5",
    purpose: "announces a load file, installs an application, makes it selectable, or personalises it",
    ins: 0xE6,
    p1: &[
        Parameter::exact(0x02, "for load"),
        Parameter::exact(0x04, "for install"),
        Parameter::exact(0x08, "for make selectable"),
        Parameter::exact(0x0C, "for install and make selectable"),
        Parameter::exact(0x10, "for extradition"),
        Parameter::exact(0x20, "for personalisation"),
        Parameter::exact(0x40, "for registry update"),
    ],
    data: &[Field::new(
        "AIDs, privileges, parameters and token, each with its length",
        6,
        255,
    )],
    requirements: &[
        requirement("GP-INS-01", StatusWord::SUCCESS, "done"),
        requirement("GP-INS-02", StatusWord::MEMORY_FAILURE, "the memory failed"),
        requirement(
            "GP-INS-03",
            StatusWord::WRONG_DATA,
            "wrong data: a length, an AID in use, or parameters that the application refuses",
        ),
        requirement(
            "GP-INS-04",
            StatusWord::NOT_ENOUGH_MEMORY,
            "not enough memory",
        ),
        requirement(
            "GP-INS-05",
            StatusWord::REFERENCED_DATA_NOT_FOUND,
            "the load file, module or security domain was not found",
        ),
    ],
    ..MANAGEMENT
};

const LOAD: CommandSpec = CommandSpec {
    id: "GP-LOD",
    name: "LOAD",
    standard: "GPCS 2.3.1 §11.6",
    purpose: "transfers a block of a load file",
    ins: 0xE8,
    p1: &[
        Parameter::exact(0x00, "more blocks follow"),
        Parameter::exact(0x80, "last block"),
    ],
    p2: ANY,
    data: &[Field::new("block of the load file", 1, 255)],
    requirements: &[
        requirement("GP-LOD-01", StatusWord::SUCCESS, "the block was taken"),
        requirement("GP-LOD-02", StatusWord::MEMORY_FAILURE, "the memory failed"),
        requirement(
            "GP-LOD-03",
            StatusWord::NOT_ENOUGH_MEMORY,
            "not enough memory",
        ),
    ],
    ..MANAGEMENT
};

const DELETE: CommandSpec = CommandSpec {
    id: "GP-DEL",
    name: "DELETE",
    standard: "GPCS 2.3.1 §11.2",
    purpose: "deletes an application, a load file or a key",
    ins: 0xE4,
    p2: &[
        Parameter::exact(0x00, "the object alone"),
        Parameter::exact(0x80, "a load file and its applications"),
    ],
    data: &[Field::new(
        "4F AID, or D0 key identifier and D2 key version number",
        3,
        255,
    )],
    requirements: &[
        requirement("GP-DEL-01", StatusWord::SUCCESS, "deleted"),
        requirement(
            "GP-DEL-02",
            StatusWord::REFERENCED_DATA_NOT_FOUND,
            "there is no such object",
        ),
        requirement(
            "GP-DEL-03",
            StatusWord::FILE_NOT_FOUND,
            "there is no such application",
        ),
        requirement("GP-DEL-04", StatusWord::WRONG_DATA, "wrong data"),
        requirement(
            "GP-DEL-05",
            StatusWord::CONDITIONS_NOT_SATISFIED,
            "another object still needs it",
        ),
    ],
    ..MANAGEMENT
};

const GET_STATUS: CommandSpec = CommandSpec {
    id: "GP-GST",
    name: "GET STATUS",
    standard: "GPCS 2.3.1 §11.4",
    purpose: "lists what is on the card",
    ins: 0xF2,
    p1: &[
        Parameter::exact(0x80, "the issuer security domain"),
        Parameter::exact(0x40, "applications and security domains"),
        Parameter::exact(0x20, "load files"),
        Parameter::exact(0x10, "load files and their modules"),
    ],
    p2: &[
        Parameter::exact(0x02, "from the first on, as data objects"),
        Parameter::exact(0x03, "the next ones, as data objects"),
        Parameter::exact(0x00, "from the first on, in the old form"),
        Parameter::exact(0x01, "the next ones, in the old form"),
    ],
    data: &[Field::new("4F AID to search for, 5C tags", 2, 255)],
    response: "templates E3",
    requirements: &[
        requirement(
            "GP-GST-01",
            StatusWord::SUCCESS,
            "all, or the rest, of the list",
        ),
        requirement(
            "GP-GST-02",
            StatusWord(0x6310),
            "a part of the list; ask for the next with P2 03",
        ),
        requirement(
            "GP-GST-03",
            StatusWord::REFERENCED_DATA_NOT_FOUND,
            "nothing on the card fits",
        ),
        requirement("GP-GST-04", StatusWord::WRONG_DATA, "wrong data"),
    ],
    ..MANAGEMENT
};

const SET_STATUS: CommandSpec = CommandSpec {
    id: "GP-SST",
    name: "SET STATUS",
    standard: "GPCS 2.3.1 §11.10",
    purpose: "changes the life-cycle state of the card or of an application",
    ins: 0xF0,
    p1: &[
        Parameter::exact(0x80, "the issuer security domain and the card"),
        Parameter::exact(0x40, "an application or security domain"),
        Parameter::exact(0x60, "a security domain and its applications"),
    ],
    p2: &[Parameter::any("the new state")],
    data: &[Field::new("AID", 0, 16)],
    response: "",
    requirements: &[
        requirement("GP-SST-01", StatusWord::SUCCESS, "the state is changed"),
        requirement("GP-SST-02", StatusWord::WRONG_DATA, "wrong data"),
        requirement(
            "GP-SST-03",
            StatusWord::REFERENCED_DATA_NOT_FOUND,
            "there is no such application",
        ),
    ],
    ..MANAGEMENT
};

const GET_DATA: CommandSpec = CommandSpec {
    id: "GP-GDA",
    name: "GET DATA",
    standard: "GPCS 2.3.1 §11.3",
    purpose: "reads a data object of the security domain",
    ins: 0xCA,
    p1: &[Parameter::any("high byte of the tag")],
    p2: &[Parameter::any("low byte of the tag")],
    response: "the data object",
    access: "everyone, for most data objects",
    states: "all",
    requirements: &GET_DATA_REQUIREMENTS,
    ..MANAGEMENT
};

const GET_DATA_ISO: CommandSpec = CommandSpec {
    cla: 0x00,
    ..GET_DATA
};

const GET_DATA_REQUIREMENTS: [Requirement; 2] = [
    requirement("GP-GDA-01", StatusWord::SUCCESS, "the data object"),
    requirement(
        "GP-GDA-02",
        StatusWord::REFERENCED_DATA_NOT_FOUND,
        "there is no such data object",
    ),
];

const PUT_KEY: CommandSpec = CommandSpec {
    id: "GP-PKE",
    name: "PUT KEY",
    standard: "GPCS 2.3.1 §11.8",
    purpose: "adds or replaces keys",
    ins: 0xD8,
    p1: &[Parameter::any("key version number to replace, 00 to add")],
    p2: &[
        Parameter::masked(
            0x80,
            0x80,
            "80 and the identifier of the first of several keys",
        ),
        Parameter::masked(0x00, 0x80, "the identifier of the key"),
    ],
    data: &[Field::secret(
        "new key version number, keys with their check values",
        4,
        255,
    )],
    response: "key version number and key check values",
    requirements: &[
        requirement("GP-PKE-01", StatusWord::SUCCESS, "the keys are set"),
        requirement(
            "GP-PKE-02",
            StatusWord::WRONG_DATA,
            "wrong data, or a wrong key check value",
        ),
        requirement(
            "GP-PKE-03",
            StatusWord::REFERENCED_DATA_NOT_FOUND,
            "there is no such key to replace",
        ),
        requirement(
            "GP-PKE-04",
            StatusWord(0x9484),
            "the kind of key is not supported",
        ),
        requirement(
            "GP-PKE-05",
            StatusWord(0x9485),
            "the key check value is wrong",
        ),
    ],
    ..MANAGEMENT
};

const STORE_DATA: CommandSpec = CommandSpec {
    id: "GP-STO",
    name: "STORE DATA",
    standard: "GPCS 2.3.1 §11.11",
    purpose: "gives data to the security domain, or to the application under personalisation",
    ins: 0xE2,
    p1: &[
        Parameter::masked(0x00, 0x80, "more blocks follow"),
        Parameter::masked(0x80, 0x80, "last block"),
    ],
    p2: ANY,
    data: &[Field::secret("data", 1, 255)],
    response: "",
    requirements: &[
        requirement("GP-STO-01", StatusWord::SUCCESS, "the data were taken"),
        requirement("GP-STO-02", StatusWord::WRONG_DATA, "wrong data"),
        requirement(
            "GP-STO-03",
            StatusWord::NOT_ENOUGH_MEMORY,
            "not enough memory",
        ),
        requirement(
            "GP-STO-04",
            StatusWord::REFERENCED_DATA_NOT_FOUND,
            "the data object was not found",
        ),
    ],
    ..MANAGEMENT
};
