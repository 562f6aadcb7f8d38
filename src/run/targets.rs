//! `Targets`: looks up many targets; the keys of each pipeline are put in order once for all of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::PipelineName;

use super::planner::Plans;
use super::project::Project;
use super::request::{Target, TargetError};

/// Looks up targets.
pub struct Targets<'a> {
    project: &'a Project,
    plans: &'a Plans,
    /// What stood before a `:` so far, the pipeline that it means, and all keys of that.
    known: BTreeMap<String, Option<(PipelineName, BTreeSet<&'a str>)>>,
}

impl<'a> Targets<'a> {
    /// Looks at nothing yet.
    pub const fn new(project: &'a Project, plans: &'a Plans) -> Self {
        Self { project, plans, known: BTreeMap::new() }
    }

    /// Everything a target means, as [`Project::resolve_target`] says.
    ///
    /// # Errors
    /// When it means nothing, or more than one pipeline.
    pub fn resolve(&mut self, text: &str) -> Result<Vec<Target>, TargetError> {
        match self.exact(text) {
            Some(target) => Ok(vec![target]),
            None => self.project.resolve_target(self.plans, text),
        }
    }

    /// `PIPELINE:KEY`, written out.
    fn exact(&mut self, text: &str) -> Option<Target> {
        let (name, key) = text.split_once(':')?;
        if !self.known.contains_key(name) {
            let found = self.keys(name);
            self.known.insert(name.to_owned(), found);
        }
        let (pipeline, keys) = self.known.get(name)?.as_ref()?;
        keys.contains(key).then(|| Target { pipeline: pipeline.clone(), key: Some(key.to_owned()) })
    }

    fn keys(&self, name: &str) -> Option<(PipelineName, BTreeSet<&'a str>)> {
        let pipeline = self.project.pipeline_named(name).ok()??;
        let keys = self.project.keys(self.plans, &pipeline)?;
        Some((pipeline, keys))
    }
}
