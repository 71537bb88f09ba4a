//! What installing an applet made and its commands used is what its budget says, or less.

use capgen::package::budget::AppletBudget;
use card_sim::vm::heap::{RUNTIME_CONTEXT, flag};
use card_sim::vm::{Kind, Object};
use card_sim::{Aid, Card};

const CLEAR_ON: u8 = flag::CLEAR_ON_DESELECT | flag::CLEAR_ON_RESET;

/// What the simulated card adds to each write of a transaction.
const WRITE_OVERHEAD: usize = 4;

/// The classes of the package's own have lower numbers, those of the API have this bit.
const API_CLASS: u16 = 0x8000;

/// Installs an applet under the AID of its module; the objects and arrays that this made in the applet's context.
pub(crate) fn install(card: &mut Card, aid: &[u8], parameters: &[u8]) -> Vec<Object> {
    let aid = Aid::new(aid).unwrap();
    let known = card.runtime().heap().objects().len();
    card.install(aid, aid, parameters)
        .unwrap_or_else(|error| panic!("{error:?}"));
    let made = card.runtime().heap().objects().iter().skip(known);
    made.filter(|object| object.context != RUNTIME_CONTEXT && object.kind != Kind::Free)
        .copied()
        .collect()
}

/// Compares what was made with the budget.
pub(crate) fn memory(budget: &AppletBudget, made: &[Object]) {
    let name = &budget.class;
    let install = &budget.install;
    assert!(install.unbounded.is_empty(), "{name}");
    let bytes = |flags: u8| -> usize {
        let arrays = made.iter().filter(|object| object.kind.is_array());
        let of_kind = arrays.filter(|object| object.flags & CLEAR_ON == flags);
        of_kind.map(|object| object.size()).sum()
    };
    // Classes of the API have a package before their name. How large their objects are and what arrays they have, only the
    // card knows; the simulated one clears those at reset.
    let is_api = |what: &str| what.contains('.');
    let is_array = |what: &str| what.contains('[');
    let allocated = || install.allocated.iter();
    let own = allocated().filter(|one| !is_api(&one.what) && !is_array(&one.what));
    let (count, fields) = own.fold((0, 0), |(count, bytes), one| {
        (count + one.count, bytes + one.bytes)
    });
    let instances = made.iter().filter(|object| object.kind == Kind::Instance);
    let instances = instances.filter(|object| object.class & API_CLASS == 0);
    assert_eq!(instances.count(), count, "{name}");
    assert_eq!(
        bytes(flag::CLEAR_ON_DESELECT),
        install.clear_on_deselect_bytes,
        "{name}"
    );
    let others = [
        (made.len(), install.objects),
        (bytes(0) + fields, install.persistent_bytes),
        (bytes(flag::CLEAR_ON_RESET), install.clear_on_reset_bytes),
    ];
    for (measured, promised) in others {
        if allocated().any(|one| is_api(&one.what)) {
            assert!(measured >= promised, "{name}: {measured} of {promised}");
        } else {
            assert_eq!(measured, promised, "{name}");
        }
    }
}

/// The deepest stack of an applet's entry points.
pub(crate) fn stack(budget: &AppletBudget) -> usize {
    budget.stack.first().map_or(0, |stack| stack.words)
}

/// The most that the simulated card keeps for an applet's transactions; `None` where there is no bound.
pub(crate) fn transaction(budget: &AppletBudget) -> Option<usize> {
    let transactions = budget.transactions.iter().map(|one| &one.written);
    let sizes = transactions.map(|one| Some(one.bytes? + WRITE_OVERHEAD * one.writes?));
    sizes
        .collect::<Option<Vec<_>>>()?
        .into_iter()
        .max()
        .or(Some(0))
}
