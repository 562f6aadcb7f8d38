//! Why a pipeline is in its state: what failed by name, what else is not done, and what to do.

use crate::app::{Fault, Node, Overall, Wait};
use crate::model::{DatumState, show};
use crate::plan::Reason;
use crate::run::count;
use crate::tui::action::Action;
use crate::tui::effect::{Effect, LogSource};
use crate::tui::facts::Facts;
use crate::tui::screen::jobs::groups::{DIFFERENT, Group, groups_in};
use crate::tui::theme::Role;
use crate::tui::thought::QUICK;

use super::unsound::of_unsound;

/// So many datums of a group are named.
const NAMED: usize = 8;

/// What is to be said about a node.
pub(super) fn explain(facts: &Facts, at: usize, node: &Node) -> Effect {
    let title = format!("Why · {}", show(&node.name));
    let lines = if node.is_pipeline() { of_pipeline(facts, at, node) } else { of_data(facts, at, node) };
    Effect::Explain(title, lines)
}

fn of_data(facts: &Facts, at: usize, node: &Node) -> Vec<String> {
    let readers: Vec<String> =
        facts.snapshot.readers(at).map(|at| show(&facts.snapshot.nodes[at].name)).collect();
    let read =
        if readers.is_empty() { "nobody reads it".into() } else { format!("read by {}", readers.join(", ")) };
    let files = count(node.files.unwrap_or(0), "file");
    vec![format!("{files}, data that minipach never writes"), read]
}

fn of_pipeline(facts: &Facts, at: usize, node: &Node) -> Vec<String> {
    let counts = facts.counts(at);
    if node.error.is_some() {
        return of_unsound(facts, at, node);
    }
    let mut lines: Vec<String> = by_hand_of(facts, at).collect();
    let all = counts.get(DatumState::Failed);
    lines.extend((all > QUICK).then(|| format!("{all} datums failed; of the first {QUICK}:")));
    lines.extend(groups_in(facts, at, QUICK).iter().map(failed));
    // What failed or was edited is told by name above.
    let is_told = |reason: &Reason| matches!(reason, Reason::Failed { .. } | Reason::Edited);
    let causes = node.causes.iter().filter(|cause| !is_told(&cause.reason));
    lines.extend(causes.map(|cause| match cause.datums {
        // Which datums it has is not known yet.
        0 => show(&cause.sentence),
        datums => format!("{}: {}", count(datums, "datum"), show(&cause.sentence)),
    }));
    let orphaned = counts.get(DatumState::Orphaned);
    if orphaned > 0 {
        let what = count(orphaned, "result");
        lines
            .push(format!("{what} of inputs that are not there any more: a run removes what stands of them"));
    }
    if lines.is_empty() {
        lines.push(at_rest(facts, at));
    }
    if node.alone > 0 {
        lines.push(format!("{} of its inputs found no partner", node.alone));
    }
    lines.extend(step_after(facts, at));
    lines
}

/// What there is to say of a pipeline where nothing waits for anybody.
fn at_rest(facts: &Facts, at: usize) -> String {
    let (counts, is_again) = (facts.counts(at), facts.is_made_again(at));
    let running = counts.get(DatumState::Running);
    if running > 0 || is_again {
        let again = if is_again { ", and makes what is done again" } else { "" };
        return format!("a run is at it: {} running{again}", count(running, "datum"));
    }
    if DatumState::ALL.into_iter().all(|state| counts.get(state) == 0) {
        return "it has no datums: nothing matches its inputs, so a run would do nothing".into();
    }
    let stand = "all its work is known, and its files stand unmodified";
    match facts.held(at) {
        Some(held) if matches!(held.wait, Wait::Behind | Wait::Damaged) => format!("{stand}; {}", held.why),
        Some(held) if held.is_ready => format!("{stand}; no commit records them: a run commits them"),
        Some(held) => format!("{stand}; they are not committed: {}", show(&held.why)),
        None => format!("{stand}: a run would do nothing"),
    }
}

