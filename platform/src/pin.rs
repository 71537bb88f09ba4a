//! PINs.

/// A PIN and its retry counter (`javacard.framework.OwnerPIN`).
///
/// The counter is outside of every transaction: it goes down before the comparison, and no abort,
/// reset or power loss gives it back.
pub trait OwnerPin {
    /// Sets a new value (1 to the maximum size, in bytes), the full retry counter, and "not verified".
    fn update(&mut self, pin: &[u8]);
    /// Compares. The right value verifies the PIN and restores the counter; a wrong one costs a try and
    /// clears "verified"; when no try is left the answer is `false` without a comparison.
    fn check(&mut self, pin: &[u8]) -> bool;
    /// How many wrong presentations are left before the PIN blocks.
    fn tries_remaining(&self) -> u8;
    /// Whether the PIN was verified since the last reset, update or [`OwnerPin::reset`].
    fn is_validated(&self) -> bool;
    /// Forgets the verification; the counter of a blocked PIN stays at zero.
    fn reset(&mut self);
    /// Forgets the verification and restores the counter (`resetAndUnblock`).
    fn reset_and_unblock(&mut self);
}
