//! Go's `fmt.Sprintf`, `Sprint` and `Sprintln`.

use minijinja::Value;

use super::bounds::{Limit, Meter};
use super::printer::Printer;
use super::value::{View, view};
use gostd::fmt::Flags;
use gostd::string::normalize;
use gostd::unicode::rune;

/// The largest width or precision that Go accepts.
const MOST: i64 = 1_000_000;

/// `fmt.Sprintf(format, arguments...)`.
///
/// # Errors
/// The values are too large or nest too deep.
pub fn sprintf(format: &str, arguments: &[Value], meter: &mut Meter<'_>) -> Result<String, Limit> {
    let mut formatter = Formatter {
        format,
        at: 0,
        arguments,
        next: 0,
        reordered: false,
        good_index: true,
        printer: Printer::new(meter),
    };
    while formatter.at < format.len() {
        formatter.good_index = true;
        let start = formatter.at;
        formatter.at = format[start..].find('%').map_or(format.len(), |offset| start + offset);
        formatter.printer.push(&format[start..formatter.at]);
        if formatter.at < format.len() {
            formatter.at += 1;
            formatter.directive()?;
        }
    }
    formatter.extra()?;
    Ok(normalize(formatter.printer.layout.out))
}

/// `fmt.Sprint(arguments...)`: writes a blank between two values if neither is a string.
///
/// # Errors
/// The values are too large or nest too deep.
pub fn sprint_all(arguments: &[Value], meter: &mut Meter<'_>) -> Result<String, Limit> {
    let mut printer = Printer::new(meter);
    let mut after_string = false;
    for (at, argument) in arguments.iter().enumerate() {
        let is_string = matches!(view(argument), View::String(_));
        if at > 0 && !is_string && !after_string {
            printer.push(" ");
        }
        printer.argument(argument, 'v')?;
        after_string = is_string;
    }
    Ok(normalize(printer.layout.out))
}

/// `fmt.Sprintln(arguments...)`.
///
/// # Errors
/// The values are too large or nest too deep.
pub fn sprintln(arguments: &[Value], meter: &mut Meter<'_>) -> Result<String, Limit> {
    let mut printer = Printer::new(meter);
    for (at, argument) in arguments.iter().enumerate() {
        if at > 0 {
            printer.push(" ");
        }
        printer.argument(argument, 'v')?;
    }
    printer.push("\n");
    Ok(normalize(printer.layout.out))
}

/// A format string that is being processed.
struct Formatter<'t, 'm, 'a> {
    format: &'t str,
    at: usize,
    arguments: &'t [Value],
    /// The index of the next argument.
    next: usize,
    /// Whether an index such as `%[2]d` was used; if so, unused arguments are not reported.
    reordered: bool,
    good_index: bool,
    printer: Printer<'m, 'a>,
}