/// What to do about a pipeline that can be planned.
fn step_after(facts: &Facts, at: usize) -> Option<String> {
    let counts = facts.counts(at);
    if counts.get(DatumState::Failed) > 0 {
        let told = "next: Esc, then `l` shows what it said, Enter lists the datums; mend the cause, then `r`";
        return Some(told.into());
    }
    if facts.is_live || facts.is_past {
        return None;
    }
    let is_open = DatumState::ALL.into_iter().any(|state| state.is_work() && counts.get(state) > 0);
    if !is_open && facts.would_commit(at) && facts.snapshot.unsettled.is_none() {
        return Some("next: Esc, then `r` shows what a run would commit, and `y` there starts it".into());
    }
    if !is_open {
        return after_others(facts, at);
    }
    if let Some(unsettled) = &facts.snapshot.unsettled {
        return Some(format!("next: {}", show(unsettled)));
    }
    Some(if cannot_run(facts, at).is_some() {
        "next: install what is missing, or Esc and `e` to mend the spec; then `r`".into()
    } else {
        "next: Esc, then `r` shows what a run would do, and `y` there starts it".into()
    })
}

/// That what a pipeline reads is to be made first, which may change what is done here.
fn after_others(facts: &Facts, at: usize) -> Option<String> {
    let above = facts.open_upstream(at);
    let first = *above.first()?;
    let failed = above.iter().find_map(|name| Some((*name, worst(facts, facts.snapshot.position(name)?)?)));
    if let Some((name, why)) = failed {
        let name = show(name);
        return Some(format!("next: mend what failed in `{name}` ({why}); then `R` on `{name}` runs both"));
    }
    let first = show(first);
    Some(format!(
        "next: `{first}` is not done, and once it is, this may be made anew; `R` on `{first}` runs both"
    ))
}

/// `sub-13 failed: exit code 1: cut off`; of several that failed alike, the first by name.
fn failed(group: &Group) -> String {
    let exit = group.exit.map(|code| format!("exit code {code}"));
    let words = (!group.message.is_empty()).then(|| show(&group.message));
    let how: Vec<String> = exit.into_iter().chain(words).collect();
    let how = if how.is_empty() { "it said nothing".to_owned() } else { how.join(": ") };
    let keys: Vec<&str> = group.datums.iter().map(|(_, key)| key.as_str()).collect();
    match keys.as_slice() {
        [one] => format!("`{}` failed: {how}", show(one)),
        many => {
            let alike = if group.message == DIFFERENT { "" } else { " alike" };
            format!("{} failed{alike} ({}): {how}", count(many.len(), "datum"), named(many))
        }
    }
}

/// The log that tells most of a pipeline: of a command that runs, else of the first datum that failed.
pub(super) fn telling(facts: &Facts, at: usize) -> Option<LogSource> {
    let node = facts.snapshot.nodes.get(at).filter(|node| node.error.is_none())?;
    let mut hands = facts.run.running.iter().filter(|_| facts.is_live);
    if let Some(((_, key), hand)) = hands.find(|((pipeline, _), _)| *pipeline == node.name) {
        return Some(LogSource::one(&node.name, key, hand.log.clone()));
    }
    let row = facts.states(at).iter().position(|state| *state == DatumState::Failed)?;
    Some(LogSource::one(&node.name, node.table.key(row), None))
}

/// What failed, by the name of the first, with what it said; `None` if nothing did.
pub(super) fn worst(facts: &Facts, at: usize) -> Option<String> {
    let first = groups_in(facts, at, 1).into_iter().next()?;
    let more = facts.counts(at).get(DatumState::Failed).saturating_sub(1);
    let more = if more > 0 { format!("; {more} more failed") } else { String::new() };
    Some(format!("{}{more}", failed(&first)))
}

/// What people did to results, a sentence for each way.
fn by_hand_of(facts: &Facts, at: usize) -> impl Iterator<Item = String> + '_ {
    [(DatumState::Edited, "edited by hand"), (DatumState::InTheWay, "with a file in the way")]
        .into_iter()
        .filter_map(move |(state, what)| by_hand(facts, at, state, what))
}

fn by_hand(facts: &Facts, at: usize, wanted: DatumState, what: &str) -> Option<String> {
    let node = facts.snapshot.nodes.get(at)?;
    let rows = facts.states(at).iter().enumerate().filter(|(_, state)| **state == wanted);
    let keys: Vec<&str> = rows.map(|(row, _)| node.table.key(row)).collect();
    let does = if keys.len() == 1 { "a run leaves it as it is" } else { "a run leaves them as they are" };
    (!keys.is_empty()).then(|| format!("{} {what} ({}): {does}", count(keys.len(), "datum"), named(&keys)))
}

/// The first names, and how many more there are.
fn named(keys: &[&str]) -> String {
    let names: Vec<String> = keys.iter().take(NAMED).map(|key| show(key)).collect();
    let more = keys.len() - names.len();
    if more > 0 { format!("{} and {more} more", names.join(", ")) } else { names.join(", ") }
}

