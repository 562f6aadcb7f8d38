//! `AttemptLog`: reads the attempt log. Only an index is held in memory; records are read when asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead as _, BufReader, ErrorKind, Seek as _, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::attempt_line::{Head, LineKind, WorkRecord, head, is_intact};
use super::{AttemptRecord, LedgerError, Outcome, ResultRecord, WorkFields};
use crate::model::{DatumId, WorkId};

/// The newest format that is understood, and the one that is written.
pub(super) const VERSION: u64 = 1;

/// Lines that were passed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Lines that are not as they were written.
    pub damaged: usize,
    /// Intact lines of a kind that this version does not know.
    pub unknown: usize,
    /// Whether the last line is cut off, or is being written right now.
    pub torn: bool,
}

/// Where a record stands in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Spot {
    offset: u64,
    len: u32,
}

/// One attempt or result. The first bytes of the id find it; the record itself confirms it.
#[derive(Clone, Copy, Debug)]
struct Row {
    id_start: u64,
    spot: Spot,
    kind: LineKind,
}

/// Every attempt and every result that this clone has seen, by id.
#[derive(Debug, Default)]
pub struct AttemptLog {
    path: PathBuf,
    file: Option<File>,
    /// By (start of id, place in the file).
    rows: Vec<Row>,
    works: BTreeMap<WorkId, Spot>,
    skipped: Skipped,
    /// End of the last whole line that was read.
    end: u64,
}

impl AttemptLog {
    /// Reads the log at `path`; none, or a folder in its place, is an empty log.
    ///
    /// # Errors
    /// When it cannot be read, or is in a newer format.
    pub fn read(path: &Path) -> Result<Self, LedgerError> {
        let mut log = Self { path: path.to_owned(), ..Self::default() };
        match path.metadata() {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(log),
            // Opening a pipe would wait for ever.
            Ok(found) if !found.is_file() => log.skipped.damaged = 1,
            _ => log.file = Some(File::open(path).map_err(LedgerError::io("read", path))?),
        }
        log.refresh()?;
        Ok(log)
    }

    /// Reads what was appended since.
    ///
    /// # Errors
    /// As [`AttemptLog::read`].
    pub fn refresh(&mut self) -> Result<(), LedgerError> {
        let path = self.path.clone();
        let mut version = None;
        let (mut rows, mut works, mut skipped) = (Vec::new(), Vec::new(), self.skipped);
        let scanned = self.scan(self.end, |spot, line| {
            let found = if is_intact(line) { Some(head(line)) } else { None };
            match found {
                Some(Head::Record(LineKind::Work, id)) => works.push((WorkId(id), spot)),
                Some(Head::Record(kind, id)) => rows.push(Row { id_start: id_start(&id), spot, kind }),
                Some(Head::Version(seen)) => version = version.max(Some(seen)),
                Some(Head::Unknown) => skipped.unknown += 1,
                None if line.is_empty() => {}
                None => skipped.damaged += 1,
            }
        });
        let (end, torn) = scanned.map_err(LedgerError::io("read", &path))?;
        if let Some(version) = version.filter(|version| *version > VERSION) {
            return Err(LedgerError::Newer { path: path.display().to_string(), version, ours: VERSION });
        }
        self.rows.append(&mut rows);
        self.rows.sort_unstable_by_key(|row| (row.id_start, row.spot));
        self.works.extend(works);
        (self.skipped, self.end) = (Skipped { torn, ..skipped }, end);
        Ok(())
    }

    /// Shows each whole line from `start` on; gives the end of the last, and whether more follows it.
    fn scan(&self, start: u64, mut line: impl FnMut(Spot, &[u8])) -> std::io::Result<(u64, bool)> {
        let Some(mut file) = self.file.as_ref() else { return Ok((start, false)) };
        file.seek(SeekFrom::Start(start))?;
        let mut reader = BufReader::with_capacity(1 << 18, file);
        let (mut offset, mut bytes) = (start, Vec::new());
        loop {
            bytes.clear();
            let count = reader.read_until(b'\n', &mut bytes)?;
            let Some(whole) = bytes.strip_suffix(b"\n") else { return Ok((offset, count > 0)) };
            // A line of 4 GiB is none of ours: it ends up as damaged, its length does not matter.
            line(Spot { offset, len: u32::try_from(whole.len()).unwrap_or(0) }, whole);
            offset += u64::try_from(count).expect("a length fits into 64 bits");
        }
    }

