//! The page of a rule: what it means, why it matters, and an example of each side; a test tries every example.

use include_dir::{Dir, include_dir};

static PAGES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/check/pages");

/// The page of a rule, by id, as Markdown.
pub fn page(code: &str) -> Option<&'static str> {
    PAGES.get_file(format!("{code}.md"))?.contents_utf8()
}

#[cfg(test)]
mod tests {
    use super::super::all;
    use super::*;

    #[test]
    fn every_rule_has_a_page_and_every_page_a_rule() {
        let rows = all();
        for row in &rows {
            let rule = row.rule;
            let page = page(rule.code).unwrap_or_else(|| panic!("{} has no page", rule.code));
            assert!(page.starts_with(&format!("# {} {}\n\n", rule.code, rule.name)), "{}", rule.code);
            assert!(page.contains("\n## Bad\n") && page.contains("\n## Good\n"), "{}", rule.code);
            assert!(
                page.ends_with('\n') && page.lines().all(|line| line.chars().count() <= 120),
                "{}",
                rule.code
            );
        }
        let known: Vec<String> = rows.iter().map(|row| format!("{}.md", row.rule.code)).collect();
        let pages = PAGES.files().map(|file| file.path().display().to_string());
        assert_eq!(pages.filter(|page| !known.contains(page)).collect::<Vec<_>>(), Vec::<String>::new());
    }
}
