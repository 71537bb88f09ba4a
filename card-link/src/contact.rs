//! A whole card with contacts on its line: answer to reset, PPS, then T=0 or T=1. For simulators and tests.

use crate::Peripheral;
use crate::atr::Convention;
use crate::edc::{Edc, lrc};
use crate::pps::{self, Pps};
use crate::timing::Rate;
use crate::{t0, t1};

/// What answers commands.
pub trait Application {
    /// Power came or the card was reset: gives the historical bytes of the answer to reset, at most 15.
    fn reset(&mut self) -> Vec<u8>;

    /// Answers a command APDU.
    fn transmit(&mut self, command: &[u8]) -> Vec<u8>;
}

impl<A: Application + ?Sized> Application for &mut A {
    fn reset(&mut self) -> Vec<u8> {
        (**self).reset()
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        (**self).transmit(command)
    }
}

/// What the card can, and tells in its answer to reset.
#[derive(Clone, Debug)]
pub struct Abilities {
    /// Offers T=0; where both are offered, T=0 is the first one.
    pub t0: bool,
    /// Offers T=1.
    pub t1: bool,
    /// TA1: the fastest rate.
    pub ta1: u8,
    /// N of TC1.
    pub extra_guard: u8,
    /// Most bytes of information of a block of T=1.
    pub ifsc: u8,
    /// BWI of T=1.
    pub bwi: u8,
    /// CWI of T=1.
    pub cwi: u8,
    /// The error detection code of T=1.
    pub edc: Edc,
    /// WI of T=0.
    pub wi: u8,
    /// How bits stand on the line.
    pub convention: Convention,
    /// Which way the data of a T=0 command go.
    pub direction: fn([u8; 4]) -> t0::Direction,
    /// How data of T=0 are handed over.
    pub manner: t0::Manner,
    /// For each command of T=1, ask for so many block waiting times first.
    pub asks_for_time: Option<u8>,
}

impl Default for Abilities {
    fn default() -> Self {
        Self {
            t0: false,
            t1: true,
            ta1: 0x18,
            extra_guard: 255,
            ifsc: 254,
            bwi: 4,
            cwi: 13,
            edc: Edc::Lrc,
            wi: 10,
            convention: Convention::Direct,
            direction: t0::direction_by_instruction,
            manner: t0::Manner::default(),
            asks_for_time: None,
        }
    }
}

impl Abilities {
    /// The answer to reset that tells them.
    #[must_use]
    pub fn atr(&self, historical: &[u8]) -> Vec<u8> {
        let historical = historical.get(..15).unwrap_or(historical);
        let count = u8::try_from(historical.len()).unwrap_or(0);
        let start = match self.convention {
            Convention::Direct => 0x3B,
            Convention::Inverse => 0x3F,
        };
        // TA1, TC1 and TD1.
        let mut atr = vec![start, 0xD0 | count, self.ta1, self.extra_guard];
        if self.t0 {
            // TC2, and TD2 where T=1 follows.
            atr.push(0x40 | if self.t1 { 0x80 } else { 0 });
            atr.push(self.wi);
        } else {
            atr.push(0x81);
        }
        if self.t1 {
            // TD2: TA3, TB3 and TC3 of T=1.
            let edc = u8::from(self.edc == Edc::Crc);
            atr.extend([0x71, self.ifsc, self.bwi << 4 | self.cwi & 0x0F, edc]);
        }
        atr.extend_from_slice(historical);
        if self.t1 {
            atr.push(lrc(atr.get(1..).unwrap_or_default()));
        }
        atr
    }
}

enum State {
    Off,
    /// Reset; a PPS request may come. The bytes of one.
    Fresh(Vec<u8>),
    T0(t0::Card),
    T1(Box<t1::Card>, t1::BlockReader),
}

/// A card on its single I/O contact: whoever sends there hears it ([`Peripheral::echoes`]).
pub struct Contact<A> {
    application: A,
    abilities: Abilities,
    state: State,
    rate: Rate,
    /// The response to the command that waits for the time asked for.
    waiting: Vec<u8>,
}

impl<A: Application> Contact<A> {
    /// A card without power.
    pub const fn new(application: A, abilities: Abilities) -> Self {
        Self {
            application,
            abilities,
            state: State::Off,
            rate: Rate { f: 372, d: 1 },
            waiting: Vec::new(),
        }
    }

