//! Writes rendered files into a folder: all of them, or none.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::attributes::{OUTPUTS_BEGIN, pipelines_of, with_outputs_block};
use super::{Existing, RenderedFile, ScaffoldError};
use crate::model::show_some;

/// So many files that stand in the way are named.
const NAMED: usize = 3;

/// What becomes of files in a folder where something may stand already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Landing {
    /// Files that are new there.
    pub new: Vec<RenderedFile>,
    /// Files that stand there and stay as they are.
    pub kept: Vec<String>,
    /// Files that stand there and get lines that they lack: their whole new text.
    pub added_to: Vec<RenderedFile>,
}

/// What was written.
#[derive(Debug)]
pub struct Written {
    /// What became of each file.
    pub landing: Landing,
    made: Vec<Made>,
}

impl Written {
    /// Takes it back, since what came after it failed. A folder that meanwhile holds something else stays.
    pub fn take_back(self) {
        take_back(self.made);
    }
}

/// Looks what would become of the files in `dir`, which need not exist.
///
/// Errors: something stands where a file belongs that may not stand there already (some such places are named).
pub fn survey(dir: &Path, files: &[RenderedFile]) -> Result<Landing, ScaffoldError> {
    let (mut landing, mut in_the_way) = (Landing::default(), Vec::new());
    for file in files {
        let stands = fs::symlink_metadata(dir.join(&file.path));
        match (obstacle(dir, &file.path), file.existing) {
            (None, _) => landing.new.push(file.clone()),
            (Some(at), _) if at != file.path || !stands.is_ok_and(|about| about.is_file()) => {
                in_the_way.push(at);
            }
            (Some(at), Existing::Refuse) => in_the_way.push(at),
            (Some(_), Existing::Keep) => landing.kept.push(file.path.clone()),
            (Some(at), Existing::Lines) => match with_lines(&dir.join(&at), file) {
                Some(file) => landing.added_to.push(file),
                None => landing.kept.push(at),
            },
        }
    }
    if in_the_way.is_empty() {
        return Ok(landing);
    }
    in_the_way.sort();
    in_the_way.dedup();
    let paths = show_some(&in_the_way.iter().map(String::as_str).collect::<Vec<_>>(), NAMED);
    Err(ScaffoldError::InTheWay { dir: dir.to_owned(), paths })
}

/// What stands on the way to a path: something there, or no folder where one is needed.
fn obstacle(dir: &Path, path: &str) -> Option<String> {
    let ends = path.match_indices('/').map(|(end, _)| end).chain([path.len()]);
    ends.map(|end| &path[..end]).find_map(|part| {
        let about = dir.join(part).symlink_metadata().ok()?;
        (part.len() == path.len() || !about.is_dir()).then(|| part.to_owned())
    })
}

/// A file that stands, with the lines in front that it lacks, and the managed block at its end; `None` if it lacks
/// nothing or is no text.
fn with_lines(path: &Path, file: &RenderedFile) -> Option<RenderedFile> {
    let old = fs::read_to_string(path).ok()?;
    let wanted = std::str::from_utf8(&file.bytes).ok()?;
    let before_block = wanted.split(OUTPUTS_BEGIN).next().unwrap_or_default();
    let lacks = |line: &&str| !old.lines().any(|stands| stands.trim_end() == *line);
    let missing: Vec<&str> = before_block.lines().filter(lacks).collect();
    // A line in front gives way to those below it, so what stood there goes on to hold.
    let mut text: String = missing.iter().flat_map(|line| [*line, "\n"]).collect();
    text.push_str(&old);
    if wanted.contains(OUTPUTS_BEGIN) {
        let pipelines: Vec<&str> = pipelines_of(&old).into_iter().chain(pipelines_of(wanted)).collect();
        text = with_outputs_block(&text, pipelines);
    }
    (text != old).then(|| RenderedFile { bytes: text.into_bytes(), ..file.clone() })
}

/// Writes files into `dir`, which is made if it does not exist; what becomes of each is told.
///
/// They are first written to a temporary folder. A new `dir` then appears in one step; into one that is there, each file
/// is moved without ever replacing another but those that get lines, and all is taken back if one of them fails.
///
/// Errors: as [`survey`], or the file system refuses.
pub fn write(dir: &Path, files: &[RenderedFile]) -> Result<Written, ScaffoldError> {
    let landing = survey(dir, files)?;
    let staged = stage(dir, files)?;
    if !dir.exists() && fs::rename(staged.path(), dir).is_ok() {
        // The folder is where it belongs; nothing is left to clean up.
        drop(staged.keep());
        return Ok(Written { landing, made: all_in(dir, files) });
    }
    let made = merge(staged.path(), dir, &landing)?;
    Ok(Written { landing, made })
}

