//! The host's AES against published vectors, and when keys may change.
#![cfg(feature = "host")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use platform::host::{Host, HostCard, HostConfig};
use platform::{AesCbc, AesKey, Apdu, Applet, EcKeyPair, Package, Platform, Result, StatusWord};

/// Encrypts (INS 10) and decrypts (INS 12) with the key, the initial vector and the blocks of the command; INS 14 makes
/// a key within a transaction, INS 16 tells whether the AES key is set and destroys it.
struct Probe<P: Platform> {
    key: P::AesKey,
    cipher: P::AesCbc,
    pair: P::EcKeyPair,
}

impl<P: Platform> Applet<P> for Probe<P> {
    const PACKAGE: Package = Package {
        aid: b"probe",
        major: 1,
        minor: 0,
    };
    const AID: &'static [u8] = b"probe.app";

    fn install(platform: &mut P, _parameters: &[u8]) -> Result<Self> {
        Ok(Self {
            key: platform.aes_key(128),
            cipher: platform.aes_cbc(),
            pair: platform.ec_key_pair(),
        })
    }

    fn process(&mut self, platform: &mut P, apdu: &mut P::Apdu) -> Result {
        match apdu.ins() {
            ins @ (0x10 | 0x12) => {
                let length = apdu.receive()?;
                let (key, rest) = apdu.buffer()[..length].split_at_mut(16);
                let (iv, data) = rest.split_at_mut(16);
                self.key.set(key);
                if ins == 0x10 {
                    self.cipher.encrypt(&self.key, iv, data);
                } else {
                    self.cipher.decrypt(&self.key, iv, data);
                }
                apdu.buffer().copy_within(32..length, 0);
                apdu.send(length - 32)
            }
            0x14 => platform.atomically(|_| {
                self.pair.generate();
                Ok(())
            }),
            0x16 => {
                apdu.buffer()[0] = self.key.is_set().into();
                self.key.clear();
                apdu.send(1)
            }
            _ => Err(StatusWord::INSTRUCTION_NOT_SUPPORTED),
        }
    }
}

fn card() -> HostCard<Probe<Host>> {
    let mut card = HostCard::install(&HostConfig::default(), &[]).unwrap();
    card.select();
    card
}

/// NIST SP 800-38A, F.2.1 and F.2.2: CBC with AES-128, the first two blocks.
#[test]
fn aes_is_that_of_the_standard() {
    let key = 0x2B7E_1516_28AE_D2A6_ABF7_1588_09CF_4F3C_u128.to_be_bytes();
    let iv = 0x0001_0203_0405_0607_0809_0A0B_0C0D_0E0F_u128.to_be_bytes();
    let plain = [
        0x6BC1_BEE2_2E40_9F96_E93D_7E11_7393_172A_u128,
        0xAE2D_8A57_1E03_AC9C_9EB7_6FAC_45AF_8E51,
    ];
    let encrypted = [
        0x7649_ABAC_8119_B246_CEE9_8E9B_12E9_197D_u128,
        0x5086_CB9B_5072_19EE_95DB_113A_9176_78B2,
    ];
    let blocks = |blocks: [u128; 2]| blocks.map(u128::to_be_bytes).concat();
    for (ins, from, to) in [(0x10, plain, encrypted), (0x12, encrypted, plain)] {
        let command = [&[0x80, ins, 0, 0, 64][..], &key, &iv, &blocks(from), &[0]].concat();
        let answer = card().transmit(&command);
        assert_eq!(answer, [&blocks(to)[..], &[0x90, 0x00]].concat());
    }
}

#[test]
fn a_key_is_set_until_it_is_destroyed() {
    let mut card = card();
    let ask = [0x80, 0x16, 0, 0, 0];
    assert_eq!(card.transmit(&ask), [0, 0x90, 0x00]);
    card.transmit(&[&[0x80, 0x10, 0, 0, 48][..], &[7; 48], &[0]].concat());
    card.reset();
    card.select();
    assert_eq!(card.transmit(&ask), [1, 0x90, 0x00]);
    assert_eq!(card.transmit(&ask), [0, 0x90, 0x00]);
}

#[test]
#[should_panic(expected = "each card's own affair")]
fn no_key_changes_within_a_transaction() {
    card().transmit(&[0x80, 0x14, 0, 0]);
}
