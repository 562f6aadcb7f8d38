//! Annexed files have one content id in whatever form they stand. Needs `git-annex` on the path.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use minipach::git::{annex, blob_id};
use minipach::model::{ContentId, Kind};

use super::world::World;

/// A repository with one annexed and one plain file; nothing, said aloud, where git-annex is absent.
#[expect(clippy::print_stdout, reason = "a test that is left out says so")]
fn annexed() -> Option<World> {
    let world = World::new();
    if !world.try_git(&["annex", "version"]).status.success() {
        println!("left out: `git-annex` is not on the path");
        return None;
    }
    world.git(&["annex", "init", "-q", "here"]);
    world.git(&["config", "annex.largefiles", "include=*.dat"]);
    world.write("data/deep/a.dat", "one");
    world.write("data/plain", "two");
    world.git(&["annex", "add", "-q", "."]);
    world.git(&["commit", "-qm", "first"]);
    world.settle();
    Some(world)
}

fn content(world: &World, path: &str) -> (Kind, ContentId) {
    let (scan, _) = world.scan_below(&["data"]);
    let entry = scan.entry(path).expect("the file stands");
    (entry.kind, entry.content)
}

#[test]
fn every_form_has_the_same_id() {
    let Some(world) = annexed() else { return };
    let file = "data/deep/a.dat";
    let key = world.git(&["annex", "lookupkey", file]);
    let expected = (Kind::File, ContentId::Annex(key.trim().into()));
    assert_eq!(content(&world, file), expected, "locked");
    assert_eq!(content(&world, "data/plain").1, ContentId::Git(blob_id(b"two")));
    let repo = world.repo();
    assert!(annex::is_present(repo.annex_dir(), key.trim()));

    world.git(&["annex", "unlock", "-q", file]);
    assert_eq!(content(&world, file), expected, "unlocked, not committed");
    world.git(&["commit", "-qam", "unlock"]);
    assert_eq!(content(&world, file), expected, "unlocked");
    world.touch(file, "2030-01-01");
    assert_eq!(content(&world, file), expected, "touched");
    let (scan, _) = world.scan_below(&["data"]);
    assert!(scan.dirty(&repo).unwrap().is_clean_below("data"), "a touch changes nothing");
    fs::set_permissions(world.root().join(file), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(content(&world, file), expected, "executable");

    world.git(&["annex", "drop", "-q", "--force", file]);
    assert!(!annex::is_present(repo.annex_dir(), key.trim()));
    assert_eq!(content(&world, file), expected, "dropped pointer");
    world.git(&["annex", "lock", "-q", "--force", file]);
    assert_eq!(content(&world, file), expected, "dropped link");
    let commit = repo.head().unwrap().commit().expect("a commit was made");
    let committed = repo.tree_files(commit, "data/deep").unwrap();
    assert_eq!((committed[0].kind, &committed[0].content), (expected.0, &expected.1), "in the commit");
}

#[test]
fn an_edited_unlocked_file_is_its_bytes() {
    let Some(world) = annexed() else { return };
    world.git(&["annex", "unlock", "-q", "data/deep/a.dat"]);
    world.git(&["commit", "-qam", "unlock"]);
    world.settle();
    world.scan_below(&["data"]);
    world.write_keeping_mtime("data/deep/a.dat", "ONE");
    assert_eq!(content(&world, "data/deep/a.dat").1, ContentId::Git(blob_id(b"ONE")));
    let (scan, _) = world.scan_below(&["data"]);
    assert!(!scan.dirty(&world.repo()).unwrap().is_clean_below("data"));
}

#[test]
fn a_clone_without_annex_state_still_sees_keys() {
    let Some(world) = annexed() else { return };
    let key = world.git(&["annex", "lookupkey", "data/deep/a.dat"]);
    world.git(&["clone", "-q", ".", "../clone"]);
    let repo = minipach::git::Repo::open(&world.root().join("../clone")).unwrap();
    let mut memory = minipach::git::StatMemory::open(&repo.state_dir());
    let mut scan = minipach::git::Scan::read(&repo, &mut memory).unwrap();
    scan.resolve(&repo, &mut memory, &["data"]).unwrap();
    let entry = scan.entry("data/deep/a.dat").expect("the link stands");
    assert_eq!((entry.kind, entry.content), (Kind::File, ContentId::Annex(key.trim().into())));
    assert!(scan.bad_links().is_empty());
}

/// What [`minipach::git::write::free_annex_branch`] goes by.
#[test]
fn git_annex_has_the_lock_of_its_journal_while_its_branch_moves() {
    const HOOK: &str = "#!/bin/sh\n[ \"$1\" = prepared ] && grep -q refs/heads/git-annex || exit 0\npython3 -c \"\nimport fcntl\ntry:\n    fcntl.lockf(open('.git/annex/journal.lck', 'r+'), fcntl.LOCK_EX | fcntl.LOCK_NB)\n    print('free')\nexcept OSError:\n    print('held')\n\" >> .git/told\n";
    let Some(world) = annexed() else { return };
    let hook = world.root().join(".git/hooks/reference-transaction");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, HOOK).unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    world.write("more.dat", "more\n");
    world.git(&["annex", "add", "-q", "more.dat"]);
    let told = fs::read_to_string(world.root().join(".git/told")).unwrap();
    assert!(told.contains("held") && !told.contains("free"), "{told}");
}
