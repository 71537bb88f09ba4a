//! As small as an applet can be: it answers 9000 to everything.
#![no_std]
#![forbid(unsafe_code)]

use platform::{Applet, Package, Platform, Result};

/// Sets a byte.
pub struct Tiny<P: Platform> {
    count: P::Cell<u8>,
}

impl<P: Platform> Applet<P> for Tiny<P> {
    const PACKAGE: Package = Package {
        aid: &[0xF0, 0x74, 0x69, 0x6E, 0x79],
        major: 1,
        minor: 0,
    };
    const AID: &'static [u8] = &[0xF0, 0x74, 0x69, 0x6E, 0x79, 0x01];

    fn install(platform: &mut P, _parameters: &[u8]) -> Result<Self> {
        Ok(Tiny { count: platform.cell(0u8) })
    }

    fn process(&mut self, _platform: &mut P, _apdu: &mut P::Apdu) -> Result {
        self.count.set(1);
        Ok(())
    }
}
