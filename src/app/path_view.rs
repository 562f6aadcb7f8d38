//! What a path of the project is to its pipelines: for `why` on inputs, code and specs.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::model::{Datum, DatumState, KnownResult, Tree, is_at_or_below};
use crate::plan::{self, Alone, alone, source_path};
use crate::run::{Planned, Plans};

use super::session::Session;

/// A path that is no result, for people.
#[derive(Clone, Debug, Default)]
pub struct PathView {
    /// The path from the root; of a key, `PIPELINE:KEY` as typed.
    pub path: String,
    /// Datums that read it, or something in it.
    pub readers: Vec<Reader>,
    /// What of it is taken by a glob and found no partner, each with its pipeline.
    pub alone: Vec<(String, Alone)>,
    /// Inputs that read its folder, and whose glob does not take it.
    pub unmatched: Vec<Unmatched>,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// Pipelines it is code of or, a folder, holds code of, and how many datums they have.
    pub code_of: Vec<(String, usize)>,
    /// The pipeline it is the spec of.
    pub spec_of: Option<String>,
    /// `PIPELINE:KEY` of results that were made of it and are expected no more.
    pub formerly: Vec<String>,
    /// Datums whose results were made of it, and that have it no more.
    pub lost: Vec<Reader>,
    /// Whether nothing stands there.
    pub is_gone: bool,
    /// Where the datum stands whose result it is part of.
    pub result: Option<DatumState>,
    /// The pipeline whose folder it is, how many datums that has, and how many of these are done.
    pub folder_of: Option<(String, usize, usize)>,
    /// The pipeline in whose folder it stands though it is no result of it, nor its spec or code.
    pub stray_in: Option<String>,
    /// Whether git ignores it.
    pub is_ignored: bool,
    /// The repository it lies in, if that is no subdataset.
    pub nested_in: Option<String>,
}

/// A datum that reads a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Reader {
    /// The pipeline.
    pub pipeline: String,
    /// The place.
    pub key: String,
    /// Name of the input.
    pub input: String,
    /// Where the datum stands.
    pub state: DatumState,
}

/// An input whose glob does not take a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unmatched {
    /// The pipeline.
    pub pipeline: String,
    /// Name of the input.
    pub input: String,
    /// The folder it reads.
    pub repo: String,
    /// How it cuts it.
    pub glob: String,
}

/// What a path is to the pipelines; `None` where nothing stands and nothing ever did.
pub fn path_view(session: &Session, plans: &Plans, path: &str) -> Option<PathView> {
    let project = &session.project;
    let stands = std::fs::symlink_metadata(project.repo.root().join(path)).is_ok();
    let mut view = PathView { path: path.to_owned(), is_gone: !stands, ..PathView::default() };
    for planned in plans.by_name.values().flatten() {
        look_at_inputs(&mut view, planned);
        look_at_memory(&mut view, session, planned);
        look_at_results(&mut view, session, planned);
        let name = planned.pipeline.name.to_string();
        if planned.code.used().any(|file| is_at_or_below(&file, path)) {
            view.code_of.push((name, planned.plan.datums.len()));
        }
    }
    let specs = project.pipelines.values().find(|pipeline| pipeline.spec_path() == path);
    view.spec_of = specs.map(|pipeline| pipeline.name.to_string());
    view.is_folder = project.repo.root().join(path).is_dir();
    view.is_ignored = project.repo.is_ignored(path);
    let nested = project.scan.nested_repositories().iter().find(|nested| is_at_or_below(path, nested));
    view.nested_in = nested.map(ToString::to_string);
    view.stray_in = stray_in(&view, plans);
    let is_remembered = !view.formerly.is_empty() || !view.lost.is_empty() || view.result.is_some();
    let is_known = stands || is_remembered || !view.readers.is_empty();
    (is_known && !path.is_empty()).then_some(view)
}

