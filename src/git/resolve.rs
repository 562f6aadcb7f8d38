//! Learning the contents that neither the index nor the memory knows, only where they are needed.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::hash::{Annexed, Reading, Task, blob_id, convert_all, read_all};
use super::index::{MODE_GITLINK, MODE_LINK};
use super::links::{CHAIN_MAX, LinkFault, named_by, target_of};
use super::scan::{File, Scan};
use super::{GitError, Repo, StatMemory, annex};
use crate::model::{ContentId, Kind, Oid};

/// What a link in the work tree is.
enum Meaning {
    Annexed(Arc<str>),
    /// It stands for the file in this row.
    File(usize),
    Bad(LinkFault),
}

/// A link as it was read.
struct Link {
    row: usize,
    /// The id of the link's own blob.
    own: Oid,
    meaning: Meaning,
    /// The rows it leads through, the last one included.
    chain: Vec<usize>,
}

impl Scan {
    /// Learns the contents of all files below `folders` (a file's own path is fine, too; `""` is
    /// everything) and of what their links point to, and remembers what was read.
    ///
    /// # Errors
    /// When a file cannot be read, or changes while it is read.
    pub fn resolve(
        &mut self,
        repo: &Repo,
        memory: &mut StatMemory,
        folders: &[&str],
    ) -> Result<(), GitError> {
        let (links, mut files) = self.unknown(folders);
        let links = self.links(repo, memory, &links)?;
        let is_unknown = |row: &usize| self.files[*row].content.is_none();
        files.extend(links.iter().filter_map(Link::file).filter(is_unknown));
        self.read_files(repo, memory, files)?;
        for link in links {
            self.settle_link(link, memory);
        }
        Ok(())
    }

    /// The rows below `folders` whose content is not known: links, and files.
    fn unknown(&self, folders: &[&str]) -> (Vec<usize>, BTreeSet<usize>) {
        let all = folders.iter().flat_map(|folder| self.rows_below(folder).chain(self.row(folder)));
        let unknown: BTreeSet<usize> = all.filter(|row| self.files[*row].content.is_none()).collect();
        let (links, files): (Vec<_>, BTreeSet<_>) =
            unknown.into_iter().fold(Default::default(), |(mut links, mut files), row| {
                if self.files[row].is_link() {
                    links.push(row);
                } else {
                    files.insert(row);
                }
                (links, files)
            });
        (links, files)
    }

    fn links(&self, repo: &Repo, memory: &mut StatMemory, rows: &[usize]) -> Result<Vec<Link>, GitError> {
        let mut links = Vec::with_capacity(rows.len());
        for &row in rows {
            let text = self.link_text(repo, row)?;
            let own = blob_id(text.as_os_str().as_bytes());
            let key = annex::key_of_link(text.as_os_str().as_bytes());
            memory.remember_pointer(own, key.clone());
            let (meaning, chain) = match key {
                Some(key) => (Meaning::Annexed(key), Vec::new()),
                None => self.follow(repo, row, text)?,
            };
            links.push(Link { row, own, meaning, chain });
        }
        Ok(links)
    }

    fn link_text(&self, repo: &Repo, row: usize) -> Result<PathBuf, GitError> {
        let file = &self.files[row];
        if let (true, Some((oid, _))) = (file.is_sparse(), file.recorded) {
            return Ok(std::ffi::OsStr::from_bytes(&repo.blob(oid)?).into());
        }
        let path = self.root.join(&*file.path);
        path.read_link().map_err(GitError::io(&path))
    }

