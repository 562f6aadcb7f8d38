//! Compares a project at two moments, datum by datum.

use std::collections::BTreeMap;
use std::path::Path;

use crate::model::{DatumId, DatumState, Entry, PipelineName};
use crate::plan::{MadeOf, changes};
use crate::run::{Known, Planned, Plans};

use super::comparison::{Change, Comparison, DatumChange, PipelineChange, RepoChange, Then};
use super::error::AppError;
use super::graph::edges;
use super::moment::Moment;
use super::session::Session;

/// Compares a project as a commit has it with another commit, or with what stands now.
///
/// # Errors
/// When there is no usable project or no such commit, or no room to lay one out.
pub fn compare(dir: &Path, from: &str, to: Option<&str>) -> Result<Comparison, AppError> {
    let (before, after) = (Moment::open(dir, Some(from))?, Moment::open(dir, to)?);
    let (known, known_after) = (before.session.known(), after.session.known());
    let one = Side::new(&before.session, &known);
    let other = Side::new(&after.session, &known_after);
    Ok(Comparison {
        version: 1,
        from: Then::of(before.commit.as_ref()),
        to: Then::of(after.commit.as_ref()),
        repos: repos(&before.session, &after.session),
        pipelines: pipelines(&one, &other),
    })
}

/// A project at one moment, planned.
struct Side<'a> {
    session: &'a Session,
    plans: Plans,
}

/// A datum of one side.
struct Row<'a> {
    number: Option<usize>,
    state: DatumState,
    planned: &'a Planned,
}

impl<'a> Side<'a> {
    fn new(session: &'a Session, known: &Known<'_>) -> Self {
        Self { session, plans: session.project.plan_all(known) }
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.session.project.names()
    }

    /// The plan of a pipeline; nothing where it has none, with the reason if it is there at all.
    fn planned(&self, name: &str) -> Result<Option<&Planned>, String> {
        if let Some(unsound) = self.session.project.unsound.get(name) {
            return Err(unsound.sentence());
        }
        match PipelineName::parse(name).ok().and_then(|name| self.plans.by_name.get(&name)) {
            None => Ok(None),
            Some(Ok(planned)) => Ok(Some(planned)),
            Some(Err(error)) => Err(self.session.why_not(error)),
        }
    }

    /// Whether a subdataset is not here that a pipeline reads.
    fn is_unknown(&self, name: &str) -> bool {
        let name = PipelineName::parse(name).ok();
        let planned =
            name.and_then(|name| self.plans.by_name.get(&name)).map(|planned| planned.as_ref().err());
        planned.flatten().is_some_and(|error| error.absent_subdataset().is_some())
    }

    /// The spec in effect.
    fn spec(&self, name: &str) -> Option<String> {
        let name = PipelineName::parse(name).ok()?;
        Some(self.session.project.loaded.get(&name)?.effective.to_string())
    }

    /// Its datums and what is left over, by key.
    fn rows<'b>(planned: &'b Planned, session: &'b Session) -> BTreeMap<&'b str, Row<'b>> {
        let lines = session.project.ledger(&planned.pipeline.name).lines();
        let left = planned.plan.leftovers.iter().map(|left| {
            let row = Row { number: None, state: left.state, planned };
            (&*lines[left.line as usize].key, row)
        });
        let datums = planned.plan.datums.iter().enumerate();
        let datums =
            datums.map(|(at, datum)| (&*datum.key, Row { number: Some(at), state: datum.state, planned }));
        left.chain(datums).collect()
    }
}

impl Row<'_> {
    fn id(&self) -> Option<DatumId> {
        Some(self.planned.plan.datums[self.number?].id)
    }

    /// What its result is, if it is done.
    fn result(&self, session: &Session) -> Option<Vec<(String, String)>> {
        let datum = &self.planned.plan.datums[self.number?];
        let ledger = session.project.ledger(&self.planned.pipeline.name);
        let line = datum.line.filter(|_| datum.state == DatumState::Done)?;
        let outputs = ledger.lines()[line as usize].outputs.iter();
        Some(outputs.map(|output| (output.path.to_string(), output.content.to_string())).collect())
    }

    fn made_of(&self) -> Option<MadeOf<'_>> {
        let planned = self.planned;
        Some(MadeOf::datum(&planned.plan, &planned.pipeline, self.number?, &planned.fields))
    }
}

/// Raw repos that differ, by name.
fn repos(before: &Session, after: &Session) -> Vec<RepoChange> {
    let mut names = edges(&before.project).raw;
    names.extend(edges(&after.project).raw);
    let change = |name: &String| {
        let files = |session: &'_ Session| session.project.tree.below(name);
        files_differ(name, files(before).entries(), files(after).entries())
    };
    names.iter().filter_map(change).collect()
}

