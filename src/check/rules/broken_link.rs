//! `MP216`: links to nothing or out of the project in folders that pipelines read, and links that lead beside the annex.

use rustix::fs::FileType;

use crate::check::Ground;
use crate::git::LinkFault;
use crate::git::annex::{link_bytes, righted};
use crate::model::{ContentId, Entry, Finding, Rule, Severity, show};

pub(super) static RULE: Rule = Rule {
    code: "MP216",
    name: "broken-link",
    severity: Severity::Warning,
    why: "a link to nothing is no data",
};

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let is_broken =
        |fault: &LinkFault| matches!(fault, LinkFault::Dangling | LinkFault::Loop | LinkFault::Outside);
    let broken =
        ground.scan.bad_links().iter().filter(|(path, fault)| is_broken(fault) && !ground.is_annexed(path));
    let finding = |(path, fault): (&std::sync::Arc<str>, &LinkFault)| {
        let help = match fault {
            LinkFault::Outside => "a datum that reads it fails; put a copy of what it leads to in its place",
            _ => "put back what it leads to, or remove it",
        };
        RULE.on(path, format!("the link `{}` {fault}", show(path))).help(help)
    };
    broken.map(finding).chain(beside_annex(ground)).collect()
}

/// Links into the annex that were moved to a folder of another depth.
fn beside_annex(ground: &Ground<'_>) -> Vec<Finding> {
    if !ground.repo.has_annex() {
        return Vec::new();
    }
    let files = ground.scan.tree("");
    // A link of the right length leads to the right place: those are as many as there are files, and are not read.
    let is_doubtful = |entry: &&Entry| match (&entry.content, ground.scan.stat(&entry.path)) {
        (ContentId::Annex(key), Some(stat)) => {
            stat.file_type() == FileType::Symlink && stat.size_bytes != link_bytes(&entry.path, key) as u64
        }
        _ => false,
    };
    let doubtful = files.entries().iter().filter(is_doubtful);
    let own = doubtful.filter(|entry| ground.scan.entered_around(&entry.path).is_none());
    let is_beside = |path: &str| {
        let text = std::fs::read_link(ground.repo.root().join(path)).ok();
        text.is_some_and(|text| text.to_str().is_some_and(|text| righted(path, text).is_some()))
    };
    let finding = |path: &str| {
        RULE.on(
            path,
            format!(
                "the link `{}` leads beside the annex, as if it stood in a folder of another depth",
                show(path)
            ),
        )
        .help("`git annex fix` mends it, and so does `minipach save` before it is committed")
    };
    own.map(|entry| &*entry.path).filter(|path| is_beside(path)).map(finding).collect()
}
