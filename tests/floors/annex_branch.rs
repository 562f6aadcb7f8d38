//! The lock of git-annex's own branch that a killed git-annex left, beside others who work in the repository.
#![expect(clippy::unwrap_used, reason = "the helpers of a test fail by panicking, as the test does")]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use minipach::git::write::free_annex_branch;

/// A program at work in the repository, until its input ends. It says one line first where `is_told`.
fn at_work(root: &Path, program: &str, args: &[&str], is_told: bool) -> std::process::Child {
    let mut command = Command::new(program);
    command.args(args).current_dir(root);
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    if is_told {
        let mut line = String::new();
        let told = std::io::BufReader::new(child.stdout.take().unwrap());
        std::io::BufRead::read_line(&mut { told }, &mut line).unwrap();
        assert_eq!(line, "held\n");
    } else {
        // Its name is its own once it has become that program.
        let name = format!("/proc/{}/comm", child.id());
        while fs::read_to_string(&name).unwrap().trim_end() != program {
            std::thread::yield_now();
        }
    }
    child
}

#[test]
fn a_lock_of_git_annexs_branch_goes_only_while_nobody_works_there() {
    const HOLD: &str = "import fcntl, sys\nfile = open('.git/annex/journal.lck', 'w')\nfcntl.lockf(file, fcntl.LOCK_EX)\nprint('held', flush=True)\nsys.stdin.read()";
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    git2::Repository::init(root).unwrap();
    let lock = root.join(".git/refs/heads/git-annex.lock");
    fs::create_dir_all(root.join(".git/annex")).unwrap();
    let since = SystemTime::UNIX_EPOCH;
    for (program, args, stays) in [
        ("git", &["update-ref", "--stdin"][..], true),
        ("python3", &["-c", HOLD][..], true),
        ("git", &["cat-file", "--batch"][..], false),
    ] {
        fs::write(&lock, "").unwrap();
        let mut other = at_work(root, program, args, program != "git");
        free_annex_branch(root, since, Duration::ZERO).unwrap();
        assert_eq!(lock.exists(), stays, "{program} {args:?}");
        drop(other.stdin.take());
        other.wait().unwrap();
        free_annex_branch(root, since, Duration::ZERO).unwrap();
        assert!(!lock.exists(), "{program} {args:?}");
    }
    // One that was there before, and one that git-annex guards otherwise, are left.
    fs::write(&lock, "").unwrap();
    free_annex_branch(root, SystemTime::UNIX_EPOCH + Duration::from_hours(24 * 365 * 300), Duration::ZERO)
        .unwrap();
    assert!(lock.exists());
    git2::Repository::open(root).unwrap().config().unwrap().set_bool("annex.pidlock", true).unwrap();
    free_annex_branch(root, since, Duration::ZERO).unwrap();
    assert!(lock.exists());
}