/// Why its command cannot run on this machine, if that is seen.
fn cannot_run(facts: &Facts, at: usize) -> Option<String> {
    let causes = &facts.snapshot.nodes.get(at)?.causes;
    let found = causes.iter().find(|cause| matches!(cause.reason, Reason::CannotRun { .. }))?;
    Some(show(&found.reason.sentence()))
}

fn is_emptied(node: &Node) -> bool {
    node.causes.iter().any(|cause| matches!(cause.reason, Reason::Emptied { .. }))
}

/// Why a node is in its state, most pressing first, as its state is told.
pub(super) fn pressing(facts: &Facts, at: usize, node: &Node) -> Vec<(String, Role)> {
    let by_hand = by_hand_of(facts, at).map(|text| (text, Role::Warn));
    let mut found: Vec<(String, Role)> = by_hand.collect();
    found.extend(worst(facts, at).map(|why| (why, Role::Bad)));
    if found.is_empty() {
        found.extend(node.causes.first().map(|cause| (show(&cause.sentence), Role::Warn)));
    }
    found
}

/// That the last run ended without finishing, as long as something is left of it.
pub(super) fn cut_off(facts: &Facts) -> Option<String> {
    let run = &facts.run;
    let is_over = !facts.is_live && !facts.is_past && !run.run.is_empty();
    let how = match (&run.error, run.ended) {
        (Some(error), _) => format!("broke off ({})", show(error)),
        (None, None) => "was killed".to_owned(),
        (None, Some(_)) => return None,
    };
    let totals = facts.totals();
    let is_open = DatumState::ALL.into_iter().any(|state| state.is_work() && totals.get(state) > 0);
    (is_over && is_open).then(|| format!("the last run {how}; `r` runs what is left"))
}

/// What is to be done about a node, in a few words, and the action that leads on.
pub(super) fn next(facts: &Facts, at: usize) -> Option<(String, Action)> {
    let counts = facts.counts(at);
    let failed = counts.get(DatumState::Failed);
    let some = |state: DatumState| count(counts.get(state), "datum");
    Some(match facts.node_state(at) {
        Overall::Broken => match facts.snapshot.nodes[at].fault {
            fault @ Fault::Project => (fault.sentence().into(), Action::Why),
            fault => (fault.sentence().into(), Action::Edit),
        },
        Overall::LeftOut => ("it needs one whose spec has errors".into(), Action::Why),
        Overall::Datum(state @ (DatumState::Edited | DatumState::InTheWay)) => {
            (touched(state, &some(state), failed), Action::Why)
        }
        _ if failed > 0 => (worst(facts, at).unwrap_or_default(), Action::Why),
        Overall::Datum(DatumState::Pending | DatumState::Stale) if cannot_run(facts, at).is_some() => {
            (cannot_run(facts, at).unwrap_or_default(), Action::Why)
        }
        Overall::Datum(DatumState::Blocked) if is_emptied(&facts.snapshot.nodes[at]) => {
            ("its globs make no datum any more; its results stay".into(), Action::Why)
        }
        Overall::Datum(DatumState::Blocked) => ("it waits for what it reads".into(), Action::Why),
        Overall::Datum(DatumState::Done) if !facts.is_live && facts.would_commit(at) => {
            ("no commit records its results: a run commits them".into(), Action::Rerun)
        }
        Overall::Datum(DatumState::Done | DatumState::Running | DatumState::Unknown) | Overall::Input => {
            return None;
        }
        Overall::Datum(DatumState::Cached) if !facts.is_live => {
            let known = some(DatumState::Cached);
            (format!("{known} known but not in place: a run puts that back without computing"), Action::Rerun)
        }
        Overall::Datum(_) => {
            let work = DatumState::ALL.into_iter().filter(|state| state.is_work());
            let work: usize = work.map(|state| counts.get(state)).sum();
            (
                format!("{} not done", count(work, "datum")),
                if facts.is_live { Action::Why } else { Action::Rerun },
            )
        }
    })
}

/// What people did to results, and how many datums failed besides.
fn touched(state: DatumState, many: &str, failed: usize) -> String {
    let more = if failed > 0 { format!("; {} failed", count(failed, "datum")) } else { String::new() };
    match state {
        DatumState::Edited => format!("{many} edited by hand{more}"),
        _ => format!("a file stands in the way of {many}{more}"),
    }
}

#[cfg(test)]
mod tests;
