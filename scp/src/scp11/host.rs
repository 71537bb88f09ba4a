use se_crypto::zeroize::Zeroizing;
use se_crypto::{Drbg, equal};

use crate::scp03::{CardMessaging, DataKey, HostSession, Messaging};
use crate::scp11::derivation::{DerivedKeys, derive};
use crate::scp11::{
    AgreementError, INTERNAL_AUTHENTICATE, MUTUAL_AUTHENTICATE, PrivateKey, PublicKey, Request,
    Variant,
};
use crate::{CardSession, tlv};

/// The host end before the card has answered MUTUAL or INTERNAL AUTHENTICATE. With SCP11a and SCP11c the host's
/// certificates go to the card before that ([`super::commands`]).
#[derive(Clone, Debug)]
pub struct HostOpening {
    request: Request,
    card: PublicKey,
    ephemeral: PrivateKey,
    host: Option<PrivateKey>,
}

/// A session of SCP11c that is made without its card.
#[derive(Debug)]
pub struct PreparedSession {
    /// The response data that the card will give.
    pub response: Vec<u8>,
    /// The host end.
    pub host: HostSession,
    /// The card end, which answers as the card will.
    pub card: CardSession,
}

impl HostOpening {
    /// Starts a session with the card whose key `card` is, taken from its certificate. `host` is the host's static key
    /// for SCP11a and SCP11c. The ephemeral key is drawn from `random`.
    ///
    /// # Errors
    /// [`AgreementError::HostKey`], [`AgreementError::Curves`], [`AgreementError::KeyLength`],
    /// [`AgreementError::Level`].
    pub fn new(
        request: Request,
        card: &PublicKey,
        host: Option<&PrivateKey>,
        random: &mut Drbg,
    ) -> Result<Self, AgreementError> {
        let ephemeral = PrivateKey::generate(card.curve(), random)?;
        Self::with_ephemeral(request, card, host, ephemeral)
    }

    /// The same with an ephemeral key that was drawn before. Use each only once.
    ///
    /// # Errors
    /// As [`HostOpening::new`].
    pub fn with_ephemeral(
        request: Request,
        card: &PublicKey,
        host: Option<&PrivateKey>,
        ephemeral: PrivateKey,
    ) -> Result<Self, AgreementError> {
        if !matches!(request.key_length, 16 | 24 | 32) {
            return Err(AgreementError::KeyLength(request.key_length));
        }
        if host.is_some() != request.variant.authenticates_host() {
            return Err(AgreementError::HostKey {
                variant: request.variant,
            });
        }
        for key in host.into_iter().chain([&ephemeral]) {
            if key.curve() != card.curve() {
                return Err(AgreementError::Curves {
                    host: key.curve(),
                    card: card.curve(),
                });
            }
        }
        Ok(Self {
            request,
            card: card.clone(),
            ephemeral,
            host: host.cloned(),
        })
    }

    fn data(&self) -> Result<Vec<u8>, AgreementError> {
        self.request.data(self.ephemeral.public().point())
    }

    /// MUTUAL AUTHENTICATE or, for SCP11b, INTERNAL AUTHENTICATE.
    ///
    /// # Errors
    /// [`AgreementError::Identity`].
    pub fn command(&self) -> Result<Vec<u8>, AgreementError> {
        let data = self.data()?;
        let ins = match self.request.variant {
            Variant::A | Variant::C => MUTUAL_AUTHENTICATE,
            Variant::B => INTERNAL_AUTHENTICATE,
        };
        let key = self.request.key;
        let length = u8::try_from(data.len()).map_err(|_| AgreementError::Identity(data.len()))?;
        let head = [0x80, ins, key.version, key.identifier, length];
        Ok([&head[..], &data, &[0x00]].concat())
    }

    /// Takes the card's response (data and status word), checks the receipt and gives the session.
    ///
    /// # Errors
    /// [`AgreementError::Refused`], [`AgreementError::Answer`], [`AgreementError::Receipt`],
    /// [`AgreementError::StaticKey`].
    pub fn answer(self, response: &[u8]) -> Result<HostSession, AgreementError> {
        let (data, status) = response
            .split_last_chunk::<2>()
            .ok_or(AgreementError::Answer)?;
        if status != &[0x90, 0x00] {
            return Err(AgreementError::Refused(u16::from_be_bytes(*status)));
        }
        let objects = tlv::all(data).ok_or(AgreementError::Answer)?;
        let [(0x5F49, point), (0x86, receipt)] = *objects.as_slice() else {
            return Err(AgreementError::Answer);
        };
        let key = PublicKey::new(self.card.curve(), point).map_err(|_| AgreementError::Answer)?;
        if self.request.variant == Variant::C && key != self.card {
            return Err(AgreementError::StaticKey);
        }
        let (keys, expected) = self.derive(&key)?;
        if !equal(&expected, receipt) {
            return Err(AgreementError::Receipt);
        }
        Ok(self.session(keys, &expected))
    }

    /// Makes a session of SCP11c without the card: all that it will answer follows from its public key.
    ///
    /// # Errors
    /// [`AgreementError::Prepare`] for the other variants, whose cards draw keys of their own.
    pub fn prepare(self) -> Result<PreparedSession, AgreementError> {
        if self.request.variant != Variant::C {
            return Err(AgreementError::Prepare(self.request.variant));
        }
        let (keys, receipt) = self.derive(&self.card)?;
        let response = [
            tlv::object(0x5F49, self.card.point()),
            tlv::object(0x86, &receipt),
        ]
        .concat();
        let level = self.request.level;
        let messaging = self.messaging(&keys, &receipt);
        let card = CardMessaging::new(messaging, keys.dek.clone());
        Ok(PreparedSession {
            response,
            card: CardSession::agreed(card, self.request.key.version, level, true),
            host: self.session(keys, &receipt),
        })
    }

    /// The session keys and the receipt with the card's (ephemeral) key.
    fn derive(&self, key: &PublicKey) -> Result<(DerivedKeys, [u8; 16]), AgreementError> {
        let ephemeral = self.ephemeral.agree(key)?;
        let fixed: Zeroizing<Vec<u8>> = self
            .host
            .as_ref()
            .unwrap_or(&self.ephemeral)
            .agree(&self.card)?;
        let info = self.request.shared_info()?;
        let keys = derive(&ephemeral, &fixed, &info, self.request.key_length.into())?;
        let receipt = keys
            .receipt
            .cmac(&[&self.data()?, &tlv::object(0x5F49, key.point())]);
        Ok((keys, receipt))
    }

    fn messaging(&self, keys: &DerivedKeys, receipt: &[u8; 16]) -> Messaging {
        let mac_length = if self.request.s16 { 16 } else { 8 };
        let mut messaging = Messaging::chained(keys.session.clone(), mac_length, *receipt);
        messaging.level = self.request.level;
        messaging
    }

    fn session(&self, keys: DerivedKeys, receipt: &[u8; 16]) -> HostSession {
        HostSession::new(
            self.messaging(&keys, receipt),
            DataKey::Session(Box::new(keys.dek)),
        )
    }
}
