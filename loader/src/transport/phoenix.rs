//! A card in a Phoenix or Smartmouse adapter: a serial port wired to the card's I/O contact, with the reset contact on
//! RTS and the power, where the adapter switches it, on DTR. The card's clock is the adapter's; everything that
//! ISO 7816-3 asks of a reader is done here.
//!
//! The I/O contact is one wire for both directions, so the port hears what it sends; that echo is read and left out.
//! A UART cannot pull the line low behind a character with wrong parity, so T=0 has no repetition here (§7.3); damage
//! that T=0 cannot see is seen by secure messaging only. T=1 recovers by itself.

use super::line::{Frame, Line};
use super::{ConnectionInfo, Transport, TransportError};
use card_link::atr::{Atr, Convention};
use card_link::pps::Pps;
use card_link::timing::{Rate, Timing};
use card_link::{t0, t1};
use std::time::Duration;

/// How an adapter is driven.
#[derive(Clone, Copy, Debug)]
pub struct PhoenixOptions {
    /// The bits a second after a reset: the adapter's clock over 372. 9600 for 3.57 MHz, 16129 for 6 MHz.
    pub baud: u32,
    /// The most bits a second that the port and the adapter can; a faster rate that the card offers is not used.
    pub max_baud: u32,
    /// What the operating system and a USB adapter may add to any time: some keep bytes for 16 ms, and a busy
    /// machine is late.
    pub latency: Duration,
}

impl Default for PhoenixOptions {
    fn default() -> Self {
        Self {
            baud: 9600,
            max_baud: 500_000,
            latency: Duration::from_millis(200),
        }
    }
}

enum Protocol {
    T0,
    T1(Box<t1::Host>),
}

/// A card in a Phoenix or Smartmouse adapter.
pub struct Phoenix<L> {
    line: L,
    options: PhoenixOptions,
    atr: Atr,
    protocol: Protocol,
    timing: Timing,
    /// RTS is up while the card runs, as with Smartmouse adapters, rather than down.
    running_rts: bool,
    /// Waited after each character, beyond its two stop bits.
    guard: Duration,
}

/// The card answers within 40,000 clock cycles after RST goes up (§6.2.2): 108 bit times. Before that it is held down
/// for at least 400 cycles; adapters want more.
const ANSWER_CYCLES: u64 = 108;
const HOLD: Duration = Duration::from_millis(50);
/// Between two characters of an answer to reset (§8.2.1), and of a PPS response (§9.2), in bit times.
const INITIAL_WAITING: u64 = 9600;
/// Between the other side's last character and our first one: 22 bit times start to start in T=1 (§11.2), 16 in T=0.
const TURN: u64 = 11;

impl<L: Line> Phoenix<L> {
    /// Resets the card and agrees on a protocol and a rate with it.
    ///
    /// # Errors
    /// [`TransportError::Port`]; [`TransportError::NoAnswer`] where no card answers; [`TransportError::Atr`].
    pub fn connect(line: L, options: PhoenixOptions) -> Result<Self, TransportError> {
        let atr = Atr::parse(&[0x3B, 0x00]).map_err(TransportError::Atr)?;
        let mut phoenix = Self {
            line,
            options,
            atr,
            protocol: Protocol::T0,
            timing: Timing::new(options.baud, Rate::default()),
            running_rts: false,
            guard: Duration::ZERO,
        };
        phoenix.start(true)?;
        Ok(phoenix)
    }

    /// The answer to reset.
    #[must_use]
    pub const fn atr(&self) -> &Atr {
        &self.atr
    }

    /// The line.
    pub const fn line(&mut self) -> &mut L {
        &mut self.line
    }

    /// Takes the line back.
    pub fn into_line(self) -> L {
        self.line
    }

    /// Resets, then selects protocol and rate; without selection where the card does not take part in it.
    fn start(&mut self, cold: bool) -> Result<(), TransportError> {
        self.reset_card(cold)?;
        if !self.select()? {
            self.reset_card(true)?;
            let protocol = self.atr.protocols().first().copied().unwrap_or(0);
            self.speak(
                protocol,
                self.atr.initial_rate().map_err(TransportError::Atr)?,
            )?;
        }
        Ok(())
    }

