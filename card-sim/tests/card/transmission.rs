//! What applets and readers see of T=0, T=1 and contactless interfaces.

use super::support::{Package, ask, by_p1, card_with, select};
use card_sim::Transmission;

#[test]
fn applets_and_readers_see_the_transmission() {
    let package = Package {
        process: by_p1(&[
            "invokestatic javacard/framework/APDU.getProtocol()B",
            "invokestatic javacard/framework/APDU.getInBlockSize()S",
            "invokestatic javacard/framework/APDU.getOutBlockSize()S",
        ]),
        ..Package::default()
    };
    let mut card = card_with(&package);
    for (transmission, protocol, atr) in [
        (Transmission::T1, 1, vec![0x3B, 0x80, 0x01, 0x81]),
        (
            Transmission::ContactlessA,
            -127,
            vec![0x3B, 0x80, 0x80, 0x01, 0x01],
        ),
        (
            Transmission::ContactlessB,
            -111,
            vec![0x3B, 0x80, 0x80, 0x01, 0x01],
        ),
    ] {
        card.set_transmission(transmission);
        assert_eq!(card.atr(), atr);
        select(&mut card, &package);
        assert_eq!(ask(&mut card, 0), protocol);
        assert_eq!(ask(&mut card, 1), 254);
        assert_eq!(ask(&mut card, 2), 254);
    }
    card.set_transmission(Transmission::T0);
    assert_eq!(card.reset(), [0x3B, 0x00]);
    assert_eq!(select(&mut card, &package), [0x90, 0]);
    // Case 2: the wrong length, then the right one; the applet runs once.
    assert_eq!(card.transmit(&[0x80, 1, 1, 0, 0]), [0x6C, 2]);
    let bytecodes = card.statistics().bytecodes;
    assert_eq!(card.transmit(&[0x80, 1, 1, 0, 2]), [0, 1, 0x90, 0]);
    assert_eq!(card.statistics().bytecodes, bytecodes);
    assert_eq!(card.transmit(&[0x80, 1, 2, 0, 1]), [1, 0x61, 1]);
    assert_eq!(card.transmit(&[0, 0xC0, 0, 0, 1]), [2, 0x90, 0]);
    // Case 4: GET RESPONSE.
    assert_eq!(card.transmit(&[0x80, 1, 0, 0, 1, 0xAA]), [0x61, 2]);
    assert_eq!(card.transmit(&[0, 0xC0, 0, 0, 2]), [0, 0, 0x90, 0]);
    // What waited is gone after a reset, and GET RESPONSE is then the applet's own command.
    assert_eq!(card.transmit(&[0x80, 1, 0, 0, 1, 0xAA]), [0x61, 2]);
    card.reset();
    select(&mut card, &package);
    assert_eq!(card.transmit(&[0, 0xC0, 0, 0, 2]), [0, 0, 0x90, 0]);
}

/// Public applets (an OpenPGP card among them) never call `setIncomingAndReceive`: over T=1 the data
/// are in the buffer all the same, over T=0 they are not.
#[test]
fn a_block_brings_its_data_at_once() {
    let package = Package {
        process: by_p1(&[
            "aload_1; invokevirtual javacard/framework/APDU.getBuffer()[B
             sconst_5; invokestatic javacard/framework/Util.getShort([BS)S",
        ]),
        ..Package::default()
    };
    let mut card = card_with(&package);
    let command = [0x80, 1, 0, 0, 2, 0x12, 0x34, 0];
    select(&mut card, &package);
    assert_eq!(card.transmit(&command), [0x12, 0x34, 0x90, 0]);
    card.set_transmission(Transmission::T0);
    select(&mut card, &package);
    assert_eq!(card.transmit(&command), [0x61, 2]);
    assert_eq!(card.transmit(&[0, 0xC0, 0, 0, 2]), [0, 0, 0x90, 0]);
}
