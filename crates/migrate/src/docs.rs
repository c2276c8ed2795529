//! Generates docs/migrate.md from the table.

use super::row::How;
use super::rows;

/// The text before the tables.
const HEAD: &str = include_str!("migrate.md");

/// The page.
pub fn markdown() -> String {
    let mut out = HEAD.to_owned();
    for (title, rows) in rows::parts() {
        out.push_str(&format!("\n### {title}\n\n| there | here | remarks |\n|---|---|---|\n"));
        for row in rows {
            let old = format!("`{}`", row.path());
            let (new, mut about) = match row.how {
                How::Move | How::Call(_) => (keys(row.new), row.about.to_owned()),
                How::Needless => ("not needed".to_owned(), row.about.to_owned()),
                How::Lost => ("-".to_owned(), format!("{}; {}", row.about, row.new)),
            };
            if row.is_stated {
                if !about.is_empty() {
                    about.push_str("; ");
                }
                about.push_str("its default is written out");
            }
            out.push_str(&format!("| {old} | {new} | {} |\n", about.replace('|', "\\|")));
        }
    }
    out
}

/// A comma-separated list of keys, each as inline code.
fn keys(text: &str) -> String {
    if text.is_empty() {
        return "-".to_owned();
    }
    text.split(", ")
        .map(|key| match key.strip_suffix(" ...") {
            Some(key) => format!("`{key}` ..."),
            None => format!("`{key}`"),
        })
        .collect::<Vec<_>>()
        .join(", ")
}
