//! Which datums of an incomplete input may have been made from less than there will be: those that read folders where a result
//! is lacking, and groups and outer joins, which another match would make larger.

use crate::model::{Leaf, Match, PipelineName, is_at_or_below};

/// What a leaf of an incomplete input lacks.
#[derive(Debug)]
enum Lack {
    /// It reads nothing of an incomplete pipeline.
    Nothing,
    /// Nobody knows where the results belong that are lacking.
    Unknown,
    /// Paths of lacking results from the project's root, sorted.
    Known(Vec<String>),
}

/// What each leaf of a plan lacks.
#[derive(Debug)]
pub(super) struct Lacks(Vec<LeafLack>);

#[derive(Debug)]
struct LeafLack {
    repo: String,
    lack: Lack,
    in_group: bool,
    is_outer: bool,
}

impl Lacks {
    /// Of leaves, each with whether it stands in a group; `lacking` are results of the `incomplete` pipelines.
    pub(super) fn of<'a>(
        leaves: impl Iterator<Item = (&'a Leaf, bool)>,
        incomplete: &[PipelineName],
        lacking: &[String],
    ) -> Self {
        let leaf = |(leaf, in_group): (&Leaf, bool)| LeafLack {
            repo: leaf.repo.to_string(),
            lack: lack(leaf.repo.as_str(), incomplete, lacking),
            in_group,
            is_outer: leaf.outer_join,
        };
        Self(leaves.map(leaf).collect())
    }

    /// Whether what is made of these matches may lack something.
    pub(super) fn concerns<'a>(&self, matches: impl Iterator<Item = &'a Match>) -> bool {
        let is_incomplete = |leaf: &LeafLack| !matches!(leaf.lack, Lack::Nothing);
        let (mut is_outer, mut has_partner, mut in_group) = (false, false, false);
        for matched in matches {
            let leaf = &self.0[usize::from(matched.leaf)];
            if leaf.concerns(matched) {
                return true;
            }
            is_outer |= leaf.is_outer;
            has_partner |= is_incomplete(leaf);
            in_group |= leaf.in_group;
        }
        // A partner may be what is lacking, or one more of a group.
        is_outer && !has_partner || in_group && self.0.iter().any(|leaf| leaf.in_group && is_incomplete(leaf))
    }
}

impl LeafLack {
    /// Whether something may come to a matched folder; a file that is there is all of it.
    fn concerns(&self, matched: &Match) -> bool {
        let path = || {
            if matched.path.is_empty() {
                self.repo.clone()
            } else {
                format!("{}/{}", self.repo, matched.path)
            }
        };
        match &self.lack {
            Lack::Nothing => false,
            Lack::Unknown => matched.is_folder,
            Lack::Known(places) => matched.is_folder && holds_one(places, &path()),
        }
    }
}

/// Whether one of the sorted paths is a folder or lies in it.
fn holds_one(places: &[String], folder: &str) -> bool {
    let inside = format!("{folder}/");
    let from = |path: &str| places.get(places.partition_point(|place| place.as_str() < path));
    from(folder).is_some_and(|place| place == folder)
        || from(&inside).is_some_and(|place| place.starts_with(&inside))
}

fn lack(repo: &str, incomplete: &[PipelineName], lacking: &[String]) -> Lack {
    let is_of = |name: &&str| is_at_or_below(name, repo) || is_at_or_below(repo, name);
    let names: Vec<&str> = incomplete.iter().map(PipelineName::as_str).filter(is_of).collect();
    let keys = |name: &str| {
        let keys = lacking.iter().filter_map(|target| target.strip_prefix(name)?.strip_prefix(':'));
        keys.map(|key| format!("{name}/{key}")).collect::<Vec<String>>()
    };
    let places: Vec<Vec<String>> = names.iter().map(|name| keys(name)).collect();
    if names.is_empty() {
        return Lack::Nothing;
    }
    if places.iter().any(Vec::is_empty) {
        return Lack::Unknown;
    }
    let mut places = places.concat();
    places.sort_unstable();
    Lack::Known(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorted_paths_are_found_at_a_folder_and_in_it() {
        let places = ["fs/a", "fs/a-b", "fs/b/c"].map(str::to_owned);
        for (folder, expected) in
            [("fs", true), ("fs/a", true), ("fs/b", true), ("fs/c", false), ("fs/b/c/d", false), ("f", false)]
        {
            assert_eq!(holds_one(&places, folder), expected, "{folder}");
        }
    }
}
