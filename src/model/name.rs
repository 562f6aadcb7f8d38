//! Names of pipelines and repos: parsed once at the border, never raw strings after that.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

/// Why a name was refused; the text is a fragment that follows the quoted name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NameError(pub String);

/// A folder of the project, from its root, `/` between components: `raw/t1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct RepoPath(Arc<str>);

/// A pipeline's name: the path of its folder from the project's root, `fs` or `proc/fs`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct PipelineName(Arc<str>);

impl RepoPath {
    /// Parses a folder path: relative, no `.`/`..`/empty component, not inside `.git`.
    /// A trailing slash is dropped.
    ///
    /// # Errors
    /// Says which rule the text breaks.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let text = text.strip_suffix('/').unwrap_or(text);
        check_components(text)?;
        Ok(Self(text.into()))
    }

    /// The path from the project's root.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last component, the default name of an input.
    pub fn last(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }
}

impl PipelineName {
    /// Parses a pipeline's folder path; each component starts with a letter or digit and holds
    /// only letters, digits, `_`, `-` and `.`.
    ///
    /// # Errors
    /// Says which rule the text breaks.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        check_components(text)?;
        for part in text.split('/') {
            if !part.starts_with(|c: char| c.is_ascii_alphanumeric()) {
                return Err(NameError("must start with a letter or a digit".into()));
            }
            if let Some(odd) = part.chars().find(|c| !(c.is_ascii_alphanumeric() || "_-.".contains(*c))) {
                return Err(NameError(format!(
                    "holds {odd:?}; only letters, digits, `_`, `-` and `.` are allowed"
                )));
            }
        }
        Ok(Self(text.into()))
    }

    /// The path from the project's root.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last component.
    pub fn last(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// The path from the project's root of what stands in the folder at a path, `.` for the folder itself.
    pub fn path_of(&self, inside: &str) -> String {
        if inside == "." { self.0.to_string() } else { format!("{}/{inside}", self.0) }
    }
}

/// Whether a path is `folder` itself or lies below it; both without a slash at the end.
pub fn is_at_or_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A path without `.`, `..` and doubled slashes, looked up nowhere; `None` if it leads above where it begins.
pub fn normal_path(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            other => parts.push(other),
        }
    }
    Some(parts.join("/"))
}

fn check_components(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError("is empty".into()));
    }
    if text.starts_with('/') {
        return Err(NameError("is absolute; give it from the project's root".into()));
    }
    for part in text.split('/') {
        match part {
            "" => return Err(NameError("has an empty component".into())),
            "." | ".." => return Err(NameError(format!("has a `{part}` component"))),
            _ if part.eq_ignore_ascii_case(".git") => return Err(NameError("lies inside `.git`".into())),
            ".minipach" => return Err(NameError("lies inside `.minipach`, which runs change".into())),
            _ if part.contains('\0') => return Err(NameError("holds a NUL character".into())),
            _ => {}
        }
    }
    Ok(())
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for PipelineName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_without_detours() {
        for (path, told) in [("./a/b", "a/b"), ("sub/../x", "x"), ("sub/./y//", "sub/y"), (".", ""), ("", "")]
        {
            assert_eq!(normal_path(path).as_deref(), Some(told));
        }
        assert_eq!(normal_path("a/../../b"), None);
    }

    #[test]
    fn folders_stay_inside() {
        for bad in ["", "/a", "a//b", "../a", "a/..", ".git", "a/.GIT/b", "./a"] {
            assert!(RepoPath::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(RepoPath::parse("raw/t1/").map(|path| path.last().to_owned()), Ok("t1".into()));
    }

    #[test]
    fn pipeline_names_are_plain() {
        assert!(PipelineName::parse("proc/fs-7.2").is_ok());
        for bad in ["-a", "a b", "proc/_x", "ä"] {
            assert!(PipelineName::parse(bad).is_err(), "{bad}");
        }
    }
}
