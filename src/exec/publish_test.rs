//! Tests of publishing: each shape of output, and each way to be killed on the way.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::{Publication, fault, hash, publish, stage, stage_own};
use crate::model::{Kind, OutFile};

/// Files by path, to say a folder's content in one line.
type Files = BTreeMap<String, String>;

fn files(all: &[(&str, &str)]) -> Files {
    all.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

fn write(root: &Path, all: &Files) {
    for (path, text) in all {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn read(root: &Path) -> Files {
    let mut all = Files::new();
    let mut waiting = vec![PathBuf::new()];
    while let Some(folder) = waiting.pop() {
        let entries: Vec<_> = fs::read_dir(root.join(&folder)).unwrap().map(Result::unwrap).collect();
        assert!(!entries.is_empty() || folder.as_os_str().is_empty(), "empty folder {folder:?}");
        for entry in entries {
            let path = folder.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                waiting.push(path);
            } else {
                all.insert(path.to_str().unwrap().to_owned(), fs::read_to_string(entry.path()).unwrap());
            }
        }
    }
    all
}

/// How an output comes into the staging folder: moved there, or put together in it.
#[derive(Clone, Copy, Debug)]
enum Staging {
    Moved,
    Own,
}

const STAGINGS: [Staging; 2] = [Staging::Moved, Staging::Own];

impl Staging {
    fn staged(self, root: &Path, new: &Files) -> PathBuf {
        let (out, folder) = (root.join("out"), root.join("staged"));
        if matches!(self, Self::Own) {
            let staged = stage_own(&folder, "1").unwrap();
            write(&staged, new);
            return staged;
        }
        fs::create_dir(&out).unwrap();
        write(&out, new);
        stage(&out, &folder, "1").unwrap()
    }
}

/// A pipeline's folder `pipe` with old files, and a staged output.
fn publication(root: &Path, target: &str, whole: bool, new: &Files, remove: &[&str]) -> Publication {
    staged_publication(Staging::Moved, root, target, whole, new, remove)
}

fn staged_publication(
    staging: Staging,
    root: &Path,
    target: &str,
    whole: bool,
    new: &Files,
    remove: &[&str],
) -> Publication {
    let staged = staging.staged(root, new);
    let described = described(staged, &root.join("pipe"), target, whole, new, remove);
    Publication { is_begun: false, ..described }
}

/// A publication that may have been begun.
fn described(
    staged: PathBuf,
    pipeline: &Path,
    target: &str,
    whole: bool,
    new: &Files,
    remove: &[&str],
) -> Publication {
    let out_file = |(path, text): (&String, &String)| OutFile {
        path: path.as_str().into(),
        kind: Kind::File,
        content: hash::blob(text.as_bytes()),
    };
    Publication {
        staged,
        pipeline: pipeline.to_owned(),
        target: target.into(),
        whole,
        files: new.iter().map(out_file).collect(),
        remove: remove.iter().map(|path| (*path).into()).collect(),
        is_begun: true,
    }
}

struct Case {
    name: &'static str,
    old: &'static [(&'static str, &'static str)],
    target: &'static str,
    whole: bool,
    new: &'static [(&'static str, &'static str)],
    remove: &'static [&'static str],
    want: &'static [(&'static str, &'static str)],
}

const CASES: &[Case] = &[
    Case {
        name: "whole, fresh, in a new parent",
        old: &[("spec.yml", "s")],
        target: "a/b",
        whole: true,
        new: &[("x", "1"), ("d/y", "2")],
        remove: &[],
        want: &[("a/b/d/y", "2"), ("a/b/x", "1"), ("spec.yml", "s")],
    },
    Case {
        name: "whole, exchanged for an old one",
        old: &[("s/x", "0"), ("s/gone", "0"), ("t/x", "0")],
        target: "s",
        whole: true,
        new: &[("x", "1")],
        remove: &[],
        want: &[("s/x", "1"), ("t/x", "0")],
    },
    Case {
        name: "whole, over a file",
        old: &[("s", "0")],
        target: "s",
        whole: true,
        new: &[("x", "1")],
        remove: &["s"],
        want: &[("s/x", "1")],
    },
    Case {
        name: "whole, nothing made",
        old: &[("a/s/x", "0"), ("spec.yml", "s")],
        target: "a/s",
        whole: true,
        new: &[],
        remove: &[],
        want: &[("spec.yml", "s")],
    },
    Case {
        name: "whole, moved from another key",
        old: &[("old/deep/x", "0")],
        target: "new",
        whole: true,
        new: &[("x", "1")],
        remove: &["old/deep"],
        want: &[("new/x", "1")],
    },
    Case {
        name: "files, beside others",
        old: &[("d/mine", "0"), ("d/theirs", "0"), ("e/gone", "0")],
        target: ".",
        whole: false,
        new: &[("d/mine", "1"), ("d/new/x", "1")],
        remove: &["e/gone"],
        want: &[("d/mine", "1"), ("d/new/x", "1"), ("d/theirs", "0")],
    },
    Case {
        name: "files, a file becomes a folder and the other way round",
        old: &[("a", "0"), ("b/x", "0"), ("b/y/z", "0")],
        target: ".",
        whole: false,
        new: &[("a/x", "1"), ("b", "1")],
        remove: &["a", "b/x", "b/y/z"],
        want: &[("a/x", "1"), ("b", "1")],
    },
    Case {
        name: "files, below a shared target",
        old: &[("t/x", "0")],
        target: "t",
        whole: false,
        new: &[("y", "1")],
        remove: &[],
        want: &[("t/x", "0"), ("t/y", "1")],
    },
];

fn old_of(case: &Case, root: &Path) {
    fs::create_dir_all(root.join("pipe")).unwrap();
    write(&root.join("pipe"), &files(case.old));
}

#[test]
fn every_case_and_again() {
    for (case, staging) in CASES.iter().flat_map(|case| STAGINGS.map(|staging| (case, staging))) {
        let dir = tempfile::tempdir().unwrap();
        old_of(case, dir.path());
        let new = files(case.new);
        let publication = staged_publication(staging, dir.path(), case.target, case.whole, &new, case.remove);
        publish(&publication).unwrap();
        assert_eq!(read(&dir.path().join("pipe")), files(case.want), "{} {staging:?}", case.name);
        assert_eq!(fs::read_dir(dir.path().join("staged")).unwrap().count(), 0, "{} {staging:?}", case.name);
        publish(&Publication { is_begun: true, ..publication }).unwrap();
        assert_eq!(read(&dir.path().join("pipe")), files(case.want), "{} again", case.name);
    }
}

/// Every case, killed at every point, then finished; the output is made and staged in `outputs`.
fn killed_anywhere(outputs: &Path, staging: Staging, points: &[&str]) {
    for (index, case) in CASES.iter().enumerate() {
        let is_passed = |point: &&&str| match **point {
            // Where nothing was made there is nothing to copy.
            "publish:copied" => !case.new.is_empty(),
            "publish:away" => ["whole, nothing made", "whole, moved from another key"].contains(&case.name),
            // Only where datums share a folder files are moved one by one.
            "publish:file" => (!case.whole || case.target == ".") && !case.new.is_empty(),
            _ => true,
        };
        for point in points.iter().filter(is_passed) {
            let dir = tempfile::tempdir().unwrap();
            let status = std::process::Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "exec::publish_test::victim", "--ignored"])
                .env("MINIPACH_FAULT", point)
                .env("VICTIM_CASE", index.to_string())
                .env("VICTIM_DIR", dir.path())
                .env("VICTIM_OUTPUTS", outputs)
                .env("VICTIM_STAGING", format!("{staging:?}"))
                .stdout(std::process::Stdio::null())
                .status()
                .unwrap();
            assert_eq!(status.signal(), Some(9), "{}: {point} was not reached", case.name);
            finish(case, outputs, &dir.path().join("pipe"));
            assert_eq!(read(&dir.path().join("pipe")), files(case.want), "{} at {point}", case.name);
            assert_eq!(fs::read_dir(outputs.join("staged")).unwrap().count(), 0, "{} at {point}", case.name);
        }
    }
}

