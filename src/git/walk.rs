//! The walk over the work tree: every folder is listed and every file lstat'ed, by several threads.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;

use rustix::fd::{BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, Dir, DirEntry, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::GitError;
use super::ignores::{Ignores, Scope};
use super::index::{MODE_GITLINK, Row, TrackedFiles};
use super::stat::Stat;

/// What the walk found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Tracked files that stand in the work tree, by row of the index; in no order.
    pub tracked: Vec<(u32, Stat)>,
    /// Files that are neither tracked nor ignored; in no order.
    pub untracked: Vec<(Box<str>, Stat)>,
    /// Repositories inside the work tree, installed subdatasets among them; in no order.
    pub nested: Vec<Box<str>>,
    /// Names that are not UTF-8.
    pub odd: Vec<Vec<u8>>,
    /// Folders that hold `.gitattributes`, with a slash at the end; empty for the root.
    pub attributes: Vec<Box<str>>,
}

/// A folder still to be listed.
struct Folder {
    /// Path from the root, with a slash at its end; empty for the root.
    prefix: String,
    /// The rows of the index that lie below it.
    rows: Range<usize>,
    scope: Arc<Scope>,
}

/// Folders to be listed, shared by the threads.
struct Agenda {
    state: Mutex<AgendaState>,
    changed: Condvar,
}

struct AgendaState {
    folders: Vec<Folder>,
    /// Threads that are listing a folder and may add more.
    busy: usize,
    waiting: usize,
    is_stopped: bool,
}

struct Walker<'a> {
    root: &'a Path,
    root_fd: &'a OwnedFd,
    rows: &'a [Row],
    found: Found,
    folders: Vec<Folder>,
}

/// Walks the work tree below `root`.
pub(super) fn walk(root: &Path, index: &TrackedFiles, ignores: Ignores) -> Result<Found, GitError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root_fd = rustix::fs::open(root, flags, Mode::empty()).map_err(|error| failure(root, "", error))?;
    let scope = Arc::new(Scope::of_root(root, ignores));
    let first = Folder { prefix: String::new(), rows: 0..index.rows.len(), scope };
    let agenda = Agenda::new(first);
    let threads = thread::available_parallelism().map_or(2, NonZeroUsize::get).clamp(2, 8);
    let walker = || {
        let (found, folders) = (Found::default(), Vec::new());
        Walker { root, root_fd: &root_fd, rows: &index.rows, found, folders }.run(&agenda)
    };
    let parts = thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(walker)).collect();
        running.into_iter().map(|thread| thread.join().expect("a walker does not panic")).collect::<Vec<_>>()
    });
    parts.into_iter().try_fold(Found::default(), |all, part| Ok(all.join(part?)))
}

impl Found {
    fn join(mut self, other: Self) -> Self {
        self.tracked.extend(other.tracked);
        self.untracked.extend(other.untracked);
        self.nested.extend(other.nested);
        self.odd.extend(other.odd);
        self.attributes.extend(other.attributes);
        self
    }
}

impl Agenda {
    fn new(first: Folder) -> Self {
        let state = AgendaState { folders: vec![first], busy: 0, waiting: 0, is_stopped: false };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, AgendaState> {
        self.state.lock().expect("no walker panics with the lock")
    }

    /// The next folders to list, a few at a time; nothing once all are listed.
    fn take(&self) -> Vec<Folder> {
        let mut state = self.lock();
        while state.folders.is_empty() && state.busy > 0 && !state.is_stopped {
            state.waiting += 1;
            state = self.changed.wait(state).expect("no walker panics with the lock");
            state.waiting -= 1;
        }
        if state.folders.is_empty() || state.is_stopped {
            return Vec::new();
        }
        state.busy += 1;
        // Half of what there is, so that the other threads find some.
        let keep = state.folders.len() / 2;
        let keep = keep.max(state.folders.len().saturating_sub(64));
        state.folders.split_off(keep)
    }

    /// Gives back the folders found while listing.
    fn give(&self, folders: &mut Vec<Folder>) {
        let mut state = self.lock();
        state.busy -= 1;
        state.folders.append(folders);
        if state.waiting > 0 {
            self.changed.notify_all();
        }
    }

    fn stop(&self) {
        self.lock().is_stopped = true;
        self.changed.notify_all();
    }
}

impl Walker<'_> {
    fn run(mut self, agenda: &Agenda) -> Result<Found, GitError> {
        loop {
            let batch = agenda.take();
            if batch.is_empty() {
                return Ok(self.found);
            }
            for folder in batch {
                self.list(&folder).inspect_err(|_| agenda.stop())?;
            }
            agenda.give(&mut self.folders);
        }
    }

