//! Which files of an image that stands in the project differ from those that a result was made with.

use std::collections::{BTreeMap, BTreeSet};

use crate::git::GitError;
use crate::model::{ContentId, Entry, Image, ImageSource, Kind, Tree};
use crate::plan::{ImageLookup, find_image};

use super::planner::Planned;
use super::project::Project;

/// So many versions of an image are looked at.
const MOST_VERSIONS: usize = 50;

/// In folders of more files than this nothing is looked for.
const MOST_FILES: usize = 20_000;

/// A file of an image: its path, its content before and now.
pub type ImageFileChange = (String, Option<ContentId>, Option<ContentId>);

/// What a file of an image is, and what it contains.
type Files = BTreeMap<String, (Kind, ContentId)>;

impl Project {
    /// The files that differ between a pipeline's image and its version of content `old`; none where no commit
    /// that `HEAD` builds on has that.
    pub fn image_changes(&self, planned: &Planned, old: &str) -> Vec<ImageFileChange> {
        let Some(Ok(image)) = &planned.code.image else { return Vec::new() };
        let Some(folder) = folder(image) else { return Vec::new() };
        if self.tree.below(folder).len() > MOST_FILES {
            return Vec::new();
        }
        let found = self.old_image(planned, image, folder, old).ok().flatten();
        found
            .map(|(tree, before)| differences(&files(&before, &tree), &files(image, &self.tree)))
            .unwrap_or_default()
    }

    /// The image of that content, and the files of the commit that has it.
    fn old_image(
        &self,
        planned: &Planned,
        image: &Image,
        folder: &str,
        old: &str,
    ) -> Result<Option<(Tree, Image)>, GitError> {
        let Some(head) = self.repo.head()?.commit() else { return Ok(None) };
        let own = image.files();
        let paths = if folder.is_empty() { own.iter().map(String::as_str).collect() } else { vec![folder] };
        for commit in self.repo.versions_of(head, &paths, MOST_VERSIONS)? {
            let tree = Tree::new("", self.repo.tree_files(commit, folder)?.into());
            let found = self.image_in(planned, &image.text, &tree);
            if let Some(image) =
                found.filter(|image| image.content.as_ref().is_some_and(|it| it.to_string() == old))
            {
                return Ok(Some((tree, image)));
            }
        }
        Ok(None)
    }

    fn image_in(&self, planned: &Planned, text: &str, tree: &Tree) -> Option<Image> {
        let leaves = planned.pipeline.input.leaves();
        let is_data = |path: &str| leaves.iter().any(|leaf| leaf.takes(path)) || self.is_result(path);
        let read = |path: &str| match &tree.get(path)?.content {
            ContentId::Git(oid) => self.repo.blob(*oid).ok(),
            _ => None,
        };
        let lookup = ImageLookup {
            project: tree,
            registered: &|name| self.registered(name),
            is_data: &is_data,
            read: &read,
            begin: &|_| Vec::new(),
        };
        find_image(text, &lookup).ok()
    }
}

/// The folder whose files an image is made of.
fn folder(image: &Image) -> Option<&str> {
    match &image.source {
        ImageSource::Recipe(recipe) => Some(&recipe.folder),
        ImageSource::Saved(folder, _) | ImageSource::Root(folder) if !folder.starts_with('/') => Some(folder),
        _ => None,
    }
}

fn files(image: &Image, tree: &Tree) -> Files {
    let named: Option<BTreeSet<&str>> = match &image.source {
        ImageSource::Recipe(recipe) => Some(recipe.files.iter().map(String::as_str).collect()),
        _ => None,
    };
    let is_it = |entry: &&Entry| named.as_ref().is_none_or(|named| named.contains(&*entry.path));
    let below = tree.below(folder(image).unwrap_or_default());
    let file = |entry: &Entry| (entry.path.to_string(), (entry.kind, entry.content.clone()));
    below.entries().iter().filter(is_it).map(file).collect()
}

fn differences(before: &Files, now: &Files) -> Vec<ImageFileChange> {
    let paths: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let content = |files: &Files, path: &String| files.get(path).map(|(_, content)| content.clone());
    let changed = paths.into_iter().filter(|path| before.get(*path) != now.get(*path));
    changed.map(|path| (path.clone(), content(before, path), content(now, path))).collect()
}
