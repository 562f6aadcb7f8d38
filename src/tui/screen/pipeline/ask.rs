//! What keys ask for of the datums that are selected or under the cursor: to run, to accept, to explain.

use std::collections::BTreeMap;

use crate::model::{DatumState, show};
use crate::run::{Request, count};
use crate::tui::effect::{Effect, Query, World};
use crate::tui::facts::{Facts, span};
use crate::tui::popup::acts::word as change_word;
use crate::tui::request::request;

use super::rows::Rows;

/// So many of the selected datums are looked at to tell whether an action is off.
const LOOKED_AT: usize = 1000;

/// Asks for a run of what is selected, else of the datum under the cursor; of the whole pipeline only where no datum
/// is there.
pub(super) fn run(rows: &Rows, facts: &Facts, downstream: bool) -> Vec<Effect> {
    let (targets, force) = wanted(rows, facts);
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    let ask = Effect::AskRun(Request { force, downstream, ..request(&targets) });
    std::iter::once(ask).chain(hidden(rows)).collect()
}

/// How many of the selected datums a filter hides.
fn hidden(rows: &Rows) -> Option<Effect> {
    if !rows.is_filtered() || rows.selected.is_empty() {
        return None;
    }
    let is_selected = |row: &&u32| rows.selected.contains(rows.table().key(**row as usize));
    let hidden = rows.selected.len() - rows.shown.iter().filter(is_selected).count();
    let verb = if hidden == 1 { "is" } else { "are" };
    let told = format!("{hidden} of the {} selected {verb} hidden by the filter", rows.selected.len());
    (hidden > 0).then_some(Effect::Note(told))
}

/// Whether a filter hides everything, so that nothing can be meant.
pub(super) fn is_empty(rows: &Rows) -> bool {
    rows.shown.is_empty() && rows.is_filtered() && rows.selected.is_empty()
}

/// The targets of a run, and whether done work is to be done again.
fn wanted(rows: &Rows, facts: &Facts) -> (Vec<String>, bool) {
    let whole = || vec![rows.name.clone()];
    let is_done = |key: &str| state_of(rows, facts, key) == DatumState::Done;
    if !rows.selected.is_empty() {
        let force = rows.selected.iter().all(|key| is_done(key));
        let is_all = rows.selected.len() == rows.table().len();
        let keys = rows.selected.iter().map(|key| target(rows, key));
        return (if is_all { whole() } else { keys.collect() }, force);
    }
    match rows.key() {
        // Of a done datum, only doing it again can be meant.
        Some(key) => (vec![target(rows, key)], is_done(key)),
        None => (whole(), false),
    }
}

/// `PIPELINE:KEY`.
pub(super) fn target(rows: &Rows, key: &str) -> String {
    format!("{}:{key}", rows.name)
}

fn state_of(rows: &Rows, facts: &Facts, key: &str) -> DatumState {
    let place = rows.node.and_then(|at| Some((at, rows.table().row_of(key)?)));
    place.map_or(DatumState::Unknown, |(at, row)| facts.state(at, row))
}

/// Keys that are selected, else the one under the cursor.
fn keys(rows: &Rows) -> impl Iterator<Item = &str> {
    let current = rows.key().filter(|_| rows.selected.is_empty());
    rows.selected.iter().map(String::as_str).chain(current)
}

/// Why nothing can be accepted; `None` if something can.
pub(super) fn not_acceptable(rows: &Rows, facts: &Facts) -> Option<String> {
    let Some(first) = keys(rows).next() else { return Some("there is no datum here".into()) };
    if keys(rows).take(LOOKED_AT).any(|key| is_acceptable(rows, facts, key)) {
        return None;
    }
    if rows.selected.len() > 1 {
        return Some("nothing to accept stands for what is selected".into());
    }
    Some(match state_of(rows, facts, first) {
        DatumState::Done => format!("`{}` is done", show(first)),
        DatumState::Stale | DatumState::Edited | DatumState::Failed => {
            format!("no result stands for `{}`", show(first))
        }
        state => format!(
            "`{}` is {}: only what is stale, edited or failed can be accepted",
            show(first),
            word(state)
        ),
    })
}

