//! `MP208`: names that other systems cannot have.

use std::collections::BTreeMap;

use crate::check::Ground;
use crate::model::{Finding, Rule, Severity, show, show_short};

pub(super) static RULE: Rule = Rule {
    code: "MP208",
    name: "name-not-portable",
    severity: Severity::Warning,
    why: "a clone on Windows or macOS, or a copy on a stick, loses the file",
};

/// The longest name that common file systems take, in bytes.
const LONGEST: usize = 255;

/// Names that Windows keeps for devices.
const DEVICES: &[&str] =
    &["con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "lpt1", "lpt2", "lpt3"];

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = ground.scan.paths().filter_map(odd).collect();
    let mut by_case: BTreeMap<String, &str> = BTreeMap::new();
    for path in ground.scan.paths() {
        if let Some(first) = by_case.insert(path.to_lowercase(), path) {
            let message = format!("`{}` has the same name in other case", show(first));
            findings.push(RULE.on(path, message).help("rename one of them"));
        }
    }
    findings
}

fn odd(path: &str) -> Option<Finding> {
    // The place names the whole path: where a list is narrow, what is wrong must still be seen.
    let (name, why) = path.split('/').find_map(|name| Some((name, why(name)?)))?;
    Some(
        RULE.on(path, format!("`{}` {why}", show_short(name, 40)))
            .help("rename it with letters, digits, `-`, `_` and `.`"),
    )
}

fn why(name: &str) -> Option<&'static str> {
    let stem = name.split('.').next().unwrap_or(name).to_ascii_lowercase();
    if name.contains(char::is_control) {
        Some("holds a line break or another control character, on which scripts and DataLad trip")
    } else if name.contains([':', '?', '*', '<', '>', '|', '"', '\\']) {
        Some("holds a sign that Windows does not take")
    } else if name.ends_with(['.', ' ']) {
        Some("ends with a dot or a space, which Windows cuts off")
    } else if name.len() >= LONGEST {
        Some("is longer than file systems take")
    } else if DEVICES.contains(&stem.as_str()) {
        Some("is a device on Windows")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_name_suffers_from_is_said() {
        for (name, said) in [
            ("a\nb", "line break"),
            ("a?", "Windows"),
            ("a.", "dot"),
            ("Con.txt", "device"),
            (&"x".repeat(255), "longer"),
        ] {
            assert!(why(name).is_some_and(|why| why.contains(said)), "{name:?}");
        }
        assert_eq!(why("sub-01_T1w.nii.gz"), None);
    }
}
