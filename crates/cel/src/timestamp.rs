//! Points in time.

/// A point in time, with the zone offset that it was written with.
#[derive(Debug, Clone, Copy)]
pub struct Timestamp {
    /// Seconds since 1970.
    pub seconds: i64,
    /// Nanoseconds of the second.
    pub nanos: u32,
    /// Minutes east of UTC.
    pub offset: i32,
}

impl Timestamp {
    /// Nanoseconds since 1970.
    pub fn total(self) -> i128 {
        i128::from(self.seconds) * 1_000_000_000 + i128::from(self.nanos)
    }
}
