//! Commits of subdatasets in which results stand: made before the commit around them, which moves their gitlinks.
//!
//! A kill between the two leaves commits of results on top of the recorded one. Then these results are as ones that are not
//! committed yet: the next run builds the same commits again, finds that the subdataset has them, and moves the gitlink. What
//! it would not commit now is as the recorded commit has it, so that each commit holds what its ledger tells of, and no more.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::git::write::{self, Base, Built, Change, CommitBuilder, NewCommit, WriteError};
use crate::git::{Entered, MODE_GITLINK, Repo};
use crate::ledger::{LockError, RunLock};
use crate::model::{Entry, Oid, PipelineName};

use super::clock::now_ms;
use super::error::RunError;
use super::fault;
use super::news::{Committing, ResultFile};
use super::project::Project;
use super::records::{self, Part};

/// Files that HEAD has for results that changed or went, by key.
pub(super) type OldFiles = BTreeMap<Box<str>, Vec<String>>;

/// A subdataset whose commits are being built.
pub(super) struct Inner<'a> {
    entered: &'a Entered,
    repo: Repo,
    base: Base,
    builder: CommitBuilder,
    /// The commit that it would be at after each part.
    tips: Vec<Oid>,
    /// Nobody else writes results there meanwhile.
    lock: RunLock,
}

/// One whose commits are built: no branch has them yet.
pub(super) struct InnerBuilt<'a> {
    entered: &'a Entered,
    base: Base,
    /// Nothing where it has all of it already.
    built: Option<Built>,
    /// The commit that it is at after each part.
    tips: Vec<Oid>,
    _lock: RunLock,
}

impl Project {
    /// The subdatasets in the folder of a pipeline that its results may stand in.
    pub(super) fn inner_of(&self, name: &PipelineName) -> impl Iterator<Item = &Entered> {
        self.scan.entered().iter().filter(move |entered| *entered.pipeline == *name.as_str())
    }

    /// Whether one of them has commits of results that the project does not record.
    pub(super) fn has_inner_ahead(&self, name: &PipelineName) -> bool {
        self.inner_of(name).any(Entered::is_ahead)
    }
}

impl Committing<'_> {
    /// Begins commits in the subdatasets in which results of the pipeline may stand; or why they cannot be made now.
    /// `mark` is a variable for what works on there.
    pub(super) fn begin_inner(&self, mark: (&str, &str)) -> Result<Result<Vec<Inner<'_>>, String>, RunError> {
        let mut begun = Vec::new();
        for entered in self.project.inner_of(self.name()) {
            if let Some(reason) = self.is_staged_otherwise(entered)? {
                return Ok(Err(reason));
            }
            match begin(entered, mark)? {
                Ok(inner) => begun.push(inner),
                Err(reason) => return Ok(Err(reason)),
            }
        }
        Ok(Ok(begun))
    }

    /// Why the gitlink of a subdataset is not moved now, if somebody staged another one than HEAD has: theirs to commit.
    fn is_staged_otherwise(&self, entered: &Entered) -> Result<Option<String>, RunError> {
        let path = &*entered.path;
        let repo = &self.project.repo;
        let in_head = self.head.map(|head| repo.object_of(head, path)).transpose()?.flatten();
        let is_other = in_head.is_none_or(|(oid, _)| oid != entered.recorded);
        Ok(is_other.then(|| {
            format!("the subdataset `{path}` is staged as the last commit does not have it; `git commit` that first")
        }))
    }

    /// Builds what the parts of a job's commit change in subdatasets.
    pub(super) fn commit_inner<'a>(
        &self,
        mut inner: Vec<Inner<'a>>,
        parts: &[Part<'_, '_>],
        changes: impl Fn(&Part<'_, '_>) -> Vec<Change>,
    ) -> Result<Vec<InnerBuilt<'a>>, RunError> {
        if inner.is_empty() {
            return Ok(Vec::new());
        }
        for (number, part) in parts.iter().enumerate() {
            let (changes, message) = (changes(part), records::inner_message(self, part));
            for inner in &mut inner {
                let mut own = inner.own(&changes);
                if number == 0 {
                    own.extend(inner.untold(&own)?);
                }
                inner.commit(&NewCommit { message: &message, changes: &own, seconds: self.seconds })?;
            }
        }
        inner.into_iter().map(Inner::finish).collect()
    }
}

fn begin<'e>(entered: &'e Entered, mark: (&str, &str)) -> Result<Result<Inner<'e>, String>, RunError> {
    let (path, place) = (&entered.path, &entered.place);
    let lock = match RunLock::acquire(&place.state_dir(), "run", now_ms()) {
        Err(busy @ LockError::Busy { .. }) => return Ok(Err(format!("in the subdataset `{path}`, {busy}"))),
        lock => lock?,
    };
    // A commit there that was cut off.
    write::recover(place)?;
    let base = match write::base(place) {
        Err(WriteError::Busy { what }) => {
            let reason = format!(
                "in the subdataset `{path}`, git is in the middle of {what}; the next run after it commits the results"
            );
            return Ok(Err(reason));
        }
        base => base?,
    };
    let repo = match entered.open() {
        Err(error) => return Ok(Err(error.to_string())),
        Ok(repo) => repo,
    };
    let builder = CommitBuilder::start(place, base.head, write::identity(place)?)?.marked(mark);
    Ok(Ok(Inner { entered, repo, base, builder, tips: Vec::new(), lock }))
}