/// A folder that is new, with all in it.
fn all_in(dir: &Path, files: &[RenderedFile]) -> Vec<Made> {
    let paths: BTreeSet<PathBuf> = files
        .iter()
        .flat_map(|file| dir.join(&file.path).ancestors().map(Path::to_owned).collect::<Vec<_>>())
        .filter(|path| path.starts_with(dir))
        .collect();
    paths.into_iter().map(Made::New).collect()
}

fn stage(dir: &Path, files: &[RenderedFile]) -> Result<tempfile::TempDir, ScaffoldError> {
    let parent = match dir.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    // An existing folder may be the root of a file system, or its parent may be another's.
    let beside = if dir.is_dir() { dir } else { parent };
    fs::create_dir_all(beside).map_err(|source| refused(beside, source))?;
    let staged = tempfile::Builder::new()
        .prefix(".minipach-new-")
        .permissions(fs::Permissions::from_mode(0o777))
        .tempdir_in(beside)
        .map_err(|source| refused(beside, source))?;
    put_whole(staged.path(), files)?;
    Ok(staged)
}

/// Writes files into a folder that holds none of them.
///
/// Errors: the file system refuses.
pub fn put_whole(dir: &Path, files: &[RenderedFile]) -> Result<(), ScaffoldError> {
    for file in files {
        let path = dir.join(&file.path);
        put(&path, file).map_err(|source| refused(&path, source))?;
    }
    Ok(())
}

fn put(path: &Path, file: &RenderedFile) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, &file.bytes)?;
    if file.exec {
        let mode = fs::metadata(path)?.permissions().mode();
        // Whoever may read it may execute it, as the umask left it.
        fs::set_permissions(path, fs::Permissions::from_mode(mode | (mode & 0o444) >> 2))?;
    }
    Ok(())
}

/// Something that was made, to be taken back if what comes later fails.
#[derive(Debug)]
enum Made {
    /// This file or folder is new.
    New(PathBuf),
    /// This file had these bytes.
    Changed(PathBuf, Vec<u8>),
}

fn merge(staged: &Path, dir: &Path, landing: &Landing) -> Result<Vec<Made>, ScaffoldError> {
    let mut made = Vec::new();
    let new = landing.new.iter().map(|file| (file, bring as Bring));
    for (file, how) in new.chain(landing.added_to.iter().map(|file| (file, add as Bring))) {
        let target = dir.join(&file.path);
        if let Err(source) = how(staged, dir, file, &mut made) {
            take_back(made);
            return Err(refused(&target, source));
        }
    }
    Ok(made)
}

/// A way to make one file stand; whatever is made is added to the list.
type Bring = fn(&Path, &Path, &RenderedFile, &mut Vec<Made>) -> io::Result<()>;

/// Moves one file, making its folders.
fn bring(staged: &Path, dir: &Path, file: &RenderedFile, made: &mut Vec<Made>) -> io::Result<()> {
    let target = dir.join(&file.path);
    let ancestors = target.ancestors().skip(1).take_while(|folder| folder.starts_with(dir));
    let missing: Vec<PathBuf> = ancestors.take_while(|folder| !folder.exists()).map(Path::to_owned).collect();
    for folder in missing.into_iter().rev() {
        fs::create_dir(&folder)?;
        made.push(Made::New(folder));
    }
    renameat_with(CWD, staged.join(&file.path), CWD, &target, RenameFlags::NOREPLACE)?;
    made.push(Made::New(target));
    Ok(())
}

/// Gives a file that stands its new text, keeping its mode.
fn add(_: &Path, dir: &Path, file: &RenderedFile, made: &mut Vec<Made>) -> io::Result<()> {
    let target = dir.join(&file.path);
    let old = fs::read(&target)?;
    made.push(Made::Changed(target.clone(), old));
    fs::write(&target, &file.bytes)
}

/// Takes back what was made, newest first. A folder that meanwhile holds something else stays.
fn take_back(made: Vec<Made>) {
    for one in made.into_iter().rev() {
        let undone = match one {
            Made::New(path) if path.is_dir() => fs::remove_dir(path),
            Made::New(path) => fs::remove_file(path),
            Made::Changed(path, old) => fs::write(path, old),
        };
        // The first error is the one to report; a leftover folder does no harm.
        drop(undone);
    }
}