/// What `KEY` of `PIPELINE:KEY` is, when no datum has it: matches that found no partner.
pub fn key_view(plans: &Plans, text: &str) -> Option<PathView> {
    let (name, key) = text.split_once(':')?;
    let is_named = |planned: &&std::sync::Arc<Planned>| {
        let pipeline = &planned.pipeline.name;
        pipeline.as_str() == name || pipeline.last() == name
    };
    let planned = plans.by_name.values().flatten().find(is_named)?;
    let mut found = alone(&planned.plan, &planned.pipeline);
    let last = |path: &str| path.rsplit('/').next().is_some_and(|last| last == key);
    found.retain(|alone| alone.key == key || alone.path == key || last(&alone.path));
    let name = planned.pipeline.name.to_string();
    let alone: Vec<_> = found.into_iter().map(|alone| (name.clone(), alone)).collect();
    let view = PathView { path: text.to_owned(), alone, ..PathView::default() };
    (!view.alone.is_empty()).then_some(view)
}

fn look_at_inputs(view: &mut PathView, planned: &Planned) {
    let (plan, name) = (&planned.plan, planned.pipeline.name.to_string());
    let holds: Vec<bool> = plan.trees.iter().map(|tree| stands_in(tree, &view.path)).collect();
    let is_related = |path: &str| is_at_or_below(path, &view.path) || is_at_or_below(&view.path, path);
    let matches = plan.formed.matches.iter().enumerate();
    let related: BTreeSet<usize> = matches
        .filter(|(_, found)| {
            let leaf = usize::from(found.leaf);
            holds[leaf] && is_related(&source_path(&plan.trees[leaf], found))
        })
        .map(|(at, _)| at)
        .collect();
    let mut found = alone(plan, &planned.pipeline);
    found.retain(|alone| is_related(&alone.path));
    view.alone.extend(found.into_iter().map(|alone| (name.clone(), alone)));
    view.readers.extend(readers(planned, &related));
    view.unmatched.extend(unmatched(planned, &related, &holds));
}

/// The datums that some of these matches are part of.
fn readers(planned: &Planned, related: &BTreeSet<usize>) -> Vec<Reader> {
    let leaves = planned.pipeline.input.leaves();
    let formed = &planned.plan.formed;
    let reader = |(datum, planned_datum): (&Datum, &plan::Planned)| {
        let at = datum.matches.iter().find(|at| related.contains(&(**at as usize)))?;
        let leaf = leaves[usize::from(formed.matches[*at as usize].leaf)];
        Some(Reader {
            pipeline: planned.pipeline.name.to_string(),
            key: planned_datum.key.to_string(),
            input: leaf.name.to_string(),
            state: planned_datum.state,
        })
    };
    formed.datums.iter().zip(&planned.plan.datums).filter_map(reader).collect()
}

/// The inputs whose repo holds the path while none of these matches is theirs.
fn unmatched(planned: &Planned, related: &BTreeSet<usize>, holds: &[bool]) -> Vec<Unmatched> {
    let matches = &planned.plan.formed.matches;
    let takes = |leaf: usize| related.iter().any(|at| usize::from(matches[*at].leaf) == leaf);
    let leaves = planned.pipeline.input.leaves().into_iter().enumerate();
    leaves
        .filter(|(at, _)| holds[*at] && !takes(*at))
        .map(|(_, leaf)| Unmatched {
            pipeline: planned.pipeline.name.to_string(),
            input: leaf.name.to_string(),
            repo: leaf.repo.to_string(),
            glob: leaf.glob.text().to_owned(),
        })
        .collect()
}

/// Whether a repo has something at or below a path from the root, or lies below it as a whole.
fn stands_in(tree: &Tree, path: &str) -> bool {
    let entries = tree.entries();
    let first = entries.partition_point(|entry| *entry.path < *path);
    // Names that go on with a character below the slash stand between.
    let inside = entries.partition_point(|entry| *entry.path < *format!("{path}/"));
    [first, inside]
        .into_iter()
        .any(|at| entries.get(at).is_some_and(|entry| is_at_or_below(&entry.path, path)))
}

