//! `Image`: what a container is made from, named or found in the project.

use super::ContentId;

/// What an `image` means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// As it is written, or the name that stands for it.
    pub text: String,
    /// What it is.
    pub source: ImageSource,
    /// The content of what stands in the project for it; absent for what lies outside.
    pub content: Option<ContentId>,
    /// How `DataLad` would call it: the program, and options of people's own.
    pub call: Vec<String>,
    /// Further files that `DataLad` says it needs, from the project's root; their content is code.
    pub extra: Vec<String>,
}

/// Where an image comes from. Paths are from the project's root, or absolute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageSource {
    /// A name in a registry or in the store of the program that runs it.
    Named,
    /// One file that Apptainer runs as it is.
    File(String),
    /// One file that `docker save` or `podman save` wrote.
    Archive(String),
    /// A folder with what `docker save` wrote, unpacked, as `DataLad` keeps it; its files.
    Saved(String, Vec<String>),
    /// A folder that is the root of a file system.
    Root(String),
    /// A Dockerfile, and the files beside it that it takes.
    Recipe(Recipe),
}

/// A Dockerfile in the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// The file.
    pub path: String,
    /// The folder that holds it; empty for the project's root.
    pub folder: String,
    /// The files that it may take, itself among them.
    pub files: Vec<String>,
}

impl Image {
    /// The file or folder in the project, if it is one.
    pub fn path(&self) -> Option<&str> {
        let path = match &self.source {
            ImageSource::Named => return None,
            ImageSource::File(path)
            | ImageSource::Archive(path)
            | ImageSource::Saved(path, _)
            | ImageSource::Root(path) => path,
            ImageSource::Recipe(recipe) => &recipe.path,
        };
        (!path.starts_with('/')).then_some(path)
    }

    /// The files in the project that it consists of.
    pub fn files(&self) -> Vec<String> {
        match &self.source {
            ImageSource::Saved(folder, files) => {
                files.iter().map(|file| format!("{folder}/{file}")).collect()
            }
            ImageSource::Recipe(recipe) => recipe.files.clone(),
            _ => self.path().map(str::to_owned).into_iter().collect(),
        }
    }

    /// The name by which a program's store remembers it, for what stands in the project.
    pub fn tag(&self) -> Option<String> {
        let content = self.content.as_ref()?.to_string();
        Some(format!("localhost/minipach:{}", &blake3::hash(content.as_bytes()).to_hex()[..16]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_the_project_is_named() {
        let files = |source| {
            Image { text: String::new(), source, content: None, call: Vec::new(), extra: Vec::new() }.files()
        };
        assert_eq!(files(ImageSource::File("a.sif".into())), ["a.sif"]);
        assert_eq!(files(ImageSource::Saved("a".into(), vec!["m".into()])), ["a/m"]);
        assert!(files(ImageSource::File("/opt/a.sif".into())).is_empty());
        assert!(files(ImageSource::Named).is_empty());
    }
}
