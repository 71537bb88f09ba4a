//! The command line: one definition for parsing, help, man pages and completions.

use crate::command::{
    applet::Applet, apply::Apply, asm::Asm, build::Build, cap::Cap, card::Card,
    completions::Completions, conform::Conform, delete::Delete, demo::Demo, domain::Domain,
    dump::Dump, explain::Explain, flash::Flash, identify::Identify, keys::Keys,
    life_cycle::LifeCycle, list::List, man::Man, new::New, personalise::Personalise,
    readers::Readers, rules::Rules, script::Script, spec::Spec, tear::Tear, token::Token,
    trace::Trace, verify::Verify,
};
use crate::failure::exit_codes;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

/// Builds, verifies, simulates, flashes and tests Java Card applets written in Rust.
#[derive(Debug, Parser)]
#[command(name = "tenkoku", version, after_help = exit_codes(), arg_required_else_help = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make the crate of a new applet, with its tests and a README that says how to go on.
    New(New),
    /// Compile an applet crate to a CAP file.
    Build(Build),
    /// Check CAP files against the rules of the virtual machine.
    Verify(Verify),
    /// Show a CAP file as text.
    Dump(Dump),
    /// Make a CAP file from its text.
    Asm(Asm),
    /// Tell what CAP and export files are.
    Cap(Cap),
    /// Run a simulated card.
    Card(Card),
    /// Cut the power at every persistent write of every command of a script, and check the card after each cut.
    Tear(Tear),
    /// Show every instruction that a simulated card executes, with its stack and source line.
    Trace(Trace),
    /// List what is on a card.
    List(List),
    /// Load a CAP file onto a card and install its applets.
    Flash(Flash),
    /// Delete applications and packages from a card.
    Delete(Delete),
    /// Tell what can be told of a card without keys.
    Identify(Identify),
    /// Install, lock, unlock, move and personalise applets that are loaded already.
    Applet(Applet),
    /// Make a card what a recipe says: domains, packages, instances, keys and data.
    Apply(Apply),
    /// Make supplementary security domains.
    Domain(Domain),
    /// Check, add, replace and delete key sets.
    Keys(Keys),
    /// Change the life cycle of the card itself.
    LifeCycle(LifeCycle),
    /// Show the access rules of a card as a table, from its ARA-M or ARF, and change those of an ARA-M.
    Rules(Rules),
    /// Make a flash into a script without the card, and play it without keys.
    Script(Script),
    /// Sign tokens for delegated management, off the card.
    Token(Token),
    /// Personalise a JPKI applet: PINs, keys made on the card, certificates, and a slot's life.
    Personalise(Personalise),
    /// List the smart card readers.
    Readers(Readers),
    /// Run the conformance vectors.
    Conform(Conform),
    /// Tell an APDU in words.
    Explain(Explain),
    /// Print the command table of the JPKI applet as Markdown.
    Spec(Spec),
    /// Go the whole road: compile the JPKI applet, load it, personalise it, sign, and check every step.
    Demo(Demo),
    /// Print a completion script for a shell.
    Completions(Completions),
    /// Write man pages.
    Man(Man),
}

impl Arguments {
    /// The arguments of this process; tells what is wrong with them, or the help that they ask for, and ends it.
    #[must_use]
    pub fn of_process() -> Self {
        let matches = command().get_matches();
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }
}

/// The command line as it is parsed, helped with, written into man pages and completed: each subcommand shows the
/// examples that its command has for it.
#[must_use]
pub fn command() -> clap::Command {
    with_examples(Arguments::command(), "tenkoku", &[])
}

