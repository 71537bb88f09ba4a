//! Power cuts, at every write of a flash.

use card_sim::{Card, CardConfig};

use crate::card::Reader;
use crate::flash::{is_complete, whole_flash};

#[test]
fn a_power_cut_at_any_write_is_survived_too() {
    let fresh = Reader::new(&CardConfig::default());
    let start: Card = fresh.card.borrow().clone();
    let mut cuts = 0;
    for write in 1.. {
        let reader = Reader::new(&CardConfig::default());
        *reader.card.borrow_mut() = start.clone();
        reader.card.borrow_mut().reset();
        reader.card.borrow_mut().tear_at(Some(write));
        let torn = whole_flash(reader.clone()).is_err();
        reader.card.borrow_mut().tear_at(None);
        if !torn {
            break;
        }
        cuts += 1;
        whole_flash(reader.again()).unwrap();
        assert!(is_complete(&reader), "write {write}");
    }
    assert!(cuts > 3, "{cuts}");
}
