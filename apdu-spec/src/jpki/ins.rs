//! The instruction bytes.

/// DEACTIVATE FILE: suspends a slot (ISO 7816-9).
pub const DEACTIVATE_FILE: u8 = 0x04;
/// VERIFY (ISO 7816-4).
pub const VERIFY: u8 = 0x20;
/// CHANGE REFERENCE DATA (ISO 7816-4).
pub const CHANGE_REFERENCE_DATA: u8 = 0x24;
/// COMPUTE DIGITAL SIGNATURE (class 80: not the ISO 7816-8 coding of P1-P2).
pub const COMPUTE_DIGITAL_SIGNATURE: u8 = 0x2A;
/// RESET RETRY COUNTER (ISO 7816-4).
pub const RESET_RETRY_COUNTER: u8 = 0x2C;
/// ACTIVATE FILE: certifies or resumes a slot (ISO 7816-9).
pub const ACTIVATE_FILE: u8 = 0x44;
/// GENERATE ASYMMETRIC KEY PAIR (ISO 7816-8).
pub const GENERATE_ASYMMETRIC_KEY_PAIR: u8 = 0x46;
/// INITIALIZE UPDATE (GPCS amendment D).
pub const INITIALIZE_UPDATE: u8 = 0x50;
/// EXTERNAL AUTHENTICATE (GPCS amendment D).
pub const EXTERNAL_AUTHENTICATE: u8 = 0x82;
/// GET CHALLENGE (ISO 7816-4).
pub const GET_CHALLENGE: u8 = 0x84;
/// SELECT (ISO 7816-4).
pub const SELECT: u8 = 0xA4;
/// READ BINARY (ISO 7816-4).
pub const READ_BINARY: u8 = 0xB0;
/// UPDATE BINARY (ISO 7816-4).
pub const UPDATE_BINARY: u8 = 0xD6;
/// PUT DATA: sets the first PIN of a slot (ISO 7816-4).
pub const PUT_DATA: u8 = 0xDA;
/// DELETE FILE: erases a slot (ISO 7816-9).
pub const DELETE_FILE: u8 = 0xE4;
/// TERMINATE EF: revokes a slot (ISO 7816-9).
pub const TERMINATE_EF: u8 = 0xE8;
