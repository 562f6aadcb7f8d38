//! Images: what the text of `image` means in a project.

use super::container_call::own_options;
use super::recipe::{is_recipe, recipe};
use crate::model::{ContentId, Image, ImageSource, Tree, show};

/// A container that `DataLad` has registered in a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// The image, from the project's root.
    pub image: String,
    /// How it is called, with `{img}` and `{cmd}` in it.
    pub call: String,
    /// Further files that it needs, from the project's root.
    pub extra: Vec<String>,
}

/// What a project says of images.
pub struct ImageLookup<'a> {
    /// Its files.
    pub project: &'a Tree,
    /// The container that `DataLad` knows by a name.
    pub registered: &'a dyn Fn(&str) -> Option<Registered>,
    /// Whether a file is data or a result, which no image is made of unless it is named.
    pub is_data: &'a dyn Fn(&str) -> bool,
    /// Reads a file; `None` when it is absent here.
    pub read: &'a dyn Fn(&str) -> Option<Vec<u8>>,
    /// The first bytes of a file; empty when it is absent here.
    pub begin: &'a dyn Fn(&str) -> Vec<u8>,
}

/// Endings of files that Apptainer runs.
const FILES: [&str; 6] = ["sif", "simg", "img", "sqfs", "squashfs", "sqsh"];
/// Endings of files that `docker save` and `podman save` write.
const ARCHIVES: [&str; 4] = ["tar", "tar.gz", "tgz", "oci"];

/// Finds out what an image is.
///
/// # Errors
/// One sentence fragment: it can be neither a name nor a file.
pub fn find(text: &str, lookup: &ImageLookup<'_>) -> Result<Image, String> {
    let registered = (lookup.registered)(text);
    let path = registered.as_ref().map_or(text, |known| &known.image).trim_start_matches("./");
    let found = source(path, lookup, registered.is_some());
    let (source, content) = match found {
        Some(found) => found,
        None if registered.is_some() => {
            return Err(format!(
                "DataLad knows the container `{}`, but `{}` is not there",
                show(text),
                show(path)
            ));
        }
        None if path != text
            || is_recipe(path)
            || has_ending(path, &FILES)
            || has_ending(path, &ARCHIVES) =>
        {
            return Err(format!("the image `{}` is no file of the project", show(text)));
        }
        None => {
            check_name(text)?;
            (ImageSource::Named, None)
        }
    };
    let call = registered.as_ref().map_or_else(|| Ok(Vec::new()), |known| call(text, known))?;
    let extra = registered.map(|known| known.extra).unwrap_or_default();
    Ok(Image { text: text.to_owned(), source, content, call, extra })
}

/// How `DataLad` calls a container that it has registered.
fn call(text: &str, known: &Registered) -> Result<Vec<String>, String> {
    own_options(&known.call).map_err(|why| {
        format!(
            "DataLad calls the container `{}` by `{}`, which is not understood here: {why}; `image: {}` runs it without that",
            show(text),
            show(&known.call),
            show(&known.image)
        )
    })
}

/// What stands somewhere, and its content.
type Found = (ImageSource, Option<ContentId>);

/// The file or folder at a path; `is_path` where it can be nothing else.
fn source(path: &str, lookup: &ImageLookup<'_>, is_path: bool) -> Option<Found> {
    if let Some(entry) = lookup.project.get(path) {
        if is_recipe(path) {
            let text = (lookup.read)(path).unwrap_or_default();
            let (recipe, content) = recipe(path, &text, lookup.project, lookup.is_data);
            return Some((ImageSource::Recipe(recipe), Some(content)));
        }
        return Some((of_file(path, lookup), Some(entry.content.clone())));
    }
    if path.starts_with('/') {
        let is_folder = !has_ending(path, &FILES) && !has_ending(path, &ARCHIVES);
        return Some((
            if is_folder { ImageSource::Root(path.to_owned()) } else { of_file(path, lookup) },
            None,
        ));
    }
    // A word alone may well be called like a folder.
    let below = lookup.project.below(path);
    if below.is_empty() || !(is_path || path.contains('/')) {
        return None;
    }
    let files: Vec<String> =
        below.entries().iter().map(|entry| entry.path[path.len() + 1..].to_owned()).collect();
    let content = below.folder_id(0..below.entries().len(), path.len() + 1);
    let is_saved = files.iter().any(|file| file == "manifest.json");
    let path = path.to_owned();
    Some((if is_saved { ImageSource::Saved(path, files) } else { ImageSource::Root(path) }, Some(content)))
}

