//! What is known of the labels of a function.

use super::item::{Item, Label};

/// Something for each label of which it is known: labels are numbered without large gaps.
#[derive(Clone, Debug)]
pub(super) struct Labels<T>(Vec<Option<T>>);

impl<T> Labels<T> {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) fn insert(&mut self, label: Label, value: T) {
        if self.0.len() <= label.0 {
            self.0.resize_with(label.0 + 1, || None);
        }
        self.0[label.0] = Some(value);
    }

    pub(super) fn get(&self, label: Label) -> Option<&T> {
        self.0.get(label.0)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, label: Label) -> Option<&mut T> {
        self.0.get_mut(label.0)?.as_mut()
    }

    pub(super) fn contains(&self, label: Label) -> bool {
        self.get(label).is_some()
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &T> {
        self.0.iter().flatten()
    }
}

/// The index of each label among the items.
pub(super) fn places(items: &[Item]) -> Labels<usize> {
    let mut found = Labels::new();
    for (index, item) in items.iter().enumerate() {
        if let Item::Label(label) = item {
            found.insert(*label, index);
        }
    }
    found
}

/// The labels that something goes to.
pub(super) fn targets(items: &[Item]) -> Labels<()> {
    let mut found = Labels::new();
    for target in items.iter().flat_map(Item::targets) {
        found.insert(target, ());
    }
    found
}
