//! Moves a project that was laid out aside into a folder that stands: looked at whole first, and taken back if a step
//! of it fails.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::error::{CookieError, refused};
use super::order::Occupied;

/// What one entry needs.
enum Step {
    /// A folder to be made.
    Folder(PathBuf),
    /// A file to be moved to a place, and whether one stands there.
    File(PathBuf, bool),
}

/// Moves all files of `from` into `target`; what they replace lies in `before` until all is done.
///
/// Errors: a file stands where a folder must go, or the other way round, or it cannot be written; then `target` is as
/// it was.
pub(super) fn move_into(
    from: &Path,
    target: &Path,
    occupied: Occupied,
    before: &Path,
) -> Result<(), CookieError> {
    let mut steps = Vec::new();
    look(from, from, target, occupied, &mut steps)?;
    let mut done = Vec::new();
    for step in &steps {
        if let Err(error) = take(step, from, target, before, &mut done) {
            take_back(&done, from, target, before);
            let (Step::Folder(path) | Step::File(path, _)) = step;
            return Err(refused(&target.join(path))(error));
        }
    }
    Ok(())
}

/// Lists what is to be done, folders before what is in them.
fn look(
    root: &Path,
    folder: &Path,
    target: &Path,
    occupied: Occupied,
    steps: &mut Vec<Step>,
) -> Result<(), CookieError> {
    for entry in fs::read_dir(folder).map_err(refused(folder))? {
        let full = entry.map_err(refused(folder))?.path();
        let path = full.strip_prefix(root).unwrap_or(&full).to_owned();
        let stands = target.join(&path).symlink_metadata().ok();
        let is_folder = full.symlink_metadata().map_err(refused(&full))?.is_dir();
        if stands.as_ref().is_some_and(|stands| stands.is_dir() != is_folder) {
            return Err(in_the_way(&target.join(&path), is_folder));
        }
        match (is_folder, stands.is_some()) {
            (true, stands) => {
                if !stands {
                    steps.push(Step::Folder(path));
                }
                look(root, &full, target, occupied, steps)?;
            }
            (false, true) if occupied == Occupied::Complete => {}
            (false, stands) => steps.push(Step::File(path, stands)),
        }
    }
    Ok(())
}

fn in_the_way(place: &Path, is_folder: bool) -> CookieError {
    let wanted = if is_folder { "a folder" } else { "a file" };
    CookieError::Source(format!(
        "nothing was written, because `{}` stands where {wanted} must go",
        place.display()
    ))
}

fn take<'a>(
    step: &'a Step,
    from: &Path,
    target: &Path,
    before: &Path,
    done: &mut Vec<&'a Step>,
) -> io::Result<()> {
    match step {
        Step::Folder(path) => fs::create_dir(target.join(path))?,
        Step::File(path, stands) => {
            if *stands {
                let aside = before.join(path);
                aside.parent().map_or(Ok(()), fs::create_dir_all)?;
                let place = target.join(path);
                fs::hard_link(&place, &aside).or_else(|_| fs::copy(&place, &aside).map(drop))?;
            }
            fs::rename(from.join(path), target.join(path))?;
        }
    }
    done.push(step);
    Ok(())
}

/// Undoes steps, the last first; each as far as it can be, for the first error is the one to report.
fn take_back(done: &[&Step], from: &Path, target: &Path, before: &Path) {
    for step in done.iter().rev() {
        drop(match step {
            Step::Folder(path) => fs::remove_dir(target.join(path)),
            Step::File(path, true) => fs::rename(before.join(path), target.join(path)),
            Step::File(path, false) => fs::rename(target.join(path), from.join(path)),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_fails_takes_all_back() {
        let home = tempfile::tempdir().expect("a folder");
        let (from, target, before) =
            (home.path().join("from"), home.path().join("to"), home.path().join("b"));
        for (path, text) in [("from/a", "new"), ("from/sub/c", "new"), ("to/a", "old")] {
            let path = home.path().join(path);
            fs::create_dir_all(path.parent().expect("it has one")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        let mut done = Vec::new();
        let steps =
            [Step::File("a".into(), true), Step::Folder("sub".into()), Step::File("sub/c".into(), false)];
        for step in &steps {
            take(step, &from, &target, &before, &mut done).expect("it can be done");
        }
        assert_eq!(fs::read_to_string(target.join("a")).expect("it stands"), "new");
        let missing = Step::File("nowhere".into(), false);
        assert!(take(&missing, &from, &target, &before, &mut done).is_err());
        take_back(&done, &from, &target, &before);
        assert_eq!(fs::read_to_string(target.join("a")).expect("it stands"), "old");
        assert!(!target.join("sub").exists());
    }
}
