//! A card in a Phoenix adapter.

use crate::application::{Echo, Simulated, answer, assert_done_once};
use crate::quiet_line::{Damage, QuietLine};
use card_link::Peripheral;
use card_link::atr::Convention;
use card_link::contact::{Abilities, Contact};
use card_link::edc::Edc;
use card_link::t0::{Direction, Manner};
use loader::{
    InProcess, KeySet, Phoenix, PhoenixOptions, SecurityLevel, Session, Transport, TransportError,
};
use se_crypto::Drbg;

const BAUD: u32 = 9600;

type OnLine = Phoenix<QuietLine<Contact<Echo>>>;

fn connect(abilities: Abilities) -> OnLine {
    let contact = Contact::new(Echo::default(), abilities);
    Phoenix::connect(QuietLine::new(contact, BAUD, 1), PhoenixOptions::default()).unwrap()
}

/// Commands of every case and many lengths, as (command, data comes out only).
pub(crate) fn commands() -> Vec<Vec<u8>> {
    let mut commands = vec![vec![0x00, 0x10, 0, 0]];
    for length in [1, 2, 31, 32, 33, 127, 254, 255, 256] {
        let [high, low] = u16::to_be_bytes(length);
        // Case 2.
        commands.push(vec![0x00, 0xB2, high, low, low]);
        // Cases 3 and 4.
        if length < 256 {
            let data: Vec<u8> = (1..=low).collect();
            commands.push([&[0x80, 0x10, 0, 0, low][..], &data].concat());
            commands.push([&[0x80, 0x12, high, low, low][..], &data, &[0]].concat());
        }
    }
    for length in [257_u16, 600, 2000, 4096] {
        let [high, low] = length.to_be_bytes();
        let data: Vec<u8> = (0..length).map(|index| index.to_le_bytes()[0]).collect();
        commands.push(vec![0x00, 0xB2, high, low, 0, 0, 0]);
        commands.push([&[0x80, 0x10, 0, 0, 0, high, low][..], &data].concat());
        commands.push([&[0x80, 0x12, high, low, 0, high, low][..], &data, &[0, 0]].concat());
    }
    commands
}

#[test]
fn t1_carries_every_command_with_both_codes_and_every_block_size() {
    for edc in [Edc::Lrc, Edc::Crc] {
        for (ifsc, asks_for_time) in [(1, None), (32, Some(3)), (254, None)] {
            let mut card = connect(Abilities {
                edc,
                ifsc,
                asks_for_time,
                ..Abilities::default()
            });
            assert_eq!(card.info().protocol, "T=1 at 115200 bit/s");
            for command in commands() {
                assert_eq!(card.transmit(&command).unwrap(), answer(&command));
            }
            assert_eq!(card.into_line().peripheral.application().log, commands());
        }
    }
}

#[test]
fn t0_carries_every_command_in_every_manner() {
    for (single, nulls) in [(false, 0), (true, 0), (false, 3), (true, 1)] {
        let mut card = connect(Abilities {
            t0: true,
            t1: false,
            manner: Manner { single, nulls },
            direction: |[_, instruction, ..]| match instruction {
                0xB2 | 0xC0 => Direction::Out,
                _ => Direction::In,
            },
            ..Abilities::default()
        });
        assert_eq!(card.info().protocol, "T=0 at 115200 bit/s");
        for command in commands() {
            let response = card.transmit(&command).unwrap();
            assert_eq!(
                response,
                answer(&command),
                "{command:02X?} {single} {nulls}"
            );
        }
    }
}

#[test]
fn protocol_rate_convention_and_polarity_are_found_out() {
    for (t0, ta1, convention, running_rts, expected) in [
        (true, 0x18, Convention::Direct, false, "T=1 at 115200 bit/s"),
        (true, 0x11, Convention::Inverse, true, "T=1 at 9600 bit/s"),
        (
            false,
            0x95,
            Convention::Inverse,
            false,
            "T=1 at 111600 bit/s",
        ),
        (false, 0x13, Convention::Direct, true, "T=1 at 38400 bit/s"),
        // 64 × 9600 × 372/512 is more than the options allow.
        (
            false,
            0x97,
            Convention::Direct,
            false,
            "T=1 at 446400 bit/s",
        ),
        (false, 0x17, Convention::Direct, false, "T=1 at 9600 bit/s"),
    ] {
        let contact = Contact::new(
            Echo::default(),
            Abilities {
                t0,
                ta1,
                convention,
                extra_guard: 2,
                ..Abilities::default()
            },
        );
        let mut line = QuietLine::new(contact, BAUD, 1);
        line.odd = convention == Convention::Inverse;
        line.running_rts = running_rts;
        let mut card = Phoenix::connect(line, PhoenixOptions::default()).unwrap();
        assert_eq!(card.info().protocol, expected);
        for _ in 0..2 {
            let command = [0x00, 0xB2, 0, 10, 10];
            assert_eq!(card.transmit(&command).unwrap(), answer(&command));
            card.reset().unwrap();
        }
    }
}

