use super::{ConnectionInfo, Transport, TransportError};

/// A card that is not there: it agrees to everything and remembers what it was sent. A dry run uses it.
#[derive(Clone, Debug, Default)]
pub struct Rehearsal {
    /// The commands, in order.
    pub commands: Vec<Vec<u8>>,
}

impl Transport for Rehearsal {
    fn info(&self) -> ConnectionInfo {
        ConnectionInfo {
            name: "rehearsal".to_owned(),
            atr: Vec::new(),
            protocol: "none".to_owned(),
        }
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.commands.push(command.to_vec());
        Ok(vec![0x90, 0x00])
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        Ok(())
    }
}
