//! Foretelling: what becomes of datums if a commit is taken back or findings are mended, tried out in a replica with the edits that no commit
//! holds laid over it.

use std::collections::BTreeMap;
use std::path::Path;

use crate::check::{mend, write};
use crate::git::Repo;
use crate::model::{DatumState, Fix, show};
use crate::run::{Plans, Project, count};

use super::error::{AppError, ExitCode};
use super::replica::Replica;
use super::session::{Session, in_order};
use super::take_back::{Taking, take_back};
use super::uncommitted::{Wait, Waiting, waiting};

/// What is said where nothing moves.
const UNMOVED: &str = "no datum stands otherwise afterwards";

/// Where each datum of a pipeline stands, by key, or why it cannot be planned.
type States = Result<BTreeMap<Box<str>, DatumState>, String>;

/// All pipelines in the order of the graph, then those that are not sound.
fn states(session: &Session, plans: &Plans) -> Vec<(String, States)> {
    let planned = in_order(&session.project, plans).map(|(name, planned)| {
        let datums = match planned {
            Ok(planned) => {
                Ok(planned.plan.datums.iter().map(|datum| (datum.key.clone(), datum.state)).collect())
            }
            Err(error) => Err(error.to_string()),
        };
        (name.to_string(), datums)
    });
    let unsound = session.project.unsound.iter().map(|(name, why)| (name.clone(), Err(why.sentence())));
    planned.chain(unsound).collect()
}

/// Takes a commit of results of a pipeline back in a replica, and tells what stands otherwise then.
///
/// # Errors
/// When it cannot be tried out: in a sentence.
pub(super) fn foretell(session: &Session, plans: &Plans, found: &Taking) -> Result<Vec<String>, AppError> {
    let repo = &session.project.repo;
    let head = repo.head()?.commit().map(|head| head.to_string()).unwrap_or_default();
    let replica = Replica::at(repo, &head)?;
    replica.lay_subdatasets(repo)?;
    replica.lend_memory(repo)?;
    take_back(&Repo::open(replica.root())?, found)?;
    let edits = lay_over(&replica, &session.project)?;
    let then = Session::open(replica.root())?;
    let known = then.known();
    let plans_then = then.project.plan_all(&known);
    let uncommitted = unlisted(&then.project, &plans_then, &waiting(&session.project, plans));
    let then = states(&then, &plans_then);
    let mut lines = told(&states(session, plans), &then);
    lines.extend(uncommitted);
    if lines.is_empty() {
        lines.push(UNMOVED.into());
    }
    lines.extend(of_pipeline(&then, found.commit.pipeline.as_deref().unwrap_or_default()));
    if edits > 0 {
        lines.push(format!(
            "foretold with {} as they stand, which no commit holds",
            count(edits, "edited file")
        ));
    }
    Ok(lines)
}

/// `then fs: results stand that no ledger has: …`, for each pipeline of which that is not so before.
fn unlisted(project: &Project, plans: &Plans, before: &BTreeMap<String, Waiting>) -> Vec<String> {
    let is_new = |(name, now): &(String, Waiting)| {
        let is_unlisted = |waiting: &Waiting| waiting.wait == Wait::Unlisted;
        is_unlisted(now) && !before.get(name).is_some_and(is_unlisted)
    };
    let told = |(name, _): (String, Waiting)| {
        format!(
            "then {}: no commit records the results that stand; the next run commits them again",
            show(&name)
        )
    };
    waiting(project, plans).into_iter().filter(is_new).map(told).collect()
}

/// What becomes of datums if findings are mended, tried out in a replica: a line each, or one that says that nothing does.
///
/// # Errors
/// When there is no commit to lay out, a file is not as it was when the fixes were shown, or there is no room.
pub fn would_fix(start: &Path, fixes: &[Fix]) -> Result<Vec<String>, AppError> {
    let session = Session::open(start)?;
    let repo = &session.project.repo;
    let Some(head) = repo.head()?.commit().map(|head| head.to_string()) else {
        return Err(AppError::new(ExitCode::Data, "there is no commit yet"));
    };
    let replica = Replica::at(repo, &head)?;
    replica.lay_subdatasets(repo)?;
    replica.lend_memory(repo)?;
    lay_over(&replica, &session.project)?;
    let known = session.known();
    let now = states(&session, &session.project.plan_all(&known));
    write(replica.root(), &mend(replica.root(), fixes)?)?;
    let then = Session::open(replica.root())?;
    let known = then.known();
    let lines = told(&now, &states(&then, &then.project.plan_all(&known)));
    Ok(if lines.is_empty() { vec![UNMOVED.to_owned()] } else { lines })
}

/// Lays what is not committed over a replica of HEAD, so that it stands there as it does here; how many files that is.
fn lay_over(replica: &Replica, project: &Project) -> Result<usize, AppError> {
    let dirty = project.dirty()?;
    let paths: Vec<&str> = dirty.own_paths().chain(dirty.inner_paths()).collect();
    replica.lay_over(project.repo.root(), &paths)?;
    Ok(paths.len())
}