    /// Follows a link to the file it stands for.
    fn follow(
        &self,
        repo: &Repo,
        first: usize,
        mut text: PathBuf,
    ) -> Result<(Meaning, Vec<usize>), GitError> {
        let mut chain = vec![first];
        while chain.len() <= CHAIN_MAX {
            let path = &self.files[chain[chain.len() - 1]].path;
            let row = match self.file_behind(path, &text) {
                Ok(row) => row,
                Err(fault) => return Ok((Meaning::Bad(fault), chain)),
            };
            chain.push(row);
            if !self.files[row].is_link() {
                return Ok((Meaning::File(row), chain));
            }
            text = self.link_text(repo, row)?;
            if let Some(key) = annex::key_of_link(text.as_os_str().as_bytes()) {
                return Ok((Meaning::Annexed(key), chain));
            }
        }
        Ok((Meaning::Bad(LinkFault::Loop), chain))
    }

    /// The row of what a link at `path` with this text points to.
    fn file_behind(&self, path: &str, text: &Path) -> Result<usize, LinkFault> {
        let target = target_of(&self.root, path, text).map_err(|fault| match fault {
            LinkFault::Dangling if self.is_inside_by(path, text) => LinkFault::Subdataset,
            fault => fault,
        })?;
        match self.row(&target) {
            Some(row) if !self.files[row].is_gitlink() => Ok(row),
            _ if self.root.join(&target).is_dir() => Err(LinkFault::Folder),
            _ if self.is_inside(&target) => Err(LinkFault::Subdataset),
            _ => Err(LinkFault::Unknown),
        }
    }

    /// Whether a link at `path` with this text names something in a subdataset, which may not be installed.
    fn is_inside_by(&self, path: &str, text: &Path) -> bool {
        named_by(&self.root, path, text).is_some_and(|target| self.is_inside(&target))
    }

    /// Whether a path lies in a subdataset that is recorded here.
    fn is_inside(&self, path: &str) -> bool {
        let mut above = path.match_indices('/').filter_map(|(at, _)| self.row(&path[..at]));
        above.any(|row| self.files[row].is_gitlink())
    }

    fn settle_link(&mut self, link: Link, memory: &StatMemory) {
        let Link { row, own, meaning, chain } = link;
        let path = self.files[row].path.clone();
        let behind = chain.iter().skip(1).map(|row| self.files[*row].path.clone());
        self.targets.insert(path.clone(), behind.collect());
        if let (Meaning::Annexed(key), true) = (&meaning, chain.is_empty()) {
            return self.settle(row, ContentId::Annex(Arc::clone(key)), memory);
        }
        self.link_blobs.insert(path.clone(), own);
        let content = match meaning {
            Meaning::Annexed(key) => Some((Kind::File, ContentId::Annex(key))),
            Meaning::Bad(fault) => {
                self.bad_links.insert(path, fault);
                Some((Kind::Link, ContentId::Git(own)))
            }
            Meaning::File(target) => self.files[target].content.clone(),
        };
        let file = &mut self.files[row];
        file.is_dirty = file.recorded != Some((own, MODE_LINK));
        file.content = content;
    }

