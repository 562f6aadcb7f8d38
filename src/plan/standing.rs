//! Standing: whether what a result made stands in the work tree, whole, partly or changed.

use crate::model::{ContentId, Entry, FolderHasher, Kind, KnownOutput, KnownResult, OutFile, Tree};

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

/// The range of `files` at or below an output's path, and whether the path is a file itself.
pub fn entries_of<'a>(files: &'a Tree, path: &str) -> &'a [Entry] {
    let all = files.entries();
    let full = if path == "." {
        files.prefix().trim_end_matches('/').to_owned()
    } else {
        format!("{}{path}", files.prefix())
    };
    if let Ok(at) = all.binary_search_by(|entry| (*entry.path).cmp(full.as_str())) {
        return &all[at..=at];
    }
    let folder = format!("{full}/");
    let low = all.partition_point(|entry| *entry.path < *folder);
    let count = all[low..].partition_point(|entry| entry.path.starts_with(&folder));
    &all[low..low + count]
}

/// The content id an entry was published with: the annex may hold it under a key since.
pub fn published_id<'a>(output: &'a KnownOutput, relative: &str, content: &'a ContentId) -> &'a ContentId {
    let ContentId::Annex(key) = content else { return content };
    let first = output.annexed.partition_point(|(path, _, _)| **path < *relative);
    let mut here = output.annexed[first..].iter().take_while(|(path, _, _)| **path == *relative);
    let saved = here.find(|(_, saved, _)| **saved == **key);
    saved.map_or(content, |(_, _, published)| published)
}

/// Notes in `output` that its file `relative`, published as `published`, stands in the annex as `key` since.
pub fn note_annexed(output: &mut KnownOutput, relative: &str, key: &str, published: &ContentId) {
    if matches!(published, ContentId::Annex(same) if **same == *key) {
        return;
    }
    let note = (Box::from(relative), Box::from(key), published.clone());
    if let Err(at) = output.annexed.binary_search(&note) {
        output.annexed.insert(at, note);
    }
}

/// How one output stands; `files` is the tree of the pipeline's folder.
pub fn standing(output: &KnownOutput, files: &Tree) -> Standing {
    let entries = entries_of(files, &output.path);
    let Some(first) = entries.first() else { return Standing::Missing };
    let prefix = files.prefix().len();
    let same = if let ContentId::Folder(_) = output.content {
        let folder = prefix + output.path.len() + 1;
        let is_folder = first.path.len() > folder;
        let mut hasher = FolderHasher::new();
        for entry in entries.iter().filter(|_| is_folder) {
            let content = published_id(output, &entry.path[prefix..], &entry.content);
            hasher.add(&entry.path[folder..], entry.kind, content);
        }
        is_folder && hasher.finish() == output.content
    } else {
        entries.len() == 1
            && entries[0].path[prefix..] == *output.path
            && *published_id(output, &output.path, &first.content) == output.content
            && (first.kind == Kind::Exec) == output.exec
    };
    if same { Standing::Whole } else { Standing::Changed }
}

/// How a whole result stands: the worst of its outputs. A result without outputs is whole.
pub fn standing_of(result: &KnownResult, files: &Tree) -> Standing {
    let mut all = result.outputs.iter().map(|output| standing(output, files));
    let Some(first) = all.next() else { return Standing::Whole };
    all.fold(first, |worst, next| if worst == next { worst } else { Standing::Changed })
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
            let content = published_id(output, &entry.path[prefix..], &entry.content);
            relative(&entry.path).is_some_and(|path| {
                made.iter()
                    .any(|file| *file.path == *path && file.content == *content && file.kind == entry.kind)
            })
        })
}
