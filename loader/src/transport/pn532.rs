//! A contactless card at a PN532, a reader chip on its high-speed UART. The chip makes bits and check bytes; blocks, their
//! chaining and their recovery (ISO 14443-4) are done here, so that commands and responses may be of any length, and
//! whatever goes wrong on the serial line or in the air ends in a command that was carried out once, or in an error.
//!
//! The serial line has no numbers in its frames. Whenever an answer does not come as it should, a test pattern is sent
//! and waited for: what the line still held of earlier answers is then gone, and the card is asked again by the rules of
//! ISO 14443-4.

use super::line::{Frame as Characters, Line};
use super::{ConnectionInfo, Transport, TransportError};
use card_link::iso14443::{self, Attributes, Host, Received, Step, pps_request};
use card_link::pn532::{self, ACK, Found, Frame, FrameReader, Target, WAKE_UP};
use std::time::Duration;

/// How a PN532 is driven.
#[derive(Clone, Copy, Debug)]
pub struct Pn532Options {
    /// The bits a second to go to, from the 115,200 that the chip wakes up with: 9600 to 921,600.
    pub baud: u32,
    /// The fastest rate in the air: 0 for 106 kbit/s, 1 for 212, 2 for 424.
    pub max_rate: u8,
    /// What the operating system and a USB adapter may add to any time.
    pub latency: Duration,
}

impl Pn532Options {
    /// What the chip wakes up with.
    pub const BAUD: u32 = 115_200;
}

impl Default for Pn532Options {
    fn default() -> Self {
        Self {
            baud: Self::BAUD,
            max_rate: 0,
            latency: Duration::from_millis(200),
        }
    }
}

/// A card at a PN532.
pub struct Pn532<L> {
    line: L,
    options: Pn532Options,
    firmware: String,
    target: Target,
    attributes: Attributes,
    host: Host,
    rate: u8,
    /// How long the chip waits for the card now, in microseconds.
    patience: u64,
    /// Makes each test pattern another one.
    pattern: u32,
}

/// The chip acknowledges within 15 ms (UM0701-02 §6.2.2).
const ACKNOWLEDGE: Duration = Duration::from_millis(15);
/// How long it takes to do something without a card, and how long to look for one.
const WORK: Duration = Duration::from_millis(100);
const SEARCH: Duration = Duration::from_millis(1000);
/// How often a test pattern is sent, and a command that touches no card.
const ATTEMPTS: u8 = 8;
/// How often a card that does not answer its activation is activated anew.
const ACTIVATIONS: u8 = 4;
/// The frame size that we offer: what the chip takes.
const FRAME_SIZE: u16 = 256;
/// TxMode and RxMode of the contactless interface: check bytes on, and the rate.
const MODES: [u16; 2] = [0x6302, 0x6303];
/// Status codes of the chip (UM0701-02 §7.1): nothing came; check bytes, parity, bit count, framing, collision wrong.
const TIMEOUT: u8 = 0x01;
const DAMAGED: std::ops::RangeInclusive<u8> = 0x02..=0x06;

impl<L: Line> Pn532<L> {
    /// Wakes the chip, and activates the card in its field.
    ///
    /// # Errors
    /// [`TransportError::Port`]; [`TransportError::NoChip`] where no PN532 answers; [`TransportError::NoCard`] where it
    /// sees no card, or one that does not speak ISO 14443-4.
    pub fn connect(line: L, options: Pn532Options) -> Result<Self, TransportError> {
        let mut reader = Self {
            line,
            options,
            firmware: String::new(),
            target: Target::A,
            attributes: Attributes::default(),
            host: Host::new(0),
            rate: 0,
            patience: 0,
            pattern: 0,
        };
        reader.start()?;
        reader.activate()?;
        Ok(reader)
    }

    /// The line.
    pub const fn line(&mut self) -> &mut L {
        &mut self.line
    }

    /// Takes the line back.
    pub fn into_line(self) -> L {
        self.line
    }

    /// Wakes the chip and sets it up.
    fn start(&mut self) -> Result<(), TransportError> {
        self.line.configure(Pn532Options::BAUD, Characters::Plain)?;
        let mut awake = false;
        for _ in 0..ATTEMPTS {
            self.line.send(&WAKE_UP)?;
            match self.exchange(&pn532::wake(), WORK) {
                Ok(Some(_)) => {
                    awake = true;
                    break;
                }
                Ok(None) | Err(TransportError::Disturbed) => (),
                Err(error) => return Err(error),
            }
        }
        if !awake {
            return Err(TransportError::NoChip(self.line.name()));
        }
        let answer = self.command(&pn532::firmware(), WORK)?;
        self.firmware = match *answer.as_slice() {
            [0x32, version, revision, ..] => format!("PN532 firmware {version}.{revision}"),
            [chip, ..] => format!("PN5{chip:02X}"),
            [] => return Err(TransportError::NoChip(self.line.name())),
        };
        if self.options.baud != Pn532Options::BAUD {
            self.set_rate()?;
        }
        self.command(&pn532::parameters(), WORK)?;
        self.command(&pn532::retries(), WORK)?;
        Ok(())
    }

