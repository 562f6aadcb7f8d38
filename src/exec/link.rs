//! Links in an output: kept when they stay inside it, replaced by what they show when that is an input.

use std::ffi::CString;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, OFlags};

use super::error::CollectError;
use super::walk::{Walk, create, normalise, refused};
use super::{folder, hash};
use crate::model::{ContentId, Kind, OutFile};

/// Folders of an input nested deeper than this are taken for a loop of links.
const DEPTH: usize = 100;

/// The links of one output, before they are settled.
pub(super) struct Links<'walk, 'a> {
    walk: &'walk mut Walk<'a>,
    pfs: PathBuf,
    paths: Vec<String>,
}

impl<'walk, 'a> Links<'walk, 'a> {
    pub(super) fn new(walk: &'walk mut Walk<'a>, pfs: PathBuf, paths: Vec<String>) -> Self {
        Self { walk, pfs, paths }
    }

    /// Settles every link, and removes empty folders in between: a kept link must not lead to one.
    pub(super) fn settle(mut self) -> Result<(), CollectError> {
        let mut kept = Vec::new();
        for path in std::mem::take(&mut self.paths) {
            let text = self.text(&path)?;
            if stays_inside(&path, &text) {
                kept.push((path, text));
            } else {
                self.replace(&path, &text)?;
            }
        }
        self.walk.prune()?;
        kept.into_iter().try_for_each(|(path, text)| self.keep(path, &text))
    }

    fn text(&self, path: &str) -> Result<String, CollectError> {
        let (parent, name) = self.parent(path)?;
        let text = rustix::fs::readlinkat(&parent, &*name, Vec::new());
        let text = text.map_err(|error| self.walk.failed("read", path, error))?;
        text.into_string().map_err(|_| refused(path, "is a link to a name that is not UTF-8"))
    }

    fn parent(&self, path: &str) -> Result<(OwnedFd, CString), CollectError> {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        let at = folder::open_beneath(&self.walk.out, parent, OFlags::RDONLY | OFlags::DIRECTORY)
            .map_err(|error| self.walk.failed("open", path, error))?;
        Ok((at, CString::new(name).expect("the name came from the system, without NUL")))
    }

    fn keep(&mut self, path: String, text: &str) -> Result<(), CollectError> {
        let target = self.walk.real.join(&path).canonicalize();
        if let Err(error) = &target
            && is_circle(error)
        {
            return Err(circle(&path, text));
        }
        if !target.is_ok_and(|target| target.starts_with(&self.walk.real)) {
            return Err(refused(&path, format!("is a link to `{text}`, which leads nowhere in the output")));
        }
        let content = hash::blob(text.as_bytes());
        self.walk.files.push(OutFile { path: path.into(), kind: Kind::Link, content });
        Ok(())
    }

    /// Replaces a link that leaves the output by the input it shows.
    fn replace(&mut self, path: &str, text: &str) -> Result<(), CollectError> {
        let shown = self.resolve(path, text);
        let target = shown.canonicalize().map_err(|error| {
            // By a name that holds in a sandbox alone, the system cannot tell.
            if is_circle(&error) || shown == self.walk.real.join(path) {
                return circle(path, text);
            }
            refused(path, format!("is a link to `{text}`, which does not exist"))
        })?;
        if target.starts_with(&self.walk.real) || self.walk.real.starts_with(&target) {
            let reason =
                format!("is a link to `{text}` that leaves the output and returns; make it a relative link");
            return Err(refused(path, reason));
        }
        let (parent, name) = self.parent(path)?;
        let removed = rustix::fs::unlinkat(&parent, &*name, AtFlags::empty());
        removed.map_err(|error| self.walk.failed("remove", path, error))?;
        self.take(&target, path, 0).map_err(|error| match error {
            CollectError::Refused { path: at, .. } if at == path => refused(
                path,
                format!("is a link to `{text}`, which is neither an input nor part of the output"),
            ),
            other => other,
        })
    }

    /// Where a link leads, with the farm's names inside a sandbox brought back to the real ones.
    fn resolve(&self, path: &str, text: &str) -> PathBuf {
        let text = Path::new(text);
        for known_as in self.walk.collector.known_as {
            if let Ok(below) = text.strip_prefix(known_as) {
                return self.pfs.join(below);
            }
        }
        let here = self.walk.real.join(path);
        here.parent().unwrap_or(&self.walk.real).join(text)
    }

