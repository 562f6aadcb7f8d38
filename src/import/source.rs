//! What an import reads: the source's text, the project's files, and what was asked for.

use std::collections::{BTreeMap, BTreeSet};

use super::report::Place;

/// A file to bring in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// As it was named.
    pub path: String,
    /// The folder that its paths begin at, from the project's root; empty for the root itself.
    pub folder: String,
    /// Its text.
    pub text: String,
}

impl Source {
    /// A line of it.
    pub(super) fn at(&self, line: usize) -> Place {
        Place::new(&self.path, line)
    }
}

/// The files of the project, as far as an import may look: nothing is run, nothing written.
pub trait Facts {
    /// Paths of all files from the project's root, without results of pipelines.
    fn files(&self) -> &BTreeSet<String>;
    /// The text of a file; none if it is absent, huge or no text.
    fn read(&self, path: &str) -> Option<String>;

    /// Whether a file stands there.
    fn has(&self, path: &str) -> bool {
        self.files().contains(path)
    }

    /// Whether a folder with files stands there.
    fn has_folder(&self, folder: &str) -> bool {
        self.below(folder).next().is_some()
    }

    /// The pipeline whose results a path lies among, and the path in its folder; empty for all of them.
    fn pipeline_of<'p>(&self, path: &'p str) -> Option<(&'p str, &'p str)> {
        if self.has(path) {
            return None;
        }
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        let mut parts = ends.map(|at| (&path[..at], path[at..].trim_start_matches('/')));
        parts.find(|(folder, _)| self.has(&format!("{folder}/spec.yml")))
    }

    /// All files below a folder; of the project if it is empty.
    fn below<'a>(&'a self, folder: &str) -> Box<dyn Iterator<Item = &'a str> + 'a> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let from = self.files().range(prefix.clone()..).map(String::as_str);
        Box::new(from.take_while(move |path| path.starts_with(&prefix)))
    }
}

/// What was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Folders and files of the source, and where they stand in the project: `--map images=raw/images`.
    pub map: BTreeMap<String, String>,
    /// A folder that all new pipelines go below.
    pub into: Option<String>,
    /// Whether what looks like a service is brought in nevertheless.
    pub force: bool,
}

impl Wishes {
    /// Where a path of the source stands in the project.
    pub(super) fn mapped(&self, path: &str) -> String {
        let fits = |old: &&String| {
            path.strip_prefix(old.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        match self.map.keys().filter(fits).max_by_key(|old| old.len()) {
            Some(old) => format!("{}{}", self.map[old], &path[old.len()..]),
            None => path.to_owned(),
        }
    }

    /// The folder of a pipeline that the source would call so.
    pub(super) fn placed(&self, name: &str) -> String {
        match &self.into {
            Some(folder) => format!("{folder}/{name}"),
            None => name.to_owned(),
        }
    }
}

/// Files kept in memory, for tests.
#[cfg(test)]
#[derive(Default)]
pub(super) struct Held {
    texts: BTreeMap<String, String>,
    paths: BTreeSet<String>,
}

#[cfg(test)]
impl Held {
    /// These files.
    pub(super) fn new(files: &[(&str, &str)]) -> Self {
        let texts: BTreeMap<String, String> =
            files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        Self { paths: texts.keys().cloned().collect(), texts }
    }
}

#[cfg(test)]
impl Facts for Held {
    fn files(&self) -> &BTreeSet<String> {
        &self.paths
    }

    fn read(&self, path: &str) -> Option<String> {
        self.texts.get(path).cloned()
    }
}
