//! The event file of each run: one writer, any number of followers in other processes.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::LedgerError;
use crate::model::Event;

/// How long an event may wait before others can see it. Half of what is promised, so that a
/// busy loop has time to notice.
const DELAY: Duration = Duration::from_millis(50);

/// Text that waits is written at the latest when it is this long.
const BUFFER_BYTES: usize = 1 << 16;

/// Followers read this much at a time.
const CHUNK_BYTES: u64 = 1 << 22;

/// The last event of a run that came to its end is no longer than this.
const END_BYTES: u64 = 1 << 16;

/// The event file of a run, below the state folder.
pub fn event_path(state: &Path, run: &str) -> PathBuf {
    state.join("runs").join(run).join("events.jsonl")
}

/// Appends events, gathering those that come close together.
///
/// The first event after a pause is written at once; later ones wait until [`EventWriter::due`], when
/// the owner calls [`EventWriter::flush`].
#[derive(Debug)]
pub struct EventWriter {
    path: PathBuf,
    file: File,
    waiting: Vec<u8>,
    written_at: Option<Instant>,
}

impl EventWriter {
    /// Makes the event file of a run, and its folder.
    ///
    /// # Errors
    /// When it cannot be made, or stands there already.
    pub fn create(state: &Path, run: &str) -> Result<Self, LedgerError> {
        let path = event_path(state, run);
        let folder = path.parent().unwrap_or(state);
        fs::create_dir_all(folder).map_err(LedgerError::io("make the folder", folder))?;
        let opened = OpenOptions::new().append(true).create_new(true).open(&path);
        let file = opened.map_err(LedgerError::io("make", &path))?;
        Ok(Self { path, file, waiting: Vec::new(), written_at: None })
    }

    /// Appends one event.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn append(&mut self, event: &Event) -> Result<(), LedgerError> {
        let written = serde_json::to_writer(&mut self.waiting, event);
        written.map_err(|error| LedgerError::io("write to", &self.path)(error.into()))?;
        self.waiting.push(b'\n');
        let is_due = self.written_at.is_none_or(|at| at.elapsed() >= DELAY);
        if is_due || self.waiting.len() >= BUFFER_BYTES { self.flush() } else { Ok(()) }
    }

    /// When [`EventWriter::flush`] must be called at the latest; `None` while nothing waits.
    pub fn due(&self) -> Option<Instant> {
        self.written_at.filter(|_| !self.waiting.is_empty()).map(|at| at + DELAY)
    }

    /// Writes what waits.
    ///
    /// # Errors
    /// When the file cannot be written; what could not be written is dropped.
    pub fn flush(&mut self) -> Result<(), LedgerError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        self.written_at = Some(Instant::now());
        let written = self.file.write_all(&self.waiting);
        self.waiting.clear();
        if written.is_err() {
            // Half a line may stand there: the next one starts afresh.
            self.waiting.push(b'\n');
        }
        written.map_err(LedgerError::io("write to", &self.path))
    }
}

impl Drop for EventWriter {
    fn drop(&mut self) {
        drop(self.flush());
    }
}

/// Reads the events of a run as they come, from any process.
#[derive(Debug)]
pub struct Follower {
    path: PathBuf,
    file: Option<File>,
    offset: u64,
    skipped: usize,
}

impl Follower {
    /// Follows a run from its first event; the file need not exist yet.
    pub fn new(state: &Path, run: &str) -> Self {
        Self::from_offset(state, run, 0)
    }

    /// Continues where an earlier follower stood.
    pub fn from_offset(state: &Path, run: &str, offset: u64) -> Self {
        Self { path: event_path(state, run), file: None, offset, skipped: 0 }
    }

    /// The events that came since the last call. Lines that cannot be read are counted and passed over.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn poll(&mut self) -> Result<Vec<Event>, LedgerError> {
        let mut events = Vec::new();
        loop {
            let whole = self.next_lines()?;
            if whole.is_empty() {
                return Ok(events);
            }
            for line in whole.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                match serde_json::from_slice(line) {
                    Ok(event) => events.push(event),
                    Err(_) => self.skipped += 1,
                }
            }
        }
    }

    /// Whole lines from the offset on; a cut last line waits for its rest.
    fn next_lines(&mut self) -> Result<Vec<u8>, LedgerError> {
        if self.file.is_none() {
            self.file = match File::open(&self.path) {
                Err(error) if error.kind() == ErrorKind::NotFound => None,
                opened => Some(opened.map_err(LedgerError::io("read", &self.path))?),
            };
        }
        let Some(mut file) = self.file.as_ref() else { return Ok(Vec::new()) };
        let mut limit = CHUNK_BYTES;
        loop {
            let mut bytes = Vec::new();
            let read = file
                .seek(SeekFrom::Start(self.offset))
                .and_then(|_| file.take(limit).read_to_end(&mut bytes));
            let count = read.map_err(LedgerError::io("read", &self.path))?;
            let is_full = u64::try_from(count).is_ok_and(|count| count == limit);
            match bytes.iter().rposition(|byte| *byte == b'\n') {
                Some(end) => {
                    bytes.truncate(end + 1);
                    self.offset += u64::try_from(bytes.len()).expect("a length fits into 64 bits");
                    return Ok(bytes);
                }
                // One line is longer than what was read.
                None if is_full => limit *= 2,
                None => return Ok(Vec::new()),
            }
        }
    }

    /// Where the next call reads on, in bytes.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// How many lines could not be read.
    pub fn skipped(&self) -> usize {
        self.skipped
    }
}

