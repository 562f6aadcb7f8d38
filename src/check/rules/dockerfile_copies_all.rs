//! `MP405`: images into which the whole project is copied.

use std::sync::LazyLock;

use regex_automata::meta::Regex;

use crate::check::{Text, pattern};
use crate::model::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "MP405",
    name: "dockerfile-copies-all",
    severity: Severity::Info,
    why: "code that is baked into an image is not the code that the project shows",
};

static COPY: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?i:COPY|ADD)\s+(?:--\S+\s+)*\./?\s"));

pub(super) fn look(text: &Text<'_>) -> Vec<Finding> {
    if !text.name().starts_with("Dockerfile") && !text.name().starts_with("Containerfile") {
        return Vec::new();
    }
    let finding = |range| {
        text.finding(&RULE, &range, "the whole build folder is copied into the image").help(
            "copy what the image needs by name; commands see the project's code as it is, without a copy",
        )
    };
    text.find(&COPY).into_iter().map(finding).collect()
}
