//! `AttemptWriter`: appends to the attempt log. There is one at a time: who holds the lock of runs has it.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::attempt_line::{Head, LineKind, head, is_intact, push_header, push_line, push_work};
use super::attempt_log::VERSION;
use super::{AttemptRecord, LedgerError, ResultRecord, TriedRecord, WorkFields};
use crate::model::WorkId;

/// Appends records. Each stands in the file, for every process, when its call returns; only a power
/// cut can take what was not synced.
#[derive(Debug)]
pub struct AttemptWriter {
    path: PathBuf,
    file: File,
    /// Works whose fields stand in the log.
    works: BTreeSet<WorkId>,
    /// Whether the file's last line is cut off; the next append closes it.
    is_torn: bool,
}

impl AttemptWriter {
    /// Opens the log at `path`, making it if need be. Something else in its place, such as a folder,
    /// is moved aside to `<path>.bad-<n>`. `works` are those whose fields stand in it already.
    ///
    /// # Errors
    /// When it cannot be written, or is in a newer format.
    pub fn open(path: &Path, works: BTreeSet<WorkId>) -> Result<Self, LedgerError> {
        move_aside(path).map_err(LedgerError::io("move aside", path))?;
        let (mut file, len) = open(path).map_err(LedgerError::io("open", path))?;
        let checked =
            if len == 0 { None } else { version(&mut file).map_err(LedgerError::io("read", path))? };
        if let Some(version) = checked.filter(|version| *version > VERSION) {
            return Err(LedgerError::Newer { path: path.display().to_string(), version, ours: VERSION });
        }
        let is_torn = len > 0 && last_byte(&mut file).map_err(LedgerError::io("read", path))? != b'\n';
        let mut writer = Self { path: path.to_owned(), file, works, is_torn };
        if checked.is_none() {
            let mut header = Vec::new();
            push_header(&mut header, VERSION);
            writer.append(&header)?;
        }
        Ok(writer)
    }

    /// Appends an attempt.
    ///
    /// # Errors
    /// When it cannot be written; the log stays readable.
    pub fn attempt(&mut self, attempt: &AttemptRecord) -> Result<(), LedgerError> {
        let mut text = Vec::new();
        push_line(&mut text, LineKind::Attempt, attempt);
        self.append(&text)
    }

    /// Appends what failed attempts were made of, and the `fields` of their work unless they stand there already.
    ///
    /// # Errors
    /// When it cannot be written; the log stays readable.
    pub fn tried(&mut self, tried: &[TriedRecord], fields: &WorkFields) -> Result<(), LedgerError> {
        let (mut text, mut added) = (Vec::new(), BTreeSet::new());
        for one in tried {
            if !self.works.contains(&one.work) && added.insert(one.work) {
                push_work(&mut text, one.work, fields);
            }
            push_line(&mut text, LineKind::Tried, one);
        }
        self.append(&text)?;
        self.works.append(&mut added);
        Ok(())
    }

    /// Appends results, and the `fields` of their work unless they stand there already. When this
    /// returns the work never runs again.
    ///
    /// # Errors
    /// When they cannot be written; the log stays readable, and none, some or all of them stand in it.
    pub fn results<'a>(
        &mut self,
        results: impl IntoIterator<Item = (&'a ResultRecord, &'a WorkFields)>,
    ) -> Result<(), LedgerError> {
        let (mut text, mut added) = (Vec::new(), BTreeSet::new());
        for (result, fields) in results {
            if !self.works.contains(&result.work) && added.insert(result.work) {
                push_work(&mut text, result.work, fields);
            }
            let kind = if result.publish.is_some() { LineKind::Result } else { LineKind::Accepted };
            push_line(&mut text, kind, result);
        }
        self.append(&text)?;
        self.works.append(&mut added);
        Ok(())
    }

    /// How long the log is, in bytes.
    ///
    /// # Errors
    /// When the file cannot be asked.
    pub fn len_bytes(&self) -> Result<u64, LedgerError> {
        Ok(self.file.metadata().map_err(LedgerError::io("look at", &self.path))?.len())
    }

    /// What makes all that was appended until now survive a power cut, for another thread to do.
    ///
    /// # Errors
    /// When the process is out of file descriptors.
    pub fn to_sync(&self) -> Result<LogSync, LedgerError> {
        let file = self.file.try_clone().map_err(LedgerError::io("open", &self.path))?;
        Ok(LogSync { file, path: self.path.clone() })
    }

    /// One write for whole lines, so that a reader sees all of them or a cut last one.
    fn append(&mut self, lines: &[u8]) -> Result<(), LedgerError> {
        let sealed;
        let mut bytes = lines;
        if self.is_torn {
            sealed = [b"\n", lines].concat();
            bytes = &sealed;
        }
        // Whatever part of it was written when this fails, the next append starts on a new line.
        self.is_torn = true;
        self.file.write_all(bytes).map_err(LedgerError::io("write to", &self.path))?;
        self.is_torn = false;
        Ok(())
    }
}

