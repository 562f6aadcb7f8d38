//! Thins the attempt log: old attempts, results told twice and broken lines go; what may be needed again stays.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::attempt_index::forget_index;
use super::attempt_line::{Head, LineKind, head, is_intact};
use super::file::{Durability, write_atomic};
use super::{AttemptRecord, LedgerError, Outcome, ResultRecord, TriedRecord};
use crate::model::{DatumId, WorkId};

/// What thinning a log comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thinned {
    /// Lines before and after.
    pub lines: (usize, usize),
    /// Bytes before and after.
    pub bytes: (u64, u64),
    /// The logs that attempts name which stay, from the state folder.
    pub logs: BTreeSet<Box<str>>,
}

/// Rewrites the log at `path` without attempts that began before `before_ms`, but for the last one of each datum that
/// was not cancelled; without results from before then that a later line tells again, what was tried before then at a
/// place where something else was tried since, and works that nothing names any more; without broken lines. Lines of a
/// later format stay. Only for who holds the lock; a kill leaves the one log or the other.
///
/// # Errors
/// When the log cannot be read or written.
pub fn thin(path: &Path, before_ms: u64, dry_run: bool) -> Result<Thinned, LedgerError> {
    let text = match fs::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Thinned::default()),
        text => text.map_err(LedgerError::io("read", path))?,
    };
    let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
    let mut choice = Choice { before_ms, young: young(&lines, before_ms), ..Choice::default() };
    // From the newest on: the last of its kind is met first.
    let mut kept: Vec<&[u8]> = lines.iter().rev().filter(|line| choice.keeps(line)).copied().collect();
    kept.reverse();
    kept.retain(|line| choice.keeps_work(line));
    let thinned: Vec<u8> = kept.iter().flat_map(|line| [*line, b"\n"].concat()).collect();
    if !dry_run && kept.len() < lines.len() {
        write_atomic(path, &thinned, Durability::Power)?;
        forget_index(path);
    }
    let bytes = |text: &[u8]| u64::try_from(text.len()).unwrap_or(u64::MAX);
    Ok(Thinned {
        lines: (lines.len(), kept.len()),
        bytes: (bytes(&text), bytes(&thinned)),
        logs: choice.logs,
    })
}

/// The work of attempts that began after a time.
fn young(lines: &[&[u8]], before_ms: u64) -> BTreeSet<DatumId> {
    let is_attempt =
        |line: &&&[u8]| is_intact(line) && matches!(head(line), Head::Record(LineKind::Attempt, _));
    let attempts = lines.iter().filter(is_attempt);
    let attempts = attempts.filter_map(|line| serde_json::from_slice::<AttemptRecord>(line).ok());
    attempts.filter(|attempt| attempt.started_ms >= before_ms).map(|attempt| attempt.id).collect()
}

/// What stays, decided line by line from the newest on.
#[derive(Default)]
struct Choice {
    before_ms: u64,
    /// What was tried since then.
    young: BTreeSet<DatumId>,
    /// Datums whose last attempt was met.
    tried: BTreeSet<DatumId>,
    /// Results that were met, by what they say but for when.
    told: BTreeMap<DatumId, BTreeSet<[u8; 32]>>,
    works: BTreeSet<WorkId>,
    /// Places whose newest failure was met, by pipeline and key.
    places: BTreeSet<(Box<str>, Box<str>)>,
    logs: BTreeSet<Box<str>>,
}

impl Choice {
    fn keeps(&mut self, line: &[u8]) -> bool {
        if !is_intact(line) {
            return false;
        }
        match head(line) {
            Head::Record(LineKind::Attempt, _) => {
                serde_json::from_slice(line).is_ok_and(|attempt| self.keeps_attempt(attempt))
            }
            Head::Record(kind, _) if kind.is_result() => {
                serde_json::from_slice(line).is_ok_and(|result| self.keeps_result(&result))
            }
            Head::Record(LineKind::Tried, _) => {
                serde_json::from_slice(line).is_ok_and(|tried| self.keeps_tried(tried))
            }
            // Works are looked at once all results are known.
            Head::Record(..) | Head::Version(_) | Head::Unknown => true,
        }
    }

    fn keeps_attempt(&mut self, attempt: AttemptRecord) -> bool {
        let is_last = attempt.outcome != Outcome::Cancelled && self.tried.insert(attempt.id);
        let stays = is_last || attempt.started_ms >= self.before_ms;
        if stays {
            self.logs.extend(attempt.log);
        }
        stays
    }

