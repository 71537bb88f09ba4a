//! Flashing without fear: plans, preflight, and a card that is taken out at every command.

use cap_file::component::Version;
use cap_file::component::constant_pool::{Constant, StaticRef};
use card_sim::{Card, CardConfig};
use loader::preflight::{self, ApiLevel, Severity};
use loader::{
    ConnectionInfo, FlashError, FlashOptions, InstanceOptions, KeySet, PartialState, Plan,
    SecurityLevel, Session, Tokens, Transport, TransportError,
};
use se_crypto::Drbg;

use crate::card::{Loses, Reader};
use crate::content::{aid, flash};
use crate::echo_cap::{FIRST, PACKAGE, SECOND, echo_cap};

const REPLACE: FlashOptions = FlashOptions {
    instances: Vec::new(),
    replace: true,
    load_only: false,
    with_descriptor: false,
    with_hash: true,
    signatures: Vec::new(),
    combined: false,
    without_memory_check: false,
};

/// [`REPLACE`], the first instance loaded and made in one.
fn replace(combined: bool) -> FlashOptions {
    FlashOptions {
        combined,
        ..REPLACE
    }
}

#[test]
fn a_rehearsal_sends_what_the_real_run_sends() {
    for replaced in [false, true] {
        let mut session = Reader::new(&CardConfig::default()).open_full();
        if replaced {
            flash(&mut session, &FlashOptions::default());
        }
        let content = session.content().unwrap();
        let plan = Plan::new(&echo_cap(), &content, &REPLACE).unwrap();
        assert_eq!(plan.steps.len(), if replaced { 5 } else { 4 });
        let rehearsed = plan.rehearse(&session, &Tokens::default()).unwrap();
        session.record();
        plan.run(&mut session, &mut |_| ()).unwrap();
        assert_eq!(session.recorded(), rehearsed);
        // The plan is data: it can be shown and kept.
        let json = serde_json::to_value(&plan).unwrap();
        let steps: Vec<_> = json["steps"]
            .as_array()
            .unwrap()
            .iter()
            .map(|step| step["step"].clone())
            .collect();
        assert_eq!(steps.last().unwrap(), "install");
    }
}

#[test]
fn preflight_says_what_is_in_the_way() {
    let mut session = Reader::new(&CardConfig::default()).open_full();
    let info = session.info().unwrap();
    let empty = session.content().unwrap();
    let check = |content: &_, level: Option<&ApiLevel>, options: &FlashOptions| {
        preflight::check(&echo_cap(), content, &info, level, options).unwrap()
    };
    let plain = FlashOptions::default();
    let level = ApiLevel::named("jc304");
    let good = check(&empty, level, &plain);
    assert!(
        good.iter().all(|f| f.severity == Severity::Good),
        "{good:?}"
    );
    assert!(!preflight::has_problem(&check(&empty, None, &plain)));
    let old = check(&empty, ApiLevel::named("2.2.1"), &plain);
    let problem = old
        .iter()
        .find(|f| f.severity == Severity::Problem)
        .unwrap();
    assert_eq!(
        problem.message,
        "needs javacard.framework 1.3; this card has 1.2, though no class or method of the newer one is called: build for an older API"
    );

    flash(&mut session, &plain);
    let full = session.content().unwrap();
    assert!(preflight::has_problem(&check(&full, level, &plain)));
    assert!(!preflight::has_problem(&check(&full, level, &REPLACE)));

    let mut poor = info.clone();
    poor.free_persistent = Some(100);
    let findings = preflight::check(&echo_cap(), &empty, &poor, level, &plain).unwrap();
    assert!(
        findings
            .iter()
            .any(|f| f.subject == "memory" && f.severity == Severity::Problem)
    );

    let mut locked = empty;
    locked.issuer.life_cycle = 0x7F;
    assert!(preflight::has_problem(&check(&locked, level, &plain)));
}

