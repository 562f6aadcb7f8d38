//! The shelf: large farms are kept between runs, so that a gather's is mended instead of made anew.
//!
//! `<work>/farms/<name>/` holds the farm (`pfs`) and a list of what was laid out (`list`). The list is believed only
//! where a folder's stat proves that no name in it came or went since; all other folders are looked into. A slot that
//! has borrowed a farm says so in its file `borrowed`, so that a kill costs nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{CString, OsStr};
use std::fs;
use std::ops::Bound::{Excluded, Included};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::ahead::{FarmsAhead, Seen};
use super::error::{ExecError, io};
use super::farm::{FarmFile, Source};
use super::shelf_list::{Folders, Laid, List, MANY, by_halves, farms, keep_only, place, stats};
use super::slot::Slot;
use super::{folder, remove};
use crate::model::{Stamp, Stat};

/// Farms kept; beyond that the one that was not used for longest goes.
const FARMS: usize = 8;
/// The file in which a slot says what it has borrowed.
const NOTE: &str = "borrowed";

/// The links that are to stand in each folder.
type Wanted<'a> = BTreeMap<&'a str, BTreeMap<&'a str, &'a [u8]>>;

impl Slot {
    /// Lays out exactly `files` as [`Slot::prepare`] does, by mending the farm kept under `name`, if there is one; `ahead`
    /// may have looked at it already. Where files can be reflinks nothing is kept.
    ///
    /// # Errors
    /// As [`Slot::prepare`].
    pub fn prepare_kept<'a>(
        &mut self,
        name: &str,
        files: impl IntoIterator<Item = FarmFile<'a>>,
        ahead: &FarmsAhead,
    ) -> Result<(), ExecError> {
        let seen = ahead.take(name);
        self.reflinks = self.reflinks && self.can_reflink();
        let files: Vec<FarmFile<'a>> = files.into_iter().collect();
        let digest = if self.reflinks || !self.stamps_folders() { None } else { digest(&files) };
        let Some(digest) = digest else { return self.prepare(files, false) };
        let Ok((shelf, has_come)) = self.borrow_farm(name) else { return self.prepare(files, false) };
        let pfs = self.folder(c"pfs")?;
        let Seen { bytes, is_proven } =
            seen.unwrap_or_else(|| Seen { bytes: List::read(&shelf), is_proven: false });
        let list = List::decode(&bytes).unwrap_or_default();
        let place = self.real_pfs();
        list.keep_tops(&pfs).map_err(|error| io("empty", &place, error))?;
        // A farm that went from the shelf since is not the one that was seen.
        if list.digest != digest || !(has_come && is_proven || list.is_proven(&pfs)) {
            self.mend(&pfs, &shelf, list.laid(), (digest, &files))?;
        }
        self.make_fresh(&pfs)?;
        super::fault::point("exec:prepared");
        Ok(())
    }

    /// Mends a farm folder by folder, and writes down how it is left.
    fn mend(
        &mut self,
        pfs: &OwnedFd,
        shelf: &Path,
        laid: Folders,
        (digest, files): ([u8; 32], &[FarmFile<'_>]),
    ) -> Result<(), ExecError> {
        let place = self.real_pfs();
        let failed = |error: Errno| io("mend", &place, error);
        // Two files want one place: laying them out says which.
        let Some(wanted) = wanted(files) else { return self.prepare(files.iter().cloned(), false) };
        let mut mender = Mender { pfs, laid, wanted };
        let kept = mender.mend().map_err(failed)?;
        let folders = mender.listed(kept, self.now()?).map_err(failed)?;
        // Without it all is looked into the next time.
        drop(List::write(shelf, digest, &folders));
        Ok(())
    }

    /// Takes a farm from the shelf into the slot, if it is there; gives its place on the shelf, and whether it was there.
    fn borrow_farm(&self, name: &str) -> std::io::Result<(PathBuf, bool)> {
        self.give_back();
        let shelf = place(self.work(), name);
        fs::create_dir_all(&shelf)?;
        remove::remove_at(&self.root, c"pfs")?;
        self.has_borrowed.store(true, Ordering::Relaxed);
        fs::write(self.path.join(NOTE), shelf.file_name().unwrap_or_default().as_bytes())?;
        match fs::rename(shelf.join("pfs"), self.real_pfs()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            moved => Ok((shelf, moved.is_ok())),
        }
    }

    /// Whether a folder's stat tells when a name in it comes or goes.
    fn stamps_folders(&self) -> bool {
        let kind = rustix::fs::fstatfs(&self.root).map(|found| u64::try_from(found.f_type));
        matches!(kind, Ok(Ok(kind)) if crate::model::stamps_folders(kind))
    }

    /// Puts a borrowed farm back on the shelf. It is a cache, so what goes wrong only costs time.
    pub(super) fn give_back(&self) {
        if !self.has_borrowed.swap(false, Ordering::Relaxed) {
            return;
        }
        let note = self.path.join(NOTE);
        let Ok(name) = fs::read_to_string(&note) else { return };
        let is_name = name.len() == 16 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        let shelf = self.farms().join(&name);
        if is_name && shelf.is_dir() && fs::rename(self.real_pfs(), shelf.join("pfs")).is_ok() {
            prune(&self.farms(), &shelf);
        }
        drop(fs::remove_file(note));
    }

    fn farms(&self) -> PathBuf {
        farms(self.work())
    }

    fn work(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }

    /// Whether files on this file system can share their bytes.
    fn can_reflink(&self) -> bool {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let probe = rustix::fs::openat(&self.root, c"probe", flags, Mode::from_raw_mode(0o600));
        let source = rustix::fs::openat(&self.root, c"pid", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
        let can = matches!((probe, source), (Ok(probe), Ok(source)) if rustix::fs::ioctl_ficlone(&probe, &source).is_ok());
        let is_gone = rustix::fs::unlinkat(&self.root, c"probe", AtFlags::empty()).is_ok();
        can && is_gone
    }

    /// The present moment by the clock that stamps the farm.
    fn now(&self) -> Result<Stamp, ExecError> {
        let path = self.path.join(NOTE);
        let touch = || -> std::io::Result<Stamp> {
            let file = fs::File::options().write(true).open(&path)?;
            rustix::fs::futimens(&file, &now_for_both())?;
            Ok(Stat::new(&rustix::fs::fstat(&file)?).ctime)
        };
        touch().map_err(|error| io("touch", &path, error))
    }
}

const fn now_for_both() -> rustix::fs::Timestamps {
    let now = rustix::fs::Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW };
    rustix::fs::Timestamps { last_access: now, last_modification: now }
}

/// Names what is to stand in a farm; nothing if not all of it can be links.
fn digest(files: &[FarmFile<'_>]) -> Option<[u8; 32]> {
    let mut bytes = Vec::with_capacity(files.len() * 128);
    // After the machine has started anew, what it was told to write may be lost: all is looked into.
    bytes.extend(fs::read("/proc/sys/kernel/random/boot_id").unwrap_or_default());
    for file in files {
        let Source::File(path) = file.from else { return None };
        let is_inside =
            file.to.contains('/') && !file.to.split('/').any(|part| matches!(part, "" | "." | ".."));
        if !is_inside || file.to.starts_with("out/") {
            return None;
        }
        bytes.extend_from_slice(file.to.as_bytes());
        bytes.push(0);
        bytes.extend_from_slice(path.as_os_str().as_bytes());
        bytes.push(0);
    }
    Some(*blake3::hash(&bytes).as_bytes())
}

/// What is to stand in each folder of a farm of links; nothing if two files want one place.
fn wanted<'a>(files: &'a [FarmFile<'_>]) -> Option<Wanted<'a>> {
    let mut folders = Wanted::new();
    for file in files {
        let Source::File(path) = file.from else { return None };
        let (parent, name) = file.to.rsplit_once('/')?;
        if !folders.contains_key(parent) {
            for (at, _) in parent.match_indices('/') {
                folders.entry(&parent[..at]).or_default();
            }
        }
        let before = folders.entry(parent).or_default().insert(name, path.as_os_str().as_bytes());
        before.is_none().then_some(())?;
    }
    Some(folders)
}

/// Brings a farm from what it was to what it is to be.
struct Mender<'a> {
    pfs: &'a OwnedFd,
    laid: Folders,
    wanted: Wanted<'a>,
}

impl Mender<'_> {
    /// Mends all folders, those above before those in them. Gives those that are as the list says, with the list's
    /// lines; the stats of all others are yet to be taken.
    fn mend(&mut self) -> Result<Folders, Errno> {
        let levels = levels(&self.wanted);
        let tops: BTreeSet<&str> = levels.first().into_iter().flatten().copied().collect();
        keep_only(self.pfs, |name, kind| kind == FileType::Directory && tops.contains(name))?;
        let mut kept = Folders::new();
        if self.laid.is_empty() {
            return self.lay_anew(&levels).map(|()| kept);
        }
        for level in levels {
            let unproven = self.unproven(&level, &mut kept);
            by_halves(&unproven, |paths| self.mend_folders(paths)).into_iter().collect::<Result<(), _>>()?;
        }
        Ok(kept)
    }

    /// Lays out a farm of which nothing is known. Each thread makes the folders inside its own: two that make folders in
    /// one and the same wait for each other.
    fn lay_anew(&self, levels: &[Vec<&str>]) -> Result<(), Errno> {
        let is_few = |level: &&Vec<&str>| level.len() < MANY;
        let few = levels.iter().take_while(is_few).try_for_each(|level| self.mend_folders(level));
        let Some(tops) = levels.iter().find(|level| !is_few(level)) else { return few };
        few?;
        by_halves(tops, |tops| self.mend_folders(&self.with_all_below(tops))).into_iter().collect()
    }

    /// Folders, each followed by all below it.
    fn with_all_below<'p>(&'p self, tops: &[&'p str]) -> Vec<&'p str> {
        let all = tops.iter().flat_map(|top| {
            let (from, to) = ([top, "/"].concat(), [top, "0"].concat());
            // `0` comes after `/`.
            let below = self.wanted.range::<str, _>((Included(&*from), Excluded(&*to)));
            std::iter::once(*top).chain(below.map(|(path, _)| *path))
        });
        all.collect()
    }

    /// Those of some folders that are not known to be as wanted; the others are `kept`. All above them are in order by
    /// now, so that no path leads elsewhere.
    fn unproven<'p>(&mut self, paths: &[&'p str], kept: &mut Folders) -> Vec<&'p str> {
        let (known, mut unproven): (Vec<&str>, Vec<&str>) =
            paths.iter().partition(|path| self.laid.contains_key(**path));
        for (path, seen) in known.iter().zip(stats(self.pfs, &known)) {
            match self.proven(path, seen) {
                Some(laid) if self.is_as_wanted(path, &laid) => drop(kept.insert((*path).into(), laid)),
                _ => unproven.push(path),
            }
        }
        unproven
    }

    /// The new list: what was `kept`, and how all other folders stand at the moment `now`.
    fn listed(&self, mut kept: Folders, now: Stamp) -> Result<Folders, Errno> {
        let others: Vec<&str> =
            self.wanted.keys().copied().filter(|path| !kept.contains_key(*path)).collect();
        for (path, stat) in others.iter().zip(stats(self.pfs, &others)) {
            let links =
                self.wanted[path].iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
            kept.insert((*path).into(), Laid { stat: stat.ok_or(Errno::NOENT)?, taken: now, links });
        }
        Ok(kept)
    }

    /// What was laid out in a folder, if its stat proves that it still is.
    fn proven(&mut self, path: &str, seen: Option<Stat>) -> Option<Laid> {
        let laid = self.laid.remove(path)?;
        let is_same = seen == Some(laid.stat) && laid.stat.is_settled_at(laid.taken);
        is_same.then_some(laid)
    }

    /// Whether just the wanted links and folders stand in a folder that is as the list says.
    fn is_as_wanted(&self, path: &str, laid: &Laid) -> bool {
        let wanted = self.wanted[path].iter().map(|(name, text)| (*name, *text));
        let standing = laid.links.iter().map(|(name, text)| (&**name, &**text));
        wanted.eq(standing) && self.folders_in(path).all(|below| self.wanted.contains_key(below))
    }

    /// The folders that the list knows directly in one.
    fn folders_in(&self, path: &str) -> impl Iterator<Item = &str> {
        let prefix = [path, "/"].concat();
        let length = prefix.len();
        let after = self.laid.range::<Box<str>, _>(Box::from(&*prefix)..).map(|(below, _)| &**below);
        after
            .take_while(move |below| below.starts_with(&prefix))
            .filter(move |below| !below[length..].contains('/'))
    }

    /// Brings folders into the wanted form; all above them are in order, or come before them.
    fn mend_folders(&self, paths: &[&str]) -> Result<(), Errno> {
        let mut opened: Vec<(&str, OwnedFd)> = Vec::new();
        for path in paths {
            let (parent, name) = path.rsplit_once('/').unwrap_or((".", path));
            while opened.last().is_some_and(|(above, _)| *above != parent) {
                opened.pop();
            }
            if opened.is_empty() {
                let flags = OFlags::RDONLY | OFlags::DIRECTORY;
                opened.push((parent, folder::open_beneath(self.pfs, parent, flags)?));
            }
            let (here, is_new) = made(&opened.last().ok_or(Errno::NOENT)?.1, name)?;
            self.mend_folder(path, &here, is_new)?;
            opened.push((path, here));
        }
        Ok(())
    }

    /// Looks into a folder, if it is not new, and brings it into the wanted form.
    fn mend_folder(&self, path: &str, here: &OwnedFd, is_new: bool) -> Result<(), Errno> {
        let wanted = &self.wanted[path];
        let mut standing: BTreeSet<&str> = BTreeSet::new();
        if !is_new {
            keep_only(here, |name, kind| match (kind, wanted.get_key_value(name)) {
                (FileType::Symlink, Some((name, text))) if is_link_to(here, name, text) => {
                    standing.insert(name)
                }
                (FileType::Directory, None) => self.wanted.contains_key([path, "/", name].concat().as_str()),
                _ => false,
            })?;
        }
        for (name, text) in wanted.iter().filter(|(name, _)| !standing.contains(**name)) {
            rustix::fs::symlinkat(OsStr::from_bytes(text), here, *name)?;
        }
        Ok(())
    }
}

