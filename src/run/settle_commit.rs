//! The engine's part of committing: after each job, and for a project as it stands.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::git::write::{NOBODY, Place, WriteError};
use crate::git::{Dirty, Scan, StatMemory};
use crate::ledger::{shard_folder, single_path};
use crate::model::{ContentId, Event, Oid, OutFile, PipelineName, is_at_or_below, literal};

use super::clock::{now_ms, now_seconds};
use super::commits::Committed;
use super::engine::Engine;
use super::error::RunError;
use super::in_head::{hold, ledger_at};
use super::news::{Against, Committing};
use super::planner::Plans;
use super::project::Project;

/// Committing more results than this takes a while.
const MANY: usize = 2000;

/// How often a job's commit is made anew because somebody else commits too.
const ROUNDS: usize = 5;

/// Why a pipeline's results wait.
const INNER_LOCKED: &str = "git's index is locked in a subdataset that they stand in";

impl Engine<'_> {
    /// Commits a job's results, unless that is not wanted or not yet possible.
    pub(super) fn commit_job(&mut self, at: usize) -> Result<Vec<String>, RunError> {
        let job = &self.jobs[at];
        let name = job.name().clone();
        if !self.request.commit || self.project.config().commit == Some(false) {
            return Ok(Vec::new());
        }
        if !job.planned.pipeline.commit {
            self.note_uncommitted(&name);
            return Ok(Vec::new());
        }
        let is_same = !self.ledgers.contains_key(&name) && job.placed.is_empty();
        if is_same && self.project.is_settled(&name) {
            return Ok(Vec::new());
        }
        if let Some(locked) = self.locked {
            return Ok(self.hold(&name, locked));
        }
        self.tell_that_it_commits(at);
        match self.commit_beside_others(at) {
            Err(RunError::Write(locked @ WriteError::Locked { .. })) => Ok(self.go_without(&name, &locked)),
            Err(RunError::Write(error @ WriteError::Damaged { .. })) => {
                self.report.bad_data = true;
                self.report.trouble.push(format!("`{name}` is not committed: {error}"));
                Ok(self.hold(&name, &error.to_string()))
            }
            Err(RunError::Write(error)) if error.is_race() => Ok(self.hold(&name, &error.to_string())),
            Err(RunError::Write(_)) if self.stop.is_now() => {
                Ok(self.hold(&name, "the run was stopped meanwhile"))
            }
            committed => Ok(self.took_note(&name, committed?)),
        }
    }

    /// Whoever asked the run to stop waits for the commit of many results, and is told.
    fn tell_that_it_commits(&mut self, at: usize) {
        let (name, results) = (self.jobs[at].name(), self.jobs[at].placed.len());
        if !self.stop.is_asked() || results < MANY {
            return;
        }
        let message =
            format!("`{name}`: {results} results are committed; once more leaves that to the next run");
        self.observer.event(&Event::Note { message, at_ms: now_ms() });
    }

    /// Remembers a pipeline whose results this run does not commit, if HEAD does not have them: what reads
    /// them waits.
    fn note_uncommitted(&mut self, name: &PipelineName) {
        if self.ledgers.contains_key(name) || !self.project.ledger_is_clean(name) {
            self.uncommitted.insert(name.clone());
        }
    }

    /// Commits a job's results; all over when somebody else moved the branch meanwhile, and without those that somebody
    /// changed.
    fn commit_beside_others(&mut self, at: usize) -> Result<Committed, RunError> {
        let mut round = 1;
        loop {
            match self.try_commit(at) {
                Err(RunError::Write(WriteError::Moved { .. })) if round < ROUNDS => round += 1,
                Err(RunError::Write(WriteError::Changed { .. } | WriteError::OddFile { .. }))
                    if self.leave_meddled(at) => {}
                committed => return committed,
            }
        }
    }

    fn try_commit(&mut self, at: usize) -> Result<Committed, RunError> {
        let (against, head) = self.against()?;
        let job = &self.jobs[at];
        let placed = |number: usize| job.placed.get(&number).map(|files| files.to_vec());
        let old = self.project.ledger(job.name());
        let changed = self.ledgers.get(job.name()).map(|change| change.applied(old));
        let held = self.held.keys().chain(&self.uncommitted).cloned().collect();
        let committing = Committing {
            project: self.project,
            planned: &job.planned,
            ledger: changed.as_ref().unwrap_or(old),
            placed: &placed,
            shared: Some(self.shared),
            against: &against,
            head,
            held: &held,
            image: job.room.image_digest(),
            whole: OnceCell::new(),
            removed: OnceCell::new(),
            seconds: now_seconds(),
            is_over: &|| self.stop.is_now(),
        };
        committing.commit()
    }

    /// Goes on without commits: what stands stands, and nobody waits for the index twice. Where it is that of a
    /// subdataset, only the pipeline goes without whose results stand in it.
    fn go_without(&mut self, name: &PipelineName, locked: &WriteError) -> Vec<String> {
        let is_inner = locked.is_locked_elsewhere(&self.project.repo.place());
        self.report.bad_data = true;
        let whose = if is_inner { format!("`{name}` is not committed: ") } else { String::new() };
        self.report.trouble.push(format!(
            "{whose}{locked}; the results are in place, and the next `minipach run` commits them without running them again"
        ));
        let is_branch = matches!(locked, WriteError::Locked { path, .. } if !path.ends_with("index.lock"));
        let reason = match (is_branch, is_inner) {
            (true, true) => "the branch of git-annex is locked",
            (true, false) => "the branch is locked",
            (false, true) => INNER_LOCKED,
            (false, false) => "git's index is locked",
        };
        self.locked = self.locked.or((!is_inner).then_some(reason));
        self.hold(name, reason)
    }

    fn hold(&mut self, name: &PipelineName, reason: &str) -> Vec<String> {
        self.held.insert(name.clone(), format!("not committed yet: {reason}"));
        Vec::new()
    }

    /// What differs from HEAD; looked at once, and again when someone else moved HEAD.
    pub(super) fn against(&mut self) -> Result<(Rc<Against>, Option<Oid>), RunError> {
        let head = self.project.repo.head()?.commit();
        if let Some((against, heads)) = &self.against
            && heads.contains(&head)
        {
            return Ok((Rc::clone(against), head));
        }
        let against = if head == self.project.head {
            Against { dirty: self.project.dirty()?, changed: Dirty::default() }
        } else {
            self.project.look_again()?
        };
        let against = Rc::new(against);
        self.against = Some((Rc::clone(&against), vec![head]));
        Ok((against, head))
    }

    /// Says so if HEAD is on another branch than before.
    fn branch_changed(&mut self) -> Option<String> {
        let now = self.project.branch();
        let message = (now != self.branch).then(|| other_branch(self.branch.as_deref(), now.as_deref()));
        self.branch = now;
        message
    }

    fn took_note(&mut self, name: &PipelineName, committed: Committed) -> Vec<String> {
        match committed {
            Committed::Nothing => Vec::new(),
            Committed::Made { commits, left, is_stand_in } => {
                let left = left.into_iter().map(|path| {
                    let word = literal(&path);
                    format!(
                        "`{path}` is staged with other content; the index was left alone there, and a commit of it would undo this one: `git restore --staged {word}` stages what was committed"
                    )
                });
                let nobody = (is_stand_in && self.report.commits == 0).then(|| NOBODY.to_owned());
                for message in left.chain(nobody).chain(self.branch_changed()) {
                    self.observer.event(&Event::Note { message, at_ms: now_ms() });
                }
                if let (Some((_, heads)), Some(last)) = (&mut self.against, commits.last()) {
                    heads.push(last.parse().ok());
                }
                commits
            }
            Committed::Held { reason, lacks } => self.hold(name, &advised(&reason, lacks)),
        }
    }
}