/// A card that does not know protocol selection.
struct Stubborn(Contact<Echo>);

impl Peripheral for Stubborn {
    fn reset(&mut self) -> Vec<u8> {
        self.0.reset()
    }
    fn receive(&mut self, bytes: &[u8]) -> Vec<u8> {
        if bytes.first() == Some(&0xFF) {
            return Vec::new();
        }
        self.0.receive(bytes)
    }
    fn echoes(&self) -> bool {
        self.0.echoes()
    }
    fn silence(&mut self) -> Vec<u8> {
        self.0.silence()
    }
    fn baud(&self, initial: u32) -> u32 {
        self.0.baud(initial)
    }
}

#[test]
fn a_card_that_takes_no_part_in_the_selection_is_spoken_to_as_it_starts() {
    let contact = Contact::new(Echo::default(), Abilities::default());
    let line = QuietLine::new(Stubborn(contact), BAUD, 1);
    let mut card = Phoenix::connect(line, PhoenixOptions::default()).unwrap();
    assert_eq!(card.info().protocol, "T=1 at 9600 bit/s");
    let command = [0x00, 0xB2, 0, 10, 10];
    assert_eq!(card.transmit(&command).unwrap(), answer(&command));
}

/// Nothing is ever wrong and nothing is done twice, however disturbed the line; mostly it works.
#[test]
fn t1_survives_noise_losses_and_delays() {
    let (mut good, mut bad) = (0, 0);
    for seed in 0..150 {
        for (edc, level) in [(Edc::Lrc, 8), (Edc::Crc, 4)] {
            let contact = Contact::new(
                Echo::default(),
                Abilities {
                    edc,
                    ifsc: 64,
                    asks_for_time: (seed % 3 == 0).then_some(2),
                    ..Abilities::default()
                },
            );
            let line = QuietLine::new(contact, BAUD, seed);
            let mut card = Phoenix::connect(line, PhoenixOptions::default()).unwrap();
            // An answer to reset has no more than its own check byte; from here on the line is disturbed.
            let damage = Damage {
                changed: level,
                lost: level,
                // All that the LRC promises to see is a byte changed or lost.
                added: if edc == Edc::Lrc { 0 } else { level },
                late: level * 10,
                single: edc == Edc::Lrc,
            };
            card.line().damage = damage;
            let mut expected: Vec<Vec<u8>> = Vec::new();
            let mut unsure = 0;
            for index in 0..20_u8 {
                let command = [
                    0x00,
                    0x12,
                    0,
                    index * 11,
                    3,
                    seed.to_le_bytes()[0],
                    index,
                    7,
                    0,
                ];
                match card.transmit(&command) {
                    Ok(response) => {
                        assert_eq!(response, answer(&command), "seed {seed}");
                        expected.push(command.to_vec());
                        good += 1;
                    }
                    Err(TransportError::T1(_)) => {
                        bad += 1;
                        unsure += 1;
                        expected.push(command.to_vec());
                        card.line().damage = Damage::default();
                        card.reset().unwrap();
                        card.line().damage = damage;
                    }
                    Err(other) => panic!("seed {seed}: {other}"),
                }
            }
            let mut line = card.into_line();
            assert_done_once(&line.peripheral.application().log, &expected, unsure, seed);
        }
    }
    println!("{good} good, {bad} bad");
    assert!(good > 20 * bad, "{good} good, {bad} bad");
}

/// On a disturbed T=0 line, damaged data are possible, but never an endless wait or a panic.
#[test]
fn t0_ends_on_every_disturbed_line() {
    for seed in 0..200 {
        let abilities = Abilities {
            t0: true,
            t1: false,
            ..Abilities::default()
        };
        let line = QuietLine::new(Contact::new(Echo::default(), abilities), BAUD, seed);
        let mut line = Phoenix::connect(line, PhoenixOptions::default())
            .unwrap()
            .into_line();
        line.damage = Damage {
            changed: 50,
            lost: 50,
            added: 50,
            late: 100,
            single: false,
        };
        let Ok(mut card) = Phoenix::connect(line, PhoenixOptions::default()) else {
            continue;
        };
        for command in commands() {
            if card.transmit(&command).is_err() && card.reset().is_err() {
                break;
            }
        }
    }
}

