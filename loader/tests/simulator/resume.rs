//! A flash that ends early is gone on with, or taken back, by another run that knows the journal.

use card_sim::gp::IssuerConfig;
use card_sim::{Card, CardConfig};
use loader::preflight::{self, ApiLevel};
use loader::{
    Error, Event, FlashOptions, Interruptible, Journal, KeySet, Plan, Reached, Session, Step,
    Trace, Traced, Transport, TransportError,
};
use se_crypto::Drbg;

use crate::card::{Loses, Reader};
use crate::content::aid;
use crate::echo_cap::{FIRST, PACKAGE, SECOND, echo_cap};
use crate::flash::is_complete;

fn open<T: Transport>(transport: T) -> Result<Session<T>, Error> {
    let mut session = Session::select(transport, None)?;
    session.open(&KeySet::test_keys(), None, &mut Drbg::from_seed(9))?;
    Ok(session)
}

/// A flash whose journal is kept as a user's file would be: as text, written when it changes.
fn flash<T: Transport>(
    transport: T,
    kept: &mut Option<String>,
    options: &FlashOptions,
) -> Result<(), Error> {
    let mut session = open(transport)?;
    // As little as a flash asks where nobody reads it beforehand.
    let level = ApiLevel::named("3.0.4");
    let content = session.content_for_loading(|known| {
        preflight::wants_load_files(&echo_cap(), known, level, options).unwrap()
    })?;
    let plan = Plan::new(&echo_cap(), &content, options).unwrap();
    let mut journal = Journal::begin(&echo_cap(), &plan);
    run(&mut session, &plan, &mut journal, kept)
}

fn run<T: Transport>(
    session: &mut Session<T>,
    plan: &Plan,
    journal: &mut Journal,
    kept: &mut Option<String>,
) -> Result<(), Error> {
    let mut keep = |journal: &Journal| *kept = Some(serde_json::to_string(journal).unwrap());
    keep(journal);
    let mut heard = journal.clone();
    plan.run(session, &mut |event| {
        if heard.hear(&event) {
            keep(&heard);
        }
    })
    .map_err(|error| error.cause)?;
    heard.reached = Reached::Complete;
    keep(&heard);
    *journal = heard;
    Ok(())
}

fn read(kept: Option<&String>) -> Option<Journal> {
    kept.map(|text| serde_json::from_str(text).unwrap())
}

fn resume(reader: Reader, kept: &mut Option<String>, options: &FlashOptions) -> Vec<Step> {
    let mut session = open(reader).unwrap();
    let content = session.content().unwrap();
    let (plan, mut journal) = match read(kept.as_ref()) {
        Some(journal) => {
            let plan = Plan::resume(&echo_cap(), &content, options, &journal).unwrap();
            (plan, journal)
        }
        None => {
            let options = FlashOptions {
                replace: true,
                ..options.clone()
            };
            let plan = Plan::new(&echo_cap(), &content, &options).unwrap();
            let journal = Journal::begin(&echo_cap(), &plan);
            (plan, journal)
        }
    };
    run(&mut session, &plan, &mut journal, kept).unwrap();
    plan.steps
}

/// How many commands a whole flash has, from the first on.
fn commands(start: &Card, options: &FlashOptions) -> usize {
    let reader = Reader::new(&CardConfig::default());
    *reader.card.borrow_mut() = start.clone();
    let trace = Trace::default();
    flash(
        Traced::new(reader.again(), trace.clone()),
        &mut None,
        options,
    )
    .unwrap();
    trace.exchanges().len()
}

#[test]
fn a_cut_after_any_apdu_is_gone_on_with() {
    for protocol in ["scp03:70", "scp03:00", "scp02:55", "scp02:15"] {
        cut_after_any_apdu(&CardConfig {
            issuer: IssuerConfig {
                protocol: protocol.parse().unwrap(),
                ..IssuerConfig::default()
            },
            ..CardConfig::default()
        });
    }
}

