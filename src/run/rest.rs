//! `Rest`: a project in which nothing was left to do, known again by a digest of all that decides it.
//!
//! Plans are a pure function of the files, the specs, the ledgers, HEAD and this program. If a run found nothing to
//! do and all of these are as they were then, there is nothing to do now. Every file has been looked at by then.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::git::Scan;
use crate::ledger::{Durability, shard_folder, single_path, write_atomic};
use crate::model::{Event, PipelineName};

use super::clock::now_ms;
use super::engine::Report;
use super::observer::Observer;
use super::project::Project;
use super::request::Request;
use super::settle_commit::ledger_paths;
use super::survey::Survey;

/// A project at rest, as a run found it. Kept in the state folder; a damaged or absent file means nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rest {
    digest: [u8; 32],
    /// Each job, in order: its pipeline, how many datums that has, and what was noted when it was planned.
    jobs: Vec<(String, usize, Vec<String>)>,
}

impl Rest {
    /// Whether some rest is remembered, so that it is worth a look before anything is planned.
    pub fn is_kept(state: &Path) -> bool {
        file(state).is_file()
    }

    /// The rest that `digest` names, if it is the one remembered. Any other is forgotten.
    pub fn recall(state: &Path, digest: [u8; 32]) -> Option<Self> {
        let found = fs::read(file(state)).ok().and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok());
        let same = found.filter(|rest| rest.digest == digest);
        if same.is_none() {
            drop(fs::remove_file(file(state)));
        }
        same
    }

    /// Remembers that a run found nothing to do where `digest` held. A cache: failing to is no error.
    pub fn keep(state: &Path, digest: [u8; 32], report: &Report) {
        let job = |(name, count, notes): &(PipelineName, usize, Vec<String>)| {
            (name.to_string(), *count, notes.clone())
        };
        let rest = Self { digest, jobs: report.jobs.iter().map(job).collect() };
        if let Ok(bytes) = serde_json::to_vec(&rest) {
            drop(write_atomic(&file(state), &bytes, Durability::Process));
        }
    }

    /// The report of a run that plans everything and finds it so.
    pub fn report(&self) -> Report {
        let jobs = self.jobs.iter().filter_map(|(name, count, notes)| {
            Some((PipelineName::parse(name).ok()?, *count, notes.clone()))
        });
        Report { jobs: jobs.collect(), ..Report::default() }
    }

    /// Tells what a run that plans everything would tell, with so many commands at a time.
    pub fn tell(&self, slots: usize, observer: &mut dyn Observer) {
        let mut pipelines: Vec<String> = self.jobs.iter().map(|(pipeline, ..)| pipeline.clone()).collect();
        pipelines.sort();
        observer.event(&Event::RunPlanned { pipelines, slots, at_ms: now_ms() });
        for (pipeline, total, notes) in &self.jobs {
            let pipeline = pipeline.clone();
            let (total, at_ms) = (*total, now_ms());
            let (to_run, to_restore, to_remove) = (0, 0, 0);
            observer.event(&Event::JobStarted {
                pipeline: pipeline.clone(),
                at_ms,
                total,
                to_run,
                to_restore,
                to_remove,
                only: None,
                place: None,
            });
            for message in notes.iter().cloned() {
                observer.event(&Event::Note { message, at_ms });
            }
            observer.event(&Event::JobFinished {
                pipeline,
                complete: true,
                message: None,
                commits: Vec::new(),
                at_ms,
            });
        }
    }
}

impl Report {
    /// Whether the run found all done and committed, and had nothing to say nor to put right; and a look at the files of
    /// `project`, as in `scan`, tells whether that is still so.
    pub fn found_rest(&self, project: &Project, scan: &Scan) -> bool {
        let is_whole =
            self.summary == crate::model::RunSummary::default() && self.commits == 0 && !self.is_held;
        is_whole
            && !self.is_incomplete
            && !self.has_annexed_code
            && !project.hides_ledgers()
            && !self.interrupted
            && !self.missing_program
            && !self.bad_data
            && !self.bad_specs
            && !self.is_troubled()
            && !project.puts_ledgers_right(scan)
    }
}

impl Project {
    /// Whether a ledger stands otherwise by now than the scan saw it, or was staged otherwise than HEAD has it.
    fn puts_ledgers_right(&self, scan: &Scan) -> bool {
        let Ok(dirty) = self.dirty() else { return true };
        let is_staged =
            |name: &PipelineName| !ledger_paths(&dirty, name).is_empty() && self.has_ledger_of_head(name);
        !scan.unchanged_below(".minipach/ledger") || self.ledgers.keys().any(is_staged)
    }

    /// Whether git ignores some ledger, so that the scan may not see it change.
    fn hides_ledgers(&self) -> bool {
        let is_hidden = |name: &PipelineName| {
            let shard = format!("{}/00.jsonl", shard_folder(name));
            self.repo.is_ignored(&single_path(name)) || self.repo.is_ignored(&shard)
        };
        self.ledgers.keys().chain(self.former.keys()).any(is_hidden)
    }
}

/// All that decides what a plain run would do, beside the files.
pub struct Circumstances(blake3::Hasher);

impl Circumstances {
    /// Names them, and the files as they were seen.
    pub fn digest(&self, scan: &Scan) -> [u8; 32] {
        *self.0.clone().update(&scan.digest()).finalize().as_bytes()
    }
}

impl Survey {
    /// Under what circumstances the files were looked at; nothing where a look at them does not tell what a
    /// run would do.
    pub fn circumstances(&self, request: &Request) -> Option<Circumstances> {
        let is_plain = request.targets.is_empty() && !(request.force || request.failed_only || request.save);
        // What stands in a subdataset is not in the scan, or differs from another repository's HEAD; conflicts are refused by whoever opens the project.
        if !is_plain || self.scan.subdatasets().next().is_some() || !self.scan.unmerged().is_empty() {
            return None;
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update(env!("CARGO_PKG_VERSION").as_bytes()).update(&own_stamp()?);
        hasher.update(&[
            u8::from(request.commit),
            u8::from(request.keep_going),
            u8::from(self.repo.has_annex()),
        ]);
        let head = self.repo.head().ok()?.commit().map_or([0; 20], |oid| oid.0);
        hasher.update(&head).update(&self.sources);
        let settings = fs::read(self.repo.common_dir().join("config")).unwrap_or_default();
        hasher.update(&self.repo.outer_ignore_rules());
        hasher.update(blake3::hash(&settings).as_bytes());
        Some(Circumstances(hasher))
    }
}

/// Changes whenever this program does.
fn own_stamp() -> Option<[u8; 24]> {
    let own = fs::metadata(std::env::current_exe().ok()?).ok()?;
    let changed = own.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    let mut stamp = [0; 24];
    stamp[..16].copy_from_slice(&changed.as_nanos().to_le_bytes());
    stamp[16..].copy_from_slice(&own.len().to_le_bytes());
    Some(stamp)
}

fn file(state: &Path) -> std::path::PathBuf {
    state.join("rest")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_at_rest_is_reported_with_its_jobs() {
        let dir = tempfile::tempdir().unwrap();
        let jobs = vec![(PipelineName::parse("fs").unwrap(), 3, vec!["a note".to_owned()])];
        let report = Report { jobs: jobs.clone(), ..Report::default() };
        Rest::keep(dir.path(), [7; 32], &report);
        let rest = Rest::recall(dir.path(), [7; 32]).unwrap();
        assert_eq!(rest.report().jobs, jobs);
        assert_eq!(Rest::recall(dir.path(), [8; 32]), None);
        assert!(!Rest::is_kept(dir.path()), "another one is forgotten");
    }
}
