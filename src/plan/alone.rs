//! Matches that are part of no datum: which join or cross leaves them alone, and what is missing.

use std::collections::BTreeSet;
use std::ops::Range;

use serde::Serialize;

use crate::model::{Input, Leaf, Match, Pipeline};
use crate::spec::nearest;

use super::layout::source_path;
use super::pipeline::PipelinePlan;

/// A match that is part of no datum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alone {
    /// Name of its input.
    pub input: String,
    /// Its path from the project's root.
    pub path: String,
    /// What leaves it alone: `join` or `cross`.
    pub kind: &'static str,
    /// Its key in the join; empty in a cross.
    pub key: String,
    /// Inputs that have no partner for it.
    pub missing: Vec<Missing>,
}

/// An input without a partner for a match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// Its name.
    pub input: String,
    /// The folder it reads.
    pub repo: String,
    /// How it cuts that folder.
    pub glob: String,
    /// A key that it has and that is much like the missing one.
    pub nearest: Option<String>,
}

/// Every match that is part of no datum, by leaf and path.
pub fn alone(plan: &PipelinePlan, pipeline: &Pipeline) -> Vec<Alone> {
    let mut is_used = vec![false; plan.formed.matches.len()];
    for at in plan.formed.datums.iter().flat_map(|datum| &datum.matches) {
        is_used[*at as usize] = true;
    }
    let unused: Vec<usize> = (0..is_used.len()).filter(|at| !is_used[*at]).collect();
    if unused.is_empty() {
        return Vec::new();
    }
    let leaves = pipeline.input.leaves();
    let looker = Looker { plan, keys: keys(&leaves, &plan.formed.matches), leaves };
    unused.into_iter().filter_map(|at| looker.explain(&pipeline.input, &plan.formed.matches[at])).collect()
}

/// The keys in joins that matches of each leaf have.
fn keys(leaves: &[&Leaf], matches: &[Match]) -> Vec<BTreeSet<String>> {
    let mut keys = vec![BTreeSet::new(); leaves.len()];
    for found in matches {
        let leaf = usize::from(found.leaf);
        keys[leaf].insert(key_of(leaves[leaf], found));
    }
    keys
}

fn key_of(leaf: &Leaf, found: &Match) -> String {
    leaf.join_on.as_ref().map(|on| on.expand(found)).unwrap_or_default()
}

struct Looker<'a> {
    plan: &'a PipelinePlan,
    leaves: Vec<&'a Leaf>,
    keys: Vec<BTreeSet<String>>,
}

impl Looker<'_> {
    /// The innermost join or cross that leaves a match alone.
    fn explain(&self, input: &Input, found: &Match) -> Option<Alone> {
        let leaf = usize::from(found.leaf);
        let mut around = Vec::new();
        enclose(input, 0, leaf, &mut around);
        around.into_iter().rev().find_map(|(input, children)| {
            let kind = match input {
                Input::Join(_) => "join",
                Input::Cross(_) => "cross",
                _ => return None,
            };
            let key = key_of(self.leaves[leaf], found);
            let key = if kind == "join" { Some(key) } else { None };
            let others = children.into_iter().filter(|child| !child.contains(&leaf));
            let missing: Vec<Missing> =
                others.filter_map(|child| self.missing(child, key.as_deref())).collect();
            (!missing.is_empty()).then(|| Alone {
                input: self.leaves[leaf].name.to_string(),
                path: source_path(&self.plan.trees[leaf], found),
                kind,
                key: key.unwrap_or_default(),
                missing,
            })
        })
    }

    /// The first leaf of a child, if none of the child has the key; in a cross, if it has nothing at all.
    fn missing(&self, child: Range<usize>, key: Option<&str>) -> Option<Missing> {
        let has = |leaf: usize| match key {
            Some(key) => self.keys[leaf].contains(key),
            None => !self.keys[leaf].is_empty(),
        };
        let first = child.start;
        if child.clone().any(has) {
            return None;
        }
        let known = child.flat_map(|leaf| self.keys[leaf].iter().map(String::as_str));
        let leaf = self.leaves.get(first)?;
        Some(Missing {
            input: leaf.name.to_string(),
            repo: leaf.repo.to_string(),
            glob: leaf.glob.text().to_owned(),
            nearest: key.and_then(|key| like(key, known)),
        })
    }
}

