//! The scan against real git: what needs no reading, what must be read, and what is left out.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use minipach::git::{Head, LinkFault, Repo, Scan, Standing, StatMemory, blob_id};
use minipach::model::{ContentId, Kind};

use super::world::World;

fn plain(bytes: &str) -> (Kind, ContentId) {
    (Kind::File, ContentId::Git(blob_id(bytes.as_bytes())))
}

fn content(scan: &Scan, path: &str) -> (Kind, ContentId) {
    let entry = scan.entry(path).expect("the file stands and is resolved");
    (entry.kind, entry.content)
}

/// Two files, committed, old enough that nothing about them is racy.
pub(crate) fn settled() -> World {
    let world = World::new();
    world.write("data/a.txt", "one");
    world.write("data/b.txt", "two");
    world.git(&["add", "."]);
    world.git(&["commit", "-qm", "first"]);
    world.settle();
    world
}

#[test]
fn a_clean_tree_is_known_without_reading() {
    let world = settled();
    // Nothing is resolved here, so all contents come from the index.
    let (scan, memory) = world.scan_below(&[]);
    assert_eq!(content(&scan, "data/a.txt"), plain("one"));
    assert!(memory.is_empty());
    assert!(scan.dirty(&world.repo()).unwrap().is_clean_below(""));
}

/// A way to change `data/a.txt`, and what it holds then.
type Trap = (&'static str, fn(&World), &'static str);

/// What fools tools that go by time stamps.
const TRAPS: [Trap; 8] = [
    ("same size, old time stamp restored", |world| world.write_keeping_mtime("data/a.txt", "ONE"), "ONE"),
    (
        "older time stamp",
        |world| {
            world.write("data/a.txt", "ONE");
            world.touch("data/a.txt", "2001-01-01");
        },
        "ONE",
    ),
    ("time stamp alone", |world| world.touch("data/a.txt", "2030-01-01"), "one"),
    (
        "replaced by a rename, time stamp restored",
        |world| {
            world.write_keeping_mtime("data/new", "ONE");
            world.copy_mtime("data/a.txt", "data/new");
            fs::rename(world.root().join("data/new"), world.root().join("data/a.txt")).expect("both stand");
        },
        "ONE",
    ),
    ("emptied, time stamp restored", |world| world.write_keeping_mtime("data/a.txt", ""), ""),
    (
        "edited at once after `git add`",
        |world| {
            world.write("data/a.txt", "uno");
            world.git(&["add", "."]);
            world.write_keeping_mtime("data/a.txt", "ONE");
        },
        "ONE",
    ),
    (
        "edited at once after `git checkout`",
        |world| {
            world.write("data/a.txt", "uno");
            world.git(&["checkout", "-q", "."]);
            world.write_keeping_mtime("data/a.txt", "ONE");
        },
        "ONE",
    ),
    (
        "edited and put back",
        |world| {
            world.write("data/a.txt", "ONE");
            world.write("data/a.txt", "one");
        },
        "one",
    ),
];

#[test]
fn time_stamps_never_hide_content() {
    for (name, spring, expected) in TRAPS {
        let world = settled();
        let (_, _) = world.scan_below(&["data"]);
        spring(&world);
        for round in 0..2 {
            let (scan, _) = world.scan_below(&["data"]);
            let found = content(&scan, "data/a.txt");
            assert_eq!(found, plain(expected), "{name}, round {round}");
            let dirty = scan.dirty(&world.repo()).unwrap();
            let is_clean = world.git(&["status", "--porcelain", "--", "data"]).is_empty();
            assert_eq!(dirty.is_clean_below("data"), is_clean, "{name}, round {round}");
        }
    }
}

#[test]
fn an_edit_within_a_tick_of_the_memory_is_seen() {
    let world = World::new();
    world.write("data/a.txt", "one");
    for text in ["two", "six", "ten", "one"] {
        world.write_keeping_mtime("data/a.txt", text);
        let (scan, _) = world.scan_below(&["data"]);
        assert_eq!(content(&scan, "data/a.txt"), plain(text));
    }
}

