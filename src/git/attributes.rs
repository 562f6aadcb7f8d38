//! Whether git would convert a file's bytes before storing them (line ends, filters, encodings).

use std::fs;
use std::path::{Path, PathBuf};

use git2::{AttrCheckFlags, AttrValue};

use super::{GitError, Repo};

/// The conversions that attributes and settings of a project ask for.
#[derive(Debug)]
pub(super) struct Conversions {
    is_possible: bool,
    is_automatic: bool,
    digest: [u8; 32],
}

impl Conversions {
    /// Reads the attribute files in `folders` (with slashes at their ends) and those outside the work tree.
    pub(super) fn of(repo: &Repo, folders: &[Box<str>]) -> Self {
        let setting = repo.inner.config().and_then(|config| config.get_string("core.autocrlf"));
        let is_automatic = setting.is_ok_and(|value| !matches!(&*value, "false" | "no" | "off" | "0" | ""));
        let outside = [
            repo.path_setting("core.attributesfile"),
            Some(repo.common_dir().join("info/attributes")),
            Some(PathBuf::from("/etc/gitattributes")),
        ];
        let inside = folders.iter().map(|folder| repo.root().join(&**folder).join(".gitattributes"));
        let texts: Vec<_> =
            outside.into_iter().flatten().chain(inside).filter_map(|path| read(&path)).collect();
        let is_possible = is_automatic || texts.iter().any(|(_, text)| converts(text));
        Self { is_possible, is_automatic, digest: digest(is_possible, is_automatic, &texts) }
    }

    /// Names the rules: other rules, other digest.
    pub(super) const fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// Whether git must be asked what it would store for `path`.
    ///
    /// git-annex's own filter does not count: what it does is known without running it.
    pub(super) fn apply_to(&self, repo: &Repo, path: &str) -> Result<bool, GitError> {
        if !self.is_possible {
            return Ok(false);
        }
        let flags = AttrCheckFlags::FILE_THEN_INDEX;
        let attribute = |name: &str| {
            let value = repo.inner.get_attr(Path::new(path), name, flags);
            value.map(is_set).map_err(GitError::reading(format!("the attributes of `{path}`")))
        };
        if attribute("filter")? == Set::To(true) || attribute("ident")? == Set::Yes {
            return Ok(true);
        }
        if matches!(attribute("working-tree-encoding")?, Set::To(_)) {
            return Ok(true);
        }
        Ok(match attribute("text")? {
            Set::No => false,
            Set::Yes | Set::To(_) => true,
            Set::Silent => {
                self.is_automatic || attribute("eol")? != Set::Silent || attribute("crlf")? != Set::Silent
            }
        })
    }
}

/// An attribute's state; `To` says whether the value is another than `annex`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Set {
    Yes,
    No,
    To(bool),
    Silent,
}

fn is_set(value: Option<&str>) -> Set {
    match AttrValue::from_string(value) {
        AttrValue::True => Set::Yes,
        AttrValue::False => Set::No,
        AttrValue::String(text) => Set::To(text != "annex"),
        AttrValue::Bytes(_) => Set::To(true),
        AttrValue::Unspecified => Set::Silent,
    }
}

fn read(path: &Path) -> Option<(PathBuf, String)> {
    let bytes = fs::read(path).ok()?;
    Some((path.to_owned(), String::from_utf8_lossy(&bytes).into_owned()))
}

/// Whether any line of an attribute file may make git convert contents.
fn converts(text: &str) -> bool {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(|line| line.split_whitespace().skip(1)).any(|word| {
        let name = word.split('=').next().unwrap_or(word);
        let converting = ["text", "crlf", "eol", "ident", "working-tree-encoding", "filter"];
        converting.contains(&name) && word != "filter=annex"
    })
}

fn digest(is_possible: bool, is_automatic: bool, texts: &[(PathBuf, String)]) -> [u8; 32] {
    if !is_possible {
        return [0; 32];
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update(&[u8::from(is_automatic)]);
    let mut sorted: Vec<_> = texts.iter().collect();
    sorted.sort();
    for (path, text) in sorted {
        hasher.update(path.as_os_str().as_encoded_bytes()).update(b"\0");
        hasher.update(text.as_bytes()).update(b"\0");
    }
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sees_what_may_convert() {
        for (text, expected) in [
            ("* annex.backend=MD5E\n**/.git* annex.largefiles=nothing\n", false),
            ("* filter=annex\n", false),
            ("*.bin binary -text\n", false),
            ("# * text=auto\n", false),
            ("* text=auto\n", true),
            ("*.dat filter=lfs diff=lfs\n", true),
            ("*.txt eol=crlf\n", true),
        ] {
            assert_eq!(converts(text), expected, "{text}");
        }
    }
}
