//! Settling: a datum's result is logged and moved into place, if nothing is in its way there.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::exec::{Publication, attempt_of, publish, remove_tree};
use crate::ledger::{AttemptRecord, Outcome, Publish, ResultRecord, TriedRecord};
use crate::model::{ContentId, DatumState, Entry, Event, OutFile, Tree, View, is_at_or_below};
use crate::plan::{entries_of, known_inputs, owns_target, published, target};

use super::clock::now_ms;
use super::datum_end::DatumEnd;
use super::engine::Engine;
use super::error::RunError;
use super::fault;
use super::job::{Job, Owned};
use super::memory::Fresh;
use super::task_news::AttemptDone;

impl Engine<'_> {
    /// A try of a task failed and another one follows: what is known of it outlives this run, however that ends.
    pub(super) fn settle_try(
        &mut self,
        at: usize,
        unit: usize,
        attempt: &AttemptDone,
    ) -> Result<(), RunError> {
        self.log_attempt((at, unit), attempt)?;
        let job = &self.jobs[at];
        let datum = &job.planned.plan.datums[job.units[unit].datums[0]];
        self.observer.event(&Event::DatumTried {
            pipeline: job.name().to_string(),
            key: datum.key.to_string(),
            id: datum.id,
            attempt: attempt.number,
            tries: job.planned.pipeline.datum_tries,
            message: attempt.message.clone(),
            log: attempt.log.clone(),
            at_ms: now_ms(),
        });
        Ok(())
    }

    /// Writes attempts of a unit to the log that are not there yet.
    pub(super) fn log_attempts(
        &mut self,
        unit: (usize, usize),
        attempts: &[AttemptDone],
    ) -> Result<(), RunError> {
        let mut news = attempts.iter().filter(|attempt| !attempt.is_told);
        news.try_for_each(|attempt| self.log_attempt(unit, attempt))
    }

    fn log_attempt(&mut self, (at, unit): (usize, usize), attempt: &AttemptDone) -> Result<(), RunError> {
        let job = &self.jobs[at];
        let datum = &job.planned.plan.datums[job.units[unit].datums[0]];
        self.log.attempt(&AttemptRecord {
            id: datum.id,
            pipeline: job.name().clone(),
            key: datum.key.clone(),
            run: self.shared.run.as_str().into(),
            attempt: attempt.number,
            started_ms: attempt.started_ms,
            took_ms: attempt.took_ms,
            outcome: attempt.outcome,
            exit: attempt.exit,
            message: attempt.message.as_deref().map(Into::into),
            log: attempt.log.as_deref().map(Into::into),
            max_rss_bytes: attempt.usage.and_then(|usage| usage.max_rss_bytes),
            user_ms: attempt.usage.and_then(|usage| millis(usage.user)),
            system_ms: attempt.usage.and_then(|usage| millis(usage.system)),
        })?;
        Ok(())
    }

    /// Remembers what a unit was made of whose last attempt failed. One that is told of though it counts for nothing is found by what
    /// it was made of, which changed.
    pub(super) fn log_failed(
        &mut self,
        (at, unit): (usize, usize),
        attempts: &[AttemptDone],
    ) -> Result<(), RunError> {
        if attempts.last().is_some_and(|attempt| attempt.outcome != Outcome::Done) {
            self.log_tried(at, &self.jobs[at].units[unit].datums.clone())?;
        }
        Ok(())
    }

    /// Remembers what failed attempts at datums were made of.
    fn log_tried(&mut self, at: usize, datums: &[usize]) -> Result<(), RunError> {
        let planned = &self.jobs[at].planned;
        let (name, log) = (&planned.pipeline.name, self.memory.known().log());
        let tried = datums.iter().filter_map(|datum| {
            let (id, key) = (planned.plan.datums[*datum].id, &planned.plan.datums[*datum].key);
            // What failed again as before is told already.
            let is_new = log.last_tried(name, key).is_none_or(|before| before.id != id);
            is_new.then(|| TriedRecord {
                id,
                work: planned.plan.work,
                pipeline: name.clone(),
                key: key.clone(),
                inputs: known_inputs(&planned.plan, &planned.pipeline, *datum),
            })
        });
        let tried: Vec<TriedRecord> = tried.collect();
        if !tried.is_empty() {
            self.log.tried(&tried, &planned.fields)?;
        }
        Ok(())
    }

    /// Places what a task made at each of its unit's places: moved to the first, copied to the others.
    pub(super) fn settle_made(
        &mut self,
        at: usize,
        unit: usize,
        (files, staged): (Arc<[OutFile]>, PathBuf),
        end: &DatumEnd,
    ) -> Result<(), RunError> {
        let datums = self.jobs[at].units[unit].datums.clone();
        let (first, others) = datums.split_first().expect("a unit has a datum");
        let is_placed = self.settle(at, *first, &files, staged)?;
        if is_placed {
            self.report.summary.ran += 1;
            if self.jobs[at].planned.pipeline.every_job {
                self.report.left.ran.insert(self.jobs[at].name().clone());
            }
            self.end_datum(at, *first, end);
        }
        for datum in others {
            if is_placed {
                self.place_known(at, *datum)?;
            } else {
                let message = "the same work could not be placed for another datum".to_owned();
                self.end_datum(at, *datum, &DatumEnd::at_once(DatumState::Failed, Some(message)));
            }
        }
        Ok(())
    }

    /// Logs a staged result and moves it into its place; tells and gives `false` if something is in the way.
    pub(super) fn settle(
        &mut self,
        at: usize,
        datum: usize,
        files: &Arc<[OutFile]>,
        staged: PathBuf,
    ) -> Result<bool, RunError> {
        let mut obstacle = self.obstacle(at, datum, files);
        if obstacle.as_ref().is_some_and(|obstacle| obstacle.is_clash) && self.displace(at, datum, files)? {
            obstacle = self.obstacle(at, datum, files);
        }
        if let Some(obstacle) = obstacle {
            if matches!(obstacle.state, DatumState::InTheWay | DatumState::Edited) {
                self.keep_made(at, datum, files, &staged)?;
            }
            remove_tree(&staged)?;
            if obstacle.state == DatumState::Failed {
                self.report.summary.failed += 1;
                self.log_refusal(at, datum, &obstacle.message)?;
            }
            self.end_datum(at, datum, &DatumEnd::at_once(obstacle.state, Some(obstacle.message)));
            return Ok(false);
        }
        let name = attempt_of(&staged).unwrap_or_default().to_owned();
        let record = self.record(at, datum, files, &name);
        let publication = self.publication(at, files, &record, staged);
        if fault::planted("publish-first") {
            publish(&publication)?;
            std::thread::sleep(Duration::from_millis(5));
        }
        self.note_unsynced()?;
        self.log.results([(&record, &self.jobs[at].planned.fields)])?;
        fault::point("settle:logged");
        publish(&publication)?;
        fault::point("settle:published");
        self.own(at, datum, files);
        Ok(true)
    }

    /// Remembers that a result could not be placed, so that its datum counts as failed.
    pub(super) fn log_refusal(&mut self, at: usize, datum: usize, message: &str) -> Result<(), RunError> {
        let job = &self.jobs[at];
        let planned = &job.planned.plan.datums[datum];
        self.log.attempt(&AttemptRecord {
            id: planned.id,
            pipeline: job.name().clone(),
            key: planned.key.clone(),
            run: self.shared.run.as_str().into(),
            attempt: job.planned.pipeline.datum_tries,
            started_ms: now_ms(),
            took_ms: 0,
            outcome: Outcome::Failed,
            exit: None,
            message: Some(message.into()),
            log: None,
            max_rss_bytes: None,
            user_ms: None,
            system_ms: None,
        })?;
        Ok(())
    }

    pub(super) fn record(&self, at: usize, datum: usize, files: &Arc<[OutFile]>, name: &str) -> ResultRecord {
        let job = &self.jobs[at];
        let planned = &job.planned;
        let this = &planned.plan.datums[datum];
        let old = self.replaced(at, datum, files);
        ResultRecord {
            id: this.id,
            work: planned.plan.work,
            pipeline: job.name().clone(),
            key: this.key.clone(),
            place: job.place_of(datum),
            at_ms: now_ms(),
            inputs: known_inputs(&planned.plan, &planned.pipeline, datum),
            files: files.to_vec(),
            publish: Some(Publish {
                staged: name.into(),
                target: if owns_target(&planned.pipeline, &this.key) { this.key.clone() } else { ".".into() },
                whole: owns_target(&planned.pipeline, &this.key),
                replaces: old,
            }),
        }
    }

    fn publication(
        &self,
        at: usize,
        files: &Arc<[OutFile]>,
        record: &ResultRecord,
        staged: PathBuf,
    ) -> Publication {
        let job = &self.jobs[at];
        let publish = record.publish.as_ref().expect("made with one");
        Publication {
            staged,
            pipeline: self.shared.root.join(job.name().as_str()),
            target: publish.target.clone(),
            whole: publish.whole,
            files: files.to_vec(),
            remove: removed(publish, files),
            is_begun: fault::planted("publish-first"),
        }
    }

    /// What stands of earlier results where a result belongs, and what of its datum's own is not made again, by path
    /// from the pipeline's folder; but for what another datum has there by now, or in a folder of that name.
    fn replaced(&self, at: usize, datum: usize, files: &[OutFile]) -> Vec<(Box<str>, ContentId)> {
        let job = &self.jobs[at];
        let (planned, tree) = (&job.planned, self.project_files(at));
        let key = &planned.plan.datums[datum].key;
        let mut found = old_files(&tree, self.project.ledger(job.name()).lines_for(key));
        let mut take = |path: &str| {
            let prefix = tree.prefix();
            let above = path.match_indices('/').map(|(at, _)| &path[..at]);
            let above = above.filter_map(|above| tree.get(&format!("{prefix}{above}")));
            let standing = above.chain(entries_of(&tree, path));
            found.extend(standing.map(|entry| (entry.path[prefix.len()..].into(), entry.content.clone())));
        };
        if shares_folder(job, datum) {
            for file in files {
                take(&file.path);
            }
        } else {
            take(key);
        }
        let is_others = |path: &str| job.rivals(datum, path).next().is_some();
        found.retain(|(path, _)| !is_others(path));
        found.sort();
        found.dedup();
        found
    }

    /// Takes note of who owns what stands now.
    fn own(&mut self, at: usize, datum: usize, files: &Arc<[OutFile]>) {
        let job = &mut self.jobs[at];
        let this = &job.planned.plan.datums[datum];
        let folder = target(&job.planned.pipeline, &this.key);
        let fresh = Fresh { files: Arc::clone(files), folder, place: job.place_of(datum) };
        let stands = |file: &OutFile| {
            let path = format!("{}/{}", fresh.folder, file.path);
            // What is gone already never stands as it was placed.
            let stat = self.shared.scan.stat_now(&path).unwrap_or_default();
            (path, stat)
        };
        self.shared.note_placed(files.iter().map(stands));
        self.memory.remember(this.id, fresh);
        job.placed.insert(datum, Arc::clone(files));
        job.open.remove(&datum);
        if shares_folder(job, datum) {
            job.owners.retain(|_, owned| owned.datum != Some(datum));
            for file in files.iter() {
                job.owners.insert(file.path.clone(), Owned { datum: Some(datum), file: file.clone() });
            }
        }
    }

    /// Fills in who owns the standing files of a pipeline whose datums share its folder.
    pub(super) fn prepare_owners(&self, job: &mut Job) {
        let files = self.project.results.below(job.name().as_str());
        let ledger = self.project.ledger(job.name());
        let mut owners = std::collections::BTreeMap::new();
        let datums = job.planned.plan.datums.iter().enumerate();
        let sharing: Vec<_> = datums.filter(|(number, _)| shares_folder(job, *number)).collect();
        // What is done stands as its own line says; another's old line may name the same file.
        let (done, undone): (Vec<_>, Vec<_>) =
            sharing.into_iter().partition(|(_, datum)| datum.line.is_some());
        for (number, datum) in done.into_iter().chain(undone) {
            own_lines(&mut owners, Some(number), ledger.lines_for(&datum.key), &files);
        }
        if job.planned.pipeline.view() == View::Path {
            for left in job.planned.plan.leftovers.iter().filter(|left| left.state != DatumState::Orphaned) {
                own_lines(
                    &mut owners,
                    None,
                    std::slice::from_ref(&ledger.lines()[left.line as usize]),
                    &files,
                );
            }
        }
        job.owners = owners;
    }

    /// Takes datums whose bytes were recognised as placed, so that the ledger gets their lines.
    pub(super) fn adopt(&self, job: &mut Job) {
        for (datum, files) in self.project.adopted(&job.planned, self.memory) {
            if shares_folder(job, datum) {
                for file in &files {
                    job.owners.insert(file.path.clone(), Owned { datum: Some(datum), file: file.clone() });
                }
            }
            job.placed.insert(datum, files.into());
            let made = self.memory.made(job.planned.plan.datums[datum].id);
            job.note_place(datum, made.map(|made| made.place));
        }
    }

    /// The files of a job's pipeline, as the run saw them.
    pub(super) fn project_files(&self, at: usize) -> Tree {
        self.project.results.below(self.jobs[at].name().as_str())
    }
}

