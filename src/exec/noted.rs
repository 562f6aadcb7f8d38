//! `Noted`: a program of minipach's own that works beside commands; should minipach be killed, the next one ends it.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::error::{ExecError, io};
use super::leftover::{VARIABLE, own_mark};

/// A program that is about to work beside commands. What carries its variable is ended by [`super::recover()`].
#[derive(Debug)]
pub struct Noted {
    folder: PathBuf,
    marker: String,
}

impl Noted {
    /// Notes that a program will be started; `name` is its own among all that go on in the project.
    ///
    /// # Errors
    /// When the note cannot be written.
    pub fn new(work_dir: &Path, name: &str) -> Result<Self, ExecError> {
        let folder = work_dir.join(name);
        std::fs::create_dir_all(&folder).map_err(|error| io("create", &folder, error))?;
        let marker = format!("{}.{name}", own_mark());
        let noted = folder.join("pid");
        // Its number is not known yet; the mark is enough.
        std::fs::write(&noted, format!("0 0 {marker}")).map_err(|error| io("write", &noted, error))?;
        Ok(Self { folder, marker })
    }

    /// The variable that the program, and so all that it starts, must have.
    pub fn variable(&self) -> (&'static str, &str) {
        (VARIABLE, &self.marker)
    }
}

/// When the note of a program was written that a killed minipach had begun, if there is one.
pub fn noted_since(work_dir: &Path, name: &str) -> Option<SystemTime> {
    std::fs::metadata(work_dir.join(name).join("pid")).ok()?.modified().ok()
}

/// Takes such a note away, once nothing is left of the program.
pub fn forget_noted(work_dir: &Path, name: &str) {
    // One that stays names nothing that goes on.
    drop(std::fs::remove_dir_all(work_dir.join(name)));
}

impl Drop for Noted {
    fn drop(&mut self) {
        // One that stays names nothing that goes on.
        drop(std::fs::remove_dir_all(&self.folder));
    }
}
