//! Subscripts of lists: `0`, `-1`, `1:3`, `::2`, `0,2`, `*`.

/// The contents of brackets.
#[derive(Debug)]
pub(super) struct Subscript(Vec<Part>);

#[derive(Debug)]
enum Part {
    All,
    One(i64),
    Range(Option<i64>, Option<i64>, i64),
}

impl Subscript {
    /// Parses a subscript.
    ///
    /// # Errors
    /// The syntax error.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let members: Vec<&str> = text.split(',').collect();
        let is_union = members.len() > 1;
        let part = |(at, member): (usize, &&str)| {
            let member = member.trim();
            if is_union && member == "*" {
                return Err(format!("error in union member {at}: wildcard cannot be used in union"));
            }
            let named = |error: String| {
                if is_union {
                    format!("error in union member {at}: {error}")
                } else {
                    error
                }
            };
            part(member).map_err(named)
        };
        members.iter().enumerate().map(part).collect::<Result<_, _>>().map(Self)
    }

    /// Whether it is `*`, which also selects the entries of mappings.
    pub(super) fn is_all(&self) -> bool {
        matches!(self.0[..], [Part::All])
    }

    /// The indexes that it selects in a list of a given length.
    pub(super) fn indices(&self, length: usize) -> Vec<usize> {
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        let from_end = |index: i64| if index < 0 { index + length } else { index };
        let mut found = Vec::new();
        for part in &self.0 {
            let (from, to, step) = match *part {
                Part::All => (0, length, 1),
                Part::One(index) => (from_end(index), from_end(index) + 1, 1),
                Part::Range(from, to, step) => {
                    let (first, last) = if step > 0 { (0, length) } else { (length - 1, -1) };
                    (from.map_or(first, from_end), to.map_or(last, from_end), step)
                }
            };
            let (mut at, end) = if step > 0 {
                (from.max(0), to.min(length))
            } else {
                (from.min(length), to.max(-1))
            };
            while if step > 0 { at < end } else { at > end } {
                found.extend(usize::try_from(at).ok().filter(|_| at < length));
                at = at.saturating_add(step);
            }
        }
        found
    }
}

fn part(text: &str) -> Result<Part, String> {
    if text == "*" {
        return Ok(Part::All);
    }
    let texts: Vec<&str> = text.split(':').map(str::trim).collect();
    if texts.len() > 3 {
        return Err("malformed array index, too many colons".to_owned());
    }
    let mut numbers = [None; 3];
    for (number, text) in numbers.iter_mut().zip(&texts).filter(|(_, text)| !text.is_empty()) {
        *number = Some(text.parse::<i32>().map_err(|_| "non-integer array index")?.into());
    }
    match (texts.len(), numbers) {
        (1, [None, ..]) => Err("array index missing".to_owned()),
        (1, [Some(index), ..]) => Ok(Part::One(index)),
        (_, [_, _, Some(0)]) => Err("array index step value must be non-zero".to_owned()),
        (_, [from, to, step]) => Ok(Part::Range(from, to, step.unwrap_or(1))),
    }
}
