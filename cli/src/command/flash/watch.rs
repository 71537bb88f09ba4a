//! `tenkoku flash --watch`

use super::Flash;
use crate::failure::Failure;
use crate::interrupt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// How often the file is looked at.
const INTERVAL: Duration = Duration::from_millis(200);

/// Flashes, and flashes again whenever the file has changed, until Ctrl-C. An error does not end it.
///
/// # Errors
/// [`Failure::Input`] where there is no such file to begin with.
pub(super) fn run(flash: &Flash) -> Result<(), Failure> {
    let stop = interrupt::flag();
    let mut flashed =
        Some(stamp(&flash.file).ok_or_else(|| {
            Failure::input(flash.file.display(), "there is no such file to watch")
        })?);
    let stopped = |stop: &AtomicBool| stop.load(Ordering::Relaxed);
    loop {
        if let Err(failure) = flash.once() {
            failure.tell();
        }
        if stopped(&stop) {
            return Ok(());
        }
        sayln!("watching {}; Ctrl-C ends", flash.file.display());
        loop {
            let begun = Instant::now();
            while begun.elapsed() < INTERVAL {
                if stopped(&stop) {
                    return Ok(());
                }
                std::thread::sleep(INTERVAL / 10);
            }
            let now = stamp(&flash.file);
            // Whoever writes it has ended: it is the same as one interval before.
            if now.is_some() && now != flashed {
                std::thread::sleep(INTERVAL);
                if stamp(&flash.file) == now {
                    flashed = now;
                    break;
                }
            }
        }
    }
}

/// What tells one state of a file from another.
fn stamp(file: &Path) -> Option<(SystemTime, u64)> {
    let metadata = file.metadata().ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}
