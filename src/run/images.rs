//! Images of a project: what a pipeline's `image` is, and where the bytes of what stands in the project are.

use std::path::PathBuf;

use crate::git::{annex, registered_container};
use crate::model::{ContentId, Image, Pipeline};
use crate::plan::{ImageLookup, Registered, find_image};

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
            read: &|path| std::fs::read(self.image_bytes(path).ok()?).ok(),
        };
        Some(find_image(text, &lookup))
    }

    /// Whether an image is no name but stands in the project.
    pub(super) fn is_image_here(&self, text: &str) -> bool {
        let is_there = |path: &str| self.repo.root().join(path).exists();
        self.registered(text).is_some() || text.starts_with('/') || text.contains('/') && is_there(text)
    }

    /// A container that `DataLad` knows: `NAME`, or `sub/dataset/NAME`.
    fn registered(&self, text: &str) -> Option<Registered> {
        let (dataset, name) = text.rsplit_once('/').unwrap_or(("", text));
        if dataset.starts_with('/') {
            return None;
        }
        let (image, call) = registered_container(&self.repo.root().join(dataset), name)?;
        let image = if dataset.is_empty() { image } else { format!("{dataset}/{image}") };
        Some(Registered { image, call })
    }

    /// Where the bytes of a file of the project are.
    ///
    /// # Errors
    /// A sentence fragment that says how to get them.
    pub(super) fn image_bytes(&self, path: &str) -> Result<PathBuf, String> {
        let full = self.repo.root().join(path);
        let Some(ContentId::Annex(key)) = self.tree.get(path).map(|entry| &entry.content) else {
            return if full.exists() { Ok(full) } else { Err(format!("`{path}` is not there")) };
        };
        let object = annex::object_path(self.repo.annex_dir(), key);
        if object.exists() {
            return Ok(object);
        }
        Err(format!("the content of `{path}` is not here; `git annex get {path}` fetches it"))
    }

    /// Why the files of an image cannot be read, before anything is made of it.
    pub(super) fn absent_image(&self, image: &Image) -> Option<String> {
        use crate::model::ImageSource::{Archive, File, Named, Recipe, Root, Saved};
        let first = |paths: &[String]| paths.iter().find_map(|path| self.image_bytes(path).err());
        match &image.source {
            File(path) | Archive(path) | Root(path) if path.starts_with('/') => {
                let is_there = std::path::Path::new(path).exists();
                (!is_there).then(|| format!("the image `{path}` is not on this machine"))
            }
            File(path) | Archive(path) => self.image_bytes(path).err(),
            Saved(folder, files) => {
                first(&files.iter().map(|file| format!("{folder}/{file}")).collect::<Vec<_>>())
            }
            Recipe(recipe) => first(&recipe.files),
            Named | Root(_) => None,
        }
    }
}