/// A key that may be meant to be the same: spelt much alike, with the same numbers in it.
fn like<'a>(key: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let numbers = |text: &str| -> Vec<String> {
        let runs = text.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty());
        runs.map(|run| run.trim_start_matches('0').to_owned()).collect()
    };
    let wanted = numbers(key);
    nearest(key, known.filter(|other| numbers(other) == wanted)).map(str::to_owned)
}

/// The inputs around a leaf, outermost first, each with the leaves of its children. Gives how many leaves
/// `input` has.
fn enclose<'a>(
    input: &'a Input,
    first: usize,
    leaf: usize,
    around: &mut Vec<(&'a Input, Vec<Range<usize>>)>,
) -> usize {
    let (Input::Cross(children) | Input::Union(children) | Input::Join(children) | Input::Group(children)) =
        input
    else {
        return 1;
    };
    let mut ranges = Vec::new();
    let mut inner = Vec::new();
    let mut next = first;
    for child in children {
        let count = enclose(child, next, leaf, &mut inner);
        ranges.push(next..next + count);
        next += count;
    }
    if (first..next).contains(&leaf) {
        around.push((input, ranges));
        around.append(&mut inner);
    }
    next - first
}

impl Alone {
    /// Why it is alone, as a fragment of a sentence.
    pub fn sentence(&self) -> String {
        let missing = |missing: &Missing| {
            let Missing { input, repo, glob, nearest } = missing;
            let near =
                nearest.as_ref().map(|near| format!("; the nearest there is `{near}`")).unwrap_or_default();
            format!("`{input}` (`{repo}` cut by `{glob}`){near}")
        };
        let missing: Vec<String> = self.missing.iter().map(missing).collect();
        match self.kind {
            "join" => {
                format!("its key in the join is `{}`, which is missing in {}", self.key, missing.join(", "))
            }
            _ => format!("it is crossed with what is empty: {}", missing.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Leaf, RepoPath};

    fn leaf(name: &str) -> Input {
        let repo = RepoPath::parse(name).expect("a plain name");
        Input::Pfs(Box::new(Leaf { repo, ..super::super::cases::leaf(name, "/*") }))
    }

    #[test]
    fn keys_are_alike_when_their_numbers_are() {
        for (key, known, expected) in [
            ("sub-1", &["sub-01", "sub-02"] as &[&str], Some("sub-01")),
            ("Sub-02", &["sub-01", "sub-02"], Some("sub-02")),
            ("sub-03", &["sub-01", "sub-02", "sub-04"], None),
            ("aple", &["apple", "pear"], Some("apple")),
        ] {
            assert_eq!(like(key, known.iter().copied()).as_deref(), expected, "{key}");
        }
    }

    #[test]
    fn what_stands_around_a_leaf() {
        let join = Input::Join(vec![leaf("b"), Input::Union(vec![leaf("c"), leaf("d")])]);
        let input = Input::Cross(vec![leaf("a"), join, leaf("e")]);
        let around = |leaf| {
            let mut found = Vec::new();
            assert_eq!(enclose(&input, 0, leaf, &mut found), 5);
            found.into_iter().map(|(_, ranges)| ranges).collect::<Vec<_>>()
        };
        let cross = || vec![0..1, 1..4, 4..5];
        assert_eq!(around(0), [cross()]);
        assert_eq!(around(2), [cross(), vec![1..2, 2..4], vec![2..3, 3..4]]);
        assert_eq!(around(4), [cross()]);
    }
}
