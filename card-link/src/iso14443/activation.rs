//! What a card tells when it is activated: the answer to select of type A (ISO 14443-4 §5.2), ATQB of type B (14443-3
//! §7.9).

/// The first byte of a request for answer to select.
pub const RATS: u8 = 0xE0;
/// The first byte of a PPS request with card identifier 0 (14443-4 §5.3).
const PPS: u8 = 0xD0;
/// The frame sizes that FSCI and FSDI stand for (14443-4 table 1); what is higher stands for the last.
const SIZES: [u16; 9] = [16, 24, 32, 40, 48, 64, 96, 128, 256];
/// 256 · 16 / fc in nanoseconds: the unit of the frame waiting time (14443-4 §7.2).
const WAITING_UNIT: u64 = 302_065;

/// What is known of a card once it is activated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attributes {
    /// The most bytes of a frame to the card, PCB and check bytes included: 16 to 256.
    pub frame_size: u16,
    /// FWI: the frame waiting time is 302 µs · 2^FWI.
    pub waiting: u8,
    /// SFGI: how long to wait after activation, in the same way; type A only.
    pub startup: u8,
    /// Bits 1, 2, 3: 212, 424, 848 kbit/s to the card; bits 5, 6, 7: from the card. Bit 8: the same in both directions
    /// only.
    pub rates: u8,
    /// The historical bytes of type A; of type B application data, protocol information and the length of buffers, as
    /// PC/SC has them.
    pub historical: Vec<u8>,
}

