//! Frames (UM0701-02 §6.2.1): normal, extended, acknowledge, negative acknowledge and error.

/// Acknowledges a frame; from the host it also ends whatever the chip does.
pub const ACK: [u8; 6] = [0x00, 0x00, 0xFF, 0x00, 0xFF, 0x00];
/// Asks for the last frame again.
pub const NACK: [u8; 6] = [0x00, 0x00, 0xFF, 0xFF, 0x00, 0x00];
/// What wakes the chip on its UART, and the time that it needs: bytes that are nothing (§7.2.11, HSU).
pub const WAKE_UP: [u8; 16] = [
    0x55, 0x55, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
];
/// The most bytes behind the frame identifier and the command code (§6.2.1.2): 265 with both.
pub const MAX_PAYLOAD: usize = 263;
/// The longest frame content.
const LONGEST: usize = MAX_PAYLOAD + 2;

/// What a frame is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// Acknowledge.
    Ack,
    /// Negative acknowledge.
    Nack,
    /// The chip does not understand the command.
    Error,
    /// Content: the frame identifier (D4 to the chip, D5 from it) and what follows.
    Data(Vec<u8>),
}

/// A frame around content of 1 to 265 bytes: normal up to 255, else extended.
#[must_use]
pub fn encode(content: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x00, 0x00, 0xFF];
    match u8::try_from(content.len()) {
        Ok(length) => frame.extend([length, length.wrapping_neg()]),
        Err(_) => {
            let [.., high, low] = content.len().to_be_bytes();
            let check = high.wrapping_add(low).wrapping_neg();
            frame.extend([0xFF, 0xFF, high, low, check]);
        }
    }
    frame.extend_from_slice(content);
    frame.push(sum(content).wrapping_neg());
    frame.push(0x00);
    frame
}

fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}

/// Puts frames together from bytes, and finds the next one behind anything that is none.
#[derive(Clone, Debug, Default)]
pub struct FrameReader {
    bytes: Vec<u8>,
}

/// What the bytes so far are.
enum Parsed {
    /// They may become a frame.
    Begun,
    /// No frame begins here.
    Nothing,
    Whole(Frame),
}

impl FrameReader {
    /// Takes a byte; gives the frame that it completes. The zero behind content belongs to it: the check byte does not
    /// see that a zero was lost, since the check byte then stands for the last byte, and the zero for the check byte.
    pub fn push(&mut self, byte: u8) -> Option<Frame> {
        self.bytes.push(byte);
        loop {
            match self.parse() {
                Parsed::Begun => return None,
                Parsed::Whole(frame) => {
                    self.bytes.clear();
                    return Some(frame);
                }
                // Something in what came may still be the beginning of one.
                Parsed::Nothing => {
                    self.bytes.remove(0);
                    if self.bytes.is_empty() {
                        return None;
                    }
                }
            }
        }
    }

    /// Forgets what has begun.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }

    /// Whether a frame has begun.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        !self.bytes.is_empty()
    }

    fn parse(&self) -> Parsed {
        match *self.bytes.as_slice() {
            [] | [0x00] => Parsed::Begun,
            [0x00, 0x00] => Parsed::Begun,
            [0x00, 0xFF] | [0x00, 0xFF, _] => Parsed::Begun,
            [0x00, 0xFF, 0x00, 0xFF, ..] => Parsed::Whole(Frame::Ack),
            [0x00, 0xFF, 0xFF, 0x00, ..] => Parsed::Whole(Frame::Nack),
            [0x00, 0xFF, 0xFF, 0xFF, ref rest @ ..] => match *rest {
                [high, low, check, ref rest @ ..] => {
                    let length = usize::from(high) << 8 | usize::from(low);
                    if high.wrapping_add(low).wrapping_add(check) != 0 {
                        return Parsed::Nothing;
                    }
                    content(length, rest)
                }
                _ => Parsed::Begun,
            },
            [0x00, 0xFF, length, check, ref rest @ ..] => {
                if length.wrapping_add(check) != 0 {
                    return Parsed::Nothing;
                }
                content(length.into(), rest)
            }
            _ => Parsed::Nothing,
        }
    }
}

fn content(length: usize, rest: &[u8]) -> Parsed {
    if length == 0 || length > LONGEST {
        return Parsed::Nothing;
    }
    match (rest.get(..length), rest.get(length..)) {
        (Some(content), Some(&[check, end, ..])) => {
            if sum(content).wrapping_add(check) != 0 || end != 0 {
                return Parsed::Nothing;
            }
            Parsed::Whole(match content {
                [0x7F] => Frame::Error,
                _ => Frame::Data(content.to_vec()),
            })
        }
        _ => Parsed::Begun,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Vec<Frame> {
        let mut reader = FrameReader::default();
        bytes.iter().filter_map(|byte| reader.push(*byte)).collect()
    }

    /// UM0701-02 §7.2.2, and the examples of NXP's AN10609 for SAMConfiguration and GetFirmwareVersion.
    #[test]
    fn frames_of_the_manual() {
        assert_eq!(
            encode(&[0xD4, 0x02]),
            [0x00, 0x00, 0xFF, 0x02, 0xFE, 0xD4, 0x02, 0x2A, 0x00]
        );
        let answer = [
            0x00, 0x00, 0xFF, 0x06, 0xFA, 0xD5, 0x03, 0x32, 0x01, 0x06, 0x07, 0xE8, 0x00,
        ];
        let content = vec![0xD5, 0x03, 0x32, 0x01, 0x06, 0x07];
        assert_eq!(read(&answer), [Frame::Data(content.clone())]);
        assert_eq!(
            read(&[&ACK[..], &answer, &NACK].concat()),
            [Frame::Ack, Frame::Data(content), Frame::Nack]
        );
        let error = [0x00, 0x00, 0xFF, 0x01, 0xFF, 0x7F, 0x81, 0x00];
        assert_eq!(read(&error), [Frame::Error]);
    }

    #[test]
    fn every_length_comes_back() {
        for length in 1..=LONGEST {
            let content: Vec<u8> = (0..length).map(|at| at.to_le_bytes()[0] | 0x80).collect();
            let frame = encode(&content);
            assert_eq!(read(&frame), [Frame::Data(content)], "{length}");
        }
    }

    #[test]
    fn damaged_frames_are_none_and_the_next_is_found() {
        let good = encode(&[0xD5, 0x43, 0x00, 0x02, 0x90, 0x00]);
        let expected = Frame::Data(vec![0xD5, 0x43, 0x00, 0x02, 0x90, 0x00]);
        for at in 2..good.len() - 1 {
            let mut bad = good.clone();
            bad[at] ^= 0x10;
            let all = [&bad[..], &[0; 300], &good].concat();
            assert_eq!(read(&all).last(), Some(&expected), "{at}");
            let mut cut = good.clone();
            cut.remove(at);
            // A lost byte can take the next frame along, never the one behind that.
            let all = [&cut[..], &[0; 300], &good].concat();
            assert_eq!(read(&all).last(), Some(&expected), "{at}");
        }
    }
}
