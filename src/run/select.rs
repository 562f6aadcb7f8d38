//! Which pipelines and datums a request means: its targets, what they need, and what reads them.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::PipelineName;
use crate::spec::{Graph, Unsound};

use super::planner::Plans;
use super::project::Project;
use super::request::{Request, Selection, TargetError};
use super::targets::Targets;

impl Project {
    /// Which pipelines and datums a request means: its targets and what they need, and with
    /// `downstream` what reads them.
    ///
    /// # Errors
    /// When a target means nothing.
    pub fn select(&self, plans: &Plans, request: &Request) -> Result<Selection, TargetError> {
        let mut selection = Selection::default();
        if request.targets.is_empty() {
            selection.pipelines = self.pipelines.keys().map(|name| (name.clone(), None)).collect();
            selection.named = self.pipelines.keys().cloned().collect();
            selection.unsound = self.unsound.clone();
            return Ok(selection);
        }
        let mut targets = Targets::new(self, plans);
        for text in &request.targets {
            for target in targets.resolve(text)? {
                selection.add(target);
            }
        }
        for name in selection.named.clone() {
            let mut also = self.graph.all_upstream(&name);
            if request.downstream {
                also.extend(self.graph.all_downstream(&name));
            }
            for other in also {
                selection.pipelines.entry(other).or_insert(None);
            }
        }
        if request.downstream {
            selection.unsound = self.unsound_downstream(&selection.named);
        }
        Ok(selection)
    }

    /// Pipelines that are not sound and read any of these, directly or not. Where a spec cannot be read,
    /// they may be what it reads.
    fn unsound_downstream(&self, named: &BTreeSet<PipelineName>) -> BTreeMap<String, Unsound> {
        let graph = Graph::new(self.loaded.pipelines.iter().map(|loaded| &loaded.pipeline));
        let readers = named.iter().flat_map(|name| graph.all_downstream(name));
        let mut readers: BTreeSet<String> = readers.map(|name| name.to_string()).collect();
        readers.extend(self.loaded.broken.keys().cloned());
        let is_reader = |name: &str, why: &Unsound| match why {
            Unsound::Broken(_) | Unsound::Unplanned(_) => readers.contains(name),
            Unsound::LeftOut(needed) => !needed.is_disjoint(&readers),
        };
        let unsound = self.unsound.iter().filter(|(name, why)| is_reader(name, why));
        unsound.map(|(name, why)| (name.clone(), why.clone())).collect()
    }
}