fn millis(time: Duration) -> Option<u64> {
    u64::try_from(time.as_millis()).ok()
}

/// Whether a datum writes into a folder that is not its own.
pub(super) fn shares_folder(job: &Job, datum: usize) -> bool {
    !owns_target(&job.planned.pipeline, &job.planned.plan.datums[datum].key)
}

fn own_lines(
    owners: &mut std::collections::BTreeMap<Box<str>, Owned>,
    datum: Option<usize>,
    lines: &[crate::model::KnownResult],
    files: &Tree,
) {
    let prefix = files.prefix().len();
    for output in lines.iter().flat_map(|line| &line.outputs) {
        for entry in entries_of(files, &output.path) {
            let path = &entry.path[prefix..];
            let (kind, content) = published(output, path, entry);
            let file = OutFile { path: path.into(), kind, content: content.clone() };
            owners.entry(path.into()).or_insert(Owned { datum, file });
        }
    }
}

/// What of the replaced is to be removed: all that is not made again; of a whole folder, which is exchanged, only
/// files in whose place it needs a folder.
pub(super) fn removed(publish: &Publish, files: &[OutFile]) -> Vec<Box<str>> {
    let new: BTreeSet<&str> = files.iter().map(|file| &*file.path).collect();
    let is_above = |path: &str| path != &*publish.target && is_at_or_below(&publish.target, path);
    let goes = |path: &str| if publish.whole { is_above(path) } else { !new.contains(path) };
    publish.replaces.iter().map(|(path, _)| path).filter(|path| goes(path)).cloned().collect()
}

/// Standing files of old results, by path relative to the pipeline's folder.
fn old_files(files: &Tree, lines: &[crate::model::KnownResult]) -> Vec<(Box<str>, ContentId)> {
    let prefix = files.prefix().len();
    let outputs = lines.iter().flat_map(|line| &line.outputs);
    let entries = outputs.flat_map(|output| entries_of(files, &output.path));
    let mut found: Vec<(Box<str>, ContentId)> =
        entries.map(|Entry { path, content, .. }| (path[prefix..].into(), content.clone())).collect();
    found.sort();
    found.dedup();
    found
}
