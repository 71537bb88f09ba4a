use super::{Target, TargetError};
use apdu_spec::jpki;
use card_sim::{Aid, Card};

/// The simulated card, with the compiled applet.
#[derive(Debug)]
pub struct Simulator {
    /// The card that every instance is installed on anew.
    blank: Card,
    card: Card,
}

impl Simulator {
    /// Takes a card on which the applet's CAP file is loaded, and nothing is installed yet.
    #[must_use]
    pub fn new(card: Card) -> Self {
        Self {
            blank: card.clone(),
            card,
        }
    }

    /// The card, as the last vector left it.
    #[must_use]
    pub const fn card(&self) -> &Card {
        &self.card
    }
}

impl Target for Simulator {
    fn name(&self) -> &'static str {
        "sim"
    }

    fn install(&mut self, parameters: &[u8]) -> Result<(), TargetError> {
        let refuse = |message: String| TargetError::new("sim", message);
        let aid = Aid::new(jpki::AID).ok_or_else(|| refuse("the applet's AID is no AID".into()))?;
        self.card = self.blank.clone();
        self.card
            .install(aid, aid, parameters)
            .map_err(|cause| refuse(format!("cannot install the applet: {cause}")))?;
        self.card.reset();
        Ok(())
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TargetError> {
        Ok(self.card.transmit(command))
    }

    fn reset(&mut self) -> Result<(), TargetError> {
        self.card.reset();
        Ok(())
    }
}
