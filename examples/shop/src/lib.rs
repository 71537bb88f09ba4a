//! An applet that uses those of another package: it takes money from the purse, and gives loyalty points.
#![no_std]
#![allow(
    clippy::cast_possible_truncation,
    reason = "Card Rust converts with `as`"
)]

use ledger::Account;
use platform::{Apdu, Applet, Cell, Package, Platform, Result, StatusWord};
use wallet::Points;

/// The applets of `wallet`.
const PURSE: &[u8] = &[0xF0, 0x54, 0x4B, 0x57, 0x41, 0x01];
const LOYALTY: &[u8] = &[0xF0, 0x54, 0x4B, 0x57, 0x41, 0x02];
/// An applet that is on no card.
const NOBODY: &[u8] = &[0xF0, 0x54, 0x4B, 0x57, 0x41, 0x09];

/// A shop. INS 10 sells for P1 P2 and answers with the purse's receipt, INS 20 tells the balance of the purse, INS 30
/// has it check a text of the shop's own, INS 32 one in the APDU buffer; INS 40 asks an applet that is not there, INS 42
/// one that does not answer this parameter, INS 50 for what only a selected applet has, INS 60 tells how much was sold.
pub struct Shop<P: Platform> {
    sold: P::Cell<u16>,
}

impl<P: Platform> Shop<P> {
    fn sell(&mut self, platform: &mut P, amount: u16, buffer: &mut [u8]) -> Result<usize> {
        let mut purse = platform
            .shareable::<dyn Account<P>>(PURSE, 0)
            .ok_or(StatusWord::FILE_NOT_FOUND)?;
        let length = purse.debit(platform, amount, buffer)?;
        self.sold.set(self.sold.get().wrapping_add(amount));
        // Points are a gift: without the applet there are none.
        if let Some(mut points) = platform.shareable::<dyn Points<P>>(LOYALTY, 0) {
            points.give(platform, (amount / 100) as u8);
        }
        Ok(length)
    }

    fn ask(&mut self, platform: &mut P, server: &[u8], parameter: u8) -> Result<u16> {
        let mut purse = platform
            .shareable::<dyn Account<P>>(server, parameter)
            .ok_or(StatusWord::FILE_NOT_FOUND)?;
        Ok(purse.balance(platform))
    }

    fn check(&mut self, platform: &mut P, text: &[u8]) -> Result<u16> {
        let mut purse = platform
            .shareable::<dyn Account<P>>(PURSE, 0)
            .ok_or(StatusWord::FILE_NOT_FOUND)?;
        Ok(purse.check(platform, text))
    }

    fn session(&mut self, platform: &mut P) -> Result<u16> {
        let mut points = platform
            .shareable::<dyn Points<P>>(LOYALTY, 0)
            .ok_or(StatusWord::FILE_NOT_FOUND)?;
        Ok(u16::from(points.session(platform)))
    }
}

impl<P: Platform> Applet<P> for Shop<P> {
    const PACKAGE: Package = Package {
        aid: &[0xF0, 0x54, 0x4B, 0x53, 0x48],
        major: 1,
        minor: 0,
    };
    const AID: &'static [u8] = &[0xF0, 0x54, 0x4B, 0x53, 0x48, 0x01];

    fn install(platform: &mut P, _parameters: &[u8]) -> Result<Self> {
        Ok(Shop {
            sold: platform.cell(0u16),
        })
    }

    fn process(&mut self, platform: &mut P, apdu: &mut P::Apdu) -> Result {
        let amount = u16::from_be_bytes([apdu.p1(), apdu.p2()]);
        let ins = apdu.ins();
        let buffer = apdu.buffer();
        let answer = match ins {
            0x10 => {
                let length = self.sell(platform, amount, buffer)?;
                return apdu.send(length);
            }
            0x20 => self.ask(platform, PURSE, 0)?,
            0x30 => self.check(platform, b"a text of the shop")?,
            0x32 => self.check(platform, &buffer[..4])?,
            0x40 => self.ask(platform, NOBODY, 0)?,
            0x42 => self.ask(platform, PURSE, 1)?,
            0x50 => self.session(platform)?,
            0x60 => self.sold.get(),
            _ => return Err(StatusWord::INSTRUCTION_NOT_SUPPORTED),
        };
        let [high, low] = answer.to_be_bytes();
        buffer[0] = high;
        buffer[1] = low;
        apdu.send(2)
    }
}
