//! Tests of the shelf: whatever a command did to a kept farm, the next one holds exactly what it should.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::ahead::FarmsAhead;
use super::farm::{FarmFile, Source};
use super::slot::Slot;

/// What a command may do to the files around it.
#[derive(Clone, Debug)]
enum Tamper {
    Remove(usize),
    Create(usize),
    Retarget(usize),
    LinkFolderElsewhere(usize),
    Lock(usize),
    RemoveFolder(usize),
}

fn tampers() -> impl Strategy<Value = Tamper> {
    let at = 0..20_usize;
    prop_oneof![
        at.clone().prop_map(Tamper::Remove),
        at.clone().prop_map(Tamper::Create),
        at.clone().prop_map(Tamper::Retarget),
        at.clone().prop_map(Tamper::LinkFolderElsewhere),
        at.clone().prop_map(Tamper::Lock),
        at.prop_map(Tamper::RemoveFolder),
    ]
}

const NAME: &str = "stats:.";

type Files = BTreeMap<String, u8>;

fn files() -> impl Strategy<Value = Files> {
    proptest::collection::btree_map("(a|b)/[cd](/[ef](/g)?)?/x[1-3]", 0..2_u8, 0..8)
}

fn target(version: u8) -> PathBuf {
    PathBuf::from(format!("/nowhere/{version}"))
}

fn lay_out(slot: &mut Slot, files: &Files, ahead: &FarmsAhead) {
    let targets: Vec<PathBuf> = files.values().map(|version| target(*version)).collect();
    let list =
        files.keys().zip(&targets).map(|(to, path)| FarmFile { to: to.into(), from: Source::File(path) });
    slot.prepare_kept(NAME, list, ahead).unwrap();
}

/// Everything below a folder: links with their texts, empty for folders and files.
fn standing(folder: &Path, prefix: &str, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
        if let Ok(text) = path.read_link() {
            found.insert(name, text.to_str().unwrap().to_owned());
        } else if path.is_dir() {
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o700, 0o700, "{name}");
            standing(&path, &format!("{name}/"), found);
            found.insert(format!("{name}/"), String::new());
        } else {
            found.insert(name, String::new());
        }
    }
}

fn expected(files: &Files) -> BTreeMap<String, String> {
    let mut all = BTreeMap::from([("out/".to_owned(), String::new())]);
    for (path, version) in files {
        all.extend(path.match_indices('/').map(|(at, _)| (path[..=at].to_owned(), String::new())));
        all.insert(path.clone(), target(*version).to_str().unwrap().to_owned());
    }
    all
}

