//! The chip on its serial line, with a card in its field.

use super::{ACK, Frame, FrameReader, encode};
use crate::Peripheral;
use crate::contact::Application;
use crate::iso14443::{Attributes, Card, RATS, Reaction, attributes_of_b, pps_response};

/// What the card in the field is like.
#[derive(Clone, Debug)]
pub struct ContactlessCard {
    /// Of type B rather than A.
    pub is_b: bool,
    /// What it tells when it is activated; the historical bytes are the application's.
    pub attributes: Attributes,
    /// For each command, ask for so many frame waiting times first.
    pub asks_for_time: Option<u8>,
}

impl Default for ContactlessCard {
    fn default() -> Self {
        Self {
            is_b: false,
            attributes: Attributes {
                frame_size: 256,
                waiting: 8,
                ..Attributes::default()
            },
            asks_for_time: None,
        }
    }
}

/// What happens to a frame in the air.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disturbance {
    /// It arrives.
    None,
    /// The card does not hear it.
    ToCard,
    /// The card hears it, and its answer is damaged.
    FromCard,
    /// The card hears it, and its answer is not heard.
    Lost,
}

/// How long the chip waits for a card is not counted: a card that says nothing is a timeout at once.
const TIMEOUT: u8 = 0x01;
const CHECK: u8 = 0x02;
/// TxMode and RxMode of the contactless interface, whose bits 5 to 7 are the rate.
const RATE_REGISTERS: [u16; 2] = [0x6302, 0x6303];

/// What the card in the field does.
enum Air {
    Idle,
    /// Type A: selected, and waits for RATS.
    Selected,
    /// It speaks ISO 14443-4; the second is what of it waits for the time asked for.
    Active(Card, Vec<u8>),
}

/// The chip.
pub struct Chip<A> {
    application: A,
    card: ContactlessCard,
    disturb: Box<dyn FnMut() -> Disturbance + Send>,
    reader: FrameReader,
    awake: bool,
    has_field: bool,
    air: Air,
    /// The rates of chip and card, 0 for 106 kbit/s.
    rates: [u8; 2],
    card_rate: u8,
    /// The last frame to the host.
    last: Vec<u8>,
    baud: Option<u32>,
    next_baud: Option<u32>,
}

impl<A: Application> Chip<A> {
    /// A chip without power, with a card in its field whose commands the application answers.
    pub fn new(application: A, card: ContactlessCard) -> Self {
        Self {
            application,
            card,
            disturb: Box::new(|| Disturbance::None),
            reader: FrameReader::default(),
            awake: false,
            has_field: false,
            air: Air::Idle,
            rates: [0; 2],
            card_rate: 0,
            last: Vec::new(),
            baud: None,
            next_baud: None,
        }
    }

    /// Disturbs the air: asked once for each frame to the card.
    pub fn disturb(&mut self, disturb: impl FnMut() -> Disturbance + Send + 'static) {
        self.disturb = Box::new(disturb);
    }

    /// The application behind the card.
    pub const fn application(&mut self) -> &mut A {
        &mut self.application
    }

    fn take(&mut self, frame: Frame) -> Vec<u8> {
        match frame {
            // It ends what is under way; here nothing is. A new rate holds from here on.
            Frame::Ack => {
                if let Some(baud) = self.next_baud.take() {
                    self.baud = Some(baud);
                }
                Vec::new()
            }
            Frame::Nack => self.last.clone(),
            Frame::Error => Vec::new(),
            Frame::Data(content) => {
                let answer = match content.as_slice() {
                    [0xD4, code, parameters @ ..] => self.command(*code, parameters),
                    _ => None,
                };
                self.last = match answer {
                    Some(answer) => encode(&answer),
                    // A syntax error (§6.2.1.5).
                    None => encode(&[0x7F]),
                };
                [&ACK[..], &self.last].concat()
            }
        }
    }

    fn command(&mut self, code: u8, parameters: &[u8]) -> Option<Vec<u8>> {
        let head = [0xD5, code + 1];
        let more: Vec<u8> = match (code, parameters) {
            (0x00, [0x00, ..]) => parameters.to_vec(),
            (0x02, []) => vec![0x32, 0x01, 0x06, 0x07],
            (0x08, [high, low, value]) => {
                let address = u16::from_be_bytes([*high, *low]);
                let registers = RATE_REGISTERS.into_iter().zip(&mut self.rates);
                for (_, rate) in registers.filter(|(register, _)| *register == address) {
                    *rate = value >> 4 & 0x07;
                }
                Vec::new()
            }
            (0x10, [code @ 0..=8]) => {
                let rates = [
                    9600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800, 921_600, 1_288_000,
                ];
                self.next_baud = rates.get(usize::from(*code)).copied();
                Vec::new()
            }
            (0x12, [_]) | (0x14, [0x01, ..]) | (0x32, [0x02 | 0x05, ..]) => Vec::new(),
            (0x32, [0x01, field]) => {
                self.has_field = field & 1 != 0;
                self.air = Air::Idle;
                Vec::new()
            }
            (0x42, bytes) => self.communicate(bytes),
            (0x4A, [_, kind, ..]) => self.find(*kind),
            (0x52, [_]) => {
                self.air = Air::Idle;
                vec![0x00]
            }
            _ => return None,
        };
        Some([&head[..], &more].concat())
    }