fn is_acceptable(rows: &Rows, facts: &Facts, key: &str) -> bool {
    let row = rows.table().row_of(key);
    let stands = row.and_then(|row| rows.table().acceptable.get(row)).copied().unwrap_or(false);
    let state = state_of(rows, facts, key);
    stands && matches!(state, DatumState::Stale | DatumState::Edited | DatumState::Failed)
}

/// Why the datum under the cursor comes from nowhere; `None` where a result of it stands.
pub(super) fn no_result(rows: &Rows, facts: &Facts) -> Option<String> {
    let (at, row) = (rows.node?, rows.current()?);
    let is_without = match facts.state(at, row) {
        DatumState::Done | DatumState::Edited | DatumState::Orphaned => false,
        _ => !rows.table().acceptable.get(row).copied().unwrap_or(false),
    };
    is_without.then(|| no_origin(facts.state(at, row)))
}

/// Why what is in a state comes from nowhere, and what tells more.
pub(in crate::tui) fn no_origin(state: DatumState) -> String {
    let why = match state {
        DatumState::Failed | DatumState::Recovered => {
            "it failed and left no result, so there is nothing to trace; `w` says why it failed"
        }
        DatumState::Blocked => "it waits and has no result yet; `w` says for what",
        DatumState::InTheWay => "what stands there is none of its results; `w` says more",
        _ => "it has no result yet; `r` makes it",
    };
    format!("{why}, and `p` on a file in `3` where that comes from")
}

/// Asks whether what may be accepted is to be.
pub(super) fn accept(rows: &Rows, facts: &Facts) -> Vec<Effect> {
    let good = keys(rows).filter(|key| is_acceptable(rows, facts, key));
    let targets: Vec<String> = good.map(|key| target(rows, key)).collect();
    if targets.is_empty() {
        return Vec::new();
    }
    let ask = Effect::AskAccept(targets);
    std::iter::once(ask).chain(left_out(rows, facts)).chain(hidden(rows)).collect()
}

/// How many of the selected datums cannot be accepted, and why.
fn left_out(rows: &Rows, facts: &Facts) -> Option<Effect> {
    let mut why: BTreeMap<String, usize> = BTreeMap::new();
    for key in rows.selected.iter().filter(|key| !is_acceptable(rows, facts, key)) {
        let told = match state_of(rows, facts, key) {
            DatumState::Stale | DatumState::Edited | DatumState::Failed => "without a result".into(),
            state => word(state),
        };
        *why.entry(told).or_default() += 1;
    }
    let (all, left) = (rows.selected.len(), why.values().sum::<usize>());
    let verb = if left == 1 { "is" } else { "are" };
    let why: Vec<String> = why.into_iter().map(|(why, number)| format!("{number} {why}")).collect();
    let told = format!("{left} of the {all} selected {verb} left out: {}", why.join(", "));
    (left > 0).then_some(Effect::Note(told))
}

/// A state's word for people.
pub(super) fn word(state: DatumState) -> String {
    state.word().replace('_', " ")
}

/// Explains the datum under the cursor, or why there is none; what only its own screen knows is asked for, and told
/// as there.
pub(super) fn explain(rows: &Rows, facts: &Facts) -> Vec<Effect> {
    let (Some(at), Some(row)) = (rows.node, rows.current()) else {
        return vec![Effect::Explain(format!("Why · {}", show(&rows.name)), nothing(rows, facts))];
    };
    let key = rows.table().key(row);
    let state = facts.state(at, row);
    let mut lines = vec![format!("{}:", word(state))];
    for reason in facts.reason(at, row).split("; ") {
        lines.push(show(reason));
        let path = reason.strip_prefix('`').and_then(|rest| rest.strip_suffix("` changed"));
        lines.extend(
            path.into_iter().flat_map(|path| edited_below(facts, path)).map(|line| format!("  {line}")),
        );
    }
    let took = facts.took_one(at, row);
    if took > 0 && state != DatumState::Running {
        lines.push(format!("its last attempt took {}", span(took)));
    }
    lines.push(if facts.is_queued(at, row) {
        format!("it is {}", crate::app::QUEUED)
    } else {
        next_for(facts, at, state)
    });
    let ask = Query::Datum(rows.name.clone(), key.to_owned());
    vec![Effect::Explain(why_title(&rows.name, key), lines), Effect::World(World::Query(ask))]
}

