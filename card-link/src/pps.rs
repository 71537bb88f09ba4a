//! Protocol and parameters selection: the reader proposes a protocol and a rate, the card agrees or not
//! (ISO 7816-3 §9).

use crate::edc::lrc;
use crate::timing::Rate;

/// The first byte of request and response, PPSS.
pub const START: u8 = 0xFF;

/// A request, or the response to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pps {
    /// The protocol T.
    pub protocol: u8,
    /// PPS1, encoded as TA1; absent: Fd and Dd.
    pub rate: Option<u8>,
}

/// Why a PPS exchange failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PpsError {
    /// The check byte PCK is wrong, or bytes are missing.
    #[error("the card's answer to the protocol selection is damaged")]
    Damaged,
    /// The response is neither agreement nor what a card may answer.
    #[error("the card answered the protocol selection with something else than was proposed")]
    Refused,
}

impl Pps {
    /// The bytes.
    #[must_use]
    pub fn encode(self) -> Vec<u8> {
        let mut bytes = vec![START, self.protocol & 0x0F];
        if let (Some(rate), Some(pps0)) = (self.rate, bytes.get_mut(1)) {
            *pps0 |= 0x10;
            bytes.push(rate);
        }
        bytes.push(lrc(&bytes));
        bytes
    }

    /// How long the message is that starts so; `None` where more is needed to tell.
    #[must_use]
    pub fn length(start: &[u8]) -> Option<usize> {
        let options = (start.get(1)? >> 4 & 7).count_ones();
        Some(3 + usize::try_from(options).unwrap_or(0))
    }

    /// Reads a whole message. PPS2 and PPS3 are passed over.
    ///
    /// # Errors
    /// [`PpsError::Damaged`].
    pub fn decode(bytes: &[u8]) -> Result<Self, PpsError> {
        let whole = Self::length(bytes) == Some(bytes.len()) && lrc(bytes) == 0;
        match bytes {
            [START, pps0, rest @ ..] if whole => Ok(Self {
                protocol: pps0 & 0x0F,
                rate: rest.first().copied().filter(|_| pps0 & 0x10 != 0),
            }),
            _ => Err(PpsError::Damaged),
        }
    }

    /// The rate that holds after the card has answered this request with `response`: the one proposed, or Fd and Dd
    /// where the card left PPS1 out (§9.3).
    ///
    /// # Errors
    /// [`PpsError`].
    pub fn agreed(self, response: &[u8]) -> Result<Rate, PpsError> {
        let response = Self::decode(response)?;
        match (response.rate, self.rate) {
            _ if response.protocol != self.protocol => Err(PpsError::Refused),
            (None, _) => Ok(Rate::default()),
            (Some(theirs), Some(ours)) if theirs == ours => {
                Rate::decode(ours).ok_or(PpsError::Refused)
            }
            _ => Err(PpsError::Refused),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_and_what_the_card_may_answer() {
        let request = Pps {
            protocol: 1,
            rate: Some(0x18),
        };
        assert_eq!(request.encode(), [0xFF, 0x11, 0x18, 0xF6]);
        assert_eq!(Pps::decode(&request.encode()), Ok(request));
        assert_eq!(
            request.agreed(&request.encode()),
            Ok(Rate { f: 372, d: 12 })
        );
        assert_eq!(request.agreed(&[0xFF, 0x01, 0xFE]), Ok(Rate::default()));
        assert_eq!(request.agreed(&[0xFF, 0x00, 0xFF]), Err(PpsError::Refused));
        assert_eq!(
            request.agreed(&[0xFF, 0x11, 0x95, 0x7B]),
            Err(PpsError::Refused)
        );
        assert_eq!(
            request.agreed(&[0xFF, 0x11, 0x18, 0xF7]),
            Err(PpsError::Damaged)
        );
        assert_eq!(request.agreed(&[]), Err(PpsError::Damaged));
        assert_eq!(request.agreed(&[0xFF, 0x11]), Err(PpsError::Damaged));
    }
}
