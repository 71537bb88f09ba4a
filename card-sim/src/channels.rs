//! Logical channels (JCRE 3.0.5 §4): which are open, and which application is selected on each.

use crate::class_byte::MAX_CHANNELS;
use crate::registry::ApplicationId;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Slot {
    #[default]
    Closed,
    Open(Option<ApplicationId>),
}

/// The logical channels of a card. The basic one is always open.
#[derive(Clone, Copy, Debug)]
pub struct Channels {
    count: u8,
    current: u8,
    slots: [Slot; MAX_CHANNELS as usize],
}

impl Channels {
    /// The channels of a card that has so many, 1 to 20, and was just powered.
    #[must_use]
    pub fn new(count: u8) -> Self {
        let mut channels = Self {
            count: count.clamp(1, MAX_CHANNELS),
            current: 0,
            slots: [Slot::Closed; MAX_CHANNELS as usize],
        };
        channels.open(0);
        channels
    }

    /// After a reset: all closed but the basic one, nothing selected.
    pub fn reset(&mut self) {
        *self = Self::new(self.count);
    }

    /// How many there are, the basic one included.
    #[must_use]
    pub fn count(&self) -> u8 {
        self.count
    }

    /// The channel of the command that is processed.
    #[must_use]
    pub fn current(&self) -> u8 {
        self.current
    }

    /// A command came on this channel.
    pub fn enter(&mut self, channel: u8) {
        self.current = channel;
    }

    /// Whether a channel is open.
    #[must_use]
    pub fn is_open(&self, channel: u8) -> bool {
        self.slots
            .get(usize::from(channel))
            .is_some_and(|slot| *slot != Slot::Closed)
    }

    /// Opens a channel, with nothing selected.
    pub fn open(&mut self, channel: u8) {
        self.set(channel, Slot::Open(None));
    }

    /// Closes a channel.
    pub fn close(&mut self, channel: u8) {
        self.set(channel, Slot::Closed);
    }

    fn set(&mut self, channel: u8, slot: Slot) {
        if let Some(place) = self.slots.get_mut(usize::from(channel)) {
            *place = slot;
        }
    }

    /// The first channel that is not open.
    #[must_use]
    pub fn first_closed(&self) -> Option<u8> {
        (0..self.count).find(|channel| !self.is_open(*channel))
    }

    /// The application that is selected on the channel of the command.
    #[must_use]
    pub fn selected(&self) -> Option<ApplicationId> {
        match self.slots.get(usize::from(self.current)) {
            Some(Slot::Open(selected)) => *selected,
            _ => None,
        }
    }

    /// Sets what is selected on the channel of the command.
    pub fn select(&mut self, application: Option<ApplicationId>) {
        self.set(self.current, Slot::Open(application));
    }

    /// Channels with the applications that are selected on them.
    pub fn active(&self) -> impl Iterator<Item = (u8, ApplicationId)> + '_ {
        (0u8..).zip(&self.slots).filter_map(|(channel, slot)| {
            let Slot::Open(selected) = slot else {
                return None;
            };
            Some((channel, (*selected)?))
        })
    }

    /// Whether an application is selected on any channel.
    #[must_use]
    pub fn is_active(&self, application: ApplicationId) -> bool {
        self.active().any(|(_, active)| active == application)
    }
}

impl Default for Channels {
    /// As many as there can be.
    fn default() -> Self {
        Self::new(MAX_CHANNELS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_open_and_close() {
        let mut channels = Channels::new(3);
        assert_eq!(channels.first_closed(), Some(1));
        channels.select(Some(ApplicationId(7)));
        channels.open(1);
        channels.enter(1);
        assert_eq!(channels.selected(), None);
        channels.select(Some(ApplicationId(8)));
        channels.open(2);
        assert_eq!(channels.first_closed(), None);
        let active: Vec<_> = channels.active().collect();
        assert_eq!(active, [(0, ApplicationId(7)), (1, ApplicationId(8))]);
        assert!(channels.is_active(ApplicationId(7)) && !channels.is_active(ApplicationId(9)));
        channels.close(1);
        assert_eq!(channels.selected(), None);
        assert!(!channels.is_open(1) && !channels.is_open(200));
        channels.reset();
        assert_eq!((channels.count(), channels.active().count()), (3, 0));
    }
}
