//! Image files that somebody changed: refused, or a card that holds.

use super::{cards, commands};
use crate::Choices;
use card_sim::Card;

/// Bytes behind which the digest begins.
const DIGEST: usize = 32;

/// An image with some bytes changed is refused; one whose checksum was made to fit is refused or gives a card that
/// answers.
pub(crate) fn images(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let (card, _) = cards::choose(&mut choices);
    let mut image = card.to_image().expect("a card has an image").to_vec();
    for _ in 0..=choices.below(4) {
        let before = image.len();
        let at = usize::from(choices.word()) << 8 | usize::from(choices.byte());
        match choices.below(8) {
            0 => image.truncate(at % before),
            1 => drop(image.drain(at % before..(at % before + 1 + choices.below(8)).min(before))),
            2 => image.insert(at % before, choices.byte()),
            _ => {
                // Half of the changes go to the part that a person can read, at the beginning.
                let within = if choices.below(2) == 0 {
                    before.min(4096)
                } else {
                    before
                };
                image[at % within] = choices.byte();
            }
        }
        if image.is_empty() {
            return;
        }
    }
    if let Ok(read) = Card::from_image(&image) {
        assert!(
            read.to_image().expect("a card has an image") == card.to_image().expect("it has"),
            "a damaged image gives another card"
        );
    }
    let Some(content) = image.len().checked_sub(DIGEST) else {
        return;
    };
    let digest = se_crypto::sha256(&image[..content]);
    image[content..].copy_from_slice(&digest);
    let Ok(mut card) = Card::from_image(&image) else {
        return;
    };
    for _ in 0..8 {
        let command = commands::command(&mut choices, &card);
        card.transmit(&command);
        card.reset();
    }
    let _ = card.to_image();
}
