//! A card at a PN532.

use crate::application::{Echo, Simulated, answer, assert_done_once};
use crate::phoenix::{commands, conversation};
use crate::quiet_line::{Damage, QuietLine};
use card_link::Peripheral;
use card_link::iso14443::Attributes;
use card_link::pn532::{Chip, ContactlessCard, Disturbance};
use loader::{InProcess, Pn532, Pn532Options, Transport, TransportError};
use se_crypto::Drbg;

type OnLine = Pn532<QuietLine<Chip<Echo>>>;

fn line<A: card_link::contact::Application>(
    application: A,
    card: ContactlessCard,
    seed: u64,
) -> QuietLine<Chip<A>> {
    let mut chip = Chip::new(application, card);
    chip.reset();
    QuietLine::new(chip, Pn532Options::BAUD, seed)
}

fn connect(card: ContactlessCard) -> OnLine {
    Pn532::connect(line(Echo::default(), card, 1), Pn532Options::default()).unwrap()
}

fn card(is_b: bool, frame_size: u16) -> ContactlessCard {
    ContactlessCard {
        is_b,
        attributes: Attributes {
            frame_size,
            rates: 0x33,
            waiting: 7,
            startup: 2,
            ..Attributes::default()
        },
        asks_for_time: None,
    }
}

#[test]
fn every_command_is_carried_by_both_types_and_every_frame_size() {
    for (is_b, frame_size, asks_for_time) in [
        (false, 16, None),
        (false, 64, Some(3)),
        (false, 256, None),
        (true, 32, Some(59)),
        (true, 256, None),
    ] {
        let mut reader = connect(ContactlessCard {
            asks_for_time,
            ..card(is_b, frame_size)
        });
        let info = reader.info();
        let kind = if is_b { "type B" } else { "type A" };
        assert!(info.protocol.contains(kind), "{}", info.protocol);
        assert!(info.name.ends_with("PN532 firmware 1.6"), "{}", info.name);
        for command in commands() {
            assert_eq!(reader.transmit(&command).unwrap(), answer(&command));
        }
        assert_eq!(reader.into_line().peripheral.application().log, commands());
    }
}

#[test]
fn rates_in_the_air_and_on_the_line_are_agreed_on() {
    for (max_rate, baud, expected) in [
        (0, 115_200, "106 kbit/s"),
        (1, 230_400, "212 kbit/s"),
        (2, 921_600, "424 kbit/s"),
    ] {
        let options = Pn532Options {
            max_rate,
            baud,
            ..Pn532Options::default()
        };
        let mut card = card(false, 256);
        card.attributes.rates = 0x77;
        let line = line(Echo::default(), card, 1);
        let mut reader = Pn532::connect(line, options).unwrap();
        assert!(reader.info().protocol.ends_with(expected));
        assert_eq!(
            reader.line().peripheral.baud(0),
            if baud == 115_200 { 0 } else { baud }
        );
        for _ in 0..2 {
            let command = [0x00, 0xB2, 0, 10, 10];
            assert_eq!(reader.transmit(&command).unwrap(), answer(&command));
            reader.reset().unwrap();
        }
    }
    let options = Pn532Options {
        baud: 12_345,
        ..Pn532Options::default()
    };
    let line = line(Echo::default(), card(false, 256), 1);
    let error = Pn532::connect(line, options).err().unwrap();
    assert!(error.to_string().contains("no rate of 12345"), "{error}");
}

/// Nothing is ever wrong and nothing is done twice, however disturbed line and air; mostly it works.
#[test]
fn noise_losses_and_delays_are_survived() {
    let (mut good, mut bad) = (0, 0);
    for seed in 0..120 {
        let mut chip = Chip::new(
            Echo::default(),
            ContactlessCard {
                asks_for_time: (seed % 3 == 0).then_some(2),
                ..card(seed % 2 == 0, 32)
            },
        );
        chip.reset();
        let line = QuietLine::new(chip, Pn532Options::BAUD, seed);
        let mut reader = Pn532::connect(line, Pn532Options::default()).unwrap();
        let mut random = Drbg::from_seed(seed).stream("air");
        reader.line().peripheral.disturb(move || {
            let mut byte = [0];
            random.fill(&mut byte);
            match byte[0] {
                0..8 => Disturbance::ToCard,
                8..16 => Disturbance::FromCard,
                16..24 => Disturbance::Lost,
                _ => Disturbance::None,
            }
        });
        let damage = Damage {
            changed: 8,
            lost: 8,
            // All that the check byte promises to see is one byte changed or lost.
            added: 0,
            late: 100,
            single: true,
        };
        reader.line().damage = damage;
        let mut expected: Vec<Vec<u8>> = Vec::new();
        let mut unsure = 0;
        for index in 0..20_u8 {
            let tail = [seed.to_le_bytes()[0], index, 7];
            let long = vec![index; usize::from(index) * 4];
            let length = u8::try_from(tail.len() + long.len()).unwrap();
            let head = [0x00, 0x12, 0, index * 11, length];
            let command = [&head[..], &tail, &long, &[0]].concat();
            match reader.transmit(&command) {
                Ok(response) => {
                    assert_eq!(response, answer(&command), "seed {seed}");
                    expected.push(command);
                    good += 1;
                }
                Err(TransportError::Iso14443(_) | TransportError::Disturbed) => {
                    bad += 1;
                    unsure += 1;
                    expected.push(command);
                    reader.line().damage = Damage::default();
                    reader.reset().unwrap();
                    reader.line().damage = damage;
                }
                Err(other) => panic!("seed {seed}: {other}"),
            }
        }
        let mut line = reader.into_line();
        assert_done_once(&line.peripheral.application().log, &expected, unsure, seed);
    }
    println!("{good} good, {bad} bad");
    assert!(good > 20 * bad, "{good} good, {bad} bad");
}

