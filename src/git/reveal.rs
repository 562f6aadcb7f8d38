//! Files that git ignores are taken into a scan where somebody knows that they count, and out of it again.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustix::fs::FileType;

use super::StatMemory;
use super::hash::lstat;
use super::scan::{File, Scan};

impl Scan {
    /// Folders at or below `folder` with a `.gitignore` of their own, each with a slash at the end.
    pub fn folders_with_rules(&self, folder: &str) -> impl Iterator<Item = &str> {
        let is_inside =
            move |path: &&str| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        self.ruled.iter().map(AsRef::as_ref).filter(is_inside)
    }

    /// Takes in those of some files that stand in the work tree and were not seen; gives them. Their contents are learnt
    /// by [`Scan::resolve`].
    pub fn reveal(
        &mut self,
        memory: &StatMemory,
        paths: impl IntoIterator<Item = String>,
    ) -> BTreeSet<Arc<str>> {
        let unseen: BTreeSet<String> = paths.into_iter().filter(|path| !self.contains(path)).collect();
        let file = |path: &String| {
            let stat = lstat(&self.root, path).ok()?;
            let is_file = matches!(stat.file_type(), FileType::RegularFile | FileType::Symlink);
            is_file.then(|| File::untracked(path.as_str().into(), stat))
        };
        let found: Vec<File> = unseen.iter().filter_map(file).collect();
        let revealed = found.iter().map(|file| Arc::clone(&file.path)).collect();
        if !found.is_empty() {
            self.rare.take();
            self.files.extend(found);
            self.files.sort_by(|one, other| one.path.cmp(&other.path));
            self.recall(memory);
        }
        revealed
    }

    /// Takes out what [`Scan::reveal`] took in.
    pub fn conceal(&mut self, paths: &BTreeSet<Arc<str>>) {
        self.rare.take();
        self.files.retain(|file| !paths.contains(&file.path));
        self.bad_links.retain(|path, _| !paths.contains(path));
        self.targets.retain(|path, _| !paths.contains(path));
        self.link_blobs.retain(|path, _| !paths.contains(path));
    }
}
