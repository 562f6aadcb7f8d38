//! The repo that a pipeline is: the outputs of its datums that are done now.

use std::sync::Arc;

use crate::model::{
    ContentId, DatumState, Entry, Kind, KnownResult, OutFile, PACK_FILE, Packed, Pipeline, Tree, View,
};

use super::pipeline::PipelinePlan;
use super::standing::{Near, base, entries_near, published};

/// Files that a run placed for a datum: number of the datum, and its files relative to `/pfs/out`.
pub type Placed<'a> = (usize, &'a [OutFile]);

/// What the packed result in the file at a path from the root holds, if it is one that can be read here; its content
/// is given too.
pub(super) type Members<'a> = dyn Fn(&str, &ContentId) -> Option<Arc<[OutFile]>> + 'a;

/// The tree of a pipeline's outputs: of done datums as their ledger lines claim them, and of `placed` ones.
///
/// Whoever reads a packed result finds its files. `files` is the tree of the pipeline's own folder; `placed` is sorted
/// by number.
pub fn output_tree(
    plan: &PipelinePlan,
    pipeline: &Pipeline,
    files: &Tree,
    lines: &[KnownResult],
    placed: &[Placed<'_>],
    members: &Members<'_>,
) -> Tree {
    let mut made = Offered { entries: Vec::with_capacity(files.entries().len()), packed: Vec::new() };
    let near = Near::default();
    let is_placed = |number: usize| placed.binary_search_by_key(&number, |(placed, _)| *placed).is_ok();
    for (number, datum) in plan.datums.iter().enumerate() {
        match datum.line {
            Some(line) if datum.state == DatumState::Done && !is_placed(number) => {
                made.line(&lines[line as usize], files, &near);
            }
            _ => {}
        }
    }
    for (number, placed) in placed {
        made.files(&target(pipeline, &plan.datums[*number].key), placed, members);
    }
    made.tree(&format!("{}/", pipeline.name))
}

/// The tree of what some ledger lines claim; `files` is the tree of the pipeline's own folder.
pub fn claimed_tree<'a>(lines: impl IntoIterator<Item = &'a KnownResult>, files: &Tree) -> Tree {
    let mut made = Offered { entries: Vec::with_capacity(files.entries().len()), packed: Vec::new() };
    let near = Near::default();
    lines.into_iter().for_each(|line| made.line(line, files, &near));
    made.tree(files.prefix())
}

/// The tree with each link to a file of the tree replaced by what it leads to, as in any other repo: whoever
/// reads the link reads those bytes. `text_of` gives the text of the link at a path.
pub fn follow_links(tree: Tree, text_of: &dyn Fn(&str) -> Option<String>) -> Tree {
    if tree.entries().iter().all(|entry| entry.kind != Kind::Link) {
        return tree;
    }
    let followed = tree.entries().iter().map(|entry| {
        let target = behind(&tree, entry, text_of).unwrap_or(entry);
        Entry { path: entry.path.clone(), kind: target.kind, content: target.content.clone() }
    });
    Tree::new(tree.prefix(), followed.collect()).with_packed(tree.packed().to_vec())
}

/// The file at the end of a chain of links.
fn behind<'a>(
    tree: &'a Tree,
    link: &'a Entry,
    text_of: &dyn Fn(&str) -> Option<String>,
) -> Option<&'a Entry> {
    const LONGEST: usize = 40;
    let mut entry = link;
    for _ in 0..LONGEST {
        if entry.kind != Kind::Link {
            return Some(entry);
        }
        entry = tree.get(&link_target(&entry.path, &text_of(&entry.path)?)?)?;
    }
    None
}

/// The path that a relative link at a path leads to.
pub fn link_target(path: &str, text: &str) -> Option<String> {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            other => parts.push(other),
        }
    }
    (!text.starts_with('/')).then(|| parts.join("/"))
}

/// What a pipeline offers, while it is put together.
struct Offered {
    entries: Vec<Entry>,
    packed: Vec<Packed>,
}

impl Offered {
    /// The files of a result that stands.
    fn line(&mut self, line: &KnownResult, files: &Tree, near: &Near) {
        let prefix = files.prefix().len();
        for output in &line.outputs {
            let standing = entries_near(files, &output.path, near);
            if let ([file], false) = (standing, output.packed.is_empty()) {
                self.pack(&format!("{}{}", files.prefix(), output.path), file.clone(), &output.packed);
                continue;
            }
            for entry in standing {
                let (kind, content) = published(output, &entry.path[prefix..], entry);
                self.entries.push(Entry { path: entry.path.clone(), kind, content: content.clone() });
            }
        }
    }

    /// The files of a result that was just placed in a folder.
    fn files(&mut self, folder: &str, made: &[OutFile], members: &Members<'_>) {
        if let [only] = made
            && *only.path == *PACK_FILE
            && let Some(files) = members(&in_folder(folder, only).path, &only.content)
        {
            self.pack(folder, in_folder(folder, only), &files);
            return;
        }
        self.entries.extend(made.iter().map(|file| in_folder(folder, file)));
    }

    /// All of it, by path.
    fn tree(self, prefix: &str) -> Tree {
        let Self { mut entries, packed } = self;
        // Mostly a long run that is in order already, which this sort makes use of.
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        entries.dedup_by(|a, b| a.path == b.path);
        Tree::new(prefix, Arc::from(entries)).with_packed(packed)
    }

    /// The files in a packed folder, instead of the one that stands there.
    fn pack(&mut self, folder: &str, file: Entry, files: &[OutFile]) {
        self.entries.extend(files.iter().map(|file| in_folder(folder, file)));
        self.packed.push(Packed { folder: format!("{folder}/").into(), file });
    }
}

fn in_folder(folder: &str, file: &OutFile) -> Entry {
    Entry { path: format!("{folder}/{}", file.path).into(), kind: file.kind, content: file.content.clone() }
}

/// The folder, from the project's root, that a datum's `/pfs/out` becomes.
pub fn target(pipeline: &Pipeline, key: &str) -> String {
    pipeline.name.path_of(base(pipeline, key))
}

/// Whether a datum owns the folder it writes to alone.
pub fn owns_target(pipeline: &Pipeline, key: &str) -> bool {
    pipeline.view() == View::Content && key != "."
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Oid;

    #[test]
    fn links_are_what_they_lead_to() {
        let entry =
            |path: &str, kind, id| Entry { path: path.into(), kind, content: ContentId::Git(Oid([id; 20])) };
        let entries = [
            entry("fs/a/far", Kind::Link, 1),
            entry("fs/a/folder", Kind::Link, 2),
            entry("fs/a/loop", Kind::Link, 3),
            entry("fs/a/near", Kind::Link, 4),
            entry("fs/b/text", Kind::Exec, 5),
        ];
        let text_of = |path: &str| {
            let text = match path {
                "fs/a/far" => "./near",
                "fs/a/folder" => "../b",
                "fs/a/loop" => "loop",
                _ => "../b/text",
            };
            Some(text.to_owned())
        };
        let tree = follow_links(Tree::new("fs/", entries.to_vec().into()), &text_of);
        let seen: Vec<_> = tree
            .entries()
            .iter()
            .map(|entry| (entry.kind, entry.content.oid().map(|oid| oid.0[0])))
            .collect();
        let (exec, link) = (Kind::Exec, Kind::Link);
        assert_eq!(
            seen,
            [(exec, Some(5)), (link, Some(2)), (link, Some(3)), (exec, Some(5)), (exec, Some(5))]
        );
    }
}
