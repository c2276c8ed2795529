//! For the terminal.

use super::{Detail, alike, lines, name, order, origin, own_changes, shared, sign, summary};
use crate::{Change, Diff, Harm, Kind, Level, ObjectDiff, Shown};
use diagnostics::report::text::printable;

/// Lines of a value that are shown.
const MAX_LINES: usize = 40;

struct Out {
    text: String,
    color: bool,
}

impl Out {
    fn line(&mut self, indent: usize, style: &str, text: &str) {
        let text = printable(text);
        self.text.push_str(&" ".repeat(indent));
        if self.color && !style.is_empty() {
            self.text.push_str(&format!("\u{1b}[{style}m{text}\u{1b}[0m\n"));
        } else {
            self.text.push_str(&format!("{text}\n"));
        }
    }

    /// A line with something less important behind it.
    fn with(&mut self, indent: usize, style: &str, text: &str, behind: &str) {
        let (text, behind) = (printable(text), printable(behind));
        self.text.push_str(&" ".repeat(indent));
        let gap = if behind.is_empty() { "" } else { "  " };
        if self.color {
            let behind = if behind.is_empty() {
                String::new()
            } else {
                format!("\u{1b}[2m{behind}\u{1b}[0m")
            };
            self.text
                .push_str(&format!("\u{1b}[{style}m{text}\u{1b}[0m{gap}{behind}\n"));
        } else {
            self.text.push_str(&format!("{text}{gap}{behind}\n"));
        }
    }
}

/// The comparison for people.
pub fn text(diff: &Diff, detail: Detail, color: bool) -> String {
    let mut out = Out {
        text: String::new(),
        color,
    };
    out.line(0, "31", &format!("--- {}", diff.old));
    out.line(0, "32", &format!("+++ {}", diff.new));
    if !diff.harm.is_empty() {
        out.line(0, "", "");
        out.line(0, "1", "What the upgrade does:");
        let width = diff
            .harm
            .iter()
            .map(|harm| harm.level.as_str().len())
            .max()
            .unwrap_or_default();
        alike(diff)
            .into_iter()
            .for_each(|alike| harm(alike, width, diff, &mut out));
    }
    let (shared, told) = if detail == Detail::Names {
        (Vec::new(), std::collections::BTreeSet::new())
    } else {
        shared(diff)
    };
    for one in &shared {
        out.line(0, "", "");
        out.line(
            0,
            "1;33",
            &format!("~ in {} objects: {}", one.objects.len(), one.change.path),
        );
        values(one.change, 4, &mut out);
        let names: Vec<String> = one.objects.iter().map(|object| name(object, diff)).collect();
        out.line(4, "2", &names.join(", "));
    }
    let mut was_long = true;
    for (at, object) in diff.objects.iter().enumerate() {
        let changes = own_changes(object, at, &told);
        if object.kind == Kind::Changed && changes.is_empty() && detail != Detail::Names {
            continue;
        }
        let is_long = detail == Detail::Full || detail == Detail::Fields && object.kind == Kind::Changed;
        if is_long || was_long {
            out.line(0, "", "");
        }
        was_long = is_long;
        head(object, diff, &mut out);
        if detail == Detail::Names {
            continue;
        }
        for change in changes {
            out.line(2, "1", &change.path);
            values(change, 4, &mut out);
        }
        if let Some(content) = object.content.as_ref().filter(|_| detail == Detail::Full) {
            let (sign, style) = if object.kind == Kind::Added {
                ('+', "32")
            } else {
                ('-', "31")
            };
            content
                .lines()
                .for_each(|line| out.line(2, style, &format!("{sign} {line}")));
        }
    }
    out.line(0, "", "");
    for note in &diff.notes {
        out.line(0, "", &format!("note: {note}"));
    }
    out.line(0, "1", &summary(diff));
    out.text
}

/// Changes without colours, for a comment: the signs are in the first column.
pub(super) fn of_changes(changes: &[&Change]) -> String {
    let mut out = Out {
        text: String::new(),
        color: false,
    };
    for change in changes {
        out.line(0, "", &change.path);
        values(change, 0, &mut out);
    }
    out.text
}

