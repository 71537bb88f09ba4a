//! What the card manager keeps for each logical channel by itself.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

/// A state for each logical channel; it is that of the channel of the command.
#[derive(Clone, Debug, Default)]
pub(super) struct PerChannel<T> {
    channel: u8,
    current: T,
    /// Of the other channels, where there is any.
    others: BTreeMap<u8, T>,
}

impl<T: Default> PerChannel<T> {
    /// A command came on this channel.
    pub(super) fn enter(&mut self, channel: u8) {
        if channel == self.channel {
            return;
        }
        let next = self.others.remove(&channel).unwrap_or_default();
        let previous = std::mem::replace(&mut self.current, next);
        self.others.insert(self.channel, previous);
        self.channel = channel;
    }

    /// Forgets the state of every other channel.
    pub(super) fn forget_others(&mut self) {
        self.others.clear();
    }
}

impl<T> Deref for PerChannel<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.current
    }
}

impl<T> DerefMut for PerChannel<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.current
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_channel_has_its_own() {
        let mut state: PerChannel<Vec<u8>> = PerChannel::default();
        state.push(1);
        state.enter(3);
        assert!(state.is_empty());
        state.push(2);
        state.enter(0);
        assert_eq!(*state, [1]);
        state.enter(3);
        assert_eq!(*state, [2]);
        state.forget_others();
        state.enter(0);
        assert!(state.is_empty());
    }
}
