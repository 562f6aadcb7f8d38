//! `MP210`: what git writes where a merge could not be settled.

use crate::check::Text;
use crate::model::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "MP210",
    name: "merge-marker",
    severity: Severity::Error,
    why: "a file with both sides of a merge is neither",
};

pub(super) fn look(text: &Text<'_>) -> Vec<Finding> {
    // Reading specs tells it of them.
    if matches!(text.name(), "spec.yml" | "minipach.yml") || !text.text.contains("\n>>>>>>> ") {
        return Vec::new();
    }
    let first = text.lines().find(|(_, line)| line.starts_with("<<<<<<< "));
    let finding = |(start, line): (usize, &str)| {
        text.finding(&RULE, &(start..start + line.len()), "a merge was not settled here")
            .help("choose a side or join both, take the markers out, and `git add` the file")
    };
    first.map(finding).into_iter().collect()
}
