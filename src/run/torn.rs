//! After a power cut: results that were not safe on the disk yet and came out torn, found and set aside.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use crate::git::{Dirty, Unsynced, blob_id};
use crate::ledger::{AttemptLog, ResultRecord};
use crate::model::{ContentId, Entry, PipelineName, Tree, is_at_or_below};
use crate::plan::{Standing, entries_of, standing_of};

use super::error::{RunError, io_error};
use super::project::Project;
use super::recovery::{made, replaced};

/// By how much a file system's clock may be behind the machine's.
const TICK_MS: i128 = 20;

impl Project {
    /// Files, by path from the root, of results that a power cut may have torn, since they were placed
    /// after the last sync; nothing if there was none. What a person wrote since is not among them.
    ///
    /// # Errors
    /// When the attempt log or the index cannot be read.
    pub fn torn(&self) -> Result<BTreeSet<String>, RunError> {
        let state = self.repo.state_dir();
        let Some(noted) = Unsynced::read(&state).filter(Unsynced::was_cut) else {
            return Ok(BTreeSet::new());
        };
        let log = AttemptLog::read(&state.join("attempts.jsonl"))?;
        let records = log.placed_since(noted.log_bytes)?;
        let mut torn: BTreeSet<String> = records.iter().flat_map(|record| self.torn_of(record)).collect();
        torn.extend(self.emptied(noted.since_ms, &records)?);
        Ok(torn)
    }

    /// The same project, with files that are torn seen as missing.
    pub fn hide(&mut self, torn: &BTreeSet<String>) {
        for tree in [&mut self.tree, &mut self.results] {
            let is_whole = |entry: &&Entry| !torn.contains(&*entry.path);
            let entries: Arc<[Entry]> = tree.entries().iter().filter(is_whole).cloned().collect();
            *tree = Tree::new(tree.prefix(), entries);
        }
    }

    /// Moves torn files out of the work tree into `folder`.
    ///
    /// # Errors
    /// When one cannot be moved.
    pub fn set_aside(&self, torn: &BTreeSet<String>, folder: &Path) -> Result<(), RunError> {
        for path in torn {
            let (from, to) = (self.repo.root().join(path), folder.join(path));
            move_file(&from, &to).map_err(io_error(&from))?;
            self.remove_empty_folders(path);
        }
        Ok(())
    }

    /// Removes the folders that held a file and are empty now, up to its pipeline's.
    fn remove_empty_folders(&self, path: &str) {
        let is_pipeline = |folder: &str| self.pipelines.keys().any(|name| name.as_str() == folder);
        let mut above = path.rsplit_once('/').map(|(folder, _)| folder);
        while let Some(folder) = above.filter(|folder| !is_pipeline(folder)) {
            if fs::remove_dir(self.repo.root().join(folder)).is_err() {
                return;
            }
            above = folder.rsplit_once('/').map(|(folder, _)| folder);
        }
    }

    /// What stands of one logged result, if that is neither all of it, nor what it was to replace, nor
    /// touched by anybody: it goes as a whole, since half of a result is none.
    fn torn_of(&self, record: &ResultRecord) -> Vec<String> {
        let Some(publish) = &record.publish else { return Vec::new() };
        let files = self.results.below(record.pipeline.as_str());
        let (made, replaced) = (made(record), replaced(record));
        let prefix = files.prefix().len();
        let standing: Vec<&Entry> = if publish.whole {
            entries_of(&files, &publish.target).iter().collect()
        } else {
            let is_ours = |path: &str| made.contains_key(path) || replaced.contains_key(path);
            files.entries().iter().filter(|entry| is_ours(&entry.path[prefix..])).collect()
        };
        let is_made = |entry: &&Entry| made.get(&entry.path[prefix..]) == Some(&&entry.content);
        let is_old = |entry: &&Entry| replaced.get(&entry.path[prefix..]) == Some(&&entry.content);
        let is_whole = standing.len() == made.len() && standing.iter().all(is_made);
        let is_touched = |entry: &&Entry| {
            !is_made(entry) && !is_old(entry) && self.written_ms(&entry.path) > Some(record.at_ms)
        };
        if is_whole || standing.iter().all(is_old) || standing.iter().any(is_touched) {
            return Vec::new();
        }
        standing.iter().map(|entry| entry.path.to_string()).collect()
    }

