//! Loyalty points.

use crate::Points;
use ledger::decimal;
use platform::{Apdu, Applet, Cell, Package, Platform, Result, Serve, StatusWord};

/// Loyalty points: INS 40 gives P1 points, INS 50 tells how many there are and how many this session gave.
pub struct Loyalty<P: Platform> {
    points: P::Cell<u16>,
    session: P::TransientCell<u8>,
}

impl<P: Platform> Points<P> for Loyalty<P> {
    fn give(&mut self, _platform: &mut P, points: u8) {
        self.points
            .set(self.points.get().wrapping_add(u16::from(points)));
    }

    fn session(&mut self, _platform: &mut P) -> u8 {
        self.session.get()
    }
}

impl<P: Platform> Serve<P> for Loyalty<P> {
    type Interface = dyn Points<P>;

    fn serves(&mut self, _client: &P::Aid, _parameter: u8) -> bool {
        true
    }

    fn interface(&mut self) -> &mut Self::Interface {
        self
    }
}

impl<P: Platform> Applet<P> for Loyalty<P> {
    const PACKAGE: Package = crate::PACKAGE;
    const AID: &'static [u8] = &[0xF0, 0x54, 0x4B, 0x57, 0x41, 0x02];

    fn install(platform: &mut P, _parameters: &[u8]) -> Result<Self> {
        Ok(Loyalty {
            points: platform.cell(0u16),
            session: platform.transient_cell(),
        })
    }

    fn process(&mut self, platform: &mut P, apdu: &mut P::Apdu) -> Result {
        match apdu.ins() {
            0x40 => {
                let given = apdu.p1();
                platform.atomically(|_| {
                    self.points
                        .set(self.points.get().wrapping_add(u16::from(given)));
                    self.session.set(self.session.get().wrapping_add(given));
                    Ok(())
                })
            }
            0x60 => crate::name::<P>(apdu),
            0x50 => {
                let buffer = apdu.buffer();
                decimal::write(self.points.get(), buffer);
                buffer[5] = self.session.get();
                apdu.send(6)
            }
            _ => Err(StatusWord::INSTRUCTION_NOT_SUPPORTED),
        }
    }

    fn deselect(&mut self, _platform: &mut P) {
        // Points that were given and not kept are not carried over.
        self.session.set(0);
    }
}
