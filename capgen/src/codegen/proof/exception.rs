//! Ways that end with an exception before anything is changed.

use super::state::State;
use crate::codegen::interval::Interval;
use crate::codegen::item::{Item, Label, Symbol};
use crate::codegen::label::{Labels, places};
use crate::codegen::tails::is_throw;
use crate::ir::ApiMethod;
use cap_file::Opcode;

/// So many labels and branches are passed on all ways together.
const FAR: usize = 64;

/// Follows all ways from one place.
pub(in crate::codegen) struct Ways<'a> {
    items: &'a [Item],
    labels: Labels<usize>,
    /// The status that an exception of the virtual machine gives when nobody catches it.
    status: i32,
    /// Whether a method of the API changes nothing.
    is_idle: &'a dyn Fn(&ApiMethod) -> bool,
    left: usize,
}

impl<'a> Ways<'a> {
    pub(in crate::codegen) fn of(
        items: &'a [Item],
        status: i32,
        is_idle: &'a dyn Fn(&ApiMethod) -> bool,
    ) -> Self {
        Self {
            items,
            labels: places(items),
            status,
            is_idle,
            left: FAR,
        }
    }

    /// Whether each way from a place on ends at an index below zero, or with the exception for the same status, and changes
    /// nothing before but words of the frame. What is promised does not count: it is promised to who comes here
    /// otherwise.
    pub(in crate::codegen) fn end(&mut self, from: Label, mut state: State) -> bool {
        let Some(from) = self.labels.get(from).copied() else {
            return false;
        };
        let Some(left) = self.left.checked_sub(1) else {
            return false;
        };
        self.left = left;
        let items = self.items;
        for item in items.iter().skip(from) {
            if let Item::Plain(opcode, _) = item
                && let Some(above) = above_index(*opcode)
                && state.below(above).high < 0
            {
                return true;
            }
            if is_throw(item) {
                return state.top() == Interval::new(self.status, self.status);
            }
            if !self.changes_nothing(item) {
                return false;
            }
            let taken = state.to_be_taken(item);
            if state.step(item).is_err() {
                return false;
            }
            if let Item::Branch(opcode, target) = item {
                let [jumps, goes_on] = state.branch(*opcode, &taken);
                let jumps = jumps.is_none_or(|state| self.end(*target, state));
                if !jumps || item.ends_flow() {
                    return jumps;
                }
                match goes_on {
                    Some(on) => state = on,
                    None => return true,
                }
            } else if item.ends_flow() {
                return item.targets().all(|target| self.end(target, state.clone()));
            }
        }
        false
    }

    fn changes_nothing(&self, item: &Item) -> bool {
        match item {
            // Up to `icmp` there is what pushes, loads, stores and computes.
            Item::Plain(opcode, _) => {
                let is_write = above_index(*opcode).is_some_and(|above| above > 0);
                let is_early = opcode.byte() <= Opcode::Icmp.byte();
                is_early && !is_write
                    || matches!(opcode, Opcode::Arraylength | Opcode::SincW | Opcode::IincW)
            }
            Item::Pool(opcode, _) => matches!(
                opcode,
                Opcode::GetstaticA
                    | Opcode::GetfieldA
                    | Opcode::GetfieldB
                    | Opcode::GetfieldS
                    | Opcode::GetfieldI
                    | Opcode::GetfieldAThis
                    | Opcode::GetfieldBThis
                    | Opcode::GetfieldSThis
                    | Opcode::GetfieldIThis
            ),
            Item::Invoke {
                method: Symbol::ApiStatic(method) | Symbol::ApiVirtual(method),
                ..
            } => (self.is_idle)(method),
            other => other.jumps() || !other.is_instruction(),
        }
    }
}

/// How many words lie above the index of an access to an array.
fn above_index(opcode: Opcode) -> Option<usize> {
    match opcode {
        Opcode::Aaload | Opcode::Baload | Opcode::Saload | Opcode::Iaload => Some(0),
        Opcode::Aastore | Opcode::Bastore | Opcode::Sastore => Some(1),
        Opcode::Iastore => Some(2),
        _ => None,
    }
}
