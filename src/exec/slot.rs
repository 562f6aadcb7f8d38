//! `Slot`: the work folder of one worker slot, made fresh for each attempt.

use std::ffi::CStr;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use rustix::fs::CWD;
use rustix::io::Errno;

use super::aside::Aside;
use super::error::{ExecError, io};
use super::farm::{Farm, FarmFile};
use super::kept::Kept;
use super::sandbox::Sandbox;
use super::{Room, folder, remove, safe_path};

/// The work folder of one worker slot: `<work>/<number>/{pfs,tmp,old,pid}`.
///
/// Used by one thread at a time; every attempt finds its folders fresh.
#[derive(Debug)]
pub struct Slot {
    pub(super) path: PathBuf,
    pub(super) root: OwnedFd,
    shown: safe_path::SafePath,
    /// Whether it may have a farm from the shelf.
    pub(super) has_borrowed: AtomicBool,
    pub(super) reflinks: bool,
    pub(super) pid_file: File,
    pub(super) room: Room,
    aside: Aside,
    /// The sandbox that runs its commands, if there is one.
    pub(super) sandbox: Mutex<Option<Sandbox>>,
}

impl Slot {
    /// Makes the slot's folder below `work_dir`, or takes up the one that is left there.
    ///
    /// # Errors
    /// When a folder cannot be made.
    pub fn new(work_dir: &Path, number: usize) -> Result<Self, ExecError> {
        let path = work_dir.join(number.to_string());
        std::fs::create_dir_all(&path).map_err(|error| io("create", &path, error))?;
        let path = path.canonicalize().map_err(|error| io("open", &path, error))?;
        let root = folder::open(CWD, &path).map_err(|error| io("open", &path, error))?;
        let pid_path = path.join("pid");
        let pid_file = File::options().create(true).truncate(true).write(true).open(&pid_path);
        let pid_file = pid_file.map_err(|error| io("create", &pid_path, error))?;
        let shown = safe_path::SafePath::new(&path)?;
        let aside = real_folder(&root, c"old").and_then(Aside::new);
        let aside = aside.map_err(|error| io("empty", path.join("old"), error))?;
        let (room, sandbox, has_borrowed) = (Room::Host, Mutex::default(), AtomicBool::new(true));
        let slot = Self { path, root, shown, has_borrowed, reflinks: true, pid_file, room, aside, sandbox };
        slot.give_back();
        Ok(slot)
    }

    /// Has its commands run there from now on.
    pub fn enter(&mut self, room: &Room) {
        if matches!(room, Room::Host) {
            // On the host nothing may still hold the farm.
            self.sandbox = Mutex::default();
        }
        self.room = room.clone();
    }

    /// Where its commands run.
    pub const fn room(&self) -> &Room {
        &self.room
    }

    /// The farm as commands see it: `/pfs`, or a path free of spaces and shell characters.
    pub fn pfs(&self) -> PathBuf {
        self.room.pfs(self.shown.path())
    }

    /// The temporary folder as commands see it, under a path free of spaces and shell characters.
    pub fn tmp(&self) -> PathBuf {
        self.room.tmp(self.shown.path())
    }

    /// The real path of the folder that stands for `/pfs`: for sandboxes, and to judge links.
    pub fn real_pfs(&self) -> PathBuf {
        self.path.join("pfs")
    }

    /// The real path of the folder that the command writes to.
    pub fn real_out(&self) -> PathBuf {
        self.path.join("pfs/out")
    }

    /// Opens the folder that stands for `/pfs`.
    pub(super) fn open_pfs(&self) -> Result<OwnedFd, Errno> {
        folder::open(&self.root, c"pfs")
    }

    /// Lays out exactly `files`, an empty `out` and an empty `tmp`; what the last attempt left is removed.
    ///
    /// A file is a reflink where the file system can, else an absolute symbolic link; with `copy` it is
    /// a private copy. Never a hard link, so a command that writes through one cannot reach the project.
    ///
    /// # Errors
    /// When a folder or file cannot be made; when two files want one place.
    pub fn prepare<'a>(
        &mut self,
        files: impl IntoIterator<Item = FarmFile<'a>>,
        copy: bool,
    ) -> Result<(), ExecError> {
        let place = self.real_pfs();
        self.give_back();
        let pfs = self.folder(c"pfs")?;
        let kept = Kept::of_emptied(&pfs, &mut self.aside).map_err(|error| io("empty", &place, error))?;
        self.make_fresh(&pfs)?;
        let mut farm = Farm::new(pfs, kept, (&mut self.reflinks, &mut self.aside), copy);
        for file in files {
            farm.add(&file).map_err(|error| error.at(&place, &file))?;
        }
        farm.remove_unused().map_err(|error| io("remove", &place, error))?;
        super::fault::point("exec:prepared");
        Ok(())
    }

    /// An empty `tmp`, and an `out` in the farm, which has none.
    pub(super) fn make_fresh(&self, pfs: &OwnedFd) -> Result<(), ExecError> {
        let tmp = self.folder(c"tmp")?;
        remove::clear(&tmp).map_err(|error| io("empty", self.path.join("tmp"), error))?;
        folder::ensure(pfs, c"out").map_err(|error| io("create", self.real_out(), error))?;
        Ok(())
    }

    /// The slot's folder of this name, as a real folder, whatever the last command made of it.
    pub(super) fn folder(&self, name: &CStr) -> Result<OwnedFd, ExecError> {
        real_folder(&self.root, name).map_err(|error| io("open", self.path.join(folder::shown(name)), error))
    }
}

