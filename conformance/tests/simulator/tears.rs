//! Power cut at every persistent write: after the restart model and simulator alike are as before
//! the command or as after it, but for a presentation of a PIN that is spent.

use crate::{SEED, card};
use apdu_spec::jpki;
use applet_model::Jpki;
use card_sim::tear::for_each_cut;
use card_sim::vm::Remains;
use card_sim::{Aid, Card};
use conformance::target::{Target, TargetError};
use conformance::{Suite, run};
use platform::host::{Host, HostCard, HostConfig};
use std::collections::BTreeMap;

/// How often a command with the same header is torn: the vectors send most of them many times.
const OFTEN: usize = 3;

/// GENERATE ASYMMETRIC KEY PAIR. The model cannot be copied, so that its past is played again for
/// each cut; a past with key generation takes too long.
const GENERATE: u8 = 0x46;

/// VERIFY.
const VERIFY: u8 = 0x20;

/// Which of the checks tell the tries left.
const TRIES: [usize; 2] = [1, 2];

/// Whether a torn command may have left this: all of it, nothing, or a presentation that is spent.
/// The counter goes down before the comparison, or tearing would give guesses for nothing.
fn is_sound(command: &[u8], found: &[Vec<u8>], old: &[Vec<u8>], new: &[Vec<u8>]) -> bool {
    if found == old || found == new {
        return true;
    }
    let mut differences = found
        .iter()
        .zip(old)
        .enumerate()
        .filter(|(_, (a, b))| a != b);
    let (Some((index, (found, old))), None) = (differences.next(), differences.next()) else {
        return false;
    };
    let tries = |answer: &[u8]| match answer {
        [0x63, tries] => Some(tries & 0x0F),
        _ => None,
    };
    command.get(1) == Some(&VERIFY)
        && TRIES.contains(&index)
        && tries(found).map(|tries| tries + 1) == tries(old)
}

/// Everything that can be seen without keys: the tries left for both PINs, and each certificate.
fn checks() -> Vec<Vec<u8>> {
    let select = [&[0x00, 0xA4, 0x04, 0x0C, 0x0A][..], jpki::AID].concat();
    let mut checks = vec![
        select,
        vec![0x00, 0x20, 0x00, 0x98],
        vec![0x00, 0x20, 0x00, 0x9B],
    ];
    for file in [0x08, 0x0A, 0x01, 0x0B, 0x02] {
        checks.push(vec![0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, file]);
        checks.push(vec![0x00, 0xB0, 0x00, 0x00, 0x20]);
    }
    checks
}

fn answers(mut transmit: impl FnMut(&[u8]) -> Vec<u8>) -> Vec<Vec<u8>> {
    checks().iter().map(|check| transmit(check)).collect()
}

fn seen(mut card: Card) -> Vec<Vec<u8>> {
    card.reset();
    answers(|check| card.transmit(check))
}

enum Input {
    Reset,
    Send(Vec<u8>),
}

/// A simulated card that is torn at every write before each command is really sent.
struct Torn {
    blank: Card,
    card: Card,
    parameters: Vec<u8>,
    past: Vec<Input>,
    torn: BTreeMap<[u8; 4], usize>,
    cuts: usize,
    model_cuts: usize,
    wrong: Vec<String>,
}

impl Torn {
    fn tear(&mut self, command: &[u8]) {
        let mut whole = self.card.clone();
        whole.transmit(command);
        let (old, new) = (seen(self.card.clone()), seen(whole));
        let header = hex::encode_upper(command.get(..4).unwrap_or(command));
        let kinds = [
            Remains::Old,
            Remains::New,
            Remains::Mixed(SEED),
            Remains::Mixed(SEED + 1),
        ];
        let (mut cuts, mut wrong) = (0, Vec::new());
        for_each_cut(&self.card, command, &kinds, |cut| {
            cuts += 1;
            let found = seen(cut.card);
            if !is_sound(command, &found, &old, &new) {
                wrong.push(format!(
                    "{header}, write {} ({:?}) at {:?}: {found:02X?}\nbefore {old:02X?}\nafter {new:02X?}",
                    cut.write, cut.remains, cut.place
                ));
            }
        });
        self.cuts += cuts;
        self.wrong.append(&mut wrong);
        let generates = |command: &[u8]| command.get(1) == Some(&GENERATE);
        let is_slow = self
            .past
            .iter()
            .any(|input| matches!(input, Input::Send(command) if generates(command)));
        if cuts > 0 && !is_slow && !generates(command) {
            self.tear_model(command, &old, &new);
        }
    }

