//! Bounds for everything that walks through a value: a map can contain itself, and small maps that share their parts
//! can be huge when written out.

/// How deep values may nest. Go has no limit but its stack; nobody writes 20.
pub const MAX_DEPTH: usize = 1000;

/// The longest text that one call may make. Kubernetes takes objects of 1.5 MiB.
pub const MAX_TEXT: usize = 32 << 20;

/// Steps that are paid for together.
const INSTALMENT: usize = 128;

/// A render has used up what it may use: promchart's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit(pub String);

impl Limit {
    /// The value nests too deeply.
    pub fn depth() -> Self {
        Self(format!(
            "value is nested more than {MAX_DEPTH} levels deep, or contains itself"
        ))
    }

    /// A text of so many bytes, when that is too long.
    ///
    /// # Errors
    /// When it is.
    pub fn text(bytes: usize) -> Result<(), Self> {
        if bytes <= MAX_TEXT {
            return Ok(());
        }
        Err(Self(format!("a text of {bytes} bytes is too long")))
    }
}

/// Pays for a walk while it goes on.
pub struct Meter<'a> {
    pay: &'a mut dyn FnMut(usize) -> Result<(), Limit>,
    owed: usize,
    copied: usize,
}

impl<'a> Meter<'a> {
    /// A meter that pays through this function.
    pub fn new(pay: &'a mut dyn FnMut(usize) -> Result<(), Limit>) -> Self {
        Self {
            pay,
            owed: 0,
            copied: 0,
        }
    }

    /// Pays for one value, and for the bytes that were copied with it.
    ///
    /// # Errors
    /// When nothing is left to pay with, or this walk has copied too much.
    pub fn step(&mut self, bytes: usize) -> Result<(), Limit> {
        self.copied = self.copied.saturating_add(bytes);
        Limit::text(self.copied)?;
        self.owed += 1 + bytes / 100;
        if self.owed >= INSTALMENT {
            (self.pay)(std::mem::take(&mut self.owed))?;
        }
        Ok(())
    }

    /// Pays for one value at a depth.
    ///
    /// # Errors
    /// When nothing is left to pay with, or at too great a depth.
    pub fn descend(&mut self, depth: usize) -> Result<(), Limit> {
        if depth > MAX_DEPTH {
            return Err(Limit::depth());
        }
        self.step(0)
    }
}