    /// When a file was written last, in milliseconds since the Unix epoch.
    fn written_ms(&self, path: &str) -> Option<u64> {
        let modified = fs::symlink_metadata(self.repo.root().join(path)).ok()?.modified().ok()?;
        u64::try_from(modified.duration_since(UNIX_EPOCH).ok()?.as_millis()).ok()
    }

    /// Empty files in folders of pipelines that came there since the last sync and of which no record
    /// knows: the log's last lines may be lost as well, and an empty file holds nothing of anybody's.
    fn emptied(&self, since_ms: u64, records: &[ResultRecord]) -> Result<Vec<String>, RunError> {
        let dirty = self.dirty()?;
        let empty = ContentId::Git(blob_id(b""));
        let mut found = Vec::new();
        for name in self.pipelines.keys() {
            let files = self.results.below(name.as_str());
            let is_lost = |entry: &&Entry| {
                let relative = &entry.path[files.prefix().len()..];
                entry.content == empty
                    && relative != "spec.yml"
                    && self.came_since(&entry.path, since_ms, &dirty)
                    && !is_vouched(records, name, relative, &empty)
                    && !self.is_done(name, &files, relative)
            };
            found.extend(files.entries().iter().filter(is_lost).map(|entry| entry.path.to_string()));
        }
        Ok(found)
    }

    /// Whether HEAD does not have a file as it stands, and it came to its place at or after a moment.
    fn came_since(&self, path: &str, since_ms: u64, dirty: &Dirty) -> bool {
        let changed = self.scan.stat(path).map(|stat| stat.ctime.as_nanos() / 1_000_000);
        !dirty.is_clean_below(path)
            && changed.is_some_and(|changed| changed + TICK_MS >= i128::from(since_ms))
    }

    /// Whether a file belongs to a result that stands as its ledger line says.
    fn is_done(&self, name: &PipelineName, files: &Tree, relative: &str) -> bool {
        let lines = self.ledger(name).lines().iter();
        let mut claiming =
            lines.filter(|line| line.outputs.iter().any(|output| is_at_or_below(relative, &output.path)));
        claiming.any(|line| standing_of(line, files) == Standing::Whole)
    }
}

/// A folder below `state`, not there yet, for what one power cut tore.
pub fn torn_folder(state: &Path) -> PathBuf {
    let folder = |number: &u32| state.join("torn").join(number.to_string());
    let number = (1..u32::MAX).find(|number| !folder(number).exists()).unwrap_or(u32::MAX);
    folder(&number)
}

/// Moves what is left in `staged` into `folder`: it is torn, or what a torn result replaced. Whether there was any.
///
/// # Errors
/// When it cannot be moved.
pub fn set_staged_aside(staged: &Path, folder: &Path) -> Result<bool, RunError> {
    if fs::read_dir(staged).map_err(io_error(staged))?.next().is_none() {
        return Ok(false);
    }
    fs::create_dir_all(folder).map_err(io_error(folder))?;
    fs::rename(staged, folder.join(".staged")).map_err(io_error(staged))?;
    Ok(true)
}

/// Whether a logged result has this content at a path.
fn is_vouched(records: &[ResultRecord], name: &PipelineName, path: &str, content: &ContentId) -> bool {
    records.iter().any(|record| record.pipeline == *name && made(record).get(path) == Some(&content))
}

/// Moves a file or link, also to another file system.
fn move_file(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to.parent().unwrap_or(to))?;
    match fs::rename(from, to) {
        Err(error) if error.kind() == std::io::ErrorKind::CrossesDevices => {
            copy_itself(from, to)?;
            fs::remove_file(from)
        }
        other => other,
    }
}

/// Copies a file, or a link as the link that it is.
fn copy_itself(from: &Path, to: &Path) -> std::io::Result<()> {
    if fs::symlink_metadata(from)?.is_symlink() {
        return std::os::unix::fs::symlink(fs::read_link(from)?, to);
    }
    fs::copy(from, to).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_copied_as_links_also_where_they_lead_nowhere() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::write(at("file"), "text").unwrap();
        for (name, leads_to) in [("link", "file"), ("dangling", "none")] {
            std::os::unix::fs::symlink(leads_to, at(name)).unwrap();
            copy_itself(&at(name), &at("copy")).unwrap();
            assert_eq!(fs::read_link(at("copy")).unwrap(), Path::new(leads_to));
            fs::remove_file(at("copy")).unwrap();
        }
        copy_itself(&at("file"), &at("copy")).unwrap();
        assert_eq!(fs::read_to_string(at("copy")).unwrap(), "text");
    }
}
