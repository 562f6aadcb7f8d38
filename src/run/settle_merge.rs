//! Merges, picks and rebases: results and ledgers that are settled are staged, also those that came out as HEAD has them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::git::write::{self, Change};
use crate::ledger::{ATTRIBUTES_PATH, Form, record_path, render, shard_folder, single_path};
use crate::model::{KnownResult, Oid, is_at_or_below, literal};
use crate::plan::owns_target;

use super::adding::noted_annex;
use super::commits::Committed;
use super::error::RunError;
use super::news::{Committing, News, ResultFile};
use super::records;

/// The annex's keys of files, by path.
type Keys = BTreeMap<String, Arc<str>>;

/// A path that a merge left open, as it is settled.
enum Settled {
    /// The file of a result that is done.
    Stands(ResultFile),
    /// Nothing stands there, for good.
    Gone(String),
}

impl Settled {
    const fn file(&self) -> Option<&ResultFile> {
        match self {
            Self::Stands(file) => Some(file),
            Self::Gone(_) => None,
        }
    }

    /// What it changes in the index; what the annex took over has no bytes of its own.
    fn change(self, keys: &Keys) -> Change {
        match self {
            Self::Gone(path) => Change::Delete { path },
            Self::Stands(ResultFile { path, oid, .. }) => {
                Change::Write { expect: oid.filter(|_| !keys.contains_key(&path)), path }
            }
        }
    }
}

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
            return Ok(self.waits_in(operation));
        };
        let noted = noted_annex(&self.project.repo)?;
        let mut builder = write::scratch_builder(place)?.marked(noted.variable());
        let settled = self.settled();
        let files: BTreeMap<&str, &ResultFile> = settled
            .iter()
            .filter_map(Settled::file)
            .chain(news.files())
            .map(|file| (&*file.path, file))
            .collect();
        let keys = self.save_annexed(&mut builder, &mut [], &files.into_values().collect::<Vec<_>>())?;
        self.note(news, &keys)?;
        let mut changes = self.news_changes(news, head, &keys)?;
        let known: BTreeSet<String> = changes.iter().map(|change| change.path().to_owned()).collect();
        let settled = settled.into_iter().map(|settled| settled.change(&keys));
        changes.extend(settled.filter(|change| !known.contains(change.path())));
        changes.extend(self.ledger_changes());
        let resolved = write::resolve_in_index(builder, place, &changes)?;
        let when = if resolved.is_conflict_left { " once no other path is in conflict" } else { "" };
        let skip = self.project.repo.skipped_by().filter(|_| resolved.is_as_head);
        let reason = match skip {
            Some(skip) => format!(
                "git is in the middle of a {operation}; it comes out as HEAD is, so `{skip}` concludes it"
            ),
            None => format!(
                "git is in the middle of a {operation}; the results are staged, `{conclude}` concludes it{when}"
            ),
        };
        Ok(Committed::Held { reason, lacks: false })
    }

    /// Where a rebase waits at a commit that is there already, nothing is staged: it would go into that one, and the commits
    /// of results that follow would come out empty.
    fn waits_in(&self, operation: &str) -> Committed {
        let waiting = Committed::waiting_for(&format!("a {operation}"));
        match waiting {
            Committed::Held { reason, lacks } if operation == "rebase" => {
                let name = literal(self.name().as_str());
                let stash = format!("git stash push -u -- {name} .minipach");
                let reason =
                    format!("{reason}; `{stash}` puts them away, so that `git rebase --continue` goes on");
                Committed::Held { reason, lacks }
            }
            waiting => waiting,
        }
    }

    fn news_changes(&self, news: &News<'_>, head: Option<Oid>, keys: &Keys) -> Result<Vec<Change>, RunError> {
        let old = self.old_files(head, news, &[])?;
        let (lines, removed) = (news.lines.iter().collect(), news.removed.clone());
        let part = records::Part { lines, removed, stays: &BTreeSet::new() };
        Ok(self.changes(&part, &old, keys))
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
    fn settled(&self) -> Vec<Settled> {
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

    fn settle_path(&self, path: &str) -> Option<Settled> {
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
                return Some(Settled::Stands(file));
            }
            if is_gone {
                return Some(Settled::Gone(path));
            }
        }
        let is_wanted = datums.iter().any(|datum| {
            owns_target(&self.planned.pipeline, &datum.key) && is_at_or_below(relative, &datum.key)
        });
        let was_known = || self.project.ledger(self.name()).lines().iter().any(|line| holds(&line));
        let is_ours = || self.project.scan.unmerged().contains(&path.as_str()) || was_known();
        (is_gone && !is_wanted && is_ours()).then_some(Settled::Gone(path))
    }

    fn stands(&self, path: &str) -> bool {
        std::fs::symlink_metadata(self.project.repo.root().join(path)).is_ok()
    }
}