    /// Resets until an answer to reset comes: even parity and odd, and either polarity of RTS.
    fn reset_card(&mut self, cold: bool) -> Result<(), TransportError> {
        let mut failure = TransportError::NoAnswer(self.line.name());
        let kinds: &[bool] = if cold { &[true, true] } else { &[false, true] };
        for &cold in kinds {
            for turn in 0..2 {
                let rts = self.running_rts ^ (turn == 1);
                for frame in self.frames() {
                    match self.answer(cold, rts, frame) {
                        Ok(Some(atr)) => {
                            self.atr = atr;
                            self.running_rts = rts;
                            return Ok(());
                        }
                        Ok(None) => {}
                        Err(error @ TransportError::Atr(_)) => failure = error,
                        Err(error) => return Err(error),
                    }
                }
            }
        }
        Err(failure)
    }

    /// The convention of the last card first.
    const fn frames(&self) -> [Frame; 2] {
        match self.atr.convention() {
            Convention::Direct => [Frame::Even, Frame::Odd],
            Convention::Inverse => [Frame::Odd, Frame::Even],
        }
    }

    /// One reset and its answer; `None` where nothing comes, or only what the wrong parity makes of it.
    fn answer(
        &mut self,
        cold: bool,
        rts: bool,
        frame: Frame,
    ) -> Result<Option<Atr>, TransportError> {
        self.line.configure(self.options.baud, frame)?;
        self.timing = Timing::new(self.options.baud, Rate::default());
        self.guard = Duration::ZERO;
        self.line.control(!cold, !rts)?;
        self.line.pause(HOLD);
        if cold {
            self.line.control(true, !rts)?;
            self.line.pause(HOLD);
        }
        // On a line without control lines, power itself is the reset: what came since belongs to the answer.
        if !cold {
            self.line.clear()?;
        }
        self.line.control(true, rts)?;
        let wait = self.timing.etu(ANSWER_CYCLES) + self.options.latency;
        let pause = self.timing.etu(INITIAL_WAITING) + self.options.latency;
        let mut bytes = Vec::new();
        let convention = match frame {
            Frame::Odd | Frame::OddShort => Convention::Inverse,
            _ => Convention::Direct,
        };
        loop {
            let mut byte = [0];
            let wait = if bytes.is_empty() { wait } else { pause };
            if self.line.receive(&mut byte, wait)? == 0 {
                return match bytes.len() {
                    0 => Ok(None),
                    length => Err(TransportError::Atr(card_link::atr::AtrError::Short(length))),
                };
            }
            let [byte] = byte;
            let start = if convention == Convention::Direct {
                0x3B
            } else {
                0x03
            };
            // What the line did while power came.
            if bytes.is_empty() && byte != start {
                if byte == 0x03 || byte == 0x00 {
                    self.quiet()?;
                    return Ok(None);
                }
                continue;
            }
            bytes.push(convention.convert(byte));
            if let Some((atr, _)) = Atr::prefix(&bytes).map_err(TransportError::Atr)? {
                return Ok(Some(atr));
            }
        }
    }

    /// Protocol and parameters selection where it gains something (§9); whether the card took part.
    fn select(&mut self) -> Result<bool, TransportError> {
        let offered = self.atr.rate().unwrap_or_default();
        if let Some(mode) = self.atr.specific_mode() {
            let rate = self.atr.initial_rate().map_err(TransportError::Atr)?;
            self.speak(mode.protocol, rate)?;
            return Ok(true);
        }
        let protocols = self.atr.protocols();
        let first = protocols.first().copied().unwrap_or(0);
        // T=1 recovers from damage, T=0 does not.
        let protocol = if protocols.contains(&1) { 1 } else { first };
        let faster = offered.baud(self.options.baud);
        let rate =
            (faster > self.options.baud && faster <= self.options.max_baud).then(|| self.atr.ta1());
        if protocol == first && rate.is_none() {
            self.speak(protocol, Rate::default())?;
            return Ok(true);
        }
        let request = Pps { protocol, rate };
        self.turn();
        self.write(&request.encode())?;
        let waiting = self.timing.etu(INITIAL_WAITING) + self.options.latency;
        let mut response = Vec::new();
        while Pps::length(&response).is_none_or(|length| response.len() < length) {
            let missing = Pps::length(&response)
                .unwrap_or(2)
                .saturating_sub(response.len());
            let got = self.read(missing, waiting)?;
            if got.is_empty() {
                return Ok(false);
            }
            response.extend(got);
        }
        let Ok(rate) = request.agreed(&response) else {
            return Ok(false);
        };
        self.speak(protocol, rate)?;
        Ok(true)
    }