/// Counts what differs between two listings; none where they are the same.
fn files_differ(name: &str, before: &[Entry], after: &[Entry]) -> Option<RepoChange> {
    let old: BTreeMap<&str, &Entry> = before.iter().map(|entry| (&*entry.path, entry)).collect();
    let mut change = RepoChange { name: name.to_owned(), came: 0, went: old.len(), changed: 0 };
    for entry in after {
        match old.get(&*entry.path) {
            None => change.came += 1,
            Some(was) => {
                change.went -= 1;
                change.changed += usize::from((&was.kind, &was.content) != (&entry.kind, &entry.content));
            }
        }
    }
    (change.came + change.went + change.changed > 0).then_some(change)
}

/// Pipelines that differ, in order of the second moment's graph, those that went last.
fn pipelines(before: &Side<'_>, after: &Side<'_>) -> Vec<PipelineChange> {
    let is_there = |side: &Side<'_>, name: &str| side.names().any(|other| other == name);
    let order = after.session.project.graph.order().iter().map(PipelineName::as_str);
    let rest = after.names().filter(|name| !order.clone().any(|other| other == *name));
    let gone = before.names().filter(|name| !is_there(after, name));
    let names: Vec<&str> = order.clone().chain(rest).chain(gone).collect();
    let change = |name: &str| match (is_there(before, name), is_there(after, name)) {
        (true, true) => Change::Changed,
        (false, _) => Change::Came,
        (_, false) => Change::Went,
    };
    names.into_iter().filter_map(|name| pipeline(name, change(name), before, after)).collect()
}

fn pipeline(name: &str, change: Change, before: &Side<'_>, after: &Side<'_>) -> Option<PipelineChange> {
    let is_other_spec = change == Change::Changed && before.spec(name) != after.spec(name);
    let is_unknown = [before, after].iter().any(|side| side.is_unknown(name));
    let (datums, error) = match (before.planned(name), after.planned(name)) {
        (Ok(old), Ok(new)) => (datums((old, before.session), (new, after.session)), None),
        // The same trouble at both moments is no difference, but where nobody can tell.
        (Err(old), Err(new)) if old == new && !is_unknown => (Vec::new(), None),
        (_, Err(error)) | (Err(error), _) => (Vec::new(), Some(error)),
    };
    let is_alike = change == Change::Changed && !is_other_spec && error.is_none() && datums.is_empty();
    let name = name.to_owned();
    (!is_alike).then_some(PipelineChange { name, change, is_other_spec, error, datums })
}

/// A pipeline's plan at a moment, if it has one there.
type At<'a> = (Option<&'a Planned>, &'a Session);

fn datums((old, before): At<'_>, (new, after): At<'_>) -> Vec<DatumChange> {
    let olds = old.map(|old| Side::rows(old, before)).unwrap_or_default();
    let news = new.map(|new| Side::rows(new, after)).unwrap_or_default();
    let mut found = Vec::new();
    for (key, row) in &news {
        let old = olds.get(key);
        found.extend(datum(key, old.map(|old| (old, before)), Some((row, after))));
    }
    for (key, row) in olds.iter().filter(|(key, _)| !news.contains_key(*key)) {
        found.extend(datum(key, Some((row, before)), None));
    }
    found.sort_by(|a, b| a.key.cmp(&b.key));
    found
}

/// How one datum differs, if it does.
fn datum(
    key: &str,
    old: Option<(&Row<'_>, &Session)>,
    new: Option<(&Row<'_>, &Session)>,
) -> Option<DatumChange> {
    let state = |side: Option<(&Row<'_>, &Session)>| side.map(|(row, _)| row.state);
    let result = |side: Option<(&Row<'_>, &Session)>| side.and_then(|(row, session)| row.result(session));
    let change = match (old, new) {
        (None, _) => Change::Came,
        (_, None) => Change::Went,
        _ => Change::Changed,
    };
    let is_same_result = result(old).zip(result(new)).map(|(old, new)| old == new);
    let (before, after) = (state(old), state(new));
    let is_made_alike = match (old, new) {
        (Some((old, _)), Some((new, _))) => old.id() == new.id(),
        _ => true,
    };
    if change == Change::Changed && is_made_alike && before == after && is_same_result != Some(false) {
        return None;
    }
    let why = match (old.and_then(|(row, _)| row.made_of()), new.and_then(|(row, _)| row.made_of())) {
        (Some(old), Some(new)) if !is_made_alike => changes(&old, &new),
        _ => Vec::new(),
    };
    Some(DatumChange { key: key.to_owned(), change, before, after, is_same_result, why })
}
