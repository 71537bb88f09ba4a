//! Progress on standard error, drawn from the loader's events; nothing is drawn where nobody looks.

use crate::output;
use indicatif::{ProgressBar, ProgressStyle};
use loader::{Event, Pace, Phase};
use serde::Serialize;
use std::time::Instant;

/// Draws the progress of a flash.
#[derive(Debug)]
pub(crate) struct Drawn {
    bar: ProgressBar,
}

impl Default for Drawn {
    fn default() -> Self {
        let bar = ProgressBar::new(0);
        // Without a style of ours the bar has one of its own.
        if let Ok(style) = ProgressStyle::with_template(
            "{msg} [{bar:40}] {bytes}/{total_bytes} {bytes_per_sec} {eta}",
        ) {
            bar.set_style(style.progress_chars("=> "));
        }
        Self { bar }
    }
}

impl Drawn {
    /// Draws an event.
    pub(crate) fn hear(&mut self, event: &Event) {
        match event {
            Event::Phase { phase, subject } => {
                self.bar.set_message(format!("{} {subject}", name(*phase)));
                self.bar.tick();
            }
            Event::Block { bytes, total, .. } => {
                self.bar
                    .set_length(u64::try_from(*total).unwrap_or(u64::MAX));
                self.bar
                    .set_position(u64::try_from(*bytes).unwrap_or(u64::MAX));
            }
            Event::Done { .. } => self.bar.tick(),
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// Writes progress as JSON lines to standard output.
#[derive(Debug, Default)]
pub(crate) struct Line {
    /// When the load began.
    loading: Option<Instant>,
}

/// An event, and for a block how fast it goes.
#[derive(Serialize)]
struct Timed<'a> {
    #[serde(flatten)]
    event: &'a Event,
    #[serde(flatten)]
    pace: Option<Pace>,
}

impl Line {
    /// Writes an event. Whoever reads them may stop reading: that stops no flash.
    pub(crate) fn write(&mut self, event: &Event) {
        let pace = match event {
            Event::Phase { phase, .. } => {
                self.loading = (*phase == Phase::Load).then(Instant::now);
                None
            }
            Event::Block { bytes, total, .. } => self
                .loading
                .and_then(|begun| Pace::of(*bytes, *total, begun.elapsed())),
            Event::Done { .. } => None,
        };
        if let Ok(line) = serde_json::to_string(&Timed { event, pace }) {
            let _ = output::print(&(line + "\n"));
        }
    }
}

/// A phase in words.
#[must_use]
pub(crate) fn name(phase: Phase) -> &'static str {
    match phase {
        Phase::Delete => "deleting",
        Phase::InstallForLoad => "announcing",
        Phase::Load => "loading",
        Phase::Install => "installing",
    }
}

/// Says which step is under way; where nobody looks at a terminal, only the steps that have ended.
#[derive(Debug)]
pub(crate) struct Spinner {
    bar: ProgressBar,
}

impl Default for Spinner {
    fn default() -> Self {
        Self {
            bar: ProgressBar::new_spinner(),
        }
    }
}

impl Spinner {
    /// A step begins.
    pub(crate) fn begin(&self, what: &str) {
        self.bar.set_message(what.to_owned());
        self.bar
            .enable_steady_tick(std::time::Duration::from_millis(100));
    }

    /// It has ended.
    pub(crate) fn end(&self, line: &str) {
        self.bar.suspend(|| sayln!("{line}"));
    }

    /// Takes the line away.
    pub(crate) fn clear(&self) {
        self.bar.disable_steady_tick();
        self.bar.finish_and_clear();
    }
}
