//! `Ground`: what rules look at: the repository, its files, its specs, and what was worked out of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::git::{Repo, Scan};
use crate::model::{ContentId, Finding, Kind, PipelineName, Rule, StateCounts, is_at_or_below};
use crate::plan::Alone;
use crate::spec::{LoadedPipeline, SourceFile};

/// What rules look at.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// The repository.
    pub repo: &'a Repo,
    /// Its files.
    pub scan: &'a Scan,
    /// The pipelines, sound or not.
    pub names: &'a BTreeSet<PipelineName>,
    /// The pipelines that could be read.
    pub pipelines: &'a [LoadedPipeline],
    /// What became of those that could be planned.
    pub outcomes: &'a BTreeMap<PipelineName, Outcome>,
    /// Pipelines, also former ones, whose ledger has lines that say nothing.
    pub damaged: &'a [PipelineName],
    /// Files that differ from `HEAD` and are no results.
    pub uncommitted: &'a [String],
    /// What its record of a scaffold says.
    pub origin: &'a Origin,
    /// A file whose text an editor has and the disk has not yet.
    pub unsaved: Option<&'a SourceFile>,
}

/// How a project stands to the scaffold that it was laid out from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// It has no record, or nothing is to be said of it.
    #[default]
    Fine,
    /// The scaffold has changed since.
    Outdated {
        /// The record.
        path: String,
        /// The scaffold's id.
        scaffold: String,
        /// The project's version, and the scaffold's.
        versions: (String, String),
    },
    /// The record is not as it was written.
    Unusable {
        /// The record.
        path: String,
        /// Why.
        why: String,
    },
}

/// What planning a pipeline showed.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Its datums by state.
    pub counts: StateCounts,
    /// Files that its command consists of, from the root.
    pub code: Vec<String>,
    /// Matches without a partner in a join.
    pub unmatched: Vec<Alone>,
    /// Files of no result that stand in folders of results, in sentences.
    pub strays: Vec<String>,
    /// Folders of files that no known run made, where no datum has its place, from the root.
    pub unmade: Vec<String>,
    /// A glob that takes a folder and something inside it: input, folder, what is inside.
    pub doubled: Option<(String, String, String)>,
}

/// Files that are larger are no text that people write.
const MOST_BYTES: u64 = 1 << 18;

impl<'a> Ground<'a> {
    /// The text of a file of the project, if it is a small file with a text that can be had here.
    pub fn text(&self, path: &str) -> Option<String> {
        String::from_utf8(self.bytes(path)?).ok()
    }

    /// The bytes of a file of the project, if it is a small file that can be had here.
    pub fn bytes(&self, path: &str) -> Option<Vec<u8>> {
        if let Some(unsaved) = self.unsaved.filter(|unsaved| unsaved.path == path) {
            return Some(unsaved.text.clone());
        }
        let stat = self.scan.stat(path)?;
        if stat.size_bytes > MOST_BYTES || self.is_annexed(path) || self.kind(path) == Some(Kind::Gitlink) {
            return None;
        }
        let file = self.repo.root().join(path);
        if !file.symlink_metadata().ok()?.is_file() {
            return None;
        }
        std::fs::read(file).ok()
    }

    /// What stands at a path.
    pub fn kind(&self, path: &str) -> Option<Kind> {
        Some(self.scan.entry(path)?.kind)
    }

    /// Whether the subdataset at `path` lies in the folder of a pipeline, so that results stand in it.
    pub fn holds_results(&self, path: &str) -> bool {
        self.names.iter().any(|name| is_at_or_below(path, name.as_str()))
    }

    /// Whether git-annex keeps the file at `path`.
    pub fn is_annexed(&self, path: &str) -> bool {
        self.scan.entry(path).is_some_and(|entry| matches!(entry.content, ContentId::Annex(_)))
    }

    /// A finding about a field of a pipeline's spec: at its place, if the spec has it.
    pub fn at_field(&self, rule: &Rule, name: &PipelineName, field: &str, message: String) -> Finding {
        let loaded = self.pipelines.iter().find(|loaded| loaded.pipeline.name == *name);
        match loaded.and_then(|loaded| loaded.spans.get(field)) {
            Some(spot) => rule.at(spot, message),
            None => rule.on(&format!("{name}/spec.yml"), message),
        }
    }

    /// A finding about a field of an input of a pipeline.
    pub fn at_input(
        &self,
        rule: &Rule,
        name: &PipelineName,
        (input, field): (&str, &str),
        message: String,
    ) -> Finding {
        let spot = self.pipelines.iter().find(|loaded| loaded.pipeline.name == *name).and_then(|loaded| {
            let number = loaded.pipeline.input.leaves().iter().position(|leaf| &*leaf.name == input)?;
            loaded.spans.leaf(number, field)
        });
        match spot {
            Some(spot) => rule.at(spot, message),
            None => rule.on(&format!("{name}/spec.yml"), message),
        }
    }

    /// The pipeline in whose folder a path lies.
    pub fn pipeline_of(&self, path: &str) -> Option<&'a PipelineName> {
        let folder = |(at, _): (usize, &str)| PipelineName::parse(&path[..at]).ok();
        path.match_indices('/').filter_map(folder).find_map(|name| self.names.get(&name))
    }

    /// Whether a path lies where a pipeline's results stand.
    pub fn is_output(&self, path: &str) -> bool {
        self.pipeline_of(path).is_some() && !is_written(path)
    }

    /// Files that people write and that are no results: code, specs, settings and prose.
    pub fn written(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let ground = *self;
        self.scan.paths().filter(move |path| is_written(path) && !ground.is_annexed(path))
    }
}

/// Endings of files with code.
const CODE: &[&str] = &[
    "sh", "bash", "py", "r", "R", "jl", "m", "pl", "js", "ts", "rs", "c", "cpp", "java", "go", "lua", "nf",
    "smk", "mk",
];

/// Endings of files with settings or prose.
const PROSE: &[&str] = &["md", "rst", "toml", "cfg", "ini"];

/// Names of files that have no ending and are written by people.
const NAMES: &[&str] = &[
    "spec.yml",
    "minipach.yml",
    "Makefile",
    "Dockerfile",
    "Containerfile",
    "Snakefile",
    "README",
    ".gitattributes",
    ".gitignore",
    ".gitmodules",
];

/// Whether a path is that of a spec, the project file, code or a README: text that people write and edit.
pub fn is_own_text(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    matches!(name, "spec.yml" | "minipach.yml") || is_code(path) || is_readme(path)
}

/// Whether a path is that of a README.
pub(super) fn is_readme(path: &str) -> bool {
    path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase().starts_with("readme")
}

/// Whether a path is that of a file with code.
pub fn is_code(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    CODE.contains(&ending) || matches!(name, "Makefile" | "Dockerfile" | "Containerfile" | "Snakefile")
}

/// Whether a path is that of a file people write.
fn is_written(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    is_code(path) || PROSE.contains(&ending) || NAMES.contains(&name) || path.starts_with("code/")
}