impl<'a> Inner<'a> {
    /// Whether git-annex has been used here.
    pub(super) const fn has_annex(&self) -> bool {
        self.entered.has_annex
    }

    /// Has git-annex take over those of some files that lie here and belong to it; gives the keys of all that it has by now.
    pub(super) fn save_annexed(
        &mut self,
        files: &[&ResultFile],
    ) -> Result<BTreeMap<String, Arc<str>>, RunError> {
        let entered = self.entered;
        let paths: Vec<&str> = files.iter().filter_map(|file| entered.inside(&file.path)).collect();
        let keys = self.builder.save_annexed(&paths)?;
        Ok(keys.into_iter().map(|(path, key)| (entered.outside(&path), key)).collect())
    }

    /// The files that it has, or that are recorded of it, by path from the project's root.
    pub(super) fn files(&self) -> Result<Vec<Entry>, RunError> {
        let commits =
            BTreeSet::from([self.entered.recorded, self.base.head.unwrap_or(self.entered.recorded)]);
        let mut files = Vec::new();
        for commit in commits {
            files.extend(self.repo.tree_files(commit, "")?);
        }
        for file in &mut files {
            file.path = self.entered.outside(&file.path).into();
        }
        Ok(files)
    }

    /// Those of some changes that lie here, by path from here.
    fn own(&self, changes: &[Change]) -> Vec<Change> {
        let own = |change: &Change| {
            let path = self.entered.inside(change.path())?.to_owned();
            Some(match change {
                Change::Write { expect, .. } => Change::Write { path, expect: *expect },
                Change::Known { mode, oid, .. } => Change::Known { path, mode: *mode, oid: *oid },
                Change::Delete { .. } => Change::Delete { path },
            })
        };
        changes.iter().filter_map(own).collect()
    }

    /// What takes back those changes of commits that the project does not record which are not among `told`: no ledger
    /// tells of them, and if one does so later, its commit makes them again.
    fn untold(&self, told: &[Change]) -> Result<Vec<Change>, RunError> {
        let Some(head) = self.base.head.filter(|head| *head != self.entered.recorded) else {
            return Ok(Vec::new());
        };
        let paths: BTreeSet<&str> = told.iter().map(Change::path).collect();
        let stays = |change: &&Change| !matches!(change, Change::Delete { .. });
        let standing: BTreeSet<&str> = told.iter().filter(stays).map(Change::path).collect();
        let is_told = |path: &str| {
            let below = format!("{path}/");
            let in_the_way = standing.range(&*below..).next().is_some_and(|other| other.starts_with(&below));
            let is_below = path.match_indices('/').any(|(end, _)| standing.contains(&path[..end]));
            paths.contains(path) || in_the_way || is_below
        };
        let mut back = write::changes_to(&self.entered.place, head, self.entered.recorded)?;
        back.retain(|change| !is_told(change.path()));
        Ok(back)
    }

    /// Builds one more commit, if it changes anything here.
    fn commit(&mut self, new: &NewCommit<'_>) -> Result<(), RunError> {
        if new.changes.is_empty() {
            self.tips.extend(self.tips.last().copied().or(self.base.head));
        } else {
            self.tips.push(self.builder.commit(new)?);
        }
        Ok(())
    }

    /// Ends what was built; of no use if the subdataset has all of that already.
    fn finish(self) -> Result<InnerBuilt<'a>, RunError> {
        let Self { entered, repo, base, builder, tips, lock } = self;
        let built = builder.finish()?;
        let tree = |commit: Option<Oid>| commit.map(|commit| repo.folder_of(commit, "")).transpose();
        let is_news = tree(built.commits.last().copied())? != tree(base.head)? && !built.commits.is_empty();
        let tips = if is_news { tips } else { tips.iter().filter_map(|_| base.head).collect() };
        Ok(InnerBuilt { entered, base, built: is_news.then_some(built), tips, _lock: lock })
    }
}

impl InnerBuilt<'_> {
    /// Takes what lies here out of the changes of a part, and puts in the gitlink.
    pub(super) fn take_out(&self, part: usize, changes: &mut Vec<Change>) {
        changes.retain(|change| self.entered.inside(change.path()).is_none());
        let gitlink =
            |oid: &Oid| Change::Known { path: self.entered.path.to_string(), mode: MODE_GITLINK, oid: *oid };
        changes.extend(self.tips.get(part).map(gitlink));
    }

    /// Moves its branch; gives the paths that somebody has staged otherwise.
    pub(super) fn publish(&self, pipeline: &PipelineName) -> Result<Vec<String>, RunError> {
        let Some(built) = &self.built else { return Ok(Vec::new()) };
        let log = format!("minipach: {pipeline}");
        let published = write::publish(&self.entered.place, &self.base, built, &log)?;
        fault::point("commit:inner");
        Ok(published.left.iter().map(|path| self.entered.outside(path)).collect())
    }
}
