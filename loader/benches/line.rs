//! T=1 at 115,200 bit/s in real time: a line that takes as long as characters do, the card at its end, our stack on
//! this side. The throughput stands beside the 10,473 characters a second that the line carries at most; what is
//! missing is protocol and this machine. `tests/serial/phoenix.rs` counts the protocol's part without a clock.

use card_link::Peripheral;
use card_link::contact::{Abilities, Application, Contact};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use loader::{Frame, Line, Phoenix, PhoenixOptions, Transport, TransportError};
use std::collections::VecDeque;
use std::hint::black_box;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The rate after a reset; TA1 of the card makes twelve times as much of it.
const BAUD: u32 = 9600;
/// Bits of a character, guard time included.
const CHARACTER: u32 = 11;
/// Bits between the last character of one side and the first of the other.
const TURN: u32 = 22;

/// Answers with as many bytes as P1 and P2 say.
struct Answers;

impl Application for Answers {
    fn reset(&mut self) -> Vec<u8> {
        Vec::new()
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        let length = match *command {
            [_, 0xB2, p1, p2, ..] => u16::from_be_bytes([p1, p2]),
            _ => 0,
        };
        let mut response = vec![0x5A; length.into()];
        response.extend([0x90, 0x00]);
        response
    }
}

/// A line whose characters take their time.
struct PacedLine {
    card: Contact<Answers>,
    baud: u32,
    runs: bool,
    /// When the last character so far is over.
    free: Instant,
    /// What has come or is coming, and when each is there.
    coming: VecDeque<(Instant, u8)>,
}

impl PacedLine {
    fn bits(&self, count: u32) -> Duration {
        Duration::from_secs_f64(f64::from(count) / f64::from(self.baud))
    }

    /// Lets these bytes come, one after the other, from `start` on.
    fn come(&mut self, bytes: &[u8], start: Instant) {
        let mut at = start;
        for byte in bytes {
            at += self.bits(CHARACTER);
            self.coming.push_back((at, *byte));
        }
        self.free = at;
    }
}

impl Line for PacedLine {
    fn name(&self) -> String {
        "paced line".to_owned()
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), TransportError> {
        let turned = self.free + self.bits(TURN - CHARACTER);
        self.come(bytes, turned.max(Instant::now()));
        // The rate may change behind the answer.
        let turned = self.free + self.bits(TURN - CHARACTER);
        let answer = self.card.receive(bytes);
        self.come(&answer, turned);
        Ok(())
    }

    fn receive(&mut self, buffer: &mut [u8], wait: Duration) -> Result<usize, TransportError> {
        let count = buffer.len().min(self.coming.len());
        let Some(&(there, _)) = count.checked_sub(1).and_then(|last| self.coming.get(last)) else {
            sleep(wait);
            return Ok(0);
        };
        // A sleep ends late, and the line is punctual.
        let slept = there.checked_sub(Duration::from_millis(1));
        sleep(slept.map_or(Duration::ZERO, |until| {
            until.saturating_duration_since(Instant::now())
        }));
        while Instant::now() < there {
            std::hint::spin_loop();
        }
        for (place, (_, byte)) in buffer.iter_mut().zip(self.coming.drain(..count)) {
            *place = byte;
        }
        Ok(count)
    }

    fn clear(&mut self) -> Result<(), TransportError> {
        self.coming.clear();
        Ok(())
    }

    fn configure(&mut self, baud: u32, _: Frame) -> Result<(), TransportError> {
        self.baud = baud;
        Ok(())
    }

    fn control(&mut self, dtr: bool, rts: bool) -> Result<(), TransportError> {
        let runs = dtr && !rts;
        if runs && !self.runs {
            self.coming.clear();
            let answer = self.card.reset();
            self.come(&answer, Instant::now());
        }
        self.runs = runs;
        Ok(())
    }

    fn pause(&mut self, time: Duration) {
        sleep(time);
    }
}

fn throughput(criterion: &mut Criterion) {
    let line = PacedLine {
        card: Contact::new(Answers, Abilities::default()),
        baud: BAUD,
        runs: false,
        free: Instant::now(),
        coming: VecDeque::new(),
    };
    let mut reader =
        Phoenix::connect(line, PhoenixOptions::default()).unwrap_or_else(|error| panic!("{error}"));
    let mut group = criterion.benchmark_group("T=1 at 115,200 bit/s (10,473 characters a second)");
    group.sample_size(10);
    let extended = [&[0x80, 0x10, 0, 0, 0, 0x10, 0][..], &[7; 4096]].concat();
    let load = [&[0x80, 0x10, 0, 0, 249][..], &[7; 249]].concat();
    for (name, command, answer) in [
        ("4096 bytes to the card", extended, 2),
        (
            "4096 bytes from the card",
            vec![0x00, 0xB2, 0x10, 0, 0, 0, 0],
            4098,
        ),
        ("a command of one block", load, 2),
    ] {
        let bytes = u64::try_from(command.len() + answer).unwrap_or(0);
        group.throughput(Throughput::Bytes(bytes));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                reader
                    .transmit(black_box(&command))
                    .unwrap_or_else(|error| panic!("{error}"))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, throughput);
criterion_main!(benches);
