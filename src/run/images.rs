//! Images of a project: what a pipeline's `image` is, and where the bytes of what stands in the project are.

use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;

use crate::git::registered_container;
use crate::model::{Image, Pipeline, Tree, is_at_or_below, literal};
use crate::plan::{ImageLookup, Registered, find_image, is_told_by_name};

use super::code_inside::joined;
use super::preparation::ImageFile;
use super::project::Project;

/// So many bytes tell whether a file is an archive.
const TELLING: u64 = 512;

impl Project {
    /// What a pipeline's image is, or why it can be none.
    pub(super) fn find_image(
        &self,
        pipeline: &Pipeline,
        is_data: &dyn Fn(&str) -> bool,
    ) -> Option<Result<Image, String>> {
        let text = pipeline.transform.as_ref()?.image.as_ref()?;
        let files = self.files_for_image(text);
        let lookup = ImageLookup {
            project: &files,
            registered: &|name| self.registered(name),
            is_data,
            read: &|path| self.read(path),
            begin: &|path| self.begin(path).unwrap_or_default(),
        };
        Some(find_image(text, &lookup))
    }

    /// The path of an image that stands in a subdataset, or would if that were installed.
    pub(super) fn image_inside(&self, text: &str) -> Option<(String, String)> {
        self.scan.subdatasets().next()?;
        let path = self.registered(text).map_or_else(|| text.to_owned(), |known| known.image);
        let path = path.trim_start_matches("./").to_owned();
        let around = self.scan.subdatasets().find(|subdataset| is_at_or_below(&path, subdataset))?;
        Some((around.to_owned(), path))
    }

    /// The files of the project, and of the subdataset that an image stands in.
    pub(super) fn files_for_image(&self, text: &str) -> Tree {
        let around = self.image_inside(text).map(|(around, _)| around);
        let inside = around.and_then(|around| self.raw(&around).ok());
        inside.map_or_else(|| self.tree.clone(), |raw| joined(&self.tree, raw.tree.entries()))
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
        std::fs::read(self.bytes_of_image(path)?).ok()
    }

    /// Its first bytes, as many as tell what it is.
    fn begin(&self, path: &str) -> Option<Vec<u8>> {
        let mut begin = Vec::new();
        let file = File::open(self.bytes_of_image(path)?).ok()?;
        file.take(TELLING).read_to_end(&mut begin).ok()?;
        Some(begin)
    }

    /// Where the bytes of a file are, if they are here.
    pub(super) fn bytes_of_image(&self, path: &str) -> Option<PathBuf> {
        match self.image_file(path) {
            ImageFile::Here(full) => Some(full),
            ImageFile::Annexed(keeper, key) => keeper.object(&key),
            ImageFile::Absent => None,
        }
    }

    /// That it is not known which program runs an image, since neither its name nor its bytes are here to tell.
    pub(super) fn untold_image(&self, image: &Image) -> Option<String> {
        let crate::model::ImageSource::File(path) = &image.source else { return None };
        let is_untold = !is_told_by_name(path) && self.bytes_of_image(path).is_none();
        is_untold.then(|| {
            format!(
                "what kind of image `{}` is tells its content, which is not here; `datalad get {}` fetches it",
                image.text,
                literal(path)
            )
        })
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
