//! `ImageSources`: where the files of images are, and where what is made of them can stand.

use std::path::{Path, PathBuf};

/// Where an image is and where what is made of it can stand.
pub struct ImageSources<'a> {
    /// The project's root.
    pub root: &'a Path,
    /// Where the bytes of a file of the project are, by its path from the root.
    pub bytes: &'a dyn Fn(&str) -> Result<PathBuf, String>,
    /// A folder for files that take long to make.
    pub store: &'a Path,
}

impl ImageSources<'_> {
    /// Where the bytes of a file are, which may lie outside of the project.
    pub(super) fn bytes(&self, path: &str) -> Result<PathBuf, String> {
        if path.starts_with('/') {
            return Ok(path.into());
        }
        (self.bytes)(path)
    }
}
