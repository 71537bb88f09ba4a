//! Instances of what has parameters: a definition of the sources, and what its parameters stand for.

use std::cell::RefCell;

use crate::front::define::Number;
use crate::front::ty::Generics;

/// The number of the first instance; those of the sources' definitions are below.
const FIRST: usize = 1 << 31;

/// The instances of one kind of definition.
pub(crate) struct Instances<Id>(RefCell<Vec<(Id, Generics)>>);

impl<Id: Number> Instances<Id> {
    /// Whether it is one of the sources.
    pub(crate) fn is_written(&self, id: Id) -> bool {
        id.number() < FIRST
    }

    /// The definition of the sources.
    pub(crate) fn base(&self, id: Id) -> Id {
        let index = id.number().checked_sub(FIRST);
        let made = self.0.borrow();
        index
            .and_then(|index| made.get(index))
            .map_or(id, |(base, _)| *base)
    }

    /// What the parameters of an instance stand for.
    pub(crate) fn generics(&self, id: Id) -> Option<Generics> {
        let index = id.number().checked_sub(FIRST)?;
        let made = self.0.borrow();
        made.get(index).map(|(_, generics)| generics.clone())
    }

    /// The instance for a set of types.
    pub(crate) fn of(&self, id: Id, generics: Generics) -> Id {
        let mut made = self.0.borrow_mut();
        let wanted = (id, generics);
        let known = made.iter().position(|known| *known == wanted);
        let index = known.unwrap_or_else(|| {
            made.push(wanted);
            made.len() - 1
        });
        Id::numbered(FIRST + index)
    }
}

impl<Id> Default for Instances<Id> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}
