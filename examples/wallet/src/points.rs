//! What the applets of other packages may do with loyalty points.

use platform::{Platform, shareable};

shareable! {
    /// Loyalty points, as others see them.
    pub trait Points<P: Platform> {
        /// Gives some.
        fn give(&mut self, platform: &mut P, points: u8);

        /// How many this session gave: out of reach but for the selected applet.
        fn session(&mut self, platform: &mut P) -> u8;
    }
}
