//! Command tables as Markdown.

use crate::table::{CommandSpec, Field, Parameter, Requirement, Specification};
use core::fmt::{self, Display, Formatter};

/// Shows a [`Specification`] as a Markdown document.
#[derive(Clone, Copy, Debug)]
pub struct Markdown<'a>(pub &'a Specification);

impl Display for Markdown<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Specification {
            title,
            general,
            commands,
            ..
        } = self.0;
        writeln!(f, "# {title}\n")?;
        writeln!(f, "| command | CLA | INS | P1 | P2 | access |")?;
        writeln!(f, "| --- | --- | --- | --- | --- | --- |")?;
        for command in *commands {
            let CommandSpec {
                name,
                cla,
                ins,
                access,
                ..
            } = command;
            let (p1, p2) = (Values(command.p1), Values(command.p2));
            writeln!(
                f,
                "| {name} | {cla:02X} | {ins:02X} | {p1} | {p2} | {access} |"
            )?;
        }
        if !general.is_empty() {
            writeln!(f, "\n## Every command\n")?;
            requirements(f, general)?;
        }
        commands.iter().try_for_each(|command| section(f, command))
    }
}

fn section(f: &mut Formatter<'_>, command: &CommandSpec) -> fmt::Result {
    let CommandSpec {
        id,
        name,
        standard,
        purpose,
        cla,
        ins,
        response,
        access,
        states,
        ..
    } = command;
    writeln!(f, "\n## {name} ({id})\n")?;
    writeln!(f, "`{cla:02X} {ins:02X}` ({standard}): {purpose}.\n")?;
    parameters(f, "P1", command.p1)?;
    parameters(f, "P2", command.p2)?;
    for Field { name, length, .. } in command.data {
        writeln!(
            f,
            "- Data: {name}, {}",
            Range(*length.start(), *length.end())
        )?;
    }
    if !response.is_empty() {
        writeln!(f, "- Response: {response}")?;
    }
    writeln!(f, "- Access: {access}")?;
    writeln!(f, "- States: {states}\n")?;
    requirements(f, command.requirements)
}

fn parameters(f: &mut Formatter<'_>, name: &str, table: &[Parameter]) -> fmt::Result {
    table
        .iter()
        .try_for_each(|parameter| writeln!(f, "- {name} `{parameter}`: {}", parameter.meaning))
}

fn requirements(f: &mut Formatter<'_>, table: &[Requirement]) -> fmt::Result {
    writeln!(f, "| requirement | answer | condition |")?;
    writeln!(f, "| --- | --- | --- |")?;
    table.iter().try_for_each(|requirement| {
        let Requirement {
            id,
            answer,
            condition,
        } = requirement;
        writeln!(f, "| {id} | {answer} | {condition} |")
    })
}

/// The values of a parameter, on one line.
struct Values<'a>(&'a [Parameter]);

impl Display for Values<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (index, parameter) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{parameter}")?;
        }
        Ok(())
    }
}

/// A number of bytes, from the first to the second.
struct Range(usize, usize);

impl Display for Range {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match (self.0, self.1) {
            (1, 1) => f.write_str("1 byte"),
            (min, max) if min == max => write!(f, "{min} bytes"),
            (min, max) => write!(f, "{min} to {max} bytes"),
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::string::ToString;

    #[test]
    fn every_requirement_is_in_the_document() {
        for specification in [&crate::jpki::SPECIFICATION, &crate::gp::SPECIFICATION] {
            let document = Markdown(specification).to_string();
            for Requirement { id, .. } in specification.requirements() {
                assert!(document.contains(id), "{id}");
            }
        }
    }

    #[test]
    fn the_command_overview() {
        let document = Markdown(&crate::jpki::SPECIFICATION).to_string();
        let overview = document.split("\n## ").next().unwrap_or_default();
        insta::assert_snapshot!(overview);
    }
}
