//! Obstacles: what keeps a result from its place, looked for just before it would be moved there.

use std::path::Path;

use crate::git::Repo;
use crate::model::{DatumState, Kind, OutFile, is_at_or_below};
use crate::plan::{Memory, Reason, entries_of, foreign_at, is_claimed, owns_target, target};

use super::engine::Engine;
use super::forbidden::{LONGEST_ANNEXED, is_overlong};
use super::job::Job;
use super::planner::Planned;
use super::project::Project;
use super::settle::shares_folder;

/// What keeps a result from its place.
pub(super) struct Obstacle {
    pub(super) state: DatumState,
    pub(super) message: String,
    /// Whether it is another datum's file.
    pub(super) is_clash: bool,
}

impl Project {
    /// That files stand in the place of a datum's result, with the first of them.
    pub fn in_the_way(&self, memory: &dyn Memory, planned: &Planned, number: usize) -> Reason {
        let (pipeline, datum) = (&planned.pipeline, &planned.plan.datums[number]);
        let files = self.results.below(pipeline.name.as_str());
        let paths: Vec<String> = if owns_target(pipeline, &datum.key) {
            entries_of(&files, &datum.key).iter().map(|entry| entry.path.to_string()).collect()
        } else {
            let lines = self.ledger(&pipeline.name).lines();
            let made = memory.files(datum.id).unwrap_or_default();
            let foreign = made.iter().flat_map(|file| foreign_at(&files, lines, file));
            foreign.map(|entry| entry.path.to_string()).collect()
        };
        Reason::InTheWay { more: paths.len().saturating_sub(1), path: paths.into_iter().next() }
    }
}

impl Project {
    /// Whether a result at a path may go to the annex, of the project or of the subdataset that it lies in.
    fn may_annex(&self, path: &str) -> bool {
        let goes = |repo: &Repo, path: &str| {
            repo.has_annex() && repo.attribute(path, "annex.largefiles").as_deref() != Some("nothing")
        };
        match self.scan.entered_around(path).map(|inner| (inner.open(), inner.inside(path))) {
            Some((Ok(subdataset), Some(inside))) => goes(&subdataset, inside),
            _ => goes(&self.repo, path),
        }
    }

    /// That another datum's result holds a file of a known result that stands nowhere yet.
    pub fn taken(&self, memory: &dyn Memory, planned: &Planned, number: usize) -> Option<Reason> {
        let (pipeline, datum) = (&planned.pipeline, &planned.plan.datums[number]);
        let ledger = self.ledger(&pipeline.name);
        let is_placed = owns_target(pipeline, &datum.key) || !ledger.lines_for(&datum.key).is_empty();
        if datum.state != DatumState::Cached || is_placed {
            return None;
        }
        let made = memory.files(datum.id)?;
        let owner =
            |path: &str| ledger.lines().iter().find(|line| is_claimed(std::slice::from_ref(*line), path));
        let (file, line) = made.iter().find_map(|file| Some((file, owner(&file.path)?)))?;
        let path = format!("{}/{}", pipeline.name, file.path);
        Some(Reason::Taken { path, by: format!("{}:{}", pipeline.name, line.key) })
    }
}