#[test]
fn names_that_come_and_go_are_seen() {
    let world = settled();
    World::wait();
    let paths = |world: &World| -> Vec<String> {
        let (scan, _) = world.scan_below(&[]);
        scan.paths().map(str::to_owned).collect()
    };
    assert_eq!(paths(&world), ["data/a.txt", "data/b.txt"]);
    for round in 0..3 {
        world.write("data/c.txt", "three");
        world.write("data/sub/d", "four");
        assert_eq!(paths(&world), ["data/a.txt", "data/b.txt", "data/c.txt", "data/sub/d"], "round {round}");
        fs::remove_file(world.root().join("data/c.txt")).unwrap();
        fs::rename(world.root().join("data/sub"), world.root().join("data/c.txt")).unwrap();
        assert_eq!(paths(&world), ["data/a.txt", "data/b.txt", "data/c.txt/d"], "round {round}");
        fs::remove_dir_all(world.root().join("data/c.txt")).unwrap();
        assert_eq!(paths(&world), ["data/a.txt", "data/b.txt"], "round {round}");
        World::wait();
    }
    world.write(".git/info/exclude", "b.txt\n");
    world.git(&["rm", "-q", "--cached", "data/b.txt"]);
    assert_eq!(paths(&world), ["data/a.txt"], "the index and the rules may change without the folder");
}

#[test]
fn what_was_read_once_is_remembered() {
    let world = World::new();
    world.write("data/a.txt", "one");
    World::wait();
    world.scan_below(&["data"]);
    let (scan, _) = world.scan_below(&[]);
    assert_eq!(content(&scan, "data/a.txt"), plain("one"));
}

#[test]
fn ignored_files_count_only_when_tracked() {
    let world = World::new();
    world.write(".gitignore", "*.tmp\nbuild/\n!keep.tmp\n");
    world.write("data/.gitignore", "/only-here\n");
    world.write(".git/info/exclude", "secret\n");
    for path in [
        "a.tmp",
        "keep.tmp",
        "build/x",
        "build/tracked",
        "data/only-here",
        "data/sub/only-here",
        "secret",
        "seen",
    ] {
        world.write(path, "x");
    }
    world.git(&["add", "-f", "build/tracked"]);
    let (scan, _) = world.scan_below(&[""]);
    let found: Vec<_> = scan.paths().collect();
    let expected =
        [".gitignore", "build/tracked", "data/.gitignore", "data/sub/only-here", "keep.tmp", "seen"];
    assert_eq!(found, expected);
    let shown = world.git(&["ls-files", "--cached", "--others", "--exclude-standard"]);
    let by_git: BTreeSet<_> = shown.lines().collect();
    assert_eq!(by_git, expected.into_iter().collect::<BTreeSet<_>>());
}

#[test]
fn odd_names_are_kept_or_named() {
    let world = World::new();
    let names =
        ["data/new\nline", "data/tab\there", "data/quote\"d", "data/back\\slash", "data/ü", "data/ space "];
    for name in names {
        world.write(name, name);
    }
    fs::write(world.root().join(OsStr::from_bytes(b"data/\xff\xfe")), "x").unwrap();
    world.write(".gitattributes", "* text=auto\n");
    let (scan, _) = world.scan_below(&["data"]);
    for name in names {
        assert_eq!(content(&scan, name), plain(name), "{name:?}");
    }
    assert_eq!(scan.odd_names(), ["data/\u{fffd}\u{fffd}"]);
}

#[test]
fn contents_are_what_git_would_store() {
    let world = World::new();
    world.write(".gitattributes", "*.txt text\n*.x filter=upper\n*.bin -text\n");
    world.git(&["config", "filter.upper.clean", "tr a-z A-Z"]);
    for name in ["data/a.txt", "data/b.x", "data/c.bin", "data/d"] {
        world.write(name, "one\r\ntwo\r\n");
    }
    World::wait();
    for round in 0..2 {
        let (scan, _) = world.scan_below(&["data"]);
        for name in ["data/a.txt", "data/b.x", "data/c.bin", "data/d"] {
            let by_git = world.git(&["hash-object", name]);
            let ours = scan.entry(name).map(|entry| entry.content.to_string());
            assert_eq!(ours, Some(format!("git:{}", by_git.trim())), "{name}, round {round}");
        }
    }
    world.write(".gitattributes", "");
    let (scan, _) = world.scan_below(&["data"]);
    assert_eq!(content(&scan, "data/a.txt"), plain("one\r\ntwo\r\n"));
}

