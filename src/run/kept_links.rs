//! What stands in folders of pipelines as it is: links as links, since results hold them so, and what git holds in no way.

use std::collections::{BTreeMap, BTreeSet};

use crate::git::Scan;
use crate::model::{ContentId, Entry, Kind, Oid, Tree};

/// The tree with the links in folders of pipelines as links, and with their pipes, sockets, devices and foreign
/// repositories: these are in the way of results, or in the place of one.
pub(super) fn as_it_stands(tree: &Tree, scan: &Scan, names: &BTreeSet<&str>) -> Tree {
    let is_inside = |path: &str| path.match_indices('/').any(|(at, _)| names.contains(&path[..at]));
    let links: BTreeMap<&str, Oid> = scan.kept_links().filter(|(path, _)| is_inside(path)).collect();
    let special: Vec<Entry> = scan.special().filter(|path| is_inside(path)).map(special).collect();
    if links.is_empty() && special.is_empty() {
        return tree.clone();
    }
    let entry = |entry: &Entry| match links.get(&*entry.path) {
        Some(oid) => Entry { path: entry.path.clone(), kind: Kind::Link, content: ContentId::Git(*oid) },
        None => entry.clone(),
    };
    let mut entries: Vec<Entry> = tree.entries().iter().map(entry).chain(special).collect();
    entries.sort_by(|one, other| one.path.cmp(&other.path));
    Tree::new(tree.prefix(), entries.into())
}

fn special(path: std::sync::Arc<str>) -> Entry {
    Entry { path, kind: Kind::Special, content: ContentId::Git(Oid([0; 20])) }
}
