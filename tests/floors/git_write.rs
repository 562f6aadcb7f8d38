//! Commits beside the user's index, with real git: objects, index, branch, kills and locks.
#![expect(clippy::unwrap_used, reason = "the helpers of a test fail by panicking, as the test does")]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use minipach::git::write::{
    Base, Change, CommitBuilder, Identity, NewCommit, Place, Published, WriteError, base, copy, identity,
    publish, recover, resolve_in_index, scratch_builder, subtree,
};
use minipach::model::Oid;

/// A repository of its own, without the user's settings.
struct Sandbox {
    folder: tempfile::TempDir,
}

impl Sandbox {
    fn new() -> Self {
        let sandbox = Self { folder: tempfile::tempdir().unwrap() };
        sandbox.git(&["init", "-q", "-b", "main"]);
        sandbox.git(&["config", "user.name", "A"]);
        sandbox.git(&["config", "user.email", "a@b"]);
        sandbox
    }

    fn with_commit() -> Self {
        let sandbox = Self::new();
        sandbox.write("README", "hello\n");
        sandbox.write("fs/old", "old\n");
        sandbox.git(&["add", "-A"]);
        sandbox.git(&["commit", "-q", "-m", "start"]);
        sandbox
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    fn place(&self) -> Place {
        let git_dir = self.git(&["rev-parse", "--absolute-git-dir"]);
        Place { root: self.root().to_owned(), git_dir: git_dir.into() }
    }

    fn write(&self, path: &str, text: &str) {
        let full = self.root().join(path);
        fs::create_dir_all(full.parent().unwrap()).unwrap();
        fs::write(full, text).unwrap();
    }

    fn git(&self, args: &[&str]) -> String {
        let output = self.try_git(args);
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end_matches('\n').to_owned()
    }

    fn try_git(&self, args: &[&str]) -> std::process::Output {
        let mut command = Command::new("git");
        command.args(args).current_dir(self.root());
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
        command.output().unwrap()
    }

    fn commit(&self, changes: &[Change]) -> Result<Published, WriteError> {
        let place = self.place();
        let base = base(&place)?;
        self.commit_on(&base, changes)
    }

    fn commit_on(&self, base: &Base, changes: &[Change]) -> Result<Published, WriteError> {
        let place = self.place();
        let mut builder = CommitBuilder::start(&place, base.head, somebody())?;
        builder.commit(&NewCommit { message: b"results\n", changes, seconds: 1_700_000_000 })?;
        publish(&place, base, &builder.finish()?, "minipach: results")
    }

    fn status(&self) -> String {
        self.git(&["status", "--porcelain", "-uall"])
    }
}

fn somebody() -> Identity {
    Identity { author: "A <a@b>".into(), committer: "A <a@b>".into(), is_stand_in: false }
}

fn write(path: &str) -> Change {
    Change::Write { path: path.into(), expect: None }
}

const ODD: [&str; 9] = [
    "fs/a b",
    "fs/\"q\"",
    "fs/{x}",
    "fs/$y",
    "fs/new\nline",
    "fs/ä/日本",
    "fs/back\\slash",
    "fs/*[?]",
    "-dash",
];

#[test]
fn files_links_modes_and_odd_names_are_committed() {
    let sandbox = Sandbox::with_commit();
    for path in ODD {
        sandbox.write(path, path);
    }
    sandbox.write("fs/tool", "#!/bin/sh\n");
    fs::set_permissions(sandbox.root().join("fs/tool"), fs::Permissions::from_mode(0o755)).unwrap();
    symlink("a b", sandbox.root().join("fs/link")).unwrap();
    fs::remove_file(sandbox.root().join("fs/old")).unwrap();
    let mut changes: Vec<Change> = ODD.iter().map(|path| write(path)).collect();
    changes.extend([write("fs/tool"), write("fs/link"), Change::Delete { path: "fs/old".into() }]);
    assert_eq!(sandbox.commit(&changes).unwrap().left, Vec::<String>::new());
    assert_eq!(sandbox.status(), "");
    assert_eq!(sandbox.git(&["log", "--format=%s %ct %an", "-1"]), "results 1700000000 A");
    let listing = sandbox.git(&["ls-tree", "-r", "HEAD", "fs/tool", "fs/link"]);
    assert!(listing.starts_with("120000") && listing.contains("\n100755"), "{listing}");
    assert_eq!(sandbox.git(&["for-each-ref", "--format=%(refname)"]), "refs/heads/main");
    assert_eq!(sandbox.git(&["reflog", "-1", "--format=%gs"]), "minipach: results");
    sandbox.git(&["fsck", "--strict"]);
    // The stat data are real: git need not read a file to know it clean.
    assert_eq!(sandbox.git(&["diff-files"]), "");
}

#[test]
fn folders_become_files_and_files_folders() {
    let sandbox = Sandbox::with_commit();
    fs::remove_file(sandbox.root().join("README")).unwrap();
    fs::remove_dir_all(sandbox.root().join("fs")).unwrap();
    sandbox.write("README/x", "1");
    sandbox.write("fs", "2");
    let gone = |path: &str| Change::Delete { path: path.into() };
    sandbox.commit(&[write("README/x"), write("fs"), gone("README"), gone("fs/old")]).unwrap();
    assert_eq!(sandbox.status(), "");
}

#[test]
fn what_the_user_staged_stays_staged() {
    let sandbox = Sandbox::with_commit();
    sandbox.write("mine", "staged\n");
    sandbox.write("fs/old", "user's\n");
    sandbox.git(&["add", "mine", "fs/old"]);
    sandbox.write("fs/old", "result\n");
    sandbox.write("fs/new", "result\n");
    let published = sandbox.commit(&[write("fs/old"), write("fs/new")]).unwrap();
    assert_eq!(published.left, ["fs/old"]);
    assert_eq!(sandbox.status(), "MM fs/old\nA  mine");
    assert_eq!(sandbox.git(&["show", "HEAD:fs/old"]), "result");
    assert_eq!(sandbox.git(&["show", ":fs/old"]), "user's");
    assert!(!sandbox.try_git(&["cat-file", "-e", "HEAD:mine"]).status.success());
}

#[test]
fn an_unborn_branch_a_detached_head_and_a_linked_worktree() {
    let sandbox = Sandbox::new();
    sandbox.write("a", "1");
    sandbox.commit(&[write("a")]).unwrap();
    assert_eq!(
        (sandbox.status().as_str(), sandbox.git(&["rev-list", "--count", "main"]).as_str()),
        ("", "1")
    );

    sandbox.git(&["checkout", "-q", "--detach"]);
    sandbox.write("b", "2");
    sandbox.commit(&[write("b")]).unwrap();
    assert_eq!(sandbox.git(&["rev-parse", "HEAD^"]), sandbox.git(&["rev-parse", "main"]));

    let linked = tempfile::tempdir().unwrap();
    let root = linked.path().join("w");
    sandbox.git(&["worktree", "add", "-q", "-b", "side", root.to_str().unwrap()]);
    fs::write(root.join("c"), "3").unwrap();
    let place = Place { root: root.clone(), git_dir: sandbox.root().join(".git/worktrees/w") };
    let base = base(&place).unwrap();
    let mut builder = CommitBuilder::start(&place, base.head, somebody()).unwrap();
    builder.commit(&NewCommit { message: b"c\n", changes: &[write("c")], seconds: 1 }).unwrap();
    publish(&place, &base, &builder.finish().unwrap(), "c").unwrap();
    assert_eq!(sandbox.git(&["-C", root.to_str().unwrap(), "status", "--porcelain"]), "");
    assert_eq!(sandbox.git(&["log", "-1", "--format=%s", "side"]), "c");
}

#[test]
fn what_is_kept_in_a_linked_worktree_is_its_own() {
    let sandbox = Sandbox::with_commit();
    let linked = tempfile::tempdir().unwrap();
    let root = linked.path().join("w");
    sandbox.git(&["worktree", "add", "-q", "-b", "side", root.to_str().unwrap()]);
    let side = Place { root: root.clone(), git_dir: sandbox.root().join(".git/worktrees/w") };
    let paths: Vec<String> = (0..300).map(|number| format!("fs/{number}")).collect();
    for path in &paths {
        sandbox.write(path, &format!("here {path}"));
        fs::create_dir_all(root.join("fs")).unwrap();
        fs::write(root.join(path), format!("there {path}")).unwrap();
    }
    // More than a few files, and then few, in either; the other one is at it just then.
    for count in [300, 1] {
        copy(&sandbox.place(), &paths[..count], 1).and_then(|copied| copied.keep()).unwrap();
        let lock = sandbox.root().join(".git/refs/minipach/kept.lock");
        fs::write(&lock, "").unwrap();
        copy(&side, &paths[..count], 1).and_then(|copied| copied.keep()).unwrap();
        recover(&side).unwrap();
        assert!(lock.exists(), "somebody else's");
        fs::remove_file(lock).unwrap();
    }
    for (reference, word) in [("refs/minipach/kept", "here"), ("refs/minipach/kept-w", "there")] {
        assert_eq!(sandbox.git(&["rev-list", "--count", reference]), "2");
        assert_eq!(sandbox.git(&["show", &format!("{reference}:fs/0")]), format!("{word} fs/0"));
    }
    sandbox.git(&["gc", "-q", "--prune=now"]);
    assert_eq!(sandbox.git(&["show", "refs/minipach/kept-w^:fs/299"]), "there fs/299");
}

#[test]
fn many_commits_in_one_stream() {
    let sandbox = Sandbox::with_commit();
    let place = sandbox.place();
    let base = base(&place).unwrap();
    let mut builder = CommitBuilder::start(&place, base.head, somebody()).unwrap();
    for number in 0..300 {
        let path = format!("fs/{number}");
        sandbox.write(&path, &path);
        builder
            .commit(&NewCommit { message: path.as_bytes(), changes: &[write(&path)], seconds: 1 })
            .unwrap();
    }
    publish(&place, &base, &builder.finish().unwrap(), "many").unwrap();
    assert_eq!(
        (sandbox.status().as_str(), sandbox.git(&["rev-list", "--count", "HEAD"]).as_str()),
        ("", "301")
    );
}

#[test]
fn known_blobs_and_trees_are_used_as_they_are() {
    let sandbox = Sandbox::with_commit();
    let repo = git2::Repository::open(sandbox.root()).unwrap();
    let files = [("ledger/fs.jsonl".to_owned(), Some(b"{}\n".to_vec())), ("gone".to_owned(), None)];
    let tree = subtree(&repo, None, &files).unwrap();
    sandbox.write(".minipach/ledger/fs.jsonl", "{}\n");
    sandbox.write("copy", "hello\n");
    let blob = sandbox.git(&["rev-parse", "HEAD:README"]).parse::<Oid>().unwrap();
    let known = |path: &str, mode, oid| Change::Known { path: path.into(), mode, oid };
    sandbox.commit(&[known(".minipach", 0o40_000, tree), known("copy", 0o100_644, blob)]).unwrap();
    assert_eq!(sandbox.status(), "");
    assert_eq!(sandbox.git(&["diff-files"]), "");
    assert_eq!(sandbox.git(&["rev-parse", "HEAD:.minipach"]), tree.to_string());
    let next =
        subtree(&repo, Some(tree), &[("ledger/fs.jsonl".to_owned(), None), ("a".to_owned(), Some(vec![]))]);
    assert_eq!(sandbox.git(&["ls-tree", "-r", "--name-only", &next.unwrap().to_string()]), "a");
}

#[test]
fn bytes_other_than_expected_are_refused() {
    let sandbox = Sandbox::with_commit();
    sandbox.write("fs/new", "other");
    let change = Change::Write { path: "fs/new".into(), expect: Some(Oid([7; 20])) };
    let head = sandbox.git(&["rev-parse", "HEAD"]);
    assert!(matches!(sandbox.commit(&[change]), Err(WriteError::Changed { path }) if path == "fs/new"));
    assert_eq!(sandbox.git(&["rev-parse", "HEAD"]), head);
    assert!(matches!(sandbox.commit(&[write("fs")]), Err(WriteError::OddFile { .. })));
}

#[test]
fn attributes_and_line_ends_are_honoured() {
    let sandbox = Sandbox::with_commit();
    sandbox.write(".gitattributes", "*.txt text\n*.up filter=up\n");
    sandbox.git(&["config", "filter.up.clean", "tr a-z A-Z"]);
    sandbox.write("fs/a.txt", "x\r\ny\r\n");
    sandbox.write("fs/b.txt", "x\n");
    sandbox.write("fs/c \"d\"\n.up", "loud");
    sandbox.write("fs/raw", "x\r\n");
    let paths = [".gitattributes", "fs/a.txt", "fs/b.txt", "fs/c \"d\"\n.up", "fs/raw"];
    sandbox.commit(&paths.map(write)).unwrap();
    assert_eq!(sandbox.status(), "");
    assert_eq!(sandbox.git(&["show", "HEAD:fs/c \"d\"\n.up"]), "LOUD");
    assert_eq!(sandbox.git(&["cat-file", "-s", "HEAD:fs/a.txt"]), "4");
    assert_eq!(sandbox.git(&["cat-file", "-s", "HEAD:fs/raw"]), "3");
}

#[test]
fn split_and_sparse_indexes_are_written_by_git() {
    let sandbox = Sandbox::with_commit();
    sandbox.git(&["update-index", "--split-index"]);
    sandbox.write("fs/new", "1");
    fs::remove_file(sandbox.root().join("fs/old")).unwrap();
    sandbox.commit(&[write("fs/new"), Change::Delete { path: "fs/old".into() }]).unwrap();
    assert_eq!(sandbox.status(), "");
    sandbox.git(&["update-index", "--no-split-index"]);
    sandbox.git(&["config", "index.skipHash", "true"]);
    sandbox.git(&["update-index", "--force-write-index"]);
    sandbox.write("fs/newer", "2");
    sandbox.commit(&[write("fs/newer")]).unwrap();
    assert_eq!(sandbox.status(), "");
}

#[test]
fn a_branch_that_moved_is_not_overwritten() {
    let sandbox = Sandbox::with_commit();
    let base = base(&sandbox.place()).unwrap();
    sandbox.git(&["commit", "-q", "--allow-empty", "-m", "meanwhile"]);
    let head = sandbox.git(&["rev-parse", "HEAD"]);
    sandbox.write("fs/new", "1");
    assert!(matches!(sandbox.commit_on(&base, &[write("fs/new")]), Err(WriteError::Moved { .. })));
    assert_eq!((sandbox.git(&["rev-parse", "HEAD"]), sandbox.status()), (head, "?? fs/new".into()));
    assert!(!sandbox.root().join(".git/index.lock").exists());
}

#[test]
fn hooks_do_not_run() {
    let sandbox = Sandbox::with_commit();
    for hook in ["pre-commit", "post-commit", "reference-transaction", "post-index-change"] {
        let path = sandbox.root().join(".git/hooks").join(hook);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "#!/bin/sh\necho ran >>ran\nexit 1\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    sandbox.write("fs/new", "1");
    sandbox.commit(&[write("fs/new")]).unwrap();
    assert!(!sandbox.root().join("ran").exists() && !sandbox.root().join(".git/ran").exists());
}

#[test]
fn a_held_lock_is_waited_for_and_then_named() {
    let sandbox = Sandbox::with_commit();
    let lock = sandbox.root().join(".git/index.lock");
    sandbox.write("fs/new", "1");
    fs::write(&lock, "").unwrap();
    let copy = lock.clone();
    let release = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        fs::remove_file(copy).unwrap();
    });
    sandbox.commit(&[write("fs/new")]).unwrap();
    release.join().unwrap();

