//! Commits and the ledger's past, read from real repositories.

use minipach::git::blob_id;
use minipach::model::Kind;

use crate::scan::settled;
use crate::world::World;

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

#[test]
fn the_ledgers_past_is_shown_once_each_newest_first() {
    let world = World::new();
    for (path, text) in [("fs.jsonl", "1"), ("fs.jsonl", "2"), ("fs.d/0a.jsonl", "3"), ("fs.jsonl", "1")] {
        world.write(&format!(".minipach/ledger/{path}"), text);
        world.git(&["add", "."]);
        world.git(&["commit", "-qm", text]);
    }
    world.git(&["branch", "side", "HEAD~2"]);
    world.git(&["rm", "-qr", ".minipach"]);
    world.git(&["commit", "-qm", "gone"]);
    let mut seen = Vec::new();
    let show = |version: minipach::git::history::LedgerVersion<'_>| {
        seen.push((version.path.to_owned(), String::from_utf8_lossy(version.bytes).into_owned()));
        std::ops::ControlFlow::Continue(())
    };
    minipach::git::history::ledger_versions(&world.repo(), show).unwrap();
    let expected = [
        (".minipach/ledger/fs.d/0a.jsonl", "3"),
        (".minipach/ledger/fs.jsonl", "1"),
        (".minipach/ledger/fs.jsonl", "2"),
    ];
    assert_eq!(seen, expected.map(|(path, text)| (path.to_owned(), text.to_owned())));
}
