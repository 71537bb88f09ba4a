//! Applications behind the lines.

use card_link::contact::Application;
use card_sim::{Card, CardConfig};
use se_crypto::Drbg;

/// Answers with bytes that depend on the whole command but for Le; INS with bit 2 gives P1P2 bytes of data, others
/// none. Remembers what it was asked.
#[derive(Default)]
pub(crate) struct Echo {
    pub(crate) log: Vec<Vec<u8>>,
}

pub(crate) fn answer(command: &[u8]) -> Vec<u8> {
    let command = apdu_spec::Command::parse(command).unwrap();
    let mut response = Vec::new();
    if command.ins & 2 != 0 {
        let length = usize::from(command.p1) << 8 | usize::from(command.p2);
        let seed = command
            .data
            .iter()
            .fold(u64::from(command.ins), |sum, &byte| {
                sum.wrapping_mul(257).wrapping_add(byte.into())
            });
        response.resize(length, 0);
        Drbg::from_seed(seed).fill(&mut response);
    }
    response.extend([0x90, 0x00]);
    response
}

impl Application for Echo {
    fn reset(&mut self) -> Vec<u8> {
        b"Echo".to_vec()
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        self.log.push(command.to_vec());
        answer(command)
    }
}

/// The simulated card.
pub(crate) struct Simulated(pub(crate) Card);

impl Simulated {
    pub(crate) fn new() -> Self {
        Self(Card::new(&CardConfig {
            seed: 5,
            ..CardConfig::default()
        }))
    }
}

impl Application for Simulated {
    fn reset(&mut self) -> Vec<u8> {
        self.0.reset();
        Vec::new()
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        self.0.transmit_apdu(command)
    }
}

/// What was answered was carried out once; what was not, `unsure` of the `expected` commands, once at most.
pub(crate) fn assert_done_once(log: &[Vec<u8>], expected: &[Vec<u8>], unsure: usize, seed: u64) {
    let mut rest = log.iter();
    let missing = expected.iter().filter(|command| {
        let found = rest.clone().next() == Some(*command);
        if found {
            rest.next();
        }
        !found
    });
    let missing = missing.count();
    assert!(missing <= unsure, "seed {seed}: {missing} of {unsure}");
    assert_eq!(rest.count(), 0, "seed {seed}: something was done twice");
}
