//! The code of pipelines: what is found of it, what the ledger tells where code is not here, and what is to be fetched.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::git::Keeper;
use crate::model::{ContentId, Kind, Pipeline, PipelineName, Tree, WorkId};
use crate::plan::{Code, work_id};

use super::absent::Missing;
use super::code_gap::CodeGap;
use super::planner::{Planned, PlanningError, Plans};
use super::project::Project;
use super::request::Request;
use super::twins::code_of;

impl Project {
    /// The code of a pipeline as far as it is known, and what of it is not here.
    pub(super) fn code_of(&self, pipeline: &Pipeline, plans: &Plans) -> (Code, Option<CodeGap>) {
        let leaves = pipeline.input.leaves();
        let is_data = |path: &str| {
            leaves.iter().any(|leaf| leaf.takes(path))
                || plans.outputs.values().any(|tree| tree.get(path).is_some())
                || self.is_result(path)
        };
        let (mut code, files) = self.find_code(pipeline, &is_data);
        code.data.retain(|path| self.is_foreign(pipeline, path));
        code.image = self.find_image(pipeline, &is_data);
        let image = pipeline.transform.as_ref().and_then(|transform| transform.image.as_deref());
        code.inside.extend(image.and_then(|image| self.image_inside(image)).map(|(_, path)| path));
        for path in code.image.iter().flatten().flat_map(|image| image.extra.clone()) {
            if let Some(entry) = self.files_for_image(&path).get(&path) {
                code.files.insert(path, entry.content.clone());
            }
        }
        self.with_listed(pipeline, code, (&files, &is_data))
    }

    /// Code as it was found, and where some of it is not here, so that nobody reads what else it names, with what the
    /// ledger has of the work that results were made by, as that stands now. If no file of the list changed, none of them
    /// names another that stood then; if one did, it is another work in any case.
    fn with_listed(
        &self,
        pipeline: &Pipeline,
        code: Code,
        (standing, is_data): (&Tree, &dyn Fn(&str) -> bool),
    ) -> (Code, Option<CodeGap>) {
        let Some(path) = code.has_annexed().then(|| self.first_absent(&code)).flatten() else {
            return (code, None);
        };
        if pipeline.transform.as_ref().is_some_and(|transform| transform.code.is_some()) {
            return (code, Some(CodeGap { path, is_known: true, added: None }));
        }
        let ledger = self.ledger(&pipeline.name);
        let used: BTreeSet<WorkId> = ledger.lines().iter().map(|line| line.work).collect();
        let works = ledger.works().iter().filter(|(work, _)| used.contains(work));
        let (mut known, mut other) = (None::<Code>, None);
        for (work, fields) in works {
            let all = Code { files: with_those_of(&code.files, fields, (standing, is_data)), ..code.clone() };
            if work_id(pipeline, &all) != *work {
                other = Some(all);
            } else if known.as_ref().is_none_or(|known| known.files.len() < all.files.len()) {
                // Of two that fit, that of fewer files was made when the others were not there yet.
                known = Some(all);
            }
        }
        let Some(known) = known else {
            return (other.unwrap_or(code), Some(CodeGap { path, is_known: false, added: None }));
        };
        let is_new = |file: &str| !known.files.contains_key(file) && !is_data(file);
        let added = self.added_since_told(&pipeline.name, &is_new);
        (known, Some(CodeGap { path, is_known: true, added }))
    }

    /// The first file that came after a pipeline's ledger was committed, that may be code and that is `new` to it.
    fn added_since_told(&self, name: &PipelineName, is_new: &dyn Fn(&str) -> bool) -> Option<String> {
        let (commit, _) = self.told_by(name)?;
        let may_be_code = |path: &str| {
            let is_hidden = path.split('/').any(|part| part.starts_with('.'));
            let is_file = self.tree.get(path).is_some_and(|entry| entry.kind != Kind::Gitlink);
            is_file && !is_hidden && !path.ends_with("spec.yml") && is_new(path)
        };
        let tracked = self.repo.added_to_index_since(commit).unwrap_or_default();
        let untracked = self.tree.entries().iter().map(|entry| &*entry.path);
        let untracked = untracked.filter(|path| !self.scan.is_tracked(path)).map(str::to_owned);
        tracked.into_iter().chain(untracked).find(|path| may_be_code(path))
    }

    /// The first file of some code that is in the annex and not here.
    fn first_absent(&self, code: &Code) -> Option<String> {
        let annexes = self.annexes();
        let mut missing = Missing::new(&annexes, &self.scan);
        code.files.keys().find(|path| missing.of_file(self, path).is_some()).cloned()
    }

    /// Annexed code of pipelines that a request means, that may have something to do, and that is not here, as keys, by
    /// who is to have it. What it names counts as code too, so there may be more once it is here.
    pub fn absent_code(&self, request: &Request) -> Vec<(Arc<Keeper>, Vec<Arc<str>>)> {
        let annexes = self.annexes();
        let mut missing = Missing::new(&annexes, &self.scan);
        let mut absent_of = |name: &PipelineName| -> BTreeSet<_> {
            let Some(pipeline) = self.pipelines.get(name) else { return BTreeSet::new() };
            let (code, _) = self.code_of(pipeline, &Plans::default());
            code.files.keys().filter_map(|path| missing.of_file(self, path)).collect()
        };
        let meant = self.meant(request);
        let mut absent: BTreeMap<_, _> = meant.iter().map(|name| (name, absent_of(name))).collect();
        absent.retain(|_, files| !files.is_empty());
        if !absent.is_empty() && !request.force {
            let moving = self.not_at_rest(meant.clone());
            absent.retain(|name, _| moving.contains(*name));
        }
        let found: BTreeSet<_> = absent.into_values().flatten().collect();
        Missing::by_keeper(found)
            .into_iter()
            .map(|(path, keys)| (Arc::clone(&missing.keepers[&path]), keys))
            .collect()
    }

    /// That code of a pipeline is in the annex and not here, so that none of its commands can run.
    pub fn lacks_code(&self, planned: &Planned) -> Option<PlanningError> {
        let CodeGap { path, .. } = planned.gap.clone()?;
        Some(PlanningError::AbsentCode { get: self.annexes().of(&path).get(&path), path })
    }

    /// How far what is planned of a pipeline is known, where its code is not here and may name what came since its results.
    pub fn half_known(&self, planned: &Planned) -> Option<String> {
        let CodeGap { path, added, .. } = planned.gap.as_ref()?;
        let (added, get) = (added.as_ref()?, self.annexes().of(path).get(path));
        Some(format!(
            "known as of its last commit only: its code `{path}` is not here, and whether that names `{added}`, which came since, is not known; {get} fetches it"
        ))
    }
}

/// Files of code, and those that the fields of a work name, as they stand.
fn with_those_of(
    found: &BTreeMap<String, ContentId>,
    fields: &Map<String, Value>,
    (standing, is_data): (&Tree, &dyn Fn(&str) -> bool),
) -> BTreeMap<String, ContentId> {
    let listed = code_of(fields).into_iter().filter(|(path, _)| !is_data(path));
    let standing = listed.filter_map(|(path, _)| {
        let content = standing.get(&path)?.content.clone();
        Some((path, content))
    });
    found.iter().map(|(path, content)| (path.clone(), content.clone())).chain(standing).collect()
}