#[test]
fn preflight_names_what_is_newer_than_the_card_and_where() {
    let mut session = Reader::new(&CardConfig::default()).open_full();
    let (info, content) = (session.info().unwrap(), session.content().unwrap());
    let mut cap = echo_cap();
    cap.import.packages[0].version = Version::new(1, 5);
    // Applet.reSelectingApplet, which javacard.framework has since 1.5.
    cap.constant_pool.entries[3] = Constant::StaticMethod(StaticRef::External {
        package: 0,
        class: 3,
        token: 2,
    });
    let check = |release| {
        let level = ApiLevel::named(release);
        preflight::check(&cap, &content, &info, level, &FlashOptions::default()).unwrap()
    };
    let mut findings = check("3.0.1");
    let problem = findings
        .iter_mut()
        .find(|finding| finding.severity == Severity::Problem)
        .unwrap();
    assert_eq!(
        problem.message,
        "needs javacard.framework 1.5; this card has 1.4: build for an older API"
    );
    let offsets = problem.uses[0].offsets.clone();
    assert_eq!(
        problem.uses[0].item,
        "javacard/framework/Applet.reSelectingApplet"
    );
    assert_eq!(
        (problem.uses.len(), problem.uses[0].since.as_str()),
        (1, "1.5")
    );
    // The index of the entry stands there.
    assert_eq!(offsets.len(), 1);
    assert_eq!(cap.method.bytes_at(offsets[0]).unwrap()[..2], [0, 3]);
    problem.locate(|offset| (offset == offsets[0]).then(|| "src/lib.rs:12:5".to_owned()));
    assert_eq!(problem.uses[0].places, ["src/lib.rs:12:5"]);
    assert!(!preflight::has_problem(&check("3.0.4")));
}

#[test]
fn a_module_that_is_not_there_is_refused_before_anything() {
    let mut session = Reader::new(&CardConfig::default()).open_full();
    let content = session.content().unwrap();
    let options = FlashOptions {
        instances: vec![InstanceOptions::new(aid(PACKAGE))],
        ..FlashOptions::default()
    };
    let error = Plan::new(&echo_cap(), &content, &options)
        .unwrap_err()
        .to_string();
    assert!(error.contains("F0000000010101"), "{error}");
}

/// One whole flash on a reader; the error where it ends early.
pub(crate) fn whole_flash(reader: Reader) -> Result<(), Option<Box<FlashError>>> {
    flash_with(reader, &REPLACE)
}

fn flash_with(reader: Reader, options: &FlashOptions) -> Result<(), Option<Box<FlashError>>> {
    let mut session = Session::select(reader, None).map_err(|_| None)?;
    session
        .open(
            &KeySet::test_keys(),
            SecurityLevel::FULL,
            &mut Drbg::from_seed(3),
        )
        .map_err(|_| None)?;
    let content = session.content().map_err(|_| None)?;
    let plan = Plan::new(&echo_cap(), &content, options).unwrap();
    plan.run(&mut session, &mut |_| ()).map_err(Some)
}

pub(crate) fn is_complete(reader: &Reader) -> bool {
    let mut session = reader.again().open(&KeySet::test_keys(), None);
    let content = session.content().unwrap();
    content.load_file(&aid(PACKAGE)).is_some()
        && [FIRST, SECOND]
            .iter()
            .all(|name| content.application(&aid(name)).is_some())
        && content.applications.len() == 2
}

/// Whether what the error says of the card is so.
fn is_true(state: &PartialState, reader: &Reader, replaced: bool) -> bool {
    let content = reader.again().open_full().content().unwrap();
    let loaded = content.load_file(&aid(PACKAGE)).is_some();
    let instances = content.applications.len();
    match state {
        PartialState::Unchanged => loaded == replaced && instances == if replaced { 2 } else { 0 },
        PartialState::MaybeDeleted { aid: package } => {
            *package == aid(PACKAGE) && (loaded && instances == 2 || !loaded && instances == 0)
        }
        PartialState::NotLoaded { .. } => !loaded && instances == 0,
        PartialState::MaybeLoaded { .. } => instances == 0,
        PartialState::MaybeLoadedAndInstalled { instance, .. } => {
            loaded && content.application(instance).is_some() || content.applications.is_empty()
        }
        PartialState::Loaded {
            installed, maybe, ..
        } => {
            let least = installed.len();
            loaded && (least..=least + usize::from(maybe.is_some())).contains(&instances)
        }
    }
}

