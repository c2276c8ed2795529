//! Go's `fmt` for dynamic values: which verbs apply to which values, and the formatting of nested values.

use minijinja::Value;

use super::bounds::{Limit, Meter};
use super::map::Map;
use super::types::{Element, IntType};
use super::value::{List, Struct, View, view};
use gostd::fmt::{Flags, Layout};

/// The address that is printed for pointers; constant, so that the output is reproducible.
const ADDRESS: u64 = 0x00c0_0000_0000;

/// Formats values according to verbs.
pub(super) struct Printer<'m, 'a> {
    pub(super) layout: Layout,
    meter: &'m mut Meter<'a>,
    /// Whether a value is printed as part of an error, in which case its methods are not called.
    erroring: bool,
}

type Printed = Result<(), Limit>;

impl<'m, 'a> Printer<'m, 'a> {
    pub(super) fn new(meter: &'m mut Meter<'a>) -> Self {
        Self {
            layout: Layout::default(),
            meter,
            erroring: false,
        }
    }

    pub(super) fn push(&mut self, text: &str) {
        self.layout.out.push_str(text);
    }

    /// Charges the padding that the width and the precision may add.
    pub(super) fn pay_for_flags(&mut self) -> Printed {
        let Flags { width, precision, .. } = self.layout.flags;
        self.meter.step(width.unwrap_or(0) + precision.unwrap_or(0))
    }

    /// Prints one argument of `fmt.Printf`.
    pub(super) fn argument(&mut self, value: &Value, verb: char) -> Printed {
        let found = view(value);
        match (verb, found) {
            ('T' | 'v', View::Invalid | View::Nil) => self.layout.pad("<nil>"),
            (_, View::Invalid | View::Nil) => {
                self.push("%!");
                self.layout.out.push(verb);
                self.push("(<nil>)");
            }
            ('T', found) => self.layout.string(&found.type_name()),
            ('p', found) => return self.pointer(found, 'p'),
            ('v' | 'd', View::Bytes(bytes)) if self.layout.flags.sharp_v && !self.erroring => {
                self.push("[]byte{");
                for (at, byte) in bytes.iter().enumerate() {
                    self.push(if at > 0 { ", " } else { "" });
                    self.address(u64::from(*byte), true);
                }
                self.push("}");
            }
            (_, found) => return self.value(found, verb, 0),
        }
        Ok(())
    }

    fn bad_verb(&mut self, value: View<'_>, verb: char) -> Printed {
        let erroring = std::mem::replace(&mut self.erroring, true);
        self.push("%!");
        self.layout.out.push(verb);
        self.push("(");
        self.push(&value.type_name());
        self.push("=");
        self.value(value, 'v', 0)?;
        self.push(")");
        self.erroring = erroring;
        Ok(())
    }

    /// Go's `printValue`.
    pub(super) fn value(&mut self, value: View<'_>, verb: char, depth: usize) -> Printed {
        self.meter.descend(depth)?;
        if self.by_method(value, verb)? {
            return Ok(());
        }
        match value {
            View::Invalid | View::Nil if self.layout.flags.sharp_v => self.push("interface {}(nil)"),
            View::Invalid | View::Nil => self.push("<nil>"),
            View::Bool(flag) if matches!(verb, 't' | 'v') => self.layout.boolean(flag),
            View::Int(_, number) => return self.integer(value, number.unsigned_abs(), number < 0, verb),
            View::Uint(_, number) if verb == 'v' && self.layout.flags.sharp_v => self.address(number, true),
            View::Uint(_, number) => return self.integer(value, number, false, verb),
            View::Float(number) => return self.float(value, number, verb),
            View::Complex(real, imaginary) => return self.complex(value, real, imaginary, verb),
            View::String(text) => return self.string(value, text, verb),
            View::Bytes(bytes) => return self.bytes(bytes, verb, depth),
            View::List(list) => return self.list(list, verb, depth),
            View::Map(map) => return self.map(map, verb, depth),
            View::Struct(object) => return self.structure(object, verb, depth),
            View::Bool(_) => return self.bad_verb(value, verb),
        }
        Ok(())
    }