/// Results that were made of the path: those that are left over, and those of datums that have it no more.
fn look_at_memory(view: &mut PathView, session: &Session, planned: &Planned) {
    let name = &planned.pipeline.name;
    let ledger = session.project.ledger(name);
    let is_in_folder = view.is_gone && was_committed(session, &view.path);
    let input_of = |line: &KnownResult| {
        let is_it = |path: &str| {
            is_at_or_below(path, &view.path) || (is_in_folder && is_at_or_below(&view.path, path))
        };
        line.inputs.iter().find(|input| is_it(&input.path)).map(|input| input.name.to_string())
    };
    let left = planned.plan.leftovers.iter().map(|left| &ledger.lines()[left.line as usize]);
    let formerly = left.filter(|line| input_of(line).is_some()).map(|line| format!("{name}:{}", line.key));
    let formerly: Vec<String> = formerly.collect();
    let datums = planned.plan.datums.iter().filter(|_| view.is_gone);
    let lost: Vec<Reader> = datums
        .filter_map(|datum| {
            let input = ledger.lines_for(&datum.key).iter().find_map(input_of)?;
            Some(Reader { pipeline: name.to_string(), key: datum.key.to_string(), input, state: datum.state })
        })
        .collect();
    view.formerly.extend(formerly);
    view.lost.extend(lost);
}

/// Whether HEAD or the index has a file there.
fn was_committed(session: &Session, path: &str) -> bool {
    let project = &session.project;
    let in_head = |head| project.repo.object_of(head, path).ok().flatten().is_some();
    project.scan.is_tracked(path) || project.head.is_some_and(in_head)
}

/// What the path is inside the folder of a pipeline: the folder itself, or part of a result.
fn look_at_results(view: &mut PathView, session: &Session, planned: &Planned) {
    let (name, datums) = (&planned.pipeline.name, &planned.plan.datums);
    if name.as_str() == view.path {
        let done = datums.iter().filter(|datum| datum.state == DatumState::Done).count();
        view.folder_of = Some((name.to_string(), datums.len(), done));
    }
    let Some(inside) = view.path.strip_prefix(name.as_str()).and_then(|path| path.strip_prefix('/')) else {
        return;
    };
    let lines = session.project.ledger(name).lines();
    let Some(line) = lines.iter().find(|line| line.outputs.iter().any(|output| output.holds(inside))) else {
        return;
    };
    let state = datums.iter().find(|datum| datum.key == line.key).map(|datum| datum.state);
    view.result = Some(state.unwrap_or(DatumState::Orphaned));
}

/// The pipeline in whose folder a file stands that is nothing to any pipeline.
fn stray_in(view: &PathView, plans: &Plans) -> Option<String> {
    let is_something = view.is_of_use() || view.result.is_some() || view.spec_of.is_some();
    if is_something || view.is_gone || view.is_folder || !view.code_of.is_empty() {
        return None;
    }
    let around = plans.by_name.keys().filter(|name| is_at_or_below(&view.path, name.as_str()));
    around.max_by_key(|name| name.as_str().len()).map(ToString::to_string)
}

impl PathView {
    /// Whether a pipeline reads it, or would but for a partner.
    pub fn is_of_use(&self) -> bool {
        !self.readers.is_empty() || !self.alone.is_empty()
    }

    /// The documented JSON of a path.
    pub fn json(&self) -> serde_json::Value {
        let alone = self.alone.iter().map(|(pipeline, alone)| {
            let mut value = serde_json::json!(alone);
            value["pipeline"] = pipeline.as_str().into();
            value["sentence"] = alone.sentence().into();
            value
        });
        let code = self.code_of.iter().map(|(pipeline, _)| pipeline.as_str());
        serde_json::json!({
            "path": self.path,
            "readers": self.readers,
            "alone": alone.collect::<Vec<_>>(),
            "unmatched": self.unmatched,
            "code_of": code.collect::<Vec<_>>(),
            "spec_of": self.spec_of,
            "formerly": self.formerly,
            "lost": self.lost,
            "ignored": self.is_ignored,
            "nested_in": self.nested_in,
            "stray_in": self.stray_in,
        })
    }
}
