//! The road of one card: personalised, used, locked, unlocked, revoked, erased.

use crate::terminal::{AUTHENTICATION_PIN, SIGNATURE_PIN, Terminal, certificate_of, short};
use apdu_spec::jpki::{file, ins};
use apdu_spec::tlv::{Reader, Tag};
use apdu_spec::{Command, StatusWord};
use se_crypto::RsaPublicKey;

fn rsa_key(template: &[u8]) -> RsaPublicKey {
    let template = Reader::new(template).find(Tag(0x7F49)).unwrap().unwrap();
    let part = |tag| template.children().find(Tag(tag)).unwrap().unwrap().value;
    RsaPublicKey::new(part(0x81), part(0x82)).unwrap()
}

#[test]
fn both_slots_sign_and_the_public_keys_verify() {
    let mut terminal = Terminal::personalised();
    for (key, pin, value) in [
        (file::SIGNATURE_KEY, file::SIGNATURE_PIN, SIGNATURE_PIN),
        (
            file::AUTHENTICATION_KEY,
            file::AUTHENTICATION_PIN,
            AUTHENTICATION_PIN,
        ),
    ] {
        let public = rsa_key(&terminal.public_key(key));
        assert_eq!(
            terminal.sign(key, b"digest").1,
            StatusWord::SECURITY_STATUS_NOT_SATISFIED
        );
        assert_eq!(terminal.verify(pin, value), StatusWord::SUCCESS);
        let (signature, status) = terminal.sign(key, b"digest");
        assert_eq!(status, StatusWord::SUCCESS);
        public.verify_padded(b"digest", &signature).unwrap();
        assert!(public.verify_padded(b"digesu", &signature).is_err());
    }
}

#[test]
fn a_certificate_is_read_back_and_ends_where_its_encoding_does() {
    let mut terminal = Terminal::personalised();
    let id = file::SIGNATURE_CERTIFICATE;
    assert_eq!(
        terminal.verify(file::SIGNATURE_PIN, SIGNATURE_PIN),
        StatusWord::SUCCESS
    );
    let select = id.to_be_bytes();
    assert_eq!(
        terminal
            .send(&Command::new(0, ins::SELECT, 2, 0x0C).with_data(&select))
            .1,
        StatusWord::SUCCESS
    );
    let mut read = Vec::new();
    loop {
        let [p1, p2] = u16::try_from(read.len()).unwrap().to_be_bytes();
        let (part, status) = terminal.send(&Command::new(0, ins::READ_BINARY, p1, p2).with_le(256));
        if status != StatusWord::SUCCESS {
            assert_eq!(status, StatusWord::WRONG_OFFSET);
            break;
        }
        read.extend(part);
    }
    assert_eq!(read, certificate_of(id));
}

#[test]
fn wrong_pins_count_down_to_lock_out_and_the_tsm_unblocks() {
    let mut terminal = Terminal::personalised();
    let query = Command::new(0, ins::VERIFY, 0, short(file::SIGNATURE_PIN));
    for left in (0..5).rev() {
        assert_eq!(
            terminal.verify(file::SIGNATURE_PIN, b"WRONG1"),
            StatusWord::tries_left(left)
        );
        assert_eq!(terminal.send(&query).1, StatusWord::tries_left(left));
    }
    assert_eq!(
        terminal.verify(file::SIGNATURE_PIN, SIGNATURE_PIN),
        StatusWord::REFERENCE_DATA_NOT_USABLE
    );
    terminal.managed_ok(
        ins::RESET_RETRY_COUNTER,
        0x03,
        short(file::SIGNATURE_PIN),
        &[],
    );
    assert_eq!(
        terminal.verify(file::SIGNATURE_PIN, SIGNATURE_PIN),
        StatusWord::SUCCESS
    );
}