    /// A log that tells of nothing, for when the one at `path` cannot be read.
    pub fn empty(path: &Path) -> Self {
        Self { path: path.to_owned(), ..Self::default() }
    }

    /// The results of an id, newest first.
    pub fn results(&self, id: DatumId) -> Vec<ResultRecord> {
        let rows = self.rows_of(id).iter().rev().filter(|row| row.kind.is_result());
        rows.filter_map(|row| self.record(row.spot)).filter(|result: &ResultRecord| result.id == id).collect()
    }

    /// The attempts of an id, oldest first.
    pub fn attempts(&self, id: DatumId) -> Vec<AttemptRecord> {
        let rows = self.rows_of(id).iter().filter(|row| row.kind == LineKind::Attempt);
        rows.filter_map(|row| self.record(row.spot)).filter(|seen: &AttemptRecord| seen.id == id).collect()
    }

    /// The last attempt of an id, if it went wrong and no result came after it. One that was
    /// cancelled says nothing and does not count.
    pub fn last_failure(&self, id: DatumId) -> Option<AttemptRecord> {
        for row in self.rows_of(id).iter().rev() {
            if row.kind.is_result() {
                return None;
            }
            let seen: Option<AttemptRecord> = self.record(row.spot);
            match seen.filter(|seen| seen.id == id && seen.outcome != Outcome::Cancelled) {
                Some(seen) if seen.outcome == Outcome::Done => return None,
                Some(seen) => return Some(seen),
                None => {}
            }
        }
        None
    }

    /// The fields of a piece of work, if a result with them was ever logged.
    pub fn work(&self, id: WorkId) -> Option<WorkFields> {
        self.works.get(&id).and_then(|spot| self.record::<WorkRecord>(*spot)).map(|work| work.fields)
    }

    /// The works whose fields stand in the log.
    pub fn work_ids(&self) -> BTreeSet<WorkId> {
        self.works.keys().copied().collect()
    }

    /// The results whose files were staged under one of `names`; a name without a result is absent.
    ///
    /// Reads the whole log again, so ask only when something is staged.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn staged(
        &self,
        names: &BTreeSet<Box<str>>,
    ) -> Result<BTreeMap<Box<str>, ResultRecord>, LedgerError> {
        let mut found = BTreeMap::new();
        if names.is_empty() {
            return Ok(found);
        }
        let scanned = self.scan(0, |_, line| {
            if !line.starts_with(b"{\"kind\":\"result\"") || !is_intact(line) {
                return;
            }
            let Ok(result) = serde_json::from_slice::<ResultRecord>(line) else { return };
            if let Some(publish) = result.publish.as_ref().filter(|publish| names.contains(&publish.staged)) {
                found.insert(publish.staged.clone(), result);
            }
        });
        scanned.map_err(LedgerError::io("read", &self.path))?;
        Ok(found)
    }

    /// The results to be placed that stand in the log from its byte `start` on, oldest first.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn placed_since(&self, start: u64) -> Result<Vec<ResultRecord>, LedgerError> {
        let mut found = Vec::new();
        let scanned = self.scan(start, |_, line| {
            if line.starts_with(b"{\"kind\":\"result\"") && is_intact(line) {
                found.extend(serde_json::from_slice::<ResultRecord>(line));
            }
        });
        scanned.map_err(LedgerError::io("read", &self.path))?;
        Ok(found)
    }

    /// Number of attempts and results in the log.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it tells of no attempt and no result.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// What was passed over.
    pub fn skipped(&self) -> Skipped {
        self.skipped
    }

    fn rows_of(&self, id: DatumId) -> &[Row] {
        let wanted = id_start(&id.0);
        let start = self.rows.partition_point(|row| row.id_start < wanted);
        let count = self.rows[start..].iter().take_while(|row| row.id_start == wanted).count();
        &self.rows[start..start + count]
    }

    /// Reads one record; `None` if the file was changed under us.
    fn record<T: DeserializeOwned>(&self, spot: Spot) -> Option<T> {
        let mut bytes = vec![0; spot.len as usize];
        self.file.as_ref()?.read_exact_at(&mut bytes, spot.offset).ok()?;
        serde_json::from_slice(&bytes).ok()
    }
}