/// The log as it was appended to so far.
#[derive(Debug)]
pub struct LogSync {
    file: File,
    path: PathBuf,
}

impl LogSync {
    /// Makes that survive a power cut.
    ///
    /// # Errors
    /// When the system cannot.
    pub fn sync(&self) -> Result<(), LedgerError> {
        self.file.sync_data().map_err(LedgerError::io("sync", &self.path))
    }
}

fn open(path: &Path) -> io::Result<(File, u64)> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
    let len = file.metadata()?.len();
    Ok((file, len))
}

fn move_aside(path: &Path) -> io::Result<()> {
    if !path.exists() || path.is_file() {
        return Ok(());
    }
    let aside = |number: u32| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".bad-{number}"));
        PathBuf::from(name)
    };
    let free = (1..=u32::MAX).map(aside).find(|path| !path.exists());
    fs::rename(path, free.expect("a folder holds fewer than 2^32 names"))
}

/// The version in the first line, if that is intact.
fn version(file: &mut File) -> io::Result<Option<u64>> {
    let mut start = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.take(256).read_to_end(&mut start)?;
    let line = start.split(|byte| *byte == b'\n').next().unwrap_or(&[]);
    Ok(match head(line) {
        Head::Version(version) if is_intact(line) => Some(version),
        _ => None,
    })
}

fn last_byte(file: &mut File) -> io::Result<u8> {
    let mut byte = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut byte)?;
    Ok(byte[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::attempt::samples::{attempt, result};
    use crate::ledger::{AttemptLog, Outcome};
    use crate::model::DatumId;

    fn open_at(dir: &Path) -> (PathBuf, AttemptWriter) {
        let path = dir.join("minipach/attempts.jsonl");
        let works = AttemptLog::read(&path).unwrap().work_ids();
        let writer = AttemptWriter::open(&path, works).unwrap();
        (path, writer)
    }

    fn fields() -> WorkFields {
        serde_json::from_str(r#"{"cmd":["sh"]}"#).unwrap()
    }

    #[test]
    fn what_is_appended_is_read_and_works_stand_once() {
        let dir = tempfile::tempdir().unwrap();
        for round in 0..2 {
            let (path, mut writer) = open_at(dir.path());
            writer.attempt(&attempt(1, Outcome::Done)).unwrap();
            writer.results([(&result(1), &fields()), (&result(4), &fields())]).unwrap();
            writer.results([(&result(7), &fields())]).unwrap();
            writer.to_sync().unwrap().sync().unwrap();
            let log = AttemptLog::read(&path).unwrap();
            assert_eq!(log.len(), 4 * (round + 1));
            assert_eq!(log.results(DatumId([4; 32])), vec![result(4); round + 1]);
            assert_eq!(log.work(WorkId([1; 32])), Some(fields()));
            let text = fs::read_to_string(&path).unwrap();
            assert_eq!((text.matches("\"work\",").count(), text.matches("\"version\"").count()), (1, 1));
        }
    }

    #[test]
    fn a_folder_in_its_place_is_moved_aside() {
        let dir = tempfile::tempdir().unwrap();
        for number in 1..3 {
            fs::create_dir_all(dir.path().join("minipach/attempts.jsonl/x")).unwrap();
            let (path, mut writer) = open_at(dir.path());
            writer.attempt(&attempt(1, Outcome::Done)).unwrap();
            assert_eq!(AttemptLog::read(&path).unwrap().len(), 1);
            assert!(dir.path().join(format!("minipach/attempts.jsonl.bad-{number}/x")).is_dir());
            fs::remove_file(path).unwrap();
        }
    }

    #[test]
    fn a_newer_log_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("attempts.jsonl");
        let mut bytes = Vec::new();
        push_header(&mut bytes, 2);
        fs::write(&path, &bytes).unwrap();
        let refused = AttemptWriter::open(&path, BTreeSet::new()).unwrap_err().to_string();
        assert!(refused.contains("is in format 2"), "{refused}");
        assert!(AttemptLog::read(&path).unwrap_err().to_string().contains("is in format 2"));
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }

    #[test]
    fn after_a_failed_write_the_next_line_stands_alone() {
        let dir = tempfile::tempdir().unwrap();
        let (path, mut writer) = open_at(dir.path());
        // A full disk: half of a line was written before the error.
        writer.file.write_all(b"{\"kind\":\"att").unwrap();
        writer.is_torn = true;
        writer.attempt(&attempt(3, Outcome::Done)).unwrap();
        let log = AttemptLog::read(&path).unwrap();
        assert_eq!((log.len(), log.skipped().damaged, log.skipped().torn), (1, 1, false));
    }

    #[test]
    fn one_that_cannot_be_written_is_read_and_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file"), "").unwrap();
        let refused = AttemptWriter::open(&dir.path().join("file/attempts.jsonl"), BTreeSet::new());
        assert!(refused.unwrap_err().to_string().contains("file/attempts.jsonl`"));
    }
}
