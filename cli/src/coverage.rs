//! Coverage of source lines, as lcov and as a page of HTML.

use crate::failure::Failure;
use crate::files;
use crate::source::Sources;
use cap_file::component::CodeOffset;
use card_sim::coverage::Coverage;
use card_sim::vm::program::{API_SLOT, Program};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// A branch of a line.
struct Branch {
    /// The offset of the instruction: what lcov calls a block.
    block: CodeOffset,
    /// Which of its ways.
    way: usize,
    /// How often it was taken; `None` if the instruction never ran.
    taken: Option<u64>,
}

#[derive(Default)]
struct File {
    /// Times that each line ran.
    lines: BTreeMap<u32, u64>,
    branches: BTreeMap<u32, Vec<Branch>>,
    /// First line and calls of each function.
    functions: BTreeMap<String, (u32, u64)>,
}

/// Coverage by source file.
pub(crate) struct Report {
    files: BTreeMap<String, File>,
    /// Reachable instructions of all packages, and those that ran.
    instructions: (usize, usize),
    /// Ways of branches, and those that were taken.
    ways: (usize, usize),
}

impl Report {
    /// Maps what ran to source lines. Instructions whose source is not known count in the totals
    /// only.
    #[must_use]
    pub(crate) fn new(coverage: &Coverage, program: &Program, sources: &Sources) -> Self {
        let mut report = Self {
            files: BTreeMap::new(),
            instructions: (0, 0),
            ways: (0, 0),
        };
        for slot in 0..API_SLOT {
            let Some(package) = program.package(slot) else {
                continue;
            };
            let aid = hex::encode_upper(&package.aid);
            // Calls of each function, told by its first instruction.
            let mut calls: BTreeMap<String, u64> = BTreeMap::new();
            for (offset, hits) in coverage.of(program, slot) {
                report.instructions.0 += 1;
                report.instructions.1 += usize::from(hits.count > 0);
                report.ways.0 += hits.targets.len();
                report.ways.1 += hits.targets.values().filter(|count| **count > 0).count();
                let Some((function, place)) = sources.find(&aid, offset) else {
                    continue;
                };
                let called = calls.get(&function).copied();
                calls.entry(function.clone()).or_insert(hits.count);
                let Some(place) = place else { continue };
                let file = report.files.entry(place.file).or_default();
                // The instructions of a line run equally often, unless it holds a loop.
                let line = file.lines.entry(place.line).or_default();
                *line = (*line).max(hits.count);
                file.functions
                    .entry(function)
                    .or_insert((place.line, called.unwrap_or(hits.count)));
                let branches = hits
                    .targets
                    .values()
                    .enumerate()
                    .map(|(way, taken)| Branch {
                        block: offset,
                        way,
                        taken: (hits.count > 0).then_some(*taken),
                    });
                file.branches
                    .entry(place.line)
                    .or_default()
                    .extend(branches);
            }
        }
        report
    }

    /// Writes `lcov.info` and `index.html` into a folder.
    ///
    /// # Errors
    /// [`Failure::Output`].
    pub(crate) fn write(&self, folder: &Path) -> Result<(), Failure> {
        files::write(&folder.join("lcov.info"), self.lcov().as_bytes())?;
        files::write(&folder.join("index.html"), self.html().as_bytes())
    }

    /// One line of words.
    #[must_use]
    pub(crate) fn summary(&self) -> String {
        let lines: usize = self.files.values().map(|file| file.lines.len()).sum();
        let hit = |file: &File| file.lines.values().filter(|count| **count > 0).count();
        let lines_hit: usize = self.files.values().map(hit).sum();
        format!(
            "{lines_hit} of {lines} lines, {} of {} instructions, {} of {} ways of branches",
            self.instructions.1, self.instructions.0, self.ways.1, self.ways.0
        )
    }

