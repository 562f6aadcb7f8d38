//! `MP311`: subdatasets that only this machine can fetch.

use std::sync::LazyLock;

use regex_automata::meta::Regex;

use crate::check::{Text, pattern};
use crate::model::{Finding, Rule, Severity, show_short};

pub(super) static RULE: Rule = Rule {
    code: "MP311",
    name: "submodule-local-url",
    severity: Severity::Warning,
    why: "a clone elsewhere cannot fetch a subdataset from a path of this machine",
};

static LOCAL: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s*url\s*=\s*(?:file://)?/.*$"));

pub(super) fn look(text: &Text<'_>) -> Vec<Finding> {
    if text.path != ".gitmodules" {
        return Vec::new();
    }
    let finding = |range| {
        let line = show_short(text.at(&range).trim(), 80);
        text.finding(&RULE, &range, format!("`{line}` leads to a folder of this machine"))
            .help("give an address that others reach, or a path relative to this repository (`../data`)")
    };
    text.find(&LOCAL).into_iter().map(finding).collect()
}
