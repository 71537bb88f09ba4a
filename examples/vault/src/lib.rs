//! Secrets under names, behind a PIN.
//!
//! | command | CLA INS | data | answer |
//! | --- | --- | --- | --- |
//! | VERIFY | 80 20 | the PIN, which the install parameters set | 63Cx: x tries left; 6983: blocked |
//! | PUT | 80 01 | 80: the name, at most 16 bytes; 81: the secret, at most 32 | 6A84: no room |
//! | GET | 80 02 | a name | its secret; 6A88: there is none |
//! | LIST | 80 03 | | the names, each in an 80 |
//! | DELETE | 80 04 | a name | 6A88: there is none |
//! | GET CHALLENGE | 80 84 | | as many random bytes as Le wants, at most 32 |
//!
//! All but VERIFY want the PIN verified (6982).
#![no_std]
#![forbid(unsafe_code)]

mod tlv;

use platform::{
    Apdu, Applet, Bytes, Cell, OwnerPin, Package, Platform, Random, Result, StatusWord,
};
use tlv::{Tlv, Writer};

const ENTRIES: usize = 8;
const NAME: usize = 16;
const SECRET: usize = 32;
const ENTRY: usize = 2 + NAME + SECRET;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ins {
    Verify,
    Put,
    Get,
    List,
    Delete,
    Random,
}

impl TryFrom<u8> for Ins {
    type Error = StatusWord;

    fn try_from(value: u8) -> Result<Self> {
        Ok(match value {
            0x20 => Self::Verify,
            0x01 => Self::Put,
            0x02 => Self::Get,
            0x03 => Self::List,
            0x04 => Self::Delete,
            0x84 => Self::Random,
            _ => return Err(StatusWord::INSTRUCTION_NOT_SUPPORTED),
        })
    }
}

/// The applet.
pub struct Vault<P: Platform> {
    pin: P::Pin,
    store: P::Bytes<{ ENTRIES * ENTRY }>,
    used: P::Cell<u8>,
    random: P::Random,
}

impl<P: Platform> Applet<P> for Vault<P> {
    const PACKAGE: Package = Package {
        aid: b"\xF0vault",
        major: 1,
        minor: 0,
    };
    const AID: &'static [u8] = b"\xF0vault\x01";

    fn install(platform: &mut P, parameters: &[u8]) -> Result<Self> {
        if !(4..=8).contains(&parameters.len()) {
            return Err(StatusWord::WRONG_DATA);
        }
        let mut pin = platform.pin(3, 8);
        pin.update(parameters);
        Ok(Self {
            pin,
            store: platform.bytes(),
            used: platform.cell(0),
            random: platform.random(),
        })
    }

    fn process(&mut self, platform: &mut P, apdu: &mut P::Apdu) -> Result {
        if apdu.cla() != 0x80 {
            return Err(StatusWord::CLASS_NOT_SUPPORTED);
        }
        let ins = Ins::try_from(apdu.ins())?;
        if ins != Ins::Verify && !self.pin.is_validated() {
            return Err(StatusWord::SECURITY_STATUS_NOT_SATISFIED);
        }
        match ins {
            Ins::Verify => self.verify(apdu),
            Ins::Put => self.put(platform, apdu),
            Ins::Get => self.get(apdu),
            Ins::List => self.list(apdu),
            Ins::Delete => self.delete(apdu),
            Ins::Random => {
                let n = apdu.expected().min(32);
                self.random.fill(&mut apdu.buffer()[..n]);
                apdu.send(n)
            }
        }
    }

    fn deselect(&mut self, _platform: &mut P) {
        self.pin.reset();
    }
}

impl<P: Platform> Vault<P> {
    fn verify(&mut self, apdu: &mut P::Apdu) -> Result {
        let length = apdu.receive()?;
        if self.pin.tries_remaining() == 0 {
            return Err(StatusWord::AUTHENTICATION_METHOD_BLOCKED);
        }
        let buffer = apdu.buffer();
        if self.pin.check(&buffer[..length]) {
            Ok(())
        } else {
            Err(StatusWord::tries_left(self.pin.tries_remaining()))
        }
    }

    /// The slot that holds `name`.
    fn find(&self, name: &[u8]) -> Option<usize> {
        let used = self.used.get();
        for slot in 0..ENTRIES {
            if used & (1 << slot) == 0 {
                continue;
            }
            let base = slot * ENTRY;
            if usize::from(self.store.get(base)) == name.len()
                && (0..name.len()).all(|i| self.store.get(base + 2 + i) == name[i])
            {
                return Some(slot);
            }
        }
        None
    }

    fn free(&self) -> Option<usize> {
        (0..ENTRIES).find(|slot| self.used.get() >> slot & 1 == 0)
    }

    fn put(&mut self, platform: &mut P, apdu: &mut P::Apdu) -> Result {
        let length = apdu.receive()?;
        let data = &apdu.buffer()[..length];
        let mut name: Option<&[u8]> = None;
        let mut secret: Option<&[u8]> = None;
        let mut tlv = Tlv::new(data);
        while let Some((tag, value)) = tlv.next()? {
            match tag {
                0x80 if value.len() <= NAME => name = Some(value),
                0x81 if value.len() <= SECRET => secret = Some(value),
                _ => return Err(StatusWord::WRONG_DATA),
            }
        }
        let (Some(name), Some(secret)) = (name, secret) else {
            return Err(StatusWord::WRONG_DATA);
        };
        let slot = self
            .find(name)
            .or_else(|| self.free())
            .ok_or(StatusWord::NOT_ENOUGH_MEMORY)?;
        let base = slot * ENTRY;
        platform.atomically(|_| {
            self.store.set(base, told(name)?);
            self.store.set(base + 1, told(secret)?);
            self.store.write(base + 2, name);
            self.store.write(base + 2 + NAME, secret);
            self.used.set(self.used.get() | 1 << slot);
            Ok(())
        })
    }

    fn get(&mut self, apdu: &mut P::Apdu) -> Result {
        let length = apdu.receive()?;
        let slot = self
            .find(&apdu.buffer()[..length])
            .ok_or(StatusWord::REFERENCED_DATA_NOT_FOUND)?;
        let base = slot * ENTRY;
        let length = self.store.get(base + 1) as usize;
        self.store
            .read(base + 2 + NAME, &mut apdu.buffer()[..length]);
        apdu.send(length)
    }

    fn list(&mut self, apdu: &mut P::Apdu) -> Result {
        let mut writer = Writer::new(apdu.buffer());
        for slot in (0..ENTRIES).filter(|&slot| self.used.get() & 1 << slot != 0) {
            let base = slot * ENTRY;
            let length = usize::from(self.store.get(base));
            self.store.read(base + 2, writer.object(0x80, length)?);
        }
        let length = writer.len();
        apdu.send(length)
    }

    fn delete(&mut self, apdu: &mut P::Apdu) -> Result {
        let length = apdu.receive()?;
        let Some(slot) = self.find(&apdu.buffer()[..length]) else {
            return Err(StatusWord::REFERENCED_DATA_NOT_FOUND);
        };
        self.used.set(self.used.get() & !(1 << slot));
        self.store.fill(slot * ENTRY, ENTRY, 0);
        Ok(())
    }
}

/// A length in one byte.
fn told(bytes: &[u8]) -> Result<u8> {
    u8::try_from(bytes.len()).map_err(|_| StatusWord::WRONG_LENGTH)
}
