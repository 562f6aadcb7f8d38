//! Links in folders of pipelines are themselves: results hold links as links.

use std::collections::{BTreeMap, BTreeSet};

use crate::git::Scan;
use crate::model::{ContentId, Entry, Kind, Oid, PipelineName, Tree};

/// The tree with the links in folders of pipelines as links.
pub(super) fn with_links(tree: &Tree, scan: &Scan, names: &BTreeSet<PipelineName>) -> Tree {
    let is_inside = |path: &str| {
        let folders = path.match_indices('/').map(|(at, _)| &path[..at]);
        folders.into_iter().any(|folder| names.iter().any(|name| name.as_str() == folder))
    };
    let links: BTreeMap<&str, Oid> = scan.kept_links().filter(|(path, _)| is_inside(path)).collect();
    if links.is_empty() {
        return tree.clone();
    }
    let entry = |entry: &Entry| match links.get(&*entry.path) {
        Some(oid) => Entry { path: entry.path.clone(), kind: Kind::Link, content: ContentId::Git(*oid) },
        None => entry.clone(),
    };
    Tree::new(tree.prefix(), tree.entries().iter().map(entry).collect())
}