    fs::write(&lock, "").unwrap();
    sandbox.write("fs/newer", "1");
    let start = Instant::now();
    let error = sandbox.commit(&[write("fs/newer")]).unwrap_err().to_string();
    assert!(error.contains("index.lock") && start.elapsed() >= Duration::from_secs(10), "{error}");
    assert!(lock.exists());
    fs::remove_file(&lock).unwrap();
    assert_eq!(sandbox.status(), "?? fs/newer");
    let leftovers = fs::read_dir(sandbox.root().join(".git")).unwrap().flatten();
    assert!(
        leftovers.map(|entry| entry.file_name()).all(|name| !name.to_string_lossy().contains("minipach-"))
    );
}

#[test]
fn a_user_who_stages_all_the_time_loses_nothing() {
    let sandbox = Sandbox::with_commit();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..40 {
                let path = format!("mine/{number}");
                sandbox.write(&path, "x");
                while !sandbox.try_git(&["add", &path]).status.success() {}
            }
        });
        for number in 0..15 {
            let path = format!("fs/{number}");
            sandbox.write(&path, "y");
            sandbox.commit(&[write(&path)]).unwrap();
        }
    });
    let status = sandbox.status();
    assert_eq!(status.lines().filter(|line| line.starts_with("A  mine/")).count(), 40, "{status}");
    assert_eq!(status.lines().count(), 40, "{status}");
    assert_eq!(sandbox.git(&["rev-list", "--count", "HEAD"]), "16");
}

