//! What the applets of other packages may do with a purse.

use platform::{Platform, Result, shareable};

shareable! {
    /// A purse, as others see it.
    pub trait Account<P: Platform> {
        /// What is in it.
        fn balance(&mut self, platform: &mut P) -> u16;

        /// Takes an amount out, writes a receipt to the start of `receipt`, and tells its length.
        fn debit(&mut self, platform: &mut P, amount: u16, receipt: &mut [u8]) -> Result<usize>;

        /// The checksum of a text.
        fn check(&mut self, platform: &mut P, text: &[u8]) -> u16;
    }
}