#[test]
fn a_secure_session_with_the_simulated_card_is_the_same_as_in_process() {
    let mut simulated = Simulated::new().0;
    let expected = conversation(InProcess::new("card", |command: &[u8]| {
        simulated.transmit(command)
    }));
    for is_b in [false, true] {
        let line = line(Simulated::new(), card(is_b, 64), 3);
        let mut reader = Pn532::connect(line, Pn532Options::default()).unwrap();
        reader.line().damage = Damage {
            changed: 3,
            lost: 3,
            added: 0,
            late: 50,
            single: true,
        };
        assert_eq!(conversation(reader), expected, "type B: {is_b}");
    }
}

#[test]
fn what_is_not_there_is_told() {
    /// Nothing, or something that is no chip.
    struct Other(Vec<u8>);
    impl Peripheral for Other {
        fn reset(&mut self) -> Vec<u8> {
            Vec::new()
        }
        fn receive(&mut self, _: &[u8]) -> Vec<u8> {
            self.0.clone()
        }
        fn silence(&mut self) -> Vec<u8> {
            Vec::new()
        }
        fn baud(&self, initial: u32) -> u32 {
            initial
        }
    }
    for said in [
        vec![],
        vec![0xFF; 20],
        vec![0x00, 0x00, 0xFF, 0x00, 0xFF, 0x00],
    ] {
        let line = QuietLine::new(Other(said), Pn532Options::BAUD, 1);
        let error = Pn532::connect(line, Pn532Options::default()).err().unwrap();
        assert!(matches!(error, TransportError::NoChip(_)), "{error}");
    }
    /// A chip whose field is empty.
    struct Empty(Chip<Echo>);
    impl Peripheral for Empty {
        fn reset(&mut self) -> Vec<u8> {
            self.0.reset()
        }
        fn receive(&mut self, bytes: &[u8]) -> Vec<u8> {
            let answer = self.0.receive(bytes);
            if bytes.windows(2).any(|pair| pair == [0xD4, 0x4A]) {
                let none = card_link::pn532::encode(&[0xD5, 0x4B, 0x00]);
                return [&card_link::pn532::ACK[..], &none].concat();
            }
            answer
        }
        fn silence(&mut self) -> Vec<u8> {
            self.0.silence()
        }
        fn baud(&self, initial: u32) -> u32 {
            self.0.baud(initial)
        }
    }
    let chip = Chip::new(Echo::default(), card(false, 64));
    let line = QuietLine::new(Empty(chip), Pn532Options::BAUD, 1);
    let error = Pn532::connect(line, Pn532Options::default()).err().unwrap();
    assert!(matches!(error, TransportError::NoCard(_)), "{error}");
}

/// Whatever a chip says, the host ends with an answer or an error.
#[test]
fn a_hostile_chip_holds_nobody() {
    struct Noise(Drbg);
    impl Peripheral for Noise {
        fn reset(&mut self) -> Vec<u8> {
            Vec::new()
        }
        fn receive(&mut self, bytes: &[u8]) -> Vec<u8> {
            let mut length = [0; 1];
            self.0.fill(&mut length);
            let mut content = vec![0; usize::from(length[0]) % 40 + 1];
            self.0.fill(&mut content);
            // Mostly well-formed answers to the command, with anything in them.
            let code = bytes
                .windows(2)
                .find(|pair| pair[0] == 0xD4)
                .map_or(0, |pair| pair[1]);
            let answer = [&[0xD5, code.wrapping_add(1)][..], &content].concat();
            [
                &card_link::pn532::ACK[..],
                &card_link::pn532::encode(&answer),
            ]
            .concat()
        }
        fn silence(&mut self) -> Vec<u8> {
            Vec::new()
        }
        fn baud(&self, initial: u32) -> u32 {
            initial
        }
    }
    for seed in 0..300 {
        let line = QuietLine::new(Noise(Drbg::from_seed(seed)), Pn532Options::BAUD, seed);
        if let Ok(mut reader) = Pn532::connect(line, Pn532Options::default()) {
            for command in commands().iter().take(5) {
                let _ = reader.transmit(command);
            }
        }
    }
}
