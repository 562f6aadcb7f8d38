//! `Packs`: what packed results hold, where no ledger tells it yet, and the places of their files in them.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::exec::{Part, content_of, parts};
use crate::ledger::PipelineLedger;
use crate::model::{ContentId, Entry, Kind, OutFile, Tree, is_pack};
use crate::plan::{follow_links, link_target};

/// What packed results hold, by their content, as far as this process made or read them.
#[derive(Debug, Default)]
pub struct Packs(Mutex<BTreeMap<ContentId, Arc<[OutFile]>>>);

impl Packs {
    /// Takes note of what a pack holds that was just made of `files`, where `text_of` reads links among them.
    pub(super) fn note(&self, pack: &ContentId, files: &[OutFile], text_of: &dyn Fn(&str) -> Option<String>) {
        self.lock().insert(pack.clone(), followed(files, text_of));
    }

    /// What the packed result at a path from `root` holds: read from it if need be. `None` if there is none, or its
    /// content is not here.
    pub fn members(&self, root: &Path, path: &str, content: &ContentId) -> Option<Arc<[OutFile]>> {
        if !is_pack(path) {
            return None;
        }
        let known = self.lock().get(content).cloned();
        known.or_else(|| {
            let read = read(&root.join(path)).ok()?;
            self.lock().insert(content.clone(), Arc::clone(&read));
            Some(read)
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<ContentId, Arc<[OutFile]>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What ledgers tell of packed results that went to the annex, by their content and by their key.
pub(super) fn told<'a>(
    ledgers: impl Iterator<Item = &'a PipelineLedger>,
) -> BTreeMap<ContentId, Arc<[OutFile]>> {
    let outputs = ledgers.flat_map(PipelineLedger::lines).flat_map(|line| &line.outputs);
    let mut told = BTreeMap::new();
    for output in outputs.filter(|output| !output.packed.is_empty()) {
        for file in &output.annexed {
            told.insert(file.content.clone(), Arc::clone(&output.packed));
            told.insert(ContentId::Annex((*file.key).into()), Arc::clone(&output.packed));
        }
    }
    told
}

/// Files with each link among them replaced by what it leads to.
fn followed(files: &[OutFile], text_of: &dyn Fn(&str) -> Option<String>) -> Arc<[OutFile]> {
    let entry =
        |file: &OutFile| Entry { path: (*file.path).into(), kind: file.kind, content: file.content.clone() };
    let tree = follow_links(Tree::new("", files.iter().map(entry).collect()), text_of);
    let file = |entry: &Entry| OutFile {
        path: (*entry.path).into(),
        kind: entry.kind,
        content: entry.content.clone(),
    };
    tree.entries().iter().map(file).collect()
}

fn read(tar: &Path) -> io::Result<Arc<[OutFile]>> {
    let parts = parts(tar)?;
    let file = |part: &Part| {
        let kind = match (&part.link, part.is_exec) {
            (Some(_), _) => Kind::Link,
            (None, true) => Kind::Exec,
            (None, false) => Kind::File,
        };
        Ok(OutFile { path: part.path.as_str().into(), kind, content: content_of(tar, Some(part))? })
    };
    let mut files = parts.iter().map(file).collect::<io::Result<Vec<OutFile>>>()?;
    files.sort_unstable();
    let texts: BTreeMap<&str, &String> =
        parts.iter().filter_map(|part| Some((part.path.as_str(), part.link.as_ref()?))).collect();
    Ok(followed(&files, &|path| texts.get(path).map(|text| (*text).clone())))
}

/// Where the files of one pack stand in it, by their paths.
pub(super) struct Index(BTreeMap<String, Part>);

impl Index {
    /// Of the pack whose bytes are at `tar`.
    ///
    /// # Errors
    /// When it cannot be read or is none.
    pub(super) fn read(tar: &Path) -> io::Result<Self> {
        Ok(Self(parts(tar)?.into_iter().map(|part| (part.path.clone(), part)).collect()))
    }

    /// The file at a path in the packed folder, behind all links that lead to files of the pack.
    pub(super) fn part(&self, path: &str) -> Option<&Part> {
        const LONGEST: usize = 40;
        let first = self.0.get(path)?;
        let mut part = first;
        for _ in 0..LONGEST {
            let Some(text) = &part.link else { return Some(part) };
            let Some(next) = link_target(&part.path, text).and_then(|path| self.0.get(&path)) else { break };
            part = next;
        }
        Some(first)
    }
}
