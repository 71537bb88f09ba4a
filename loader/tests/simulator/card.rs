//! The simulator behind a transport that can be cut.

use std::cell::RefCell;
use std::rc::Rc;

use card_sim::{Card, CardConfig};
use loader::{ConnectionInfo, KeySet, SecurityLevel, Session, Transport, TransportError};
use se_crypto::Drbg;

/// A simulated card in a reader. Clones share the card.
#[derive(Clone)]
pub(crate) struct Reader {
    pub(crate) card: Rc<RefCell<Card>>,
    /// After how many more commands the card is taken out; with the answer lost, or before it is sent.
    cut: Option<(usize, Loses)>,
    pub(crate) sent: usize,
}

/// What is lost when the card is taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loses {
    Command,
    Answer,
}

impl Reader {
    pub(crate) fn new(config: &CardConfig) -> Self {
        Self {
            card: Rc::new(RefCell::new(Card::new(config))),
            cut: None,
            sent: 0,
        }
    }

    /// The same card, taken out at command number `at` (from 0 on), and powered anew before.
    pub(crate) fn cut_at(&self, at: usize, loses: Loses) -> Self {
        self.card.borrow_mut().reset();
        Self {
            card: Rc::clone(&self.card),
            cut: Some((at, loses)),
            sent: 0,
        }
    }

    /// The same card, powered anew.
    pub(crate) fn again(&self) -> Self {
        self.card.borrow_mut().reset();
        Self {
            card: Rc::clone(&self.card),
            cut: None,
            sent: 0,
        }
    }

    pub(crate) fn open(
        self,
        keys: &KeySet,
        level: impl Into<Option<SecurityLevel>>,
    ) -> Session<Self> {
        let mut session = Session::select(self, None).unwrap();
        session.open(keys, level, &mut Drbg::from_seed(5)).unwrap();
        session
    }

    pub(crate) fn open_full(self) -> Session<Self> {
        self.open(&KeySet::test_keys(), SecurityLevel::FULL)
    }
}

impl Transport for Reader {
    fn info(&self) -> ConnectionInfo {
        ConnectionInfo {
            name: "simulator".to_owned(),
            atr: self.card.borrow().atr(),
            protocol: "in process".to_owned(),
        }
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let number = self.sent;
        self.sent += 1;
        match self.cut {
            Some((at, Loses::Command)) if number >= at => Err(TransportError::Removed),
            Some((at, Loses::Answer)) if number > at => Err(TransportError::Removed),
            Some((at, Loses::Answer)) if number == at => {
                self.card.borrow_mut().transmit(command);
                Err(TransportError::Removed)
            }
            _ => match self.card.borrow_mut().transmit(command) {
                response if response.is_empty() => Err(TransportError::Removed),
                response => Ok(response),
            },
        }
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        self.card.borrow_mut().reset();
        Ok(())
    }
}
