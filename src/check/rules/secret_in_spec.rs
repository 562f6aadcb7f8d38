//! `MP406`: words that look like passwords and tokens.

use std::sync::LazyLock;

use regex_automata::meta::Regex;

use crate::check::{Text, pattern};
use crate::model::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "MP406",
    name: "secret",
    severity: Severity::Error,
    why: "what is committed is read by everyone with a clone, for ever",
};

static SECRET: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|glpat-[\w-]{20}|xox[abpr]-[\w-]{10,}|-----BEGIN [A-Z ]*PRIVATE KEY-----|(?i:password|passwd|secret|token|api_?key)["']?\s*[:=]\s*["']?[A-Za-z0-9+/_-]{16,}["']?"#,
    )
});

pub(super) fn look(text: &Text<'_>) -> Vec<Finding> {
    let finding = |range| {
        text.finding(&RULE, &range, "this looks like a password or a token")
            .help("take it out, make it invalid where it came from, and pass it by a variable (`pass_env`)")
    };
    text.find(&SECRET).into_iter().map(finding).collect()
}
