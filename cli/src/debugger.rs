//! A debug adapter: an editor steps through an applet's source while its bytecode runs.
//!
//! The card runs on the main thread. The machine's observer looks at the requests that a second
//! thread reads, and does not return while the program is stopped.

mod protocol;
mod session;

pub(crate) use protocol::{Connection, connect, stdio};
pub(crate) use session::Session;