fn head(object: &ObjectDiff, diff: &Diff, out: &mut Out) {
    let style = match object.kind {
        Kind::Added => "1;32",
        Kind::Removed => "1;31",
        _ => "1;33",
    };
    let mut title = format!("{} {}", sign(object.kind), name(&object.reference, diff));
    if let Some(hook) = &object.hook {
        title.push_str(&format!(" (hook: {hook})"));
    }
    let mut behind = object.cause.as_ref().map(origin).unwrap_or_default();
    if let Some((old, differing)) = &object.renamed {
        behind.push_str(&format!(
            "; perhaps {old} under another name: {} differ",
            crate::counted(*differing, "field")
        ));
    }
    out.with(0, style, &title, &behind);
}

/// Writes the harm to an object, or the same harm to several objects.
fn harm(alike: &[Harm], width: usize, diff: &Diff, out: &mut Out) {
    let Some(harm) = alike.first() else { return };
    let style = match harm.level {
        Level::Refused | Level::MayFail | Level::Data => "1;31",
        Level::Outage => "31",
        Level::Rights => "35",
        Level::Restart => "33",
        Level::Note => "36",
    };
    let level = harm.level.as_str();
    let path = harm.path.as_ref().map(|path| format!(" {path}")).unwrap_or_default();
    let with = harm.with.map(|with| format!(" ({with} only)")).unwrap_or_default();
    let names: Vec<String> = alike.iter().map(|harm| name(&harm.object, diff)).collect();
    let object = match &names[..] {
        [name] => name.clone(),
        names => format!("{} objects", names.len()),
    };
    let padded = format!("{level:width$}");
    let message = printable(&harm.message).into_owned();
    if out.color {
        out.text.push_str(&format!(
            "  \u{1b}[{style}m{padded}\u{1b}[0m  \u{1b}[1m{}\u{1b}[0m{}: {message}{with}\n",
            printable(&object),
            printable(&path)
        ));
    } else {
        out.text.push_str(&format!(
            "  {padded}  {}{}: {message}{with}\n",
            printable(&object),
            printable(&path)
        ));
    }
    if names.len() > 1 {
        out.line(width + 4, "2", &names.join(", "));
    }
    let behind = harm.cause.as_ref().map(origin).unwrap_or_default();
    if !behind.is_empty() {
        out.line(width + 4, "2", &behind);
    }
    if let Some(help) = &harm.help {
        out.line(width + 4, "", &format!("help: {help}"));
    }
}

fn values(change: &Change, indent: usize, out: &mut Out) {
    if change.kind == Kind::Reordered {
        for (sign, style, shown) in [('-', "31", &change.old), ('+', "32", &change.new)] {
            if let Some(shown) = shown {
                let text = format!("{sign} in the order {}", order(&shown.value));
                out.with(indent, style, &text, &cause(shown));
            }
        }
        return;
    }
    if change.is_masked && change.old.is_some() && change.new.is_some() {
        let behind = change.new.as_ref().map(cause).unwrap_or_default();
        out.with(indent, "33", "~ ******** (another value)", &behind);
        return;
    }
    if !change.hunks.is_empty() {
        for (sign, style, shown) in [("---", "31", &change.old), ("+++", "32", &change.new)] {
            let behind = shown.as_ref().map(cause).unwrap_or_default();
            if !behind.is_empty() {
                out.with(indent, style, sign, &behind);
            }
        }
        for hunk in &change.hunks {
            out.line(indent, "36", &format!("@@ -{} +{} @@", hunk.old_line, hunk.new_line));
            for (sign, line) in &hunk.lines {
                let style = match sign {
                    '-' => "31",
                    '+' => "32",
                    _ => "",
                };
                out.line(indent, style, &format!("{sign}{line}"));
            }
        }
        return;
    }
    for (sign, style, shown) in [('-', "31", &change.old), ('+', "32", &change.new)] {
        let Some(shown) = shown else { continue };
        let lines = lines(&shown.value);
        for (at, line) in lines.iter().take(MAX_LINES).enumerate() {
            let behind = if at == 0 { cause(shown) } else { String::new() };
            out.with(indent, style, &format!("{sign} {line}"), &behind);
        }
        if lines.len() > MAX_LINES {
            out.line(
                indent,
                style,
                &format!("{sign} ... and {} lines more", lines.len() - MAX_LINES),
            );
        }
    }
}

fn cause(shown: &Shown) -> String {
    shown
        .cause
        .as_ref()
        .map(origin)
        .filter(|text| !text.is_empty())
        .map(|text| format!("# {text}"))
        .unwrap_or_default()
}
