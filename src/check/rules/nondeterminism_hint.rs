//! `MP504`: code whose result depends on chance or the clock.

use std::sync::LazyLock;

use regex_automata::meta::Regex;

use crate::check::{Text, pattern};
use crate::model::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "MP504",
    name: "nondeterminism-hint",
    severity: Severity::Info,
    why: "the same work would give another result the next time",
};

static CHANCE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\bshuf\b|\$\{?RANDOM\b|/dev/u?random|\bdatetime\.now\(|\bdate\.today\(|\btime\.time\(\)|\buuid[14]\(|\bSys\.time\(\)|\$\(date\b|`date\b",
    )
});

pub(super) fn look(text: &Text<'_>) -> Vec<Finding> {
    if !text.is_run() {
        return Vec::new();
    }
    let finding = |range| {
        let word = text.at(&range);
        text.finding(&RULE, &range, format!("`{word}` gives something else each time"))
            .help("use a seed from the spec (`env`), and dates of the data rather than of today")
    };
    text.find_run(&CHANCE).into_iter().map(finding).collect()
}
