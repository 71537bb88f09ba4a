//! The command under way.

use crate::Result;

/// The command under way (`javacard.framework.APDU`), with short lengths: up to 255 bytes of
/// command data, up to 256 bytes of response data.
///
/// Command and response data share one buffer, [`Apdu::buffer`].
pub trait Apdu {
    /// The class byte, as sent.
    fn cla(&self) -> u8;
    /// The instruction byte.
    fn ins(&self) -> u8;
    /// The first parameter byte.
    fn p1(&self) -> u8;
    /// The second parameter byte.
    fn p2(&self) -> u8;

    /// Receives the whole command data field into the start of [`Apdu::buffer`] and tells its
    /// length, 0..=255 (`setIncomingAndReceive`, `receiveBytes`). At most once per command, and not
    /// after [`Apdu::expected`].
    ///
    /// # Errors
    /// None on a card that keeps to its protocol.
    fn receive(&mut self) -> Result<usize>;

    /// The data area of the APDU buffer, 256 bytes: command data after [`Apdu::receive`], response
    /// data before [`Apdu::send`].
    fn buffer(&mut self) -> &mut [u8];

    /// Turns to sending and tells how many bytes the terminal expects, Le: 0..=256, where 256 is an
    /// encoded Le of 00 and 0 stands for an absent Le (`setOutgoing`). At most once per command.
    fn expected(&mut self) -> usize;

    /// Sends the first `length` bytes of the buffer, 0..=256, as the response
    /// (`setOutgoing` where [`Apdu::expected`] was not called, `setOutgoingLength`, `sendBytes`).
    ///
    /// # Errors
    /// None on a card that keeps to its protocol.
    fn send(&mut self, length: usize) -> Result;
}
