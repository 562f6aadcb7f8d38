//! Results that are not whole: half moved when a run was killed, or torn by a power cut; seen, and set aside.

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
use super::placed::{has_content, made, replaced};
use super::project::Project;
use super::recovery::{gives_way, staged_names};

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

    /// Sees results that are not whole as whoever mends them would: none of their files stands, and what a run was
    /// cut off from moving is known and only to be placed. For who looks and does not mend.
    ///
    /// # Errors
    /// As [`Project::torn`].
    pub fn see_whole(&mut self) -> Result<(), RunError> {
        let mut hidden = self.torn()?;
        for record in self.half_moved()? {
            let files = self.results.below(record.pipeline.as_str());
            let standing = standing_at(&record, &files);
            if self.is_half(&record, &files, &standing) {
                self.halves += 1;
                hidden.extend(standing.iter().map(|entry| entry.path.to_string()));
            }
            self.staged.extend(record.files.iter().map(|file| file.content.clone()));
        }
        if !hidden.is_empty() {
            self.hide(&hidden);
        }
        Ok(())
    }

    /// The logged results that a run has not moved into their places to the end, be it killed or still at it, and
    /// that will be: nobody touched their places since. After a power cut none: what that tore is [`Project::torn`].
    fn half_moved(&self) -> Result<Vec<ResultRecord>, RunError> {
        let state = self.repo.state_dir();
        let Some(noted) = Unsynced::read(&state).filter(|noted| !noted.was_cut()) else {
            return Ok(Vec::new());
        };
        let names = staged_names(&state.join("staged"));
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let log = AttemptLog::read(&state.join("attempts.jsonl"))?;
        let mut records = log.placed_since(noted.log_bytes)?;
        records.retain(|record| {
            record.publish.as_ref().is_some_and(|publish| names.contains(&publish.staged))
                && gives_way(record, &self.results.below(record.pipeline.as_str()))
        });
        Ok(records)
    }

    /// Sees files as missing.
    pub fn hide(&mut self, paths: &BTreeSet<String>) {
        for tree in [&mut self.tree, &mut self.results] {
            let is_seen = |entry: &&Entry| !paths.contains(&*entry.path);
            let entries: Arc<[Entry]> = tree.entries().iter().filter(is_seen).cloned().collect();
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

    /// What stands of one logged result, if that is half of it and not touched by anybody: it goes as a whole, since
    /// half of a result is none.
    fn torn_of(&self, record: &ResultRecord) -> Vec<String> {
        let files = self.results.below(record.pipeline.as_str());
        let standing = standing_at(record, &files);
        let (made, replaced, prefix) = (made(record), replaced(record), files.prefix().len());
        let is_touched = |entry: &&Entry| {
            let path = &entry.path[prefix..];
            let is_known =
                self.is_content_of(entry, made.get(path)) || self.is_content_of(entry, replaced.get(path));
            !is_known && self.written_ms(&entry.path) > Some(record.at_ms)
        };
        if !self.is_half(record, &files, &standing) || standing.iter().any(is_touched) {
            return Vec::new();
        }
        standing.iter().map(|entry| entry.path.to_string()).collect()
    }

    /// Whether what stands in the place of a result is neither all of it, nor only what it was to replace.
    fn is_half(&self, record: &ResultRecord, files: &Tree, standing: &[&Entry]) -> bool {
        let (made, replaced, prefix) = (made(record), replaced(record), files.prefix().len());
        let is_made = |entry: &&Entry| self.is_content_of(entry, made.get(&entry.path[prefix..]));
        let is_old = |entry: &&Entry| self.is_content_of(entry, replaced.get(&entry.path[prefix..]));
        let is_whole = standing.len() == made.len() && standing.iter().all(is_made);
        !is_whole && !standing.iter().all(is_old)
    }

    fn is_content_of(&self, entry: &Entry, content: Option<&&ContentId>) -> bool {
        content.is_some_and(|content| has_content(self.repo.root(), entry, content))
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

/// What stands in the place of a logged result that is to be placed, or of what it replaces.
fn standing_at<'t>(record: &ResultRecord, files: &'t Tree) -> Vec<&'t Entry> {
    let Some(publish) = &record.publish else { return Vec::new() };
    if publish.whole {
        return entries_of(files, &publish.target).iter().collect();
    }
    let (made, replaced) = (made(record), replaced(record));
    let paths: BTreeSet<&str> = made.keys().map(String::as_str).chain(replaced.into_keys()).collect();
    paths.into_iter().filter_map(|path| files.get(&format!("{}{path}", files.prefix()))).collect()
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