fn refused(path: &Path, source: io::Error) -> ScaffoldError {
    ScaffoldError::Io { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(paths: &[&str]) -> Vec<RenderedFile> {
        let file = |path: &&str| RenderedFile {
            path: (*path).to_owned(),
            bytes: path.as_bytes().to_vec(),
            exec: path.contains("run"),
            existing: Existing::Refuse,
        };
        paths.iter().map(file).collect()
    }

    fn names(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(dir).expect("it is a folder");
        let name =
            |entry: io::Result<fs::DirEntry>| entry.expect("it reads").file_name().display().to_string();
        let mut names: Vec<String> = entries.map(name).collect();
        names.sort();
        names
    }

    #[test]
    fn a_new_folder_appears_whole() {
        let home = tempfile::tempdir().expect("a folder");
        let dir = home.path().join("a/study");
        let written = write(&dir, &files(&["README.md", "code/run.sh"])).expect("it is written");
        assert_eq!(names(&dir), ["README.md", "code"]);
        assert_eq!(names(dir.parent().expect("it has one")), ["study"]);
        let mode = fs::metadata(dir.join("code/run.sh")).expect("it stands").permissions().mode();
        assert_eq!(mode & 0o100, 0o100);
        written.take_back();
        assert!(!dir.exists());
    }

    #[test]
    fn an_existing_folder_is_added_to() {
        let home = tempfile::tempdir().expect("a folder");
        fs::create_dir(home.path().join("code")).expect("a folder");
        fs::write(home.path().join("code/mine"), "mine").expect("a file");
        write(home.path(), &files(&["README.md", "code/run.sh", "raw/t1/x"])).expect("it is written");
        assert_eq!(names(home.path()), ["README.md", "code", "raw"]);
        assert_eq!(names(&home.path().join("code")), ["mine", "run.sh"]);
    }

    #[test]
    fn nothing_is_written_when_something_is_in_the_way() {
        let home = tempfile::tempdir().expect("a folder");
        fs::write(home.path().join("raw"), "a file").expect("a file");
        fs::write(home.path().join("README.md"), "mine").expect("a file");
        let error =
            write(home.path(), &files(&["CHANGELOG.md", "README.md", "raw/t1/x"])).expect_err("refused");
        assert!(error.to_string().contains("these stand in the way: `README.md`, `raw`;"), "{error}");
        assert_eq!(names(home.path()), ["README.md", "raw"]);
        assert_eq!(fs::read_to_string(home.path().join("README.md")).expect("it stands"), "mine");
    }

    #[test]
    fn of_many_things_in_the_way_a_few_are_named() {
        let home = tempfile::tempdir().expect("a folder");
        let all = files(&["a", "b", "c", "d", "e"]);
        write(home.path(), &all).expect("it is written");
        let error = write(home.path(), &all).expect_err("refused").to_string();
        assert!(error.contains("these stand in the way: `a`, `b`, `c` and 2 more;"), "{error}");
    }

    #[test]
    fn what_was_moved_is_taken_back() {
        let home = tempfile::tempdir().expect("a folder");
        let (staged, dir) = (home.path().join("staged"), home.path().join("study"));
        fs::create_dir_all(staged.join("a")).expect("a folder");
        fs::create_dir(&dir).expect("a folder");
        fs::write(staged.join("a/x"), "x").expect("a file");
        let landing = Landing { new: files(&["a/x", "b/never-staged"]), ..Landing::default() };
        assert!(merge(&staged, &dir, &landing).is_err(), "one is missing");
        assert_eq!(names(&dir), Vec::<String>::new());
    }

    #[test]
    fn what_stands_is_kept_or_gets_the_lines_it_lacks() {
        let home = tempfile::tempdir().expect("a folder");
        let of = |path: &str, text: &str, existing| RenderedFile {
            path: path.to_owned(),
            bytes: text.as_bytes().to_vec(),
            exec: false,
            existing,
        };
        let ours = format!("* a\n*.md b\n{}", crate::scaffold::outputs_block(["fs"]));
        let files = [
            of("README.md", "ours\n", Existing::Keep),
            of(".gitattributes", &ours, Existing::Lines),
            of("code/x", "x\n", Existing::Refuse),
        ];
        let read = |path: &str| fs::read_to_string(home.path().join(path)).expect("it stands");
        fs::write(home.path().join("README.md"), "mine\n").expect("a file");
        fs::write(home.path().join(".gitattributes"), "*.bin c\n* a\n").expect("a file");
        let Written { landing, made } = write(home.path(), &files).expect("it is written");
        assert_eq!((landing.kept.len(), landing.added_to.len(), landing.new.len()), (1, 1, 1));
        assert_eq!(read("README.md"), "mine\n");
        let block = crate::scaffold::outputs_block(["fs"]);
        assert_eq!(read(".gitattributes"), format!("*.md b\n*.bin c\n* a\n{block}"));
        let again = survey(home.path(), &files[..2]).expect("nothing is in the way");
        assert_eq!(again.kept, ["README.md", ".gitattributes"], "nothing is added twice");
        take_back(made);
        assert_eq!(names(home.path()), [".gitattributes", "README.md"]);
        assert_eq!(read(".gitattributes"), "*.bin c\n* a\n");
    }

    #[test]
    fn links_are_in_the_way_and_never_followed() {
        let home = tempfile::tempdir().expect("a folder");
        let outside = tempfile::tempdir().expect("a folder");
        std::os::unix::fs::symlink(outside.path(), home.path().join("code")).expect("a link");
        let error = write(home.path(), &files(&["code/run.sh"])).expect_err("refused").to_string();
        assert!(error.contains("in the way: `code`;"), "{error}");
        assert_eq!(names(outside.path()), Vec::<String>::new());
    }
}
