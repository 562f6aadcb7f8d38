//! `Needed`: which changed files some pipelines use or used, so that their results wait until these are committed.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use crate::model::{Kind, PipelineName, is_at_or_below};
use crate::run::{Plans, Project, Request, ledger_at};

use super::choice::{Choice, FileChange, Take, Used};
use super::error::AppError;

/// Settings of the project that tell how specs and results are read.
const SETTINGS: [&str; 3] = ["minipach.yml", ".gitattributes", ".gitmodules"];

/// Files that pipelines use.
pub(super) struct Needed<'a> {
    project: &'a Project,
    names: BTreeSet<PipelineName>,
    /// Paths that they, and those above them, use now.
    now: BTreeSet<String>,
    /// Paths that HEAD's results of them were made of.
    before: OnceCell<BTreeSet<String>>,
}

impl<'a> Needed<'a> {
    /// What these pipelines and those above them use.
    pub(super) fn of<'n>(
        project: &'a Project,
        plans: &Plans,
        names: impl IntoIterator<Item = &'n PipelineName>,
    ) -> Self {
        let names = project.graph.with_upstream(names);
        let used = names.iter().flat_map(|name| used_by(project, plans, name));
        let now = SETTINGS.into_iter().map(str::to_owned).chain(used).collect();
        Self { project, names, now, before: OnceCell::new() }
    }

    /// Whether the change of a file must be committed before their results can be.
    pub(super) fn holds(&self, path: &str, change: FileChange) -> bool {
        let is_gone = change == FileChange::Removed;
        is_below_any(&self.now, path)
            || is_gone && (self.is_in_folder(path) || is_below_any(self.before(), path))
    }

    /// Whether a path lies in the folder of one of them, or of a pipeline that is no more, such as one that was renamed:
    /// results that came along by hand may be gone from there.
    fn is_in_folder(&self, path: &str) -> bool {
        let mut folders = self.names.iter().chain(self.project.former.keys());
        folders.any(|name| is_at_or_below(path, name.as_str()))
    }

    /// Whether some of what they use lies at or below a path.
    fn is_around(&self, path: &str) -> bool {
        self.now.iter().any(|used| is_at_or_below(used, path))
    }

    fn before(&self) -> &BTreeSet<String> {
        self.before.get_or_init(|| self.names.iter().flat_map(|name| self.used_before(name)).collect())
    }

    /// Code and inputs of a pipeline's results in HEAD. What git cannot tell is nothing.
    fn used_before(&self, name: &PipelineName) -> Vec<String> {
        let project = self.project;
        let Ok(ledger) = ledger_at(&project.repo, name, project.head) else { return Vec::new() };
        let code = ledger.works().values().filter_map(|fields| fields.get("code")?.as_object());
        let code = code.flat_map(|files| files.keys().cloned());
        let inputs = ledger.lines().iter().flat_map(|line| &line.inputs);
        let inputs = inputs.map(|input| input.path.to_string()).filter(|path| !project.is_output(path));
        code.chain(inputs).collect()
    }
}

/// Of the changes that `save` takes those that a run of a request uses; the others are left out. Where nobody can tell
/// what its targets mean, all counts as meant.
///
/// # Errors
/// When git cannot be read.
pub(super) fn choice_for(project: &Project, plans: &Plans, request: &Request) -> Result<Choice, AppError> {
    let mut choice = Choice::make(project, &Take::Used)?;
    let meant = meant(project, plans, request).filter(|_| !request.targets.is_empty());
    let needed = Needed::of(
        project,
        plans,
        meant.as_ref().map_or_else(|| all(project), |names| names.iter().collect()),
    );
    let used = meant.is_none().then(|| Used::of(project, plans));
    // Without the subdatasets that it tells of, `.gitmodules` would tell of none.
    let tells = choice.files.iter().any(|(path, _)| path == ".gitmodules");
    let is_link = |path: &str| choice.links.contains_key(path) && (tells || needed.is_around(path));
    let was_link =
        |path: &str, change| tells && change == FileChange::Removed && was_subdataset(project, path);
    let is_used = |path: &str, change| {
        needed.holds(path, change)
            || used.as_ref().is_some_and(|used| used.holds(path))
            || is_link(path)
            || was_link(path, change)
    };
    let (taken, left): (Vec<_>, Vec<_>) =
        choice.files.into_iter().partition(|(path, change)| is_used(path, *change));
    choice.files = taken;
    choice.unused = left.into_iter().map(|(path, _)| path).collect();
    choice.staged.retain(|path| !choice.unused.contains(path));
    Ok(choice)
}

/// Whether HEAD has a subdataset at a path.
fn was_subdataset(project: &Project, path: &str) -> bool {
    let was = project.head.and_then(|head| project.repo.object_of(head, path).ok().flatten());
    matches!(was, Some((_, Kind::Gitlink)))
}

fn all(project: &Project) -> Vec<&PipelineName> {
    project.pipelines.keys().collect()
}

/// The pipelines that a request means; `None` where a target means nothing.
fn meant(project: &Project, plans: &Plans, request: &Request) -> Option<BTreeSet<PipelineName>> {
    let mut names = BTreeSet::new();
    for text in &request.targets {
        let targets = project.resolve_target(plans, text).ok()?;
        names.extend(targets.into_iter().map(|target| target.pipeline));
    }
    if request.downstream {
        let below: Vec<_> = names.iter().flat_map(|name| project.graph.all_downstream(name)).collect();
        names.extend(below);
    }
    Some(names)
}

/// Paths that a pipeline uses: its spec, raw inputs, code.
fn used_by(project: &Project, plans: &Plans, name: &PipelineName) -> Vec<String> {
    let Some(pipeline) = project.pipelines.get(name) else { return Vec::new() };
    let repos = pipeline.input.leaves().into_iter().map(|leaf| leaf.repo.to_string());
    let raw = repos.filter(|repo| !project.names().any(|name| name == repo));
    let planned = plans.by_name.get(name).and_then(|planned| planned.as_ref().ok());
    let code = planned.into_iter().flat_map(|planned| planned.code.used());
    std::iter::once(pipeline.spec_path()).chain(raw).chain(code).collect()
}

/// Whether a path is one of these or lies below one.
fn is_below_any(paths: &BTreeSet<String>, path: &str) -> bool {
    let above = path.match_indices('/').map(|(at, _)| &path[..at]);
    above.chain([path]).any(|path| paths.contains(path))
}
