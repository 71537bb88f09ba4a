//! The PN532, a reader chip for contactless cards, on its high-speed UART (NXP UM0701-02): frames, commands, and the chip
//! itself with a card in its field, for simulators and tests.

mod chip;
mod command;
mod frame;

pub use chip::{Chip, ContactlessCard, Disturbance};
pub use command::{
    Command, Found, GATE_FAILED, Target, communicate, communicated, diagnose, field, find,
    find_answer, firmware, parameters, rate, register, release, retries, timeout_code, timeouts,
    wake,
};
pub use frame::{ACK, Frame, FrameReader, MAX_PAYLOAD, NACK, WAKE_UP, encode};
