//! Layout: where each entry of a datum stands under `/pfs`, and the variables that tell the command.

use std::collections::BTreeMap;

use crate::model::{ContentId, Datum, DatumId, Digest, Formed, Leaf, Match, Pipeline, Tree, View};

/// One entry of a datum, placed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// Number of its match.
    pub at: u32,
    /// Path below `/pfs`, without slashes at either end.
    pub to: String,
    /// Path from the project's root of the file or folder it shows.
    pub from: String,
    /// Whether a folder is shown, with all entries of the match below it.
    pub is_folder: bool,
    /// Whether its files are shown empty.
    pub empty: bool,
}

impl Mount {
    /// Where an entry of its match appears, below `/pfs`, or in the output of a match.
    pub fn place_of(&self, path: &str) -> String {
        if !self.is_folder {
            return self.to.clone();
        }
        let base = if self.from.is_empty() { 0 } else { self.from.len() + 1 };
        if self.to.is_empty() { path[base..].to_owned() } else { format!("{}/{}", self.to, &path[base..]) }
    }
}

/// Endings that wrap another one, so that `.nii.gz` counts whole.
const WRAPPERS: [&str; 7] = [".gz", ".bz2", ".xz", ".zst", ".lz4", ".Z", ".zip"];

/// The extension of a path's last part, with its dot: from the last dot, or the one before where
/// that only tells a compression (`.nii.gz`); `""` if there is none.
pub fn extension(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    let last = last_dot(name);
    if WRAPPERS.contains(&&name[last..]) { &name[last_dot(&name[..last])..] } else { &name[last..] }
}

/// Where the last extension begins; the length if there is none. A leading dot starts no extension.
fn last_dot(name: &str) -> usize {
    match name.rfind('.') {
        Some(at) if at > 0 && at + 1 < name.len() => at,
        _ => name.len(),
    }
}

/// Whether entries of a leaf are numbered in the content view: all leaves inside a `group` are,
/// so that a script need not know how many members came.
pub(super) const fn is_numbered(in_group: bool) -> bool {
    in_group
}

/// Places the entries of `datum`.
pub fn mounts(view: View, leaves: &[(&Leaf, &Tree, bool)], formed: &Formed, datum: &Datum) -> Vec<Mount> {
    // By name and not by leaf: siblings in a union may share one.
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    let place = |&at: &u32| {
        let matched = &formed.matches[at as usize];
        let (leaf, tree, in_group) = leaves[usize::from(matched.leaf)];
        let numbered = is_numbered(in_group).then(|| {
            let number = counts.entry(&leaf.name).or_default();
            *number += 1;
            *number
        });
        Mount {
            at,
            to: mount_path(view, leaf, matched, numbered),
            from: source_path(tree, matched),
            is_folder: matched.is_folder,
            empty: leaf.empty_files,
        }
    };
    datum.matches.iter().map(place).collect()
}

fn mount_path(view: View, leaf: &Leaf, matched: &Match, number: Option<u32>) -> String {
    let name = &leaf.name;
    match (view, number) {
        (View::Path, _) if matched.path.is_empty() => name.to_string(),
        (View::Path, _) => format!("{name}/{}", matched.path),
        (View::Content, None) if matched.is_folder => name.to_string(),
        (View::Content, None) => format!("{name}/{name}{}", extension(&matched.path)),
        (View::Content, Some(number)) if matched.is_folder => format!("{name}/{number}"),
        (View::Content, Some(number)) => format!("{name}/{number}{}", extension(&matched.path)),
    }
}

/// The path from the project's root that a match stands for.
pub fn source_path(tree: &Tree, matched: &Match) -> String {
    let folder = tree.prefix();
    if matched.path.is_empty() {
        folder.trim_end_matches('/').to_owned()
    } else {
        format!("{folder}{}", matched.path)
    }
}

/// The variable that holds a datum's id.
pub(super) const ID_VARIABLE: &str = "PACH_DATUM_ID";
/// Variables that hold the beginning of the id: where Pachyderm has ids of 32 digits.
pub(super) const SHORT_ID_VARIABLES: [&str; 2] = ["PACH_JOB_ID", "PACH_OUTPUT_COMMIT_ID"];
/// How many digits that are.
pub(super) const SHORT_ID_DIGITS: usize = 32;

/// The variables that only tell a datum's id.
pub(super) fn id_variables(id: DatumId) -> Vec<(String, String)> {
    let id = id.to_string();
    let short = SHORT_ID_VARIABLES.map(|name| (name.to_owned(), id[..SHORT_ID_DIGITS].to_owned()));
    std::iter::once((ID_VARIABLE.to_owned(), id.clone())).chain(short).collect()
}

/// The other variables of a datum, in order: later ones win. Paths begin with `/pfs`.
pub fn variables(
    pipeline: &Pipeline,
    leaves: &[(&Leaf, &Tree, bool)],
    formed: &Formed,
    contents: &[Option<ContentId>],
    datum: &Datum,
) -> Vec<(String, String)> {
    let view = pipeline.view();
    let mut found = Vec::new();
    if view == View::Path {
        found.push(("PPS_PIPELINE_NAME".to_owned(), pipeline.name.last().to_owned()));
    }
    for (mount, &at) in mounts(view, leaves, formed, datum).iter().zip(&datum.matches) {
        let matched = &formed.matches[at as usize];
        let (leaf, _, in_group) = leaves[usize::from(matched.leaf)];
        let name = &leaf.name;
        let numbered = view == View::Content && is_numbered(in_group);
        let path = if numbered { name.to_string() } else { mount.to.clone() };
        found.push((name.to_string(), format!("/pfs/{path}")));
        if let Some(content) = &contents[at as usize]
            && !leaf.reference
        {
            found.push((format!("{name}_COMMIT"), stable_commit(content)));
        }
        if view == View::Path {
            push_key(&mut found, name, "JOIN_ON", leaf.join_on.as_ref().map(|on| on.expand(matched)));
            push_key(&mut found, name, "GROUP_BY", leaf.group_by.as_ref().map(|by| by.expand(matched)));
        }
    }
    found
}

fn push_key(found: &mut Vec<(String, String)>, name: &str, what: &str, key: Option<String>) {
    if let Some(key) = key.filter(|key| !key.is_empty()) {
        found.push((format!("PACH_DATUM_{name}_{what}"), key));
    }
}

/// Stands for Pachyderm's commit id: 32 hexadecimal digits that depend on the content alone.
fn stable_commit(content: &ContentId) -> String {
    let mut digest = Digest::default();
    content.feed(&mut digest);
    blake3::Hash::from_bytes(digest.finish()).to_hex()[..32].to_owned()
}

#[cfg(test)]
mod tests {
    use super::extension;

    #[test]
    fn extensions() {
        for (path, expected) in [
            ("a/T1.nii.gz", ".nii.gz"),
            ("x.csv", ".csv"),
            ("noext", ""),
            (".hidden", ""),
            (".hidden.txt", ".txt"),
            ("v1.2.tar.gz", ".tar.gz"),
            ("sub-1.5mm.nii.gz", ".nii.gz"),
            ("x.gz", ".gz"),
            ("a.b.c/file", ""),
            ("trailing.", ""),
            ("scan.001", ".001"),
        ] {
            assert_eq!(extension(path), expected, "{path}");
        }
    }
}