impl Formatter<'_, '_, '_> {
    fn peek(&self) -> Option<u8> {
        self.format.as_bytes().get(self.at).copied()
    }

    fn flags(&mut self) -> &mut Flags {
        &mut self.printer.layout.flags
    }

    /// Processes a directive after its percent sign.
    fn directive(&mut self) -> Result<(), Limit> {
        *self.flags() = Flags::default();
        while let Some(byte) = self.peek() {
            match byte {
                b'#' => self.flags().sharp = true,
                b'0' => self.flags().zero = true,
                b'+' => self.flags().plus = true,
                b'-' => self.flags().minus = true,
                b' ' => self.flags().space = true,
                _ => break,
            }
            self.at += 1;
        }
        let mut after_index = self.index();
        self.width(&mut after_index);
        if self.peek() == Some(b'.') && self.at + 1 < self.format.len() {
            self.at += 1;
            self.precision(&mut after_index);
        }
        if !after_index {
            self.index();
        }
        let Some(verb) = self.format[self.at..].chars().next() else {
            self.printer.push("%!(NOVERB)");
            return Ok(());
        };
        self.at += verb.len_utf8();
        self.verb(rune(verb))
    }

    fn width(&mut self, after_index: &mut bool) {
        if self.peek() == Some(b'*') {
            self.at += 1;
            match self.int_argument() {
                Some(width) => {
                    self.flags().width = usize::try_from(width.abs()).ok();
                    if width < 0 {
                        self.flags().minus = true;
                        self.flags().zero = false;
                    }
                }
                None => self.printer.push("%!(BADWIDTH)"),
            }
            *after_index = false;
        } else {
            let width = self.number(self.format.len());
            self.flags().width = width;
            if *after_index && width.is_some() {
                self.good_index = false;
            }
        }
    }

    fn precision(&mut self, after_index: &mut bool) {
        if *after_index {
            self.good_index = false;
        }
        *after_index = self.index();
        if self.peek() == Some(b'*') {
            self.at += 1;
            let precision = self
                .int_argument()
                .and_then(|precision| usize::try_from(precision).ok());
            self.flags().precision = precision;
            if precision.is_none() {
                self.printer.push("%!(BADPREC)");
            }
            *after_index = false;
        } else {
            let precision = self.number(self.format.len());
            self.flags().precision = Some(precision.unwrap_or(0));
        }
    }

    fn verb(&mut self, verb: char) -> Result<(), Limit> {
        if verb == '%' {
            self.printer.push("%");
            return Ok(());
        }
        if !self.good_index || self.next >= self.arguments.len() {
            let problem = if self.good_index { "MISSING" } else { "BADINDEX" };
            self.printer.push(&format!("%!{verb}({problem})"));
            return Ok(());
        }
        if verb == 'v' || verb == 'w' {
            let flags = self.flags();
            flags.sharp_v = std::mem::take(&mut flags.sharp);
            flags.plus_v = std::mem::take(&mut flags.plus);
        }
        self.printer.pay_for_flags()?;
        self.printer.argument(&self.arguments[self.next], verb)?;
        self.next += 1;
        Ok(())
    }

    /// Parses a number in the format string that ends before `end`; `None` if there are no digits. A number that is too
    /// large consumes the rest of the format string.
    fn number(&mut self, end: usize) -> Option<usize> {
        let mut number = None;
        while let Some(digit) = self.peek().filter(|byte| self.at < end && byte.is_ascii_digit()) {
            let value = number.unwrap_or(0);
            if value > MOST {
                self.at = end;
                return None;
            }
            number = Some(value * 10 + i64::from(digit - b'0'));
            self.at += 1;
        }
        number.and_then(|number| usize::try_from(number).ok())
    }

    /// Parses `[3]`, the index of the next argument. Returns whether there was a valid one.
    fn index(&mut self) -> bool {
        if self.peek() != Some(b'[') {
            return false;
        }
        self.reordered = true;
        let start = self.at;
        let rest = &self.format[start + 1..];
        let Some(close) = rest
            .find(']')
            .filter(|_| rest.len() > 1)
            .map(|offset| start + 1 + offset)
        else {
            self.good_index = false;
            self.at = start + 1;
            return false;
        };
        self.at = start + 1;
        let number = self.number(close);
        let complete = self.at == close;
        self.at = close + 1;
        match number.filter(|_| complete) {
            Some(number) if (1..=self.arguments.len()).contains(&number) => {
                self.next = number - 1;
                true
            }
            Some(_) => {
                self.good_index = false;
                true
            }
            None => {
                self.good_index = false;
                false
            }
        }
    }

    /// Takes an argument for `*`.
    fn int_argument(&mut self) -> Option<i64> {
        let argument = self.arguments.get(self.next)?;
        self.next += 1;
        let number = match view(argument) {
            View::Int(_, number) => number,
            View::Uint(_, number) => i64::try_from(number).ok()?,
            _ => return None,
        };
        (-MOST..=MOST).contains(&number).then_some(number)
    }

    /// Reports unused arguments.
    fn extra(&mut self) -> Result<(), Limit> {
        if self.reordered || self.next >= self.arguments.len() {
            return Ok(());
        }
        *self.flags() = Flags::default();
        self.printer.push("%!(EXTRA ");
        for at in self.next..self.arguments.len() {
            if at > self.next {
                self.printer.push(", ");
            }
            let argument = &self.arguments[at];
            let found = view(argument);
            self.printer.push(&found.type_name());
            if !found.is_nil() {
                self.printer.push("=");
                self.printer.argument(argument, 'v')?;
            }
        }
        self.printer.push(")");
        Ok(())
    }
}
