//! `MP204`: paths of this machine in specs and code.

use std::sync::LazyLock;

use regex_automata::meta::Regex;

use crate::check::{Text, pattern};
use crate::model::{Finding, Rule, Severity, show_short};

pub(super) static RULE: Rule = Rule {
    code: "MP204",
    name: "absolute-path",
    severity: Severity::Warning,
    why: "a path of this machine leads nowhere on another",
};

/// Folders in which sites keep their data; those that every machine has, as `/usr`, are left alone.
static LOCAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?:^|[\s"'=:(\[,])(/(?:mnt|media|scratch|lustre|gpfs|nfs|beegfs|srv|Volumes|project|projects|cluster|storage|data|datasets|archive)/[\w.@+/-]+)"#,
    )
});

pub(super) fn look(text: &Text<'_>) -> Vec<Finding> {
    if !text.is_run() {
        return Vec::new();
    }
    let found = text.find_run(&LOCAL).into_iter().map(|range| {
        let skipped = text.at(&range).find('/').unwrap_or(0);
        range.start + skipped..range.end
    });
    let finding = |range| {
        let path = show_short(text.at(&range), 60);
        text.finding(&RULE, &range, format!("`{path}` is a path of this machine"))
            .help("bring the data into the project (a folder, or a subdataset), and read it as a repo")
    };
    found.map(finding).collect()
}
