//! Tests of the attempt log: cut, damaged, indexed.

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
    for outcome in [Outcome::Cancelled, Outcome::Failed, Outcome::TimedOut, Outcome::Cancelled, Outcome::Done]
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
fn what_a_failed_attempt_was_made_of_is_found_by_its_place_and_outlives_thinning() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("attempts.jsonl");
    let mut writer = AttemptWriter::open(&path, BTreeSet::new()).unwrap();
    let of = |number: u8| {
        let ResultRecord { work, pipeline, inputs, .. } = result(number);
        TriedRecord { id: id(number), work, pipeline, key: "sub-01".into(), inputs }
    };
    let fields: WorkFields = serde_json::from_str(r#"{"cmd":["sh"]}"#).unwrap();
    writer.attempt(&attempt(1, Outcome::Failed)).unwrap();
    writer.tried(&[of(1)], &fields).unwrap();
    writer.attempt(&attempt(2, Outcome::Failed)).unwrap();
    writer.tried(&[of(2)], &fields).unwrap();
    let name = result(1).pipeline;
    for thinned in [false, true] {
        if thinned {
            crate::ledger::thin(&path, u64::MAX, false).unwrap();
        }
        let log = AttemptLog::read(&path).unwrap();
        assert_eq!(log.last_tried(&name, "sub-01"), Some(of(2)), "the newest");
        assert_eq!(log.last_tried(&name, "sub-02"), None);
        let before = |key, number| -> Vec<_> {
            log.attempts_before(&name, key, id(number)).into_iter().map(|seen| seen.id).collect()
        };
        // The second attempt was at another place; what is old is thinned.
        let kept = if thinned { vec![] } else { vec![id(1)] };
        assert_eq!((before("sub-01", 3), before("sub-01", 1), before("sub-02", 3)), (kept, vec![], vec![]));
        assert_eq!(log.work(of(2).work), Some(fields.clone()));
        assert!(log.last_failure(id(2)).is_some() && log.attempts(id(2)).len() == 1);
        assert_eq!(log.skipped(), Skipped::default());
    }
}

#[test]
fn an_index_finds_what_reading_finds_and_is_dropped_when_it_does_not_fit() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("attempts.jsonl");
    let sample = sample();
    fs::write(&path, &sample).unwrap();
    let log = AttemptLog::read(&path).unwrap();
    log.index().write(&path, &File::open(&path).unwrap());
    assert!(path.with_extension("index").exists());
    let known = |number: u8| AttemptLog::read(&path).unwrap().results(id(number)) == [result(number)];
    assert!((0..COUNT).all(known));
    // Its rows are used: a line that they do not name is not found, one that was appended is.
    let mut lacking = log.index();
    lacking.rows.retain(|(start, ..)| *start != id_start(&id(3).0));
    lacking.write(&path, &File::open(&path).unwrap());
    AttemptWriter::open(&path, log.work_ids()).unwrap().attempt(&attempt(77, Outcome::Failed)).unwrap();
    assert!(!known(3) && known(4));
    assert!(AttemptLog::read(&path).unwrap().last_failure(id(77)).is_some());
    // Another log, or a damaged index: all is read.
    fs::write(&path, &sample[..sample.len() / 2]).unwrap();
    assert!(known(3));
    fs::write(&path, &sample).unwrap();
    let index = path.with_extension("index");
    let whole = fs::read(&index).unwrap();
    fs::write(&index, &whole[..whole.len() - 1]).unwrap();
    assert!(known(3));
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