    /// From here on, this protocol at this rate.
    fn speak(&mut self, protocol: u8, rate: Rate) -> Result<(), TransportError> {
        self.timing = Timing::new(self.options.baud, rate);
        let extra = self.atr.extra_guard();
        self.protocol = match protocol {
            0 => Protocol::T0,
            1 => Protocol::T1(Box::new(t1::Host::new(self.atr.edc(), self.atr.ifsc()))),
            _ => return Err(TransportError::Protocol),
        };
        let short = protocol == 1 && extra == 255;
        let frame = match (self.atr.convention(), short) {
            (Convention::Direct, false) => Frame::Even,
            (Convention::Direct, true) => Frame::EvenShort,
            (Convention::Inverse, false) => Frame::Odd,
            (Convention::Inverse, true) => Frame::OddShort,
        };
        let reference = self.atr.guard_reference().unwrap_or(rate);
        self.guard = self.timing.extra_guard(extra, reference);
        self.line.configure(rate.baud(self.options.baud), frame)
    }

    /// Leaves the line to the card for the time that it needs to turn around.
    fn turn(&mut self) {
        let time = self.timing.etu(TURN);
        self.line.pause(time);
    }

    /// Sends, and reads the echo. Whether it came back right.
    fn write(&mut self, bytes: &[u8]) -> Result<bool, TransportError> {
        let convention = self.atr.convention();
        let bytes: Vec<u8> = bytes.iter().map(|&byte| convention.convert(byte)).collect();
        self.line.clear()?;
        let size = if self.guard.is_zero() {
            bytes.len().max(1)
        } else {
            1
        };
        let mut heard = Vec::new();
        for part in bytes.chunks(size) {
            self.line.send(part)?;
            let characters = u64::try_from(part.len()).unwrap_or(0);
            let wait = self.timing.etu(12 * characters) + self.options.latency;
            heard.extend(self.raw(part.len(), wait)?);
            if !self.guard.is_zero() {
                self.line.pause(self.guard);
            }
        }
        Ok(heard == bytes)
    }

    /// Reads as many bytes, each within this time; fewer where one does not come.
    fn read(&mut self, count: usize, wait: Duration) -> Result<Vec<u8>, TransportError> {
        let convention = self.atr.convention();
        let mut bytes = self.raw(count, wait)?;
        for byte in &mut bytes {
            *byte = convention.convert(*byte);
        }
        Ok(bytes)
    }