/// What a file is, by its name, or by how it begins where its name does not tell: `DataLad` calls its copies `image`.
fn of_file(path: &str, lookup: &ImageLookup<'_>) -> ImageSource {
    if has_ending(path, &ARCHIVES) || !is_told_by_name(path) && is_archive(&(lookup.begin)(path)) {
        ImageSource::Archive(path.to_owned())
    } else {
        ImageSource::File(path.to_owned())
    }
}

/// Whether the ending of an image's name tells what it is.
pub fn is_told_by_name(path: &str) -> bool {
    has_ending(path, &FILES) || has_ending(path, &ARCHIVES)
}

/// Whether a file that begins so is an archive, maybe a compressed one.
fn is_archive(begin: &[u8]) -> bool {
    const PACKED: [&[u8]; 4] = [b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd"];
    PACKED.iter().any(|magic| begin.starts_with(magic)) || begin.get(257..262) == Some(b"ustar")
}

fn has_ending(path: &str, endings: &[&str]) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    endings
        .iter()
        .any(|ending| name.strip_suffix(ending).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')))
}

/// Whether a registry could have such a name: `host:5000/path/name:tag@sha256:…`.
fn check_name(text: &str) -> Result<(), String> {
    let bare = text.split_once("://").map_or(text, |(_, rest)| rest);
    let wrong = |why: &str| Err(format!("`{}` is no name of an image: {why}", show(text)));
    let (name, digest) = bare.split_once('@').map_or((bare, None), |(name, digest)| (name, Some(digest)));
    if digest.is_some_and(|digest| {
        digest.split_once(':').is_none_or(|(kind, hex)| kind.is_empty() || hex.is_empty())
    }) {
        return wrong("after `@` comes a digest, as `sha256:…`");
    }
    let last = name.rfind('/').map_or(0, |at| at + 1);
    let (path, tag) = name[last..]
        .split_once(':')
        .map_or((name, None), |(one, tag)| (&name[..last + one.len()], Some(tag)));
    let is_tag =
        |tag: &str| !tag.is_empty() && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    if tag.is_some_and(|tag| !is_tag(tag)) {
        return wrong("after `:` comes a version of letters, digits, `.`, `_` and `-`");
    }
    let mut parts = path.split('/').peekable();
    let first = parts.peek().copied().unwrap_or_default();
    if path.contains('/') && (first.contains(['.', ':']) || first == "localhost") {
        parts.next();
    }
    let is_part = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b))
    };
    if parts.all(is_part) {
        Ok(())
    } else {
        wrong("it has lower case letters, digits, `.`, `_` and `-`, parted by `/`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Entry, Kind, Oid};
    use std::sync::Arc;

    const FORM: &str = "apptainer exec --nv -B {{pwd}} {img} {cmd}";

    fn tree(paths: &[&str]) -> Tree {
        let entry = |path: &&str| Entry {
            path: (*path).into(),
            kind: Kind::File,
            content: ContentId::Git(Oid([path.as_bytes()[0]; 20])),
        };
        let mut entries: Vec<Entry> = paths.iter().map(entry).collect();
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        Tree::new("", Arc::from(entries))
    }

    fn found(text: &str, paths: &[&str], dockerfile: &str) -> Result<Image, String> {
        let project = tree(paths);
        let registered = |name: &str| {
            let image = match name {
                "packed" => ".datalad/environments/packed/image",
                "fmri" => ".datalad/environments/fmri/image",
                "gone" => "gone.sif",
                "wrapped" => "envs/a.sif",
                _ => return None,
            };
            let wrapped = "wrap {img} {cmd}";
            Some(Registered {
                image: image.into(),
                call: if name == "wrapped" { wrapped } else { FORM }.into(),
                extra: vec!["envs/overlay.img".into()],
            })
        };
        let (is_data, read) = (|path: &str| path.starts_with("raw/"), |_: &str| Some(dockerfile.into()));
        let begin = |path: &str| if path.contains("packed") { b"\x1f\x8b\x08".to_vec() } else { Vec::new() };
        let lookup = ImageLookup {
            project: &project,
            registered: &registered,
            is_data: &is_data,
            read: &read,
            begin: &begin,
        };
        find(text, &lookup)
    }

    #[test]
    fn names_files_and_folders_are_told_apart() {
        let paths =
            ["envs/tool.sif", "envs/tool.tar.gz", "envs/saved/manifest.json", "envs/root/bin/sh", "ubuntu/x"];
        let source = |text: &str| found(text, &paths, "").map(|image| image.source);
        assert_eq!(source("ubuntu"), Ok(ImageSource::Named));
        assert_eq!(source("ghcr.io/Org/x:1").unwrap_err().split(':').next(), Some("`ghcr.io/Org/x"));
        assert_eq!(source("envs/tool.sif"), Ok(ImageSource::File("envs/tool.sif".into())));
        assert_eq!(source("./envs/tool.sif"), Ok(ImageSource::File("envs/tool.sif".into())));
        assert_eq!(source("envs/tool.tar.gz"), Ok(ImageSource::Archive("envs/tool.tar.gz".into())));
        assert_eq!(
            source("envs/saved"),
            Ok(ImageSource::Saved("envs/saved".into(), vec!["manifest.json".into()]))
        );
        assert_eq!(source("envs/root"), Ok(ImageSource::Root("envs/root".into())));
        assert_eq!(source("/opt/a.sif"), Ok(ImageSource::File("/opt/a.sif".into())));
        assert_eq!(source("/opt/a"), Ok(ImageSource::Root("/opt/a".into())));
        assert!(source("envs/other.sif").unwrap_err().contains("is no file of the project"));
        assert!(source("code/Dockerfile").unwrap_err().contains("is no file of the project"));
    }

    #[test]
    fn what_datalad_knows_is_found_with_options_of_ones_own() {
        let image = found("fmri", &[".datalad/environments/fmri/image"], "").unwrap();
        assert_eq!(image.source, ImageSource::File(".datalad/environments/fmri/image".into()));
        assert_eq!(image.call, ["apptainer", "--nv"]);
        assert_eq!(image.extra, ["envs/overlay.img"]);
        assert!(image.content.is_some());
        let path = ".datalad/environments/packed/image";
        assert_eq!(found("packed", &[path], "").unwrap().source, ImageSource::Archive(path.into()));
        assert!(found("gone", &[], "").unwrap_err().contains("`gone.sif` is not there"));
        let said = found("wrapped", &["envs/a.sif"], "").unwrap_err();
        assert!(said.contains("calls the container `wrapped` by `wrap {img} {cmd}`"), "{said}");
        assert!(said.ends_with("; `image: envs/a.sif` runs it without that"), "{said}");
    }

    #[test]
    fn an_archive_is_known_by_how_it_begins() {
        let mut tar = vec![0; 512];
        assert!(!is_archive(&tar) && !is_archive(b"hsqs") && !is_archive(b""));
        tar[257..262].copy_from_slice(b"ustar");
        assert!(is_archive(&tar) && is_archive(b"BZh9"));
    }

    #[test]
    fn names_that_no_registry_can_have() {
        for good in [
            "a",
            "a:1",
            "a/b:1.2-x",
            "host:5000/a/b",
            "a@sha256:00",
            "docker://a/b",
            "localhost/x:1",
            "Host.io/a",
        ] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        for bad in ["A", "a b", "a:", "a:b c", "a//b", "a@00", ""] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
