//! The lines that need what the target does not have.

use crate::codegen::error::Lack;
use crate::diagnostic::{Diagnostic, Span};
use crate::front::api;
use crate::front::resolve::Context;
use crate::package::Target;
use crate::source::Sources;

/// The constants of the API that the target does not know: an algorithm, a kind of key. Nothing in a CAP file tells of
/// them, and the card would throw when it is asked.
pub(super) fn constants(context: &Context, target: &Target) -> Vec<Lack> {
    let used = context.java_constants.borrow();
    let lack = |(full, position): &(String, _)| {
        let (class, name) = full.rsplit_once('/')?;
        let (package, since) = api::newer_constant(class, name)?;
        let ceiling = target.ceiling_of(package);
        let has = ceiling.is_some_and(|ceiling| ceiling >= since);
        (!has).then(|| Lack {
            item: format!("{class}.{name}"),
            package: package.to_owned(),
            since,
            target: target.name,
            ceiling,
            position: Some(*position),
        })
    };
    used.iter().filter_map(lack).collect()
}

/// What to say of it.
pub(super) fn diagnostic(lack: &Lack, sources: &Sources) -> Option<Diagnostic> {
    let at = lack.position?;
    let file = sources.file(at.file).map_or("?", |file| &file.name);
    let span = Span {
        file: at.file,
        line: at.line,
        column: at.column.saturating_sub(1),
        end_line: at.line,
        end_column: at.column,
    };
    let message = format!(
        "{} {} is needed by {file}:{}; {}",
        lack.package,
        lack.since,
        at.line,
        lack.instead()
    );
    let enough = |target: &Target| {
        let has = target.ceiling_of(&lack.package);
        has.is_some_and(|has| has >= lack.since)
    };
    let all = Target::all();
    let others: Vec<&str> = all
        .iter()
        .filter(|target| enough(target))
        .map(|target| target.name)
        .collect();
    let help = if others.is_empty() {
        "no target has it: do without".to_owned()
    } else {
        format!("build for {}, or do without it", others.join(" or "))
    };
    let verb = if lack.item.contains('(') {
        "calls"
    } else {
        "asks for"
    };
    Some(Diagnostic::new(span, message, format!("{verb} {}", lack.item)).help(help))
}
