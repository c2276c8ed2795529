//! Splits a rendered file into documents as Helm does: at every line that begins with `---`, regardless of the YAML
//! structure.

use gostd::unicode::is_space;

/// Returns the documents of a rendered file with their offsets. Blank documents are dropped, and leading white space is
/// removed from each document.
pub fn split(text: &str) -> Vec<(usize, &str)> {
    let mut documents = Vec::new();
    let mut start = text.len() - text.trim_start_matches(is_space).len();
    let mut at = start;
    loop {
        let line_end = memchr::memchr(b'\n', &text.as_bytes()[at..]).map(|found| at + found);
        if let Some(after) = text[at..].strip_prefix("---") {
            add(&mut documents, text, start, at);
            // Blanks and tabs after the dashes belong to the separator.
            start = text.len() - after.trim_start_matches([' ', '\t']).len();
        }
        match line_end {
            Some(end) => at = end + 1,
            None => break,
        }
    }
    add(&mut documents, text, start, text.len());
    documents
}

fn add<'a>(documents: &mut Vec<(usize, &'a str)>, text: &'a str, start: usize, end: usize) {
    let document = text[start..end].trim_start_matches(is_space);
    if !document.is_empty() {
        documents.push((end - document.len(), document));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_where_helm_cuts() {
        let texts = |text| {
            split(text)
                .into_iter()
                .map(|(_, document)| document)
                .collect::<Vec<_>>()
        };
        assert_eq!(texts("a: 1\n---\nb: 2\n"), ["a: 1\n", "b: 2\n"]);
        assert_eq!(texts("\n---\na: 1\n\n--- \t\nb\n---"), ["a: 1\n\n", "b\n"]);
        assert_eq!(texts("---apiVersion: v1\n"), ["apiVersion: v1\n"]);
        assert_eq!(texts("a: |\n  x\n  ---\n"), ["a: |\n  x\n  ---\n"]);
        assert_eq!(texts("------\nb"), ["---\nb"]);
        assert_eq!(texts(" \n\n"), Vec::<&str>::new());
        assert_eq!(split("\n\na")[0].0, 2);
    }
}
