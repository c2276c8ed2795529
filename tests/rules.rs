//! Each rule has a page with the required structure; `tests/cases/rules.rs` runs the examples of the pages.

use promchart::lint::{self, Family, RULES};
use promchart::{pages, preflight};

use crate::support::{names, read};

#[test]
fn every_rule_has_a_page_of_its_form() {
    let pages = names("docs/rules");
    for rule in RULES {
        assert!(pages.contains(&format!("{}.md", rule.id)));
        let page = pages::rule(rule.id);
        assert!(page.starts_with(&format!("# {}\n\n", rule.id)), "{}", rule.id);
        assert!(page.contains("\n## Why\n"), "{}", rule.id);
        assert!(pages::summary(page).ends_with('.'), "{}", rule.id);
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

#[test]
fn every_preflight_rule_has_a_section_and_every_section_a_rule() {
    let document = read("docs/preflight.md");
    let sections: Vec<&str> = document.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    let ids: Vec<&str> = preflight::RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(sections, ids);
    for id in ids {
        let summary = pages::summary(pages::preflight(id));
        assert!(summary.ends_with('.'), "{id}: {summary}");
    }
}
