//! A purse.

use ledger::{Account, Direction, Log, SEED, checksum, decimal, parts};
use platform::{Aid, Apdu, Applet, Cell, Package, Platform, Result, Serve, StatusWord};

/// The most that a purse holds.
const LIMIT: u16 = 50_000;

/// The applet that may take something out: that of `examples/shop`.
const SHOP: &[u8] = &[0xF0, 0x54, 0x4B, 0x53, 0x48, 0x01];

/// A purse: INS 10 puts in P1 P2, INS 20 takes out, INS 30 tells the balance in digits, INS 32 in whole and
/// hundredths, INS 34 the change before P1 others with a checksum.
pub struct Purse<P: Platform> {
    balance: P::Cell<u16>,
    log: Log<P>,
}

impl<P: Platform> Purse<P> {
    fn change(&mut self, platform: &mut P, direction: Direction, amount: u16) -> Result {
        let balance = self.balance.get();
        let after = if direction == Direction::Out {
            if amount > balance {
                return Err(StatusWord::CONDITIONS_NOT_SATISFIED);
            }
            balance - amount
        } else {
            if amount > LIMIT - balance {
                return Err(StatusWord::CONDITIONS_NOT_SATISFIED);
            }
            balance + amount
        };
        platform.atomically(|_| {
            self.balance.set(after);
            self.log.note(direction, amount);
            Ok(())
        })
    }

    fn last(&self, age: u8, buffer: &mut [u8]) -> Result<usize> {
        let mut change = [0u8; 4];
        self.log.read(age, &mut change)?;
        change[3] = self.log.count();
        buffer[..4].copy_from_slice(&change);
        let [high, low] = checksum(SEED, &change).to_be_bytes();
        buffer[4] = high;
        buffer[5] = low;
        Ok(6)
    }
}

impl<P: Platform> Account<P> for Purse<P> {
    fn balance(&mut self, _platform: &mut P) -> u16 {
        self.balance.get()
    }

    fn debit(&mut self, platform: &mut P, amount: u16, receipt: &mut [u8]) -> Result<usize> {
        if !platform.called_by(SHOP) {
            return Err(StatusWord::SECURITY_STATUS_NOT_SATISFIED);
        }
        self.change(platform, Direction::Out, amount)?;
        self.last(0, receipt)
    }

    fn check(&mut self, _platform: &mut P, text: &[u8]) -> u16 {
        checksum(SEED, text)
    }
}

impl<P: Platform> Serve<P> for Purse<P> {
    type Interface = dyn Account<P>;

    fn serves(&mut self, client: &P::Aid, parameter: u8) -> bool {
        parameter == 0 && client.equals(SHOP)
    }

    fn interface(&mut self) -> &mut Self::Interface {
        self
    }
}

impl<P: Platform> Applet<P> for Purse<P> {
    const PACKAGE: Package = crate::PACKAGE;
    const AID: &'static [u8] = &[0xF0, 0x54, 0x4B, 0x57, 0x41, 0x01];

    fn install(platform: &mut P, _parameters: &[u8]) -> Result<Self> {
        Ok(Purse {
            balance: platform.cell(0u16),
            log: Log::new(platform),
        })
    }

    fn process(&mut self, platform: &mut P, apdu: &mut P::Apdu) -> Result {
        let amount = u16::from_be_bytes([apdu.p1(), apdu.p2()]);
        match apdu.ins() {
            0x10 => self.change(platform, Direction::In, amount),
            0x20 => self.change(platform, Direction::Out, amount),
            0x30 => {
                decimal::write(self.balance.get(), apdu.buffer());
                apdu.send(5)
            }
            0x32 => {
                let (whole, hundredths) = parts(self.balance.get());
                let buffer = apdu.buffer();
                let [high, low] = whole.to_be_bytes();
                buffer[0] = high;
                buffer[1] = low;
                buffer[2] = hundredths;
                apdu.send(3)
            }
            0x60 => crate::name::<P>(apdu),
            0x34 => {
                let age = apdu.p1();
                let length = self.last(age, apdu.buffer())?;
                apdu.send(length)
            }
            _ => Err(StatusWord::INSTRUCTION_NOT_SUPPORTED),
        }
    }
}
