//! `AttemptLog`: reads the attempt log. Only an index is held in memory; records are read when asked for.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead as _, BufReader, ErrorKind, Seek as _, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::attempt_index::{Index, WORTH_BYTES};
use super::attempt_line::{Head, LineKind, WorkRecord, head, is_intact};
use super::{AttemptRecord, LedgerError, Outcome, ResultRecord, TriedRecord, WorkFields};
use crate::model::{DatumId, PipelineName, WorkId};

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

/// Where something stands in the file, by pipeline and key.
type ByPlace = BTreeMap<(Box<str>, Box<str>), Vec<Spot>>;

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
    /// Where the failed attempts at each place stand, oldest first, by pipeline and key; looked for when it is asked for.
    tried: OnceCell<ByPlace>,
    /// Where the attempts at a place stand.
    attempted: OnceCell<ByPlace>,
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
        let known = log.file.as_ref().and_then(|file| Index::read(path, file));
        let covered = known.as_ref().map_or(0, |index| index.end);
        if let Some(index) = known {
            log.take_up(index);
        }
        log.refresh()?;
        if let Some(file) = log.file.as_ref().filter(|_| log.end - covered >= WORTH_BYTES) {
            log.index().write(path, file);
        }
        Ok(log)
    }

    /// Takes over what an index tells.
    fn take_up(&mut self, index: Index) {
        let row = |(id_start, offset, len, kind): (u64, u64, u32, u8)| {
            Some(Row { id_start, spot: Spot { offset, len }, kind: LineKind::from_number(kind)? })
        };
        self.rows = index.rows.into_iter().filter_map(row).collect();
        let works = index.works.into_iter().map(|(id, offset, len)| (WorkId(id), Spot { offset, len }));
        self.works = works.collect();
        (self.skipped.damaged, self.skipped.unknown) = index.skipped;
        self.end = index.end;
    }

    /// All that is known, for the next time.
    fn index(&self) -> Index {
        let rows = self.rows.iter();
        let works = self.works.iter();
        Index {
            end: self.end,
            rows: rows.map(|row| (row.id_start, row.spot.offset, row.spot.len, row.kind.number())).collect(),
            works: works.map(|(id, spot)| (id.0, spot.offset, spot.len)).collect(),
            skipped: (self.skipped.damaged, self.skipped.unknown),
            ..Index::default()
        }
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
        // The index has them in order: this sort makes use of that.
        self.rows.sort_by_key(|row| (row.id_start, row.spot));
        self.works.extend(works);
        (self.skipped, self.end) = (Skipped { torn, ..skipped }, end);
        (self.tried, self.attempted) = (OnceCell::new(), OnceCell::new());
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
        for row in self.rows_of(id).iter().rev().filter(|row| row.kind != LineKind::Tried) {
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

    /// What the last attempt was made of that failed at a place, if any did.
    pub fn last_tried(&self, pipeline: &PipelineName, key: &str) -> Option<TriedRecord> {
        self.record(*self.tried_at(pipeline, key).last()?)
    }

    /// The attempts at a place that were made of something else than a piece of work now, as far as one of those at the
    /// same failed; oldest first.
    pub fn attempts_before(&self, pipeline: &PipelineName, key: &str, id: DatumId) -> Vec<AttemptRecord> {
        let tried = self.tried_at(pipeline, key).iter().filter_map(|spot| self.record::<TriedRecord>(*spot));
        let ids: BTreeSet<DatumId> = tried.map(|tried| tried.id).filter(|other| *other != id).collect();
        let is_there = |seen: &AttemptRecord| seen.pipeline == *pipeline && *seen.key == *key;
        let found = ids.into_iter().flat_map(|id| self.attempts(id));
        let mut found: Vec<AttemptRecord> = found.filter(is_there).collect();
        found.sort_by_key(|seen| (seen.started_ms, seen.attempt));
        found
    }

    /// All attempts at a place that were made of something else than a piece of work now, oldest first. This reads every
    /// attempt at the first call.
    pub fn attempts_of_other_work(
        &self,
        pipeline: &PipelineName,
        key: &str,
        id: DatumId,
    ) -> Vec<AttemptRecord> {
        let places = self.attempted.get_or_init(|| {
            let rows = self.rows.iter().filter(|row| row.kind == LineKind::Attempt);
            let mut places = ByPlace::new();
            for (seen, spot) in
                rows.filter_map(|row| Some((self.record::<AttemptRecord>(row.spot)?, row.spot)))
            {
                places.entry((seen.pipeline.as_str().into(), seen.key)).or_default().push(spot);
            }
            places
        });
        let spots = places.get(&(pipeline.as_str().into(), key.into())).into_iter().flatten();
        let found = spots.filter_map(|spot| self.record::<AttemptRecord>(*spot));
        let mut found: Vec<AttemptRecord> = found.filter(|seen| seen.id != id).collect();
        found.sort_by_key(|seen| (seen.started_ms, seen.attempt));
        found
    }

    fn tried_at(&self, pipeline: &PipelineName, key: &str) -> &[Spot] {
        let places = self.tried.get_or_init(|| {
            let mut spots: Vec<Spot> =
                self.rows.iter().filter(|row| row.kind == LineKind::Tried).map(|row| row.spot).collect();
            // As they were written: the newest of a place is the last.
            spots.sort_unstable();
            let tried = spots.into_iter().filter_map(|spot| Some((self.record::<TriedRecord>(spot)?, spot)));
            let mut places = ByPlace::new();
            for (tried, spot) in tried {
                places.entry((tried.pipeline.as_str().into(), tried.key)).or_default().push(spot);
            }
            places
        });
        if places.is_empty() {
            return &[];
        }
        places.get(&(pipeline.as_str().into(), key.into())).map_or(&[], Vec::as_slice)
    }

    /// The fields of a piece of work, if a result or failure with them was ever logged.
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

    /// The results to which a `.gitignore` belongs, oldest first.
    ///
    /// Reads the whole log again, so ask only when such a file stands in a folder of a pipeline.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn with_rules(&self) -> Result<Vec<ResultRecord>, LedgerError> {
        let names_it =
            |line: &[u8]| std::str::from_utf8(line).is_ok_and(|text| text.contains(".gitignore\""));
        let mut found: Vec<ResultRecord> = Vec::new();
        let scanned = self.scan(0, |_, line| {
            if line.starts_with(b"{\"kind\":\"result\"") && names_it(line) && is_intact(line) {
                found.extend(serde_json::from_slice::<ResultRecord>(line));
            }
        });
        scanned.map_err(LedgerError::io("read", &self.path))?;
        let has_rules = |path: &str| path == ".gitignore" || path.ends_with("/.gitignore");
        found.retain(|record| record.files.iter().any(|file| has_rules(&file.path)));
        Ok(found)
    }

    /// Number of attempts, results and failures in the log.
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
        is_intact(&bytes).then(|| serde_json::from_slice(&bytes).ok())?
    }
}

fn id_start(id: &[u8; 32]) -> u64 {
    id.iter().take(8).fold(0, |start, byte| start << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests;
