//! Specs, settings and code: a save keeps them in git itself. What is in the annex all the same, where nobody can edit it, is
//! told at once, with what helps.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::check::is_own_text;
use crate::model::{ContentId, is_at_or_below, show_some};
use crate::run::{Known, Plans, Project};

use super::choice::FileChange;

/// So many files are named.
const NAMED: usize = 3;

/// Of what is larger the annex's own rules decide.
const MAX_TEXT: u64 = 1 << 20;

/// So much of a file tells whether it is text, as git has it.
const LOOKED_AT: usize = 8000;

/// Those of files that are about to be saved that go to git whatever the annex's rules are: text of specs, settings and code.
pub(super) fn kept_in_git(project: &Project, files: &[(String, FileChange)]) -> BTreeSet<String> {
    if !project.repo.has_annex() {
        return BTreeSet::new();
    }
    let code = code(project);
    let is_own = |path: &str| is_own_text(path) || is_at_or_below(path, "code") || code.contains(path);
    let standing = files.iter().filter(|(_, change)| *change != FileChange::Removed);
    let own = standing.map(|(path, _)| path).filter(|path| is_own(path));
    own.filter(|path| is_text(&project.repo.root().join(path))).cloned().collect()
}

/// The code of all pipelines.
fn code(project: &Project) -> BTreeSet<String> {
    let is_readable = !project.loaded.is_config_broken;
    let plans = if is_readable { project.plan_all(&Known::new(project)) } else { Plans::default() };
    let planned = plans.by_name.values().filter_map(|planned| planned.as_ref().ok());
    planned.flat_map(|planned| planned.code.used()).collect()
}

/// Whether it is a file of text, and no large one.
fn is_text(file: &Path) -> bool {
    let is_small = |about: fs::Metadata| about.is_file() && about.len() <= MAX_TEXT;
    let looks_so = |bytes: &[u8]| !bytes[..bytes.len().min(LOOKED_AT)].contains(&0);
    fs::symlink_metadata(file).is_ok_and(is_small) && fs::read(file).is_ok_and(|bytes| looks_so(&bytes))
}

/// What is to be said of specs and code among the files that were just saved, with the project as it stands since.
pub(super) fn warning(project: &Project, saved: &[(String, FileChange)]) -> Option<String> {
    let is_annexed = |path: &str| {
        let entry = project.scan.entry(path);
        entry.is_some_and(|entry| matches!(entry.content, ContentId::Annex(_)))
    };
    let paths = saved.iter().map(|(path, _)| path.as_str());
    let text: Vec<&str> = paths.filter(|path| is_own_text(path) && is_annexed(path)).collect();
    text.first()?;
    let is_one = text.len() == 1;
    Some(format!(
        "{} {} in the annex, where text can be neither edited nor compared: `minipach check --fix` makes {} of {}, \
         and .gitattributes keep {} in git from then on; then `minipach save`",
        show_some(&text, NAMED),
        if is_one { "is" } else { "are" },
        if is_one { "a file" } else { "files" },
        if is_one { "the link" } else { "the links" },
        if is_one { "it" } else { "them" },
    ))
}
