//! Ledger files in the work tree: where they stand, how they are read, and how they are replaced.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, FileType};
use std::io::{self, ErrorKind};
use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::file::{Durability, remove_leftovers, write_atomic};
use super::format::{self, Parsed};
use super::layout::{FOLDER, form_of, is_shard_name, path_for, shard_folder, shard_path, single_path};
use super::works::DamagedLine;
use super::{Form, LedgerError, PipelineLedger, pipeline_of, tidy};
use crate::model::{KnownResult, PipelineName, WorkId};

/// Reads a pipeline's ledger from the work tree, in both forms; one that does not exist is empty.
///
/// # Errors
/// When a file cannot be read, or is in a newer format.
pub fn read_pipeline(root: &Path, name: &PipelineName) -> Result<PipelineLedger, LedgerError> {
    let mut parsed = Parsed::default();
    for path in standing(root, name)? {
        let full = root.join(&path);
        let bytes = fs::read(&full).map_err(LedgerError::io("read", &full))?;
        tidy::parse(&path, &bytes, &mut parsed)?;
    }
    Ok(PipelineLedger::from_parsed(parsed))
}

/// A file of a ledger with lines that say nothing.
#[derive(Clone, Debug)]
pub struct DamagedFile {
    /// The file, from the root.
    pub path: String,
    /// What is in it.
    pub bytes: Vec<u8>,
    /// The lines that are passed over, in order; never none.
    pub lines: Vec<DamagedLine>,
}

/// The files of a pipeline's ledger in the work tree that have lines which say nothing.
///
/// # Errors
/// When a file cannot be read.
pub fn damaged_files(root: &Path, name: &PipelineName) -> Result<Vec<DamagedFile>, LedgerError> {
    let mut found = Vec::new();
    for path in standing(root, name)? {
        let full = root.join(&path);
        let bytes = fs::read(&full).map_err(LedgerError::io("read", &full))?;
        let lines = format::damaged_lines(&path, &bytes);
        if !lines.is_empty() {
            found.push(DamagedFile { path, bytes, lines });
        }
    }
    Ok(found)
}

/// Reads the ledgers of several pipelines on all processors; the answers are in the order of `names`.
///
/// # Errors
/// The first of [`read_pipeline`]'s, by order of `names`.
pub fn read_all(root: &Path, names: &[PipelineName]) -> Result<Vec<PipelineLedger>, LedgerError> {
    let mut read = read_in_threads(root, names);
    read.sort_by_key(|(at, _)| *at);
    read.into_iter().map(|(_, ledger)| ledger).collect()
}

fn read_in_threads(root: &Path, names: &[PipelineName]) -> Vec<(usize, Result<PipelineLedger, LedgerError>)> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut read = Vec::new();
        while let Some((at, name)) = claim(&next, names) {
            read.push((at, read_pipeline(root, name)));
        }
        read
    };
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(names.len());
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut all = work();
        for other in others {
            all.extend(other.join().expect("reading a ledger does not panic"));
        }
        all
    })
}

fn claim<'a>(next: &AtomicUsize, names: &'a [PipelineName]) -> Option<(usize, &'a PipelineName)> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    names.get(at).map(|name| (at, name))
}

/// Reads a ledger from files given as (path from the root, bytes): a commit's, or many commits'.
///
/// # Errors
/// When one is in a newer format.
pub fn parse_files<P: AsRef<str>, B: AsRef<[u8]>>(
    files: impl IntoIterator<Item = (P, B)>,
) -> Result<PipelineLedger, LedgerError> {
    let mut parsed = Parsed::default();
    for (path, bytes) in files {
        tidy::parse(path.as_ref(), bytes.as_ref(), &mut parsed)?;
    }
    Ok(PipelineLedger::from_parsed(parsed))
}

/// The files of a ledger in `form`, by path from the root; only works that a line uses are written.
pub fn render(name: &PipelineName, ledger: &PipelineLedger, form: Form) -> BTreeMap<String, Vec<u8>> {
    let mut parts: BTreeMap<String, Vec<&KnownResult>> = BTreeMap::new();
    for line in ledger.lines() {
        parts.entry(path_for(name, form, &line.key)).or_default().push(line);
    }
    parts.into_iter().map(|(path, lines)| (path, part_bytes(ledger, &lines))).collect()
}

fn part_bytes(ledger: &PipelineLedger, lines: &[&KnownResult]) -> Vec<u8> {
    let used: BTreeSet<WorkId> = lines.iter().map(|line| line.work).collect();
    let works = ledger.works().iter().filter(|(id, _)| used.contains(id));
    format::file_bytes(works, lines.iter().copied())
}