fn cut_after_any_apdu(config: &CardConfig) {
    for (replaced, combined) in [(false, false), (true, false), (true, true)] {
        let options = FlashOptions {
            replace: replaced,
            combined,
            ..FlashOptions::default()
        };
        let fresh = Reader::new(config);
        if replaced {
            flash(fresh.again(), &mut None, &FlashOptions::default()).unwrap();
        }
        let start: Card = fresh.card.borrow().clone();
        let commands = commands(&start, &options);
        let mut instances_only = 0;
        for at in 0..commands {
            for loses in [Loses::Command, Loses::Answer] {
                let reader = Reader::new(&CardConfig::default());
                *reader.card.borrow_mut() = start.clone();
                let mut kept = None;
                flash(reader.cut_at(at, loses), &mut kept, &options).unwrap_err();

                // Taking it back leaves what was there before, or nothing of the package.
                let other = Reader::new(&CardConfig::default());
                *other.card.borrow_mut() = reader.card.borrow().clone();
                let mut session = open(other.again()).unwrap();
                let content = session.content().unwrap();
                if let Some(journal) = read(kept.as_ref()) {
                    let clean = Plan::clean(&content, &journal);
                    clean.run(&mut session, &mut |_| ()).unwrap();
                    let left = session.content().unwrap();
                    let whole =
                        left.load_file(&aid(PACKAGE)).is_some() && left.applications.len() == 2;
                    let nothing = left.load_files.is_empty() && left.applications.is_empty();
                    assert!(nothing || replaced && whole, "cut at {at}, {loses:?}");
                }

                let steps = resume(reader.again(), &mut kept, &options);
                assert!(is_complete(&reader), "cut at {at}, {loses:?}");
                if steps.iter().all(|step| matches!(step, Step::Install(_))) {
                    instances_only += 1;
                }
                // And a second time there is nothing left to do.
                assert_eq!(
                    resume(reader.again(), &mut kept, &options),
                    [],
                    "cut at {at}, {loses:?}"
                );
            }
        }
        // From the last block on nothing is loaded twice.
        let least = if combined { 3 } else { 4 };
        assert!(instances_only >= least, "{instances_only}");
    }
}

#[test]
fn what_is_up_to_date_is_known() {
    let reader = Reader::new(&CardConfig::default());
    let mut kept = None;
    flash(reader.again(), &mut kept, &FlashOptions::default()).unwrap();
    let journal = read(kept.as_ref()).unwrap();
    let mut session = open(reader.again()).unwrap();
    let content = session.content().unwrap();
    let plan = |options: &FlashOptions| Plan::new(&echo_cap(), &content, options).unwrap();
    let whole = plan(&FlashOptions::default());
    assert!(whole.is_up_to_date(&content, &journal));
    // Another CAP file, other instances, an unfinished flash, a card without it.
    let mut other = whole.clone();
    other.load_file.push(0);
    assert!(!other.is_up_to_date(&content, &journal));
    let one = loader::InstanceOptions {
        parameters: vec![1],
        ..loader::InstanceOptions::new(aid(FIRST))
    };
    let one = plan(&FlashOptions {
        instances: vec![one],
        ..FlashOptions::default()
    });
    assert!(!one.is_up_to_date(&content, &journal));
    let begun = Journal {
        reached: Reached::Cleared,
        ..journal.clone()
    };
    assert!(!whole.is_up_to_date(&content, &begun));
    session.delete(&aid(SECOND), false).unwrap();
    let content = session.content().unwrap();
    assert!(!whole.is_up_to_date(&content, &journal));
    // What is missing is made, and no more.
    let rest = Plan::resume(&echo_cap(), &content, &FlashOptions::default(), &journal).unwrap();
    assert_eq!(rest.steps.len(), 1);
    session.delete(&aid(PACKAGE), true).unwrap();
    let content = session.content().unwrap();
    let all = Plan::resume(&echo_cap(), &content, &FlashOptions::default(), &journal).unwrap();
    assert_eq!(all.steps.len(), 4);
    assert_eq!(Plan::clean(&content, &journal).steps, []);
}

#[test]
fn a_user_stops_between_two_commands() {
    let reader = Reader::new(&CardConfig::default());
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let mut session = open(Interruptible::new(
        reader.again(),
        std::sync::Arc::clone(&stop),
    ))
    .unwrap();
    let content = session.content().unwrap();
    let plan = Plan::new(&echo_cap(), &content, &FlashOptions::default()).unwrap();
    let error = plan
        .run(&mut session, &mut |event| {
            if matches!(
                event,
                Event::Done {
                    phase: loader::Phase::Load
                }
            ) {
                stop.store(true, std::sync::atomic::Ordering::Relaxed);
            }
        })
        .unwrap_err();
    assert!(matches!(
        error.cause,
        Error::Transport(TransportError::Interrupted)
    ));
    // Nothing was lost: the next command was not sent.
    assert!(matches!(
        &error.state,
        loader::PartialState::Loaded { installed, maybe: None, .. } if installed.is_empty()
    ));
}