/// What recovery does: publishes whatever stands in the staging folder.
fn finish(case: &Case, outputs: &Path, pipeline: &Path) {
    for entry in fs::read_dir(outputs.join("staged")).unwrap() {
        let staged = entry.unwrap().path();
        assert_eq!(super::attempt_of(&staged), Some("1"));
        let new = files(case.new);
        publish(&described(staged, pipeline, case.target, case.whole, &new, case.remove)).unwrap();
    }
}

#[test]
fn killed_anywhere_then_finished() {
    let outputs = tempfile::tempdir().unwrap();
    let here = |point: &&str| {
        !point.starts_with("exec:") && !["stage:start", "publish:copied", "remove:entry"].contains(point)
    };
    let points: Vec<&str> = fault::POINTS.into_iter().filter(here).collect();
    killed_anywhere(outputs.path(), Staging::Moved, &points);
    let own: Vec<&str> = points.into_iter().filter(|point| !point.starts_with("stage:")).collect();
    killed_anywhere(outputs.path(), Staging::Own, &own);
}

/// `/dev/shm` is another file system than the temporary folder almost everywhere.
#[test]
fn killed_between_file_systems_then_finished() {
    let Ok(outputs) = tempfile::tempdir_in("/dev/shm") else { return };
    // There an old folder cannot be taken away in one step.
    let here = |point: &&str| point.starts_with("publish:") && *point != "publish:away";
    let moved: Vec<&str> = fault::POINTS.into_iter().filter(here).collect();
    for staging in STAGINGS {
        killed_anywhere(outputs.path(), staging, &moved);
    }
}