    /// The same on the model, which has to show the same states.
    fn tear_model(&mut self, command: &[u8], old: &[Vec<u8>], new: &[Vec<u8>]) {
        for writes in 0.. {
            let mut model: HostCard<Jpki<Host>> =
                HostCard::install(&HostConfig::with_seed(SEED), &self.parameters).unwrap();
            for input in &self.past {
                match input {
                    Input::Reset => model.reset(),
                    Input::Send(command) => drop(model.transmit(command)),
                }
            }
            if writes == 0 {
                // What the simulator was before is what the model is now.
                let mut before =
                    HostCard::<Jpki<Host>>::install(&HostConfig::with_seed(SEED), &self.parameters)
                        .unwrap();
                for input in &self.past {
                    match input {
                        Input::Reset => before.reset(),
                        Input::Send(command) => drop(before.transmit(command)),
                    }
                }
                before.reset();
                assert_eq!(answers(|check| before.transmit(check)), old);
            }
            let is_whole = model.transmit_torn(command, writes).is_ok();
            model.reset();
            let found = answers(|check| model.transmit(check));
            if is_whole {
                assert_eq!(found, new);
                return;
            }
            self.model_cuts += 1;
            if !is_sound(command, &found, old, new) {
                self.wrong
                    .push(format!("model, {writes} writes: {found:02X?}"));
            }
        }
    }
}

impl Target for Torn {
    fn name(&self) -> &'static str {
        "torn simulator"
    }

    fn install(&mut self, parameters: &[u8]) -> Result<(), TargetError> {
        let aid = Aid::new(jpki::AID).unwrap();
        self.card = self.blank.clone();
        self.parameters = parameters.to_vec();
        self.past.clear();
        self.card
            .install(aid, aid, parameters)
            .map_err(|cause| TargetError::new("torn simulator", cause.to_string()))?;
        self.card.reset();
        Ok(())
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TargetError> {
        if let Some(header) = command.first_chunk() {
            let torn = self.torn.entry(*header).or_default();
            *torn += 1;
            if *torn <= OFTEN {
                self.tear(command);
            }
        }
        self.past.push(Input::Send(command.to_vec()));
        Ok(self.card.transmit(command))
    }

    fn reset(&mut self) -> Result<(), TargetError> {
        self.past.push(Input::Reset);
        self.card.reset();
        Ok(())
    }
}

#[test]
fn every_command_is_whole_or_nothing_on_model_and_simulator() {
    let blank = card();
    let mut torn = Torn {
        card: blank.clone(),
        blank,
        parameters: Vec::new(),
        past: Vec::new(),
        torn: BTreeMap::new(),
        cuts: 0,
        model_cuts: 0,
        wrong: Vec::new(),
    };
    let report = run(&Suite::jpki().unwrap(), &mut torn, &mut |_| ());
    assert_eq!(report.failures().count(), 0);
    assert!(
        torn.wrong.is_empty(),
        "seed {SEED}: {} of {} cuts\n{}",
        torn.wrong.len(),
        torn.cuts,
        torn.wrong.join("\n")
    );
    // The vectors reach commands that write.
    assert!(torn.cuts > 200, "{} cuts", torn.cuts);
    assert!(
        torn.model_cuts > 10,
        "{} cuts of the model",
        torn.model_cuts
    );
}
