use super::{ConnectionInfo, Transport, TransportError};

/// A card in the same process, behind a function from command to response: the simulator, for instance.
///
/// ```
/// use loader::{InProcess, Transport};
///
/// let mut card = InProcess::new("echo", |_command: &[u8]| vec![0x6D, 0x00]);
/// assert_eq!(card.transmit(&[0x00, 0xA4, 0x04, 0x00]).unwrap(), [0x6D, 0x00]);
/// ```
pub struct InProcess<F, R = fn()> {
    name: String,
    atr: Vec<u8>,
    transmit: F,
    reset: R,
}

impl<F: FnMut(&[u8]) -> Vec<u8>> InProcess<F> {
    /// A card that cannot be reset. An empty response counts as a card that was removed.
    pub fn new(name: &str, transmit: F) -> Self {
        Self::with_reset(name, transmit, || ())
    }
}

impl<F: FnMut(&[u8]) -> Vec<u8>, R: FnMut()> InProcess<F, R> {
    /// A card with a way to reset it.
    pub fn with_reset(name: &str, transmit: F, reset: R) -> Self {
        Self {
            name: name.to_owned(),
            atr: Vec::new(),
            transmit,
            reset,
        }
    }

    /// The same with an answer to reset to show.
    #[must_use]
    pub fn with_atr(mut self, atr: &[u8]) -> Self {
        self.atr = atr.to_vec();
        self
    }
}

impl<F: FnMut(&[u8]) -> Vec<u8>, R: FnMut()> Transport for InProcess<F, R> {
    fn info(&self) -> ConnectionInfo {
        ConnectionInfo {
            name: self.name.clone(),
            atr: self.atr.clone(),
            protocol: "in process".to_owned(),
        }
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        match (self.transmit)(command) {
            response if response.is_empty() => Err(TransportError::Removed),
            response if response.len() < 2 => Err(TransportError::Short(response.len())),
            response => Ok(response),
        }
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        (self.reset)();
        Ok(())
    }
}
