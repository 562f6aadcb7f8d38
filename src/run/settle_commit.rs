//! The engine's part of committing: after each job, and for a project as it stands.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::git::write::{NOBODY, WriteError};
use crate::git::{Dirty, Scan, StatMemory};
use crate::ledger::{shard_folder, single_path};
use crate::model::{ContentId, Event, Oid, OutFile, PipelineName, is_at_or_below};

use super::clock::{now_ms, now_seconds};
use super::commits::Committed;
use super::engine::Engine;
use super::error::RunError;
use super::news::Committing;
use super::planner::Plans;
use super::project::Project;

impl Engine<'_> {
    /// Commits a job's results, unless that is not wanted or not yet possible.
    pub(super) fn commit_job(&mut self, at: usize) -> Result<Vec<String>, RunError> {
        let job = &self.jobs[at];
        let name = job.name().clone();
        let is_wanted =
            self.request.commit && job.planned.pipeline.commit && self.project.config().commit != Some(false);
        if !is_wanted {
            return Ok(Vec::new());
        }
        let is_known = !self.ledgers.contains_key(&name)
            && self.project.ledger_is_clean(&name)
            && !self.project.is_in_conflict(&name);
        if is_known {
            return Ok(Vec::new());
        }
        if self.is_index_locked {
            return Ok(self.hold(&name, "git's index is locked"));
        }
        let dirty = self.dirty()?;
        let job = &self.jobs[at];
        let placed = |number: usize| job.placed.get(&number).map(|files| files.to_vec());
        let committed = Committing {
            project: self.project,
            planned: &job.planned,
            ledger: self.ledgers.get(&name).unwrap_or_else(|| self.project.ledger(&name)),
            placed: &placed,
            dirty: &dirty,
            held: &self.held,
            seconds: now_seconds(),
        }
        .commit();
        match committed {
            Err(RunError::Write(locked @ WriteError::IndexLocked { .. })) => {
                Ok(self.go_without(&name, &locked))
            }
            committed => Ok(self.took_note(&name, committed?)),
        }
    }

    /// Goes on without commits: what stands stands, and nobody waits for the index twice.
    fn go_without(&mut self, name: &PipelineName, locked: &WriteError) -> Vec<String> {
        self.is_index_locked = true;
        self.report.bad_data = true;
        self.report.trouble.push(format!(
            "{locked}; the results are in place, and the next `minipach run` commits them without running them again"
        ));
        self.hold(name, "git's index is locked")
    }

    fn hold(&mut self, name: &PipelineName, reason: &str) -> Vec<String> {
        self.held.insert(name.clone(), format!("not committed yet: {reason}"));
        Vec::new()
    }

    /// What differs from HEAD; looked at once, and again when someone else moved HEAD.
    pub(super) fn dirty(&mut self) -> Result<Rc<Dirty>, RunError> {
        let head = self.project.repo.head()?.commit();
        match &self.dirty {
            Some((dirty, heads)) if heads.contains(&head) => Ok(Rc::clone(dirty)),
            Some(_) => {
                let dirty = self.project.look_again()?;
                Ok(self.note_dirty(dirty, head))
            }
            None => {
                let dirty = self.shared.scan.dirty(&self.project.repo)?;
                Ok(self.note_dirty(dirty, head))
            }
        }
    }

    fn note_dirty(&mut self, dirty: Dirty, head: Option<Oid>) -> Rc<Dirty> {
        let dirty = Rc::new(dirty);
        self.dirty = Some((Rc::clone(&dirty), vec![head]));
        dirty
    }

    fn took_note(&mut self, name: &PipelineName, committed: Committed) -> Vec<String> {
        match committed {
            Committed::Nothing => Vec::new(),
            Committed::Made { commits, left, is_stand_in } => {
                let left = left.into_iter().map(|path| {
                    format!("`{path}` is staged with other content; the index was left alone there")
                });
                let nobody = (is_stand_in && self.report.commits == 0).then(|| NOBODY.to_owned());
                for message in left.chain(nobody) {
                    self.observer.event(&Event::Note { message, at_ms: now_ms() });
                }
                if let (Some((_, heads)), Some(last)) = (&mut self.dirty, commits.last()) {
                    heads.push(last.parse().ok());
                }
                commits
            }
            Committed::Held { reason, lacks } => {
                let advice =
                    if lacks { "; `minipach save` commits what is missing, then these results" } else { "" };
                self.hold(name, &format!("{reason}{advice}"))
            }
        }
    }
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
    /// # Errors
    /// When git cannot be read or written.
    pub fn commit_all(&self, plans: &Plans) -> Result<CommitReport, RunError> {
        let mut report = CommitReport::default();
        let dirty = self.scan.dirty(&self.repo)?;
        for name in self.graph.order() {
            let Some(Ok(planned)) = plans.by_name.get(name) else { continue };
            if self.ledger_is_clean(name) && !self.is_in_conflict(name) {
                continue;
            }
            let nothing = |_: usize| -> Option<Vec<OutFile>> { None };
            let committed = Committing {
                project: self,
                planned,
                ledger: self.ledger(name),
                placed: &nothing,
                dirty: &dirty,
                held: &report.held,
                seconds: now_seconds(),
            }
            .commit()?;
            match committed {
                Committed::Nothing => {}
                Committed::Made { commits, is_stand_in, .. } => {
                    report.commits.push((name.clone(), commits));
                    report.is_stand_in |= is_stand_in;
                }
                Committed::Held { reason, .. } => {
                    report.held.insert(name.clone(), reason);
                }
            }
        }
        Ok(report)
    }

    /// Whether HEAD has a pipeline's ledger as it stood when the project was read.
    pub fn ledger_is_clean(&self, name: &PipelineName) -> bool {
        if self.recognised.contains(name) {
            return false;
        }
        let Ok(Some(head)) = self.repo.head().map(|head| head.commit()) else { return false };
        let single = single_path(name);
        let in_head = self.repo.object_of(head, &single).ok().flatten().map(|(oid, _)| ContentId::Git(oid));
        let here = self.scan.entry(&single).map(|entry| entry.content);
        let shards = shard_folder(name);
        let both = (self.repo.tree_files(head, &shards), self.scan.tree(&shards));
        in_head == here && matches!(both, (Ok(head), here) if head == here.entries())
    }

    /// Whether a merge left a result or the ledger of a pipeline in conflict.
    pub(super) fn is_in_conflict(&self, name: &PipelineName) -> bool {
        let own = [name.to_string(), single_path(name), shard_folder(name)];
        self.scan.unmerged().iter().any(|path| own.iter().any(|own| is_at_or_below(path, own)))
    }

    /// What differs from HEAD now, with the contents of all that pipelines use looked into.
    fn look_again(&self) -> Result<Dirty, RunError> {
        let mut memory = StatMemory::open(&self.repo.state_dir());
        let mut scan = Scan::read(&self.repo, &mut memory)?;
        self.resolve_used(&mut scan, &mut memory)?;
        Ok(scan.dirty(&self.repo)?)
    }
}
