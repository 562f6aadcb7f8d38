//! How long a scan takes when nothing changed: N subjects with four files in four folders each.
//!
//! `cargo bench --bench scan`; `N=1000` in the environment makes the project smaller.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use divan::Bencher;
use minipach::git::{Repo, Scan, StatMemory};
use tempfile::TempDir;

fn main() {
    divan::main();
}

/// A project of `subjects`, committed, with an index that proves every file clean.
fn project(subjects: usize) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for subject in 0..subjects {
        for repo in ["raw/t1", "raw/t2", "skull", "fs"] {
            let place = folder.path().join(format!("{repo}/sub-{subject:06}"));
            fs::create_dir_all(&place).expect("folders can be made");
            fs::write(place.join("image.nii"), format!("{repo} {subject}")).expect("files can be written");
        }
    }
    git(folder.path(), &["init", "-q"]);
    sleep(Duration::from_millis(100));
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["-c", "user.name=b", "-c", "user.email=b@b", "commit", "-qm", "all"]);
    folder
}

fn git(folder: &Path, args: &[&str]) {
    let status = Command::new("git").current_dir(folder).args(args).status();
    assert!(status.expect("git is installed").success(), "git {args:?}");
}

/// As many as asked; few where nothing is measured, as in `cargo test`.
fn subjects() -> usize {
    let is_measured = std::env::args().any(|word| word == "--bench");
    let usual = if is_measured { 10_000 } else { 100 };
    std::env::var("N").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

#[divan::bench(sample_count = 20)]
fn nothing_changed(bencher: Bencher<'_, '_>) {
    let folder = project(subjects());
    bencher.bench_local(|| {
        let repo = Repo::open(folder.path()).expect("it is a repository");
        let mut memory = StatMemory::open(&repo.state_dir());
        let mut scan = Scan::read(&repo, &mut memory).expect("it can be read");
        scan.resolve(&repo, &mut memory, &[""]).expect("nothing is pending");
        scan
    });
}

#[divan::bench(sample_count = 10)]
fn what_differs_from_head(bencher: Bencher<'_, '_>) {
    let folder = project(subjects());
    let repo = Repo::open(folder.path()).expect("it is a repository");
    let mut memory = StatMemory::open(&repo.state_dir());
    let scan = Scan::read(&repo, &mut memory).expect("it can be read");
    bencher.bench_local(|| scan.dirty(&repo).expect("it can be compared"));
}
