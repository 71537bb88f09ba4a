//! Applications that are selected without a SELECT command (GPCS 2.3.1 §6.4).

use super::{Host, opened};
use crate::transmission::Transmission;

/// INSTALL of a security domain `A0000001510000 NN` with these system specific parameters.
fn install(p1: &str, last: &str, privileges: &str, parameters: &str) -> String {
    let parameters = hex::decode(parameters.replace(' ', "")).unwrap();
    let system = [
        &[0xEF, u8::try_from(parameters.len()).unwrap()][..],
        &parameters,
    ]
    .concat();
    let data = format!(
        "07A0000001515350 08A000000151535041 08A0000001510000{last} 01{privileges} {:02X} C900{} 00",
        system.len() + 2,
        hex::encode_upper(system)
    )
    .replace(' ', "");
    format!("80E6{p1}00{:02X}{data}00", data.len() / 2)
}

/// Which security domain is selected on a channel.
fn selected(host: &mut Host, channel: u8) -> u8 {
    let id = {
        host.runtime.enter_channel(channel);
        host.runtime.selected().unwrap()
    };
    let aid = host.runtime.registry.application(id).unwrap().aid;
    let last = aid.as_bytes()[7];
    host.runtime.enter_channel(0);
    last
}

#[test]
fn parameters_tell_interface_and_channel() {
    let mut host = opened();
    // 11: contactless, basic channel; 12: both, channel 2; 13: contacts, basic channel.
    for (last, parameters) in [("11", "CF0180"), ("12", "CF01C2"), ("13", "CF0140")] {
        assert_eq!(host.send(&install("0C", last, "80", parameters)), "009000");
    }
    // Taken, no channel, and what cannot be selected yet.
    assert_eq!(host.send(&install("0C", "14", "80", "CF0182")), "6985");
    assert_eq!(host.send(&install("0C", "14", "80", "CF0194")), "6985");
    assert_eq!(host.send(&install("0C", "14", "80", "CF0200 00")), "6A80");
    assert_eq!(host.send(&install("04", "14", "80", "CF0141")), "6A80");
    let listed = host.send("80F24002 0A 4F08A000000151000012 00");
    assert!(listed.contains("CF01C2"), "{listed}");
    for (transmission, basic) in [(Transmission::T1, 0x13), (Transmission::ContactlessB, 0x11)] {
        host.runtime.set_transmission(transmission);
        host.runtime.power_on();
        host.manager.reset(&mut host.runtime);
        assert_eq!(selected(&mut host, 0), basic);
        // On a new channel its own, else that of the basic channel.
        assert_eq!(host.raw("0070000001"), "019000");
        assert_eq!(host.raw("0070000001"), "029000");
        assert_eq!(selected(&mut host, 1), basic);
        assert_eq!(selected(&mut host, 2), 0x12);
    }
}

#[test]
fn the_card_reset_privilege_is_the_basic_channel_of_every_interface() {
    let mut host = opened();
    assert_eq!(host.send(&install("0C", "11", "84", "")), "009000");
    assert_eq!(host.send(&install("0C", "12", "80", "CF0140")), "6985");
    assert_eq!(host.send(&install("0C", "12", "80", "CF0143")), "009000");
    host.manager.reset(&mut host.runtime);
    assert_eq!(selected(&mut host, 0), 0x11);
    // Once it is gone, the issuer security domain has the place again.
    let id = host
        .runtime
        .registry
        .find_application(&[0xA0, 0, 0, 1, 0x51, 0, 0, 0x11]);
    host.runtime.registry.remove_application(id.unwrap());
    host.manager.reset(&mut host.runtime);
    assert_eq!(selected(&mut host, 0), 0x00);
}
