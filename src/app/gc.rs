//! `gc`: bounds what minipach keeps for itself beside the project; results, commits and memory of what is known stay.

use std::collections::BTreeSet;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::exec::remove_tree;
use crate::git::{Repo, write};
use crate::ledger::{RunLock, prune_runs, runs, thin};
use crate::run::{RunError, io_error, is_entered, now_ms};

use super::error::{AppError, ExitCode};

/// The events of so many runs are kept, however old they are.
const RUNS_KEPT: usize = 20;

/// Milliseconds of a day.
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// What was removed, or would be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Collected {
    /// Version of this form.
    pub version: u32,
    /// Whether nothing was done.
    pub dry_run: bool,
    /// Lines of the attempt log, and bytes.
    pub attempts: Freed,
    /// Logs of commands.
    pub logs: Freed,
    /// Event files of runs.
    pub runs: Freed,
    /// Farms of gathers, which are made anew when they are needed.
    pub farms: Freed,
    /// Files of images, which are made anew when they are needed.
    pub images: Freed,
    /// What was left in `/pfs/out` of datums that were entered.
    pub entered: Freed,
    /// What a power cut had torn, set aside since.
    pub torn: Freed,
    /// Replaced results that no commit holds; git frees their bytes when it cleans up.
    pub kept: Freed,
}

/// So many things, of so many bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Freed {
    /// Lines, files or folders.
    pub number: usize,
    /// Their bytes.
    pub bytes: u64,
}

impl Collected {
    /// Each with what it is, in words.
    pub const fn told(&self) -> [(Freed, &'static str); 8] {
        [
            (self.attempts, "lines of the attempt log"),
            (self.logs, "logs of commands"),
            (self.runs, "event files of runs"),
            (self.farms, "farms of gathers"),
            (self.images, "files of images"),
            (self.entered, "folders of datums that were entered"),
            (self.torn, "folders of what a power cut tore"),
            (self.kept, "replaced results that no commit holds; `git gc` frees their bytes afterwards"),
        ]
    }

    /// Whether nothing was removed, or would be.
    pub fn is_nothing(&self) -> bool {
        self.told().iter().all(|(freed, _)| freed.number == 0)
    }

    /// Bytes in all, without those of replaced results, which only git knows.
    pub const fn bytes(&self) -> u64 {
        let beside = self.farms.bytes + self.images.bytes + self.entered.bytes + self.torn.bytes;
        self.attempts.bytes + self.logs.bytes + self.runs.bytes + beside
    }
}

impl Freed {
    fn add(&mut self, bytes: u64) {
        self.number += 1;
        self.bytes += bytes;
    }
}

/// Removes what is older than so many days and not needed to know what is done, failed or takes how long.
///
/// # Errors
/// When a run is going on, or something cannot be read or removed.
pub fn gc(dir: &Path, days: u32, dry_run: bool) -> Result<Collected, AppError> {
    let repo = Repo::open(dir)?;
    let state = repo.state_dir();
    if !state.is_dir() {
        return Ok(Collected { version: 1, dry_run, ..Collected::default() });
    }
    let _lock = RunLock::acquire(&state, "gc", now_ms()).map_err(RunError::from)?;
    if !dry_run {
        super::mend::mend(&repo)?;
    }
    let before_ms = now_ms().saturating_sub(u64::from(days) * DAY_MS);
    let age = Age { before: SystemTime::UNIX_EPOCH + Duration::from_millis(before_ms), dry_run };
    let thinned = thin(&state.join("attempts.jsonl"), before_ms, dry_run)?;
    let before_seconds = i64::try_from(before_ms.div_ceil(1000)).unwrap_or(i64::MAX);
    let (kept, _) = write::forget_kept(&repo.place(), before_seconds, dry_run)
        .map_err(|error| AppError::new(ExitCode::Data, error.to_string()))?;
    Ok(Collected {
        version: 1,
        dry_run,
        attempts: Freed {
            number: thinned.lines.0 - thinned.lines.1,
            bytes: thinned.bytes.0.saturating_sub(thinned.bytes.1),
        },
        logs: age.logs(&state, &thinned.logs)?,
        runs: age.runs(&state)?,
        farms: age.folders(&state.join("work/farms"))?,
        images: age.folders(&state.join("images"))?,
        entered: age.entered(&state.join("enter"))?,
        torn: age.folders(&state.join("torn"))?,
        kept: Freed { number: kept, bytes: 0 },
    })
}

/// What is old.
struct Age {
    before: SystemTime,
    dry_run: bool,
}

impl Age {
    fn is_old(&self, meta: &Metadata) -> bool {
        meta.modified().is_ok_and(|at| at < self.before)
    }