    fn raw(&mut self, count: usize, wait: Duration) -> Result<Vec<u8>, TransportError> {
        let mut bytes = vec![0; count];
        let mut filled = 0;
        while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.line.receive(rest, wait)? {
                0 => break,
                read => filled += read,
            }
        }
        bytes.truncate(filled);
        Ok(bytes)
    }

    /// Waits until the other side has nothing more to say.
    fn quiet(&mut self) -> Result<(), TransportError> {
        let wait = self
            .timing
            .character_waiting(self.atr.cwi())
            .min(Duration::from_secs(1));
        let wait = wait + self.options.latency;
        let mut sink = [0; 256];
        // A line that never falls silent is not to hold us for ever: 64 times is far more than a block.
        for _ in 0..64 {
            if self.line.receive(&mut sink, wait)? == 0 {
                return Ok(());
            }
        }
        Ok(())
    }

    fn transmit_t1(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let Protocol::T1(host) = &mut self.protocol else {
            return Err(TransportError::Protocol);
        };
        let edc = host.edc();
        let mut step = host.send(command);
        loop {
            let (block, patience) = match step {
                t1::Step::Send { block, patience } => (block, patience),
                t1::Step::Done(response) => return Ok(response),
                t1::Step::Failed(error) => return Err(TransportError::T1(error)),
            };
            self.turn();
            let clear = self.write(&block)?;
            let first = self.timing.block_waiting(self.atr.bwi()) * u32::from(patience);
            let answer = match self.block(edc, first)? {
                // What comes on a disturbed line may begin in the middle.
                Answer::Block(_) if !clear => Answer::Garbled,
                answer => answer,
            };
            if answer == Answer::Garbled {
                self.quiet()?;
            }
            let Protocol::T1(host) = &mut self.protocol else {
                return Err(TransportError::Protocol);
            };
            step = host.receive(match &answer {
                Answer::Block(bytes) => t1::Received::Block(bytes),
                Answer::Garbled => t1::Received::Garbled,
                Answer::Silence => t1::Received::Silence,
            });
            if let (Answer::Block(_), t1::Step::Send { block, .. }) = (&answer, &step)
                && block
                    .get(1)
                    .is_some_and(|pcb| pcb & 0xC3 != 0x80 && pcb & 0xC0 == 0x80)
            {
                // We complain about a block of the right length: its length may be what is wrong.
                self.quiet()?;
            }
        }
    }

    /// The card's next block.
    fn block(
        &mut self,
        edc: card_link::edc::Edc,
        first: Duration,
    ) -> Result<Answer, TransportError> {
        let between = self.timing.character_waiting(self.atr.cwi()) + self.options.latency;
        let mut reader = t1::BlockReader::default();
        let mut wait = first + self.options.latency;
        loop {
            let bytes = self.read_some(reader.missing(edc), wait)?;
            if bytes.is_empty() {
                return Ok(if reader.has_begun() {
                    Answer::Garbled
                } else {
                    Answer::Silence
                });
            }
            wait = between;
            for byte in bytes {
                if let Some(block) = reader.push(byte, edc) {
                    return Ok(Answer::Block(block));
                }
            }
        }
    }

    /// Reads what is there, at most so much.
    fn read_some(&mut self, most: usize, wait: Duration) -> Result<Vec<u8>, TransportError> {
        let convention = self.atr.convention();
        let mut bytes = vec![0; most];
        let count = self.line.receive(&mut bytes, wait)?;
        bytes.truncate(count);
        Ok(bytes
            .into_iter()
            .map(|byte| convention.convert(byte))
            .collect())
    }

    fn transmit_t0(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let (mut mapping, mut tpdu) = t0::Mapping::new(command).map_err(TransportError::T0)?;
        loop {
            let answer = self.exchange_t0(&tpdu)?;
            match mapping.receive(&answer).map_err(TransportError::T0)? {
                t0::Next::Tpdu(next) => tpdu = next,
                t0::Next::Done(response) => return Ok(response),
            }
        }
    }

    fn exchange_t0(&mut self, tpdu: &t0::Tpdu) -> Result<Vec<u8>, TransportError> {
        let (mut exchange, header) = t0::Exchange::new(tpdu);
        let wait = self.timing.work_waiting(self.atr.waiting_integer()) + self.options.latency;
        let mut send = header.to_vec();
        loop {
            if !send.is_empty() {
                self.turn();
                if !self.write(&std::mem::take(&mut send))? {
                    return Err(TransportError::Disturbed);
                }
            }
            let [byte] = self.read(1, wait)?[..] else {
                return Err(TransportError::Mute);
            };
            match exchange.receive(byte).map_err(TransportError::T0)? {
                t0::Step::More => {}
                t0::Step::Send(bytes) => send = bytes,
                t0::Step::Done(answer) => return Ok(answer),
            }
        }
    }
}

#[derive(PartialEq, Eq)]
enum Answer {
    Block(Vec<u8>),
    Garbled,
    Silence,
}

impl<L: Line> Transport for Phoenix<L> {
    fn block_size(&self) -> Option<usize> {
        match &self.protocol {
            Protocol::T0 => None,
            Protocol::T1(host) => Some(host.ifsc().into()),
        }
    }

    fn info(&self) -> ConnectionInfo {
        let protocol = match self.protocol {
            Protocol::T0 => "T=0",
            Protocol::T1(_) => "T=1",
        };
        let baud = self.timing.rate.baud(self.options.baud);
        ConnectionInfo {
            name: self.line.name(),
            atr: self.atr.bytes().to_vec(),
            protocol: format!("{protocol} at {baud} bit/s"),
        }
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let response = match self.protocol {
            Protocol::T0 => self.transmit_t0(command)?,
            Protocol::T1(_) => self.transmit_t1(command)?,
        };
        if response.len() < 2 {
            return Err(TransportError::Short(response.len()));
        }
        Ok(response)
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        self.start(false)
    }
}
