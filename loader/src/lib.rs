//! The GlobalPlatform host: puts applets on cards without fear.
//!
//! * a [`Transport`] reaches a card: through PC/SC ([`PcscTransport`]), a serial
//!   adapter ([`Phoenix`]), or in this process ([`InProcess`]);
//! * a [`Session`] talks to a security domain, and opens a secure channel with a [`KeySet`];
//! * [`preflight`] says before the first block whether it will work;
//! * a [`Plan`] is what will be done, as data: to be shown, rehearsed, and carried out with progress
//!   [`Event`]s; where it ends early, [`FlashError`] says what is on the card and what to do.
//!
//! The loader never draws, never asks and never tries a failed authentication again.

mod access_rules;
mod agreement;
mod card_info;
mod causes;
mod channel;
mod content;
mod diversification;
mod error;
mod flash;
mod hexadecimal;
mod journal;
mod key_set;
mod listing;
mod pace;
mod pkcs11;
mod plan;
pub mod preflight;
mod profile;
mod progress;
mod public_key;
mod receipt;
mod recipe;
mod session;
mod tlv;
mod token;
mod transport;

pub use access_rules::{ARA_M, AccessRule, Applets, Commands, NewRule, access_rules};
pub use agreement::{
    AgreementFailure, AgreementFile, AgreementKeys, AuthorityOf, HostIdentity, Trust,
    read_certificates, read_private_key, read_public_key,
};
pub use apdu_spec::{Aid, StatusWord};
pub use card_info::{CardInfo, KeyInfo, ProductionLifeCycle, key_set_in_words, telling};
pub use channel::SecretKind;
pub use content::{Announced, Dgi, Installation};
pub use diversification::{Diversification, Template};
pub use error::{AuthenticationError, Error, Refusal};
pub use flash::{FlashError, PartialState};
pub use hexadecimal::Hex;
pub use journal::{Journal, Reached};
pub use key_set::{KeyFileError, KeySet, KeySource, Keys, SharedKeyProtocol};
pub use listing::{Application, CardContent, LoadFile, privileges};
pub use pace::Pace;
pub use pkcs11::{Pkcs11Error, Pkcs11Uri, TokenKeys, UriError};
pub use plan::{FlashOptions, InstanceOptions, Plan, PlanError, Step};
pub use profile::{KnownBy, Profile, identify, profiles, recognize};
pub use progress::{Event, Phase, Progress};
pub use public_key::{CardCurve, PublicKey};
pub use receipt::{
    Checked, Confirmation, Operation, Receipt, ReceiptKey, Receipts, Unconfirmed, Unreadable,
};
pub use recipe::{
    Change, DataRecipe, DomainRecipe, Found, InstanceRecipe, PackageRecipe, Recipe, RecipeError,
    rehearse as rehearse_changes,
};
pub use scp::scp02::Parameters as Scp02Parameters;
pub use scp::scp03::{HostError, Parameters as ChannelParameters, SecurityLevel, StaticKeys};
pub use scp::scp11::{
    Date, KeyReference, PublicKey as AgreementPublicKey, Variant as AgreementVariant,
};
pub use session::{Answer, KnownScp02, Opened, Opening, Session};
pub use token::{LoadFileSignature, TokenKey, Tokens, token_input};
pub use transport::{
    ConnectionInfo, Exchange, Frame, InProcess, Interruptible, Line, Offline, OfflineCard,
    PcscTransport, Phoenix, PhoenixOptions, Pn532, Pn532Options, Rehearsal, SerialLine, Sharing,
    TcpTransport, Trace, Traced, Transport, TransportError, readers,
};