#[test]
fn in_a_merge_only_the_index_is_settled() {
    let sandbox = Sandbox::with_commit();
    sandbox.git(&["checkout", "-q", "-b", "side"]);
    sandbox.write("fs/old", "side\n");
    sandbox.git(&["commit", "-qam", "side"]);
    sandbox.git(&["checkout", "-q", "main"]);
    sandbox.write("fs/old", "main\n");
    sandbox.git(&["commit", "-qam", "main"]);
    assert!(!sandbox.try_git(&["merge", "-q", "side"]).status.success());
    assert!(matches!(base(&sandbox.place()), Err(WriteError::Busy { what: "a merge" })));
    sandbox.write("fs/old", "both\n");
    let head = sandbox.git(&["rev-parse", "HEAD"]);
    let place = sandbox.place();
    resolve_in_index(scratch_builder(&place).unwrap(), &place, &[write("fs/old")]).unwrap();
    assert_eq!((sandbox.git(&["rev-parse", "HEAD"]), sandbox.status()), (head, "M  fs/old".into()));
    sandbox.git(&["commit", "-q", "-m", "merged"]);
    assert_eq!(sandbox.git(&["show", "HEAD:fs/old"]), "both");
}

#[test]
fn an_annexed_repository_without_git_annex_is_refused() {
    let sandbox = Sandbox::with_commit();
    if sandbox.try_git(&["annex", "version"]).status.success() {
        return;
    }
    sandbox.git(&["config", "annex.uuid", "0"]);
    sandbox.write("fs/new", "1");
    assert!(matches!(sandbox.commit(&[write("fs/new")]), Err(WriteError::NoAnnex)));
    sandbox.write(".gitattributes", "fs/** annex.largefiles=nothing\n");
    sandbox.commit(&[write("fs/new")]).unwrap();
}

