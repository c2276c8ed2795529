//! Each rule has a page with the required structure; `tests/cases/rules.rs` runs the examples of the pages.

use promchart::lint::{self, Family, RULES};

use crate::support::names;

#[test]
fn every_rule_has_a_page_of_its_form() {
    let pages = names("docs/rules");
    for rule in RULES {
        assert!(pages.contains(&format!("{}.md", rule.id)));
        assert!(rule.page.starts_with(&format!("# {}\n\n", rule.id)), "{}", rule.id);
        assert!(rule.page.contains("\n## Why\n"), "{}", rule.id);
        assert!(rule.summary().ends_with('.'), "{}", rule.id);
        assert!(!(rule.is_on && rule.family == Family::Opinion), "{}", rule.id);
    }
    for page in pages {
        let id = page.strip_suffix(".md").unwrap();
        assert!(lint::find(id).is_some(), "docs/rules/{page} is of no rule");
    }
    let mut ids: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), RULES.len(), "two rules of one name");
}
