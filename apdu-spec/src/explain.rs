//! Commands and status words in words.

use crate::table::{CommandSpec, Field, Parameter, Specification};
use crate::{Command, StatusWord};
use core::fmt::{self, Display, Formatter};

/// The applications whose commands are known.
pub const SPECIFICATIONS: &[&Specification] =
    &[&crate::jpki::SPECIFICATION, &crate::gp::SPECIFICATION];

/// Shows a command in words, as every application understands it that has it. Data that the table
/// calls secret are not shown, nor are protected data, of which only the length is known.
///
/// ```
/// use apdu_spec::{Command, explain::Explained};
///
/// let verify = Command::parse(&[0x00, 0x20, 0x00, 0x80, 0x04, 0x31, 0x32, 0x33, 0x34])?;
/// let text = format!("{}", Explained(&verify));
/// assert!(text.contains("VERIFY") && text.contains("4 bytes, not shown"));
/// # Ok::<(), apdu_spec::CommandError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Explained<'a>(pub &'a Command<'a>);

impl Display for Explained<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let command = self.0;
        let mut known = false;
        for specification in SPECIFICATIONS {
            // A command that only shares CLA and INS is told where nothing fits better.
            if let Some(spec) = specification
                .find(command)
                .filter(|spec| spec.takes(command))
            {
                known = true;
                explain(f, specification, spec, command)?;
            }
        }
        for specification in SPECIFICATIONS {
            if let Some(spec) = specification.find(command).filter(|_| !known) {
                known = true;
                explain(f, specification, spec, command)?;
            }
        }
        if !known {
            let Command {
                cla, ins, p1, p2, ..
            } = command;
            writeln!(
                f,
                "no known command: CLA {cla:02X}, INS {ins:02X}, P1 {p1:02X}, P2 {p2:02X}"
            )?;
            lengths(f, command)?;
        }
        Ok(())
    }
}

fn explain(
    f: &mut Formatter<'_>,
    specification: &Specification,
    spec: &CommandSpec,
    command: &Command<'_>,
) -> fmt::Result {
    let protected = command.cla & 0x04 != 0;
    writeln!(
        f,
        "{}: {} [{}; {}]",
        specification.name, spec.name, spec.id, spec.standard
    )?;
    writeln!(f, "  {}", spec.purpose)?;
    let protection = if protected {
        ", with secure messaging"
    } else {
        ""
    };
    writeln!(
        f,
        "  CLA {:02X}{protection}, INS {:02X}",
        command.cla, command.ins
    )?;
    parameter(f, "P1", command.p1, spec.p1)?;
    parameter(f, "P2", command.p2, spec.p2)?;
    match (protected, spec.data, command.data) {
        (_, _, []) => (),
        (true, ..) => writeln!(f, "  data: {} bytes, protected", command.data.len())?,
        (_, [field], data) => show(f, field.name, field, data)?,
        (_, fields, data) => several(f, fields, data)?,
    }
    lengths(f, command)
}

fn parameter(f: &mut Formatter<'_>, name: &str, byte: u8, table: &[Parameter]) -> fmt::Result {
    let known = table.iter().find(|parameter| parameter.matches(byte));
    let meaning = known.map_or("not in the table of this command", |parameter| {
        parameter.meaning
    });
    writeln!(f, "  {name} {byte:02X}: {meaning}")
}

/// Shows data made of fields of fixed length, or all of it where they do not fit.
fn several(f: &mut Formatter<'_>, fields: &[Field], data: &[u8]) -> fmt::Result {
    let fixed = fields
        .iter()
        .all(|field| field.length.start() == field.length.end());
    let total: usize = fields.iter().map(|field| *field.length.end()).sum();
    if !fixed || total != data.len() {
        let secret = fields.iter().any(|field| field.secret);
        return show(
            f,
            "data",
            &Field {
                name: "data",
                length: 0..=0,
                secret,
            },
            data,
        );
    }
    let mut rest = data;
    for field in fields {
        let Some((value, after)) = rest.split_at_checked(*field.length.end()) else {
            break;
        };
        show(f, field.name, field, value)?;
        rest = after;
    }
    Ok(())
}

