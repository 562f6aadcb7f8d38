//! The rows of the tree: folders that can be opened, and files; worked out when something changed, not for each frame.

use std::collections::BTreeSet;

use crate::app::{FileList, FileState};

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// Path from the root.
    pub(super) path: String,
    /// How deep it lies.
    pub(super) depth: usize,
    /// What it is.
    pub(super) kind: RowKind,
}

/// A folder or a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowKind {
    /// A folder: whether it is open, its files, those that differ from HEAD, and those whose content is elsewhere.
    Folder(bool, usize, usize, usize),
    /// A file.
    File(FileState),
}

impl Row {
    /// The last part of its path.
    pub(super) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Whether it is a file that differs from HEAD.
    pub(super) const fn is_changed(&self) -> bool {
        matches!(self.kind, RowKind::File(state) if differs(state))
    }

    /// Whether it, or a folder around it, is open and can be closed.
    pub(super) fn can_close(&self) -> bool {
        matches!(self.kind, RowKind::Folder(true, ..)) || self.path.contains('/')
    }

    /// Whether it is a folder.
    pub(super) fn is_folder(&self) -> bool {
        matches!(self.kind, RowKind::Folder(..))
    }
}

/// Whether a file in this state is not as HEAD has it.
const fn differs(state: FileState) -> bool {
    matches!(state, FileState::Changed(_) | FileState::Made(_) | FileState::Conflict)
}

/// How many of the first files differ, and how many are absent: for counting any range at once.
struct Sums {
    changed: Vec<usize>,
    absent: Vec<usize>,
}

impl Sums {
    fn of(list: &FileList) -> Self {
        let (mut changed, mut absent) = (vec![0], vec![0]);
        for (_, state) in &list.files {
            let last = |sums: &Vec<usize>| sums.last().copied().unwrap_or(0);
            changed.push(last(&changed) + usize::from(differs(*state)));
            absent.push(last(&absent) + usize::from(*state == FileState::Absent));
        }
        Self { changed, absent }
    }
}

/// The rows of a tree with some folders open.
pub(super) fn rows(list: &FileList, open: &BTreeSet<String>) -> Vec<Row> {
    let mut rows = Vec::new();
    add(list, &Sums::of(list), open, ("", 0), 0..list.files.len(), &mut rows);
    rows
}

fn add(
    list: &FileList,
    sums: &Sums,
    open: &BTreeSet<String>,
    (prefix, depth): (&str, usize),
    range: std::ops::Range<usize>,
    rows: &mut Vec<Row>,
) {
    let mut at = range.start;
    while at < range.end {
        let (path, state) = &list.files[at];
        let rest = &path[prefix.len()..];
        let Some((name, _)) = rest.split_once('/') else {
            rows.push(Row { path: path.to_string(), depth, kind: RowKind::File(*state) });
            at += 1;
            continue;
        };
        let inside = format!("{prefix}{name}/");
        let end = at + list.files[at..range.end].partition_point(|(path, _)| path.starts_with(&inside));
        let folder = inside.trim_end_matches('/').to_owned();
        let is_open = open.contains(&folder);
        let of = |sums: &[usize]| sums[end] - sums[at];
        let kind = RowKind::Folder(is_open, end - at, of(&sums.changed), of(&sums.absent));
        rows.push(Row { path: folder, depth, kind });
        if is_open {
            add(list, sums, open, (&inside, depth + 1), at..end, rows);
        }
        at = end;
    }
}

/// Files whose path or state hold all words, in a flat list.
pub(super) fn filtered(list: &FileList, filter: &str) -> Vec<Row> {
    let words: Vec<String> = filter.split_whitespace().map(str::to_lowercase).collect();
    let holds = |path: &str, state: FileState| {
        let path = path.to_lowercase();
        words.iter().all(|word| path.contains(word.as_str()) || state.word() == word)
    };
    let found = list.files.iter().filter(|(path, state)| holds(path, *state));
    found.map(|(path, state)| Row { path: path.to_string(), depth: 0, kind: RowKind::File(*state) }).collect()
}

/// Folders to open at first, so that what changed is seen: none where much changed.
pub(super) fn telling(list: &FileList) -> BTreeSet<String> {
    let mut open = BTreeSet::new();
    for (path, ..) in list.changes.iter().take(20) {
        let ends = path.match_indices('/').map(|(at, _)| path[..at].to_owned());
        open.extend(ends);
    }
    open
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::FileChange;

    fn list() -> FileList {
        let new = FileState::Changed(FileChange::New);
        let files = [
            ("README.md", FileState::Clean),
            ("raw-old/x", FileState::Clean),
            ("raw/a/x", FileState::Absent),
            ("raw/b/x", new),
            ("raw/b/y", FileState::Clean),
        ];
        let files = files.map(|(path, state)| (path.into(), state)).into();
        FileList { files, changes: vec![("raw/b/x".into(), new, String::new())], ..FileList::default() }
    }

    fn told(rows: &[Row]) -> Vec<String> {
        rows.iter().map(|row| format!("{}{} {:?}", " ".repeat(row.depth), row.name(), row.kind)).collect()
    }

    #[test]
    fn folders_are_counted_and_opened() {
        let list = list();
        assert_eq!(
            told(&rows(&list, &BTreeSet::new())),
            ["README.md File(Clean)", "raw-old Folder(false, 1, 0, 0)", "raw Folder(false, 3, 1, 1)"]
        );
        assert_eq!(telling(&list).into_iter().collect::<Vec<_>>(), ["raw", "raw/b"]);
        assert_eq!(
            told(&rows(&list, &telling(&list)))[2..],
            [
                "raw Folder(true, 3, 1, 1)",
                " a Folder(false, 1, 0, 1)",
                " b Folder(true, 2, 1, 0)",
                "  x File(Changed(New))",
                "  y File(Clean)"
            ]
        );
    }

    #[test]
    fn a_filter_takes_parts_of_paths_and_states() {
        assert_eq!(told(&filtered(&list(), "RAW x")).len(), 3);
        assert_eq!(told(&filtered(&list(), "new")), ["x File(Changed(New))"]);
    }
}