#[test]
fn without_an_identity_minipach_stands_in() {
    let sandbox = Sandbox::new();
    let known = identity(&sandbox.place()).unwrap();
    assert_eq!((known.author.as_str(), known.is_stand_in), ("A <a@b>", false));
    sandbox.git(&["config", "--unset", "user.name"]);
    sandbox.git(&["config", "--unset", "user.email"]);
    sandbox.git(&["config", "user.useConfigOnly", "true"]);
    let unknown = identity(&sandbox.place()).unwrap();
    if unknown.is_stand_in {
        assert_eq!(unknown.committer, "minipach <minipach@localhost>");
    }
}

/// Kills a child at every point, then recovers and commits again: nothing lost, nothing doubled.
#[cfg(feature = "faults")]
mod kills {
    use super::*;
    use minipach::git::write::{Recovered, fault, recover};
    use std::os::unix::process::ExitStatusExt as _;

    fn child(root: &Path, point: &str) -> std::process::ExitStatus {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "git_write::kills::commits_in_a_child", "--ignored"]);
        command.env("MINIPACH_TEST_ROOT", root).env("MINIPACH_FAULT", point);
        command.output().unwrap().status
    }

    #[test]
    #[ignore = "run by the other tests as a process to be killed"]
    fn commits_in_a_child() {
        let root = std::path::PathBuf::from(std::env::var_os("MINIPACH_TEST_ROOT").unwrap());
        let place = Place { git_dir: root.join(".git"), root };
        let base = base(&place).unwrap();
        let mut builder = CommitBuilder::start(&place, base.head, somebody()).unwrap();
        let changes = [write("fs/new"), write("fs/old")];
        builder.commit(&NewCommit { message: b"results\n", changes: &changes, seconds: 1 }).unwrap();
        publish(&place, &base, &builder.finish().unwrap(), "results").unwrap();
    }

    #[test]
    fn every_point_is_finished_or_undone() {
        for point in fault::POINTS {
            for lock_removed in [false, true] {
                check(point, lock_removed);
            }
        }
    }

    fn check(point: &str, lock_removed: bool) {
        let sandbox = Sandbox::with_commit();
        sandbox.write("fs/new", "1");
        sandbox.write("fs/old", "2");
        sandbox.write("mine", "staged");
        sandbox.git(&["add", "mine"]);
        let head = sandbox.git(&["rev-parse", "HEAD"]);
        assert_eq!(child(sandbox.root(), point).signal(), Some(9), "{point} was not reached");
        let moved = sandbox.git(&["rev-parse", "HEAD"]) != head;
        assert_eq!(moved, ["commit:after-ref", "commit:after-rename"].contains(&point), "{point}");
        let lock = sandbox.root().join(".git/index.lock");
        if lock_removed {
            drop(fs::remove_file(&lock));
        }
        let recovered = recover(&sandbox.place()).unwrap();
        assert_eq!(moved, recovered == Recovered::Finished, "{point}");
        assert!(!lock.exists(), "{point}");
        if !moved {
            sandbox.commit(&[write("fs/new"), write("fs/old")]).unwrap();
        }
        assert_eq!(sandbox.status(), "A  mine", "{point}");
        assert_eq!(sandbox.git(&["for-each-ref", "--format=%(refname)"]), "refs/heads/main", "{point}");
        assert_eq!(recover(&sandbox.place()).unwrap(), Recovered::Nothing);
    }

    #[test]
    fn somebody_elses_lock_is_kept() {
        let sandbox = Sandbox::with_commit();
        sandbox.write("fs/new", "1");
        sandbox.write("fs/old", "2");
        assert_eq!(child(sandbox.root(), "commit:after-journal").signal(), Some(9));
        let lock = sandbox.root().join(".git/index.lock");
        fs::write(&lock, "").unwrap();
        assert_eq!(recover(&sandbox.place()).unwrap(), Recovered::Undone);
        assert!(lock.exists());
    }
}
