//! Forms datums: combines the pieces that the leaves' globs cut.

use std::collections::{BTreeMap, BTreeSet};

use smallvec::SmallVec;

use super::cut;
use crate::model::glob::Template;
use crate::model::{Datum, Formed, Input, Leaf, Match, MatchIndex, Tree};

/// Most datums that one input may make.
pub const MAX_DATUMS: usize = 10_000_000;

/// Why no datums were formed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// The input makes more than [`MAX_DATUMS`].
    #[error("input `{input}` makes more than {MAX_DATUMS} datums; let its globs match less")]
    TooManyDatums {
        /// The input as a whole: `cross of a, b`.
        input: String,
    },
    /// More leaves than can be numbered.
    #[error("has {count} inputs, more than 65536")]
    TooManyInputs {
        /// How many.
        count: usize,
    },
}

/// Forms the datums of an input; `trees` holds one tree per leaf, as [`Input::leaves`] orders them.
///
/// - pfs, cron: one datum per match, in path order.
/// - cross: every combination of the children's datums, the last child changing fastest.
/// - union: the datums of each child in turn.
/// - join: the children's datums are taken apart into single matches (each counts once). For each key,
///   in byte order, one datum per combination, the last child changing fastest; where a child has no
///   match of that key only those of `outer_join` leaves are kept. A missing `join_on` is the empty key.
/// - group: taken apart likewise; for each key, in byte order, one datum with all matches.
///
/// Of datums that hold the same (input name, repo, path) in the same order the first stays.
///
/// # Errors
/// More than [`MAX_DATUMS`] datums, at the end or on the way.
pub fn form(input: &Input, trees: &[Tree]) -> Result<Formed, FormError> {
    let leaves = input.leaves();
    debug_assert_eq!(leaves.len(), trees.len());
    let mut matches = Vec::new();
    let mut starts = vec![0];
    for (number, (leaf, tree)) in leaves.iter().zip(trees).enumerate() {
        let number = u16::try_from(number).map_err(|_| FormError::TooManyInputs { count: leaves.len() })?;
        matches.extend(cut::matches(number, leaf, tree));
        starts.push(index(matches.len()));
    }
    let same = same(&leaves, &matches);
    let mut former = Former { leaves, matches, starts, next_leaf: 0, same };
    let mut datums = former.datums(input)?;
    if former.same.is_some() {
        let mut seen = BTreeSet::new();
        datums.retain(|datum| seen.insert(former.identity(datum)));
    }
    Ok(Formed { matches: former.matches, datums })
}

struct Former<'a> {
    leaves: Vec<&'a Leaf>,
    /// By leaf, then in path order.
    matches: Vec<Match>,
    /// Index of each leaf's first match, and the number of all.
    starts: Vec<MatchIndex>,
    /// Number of the leaf that comes next on the walk over the input.
    next_leaf: usize,
    /// For each match the first that cannot be told from it, if there are such at all.
    same: Option<Vec<MatchIndex>>,
}

/// A match with its key and the child it came from; sorts into the order of joins and groups.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Keyed {
    key: Box<str>,
    child: usize,
    found: MatchIndex,
}

/// Which of a leaf's templates gives the key.
type KeyOf = fn(&Leaf) -> Option<&Template>;

/// For one child of a join, what a datum can take from it; `None` is nothing.
type Choices = SmallVec<[Option<MatchIndex>; 2]>;