fn tamper(pfs: &Path, files: &Files, what: &Tamper) {
    let nth = |at: usize| files.keys().nth(at % files.len().max(1)).map(|path| pfs.join(path));
    let (Tamper::Remove(at)
    | Tamper::Create(at)
    | Tamper::Retarget(at)
    | Tamper::LinkFolderElsewhere(at)
    | Tamper::Lock(at)
    | Tamper::RemoveFolder(at)) = what;
    let Some(file) = nth(*at) else { return };
    let folder = file.parent().unwrap();
    if !folder.is_dir() {
        return;
    }
    match what {
        Tamper::Remove(_) => drop(fs::remove_file(file)),
        Tamper::Create(_) => drop(fs::write(folder.join("made"), "by a command")),
        Tamper::Retarget(_) => {
            drop(fs::remove_file(&file));
            drop(symlink("/elsewhere", &file));
        }
        Tamper::LinkFolderElsewhere(_) => {
            let away = pfs.join(format!("out/{at}"));
            if fs::rename(folder, &away).is_ok() {
                drop(symlink(away, folder));
            }
        }
        Tamper::Lock(_) => drop(fs::set_permissions(folder, fs::Permissions::from_mode(0o500))),
        Tamper::RemoveFolder(_) => drop(fs::remove_dir_all(folder)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn a_mended_farm_holds_exactly_its_files(
        rounds in proptest::collection::vec((files(), proptest::collection::vec(tampers(), 0..4), any::<bool>()), 1..5),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let mut slot = Slot::new(dir.path(), 0).unwrap();
        let ahead = FarmsAhead::default();
        for (files, tampers, other_slot) in rounds {
            lay_out(&mut slot, &files, &ahead);
            let mut found = BTreeMap::new();
            standing(&slot.real_pfs(), "", &mut found);
            prop_assert_eq!(found, expected(&files));
            for what in tampers {
                tamper(&slot.real_pfs(), &files, &what);
            }
            if other_slot {
                // Stats of the list must be able to prove something now and then.
                std::thread::sleep(std::time::Duration::from_millis(60));
                drop(slot);
                slot = Slot::new(dir.path(), 1).unwrap();
            }
            // On the shelf it can be proven; on loan, or another time than the next, it must not be.
            ahead.look(dir.path(), NAME);
        }
    }
}

#[test]
fn a_farm_is_kept_between_slots_and_mended_only_where_it_must_be() {
    let dir = tempfile::tempdir().unwrap();
    let changed = |slot: &Slot, path: &str| {
        use std::os::unix::fs::MetadataExt as _;
        let folder = slot.real_pfs().join(path).metadata().unwrap();
        (folder.ctime(), folder.ctime_nsec())
    };
    let mut files: Files = ["a/c/x1", "a/d/x1", "b/c/x1"].map(|path| (path.to_owned(), 0)).into();
    let mut slot = Slot::new(dir.path(), 0).unwrap();
    lay_out(&mut slot, &files, &FarmsAhead::default());
    let before = [changed(&slot, "a/c"), changed(&slot, "a/d")];
    // Another datum in between, and a slot that ends without giving back: its process was killed.
    slot.prepare([], false).unwrap();
    assert!(!slot.real_pfs().join("a").exists());
    lay_out(&mut slot, &files, &FarmsAhead::default());
    std::mem::forget(slot);
    let again = Slot::new(dir.path(), 0).unwrap();
    assert!(!again.real_pfs().exists(), "the farm is back on the shelf");
    let mut slot = Slot::new(dir.path(), 1).unwrap();
    files.insert("a/c/x1".to_owned(), 1);
    lay_out(&mut slot, &files, &FarmsAhead::default());
    let after = [changed(&slot, "a/c"), changed(&slot, "a/d")];
    assert!(after[0] != before[0] && after[1] == before[1], "{before:?} {after:?}");
}

#[test]
fn few_farms_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let mut slot = Slot::new(dir.path(), 0).unwrap();
    for number in 0..12 {
        let list = [FarmFile { to: "a/x".into(), from: Source::File(Path::new("/nowhere")) }];
        slot.prepare_kept(&format!("stats:{number}"), list, &FarmsAhead::default()).unwrap();
    }
    drop(slot);
    assert_eq!(fs::read_dir(dir.path().join("farms")).unwrap().count(), 8);
}

#[test]
fn slots_that_share_a_shelf_never_fail_and_see_their_own_files() {
    let dir = tempfile::tempdir().unwrap();
    let work = dir.path();
    let one_slot = move |number: usize| {
        let mut slot = Slot::new(work, number).unwrap();
        for round in 0..150_usize {
            let name = (round * 7 + number * 5) % 20;
            let paths = ["x", "y", "z"].map(|file| format!("f{name}/{file}"));
            let list =
                paths.iter().map(|to| FarmFile { to: to.into(), from: Source::File(Path::new("/nowhere")) });
            slot.prepare_kept(&format!("stats:{name}-{number}"), list, &FarmsAhead::default()).unwrap();
            let mut found = BTreeMap::new();
            standing(&slot.real_pfs(), "", &mut found);
            assert_eq!(found.len(), 5, "{found:?}");
            assert!(paths.iter().all(|path| found.contains_key(path)), "{found:?}");
        }
    };
    std::thread::scope(|scope| {
        for number in 0..4 {
            scope.spawn(move || one_slot(number));
        }
    });
}

/// So many folders are laid out by two threads, each with all below its own.
#[test]
fn a_farm_of_many_folders_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let mut slot = Slot::new(&dir.path().join("work"), 0).unwrap();
    let paths = (0..600).flat_map(|number| {
        let deeper = [format!("a/{number}/d/e/x"), format!("a/{number}-b/x"), format!("a/{number}0/y")];
        deeper.into_iter().chain([format!("a/{number}/x")])
    });
    let files: Files = paths.map(|path| (path, 1)).chain([("b/x".to_owned(), 0)]).collect();
    lay_out(&mut slot, &files, &FarmsAhead::default());
    let mut found = BTreeMap::new();
    standing(&slot.real_pfs(), "", &mut found);
    assert!(found == expected(&files), "{} of {}", found.len(), expected(&files).len());
}

/// A farm may be dropped for others between the look and its use.
#[test]
fn a_farm_that_went_since_it_was_looked_at_is_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let files = Files::from([("a/c/x1".to_owned(), 0), ("b/d/x2".to_owned(), 1)]);
    let ahead = FarmsAhead::default();
    let mut slot = Slot::new(dir.path(), 0).unwrap();
    lay_out(&mut slot, &files, &ahead);
    drop(slot);
    // Stats of the list must be able to prove something.
    std::thread::sleep(std::time::Duration::from_millis(60));
    let mut slot = Slot::new(dir.path(), 0).unwrap();
    lay_out(&mut slot, &files, &ahead);
    drop(slot);
    let shelf = super::shelf_list::place(dir.path(), NAME);
    ahead.look(dir.path(), NAME);
    let seen = ahead.take(NAME).unwrap();
    assert!(seen.is_proven, "it stands as it was left");
    ahead.look(dir.path(), NAME);
    while !ahead.is_over(NAME) {
        std::thread::yield_now();
    }
    fs::remove_dir_all(shelf).unwrap();
    let mut slot = Slot::new(dir.path(), 1).unwrap();
    lay_out(&mut slot, &files, &ahead);
    let mut found = BTreeMap::new();
    standing(&slot.real_pfs(), "", &mut found);
    assert_eq!(found, expected(&files));
}