#[test]
fn a_card_taken_out_at_any_command_is_flashed_by_the_next_run() {
    for (replaced, combined) in [(false, false), (true, false), (false, true), (true, true)] {
        let options = replace(combined);
        let fresh = Reader::new(&CardConfig::default());
        if replaced {
            whole_flash(fresh.again()).unwrap();
        }
        let start: Card = fresh.card.borrow().clone();
        let mut counting = fresh.again().open_full();
        let commands = {
            let content = counting.content().unwrap();
            let plan = Plan::new(&echo_cap(), &content, &options).unwrap();
            plan.run(&mut counting, &mut |_| ()).unwrap();
            counting.transport().sent
        };
        assert!(commands > 12, "{commands}");
        let mut told = 0;
        for at in 0..commands {
            for loses in [Loses::Command, Loses::Answer] {
                let reader = Reader::new(&CardConfig::default());
                *reader.card.borrow_mut() = start.clone();
                let error = flash_with(reader.cut_at(at, loses), &options).unwrap_err();
                if let Some(error) = error {
                    told += 1;
                    assert!(
                        is_true(&error.state, &reader, replaced),
                        "cut at {at}, {loses:?}: {error}"
                    );
                    assert!(
                        error.to_string().contains("Run the same command again"),
                        "{error}"
                    );
                }
                flash_with(reader.again(), &options).unwrap();
                assert!(is_complete(&reader), "cut at {at}, {loses:?}");
            }
        }
        assert!(told > 12, "{told}");
    }
}

/// A line of T=1 that takes so many bytes in a block.
struct Framed {
    reader: Reader,
    frame: usize,
}

impl Transport for Framed {
    fn info(&self) -> ConnectionInfo {
        self.reader.info()
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.reader.transmit(command)
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        self.reader.reset()
    }

    fn block_size(&self) -> Option<usize> {
        Some(self.frame)
    }
}

/// Each LOAD but the last fills whole blocks of the line, as far as whole blocks of the cipher do; the rehearsal is told
/// the same.
#[test]
fn load_blocks_fit_the_line() {
    for (frame, level, fitting) in [
        (254, SecurityLevel::FULL, 254),
        (254, SecurityLevel::C_MAC, 254),
        (32, SecurityLevel::C_MAC, 256),
        (128, SecurityLevel::C_MAC, 256),
        (128, SecurityLevel::FULL, 254),
    ] {
        let reader = Reader::new(&CardConfig::default());
        let trace = loader::Trace::default();
        let line = loader::Traced::new(Framed { reader, frame }, trace.clone());
        let mut session = Session::select(line, None).unwrap();
        let keys = KeySet::test_keys();
        session.open(&keys, level, &mut Drbg::from_seed(3)).unwrap();
        let content = session.content().unwrap();
        // Many blocks: one for the end changes little.
        let mut plan = Plan::new(&echo_cap(), &content, &FlashOptions::default()).unwrap();
        plan.load_file.resize(20_000, 0);
        let rehearsed = plan.rehearse(&session, &Tokens::default()).unwrap();
        session.record();
        // The card takes what comes until the end, where it sees that it is no load file.
        plan.run(&mut session, &mut |_| ()).unwrap_err();
        let sent = session.recorded();
        assert_eq!(sent, &rehearsed[..sent.len()]);
        let loads: Vec<usize> = sent
            .iter()
            .filter(|command| command[1] == 0xE8)
            .map(|command| usize::from(command[4]))
            .collect();
        let data = loads[0];
        let wrapped = match level {
            SecurityLevel::C_MAC => data + 8 + 6,
            _ => (data / 16 + 1) * 16 + 8 + 6,
        };
        assert_eq!(wrapped, fitting, "{frame} {level}: {data}");
    }
}