    /// Another rate of the serial line holds once the chip's answer is acknowledged (UM0701-02 §7.2.8).
    fn set_rate(&mut self) -> Result<(), TransportError> {
        let baud = self.options.baud;
        let command = pn532::rate(baud).ok_or_else(|| TransportError::Port {
            port: self.line.name(),
            cause: format!("a PN532 has no rate of {baud} bit/s"),
        })?;
        self.command(&command, WORK)?;
        self.line.send(&ACK)?;
        self.line.pause(Duration::from_millis(1));
        self.line.configure(baud, Characters::Plain)?;
        self.line.pause(Duration::from_millis(1));
        Ok(())
    }

    /// Activates the card that is there, from the beginning where that goes wrong: a card at the edge of the field.
    fn activate(&mut self) -> Result<(), TransportError> {
        for _ in 1..ACTIVATIONS {
            match self.activate_once() {
                Err(TransportError::Activation(_)) => (),
                other => return other,
            }
        }
        self.activate_once()
    }

    /// Turns the field off and on, and activates the card that is there.
    fn activate_once(&mut self) -> Result<(), TransportError> {
        self.command(&pn532::field(false), WORK)?;
        // A card has lost its power after 5.1 ms (ISO 14443-3 §5.4).
        self.line.pause(Duration::from_millis(10));
        self.command(&pn532::field(true), WORK)?;
        self.line.pause(Duration::from_millis(5));
        self.patience = 0;
        self.rate = 0;
        for target in [Target::A, Target::B] {
            let answer = self.command(&pn532::find(target), SEARCH)?;
            let found = pn532::find_answer(target, &answer)
                .map_err(|cause| TransportError::Activation(cause.to_string()))?;
            match found {
                None => continue,
                Some(Found::B { attributes, .. }) => self.attributes = attributes,
                Some(Found::A { sak, .. }) if sak & 0x20 == 0 => {
                    return Err(TransportError::Activation(format!(
                        "the card (SAK {sak:02X}) does not speak ISO 14443-4"
                    )));
                }
                Some(Found::A { .. }) => self.attributes = self.select()?,
            }
            self.target = target;
            self.host = Host::new(self.attributes.frame_size);
            let guard = Duration::from_micros(self.attributes.startup_guard());
            self.line.pause(guard);
            return self.speed();
        }
        Err(TransportError::NoCard(self.line.name()))
    }

    /// RATS, twice where the card does not answer the first (ISO 14443-4 §5.6.1).
    fn select(&mut self) -> Result<Attributes, TransportError> {
        let rats = iso14443::rats(FRAME_SIZE);
        // The answer comes within 65536/fc (§5.2.5): 4.8 ms.
        self.wait_for(5_000)?;
        for _ in 0..2 {
            if let Some((0, ats)) = self.air(&rats, 5_000)? {
                return Attributes::of_a(&ats)
                    .map_err(|cause| TransportError::Activation(cause.to_string()));
            }
        }
        Err(TransportError::Activation(
            "the card does not answer RATS".to_owned(),
        ))
    }

    /// PPS to the fastest rate that both can; the card goes on as it was where it does not answer.
    fn speed(&mut self) -> Result<(), TransportError> {
        let rates = self.attributes.rates & self.attributes.rates >> 4 & 0x07;
        let Some(rate) = (1..=self.options.max_rate.min(2))
            .rev()
            .find(|rate| rates >> (rate - 1) & 1 == 1)
            .filter(|_| self.target == Target::A)
        else {
            return Ok(());
        };
        self.wait_for(self.attributes.frame_waiting())?;
        let request = pps_request(rate);
        let time = self.attributes.frame_waiting();
        if let Some((0, answer)) = self.air(&request, time)?
            && answer == [0xD0]
        {
            for mode in MODES {
                self.command(&pn532::register(mode, 0x80 | rate << 4), WORK)?;
            }
            self.rate = rate;
        }
        Ok(())
    }

    /// Has the chip wait at least so long for the card; what it cannot (more than 3.28 s) it waits as long as it can.
    fn wait_for(&mut self, microseconds: u64) -> Result<(), TransportError> {
        let (code, time) = pn532::timeout_code(microseconds);
        if time != self.patience {
            self.command(&pn532::timeouts(code), WORK)?;
            self.patience = time;
        }
        Ok(())
    }

    /// Bytes to the card: the chip's status and what the card said; `None` where the serial line failed.
    fn air(
        &mut self,
        bytes: &[u8],
        microseconds: u64,
    ) -> Result<Option<(u8, Vec<u8>)>, TransportError> {
        let time = Duration::from_micros(microseconds.max(self.patience)) + WORK;
        let answer = self.exchange(&pn532::communicate(bytes), time)?;
        Ok(answer.and_then(|answer| {
            pn532::communicated(&answer).map(|(status, bytes)| (status, bytes.to_vec()))
        }))
    }