    /// Prints the result of the `String`, `Error` or `GoString` method, if there is one and the verb uses it.
    fn by_method(&mut self, value: View<'_>, verb: char) -> Result<bool, Limit> {
        if self.erroring {
            return Ok(false);
        }
        if verb == 'w' {
            self.bad_verb(value, verb)?;
            return Ok(true);
        }
        let text = match value {
            View::Struct(object) if self.layout.flags.sharp_v => {
                if let Some(text) = object.go_string() {
                    self.layout.string(&text);
                    return Ok(true);
                }
                None
            }
            _ if self.layout.flags.sharp_v || !matches!(verb, 'v' | 's' | 'x' | 'X' | 'q') => None,
            View::Struct(object) => object.display(),
            View::Int(int_type @ (IntType::Duration | IntType::Month | IntType::Weekday), number) => {
                Some(print_int(int_type, number))
            }
            _ => None,
        };
        match text {
            Some(text) => self.string(View::String(&text), &text, verb).map(|()| true),
            None => Ok(false),
        }
    }

    fn integer(&mut self, value: View<'_>, number: u64, negative: bool, verb: char) -> Printed {
        let layout = &mut self.layout;
        let code = if negative { u64::MAX } else { number };
        match verb {
            'v' | 'd' => layout.integer(number, negative, 10, verb),
            'b' => layout.integer(number, negative, 2, verb),
            'o' | 'O' => layout.integer(number, negative, 8, verb),
            'x' | 'X' => layout.integer(number, negative, 16, verb),
            'c' => layout.character(code),
            'q' => layout.quoted_character(code),
            'U' => layout.unicode(if negative { number.wrapping_neg() } else { number }),
            _ => return self.bad_verb(value, verb),
        }
        Ok(())
    }

    fn float(&mut self, value: View<'_>, number: f64, verb: char) -> Printed {
        match verb {
            'v' => self.layout.float(number, 'g', None),
            'b' | 'g' | 'G' | 'x' | 'X' => self.layout.float(number, verb, None),
            'f' | 'e' | 'E' => self.layout.float(number, verb, Some(6)),
            'F' => self.layout.float(number, 'f', Some(6)),
            _ => return self.bad_verb(value, verb),
        }
        Ok(())
    }

    fn complex(&mut self, value: View<'_>, real: f64, imaginary: f64, verb: char) -> Printed {
        if !matches!(verb, 'v' | 'b' | 'g' | 'G' | 'x' | 'X' | 'f' | 'F' | 'e' | 'E') {
            return self.bad_verb(value, verb);
        }
        let plus = self.layout.flags.plus;
        self.push("(");
        self.float(value, real, verb)?;
        self.layout.flags.plus = true;
        self.float(value, imaginary, verb)?;
        self.push("i)");
        self.layout.flags.plus = plus;
        Ok(())
    }

    fn string(&mut self, value: View<'_>, text: &str, verb: char) -> Printed {
        self.meter.step(text.len())?;
        match verb {
            'v' if self.layout.flags.sharp_v => self.layout.quoted(text),
            'v' | 's' => self.layout.string(text),
            'x' | 'X' => self.layout.hex_string(text, verb == 'X'),
            'q' => self.layout.quoted(text),
            _ => return self.bad_verb(value, verb),
        }
        Ok(())
    }

    fn bytes(&mut self, bytes: &[u8], verb: char, depth: usize) -> Printed {
        self.meter.step(bytes.len())?;
        match verb {
            's' | 'q' => {
                let text = gostd::string::encode(bytes);
                if verb == 's' {
                    self.layout.string(&text);
                } else {
                    self.layout.quoted(&text);
                }
            }
            'x' | 'X' => self.layout.hex_bytes(bytes, verb == 'X'),
            _ => {
                let (open, between, close) = self.brackets("[]uint8");
                self.push(&open);
                for (at, byte) in bytes.iter().enumerate() {
                    self.push(if at > 0 { between } else { "" });
                    let byte = View::Uint(super::UintType::Uint8, u64::from(*byte));
                    self.value(byte, verb, depth + 1)?;
                }
                self.push(close);
            }
        }
        Ok(())
    }

