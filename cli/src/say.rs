//! Standard error. Whoever reads it may stop reading, and a card that is being written must not notice.

/// Says something to a person, without a line's end.
macro_rules! say {
    ($($said:tt)*) => {{
        use std::io::Write as _;
        let _ = write!(std::io::stderr(), $($said)*);
    }};
}

/// Says a line to a person.
macro_rules! sayln {
    ($($said:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), $($said)*);
    }};
}