#[test]
fn links_stand_for_their_targets() {
    let world = settled();
    for (target, link) in [
        ("a.txt", "data/inside"),
        ("inside", "data/chained"),
        ("nothing", "data/dangling"),
        ("/etc/passwd", "data/outside"),
        ("../data", "data/folder"),
        ("loop", "data/loop"),
        ("../ignored", "data/unknown"),
    ] {
        symlink(target, world.root().join(link)).unwrap();
    }
    world.write(".git/info/exclude", "ignored\n");
    world.write("ignored", "x");
    let (scan, _) = world.scan_below(&["data"]);
    for link in ["data/inside", "data/chained"] {
        assert_eq!(content(&scan, link), plain("one"));
    }
    let faults: Vec<_> = scan.bad_links().iter().map(|(path, fault)| (&**path, *fault)).collect();
    assert_eq!(
        faults,
        [
            ("data/dangling", LinkFault::Dangling),
            ("data/folder", LinkFault::Folder),
            ("data/loop", LinkFault::Loop),
            ("data/outside", LinkFault::Outside),
            ("data/unknown", LinkFault::Unknown),
        ]
    );
    assert!(scan.unchanged("data/chained"));
    world.write("data/a.txt", "changed");
    assert!(!scan.unchanged("data/chained"), "its target changed");
    assert_eq!(content(&world.scan_below(&["data"]).0, "data/chained"), plain("changed"));
}

#[test]
fn dirty_means_not_as_in_head() {
    let world = settled();
    world.write("raw/x", "x");
    world.git(&["add", "raw/x"]);
    world.write("new/y", "y");
    fs::remove_file(world.root().join("data/b.txt")).unwrap();
    let (scan, _) = world.scan_below(&[""]);
    let dirty = scan.dirty(&world.repo()).unwrap();
    let paths: Vec<_> = dirty.paths().iter().map(|path| &**path).collect();
    assert_eq!(paths, ["data/b.txt", "new/y", "raw/x"]);
    assert_eq!(scan.tree("data").len(), 1);
}

#[test]
fn executable_bits_count() {
    let world = settled();
    let path = world.root().join("data/a.txt");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let (scan, _) = world.scan_below(&["data"]);
    assert_eq!(scan.entry("data/a.txt").map(|entry| entry.kind), Some(Kind::Exec));
    assert!(!scan.dirty(&world.repo()).unwrap().is_clean_below("data"));
    world.git(&["config", "core.filemode", "false"]);
    let (scan, _) = world.scan_below(&["data"]);
    assert_eq!(scan.entry("data/a.txt").map(|entry| entry.kind), Some(Kind::File));
    assert!(scan.dirty(&world.repo()).unwrap().is_clean_below("data"));
}

#[test]
fn specs_and_folders_are_found() {
    let world = World::new();
    for path in [
        "fs/spec.yml",
        "proc/fs/spec.yml",
        ".hidden/spec.yml",
        "spec.yml",
        "raw/t1/sub/x",
        ".minipach/ledger/fs.jsonl",
    ] {
        world.write(path, "x");
    }
    let (scan, _) = world.scan_below(&[]);
    assert_eq!(scan.specs(), ["fs/spec.yml", "proc/fs/spec.yml"]);
    let folders =
        [".hidden", ".minipach", ".minipach/ledger", "fs", "proc", "proc/fs", "raw", "raw/t1", "raw/t1/sub"];
    assert_eq!(scan.folders(), folders.map(str::to_owned).into_iter().collect());
    assert!(folders.iter().all(|folder| scan.has_folder(folder)));
    assert!(["", "f", "raw/t", "fs/spec.yml", "gone"].iter().all(|folder| !scan.has_folder(folder)));
}

