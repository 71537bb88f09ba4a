//! SCP02 with implicit initiation, and R-MAC sessions, through the card manager.

use scp::scp02::{HostSession, Parameters, StaticKeys};

use super::{Host, hex};
use crate::gp::{IssuerConfig, Protocol};

fn host(i: u8) -> Host {
    Host::new(&IssuerConfig {
        protocol: Protocol::Scp02(Parameters(i)),
        key_version: 0x20,
        ..IssuerConfig::default()
    })
}

fn session(i: u8, counter: u16) -> HostSession {
    let aid = IssuerConfig::AID;
    HostSession::implicit(&StaticKeys::test_keys(), Parameters(i), counter, &aid).unwrap()
}

impl Host {
    fn exchange(&mut self, session: &mut HostSession, wrapped: &[u8]) -> String {
        let response = self.manager.process(&mut self.runtime, wrapped);
        hex::encode_upper(session.unwrap(&response).unwrap())
    }

    fn say(&mut self, session: &mut HostSession, command: &str) -> String {
        let wrapped = session.wrap(&hex(command)).unwrap();
        self.exchange(session, &wrapped)
    }
}

#[test]
fn the_first_mac_opens_a_session() {
    let mut host = host(0x1A);
    assert!(host.raw("80CA006600").contains("06092A864886FC6B04021A"));
    assert_eq!(host.raw("80500000 08 0102030405060708 00"), "6D00");
    assert_eq!(host.raw("80F28002 02 4F00 00"), "6982");
    for counter in 0..3 {
        assert_eq!(host.raw("80CA00C100"), format!("C10200{counter:02X}9000"));
        let mut open = session(0x1A, counter);
        assert!(host.say(&mut open, "80F28002 02 4F00 00").ends_with("9000"));
        assert_eq!(host.say(&mut open, "80F08001"), "6985");
        // A plain command ends the session; so does selection.
        if counter == 1 {
            assert_eq!(host.raw("80CA006600"), "6982");
        } else {
            assert!(host.raw("00A4040000").ends_with("9000"));
        }
    }
    // Wrong keys open nothing, and the counter stays.
    let other = StaticKeys::new(&[1; 16], &[1; 16], &[1; 16]).unwrap();
    let mut wrong = HostSession::implicit(&other, Parameters::I1A, 3, &IssuerConfig::AID).unwrap();
    assert_eq!(host.say(&mut wrong, "80F28002 02 4F00 00"), "6982");
    assert_eq!(host.raw("80CA00C100"), "C10200039000");
    // A power cut before the counter has moved opens nothing either.
    host.runtime.tear_at(Some(1));
    let wrapped = session(0x1A, 3).wrap(&hex("80CA006600")).unwrap();
    assert!(host.manager.process(&mut host.runtime, &wrapped).is_empty());
    host.runtime.power_on();
    host.manager.reset(&mut host.runtime);
    assert_eq!(host.raw("80CA00C100"), "C10200039000");
}

#[test]
fn an_r_mac_session() {
    for each in [true, false] {
        let mut host = host(0x3A);
        let mut open = session(0x3A, 0);
        assert_eq!(host.raw("807A100101 00"), "6985");
        assert!(host.say(&mut open, "80CA006600").ends_with("9000"));
        let begin = open.begin_r_mac(each, &[1, 2, 3]).unwrap();
        assert_eq!(host.exchange(&mut open, &begin), "9000");
        assert!(host.say(&mut open, "80F28002 02 4F00 00").ends_with("9000"));
        assert_eq!(host.say(&mut open, "80E40000 07 4F05A000000009"), "6A88");
        let tell = open.end_r_mac(false).unwrap();
        assert_eq!(host.exchange(&mut open, &tell), "9000");
        let end = open.end_r_mac(true).unwrap();
        assert_eq!(host.exchange(&mut open, &end), "9000");
        assert_eq!(host.say(&mut open, "80780003 00"), "6985");
    }
    // i=1A has none.
    let mut host = host(0x1A);
    let mut open = session(0x1A, 0);
    assert_eq!(host.say(&mut open, "807A1001 01 00"), "6D00");
}