/// Bytes that are no answer to select, or no ATQB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the card's answer to its activation is malformed: {0}")]
pub struct AttributesError(&'static str);

impl Attributes {
    /// Reads an answer to select: TL, T0, TA(1), TB(1), TC(1), historical bytes.
    ///
    /// # Errors
    /// [`AttributesError`] where its length is not what TL says.
    pub fn of_a(ats: &[u8]) -> Result<Self, AttributesError> {
        let &[length, ref rest @ ..] = ats else {
            return Err(AttributesError("it is empty"));
        };
        if usize::from(length) != ats.len() {
            return Err(AttributesError("it has not the length that it tells"));
        }
        let mut attributes = Self::default();
        let Some((&format, mut rest)) = rest.split_first() else {
            return Ok(attributes);
        };
        attributes.frame_size = frame_size(format & 0x0F);
        let mut interface = |bit: u8| {
            if format & bit == 0 {
                return Ok(None);
            }
            let (&byte, after) = rest
                .split_first()
                .ok_or(AttributesError("an interface byte is missing"))?;
            rest = after;
            Ok(Some(byte))
        };
        if let Some(rates) = interface(0x10)? {
            attributes.rates = rates;
        }
        if let Some(times) = interface(0x20)? {
            // 15 is RFU and to be taken as 4 (§5.2.5).
            let waiting = times >> 4;
            attributes.waiting = if waiting == 15 { 4 } else { waiting };
            let startup = times & 0x0F;
            attributes.startup = if startup == 15 { 0 } else { startup };
        }
        interface(0x40)?;
        attributes.historical = rest.to_vec();
        Ok(attributes)
    }

    /// Reads an ATQB and what the card answered to ATTRIB.
    ///
    /// # Errors
    /// [`AttributesError`] where it has not 12 bytes and begins with 50.
    pub fn of_b(atqb: &[u8], attrib: &[u8]) -> Result<Self, AttributesError> {
        let &[0x50, _, _, _, _, a, b, c, d, rates, size, times, ..] = atqb else {
            return Err(AttributesError("ATQB has 12 bytes, the first of them 50"));
        };
        if size & 0x01 == 0 {
            return Err(AttributesError("the card does not speak ISO 14443-4"));
        }
        let waiting = times >> 4;
        let buffers = attrib.first().map_or(0, |byte| byte & 0xF0);
        Ok(Self {
            frame_size: frame_size(size >> 4),
            waiting: if waiting == 15 { 4 } else { waiting },
            startup: 0,
            rates,
            historical: vec![a, b, c, d, rates, size, times, buffers],
        })
    }

    /// The frame waiting time in microseconds.
    #[must_use]
    pub fn frame_waiting(&self) -> u64 {
        (WAITING_UNIT << self.waiting.min(14)) / 1000
    }

    /// How long to leave the card alone after its activation, in microseconds; 0 where it does not need that.
    #[must_use]
    pub fn startup_guard(&self) -> u64 {
        match self.startup {
            0 => 0,
            startup => (WAITING_UNIT << startup.min(14)) / 1000,
        }
    }

    /// The answer to select that tells these.
    #[must_use]
    pub fn answer_to_select(&self) -> Vec<u8> {
        let times = self.waiting << 4 | self.startup & 0x0F;
        let mut ats = vec![
            0,
            0x70 | size_code(self.frame_size),
            self.rates,
            times,
            0x00,
        ];
        ats.extend_from_slice(&self.historical);
        let length = u8::try_from(ats.len()).unwrap_or(0);
        if let Some(first) = ats.first_mut() {
            *first = length;
        }
        ats
    }
}

impl Default for Attributes {
    /// What holds where a card tells nothing (14443-4 §5.2).
    fn default() -> Self {
        Self {
            frame_size: 32,
            waiting: 4,
            startup: 0,
            rates: 0,
            historical: Vec::new(),
        }
    }
}

fn frame_size(code: u8) -> u16 {
    let last = SIZES.len() - 1;
    SIZES
        .get(usize::from(code).min(last))
        .copied()
        .unwrap_or(256)
}

fn size_code(size: u16) -> u8 {
    let fitting = SIZES.iter().filter(|fits| **fits <= size).count();
    u8::try_from(fitting.saturating_sub(1)).unwrap_or(0)
}

/// RATS with the frame size that the reader can take, and card identifier 0.
#[must_use]
pub fn rats(frame_size: u16) -> Vec<u8> {
    vec![RATS, size_code(frame_size) << 4]
}

/// A PPS request: 0 for 106 kbit/s, 1 for 212, 2 for 424, 3 for 848, in both directions.
#[must_use]
pub fn pps_request(rate: u8) -> Vec<u8> {
    vec![PPS, 0x11, rate << 2 | rate]
}

/// The rate that a PPS request asks for, the same in both directions; `None` where it is none.
#[must_use]
pub fn pps_response(request: &[u8]) -> Option<u8> {
    match *request {
        [PPS, 0x01] => Some(0),
        [PPS, 0x11, rates] if rates & 0xF0 == 0 && rates >> 2 == rates & 0x03 => Some(rates & 0x03),
        _ => None,
    }
}

/// ATQB with these attributes; `historical` are the four bytes of application data.
#[must_use]
pub fn attributes_of_b(attributes: &Attributes, identifier: [u8; 4]) -> Vec<u8> {
    let mut application = attributes.historical.clone();
    application.resize(4, 0);
    let mut atqb = vec![0x50];
    atqb.extend(identifier);
    atqb.extend(application);
    atqb.extend([
        attributes.rates,
        size_code(attributes.frame_size) << 4 | 0x01,
        attributes.waiting << 4,
    ]);
    atqb
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_to_select_are_read() {
        // A DESFire EV1's: FSCI 5, rates 77, FWI 8, SFGI 1 (NXP AN10833).
        let ats = Attributes::of_a(&[0x06, 0x75, 0x77, 0x81, 0x02, 0x80]).unwrap();
        assert_eq!(
            (ats.frame_size, ats.waiting, ats.startup, ats.rates),
            (64, 8, 1, 0x77)
        );
        assert_eq!(ats.historical, [0x80]);
        assert_eq!(ats.frame_waiting(), 77_328);
        assert_eq!(Attributes::of_a(&[1]).unwrap(), Attributes::default());
        let short = Attributes::of_a(&[2, 0x08]).unwrap();
        assert_eq!(short.frame_size, 256);
        for wrong in [&[][..], &[2], &[3, 0x70, 0], &[9, 0x75, 0x77, 0x81, 0x02]] {
            assert!(Attributes::of_a(wrong).is_err(), "{wrong:02X?}");
        }
        let written = ats.answer_to_select();
        assert_eq!(Attributes::of_a(&written).unwrap(), ats);
    }

    #[test]
    fn an_atqb_is_read() {
        let attributes = Attributes {
            frame_size: 128,
            waiting: 9,
            rates: 0x80,
            historical: vec![1, 2, 3, 4],
            ..Attributes::default()
        };
        let atqb = attributes_of_b(&attributes, [9; 4]);
        assert_eq!(atqb.len(), 12);
        let read = Attributes::of_b(&atqb, &[0x30]).unwrap();
        assert_eq!((read.frame_size, read.waiting), (128, 9));
        assert_eq!(read.historical, [1, 2, 3, 4, 0x80, 0x71, 0x90, 0x30]);
        assert!(Attributes::of_b(&atqb[..11], &[]).is_err());
        let mut memory = atqb.clone();
        memory[10] = 0x70;
        let error = Attributes::of_b(&memory, &[]).unwrap_err();
        assert!(error.to_string().contains("does not speak ISO 14443-4"));
    }
}