    /// The tracefile format of `geninfo`(1).
    fn lcov(&self) -> String {
        let mut text = String::new();
        for (name, file) in &self.files {
            let _ = writeln!(text, "TN:\nSF:{name}");
            for (function, (line, _)) in &file.functions {
                let _ = writeln!(text, "FN:{line},{function}");
            }
            for (function, (_, calls)) in &file.functions {
                let _ = writeln!(text, "FNDA:{calls},{function}");
            }
            let called = file.functions.values().filter(|each| each.1 > 0).count();
            let _ = writeln!(text, "FNF:{}\nFNH:{called}", file.functions.len());
            let (mut found, mut hit) = (0, 0);
            for (line, branches) in &file.branches {
                for branch in branches {
                    let taken = branch.taken.map_or("-".to_owned(), |n| n.to_string());
                    let _ = writeln!(text, "BRDA:{line},{},{},{taken}", branch.block, branch.way);
                    found += 1;
                    hit += usize::from(branch.taken.is_some_and(|taken| taken > 0));
                }
            }
            let _ = writeln!(text, "BRF:{found}\nBRH:{hit}");
            for (line, count) in &file.lines {
                let _ = writeln!(text, "DA:{line},{count}");
            }
            let covered = file.lines.values().filter(|count| **count > 0).count();
            let _ = writeln!(text, "LF:{}\nLH:{covered}\nend_of_record", file.lines.len());
        }
        text
    }

    fn html(&self) -> String {
        let mut page = String::from(
            "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Coverage</title>\n<style>\n\
             body{font:14px system-ui,sans-serif;margin:2em}\n\
             pre{font:12px/1.4 ui-monospace,monospace;margin:0}\n\
             table{border-collapse:collapse}td{padding:0 .6em;vertical-align:top}\n\
             td.n{color:#667;text-align:right}tr.hit td{background:#e5f6e5}tr.part td{background:#fdf3d0}\
             tr.miss td{background:#fbe3e3}\n\
             @media(prefers-color-scheme:dark){body{background:#16181c;color:#ddd}tr.hit td{background:#17351c}\
             tr.part td{background:#453a12}tr.miss td{background:#4a1d1d}}\n</style>\n",
        );
        let _ = writeln!(page, "<h1>Coverage</h1>\n<p>{}</p>\n<ul>", self.summary());
        for (index, (name, file)) in self.files.iter().enumerate() {
            let hit = file.lines.values().filter(|count| **count > 0).count();
            let _ = writeln!(
                page,
                "<li><a href=\"#f{index}\">{}</a>: {hit} of {} lines</li>",
                escape(name),
                file.lines.len()
            );
        }
        page += "</ul>\n";
        for (index, (name, file)) in self.files.iter().enumerate() {
            let _ = writeln!(page, "<h2 id=\"f{index}\">{}</h2>", escape(name));
            let Ok(source) = std::fs::read_to_string(name) else {
                page += "<p>The file cannot be read from here; its lines are in lcov.info.</p>\n";
                continue;
            };
            page += "<table>\n";
            for (number, line) in (1u32..).zip(source.lines()) {
                let count = file.lines.get(&number);
                let branches = file.branches.get(&number).map_or(&[][..], Vec::as_slice);
                let missed = branches
                    .iter()
                    .filter(|branch| branch.taken.is_none_or(|taken| taken == 0))
                    .count();
                let class = match count {
                    None => "",
                    Some(0) => "miss",
                    Some(_) if missed > 0 => "part",
                    Some(_) => "hit",
                };
                let ways = match branches.len() {
                    0 => String::new(),
                    all => format!("{}/{all}", all - missed),
                };
                let count = count.map(u64::to_string).unwrap_or_default();
                let _ = writeln!(
                    page,
                    "<tr class=\"{class}\"><td class=\"n\">{number}</td><td class=\"n\">{count}</td>\
                     <td class=\"n\">{ways}</td><td><pre>{}</pre></td></tr>",
                    escape(line)
                );
            }
            page += "</table>\n";
        }
        page += "</html>\n";
        page
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
