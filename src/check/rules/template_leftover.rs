//! `MP209`: words of a template that nobody filled in.

use std::sync::LazyLock;

use regex_automata::meta::Regex;

use crate::check::{Text, pattern};
use crate::model::{Finding, Rule, Severity, show_short};

pub(super) static RULE: Rule = Rule {
    code: "MP209",
    name: "template-leftover",
    severity: Severity::Warning,
    why: "a template was not filled in to its end",
};

static LEFTOVER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\{\{[-+]?\s*(?:cookiecutter|copier)[.\w]*[^}]*\}\}|\{%[-+]?\s*(?:if|endif|for|endfor)\b[^%]*%\}|<(?:insert|your|fill in)[ -][^>]*>|REPLACE_?ME",
    )
});

pub(super) fn look(text: &Text<'_>) -> Vec<Finding> {
    let finding = |range| {
        let words = show_short(text.at(&range), 60);
        text.finding(&RULE, &range, format!("`{words}` is left over from a template"))
            .help("write what is meant")
    };
    text.find(&LEFTOVER).into_iter().map(finding).collect()
}
