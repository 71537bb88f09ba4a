//! The applet's end of a GlobalPlatform secure channel.

use crate::{Apdu, Result};

/// A secure channel session between the applet's security domain and the terminal
/// (`org.globalplatform.SecureChannel`). The runtime closes it at reset and deselection.
pub trait SecureChannel<A: Apdu> {
    /// Answers INITIALIZE UPDATE or EXTERNAL AUTHENTICATE, sending the response (`processSecurity`).
    ///
    /// # Errors
    /// The status word of the command where it is not 9000.
    fn process_security(&mut self, apdu: &mut A) -> Result;

    /// The session's security level (GPCS 2.3.1 table 10-1): 0 without a session; `0x80`
    /// authenticated, `0x01` C-MAC, `0x02` C-DECRYPTION, `0x10` R-MAC, `0x20` R-ENCRYPTION.
    fn security_level(&self) -> u8;

    /// Receives the command data, checks and decrypts them, leaves the plain data at the start of
    /// [`Apdu::buffer`] and tells their length, 0..=255 (`unwrap`). In place of [`Apdu::receive`].
    ///
    /// # Errors
    /// `6982` where the command does not verify; the session is then closed.
    fn receive(&mut self, apdu: &mut A) -> Result<usize>;

    /// Sends the first `length` bytes of the buffer as the response, protected where the security
    /// level asks for it (`wrap`). In place of [`Apdu::send`], also for an empty response.
    ///
    /// # Errors
    /// None on a card that keeps to its protocol.
    fn send(&mut self, apdu: &mut A, length: usize) -> Result;

    /// Closes the session (`resetSecurity`).
    fn reset(&mut self);
}
