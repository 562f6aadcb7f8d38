//! `MP304`: large files in git itself.

use crate::check::Ground;
use crate::model::{ContentId, Finding, Kind, Rule, Severity, show};

pub(super) static RULE: Rule = Rule {
    code: "MP304",
    name: "big-file-in-git",
    severity: Severity::Warning,
    why: "every clone carries every version of it for ever",
};

/// Files that are larger than this, in bytes, belong into an annex.
const LARGE: u64 = 10_000_000;

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let large = |path: &&str| {
        let is_git = || {
            let entry = ground.scan.entry(path);
            entry
                .is_none_or(|entry| matches!(entry.content, ContentId::Git(_)) && entry.kind != Kind::Gitlink)
        };
        ground.scan.stat(path).is_some_and(|stat| stat.size_bytes > LARGE) && is_git()
    };
    let finding = |path: &str| {
        let megabytes = ground.scan.stat(path).map_or(0, |stat| stat.size_bytes / 1_000_000);
        RULE.on(path, format!("`{}` has {megabytes} MB and is kept by git itself", show(path)))
            .help("make the project a DataLad dataset (`datalad create --force`), or keep large data in a subdataset")
    };
    ground.scan.paths().filter(large).map(finding).collect()
}
