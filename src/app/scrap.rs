//! Files that only an editor needs, beside those that are being edited: nobody means them.

use crate::model::is_at_or_below;
use crate::plan::source_path;
use crate::run::{Planned, Plans, Project};

/// What vim tries a folder with; elsewhere than beside a spec it may be anything, such as the number of a subject.
const TRIED: &str = "4913";

/// Whether a file is only an editor's: it keeps such a one beside what is being edited. One that git tracks is no such
/// file, nor one that results are made of: these wait until it is committed.
pub(super) fn is_scrap(project: &Project, plans: &Plans, path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let is_tried = || name == TRIED && project.scan.contains(&format!("{folder}/spec.yml"));
    (is_editors_name(name) || is_tried())
        && project.scan.contains(path)
        && !project.scan.is_tracked(path)
        && !plans.by_name.values().flatten().any(|planned| is_made_of(planned, path))
}

/// Whether a path is code or an input of a pipeline.
fn is_made_of(planned: &Planned, path: &str) -> bool {
    let plan = &planned.plan;
    let is_match = |found: &crate::model::Match| {
        is_at_or_below(path, &source_path(&plan.trees[usize::from(found.leaf)], found))
    };
    planned.code.used().any(|file| is_at_or_below(path, &file)) || plan.formed.matches.iter().any(is_match)
}

/// Swap, lock and backup files of vim, emacs, nano and their like.
fn is_editors_name(name: &str) -> bool {
    let is_swap = |end: &str| {
        end.len() == 3 && end.starts_with("sw") && end.ends_with(|last: char| last.is_ascii_lowercase())
    };
    let hidden = name.strip_prefix('.').and_then(|rest| rest.rsplit_once('.'));
    hidden.is_some_and(|(stem, end)| !stem.is_empty() && is_swap(end))
        || name.starts_with(".#")
        || name.len() > 2 && name.starts_with('#') && name.ends_with('#')
        || name.len() > 1 && name.ends_with('~')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_editors_are_told_by_their_names() {
        for name in [".spec.yml.swp", ".spec.yml.swo", ".a.swx", ".#spec.yml", "#spec.yml#", "spec.yml~"] {
            assert!(is_editors_name(name), "{name}");
        }
        for name in [
            "spec.yml",
            "a.swp",
            ".swp",
            ".a.sw",
            "~",
            "#",
            "##",
            ".gitignore",
            "x.swift",
            ".x.swift",
            "4913",
        ] {
            assert!(!is_editors_name(name), "{name}");
        }
    }
}