    fn list(&mut self, folder: &Folder) -> Result<(), GitError> {
        match self.list_names(folder) {
            // Removed, or replaced by something else, since its parent was listed.
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) if !folder.prefix.is_empty() => Ok(()),
            Err(error) => Err(failure(self.root, &folder.prefix, error)),
            Ok(()) => Ok(()),
        }
    }

    fn list_names(&mut self, folder: &Folder) -> Result<(), Errno> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let path = if folder.prefix.is_empty() { "." } else { folder.prefix.trim_end_matches('/') };
        let mut dir = Dir::new(rustix::fs::openat(self.root_fd, path, flags, Mode::empty())?)?;
        let names = names_of(&mut dir)?;
        let holds = |name: &[u8]| names.iter().any(|entry| entry.file_name().to_bytes() == name);
        if holds(b".git") && !folder.prefix.is_empty() {
            self.found.nested.push(path.into());
            return Ok(());
        }
        if holds(b".gitattributes") {
            self.found.attributes.push(folder.prefix.as_str().into());
        }
        let own = holds(b".gitignore").then(|| folder.scope.with_own_rules());
        let scope = own.as_ref().unwrap_or(&folder.scope);
        names.iter().try_for_each(|entry| self.visit(folder, scope, dir.fd()?, entry))
    }

    fn visit(
        &mut self,
        folder: &Folder,
        scope: &Arc<Scope>,
        dir: BorrowedFd<'_>,
        entry: &DirEntry,
    ) -> Result<(), Errno> {
        let bytes = entry.file_name().to_bytes();
        let Ok(name) = std::str::from_utf8(bytes) else {
            self.found.odd.push([folder.prefix.as_bytes(), bytes].concat());
            return Ok(());
        };
        match entry.file_type() {
            FileType::Directory => self.enter(folder, scope, name),
            FileType::RegularFile | FileType::Symlink | FileType::Unknown => {
                let stat = match rustix::fs::statat(dir, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW) {
                    Err(Errno::NOENT) => return Ok(()),
                    stat => Stat::new(&stat?),
                };
                match stat.file_type() {
                    FileType::Directory => self.enter(folder, scope, name),
                    FileType::RegularFile | FileType::Symlink => self.file(folder, scope, name, stat),
                    _ => {}
                }
            }
            // Pipes, sockets and devices: git does not see them either.
            _ => {}
        }
        Ok(())
    }

    fn file(&mut self, folder: &Folder, scope: &Scope, name: &str, stat: Stat) {
        let rows = &self.rows[folder.rows.clone()];
        let start = folder.prefix.len();
        match rows.binary_search_by(|row| row.path[start..].cmp(name)) {
            Ok(at) => {
                let row = u32::try_from(folder.rows.start + at).expect("git's index counts in 32 bits");
                self.found.tracked.push((row, stat));
            }
            Err(_) if scope.ignores(&self.root.join(&folder.prefix).join(name), false) => {}
            Err(_) => self.found.untracked.push((format!("{}{name}", folder.prefix).into(), stat)),
        }
    }

    fn enter(&mut self, folder: &Folder, scope: &Arc<Scope>, name: &str) {
        if name == ".git" {
            return;
        }
        let prefix = format!("{}{name}/", folder.prefix);
        let rows = &self.rows[folder.rows.clone()];
        let low = rows.partition_point(|row| *row.path < *prefix);
        let count = rows[low..].partition_point(|row| row.path.starts_with(&prefix));
        let path = self.root.join(&prefix[..prefix.len() - 1]);
        if count == 0 && (is_gitlink(rows, &prefix[..prefix.len() - 1]) || scope.ignores(&path, true)) {
            return;
        }
        let start = folder.rows.start + low;
        self.folders.push(Folder { prefix, rows: start..start + count, scope: Arc::new(scope.inner(path)) });
    }
}

/// All names in a folder but `.` and `..`.
fn names_of(dir: &mut Dir) -> Result<Vec<DirEntry>, Errno> {
    let mut names = Vec::new();
    while let Some(entry) = dir.read() {
        let entry = entry?;
        if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
            names.push(entry);
        }
    }
    Ok(names)
}

fn is_gitlink(rows: &[Row], path: &str) -> bool {
    rows.binary_search_by(|row| (*row.path).cmp(path)).is_ok_and(|at| rows[at].mode == MODE_GITLINK)
}

fn failure(root: &Path, prefix: &str, error: Errno) -> GitError {
    GitError::io(&root.join(prefix))(error.into())
}
