//! Made-up subjects: a few deterministic numbers for each scan, the same on every machine.

use serde::Serialize;

/// Numbers in one scan.
const VOXELS: u64 = 32;

/// Numbers on one line.
const ROW: u64 = 8;

/// With surprises, subjects whose scans equal an earlier subject's: (subject, the earlier one).
const TWINS: [(u64, u64); 2] = [(17, 5), (20, 8)];

/// With surprises, subjects without a T2.
const WITHOUT_T2: [u64; 2] = [11, 23];

/// With surprises, the subject whose T1 is cut off.
const CUT_OFF: u64 = 13;

/// One made-up scan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Scan {
    /// The subject's folder: `sub-01`.
    pub(super) subject: String,
    /// How many numbers the file announces.
    pub(super) voxels: u64,
    /// Its lines. Neither they nor anything else in the file names the subject.
    pub(super) rows: Vec<String>,
}

/// The T1 of each subject.
pub(super) fn t1(subjects: u64, surprises: bool) -> Vec<Scan> {
    let rows = |number| if surprises && number == CUT_OFF { VOXELS / ROW - 1 } else { VOXELS / ROW };
    (1..=subjects).map(|number| scan(number, subjects, surprises, 0, rows(number))).collect()
}

/// The T2 of each subject that has one.
pub(super) fn t2(subjects: u64, surprises: bool) -> Vec<Scan> {
    let has = |number: &u64| !(surprises && WITHOUT_T2.contains(number));
    (1..=subjects).filter(has).map(|number| scan(number, subjects, surprises, 71, VOXELS / ROW)).collect()
}

fn scan(number: u64, subjects: u64, surprises: bool, shift: u64, rows: u64) -> Scan {
    let twin = TWINS.iter().find(|(subject, _)| surprises && *subject == number);
    let seed = twin.map_or(number, |(_, earlier)| *earlier);
    let width = subjects.to_string().len().max(2);
    Scan {
        subject: format!("sub-{number:0width$}"),
        voxels: VOXELS,
        rows: (0..rows).map(|row| line(seed, shift, row)).collect(),
    }
}

fn line(seed: u64, shift: u64, row: u64) -> String {
    // The seed also stands in the first number as it is, so that no two subjects are equal by chance.
    let value = |at: u64| if at == 0 { seed } else { (seed * 37 + at * at * 11 + shift) % 211 };
    (row * ROW..(row + 1) * ROW).map(|at| value(at).to_string()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn surprises_are_where_they_are_said_to_be() {
        let (t1, t2) = (t1(24, true), t2(24, true));
        assert_eq!((t1.len(), t2.len()), (24, 22));
        let t1_of = |number: usize| &t1[number - 1].rows;
        assert_eq!(t1_of(5), t1_of(17));
        assert_eq!(t1_of(8), t1_of(20));
        assert_eq!((t1_of(13).len(), t1_of(12).len()), (3, 4));
        let t2_of = |name: &str| t2.iter().find(|scan| scan.subject == name).map(|scan| &scan.rows);
        assert_eq!((t2_of("sub-11"), t2_of("sub-23")), (None, None));
        assert_eq!(t2_of("sub-05"), t2_of("sub-17"));
        assert_ne!(t2_of("sub-05"), Some(t1_of(5)));
    }

    #[test]
    fn without_surprises_all_subjects_differ_and_sort_by_number() {
        let scans = t1(300, false);
        assert_eq!(scans.iter().map(|scan| &scan.rows).collect::<BTreeSet<_>>().len(), 300);
        assert!(scans.is_sorted_by(|a, b| a.subject < b.subject));
        assert_eq!(t2(300, false).len(), 300);
    }
}
