//! `Used`: which paths pipelines use now; the one rule for what `save` takes, what is committed before a run, and what the
//! change of a file means.

use std::collections::BTreeSet;

use crate::model::{Image, PipelineName, is_at_or_below};
use crate::run::{Plans, Project};

/// Files and folders that pipelines use.
pub(super) struct Used {
    paths: BTreeSet<String>,
}

impl Used {
    /// What some pipelines use themselves: their specs, raw inputs, code and images, and what links in these lead to.
    pub(super) fn of<'n>(
        project: &Project,
        plans: &Plans,
        names: impl IntoIterator<Item = &'n PipelineName>,
    ) -> Self {
        Self::made_of(project, plans, names, &|_| None)
    }

    /// The same, where of some pipelines only a few inputs count: those that `inputs` tells.
    pub(super) fn made_of<'n>(
        project: &Project,
        plans: &Plans,
        names: impl IntoIterator<Item = &'n PipelineName>,
        inputs: &dyn Fn(&PipelineName) -> Option<Vec<String>>,
    ) -> Self {
        let mut used = Self { paths: BTreeSet::new() };
        names.into_iter().for_each(|name| used.paths.extend(used_by(project, plans, name, inputs(name))));
        let links = project.scan.link_targets().filter(|(link, _)| used.holds(link));
        let targets: Vec<String> = links.flat_map(|(_, through)| through).map(ToString::to_string).collect();
        used.paths.extend(targets);
        used
    }

    /// Adds files.
    pub(super) fn extend(&mut self, paths: impl IntoIterator<Item = String>) {
        self.paths.extend(paths);
    }

    /// Whether a path is one of these or lies below one.
    pub(super) fn holds(&self, path: &str) -> bool {
        is_below_any(&self.paths, path)
    }

    /// Whether some of these lie at or below a path.
    pub(super) fn is_around(&self, path: &str) -> bool {
        self.paths.iter().any(|used| is_at_or_below(used, path))
    }
}

fn used_by(
    project: &Project,
    plans: &Plans,
    name: &PipelineName,
    inputs: Option<Vec<String>>,
) -> Vec<String> {
    let Some(pipeline) = project.pipelines.get(name) else { return Vec::new() };
    let repos = || pipeline.input.leaves().into_iter().map(|leaf| leaf.repo.to_string());
    let raw = || repos().filter(|repo| !project.names().any(|name| name == repo)).collect();
    let raw = inputs.unwrap_or_else(raw);
    let planned = plans.by_name.get(name).and_then(|planned| planned.as_ref().ok());
    let code = planned.into_iter().flat_map(|planned| planned.code.used());
    // It may be a folder.
    let image = planned.into_iter().flat_map(|planned| planned.code.image.iter().flatten());
    let image = image.filter_map(Image::path).map(str::to_owned);
    std::iter::once(pipeline.spec_path()).chain(raw).chain(code).chain(image).collect()
}

/// Whether a path is one of these or lies below one.
pub(super) fn is_below_any(paths: &BTreeSet<String>, path: &str) -> bool {
    let above = path.match_indices('/').map(|(at, _)| &path[..at]);
    above.chain([path]).any(|path| paths.contains(path))
}