/// The folders of each depth, the topmost first.
fn levels<'a>(wanted: &Wanted<'a>) -> Vec<Vec<&'a str>> {
    let mut levels: Vec<Vec<&str>> = Vec::new();
    for path in wanted.keys() {
        let depth = path.matches('/').count();
        levels.resize(levels.len().max(depth + 1), Vec::new());
        levels[depth].push(path);
    }
    levels
}

/// The folder `name`, with the rights that minipach gives, and whether it is new.
fn made(at: &OwnedFd, name: &str) -> Result<(OwnedFd, bool), Errno> {
    let name = CString::new(name).map_err(|_| Errno::INVAL)?;
    let is_new = folder::ensure(at, &*name)?;
    let made = if is_new { folder::open(at, &*name)? } else { folder::open_forced(at, &name)? };
    let rights = 0o777 & !*folder::UMASK;
    if rustix::fs::fstat(&made)?.st_mode & 0o777 != rights {
        rustix::fs::fchmod(&made, Mode::from_raw_mode(rights))?;
    }
    Ok((made, is_new))
}

fn is_link_to(at: &OwnedFd, name: &str, text: &[u8]) -> bool {
    rustix::fs::readlinkat(at, name, Vec::new()).is_ok_and(|found| found.as_bytes() == text)
}