    /// Old logs that no attempt names any more, and the folders that are empty then.
    fn logs(&self, state: &Path, named: &BTreeSet<Box<str>>) -> Result<Freed, AppError> {
        let mut freed = Freed::default();
        for folder in listed(&state.join("logs"))? {
            for log in listed(&folder)? {
                let name = log.strip_prefix(state).unwrap_or(&log).to_string_lossy().into_owned();
                let Ok(meta) = log.symlink_metadata() else { continue };
                if named.contains(name.as_str()) || !self.is_old(&meta) {
                    continue;
                }
                freed.add(meta.len());
                if !self.dry_run {
                    fs::remove_file(&log).map_err(io_error(&log))?;
                }
            }
            // One that still holds something stays.
            drop(if self.dry_run { Ok(()) } else { fs::remove_dir(&folder) });
        }
        Ok(freed)
    }

    /// Event files of old runs, but for the newest.
    fn runs(&self, state: &Path) -> Result<Freed, AppError> {
        let mut freed = Freed::default();
        let all = runs(state)?;
        let is_old = |run: &&String| {
            let folder = state.join("runs").join(run);
            folder.symlink_metadata().is_ok_and(|meta| self.is_old(&meta))
        };
        let stay = all.iter().position(|run| is_old(&run)).unwrap_or(all.len()).max(RUNS_KEPT);
        for run in all.iter().skip(stay) {
            freed.add(size(&state.join("runs").join(run)));
        }
        if !self.dry_run {
            prune_runs(state, stay)?;
        }
        Ok(freed)
    }

    /// What was left of old visits, but for those that go on.
    fn entered(&self, within: &Path) -> Result<Freed, AppError> {
        let freed = self.folders_but(within, &is_entered)?;
        // One that still holds something stays.
        drop(if self.dry_run { Ok(()) } else { fs::remove_dir(within) });
        Ok(freed)
    }

    /// Old folders and files in a folder.
    fn folders(&self, within: &Path) -> Result<Freed, AppError> {
        self.folders_but(within, &|_| false)
    }

    fn folders_but(&self, within: &Path, stays: &dyn Fn(&Path) -> bool) -> Result<Freed, AppError> {
        let mut freed = Freed::default();
        for folder in listed(within)?.into_iter().filter(|folder| !stays(folder)) {
            if !folder.symlink_metadata().is_ok_and(|meta| self.is_old(&meta)) {
                continue;
            }
            freed.add(size(&folder));
            if !self.dry_run {
                if folder.is_dir() {
                    remove_tree(&folder).map_err(RunError::from)?;
                } else {
                    fs::remove_file(&folder).map_err(io_error(&folder))?;
                }
            }
        }
        Ok(freed)
    }
}

/// What a folder holds; nothing where it is none.
fn listed(folder: &Path) -> Result<Vec<PathBuf>, AppError> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(folder).map_err(io_error(folder))?;
    Ok(entries.flatten().map(|entry| entry.path()).collect())
}

/// The bytes of all files below a path; links are not followed.
fn size(path: &Path) -> u64 {
    let Ok(meta) = path.symlink_metadata() else { return 0 };
    if !meta.is_dir() {
        return meta.len();
    }
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    entries.map(|entry| size(&entry.path())).sum()
}
