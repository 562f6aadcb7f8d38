//! What is staged and is not to stay so: results that came with a renamed folder (`git mv`) and are replaced or gone, older ledgers.

use std::collections::BTreeSet;

use crate::git::write;
use crate::ledger::PipelineLedger;
use crate::model::{KnownResult, Tree};
use crate::plan::{Standing, entries_of, standing_of};

use super::news::{Committing, News};
use super::settle_commit::ledger_paths;

impl Committing<'_> {
    /// Has the index as HEAD where somebody staged another ledger (`git checkout OLD -- .minipach`) and HEAD's tells of all
    /// that there is, with what was `noted` now. What cannot be done now is left to the next run.
    pub(super) fn unstage_ledger(&self, known: &PipelineLedger, noted: &[KnownResult]) {
        let paths = ledger_paths(&self.against.dirty, self.name());
        if paths.is_empty() || self.project.repo.operation().is_some() {
            return;
        }
        let now = self.ledger.updated(noted.to_vec(), &BTreeSet::new(), []);
        if known.changed_keys(&now).is_empty() {
            drop(write::unstage(&self.project.repo.place(), &paths));
        }
    }

    /// Paths of its ledger, where that differs from HEAD's in the index or the work tree and this commit tells of all that
    /// differs: what is staged of an older one, or of another side of a squash merge, says nothing more.
    pub(super) fn staged_ledger(&self, news: &News<'_>, noted: &[KnownResult]) -> Vec<String> {
        let paths = ledger_paths(&self.against.dirty, self.name());
        if paths.is_empty() {
            return paths;
        }
        let now = self.ledger.updated(noted.to_vec(), &BTreeSet::new(), []);
        let new = news.lines.iter().map(|new| &*new.line.key);
        let told: BTreeSet<&str> = new.chain(news.removed.iter().map(|line| &*line.key)).collect();
        let is_told = news.known.changed_keys(&now).iter().all(|key| told.contains(key));
        if is_told { paths } else { Vec::new() }
    }

    /// Paths at which the index has, in this pipeline's folder, whole results of a folder that is no pipeline any more, and
    /// that this commit replaces or whose files are gone. Nobody but git put them there, and history has them.
    pub(super) fn staged_before(&self, news: &News<'_>) -> Vec<String> {
        let (project, name) = (self.project, self.name().as_str());
        let mut differ = self.against.dirty.below(name);
        if project.former.is_empty() || !differ.any(|path| project.scan.is_tracked(path)) {
            return Vec::new();
        }
        let staged = project.repo.staged_files(name).unwrap_or_default();
        let staged = Tree::new(&format!("{name}/"), staged.into());
        let replaced: BTreeSet<&str> = news.files().map(|file| file.path.as_str()).collect();
        let is_over = |path: &str| {
            replaced.contains(path) || project.repo.root().join(path).symlink_metadata().is_err()
        };
        let lines = project.former.values().flat_map(PipelineLedger::lines);
        let whole = lines.filter(|line| standing_of(line, &staged) == Standing::Whole);
        let paths: BTreeSet<String> =
            whole.flat_map(|line| paths(line, &staged)).filter(|path| is_over(path)).collect();
        paths.into_iter().collect()
    }
}

fn paths(line: &KnownResult, staged: &Tree) -> Vec<String> {
    let entries = line.outputs.iter().flat_map(|output| entries_of(staged, &output.path));
    entries.map(|entry| entry.path.to_string()).collect()
}