#[test]
fn a_sparse_checkout_keeps_contents_known() {
    let world = settled();
    world.write("raw/x", "x");
    world.git(&["add", "."]);
    world.git(&["commit", "-qm", "more"]);
    world.settle();
    world.git(&["sparse-checkout", "set", "--no-cone", "/raw/"]);
    assert!(!world.root().join("data/a.txt").exists());
    let (scan, _) = world.scan_below(&["data"]);
    assert_eq!(content(&scan, "data/a.txt"), plain("one"));
    assert!(scan.dirty(&world.repo()).unwrap().is_clean_below("") && scan.unchanged("data/a.txt"));
}

#[test]
fn subdatasets_are_their_recorded_commit() {
    let world = settled();
    let source = settled();
    world.git(&[
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "add",
        "-q",
        source.root().to_str().unwrap(),
        "sub",
    ]);
    world.write("stray/inner/.git/HEAD", "ref: refs/heads/main\n");
    world.write("stray/inner/x", "x");
    let (scan, _) = world.scan_below(&[""]);
    let repo = world.repo();
    let commit = scan.gitlink("sub").expect("a gitlink stands at `sub`");
    assert_eq!(scan.entry("sub").map(|entry| entry.kind), Some(Kind::Gitlink));
    assert!(!scan.contains("sub/data/a.txt") && !scan.contains("stray/inner/x"));
    assert_eq!(scan.nested_repositories().iter().map(|path| &**path).collect::<Vec<_>>(), ["stray/inner"]);
    let files = |folder: &str| scan.inside(&repo, folder).map(|inside| inside.files);
    let paths = |folder: &str| -> Vec<String> {
        files(folder).unwrap().iter().map(|entry| entry.path.to_string()).collect()
    };
    assert_eq!(paths("sub"), ["sub/data/a.txt", "sub/data/b.txt"]);
    assert_eq!(paths("sub/data/b.txt"), ["sub/data/b.txt"]);
    assert_eq!((paths("su"), paths("data")), (vec![], vec![]));
    assert_eq!(scan.standings(&repo), [("sub".to_owned(), Standing::There)]);
    assert!(scan.may_have_folder("sub/data") && !scan.may_have_folder("sub/date"));
    world.write("sub/new", "x");
    assert!(repo.is_dirty("sub"));
    fs::remove_file(world.root().join("sub/new")).unwrap();

    world.git_in("sub", &["commit", "-q", "--allow-empty", "-m", "on"]);
    let inside = scan.inside(&repo, "sub").unwrap();
    assert!(inside.files.is_empty() && inside.subdatasets.is_empty());
    let moved = inside.off[0].error().to_string();
    assert!(
        moved.contains(&format!("but the project records {commit}; save it with `datalad save -d . sub`")),
        "{moved}"
    );
    fs::remove_dir_all(world.root().join("sub")).unwrap();
    fs::create_dir(world.root().join("sub")).unwrap();
    let inside = scan.inside(&repo, "sub").unwrap();
    assert_eq!((inside.absent, inside.files.len()), (vec!["sub".to_owned()], 0));
    assert_eq!(scan.standings(&repo), [("sub".to_owned(), Standing::Absent)]);
    assert!(scan.may_have_folder("sub/data"), "nobody knows before it is installed");
}

