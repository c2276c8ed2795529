//! The pages of docs/ that the binary shows: one for each rule of the linter, one section for each rule of `preflight`.

/// The files of docs/rules/ at build time, in the order of their names.
const RULES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/rule_pages.rs"));

const PREFLIGHT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/preflight.md"));

/// The page of a rule of the linter, `docs/rules/ID.md`: summary, reason, bad and good examples. Empty for an unknown rule.
pub fn rule(id: &str) -> &'static str {
    let found = RULES.iter().find(|(name, _)| name.strip_suffix(".md") == Some(id));
    found.map_or("", |(_, page)| page)
}

/// The section of docs/preflight.md about a rule, without the heading. Empty for an unknown rule.
pub fn preflight(id: &str) -> &'static str {
    let heading = format!("\n### {id}\n");
    let Some(at) = PREFLIGHT.find(&heading) else { return "" };
    let section = &PREFLIGHT[at + heading.len()..];
    let end = section.find("\n##").unwrap_or(section.len());
    section[..end].trim()
}

/// The summary of a page, one sentence: the first line that is no heading.
pub fn summary(page: &'static str) -> &'static str {
    let mut lines = page.lines();
    lines
        .find(|line| !line.is_empty() && !line.starts_with('#'))
        .unwrap_or_default()
}