fn real_folder(root: &OwnedFd, name: &CStr) -> Result<OwnedFd, Errno> {
    match folder::open_forced(root, name) {
        Err(Errno::NOENT) => folder::make(root, name),
        Err(Errno::NOTDIR | Errno::LOOP) => {
            remove::remove_at(root, name).and_then(|()| folder::make(root, name))
        }
        other => other,
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.give_back();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::Source;
    use std::fs;

    fn file<'a>(to: &'a str, from: Source<'a>) -> FarmFile<'a> {
        FarmFile { to: to.into(), from }
    }

    #[test]
    fn exactly_the_given_files_each_time() {
        let dir = tempfile::tempdir().unwrap();
        let source = dir.path().join("bytes");
        fs::write(&source, "abc").unwrap();
        let mut slot = Slot::new(&dir.path().join("work"), 0).unwrap();
        slot.prepare([file("t1/s/a", Source::File(&source)), file("t1/s/e", Source::Empty)], false).unwrap();
        let pfs = slot.pfs();
        assert_eq!(fs::read_to_string(pfs.join("t1/s/a")).unwrap(), "abc");
        assert_eq!(fs::read_to_string(pfs.join("t1/s/e")).unwrap(), "");
        fs::write(pfs.join("out/x"), "left").unwrap();
        fs::write(slot.tmp().join("x"), "left").unwrap();
        slot.prepare([file("b/l", Source::LinkText("../gone"))], false).unwrap();
        assert!(!pfs.join("t1").exists() && !pfs.join("out/x").exists() && !slot.tmp().join("x").exists());
        assert_eq!(fs::read_link(pfs.join("b/l")).unwrap(), Path::new("../gone"));
        slot.prepare([file("a/b/c/d", Source::Empty), file("a/e/f/g", Source::Empty)], false).unwrap();
        fs::create_dir(pfs.join("a/b/made")).unwrap();
        slot.prepare([file("a/b/c/d", Source::Empty), file("a/e", Source::Empty)], false).unwrap();
        let names = |path: &str| {
            let mut names: Vec<_> =
                fs::read_dir(pfs.join(path)).unwrap().map(|f| f.unwrap().file_name()).collect();
            names.sort();
            names
        };
        assert_eq!(
            [names(""), names("a"), names("a/b"), names("a/b/c")],
            [vec!["a", "out"], vec!["b", "e"], vec!["c"], vec!["d"]]
        );
        assert!(pfs.join("a/e").is_file());
        assert_eq!(fs::read_to_string(&source).unwrap(), "abc");
    }

    #[test]
    fn copies_are_private_and_keep_the_executable_bit() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let source = dir.path().join("tool");
        fs::write(&source, "abc").unwrap();
        fs::set_permissions(&source, fs::Permissions::from_mode(0o755)).unwrap();
        let mut slot = Slot::new(&dir.path().join("work"), 3).unwrap();
        slot.prepare([file("in/tool", Source::File(&source))], true).unwrap();
        let copy = slot.pfs().join("in/tool");
        assert_ne!(fs::metadata(&copy).unwrap().permissions().mode() & 0o100, 0);
        fs::write(&copy, "changed").unwrap();
        assert_eq!(fs::read_to_string(&source).unwrap(), "abc");
    }

    #[test]
    fn survives_a_command_that_replaced_its_folders() {
        let dir = tempfile::tempdir().unwrap();
        let mut slot = Slot::new(dir.path(), 0).unwrap();
        slot.prepare([], false).unwrap();
        let precious = dir.path().join("precious");
        fs::create_dir(&precious).unwrap();
        fs::write(precious.join("x"), "x").unwrap();
        fs::remove_dir_all(slot.real_pfs()).unwrap();
        std::os::unix::fs::symlink(&precious, slot.real_pfs()).unwrap();
        slot.prepare([], false).unwrap();
        assert!(precious.join("x").exists() && slot.real_out().is_dir());
    }

    #[test]
    fn refuses_paths_that_leave_the_farm_and_doubles() {
        let dir = tempfile::tempdir().unwrap();
        let mut slot = Slot::new(dir.path(), 0).unwrap();
        for bad in ["a", "../a", "a/../b", "a//b", "/a"] {
            assert!(slot.prepare([file(bad, Source::Empty)], false).is_err(), "{bad}");
        }
        assert!(slot.prepare([file("a/b", Source::Empty), file("a/b", Source::Empty)], false).is_err());
        let missing = Path::new("/nowhere/at/all");
        let error = slot.prepare([file("a/b", Source::File(missing))], true).unwrap_err().to_string();
        assert!(error.contains("/nowhere/at/all"), "{error}");
    }

    #[test]
    fn path_for_shells_has_no_odd_character() {
        let dir = tempfile::tempdir().unwrap();
        let odd = dir.path().join("my study's $data");
        let mut slot = Slot::new(&odd, 0).unwrap();
        slot.prepare([file("in/a", Source::Empty)], false).unwrap();
        let pfs = slot.pfs();
        assert!(pfs.to_str().unwrap().bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-".contains(&b)));
        assert!(pfs.join("in/a").exists());
        assert_eq!(pfs.canonicalize().unwrap(), slot.real_pfs().canonicalize().unwrap());
    }
}
