//! Proof that files of results hold what was recorded, before and after git-annex takes them over.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::Arc;

use crate::git::write::WriteError;
use crate::git::{annex, blob_id, blob_id_of_file, has_bytes_of};
use crate::ledger::PipelineLedger;
use crate::model::{ContentId, Stat};

use super::news::{Committing, ResultFile};

/// How files stood when they were proven, by path.
pub(super) type Proven<'a> = BTreeMap<&'a str, (&'a ResultFile, Stat)>;

impl Committing<'_> {
    /// Proves that each file is what was recorded: by its stat, or by its bytes.
    ///
    /// # Errors
    /// [`WriteError::Changed`] for the first that is not.
    pub(super) fn prove<'a>(
        &self,
        files: impl Iterator<Item = &'a ResultFile>,
    ) -> Result<Proven<'a>, WriteError> {
        let mut proven = Proven::new();
        for file in files {
            let stat = self.project.scan.stat_now(&file.path).ok_or_else(|| changed(&file.path))?;
            let stands = self
                .shared
                .map_or_else(|| self.project.scan.unchanged(&file.path), |shared| shared.stands(&file.path));
            if !stands && !self.holds(file) {
                return Err(changed(&file.path));
            }
            proven.insert(&file.path, (file, stat));
        }
        Ok(proven)
    }

    /// Sets objects of the wrong size aside under the keys that these contents are known to have: git-annex would keep
    /// such an object, and drop the file's bytes.
    ///
    /// # Errors
    /// When one cannot be moved.
    pub(super) fn set_damaged_aside(&self, proven: &Proven<'_>) -> Result<(), WriteError> {
        let files = proven.values().filter(|(_, stat)| !is_link(stat));
        let wanted: BTreeSet<(&ContentId, &Path)> =
            files.map(|(file, _)| (&file.published.1, self.project.annex_dir_of(&file.path))).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let dirs: BTreeSet<&Path> = wanted.iter().map(|(_, dir)| *dir).collect();
        let ledgers = self.project.ledgers.values().chain(self.project.former.values()).chain([self.ledger]);
        let outputs = ledgers.flat_map(PipelineLedger::lines).flat_map(|line| &line.outputs);
        for known in outputs.flat_map(|output| &output.annexed) {
            for dir in dirs.iter().filter(|dir| wanted.contains(&(&known.content, **dir))) {
                if annex::is_damaged(dir, &known.key) {
                    set_aside(dir, &known.key)?;
                }
            }
        }
        Ok(())
    }

    /// The keys of proven files that are links into the annex already, though published as ordinary ones.
    pub(super) fn keys_of_links(&self, proven: &Proven<'_>) -> BTreeMap<String, Arc<str>> {
        let is_new = |(file, stat): &(&ResultFile, Stat)| {
            matches!(file.published.1, ContentId::Git(_)) && is_link(stat)
        };
        let found = proven
            .values()
            .filter(|proven| is_new(proven))
            .filter_map(|(file, _)| Some((file.path.clone(), self.key_of(&file.path)?)));
        found.collect()
    }

    /// Proves that what git-annex stored under each key is what was recorded, and takes note of how the files
    /// stand now.
    ///
    /// # Errors
    /// [`WriteError::Changed`] for the first that somebody edited before git-annex read it, [`WriteError::Damaged`] for the
    /// first whose bytes were dropped for a damaged object; those objects are set aside, and the links to them removed.
    pub(super) fn prove_annexed(
        &self,
        proven: &Proven<'_>,
        keys: &BTreeMap<String, Arc<str>>,
    ) -> Result<(), WriteError> {
        let mut stats = Vec::new();
        let mut damaged = None;
        for (path, key) in keys {
            let Some((file, before)) = proven.get(path.as_str()) else { continue };
            let object = annex::object_path(self.project.annex_dir_of(path), key);
            if !is_same(&object, before) && !has_bytes(&object, file) {
                if !self.was_dropped(path, key)? {
                    return Err(changed(path));
                }
                damaged = damaged.or(Some(path));
                continue;
            }
            let now = self.project.scan.stat_now(path).ok_or_else(|| changed(path))?;
            let full = self.project.repo.root().join(path);
            let is_its = if is_link(&now) {
                self.key_of(path).as_ref() == Some(key)
            } else {
                is_same(&full, before) || has_content(&full, file)
            };
            if !is_its {
                return Err(changed(path));
            }
            stats.push((path.clone(), now));
        }
        if let Some(shared) = self.shared {
            shared.note_placed(stats);
        }
        damaged.map_or(Ok(()), |path| Err(WriteError::Damaged { path: path.clone() }))
    }

    /// Whether a damaged object stands under a key that git-annex found for a file. Then it is set aside, and the link to
    /// it removed, so that the next run makes the result again.
    fn was_dropped(&self, path: &str, key: &Arc<str>) -> Result<bool, WriteError> {
        let dir = self.project.annex_dir_of(path);
        if has_bytes_of(key, &annex::object_path(dir, key)) != Some(false) {
            return Ok(false);
        }
        set_aside(dir, key)?;
        if self.key_of(path).as_ref() == Some(key) {
            let full = self.project.repo.root().join(path);
            std::fs::remove_file(&full).map_err(WriteError::io("remove", &full))?;
        }
        Ok(true)
    }

    /// Whether the bytes that stand are those that were recorded.
    fn holds(&self, file: &ResultFile) -> bool {
        let full = self.project.repo.root().join(&file.path);
        let Ok(text) = std::fs::read_link(&full) else { return has_content(&full, file) };
        match (&file.published.1, self.key_of(&file.path)) {
            (ContentId::Annex(wanted), key) => key.as_ref().is_some_and(|key| **key == **wanted),
            (ContentId::Git(_), Some(_)) => has_bytes(&full, file),
            (content, None) => *content == ContentId::Git(blob_id(text.as_os_str().as_encoded_bytes())),
            (ContentId::Folder(_), Some(_)) => false,
        }
    }

    /// The key that the link at `path` leads to.
    fn key_of(&self, path: &str) -> Option<Arc<str>> {
        let text = std::fs::read_link(self.project.repo.root().join(path)).ok()?;
        annex::key_of_link(text.as_os_str().as_encoded_bytes())
    }
}

