use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{ConnectionInfo, Transport, TransportError};

/// A transport that stops between two commands once it is told to, never within one.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicBool, Ordering};
/// use loader::{InProcess, Interruptible, Transport, TransportError};
///
/// let stop = Arc::new(AtomicBool::new(false));
/// let mut card = Interruptible::new(InProcess::new("card", |_: &[u8]| vec![0x90, 0x00]), Arc::clone(&stop));
/// assert!(card.transmit(&[0, 0xA4, 4, 0]).is_ok());
/// stop.store(true, Ordering::Relaxed);
/// assert_eq!(card.transmit(&[0, 0xA4, 4, 0]), Err(TransportError::Interrupted));
/// ```
#[derive(Debug)]
pub struct Interruptible<T> {
    inner: T,
    stop: Arc<AtomicBool>,
}

impl<T> Interruptible<T> {
    /// `stop` may be set from anywhere, a signal handler for instance.
    pub fn new(inner: T, stop: Arc<AtomicBool>) -> Self {
        Self { inner, stop }
    }
}

impl<T: Transport> Transport for Interruptible<T> {
    fn info(&self) -> ConnectionInfo {
        self.inner.info()
    }

    fn block_size(&self) -> Option<usize> {
        self.inner.block_size()
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(TransportError::Interrupted);
        }
        self.inner.transmit(command)
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        self.inner.reset()
    }
}
