//! Walks a template's project folder, in cookiecutter's order, and renders it to entries in memory.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use minijinja::Value;

use super::binary::{self, Kind};
use super::engine::Engine;
use super::error::{CookieError, refused};
use super::{newline, path, pattern};
use crate::model::show;

/// A folder or file of the project, by its path from there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A folder.
    Folder,
    /// A file.
    File {
        /// Its content.
        bytes: Vec<u8>,
        /// Its permissions, as in the template.
        mode: u32,
    },
}

/// What a template's project folder is rendered with.
pub(super) struct Walk<'a> {
    pub(super) engine: &'a Engine,
    pub(super) context: Value,
    /// The folder that holds the template and all that it may link to.
    pub(super) bounds: PathBuf,
    pub(super) copy_only: Vec<String>,
    pub(super) newline: Option<String>,
    /// Whether a folder may be made that stands already, as cookiecutter's `-f` lets it.
    overwrites: bool,
    entries: BTreeMap<String, Entry>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        engine: &'a Engine,
        context: Value,
        bounds: PathBuf,
        copy_only: Vec<String>,
        newline: Option<String>,
    ) -> Self {
        Self { engine, context, bounds, copy_only, newline, overwrites: false, entries: BTreeMap::new() }
    }

    pub(super) fn overwriting(self, overwrites: bool) -> Self {
        Self { overwrites, ..self }
    }

    /// Renders all below the folder.
    pub(super) fn run(mut self, root: &Path) -> Result<BTreeMap<String, Entry>, CookieError> {
        self.folder(root, "").map_err(|error| in_template(error, root))?;
        Ok(self.entries)
    }

    fn folder(&mut self, root: &Path, at: &str) -> Result<(), CookieError> {
        let (folders, files) = children(&root.join(at))?;
        let mut open = Vec::new();
        for name in &folders {
            let inside = joined(at, name);
            if self.is_copy_only(&inside) {
                let target = self.rendered(&inside)?;
                self.copy_tree(&root.join(&inside), &path::safe(&inside, &target)?, 0)?;
            } else {
                open.push(inside);
            }
        }
        for inside in &open {
            self.render_folder(inside)?;
        }
        for name in &files {
            self.file(root, &joined(at, name))?;
        }
        for inside in open {
            // As cookiecutter does, links to folders become empty folders.
            if !root.join(&inside).is_symlink() {
                self.folder(root, &inside)?;
            }
        }
        Ok(())
    }

    /// Makes a folder. One whose name is empty is its parent; like any that stands, it needs `-f`.
    fn render_folder(&mut self, inside: &str) -> Result<(), CookieError> {
        let rendered = self.rendered(inside)?;
        let is_root = rendered.split('/').all(|part| part.is_empty() || part == ".");
        let target = if is_root { String::new() } else { path::safe(inside, &rendered)? };
        let stands = is_root || matches!(self.entries.get(&target), Some(Entry::Folder));
        if stands && !self.overwrites {
            let problem = "a folder that is made already; cookiecutter takes that with `-f` alone";
            return Err(CookieError::Path { name: inside.to_owned(), path: rendered, problem });
        }
        if is_root { Ok(()) } else { self.put_folder(inside, &target) }
    }

    fn rendered(&self, name: &str) -> Result<String, CookieError> {
        self.engine.render_text(name, name, &self.context)
    }

    fn is_copy_only(&self, inside: &str) -> bool {
        self.copy_only.iter().any(|one| pattern::matches(one, inside))
    }

    fn put_folder(&mut self, inside: &str, target: &str) -> Result<(), CookieError> {
        let mut end = 0;
        while let Some(at) =
            target[end..].find('/').map(|at| at + end).or((end < target.len()).then_some(target.len()))
        {
            let folder = &target[..at];
            if let Some(Entry::File { .. }) = self.entries.insert(folder.to_owned(), Entry::Folder) {
                return Err(taken(inside, folder));
            }
            end = at + 1;
            if end > target.len() {
                break;
            }
        }
        Ok(())
    }

    fn file(&mut self, root: &Path, inside: &str) -> Result<(), CookieError> {
        let target = self.rendered(inside)?;
        let from = root.join(inside);
        let is_raw = self.is_copy_only(inside);
        if !is_raw && self.is_folder(&target) {
            return Ok(());
        }
        let target = path::safe(inside, &target)?;
        let (bytes, mode) = self.read(&from, inside)?;
        let bytes = if is_raw { bytes } else { self.content(inside, bytes)? };
        self.put_file(inside, target, bytes, mode)
    }

    /// Whether a rendered file name says the same as a folder: then its condition was not met.
    fn is_folder(&self, target: &str) -> bool {
        // `/` alone is what a folder and a file leave whose conditions are both not met.
        if target.starts_with('/') && target.chars().any(|letter| letter != '/') {
            return false;
        }
        let plain: Vec<&str> = target.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        plain.is_empty() || matches!(self.entries.get(&plain.join("/")), Some(Entry::Folder))
    }

    fn put_file(
        &mut self,
        inside: &str,
        target: String,
        bytes: Vec<u8>,
        mode: u32,
    ) -> Result<(), CookieError> {
        let parent = target.rsplit_once('/').map(|(parent, _)| parent);
        if parent.is_some_and(|parent| !matches!(self.entries.get(parent), Some(Entry::Folder))) {
            let problem = "whose folder the template does not make";
            return Err(CookieError::Path { name: inside.to_owned(), path: target, problem });
        }
        match self.entries.insert(target.clone(), Entry::File { bytes, mode }) {
            None => Ok(()),
            Some(_) => Err(taken(inside, &target)),
        }
    }

    fn content(&self, inside: &str, bytes: Vec<u8>) -> Result<Vec<u8>, CookieError> {
        let wrong =
            |problem: &str| CookieError::File { file: inside.to_owned(), problem: problem.to_owned() };
        match binary::kind(inside, &bytes) {
            Kind::Binary => return Ok(bytes),
            Kind::Unclear => {
                return Err(wrong(
                    "may be text of Big5, Shift JIS or EUC-KR, which cookiecutter renders, or none, which it copies; it can be named in `_copy_without_render`",
                ));
            }
            Kind::Text => {}
        }
        let text = String::from_utf8(bytes)
            .map_err(|_| wrong("is not UTF-8; cookiecutter cannot render it either"))?;
        let rendered = self.engine.render_file(inside, &self.context)?;
        let ending = self.newline.as_deref().unwrap_or_else(|| newline::found(&text));
        Ok(newline::written(rendered, ending).into_bytes())
    }

    /// The bytes and permissions of a file; a link is followed inside the template.
    fn read(&self, from: &Path, inside: &str) -> Result<(Vec<u8>, u32), CookieError> {
        let real = self.real(from, inside)?;
        let about = std::fs::metadata(&real).map_err(refused(from))?;
        if !about.is_file() {
            return Err(CookieError::File {
                file: inside.to_owned(),
                problem: "is no plain file".to_owned(),
            });
        }
        Ok((std::fs::read(&real).map_err(refused(from))?, about.permissions().mode() & 0o7777))
    }

    fn real(&self, from: &Path, inside: &str) -> Result<PathBuf, CookieError> {
        if let Ok(target) = from.read_link()
            && !from.exists()
        {
            let problem = format!("is a link to `{}`, which is not there", show(&target.to_string_lossy()));
            return Err(CookieError::File { file: inside.to_owned(), problem });
        }
        let real = from.canonicalize().map_err(refused(from))?;
        if real.starts_with(&self.bounds) {
            return Ok(real);
        }
        let problem = "is a link that leads out of the template".to_owned();
        Err(CookieError::File { file: inside.to_owned(), problem })
    }

    /// Copies a folder as it is, links followed.
    fn copy_tree(&mut self, from: &Path, target: &str, depth: usize) -> Result<(), CookieError> {
        if depth > MOST_DEEP {
            let problem = "holds a link to a folder that holds it".to_owned();
            return Err(CookieError::File { file: target.to_owned(), problem });
        }
        self.real(from, target)?;
        self.put_folder(target, target)?;
        let (folders, files) = children(from)?;
        for name in files {
            let inside = path::safe(&name, &joined(target, &name))?;
            let (bytes, mode) = self.read(&from.join(&name), &inside)?;
            self.put_file(&inside.clone(), inside, bytes, mode)?;
        }
        for name in folders {
            self.copy_tree(&from.join(&name), &path::safe(&name, &joined(target, &name))?, depth + 1)?;
        }
        Ok(())
    }
}