/// The ids of all runs that left events, newest first: ids begin with their time, so they sort by it.
///
/// # Errors
/// When the folder cannot be listed.
pub fn runs(state: &Path) -> Result<Vec<String>, LedgerError> {
    let folder = state.join("runs");
    let listing = match fs::read_dir(&folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        listing => listing.map_err(LedgerError::io("list", &folder))?,
    };
    let names = listing.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut found: Vec<String> = names.filter(|run| event_path(state, run).is_file()).collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    Ok(found)
}

/// Whether a run came to no end, or to one that cut off what it had in its hands: read from the end of its file.
pub fn was_cut(state: &Path, run: &str) -> bool {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(event_path(state, run))?;
        let start = file.metadata()?.len().saturating_sub(END_BYTES);
        file.seek(SeekFrom::Start(start))?;
        let mut end = Vec::new();
        file.read_to_end(&mut end)?;
        Ok(end)
    };
    let Ok(end) = read() else { return false };
    let last = end.split(|byte| *byte == b'\n').rfind(|line| !line.is_empty()).unwrap_or_default();
    !matches!(serde_json::from_slice(last), Ok(Event::RunFinished { interrupted: false, error: None, .. }))
}

/// Removes the event files of all but the newest `keep` runs; gives the ids that went.
///
/// # Errors
/// When one cannot be removed.
pub fn prune_runs(state: &Path, keep: usize) -> Result<Vec<String>, LedgerError> {
    let gone = runs(state)?.split_off(keep.min(runs(state)?.len()));
    for run in &gone {
        let folder = state.join("runs").join(run);
        fs::remove_dir_all(&folder).map_err(LedgerError::io("remove", &folder))?;
    }
    Ok(gone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(number: u64) -> Event {
        Event::Note { message: format!("note {number}\n"), at_ms: number }
    }

    #[test]
    fn followers_see_what_was_written_once_and_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let mut follower = Follower::new(dir.path(), "r1");
        assert_eq!(follower.poll().unwrap(), []);
        let mut writer = EventWriter::create(dir.path(), "r1").unwrap();
        writer.append(&note(1)).unwrap();
        assert_eq!((writer.due(), follower.poll().unwrap()), (None, vec![note(1)]));
        writer.append(&note(2)).unwrap();
        writer.append(&note(3)).unwrap();
        if let Some(due) = writer.due() {
            assert!(due <= Instant::now() + DELAY);
        }
        writer.flush().unwrap();
        assert_eq!(follower.poll().unwrap(), [note(2), note(3)]);
        let mut second = Follower::from_offset(dir.path(), "r1", follower.offset());
        writer.append(&note(4)).unwrap();
        drop(writer);
        assert_eq!((second.poll().unwrap(), follower.poll().unwrap()), (vec![note(4)], vec![note(4)]));
    }

    #[test]
    fn a_cut_line_waits_and_a_bad_one_is_skipped() {
        let dir = tempfile::tempdir().unwrap();
        let line = |number| serde_json::to_string(&note(number)).unwrap() + "\n";
        let whole = format!("{}{{\"event\":\"later\"}}\n\u{1}\n{}", line(1), line(2));
        let path = event_path(dir.path(), "r");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        for cut in 0..=whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            let mut follower = Follower::new(dir.path(), "r");
            let mut seen = follower.poll().unwrap();
            fs::write(&path, &whole).unwrap();
            seen.extend(follower.poll().unwrap());
            assert_eq!((seen, follower.skipped()), (vec![note(1), note(2)], 2), "cut at {cut}");
        }
    }

    #[test]
    fn lines_longer_than_a_chunk_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let long = Event::Note { message: "x".repeat(9 << 20), at_ms: 0 };
        let mut writer = EventWriter::create(dir.path(), "r").unwrap();
        writer.append(&long).unwrap();
        writer.append(&note(1)).unwrap();
        writer.flush().unwrap();
        assert_eq!(Follower::new(dir.path(), "r").poll().unwrap(), [long, note(1)]);
    }

    #[test]
    fn runs_are_listed_newest_first_and_bounded() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(runs(dir.path()).unwrap(), Vec::<String>::new());
        for run in ["20260101T000000", "20260103T000000", "20260102T000000"] {
            drop(EventWriter::create(dir.path(), run).unwrap());
        }
        assert!(EventWriter::create(dir.path(), "20260101T000000").is_err());
        fs::create_dir(dir.path().join("runs/empty")).unwrap();
        assert_eq!(prune_runs(dir.path(), 5).unwrap(), Vec::<String>::new());
        assert_eq!(prune_runs(dir.path(), 2).unwrap(), ["20260101T000000"]);
        assert_eq!(runs(dir.path()).unwrap(), ["20260103T000000", "20260102T000000"]);
    }
}
