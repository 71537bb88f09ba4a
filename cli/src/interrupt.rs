//! Ctrl-C: stops between two commands to the card, never within one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// The status with which a second Ctrl-C ends the process, as shells have it for SIGINT.
const KILLED: i32 = 130;

/// From now on Ctrl-C sets the flag that is given, and a second one ends the process at once.
pub(crate) fn flag() -> Arc<AtomicBool> {
    static FLAG: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    let flag = FLAG.get_or_init(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&flag);
        let armed = ctrlc::set_handler(move || {
            if seen.swap(true, Ordering::Relaxed) {
                std::process::exit(KILLED);
            }
            sayln!("\nstopping after this command; once more stops at once");
        });
        if let Err(error) = armed {
            sayln!("note: Ctrl-C stops at once, even within a command: {error}");
        }
        flag
    });
    Arc::clone(flag)
}
