//! The walk over the work tree: every folder and file is lstat'ed, changed folders are listed, by several threads.

use std::cell::OnceCell;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use rustix::fd::{AsFd as _, BorrowedFd};
use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;

use super::agenda::{Agenda, Base, Folder, Group};
use super::ignores::{Ignores, Scope};
use super::index::{MODE_GITLINK, Row, TrackedFiles};
use super::listing::{Listing, Opened, Traits, each_name, stamps_folders, stat_at};
use super::{GitError, StatMemory};
use crate::model::{Stamp, Stat};

/// What the walk found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Tracked files that stand in the work tree, by row of the index; in no order.
    pub tracked: Vec<(u32, Stat)>,
    /// Files that are neither tracked nor ignored; in no order.
    pub untracked: Vec<(Arc<str>, Stat)>,
    /// Repositories inside the work tree, installed subdatasets among them; in no order.
    pub nested: Vec<Arc<str>>,
    /// Names that are not UTF-8.
    pub odd: Vec<Vec<u8>>,
    /// Folders that may not be read and hold nothing that git knows, with a slash at the end; in no order.
    pub closed: Vec<String>,
    /// Pipes, sockets and devices; in no order.
    pub special: Vec<Arc<str>>,
    /// Folders that hold `.gitattributes`, with a slash at the end; empty for the root.
    pub attributes: Vec<Box<str>>,
    /// Folders that hold `.gitignore`, in the same form.
    pub ruled: Vec<Box<str>>,
    /// Folders that were read, to be remembered.
    pub listings: Vec<(Box<str>, Listing)>,
    /// How many folders needed no reading.
    pub remembered: usize,
}

/// The folder that is being listed, from where it is looked up, and the rules that it stands under.
#[derive(Clone, Copy)]
struct Here<'a> {
    folder: &'a Folder,
    base: &'a Arc<Base>,
    scope: &'a Arc<Scope>,
}

/// A folder with this many names becomes a [`Base`].
const MANY: usize = 32;

/// What all walkers share.
struct World<'a> {
    root: &'a Path,
    dev: u64,
    rows: &'a [Row],
    /// Listings read before, where folders' stats can be trusted.
    listings: Option<&'a StatMemory>,
    /// When the walk began.
    taken: Option<Stamp>,
}

struct Walker<'a> {
    world: &'a World<'a>,
    found: Found,
    /// What is yet to be listed of what this one found.
    groups: Vec<Group>,
    path: String,
    /// The row that the next name in the folder likely has: names and rows are in the same order.
    next_row: usize,
    /// Where the listing of the next folder in the folder is likely remembered.
    next_place: usize,
}

/// Walks the work tree below `root`.
pub(super) fn walk(
    root: &Path,
    index: &TrackedFiles,
    ignores: Ignores,
    memory: &StatMemory,
) -> Result<Found, GitError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let fail = |error| failure(root, "", error);
    let fd = rustix::fs::open(root, flags, Mode::empty()).map_err(fail)?;
    let dev = Stat::new(&rustix::fs::fstat(&fd).map_err(fail)?).dev;
    let listings = stamps_folders(&fd).then_some(memory);
    let base = Arc::new(Base { fd, length: 0 });
    let world = World { root, dev, rows: &index.rows, listings, taken: memory.now().ok() };
    let scope = Arc::new(Scope::of_root(root, ignores));
    let place = listings.and_then(|memory| memory.place("", 0));
    let (rows, is_ignored) = (0..index.rows.len(), OnceCell::from(false));
    let folders = vec![Folder { prefix: String::new(), rows, place, is_ignored }];
    let agenda = Agenda::new(Group { base, scope, folders });
    let threads = thread::available_parallelism().map_or(2, NonZeroUsize::get).clamp(2, 8);
    let walker = || {
        let (groups, path) = (Vec::new(), String::new());
        let tracked = Vec::with_capacity(index.rows.len() / threads);
        let found = Found { tracked, ..Found::default() };
        Walker { world: &world, found, groups, path, next_row: 0, next_place: 0 }.run(&agenda)
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
        self.closed.extend(other.closed);
        self.special.extend(other.special);
        self.attributes.extend(other.attributes);
        self.ruled.extend(other.ruled);
        self.listings.extend(other.listings);
        self.remembered += other.remembered;
        self
    }
}

