//! An applet as one writes it without a thought for the card: `examples/vault` answers alike on both.

use capgen::driver::Request;
use card_sim::{Aid, Card, CardConfig};
use platform::Applet;
use platform::host::{Host, HostCard, HostConfig};
use vault::Vault;

use crate::card::{build, example, load, select};

const AID: &[u8] = <Vault<Host> as Applet<Host>>::AID;
const PIN: &[u8] = b"1234";

fn command(ins: u8, data: &[u8]) -> Vec<u8> {
    let header = [0x80, ins, 0, 0];
    match u8::try_from(data.len()).unwrap() {
        0 => [&header[..], &[20]].concat(),
        length => [&header[..], &[length], data, &[0]].concat(),
    }
}

fn object(tag: u8, value: &[u8]) -> Vec<u8> {
    [&[tag, u8::try_from(value.len()).unwrap()], value].concat()
}

#[test]
fn a_vault_answers_alike() {
    let built = build(&Request {
        folder: example("vault"),
        ..Request::default()
    });
    let mut card = Card::new(&CardConfig::default());
    load(&mut card, &built.output.cap);
    let aid = Aid::new(AID).unwrap();
    card.install(aid, aid, PIN).unwrap();
    let mut host = HostCard::<Vault<Host>>::install(&HostConfig::default(), PIN).unwrap();
    let mut both = |command: &[u8]| {
        let answer = card.transmit(command);
        let fault = card.last_fault();
        assert_eq!(answer, host.transmit(command), "{command:02x?}: {fault:?}");
        answer
    };
    let put = |name: &[u8], secret: &[u8]| {
        command(0x01, &[object(0x80, name), object(0x81, secret)].concat())
    };
    both(&select(AID));
    assert_eq!(both(&command(0x03, &[])), [0x69, 0x82]);
    assert_eq!(both(&command(0x20, b"0000")), [0x63, 0xC2]);
    assert_eq!(both(&command(0x20, PIN)), [0x90, 0x00]);
    assert_eq!(both(&command(0x84, &[])).len(), 22);
    // No byte of the challenge is wanted, with data and without.
    assert_eq!(both(&[0x80, 0x84, 0, 0]), [0x90, 0x00]);
    assert_eq!(both(&[0x80, 0x84, 0, 0, 1, 7]), [0x90, 0x00]);
    for number in 0..9u8 {
        let name = vec![b'a' + number; usize::from(number) * 2];
        let status = if number < 8 {
            [0x90, 0x00]
        } else {
            [0x6A, 0x84]
        };
        assert_eq!(both(&put(&name, &[number; 32])), status);
    }
    assert_eq!(both(&put(b"bb", b"new")), [0x90, 0x00]);
    assert_eq!(both(&command(0x02, b"bb")), *b"new\x90\x00");
    assert_eq!(both(&command(0x02, b"b")), [0x6A, 0x88]);
    assert_eq!(both(&command(0x04, b"cccc")), [0x90, 0x00]);
    assert_eq!(both(&command(0x04, b"cccc")), [0x6A, 0x88]);
    assert!(both(&command(0x03, &[])).starts_with(&[0x80, 0, 0x80, 2, b'b', b'b', 0x80, 6]));
    // A secret or name that is too long, a length that leads out, a tag that is none, half of what is needed.
    for wrong in [
        [object(0x80, &[1; 17]), object(0x81, b"x")].concat(),
        [object(0x80, b"x"), object(0x81, &[1; 33])].concat(),
        vec![0x80, 5, 1, 2],
        vec![0x80],
        object(0x82, b"x"),
        object(0x80, b"x"),
        object(0x81, b"x"),
    ] {
        assert_eq!(both(&command(0x01, &wrong)), [0x6A, 0x80], "{wrong:02x?}");
    }
    assert_eq!(both(&command(0x05, &[])), [0x6D, 0x00]);
    for left in [2, 1, 0] {
        assert_eq!(both(&command(0x20, b"none")), [0x63, 0xC0 + left]);
    }
    assert_eq!(both(&command(0x20, PIN)), [0x69, 0x83]);
}