/// Loads and lists over a line, and in process: the same bytes.
pub(crate) fn conversation<T: Transport>(transport: T) -> Vec<(Vec<u8>, Vec<u8>)> {
    struct Recorder<T>(T, Vec<(Vec<u8>, Vec<u8>)>);
    impl<T: Transport> Transport for Recorder<T> {
        fn info(&self) -> loader::ConnectionInfo {
            self.0.info()
        }
        fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
            let response = self.0.transmit(command)?;
            self.1.push((command.to_vec(), response.clone()));
            Ok(response)
        }
        fn reset(&mut self) -> Result<(), TransportError> {
            self.0.reset()
        }
    }
    let recorder = Recorder(transport, Vec::new());
    let mut session = Session::select(recorder, None).unwrap();
    session
        .open(
            &KeySet::test_keys(),
            SecurityLevel::FULL,
            &mut Drbg::from_seed(9),
        )
        .unwrap();
    session.content().unwrap();
    session.into_transport().1
}

#[test]
fn a_secure_session_with_the_simulated_card_is_the_same_on_every_line() {
    let mut card = Simulated::new().0;
    let expected = conversation(InProcess::new("card", |command: &[u8]| {
        card.transmit(command)
    }));
    assert!(expected.len() > 4);
    let calm = Damage::default();
    let rough = Damage {
        changed: 3,
        lost: 3,
        added: 3,
        late: 50,
        single: false,
    };
    for (t1, edc, damage) in [
        (false, Edc::Lrc, calm),
        (true, Edc::Lrc, calm),
        (true, Edc::Crc, rough),
    ] {
        let abilities = Abilities {
            t0: !t1,
            t1,
            edc,
            ..Abilities::default()
        };
        let line = QuietLine::new(Contact::new(Simulated::new(), abilities), BAUD, 11);
        let mut line = Phoenix::connect(line, PhoenixOptions::default())
            .unwrap()
            .into_line();
        line.damage = damage;
        let phoenix = Phoenix::connect(line, PhoenixOptions::default()).unwrap();
        let found = conversation(phoenix);
        assert_eq!(found, expected, "T=1: {t1}");
    }
}

#[test]
fn what_is_no_card_is_told_so() {
    struct Noise(Drbg);
    impl Peripheral for Noise {
        fn reset(&mut self) -> Vec<u8> {
            self.receive(&[])
        }
        fn receive(&mut self, _: &[u8]) -> Vec<u8> {
            let mut bytes = vec![0; 40];
            self.0.fill(&mut bytes);
            bytes
        }
        fn silence(&mut self) -> Vec<u8> {
            Vec::new()
        }
        fn baud(&self, initial: u32) -> u32 {
            initial
        }
    }
    struct Nothing;
    impl Peripheral for Nothing {
        fn reset(&mut self) -> Vec<u8> {
            Vec::new()
        }
        fn receive(&mut self, _: &[u8]) -> Vec<u8> {
            Vec::new()
        }
        fn silence(&mut self) -> Vec<u8> {
            Vec::new()
        }
        fn baud(&self, initial: u32) -> u32 {
            initial
        }
    }
    for seed in 0..50 {
        let line = QuietLine::new(Noise(Drbg::from_seed(seed)), BAUD, seed);
        if let Ok(mut card) = Phoenix::connect(line, PhoenixOptions::default()) {
            // Noise that looks like an answer to reset; it does not speak T=1.
            assert!(card.transmit(&[0, 0xA4, 4, 0]).is_err());
        }
    }
    let error = Phoenix::connect(QuietLine::new(Nothing, BAUD, 0), PhoenixOptions::default());
    assert!(matches!(error.map(drop), Err(TransportError::NoAnswer(_))));
}

