//! Writes rendered files into a folder: all of them, or none.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::{RenderedFile, ScaffoldError};
use crate::model::show_some;

/// So many files that stand in the way are named.
const NAMED: usize = 3;

/// Writes the files into `dir`, which is made if it does not exist.
///
/// They are first written to a temporary folder beside `dir`. A new or empty `dir` then appears in one
/// step; into one that holds something, each file is moved without ever replacing another, and what was
/// moved is taken back if one of them fails.
///
/// Errors: something stands where a file belongs (some such places are named, nothing is written), or the
/// file system refuses.
pub fn write(dir: &Path, files: &[RenderedFile]) -> Result<(), ScaffoldError> {
    let in_the_way = in_the_way(dir, files);
    if !in_the_way.is_empty() {
        let paths = show_some(&in_the_way.iter().map(String::as_str).collect::<Vec<_>>(), NAMED);
        return Err(ScaffoldError::InTheWay { dir: dir.to_owned(), paths });
    }
    let staged = stage(dir, files)?;
    if fs::rename(staged.path(), dir).is_ok() {
        // The folder is where it belongs; nothing is left to clean up.
        drop(staged.keep());
        return Ok(());
    }
    merge(staged.path(), dir, files)
}

/// Paths, from `dir`, that exist and are not folders where folders are needed.
fn in_the_way(dir: &Path, files: &[RenderedFile]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in files {
        let mut path = PathBuf::new();
        for part in Path::new(&file.path) {
            path.push(part);
            let is_folder_needed = path != Path::new(&file.path);
            let about = dir.join(&path).symlink_metadata();
            if about.is_ok_and(|about| !(is_folder_needed && about.is_dir())) {
                found.insert(path.display().to_string());
                break;
            }
        }
    }
    found
}

fn stage(dir: &Path, files: &[RenderedFile]) -> Result<tempfile::TempDir, ScaffoldError> {
    let parent = match dir.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    // An existing folder may be the root of a file system, or its parent may be another's.
    let beside = if dir.is_dir() && !is_empty(dir) { dir } else { parent };
    fs::create_dir_all(beside).map_err(|source| refused(beside, source))?;
    let staged = tempfile::Builder::new()
        .prefix(".minipach-new-")
        .permissions(fs::Permissions::from_mode(0o777))
        .tempdir_in(beside)
        .map_err(|source| refused(beside, source))?;
    for file in files {
        let path = staged.path().join(&file.path);
        put(&path, file).map_err(|source| refused(&path, source))?;
    }
    Ok(staged)
}

fn is_empty(dir: &Path) -> bool {
    fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_none())
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

fn merge(staged: &Path, dir: &Path, files: &[RenderedFile]) -> Result<(), ScaffoldError> {
    let mut made = Vec::new();
    for file in files {
        let target = dir.join(&file.path);
        if let Err(source) = bring(staged, dir, file, &mut made) {
            take_back(&made);
            return Err(refused(&target, source));
        }
    }
    Ok(())
}

/// Moves one file, making its folders; whatever is made is added to `made`.
fn bring(staged: &Path, dir: &Path, file: &RenderedFile, made: &mut Vec<PathBuf>) -> io::Result<()> {
    let target = dir.join(&file.path);
    let ancestors = target.ancestors().skip(1).take_while(|folder| folder.starts_with(dir));
    let missing: Vec<PathBuf> = ancestors.take_while(|folder| !folder.exists()).map(Path::to_owned).collect();
    for folder in missing.into_iter().rev() {
        fs::create_dir(&folder)?;
        made.push(folder);
    }
    renameat_with(CWD, staged.join(&file.path), CWD, &target, RenameFlags::NOREPLACE)?;
    made.push(target);
    Ok(())
}

/// Removes what was made, newest first. A folder that meanwhile holds something else stays.
fn take_back(made: &[PathBuf]) {
    for path in made.iter().rev() {
        let removed = if path.is_dir() { fs::remove_dir(path) } else { fs::remove_file(path) };
        // The first error is the one to report; a leftover folder does no harm.
        drop(removed);
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
        write(&dir, &files(&["README.md", "code/run.sh"])).expect("it is written");
        assert_eq!(names(&dir), ["README.md", "code"]);
        assert_eq!(names(dir.parent().expect("it has one")), ["study"]);
        let mode = fs::metadata(dir.join("code/run.sh")).expect("it stands").permissions().mode();
        assert_eq!(mode & 0o100, 0o100);
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
        merge(&staged, &dir, &files(&["a/x", "b/never-staged"])).expect_err("one is missing");
        assert_eq!(names(&dir), Vec::<String>::new());
    }
}
