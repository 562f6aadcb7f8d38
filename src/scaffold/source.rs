//! `Source`: where a scaffold is found: built in, in a folder, or in a git repository.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::ScaffoldError;

/// Where a scaffold is found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Part of the program, by its id.
    BuiltIn(String),
    /// A folder, as it was given if that is absolute, else from the project's root.
    Folder(String),
    /// A git repository.
    Git {
        /// What is cloned.
        url: String,
        /// The branch, tag or commit that was asked for; its own main branch if none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reference: Option<String>,
        /// The commit it was at.
        commit: String,
    },
    /// A cookiecutter template.
    Template(TemplatePlace),
}

impl Source {
    /// Where it is looked for, and at which branch, tag or commit, whatever was found there.
    pub fn place(&self) -> (&str, Option<&str>) {
        match self {
            Self::BuiltIn(text) | Self::Folder(text) => (text, None),
            Self::Git { url, reference, .. } => (url, reference.as_deref()),
            Self::Template(place) => (&place.from, place.checkout.as_deref()),
        }
    }
}

/// Where a cookiecutter template is found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplatePlace {
    /// Its address, zip file or folder; a path as it was given if that is absolute, else from the project's root.
    pub from: String,
    /// The branch, tag or commit that was asked for; its own main branch if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkout: Option<String>,
    /// The folder of the template in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    /// The commit it was at, if git keeps it and nothing of it had been changed since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

/// What a text that names a scaffold means, before anything is looked at but whether folders exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// A built-in one.
    BuiltIn,
    /// A folder.
    Folder,
    /// A git repository to be cloned.
    Git,
}

impl Named {
    /// What a text means; a folder is looked for from `start`.
    ///
    /// # Errors
    /// When git would take it for an option, or for a program to start.
    pub fn of(text: &str, start: &Path) -> Result<Self, ScaffoldError> {
        refuse_odd(text)?;
        let is_word = !text.is_empty()
            && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_');
        if is_word {
            return Ok(Self::BuiltIn);
        }
        let folder = start.join(text);
        if folder.is_dir() && super::is_scaffold(&folder) {
            return Ok(Self::Folder);
        }
        let is_git = is_url(text) || folder.join("HEAD").is_file() || folder.join(".git").exists();
        Ok(if is_git { Self::Git } else { Self::Folder })
    }
}

/// Whether a text looks like something git can clone from elsewhere.
fn is_url(text: &str) -> bool {
    let is_scp = || {
        text.split_once(':')
            .is_some_and(|(host, path)| host.contains('@') && !host.contains('/') && !path.is_empty())
    };
    text.contains("://") || is_scp()
}

/// Refuses what git would take for something else than an address or a name.
///
/// # Errors
/// When it begins like an option, names a transport that is a program, or holds control characters.
pub fn refuse_odd(text: &str) -> Result<(), ScaffoldError> {
    let why = if text.trim().is_empty() {
        "it is empty"
    } else if text.starts_with('-') {
        "it begins like an option"
    } else if text.chars().any(char::is_control) {
        "it holds a control character"
    } else if text.contains("::") {
        "it names a program as its transport"
    } else {
        return Ok(());
    };
    Err(ScaffoldError::OddSource { source_text: text.to_owned(), why })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_name_what_they_look_like() {
        let home = tempfile::tempdir().expect("a folder");
        std::fs::create_dir_all(home.path().join("mine")).expect("a folder");
        std::fs::create_dir_all(home.path().join("cloned/.git")).expect("a folder");
        std::fs::write(home.path().join("mine/scaffold.yml"), "").expect("a file");
        for (text, named) in [
            ("yoda", Named::BuiltIn),
            ("./mine", Named::Folder),
            ("./nowhere", Named::Folder),
            ("./cloned", Named::Git),
            ("https://example.org/a/b", Named::Git),
            ("file:///srv/x.git", Named::Git),
            ("git@example.org:a/b.git", Named::Git),
        ] {
            assert_eq!(Named::of(text, home.path()).expect("it is usual"), named, "{text}");
        }
        for odd in ["--upload-pack=x", "-x", "ext::sh -c x", "", "a\nb"] {
            assert!(Named::of(odd, home.path()).is_err(), "{odd}");
        }
    }
}
