//! The GlobalPlatform host: puts applets on cards without fear.
//!
//! * a [`Transport`] reaches a card: through PC/SC ([`PcscTransport`]), or in this process ([`InProcess`]);
//! * a [`Session`] talks to a security domain, and opens a secure channel with a [`KeySet`];
//! * [`preflight`] says before the first block whether it will work;
//! * a [`Plan`] is what will be done, as data: to be shown, rehearsed, and carried out with progress
//!   [`Event`]s; where it ends early, [`FlashError`] says what is on the card and what to do.
//!
//! The loader never draws, never asks and never tries a failed authentication again.

mod card_info;
mod channel;
mod content;
mod diversification;
mod error;
mod flash;
mod hexadecimal;
mod key_set;
mod listing;
mod plan;
pub mod preflight;
mod profile;
mod progress;
mod session;
mod tlv;
mod transport;

pub use apdu_spec::{Aid, StatusWord};
pub use card_info::{CardInfo, KeyInfo, ProductionLifeCycle};
pub use content::Installation;
pub use diversification::Diversification;
pub use error::{AuthenticationError, Error, Refusal};
pub use flash::{FlashError, PartialState};
pub use key_set::{KeyFileError, KeySet, KeySource};
pub use listing::{Application, CardContent, LoadFile};
pub use plan::{FlashOptions, InstanceOptions, Plan, PlanError, Step};
pub use profile::{Profile, identify, profiles};
pub use progress::{Event, Phase, Progress};
pub use scp::scp03::{HostError, SecurityLevel, StaticKeys};
pub use session::{Answer, Session};
pub use transport::{
    ConnectionInfo, InProcess, PcscTransport, Rehearsal, Sharing, Transport, TransportError,
    readers,
};