/// Removes the farms that were not used for longest, but for the one just used and those on loan.
fn prune(farms: &Path, used: &Path) {
    let Ok(all) = fs::read_dir(farms) else { return };
    // A farm that comes and goes changes the folder it stands in.
    let age = |path: &Path| fs::metadata(path).and_then(|found| found.modified()).ok();
    let lent = lent(farms);
    let others = all.flatten().map(|found| found.path()).filter(|path| path != used && !lent.contains(path));
    let mut others: Vec<_> = others.map(|path| (age(&path), path)).collect();
    others.sort();
    let surplus = (others.len() + 1).saturating_sub(FARMS);
    others.iter().take(surplus).for_each(|(_, path)| drop_farm(path));
}

/// The places of farms that slots have borrowed.
fn lent(farms: &Path) -> BTreeSet<PathBuf> {
    let slots = farms.parent().and_then(|work| fs::read_dir(work).ok()).into_iter().flatten().flatten();
    slots.filter_map(|slot| Some(farms.join(fs::read_to_string(slot.path().join(NOTE)).ok()?))).collect()
}

/// Removes a farm. It goes out of sight first: another slot must not borrow one that is half gone.
fn drop_farm(path: &Path) {
    let gone = path.with_extension("gone");
    if remove::remove_tree(&gone).is_ok() && fs::rename(path, &gone).is_ok() {
        drop(remove::remove_tree(&gone));
    }
}
