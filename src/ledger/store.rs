//! Ledger files in the work tree: where they stand, how they are read, and how they are replaced.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use super::file::{Durability, remove_leftovers, write_atomic};
use super::format::{self, Parsed};
use super::{LedgerError, PipelineLedger};
use crate::model::{KnownResult, PipelineName, WorkId};

/// Folder of all ledgers, from the project's root.
const FOLDER: &str = ".minipach/ledger";

/// More lines than this are split into shards.
const SPLIT_ABOVE: usize = 2000;

/// Fewer lines than this are joined into one file again.
const JOIN_BELOW: usize = 1000;

/// What keeps the ledger out of the annex and lets git merge it by keeping the lines of both sides.
const ATTRIBUTES: [&str; 2] =
    ["** annex.largefiles=nothing", "ledger/** annex.largefiles=nothing merge=union -text"];

/// How a ledger is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `<pipeline>.jsonl`.
    Single,
    /// `<pipeline>.d/<2 hex>.jsonl`: 256 files by the first byte of BLAKE3 of the key, so a small
    /// change is a small commit.
    Shards,
}

impl Form {
    /// The form for `lines` lines; between the two limits the form that stands stays.
    pub fn choose(standing: Option<Self>, lines: usize) -> Self {
        match standing {
            _ if lines > SPLIT_ABOVE => Self::Shards,
            Some(Self::Shards) if lines >= JOIN_BELOW => Self::Shards,
            _ => Self::Single,
        }
    }
}

/// Reads a pipeline's ledger from the work tree, in both forms; one that does not exist is empty.
///
/// # Errors
/// When a file cannot be read, or is in a newer format.
pub fn read_pipeline(root: &Path, name: &PipelineName) -> Result<PipelineLedger, LedgerError> {
    let mut parsed = Parsed::default();
    for path in standing(root, name)? {
        let full = root.join(&path);
        let bytes = fs::read(&full).map_err(LedgerError::io("read", &full))?;
        format::parse(&path, &bytes, &mut parsed)?;
    }
    Ok(PipelineLedger::from_parsed(parsed))
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
        format::parse(path.as_ref(), bytes.as_ref(), &mut parsed)?;
    }
    Ok(PipelineLedger::from_parsed(parsed))
}

/// The files of a ledger in `form`, by path from the root; only works that a line uses are written.
pub fn render(name: &PipelineName, ledger: &PipelineLedger, form: Form) -> BTreeMap<String, Vec<u8>> {
    let mut parts: BTreeMap<String, Vec<&KnownResult>> = BTreeMap::new();
    for line in ledger.lines() {
        let path = match form {
            Form::Single => single_path(name),
            Form::Shards => format!("{}/{:02x}.jsonl", shard_folder(name), shard(&line.key)),
        };
        parts.entry(path).or_default().push(line);
    }
    parts.into_iter().map(|(path, lines)| (path, part_bytes(ledger, &lines))).collect()
}

fn part_bytes(ledger: &PipelineLedger, lines: &[&KnownResult]) -> Vec<u8> {
    let used: BTreeSet<WorkId> = lines.iter().map(|line| line.work).collect();
    let works = ledger.works().iter().filter(|(id, _)| used.contains(id));
    format::file_bytes(works, lines.iter().copied())
}

fn shard(key: &str) -> u8 {
    blake3::hash(key.as_bytes()).as_bytes()[0]
}

/// Writes a ledger, touching only files whose bytes change, and removes files of the other form.
/// Gives the paths from the root that changed or went; an empty ledger has no file.
///
/// # Errors
/// When a file cannot be written or removed. What was written until then is whole.
pub fn write(root: &Path, name: &PipelineName, ledger: &PipelineLedger) -> Result<Vec<String>, LedgerError> {
    let standing = standing(root, name)?;
    let form = Form::choose(form_of(name, &standing), ledger.lines().len());
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

fn form_of(name: &PipelineName, standing: &[String]) -> Option<Form> {
    let single = single_path(name);
    match standing {
        [] => None,
        paths if paths.iter().all(|path| *path == single) => Some(Form::Single),
        _ => Some(Form::Shards),
    }
}

/// The files of a pipeline's ledger that stand in the work tree, in order of path.
fn standing(root: &Path, name: &PipelineName) -> Result<Vec<String>, LedgerError> {
    let mut found = Vec::new();
    let folder = shard_folder(name);
    let full = root.join(&folder);
    for file in entries(&full).map_err(LedgerError::io("list", &full))? {
        let path = format!("{folder}/{file}");
        if is_shard_name(&file) && root.join(&path).is_file() {
            found.push(path);
        }
    }
    let single = single_path(name);
    if root.join(&single).is_file() {
        found.push(single);
    }
    found.sort();
    Ok(found)
}

/// Names in a folder; none if there is no such folder. Names that are no text are none of ours.
fn entries(folder: &Path) -> io::Result<Vec<String>> {
    let listing = match fs::read_dir(folder) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        listing => listing?,
    };
    let mut names = Vec::new();
    for entry in listing {
        names.extend(entry?.file_name().into_string());
    }
    Ok(names)
}