    /// A command that touches no card, or makes no difference to it when it is done twice.
    fn command(&mut self, command: &[u8], time: Duration) -> Result<Vec<u8>, TransportError> {
        for _ in 0..ATTEMPTS {
            if let Some(answer) = self.exchange(command, time)? {
                return Ok(answer);
            }
        }
        Err(TransportError::Disturbed)
    }

    /// One command and its answer, without D5 and the code; `None` where it did not come, and nothing of it is left.
    fn exchange(
        &mut self,
        command: &[u8],
        time: Duration,
    ) -> Result<Option<Vec<u8>>, TransportError> {
        let answer = self.attempt(command, time)?;
        if answer.is_none() {
            self.resynchronise()?;
        }
        Ok(answer)
    }

    fn attempt(
        &mut self,
        command: &[u8],
        time: Duration,
    ) -> Result<Option<Vec<u8>>, TransportError> {
        self.line.clear()?;
        self.line.send(&pn532::encode(command))?;
        let mut reader = FrameReader::default();
        // Whatever comes before the acknowledgement is no answer to this.
        if self.frame(&mut reader, ACKNOWLEDGE)? != Some(Frame::Ack) {
            return Ok(None);
        }
        let code = command.get(1).map(|code| code + 1);
        Ok(match self.frame(&mut reader, time)? {
            Some(Frame::Data(content)) => match content.as_slice() {
                [0xD5, answered, rest @ ..] if Some(*answered) == code => Some(rest.to_vec()),
                _ => None,
            },
            _ => None,
        })
    }

    /// The next frame; `None` where none comes in time, or a damaged one.
    fn frame(
        &mut self,
        reader: &mut FrameReader,
        time: Duration,
    ) -> Result<Option<Frame>, TransportError> {
        // The most characters of a frame, at ten bits each.
        let whole = Duration::from_micros(280 * 10_000_000 / u64::from(self.options.baud.max(1)));
        let mut wait = time + self.options.latency;
        // A line that never falls silent is not to hold us for ever.
        for _ in 0..4096 {
            let mut byte = [0];
            if self.line.receive(&mut byte, wait)? == 0 {
                return Ok(None);
            }
            let [byte] = byte;
            if let Some(frame) = reader.push(byte) {
                return Ok(Some(frame));
            }
            wait = whole + self.options.latency;
        }
        Ok(None)
    }

    /// Sends a test pattern until it comes back.
    fn resynchronise(&mut self) -> Result<(), TransportError> {
        for _ in 0..ATTEMPTS {
            self.pattern = self.pattern.wrapping_add(1);
            let pattern = self.pattern.to_be_bytes();
            // It ends what the chip does, and wakes it where it sleeps.
            self.line.send(&ACK)?;
            let command = pn532::diagnose(&pattern);
            self.line.send(&pn532::encode(&command))?;
            let mut reader = FrameReader::default();
            while let Some(frame) = self.frame(&mut reader, ACKNOWLEDGE)? {
                let Frame::Data(content) = frame else {
                    continue;
                };
                if content.strip_prefix(&[0xD5, 0x01, 0x00]) == Some(&pattern) {
                    return Ok(());
                }
            }
        }
        Err(TransportError::Disturbed)
    }

    fn receive(&mut self, step: &Step) -> Result<Option<Step>, TransportError> {
        let Step::Send { block, patience } = step else {
            return Ok(None);
        };
        let time = self.attributes.frame_waiting() * u64::from(*patience);
        // The time that the card was granted holds for one block.
        self.wait_for(time)?;
        let answer = self.air(block, time)?;
        let received = match &answer {
            Some((0, bytes)) => Received::Block(bytes),
            Some((status, _)) if DAMAGED.contains(status) => Received::Garbled,
            Some((TIMEOUT, _)) | None => Received::Silence,
            Some((status, _)) => {
                return Err(TransportError::Other(format!(
                    "the reader chip reports error {status:02X} (UM0701-02 §7.1)"
                )));
            }
        };
        Ok(Some(self.host.receive(received)))
    }
}

impl<L: Line> Transport for Pn532<L> {
    fn block_size(&self) -> Option<usize> {
        // PCB and check bytes.
        Some(usize::from(self.attributes.frame_size).saturating_sub(3))
    }

    fn info(&self) -> ConnectionInfo {
        let kind = match self.target {
            Target::A => 'A',
            Target::B => 'B',
        };
        ConnectionInfo {
            name: format!("{}, {}", self.line.name(), self.firmware),
            atr: iso14443::atr(&self.attributes.historical),
            protocol: format!(
                "ISO 14443-4 type {kind} at {} kbit/s",
                [106, 212, 424].get(usize::from(self.rate)).unwrap_or(&106)
            ),
        }
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let mut step = self.host.send(command);
        while let Some(next) = self.receive(&step)? {
            step = next;
        }
        match step {
            Step::Done(response) if response.len() < 2 => {
                Err(TransportError::Short(response.len()))
            }
            Step::Done(response) => Ok(response),
            Step::Failed(error) => Err(TransportError::Iso14443(error)),
            Step::Send { .. } => Err(TransportError::Mute),
        }
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        self.activate()
    }
}
