//! Merges, picks and rebases: results and ledgers that are settled are staged, also those that came out as HEAD has them.

use std::collections::{BTreeMap, BTreeSet};

use crate::git::write::{self, Change};
use crate::ledger::{ATTRIBUTES_PATH, Form, record_path, render, shard_folder, single_path};
use crate::model::{KnownResult, Oid, is_at_or_below};
use crate::plan::owns_target;

use super::commits::Committed;
use super::error::RunError;
use super::news::{Committing, News};
use super::records;

impl Committing<'_> {
    /// Whether a merge, or a pick that is like one, is going on that left something of the pipeline open: a result in conflict, or a
    /// ledger that is not as HEAD has it in the index and the work tree.
    pub(super) fn is_unsettled(&self) -> bool {
        let name = &self.planned.pipeline.name;
        let is_clean = |path: &str| self.against.dirty.is_clean_below(path);
        self.project.repo.concluded_by().is_some()
            && (self.project.is_in_conflict(name)
                || !is_clean(&single_path(name))
                || !is_clean(&shard_folder(name)))
    }

    /// In a merge or pick nothing is committed: the results are staged, so that the user can conclude it.
    pub(super) fn settle_merge(
        &self,
        place: &write::Place,
        operation: &str,
        news: &News<'_>,
        head: Option<Oid>,
    ) -> Result<Committed, RunError> {
        let Some(conclude) = self.project.repo.concluded_by() else {
            return Ok(Committed::waiting_for(&format!("a {operation}")));
        };
        let old = self.old_files(head, news)?;
        let stays = BTreeSet::new();
        let part = records::Part {
            lines: news.lines.iter().collect(),
            removed: news.removed.clone(),
            stays: &stays,
        };
        let mut changes = self.changes(&part, &old, &BTreeMap::new());
        let known: BTreeSet<String> = changes.iter().map(|change| change.path().to_owned()).collect();
        changes.extend(self.settled().into_iter().filter(|change| !known.contains(change.path())));
        changes.extend(self.ledger_changes());
        write::resolve_in_index(place, &changes)?;
        let reason = format!(
            "git is in the middle of a {operation}; the results are staged, `{conclude}` concludes it"
        );
        Ok(Committed::Held { reason, lacks: false })
    }

    /// The ledger's files as they stand; those in conflict that are gone go from the index too.
    fn ledger_changes(&self) -> Vec<Change> {
        let name = self.name();
        let form = if self.stands_single() { Form::Single } else { Form::Shards };
        let (single, shards) = (single_path(name), shard_folder(name));
        let unmerged = self.project.scan.unmerged().into_iter().map(str::to_owned);
        let record = record_path(name);
        let unmerged =
            unmerged.filter(|path| *path == single || *path == record || is_at_or_below(path, &shards));
        let rules = Some(ATTRIBUTES_PATH.to_owned()).filter(|path| self.stands(path));
        let ledger = render(name, self.ledger, form).into_keys();
        let paths: BTreeSet<String> = ledger.chain(unmerged).chain(rules).collect();
        let change = |path: String| {
            if self.stands(&path) { Change::Write { path, expect: None } } else { Change::Delete { path } }
        };
        paths.into_iter().map(change).collect()
    }

    /// The pipeline's paths that are in conflict or not as HEAD has them, and whose results are done now or
    /// gone for good.
    fn settled(&self) -> Vec<Change> {
        let name = self.name().as_str();
        let unmerged = self.project.scan.unmerged();
        let differ = self.against.dirty.paths().iter().map(|path| &**path);
        let paths: BTreeSet<&str> = unmerged.into_iter().chain(differ).collect();
        paths
            .into_iter()
            .filter(|path| is_at_or_below(path, name))
            .filter_map(|path| self.settle_path(path))
            .collect()
    }

    fn settle_path(&self, path: &str) -> Option<Change> {
        let relative = path.strip_prefix(self.name().as_str())?.strip_prefix('/')?;
        let is_gone = !self.stands(path);
        let path = path.to_owned();
        let holds = |line: &&KnownResult| line.outputs.iter().any(|output| output.holds(relative));
        let datums = &self.planned.plan.datums;
        for line in self.ledger.lines().iter().filter(holds) {
            let is_current =
                |number: &usize| datums[*number].key == line.key && datums[*number].id == line.id;
            let number = (0..datums.len()).find(is_current);
            let Some(files) = number.and_then(|number| self.files_of(line, number)) else { continue };
            if let Some(file) = files.into_iter().find(|file| file.path == path) {
                return Some(Change::Write { path, expect: file.oid });
            }
            if is_gone {
                return Some(Change::Delete { path });
            }
        }
        let is_wanted = datums.iter().any(|datum| {
            owns_target(&self.planned.pipeline, &datum.key) && is_at_or_below(relative, &datum.key)
        });
        let was_known = || self.project.ledger(self.name()).lines().iter().any(|line| holds(&line));
        let is_ours = || self.project.scan.unmerged().contains(&path.as_str()) || was_known();
        (is_gone && !is_wanted && is_ours()).then_some(Change::Delete { path })
    }

    fn stands(&self, path: &str) -> bool {
        std::fs::symlink_metadata(self.project.repo.root().join(path)).is_ok()
    }
}
