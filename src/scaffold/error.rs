//! `ScaffoldError`: why a project could not be laid out.

use std::path::PathBuf;

/// Why a project could not be laid out.
#[derive(Debug, thiserror::Error)]
pub enum ScaffoldError {
    /// No scaffold has this id.
    #[error("there is no scaffold `{id}`; there are {known}")]
    UnknownScaffold {
        /// As asked for.
        id: String,
        /// The ids there are, as a list to read.
        known: String,
    },
    /// An answer was given to a question that is not asked.
    #[error("scaffold `{scaffold}` asks no question `{name}`; it asks {known}")]
    UnknownQuestion {
        /// The scaffold.
        scaffold: String,
        /// As answered.
        name: String,
        /// The questions it asks, as a list to read.
        known: String,
    },
    /// An answer is not of its question's kind.
    #[error("`{value}` does not answer `{name}`; give {wanted}")]
    BadAnswer {
        /// The question.
        name: String,
        /// The answer.
        value: String,
        /// What would answer it.
        wanted: String,
    },
    /// A template cannot be filled in; a test keeps those of built-in scaffolds right.
    #[error("file `{file}` of scaffold `{scaffold}` cannot be rendered: {problem}")]
    Template {
        /// The scaffold.
        scaffold: String,
        /// The file in it.
        file: String,
        /// What the renderer said.
        problem: String,
    },
    /// Questions that must be answered were not.
    #[error("scaffold `{scaffold}` needs answers to {names}; give {set}")]
    Missing {
        /// The scaffold.
        scaffold: String,
        /// The questions, as a list to read.
        names: String,
        /// The options that answer them.
        set: String,
    },
    /// A folder holds no scaffold.
    #[error("`{folder}` is no scaffold: it has no `scaffold.yml`")]
    NoManifest {
        /// The folder.
        folder: String,
    },
    /// A text that should name a scaffold means something else to git.
    #[error("`{source_text}` names no scaffold: {why}")]
    OddSource {
        /// As given.
        source_text: String,
        /// What is odd about it.
        why: &'static str,
    },
    /// The scaffold is wrong.
    #[error("scaffold `{scaffold}` cannot be used: {problem}")]
    Unusable {
        /// Its id, or its folder.
        scaffold: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Files stand where the project's files belong.
    #[error(
        "nothing was written to `{dir}`, because these stand in the way: {paths}; move them or choose another folder"
    )]
    InTheWay {
        /// The project's folder.
        dir: PathBuf,
        /// What stands in the way, from that folder: a few names, and how many more.
        paths: String,
    },
    /// The file system refused.
    #[error("`{path}` cannot be written: {source}")]
    Io {
        /// What was to be written.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Names as a list to read: `` `a`, `b` and `c` ``.
pub(in crate::scaffold) fn readable<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => "none".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_well() {
        assert_eq!(readable([]), "none");
        assert_eq!(readable(["a"]), "`a`");
        assert_eq!(readable(["a", "b", "c"]), "`a`, `b` and `c`");
    }
}