fn show(f: &mut Formatter<'_>, name: &str, field: &Field, data: &[u8]) -> fmt::Result {
    if field.secret {
        return writeln!(f, "  {name}: {} bytes, not shown", data.len());
    }
    write!(f, "  {name}: ")?;
    data.iter().try_for_each(|byte| write!(f, "{byte:02X}"))?;
    writeln!(f)
}

fn lengths(f: &mut Formatter<'_>, command: &Command<'_>) -> fmt::Result {
    let lengths = command.lengths.max_data();
    let kind = if lengths > 0xFF {
        " (extended lengths)"
    } else {
        ""
    };
    match (command.data.len(), command.le) {
        (0, None) => writeln!(f, "  no data, no response data expected"),
        (0, Some(le)) => writeln!(f, "  no data, up to {le} bytes expected{kind}"),
        (lc, None) => writeln!(f, "  Lc {lc}, no response data expected{kind}"),
        (lc, Some(le)) => writeln!(f, "  Lc {lc}, up to {le} bytes expected{kind}"),
    }
}

/// Shows a status word as the answer to a command: its general meaning, and the conditions under
/// which the applications that have the command give it.
#[derive(Clone, Copy, Debug)]
pub struct ExplainedStatus<'a> {
    /// The command.
    pub command: &'a Command<'a>,
    /// The status word that answered it.
    pub status: StatusWord,
}

impl Display for ExplainedStatus<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { command, status } = *self;
        writeln!(f, "{status}: {}", status.explain())?;
        for specification in SPECIFICATIONS {
            let Some(spec) = specification.find(command) else {
                continue;
            };
            for requirement in spec.explain(status) {
                writeln!(
                    f,
                    "  {} {}: {}",
                    spec.name, requirement.id, requirement.condition
                )?;
            }
            for requirement in specification.general {
                if requirement.answer.matches(status) && !status.is_success() {
                    writeln!(
                        f,
                        "  any command {}: {}",
                        requirement.id, requirement.condition
                    )?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::format;

    fn explained(bytes: &[u8]) -> std::string::String {
        format!("{}", Explained(&Command::parse(bytes).unwrap()))
    }

    #[test]
    fn commands_in_words() {
        insta::assert_snapshot!(
            "sign",
            explained(&[0x80, 0x2A, 0x00, 0x9A, 0x02, 0x01, 0x02, 0x00])
        );
        insta::assert_snapshot!(
            "delete",
            explained(&[
                0x84, 0xE4, 0x00, 0x00, 0x0A, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0
            ])
        );
        insta::assert_snapshot!(
            "verify",
            explained(&[0x00, 0x20, 0x00, 0x80, 0x04, 0x31, 0x32, 0x33, 0x34])
        );
        insta::assert_snapshot!("unknown", explained(&[0x00, 0x99, 0x00, 0x80]));
    }

    #[test]
    fn no_pin_is_shown() {
        for bytes in [
            &[0x00, 0x20, 0x00, 0x80, 0x04, 0x39, 0x38, 0x37, 0x36][..],
            &[0x00, 0x24, 0x01, 0x80, 0x04, 0x39, 0x38, 0x37, 0x36],
            &[0x84, 0xDA, 0x01, 0x98, 0x04, 0x39, 0x38, 0x37, 0x36],
            &[0x84, 0x2C, 0x02, 0x98, 0x04, 0x39, 0x38, 0x37, 0x36],
        ] {
            assert!(!explained(bytes).contains("39383736"), "{bytes:02X?}");
        }
    }

    #[test]
    fn a_status_word_in_the_context_of_its_command() {
        let command = Command::parse(&[0x80, 0x2A, 0x00, 0x80, 0x01, 0x01, 0x00]).unwrap();
        let status = StatusWord::SECURITY_STATUS_NOT_SATISFIED;
        let text = format!(
            "{}",
            ExplainedStatus {
                command: &command,
                status
            }
        );
        assert!(text.contains("JPKI-CDS-07"), "{text}");
    }
}
