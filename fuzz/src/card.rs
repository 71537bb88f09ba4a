//! The simulated card as hosts see it: whatever comes, it answers, in fast and in defensive mode alike, and its image
//! gives the same card back.

mod cards;
mod commands;
mod host;
mod image;
mod packages;

pub(crate) use image::images;
pub(crate) use packages::packages;

use crate::Choices;
use card_sim::vm::Remains;
use card_sim::{Card, Cause, Fault};
use host::Host;

/// Commands and other events in one run.
const EVENTS: usize = 48;

/// Whether the last command used up its budget.
fn is_spent(card: &Card) -> bool {
    card.last_fault()
        .is_some_and(|fault| matches!(fault.cause, Cause::StepBudget(_)))
}

/// Two copies of one card, of which one runs in defensive mode. What is on it verifies, so they have to agree.
struct Pair {
    fast: Card,
    defensive: Card,
}

impl Pair {
    fn new(card: Card) -> Self {
        let mut defensive = card.clone();
        defensive.set_defensive(true);
        Self {
            fast: card,
            defensive,
        }
    }

    fn both(&mut self, change: impl Fn(&mut Card)) {
        change(&mut self.fast);
        change(&mut self.defensive);
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        let response = self.fast.transmit(command);
        let other = self.defensive.transmit(command);
        if let Some((rule, place)) = self.defensive.last_fault().and_then(Fault::type_violation) {
            panic!("{rule} at {place:?} by {command:02X?}");
        }
        // The modes look at the budget at different instructions: from there on, they are one card again.
        if [&self.fast, &self.defensive]
            .iter()
            .any(|card| is_spent(card))
        {
            *self = Self::new(self.fast.clone());
            return response;
        }
        assert_eq!(
            response,
            other,
            "fast and defensive mode on {command:02X?}: {:?}, {:?}",
            self.fast.last_fault(),
            self.defensive.last_fault()
        );
        assert_eq!(
            self.fast.command_usage().persistent_writes,
            self.defensive.command_usage().persistent_writes,
            "writes of {command:02X?}"
        );
        // A card without power is silent; any other tells a status word.
        assert!(
            response.len() >= 2 || (response.is_empty() && self.fast.is_torn()),
            "{response:02X?} to {command:02X?}"
        );
        response
    }

    /// Powers the card up again if the last command cut it off.
    fn restart(&mut self) {
        self.both(|card| {
            card.tear_at(None);
            if card.is_torn() {
                card.reset();
            }
        });
    }
}

/// A session of a host with a card: commands right and wrong, in and out of secure channels and on several logical
/// channels, resets, power cuts, forks, images.
pub(crate) fn commands(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let (card, protocol) = cards::choose(&mut choices);
    let mut pair = Pair::new(card);
    let mut host = Host::new(protocol);
    for _ in 0..EVENTS {
        if choices.is_empty() {
            break;
        }
        match choices.below(24) {
            0 => {
                host.forget();
                pair.both(|card| {
                    card.reset();
                });
            }
            1 | 2 => {
                let write = 1 + u64::from(choices.byte() % 32);
                let remains = *choices.pick(&[
                    Remains::Written,
                    Remains::Old,
                    Remains::New,
                    Remains::Mixed(1),
                ]);
                pair.both(|card| {
                    card.tear_at(Some(write));
                    card.set_remains(remains);
                });
                let command = host.command(&mut choices, &pair.fast);
                pair.transmit(&command);
                pair.restart();
            }
            3 => {
                let command = host.command(&mut choices, &pair.fast);
                let mut fork = pair.fast.clone();
                let answer = fork.transmit(&command);
                assert_eq!(
                    pair.transmit(&command),
                    answer,
                    "a fork answers {command:02X?} as the card does"
                );
            }
            4 => {
                let image = pair.fast.to_image().expect("a card has an image");
                let restored = Card::from_image(&image).expect("an image gives a card");
                assert!(
                    restored.to_image().expect("a card has an image") == image,
                    "an image gives the same card"
                );
                let transmission = pair.fast.transmission();
                pair = Pair::new(restored);
                pair.both(|card| card.set_transmission(transmission));
            }
            5..=12 if !host.has_session() => {
                host.open(&mut choices, |command| pair.transmit(command))
            }
            _ => {
                let command = host.command(&mut choices, &pair.fast);
                let response = pair.transmit(&command);
                host.learn(&response);
            }
        }
    }
    pair.fast.to_image().expect("a card has an image");
}
