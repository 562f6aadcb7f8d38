//! The code of pipelines: what is found of it, what the ledger tells where code is not here, and what is to be fetched.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::git::Keeper;
use crate::model::{ContentId, Pipeline, PipelineName, WorkId};
use crate::plan::{Code, find_code, work_id};

use super::absent::Missing;
use super::planner::{Planned, PlanningError, Plans};
use super::project::Project;
use super::request::Request;
use super::twins::code_of;

impl Project {
    pub(super) fn code_of(&self, pipeline: &Pipeline, plans: &Plans) -> Code {
        let raw: Vec<String> = pipeline.input.leaves().iter().map(|leaf| format!("{}/", leaf.repo)).collect();
        let is_data = |path: &str| {
            raw.iter().any(|folder| path.starts_with(folder.as_str()))
                || plans.outputs.values().any(|tree| tree.get(path).is_some())
                || self.is_result(path)
        };
        let read = |path: &str| std::fs::read(self.repo.root().join(path)).ok();
        let mut code = find_code(pipeline, &self.tree, &|path| self.scan.is_tracked(path), &is_data, &read);
        code.data.retain(|path| self.is_foreign(pipeline, path));
        code.image = self.find_image(pipeline, &is_data);
        for path in code.image.iter().flatten().flat_map(|image| image.extra.clone()) {
            if let Some(entry) = self.tree.get(&path) {
                code.files.insert(path, entry.content.clone());
            }
        }
        self.with_listed(pipeline, code, &is_data)
    }

    /// Code as it was found, and where some of it is not here, so that nobody reads what else it names, with what the
    /// ledger has of the work that results were made by, as that stands now. If no file of the list changed, none of them
    /// names another now; if one did, it is another work in any case.
    fn with_listed(&self, pipeline: &Pipeline, code: Code, is_data: &dyn Fn(&str) -> bool) -> Code {
        let is_listed = pipeline.transform.as_ref().is_some_and(|transform| transform.code.is_some());
        if is_listed || !code.has_annexed() || self.first_absent(&code).is_none() {
            return code;
        }
        let ledger = self.ledger(&pipeline.name);
        let used: BTreeSet<WorkId> = ledger.lines().iter().map(|line| line.work).collect();
        let works = ledger.works().iter().filter(|(work, _)| used.contains(work));
        let mut other = None;
        for (work, fields) in works {
            let all = Code { files: self.with_those_of(&code.files, fields, is_data), ..code.clone() };
            if work_id(pipeline, &all) == *work {
                return all;
            }
            other = Some(all);
        }
        other.unwrap_or(code)
    }

    /// Files of code, and those that the fields of a work name, as they stand.
    fn with_those_of(
        &self,
        found: &BTreeMap<String, ContentId>,
        fields: &Map<String, Value>,
        is_data: &dyn Fn(&str) -> bool,
    ) -> BTreeMap<String, ContentId> {
        let listed = code_of(fields).into_iter().filter(|(path, _)| !is_data(path));
        let standing = listed.filter_map(|(path, _)| {
            let content = self.tree.get(&path)?.content.clone();
            Some((path, content))
        });
        found.iter().map(|(path, content)| (path.clone(), content.clone())).chain(standing).collect()
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
            let code = self.code_of(pipeline, &Plans::default());
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

    /// That code of a pipeline is in the annex and not here.
    pub fn lacks_code(&self, planned: &Planned) -> Option<PlanningError> {
        planned.pipeline.transform.as_ref()?;
        let path = self.first_absent(&planned.code)?;
        Some(PlanningError::AbsentCode { get: self.annexes().of(&path).get(&path), path })
    }
}