#[test]
fn repositories_are_found_or_refused_in_words() {
    let world = World::new();
    assert!(matches!(world.repo().head().unwrap(), Head::Unborn { branch } if branch == "refs/heads/main"));
    assert_eq!(world.scan_below(&[""]).0.paths().count(), 0);
    world.write("data/a.txt", "one");
    world.git(&["add", "."]);
    world.git(&["commit", "-qm", "first"]);
    let repo = Repo::open(&world.root().join("data")).unwrap();
    assert_eq!(repo.root(), world.root());
    let commit = repo.head().unwrap().commit().expect("a commit was made");
    world.git(&["worktree", "add", "-q", "--detach", "../tree"]);
    let tree = Repo::open(&world.root().join("../tree")).unwrap();
    assert_eq!(tree.head().unwrap(), Head::Detached { commit });
    let scan = Scan::read(&tree, &mut StatMemory::open(&tree.state_dir())).unwrap();
    assert_eq!(scan.paths().collect::<Vec<_>>(), ["data/a.txt"], "its `.git` file is none of its files");
    assert!(tree.git_dir().ends_with("worktrees/tree") && tree.common_dir() == repo.git_dir());

    let place = world.root().join("..");
    world.git(&["init", "-q", "--bare", "../bare.git"]);
    world.git(&["init", "-q", "--object-format=sha256", "../sha256"]);
    fs::create_dir(place.join("none")).unwrap();
    for (folder, part) in [
        ("bare.git", "is a bare repository"),
        ("sha256", "stores SHA-256 objects"),
        ("none", "is not inside a git repository"),
    ] {
        let refusal = Repo::open(&place.join(folder)).unwrap_err().to_string();
        assert!(refusal.contains(part), "{refusal}");
    }
}

#[test]
fn an_index_that_cannot_be_read_is_refused_with_the_remedy() {
    let world = settled();
    world.git(&["update-index", "--split-index"]);
    let read = || Scan::read(&world.repo(), &mut StatMemory::open(&world.repo().state_dir()));
    let refusal = read().unwrap_err().to_string();
    assert!(refusal.contains("run `git update-index --no-split-index`"), "{refusal}");
    world.git(&["update-index", "--no-split-index"]);
    assert_eq!(read().unwrap().paths().count(), 2);
}

#[test]
fn vanished_files_are_forgotten() {
    let world = World::new();
    world.write("data/a.txt", "one");
    World::wait();
    let is_empty = || StatMemory::open(&world.repo().state_dir()).is_empty();
    world.scan_below(&["data"]);
    assert!(!is_empty());
    fs::remove_file(world.root().join("data/a.txt")).unwrap();
    World::wait();
    world.scan_below(&["data"]);
    assert!(is_empty());
}

#[test]
fn merges_in_progress_are_told() {
    let world = settled();
    world.git(&["checkout", "-qb", "other"]);
    world.write("data/a.txt", "theirs");
    world.git(&["commit", "-qam", "theirs"]);
    world.git(&["checkout", "-q", "main"]);
    world.write("data/a.txt", "ours");
    world.git(&["commit", "-qam", "ours"]);
    assert_eq!(world.repo().operation(), None);
    world.try_git(&["merge", "-q", "other"]);
    let repo = world.repo();
    assert_eq!(repo.operation(), Some("merge"));
    let (scan, _) = world.scan_below(&[""]);
    assert_eq!(scan.unmerged(), ["data/a.txt"]);
    assert!(!scan.dirty(&repo).unwrap().is_clean_below("data") && scan.entry("data/a.txt").is_some());
}

#[test]
fn rules_from_above_reach_into_tracked_folders() {
    let world = World::new();
    let tracked = ["out/kept/a", "out/kept/deep/b", "out/own/c", "free/x.log/d"];
    for path in tracked {
        world.write(path, "x");
    }
    world.git(&["add", "."]);
    world.git(&["commit", "-qm", "before the rules"]);
    world.write(".gitignore", "/out/\n*.log\n");
    world.write("out/own/.gitignore", "!new\n");
    for path in
        ["out/kept/new", "out/kept/deep/new", "out/own/new", "free/x.log/new", "free/new", "free/y.log"]
    {
        world.write(path, "x");
    }
    let expected = world.git(&["ls-files", "--cached", "--others", "--exclude-standard"]);
    let mut expected: Vec<_> = expected.lines().collect();
    expected.sort_unstable();
    assert_eq!(expected.len(), tracked.len() + 2, "{expected:?}");
    for _ in 0..2 {
        let (scan, _) = world.scan_below(&[""]);
        assert_eq!(scan.paths().collect::<Vec<_>>(), expected);
        World::wait();
    }
}