/// Gives the subcommands of `command`, whose words are `path`, their examples: from its own, or from those `above`.
fn with_examples(command: clap::Command, path: &str, above: &[String]) -> clap::Command {
    let own = examples(&help_after(&command));
    let told = if own.is_empty() { above.to_vec() } else { own };
    let names: Vec<String> = command
        .get_subcommands()
        .map(|subcommand| subcommand.get_name().to_owned())
        .collect();
    names.iter().fold(command, |command, name| {
        let path = format!("{path} {name}");
        let for_it: Vec<String> = told
            .iter()
            .filter(|example| {
                let rest = example.strip_prefix(&path);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
            })
            .cloned()
            .collect();
        command.mut_subcommand(name, |subcommand| {
            let has_none = examples(&help_after(&subcommand)).is_empty();
            let subcommand = if has_none && !for_it.is_empty() {
                let lines: Vec<String> = for_it.iter().map(|line| format!("\n  {line}")).collect();
                subcommand.after_help(format!("Examples:{}", lines.concat()))
            } else {
                subcommand
            };
            with_examples(subcommand, &path, &for_it)
        })
    })
}

fn help_after(command: &clap::Command) -> String {
    let help = command.get_after_help().or(command.get_after_long_help());
    help.map(ToString::to_string).unwrap_or_default()
}

/// The examples of a help text. A line that ends with a backslash goes on in the next.
fn examples(help: &str) -> Vec<String> {
    let mut examples: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in help.lines() {
        match examples.last_mut().filter(|_| goes_on) {
            Some(last) => {
                last.push('\n');
                last.push_str(line);
            }
            None if line.trim_start().starts_with("tenkoku ") => {
                examples.push(line.trim().to_owned());
            }
            None => continue,
        }
        goes_on = line.trim_end().ends_with('\\');
    }
    examples
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An example as its words: what stands behind two spaces is a remark, and a shell's comments and redirections are
    /// no arguments.
    fn words(example: &str) -> Vec<String> {
        let parts: Vec<&str> = example
            .lines()
            .map(|line| line.trim().trim_end_matches('\\').trim_end())
            .collect();
        let line = parts.join(" ");
        let command = ["  ", " #", " > ", " | "]
            .iter()
            .fold(line.as_str(), |command, end| {
                command.split(end).next().unwrap_or_default()
            });
        let mut words = vec![String::new()];
        let mut quoted = false;
        for character in command.chars() {
            match (character, words.last_mut()) {
                ('\'' | '"', _) => quoted = !quoted,
                (' ', _) if !quoted => words.push(String::new()),
                (other, Some(word)) => word.push(other),
                (_, None) => (),
            }
        }
        words
    }

    /// What is wrong with the help of a command and of all below it.
    fn faults(command: &clap::Command, path: &str, faults: &mut Vec<String>) {
        for subcommand in command.get_subcommands() {
            let path = format!("{path} {}", subcommand.get_name());
            let shown = examples(&help_after(subcommand));
            if !shown.iter().any(|example| example.starts_with(&path)) {
                faults.push(format!("{path}: no example of its own"));
            }
            if subcommand.get_about().is_none() {
                faults.push(format!("{path}: nothing says what it does"));
            }
            for argument in subcommand.get_arguments() {
                if argument.get_help().is_none() && argument.get_long_help().is_none() {
                    faults.push(format!("{path} {}: no help", argument.get_id()));
                }
            }
            for example in shown {
                let taken = super::command().try_get_matches_from(words(&example));
                if let Err(error) = taken {
                    let error = error.to_string();
                    // Where a file is looked at while arguments are read: that of an example is not there.
                    if error.contains("No such file") {
                        continue;
                    }
                    let first = error.lines().next().unwrap_or_default();
                    faults.push(format!("{example}: {first}"));
                }
            }
            self::faults(subcommand, &path, faults);
        }
    }

    #[test]
    fn every_command_shows_examples_that_it_takes() {
        let mut found = Vec::new();
        faults(&command(), "tenkoku", &mut found);
        assert!(found.is_empty(), "{found:#?}");
    }

    #[test]
    fn the_table_of_exit_codes_is_the_documented_one() {
        let readme = include_str!("../../README.md");
        let table: String = crate::failure::EXIT_CODES
            .map(|(code, meaning)| format!("| {code} | {meaning} |\n"))
            .concat();
        assert!(
            readme.contains(&format!("| --- | --- |\n{table}\n")),
            "README.md wants:\n{table}"
        );
        let help = help_after(&command());
        for (code, meaning) in crate::failure::EXIT_CODES {
            assert!(help.contains(&format!("  {code}  {meaning}")), "{help}");
        }
    }
}
