//! Commits and the ledger's past, read from real repositories.

use minipach::git::blob_id;
use minipach::model::Kind;

use super::scan::settled;
use super::world::World;

#[test]
fn commits_are_read() {
    let world = settled();
    let repo = world.repo();
    let commit = repo.head().unwrap().commit().expect("a commit was made");
    let one = blob_id(b"one");
    assert_eq!(repo.object_of(commit, "data/a.txt").unwrap(), Some((one, Kind::File)));
    assert_eq!(repo.object_of(commit, "data").unwrap(), None);
    assert_eq!(repo.object_of(commit, "gone").unwrap(), None);
    assert!(repo.has_object(one) && !repo.has_object(blob_id(b"never")));
    assert_eq!(repo.blob(one).unwrap(), b"one");
    let (scan, _) = world.scan_below(&["data"]);
    assert_eq!(repo.tree_files(commit, "data").unwrap(), scan.tree("data").entries());
    assert!(repo.tree_files(commit, "gone").unwrap().is_empty());
    assert_eq!(repo.identity(), Some(("Test".into(), "test@example.org".into())));
}

/// Every version of every ledger file: its path and text, and the messages of the newest and the oldest commit.
fn versions(world: &World) -> Vec<[String; 4]> {
    let mut seen = Vec::new();
    let show = |version: minipach::git::history::LedgerVersion<'_>| {
        let subject = |commit: minipach::model::Oid| {
            world.git(&["log", "-1", "--format=%s", &commit.to_string()]).trim().to_owned()
        };
        let text = String::from_utf8_lossy(version.bytes).into_owned();
        let path = version.path.trim_start_matches(".minipach/ledger/").to_owned();
        seen.push([path, text, subject(version.newest), subject(version.oldest)]);
        std::ops::ControlFlow::Continue(())
    };
    minipach::git::history::ledger_versions(&world.repo(), show).expect("the history can be read");
    seen
}

/// Commits each text at its path below the folder of ledgers, one after another.
fn past(files: &[(&str, &str)]) -> World {
    let world = World::new();
    for (number, (path, text)) in files.iter().enumerate() {
        world.write(&format!(".minipach/ledger/{path}"), text);
        world.git(&["add", "."]);
        world.git(&["commit", "-qm", &(number + 1).to_string()]);
    }
    world
}

#[test]
fn the_ledgers_past_is_shown_once_each_newest_first() {
    let world = past(&[("fs.jsonl", "a"), ("fs.jsonl", "b"), ("fs.d/0a.jsonl", "c"), ("fs.jsonl", "a")]);
    world.git(&["branch", "side", "HEAD~2"]);
    world.git(&["rm", "-qr", ".minipach"]);
    world.git(&["commit", "-qm", "gone"]);
    let expected =
        [["fs.d/0a.jsonl", "c", "4", "3"], ["fs.jsonl", "a", "4", "1"], ["fs.jsonl", "b", "3", "2"]];
    assert_eq!(versions(&world), expected);
}

#[test]
fn the_ledgers_past_of_nested_pipelines_is_shown_too() {
    let world = past(&[("a/b/c.jsonl", "deep"), ("proc/fs.d/0a.jsonl", "split"), ("q.jsonl", "split")]);
    let expected = [
        ["a/b/c.jsonl", "deep", "3", "1"],
        ["proc/fs.d/0a.jsonl", "split", "3", "2"],
        ["q.jsonl", "split", "3", "3"],
    ];
    assert_eq!(versions(&world), expected);
}

#[test]
fn what_a_reset_dropped_is_shown_last() {
    let world = past(&[("fs.jsonl", "a"), ("fs.jsonl", "b"), ("fs.jsonl", "c")]);
    world.git(&["reset", "-q", "--hard", "HEAD~2"]);
    let mut seen = Vec::new();
    let show = |version: minipach::git::history::LedgerVersion<'_>| {
        seen.push((String::from_utf8_lossy(version.bytes).into_owned(), version.is_dropped));
        std::ops::ControlFlow::Continue(())
    };
    minipach::git::history::ledger_versions(&world.repo(), show).expect("the history can be read");
    assert_eq!(seen, [("a".into(), false), ("c".into(), true), ("b".into(), true)]);
    world.git(&["reflog", "expire", "--expire=now", "--all"]);
    assert_eq!(versions(&world).len(), 1);
}
