//! The firewall's contexts: whose code runs, who called it, and which applet is selected (JCRE 3.0.5 chapter 6).

use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::vec::Vec;

/// The context of a package: all of its applets share it.
pub(super) type ContextId = usize;

/// Whose code runs, and who called it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Active {
    /// The package; `None` is the runtime environment.
    pub(super) context: Option<ContextId>,
    /// The applet.
    pub(super) applet: Vec<u8>,
    /// The applet that was active before the last switch; `None` is the runtime environment.
    pub(super) caller: Option<Vec<u8>>,
}

/// The contexts of a card.
#[derive(Default)]
pub(super) struct Contexts {
    /// Package AIDs; a context is an index.
    packages: RefCell<Vec<Vec<u8>>>,
    active: RefCell<Active>,
    selected: Cell<Option<ContextId>>,
    installing: Cell<bool>,
    /// Where the APDU buffer lies: the array that all contexts may use.
    global: RefCell<Range<usize>>,
}

impl Contexts {
    /// The context of a package, a new one for a new package.
    pub(super) fn of(&self, package: &[u8]) -> ContextId {
        let mut packages = self.packages.borrow_mut();
        let known = packages.iter().position(|known| known == package);
        known.unwrap_or_else(|| {
            packages.push(package.to_vec());
            packages.len() - 1
        })
    }

    pub(super) fn active(&self) -> Active {
        self.active.borrow().clone()
    }

    /// What is active from now on.
    pub(super) fn set_active(&self, active: Active) {
        self.active.replace(active);
    }

    pub(super) fn select(&self, context: Option<ContextId>) {
        self.selected.set(context);
    }

    pub(super) fn set_installing(&self, installing: bool) {
        self.installing.set(installing);
    }

    pub(super) fn is_installing(&self) -> bool {
        self.installing.get()
    }

    pub(super) fn set_global(&self, buffer: &[u8]) {
        let start = buffer.as_ptr().addr();
        self.global.replace(start..start + buffer.len());
    }

    /// Whether a slice is a part of the APDU buffer.
    pub(super) fn is_global(&self, slice: &[u8]) -> bool {
        let global = self.global.borrow();
        let start = slice.as_ptr().addr();
        global.start <= start && start + slice.len() <= global.end
    }

    /// That memory which deselection clears is in reach: that the selected applet's context is the active one
    /// (`JCSystem.CLEAR_ON_DESELECT`).
    pub(super) fn assert_selected(&self) {
        let active = self.active.borrow().context;
        assert!(
            self.installing.get() || active == self.selected.get(),
            "transient memory that deselection clears is out of reach for an applet that is not selected"
        );
    }
}
