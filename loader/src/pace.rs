use std::time::Duration;

/// How fast a load goes, and how long it will take.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Pace {
    /// Bytes of the load file per second.
    pub bytes_per_second: f64,
    /// Seconds until the last block, at this rate.
    pub seconds_left: f64,
}

impl Pace {
    /// The pace where `bytes` of `total` took this long; `None` before anything has happened.
    ///
    /// ```
    /// use std::time::Duration;
    /// let pace = loader::Pace::of(100, 400, Duration::from_secs(2)).expect("something happened");
    /// assert_eq!((pace.bytes_per_second, pace.seconds_left), (50.0, 6.0));
    /// ```
    #[must_use]
    pub fn of(bytes: usize, total: usize, elapsed: Duration) -> Option<Self> {
        let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        let seconds = elapsed.as_secs_f64();
        (bytes > 0 && seconds > 0.0).then(|| {
            let rate = number(bytes) / seconds;
            Self {
                bytes_per_second: rate,
                seconds_left: number(total.saturating_sub(bytes)) / rate,
            }
        })
    }
}
