use super::{Target, TargetError};
use applet_model::Jpki;
use platform::host::{Host, HostCard, HostConfig};

/// The applet's Rust source on the host platform.
#[derive(Default)]
pub struct Model {
    seed: u64,
    card: Option<HostCard<Jpki<Host>>>,
}

impl Model {
    /// A model whose cards have this seed.
    #[must_use]
    pub fn with_seed(seed: u64) -> Self {
        Self { seed, card: None }
    }

    fn card(&mut self) -> Result<&mut HostCard<Jpki<Host>>, TargetError> {
        self.card
            .as_mut()
            .ok_or_else(|| TargetError::new("model", "no applet is installed"))
    }
}

impl Target for Model {
    fn name(&self) -> &'static str {
        "model"
    }

    fn install(&mut self, parameters: &[u8]) -> Result<(), TargetError> {
        let card =
            HostCard::install(&HostConfig::with_seed(self.seed), parameters).map_err(|status| {
                TargetError::new(
                    "model",
                    format!("the applet refuses its installation with {status}"),
                )
            })?;
        self.card = Some(card);
        Ok(())
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TargetError> {
        self.card().map(|card| card.transmit(command))
    }

    fn reset(&mut self) -> Result<(), TargetError> {
        self.card().map(HostCard::reset)
    }
}
