//! The card manager on further logical channels: its commands, and a secure channel session for each.

use scp::scp03::{Challenge, HostOpening, HostSession, SecurityLevel, StaticKeys};

use super::{Host, hex};
use crate::gp::IssuerConfig;
use crate::registry::CardState;

fn on(channel: u8, command: &[u8]) -> Vec<u8> {
    let mut command = command.to_vec();
    let (class, secured) = (command[0] & 0x80, command[0] & 0x04 != 0);
    command[0] = match (channel, secured) {
        (0..4, _) => command[0] | channel,
        // Secure messaging has another bit in the further form.
        (_, true) => class | 0x60 | (channel - 4),
        (_, false) => class | 0x40 | (channel - 4),
    };
    command
}

impl Host {
    fn bytes(&mut self, command: &[u8]) -> Vec<u8> {
        self.manager.process(&mut self.runtime, command)
    }

    fn open_on(&mut self, channel: u8, challenge: u8) -> HostSession {
        let challenge = Challenge::new(&[challenge; 8]).unwrap();
        let opening = HostOpening::new(StaticKeys::test_keys(), 0x30, challenge);
        let response = self.bytes(&on(channel, &opening.command()));
        let (session, command) = opening.answer(&response, SecurityLevel::FULL).unwrap();
        assert_eq!(self.bytes(&on(channel, &command)), [0x90, 0x00]);
        session
    }

    fn say_on(&mut self, channel: u8, session: &mut HostSession, command: &str) -> String {
        let wrapped = session.wrap(&on(channel, &hex(command))).unwrap();
        let response = self.bytes(&wrapped);
        hex::encode_upper(session.unwrap(&response).unwrap())
    }
}

#[test]
fn every_channel_has_a_session_of_its_own() {
    let mut host = Host::new(&IssuerConfig::default());
    for channel in 1..=6 {
        assert_eq!(host.raw("0070000001"), format!("{channel:02X}9000"));
    }
    let mut first = host.open_on(0, 1);
    let mut second = host.open_on(2, 2);
    let mut third = host.open_on(5, 3);
    let listed = host.say_on(0, &mut first, "80F28002 02 4F00 00");
    assert!(listed.ends_with("9000"));
    for _ in 0..2 {
        assert_eq!(host.say_on(2, &mut second, "80F28002 02 4F00 00"), listed);
        assert_eq!(host.say_on(5, &mut third, "80F28002 02 4F00 00"), listed);
        assert_eq!(host.say_on(0, &mut first, "80F28002 02 4F00 00"), listed);
    }
    // Another channel without a session has none.
    assert_eq!(host.raw("81F28002 02 4F00 00"), "6982");
    // A wrong MAC ends the session of its channel alone.
    let wrapped = first.wrap(&hex("80F28002 02 4F00 00")).unwrap();
    assert_eq!(hex::encode_upper(host.bytes(&on(2, &wrapped))), "6982");
    assert_eq!(host.raw("82F28002 02 4F00 00"), "6982");
    assert_eq!(host.say_on(5, &mut third, "80F28002 02 4F00 00"), listed);
    // Closing a channel ends its session; opened again it has none.
    assert_eq!(host.raw("00708005"), "9000");
    assert_eq!(host.raw("00700005"), "9000");
    assert_eq!(host.raw("C1F28002 02 4F00 00"), "6982");
    // SELECT ends that of its own channel only.
    let mut fourth = host.open_on(3, 4);
    assert!(host.raw("01A4040000").ends_with("9000"));
    assert_eq!(host.say_on(3, &mut fourth, "80F28002 02 4F00 00"), listed);
    host.runtime.power_on();
    host.manager.reset(&mut host.runtime);
    assert_eq!(host.raw("83F28002 02 4F00 00"), "6881");
}

#[test]
fn what_is_under_way_belongs_to_its_channel() {
    let mut host = Host::new(&IssuerConfig::default());
    assert_eq!(host.raw("0070000001"), "019000");
    let mut first = host.open_on(0, 1);
    let mut second = host.open_on(1, 2);
    // A STORE DATA in two blocks, with another channel's command between them.
    assert_eq!(host.say_on(0, &mut first, "80E20000 03 420411"), "9000");
    assert_eq!(host.say_on(1, &mut second, "80E29000 04 45020102"), "9000");
    assert_eq!(host.say_on(0, &mut first, "80E28001 03 223344"), "9000");
    assert_eq!(
        host.say_on(1, &mut second, "80CA004200"),
        "4204112233449000"
    );
    // A domain that is selected on another channel is not deleted.
    let install = "80E60C00 1C 07A0000001515350 08A000000151535041 06A00000000001 0180 00 00";
    let made = host.say_on(0, &mut first, install);
    assert!(made.ends_with("9000"), "{made}");
    assert!(host.raw("01A40400 06 A00000000001").ends_with("9000"));
    assert_eq!(
        host.say_on(0, &mut first, "80E40000 08 4F06A00000000001"),
        "6985"
    );
    assert_eq!(host.raw("00708001"), "9000");
    assert_eq!(
        host.say_on(0, &mut first, "80E40000 08 4F06A00000000001"),
        "009000"
    );
}

#[test]
fn a_locked_card_opens_no_channel() {
    let mut host = Host::new(&IssuerConfig::default());
    assert_eq!(host.raw("0070000001"), "019000");
    host.runtime.registry.card_state = CardState::Locked;
    assert_eq!(host.raw("0070000001"), "6A81");
    assert_eq!(host.raw("00708001"), "9000");
}
