//! For a comment on a pull request or merge request.

use super::{Detail, alike, name, origin, own_changes, shared, sign, summary, text};
use crate::{Diff, Harm, Kind, Level, ObjectDiff};
use diagnostics::report::text::printable;

/// How many characters a comment may have on GitHub. GitLab takes more.
pub const LIMIT: usize = 65_536;
/// By which a bot finds its comment again.
const MARK: &str = "<!-- promchart diff -->\n";
/// Room for what is said at the end.
const RESERVE: usize = 600;

/// The comparison as Markdown, of [`LIMIT`] characters at most; it says what it leaves out.
pub fn markdown(diff: &Diff, detail: Detail) -> String {
    let mut out = format!(
        "{MARK}### {} → {}\n\n**{}**\n",
        escaped(&diff.old),
        escaped(&diff.new),
        summary(diff)
    );
    let mut length = out.chars().count();
    let mut fits = |out: &mut String, piece: &str| {
        let more = piece.chars().count();
        let fits = length + more + RESERVE <= LIMIT;
        if fits {
            out.push_str(piece);
            length += more;
        }
        fits
    };
    let mut left_out = 0;
    if !diff.harm.is_empty() {
        fits(&mut out, "\n| | object | what the upgrade does |\n|---|---|---|\n");
        for one in alike(diff) {
            left_out += usize::from(!fits(&mut out, &row(one, diff)));
        }
        if left_out > 0 {
            fits(&mut out, &format!("\n{left_out} more rows do not fit in here.\n"));
        }
    }
    let mut missing = Vec::new();
    for piece in pieces(diff, detail) {
        if !fits(&mut out, &piece.text) {
            missing.push(piece.title);
        }
    }
    if !missing.is_empty() {
        let count = missing.len();
        let mut names = missing.join(", ");
        if names.chars().count() > 300 {
            names = names.chars().take(300).collect::<String>() + " ...";
        }
        out.push_str(&format!(
            "\n**{count} of the differences do not fit in here** (a comment has at most {LIMIT} characters): {}. Run `promchart diff` for all.\n",
            escaped(&names)
        ));
    }
    for note in &diff.notes {
        let note = format!("\n_Note: {}_\n", escaped(note));
        if out.chars().count() + note.chars().count() <= LIMIT {
            out.push_str(&note);
        }
    }
    out
}

struct Piece {
    title: String,
    text: String,
}

fn pieces(diff: &Diff, detail: Detail) -> Vec<Piece> {
    let (shared, told) = shared(diff);
    let mut pieces = Vec::new();
    if detail != Detail::Names {
        for one in &shared {
            let names: Vec<String> = one.objects.iter().map(|object| name(object, diff)).collect();
            let body = format!("{}{}\n", text::of_changes(&[one.change]), names.join(", "));
            let title = format!("{} in {} objects", one.change.path, one.objects.len());
            pieces.push(folded(&format!("~ {title}"), &title, &body));
        }
    }
    let mut plain = String::new();
    for (at, object) in diff.objects.iter().enumerate() {
        let changes = own_changes(object, at, &told);
        let title = name(&object.reference, diff);
        let summary = format!("{} {title}{}", sign(object.kind), behind(object, changes.len()));
        if detail == Detail::Names || object.kind != Kind::Changed && object.content.is_none() {
            plain.push_str(&format!("- `{}`\n", summary.replace('`', "'")));
            continue;
        }
        if object.kind == Kind::Changed {
            if !changes.is_empty() {
                pieces.push(folded(&summary, &title, &text::of_changes(&changes)));
            }
            continue;
        }
        let mark = if object.kind == Kind::Added { '+' } else { '-' };
        let content = object.content.as_deref().unwrap_or_default();
        let body: String = content.lines().map(|line| format!("{mark} {line}\n")).collect();
        pieces.push(folded(&summary, &title, &body));
    }
    if !plain.is_empty() {
        pieces.push(Piece {
            title: "the list of objects".to_owned(),
            text: format!("\n{plain}"),
        });
    }
    pieces
}

fn behind(object: &ObjectDiff, changes: usize) -> String {
    let mut behind = String::new();
    if let Some(hook) = &object.hook {
        behind.push_str(&format!(" (hook: {hook})"));
    }
    if object.kind == Kind::Changed {
        behind.push_str(&format!(" ({})", crate::counted(changes, "field")));
    }
    if let Some((old, _)) = &object.renamed {
        behind.push_str(&format!(" (perhaps {old} under another name)"));
    }
    behind
}

fn folded(summary: &str, title: &str, body: &str) -> Piece {
    let body = printable(body);
    let longest = body.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    Piece {
        title: title.to_owned(),
        text: format!(
            "\n<details><summary>{}</summary>\n\n{fence}diff\n{body}{fence}\n\n</details>\n",
            html(summary)
        ),
    }
}

/// Text in an HTML element, where Markdown means nothing.
fn html(text: &str) -> String {
    printable(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('@', "&#64;")
}

/// A row with the harm to an object, or with the same harm to several objects.
fn row(alike: &[Harm], diff: &Diff) -> String {
    let Some(harm) = alike.first() else {
        return String::new();
    };
    let icon = match harm.level {
        Level::Refused | Level::Data => "🛑",
        Level::MayFail | Level::Outage | Level::Rights => "⚠️",
        Level::Restart | Level::Note => "ℹ️",
    };
    let path = harm
        .path
        .as_ref()
        .map(|path| format!("{}: ", code(path)))
        .unwrap_or_default();
    let with = harm.with.map(|with| format!(" ({with} only)")).unwrap_or_default();
    let cause = harm.cause.as_ref().map(origin).filter(|text| !text.is_empty());
    let cause = cause
        .map(|text| format!("<br><sub>{}</sub>", escaped(&text)))
        .unwrap_or_default();
    let help = harm
        .help
        .as_ref()
        .map(|help| format!("<br>{}", escaped(help)))
        .unwrap_or_default();
    let names: Vec<String> = alike.iter().map(|harm| code(&name(&harm.object, diff))).collect();
    format!(
        "| {icon} {} | {} | {path}{}{with}{help}{cause} |\n",
        harm.level.as_str(),
        names.join("<br>"),
        escaped(&harm.message)
    )
}

/// Text as code in a table.
fn code(text: &str) -> String {
    format!(
        "`{}`",
        printable(text).replace('`', "'").replace('|', "\\|").replace('\n', " ")
    )
}

/// Text that means nothing in Markdown or HTML but itself; code in backticks stays code.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    let mut in_code = false;
    let is_balanced = text.matches('`').count().is_multiple_of(2);
    for c in printable(text).chars() {
        match c {
            '`' if is_balanced => {
                in_code = !in_code;
                out.push('`');
            }
            '|' => out.push_str("\\|"),
            '\n' | '\r' => out.push(' '),
            c if in_code => out.push(c),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // A mention would send somebody a message.
            '@' => out.push_str("&#64;"),
            '*' | '_' | '`' | '[' | ']' | '#' | '~' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}
