//! A purse.

use crate::decimal;
use platform::{Apdu, Applet, Cell, Package, Platform, Result, StatusWord};

/// The most that a purse holds.
const LIMIT: u16 = 50_000;

/// A purse: INS 10 puts in P1 P2, INS 20 takes out, INS 30 tells the balance.
pub struct Purse<P: Platform> {
    balance: P::Cell<u16>,
}

impl<P: Platform> Purse<P> {
    fn change(&mut self, apdu: &mut P::Apdu) -> Result {
        let amount = u16::from_be_bytes([apdu.p1(), apdu.p2()]);
        let balance = self.balance.get();
        if apdu.ins() == 0x20 {
            if amount > balance {
                return Err(StatusWord::CONDITIONS_NOT_SATISFIED);
            }
            self.balance.set(balance - amount);
        } else {
            if amount > LIMIT - balance {
                return Err(StatusWord::CONDITIONS_NOT_SATISFIED);
            }
            self.balance.set(balance + amount);
        }
        Ok(())
    }
}

impl<P: Platform> Applet<P> for Purse<P> {
    const PACKAGE: Package = crate::PACKAGE;
    const AID: &'static [u8] = &[0xF0, 0x54, 0x4B, 0x57, 0x41, 0x01];

    fn install(platform: &mut P, _parameters: &[u8]) -> Result<Self> {
        Ok(Purse {
            balance: platform.cell(0u16),
        })
    }

    fn process(&mut self, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
        match apdu.ins() {
            0x10 | 0x20 => self.change(apdu),
            0x30 => {
                decimal::write(self.balance.get(), apdu.buffer());
                apdu.send(5)
            }
            _ => Err(StatusWord::INSTRUCTION_NOT_SUPPORTED),
        }
    }
}
