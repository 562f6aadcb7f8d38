//! Links in a subdataset: the file of it that each leads to, through links to folders too, or why it stands for none.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::links::{CHAIN_MAX, LinkFault, target_of};
use super::{GitError, Repo, hash::blob_id};
use crate::model::{ContentId, Entry, Kind};

/// The texts of the links among some files, by the path of each.
type Texts = BTreeMap<String, String>;

/// Lets each link among the files of a repository stand for the file of it that it leads to. One that leads to none
/// stays a link, with an id that no result was made of: a datum that reads it fails, and is never done. Gives the links
/// that lead to files, each with that.
pub(super) fn follow(repo: &Repo, entries: &mut [Entry]) -> Result<Vec<(String, String)>, GitError> {
    let mut texts = Texts::new();
    for entry in entries.iter().filter(|entry| entry.kind == Kind::Link) {
        let Some(text) = entry.content.oid().map(|oid| repo.blob(oid)).transpose()? else { continue };
        texts.insert(entry.path.to_string(), String::from_utf8(text).unwrap_or_default());
    }
    let root = repo.root().to_string_lossy();
    let mut found = Vec::new();
    for at in 0..entries.len() {
        let Some(text) = texts.get(&*entries[at].path) else { continue };
        let file = file_behind(&root, &texts, &entries[at].path, entries);
        found.extend(file.map(|file| (entries[at].path.to_string(), file.path.to_string())));
        let (kind, content) =
            file.map_or_else(|| (Kind::Link, nothing(text)), |file| (file.kind, file.content.clone()));
        (entries[at].kind, entries[at].content) = (kind, content);
    }
    Ok(found)
}

/// The id of a link that stands for no file. As it is no blob of the link, what was made of the link's text is not done.
fn nothing(text: &str) -> ContentId {
    ContentId::Git(blob_id(format!("stands for no file: {text}").as_bytes()))
}

/// The file that the link at `path` leads to, among the sorted files of a repository at `root`.
fn file_behind<'e>(root: &str, texts: &Texts, path: &str, entries: &'e [Entry]) -> Option<&'e Entry> {
    let mut followed = 0;
    let mut here: Vec<&str> = Vec::new();
    let mut open: Vec<&str> = path.rsplit('/').collect();
    while let Some(part) = open.pop() {
        match part {
            "" | "." => continue,
            ".." => drop(here.pop()?),
            name => here.push(name),
        }
        let Some(text) = texts.get(&here.join("/")) else { continue };
        followed += 1;
        let below = if text.starts_with('/') { text.strip_prefix(root)? } else { text };
        if followed > CHAIN_MAX || below.is_empty() {
            return None;
        }
        here.pop();
        if below.len() < text.len() {
            here.clear();
        }
        open.extend(below.rsplit('/'));
    }
    let path = here.join("/");
    let row = entries.binary_search_by(|entry| (*entry.path).cmp(&path)).ok()?;
    matches!(entries[row].kind, Kind::File | Kind::Exec).then(|| &entries[row])
}

/// Why a link at `path` of the subdataset at `root` stands for no file of it.
pub fn inner_fault(root: &Path, path: &str) -> LinkFault {
    let mut path = path.to_owned();
    for _ in 0..CHAIN_MAX {
        let Ok(text) = root.join(&path).read_link() else { return LinkFault::Unknown };
        path = match target_of(root, &path, &text) {
            Err(LinkFault::Outside) => return LinkFault::Leaves,
            Err(fault) => return fault,
            Ok(target) => target,
        };
        let full = root.join(&path);
        if is_deeper(root, &full) {
            return LinkFault::Subdataset;
        }
        match full.symlink_metadata() {
            Ok(found) if found.is_symlink() => {}
            Ok(found) if found.is_dir() => return LinkFault::Folder,
            _ => return LinkFault::Unknown,
        }
    }
    LinkFault::Loop
}

/// Whether a path below `root` is or lies in a repository of its own.
fn is_deeper(root: &Path, full: &Path) -> bool {
    let mut around = full.ancestors().take_while(|folder| *folder != root).map(PathBuf::from);
    around.any(|folder| folder.join(".git").symlink_metadata().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_through_folders_to_files_of_the_same_repository() {
        let entry = |path: &str, kind| Entry {
            path: path.into(),
            kind,
            content: ContentId::Git(blob_id(path.as_bytes())),
        };
        let entries = [entry("s/v1/f", Kind::Exec), entry("x", Kind::File)];
        let links = [
            ("s/cur", "v1"),
            ("s/l", "cur/f"),
            ("s/ll", "./l"),
            ("s/up", "cur/../../x"),
            ("s/abs", "/root/x"),
            ("s/out", "../../x"),
            ("s/away", "/rootless/x"),
            ("s/top", "/root"),
            ("s/loop", "loop"),
            ("s/self", "self/f"),
            ("s/gone", "v2/f"),
            ("s/text", ""),
        ];
        let texts = links.map(|(path, text)| (path.to_owned(), text.to_owned())).into();
        let leads = |path: &str| file_behind("/root", &texts, path, &entries).map(|entry| &*entry.path);
        for (path, expected) in [("s/l", "s/v1/f"), ("s/ll", "s/v1/f"), ("s/up", "x"), ("s/abs", "x")] {
            assert_eq!(leads(path), Some(expected), "{path}");
        }
        for path in ["s/cur", "s/out", "s/away", "s/top", "s/loop", "s/self", "s/gone", "s/text"] {
            assert_eq!(leads(path), None, "{path}");
        }
    }
}
