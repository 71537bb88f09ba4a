//! What failed authentications cost.

use std::time::Duration;

use scp::scp03::{SecurityLevel, StaticKeys};

use super::{Host, put_key};
use crate::gp::{AuthenticationLimit, CardManager, IssuerConfig};

const INITIALIZE: &str = "80503000 08 0102030405060708 00";

fn wrong() -> String {
    format!("84820300 10 {}", "00".repeat(16))
}

impl Host {
    /// One authentication with wrong keys.
    fn fail(&mut self) -> String {
        assert!(self.raw(INITIALIZE).ends_with("9000"));
        self.raw(&wrong())
    }

    /// The same card from its image.
    fn restore(&mut self) {
        let image = serde_json::to_vec(&self.manager).unwrap();
        self.manager = serde_json::from_slice::<CardManager>(&image).unwrap();
        self.manager.reset(&mut self.runtime);
    }
}

#[test]
fn ten_failures_in_a_row_block_a_key_version() {
    let mut host = Host::new(&IssuerConfig::default());
    // Another key set, to come in with afterwards.
    host.open(StaticKeys::test_keys(), 0x30, SecurityLevel::FULL);
    let (a, b, c) = ([1; 16], [2; 16], [3; 16]);
    let second = StaticKeys::new(&a, &b, &c).unwrap();
    host.send(&put_key(&StaticKeys::test_keys(), 0, 0x31, [&a, &b, &c]));

    let seconds = [0, 0, 0, 1, 2, 4, 8, 16, 32, 64];
    for (count, seconds) in (1..).zip(seconds) {
        assert_eq!(host.fail(), "6300");
        assert_eq!(host.manager.back_off(), Duration::from_secs(seconds));
        assert_eq!(host.manager.failed_authentications(), count);
        // Neither a reset nor a power cycle gives a try back.
        host.manager.reset(&mut host.runtime);
        host.restore();
    }
    assert_eq!(host.raw(INITIALIZE), "6983");
    assert_eq!(host.raw("80500000 08 0102030405060708 00"), "6983");
    assert_eq!(host.raw(&wrong()), "6985");
    assert_eq!(host.manager.back_off(), Duration::ZERO);
    // The other version is not touched, and puts new keys in the place of the blocked ones.
    host.open(second.clone(), 0x31, SecurityLevel::FULL);
    let new = put_key(&second, 0x30, 0x30, [&[7; 16], &[8; 16], &[9; 16]]);
    assert!(host.send(&new).ends_with("9000"));
    let keys = StaticKeys::new(&[7; 16], &[8; 16], &[9; 16]).unwrap();
    host.open(keys, 0x30, SecurityLevel::FULL);
}

#[test]
fn a_success_gives_all_tries_back() {
    let mut host = Host::new(&IssuerConfig::default());
    for _ in 0..3 {
        for _ in 0..9 {
            assert_eq!(host.fail(), "6300");
        }
        host.open(StaticKeys::test_keys(), 0x30, SecurityLevel::FULL);
        host.manager.reset(&mut host.runtime);
    }
}

#[test]
fn what_proves_nothing_about_keys_costs_nothing() {
    let mut host = Host::new(&IssuerConfig::default());
    for _ in 0..40 {
        assert!(host.raw(INITIALIZE).ends_with("9000"));
        assert_eq!(
            host.raw("84820300 0F 000000000000000000000000000000"),
            "6700"
        );
        assert_eq!(host.raw(&wrong()), "6985");
        assert!(host.raw(INITIALIZE).ends_with("9000"));
        assert_eq!(host.raw(&wrong().replace("84820300", "84820500")), "6A86");
    }
    host.open(StaticKeys::test_keys(), 0x30, SecurityLevel::FULL);
    assert_eq!(host.manager.failed_authentications(), 0);
}

#[test]
fn a_power_cut_gives_no_try_back() {
    let mut host = Host::new(&IssuerConfig::default());
    for count in 1..=10 {
        assert!(host.raw(INITIALIZE).ends_with("9000"));
        // The first write of the command is the counter's: cut there, the cryptogram is never looked at.
        host.runtime.tear_at(Some(1));
        assert_eq!(host.raw(&wrong()), "");
        host.runtime.power_on();
        host.manager.reset(&mut host.runtime);
        assert_eq!(host.manager.failed_authentications(), count - 1);
        assert_eq!(host.fail(), "6300");
    }
    assert_eq!(host.raw(INITIALIZE), "6983");
}

#[test]
fn other_limits() {
    let mut host = Host::new(&IssuerConfig {
        authentication: AuthenticationLimit {
            tries: Some(20),
            free: 255,
            tells_tries: true,
        },
        ..IssuerConfig::default()
    });
    for left in (0..20).rev() {
        assert_eq!(host.fail(), format!("63C{:X}", left.min(15)));
        assert_eq!(host.manager.back_off(), Duration::ZERO);
    }
    assert_eq!(host.raw(INITIALIZE), "6983");
    let mut host = Host::new(&IssuerConfig {
        authentication: AuthenticationLimit {
            tries: None,
            ..AuthenticationLimit::default()
        },
        ..IssuerConfig::default()
    });
    for _ in 0..300 {
        assert_eq!(host.fail(), "6300");
    }
    assert_eq!(host.manager.back_off(), Duration::from_secs(64));
    host.open(StaticKeys::test_keys(), 0x30, SecurityLevel::FULL);
}