/// An error about a file of the project's folder, named by its path in the template.
fn in_template(error: CookieError, root: &Path) -> CookieError {
    let whole = |file: String| match root.file_name() {
        Some(folder) if root.join(&file).symlink_metadata().is_ok() => {
            format!("{}/{file}", folder.to_string_lossy())
        }
        _ => file,
    };
    match error {
        CookieError::Template { file, line, problem } => {
            CookieError::Template { file: whole(file), line, problem }
        }
        CookieError::File { file, problem } => CookieError::File { file: whole(file), problem },
        other => other,
    }
}

/// Folders nest no deeper than this; deeper means that links lead in a circle.
const MOST_DEEP: usize = 64;

fn joined(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

fn taken(inside: &str, target: &str) -> CookieError {
    CookieError::Path {
        name: inside.to_owned(),
        path: target.to_owned(),
        problem: "where another name of the template leads too",
    }
}

/// Names of folders, and of everything else, sorted. A link to a folder is a folder.
fn children(dir: &Path) -> Result<(Vec<String>, Vec<String>), CookieError> {
    let (mut folders, mut files) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(dir).map_err(refused(dir))? {
        let entry = entry.map_err(refused(dir))?;
        let name = entry.file_name().into_string().map_err(|name| CookieError::File {
            file: name.to_string_lossy().into_owned(),
            problem: "has a name that is not UTF-8".to_owned(),
        })?;
        let is_folder = entry.path().is_dir();
        if is_folder { folders.push(name) } else { files.push(name) }
    }
    folders.sort();
    files.sort();
    Ok((folders, files))
}
