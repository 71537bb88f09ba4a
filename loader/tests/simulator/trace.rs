//! A trace tells what was done, and no secret.

use std::cell::RefCell;
use std::rc::Rc;

use card_sim::CardConfig;
use loader::{
    ConnectionInfo, FlashOptions, KeySet, Plan, SecurityLevel, Session, StaticKeys, Trace, Traced,
    Transport, TransportError,
};
use se_crypto::Drbg;

use crate::card::Reader;
use crate::echo_cap::echo_cap;

/// Commands and answers as they are on the wire.
type Wire = Rc<RefCell<Vec<(Vec<u8>, Vec<u8>)>>>;

/// Keeps them.
struct Raw(Reader, Wire);

impl Transport for Raw {
    fn info(&self) -> ConnectionInfo {
        self.0.info()
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let response = self.0.transmit(command)?;
        self.1
            .borrow_mut()
            .push((command.to_vec(), response.clone()));
        Ok(response)
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        self.0.reset()
    }
}

/// Whether five bytes in a row of what is secret stand in the text.
fn leaks(text: &str, secret: &[u8]) -> bool {
    secret.windows(5).any(|part| {
        // Padding and lengths are no secret.
        part.iter().any(|byte| *byte != part[0]) && text.contains(&hex::encode_upper(part))
    })
}

#[test]
fn no_key_no_cryptogram_and_nothing_protected_is_in_a_trace() {
    let keys = StaticKeys::new(&[0x5A; 16], &[0xA7; 16], &[0xC3; 16]).unwrap();
    for level in [SecurityLevel::C_MAC, SecurityLevel::FULL] {
        let trace = Trace::default();
        let raw = Wire::default();
        let reader = Reader::new(&CardConfig::default());
        let transport = Traced::new(Raw(reader, Rc::clone(&raw)), trace.clone());
        let mut session = Session::select(transport, None).unwrap();
        session.info().unwrap();
        session
            .open(&KeySet::test_keys(), level, &mut Drbg::from_seed(4))
            .unwrap();
        let content = session.content().unwrap();
        let plan = Plan::new(&echo_cap(), &content, &FlashOptions::default()).unwrap();
        plan.run(&mut session, &mut |_| ()).unwrap();
        session.put_key(None, 0x31, &keys).unwrap();

        let text = format!("{:?}", trace.exchanges());
        assert!(text.contains("[16 bytes]"), "{text}");
        assert!(!leaks(&text, KeySet::test_keys().plain().unwrap().enc()));
        for key in [keys.enc(), keys.mac(), keys.dek()] {
            assert!(!text.contains(&hex::encode_upper(key)));
        }
        let mut secured = 0;
        for (command, response) in raw.borrow().iter() {
            let (data, answer) = (
                &command[5.min(command.len())..],
                &response[..response.len() - 2],
            );
            match command[..2] {
                [_, 0x50] => {
                    assert!(!leaks(&text, data), "host challenge");
                    assert!(!leaks(&text, &answer[13..]), "card cryptogram");
                }
                [cla, _] if cla & 0x04 != 0 => {
                    secured += 1;
                    // Without encryption AIDs stand there that are told elsewhere: the MAC is what counts.
                    let hidden = if level.has_c_decryption() {
                        data
                    } else {
                        let data = &command[5..5 + usize::from(command[4])];
                        &data[data.len() - 8..]
                    };
                    assert!(!leaks(&text, hidden));
                    assert!(!level.has_c_decryption() || !leaks(&text, answer));
                }
                _ => (),
            }
        }
        assert!(secured > 8, "{secured}");
    }
}
