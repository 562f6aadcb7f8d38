//! Symbolic links: to the annex, to a file of the project, or to nothing that a pipeline may read.

use std::fmt;
use std::path::{Component, Path, PathBuf};

/// Links followed before a chain counts as a loop (the kernel's own limit).
pub(super) const CHAIN_MAX: usize = 40;

/// Why a link cannot stand for a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkFault {
    /// It points to nothing.
    Dangling,
    /// It points out of the project, or into git's own folder.
    Outside,
    /// It points to a folder.
    Folder,
    /// It points to a file that git ignores, or to something that is no file.
    Unknown,
    /// It points to a file of a subdataset, or to where one is not installed.
    Subdataset,
    /// It is in a subdataset and points out of that.
    Leaves,
    /// It leads back to itself.
    Loop,
}

impl LinkFault {
    /// That, of the link at `path`, with what helps.
    pub fn sentence(self, path: &str) -> String {
        format!("`{path}` is a link that {self}; {}", self.remedy())
    }

    /// What helps against it.
    const fn remedy(self) -> &'static str {
        match self {
            Self::Subdataset => {
                "let the pipeline read the subdataset itself, or put a copy in the link's place"
            }
            Self::Leaves => "what it leads to is no part of the subdataset: put a copy in the link's place",
            _ => "replace it by the file or remove it",
        }
    }
}

impl fmt::Display for LinkFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dangling => "points to nothing",
            Self::Outside => "points out of the project",
            Self::Folder => "points to a folder",
            Self::Unknown => "points to something that git does not track and would not add",
            Self::Subdataset => "points into a subdataset",
            Self::Leaves => "points out of its subdataset",
            Self::Loop => "leads back to itself",
        })
    }
}

/// The path from `root` that a link at `path` (also from `root`) with the text `target` points to.
///
/// Links in the folders on the way are followed, the last part is not.
pub(super) fn target_of(root: &Path, path: &str, target: &Path) -> Result<String, LinkFault> {
    let Some(Component::Normal(name)) = target.components().next_back() else {
        return Err(LinkFault::Folder);
    };
    let here = root.join(path);
    let folder = here.parent().unwrap_or(root).join(target.parent().unwrap_or(Path::new("")));
    let folder = folder.canonicalize().map_err(|_| missing(root, &folder))?;
    let real_root = root.canonicalize().map_err(|_| LinkFault::Outside)?;
    let full = folder.join(name);
    let inside = full.strip_prefix(&real_root).map_err(|_| LinkFault::Outside)?;
    if inside.starts_with(".git") {
        return Err(LinkFault::Outside);
    }
    if full.symlink_metadata().is_err() {
        return Err(LinkFault::Dangling);
    }
    inside.to_str().map(str::to_owned).ok_or(LinkFault::Unknown)
}

/// A folder that does not exist lies outside or is merely missing.
fn missing(root: &Path, folder: &Path) -> LinkFault {
    if plain(folder).starts_with(root) { LinkFault::Dangling } else { LinkFault::Outside }
}

/// A path without `..`, as far as no link is on the way.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    plain
}

/// The path that a link at `path` with the text `target` points to, whether something stands there or not; both are from
/// `root`, which need not be that of a disk.
pub(super) fn named_by(root: &Path, path: &str, target: &Path) -> Option<String> {
    let folder = root.join(path).parent()?.to_owned();
    Some(plain(&folder.join(target)).strip_prefix(root).ok()?.to_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn says_where_links_lead() {
        let folder = tempfile::tempdir().unwrap();
        let root = &folder.path().join("project");
        fs::create_dir_all(root.join("a/b")).unwrap();
        fs::write(root.join("a/file"), "x").unwrap();
        fs::write(folder.path().join("outer"), "x").unwrap();
        symlink("a", root.join("to-a")).unwrap();
        for (target, expected) in [
            ("../file", Ok("a/file")),
            ("../../to-a/file", Ok("a/file")),
            ("./nothing", Err(LinkFault::Dangling)),
            ("gone/nothing", Err(LinkFault::Dangling)),
            ("../../../outer", Err(LinkFault::Outside)),
            ("../../../gone/outer", Err(LinkFault::Outside)),
            ("/etc/passwd", Err(LinkFault::Outside)),
            ("../..", Err(LinkFault::Folder)),
        ] {
            let found = target_of(root, "a/b/link", Path::new(target));
            assert_eq!(found.as_deref().map_err(|fault| *fault), expected, "{target}");
        }
        assert_eq!(named_by(root, "a/b/link", Path::new("../gone/x")).as_deref(), Some("a/gone/x"));
        assert_eq!(named_by(root, "a/link", Path::new("../../x")), None);
        let absolute = root.join("a/file");
        assert_eq!(target_of(root, "link", &absolute).as_deref(), Ok("a/file"));
    }
}