    /// `InListPassiveTarget`.
    fn find(&mut self, kind: u8) -> Vec<u8> {
        let wanted = if self.card.is_b { 0x03 } else { 0x00 };
        self.rates = [0; 2];
        self.card_rate = 0;
        self.has_field = true;
        if kind != wanted {
            return vec![0x00];
        }
        let historical = self.application.reset();
        let mut attributes = self.card.attributes.clone();
        attributes.historical = historical;
        if self.card.is_b {
            self.air = Air::Active(Card::new(256), Vec::new());
            let atqb = attributes_of_b(&attributes, [0x08, 0x11, 0x22, 0x33]);
            return [&[0x01, 0x01][..], &atqb, &[0x01, 0x00]].concat();
        }
        self.card.attributes = attributes;
        self.air = Air::Selected;
        // SENS_RES, SEL_RES with ISO 14443-4, and a random identifier.
        vec![0x01, 0x01, 0x00, 0x04, 0x20, 0x04, 0x08, 0x11, 0x22, 0x33]
    }

    /// `InCommunicateThru`: status, and what the card says.
    fn communicate(&mut self, bytes: &[u8]) -> Vec<u8> {
        let at_odds = self.rates != [self.card_rate; 2];
        let disturbance = (self.disturb)();
        if !self.has_field || at_odds || disturbance == Disturbance::ToCard {
            return vec![TIMEOUT];
        }
        match (self.air(bytes), disturbance) {
            (None, _) | (_, Disturbance::Lost) => vec![TIMEOUT],
            (Some(_), Disturbance::FromCard) => vec![CHECK],
            (Some(answer), _) => [&[0x00][..], &answer].concat(),
        }
    }

    /// The card hears something.
    fn air(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        match &mut self.air {
            Air::Idle => None,
            Air::Selected => match *bytes {
                [RATS, parameter] => {
                    let sizes = [16, 24, 32, 40, 48, 64, 96, 128, 256];
                    let size = sizes.get(usize::from(parameter >> 4)).copied();
                    self.air = Air::Active(Card::new(size.unwrap_or(256)), Vec::new());
                    Some(self.card.attributes.answer_to_select())
                }
                _ => None,
            },
            Air::Active(card, waiting) => {
                // Only where it offers other rates.
                if let Some(rate) = pps_response(bytes)
                    && (rate == 0 || self.card.attributes.rates >> (rate - 1) & 1 == 1)
                {
                    self.card_rate = rate;
                    return bytes.get(..1).map(<[u8]>::to_vec);
                }
                let reaction = match card.receive(bytes) {
                    Reaction::Command(command) => {
                        let response = self.application.transmit(&command);
                        match self.card.asks_for_time {
                            Some(multiplier) => {
                                *waiting = response;
                                card.ask_for_time(multiplier)
                            }
                            None => card.respond(&response),
                        }
                    }
                    Reaction::Granted => card.respond(&std::mem::take(waiting)),
                    other => other,
                };
                match reaction {
                    Reaction::Send(block) => Some(block),
                    Reaction::Deselected(block) => {
                        self.air = Air::Idle;
                        Some(block)
                    }
                    _ => None,
                }
            }
        }
    }
}

impl<A: Application> Peripheral for Chip<A> {
    /// Power: the chip says nothing by itself.
    fn reset(&mut self) -> Vec<u8> {
        self.reader.clear();
        self.awake = false;
        self.has_field = false;
        self.air = Air::Idle;
        self.last.clear();
        self.baud = None;
        self.next_baud = None;
        Vec::new()
    }

    fn receive(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut said = Vec::new();
        for &byte in bytes {
            // In its sleep it hears nothing but what wakes it.
            if !self.awake {
                self.awake = byte == 0x55;
                continue;
            }
            if let Some(frame) = self.reader.push(byte) {
                said.extend(self.take(frame));
            }
        }
        said
    }

    fn silence(&mut self) -> Vec<u8> {
        self.reader.clear();
        Vec::new()
    }

    fn baud(&self, initial: u32) -> u32 {
        self.baud.unwrap_or(initial)
    }
}