    /// Reads files: clean ones only to see whether they are pointers, others for their content.
    fn read_files(
        &mut self,
        repo: &Repo,
        memory: &mut StatMemory,
        rows: BTreeSet<usize>,
    ) -> Result<(), GitError> {
        let (clean, changed): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| self.files[*row].is_clean);
        for row in clean {
            let Some((oid, _)) = self.files[row].recorded else { continue };
            let content = pointer(repo, memory, oid)?.map_or(ContentId::Git(oid), ContentId::Annex);
            self.settle(row, content, memory);
        }
        if changed.is_empty() {
            return Ok(());
        }
        // Taken before the first byte is read. Without it nothing is remembered, which only costs time.
        let taken = memory.now().ok();
        for (row, reading) in self.read_changed(repo, memory, changed)? {
            let Some((content, stat)) = reading else {
                self.close(row, memory);
                continue;
            };
            let file = &mut self.files[row];
            file.stat = stat;
            if let Some(taken) = taken {
                memory.remember(&file.path, stat, taken, &content);
            }
            self.settle(row, content, memory);
        }
        Ok(())
    }

    /// Takes note that a file may not be read: it stops who reads its folder, and nobody else.
    fn close(&mut self, row: usize, memory: &StatMemory) {
        let path = Arc::clone(&self.files[row].path);
        let at = self.closed.partition_point(|other| **other < *path);
        self.closed.insert(at, path.to_string());
        // An id of no bytes that anybody has: it is as nothing else is.
        self.settle(row, ContentId::Git(blob_id(format!("may not be read: {path}").as_bytes())), memory);
    }

    /// What changed files hold; nothing of those that may not be read.
    fn read_changed(
        &self,
        repo: &Repo,
        memory: &mut StatMemory,
        rows: Vec<usize>,
    ) -> Result<BTreeMap<usize, Option<Reading>>, GitError> {
        let (mut plain, mut converted) = (Vec::new(), Vec::new());
        for row in rows {
            let is_converted = self.conversions.by(repo, &self.files[row].path)?.is_some();
            if is_converted { converted.push(row) } else { plain.push(row) }
        }
        let mut read = BTreeMap::new();
        let paths: Vec<_> = converted.iter().map(|row| &*self.files[*row].path).collect();
        for (row, reading) in converted.into_iter().zip(convert_all(&self.root, &paths)?) {
            if self.counts_as_it_stands(row, &reading.0) {
                plain.push(row);
            } else {
                read.insert(row, Some(reading));
            }
        }
        let task = |row: &usize| {
            let path = self.files[*row].path.clone();
            Ok(Task { path, annex: self.annexed(repo, memory, *row)? })
        };
        let tasks = plain.iter().map(task).collect::<Result<Vec<_>, GitError>>()?;
        for (row, reading) in plain.into_iter().zip(read_all(&self.root, &tasks)) {
            let reading =
                reading.map(Some).or_else(|error| if error.is_denied() { Ok(None) } else { Err(error) });
            read.insert(row, reading?);
        }
        Ok(read)
    }

    /// Whether a file that git would store as `converted` counts by the bytes that it has: a result that the
    /// index does not hold is what its command wrote.
    fn counts_as_it_stands(&self, row: usize, converted: &ContentId) -> bool {
        let file = &self.files[row];
        let is_recorded = file.recorded.is_some_and(|(oid, _)| ContentId::Git(oid) == *converted);
        !is_recorded && self.is_beside_spec(&file.path)
    }

    /// Whether a path lies in a folder of a pipeline and is not its spec.
    fn is_beside_spec(&self, path: &str) -> bool {
        let has_spec = |(at, _)| self.row(&format!("{}/spec.yml", &path[..at])).is_some();
        !path.ends_with("/spec.yml") && path.match_indices('/').any(has_spec)
    }

    /// What the index says about a file, where it may be annexed.
    fn annexed(&self, repo: &Repo, memory: &mut StatMemory, row: usize) -> Result<Option<Annexed>, GitError> {
        if !self.has_annex {
            return Ok(None);
        }
        let key = match self.files[row].recorded {
            Some((oid, MODE_LINK)) => annex::key_of_link(&repo.blob(oid)?),
            Some((oid, mode)) if mode != MODE_GITLINK => pointer(repo, memory, oid)?,
            _ => None,
        };
        let recorded = key.map(|key| {
            let object = annex::object_path(repo.annex_dir(), &key);
            (key, object)
        });
        Ok(Some(Annexed { recorded }))
    }
}

impl Link {
    /// The row of the file it stands for.
    const fn file(&self) -> Option<usize> {
        match self.meaning {
            Meaning::File(row) => Some(row),
            _ => None,
        }
    }
}

impl File {
    pub(super) fn is_gitlink(&self) -> bool {
        matches!(self.content, Some((Kind::Gitlink, _)))
    }
}

/// The annex key that a git blob names as pointer, remembered.
fn pointer(repo: &Repo, memory: &mut StatMemory, oid: Oid) -> Result<Option<Arc<str>>, GitError> {
    if let Some(known) = memory.pointer(oid) {
        return Ok(known);
    }
    let key = repo.pointer_key(oid)?;
    memory.remember_pointer(oid, key.clone());
    Ok(key)
}
