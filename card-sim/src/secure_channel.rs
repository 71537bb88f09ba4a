//! What the virtual machine asks of the card manager: the security domain behind
//! `org.globalplatform.SecureChannel` and `GPSystem`.
//!
//! The virtual machine knows nothing of keys. Every method names the security domain that the
//! calling applet is associated with, and the card manager answers for that domain's channel.

use crate::registry::ApplicationId;

/// A status word with which a security service refuses; the applet sees it as an `ISOException`.
pub type StatusWord = u16;

/// The services of security domains, implemented by the card manager.
pub trait SecurityServices {
    /// `SecureChannel.processSecurity`: INITIALIZE UPDATE, EXTERNAL AUTHENTICATE and the like.
    ///
    /// `command` is the whole command as received (CLA INS P1 P2, and Lc with the data if there
    /// are any). Gives the response data, without status word.
    ///
    /// # Errors
    /// The status word to answer.
    fn process_security(
        &mut self,
        domain: ApplicationId,
        command: &[u8],
    ) -> Result<Vec<u8>, StatusWord>;

    /// `SecureChannel.unwrap`: verifies and decrypts a command (CLA INS P1 P2 Lc data) according
    /// to the session's security level, and gives it in plain form (CLA without the secure
    /// messaging bit, new Lc, data). Outside a session, or for a command without secure messaging
    /// where the level allows that, the command comes back as it was.
    ///
    /// # Errors
    /// The status word to answer (6982, 6985, 6987, 6988); the session is then over.
    fn unwrap(&mut self, domain: ApplicationId, command: &[u8]) -> Result<Vec<u8>, StatusWord>;

    /// `SecureChannel.wrap`: `response` is the data followed by the two bytes of the status word;
    /// gives the same form, protected as the session's level asks.
    ///
    /// # Errors
    /// The status word to answer.
    fn wrap(&mut self, domain: ApplicationId, response: &[u8]) -> Result<Vec<u8>, StatusWord>;

    /// `SecureChannel.decryptData`: decrypts with the data encryption key; the length is kept.
    ///
    /// # Errors
    /// The status word to answer (6982 outside a session, 6A80 unless a multiple of the block).
    fn decrypt_data(&mut self, domain: ApplicationId, data: &[u8]) -> Result<Vec<u8>, StatusWord>;

    /// `SecureChannel.encryptData`: the inverse of [`Self::decrypt_data`].
    ///
    /// # Errors
    /// As [`Self::decrypt_data`].
    fn encrypt_data(&mut self, domain: ApplicationId, data: &[u8]) -> Result<Vec<u8>, StatusWord>;

    /// `SecureChannel.resetSecurity`: ends the session, if any, and erases its keys.
    fn reset_security(&mut self, domain: ApplicationId);

    /// `SecureChannel.getSecurityLevel`: 0 outside a session; else bits 80 (authenticated),
    /// 01 C-MAC, 02 C-DECRYPTION, 10 R-MAC, 20 R-ENCRYPTION.
    fn security_level(&self, domain: ApplicationId) -> u8;

    /// `SecureChannelx.setSecurityLevel`: the level of the next commands and responses, in the bits of
    /// [`Self::security_level`] but 80.
    ///
    /// # Errors
    /// The status word to answer: 6985 without a session or below the level that it was opened with, 6A86 for a level
    /// that there is not.
    fn set_security_level(&mut self, domain: ApplicationId, level: u8) -> Result<(), StatusWord>;

    /// `GPSystem.setATRHistBytes`: new historical bytes (at most 15); false if refused.
    fn set_historical_bytes(&mut self, bytes: &[u8]) -> bool;
}

/// A card without security domains' services: there is never a session. Useful to run applets
/// on the bare virtual machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSecurityServices;

impl SecurityServices for NoSecurityServices {
    fn process_security(&mut self, _: ApplicationId, _: &[u8]) -> Result<Vec<u8>, StatusWord> {
        Err(0x6D00)
    }

    fn unwrap(&mut self, _: ApplicationId, command: &[u8]) -> Result<Vec<u8>, StatusWord> {
        Ok(command.to_vec())
    }

    fn wrap(&mut self, _: ApplicationId, response: &[u8]) -> Result<Vec<u8>, StatusWord> {
        Ok(response.to_vec())
    }

    fn decrypt_data(&mut self, _: ApplicationId, _: &[u8]) -> Result<Vec<u8>, StatusWord> {
        Err(0x6982)
    }

    fn encrypt_data(&mut self, _: ApplicationId, _: &[u8]) -> Result<Vec<u8>, StatusWord> {
        Err(0x6982)
    }

    fn reset_security(&mut self, _: ApplicationId) {}

    fn security_level(&self, _: ApplicationId) -> u8 {
        0
    }

    fn set_security_level(&mut self, _: ApplicationId, _: u8) -> Result<(), StatusWord> {
        Err(0x6985)
    }

    fn set_historical_bytes(&mut self, _: &[u8]) -> bool {
        false
    }
}
