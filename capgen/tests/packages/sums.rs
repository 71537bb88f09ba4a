use platform::{Apdu, Applet, Cell, Package, Platform, Result, StatusWord};

/// Cells of two words each.
pub struct Sums<P: Platform> {
    debit: P::Cell<u32>,
    credit: P::Cell<u32>,
}

impl<P: Platform> Sums<P> {
    fn anywhere(&mut self, amount: u16) {
        for _ in 0..amount & 3 {
            self.debit.set(self.debit.get().wrapping_mul(7).rotate_left(3) ^ 0x1234_5678);
        }
    }

    fn inside(&mut self, amount: u16) {
        for _ in 0..amount & 3 {
            self.credit.set(self.credit.get().wrapping_mul(5).rotate_left(9) ^ 0x8765_4321);
        }
    }
}

impl<P: Platform> Applet<P> for Sums<P> {
    const PACKAGE: Package = Package {
        aid: b"sums-",
        major: 1,
        minor: 0,
    };
    const AID: &'static [u8] = b"sums-1";

    fn install(platform: &mut P, _: &[u8]) -> Result<Self> {
        Ok(Sums {
            debit: platform.cell(0u32),
            credit: platform.cell(0u32),
        })
    }

    fn process(&mut self, platform: &mut P, apdu: &mut P::Apdu) -> Result {
        let amount = u16::from_be_bytes([apdu.p1(), apdu.p2()]);
        match apdu.ins() {
            // Of its own.
            0x10 => self.debit.set(u32::from(amount)),
            // Both are one.
            0x20 => platform.atomically(|_| {
                self.debit.set(u32::from(amount) + 1);
                self.credit.set(u32::from(amount) + 2);
                Ok(())
            })?,
            // A call that is in one, and one that is not.
            0x30 => platform.atomically(|_| {
                self.anywhere(amount);
                self.credit.set(u32::from(amount) + 3);
                self.inside(amount);
                Ok(())
            })?,
            0x40 => self.anywhere(amount),
            0x50 => platform.atomically(|_| {
                self.inside(amount);
                self.inside(amount >> 2);
                Ok(())
            })?,
            _ => return Err(StatusWord::INSTRUCTION_NOT_SUPPORTED),
        }
        let sums = self.debit.get() ^ self.credit.get();
        apdu.buffer()[..4].copy_from_slice(&sums.to_be_bytes());
        apdu.send(4)
    }
}
