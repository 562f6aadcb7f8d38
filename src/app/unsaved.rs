//! Which files are to be committed before a run, so that its results do not wait for them.

use std::collections::BTreeSet;

use crate::git::Dirty;
use crate::ledger::{shard_folder, single_path};
use crate::model::PipelineName;
use crate::plan::known_inputs;
use crate::run::{Planned, Plans, Project};

use super::choice::{Choice, FileChange, Take};
use super::needed::{ChosenDatums, Needed};
use super::preview::{PipelinePreview, Preview};
use super::session::{Session, in_order};
use super::uncommitted::{change, is_unlisted};

/// Files that are to be committed before a run, so that its results do not wait: those that `save` takes and that the
/// datums are made of which it would look after, and the pipelines of which it cannot be told yet which these are.
pub fn unsaved(session: &Session, plans: &Plans, preview: &Preview) -> Vec<(String, FileChange)> {
    let project = &session.project;
    let Ok(dirty) = project.dirty() else { return Vec::new() };
    let told = |name: &PipelineName| preview.pipelines.iter().find(|told| told.name == name.as_str());
    let named = project.pipelines.keys().filter(|name| told(name).is_some_and(is_changing));
    let planned = in_order(project, plans).filter_map(|(name, planned)| Some((name, planned.as_ref().ok()?)));
    let chosen = planned.filter_map(|(name, planned)| {
        let told = told(name).filter(|told| told.follows.is_empty() && !told.waits)?;
        let is_known = !is_uncommitted(project, planned, &dirty);
        is_known.then(|| (name.clone(), chosen(planned, told)))
    });
    let needed = Needed::of_chosen(project, plans, named, chosen.collect());
    if !dirty.own_paths().any(|path| needed.holds(path, change(project, path))) {
        return Vec::new();
    }
    let choice = Choice::make(project, &Take::Used).unwrap_or_default();
    choice.files.into_iter().filter(|(path, change)| needed.holds(path, *change)).collect()
}

/// Whether a run would change results of a pipeline, or commit some.
const fn is_changing(told: &PipelinePreview) -> bool {
    let is_still = told.run.is_empty() && told.place.is_empty() && told.remove.is_empty();
    !(is_still && told.follows.is_empty()) || told.commits
}

/// Whether a commit of a pipeline would tell of more than what a run does from now on.
fn is_uncommitted(project: &Project, planned: &Planned, dirty: &Dirty) -> bool {
    let name = &planned.pipeline.name;
    let mut ledger = [single_path(name), shard_folder(name)].into_iter();
    !ledger.all(|path| dirty.is_clean_below(&path)) || is_unlisted(project, planned, dirty)
}

/// Datums of a pipeline whose results a run would make, place or remove.
fn chosen(planned: &Planned, told: &PipelinePreview) -> ChosenDatums {
    let keys = told.run.iter().chain(&told.place).chain(&told.remove).map(|datum| datum.key.clone());
    let keys: BTreeSet<String> = keys.collect();
    let numbers = 0..planned.plan.datums.len();
    let wanted = numbers.filter(|number| keys.contains(&*planned.plan.datums[*number].key));
    let inputs = wanted.flat_map(|number| known_inputs(&planned.plan, &planned.pipeline, number));
    let inputs = inputs.map(|input| input.path.to_string()).collect();
    ChosenDatums { keys, inputs }
}
