//! The logs of a task: the one of its last try has its name, those of earlier tries stand beside it while there is room.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::model::Place;

use super::work::log_of;

/// Bytes that the logs of earlier tries have together; the oldest are given up first, the newest never.
const EARLIER_BYTES: u64 = 4 << 20;

/// Follows the last words of a command that tried to write where it must not.
const READ_ONLY: &str = " (in its sandbox a command can write to /pfs, $TMPDIR and /tmp only; `sandbox: never` in minipach.yml runs it without one)";

/// The same in a container.
const READ_ONLY_PROJECT: &str = " (in its container a command can write to /pfs and $TMPDIR, not to the project, and with charliecloud not to the image's own folders either)";

/// Where the logs of one task are.
pub(super) struct TaskLog {
    /// `.git/minipach`.
    state: PathBuf,
    /// The log of the try that goes on, from there.
    name: String,
    /// Which try goes on.
    number: u32,
    /// Earlier tries whose logs are kept, with their bytes.
    earlier: Vec<(u32, u64)>,
}

impl TaskLog {
    pub(super) fn new(state: &Path, run: &str, task: &str) -> Self {
        Self { state: state.to_owned(), name: log_of(run, task), number: 1, earlier: Vec::new() }
    }

    /// Which try goes on, from 1.
    pub(super) const fn number(&self) -> u32 {
        self.number
    }

    /// Where the try that goes on is to write.
    pub(super) fn path(&self) -> PathBuf {
        self.state.join(&self.name)
    }

    /// The log of the last try, from the state folder, if anything was printed.
    pub(super) fn last(&self) -> Option<String> {
        self.path().exists().then(|| self.name.clone())
    }

    /// The log of a try, from the state folder, if it is there.
    pub(super) fn of(&self, number: u32) -> Option<String> {
        let is_kept = self.earlier.iter().any(|(kept, _)| *kept == number);
        if number == self.number && !is_kept {
            return self.last();
        }
        is_kept.then(|| self.aside(number))
    }

    /// A try begins: what the one before wrote is put aside, unless it is.
    pub(super) fn begin(&mut self, number: u32) {
        if self.number != number {
            self.put_aside();
        }
        self.number = number;
    }

    /// The try that goes on has ended, and another follows: puts its log where it stays; where that is, if anything was printed.
    pub(super) fn put_aside(&mut self) -> Option<String> {
        let before = self.number;
        let (path, aside) = (self.path(), self.state.join(self.aside(before)));
        match std::fs::rename(&path, &aside) {
            Ok(()) => self.earlier.push((before, aside.metadata().map_or(0, |meta| meta.len()))),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            // It would pass for the log of the next try.
            Err(_) => drop(std::fs::remove_file(&path)),
        }
        self.bound();
        self.earlier.iter().any(|(kept, _)| *kept == before).then(|| self.aside(before))
    }

    fn bound(&mut self) {
        while self.earlier.len() > 1
            && self.earlier.iter().map(|(_, bytes)| bytes).sum::<u64>() > EARLIER_BYTES
        {
            let (oldest, _) = self.earlier.remove(0);
            drop(std::fs::remove_file(self.state.join(self.aside(oldest))));
        }
    }

    /// `NAME.2.log` for the second try's `NAME.log`.
    fn aside(&self, number: u32) -> String {
        format!("{}.{number}.log", self.name.trim_end_matches(".log"))
    }

    /// How a command ended, with the last that it printed.
    pub(super) fn with_last_line(&self, text: String, place: Place) -> String {
        let Some(line) = last_line(&self.path()) else { return text };
        if place == Place::Container && lacks_program(&line) {
            return format!("{text}: its image has no such program ({line})");
        }
        let is_refused = ["Read-only file system", "EROFS"].iter().any(|sign| line.contains(sign));
        let hint = match place {
            Place::Sandbox if is_refused => READ_ONLY,
            Place::Container if is_refused => READ_ONLY_PROJECT,
            _ => "",
        };
        format!("{text}: {line}{hint}")
    }
}

/// Whether that is how the program of a container says that there is none to start.
fn lacks_program(line: &str) -> bool {
    let signs = [
        "failed to exec pid1",
        "executable file not found",
        "executable file `",
        "[FATAL tini",
        "can't execve(2)",
    ];
    signs.iter().any(|sign| line.contains(sign))
}

/// The last line of a log that says something, shortened; `None` for an empty or missing log.
fn last_line(path: &Path) -> Option<String> {
    use std::io::{Read as _, Seek as _, SeekFrom};
    let mut file = std::fs::File::open(path).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(4096))).ok()?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).ok()?;
    // A log that a full or failing disk left may be full of them.
    let text = String::from_utf8_lossy(&bytes).replace('\0', "");
    let line = text.lines().rev().find(|line| !line.trim().is_empty())?.trim().to_owned();
    Some(crate::model::show_short(&line, 200))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrote(log: &TaskLog, bytes: usize) {
        std::fs::write(log.path(), vec![b'x'; bytes]).unwrap();
    }

    fn log_in(state: &Path) -> TaskLog {
        std::fs::create_dir_all(state.join("logs/r")).unwrap();
        TaskLog::new(state, "r", "r.1")
    }

    #[test]
    fn each_try_has_a_log_of_its_own_if_it_printed_something() {
        let state = tempfile::tempdir().unwrap();
        let mut log = log_in(state.path());
        log.begin(1);
        wrote(&log, 1);
        log.begin(2);
        log.begin(3);
        wrote(&log, 3);
        let of = [1, 2, 3, 4].map(|number| log.of(number));
        assert_eq!(of, [Some("logs/r/r.1.1.log".into()), None, Some("logs/r/r.1.log".into()), None]);
        assert_eq!(std::fs::read(state.path().join("logs/r/r.1.1.log")).unwrap().len(), 1);
    }

    #[test]
    fn the_last_line_is_one_that_says_something() {
        let state = tempfile::tempdir().unwrap();
        let path = state.path().join("log");
        let nuls = "\0".repeat(60);
        for (text, line) in [
            (format!("it broke\n{nuls}\n"), Some("it broke")),
            (format!("{nuls}it broke{nuls}"), Some("it broke")),
            (nuls.clone(), None),
        ] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(last_line(&path).as_deref(), line);
        }
    }

    #[test]
    fn the_oldest_are_given_up_where_room_is_short_and_the_newest_never() {
        let state = tempfile::tempdir().unwrap();
        let mut log = log_in(state.path());
        let most = usize::try_from(EARLIER_BYTES).unwrap();
        for (number, bytes) in [(1, 10), (2, most), (3, 10), (4, most + 1)] {
            log.begin(number);
            wrote(&log, bytes);
        }
        assert!(log.of(1).is_none() && log.of(2).is_none() && log.of(3).is_some());
        log.begin(5);
        assert!(log.of(3).is_none() && log.of(4).is_some() && log.last().is_none());
        assert_eq!(std::fs::read_dir(state.path().join("logs/r")).unwrap().count(), 1);
    }
}
