//! `Manifest`: what a scaffold asks and which files it lays out, as its `scaffold.yml` says.

use std::path::Path;

use serde::Deserialize;

use super::migration::{Migration, since};
use super::{Condition, Question};
use crate::model::show_some;

/// So many folders with data are named.
const NAMED: usize = 3;

/// One scaffold. What it extends is already merged in, in front of its own parts, and its files are read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Its name; of a built-in one also the name of its folder, by which it is asked for.
    pub id: String,
    /// One line.
    pub title: String,
    /// A sentence or two.
    pub description: String,
    /// Its version, for people and for the branch of an update.
    #[serde(default = "first")]
    pub version: String,
    /// The oldest minipach that can use it: `0.1.0`.
    #[serde(default)]
    pub min_minipach: Option<String>,
    /// A built-in scaffold whose questions and files come first; a file with the same `dest` is replaced.
    #[serde(default)]
    pub(super) extends: Option<String>,
    /// What is asked, in order.
    #[serde(default)]
    pub questions: Vec<Question>,
    /// The files it lays out.
    #[serde(default)]
    pub(super) files: Vec<FileRule>,
    /// What is done beside laying out files.
    #[serde(default)]
    pub(super) actions: Vec<Action>,
    /// What it does to projects laid out from an older version, beside its files.
    #[serde(default)]
    pub(super) migrations: Vec<Migration>,
    /// What a person may do next: commands, or a few words.
    #[serde(default)]
    pub next_steps: Vec<String>,
    /// The same where data stand already: `{data}` stands for their folders.
    #[serde(default)]
    pub next_steps_with_data: Vec<String>,
    /// BLAKE3 of its manifest and files, and of what it extends, in hexadecimal; filled in when read.
    #[serde(skip)]
    pub content: String,
}

impl Manifest {
    /// What a person may do next where data stand in these folders already.
    pub fn next_steps_for(&self, data: &[&str]) -> Vec<String> {
        if data.is_empty() || self.next_steps_with_data.is_empty() {
            return self.next_steps.clone();
        }
        let named = show_some(data, NAMED);
        self.next_steps_with_data.iter().map(|step| step.replace("{data}", &named)).collect()
    }

    /// The first file that it lays out whatever is answered and that may not stand in a folder before, but does.
    pub fn obstacle_in(&self, dir: &Path) -> Option<&str> {
        let is_sure = |rule: &&FileRule| {
            rule.each.is_none() && rule.when == Condition::default() && !rule.dest.contains("{{")
        };
        let refused = self.files.iter().filter(is_sure).filter(|rule| rule.existing == Existing::Refuse);
        refused.map(|rule| rule.dest.as_str()).find(|dest| dir.join(dest).symlink_metadata().is_ok())
    }

    /// The migrations that a project of some version has before it, in order of their versions.
    pub fn migrations_since(&self, version: &str) -> Vec<Migration> {
        since(&self.migrations, version)
    }
}

fn first() -> String {
    "1".to_owned()
}

/// One file, or one per element of a list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileRule {
    /// The file in the scaffold's folder.
    pub(super) src: String,
    /// Its path in the project, itself a template.
    pub(super) dest: String,
    /// When it is laid out; always if absent.
    #[serde(default)]
    pub(super) when: Condition,
    /// Copied as it is, not rendered.
    #[serde(default)]
    pub(super) raw: bool,
    /// Whether it may be executed.
    #[serde(default)]
    pub(super) exec: bool,
    /// A list; the file is laid out once for each of its elements, whose fields it sees (a plain one as `item`).
    #[serde(default)]
    pub(super) each: Option<String>,
    /// What is done where such a file stands already.
    #[serde(default)]
    pub(super) existing: Existing,
    /// The bytes of `src`; filled in when read.
    #[serde(skip)]
    pub(super) bytes: Vec<u8>,
    /// The scaffold whose file this is; filled in when read.
    #[serde(skip)]
    pub(super) scaffold: String,
    /// The line of its `dest` in that scaffold's manifest; filled in when read.
    #[serde(skip)]
    pub(super) line: Option<u64>,
}

/// What is done where a file stands already in which something is to be laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Existing {
    /// Nothing at all is laid out.
    #[default]
    Refuse,
    /// It stays as it is.
    Keep,
    /// Lines that it lacks are put in front of it, and the managed block at its end.
    Lines,
}

/// Something done beside laying out files.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Action {
    /// What.
    #[serde(rename = "do")]
    pub(super) deed: Deed,
    /// When; always if absent.
    #[serde(default)]
    pub(super) when: Condition,
}

/// What can be done beside laying out files. A git repository and the first commit are always made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Deed {
    /// The project becomes a `DataLad` dataset.
    Datalad,
}
