//! `CookieError`: why a cookiecutter template is not laid out. Nothing is written then.

use std::path::PathBuf;

/// Why a cookiecutter template is not laid out.
#[derive(Debug, thiserror::Error)]
pub enum CookieError {
    /// A template cannot be rendered, or not as cookiecutter would.
    #[error("{file}, line {line}: {problem}")]
    Template {
        /// The file in the template's folder.
        file: String,
        /// The line in it, counted from 1.
        line: usize,
        /// Why.
        problem: String,
    },
    /// A name of the template's folder gives a path that cannot be written.
    #[error("`{name}` gives the path `{path}`, {problem}")]
    Path {
        /// The name as the template has it.
        name: String,
        /// What it becomes.
        path: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A file of the template cannot be taken over.
    #[error("`{file}` of the template {problem}")]
    File {
        /// The file in the template's folder.
        file: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The template as a whole is no cookiecutter template that can be used.
    #[error("{0}")]
    Manifest(String),
    /// An answer does not fit its question.
    #[error("`{value}` does not answer `{name}`; give {wanted}")]
    Answer {
        /// The question.
        name: String,
        /// The answer.
        value: String,
        /// What would answer it.
        wanted: String,
    },
    /// An answer to a question that the template does not ask.
    #[error("the template asks no question `{name}`; it asks {known}")]
    UnknownQuestion {
        /// As answered.
        name: String,
        /// The questions it asks, as a list to read.
        known: String,
    },
    /// Someone who was asked broke off.
    #[error("nothing was written: {0}")]
    Stopped(String),
    /// The template cannot be had.
    #[error("{0}")]
    Source(String),
    /// A hook failed, or may not run.
    #[error("{0}")]
    Hook(String),
    /// The file system refused.
    #[error("`{path}`: {source}")]
    Io {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// A refusal of the file system, with its place.
pub(super) fn refused(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> CookieError {
    let path = path.into();
    move |source| CookieError::Io { path, source }
}
