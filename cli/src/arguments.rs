//! The command line: one definition for parsing, help, man pages and completions.

use crate::command::{
    applet::Applet, apply::Apply, asm::Asm, build::Build, cap::Cap, card::Card,
    completions::Completions, conform::Conform, delete::Delete, demo::Demo, domain::Domain,
    dump::Dump, explain::Explain, flash::Flash, identify::Identify, keys::Keys,
    life_cycle::LifeCycle, list::List, man::Man, new::New, personalise::Personalise,
    readers::Readers, rules::Rules, script::Script, spec::Spec, tear::Tear, token::Token,
    trace::Trace, verify::Verify,
};
use crate::failure::EXIT_CODES;
use clap::{Parser, Subcommand};

/// Builds, verifies, simulates, flashes and tests Java Card applets written in Rust.
#[derive(Debug, Parser)]
#[command(name = "tenkoku", version, after_help = EXIT_CODES, arg_required_else_help = true)]
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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    /// The examples of a help text, each as its words. What stands behind two spaces is a remark; a line that ends
    /// with a backslash goes on.
    fn examples(help: &str) -> Vec<Vec<String>> {
        let mut lines: Vec<String> = Vec::new();
        let mut goes_on = false;
        for line in help.lines() {
            let part = line.trim().trim_end_matches('\\').trim_end();
            match lines.last_mut().filter(|_| goes_on) {
                Some(last) => *last = format!("{last} {part}"),
                None => lines.push(part.to_owned()),
            }
            goes_on = line.ends_with('\\');
        }
        lines
            .iter()
            .filter(|line| line.starts_with("tenkoku "))
            .map(|line| {
                // A shell's comments and redirections are no arguments.
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
            })
            .collect()
    }

    /// Man pages and completions are drawn from the same definitions, so these have the examples too.
    #[test]
    fn every_command_shows_examples_that_it_takes() {
        let mut command = Arguments::command();
        command.build();
        let (mut texts, mut missing) = (Vec::new(), Vec::new());
        let help_of = |command: &clap::Command| {
            let help = command.get_after_help().or(command.get_after_long_help());
            help.map(ToString::to_string).unwrap_or_default()
        };
        for subcommand in command
            .get_subcommands()
            .filter(|command| command.get_name() != "help")
        {
            let help = help_of(subcommand);
            let name = subcommand.get_name();
            assert!(
                help.contains(&format!("  tenkoku {name}")),
                "{name}: {help}"
            );
            assert!(subcommand.get_about().is_some(), "{name}");
            // Its own subcommands are shown by an example each, there or here.
            for inner in subcommand
                .get_subcommands()
                .filter(|command| command.get_name() != "help")
            {
                let wanted = format!("tenkoku {name} {}", inner.get_name());
                if !help.contains(&wanted) && !help_of(inner).contains(&wanted) {
                    missing.push(wanted.clone());
                }
                assert!(inner.get_about().is_some(), "{wanted}");
                texts.push(help_of(inner));
            }
            texts.push(help);
        }
        let wrong: Vec<String> = texts
            .iter()
            .flat_map(|text| examples(text))
            .filter_map(|words| refused(&words))
            .collect();
        assert!(
            wrong.is_empty() && missing.is_empty(),
            "{wrong:#?} {missing:#?}"
        );
    }

    /// What is wrong with an example, if anything.
    fn refused(words: &[String]) -> Option<String> {
        let error = Arguments::try_parse_from(words).err()?.to_string();
        let first = error.lines().next().unwrap_or_default();
        Some(format!("{}: {first}", words.join(" ")))
    }
}