fn changed(path: &str) -> WriteError {
    WriteError::Changed { path: path.to_owned() }
}

fn set_aside(annex_dir: &Path, key: &str) -> Result<(), WriteError> {
    annex::set_aside(annex_dir, key)
        .map_err(WriteError::io("set aside the damaged object", annex::object_path(annex_dir, key)))
}

fn is_link(stat: &Stat) -> bool {
    stat.file_type() == rustix::fs::FileType::Symlink
}

/// Whether a file is the very one that had this stat, but for its name and rights.
fn is_same(path: &Path, before: &Stat) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|now| {
        let mtime = (now.mtime(), now.mtime_nsec());
        (now.dev(), now.ino(), now.size()) == (before.dev, before.ino, before.size_bytes)
            && mtime == (before.mtime.seconds, i64::from(before.mtime.nanos))
    })
}

/// Whether a file has the bytes, and is as executable, as was recorded.
fn has_content(path: &Path, file: &ResultFile) -> bool {
    let is_exec = path.metadata().is_ok_and(|meta| meta.permissions().mode() & 0o100 != 0);
    is_exec == file.published.0 && has_bytes(path, file)
}

/// Whether it has the bytes. An object of the annex is that of all files with its bytes, of which some may be executed and
/// others not: its rights tell nothing of either.
fn has_bytes(path: &Path, file: &ResultFile) -> bool {
    blob_id_of_file(path).ok().map(ContentId::Git).as_ref() == Some(&file.published.1)
}
