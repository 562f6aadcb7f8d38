//! What HEAD has of results that changed or went: which of that a commit deletes, and how its record says so.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::git::write::Change;
use crate::ledger::PipelineLedger;
use crate::model::{KnownResult, Oid, Tree};
use crate::plan::{Standing, entries_of, owns_target, standing_of};

use super::error::RunError;
use super::inner::{Inner, OldFiles};
use super::news::{Committing, NewLine, News};
use super::records::{Old, Part};

impl Committing<'_> {
    /// Files that HEAD has for results that changed or went, by key.
    pub(super) fn old_files(
        &self,
        head: Option<Oid>,
        news: &News<'_>,
        inner: &[Inner<'_>],
    ) -> Result<OldFiles, RunError> {
        let mut found = OldFiles::new();
        let old = news.replaced();
        let Some(head) = head.filter(|_| !old.is_empty()) else { return Ok(found) };
        let mut entries = self.project.repo.tree_files(head, self.name().as_str())?;
        for inner in inner {
            entries.extend(inner.files()?);
        }
        entries.sort_unstable_by(|one, other| one.path.cmp(&other.path));
        entries.dedup_by(|one, other| one.path == other.path);
        let files = Tree::new(&format!("{}/", self.name()), entries.into());
        for line in old {
            let paths = line.outputs.iter().flat_map(|output| entries_of(&files, &output.path));
            found.entry(line.key.clone()).or_default().extend(paths.map(|entry| entry.path.to_string()));
        }
        Ok(found)
    }

    /// Results that came here with their pipeline's folder, which a commit of somebody's moved, or whose ledger a commit
    /// removed, and that this run replaced or removed: HEAD has their files here, and no ledger that says so.
    pub(super) fn left_by_move(&self, new: &[NewLine<'_>]) -> Result<Vec<&KnownResult>, RunError> {
        let project = self.project;
        let lost = project.lost.get(self.name()).map_or(&[][..], PipelineLedger::lines);
        let Some(head) = self.head.filter(|_| !project.former.is_empty() || !lost.is_empty()) else {
            return Ok(Vec::new());
        };
        let name = self.name();
        let works: BTreeSet<_> = [self.ledger, project.ledger(name)]
            .into_iter()
            .flat_map(|ledger| ledger.works().keys())
            .collect();
        let is_of_it = |ledger: &&PipelineLedger| ledger.works().keys().any(|work| works.contains(work));
        let new: BTreeSet<&str> = new.iter().map(|new| &*new.line.key).collect();
        let is_gone = |line: &&KnownResult| {
            let mut places = line.outputs.iter().map(|output| name.path_of(&output.path));
            let is_vanished = || self.ledger.lines_for(&line.key).is_empty();
            new.contains(&*line.key) || is_vanished() && places.any(|place| self.is_gone(&place))
        };
        let former = project.former.values().filter(is_of_it).flat_map(PipelineLedger::lines);
        let gone: Vec<&KnownResult> = former.chain(lost).filter(is_gone).collect();
        if gone.is_empty() {
            return Ok(gone);
        }
        let files = Tree::new(&format!("{name}/"), project.repo.tree_files(head, name.as_str())?.into());
        Ok(gone.into_iter().filter(|line| standing_of(line, &files) == Standing::Whole).collect())
    }

    /// What a part's commit does to files.
    pub(super) fn changes(
        &self,
        part: &Part<'_, '_>,
        old: &OldFiles,
        annexed: &BTreeMap<String, Arc<str>>,
    ) -> Vec<Change> {
        let mut changes: BTreeMap<String, Change> = BTreeMap::new();
        for key in part.keys() {
            for path in self.left(part, old, key) {
                changes.insert(path.clone(), Change::Delete { path: path.clone() });
            }
        }
        for file in part.lines.iter().flat_map(|line| &line.files) {
            // What stands as a link into the annex has no bytes of its own.
            let expect = file.oid.filter(|_| !annexed.contains_key(&file.path));
            let change = Change::Write { path: file.path.clone(), expect };
            changes.insert(file.path.clone(), change);
        }
        changes.into_values().collect()
    }

    /// Files that HEAD has of a key's results and that are gone. What stands is somebody's: only what is gone from the work
    /// tree goes from git.
    fn left<'o>(&self, part: &Part<'_, '_>, old: &'o OldFiles, key: &str) -> Vec<&'o String> {
        let is_left = |path: &&String| !part.stays.contains(path.as_str()) && self.is_gone(path);
        old.get(key).into_iter().flatten().filter(is_left).collect()
    }

    /// What a part's commit has something else for, or nothing, for its record.
    pub(super) fn old_at(&self, part: &Part<'_, '_>, old: &OldFiles, news: &News<'_>) -> Old {
        let paths: BTreeSet<&str> = old.values().flatten().map(String::as_str).collect();
        let is_below_old = |path: &str| path.match_indices('/').any(|(at, _)| paths.contains(&path[..at]));
        let mut files = part.lines.iter().flat_map(|line| &line.files);
        let turns_to_folder = files.any(|file| is_below_old(&file.path));
        Old { left: self.left_places(part, old, news), turns_to_folder }
    }

    /// The places of these files, for the record: folders of results that are gone as a whole, else files. What has a folder
    /// of its own is emptied as it is made again.
    fn left_places(&self, part: &Part<'_, '_>, old: &OldFiles, news: &News<'_>) -> Vec<String> {
        let shared = part.lines.iter().map(|line| &*line.line.key);
        let shared = shared.filter(|key| !owns_target(&self.planned.pipeline, key));
        let removed = part.removed.iter().map(|line| &*line.key);
        let lines = news.replaced();
        let mut before: BTreeMap<&str, Vec<&KnownResult>> = BTreeMap::new();
        for line in lines {
            before.entry(&line.key).or_default().push(line);
        }
        let place = |key: &str, path: &String| {
            let lines = before.get(key).into_iter().flatten();
            let mut places =
                lines.flat_map(|line| &line.outputs).map(|output| self.name().path_of(&output.path));
            let whole = places.find(|place| crate::model::is_at_or_below(path, place) && self.is_gone(place));
            whole.unwrap_or_else(|| path.clone())
        };
        let places = shared
            .chain(removed)
            .flat_map(|key| self.left(part, old, key).into_iter().map(move |path| place(key, path)));
        places.collect::<BTreeSet<String>>().into_iter().collect()
    }

    fn is_gone(&self, path: &str) -> bool {
        std::fs::symlink_metadata(self.project.repo.root().join(path)).is_err()
    }
}
