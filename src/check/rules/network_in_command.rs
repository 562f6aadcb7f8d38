//! `MP133`: commands that fetch something while they run.

use std::sync::LazyLock;

use regex_automata::meta::Regex;

use crate::check::{Text, pattern};
use crate::model::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "MP133",
    name: "network-in-command",
    severity: Severity::Info,
    why: "what is fetched while a command runs is in no identity and may be gone tomorrow",
};

static FETCH: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:curl|wget)\s+\S|\b(?:pip3?|conda|mamba|apt-get|apt|npm)\s+install\b|\bgit\s+clone\b|\binstall\.packages\(",
    )
});

pub(super) fn look(text: &Text<'_>) -> Vec<Finding> {
    if !text.is_run() || text.name().starts_with("Dockerfile") || text.name().starts_with("Containerfile") {
        return Vec::new();
    }
    let finding = |range| {
        text.finding(&RULE, &range, format!("`{}` needs the network while the command runs", text.at(&range).trim()))
            .help("keep data in a repo (`datalad download-url` records where it came from) and programs in an image")
    };
    text.find_run(&FETCH).into_iter().map(finding).collect()
}
