//! How long commands would take on a card.

use card_sim::Card;
use card_sim::cost::{Costs, Estimate, Stopwatch};
use std::sync::{Arc, Mutex, PoisonError};

/// The table of costs where a profile names none.
const COSTS: &str = "j3r180";

/// A stopwatch for what a card executes, to watch it and to be asked.
#[derive(Clone)]
pub(crate) struct Watch(pub(crate) Arc<Mutex<Stopwatch>>);

impl Watch {
    /// By the costs of the card's profile; `None` where the profile names a table that there is not.
    #[must_use]
    pub(crate) fn of(card: &Card) -> Option<Self> {
        let profile = card.runtime().profile();
        let costs = profile.and_then(|profile| profile.costs.as_deref());
        Costs::named(costs.unwrap_or(COSTS))
            .map(|costs| Self(Arc::new(Mutex::new(Stopwatch::new(costs)))))
    }

    /// What was seen since the last time that this was asked.
    #[must_use]
    pub(crate) fn take(&self) -> Estimate {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// An estimate in words: a lower bound, and what is not in it.
#[must_use]
pub(crate) fn text(estimate: Estimate) -> String {
    let milliseconds = |nanoseconds: u64| {
        format!(
            "{}.{:03} ms",
            nanoseconds / 1_000_000,
            nanoseconds / 1000 % 1000
        )
    };
    let unmeasured = match estimate.unmeasured {
        0 => String::new(),
        count => format!(", {count} calls of it unmeasured"),
    };
    format!(
        "at least {} on a card, {} of it in the API{unmeasured}",
        milliseconds(estimate.total()),
        milliseconds(estimate.api)
    )
}
