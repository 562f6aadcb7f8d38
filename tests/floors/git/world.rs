//! A git repository in a temporary folder, driven by the real `git`, for tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread::sleep;
use std::time::Duration;

use minipach::git::{Repo, Scan, StatMemory};
use tempfile::TempDir;

/// A repository on branch `main`, in the folder `project` of a temporary one.
pub(crate) struct World {
    place: TempDir,
}

impl World {
    /// An empty repository.
    pub(crate) fn new() -> Self {
        let world = Self { place: tempfile::tempdir().expect("a temporary folder can be made") };
        fs::create_dir(world.root()).expect("the folder is fresh");
        world.git(&["init", "-q", "-b", "main"]);
        world.git(&["config", "user.name", "Test"]);
        world.git(&["config", "user.email", "test@example.org"]);
        world
    }

    /// The root of the work tree.
    pub(crate) fn root(&self) -> PathBuf {
        self.place.path().canonicalize().expect("it exists").join("project")
    }

    /// The repository, freshly opened.
    pub(crate) fn repo(&self) -> Repo {
        Repo::open(&self.root()).expect("a repository was made")
    }

    /// Scans, resolves `folders`, and saves the memory.
    pub(crate) fn scan_below(&self, folders: &[&str]) -> (Scan, StatMemory) {
        let repo = self.repo();
        let mut memory = StatMemory::open(&repo.state_dir());
        let mut scan = Scan::read(&repo, &mut memory).expect("the tree can be read");
        scan.resolve(&repo, &mut memory, folders).expect("the files can be read");
        memory.save(|path| scan.contains(path)).expect("the state folder can be written");
        (scan, memory)
    }

    /// Writes a file, with the folders it needs.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().expect("it has a folder")).expect("folders can be made");
        fs::write(path, text).expect("the file can be written");
    }

    /// Writes a file so that its time stamp stays what it was.
    pub(crate) fn write_keeping_mtime(&self, path: &str, text: &str) {
        let full = self.root().join(path);
        let before = full.metadata().and_then(|found| found.modified()).ok();
        self.write(path, text);
        if let Some(before) = before {
            let file = fs::OpenOptions::new().write(true).open(full).expect("it was just written");
            file.set_modified(before).expect("the owner may set it");
        }
    }

    /// Gives `to` the time stamp of `from`.
    pub(crate) fn copy_mtime(&self, from: &str, to: &str) {
        let stamp = self.root().join(from).metadata().and_then(|found| found.modified()).expect("it exists");
        let file = fs::OpenOptions::new().write(true).open(self.root().join(to)).expect("it exists");
        file.set_modified(stamp).expect("the owner may set it");
    }

    /// Sets a file's time stamp to a date.
    pub(crate) fn touch(&self, path: &str, date: &str) {
        let status = Command::new("touch").args(["-d", date]).arg(self.root().join(path)).status();
        assert!(status.expect("`touch` exists").success());
    }

    /// Waits until nothing written so far is racy.
    pub(crate) fn wait() {
        sleep(Duration::from_millis(80));
    }

    /// Waits until nothing is racy, then has git write its index anew.
    pub(crate) fn settle(&self) {
        Self::wait();
        self.git(&["read-tree", "--empty"]);
        self.git(&["read-tree", "HEAD"]);
        self.try_git(&["update-index", "-q", "--refresh"]);
    }

    /// Runs git, which must succeed, and gives what it printed.
    pub(crate) fn git(&self, args: &[&str]) -> String {
        self.git_in(".", args)
    }

    /// Runs git in a folder of the project.
    pub(crate) fn git_in(&self, folder: &str, args: &[&str]) -> String {
        let output = run(&self.root().join(folder), args);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "git {args:?}: {errors}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Runs git, which may fail.
    pub(crate) fn try_git(&self, args: &[&str]) -> Output {
        run(&self.root(), args)
    }
}

fn run(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new("git");
    command.current_dir(folder).args(["-c", "core.quotepath=off"]).args(args);
    for (name, value) in [
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_CONFIG_SYSTEM", "/dev/null"),
        ("GIT_AUTHOR_NAME", "Test"),
        ("GIT_AUTHOR_EMAIL", "test@example.org"),
        ("GIT_COMMITTER_NAME", "Test"),
        ("GIT_COMMITTER_EMAIL", "test@example.org"),
        ("LC_ALL", "C"),
    ] {
        command.env(name, value);
    }
    command.output().expect("`git` is installed")
}
