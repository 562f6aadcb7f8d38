//! Files that only an editor needs, beside those that are being edited: nobody means them.

use crate::run::Project;

/// Whether a file is only an editor's: it keeps such a one beside what is being edited. One that git tracks is no such file.
pub(super) fn is_editors(project: &Project, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    is_editors_name(name) && !project.scan.is_tracked(path)
}

/// Swap, lock and backup files of vim, emacs, nano and their like; what vim tries a folder with.
fn is_editors_name(name: &str) -> bool {
    let is_swap = |end: &str| {
        end.len() == 3 && end.starts_with("sw") && end.ends_with(|last: char| last.is_ascii_lowercase())
    };
    let hidden = name.strip_prefix('.').and_then(|rest| rest.rsplit_once('.'));
    hidden.is_some_and(|(stem, end)| !stem.is_empty() && is_swap(end))
        || name.starts_with(".#")
        || name.len() > 2 && name.starts_with('#') && name.ends_with('#')
        || name.len() > 1 && name.ends_with('~')
        || name == "4913"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_editors_are_told_by_their_names() {
        for name in
            [".spec.yml.swp", ".spec.yml.swo", ".a.swx", ".#spec.yml", "#spec.yml#", "spec.yml~", "4913"]
        {
            assert!(is_editors_name(name), "{name}");
        }
        for name in
            ["spec.yml", "a.swp", ".swp", ".a.sw", "~", "#", "##", ".gitignore", "x.swift", ".x.swift"]
        {
            assert!(!is_editors_name(name), "{name}");
        }
    }
}
