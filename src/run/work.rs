//! Work as it is handed to a slot: one task, and what all tasks of a run share.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, RwLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::fs::FileType;

use crate::exec::{Cancel, FarmsAhead, Room};
use crate::git::{Annexes, Keeper, Scan, annex, blob_id_of_file, has_bytes_of};
use crate::model::{ContentId, Entry, PipelineName, Stat};

use super::absent::{Absent, Missing, fetch_now};
use super::clock::now_ms;
use super::error::RunError;
use super::packs::Packs;
use super::planner::Planned;
use super::project::Project;
use super::turns::Turns;

/// What all tasks of a run share.
pub struct Shared {
    /// The project's root.
    pub root: PathBuf,
    /// When the run began to look at it.
    pub(super) began: SystemTime,
    /// `.git/minipach`.
    pub state: PathBuf,
    /// Whose annex has the content of which file.
    pub annexes: Annexes,
    /// The run's id.
    pub run: String,
    /// Links in data that stand for no file, by path, with what is to be said of each.
    pub(super) bad_links: BTreeMap<Arc<str>, String>,
    /// The files as they were read.
    pub scan: Arc<Scan>,
    /// Files that this run put into place, by path from the root, as they stood right then: the scan does
    /// not know them.
    pub placed: RwLock<BTreeMap<String, Stat>>,
    /// Why content that was to be fetched did not come.
    pub(super) unfetched: RwLock<BTreeMap<Absent, String>>,
    /// Objects of the annex that a command damaged, with what is to be said of each.
    spoilt: RwLock<BTreeMap<PathBuf, String>>,
    /// Why the run ends with the first of them, until that is told.
    why_ended: Mutex<Option<String>>,
    /// Whether objects of the annex have the bytes of their keys, as they stood when they were read for that.
    proven: Mutex<BTreeMap<PathBuf, (Stat, Option<bool>)>>,
    /// Large farms that are looked at before they are needed.
    pub(super) farms: FarmsAhead,
    /// Set when no further task of a set is to be started.
    pub halted: AtomicBool,
    /// Ends running commands.
    pub cancel: Cancel,
    /// Lets so many commands run at a time.
    pub turns: Turns,
    /// What packed results hold.
    pub packs: Arc<Packs>,
    /// Whether results can go to the annex.
    pub has_annex: bool,
}

impl Shared {
    /// Fetches content and waits for it, each repository's share being told; why some does not come is kept, to be told
    /// of its files. The folder and the name are for the note of what runs.
    ///
    /// # Errors
    /// When git-annex cannot be started.
    pub(super) fn fetch(
        &self,
        missing: &Missing<'_>,
        absent: impl IntoIterator<Item = Absent>,
        (folder, name): (&Path, &str),
        tell: &mut dyn FnMut(&Keeper, &[Arc<str>]),
    ) -> Result<(), RunError> {
        for (repository, keys) in Missing::by_keeper(absent) {
            let keeper = &missing.keepers[&repository];
            tell(keeper, &keys);
            let failed = fetch_now(keeper, keys, folder, name)?;
            let failed = failed.into_iter().map(|(key, why)| ((repository.clone(), key.into()), why));
            self.unfetched.write().expect("nobody panics with the lock").extend(failed);
        }
        Ok(())
    }

    /// What the tasks of a run need, before anything was placed.
    ///
    /// # Errors
    /// When the process is out of file descriptors.
    pub fn new(project: &Project, run: &str, jobs: usize) -> std::io::Result<Self> {
        Ok(Self {
            root: project.repo.root().to_owned(),
            began: UNIX_EPOCH + Duration::from_millis(now_ms()),
            annexes: project.annexes(),
            placed: RwLock::default(),
            unfetched: RwLock::default(),
            spoilt: RwLock::default(),
            why_ended: Mutex::default(),
            proven: Mutex::default(),
            farms: FarmsAhead::default(),
            run: run.to_owned(),
            bad_links: project.bad_links(),
            scan: Arc::clone(&project.scan),
            halted: AtomicBool::new(false),
            cancel: Cancel::new()?,
            state: project.repo.state_dir(),
            turns: Turns::new(jobs),
            packs: Arc::clone(&project.packs),
            has_annex: project.repo.has_annex(),
        })
    }

    /// Whether the file at `path` stands as this run put it there, or else as the scan saw it.
    pub(super) fn stands(&self, path: &str) -> bool {
        let placed = self.placed.read().expect("nobody panics with the lock").get(path).copied();
        match placed {
            Some(before) => self.scan.stat_now(path) == Some(before),
            None => self.scan.unchanged(path),
        }
    }

    /// Whether an input stands as the scan saw it, be it with other rights: its bytes decide, and whether it is executable.
    pub(super) fn keeps_content(&self, path: &str) -> bool {
        self.scan.unchanged(path) || self.has_other_rights(path)
    }