impl Walker<'_> {
    fn run(mut self, agenda: &Agenda) -> Result<Found, GitError> {
        while let Some(Group { base, scope, folders }) = agenda.take() {
            for folder in &folders {
                let here = Here { folder, base: &base, scope: &scope };
                self.list(here).inspect_err(|_| agenda.stop())?;
            }
            agenda.give(&mut self.groups);
        }
        Ok(self.found)
    }

    fn list(&mut self, here: Here<'_>) -> Result<(), GitError> {
        let folder = here.folder;
        match self.list_names(here) {
            // Removed, or replaced by something else, since its parent was listed.
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) if !folder.prefix.is_empty() => Ok(()),
            // As for git, it matters to nobody who does not read there.
            Err(Errno::ACCESS) if !folder.prefix.is_empty() && folder.rows.is_empty() => {
                self.found.closed.push(folder.prefix.clone());
                Ok(())
            }
            Err(error) => Err(failure(self.world.root, &folder.prefix, error)),
            Ok(()) => Ok(()),
        }
    }

    fn list_names(&mut self, here: Here<'_>) -> Result<(), Errno> {
        let (folder, path) = (here.folder, here.base.path_to(&here.folder.prefix));
        let remembered =
            self.world.listings.filter(|memory| memory.has_listing(&folder.prefix, folder.place));
        if let Some(memory) = remembered {
            let stat = stat_at(here.base.fd.as_fd(), path)?;
            if let Some(names) = memory.listing(&folder.prefix, folder.place, &stat) {
                self.found.remembered += 1;
                return self.visit_all(here, None, names);
            }
        }
        let opened = Opened::read(&here.base.fd, path)?;
        self.remember(folder, &opened);
        let odd = opened.odd.iter().map(|name| [folder.prefix.as_bytes(), name].concat());
        self.found.odd.extend(odd);
        self.visit_all(here, Some(opened.fd()), &opened.names)
    }

    fn remember(&mut self, folder: &Folder, opened: &Opened) {
        // Another device may be another kind of file system.
        let is_trusted = self.world.listings.is_some() && opened.stat.dev == self.world.dev;
        let taken = self.world.taken.filter(|_| is_trusted);
        if let Some(listing) = taken.and_then(|taken| Listing::new(opened, taken)) {
            self.found.listings.push((folder.prefix.as_str().into(), listing));
        }
    }

    fn visit_all(&mut self, here: Here<'_>, dir: Option<BorrowedFd<'_>>, names: &str) -> Result<(), Errno> {
        let Here { folder, base, scope } = here;
        let traits = Traits::of(names, MANY);
        if !folder.prefix.is_empty() && traits.has_git {
            self.found.nested.push(folder.prefix.trim_end_matches('/').into());
            return Ok(());
        }
        if traits.has_attributes {
            self.found.attributes.push(folder.prefix.as_str().into());
        }
        if traits.has_ignore {
            self.found.ruled.push(folder.prefix.as_str().into());
        }
        let path = || self.world.root.join(folder.prefix.trim_end_matches('/'));
        let own = traits.has_ignore.then(|| scope.with_own_rules(path()));
        let rules = own.as_ref().unwrap_or(scope);
        self.next_row = folder.rows.start;
        self.next_place = folder.place.map_or(0, |place| place + 1);
        let many = traits.has_many.then(|| base.open(&folder.prefix)).flatten();
        let base_inside = many.as_ref().unwrap_or(base);
        for (is_folder, name) in each_name(names).filter(|(_, name)| *name != ".git") {
            if is_folder {
                self.enter(here, base_inside, rules, name);
            } else {
                self.visit(here, rules, dir, name)?;
            }
        }
        Ok(())
    }

    fn visit(
        &mut self,
        here: Here<'_>,
        rules: &Arc<Scope>,
        dir: Option<BorrowedFd<'_>>,
        name: &str,
    ) -> Result<(), Errno> {
        let found = if let Some(dir) = dir {
            stat_at(dir, name)
        } else {
            self.path.clear();
            self.path.push_str(&here.folder.prefix[here.base.length..]);
            self.path.push_str(name);
            stat_at(here.base.fd.as_fd(), &self.path)
        };
        let stat = match found {
            Err(Errno::NOENT | Errno::NOTDIR) => return Ok(()),
            found => found?,
        };
        match stat.file_type() {
            FileType::Directory => self.enter(here, here.base, rules, name),
            FileType::RegularFile | FileType::Symlink => self.file(here, rules, name, stat),
            _ => self.special(here, rules, name),
        }
        Ok(())
    }

    /// A pipe, a socket or a device. One in the place of a spec is told even if git ignores it.
    fn special(&mut self, here: Here<'_>, rules: &Scope, name: &str) {
        let is_told = name == "spec.yml"
            || self.row_of(here.folder, name).is_some()
            || !self.ignores(here, rules, name, false);
        if is_told {
            self.found.special.push(format!("{}{name}", here.folder.prefix).into());
        }
    }

    fn file(&mut self, here: Here<'_>, rules: &Scope, name: &str, stat: Stat) {
        match self.row_of(here.folder, name) {
            Some(row) => {
                self.next_row = row + 1;
                let row = u32::try_from(row).expect("git's index counts in 32 bits");
                self.found.tracked.push((row, stat));
            }
            None if self.ignores(here, rules, name, false) => {}
            None => self.found.untracked.push((format!("{}{name}", here.folder.prefix).into(), stat)),
        }
    }

    fn row_of(&self, folder: &Folder, name: &str) -> Option<usize> {
        let start = folder.prefix.len();
        let is_next =
            folder.rows.contains(&self.next_row) && self.world.rows[self.next_row].path[start..] == *name;
        if is_next {
            return Some(self.next_row);
        }
        let rows = &self.world.rows[folder.rows.clone()];
        let found = rows.binary_search_by(|row| row.path[start..].cmp(name)).ok()?;
        Some(folder.rows.start + found)
    }

    fn enter(&mut self, here: Here<'_>, base: &Arc<Base>, rules: &Arc<Scope>, name: &str) {
        let folder = here.folder;
        let prefix = [&folder.prefix, name, "/"].concat();
        let rows = self.rows_below(folder, &prefix);
        let is_tracked = !rows.is_empty();
        if !is_tracked {
            let below = &self.world.rows[folder.rows.clone()];
            if is_gitlink(below, &prefix[..prefix.len() - 1]) || self.ignores(here, rules, name, true) {
                return;
            }
        }
        let place = self.world.listings.and_then(|memory| memory.place(&prefix, self.next_place));
        self.next_place = place.map_or(self.next_place, |place| place + 1);
        self.next_row = if is_tracked { rows.end } else { self.next_row };
        let is_ignored = if is_tracked { OnceCell::new() } else { OnceCell::from(false) };
        self.keep(base, rules, Folder { prefix, rows, place, is_ignored });
    }

    /// Keeps a folder for later, with those that are like it.
    fn keep(&mut self, base: &Arc<Base>, scope: &Arc<Scope>, folder: Folder) {
        let is_like = |group: &&mut Group| Arc::ptr_eq(&group.base, base) && Arc::ptr_eq(&group.scope, scope);
        if let Some(group) = self.groups.last_mut().filter(is_like) {
            group.folders.push(folder);
        } else {
            let (base, scope) = (Arc::clone(base), Arc::clone(scope));
            self.groups.push(Group { base, scope, folders: vec![folder] });
        }
    }

    /// The rows of a folder in `folder`.
    fn rows_below(&self, folder: &Folder, prefix: &str) -> Range<usize> {
        let rows = &self.world.rows[..folder.rows.end];
        let is_before = |row: &Row| *row.path < *prefix;
        let is_below = |row: &Row| row.path.starts_with(prefix);
        let next = self.next_row;
        let is_next =
            rows.get(next).is_some_and(is_below) && (next == folder.rows.start || is_before(&rows[next - 1]));
        let low = if is_next {
            next
        } else {
            folder.rows.start + rows[folder.rows.clone()].partition_point(is_before)
        };
        // Most folders hold few files, so the end is looked for nearby first.
        let (mut end, mut step) = (low, 1);
        while end + step <= rows.len() && is_below(&rows[end + step - 1]) {
            end += step;
            step *= 2;
        }
        let last = rows.len().min(end + step);
        low..end + rows[end..last].partition_point(is_below)
    }

    /// Whether git ignores what stands at `name` in a folder inside which `rules` hold.
    fn ignores(&self, here: Here<'_>, rules: &Scope, name: &str, is_folder: bool) -> bool {
        if rules.is_empty() {
            return false;
        }
        let path = self.world.root.join(&here.folder.prefix);
        let prefix = here.folder.prefix.trim_end_matches('/');
        let own = || here.scope.ignores_folder(&self.world.root.join(prefix));
        *here.folder.is_ignored.get_or_init(own) || rules.ignores_itself(&path.join(name), is_folder)
    }
}

fn is_gitlink(rows: &[Row], path: &str) -> bool {
    rows.binary_search_by(|row| (*row.path).cmp(path)).is_ok_and(|at| rows[at].mode == MODE_GITLINK)
}

fn failure(root: &Path, prefix: &str, error: Errno) -> GitError {
    GitError::io(&root.join(prefix))(error.into())
}