    /// Copies an input's file or folder, by its real path, to `path` in the output.
    fn take(&mut self, source: &Path, path: &str, depth: usize) -> Result<(), CollectError> {
        if !source.is_dir() {
            return self.take_file(source, path);
        }
        if depth > DEPTH {
            return Err(refused(path, "is a link to folders nested without end"));
        }
        let read = |error| super::error::io("read", source, error);
        for entry in std::fs::read_dir(source).map_err(read)? {
            let entry = entry.map_err(read)?;
            let name = CString::new(entry.file_name().into_encoded_bytes()).expect("names hold no NUL");
            let path = self.walk.judge(path, &name)?;
            let below = entry.path();
            let Ok(below) = below.canonicalize() else {
                return Err(refused(
                    &path,
                    format!("would be a copy of `{}`, which does not exist", below.display()),
                ));
            };
            self.take(&below, &path, depth + 1)?;
        }
        Ok(())
    }

    fn take_file(&mut self, source: &Path, path: &str) -> Result<(), CollectError> {
        let below = source.strip_prefix(&self.pfs).ok().and_then(Path::to_str);
        let behind = below.and_then(|below| (self.walk.collector.shown_empty)(below));
        let source = behind.as_deref().unwrap_or(source);
        let known = (self.walk.collector.inputs)(source);
        let is_plain = std::fs::metadata(source).is_ok_and(|found| found.is_file());
        // A file that really stands in the farm is a private copy; the command may have changed it.
        if !is_plain || (known.is_none() && !source.starts_with(&self.pfs)) {
            let reason = format!("would be a copy of `{}`, which is no input", source.display());
            return Err(refused(path, reason));
        }
        let (kind, content) = self.copy(source, path, known)?;
        self.walk.files.push(OutFile { path: path.into(), kind, content });
        Ok(())
    }

    fn copy(
        &mut self,
        source: &Path,
        path: &str,
        known: Option<(Option<ContentId>, Kind)>,
    ) -> Result<(Kind, ContentId), CollectError> {
        let read = |error| super::error::io("read", source, error);
        let mut from = File::open(source).map_err(read)?;
        let mode = rustix::fs::fstat(&from).map_err(|error| read(error.into()))?.st_mode;
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        let at = folder::make_all(&self.walk.out, parent);
        let at = at.map_err(|error| self.walk.failed("create", parent, error))?;
        let name = CString::new(name).expect("names hold no NUL");
        let failed = |walk: &Walk<'_>, error: std::io::Error| walk.failed("copy", path, error);
        let mut to = create(&at, &name, 0o600).map_err(|error| failed(self.walk, error.into()))?;
        if rustix::fs::ioctl_ficlone(&to, &from).is_err() {
            std::io::copy(&mut from, &mut to).map_err(|error| failed(self.walk, error))?;
        }
        let by_mode = if mode & 0o100 == 0 { Kind::File } else { Kind::Exec };
        let kind = known.as_ref().map_or(by_mode, |(_, kind)| *kind);
        normalise(&to, 0, kind).map_err(|error| failed(self.walk, error.into()))?;
        // The copy of an annexed input is an ordinary file: it is known by its bytes like any other.
        if let Some((Some(content @ ContentId::Git(_)), _)) = known {
            return Ok((kind, content));
        }
        let copied = folder::open_beneath(&self.walk.out, path, OFlags::RDONLY);
        let copied = copied.map_err(|error| failed(self.walk, error.into()))?;
        Ok((kind, self.walk.hash(&copied.into(), path)?))
    }
}

fn is_circle(error: &std::io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}

/// A link that never comes to a file or folder.
fn circle(path: &str, text: &str) -> CollectError {
    refused(path, format!("is a link to `{text}`, which leads back to it and never to a file or folder"))
}

/// Whether a link's text is relative and never climbs above the output folder.
fn stays_inside(path: &str, text: &str) -> bool {
    if text.starts_with('/') {
        return false;
    }
    let mut depth = path.matches('/').count();
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." if depth == 0 => return false,
            ".." => depth -= 1,
            _ => depth += 1,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn climbing_is_counted() {
        for (path, text, want) in [
            ("a", "b", true),
            ("a", "../b", false),
            ("d/a", "../b", true),
            ("d/a", "../../b", false),
            ("a", "d/../b", true),
            ("a", "/etc", false),
            ("a", "d/../../b", false),
        ] {
            assert_eq!(stays_inside(path, text), want, "{path} -> {text}");
        }
    }
}