/// The heading of what is said of a datum.
pub(in crate::tui) fn why_title(pipeline: &str, key: &str) -> String {
    format!("Why · {}", show(&format!("{pipeline}:{key}")))
}

/// So many files are named that changed in an input.
const EDITED: usize = 3;

/// The files in an input that are not committed as they are, with what happened to them.
pub(in crate::tui) fn edited_below(facts: &Facts, path: &str) -> Vec<String> {
    let is_below = |file: &str| file != path && crate::model::is_at_or_below(file, path);
    let below = || facts.snapshot.uncommitted.iter().filter(|(file, _)| is_below(file));
    let named = below().take(EDITED).map(|(file, change)| format!("{} {}", change_word(*change), show(file)));
    let more = below().count().saturating_sub(EDITED);
    named.chain((more > 0).then(|| format!("and {} more", count(more, "file")))).collect()
}

/// What a run does next; nothing where the pipeline cannot be planned as its spec is by now.
fn next_for(facts: &Facts, at: usize, state: DatumState) -> String {
    let error = facts.snapshot.nodes.get(at).and_then(|node| node.error.as_deref());
    match error.filter(|_| !facts.is_followed(at)) {
        Some(error) => format!("a run leaves it out until this is mended: {}", show(error)),
        None => next_step(state).into(),
    }
}

const fn next_step(state: DatumState) -> &'static str {
    match state {
        DatumState::Done => "a run does nothing for it",
        DatumState::Cached => "a run places its known result, without running its command",
        DatumState::Running | DatumState::Queued => "a run has it in its hands",
        DatumState::Pending | DatumState::Stale => "a run runs its command",
        DatumState::Failed | DatumState::Recovered => "a run tries it again; `l` shows what its command said",
        DatumState::Blocked => "a run does it once all that it waits for is done",
        DatumState::Edited => "a run leaves it as it is; `a` accepts it, a forced run replaces it",
        DatumState::InTheWay => "a run leaves it as it is; move the file out of its way",
        DatumState::Orphaned => "a run removes its result",
        DatumState::Unknown => "nobody can say what a run would do",
    }
}

/// Why no row is shown, line by line.
pub(super) fn nothing(rows: &Rows, facts: &Facts) -> Vec<String> {
    let Some(node) = rows.pipeline(facts) else {
        let gone = format!("`{}` is no pipeline of this project any more", show(&rows.name));
        return vec![if facts.is_loading { "reading the project …".into() } else { gone }];
    };
    if !rows.table().is_empty() {
        let all = count(rows.table().len(), "datum");
        let asked = &rows.asked;
        if asked.is_failed_only && asked.range.is_none() && asked.filter.trim().is_empty() {
            return vec![format!("{all}, none of which is failed; f or Esc shows all again")];
        }
        return vec![format!("{all}, none of which matches the filter; Esc shows all again")];
    }
    let mut lines: Vec<String> = node.error.iter().map(|error| show(error)).collect();
    lines.extend(node.causes.iter().map(|cause| show(&cause.sentence)));
    if node.alone > 0 {
        lines.push(format!("{} found no partner", count(node.alone, "input")));
    }
    if lines.is_empty() {
        let more = if node.is_lower_bound { "so far " } else { "" };
        lines.push(format!("no datums: {more}nothing matches its inputs"));
    }
    lines
}