/// Files of a pipeline's ledger that differ from HEAD in the index or the work tree.
pub(super) fn ledger_paths(dirty: &Dirty, name: &PipelineName) -> Vec<String> {
    let places = [single_path(name), shard_folder(name)];
    places.iter().flat_map(|place| dirty.below(place)).map(str::to_owned).collect()
}

/// What is said, once, where somebody went to another branch since the run began.
fn other_branch(before: Option<&str>, now: Option<&str>) -> String {
    let named = |branch: Option<&str>| branch.map_or("no branch".to_owned(), |name| format!("`{name}`"));
    let (before, now) = (named(before), named(now));
    format!("the run began on {before}, and HEAD is on {now} by now: what it makes is committed there")
}

/// Results wait where somebody else was at work in that very moment, or keeps the index of a subdataset.
fn held_by_others(place: &Place, committed: Result<Committed, RunError>) -> Result<Committed, RunError> {
    match committed {
        Err(RunError::Write(error)) if error.is_race() || error.is_locked_elsewhere(place) => {
            Ok(Committed::Held { reason: error.to_string(), lacks: false })
        }
        committed => committed,
    }
}

/// Why results wait, and what helps where a save does.
fn advised(reason: &str, lacks: bool) -> String {
    let advice = if lacks { "; `minipach save` commits what is missing, then these results" } else { "" };
    format!("{reason}{advice}")
}

/// What committing a whole project did.
#[derive(Clone, Debug, Default)]
pub struct CommitReport {
    /// Commits by pipeline, oldest first.
    pub commits: Vec<(PipelineName, Vec<String>)>,
    /// Pipelines whose results are not committed yet, and why.
    pub held: BTreeMap<PipelineName, String>,
    /// git knew no author.
    pub is_stand_in: bool,
}

