//! `Needed`: which changed files some pipelines use or used, so that their results wait until these are committed.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Kind, PipelineName, is_at_or_below, show_some};
use crate::run::{Plans, Project, Request, ledger_at};

use super::choice::{Belonging, Choice, FileChange, Take};
use super::error::AppError;
use super::session::Session;
use super::used::{Used, is_below_any};

/// Settings of the project that tell how specs and results are read.
const SETTINGS: [&str; 3] = ["minipach.yml", ".gitattributes", ".gitmodules"];

/// Datums of a pipeline that a run would look after.
#[derive(Default)]
pub(super) struct ChosenDatums {
    /// Their keys, and those of results that would go.
    pub(super) keys: BTreeSet<String>,
    /// What they are made of.
    pub(super) inputs: Vec<String>,
}

/// Files that pipelines use.
pub(super) struct Needed<'a> {
    project: &'a Project,
    names: BTreeSet<PipelineName>,
    /// What they, and those above them, use now.
    now: Used,
    /// Of pipelines of which only some datums count, these.
    chosen: BTreeMap<PipelineName, ChosenDatums>,
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
        Self::of_chosen(project, plans, names, BTreeMap::new())
    }

    /// The same, where of some pipelines only a few datums count.
    pub(super) fn of_chosen<'n>(
        project: &'a Project,
        plans: &Plans,
        names: impl IntoIterator<Item = &'n PipelineName>,
        chosen: BTreeMap<PipelineName, ChosenDatums>,
    ) -> Self {
        let names = project.graph.with_upstream(names);
        let inputs = |name: &PipelineName| chosen.get(name).map(|chosen| chosen.inputs.clone());
        let mut now = Used::made_of(project, plans, &names, &inputs);
        now.extend(SETTINGS.map(str::to_owned));
        Self { project, names, now, chosen, before: OnceCell::new() }
    }

    /// Whether the change of a file must be committed before their results can be.
    pub(super) fn holds(&self, path: &str, change: FileChange) -> bool {
        let is_gone = change == FileChange::Removed;
        self.now.holds(path) || is_gone && (self.is_in_folder(path) || is_below_any(self.before(), path))
    }

    /// Whether a path lies in the folder of one of them, or of a pipeline that is no more, such as one that was renamed:
    /// results that came along by hand may be gone from there.
    fn is_in_folder(&self, path: &str) -> bool {
        let mut folders = self.names.iter().chain(self.project.former.keys());
        folders.any(|name| is_at_or_below(path, name.as_str()))
    }

    /// Whether some of what they use lies at or below a path.
    fn is_around(&self, path: &str) -> bool {
        self.now.is_around(path)
    }

    fn before(&self) -> &BTreeSet<String> {
        self.before.get_or_init(|| {
            let before =
                |name| used_before(self.project, name, self.chosen.get(name).map(|chosen| &chosen.keys));
            self.names.iter().flat_map(before).collect()
        })
    }
}

/// Code and inputs of a pipeline's results in HEAD, or of those with some keys. What git cannot tell is nothing.
fn used_before(project: &Project, name: &PipelineName, keys: Option<&BTreeSet<String>>) -> Vec<String> {
    let Ok(ledger) = ledger_at(&project.repo, name, project.head) else { return Vec::new() };
    let code = ledger.works().values().filter_map(|fields| fields.get("code")?.as_object());
    let code = code.flat_map(|files| files.keys().cloned());
    let lines = ledger.lines().iter().filter(|line| keys.is_none_or(|keys| keys.contains(&*line.key)));
    let inputs = lines.flat_map(|line| &line.inputs);
    let inputs = inputs.map(|input| input.path.to_string()).filter(|path| !project.is_output(path));
    code.chain(inputs).collect()
}

/// What a path that no datum reads is to pipelines all the same, in a line; none where no pipeline uses it.
pub fn use_of(session: &Session, plans: &Plans, path: &str) -> Option<String> {
    let project = &session.project;
    if SETTINGS.contains(&path) {
        return Some("settings of the project, which its results depend on".into());
    }
    let is_gone = !project.scan.contains(path);
    let mut reading: Vec<&str> = Vec::new();
    let mut using: Vec<&str> = Vec::new();
    for (name, pipeline) in &project.pipelines {
        let is_read = pipeline.input.leaves().iter().any(|leaf| is_at_or_below(path, leaf.repo.as_str()));
        let is_used = || Used::of(project, plans, [name]).holds(path);
        let was_used =
            || is_gone && is_below_any(&used_before(project, name, None).into_iter().collect(), path);
        if is_read && !is_gone {
            reading.push(name.as_str());
        } else if was_used() || !is_gone && is_used() {
            using.push(name.as_str());
        }
    }
    match (using.as_slice(), reading.as_slice()) {
        ([], []) => None,
        ([], reading) => Some(format!("in what {} reads, though no datum takes it", show_some(reading, 3))),
        (using, _) if is_gone => Some(format!("results of {} were made of it", show_some(using, 3))),
        (using, _) => {
            Some(format!("{} uses it: its results wait until this is committed", show_some(using, 3)))
        }
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
    let belonging = meant.is_none().then(|| Belonging::of(project, plans));
    // Without the subdatasets that it tells of, `.gitmodules` would tell of none.
    let tells = choice.files.iter().any(|(path, _)| path == ".gitmodules");
    let is_link = |path: &str| choice.links.contains_key(path) && (tells || needed.is_around(path));
    let was_link =
        |path: &str, change| tells && change == FileChange::Removed && was_subdataset(project, path);
    let is_used = |path: &str, change| {
        needed.holds(path, change)
            || belonging.as_ref().is_some_and(|belonging| belonging.holds(path))
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