    /// The application behind it.
    pub const fn application(&mut self) -> &mut A {
        &mut self.application
    }

    fn speak(&self, protocol: u8) -> State {
        if protocol == 1 && self.abilities.t1 {
            let card = t1::Card::new(self.abilities.edc);
            State::T1(Box::new(card), t1::BlockReader::default())
        } else {
            State::T0(t0::Card::new(
                self.abilities.direction,
                self.abilities.manner,
            ))
        }
    }

    fn take(&mut self, byte: u8) -> Vec<u8> {
        match &mut self.state {
            State::Off => Vec::new(),
            State::Fresh(request) => {
                request.push(byte);
                if request.first() == Some(&pps::START) {
                    let request = request.clone();
                    self.select(&request)
                } else {
                    self.state = self.speak(u8::from(!self.abilities.t0));
                    self.take(byte)
                }
            }
            State::T0(card) => match card.receive(byte) {
                t0::Reaction::Nothing => Vec::new(),
                t0::Reaction::Send(bytes) => bytes,
                t0::Reaction::Command(command) => {
                    let response = self.application.transmit(&command);
                    card.respond(&response)
                }
            },
            State::T1(card, reader) => {
                let Some(block) = reader.push(byte, card.edc()) else {
                    return Vec::new();
                };
                let reaction = card.receive(t1::Received::Block(&block));
                self.react(reaction)
            }
        }
    }

    fn react(&mut self, reaction: t1::Reaction) -> Vec<u8> {
        let State::T1(card, _) = &mut self.state else {
            return Vec::new();
        };
        let reaction = match reaction {
            t1::Reaction::Command(command) => {
                let response = self.application.transmit(&command);
                match self.abilities.asks_for_time {
                    Some(multiplier) => {
                        self.waiting = response;
                        card.ask_for_time(multiplier)
                    }
                    None => card.respond(&response),
                }
            }
            t1::Reaction::Granted => card.respond(&std::mem::take(&mut self.waiting)),
            other => other,
        };
        match reaction {
            t1::Reaction::Send(block) => block,
            _ => Vec::new(),
        }
    }

    /// A PPS request, once it is whole: agree to what was offered, stay silent to anything else (§9.3).
    fn select(&mut self, request: &[u8]) -> Vec<u8> {
        if Pps::length(request) != Some(request.len()) {
            return Vec::new();
        }
        let offered = |pps: &Pps| match pps.protocol {
            0 => self.abilities.t0,
            1 => self.abilities.t1,
            _ => false,
        };
        match Pps::decode(request) {
            Ok(pps) if offered(&pps) => {
                let rate = pps.rate.filter(|&rate| rate == self.abilities.ta1);
                self.rate = rate.and_then(Rate::decode).unwrap_or_default();
                self.state = self.speak(pps.protocol);
                Pps { rate, ..pps }.encode()
            }
            _ => {
                self.state = State::Off;
                Vec::new()
            }
        }
    }

    fn convert(&self, bytes: Vec<u8>) -> Vec<u8> {
        let convention = self.abilities.convention;
        bytes
            .into_iter()
            .map(|byte| convention.convert(byte))
            .collect()
    }
}

impl<A: Application> Peripheral for Contact<A> {
    fn reset(&mut self) -> Vec<u8> {
        self.rate = Rate::default();
        self.state = State::Fresh(Vec::new());
        self.waiting.clear();
        let atr = self.abilities.atr(&self.application.reset());
        self.convert(atr)
    }

    fn echoes(&self) -> bool {
        true
    }

    fn receive(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut said = Vec::new();
        for &byte in bytes {
            let answer = self.take(self.abilities.convention.convert(byte));
            said.extend(self.convert(answer));
        }
        said
    }

    fn silence(&mut self) -> Vec<u8> {
        let said = match &mut self.state {
            State::Off => Vec::new(),
            State::Fresh(request) => {
                request.clear();
                Vec::new()
            }
            State::T0(card) => {
                card.clear();
                Vec::new()
            }
            State::T1(card, reader) if reader.has_begun() => {
                reader.clear();
                let reaction = card.receive(t1::Received::Garbled);
                self.react(reaction)
            }
            State::T1(..) => Vec::new(),
        };
        self.convert(said)
    }

    fn baud(&self, initial: u32) -> u32 {
        self.rate.baud(initial)
    }
}