fn is_shard_name(file: &str) -> bool {
    file.strip_suffix(".jsonl").is_some_and(|stem| {
        stem.len() == 2 && stem.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    })
}

fn single_path(name: &PipelineName) -> String {
    format!("{FOLDER}/{}.jsonl", file_stem(name))
}

fn shard_folder(name: &PipelineName) -> String {
    format!("{FOLDER}/{}.d", file_stem(name))
}

/// A pipeline's name as a path. A component that looks like a file or folder of this layout
/// (`fs.d/ab` is a legal name) gets a `_` at its end.
fn file_stem(name: &PipelineName) -> String {
    let parts: Vec<String> = name.as_str().split('/').map(escape).collect();
    parts.join("/")
}

fn escape(part: &str) -> String {
    let plain = part.trim_end_matches('_');
    let looks_ours = Path::new(plain).extension().is_some_and(|end| end == "d" || end == "jsonl");
    if looks_ours { format!("{part}_") } else { part.to_owned() }
}

/// The pipeline whose ledger the file at `path` (from the root) belongs to, if it is one.
pub fn pipeline_of(path: &str) -> Option<PipelineName> {
    let inside = path.strip_prefix(FOLDER)?.strip_prefix('/')?;
    let stem = inside.strip_suffix(".jsonl")?;
    let stem = match inside.rsplit_once('/') {
        Some((folder, file)) if is_shard_name(file) => folder.strip_suffix(".d").unwrap_or(stem),
        _ => stem,
    };
    let parts = stem.split('/').map(|part| {
        let plain = part.strip_suffix('_').unwrap_or(part);
        if escape(plain) == part { plain } else { part }
    });
    let name = PipelineName::parse(&parts.collect::<Vec<_>>().join("/")).ok()?;
    (file_stem(&name) == stem).then_some(name)
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
        for file in entries(&full).map_err(LedgerError::io("list", &full))? {
            let path = format!("{folder}/{file}");
            // Not following links: one to a parent would never end.
            match fs::symlink_metadata(root.join(&path)) {
                Ok(meta) if meta.is_dir() => folders.push(path),
                Ok(_) => found.extend(pipeline_of(&path)),
                Err(_) => {}
            }
        }
    }
    Ok(found.into_iter().collect())
}

/// Makes sure that `.minipach/.gitattributes` keeps the ledger in git, as text that merges by union;
/// other lines stay. Gives its path from the root if it changed.
///
/// # Errors
/// When it cannot be read or written.
pub fn ensure_attributes(root: &Path) -> Result<Option<&'static str>, LedgerError> {
    const PATH: &str = ".minipach/.gitattributes";
    let full = root.join(PATH);
    let mut text = match fs::read_to_string(&full) {
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        read => read.map_err(LedgerError::io("read", &full))?,
    };
    let missing: Vec<&str> =
        ATTRIBUTES.into_iter().filter(|line| !text.lines().any(|old| old == *line)).collect();
    if missing.is_empty() {
        return Ok(None);
    }
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    for line in missing {
        text.push_str(line);
        text.push('\n');
    }
    write_atomic(&full, text.as_bytes(), Durability::Process)?;
    Ok(Some(PATH))
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
        let found: BTreeSet<_> = names(dir.path()).unwrap().into_iter().collect();
        assert_eq!(found, all.into_iter().collect());
    }

    #[test]
    fn other_files_are_no_ledgers() {
        for path in
            [".minipach/answers.yml", ".minipach/ledger/x.txt", "ledger/fs.jsonl", ".minipach/ledger/_.jsonl"]
        {
            assert_eq!(pipeline_of(path), None, "{path}");
        }
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

    #[test]
    fn attributes_are_added_once_and_other_lines_stay() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(".minipach/.gitattributes");
        assert!(ensure_attributes(dir.path()).unwrap().is_some());
        assert!(ensure_attributes(dir.path()).unwrap().is_none());
        fs::write(&path, "answers.yml text").unwrap();
        assert!(ensure_attributes(dir.path()).unwrap().is_some());
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text, format!("answers.yml text\n{}\n{}\n", ATTRIBUTES[0], ATTRIBUTES[1]));
    }
}
