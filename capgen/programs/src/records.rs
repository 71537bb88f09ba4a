//! A file of records of fixed length: create, append, read, update, delete, find.

use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

const CREATE: u8 = 0xE0;
const DELETE: u8 = 0xE4;
const APPEND: u8 = 0xE2;
const READ: u8 = 0xB2;
const UPDATE: u8 = 0xDC;
const SEARCH: u8 = 0xA2;

const CAPACITY: usize = 512;

/// The applet.
pub struct Records<P: Platform> {
    record_length: P::Cell<u8>,
    limit: P::Cell<u8>,
    count: P::Cell<u8>,
    content: P::Bytes<CAPACITY>,
    appended: P::Cell<u16>,
}

impl<P: Platform> Applet<P> for Records<P> {
    const PACKAGE: Package = Package {
        aid: &[0xF0, 0x54, 0x4B, 0x01, 0x05],
        major: 1,
        minor: 0,
    };
    const AID: &'static [u8] = &[0xF0, 0x54, 0x4B, 0x01, 0x05, 0x01];

    fn install(platform: &mut P, _parameters: &[u8]) -> Result<Self> {
        Ok(Records {
            record_length: platform.cell(0u8),
            limit: platform.cell(0u8),
            count: platform.cell(0u8),
            content: platform.bytes::<CAPACITY>(),
            appended: platform.cell(0u16),
        })
    }

    fn process(&mut self, platform: &mut P, apdu: &mut P::Apdu) -> Result {
        if apdu.cla() != 0 {
            return Err(StatusWord::CLASS_NOT_SUPPORTED);
        }
        match apdu.ins() {
            CREATE => self.create(platform, apdu),
            DELETE => self.delete(platform),
            APPEND => self.append(platform, apdu),
            READ => self.read(apdu),
            UPDATE => self.update(apdu),
            SEARCH => self.search(apdu),
            _ => Err(StatusWord::INSTRUCTION_NOT_SUPPORTED),
        }
    }
}

impl<P: Platform> Records<P> {
    fn create(&mut self, platform: &mut P, apdu: &mut P::Apdu) -> Result {
        if self.record_length.get() != 0 {
            return Err(StatusWord::CONDITIONS_NOT_SATISFIED);
        }
        let record_length = apdu.p1();
        let limit = apdu.p2();
        if record_length == 0 || record_length as usize * limit as usize > CAPACITY {
            return Err(StatusWord::INCORRECT_P1_P2);
        }
        platform.atomically(|_| {
            self.record_length.set(record_length);
            self.limit.set(limit);
            self.count.set(0);
            Ok(())
        })
    }

    fn delete(&mut self, platform: &mut P) -> Result {
        self.existing()?;
        self.content.fill(0, CAPACITY, 0);
        platform.atomically(|_| {
            self.record_length.set(0);
            self.limit.set(0);
            self.count.set(0);
            Ok(())
        })
    }

    fn append(&mut self, platform: &mut P, apdu: &mut P::Apdu) -> Result {
        let record_length = self.existing()?;
        let count = self.count.get();
        if count >= self.limit.get() {
            return Err(StatusWord::CONDITIONS_NOT_SATISFIED);
        }
        let length = apdu.receive()?;
        if length != record_length {
            return Err(StatusWord::WRONG_LENGTH);
        }
        let data = apdu.buffer();
        platform.atomically(|_| {
            self.content
                .write(count as usize * record_length, &data[..length]);
            self.count.set(count + 1);
            self.appended.set(self.appended.get().wrapping_add(1));
            Ok(())
        })
    }

    fn read(&mut self, apdu: &mut P::Apdu) -> Result {
        let record_length = self.existing()?;
        let offset = self.record(apdu.p1())?;
        let expected = apdu.expected();
        if expected < record_length {
            return Err(StatusWord::WRONG_LENGTH);
        }
        let buffer = apdu.buffer();
        self.content.read(offset, &mut buffer[..record_length]);
        apdu.send(record_length)
    }

    fn update(&mut self, apdu: &mut P::Apdu) -> Result {
        let record_length = self.existing()?;
        let offset = self.record(apdu.p1())?;
        let length = apdu.receive()?;
        if length != record_length {
            return Err(StatusWord::WRONG_LENGTH);
        }
        let buffer = apdu.buffer();
        self.content.write(offset, &buffer[..length]);
        Ok(())
    }

    /// Answers with the numbers of the records that contain the command data.
    fn search(&mut self, apdu: &mut P::Apdu) -> Result {
        let record_length = self.existing()?;
        let length = apdu.receive()?;
        if length == 0 || length > record_length {
            return Err(StatusWord::WRONG_LENGTH);
        }
        let buffer = apdu.buffer();
        let mut found = 0;
        let count = self.count.get() as usize;
        for number in 0..count {
            let start = number * record_length;
            let mut at = 0;
            let mut is_found = false;
            while at + length <= record_length && !is_found {
                let mut same = 0;
                while same < length && self.content.get(start + at + same) == buffer[same] {
                    same += 1;
                }
                is_found = same == length;
                at += 1;
            }
            if is_found {
                // Behind the pattern, which is still needed.
                buffer[length + found] = number as u8 + 1;
                found += 1;
            }
        }
        if found == 0 {
            return Err(StatusWord::FILE_NOT_FOUND);
        }
        buffer.copy_within(length..length + found, 0);
        apdu.send(found)
    }

    /// The length of a record, where there is a file.
    fn existing(&self) -> Result<usize> {
        let length = self.record_length.get();
        if length == 0 {
            return Err(StatusWord::CONDITIONS_NOT_SATISFIED);
        }
        Ok(length as usize)
    }

    /// Where the record with this number starts; the first is number 1.
    fn record(&self, number: u8) -> Result<usize> {
        if number == 0 || number > self.count.get() {
            return Err(StatusWord::FILE_NOT_FOUND);
        }
        Ok((number as usize - 1) * self.record_length.get() as usize)
    }
}
