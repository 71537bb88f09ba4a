//! CAP files that nobody verified, loaded over the wire.

use super::cards::{self, SMITH, SMITH_PACKAGE};
use super::commands::{self, with_data};
use super::host::Host;
use super::is_spent;
use crate::smith::METHODS;
use crate::{Choices, mutate, smith};
use cap_file::{CapFile, Exports, verify};
use card_sim::Card;
use scp::Protocol;
use scp::scp03::Parameters;

/// The AID of a supplementary security domain that may be on the card.
pub(super) const DOMAIN: &[u8] = &[0xA0, 0x00, 0x00, 0x01, 0x51, 0x53, 0x50, 0x41];

/// Bytes of the load file in one LOAD command.
const BLOCK: usize = 200;

/// INSTALL [for load] of a package: without hash and token.
pub(super) fn for_load(package: &[u8], parameters: &[u8]) -> Vec<u8> {
    [
        field(package),
        field(&[]),
        field(&[]),
        field(parameters),
        field(&[]),
    ]
    .concat()
}

/// A generated package, changed as a structure, as bytes, or not at all, is loaded through INSTALL and LOAD and its
/// applet used, in fast and in defensive mode. A package that verifies behaves alike in both.
pub(crate) fn packages(bytes: &[u8]) {
    let (program, rest) = bytes.split_at(bytes.len() / 2);
    let mut choices = Choices::new(rest);
    let mut cap = smith(&mut Choices::new(program));
    if choices.below(4) != 0 {
        mutate(&mut cap, &mut choices);
    }
    let Ok(mut file) = cap.load_file(true) else {
        return;
    };
    if choices.below(2) == 0 {
        for _ in 0..choices.below(5) {
            commands::damage(&mut choices, &mut file);
        }
    }
    let verified =
        CapFile::from_load_file(&file).is_ok_and(|cap| verify(&cap, &Exports::builtin()).is_ok());
    let answers = [false, true].map(|defensive| {
        let mut user = User::new(defensive);
        // Used up to the command that ends with its budget: the modes look at that at different instructions.
        let _ = user.use_package(&file, &mut choices.clone());
        user.answers
    });
    if verified {
        for (fast, defensive) in answers[0].iter().zip(&answers[1]) {
            assert_eq!(fast, defensive, "fast and defensive mode differ");
        }
    }
}

/// A length and the bytes.
pub(super) fn field(bytes: &[u8]) -> Vec<u8> {
    let length = u8::try_from(bytes.len()).unwrap_or(0);
    [&[length], bytes].concat()
}

/// Who loads a package onto a new card and uses it.
struct User {
    card: Card,
    host: Host,
    /// Every answer of the card.
    answers: Vec<Vec<u8>>,
}

/// A command used up its budget.
struct Spent;

impl User {
    fn new(defensive: bool) -> Self {
        let protocol = Protocol::Scp03(Parameters::I70);
        let mut card = cards::empty(protocol, cards::FEW_STEPS);
        card.set_defensive(defensive);
        Self {
            card,
            host: Host::new(protocol),
            answers: Vec::new(),
        }
    }

    fn open(&mut self) {
        self.host = Host::new(Protocol::Scp03(Parameters::I70));
        self.host
            .open_at(0x01, |command| self.card.transmit(command));
    }

    /// Whether the card answers with 9000.
    fn send(&mut self, command: &[u8]) -> Result<bool, Spent> {
        let answer = self.card.transmit(command);
        if is_spent(&self.card) {
            return Err(Spent);
        }
        let done = answer.ends_with(&[0x90, 0x00]);
        self.answers.push(answer);
        Ok(done)
    }

    fn send_secured(&mut self, header: [u8; 4], data: &[u8]) -> Result<bool, Spent> {
        let command = self.host.wrap(&with_data(header, data, 1));
        self.send(&command)
    }

    fn use_package(&mut self, file: &[u8], choices: &mut Choices<'_>) -> Result<(), Spent> {
        self.open();
        let load = for_load(SMITH_PACKAGE, &[]);
        self.send_secured([0x80, 0xE6, 0x02, 0x00], &load)?;
        let tagged = in_tag(file);
        let blocks = tagged.chunks(BLOCK);
        let count = blocks.len();
        for (number, block) in blocks.enumerate() {
            let last = if number + 1 == count { 0x80 } else { 0 };
            let number = u8::try_from(number % 256).unwrap_or(0);
            if !self.send_secured([0x80, 0xE8, last, number], block)? {
                return Ok(());
            }
        }
        let install = [
            field(SMITH_PACKAGE),
            field(SMITH),
            field(SMITH),
            field(&[0]),
            field(&[0xC9, 2, 3, 4]),
            field(&[]),
        ]
        .concat();
        let select = with_data([0x00, 0xA4, 0x04, 0x00], SMITH, 1);
        if self.send_secured([0x80, 0xE6, 0x0C, 0x00], &install)? {
            self.send(&select)?;
            for method in 0..METHODS {
                let method = u8::try_from(method).unwrap_or(0);
                self.send(&[0x80, 0x00, method, 0x00, 0x02, 0x03, 0x81])?;
            }
            for _ in 0..4 {
                let command = commands::command(choices, &self.card);
                self.send(&command)?;
            }
            self.card.reset();
            self.send(&select)?;
            self.send(&[0x80, 0x00, 0x01, 0x00, 0x02, 0x03, 0x81])?;
        }
        let image = self.card.to_image().expect("a card has an image");
        self.card = Card::from_image(&image).expect("an image gives a card");
        self.open();
        let package = [&[0x4F], field(SMITH_PACKAGE).as_slice()].concat();
        self.send_secured([0x80, 0xE4, 0x00, 0x80], &package)?;
        Ok(())
    }
}

/// The load file data block in its tag C4 (GPCS 2.3.1 §11.6.2.3).
fn in_tag(file: &[u8]) -> Vec<u8> {
    let length = u16::try_from(file.len()).unwrap_or(u16::MAX).to_be_bytes();
    [&[0xC4, 0x82], &length[..], file].concat()
}