fn id_start(id: &[u8; 32]) -> u64 {
    id.iter().take(8).fold(0, |start, byte| start << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;
    use crate::ledger::AttemptWriter;
    use crate::ledger::attempt::samples::{attempt, result};

    const COUNT: u8 = 12;

    fn id(number: u8) -> DatumId {
        DatumId([number; 32])
    }

    /// A log of an attempt and a result for each of a few ids.
    fn sample() -> Vec<u8> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("attempts.jsonl");
        let mut writer = AttemptWriter::open(&path, BTreeSet::new()).unwrap();
        for number in 0..COUNT {
            writer.attempt(&attempt(number, Outcome::Done)).unwrap();
            writer.results([(&result(number), &WorkFields::new())]).unwrap();
        }
        fs::read(path).unwrap()
    }

    /// The ids of the results whose whole line stands in `sample[range]` with its newline.
    fn whole_results(sample: &[u8], is_untouched: impl Fn(usize, usize) -> bool) -> BTreeSet<u8> {
        let (mut start, mut found) = (0, BTreeSet::new());
        for line in sample.split_inclusive(|byte| *byte == b'\n') {
            if let Head::Record(LineKind::Result, id) = head(line)
                && is_untouched(start, start + line.len())
            {
                found.insert(id[0]);
            }
            start += line.len();
        }
        found
    }

    fn results_in(path: &Path) -> BTreeSet<u8> {
        let log = AttemptLog::read(path).unwrap();
        let known = |number: &u8| match &*log.results(id(*number)) {
            [] => false,
            [only] => *only == result(*number),
            _ => panic!("a result stands twice"),
        };
        (0..=u8::MAX).filter(known).collect()
    }

    /// Reads a damaged log, appends to it as the next run does, and reads it again.
    fn check(damaged: &[u8], expected: &BTreeSet<u8>) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("attempts.jsonl");
        fs::write(&path, damaged).unwrap();
        assert_eq!(results_in(&path), *expected);
        let works = AttemptLog::read(&path).unwrap().work_ids();
        let mut writer = AttemptWriter::open(&path, works).unwrap();
        writer.results([(&result(200), &WorkFields::new())]).unwrap();
        let mut next = expected.clone();
        next.insert(200);
        assert_eq!(results_in(&path), next);
        assert_eq!(AttemptLog::read(&path).unwrap().work(result(200).work), Some(WorkFields::new()));
    }

    #[test]
    fn a_log_cut_anywhere_keeps_every_whole_line() {
        let sample = sample();
        let ends: Vec<usize> =
            (1..=sample.len()).filter(|at| sample[at - 1] == b'\n').flat_map(|at| at - 1..=at + 1).collect();
        for cut in [0, 1].into_iter().chain(ends).filter(|cut| *cut <= sample.len()) {
            // A last line that lacks only its newline is as good as lost until it is sealed: then it counts.
            let expected = whole_results(&sample, |_, end| end <= cut);
            let sealed = whole_results(&sample, |_, end| end <= cut + 1);
            if expected == sealed {
                check(&sample[..cut], &expected);
            }
        }
        assert_eq!(whole_results(&sample, |_, _| true).len(), usize::from(COUNT));
    }

    #[test]
    fn a_line_that_lacks_only_its_newline_counts_once_it_is_sealed() {
        let sample = sample();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("attempts.jsonl");
        fs::write(&path, &sample[..sample.len() - 1]).unwrap();
        let log = AttemptLog::read(&path).unwrap();
        assert!(log.skipped().torn && log.results(id(COUNT - 1)).is_empty());
        AttemptWriter::open(&path, log.work_ids()).unwrap().attempt(&attempt(1, Outcome::Done)).unwrap();
        assert_eq!(AttemptLog::read(&path).unwrap().results(id(COUNT - 1)), [result(COUNT - 1)]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn a_log_cut_at_random_keeps_every_whole_line(at in any::<usize>()) {
            let sample = sample();
            let cut = at % sample.len();
            if sample.get(cut) != Some(&b'\n') {
                check(&sample[..cut], &whole_results(&sample, |_, end| end <= cut));
            }
        }

        #[test]
        fn a_flipped_bit_costs_its_line_and_no_other(at in any::<usize>(), bit in 0..8_u8) {
            let mut sample = sample();
            let at = at % sample.len();
            // Losing a line's end joins it with the next.
            let lost_end = sample[at] == b'\n';
            let expected =
                whole_results(&sample, |start, end| !((start..end).contains(&at) || lost_end && start == at + 1));
            sample[at] ^= 1_u8 << bit;
            if !lost_end || at + 1 < sample.len() {
                check(&sample, &expected);
            }
        }

        #[test]
        fn random_bytes_are_an_empty_log(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            check(&bytes, &BTreeSet::new());
        }

        #[test]
        fn lost_stretches_cost_only_their_lines(from in any::<usize>(), len in 1..900_usize) {
            let mut sample = sample();
            let from = from % sample.len();
            let to = (from + len).min(sample.len() - 1).max(from);
            let expected = whole_results(&sample, |start, end| end <= from || start >= to);
            sample.drain(from..to);
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("attempts.jsonl");
            fs::write(&path, &sample).unwrap();
            let seen = results_in(&path);
            // The line after the stretch may have lost its start's neighbour, not its own text.
            prop_assert!(expected.difference(&seen).count() <= 1, "{expected:?} {seen:?}");
        }
    }

    #[test]
    fn failures_are_told_until_a_result_comes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("attempts.jsonl");
        let mut log = AttemptLog::read(&path).unwrap();
        assert!(log.is_empty() && log.results(id(1)).is_empty());
        let mut writer = AttemptWriter::open(&path, BTreeSet::new()).unwrap();
        log = AttemptLog::read(&path).unwrap();
        let mut told = Vec::new();
        for outcome in
            [Outcome::Cancelled, Outcome::Failed, Outcome::TimedOut, Outcome::Cancelled, Outcome::Done]
        {
            writer.attempt(&attempt(1, outcome)).unwrap();
            log.refresh().unwrap();
            told.push(log.last_failure(id(1)).map(|seen| seen.outcome));
        }
        let (failed, late) = (Some(Outcome::Failed), Some(Outcome::TimedOut));
        assert_eq!(told, [None, failed, late, late, None]);
        writer.attempt(&attempt(1, Outcome::Failed)).unwrap();
        writer.results([(&ResultRecord { publish: None, ..result(1) }, &WorkFields::new())]).unwrap();
        log.refresh().unwrap();
        assert_eq!((log.last_failure(id(1)), log.attempts(id(1)).len()), (None, 6));
    }

    #[test]
    fn something_else_in_its_place_is_an_empty_log() {
        let dir = tempfile::tempdir().unwrap();
        let log = AttemptLog::read(dir.path()).unwrap();
        assert_eq!((log.len(), log.skipped().damaged), (0, 1));
    }

    #[test]
    fn staged_folders_find_their_results() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("attempts.jsonl");
        fs::write(&path, sample()).unwrap();
        let log = AttemptLog::read(&path).unwrap();
        let found = log.staged(&["s-3".into(), "s-99".into(), "s".into()].into()).unwrap();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [("s-3".into(), result(3))]);
        let all: Vec<_> = (0..COUNT).map(result).collect();
        assert_eq!(log.placed_since(0).unwrap(), all);
        let text = sample();
        let last = text.windows(6).rposition(|bytes| bytes == b"\"kind\"").unwrap() as u64 - 1;
        assert_eq!(log.placed_since(last).unwrap(), [result(COUNT - 1)]);
        assert!(log.placed_since(text.len() as u64).unwrap().is_empty());
    }

    #[test]
    fn a_damaged_version_line_is_not_believed() {
        use crate::ledger::attempt_line::push_header;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("attempts.jsonl");
        let mut bytes = Vec::new();
        push_header(&mut bytes, 1);
        let end = bytes.len();
        push_header(&mut bytes, 9);
        bytes[end + 14] ^= 1;
        fs::write(&path, bytes).unwrap();
        assert_eq!(AttemptLog::read(&path).unwrap().skipped().damaged, 1);
    }
}
