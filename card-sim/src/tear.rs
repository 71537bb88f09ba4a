//! Cutting power at every persistent write of a command.

use crate::card::Card;
use crate::fault::Place;
use crate::vm::Remains;

/// A card whose power was cut during a command, and which was started again.
#[derive(Clone, Debug)]
pub struct Cut {
    /// The persistent write of the command at which power failed, from 1.
    pub write: u64,
    /// What was left of non-atomic writes.
    pub remains: Remains,
    /// The instruction that was at work; `None` for writes of the card manager.
    pub place: Option<Place>,
    /// The card after its next reset.
    pub card: Card,
}

/// Cuts power at every persistent write of a command that a card is about to get, and starts the
/// card again each time. Where non-atomic writes were torn, each further kind in `remains` is
/// tried too. Gives the card after the whole command, and its response.
pub fn for_each_cut(
    before: &Card,
    command: &[u8],
    remains: &[Remains],
    mut visit: impl FnMut(Cut),
) -> (Card, Vec<u8>) {
    for write in 1.. {
        let mut tore_non_atomic = false;
        let kinds = std::iter::once(Remains::Written).chain(remains.iter().copied());
        for (number, kind) in kinds.enumerate() {
            if number > 0 && (!tore_non_atomic || kind == Remains::Written) {
                continue;
            }
            let mut card = before.clone();
            card.tear_at(Some(write));
            card.set_remains(kind);
            let response = card.transmit(command);
            if !card.is_torn() {
                card.tear_at(None);
                return (card, response);
            }
            let place = card.last_fault().and_then(|fault| fault.place);
            card.reset();
            tore_non_atomic |= card.runtime().heap().tore_non_atomic();
            visit(Cut {
                write,
                remains: kind,
                place,
                card,
            });
        }
    }
    unreachable!("a command has a finite number of writes")
}
