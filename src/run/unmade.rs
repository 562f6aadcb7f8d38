//! Folders of files that no known run made, in the folder of a pipeline, where no datum has its place.

use std::collections::BTreeSet;

use crate::model::{Kind, is_at_or_below};
use crate::plan::base;

use super::planner::Planned;
use super::project::Project;

impl Project {
    /// Such folders from the root, each as a whole. Where datums share the pipeline's folder, or may yet come, none is known.
    pub fn unmade(&self, planned: &Planned) -> Vec<String> {
        let name = &planned.pipeline.name;
        let bases = planned.plan.datums.iter().map(|datum| base(&planned.pipeline, &datum.key));
        let bases: BTreeSet<&str> = bases.collect();
        if bases.is_empty() || bases.contains(".") || !planned.plan.incomplete.is_empty() {
            return Vec::new();
        }
        let outputs = self.ledger(name).lines().iter().flat_map(|line| &line.outputs);
        let known: BTreeSet<&str> = outputs.map(|output| &*output.path).chain(bases).collect();
        let code: BTreeSet<String> = planned.code.used().collect();
        let inner: Vec<&str> = self.names().filter(|other| *other != name.as_str()).collect();
        let files = self.results.below(name.as_str());
        let mut found: BTreeSet<String> = BTreeSet::new();
        for entry in
            files.entries().iter().filter(|entry| !matches!(entry.kind, Kind::Gitlink | Kind::Special))
        {
            let inside = &entry.path[files.prefix().len()..];
            let Some(folder) = unknown(inside, &known) else { continue };
            let folder = format!("{name}/{folder}");
            let is_other = |other: &&str| is_at_or_below(other, &folder) || is_at_or_below(&folder, other);
            let is_code = || code.iter().any(|path| is_at_or_below(path, &folder));
            if !found.contains(&folder) && !inner.iter().any(is_other) && !is_code() {
                found.insert(folder);
            }
        }
        found.into_iter().collect()
    }
}

/// The first folder on the way to a file in which nothing known has its place; none where the file lies in something
/// known or beside it, or is hidden.
fn unknown<'a>(path: &'a str, known: &BTreeSet<&str>) -> Option<&'a str> {
    let folders = path.match_indices('/').map(|(at, _)| &path[..at]);
    for folder in folders {
        let last = folder.rsplit('/').next().unwrap_or(folder);
        if known.contains(folder) || last.starts_with('.') {
            return None;
        }
        let below = format!("{folder}/");
        let first = known.range(&*below..).next();
        if !first.is_some_and(|first| first.starts_with(&below)) {
            return Some(folder);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_beside_all_that_is_known_is_a_folder_of_nobody() {
        let known = BTreeSet::from(["a/one", "a/two/x.txt", "b"]);
        for (path, expected) in [
            ("a/one", None),
            ("a/one/deep/file", None),
            ("a/two/y.txt", None),
            ("b/file", None),
            ("note.md", None),
            ("a/note.md", None),
            (".cache/x", None),
            ("c/deep/file", Some("c")),
            ("a/three/deep/file", Some("a/three")),
        ] {
            assert_eq!(unknown(path, &known), expected, "{path}");
        }
    }
}
