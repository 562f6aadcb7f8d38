//! `MP206`: paths into somebody's home folder.

use std::sync::LazyLock;

use regex_automata::meta::Regex;

use crate::check::{Text, pattern};
use crate::model::{Finding, Rule, Severity, show_short};

pub(super) static RULE: Rule = Rule {
    code: "MP206",
    name: "home-path",
    severity: Severity::Warning,
    why: "nobody else has this home folder",
};

static HOME: LazyLock<Regex> = LazyLock::new(|| {
    // The folder's name is spelt apart: the sources hold no path of a machine.
    pattern(concat!(
        r#"/(?:ho"#,
        r#"me|Users)/[\w.@+-]+[\w.@+/-]*|(?:^|[\s"'=])~/[\w.@+/-]+|\$\{?HOME\}?/[\w.@+/-]+"#
    ))
});

pub(super) fn look(text: &Text<'_>) -> Vec<Finding> {
    if !text.is_run() {
        return Vec::new();
    }
    let finding = |range| {
        let path = show_short(text.at(&range).trim_start_matches([' ', '"', '\'', '=']), 60);
        text.finding(&RULE, &range, format!("`{path}` leads into somebody's home folder"))
            .help("keep what is read in the project, or name it by a variable that is set where it runs (`pass_env`)")
    };
    text.find_run(&HOME).into_iter().map(finding).collect()
}
