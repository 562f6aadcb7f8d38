//! `PipelineLedger`: what one pipeline's ledger remembers, with lookups by key and by id.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use super::format::Parsed;
use super::tidy::rank;
use super::works::{LedgerDamage, WorkFields};
use crate::model::{DatumId, KnownResult, WorkId};

/// What one pipeline's ledger remembers: memory, never truth.
///
/// A key may have several lines, after a merge; which of them holds is decided by the outputs that stand.
#[derive(Clone, Debug, Default)]
pub struct PipelineLedger {
    lines: Vec<KnownResult>,
    works: BTreeMap<WorkId, WorkFields>,
    damage: LedgerDamage,
    is_untidy: bool,
    by_id: OnceLock<Vec<u32>>,
}

impl PipelineLedger {
    /// A ledger of `lines` in any order; equal ones are kept once.
    pub fn new(lines: Vec<KnownResult>, works: BTreeMap<WorkId, WorkFields>) -> Self {
        Self { lines: in_order(lines), works, ..Self::default() }
    }

    pub(super) fn from_parsed(parsed: Parsed) -> Self {
        let Parsed { results, works, damage, mut is_untidy } = parsed;
        let mut all = BTreeMap::new();
        for (id, fields) in works {
            // Files that tell one work in two ways: only one of them stands as it would be written.
            is_untidy |= all.get(&id).is_some_and(|other| *other != fields);
            all.insert(id, fields);
        }
        Self { damage, is_untidy, ..Self::new(results, all) }
    }

    /// All lines, sorted by key.
    pub fn lines(&self) -> &[KnownResult] {
        &self.lines
    }

    /// The lines of one key: none, one, or several after a merge.
    pub fn lines_for(&self, key: &str) -> &[KnownResult] {
        let start = self.lines.partition_point(|line| *line.key < *key);
        let count = self.lines[start..].iter().take_while(|line| *line.key == *key).count();
        &self.lines[start..start + count]
    }

    /// The lines of one id, in order of key. The first call sorts; later ones are cheap.
    pub fn lines_with(&self, id: DatumId) -> impl Iterator<Item = &KnownResult> {
        let order = self.by_id.get_or_init(|| self.order_by_id());
        let line = |at: &u32| &self.lines[*at as usize];
        let start = order.partition_point(|at| line(at).id < id);
        order[start..].iter().map(line).take_while(move |line| line.id == id)
    }

    fn order_by_id(&self) -> Vec<u32> {
        let count = u32::try_from(self.lines.len()).expect("a ledger has fewer than 2^32 lines");
        let mut order: Vec<u32> = (0..count).collect();
        order.sort_by_key(|at| self.lines[*at as usize].id);
        order
    }

    /// The fields of each piece of work that is named, by digest.
    pub fn works(&self) -> &BTreeMap<WorkId, WorkFields> {
        &self.works
    }

    /// How many lines were passed over when it was read.
    pub fn damage(&self) -> LedgerDamage {
        self.damage
    }

    /// Whether it, or the one that it was updated from, was read from files of which some do not stand as they
    /// would be written (a merge mixes lines): then more of them differ than their changed keys tell.
    pub fn is_untidy(&self) -> bool {
        self.is_untidy
    }

    /// Its lines whose keys count, with all works.
    pub(super) fn part(&self, counts: impl Fn(&str) -> bool) -> Self {
        let lines = self.lines.iter().filter(|line| counts(&line.key)).cloned().collect();
        Self { lines, works: self.works.clone(), ..Self::default() }
    }

    /// This ledger with all lines of the keys in `results` replaced by these, and those of `removed` gone.
    pub fn updated(
        &self,
        results: Vec<KnownResult>,
        removed: &BTreeSet<Box<str>>,
        works: impl IntoIterator<Item = (WorkId, WorkFields)>,
    ) -> Self {
        let replaced: BTreeSet<&str> = results.iter().map(|result| &*result.key).collect();
        let stays = |line: &&KnownResult| !replaced.contains(&*line.key) && !removed.contains(&line.key);
        let kept: Vec<KnownResult> = self.lines.iter().filter(stays).cloned().collect();
        let mut all_works = self.works.clone();
        all_works.extend(works);
        let updated = Self::new(kept.into_iter().chain(results).collect(), all_works);
        Self { is_untidy: self.is_untidy, ..updated }
    }

