//! Bounds for all traversals of values: a map can contain itself, and small maps that share their parts can become huge
//! when they are written out.

/// The maximum nesting depth of values. Go is limited only by its stack; real values do not reach 20.
pub const MAX_DEPTH: usize = 1000;

/// The maximum length of a text made by one call, in bytes. Kubernetes accepts objects of 1.5 MiB.
pub const MAX_TEXT: usize = 32 << 20;

/// The number of steps that are charged at once.
const INSTALMENT: usize = 128;

/// The render has exceeded a limit: promchart's own message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit(pub String);

impl Limit {
    /// The error for a value that nests too deep.
    pub fn depth() -> Self {
        Self(format!(
            "value is nested more than {MAX_DEPTH} levels deep, or contains itself"
        ))
    }

    /// Checks the length of a text in bytes.
    ///
    /// # Errors
    /// The text is too long.
    pub fn text(bytes: usize) -> Result<(), Self> {
        if bytes <= MAX_TEXT {
            return Ok(());
        }
        Err(Self(format!("a text of {bytes} bytes is too long")))
    }
}

/// Charges the steps of a traversal while it runs.
pub struct Meter<'a> {
    pay: &'a mut dyn FnMut(usize) -> Result<(), Limit>,
    owed: usize,
    copied: usize,
}

impl<'a> Meter<'a> {
    /// Creates a meter that charges steps through a function.
    pub fn new(pay: &'a mut dyn FnMut(usize) -> Result<(), Limit>) -> Self {
        Self {
            pay,
            owed: 0,
            copied: 0,
        }
    }

    /// Charges one value and the bytes copied with it.
    ///
    /// # Errors
    /// The budget is exhausted, or this traversal has copied too much.
    pub fn step(&mut self, bytes: usize) -> Result<(), Limit> {
        self.copied = self.copied.saturating_add(bytes);
        Limit::text(self.copied)?;
        self.owed += 1 + bytes / 100;
        if self.owed >= INSTALMENT {
            (self.pay)(std::mem::take(&mut self.owed))?;
        }
        Ok(())
    }

    /// Charges one value at a depth.
    ///
    /// # Errors
    /// The budget is exhausted, or the depth is too great.
    pub fn descend(&mut self, depth: usize) -> Result<(), Limit> {
        if depth > MAX_DEPTH {
            return Err(Limit::depth());
        }
        self.step(0)
    }
}