#[test]
fn an_erased_slot_starts_again_with_another_key() {
    let mut terminal = Terminal::personalised();
    let before = terminal.public_key(file::SIGNATURE_KEY);
    let key = file::SIGNATURE_KEY.to_be_bytes();
    terminal.managed_ok(ins::TERMINATE_EF, 0, 0, &key);
    assert_eq!(
        terminal.verify(file::SIGNATURE_PIN, SIGNATURE_PIN),
        StatusWord::SUCCESS
    );
    assert_eq!(
        terminal.sign(file::SIGNATURE_KEY, b"x").1,
        StatusWord::CONDITIONS_NOT_SATISFIED
    );
    terminal.managed_ok(ins::DELETE_FILE, 0, 0, &key);
    assert_eq!(
        terminal.verify(file::SIGNATURE_PIN, SIGNATURE_PIN),
        StatusWord::REFERENCE_DATA_NOT_USABLE
    );
    terminal.managed_ok(
        ins::GENERATE_ASYMMETRIC_KEY_PAIR,
        0x80,
        short(file::SIGNATURE_KEY),
        &[],
    );
    assert_ne!(terminal.public_key(file::SIGNATURE_KEY), before);
    // The other slot has seen nothing of this.
    assert_eq!(
        terminal.verify(file::AUTHENTICATION_PIN, AUTHENTICATION_PIN),
        StatusWord::SUCCESS
    );
    assert_eq!(
        terminal.sign(file::AUTHENTICATION_KEY, b"x").1,
        StatusWord::SUCCESS
    );
}

#[test]
fn a_generation_that_power_loss_interrupts_leaves_an_empty_slot() {
    let p2 = short(file::SIGNATURE_KEY);
    let generate = Command::new(0x80, ins::GENERATE_ASYMMETRIC_KEY_PAIR, 0x80, p2);
    let read = Command::new(0x80, ins::GENERATE_ASYMMETRIC_KEY_PAIR, 0x81, p2);
    let mut writes = 0;
    loop {
        let mut terminal = Terminal::new();
        terminal.open_channel();
        if terminal.managed_torn(&generate, writes).is_ok() {
            break;
        }
        terminal.select();
        terminal.open_channel();
        let (_, status) = terminal.managed(&read.with_data(&[0x54, 2, 0, 0]).with_le(256));
        assert_eq!(
            status,
            StatusWord::CONDITIONS_NOT_SATISFIED,
            "after {writes} writes"
        );
        assert_eq!(terminal.managed(&generate).1, StatusWord::SUCCESS);
        assert_eq!(terminal.public_key(file::SIGNATURE_KEY).len(), 270);
        writes += 1;
    }
    assert!(writes >= 2, "key and state are two writes");
}

#[test]
fn an_erasure_that_power_loss_interrupts_leaves_a_whole_or_an_empty_slot() {
    let key = file::SIGNATURE_KEY.to_be_bytes();
    let erase = Command::new(0x80, ins::DELETE_FILE, 0, 0).with_data(&key);
    let read =
        Command::new(0, ins::READ_BINARY, short(file::SIGNATURE_CERTIFICATE), 0).with_le(256);
    let (mut writes, mut whole, mut empty) = (0, 0, 0);
    loop {
        let mut terminal = Terminal::personalised();
        if terminal.managed_torn(&erase, writes).is_ok() {
            break;
        }
        terminal.select();
        if terminal.verify(file::SIGNATURE_PIN, SIGNATURE_PIN) == StatusWord::SUCCESS {
            whole += 1;
            assert_eq!(
                terminal.sign(file::SIGNATURE_KEY, b"x").1,
                StatusWord::SUCCESS
            );
            assert_eq!(terminal.send(&read).1, StatusWord::SUCCESS);
        } else {
            empty += 1;
            terminal.open_channel();
            terminal.managed_ok(
                ins::PUT_DATA,
                0x01,
                short(file::SIGNATURE_PIN),
                SIGNATURE_PIN,
            );
            assert_eq!(
                terminal.verify(file::SIGNATURE_PIN, SIGNATURE_PIN),
                StatusWord::SUCCESS
            );
            assert_eq!(
                terminal.send(&read).1,
                StatusWord::WRONG_OFFSET,
                "after {writes} writes"
            );
            assert_eq!(
                terminal.sign(file::SIGNATURE_KEY, b"x").1,
                StatusWord::CONDITIONS_NOT_SATISFIED
            );
            terminal.managed_ok(
                ins::GENERATE_ASYMMETRIC_KEY_PAIR,
                0x80,
                short(file::SIGNATURE_KEY),
                &[],
            );
        }
        writes += 1;
    }
    assert!(whole > 0 && empty > 0, "{whole} whole, {empty} empty");
}