/// Writes a ledger, touching only files whose bytes change, and removes files of the other form.
/// Gives the paths from the root that changed or went; an empty ledger has no file.
///
/// # Errors
/// When a file cannot be written or removed. What was written until then is whole.
pub fn write(root: &Path, name: &PipelineName, ledger: &PipelineLedger) -> Result<Vec<String>, LedgerError> {
    let standing = standing(root, name)?;
    let form = Form::choose(form_of(name, &standing), ledger.lines().len());
    replace(root, name, ledger, form, standing)
}

/// Writes some shards of a ledger that stands in shards; `part` holds all their lines and no others.
pub(super) fn write_shards(
    root: &Path,
    name: &PipelineName,
    part: &PipelineLedger,
    shards: &BTreeSet<u8>,
) -> Result<Vec<String>, LedgerError> {
    let paths = shards.iter().map(|shard| shard_path(name, *shard));
    let standing = paths.filter(|path| root.join(path).exists()).collect();
    replace(root, name, part, Form::Shards, standing)
}

/// Replaces the `standing` files by those of a ledger in `form`.
fn replace(
    root: &Path,
    name: &PipelineName,
    ledger: &PipelineLedger,
    form: Form,
    standing: Vec<String>,
) -> Result<Vec<String>, LedgerError> {
    let files = render(name, ledger, form);
    let mut changed = Vec::new();
    for (path, bytes) in &files {
        let full = root.join(path);
        if fs::read(&full).is_ok_and(|old| old == *bytes) {
            continue;
        }
        write_atomic(&full, bytes, Durability::Process)?;
        changed.push(path.clone());
    }
    for path in standing.into_iter().filter(|path| !files.contains_key(path)) {
        let full = root.join(&path);
        fs::remove_file(&full).map_err(LedgerError::io("remove", &full))?;
        changed.push(path);
    }
    tidy(root, name);
    changed.sort();
    Ok(changed)
}

/// Removes unfinished files and folders that became empty; what cannot be removed stays.
fn tidy(root: &Path, name: &PipelineName) {
    let shards = root.join(shard_folder(name));
    remove_leftovers(&shards);
    let mut folder = Some(shards.as_path());
    while let Some(path) = folder.filter(|path| *path != root.join(FOLDER)) {
        drop(fs::remove_dir(path));
        folder = path.parent();
    }
    remove_leftovers(root.join(single_path(name)).parent().unwrap_or(root));
}

/// The files of a pipeline's ledger that stand in the work tree, in order of path.
pub(super) fn standing(root: &Path, name: &PipelineName) -> Result<Vec<String>, LedgerError> {
    let folder = shard_folder(name);
    let full = root.join(&folder);
    let shards = entries(&full).map_err(LedgerError::io("list", &full))?;
    let mut found: Vec<String> = shards
        .into_iter()
        .filter(|(file, kind)| kind.is_file() && is_shard_name(file))
        .map(|(file, _)| format!("{folder}/{file}"))
        .collect();
    let single = single_path(name);
    if root.join(&single).is_file() {
        found.push(single);
    }
    found.sort_unstable();
    Ok(found)
}

/// What is in a folder; nothing if there is no such folder. Names that are no text are none of ours.
fn entries(folder: &Path) -> io::Result<Vec<(String, FileType)>> {
    let listing = match fs::read_dir(folder) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        listing => listing?,
    };
    let mut found = Vec::new();
    for entry in listing {
        let entry = entry?;
        if let Ok(name) = entry.file_name().into_string() {
            found.push((name, entry.file_type()?));
        }
    }
    Ok(found)
}

