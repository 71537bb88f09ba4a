//! Scripts made without the card, carried out without keys.

use card_sim::CardConfig;
use loader::{
    CardContent, FlashOptions, KeySet, Offline, OfflineCard, Plan, SecurityLevel, Session,
    Transport,
};
use scp::scp03::Parameters;
use se_crypto::Drbg;

use crate::card::Reader;
use crate::echo_cap::echo_cap;
use crate::flash::is_complete;

fn card(counter: u32) -> OfflineCard {
    OfflineCard {
        domain: vec![0xA0, 0, 0, 1, 0x51, 0, 0, 0],
        key_version: 0x30,
        sequence_counter: counter,
        parameters: Parameters::I70,
        key_diversification_data: [0; 10],
    }
}

fn script(counter: u32, level: SecurityLevel, content: &CardContent) -> Vec<Vec<u8>> {
    let keys = KeySet::test_keys();
    let offline = Offline::new(card(counter), keys.plain().unwrap().clone()).unwrap();
    let mut session = Session::select(offline, None).unwrap();
    session
        .open(&keys, level, &mut Drbg::from_seed(77))
        .unwrap();
    let plan = Plan::new(&echo_cap(), content, &FlashOptions::default()).unwrap();
    plan.run(&mut session, &mut |_| ()).unwrap();
    session.into_transport().commands
}

/// Plays a script; gives the number of the command that was refused.
fn play(mut reader: Reader, script: &[Vec<u8>]) -> Result<(), usize> {
    for (number, command) in script.iter().enumerate() {
        let answer = reader.transmit(command).unwrap();
        if !answer.ends_with(&[0x90, 0x00]) {
            return Err(number);
        }
    }
    Ok(())
}

#[test]
fn a_script_flashes_the_card_that_it_was_made_for_once() {
    for level in [SecurityLevel::C_MAC, SecurityLevel::FULL] {
        let reader = Reader::new(&CardConfig::default());
        let mut session = reader.again().open_full();
        let content = session.content().unwrap();
        let counter = session.sequence_counter().unwrap().unwrap();
        assert_eq!(counter, 1);
        let commands = script(counter, level, &content);
        // At another count the card does not know the host: nothing is written.
        let early = script(counter + 1, level, &content);
        let other = Reader::new(&CardConfig::default());
        other.again().open_full();
        assert_eq!(play(other.again(), &early), Err(2));
        assert!(!is_complete(&other));

        play(reader.again(), &commands).unwrap();
        assert!(is_complete(&reader));
        assert_eq!(
            play(reader.again(), &commands),
            Err(2),
            "it does nothing twice"
        );
    }
}

#[test]
fn random_challenges_cannot_be_foretold() {
    let random = OfflineCard {
        parameters: Parameters(0x60),
        ..card(0)
    };
    let error = Offline::new(random, KeySet::test_keys().plain().unwrap().clone()).unwrap_err();
    assert!(error.to_string().contains("i=60"), "{error}");
}