    /// The keys whose lines differ between this ledger and `newer`, in order: added, changed or gone.
    pub fn changed_keys<'a>(&'a self, newer: &'a Self) -> Vec<&'a str> {
        let keys: BTreeSet<&str> = self.lines.iter().chain(&newer.lines).map(|line| &*line.key).collect();
        keys.into_iter().filter(|key| self.lines_for(key) != newer.lines_for(key)).collect()
    }
}

fn in_order(mut lines: Vec<KnownResult>) -> Vec<KnownResult> {
    if !lines.is_sorted_by(|a, b| a.key < b.key) {
        // Shards hold keys by digest. Most keys differ soon after the start that all share, and numbers are moved sooner
        // than lines; what that leaves is nearly in order, which the other sort makes use of.
        let shared = shared_start(&lines);
        lines.sort_by_cached_key(|line| number_of(&line.key.as_bytes()[shared..]));
        lines.sort_by(|a, b| rank(a).cmp(&rank(b)));
        lines.dedup();
    }
    lines
}

/// So many bytes are the same in all keys, from their first on.
fn shared_start(lines: &[KnownResult]) -> usize {
    let Some((first, others)) = lines.split_first() else { return 0 };
    let first = first.key.as_bytes();
    let shared = |length: usize, line: &KnownResult| {
        first[..length].iter().zip(line.key.as_bytes()).take_while(|(one, other)| one == other).count()
    };
    others.iter().fold(first.len(), shared)
}

/// The first bytes as a number: in the order of the bytes, as far as it goes.
fn number_of(bytes: &[u8]) -> u64 {
    let mut start = [0; 8];
    let length = bytes.len().min(start.len());
    start[..length].copy_from_slice(&bytes[..length]);
    u64::from_be_bytes(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(lines: &[(&str, u8)]) -> PipelineLedger {
        PipelineLedger::new(
            lines.iter().map(|(key, id)| KnownResult::sample(key, *id)).collect(),
            BTreeMap::new(),
        )
    }

    #[test]
    fn several_lines_of_a_key_are_kept_and_equal_ones_once() {
        let ledger = ledger(&[("b", 1), ("a", 2), ("b", 3), ("b", 1), ("c", 1)]);
        let ids = |key| ledger.lines_for(key).iter().map(|line| line.id.0[0]).collect::<Vec<_>>();
        assert_eq!((ids("a"), ids("b"), ids("aa")), (vec![2], vec![1, 3], vec![]));
        let keys = |id| ledger.lines_with(DatumId([id; 32])).map(|line| &*line.key).collect::<Vec<_>>();
        assert_eq!((keys(1), keys(2), keys(9)), (vec!["b", "c"], vec!["a"], vec![]));
    }

    #[test]
    fn lines_are_in_order_whatever_their_keys_share() {
        let keys =
            ["sub-10", "sub-2", "sub-", "sub-10/a", "sub-1", "sub-\u{e9}", "sub-12345678b", "sub-12345678a"];
        for prefix in ["", "a/very/long/start/that/all/share/"] {
            let keys: Vec<String> = keys.iter().map(|key| format!("{prefix}{key}")).collect();
            let lines: Vec<(&str, u8)> = keys.iter().zip(0_u8..).map(|(key, id)| (&**key, id)).collect();
            let found = ledger(&[lines.as_slice(), &[(&keys[0], 99), (&keys[0], 99)]].concat());
            let mut expected: Vec<&str> = keys.iter().map(|key| &**key).chain([&*keys[0]]).collect();
            expected.sort_unstable();
            assert_eq!(found.lines().iter().map(|line| &*line.key).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn updates_replace_whole_keys() {
        let old = ledger(&[("a", 1), ("b", 2), ("b", 3), ("c", 4)]);
        let new = old.updated(
            vec![KnownResult::sample("b", 9), KnownResult::sample("d", 5)],
            &BTreeSet::from(["c".into()]),
            [],
        );
        assert_eq!(new.lines(), ledger(&[("a", 1), ("b", 9), ("d", 5)]).lines());
        assert_eq!(old.changed_keys(&new), ["b", "c", "d"]);
        assert!(new.changed_keys(&new).is_empty());
    }
}