/// The pipelines that have a ledger in the work tree, in order of name.
///
/// # Errors
/// When a folder cannot be listed.
pub fn names(root: &Path) -> Result<Vec<PipelineName>, LedgerError> {
    let mut found = BTreeSet::new();
    let mut folders = vec![FOLDER.to_owned()];
    while let Some(folder) = folders.pop() {
        let full = root.join(&folder);
        for (file, kind) in entries(&full).map_err(LedgerError::io("list", &full))? {
            let path = format!("{folder}/{file}");
            // Not following links: one to a parent would never end.
            if kind.is_dir() {
                folders.push(path);
            } else {
                found.extend(pipeline_of(&path));
            }
        }
    }
    Ok(found.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::WorkFields;
    use crate::model::{DatumId, Place};

    fn name(text: &str) -> PipelineName {
        PipelineName::parse(text).unwrap()
    }

    fn line(number: usize) -> KnownResult {
        KnownResult {
            key: format!("sub-{number:05}").into(),
            id: DatumId(*blake3::hash(&number.to_le_bytes()).as_bytes()),
            work: WorkId([u8::try_from(number % 2).unwrap(); 32]),
            inputs: Vec::new(),
            outputs: Vec::new(),
            place: Place::Env,
        }
    }

    fn ledger(count: usize) -> PipelineLedger {
        let works = (0..9).map(|byte| (WorkId([byte; 32]), WorkFields::new())).collect();
        PipelineLedger::new((0..count).map(line).collect(), works)
    }

    #[test]
    fn what_is_written_is_read_in_each_form_and_nothing_else_changes() {
        let dir = tempfile::tempdir().unwrap();
        let (root, fs) = (dir.path(), name("proc/fs"));
        // (lines, files that stand): the form changes late in both directions.
        for (count, files) in [(3, 1), (2000, 1), (2001, 256), (1000, 256), (999, 1), (0, 0)] {
            let written = ledger(count);
            let changed = write(root, &fs, &written).unwrap();
            assert!(!changed.is_empty());
            assert!(changed.iter().all(|path| pipeline_of(path) == Some(fs.clone())), "{changed:?}");
            assert_eq!(write(root, &fs, &written).unwrap(), Vec::<String>::new());
            let read = read_pipeline(root, &fs).unwrap();
            assert_eq!(read.lines(), written.lines());
            assert_eq!(read.works().len(), if count == 0 { 0 } else { 2 });
            let standing = standing(root, &fs).unwrap().len();
            // Not each shard of a small ledger has a line.
            assert!(standing == files || (files == 256 && (240..=256).contains(&standing)), "{standing}");
            assert_eq!(names(root).unwrap(), if count == 0 { vec![] } else { vec![fs.clone()] });
        }
    }

    #[test]
    fn a_small_change_is_a_small_change_on_disk() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &name("fs"), &ledger(3000)).unwrap();
        let mut changed = line(7);
        changed.id = DatumId([7; 32]);
        let next = ledger(3000).updated(vec![changed], &BTreeSet::new(), []);
        assert_eq!(write(dir.path(), &name("fs"), &next).unwrap().len(), 1);
    }

    #[test]
    fn both_forms_are_read_at_once() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &name("fs"), &ledger(2500)).unwrap();
        let single =
            render(&name("fs"), &PipelineLedger::new(vec![line(9999)], BTreeMap::new()), Form::Single);
        fs::write(dir.path().join(".minipach/ledger/fs.jsonl"), single.values().next().unwrap()).unwrap();
        let read = read_pipeline(dir.path(), &name("fs")).unwrap();
        assert_eq!((read.lines().len(), read.lines_for("sub-09999").len()), (2501, 1));
    }

    #[test]
    fn a_commit_is_read_like_the_work_tree() {
        let files = render(&name("fs"), &ledger(5), Form::Shards);
        assert!(files.len() > 1);
        assert_eq!(parse_files(files).unwrap().lines(), ledger(5).lines());
    }

    #[test]
    fn names_that_look_like_the_layout_stay_apart() {
        let dir = tempfile::tempdir().unwrap();
        let all = ["fs", "fs.d/ab", "fs.d_/ab", "fs.jsonl/x", "fs.jsonl", "a/b.d", "ab"].map(name);
        for (number, pipeline) in all.iter().enumerate() {
            write(dir.path(), pipeline, &PipelineLedger::new(vec![line(number)], BTreeMap::new())).unwrap();
        }
        for (number, pipeline) in all.iter().enumerate() {
            let read = read_pipeline(dir.path(), pipeline).unwrap();
            assert_eq!(read.lines(), [line(number)], "{pipeline}");
        }
        let read = read_all(dir.path(), &all).unwrap();
        let keys: Vec<_> = read.iter().map(|ledger| ledger.lines().to_vec()).collect();
        assert_eq!(keys, (0..all.len()).map(|number| vec![line(number)]).collect::<Vec<_>>());
        let found: BTreeSet<_> = names(dir.path()).unwrap().into_iter().collect();
        assert_eq!(found, all.into_iter().collect());
    }

    #[test]
    fn odd_things_in_the_ledger_folder_are_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join(FOLDER);
        fs::create_dir_all(folder.join("fs.jsonl")).unwrap();
        fs::create_dir_all(folder.join("fs.d/aa.jsonl")).unwrap();
        fs::write(folder.join("fs.d/notes.txt"), "x").unwrap();
        assert!(read_pipeline(dir.path(), &name("fs")).unwrap().lines().is_empty());
        let refused = write(dir.path(), &name("fs"), &ledger(1)).unwrap_err().to_string();
        assert!(refused.contains("fs.jsonl`"), "{refused}");
    }
}