    /// Whether nothing of a file changed since the scan but its rights, its owner or its names. Where its own time changed,
    /// it may have been written to and back, while a command read it.
    fn has_other_rights(&self, path: &str) -> bool {
        let (Some(before), Some(now)) = (self.scan.stat(path), self.scan.stat_now(path)) else {
            return false;
        };
        let full = self.root.join(path);
        let is_meant = |entry: Entry| match entry.content {
            ContentId::Git(oid) => blob_id_of_file(&full).is_ok_and(|found| found == oid),
            ContentId::Annex(key) => has_bytes_of(&key, &full) == Some(true),
            ContentId::Folder(_) => false,
        };
        let is_file = now.file_type() == FileType::RegularFile;
        is_file && now.is_but_for_rights(before) && self.scan.entry(path).is_some_and(is_meant)
    }

    /// Why the content at a path is not to be used any more in this run, if so.
    pub(super) fn why_spoilt(&self, path: &Path) -> Option<String> {
        self.spoilt.read().expect("nobody panics with the lock").get(path).cloned()
    }

    /// Takes note of that, and has no further command started: it could do the same to other content.
    pub(super) fn note_spoilt(&self, path: &Path, (why, why_ended): (String, String)) {
        self.halted.store(true, Ordering::Relaxed);
        let mut spoilt = self.spoilt.write().expect("nobody panics with the lock");
        if spoilt.is_empty() {
            *self.why_ended.lock().expect("nobody panics with the lock") = Some(why_ended);
        }
        spoilt.insert(path.to_owned(), why);
    }

    /// Whether a command damaged an object of the annex in this run.
    pub(super) fn is_annex_damaged(&self) -> bool {
        !self.spoilt.read().expect("nobody panics with the lock").is_empty()
    }

    /// Why the run ends for that, if nobody was told yet.
    pub(super) fn take_why_ended(&self) -> Option<String> {
        self.why_ended.lock().expect("nobody panics with the lock").take()
    }

    /// Whether an object of the annex that stands so has the bytes of its key, read once for all datums and files in it.
    pub(super) fn has_its_bytes(&self, object: &Path, stat: Stat) -> Option<bool> {
        let mut proven = self.proven.lock().expect("nobody panics with the lock");
        if let Some((_, found)) = proven.get(object).filter(|(before, _)| *before == stat) {
            return *found;
        }
        let key = annex::key_of_link(object.as_os_str().as_encoded_bytes())?;
        let found = has_bytes_of(&key, object);
        proven.insert(object.to_owned(), (stat, found));
        found
    }

    /// Takes note of how files stand that this run put into place, or had git-annex take over.
    pub(super) fn note_placed(&self, stats: impl IntoIterator<Item = (String, Stat)>) {
        self.placed.write().expect("nobody panics with the lock").extend(stats);
    }
}

/// The time that a job has, from its first command on: to wait for commands of others takes none of it.
#[derive(Clone)]
pub(super) struct JobTime {
    limit: Duration,
    /// When its first command began, by the clock of `Turns`.
    began: Arc<OnceLock<Instant>>,
}

impl JobTime {
    /// A time that has not begun.
    pub(super) fn new(limit: Duration) -> Self {
        Self { limit, began: Arc::default() }
    }

    /// Begins, unless it has.
    pub(super) fn begin(&self, now: Instant) {
        self.began.get_or_init(|| now);
    }

    /// How much of it is left.
    pub(super) fn left(&self, now: Instant) -> Duration {
        let began = self.began.get().copied().unwrap_or(now);
        (began + self.limit).saturating_duration_since(now)
    }
}

/// One unit of work for a slot.
pub(super) struct Task {
    /// Number of the job in the engine.
    pub job: usize,
    /// Number of the unit in the job.
    pub unit: usize,
    /// Number of the datum that stands for the unit.
    pub datum: usize,
    /// The pipeline and its plan.
    pub planned: Arc<Planned>,
    /// Where its command runs.
    pub room: Room,
    /// Whether an earlier round dropped datums of its job, as what they used had changed.
    pub is_again: bool,
    /// Whether its inputs are copied.
    pub copies: bool,
    /// The time that its job has.
    pub time: Option<JobTime>,
    /// Name of its staging folder and log, unique in the project.
    pub name: String,
}

/// Under which name the farm of a datum is kept.
pub(super) fn farm_name(pipeline: &PipelineName, key: &str) -> String {
    format!("{pipeline}:{key}")
}

/// Where the log of the task `name` is, from `.git/minipach`.
pub(super) fn log_of(run: &str, name: &str) -> String {
    format!("logs/{run}/{name}.log")
}