    /// The text before, between and after the elements of a list of this type.
    fn brackets(&self, type_name: &str) -> (String, &'static str, &'static str) {
        if self.layout.flags.sharp_v {
            (format!("{type_name}{{"), ", ", "}")
        } else {
            ("[".to_owned(), " ", "]")
        }
    }

    fn list(&mut self, list: &List, verb: char, depth: usize) -> Printed {
        let type_name = list.type_name();
        if list.nil && self.layout.flags.sharp_v {
            self.push(&type_name);
            self.push("(nil)");
            return Ok(());
        }
        let (open, between, close) = self.brackets(&type_name);
        self.push(&open);
        for (at, item) in list.items.iter().enumerate() {
            self.push(if at > 0 { between } else { "" });
            self.value(view(item), verb, depth + 1)?;
        }
        self.push(close);
        Ok(())
    }

    fn map(&mut self, map: &Map, verb: char, depth: usize) -> Printed {
        let sharp_v = self.layout.flags.sharp_v;
        if sharp_v {
            self.push(&map.map_type().name());
            if map.is_nil() {
                self.push("(nil)");
                return Ok(());
            }
        }
        self.push(if sharp_v { "{" } else { "map[" });
        for (at, (key, value)) in map.snapshot().iter().enumerate() {
            match at {
                0 => {}
                _ if sharp_v => self.push(", "),
                _ => self.push(" "),
            }
            self.value(View::String(key), verb, depth + 1)?;
            self.push(":");
            match (map.map_type().element(), view(value)) {
                (Element::Bytes, View::Nil) => self.push("[]"),
                (_, value) => self.value(value, verb, depth + 1)?,
            }
        }
        self.push(if sharp_v { "}" } else { "]" });
        Ok(())
    }

    fn structure(&mut self, object: &dyn Struct, verb: char, depth: usize) -> Printed {
        if object.is_pointer() && (depth > 0 || object.is_nil()) {
            return self.pointer(View::Struct(object), verb);
        }
        let Flags { sharp_v, plus_v, .. } = self.layout.flags;
        if object.is_pointer() {
            self.push("&");
        }
        if sharp_v {
            self.push(object.type_name().trim_start_matches('*'));
        }
        self.push("{");
        let names = object.printed_names();
        for (at, value) in object.printed_fields().iter().enumerate() {
            match at {
                0 => {}
                _ if sharp_v => self.push(", "),
                _ => self.push(" "),
            }
            if (sharp_v || plus_v)
                && let Some(name) = names.get(at)
            {
                self.push(name);
                self.push(":");
            }
            self.value(view(value), verb, depth + 1)?;
        }
        self.push("}");
        Ok(())
    }

    fn pointer(&mut self, value: View<'_>, verb: char) -> Printed {
        let address = match value {
            View::Struct(object) if object.is_nil() => 0,
            View::Struct(object) if object.is_pointer() => ADDRESS,
            View::Map(map) if map.is_nil() => 0,
            View::List(list) if list.nil => 0,
            View::Map(_) | View::List(_) | View::Bytes(_) => ADDRESS,
            _ => return self.bad_verb(value, verb),
        };
        match verb {
            'v' if self.layout.flags.sharp_v => {
                self.push("(");
                self.push(&value.type_name());
                self.push(")(");
                self.address(address, true);
                self.push(")");
            }
            'v' if address == 0 => self.layout.pad("<nil>"),
            'v' | 'p' => self.address(address, !self.layout.flags.sharp),
            'b' | 'o' | 'd' | 'x' | 'X' => return self.integer(value, address, false, verb),
            _ => return self.bad_verb(value, verb),
        }
        Ok(())
    }

    fn address(&mut self, address: u64, prefix: bool) {
        let sharp = std::mem::replace(&mut self.layout.flags.sharp, prefix);
        self.layout.integer(address, false, 16, 'v');
        self.layout.flags.sharp = sharp;
    }
}

/// Prints an integer as `%v` does: durations, months and weekdays have a `String` method.
pub(crate) fn print_int(int_type: IntType, value: i64) -> String {
    match int_type {
        IntType::Duration => gostd::time::format_duration(value),
        IntType::Month => gostd::time::month_name(value),
        IntType::Weekday => gostd::time::weekday_name(value),
        _ => value.to_string(),
    }
}
