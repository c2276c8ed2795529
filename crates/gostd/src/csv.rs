//! One record of Go's `encoding/csv`, which is used for flags that take lists.

/// `csv.NewReader(text).Read()`: the fields of the first line that is not empty.
///
/// # Errors
/// Go's message.
///
/// ```
/// use gostd::csv::record;
/// assert_eq!(record("a,\"b,c\",").unwrap(), ["a", "b,c", ""]);
/// assert_eq!(record("a\"b").unwrap_err(), "parse error on line 1, column 2: bare \" in non-quoted-field");
/// ```
pub fn record(text: &str) -> Result<Vec<String>, String> {
    let mut line = 1;
    let mut rest = text;
    loop {
        let without = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n'));
        let Some(next) = without else { break };
        rest = next;
        line += 1;
    }
    if rest.is_empty() {
        return Err("EOF".to_owned());
    }
    let mut reader = CsvReader {
        rest,
        first_line: line,
        line,
        column: 1,
    };
    let mut fields = Vec::new();
    loop {
        let (field, is_last) = if reader.rest.starts_with('"') {
            reader.quoted()?
        } else {
            reader.plain()?
        };
        fields.push(field);
        if is_last {
            return Ok(fields);
        }
    }
}

struct CsvReader<'a> {
    rest: &'a str,
    first_line: usize,
    line: usize,
    column: usize,
}

impl CsvReader<'_> {
    fn advance(&mut self, bytes: usize) {
        self.rest = &self.rest[bytes..];
        self.column += bytes;
    }

    fn error(&self, column: usize, what: &str) -> String {
        let record = if self.line == self.first_line {
            String::new()
        } else {
            format!("record on line {}; ", self.first_line)
        };
        format!("{record}parse error on line {}, column {column}: {what}", self.line)
    }

    /// Whether the record ends here.
    fn at_end(&self) -> bool {
        self.rest.is_empty() || self.rest.starts_with('\n') || self.rest.starts_with("\r\n")
    }

    /// Reads a field without quotes. The second result is whether it is the last one.
    fn plain(&mut self) -> Result<(String, bool), String> {
        let line_end = self.rest.find('\n').unwrap_or(self.rest.len());
        let line = self.rest[..line_end].trim_end_matches('\r');
        let field = line.split(',').next().unwrap_or_default();
        if let Some(at) = field.find('"') {
            return Err(self.error(self.column + at, "bare \" in non-quoted-field"));
        }
        let (field, is_last) = (field.to_owned(), field.len() == line.len());
        self.advance(field.len() + usize::from(!is_last));
        Ok((field, is_last))
    }

    /// Reads a quoted field. The second result is whether it is the last one.
    fn quoted(&mut self) -> Result<(String, bool), String> {
        const MISPLACED: &str = "extraneous or missing \" in quoted-field";
        let mut field = String::new();
        self.advance(1);
        loop {
            let Some(at) = self.rest.find(['"', '\n']) else {
                return Err(self.error(self.column + self.rest.len(), MISPLACED));
            };
            field.push_str(&self.rest[..at]);
            let found = self.rest.as_bytes()[at];
            self.advance(at + 1);
            if found == b'\n' {
                field.push('\n');
                self.line += 1;
                self.column = 1;
            } else if self.rest.starts_with('"') {
                field.push('"');
                self.advance(1);
            } else if self.rest.starts_with(',') {
                self.advance(1);
                return Ok((field, false));
            } else if self.at_end() {
                return Ok((field, true));
            } else {
                return Err(self.error(self.column - 1, MISPLACED));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::record;

    #[test]
    fn records() {
        assert_eq!(record("a.yaml,b.yaml").unwrap(), ["a.yaml", "b.yaml"]);
        assert_eq!(record("\"a \"\"b\"\"\",c\nd").unwrap(), ["a \"b\"", "c"]);
        assert_eq!(record("\"a\nb\"").unwrap(), ["a\nb"]);
        assert_eq!(record("\n\nx").unwrap(), ["x"]);
        assert_eq!(record(",").unwrap(), ["", ""]);
        assert_eq!(record("\n").unwrap_err(), "EOF");
        let misplaced = "parse error on line 1, column 3: extraneous or missing \" in quoted-field";
        assert_eq!(record("\"a\"b").unwrap_err(), misplaced);
        assert_eq!(record("\"a").unwrap_err(), misplaced);
    }
}
