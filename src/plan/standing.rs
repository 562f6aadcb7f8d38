//! Standing: whether what a result made stands in the work tree, whole, partly or changed.

use std::cell::Cell;

use crate::model::{
    AnnexedFile, ContentId, Entry, FolderHasher, Kind, KnownOutput, KnownResult, OutFile, Pipeline, Tree,
    View, is_at_or_below,
};

/// How an output stands in the work tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Exactly as it was published (or saved into the annex since).
    Whole,
    /// Nothing of it is there.
    Missing,
    /// Something else is there, or only a part.
    Changed,
}

/// The entries of `files` at or below an output's path.
pub fn entries_of<'a>(files: &'a Tree, path: &str) -> &'a [Entry] {
    entries_near(files, path, &Near::default())
}

/// Where something was found last, so that what follows it in order is found at once.
#[derive(Debug, Default)]
pub(super) struct Near(Cell<usize>);

impl Near {
    /// The first of `all` that is not before what is looked for; `all` is in order.
    pub(super) fn first_of<T>(&self, all: &[T], is_before: impl Fn(&T) -> bool) -> usize {
        let near = self.0.get();
        let is_here = near <= all.len()
            && (near == 0 || is_before(&all[near - 1]))
            && all.get(near).is_none_or(|next| !is_before(next));
        if is_here { near } else { all.partition_point(is_before) }
    }

    /// Remembers where the next thing is likely to stand.
    pub(super) fn go_on_from(&self, at: usize) {
        self.0.set(at);
    }
}

/// As [`entries_of`], fast for paths that come in order.
pub(super) fn entries_near<'a>(files: &'a Tree, path: &str, near: &Near) -> &'a [Entry] {
    let all = files.entries();
    if path == "." {
        return all;
    }
    // All paths share the prefix, so what follows it is in order too.
    let prefix = files.prefix().len();
    let rest = |entry: &'a Entry| &entry.path[prefix..];
    let first = near.first_of(all, |entry| entry.path[prefix..] < *path);
    if all.get(first).is_some_and(|entry| rest(entry) == path) {
        near.go_on_from(first + 1);
        return &all[first..=first];
    }
    let is_inside =
        |entry: &'a Entry| rest(entry).strip_prefix(path).is_some_and(|inside| inside.starts_with('/'));
    // Names that go on with a character below the slash stand between a folder's name and what is in it.
    let start = if all.get(first).is_some_and(is_inside) {
        first
    } else {
        let is_before =
            |entry: &Entry| entry.path[prefix..].strip_prefix(path).is_some_and(|inside| *inside < *"/");
        first + all[first..].partition_point(is_before)
    };
    let count = all[start..].iter().take_while(|entry| is_inside(entry)).count();
    near.go_on_from(start + count);
    &all[start..start + count]
}

/// Whether one of some ledger lines has an output at or above a path, given from the pipeline's folder.
pub fn is_claimed(lines: &[KnownResult], path: &str) -> bool {
    lines.iter().flat_map(|line| &line.outputs).any(|output| is_at_or_below(path, &output.path))
}

/// What stands where a file belongs whose datum has no folder of its own, where that needs a folder, or in a folder in its
/// place, and is neither that file nor any result's.
pub fn foreign_at<'a>(
    files: &'a Tree,
    lines: &'a [KnownResult],
    file: &'a OutFile,
) -> impl Iterator<Item = &'a Entry> {
    let prefix = files.prefix();
    let above = file.path.match_indices('/').map(|(at, _)| &file.path[..at]);
    let above = above.filter_map(move |above| files.get(&format!("{prefix}{above}")));
    let is_it =
        move |entry: &Entry| entry.path[prefix.len()..] == *file.path && entry.content == file.content;
    let standing = above.chain(entries_of(files, &file.path));
    standing.filter(move |entry| !is_it(entry) && !is_claimed(lines, &entry.path[prefix.len()..]))
}

/// Kind and content an entry was published with: the annex may hold it under a key since.
pub fn published<'a>(output: &'a KnownOutput, relative: &str, entry: &'a Entry) -> (Kind, &'a ContentId) {
    let as_it_stands = (entry.kind, &entry.content);
    let ContentId::Annex(key) = &entry.content else { return as_it_stands };
    let first = output.annexed.partition_point(|file| *file.path < *relative);
    let mut here = output.annexed[first..].iter().take_while(|file| *file.path == *relative);
    let saved = here.find(|file| *file.key == **key);
    saved.map_or(as_it_stands, |file| (if file.exec { Kind::Exec } else { Kind::File }, &file.content))
}