impl Project {
    /// Commits whatever results stand that HEAD does not know, pipeline by pipeline.
    ///
    /// Of pipelines that say `commit: false`, and of what reads them, only if `all` is wanted.
    ///
    /// # Errors
    /// When git cannot be read or written.
    pub fn commit_all(&self, plans: &Plans, all: bool) -> Result<CommitReport, RunError> {
        let mut held = BTreeSet::new();
        let mut report = CommitReport::default();
        let against = Against { dirty: self.dirty()?, changed: Dirty::default() };
        let mut head = self.head;
        for name in self.graph.order() {
            let Some(Ok(planned)) = plans.by_name.get(name) else { continue };
            if self.is_settled(name) {
                continue;
            }
            if !all && !planned.pipeline.commit {
                held.insert(name.clone());
                continue;
            }
            let nothing = |_: usize| -> Option<Vec<OutFile>> { None };
            let committed = Committing {
                project: self,
                planned,
                ledger: self.ledger(name),
                placed: &nothing,
                shared: None,
                against: &against,
                head,
                held: &held,
                image: None,
                whole: OnceCell::new(),
                removed: OnceCell::new(),
                seconds: now_seconds(),
                is_over: &|| false,
            }
            .commit();
            match held_by_others(&self.repo.place(), committed)? {
                Committed::Nothing => {}
                Committed::Made { commits, is_stand_in, .. } => {
                    head = commits.last().and_then(|last| last.parse().ok());
                    report.commits.push((name.clone(), commits));
                    report.is_stand_in |= is_stand_in;
                }
                Committed::Held { reason, lacks } => {
                    held.insert(name.clone());
                    // To save all is what would be advised.
                    report.held.insert(name.clone(), advised(&reason, lacks && !all));
                }
            }
        }
        Ok(report)
    }

    /// The branch that HEAD is on now, if it is on one.
    pub(super) fn branch(&self) -> Option<String> {
        Some(self.repo.head().ok()?.branch()?.to_owned())
    }

    /// Whether nothing of a pipeline waits for a commit: HEAD has its ledger with the results, and each line of
    /// that says something.
    fn is_settled(&self, name: &PipelineName) -> bool {
        self.ledger_is_clean(name)
            && !self.is_in_conflict(name)
            && self.ledger(name).damage().is_none()
            && self.is_surely_recorded(name)
            && self.dirty().is_ok_and(|dirty| ledger_paths(&dirty, name).is_empty())
    }

    /// Whether HEAD has a pipeline's ledger as it stood when the project was read.
    pub fn ledger_is_clean(&self, name: &PipelineName) -> bool {
        if self.is_recognised(name) || self.has_inner_ahead(name) {
            return false;
        }
        self.has_ledger_of_head(name)
    }

    /// Whether the files of a pipeline's ledger stand as HEAD has them, whatever is staged.
    pub fn has_ledger_of_head(&self, name: &PipelineName) -> bool {
        let Ok(head) = self.repo.head().map(|head| head.commit()) else { return false };
        let single = single_path(name);
        // Before the first commit nothing waits for one unless there is a ledger.
        let Some(head) = head else {
            return !self.scan.contains(&single) && self.scan.tree(&shard_folder(name)).is_empty();
        };
        let in_head = self.repo.object_of(head, &single).ok().flatten().map(|(oid, _)| ContentId::Git(oid));
        let here = self.scan.entry(&single).map(|entry| entry.content);
        let shards = shard_folder(name);
        let both = (self.repo.tree_files(head, &shards), self.scan.tree(&shards));
        in_head == here && matches!(both, (Ok(head), here) if head == here.entries())
    }

    /// Whether a file is gone that is a result by HEAD's ledgers: the commit of its pipeline takes it from git, no other.
    pub fn was_result(&self, path: &str) -> bool {
        let ledgers = || {
            let names = self.ledgers.keys().filter(|name| !self.ledger_is_clean(name));
            let read = names.map(|name| Some((name.clone(), ledger_at(&self.repo, name, self.head).ok()?)));
            read.flatten().collect()
        };
        !self.scan.contains(path) && hold(self.in_head.ledgers.get_or_init(ledgers), path)
    }

    /// Whether a merge left a result or the ledger of a pipeline in conflict.
    pub(super) fn is_in_conflict(&self, name: &PipelineName) -> bool {
        let own = [name.to_string(), single_path(name), shard_folder(name)];
        self.scan.unmerged().iter().any(|path| own.iter().any(|own| is_at_or_below(path, own)))
    }

    /// What differs from HEAD and from what was read, now, with the contents of all that pipelines use
    /// looked into.
    fn look_again(&self) -> Result<Against, RunError> {
        let mut memory = StatMemory::open(&self.repo.state_dir());
        let mut scan = Scan::read(&self.repo, &mut memory)?;
        super::survey::enter_outputs(&self.repo, &self.pipelines, &mut scan);
        self.resolve_used(&mut scan, &mut memory)?;
        Ok(Against { dirty: scan.dirty(&self.repo)?.into(), changed: scan.since(&self.scan) })
    }
}
