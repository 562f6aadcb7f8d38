//! `Frozen`: a sorted map from paths to bytes, kept as it stands in its file: opening it decodes nothing.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

/// A sorted map, as bytes: the number of entries, for each where its key and its value end, and then
/// keys and values in turn.
#[derive(Debug, Default)]
pub(super) struct Frozen {
    bytes: Arc<Vec<u8>>,
    start: usize,
    len: usize,
}

impl Frozen {
    /// The map that stands in `range` of `bytes`.
    pub(super) fn new(bytes: &Arc<Vec<u8>>, range: Range<usize>) -> Option<Self> {
        let len = usize::try_from(number(bytes.get(..range.end)?, range.start)?).ok()?;
        let found = Self { bytes: Arc::clone(bytes), start: range.start, len };
        let end = len.checked_sub(1).map_or(0, |last| found.end(2 * last + 1));
        (found.data().checked_add(end)? == range.end).then_some(found)
    }

    /// Number of entries.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// All entries, in order of key.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        (0..self.len).map(|at| (self.key(at), self.value(at)))
    }

    /// The value of entry `at`.
    pub(super) fn value(&self, at: usize) -> &[u8] {
        self.slice(self.end(2 * at)..self.end(2 * at + 1))
    }

    /// Where the entry of `key` stands; fast if that is at or soon after `near`.
    pub(super) fn find(&self, key: &[u8], near: usize) -> Option<usize> {
        if near >= self.len {
            return self.search(key, 0..self.len);
        }
        match self.key(near).cmp(key) {
            Ordering::Equal => Some(near),
            Ordering::Greater => self.search(key, 0..near),
            Ordering::Less => {
                let (mut low, mut step) = (near + 1, 1);
                while low + step < self.len && self.key(low + step) < key {
                    low += step + 1;
                    step *= 2;
                }
                self.search(key, low..self.len.min(low + step + 1))
            }
        }
    }

    fn search(&self, key: &[u8], mut range: Range<usize>) -> Option<usize> {
        while !range.is_empty() {
            let middle = range.start + range.len() / 2;
            match self.key(middle).cmp(key) {
                Ordering::Equal => return Some(middle),
                Ordering::Less => range.start = middle + 1,
                Ordering::Greater => range.end = middle,
            }
        }
        None
    }

    fn key(&self, at: usize) -> &[u8] {
        let start = if at == 0 { 0 } else { self.end(2 * at - 1) };
        self.slice(start..self.end(2 * at))
    }

    /// Where keys and values begin.
    const fn data(&self) -> usize {
        self.start + 4 + 8 * self.len
    }

    fn end(&self, number_of_end: usize) -> usize {
        number(&self.bytes, self.start + 4 + 4 * number_of_end).map_or(0, |end| end as usize)
    }

    fn slice(&self, range: Range<usize>) -> &[u8] {
        let data = self.data();
        self.bytes.get(data + range.start..data + range.end).unwrap_or_default()
    }
}

/// A [`Frozen`] in the making: what [`Frozen::new`] reads, in pieces.
#[derive(Default)]
pub(super) struct Freezer {
    len: [u8; 4],
    ends: Vec<u8>,
    data: Vec<u8>,
}

impl Freezer {
    /// Adds an entry; its key comes after those before. `value` writes its bytes.
    pub(super) fn add(&mut self, key: &[u8], value: impl FnOnce(Vec<u8>) -> Vec<u8>) {
        self.data.extend_from_slice(key);
        self.ends.extend(size(self.data.len()));
        self.data = value(std::mem::take(&mut self.data));
        self.ends.extend(size(self.data.len()));
        self.len = size(self.ends.len() / 8);
    }

    /// The bytes, in pieces that follow one another.
    pub(super) fn pieces(&self) -> [&[u8]; 3] {
        [&self.len, &self.ends, &self.data]
    }
}

fn size(count: usize) -> [u8; 4] {
    u32::try_from(count).expect("what is remembered of a project is below 4 GiB").to_le_bytes()
}

fn number(bytes: &[u8], start: usize) -> Option<u32> {
    bytes.get(start..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn is_the_map_it_was_made_of(
            map in proptest::collection::btree_map("[a-c]{0,4}", "[x-z]{0,3}", 0..40),
            keys in proptest::collection::vec(("[a-c]{0,4}", 0..45_usize), 0..40),
        ) {
            let entries: BTreeMap<&[u8], &[u8]> =
                map.iter().map(|(key, value)| (key.as_bytes(), value.as_bytes())).collect();
            let mut freezer = Freezer::default();
            for (key, value) in &entries {
                freezer.add(key, |bytes| [&bytes, *value].concat());
            }
            let bytes = Arc::new([b"head", &*freezer.pieces().concat(), b"tail"].concat());
            let end = bytes.len() - 4;
            let frozen = Frozen::new(&bytes, 4..end).expect("it was encoded just now");
            prop_assert_eq!(frozen.iter().collect::<BTreeMap<_, _>>(), entries);
            for (key, near) in keys {
                let found = frozen.find(key.as_bytes(), near).map(|at| frozen.value(at));
                prop_assert_eq!(found, map.get(&key).map(String::as_bytes), "{}", key);
            }
            for cut in 4..end {
                prop_assert!(Frozen::new(&bytes, 4..cut).is_none());
            }
            prop_assert!(Frozen::new(&bytes, 4..end + 1).is_none() && Frozen::new(&bytes, 4..end + 9).is_none());
        }
    }
}