impl Engine<'_> {
    /// What keeps a result from its place: a rule of git, another datum's file, a foreign file, an edited result.
    pub(super) fn obstacle(&self, at: usize, datum: usize, files: &[OutFile]) -> Option<Obstacle> {
        let job = &self.jobs[at];
        if let Some(ignored) = self.ignored_obstacle(job, datum, files) {
            return Some(ignored);
        }
        if let Some(overlong) = self.overlong_obstacle(job, datum, files) {
            return Some(overlong);
        }
        if shares_folder(job, datum) {
            self.shared_obstacle(job, datum, files)
        } else {
            self.folder_obstacle(job, datum)
        }
    }

    /// The first file of a result that is to go to the annex, with a name that git-annex may fail on: the whole commit would.
    fn overlong_obstacle(&self, job: &Job, datum: usize, files: &[OutFile]) -> Option<Obstacle> {
        let folder = target(&job.planned.pipeline, &job.planned.plan.datums[datum].key);
        let named = files.iter().filter(|file| file.kind != Kind::Link && is_overlong(&file.path));
        let path =
            named.map(|file| format!("{folder}/{}", file.path)).find(|path| self.project.may_annex(path))?;
        let message = format!(
            "`{path}` has a name of more than {LONGEST_ANNEXED} bytes, the most that git-annex is sure to take; shorten it, or keep such files in git with `annex.largefiles=nothing` in `.gitattributes`"
        );
        Some(Obstacle { state: DatumState::Failed, message, is_clash: false })
    }

    fn shared_obstacle(&self, job: &Job, datum: usize, files: &[OutFile]) -> Option<Obstacle> {
        for file in files {
            if let Some((path, owner)) = conflicting(job, datum, &file.path) {
                return Some(Self::clash(job, datum, &path, owner));
            }
            let path = format!("{}/{}", job.name(), file.path);
            if let Some(subdataset) = self.subdataset_above(&path) {
                let message = format!(
                    "`{path}` belongs to the subdataset `{subdataset}`; only where `output` names a folder in it do results go there, so set `output`, or write elsewhere below /pfs/out"
                );
                return Some(Obstacle { state: DatumState::Failed, message, is_clash: false });
            }
            if let Some((path, is_claimed)) = self.in_the_way(job, &path, file) {
                let state = if is_claimed { DatumState::Edited } else { DatumState::InTheWay };
                let message = format!(
                    "`{path}` stands where this result belongs and is not one of its own; move it away"
                );
                return Some(Obstacle { state, message, is_clash: false });
            }
        }
        None
    }

    /// What stands at a file's path, above or below it, and may not give way; and whether the ledger knows it.
    fn in_the_way(&self, job: &Job, path: &str, file: &OutFile) -> Option<(String, bool)> {
        let full = self.shared.root.join(path);
        let is_folder = match std::fs::symlink_metadata(&full) {
            Ok(meta) => meta.is_dir(),
            Err(_) => {
                return self.file_above(job, path).map(|above| (above.to_owned(), self.claims(job, above)));
            }
        };
        let foreign = if is_folder {
            self.touched(&full, path).or_else(|| self.unclaimed_below(job, path))
        } else {
            (!self.may_replace(job, path, file)).then(|| path.to_owned())
        };
        foreign.map(|foreign| (path.to_owned(), self.claims(job, &foreign)))
    }

    /// A file where a path needs a folder, if it may not give way.
    fn file_above<'p>(&self, job: &Job, path: &'p str) -> Option<&'p str> {
        let name = job.name().as_str().len();
        let above = path.match_indices('/').map(|(at, _)| &path[..at]).filter(|above| above.len() > name);
        let is_file = |path: &&str| {
            std::fs::symlink_metadata(self.shared.root.join(path)).is_ok_and(|meta| !meta.is_dir())
        };
        let mut files = above.filter(is_file);
        files.find(|file| !self.gives_way(job, file))
    }

    /// Whether a file is a result's that stands as the run saw it, and none that stays: those have owners.
    fn gives_way(&self, job: &Job, path: &str) -> bool {
        self.project.results.get(path).is_some()
            && self.project.stands_as_seen(path)
            && self.claims(job, path)
    }

    /// A known file in a folder that no result claims.
    fn unclaimed_below(&self, job: &Job, path: &str) -> Option<String> {
        let below = self.project.results.below(path);
        below
            .entries()
            .iter()
            .find(|entry| !self.claims(job, &entry.path))
            .map(|entry| entry.path.to_string())
    }

    /// The subdataset that a path lies in.
    fn subdataset_above<'p>(&self, path: &'p str) -> Option<&'p str> {
        let is_subdataset = |path: &&str| self.project.scan.gitlink(path).is_some();
        path.match_indices('/').map(|(at, _)| &path[..at]).find(is_subdataset)
    }

    /// Two datums make one file, and this one is the later of them.
    pub(super) fn clash(job: &Job, datum: usize, path: &str, owner: Option<usize>) -> Obstacle {
        let key = |number: usize| format!("`{}:{}`", job.name(), job.planned.plan.datums[number].key);
        let other = owner.map_or_else(|| "a kept result".to_owned(), key);
        let message = format!("{} and {other} both make `{}/{path}`", key(datum), job.name());
        Obstacle { state: DatumState::Failed, message, is_clash: true }
    }

    /// Whether a standing file may give way: it is a result's, as the run saw it, or holds the same bytes.
    fn may_replace(&self, job: &Job, path: &str, file: &OutFile) -> bool {
        if job.placed.values().any(|files| files.iter().any(|placed| placed.path == file.path)) {
            return true;
        }
        let Some(entry) = self.project.results.get(path) else { return false };
        let is_same = entry.content == file.content;
        (is_same || self.claims(job, path)) && self.project.stands_as_seen(path)
    }

    /// Whether the pipeline's ledger has a result at a path, given from the root.
    fn claims(&self, job: &Job, path: &str) -> bool {
        let path = &path[job.name().as_str().len() + 1..];
        job.owners.contains_key(path) || is_claimed(self.project.ledger(job.name()).lines(), path)
    }

    fn folder_obstacle(&self, job: &Job, datum: usize) -> Option<Obstacle> {
        let key = &job.planned.plan.datums[datum].key;
        let path = target(&job.planned.pipeline, key);
        let full = self.shared.root.join(&path);
        if job.placed.contains_key(&datum) {
            return None;
        }
        if std::fs::symlink_metadata(&full).is_err() {
            let above = self.file_above(job, &path)?;
            let message = format!("`{above}` stands where this result needs a folder; move it away");
            return Some(Obstacle { state: DatumState::InTheWay, message, is_clash: false });
        }
        let lines = self.project.ledger(job.name()).lines();
        let is_claimed =
            lines.iter().flat_map(|line| &line.outputs).any(|output| is_at_or_below(&output.path, key));
        let foreign = self.touched(&full, &path);
        match foreign {
            None if is_claimed => None,
            None if holds_nothing(&full) => None,
            Some(foreign) if is_claimed => Some(Obstacle {
                state: DatumState::Edited,
                message: format!(
                    "`{foreign}` was changed by hand meanwhile; the new result was not placed over it"
                ),
                is_clash: false,
            }),
            _ => Some(Obstacle {
                state: DatumState::InTheWay,
                message: format!(
                    "`{path}` stands where this result belongs and no pipeline made it; move it away"
                ),
                is_clash: false,
            }),
        }
    }

    /// The first file at or below a path that is not as the run saw it.
    pub(super) fn touched(&self, full: &Path, path: &str) -> Option<String> {
        let is_folder = std::fs::symlink_metadata(full).is_ok_and(|meta| meta.is_dir());
        if !is_folder {
            let is_known = self.project.tree.get(path).is_some() && self.project.stands_as_seen(path);
            return (!is_known).then(|| path.to_owned());
        }
        let mut children: Vec<_> = std::fs::read_dir(full).ok()?.filter_map(Result::ok).collect();
        children.sort_by_key(std::fs::DirEntry::file_name);
        children.iter().find_map(|child| {
            self.touched(&child.path(), &format!("{path}/{}", child.file_name().to_string_lossy()))
        })
    }
}

/// Whether a path is a folder without any file, at any depth: git knows no such folders, so nobody can miss one.
fn holds_nothing(path: &Path) -> bool {
    let is_folder = std::fs::symlink_metadata(path).is_ok_and(|meta| meta.is_dir());
    let holds_nothing =
        |child: std::io::Result<std::fs::DirEntry>| child.is_ok_and(|child| holds_nothing(&child.path()));
    is_folder && std::fs::read_dir(path).is_ok_and(|mut children| children.all(holds_nothing))
}

/// Another owner of a path, of a folder it lies in, or of something inside it.
fn conflicting(job: &Job, datum: usize, path: &str) -> Option<(String, Option<usize>)> {
    job.rivals(datum, path).next().map(|(path, owned)| (path.to_owned(), owned.datum))
}
