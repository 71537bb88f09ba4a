//! A security token: one-time passwords (HOTP, RFC 4226), data sealed for its owner, signatures on P-256.
//!
//! | command | CLA INS | P1 | data | answer |
//! | --- | --- | --- | --- | --- |
//! | VERIFY | 00 20 | | the PIN, which the install parameters set | 63Cx: x tries left; 6983: blocked |
//! | SET PASSWORD KEY | 80 10 | | the key, 1 to 64 bytes | |
//! | PASSWORD | 80 12 | | | six digits |
//! | SEAL | 80 14 | | whole blocks of 16 bytes, at most 15 | an initial vector, the blocks encrypted |
//! | OPEN | 80 16 | | what SEAL answered | the blocks |
//! | MAKE KEY | 80 18 | | | the public key, a point of 65 bytes |
//! | SIGN | 80 1A | | a message | its ECDSA signature in DER |
//! | HASH | 80 1C | 00: more follows; 80: the last | a part of a message | with the last, its SHA-256 |
//!
//! All but VERIFY and HASH want the PIN verified (6982).
#![no_std]
#![forbid(unsafe_code)]

mod hotp;

pub use hotp::Hotp;

use platform::{
    AesCbc, AesKey, Apdu, Applet, Cell, Digest, EcKeyPair, EcdsaSigner, OwnerPin, Package,
    Platform, Random, Result, StatusWord,
};

const BLOCK: usize = 16;

/// The applet.
pub struct Token<P: Platform> {
    pin: P::Pin,
    passwords: Hotp<P>,
    sealing: P::AesKey,
    cipher: P::AesCbc,
    random: P::Random,
    key: P::EcKeyPair,
    has_key: P::Cell<bool>,
    signer: P::EcdsaSigner,
    hash: P::Digest,
}

impl<P: Platform> Applet<P> for Token<P> {
    const PACKAGE: Package = Package {
        aid: &[0xF0, 0x54, 0x4B, 0x54, 0x4F],
        major: 1,
        minor: 0,
    };
    const AID: &'static [u8] = &[0xF0, 0x54, 0x4B, 0x54, 0x4F, 0x01];

    fn install(platform: &mut P, parameters: &[u8]) -> Result<Self> {
        if parameters.len() < 4 || parameters.len() > 8 {
            return Err(StatusWord::WRONG_DATA);
        }
        let mut pin = platform.pin(3, 8);
        pin.update(parameters);
        let mut random = platform.random();
        let mut sealing = platform.aes_key(128);
        let mut secret = [0u8; BLOCK];
        random.fill(&mut secret);
        sealing.set(&secret);
        secret.fill(0);
        Ok(Token {
            pin,
            passwords: Hotp::new(platform),
            sealing,
            cipher: platform.aes_cbc(),
            random,
            key: platform.ec_key_pair(),
            has_key: platform.cell(false),
            signer: platform.ecdsa_signer(),
            hash: platform.sha256(),
        })
    }

    fn process(&mut self, platform: &mut P, apdu: &mut P::Apdu) -> Result {
        match (apdu.cla(), apdu.ins()) {
            (0x00, 0x20) => self.verify(apdu),
            (0x80, 0x1C) => self.hash(apdu),
            (0x80, _) if !self.pin.is_validated() => Err(StatusWord::SECURITY_STATUS_NOT_SATISFIED),
            (0x80, 0x10) => {
                let length = apdu.receive()?;
                self.passwords.set_key(platform, &apdu.buffer()[..length])
            }
            (0x80, 0x12) => {
                self.passwords.next(platform, apdu.buffer())?;
                apdu.send(hotp::DIGITS)
            }
            (0x80, 0x14) => self.seal(apdu),
            (0x80, 0x16) => self.open(apdu),
            (0x80, 0x18) => self.make_key(apdu),
            (0x80, 0x1A) => self.sign(apdu),
            (0x00 | 0x80, _) => Err(StatusWord::INSTRUCTION_NOT_SUPPORTED),
            _ => Err(StatusWord::CLASS_NOT_SUPPORTED),
        }
    }

    /// A PIN is verified until another applet is selected, and a message ends with the session.
    fn deselect(&mut self, _platform: &mut P) {
        self.pin.reset();
        self.hash.reset();
    }
}

impl<P: Platform> Token<P> {
    fn verify(&mut self, apdu: &mut P::Apdu) -> Result {
        let length = apdu.receive()?;
        if self.pin.tries_remaining() == 0 {
            return Err(StatusWord::AUTHENTICATION_METHOD_BLOCKED);
        }
        if self.pin.check(&apdu.buffer()[..length]) {
            return Ok(());
        }
        Err(StatusWord::tries_left(self.pin.tries_remaining()))
    }

    fn seal(&mut self, apdu: &mut P::Apdu) -> Result {
        let length = apdu.receive()?;
        if length == 0 || length % BLOCK != 0 || length > 15 * BLOCK {
            return Err(StatusWord::WRONG_LENGTH);
        }
        let buffer = apdu.buffer();
        let mut iv = [0u8; BLOCK];
        self.random.fill(&mut iv);
        self.cipher
            .encrypt(&self.sealing, &iv, &mut buffer[..length]);
        buffer.copy_within(0..length, BLOCK);
        buffer[..BLOCK].copy_from_slice(&iv);
        apdu.send(BLOCK + length)
    }

    fn open(&mut self, apdu: &mut P::Apdu) -> Result {
        let length = apdu.receive()?;
        if length < 2 * BLOCK || length % BLOCK != 0 {
            return Err(StatusWord::WRONG_LENGTH);
        }
        let buffer = apdu.buffer();
        let mut iv = [0u8; BLOCK];
        iv.copy_from_slice(&buffer[..BLOCK]);
        buffer.copy_within(BLOCK..length, 0);
        let length = length - BLOCK;
        self.cipher
            .decrypt(&self.sealing, &iv, &mut buffer[..length]);
        apdu.send(length)
    }

    fn make_key(&mut self, apdu: &mut P::Apdu) -> Result {
        // In this order: a power cut in between leaves no key that counts.
        self.has_key.set(false);
        self.key.generate();
        self.has_key.set(true);
        let length = self.key.public(apdu.buffer());
        apdu.send(length)
    }

    fn sign(&mut self, apdu: &mut P::Apdu) -> Result {
        if !self.has_key.get() {
            return Err(StatusWord::CONDITIONS_NOT_SATISFIED);
        }
        let length = apdu.receive()?;
        let mut signature = [0u8; 72];
        let signed = self
            .signer
            .sign(&self.key, &apdu.buffer()[..length], &mut signature);
        apdu.buffer()[..signed].copy_from_slice(&signature[..signed]);
        apdu.send(signed)
    }

    fn hash(&mut self, apdu: &mut P::Apdu) -> Result {
        let length = apdu.receive()?;
        match apdu.p1() {
            0x00 => {
                self.hash.update(&apdu.buffer()[..length]);
                Ok(())
            }
            0x80 => {
                let mut digest = [0u8; 32];
                self.hash.finish(&apdu.buffer()[..length], &mut digest);
                apdu.buffer()[..32].copy_from_slice(&digest);
                apdu.send(32)
            }
            _ => Err(StatusWord::INCORRECT_P1_P2),
        }
    }
}