/// A whole flash, secure channel, installation and all, on a T=1 line of 115,200 bit/s, blocks of 254 bytes: of the time
/// that its LOAD commands take, how much carries commands and responses; and how many bytes of the load file that is in
/// a second.
#[test]
fn a_flash_uses_a_fast_line_to_95_percent() {
    for level in [
        SecurityLevel::C_MAC,
        SecurityLevel::C_DECRYPTION,
        SecurityLevel::FULL,
    ] {
        let contact = Contact::new(Simulated::new(), Abilities::default());
        let line = QuietLine::new(contact, BAUD, 1);
        let phoenix = Phoenix::connect(line, PhoenixOptions::default()).unwrap();
        let mut session = Session::select(phoenix, None).unwrap();
        session
            .open(&KeySet::test_keys(), level, &mut Drbg::from_seed(9))
            .unwrap();
        let file = vec![0x5A; 20_000];
        let install = [
            0x80, 0xE6, 0x02, 0x00, 0x0A, 5, 0xA0, 0, 0, 0, 1, 0, 0, 0, 0,
        ];
        session.command(&install).unwrap();
        let data = [&[0xC4, 0x82, 0x4E, 0x20][..], &file].concat();
        let size = session.best_data(data.len());
        let counts = |session: &mut Session<Phoenix<QuietLine<_>>>| {
            let line = session.transport().line();
            (line.sent, line.received - line.sent, line.turns)
        };
        let before = counts(&mut session);
        let blocks: Vec<&[u8]> = data.chunks(size).collect();
        let mut useful = 0;
        // All but the last, which would have the card read the file.
        for (number, block) in blocks.iter().enumerate().take(blocks.len() - 1) {
            let number = u8::try_from(number).unwrap();
            let length = u8::try_from(block.len()).unwrap();
            let head = [0x80, 0xE8, 0x00, number, length];
            let command = [&head[..], block, &[0x00]].concat();
            session.command(&command).unwrap();
            useful += block.len();
        }
        let after = counts(&mut session);
        let (sent, received, turns) = (after.0 - before.0, after.1 - before.1, after.2 - before.2);
        // Each command is one block, and each answer.
        assert_eq!(turns, u64::try_from(blocks.len() - 1).unwrap(), "{level}");
        let time = (sent + received) * 11 + turns * 2 * 11;
        // Prologue and check byte of the two blocks are what T=1 adds.
        let carried = (sent + received - turns * 8) * 11;
        let ratio = |part: u64| {
            f64::from(u32::try_from(part).unwrap()) / f64::from(u32::try_from(time).unwrap())
        };
        let share = ratio(carried);
        let net = ratio(u64::try_from(useful).unwrap() * 11);
        println!(
            "{level}: {size} bytes a block, {:.1} % of the line's time carry commands and responses, {:.1} % the load \
             file: {:.0} bytes a second",
            share * 100.0,
            net * 100.0,
            net * 115_200.0 / 11.0
        );
        assert!(share >= 0.95, "{level}: {share}");
    }
}

/// Of the time that a T=1 line of 115,200 bit/s takes for long data, how much carries them: characters of 11 bits,
/// 22 bit times from the last character of one side to the first of the other.
#[test]
fn a_fast_line_is_used_to_95_percent() {
    for (command, useful) in [
        // 4096 bytes to the card in one extended command.
        (
            [&[0x80, 0x10, 0, 0, 0, 0x10, 0][..], &[7; 4096]].concat(),
            4096 + 7 + 2,
        ),
        // 4096 bytes from the card.
        (vec![0x00, 0xB2, 0x10, 0, 0, 0, 0], 4096 + 7 + 2),
        // As much in a short command as one block takes.
        (
            [&[0x80, 0x10, 0, 0, 249][..], &[7; 249]].concat(),
            249 + 5 + 2,
        ),
    ] {
        let mut card = connect(Abilities::default());
        // The sizes of blocks are settled.
        card.transmit(&[0x80, 0x10, 0, 0]).unwrap();
        // The peripheral's line counts the echo as received.
        let counts =
            |line: &QuietLine<Contact<Echo>>| (line.sent, line.received - line.sent, line.turns);
        let before = counts(card.line());
        assert_eq!(card.transmit(&command).unwrap(), answer(&command));
        let after = counts(card.line());
        let (sent, received, turns) = (after.0 - before.0, after.1 - before.1, after.2 - before.2);
        // A reader's turn and a card's turn, each 11 bit times more than a character takes.
        let time = (sent + received) * 11 + turns * 2 * 11;
        let useful: u32 = useful;
        let share = f64::from(useful * 11) / f64::from(u32::try_from(time).unwrap());
        println!(
            "{useful} useful bytes, {sent} sent, {received} received, {turns} turns: {:.1} %",
            share * 100.0
        );
        assert!(share >= 0.95, "{share}");
    }
}