#[test]
#[ignore = "run by the tests above, which kill it"]
fn victim() {
    let variable = |name| std::env::var(name).unwrap();
    let case = &CASES[variable("VICTIM_CASE").parse::<usize>().unwrap()];
    let (root, outputs) = (PathBuf::from(variable("VICTIM_DIR")), PathBuf::from(variable("VICTIM_OUTPUTS")));
    old_of(case, &root);
    let staging = if variable("VICTIM_STAGING") == "Own" { Staging::Own } else { Staging::Moved };
    let new = files(case.new);
    let mut publication = staged_publication(staging, &outputs, case.target, case.whole, &new, case.remove);
    publication.pipeline = root.join("pipe");
    publish(&publication).unwrap();
}

#[test]
fn killed_between_its_full_name_and_the_exchange_then_finished() {
    let dir = tempfile::tempdir().unwrap();
    let pipe = dir.path().join("pipe");
    write(&pipe, &files(&[("s/x", "0")]));
    let new = files(&[("x", "1")]);
    let staged = stage::named_by_inode(&Staging::Own.staged(dir.path(), &new)).unwrap();
    publish(&described(staged, &pipe, "s", true, &new, &[])).unwrap();
    assert_eq!(read(&pipe), files(&[("s/x", "1")]));
    assert_eq!(fs::read_dir(dir.path().join("staged")).unwrap().count(), 0);
}

#[test]
fn links_are_not_followed_out() {
    let dir = tempfile::tempdir().unwrap();
    let (pipe, outside) = (dir.path().join("pipe"), dir.path().join("outside"));
    fs::create_dir(&pipe).unwrap();
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("x"), "kept").unwrap();
    std::os::unix::fs::symlink(&outside, pipe.join("a")).unwrap();
    let publication = publication(dir.path(), "a/b", true, &files(&[("x", "1")]), &["a/x"]);
    let error = publish(&publication).unwrap_err().to_string();
    assert!(error.contains("in the way") && error.contains("pipe/a"), "{error}");
    assert_eq!(read(&outside), files(&[("x", "kept")]));
    assert!(publication.staged.exists(), "what could not be published stays staged");
}

#[test]
fn a_folder_with_foreign_files_is_in_the_way_of_a_file() {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("pipe"), &files(&[("a/foreign", "0")]));
    let publication = publication(dir.path(), ".", false, &files(&[("a", "1")]), &[]);
    assert!(publish(&publication).is_err());
    assert_eq!(read(&dir.path().join("pipe")), files(&[("a/foreign", "0")]));
}

#[test]
fn another_file_system() {
    let Ok(shm) = tempfile::tempdir_in("/dev/shm") else { return };
    for case in CASES {
        let dir = tempfile::tempdir().unwrap();
        old_of(case, dir.path());
        let mut publication = publication(shm.path(), case.target, case.whole, &files(case.new), case.remove);
        publication.pipeline = dir.path().join("pipe");
        publish(&publication).unwrap();
        assert_eq!(read(&publication.pipeline), files(case.want), "{}", case.name);
        assert!(!publication.staged.exists());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// Merging any new files over any old ones of the same datum gives exactly the new ones.
    #[test]
    fn old_outputs_make_way(
        old in proptest::collection::btree_set("[ab](/[ab]){0,3}", 0..6),
        new in proptest::collection::btree_set("[ab](/[ab]){0,3}", 0..6),
    ) {
        let tree = |paths: std::collections::BTreeSet<String>, text: &str| -> Files {
            let inside = |path: &String| paths.iter().any(|other| path.starts_with(&format!("{other}/")));
            paths.iter().filter(|path| !inside(path)).map(|path| (path.clone(), text.to_owned())).collect()
        };
        let (old, new) = (tree(old, "old"), tree(new, "new"));
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("pipe")).unwrap();
        write(&dir.path().join("pipe"), &old);
        let remove: Vec<&str> =
            old.keys().filter(|path| !new.contains_key(*path)).map(String::as_str).collect();
        publish(&publication(dir.path(), ".", false, &new, &remove)).unwrap();
        prop_assert_eq!(read(&dir.path().join("pipe")), new);
    }
}
