//! The comment of a key in values.yaml.

use source::Source;

/// The comment in the lines above a key, or else the one after it on its line. The markers of helm-docs (`# --`) and of
/// readme-generator (`@param KEY`) are removed.
pub(super) fn of(source: &Source, offset: u32) -> Option<String> {
    let number = source.line_column(offset).line;
    let mut above = Vec::new();
    for number in (1..number).rev() {
        let Some(comment) = source.line(number).trim_start().strip_prefix('#') else {
            break;
        };
        above.push(comment.trim_start_matches('#').trim());
    }
    above.reverse();
    // An empty comment line separates the comment of the key from that of the section.
    let from = above.iter().rposition(|line| line.is_empty()).map_or(0, |at| at + 1);
    let text = above[from..].join(" ");
    let text = text.trim_start_matches("-- ").trim();
    let text = match text.strip_prefix("@param ") {
        Some(rest) => rest.split_once(' ').map_or("", |(_, text)| text),
        None => text,
    };
    if !text.is_empty() {
        return Some(super::screen::cut_at(text, 160));
    }
    let line = source.line(number);
    let (_, behind) = line.split_once(" #")?;
    Some(super::screen::cut_at(behind.trim(), 160))
}

#[cfg(test)]
mod tests {
    use super::*;
    use source::SourceKind;

    #[test]
    fn a_comment_is_above_or_behind() {
        let text = "# Section\n#\n# -- How many\n# there are\na: 1\nb: 2 # behind\n## @param c The c\nc: 3\nd: 4\n";
        let source = Source::new("values.yaml", SourceKind::File, text.into());
        let comment = |key: &str| of(&source, u32::try_from(text.find(key).unwrap()).unwrap());
        assert_eq!(comment("a: ").as_deref(), Some("How many there are"));
        assert_eq!(comment("b: ").as_deref(), Some("behind"));
        assert_eq!(comment("c: ").as_deref(), Some("The c"));
        assert_eq!(comment("d: "), None);
    }
}