    /// Of those that are old, only the newest of each place is ever asked for.
    fn keeps_tried(&mut self, tried: TriedRecord) -> bool {
        let is_new = self.places.insert((tried.pipeline.as_str().into(), tried.key));
        let stays = is_new || self.young.contains(&tried.id);
        if stays {
            self.works.insert(tried.work);
        }
        stays
    }

    fn keeps_result(&mut self, result: &ResultRecord) -> bool {
        let said = ResultRecord { at_ms: 0, publish: None, ..result.clone() };
        let said = blake3::hash(&serde_json::to_vec(&said).unwrap_or_default());
        let is_new = self.told.entry(result.id).or_default().insert(*said.as_bytes());
        let stays = is_new || result.at_ms >= self.before_ms;
        if stays {
            self.works.insert(result.work);
        }
        stays
    }

    fn keeps_work(&self, line: &[u8]) -> bool {
        match head(line) {
            Head::Record(LineKind::Work, id) => self.works.contains(&WorkId(id)),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::attempt::samples::{attempt, result};
    use crate::ledger::{AttemptLog, AttemptWriter};

    fn started(number: u8, outcome: Outcome, started_ms: u64) -> AttemptRecord {
        AttemptRecord {
            started_ms,
            log: Some(format!("logs/{started_ms}").into()),
            ..attempt(number, outcome)
        }
    }

    #[test]
    fn what_is_old_or_told_twice_goes_and_what_is_known_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("attempts.jsonl");
        let mut writer = AttemptWriter::open(&path, BTreeSet::new()).unwrap();
        let fields = serde_json::from_str(r#"{"cmd":["sh"]}"#).unwrap();
        for (number, outcome, at) in [
            (1, Outcome::Failed, 1),
            (1, Outcome::Failed, 2),
            (1, Outcome::Cancelled, 3),
            (2, Outcome::Done, 4),
            (2, Outcome::Done, 50),
            (2, Outcome::Done, 60),
        ] {
            writer.attempt(&started(number, outcome, at)).unwrap();
        }
        let other = ResultRecord { files: Vec::new(), at_ms: 9, ..result(2) };
        let (first, again) =
            (ResultRecord { at_ms: 9, ..result(2) }, ResultRecord { at_ms: 99, ..result(2) });
        writer.results([(&first, &fields), (&other, &fields), (&again, &fields)]).unwrap();
        fs::write(&path, [fs::read(&path).unwrap(), b"{\"torn".to_vec()].concat()).unwrap();
        let before = fs::read(&path).unwrap();
        let would = thin(&path, 50, true).unwrap();
        assert_eq!(fs::read(&path).unwrap(), before, "a dry run writes nothing");
        let done = thin(&path, 50, false).unwrap();
        assert_eq!((&done, done.lines), (&would, (12, 7)));
        let log = AttemptLog::read(&path).unwrap();
        let times = |number: u8| -> Vec<u64> {
            log.attempts(DatumId([number; 32])).iter().map(|seen| seen.started_ms).collect()
        };
        assert_eq!((times(1), times(2)), (vec![2], vec![50, 60]));
        assert_eq!(log.last_failure(DatumId([1; 32])).map(|seen| seen.started_ms), Some(2));
        assert_eq!(log.results(DatumId([2; 32])), [again, other]);
        assert_eq!((log.work(first.work), log.skipped().torn), (Some(fields), false));
        assert_eq!(done.logs.len(), 3);
        assert_eq!(thin(&path, 50, false).unwrap().lines, (7, 7), "twice is once");
        assert_eq!(thin(&dir.path().join("none"), 50, false).unwrap(), Thinned::default());
    }

    #[test]
    fn what_is_young_stays_whatever_came_after_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("attempts.jsonl");
        let mut writer = AttemptWriter::open(&path, BTreeSet::new()).unwrap();
        let fields = serde_json::from_str(r#"{"cmd":["sh"]}"#).unwrap();
        for number in [1, 2] {
            writer.attempt(&started(number, Outcome::Failed, 60 + u64::from(number))).unwrap();
            let tried = TriedRecord {
                id: DatumId([number; 32]),
                work: result(1).work,
                pipeline: result(1).pipeline,
                key: "one".into(),
                inputs: Vec::new(),
            };
            writer.tried(&[tried], &fields).unwrap();
        }
        let (first, again) =
            (ResultRecord { at_ms: 70, ..result(3) }, ResultRecord { at_ms: 99, ..result(3) });
        writer.results([(&first, &fields), (&again, &fields)]).unwrap();
        let kept = thin(&path, 50, true).unwrap();
        assert_eq!(kept.lines.0, kept.lines.1);
        assert!(thin(&path, 80, true).unwrap().lines.1 < kept.lines.0);
    }
}
