//! Images of a project: what a pipeline's `image` is, and where the bytes of what stands in the project are.

use crate::git::registered_container;
use crate::model::{Image, Pipeline};
use crate::plan::{ImageLookup, Registered, find_image};

use super::preparation::ImageFile;
use super::project::Project;

impl Project {
    /// What a pipeline's image is, or why it can be none.
    pub(super) fn find_image(
        &self,
        pipeline: &Pipeline,
        is_data: &dyn Fn(&str) -> bool,
    ) -> Option<Result<Image, String>> {
        let text = pipeline.transform.as_ref()?.image.as_ref()?;
        let lookup = ImageLookup {
            project: &self.tree,
            registered: &|name| self.registered(name),
            is_data,
            read: &|path| self.read(path),
        };
        Some(find_image(text, &lookup))
    }

    /// Whether an image is no name but stands in the project.
    pub(super) fn is_image_here(&self, text: &str) -> bool {
        let is_there = |path: &str| self.repo.root().join(path).exists();
        self.registered(text).is_some() || text.starts_with('/') || text.contains('/') && is_there(text)
    }

    /// A container that `DataLad` knows: `NAME`, or `sub/dataset/NAME`.
    pub(super) fn registered(&self, text: &str) -> Option<Registered> {
        let (dataset, name) = text.rsplit_once('/').unwrap_or(("", text));
        if dataset.starts_with('/') {
            return None;
        }
        let found = registered_container(&self.repo.root().join(dataset), name)?;
        let full = |path: String| if dataset.is_empty() { path } else { format!("{dataset}/{path}") };
        let extra = found.extra.into_iter().map(full).collect();
        Some(Registered { image: full(found.image), call: found.call, extra })
    }

    /// Where the bytes of a file of the project, or of a subdataset, are.
    pub(super) fn image_file(&self, path: &str) -> ImageFile {
        let full = self.repo.root().join(path);
        match self.key_of(path) {
            Some(key) => ImageFile::Annexed(self.annexes().of(path), key),
            None if full.exists() => ImageFile::Here(full),
            None => ImageFile::Absent,
        }
    }

    /// Reads a file, if its bytes are here.
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        match self.image_file(path) {
            ImageFile::Here(full) => std::fs::read(full).ok(),
            ImageFile::Annexed(keeper, key) => std::fs::read(keeper.object(&key)?).ok(),
            ImageFile::Absent => None,
        }
    }

    /// Why the files of an image cannot be had, before anything is made of it.
    pub(super) fn absent_image(&self, image: &Image) -> Option<String> {
        use crate::model::ImageSource::{Archive, File, Root};
        match &image.source {
            File(path) | Archive(path) | Root(path) if path.starts_with('/') => {
                let is_there = std::path::Path::new(path).exists();
                (!is_there).then(|| format!("the image `{path}` is not on this machine"))
            }
            Root(_) => None,
            _ => {
                let all = image.files().into_iter().chain(image.extra.iter().cloned());
                let mut absent = all.filter(|path| matches!(self.image_file(path), ImageFile::Absent));
                absent.next().map(|path| format!("`{path}` is not there"))
            }
        }
    }
}
