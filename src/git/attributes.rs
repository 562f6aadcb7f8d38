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
    has_filters: bool,
    digest: [u8; 32],
}

impl Conversions {
    /// Reads the attribute files in `folders` (with slashes at their ends) and those outside the work tree.
    pub(super) fn of(repo: &Repo, folders: &[Box<str>]) -> Self {
        let is_automatic = is_automatic(&repo.inner);
        let outside = [
            repo.path_setting("core.attributesfile"),
            Some(repo.common_dir().join("info/attributes")),
            Some(PathBuf::from("/etc/gitattributes")),
        ];
        let inside = folders.iter().map(|folder| repo.root().join(&**folder).join(".gitattributes"));
        let texts: Vec<_> =
            outside.into_iter().flatten().chain(inside).filter_map(|path| read(&path)).collect();
        let is_possible = is_automatic || texts.iter().any(|(_, text)| converts(text));
        let has_filters = texts.iter().any(|(_, text)| filters(text));
        Self { is_possible, is_automatic, has_filters, digest: digest(is_possible, is_automatic, &texts) }
    }

    /// Whether git may convert any file at all.
    pub(super) const fn is_possible(&self) -> bool {
        self.is_possible
    }

    /// Whether any file is given to a filter other than git-annex's, such as that of Git LFS.
    pub(super) const fn has_filters(&self) -> bool {
        self.has_filters
    }

    /// Names the rules: other rules, other digest.
    pub(super) const fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// What makes git convert the bytes of `path`, in words: `text=auto`, `filter=lfs`, `core.autocrlf`.
    ///
    /// git-annex's own filter does not count: what it does is known without running it.
    pub(super) fn by(&self, repo: &Repo, path: &str) -> Result<Option<String>, GitError> {
        if !self.is_possible {
            return Ok(None);
        }
        let by = converted_by(&repo.inner, self.is_automatic, path);
        by.map_err(GitError::reading(format!("the attributes of `{path}`")))
    }
}

/// Whether a setting lets git convert line ends where no attribute speaks of them.
pub(super) fn is_automatic(repo: &git2::Repository) -> bool {
    let setting = repo.config().and_then(|config| config.get_string("core.autocrlf"));
    setting.is_ok_and(|value| !matches!(&*value, "false" | "no" | "off" | "0" | ""))
}

/// What makes git convert the bytes of `path`, in words.
pub(super) fn converted_by(
    repo: &git2::Repository,
    is_automatic: bool,
    path: &str,
) -> Result<Option<String>, git2::Error> {
    let flags = AttrCheckFlags::FILE_THEN_INDEX;
    let attribute = |name: &str| repo.get_attr(Path::new(path), name, flags).map(|value| asks(name, value));
    for name in ["filter", "ident", "working-tree-encoding"] {
        if let Ask::For(words) = attribute(name)? {
            return Ok(Some(words));
        }
    }
    let mut said = attribute("text")?;
    for name in ["eol", "crlf"] {
        if said == Ask::Silent {
            said = attribute(name)?;
        }
    }
    Ok(match said {
        Ask::For(words) => Some(words),
        Ask::Against => None,
        Ask::Silent => is_automatic.then(|| "core.autocrlf".to_owned()),
    })
}

/// What an attribute says of converting.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Ask {
    For(String),
    Against,
    Silent,
}

fn asks(name: &str, value: Option<&str>) -> Ask {
    match AttrValue::from_string(value) {
        AttrValue::True if name == "filter" || name == "working-tree-encoding" => Ask::Silent,
        AttrValue::True | AttrValue::Bytes(_) => Ask::For(name.to_owned()),
        AttrValue::String(text) if name == "filter" && text == "annex" => Ask::Against,
        AttrValue::String(_) if name == "ident" => Ask::Silent,
        AttrValue::String(text) => Ask::For(format!("{name}={text}")),
        AttrValue::False => Ask::Against,
        AttrValue::Unspecified => Ask::Silent,
    }
}

fn read(path: &Path) -> Option<(PathBuf, String)> {
    let bytes = fs::read(path).ok()?;
    Some((path.to_owned(), String::from_utf8_lossy(&bytes).into_owned()))
}

/// Whether any line of an attribute file may make git convert contents.
fn converts(text: &str) -> bool {
    words(text).any(|word| {
        let name = word.split('=').next().unwrap_or(word);
        let converting = ["text", "crlf", "eol", "ident", "working-tree-encoding", "filter"];
        converting.contains(&name) && word != "filter=annex"
    })
}

/// Whether any line of an attribute file names a filter other than git-annex's.
fn filters(text: &str) -> bool {
    words(text).any(|word| word.starts_with("filter=") && word != "filter=annex")
}

/// What the lines of an attribute file say of paths.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(|line| line.split_whitespace().skip(1))
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
