//! The commands, one module each.

pub mod applet;
pub mod apply;
pub mod asm;
pub mod build;
pub mod cap;
pub mod card;
pub mod completions;
pub mod conform;
pub mod delete;
pub mod demo;
pub mod domain;
pub mod dump;
pub mod explain;
pub mod flash;
pub mod identify;
pub mod keys;
pub mod life_cycle;
pub mod list;
pub mod man;
pub mod new;
pub mod personalise;
pub mod readers;
pub mod rules;
pub mod script;
pub mod spec;
pub mod tear;
pub mod token;
pub mod trace;
pub mod verify;

use crate::arguments::Command;
use crate::failure::Failure;

/// Carries a command out.
///
/// # Errors
/// [`Failure`], whose exit code says what kind it is.
pub fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::New(new) => new.run(),
        Command::Build(build) => build.run(),
        Command::Verify(verify) => verify.run(),
        Command::Dump(dump) => dump.run(),
        Command::Asm(asm) => asm.run(),
        Command::Cap(cap) => cap.run(),
        Command::Card(card) => card.run(),
        Command::List(list) => list.run(),
        Command::Flash(flash) => flash.run(),
        Command::Delete(delete) => delete.run(),
        Command::Identify(identify) => identify.run(),
        Command::Applet(applet) => applet.run(),
        Command::Apply(apply) => apply.run(),
        Command::Domain(domain) => domain.run(),
        Command::Keys(keys) => keys.run(),
        Command::LifeCycle(life_cycle) => life_cycle.run(),
        Command::Rules(rules) => rules.run(),
        Command::Script(script) => script.run(),
        Command::Token(token) => token.run(),
        Command::Personalise(personalise) => personalise.run(),
        Command::Readers(readers) => readers.run(),
        Command::Conform(conform) => conform.run(),
        Command::Explain(explain) => explain.run(),
        Command::Spec(spec) => spec.run(),
        Command::Tear(tear) => tear.run(),
        Command::Trace(trace) => trace.run(),
        Command::Demo(demo) => demo.run(),
        Command::Completions(completions) => completions.run(),
        Command::Man(man) => man.run(),
    }
}
