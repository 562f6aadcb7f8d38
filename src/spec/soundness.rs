//! Which pipelines can be planned: each one is sound, or broken, or left out because it needs a broken one.

use std::collections::{BTreeMap, BTreeSet};

use super::graph::Graph;
use super::load::Loaded;
use super::rules::LEFT_OUT;
use super::words::list;
use crate::model::Finding;

/// Why a pipeline is not planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsound {
    /// Its spec has errors, or its place among the others; the first of them.
    Broken(Option<Box<Finding>>),
    /// Its datums or their places are not sound, or what stands in the project cannot be read; a sentence.
    Unplanned(String),
    /// It needs these, directly or not, and they are broken.
    LeftOut(BTreeSet<String>),
}

impl Unsound {
    /// One word for it, as a pipeline's state.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Broken(_) | Self::Unplanned(_) => "broken",
            Self::LeftOut(_) => "left_out",
        }
    }

    /// Why, in one sentence.
    pub fn sentence(&self) -> String {
        match self {
            Self::Broken(None) => "its spec has errors".into(),
            Self::Broken(Some(first)) => match first.span {
                Some(span) => format!("{} ({}:{}:{})", first.message, first.path, span.line, span.column),
                None => format!("{} ({})", first.message, first.path),
            },
            Self::Unplanned(why) => format!("it cannot be planned: {why}"),
            Self::LeftOut(broken) => {
                let are = if broken.len() == 1 { "is" } else { "are" };
                format!("it needs {}, which {are} broken", list(broken.iter().map(String::as_str)))
            }
        }
    }
}

/// A finding and the pipelines that it is about.
pub(super) struct Problem {
    /// Folders of the pipelines.
    pub(super) pipelines: Vec<String>,
    /// What is wrong.
    pub(super) finding: Finding,
}

/// All pipelines that are not sound, by folder.
pub(super) fn unsound(loaded: &Loaded, problems: &[Problem]) -> BTreeMap<String, Unsound> {
    let broken = |error: &Option<Finding>| Unsound::Broken(error.clone().map(Box::new));
    let mut found: BTreeMap<String, Unsound> =
        loaded.broken.iter().map(|(folder, error)| (folder.clone(), broken(error))).collect();
    for Problem { pipelines, finding } in problems.iter().filter(|problem| problem.finding.is_error()) {
        for name in pipelines {
            let of_it = || Unsound::Broken(Some(Box::new(finding.clone())));
            found.entry(name.clone()).or_insert_with(of_it);
        }
    }
    if found.is_empty() {
        return found;
    }
    let rest = loaded.pipelines.iter().map(|loaded| &loaded.pipeline);
    let graph = Graph::new(rest.filter(|pipeline| !found.contains_key(pipeline.name.as_str())));
    for name in graph.order() {
        let needed = needed(loaded, name, &found);
        if !needed.is_empty() {
            found.insert(name.to_string(), Unsound::LeftOut(needed));
        }
    }
    found
}

/// The broken pipelines that one reads, or that those it reads need.
fn needed(
    loaded: &Loaded,
    name: &crate::model::PipelineName,
    unsound: &BTreeMap<String, Unsound>,
) -> BTreeSet<String> {
    let leaves = loaded.get(name).map(|loaded| loaded.pipeline.input.leaves()).unwrap_or_default();
    let mut needed = BTreeSet::new();
    for leaf in leaves {
        match unsound.get(leaf.repo.as_str()) {
            Some(Unsound::Broken(_) | Unsound::Unplanned(_)) => drop(needed.insert(leaf.repo.to_string())),
            Some(Unsound::LeftOut(broken)) => needed.extend(broken.iter().cloned()),
            None => {}
        }
    }
    needed
}

/// A note for each pipeline that is left out, at the input that leads to the broken one.
pub(super) fn left_out(loaded: &Loaded, unsound: &BTreeMap<String, Unsound>) -> Vec<Finding> {
    let note = |pipeline: &super::load::LoadedPipeline| {
        let name = pipeline.pipeline.name.as_str();
        let why @ Unsound::LeftOut(_) = unsound.get(name)? else { return None };
        let leaves = pipeline.pipeline.input.leaves();
        let at = leaves.iter().position(|leaf| unsound.contains_key(leaf.repo.as_str()))?;
        let message = format!("`{name}` is left out of plans and runs: {}", why.sentence());
        let spot = pipeline.spans.leaf(at, "repo")?;
        Some(LEFT_OUT.at(spot, message).help("its results stay as they are until that is mended"))
    };
    loaded.pipelines.iter().filter_map(note).collect()
}