impl Former<'_> {
    fn datums(&mut self, input: &Input) -> Result<Vec<Datum>, FormError> {
        match input {
            Input::Pfs(_) => Ok(self.leaf_matches().map(|found| datum([found])).collect()),
            Input::Union(children) => self.union(input, children),
            Input::Cross(children) => self.cross(input, children),
            Input::Join(children) => {
                let keyed = self.keyed(children, |leaf| leaf.join_on.as_ref())?;
                self.join(input, &keyed, children.len())
            }
            Input::Group(children) => {
                let keyed = self.keyed(children, |leaf| leaf.group_by.as_ref())?;
                Ok(keyed.chunk_by(|a, b| a.key == b.key).map(|of_key| self.group(of_key)).collect())
            }
        }
    }

    /// The matches of the next leaf.
    fn leaf_matches(&mut self) -> std::ops::Range<MatchIndex> {
        let leaf = self.next_leaf;
        self.next_leaf += 1;
        self.starts[leaf]..self.starts[leaf + 1]
    }

    fn union(&mut self, input: &Input, children: &[Input]) -> Result<Vec<Datum>, FormError> {
        let mut all = Vec::new();
        for child in children {
            all.extend(self.datums(child)?);
            check(input, Some(all.len()))?;
        }
        Ok(all)
    }

    fn cross(&mut self, input: &Input, children: &[Input]) -> Result<Vec<Datum>, FormError> {
        let lists = children.iter().map(|child| self.datums(child)).collect::<Result<Vec<_>, _>>()?;
        if lists.iter().any(Vec::is_empty) {
            return Ok(Vec::new());
        }
        check(input, product(lists.iter().map(Vec::len)))?;
        let mut lists = lists.into_iter();
        let first = lists.next().unwrap_or_default();
        Ok(lists.fold(first, |done, list| pairs(&done, &list)))
    }

    /// Every single match of the children with its key, sorted by key, child and match.
    fn keyed(&mut self, children: &[Input], key_of: KeyOf) -> Result<Vec<Keyed>, FormError> {
        let mut keyed = Vec::new();
        for (child, input) in children.iter().enumerate() {
            for found in self.singles(input)? {
                let one = &self.matches[found as usize];
                let template = key_of(self.leaves[usize::from(one.leaf)]);
                let key = template.map_or_else(Box::default, |template| template.expand(one).into());
                keyed.push(Keyed { key, child, found });
            }
        }
        // Each child comes in order, so that sorting is merging.
        keyed.sort();
        Ok(keyed)
    }

    /// Every match that some datum of the input holds, once, in order.
    fn singles(&mut self, input: &Input) -> Result<Vec<MatchIndex>, FormError> {
        match input {
            Input::Pfs(_) => Ok(self.leaf_matches().collect()),
            // The combinations themselves are not needed, and there may be very many.
            Input::Cross(children) => {
                let lists =
                    children.iter().map(|child| self.singles(child)).collect::<Result<Vec<_>, _>>()?;
                let is_empty = lists.iter().any(Vec::is_empty);
                Ok(if is_empty { Vec::new() } else { lists.concat() })
            }
            _ => {
                let datums = self.datums(input)?;
                let all: BTreeSet<_> = datums.into_iter().flat_map(|datum| datum.matches).collect();
                Ok(all.into_iter().collect())
            }
        }
    }

    fn join(&self, input: &Input, keyed: &[Keyed], children: usize) -> Result<Vec<Datum>, FormError> {
        let mut datums = Vec::new();
        for of_key in keyed.chunk_by(|a, b| a.key == b.key) {
            let by_child: SmallVec<[&[Keyed]; 4]> = of_key.chunk_by(|a, b| a.child == b.child).collect();
            let is_full = by_child.len() == children;
            let choices: SmallVec<[Choices; 4]> =
                by_child.iter().map(|entries| self.choices(entries, is_full)).collect();
            let count = product(choices.iter().map(SmallVec::len));
            check(input, count.and_then(|count| count.checked_add(datums.len())))?;
            datums.extend(combinations(&choices));
        }
        Ok(datums)
    }

    /// What a datum can take from one child: each match, or, where another child has none of the key,
    /// each that is kept in an outer join and nothing for those that are not.
    fn choices(&self, entries: &[Keyed], is_full: bool) -> Choices {
        let is_kept = |entry: &&Keyed| is_full || self.leaf_of(entry.found).outer_join;
        let mut choices: Choices = entries.iter().filter(is_kept).map(|entry| Some(entry.found)).collect();
        if choices.len() < entries.len() {
            choices.push(None);
        }
        choices
    }

    fn leaf_of(&self, found: MatchIndex) -> &Leaf {
        self.leaves[usize::from(self.matches[found as usize].leaf)]
    }

    fn group(&self, of_key: &[Keyed]) -> Datum {
        let mut all = datum(of_key.iter().map(|entry| entry.found));
        if let Some(same) = &self.same {
            let mut seen = BTreeSet::new();
            all.matches.retain(|found| seen.insert(same[*found as usize]));
        }
        all
    }

    /// What two datums have in common if they cannot be told apart.
    fn identity(&self, datum: &Datum) -> SmallVec<[MatchIndex; 4]> {
        let first = |found: &MatchIndex| self.same.as_ref().map_or(*found, |same| same[*found as usize]);
        datum.matches.iter().map(first).collect()
    }
}

fn datum(matches: impl IntoIterator<Item = MatchIndex>) -> Datum {
    Datum { matches: matches.into_iter().collect() }
}

fn index(number: usize) -> MatchIndex {
    MatchIndex::try_from(number).expect("2^32 matches do not fit in memory")
}

/// The number of combinations, if it can be counted.
fn product(mut counts: impl Iterator<Item = usize>) -> Option<usize> {
    counts.try_fold(1_usize, usize::checked_mul)
}

fn check(input: &Input, count: Option<usize>) -> Result<(), FormError> {
    match count {
        Some(count) if count <= MAX_DATUMS => Ok(()),
        _ => Err(FormError::TooManyDatums { input: describe(input) }),
    }
}

/// The input in few words: its leaf's name, or its kind and the names of its leaves.
fn describe(input: &Input) -> String {
    let kind = match input {
        Input::Pfs(leaf) => return leaf.name.to_string(),
        Input::Cross(_) => "cross",
        Input::Union(_) => "union",
        Input::Join(_) => "join",
        Input::Group(_) => "group",
    };
    let names: Vec<&str> = input.leaves().iter().map(|leaf| &*leaf.name).collect();
    format!("{kind} of {}", names.join(", "))
}

fn pairs(left: &[Datum], right: &[Datum]) -> Vec<Datum> {
    let mut all = Vec::with_capacity(left.len() * right.len());
    for first in left {
        all.extend(right.iter().map(|second| datum(first.matches.iter().chain(&second.matches).copied())));
    }
    all
}

/// One datum per combination that holds anything, the last child changing fastest.
fn combinations(choices: &[Choices]) -> Vec<Datum> {
    let mut all = vec![datum([])];
    for choice in choices {
        let with = |done: &Datum, found: Option<MatchIndex>| datum(done.matches.iter().copied().chain(found));
        all = all.iter().flat_map(|done| choice.iter().map(move |found| with(done, *found))).collect();
    }
    all.retain(|datum| !datum.matches.is_empty());
    all
}

/// For each match the first with the same input name, repo and path. None if no two leaves share name
/// and repo, for then all differ (only siblings in a union may).
fn same(leaves: &[&Leaf], matches: &[Match]) -> Option<Vec<MatchIndex>> {
    let names: BTreeSet<_> = leaves.iter().map(|leaf| (&leaf.name, &leaf.repo)).collect();
    if names.len() == leaves.len() {
        return None;
    }
    let mut first = BTreeMap::new();
    let same = matches.iter().enumerate().map(|(number, found)| {
        let leaf = leaves[usize::from(found.leaf)];
        *first.entry((&leaf.name, &leaf.repo, &found.path)).or_insert_with(|| index(number))
    });
    Some(same.collect())
}
