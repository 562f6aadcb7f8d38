//! Cuts a repo into pieces: which files and folders a leaf's glob matches.

use std::ops::Range;

use crate::model::glob::{Captures, Glob, Template};
use crate::model::{Leaf, Match, Tree};

/// One piece of a repo, with what its captures and keys are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Path relative to the repo; empty for the root.
    pub path: String,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// What each capture group took; `""` where it took no part.
    pub captures: Vec<String>,
    /// Its join key, if the leaf has a `join_on`.
    pub join_on: Option<String>,
    /// Its group key, if the leaf has a `group_by`.
    pub group_by: Option<String>,
}

/// Every file and folder of the tree that the leaf's glob matches.
///
/// Folders exist through the files in them; the root is one, unless the tree is empty. The order is
/// byte order of path where a folder's path ends in `/`. A subdataset counts as a file. Of a leaf that wants the newest only
/// the last one is given.
pub fn matches(leaf_number: u16, leaf: &Leaf, tree: &Tree) -> Vec<Match> {
    let glob = &leaf.glob;
    let mut cutter = Cutter { leaf: leaf_number, glob, tree, path: String::new(), found: Vec::new() };
    let range = below_prefix(tree, glob.literal_prefix());
    match glob.depth() {
        _ if range.is_empty() => {}
        Some(0) => cutter.push(0, true, range, Captures::new()),
        Some(depth) => cutter.at_depth(depth, range),
        None => cutter.at_any_depth(range),
    }
    let mut found = cutter.found;
    if leaf.newest_only {
        // Ticks are named by their time.
        found.drain(..found.len().saturating_sub(1));
    }
    found
}

/// What a glob cuts, for people who try one.
pub fn explain(leaf: &Leaf, tree: &Tree) -> Vec<Piece> {
    let piece = |found: Match| {
        let key = |template: &Option<Template>| template.as_ref().map(|template| template.expand(&found));
        Piece {
            captures: (1..=leaf.glob.groups()).map(|number| found.capture(number)).collect(),
            join_on: key(&leaf.join_on),
            group_by: key(&leaf.group_by),
            is_folder: found.is_folder,
            path: found.path.into(),
        }
    };
    matches(0, leaf, tree).into_iter().map(piece).collect()
}

/// The entries whose relative path begins with `prefix`; all of a match's entries are among them.
fn below_prefix(tree: &Tree, prefix: &str) -> Range<usize> {
    let skip = tree.prefix().len();
    let start = tree.entries().partition_point(|entry| entry.path[skip..] < *prefix);
    let count = tree.entries()[start..].partition_point(|entry| entry.path[skip..].starts_with(prefix));
    start..start + count
}

struct Cutter<'a> {
    leaf: u16,
    glob: &'a Glob,
    tree: &'a Tree,
    /// The path last looked at, with a leading slash.
    path: String,
    found: Vec<Match>,
}

/// A folder whose last file has not come yet.
struct Open {
    /// Length of its relative path.
    length: usize,
    /// Where it stands among the matches, if it is one.
    found: Option<usize>,
}

impl Cutter<'_> {
    /// Looks at candidates of one depth alone: one per folder or file, the rest is skipped.
    fn at_depth(&mut self, depth: usize, range: Range<usize>) {
        let mut index = range.start;
        while index < range.end {
            let path = self.tree.relative(index);
            let mut slashes = path.bytes().enumerate().filter(|(_, byte)| *byte == b'/').map(|(at, _)| at);
            let above = slashes.by_ref().take(depth - 1).count();
            let end = match slashes.next() {
                Some(length) => {
                    let end = self.end_of_folder(index, length, range.end);
                    self.test(length, true, index..end);
                    end
                }
                None if above == depth - 1 => {
                    self.test(path.len(), false, index..index + 1);
                    index + 1
                }
                None => index + 1,
            };
            index = end;
        }
    }

    /// One past the last entry in the folder that is the first `length` bytes of entry `first`'s path.
    fn end_of_folder(&self, first: usize, length: usize, limit: usize) -> usize {
        let folder = &self.tree.relative(first)[..=length];
        let is_inside = |index: usize| self.tree.relative(index).starts_with(folder);
        // Most folders are small: look near by first, in growing steps.
        let (mut inside, mut step) = (first, 1);
        while inside + step < limit && is_inside(inside + step) {
            inside += step;
            step *= 2;
        }
        let mut outside = limit.min(inside + step);
        while inside + 1 < outside {
            let middle = usize::midpoint(inside, outside);
            if is_inside(middle) { inside = middle } else { outside = middle }
        }
        outside
    }

    fn at_any_depth(&mut self, range: Range<usize>) {
        let mut open: Vec<Open> = Vec::new();
        let mut last = "";
        for index in range.clone() {
            let path = self.tree.relative(index);
            while let Some(folder) = open.last() {
                if path.as_bytes().get(..=folder.length) == last.as_bytes().get(..=folder.length) {
                    break;
                }
                self.close(open.pop(), index);
            }
            let known = open.last().map_or(0, |folder| folder.length + 1);
            for (at, _) in path[known..].match_indices('/') {
                let length = known + at;
                let found = self.test(length, true, index..index).then(|| self.found.len() - 1);
                open.push(Open { length, found });
            }
            self.test(path.len(), false, index..index + 1);
            last = path;
        }
        while let Some(folder) = open.pop() {
            self.close(Some(folder), range.end);
        }
    }

    /// Sets the end of a folder that matched.
    fn close(&mut self, folder: Option<Open>, end: usize) {
        if let Some(found) = folder.and_then(|folder| folder.found) {
            self.found[found].entries.end = count(end);
        }
    }

    /// Tests the candidate that is the first `length` bytes of the path of the first entry.
    fn test(&mut self, length: usize, is_folder: bool, entries: Range<usize>) -> bool {
        self.path.clear();
        self.path.push('/');
        self.path.push_str(&self.tree.relative(entries.start)[..length]);
        let Some(captures) = self.glob.find(&self.path) else { return false };
        self.push(length, is_folder, entries, captures);
        true
    }

    fn push(&mut self, length: usize, is_folder: bool, entries: Range<usize>, captures: Captures) {
        let path = self.tree.relative(entries.start)[..length].into();
        let entries = count(entries.start)..count(entries.end);
        self.found.push(Match { leaf: self.leaf, is_folder, path, entries, captures });
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).expect("a tree has fewer than 2^32 files")
}