/// `afterwards fs has 3 done, 1 cached`: the pipeline whose results go.
fn of_pipeline(then: &[(String, States)], pipeline: &str) -> Option<String> {
    let (name, states) = then.iter().find(|(name, _)| name == pipeline)?;
    let datums = states.as_ref().ok()?;
    let mut counts: BTreeMap<DatumState, usize> = BTreeMap::new();
    for state in datums.values() {
        *counts.entry(*state).or_default() += 1;
    }
    let counts: Vec<String> = counts
        .into_iter()
        .map(|(state, number)| format!("{number} {}", state.word().replace('_', " ")))
        .collect();
    let counts = if counts.is_empty() { "no datum".into() } else { counts.join(", ") };
    Some(format!("afterwards {} has {counts}", show(name)))
}

/// `then fs: 1 datum cached (sub-13): …`, for each change from or to done, and for what comes, goes or breaks.
fn told(now: &[(String, States)], then: &[(String, States)]) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, after) in then {
        let before = now.iter().find(|(other, _)| other == name).map(|(_, datums)| datums);
        match (before, after) {
            (Some(Err(before)), Err(after)) if before == after => {}
            (_, Err(why)) => lines.push(format!("then {} cannot be planned: {}", show(name), show(why))),
            (before, Ok(after)) => {
                let none = BTreeMap::new();
                let before = before.and_then(|before| before.as_ref().ok()).unwrap_or(&none);
                lines.extend(changes(name, before, after));
            }
        }
    }
    let is_gone = |name: &String| then.iter().all(|(other, _)| other != name);
    let gone = now.iter().filter(|(name, _)| is_gone(name));
    lines.extend(gone.map(|(name, _)| format!("then {} is no pipeline any more", show(name))));
    lines
}

fn changes(
    name: &str,
    before: &BTreeMap<Box<str>, DatumState>,
    after: &BTreeMap<Box<str>, DatumState>,
) -> Vec<String> {
    let mut moved: BTreeMap<DatumState, Vec<&str>> = BTreeMap::new();
    for (key, state) in after {
        let was = before.get(key).copied();
        if was != Some(*state) && (matches!(was, None | Some(DatumState::Done)) || *state == DatumState::Done)
        {
            moved.entry(*state).or_default().push(key);
        }
    }
    let mut lines: Vec<String> =
        moved.into_iter().map(|(state, keys)| line(name, meaning(state, keys.len() > 1), &keys)).collect();
    let gone: Vec<&str> = before.keys().filter(|key| !after.contains_key(*key)).map(|key| &**key).collect();
    if !gone.is_empty() {
        lines.push(line(name, "not there any more, since what it is made of is not", &gone));
    }
    lines
}

const fn meaning(state: DatumState, are_many: bool) -> &'static str {
    match state {
        DatumState::Done if are_many => "done by their earlier results",
        DatumState::Cached if are_many => {
            "not in place any more, but known: a run puts them back without computing"
        }
        DatumState::Stale if are_many => "stale: a run computes them anew",
        DatumState::Blocked if are_many => "wait for what they read",
        DatumState::Done => "done by its earlier result",
        DatumState::Cached => "not in place any more, but known: a run puts it back without computing",
        DatumState::Stale => "stale: a run computes it anew",
        DatumState::Blocked => "waits for what it reads",
        DatumState::Failed => "failed, as before",
        other => other.word(),
    }
}

fn line(name: &str, meaning: &str, keys: &[&str]) -> String {
    let more = if keys.len() > 3 { ", …" } else { "" };
    let named = keys.iter().take(3).map(|key| show(key)).collect::<Vec<_>>().join(", ");
    format!("then {}: {} ({named}{more}) {meaning}", show(name), count(keys.len(), "datum"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, datums: &[(&str, DatumState)]) -> (String, States) {
        (name.to_owned(), Ok(datums.iter().map(|(key, state)| ((*key).into(), *state)).collect()))
    }

    #[test]
    fn what_goes_comes_or_breaks_is_told() {
        let (done, blocked) = (DatumState::Done, DatumState::Blocked);
        let now = [of("fs", &[("a", done), ("b", blocked)]), of("stats", &[("x", done)]), of("old", &[])];
        let broken = ("stats".to_owned(), Err("its glob is broken".to_owned()));
        let lines = told(&now, &[of("fs", &[("a", blocked), ("c", blocked)]), broken.clone()]);
        let text = lines.join("\n");
        assert!(text.contains("fs: 2 datums (a, c) wait for what they read"), "{text}");
        assert!(text.contains("fs: 1 datum (b) not there any more"), "{text}");
        assert!(text.contains("then stats cannot be planned: its glob is broken"), "{text}");
        assert!(text.contains("then old is no pipeline any more"), "{text}");
        let broken = [broken];
        assert!(told(&broken, &broken).is_empty(), "it was so before");
        let after = of_pipeline(&[of("fs", &[("a", done), ("b", done), ("c", blocked)])], "fs");
        assert_eq!(after.as_deref(), Some("afterwards fs has 2 done, 1 blocked"));
    }
}
