//! What the BIDS rules share: which folders are BIDS data sets.

use std::collections::BTreeSet;

use crate::check::Ground;

/// Folders of kinds of data that BIDS has.
const KINDS: &[&str] = &["anat", "func", "dwi", "fmap", "perf", "eeg", "meg", "ieeg", "pet", "beh"];

/// Folders that are laid out as BIDS data sets: `sub-*/[ses-*/]anat/…` below them. The root is `""`.
pub(super) fn datasets(ground: &Ground<'_>) -> BTreeSet<String> {
    ground.scan.paths().filter_map(dataset_of).collect()
}

/// The BIDS data set that a file belongs to by the form of its path.
fn dataset_of(path: &str) -> Option<String> {
    let (folder, _) = path.rsplit_once('/')?;
    let mut parts: Vec<&str> = folder.split('/').collect();
    if !KINDS.contains(&parts.pop()?) {
        return None;
    }
    if parts.last()?.starts_with("ses-") {
        parts.pop();
    }
    parts.pop()?.starts_with("sub-").then(|| parts.join("/"))
}

/// The path of a file in a data set.
pub(super) fn inside(dataset: &str, name: &str) -> String {
    if dataset.is_empty() { name.to_owned() } else { format!("{dataset}/{name}") }
}

/// Subjects of a data set.
pub(super) fn subjects<'a>(ground: &Ground<'a>, dataset: &str) -> BTreeSet<&'a str> {
    let prefix = inside(dataset, "");
    let below = ground.scan.paths().filter_map(move |path| path.strip_prefix(prefix.as_str()));
    below
        .filter_map(|rest| rest.split_once('/'))
        .map(|(first, _)| first)
        .filter(|name| name.starts_with("sub-"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::dataset_of;

    #[test]
    fn a_data_set_is_known_by_its_form() {
        for (path, expected) in [
            ("raw/bids/sub-01/anat/sub-01_T1w.nii.gz", Some("raw/bids")),
            ("sub-01/ses-1/func/x.nii", Some("")),
            ("raw/t1/sub-01/T1w.txt", None),
            ("anat/x", None),
            ("a/anat/x", None),
        ] {
            assert_eq!(dataset_of(path).as_deref(), expected, "{path}");
        }
    }
}