/// Notes in `output` that a file of it stands in the annex since.
pub fn note_annexed(output: &mut KnownOutput, file: AnnexedFile) {
    let is_known = matches!(&file.content, ContentId::Annex(same) if **same == *file.key);
    if !is_known && let Err(at) = output.annexed.binary_search(&file) {
        output.annexed.insert(at, file);
    }
}

/// How one output stands; `files` is the tree of the pipeline's folder.
pub fn standing(output: &KnownOutput, files: &Tree) -> Standing {
    standing_near(output, files, &Near::default())
}

fn standing_near(output: &KnownOutput, files: &Tree, near: &Near) -> Standing {
    let entries = entries_near(files, &output.path, near);
    let Some(first) = entries.first() else { return Standing::Missing };
    let prefix = files.prefix().len();
    let same = if let ContentId::Folder(_) = output.content {
        let folder = prefix + output.path.len() + 1;
        let is_folder = first.path.len() > folder;
        let mut hasher = FolderHasher::new();
        for entry in entries.iter().filter(|_| is_folder) {
            let (kind, content) = published(output, &entry.path[prefix..], entry);
            hasher.add(&entry.path[folder..], kind, content);
        }
        is_folder && hasher.finish() == output.content
    } else {
        let (kind, content) = published(output, &output.path, first);
        entries.len() == 1
            && first.path[prefix..] == *output.path
            && *content == output.content
            && (kind == Kind::Exec) == output.exec
    };
    if same { Standing::Whole } else { Standing::Changed }
}

/// How a whole result stands: the worst of its outputs. A result without outputs is whole.
pub fn standing_of(result: &KnownResult, files: &Tree) -> Standing {
    result_near(result, files, &Near::default())
}

/// As [`standing_of`], fast for results that come in order.
pub(super) fn result_near(result: &KnownResult, files: &Tree, near: &Near) -> Standing {
    let mut all = result.outputs.iter().map(|output| standing_near(output, files, near));
    let Some(first) = all.next() else { return Standing::Whole };
    all.fold(first, |worst, next| if worst == next { worst } else { Standing::Changed })
}

/// The place of a datum's output from the pipeline's folder, `.` for that itself.
pub fn base<'k>(pipeline: &Pipeline, key: &'k str) -> &'k str {
    if pipeline.view() == View::Content { key } else { "." }
}

/// Whether every standing entry of `outputs` is one of `made` at its place: then only something
/// is missing and nothing of the user's would be lost by placing the result again.
pub(super) fn is_part_of(outputs: &[KnownOutput], files: &Tree, base: &str, made: &[OutFile]) -> bool {
    let prefix = files.prefix().len();
    let relative = |path: &str| -> Option<String> {
        let path = &path[prefix..];
        if base == "." {
            Some(path.to_owned())
        } else {
            Some(path.strip_prefix(base)?.strip_prefix('/')?.to_owned())
        }
    };
    outputs
        .iter()
        .flat_map(|output| entries_of(files, &output.path).iter().map(move |entry| (output, entry)))
        .all(|(output, entry)| {
            let (kind, content) = published(output, &entry.path[prefix..], entry);
            relative(&entry.path).is_some_and(|path| {
                made.iter().any(|file| *file.path == *path && file.content == *content && file.kind == kind)
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Oid;

    #[test]
    fn entries_are_found_among_like_names() {
        let paths = ["fs/a", "fs/b!/x", "fs/b-1", "fs/b/x", "fs/b/y/z", "fs/b0", "fs/c"];
        let entry = |path: &&str| Entry {
            path: (*path).into(),
            kind: Kind::File,
            content: ContentId::Git(Oid([0; 20])),
        };
        let tree = Tree::new("fs/", paths.iter().map(entry).collect());
        let found = |path: &str| -> Vec<String> {
            entries_of(&tree, path).iter().map(|entry| entry.path.to_string()).collect()
        };
        assert_eq!(found("b"), ["fs/b/x", "fs/b/y/z"]);
        assert_eq!(found("a"), ["fs/a"]);
        assert_eq!(found("b/y"), ["fs/b/y/z"]);
        assert!(found("d").is_empty() && found("b/x/y").is_empty() && found("").is_empty());
        assert_eq!(found(".").len(), paths.len());
    }
}
