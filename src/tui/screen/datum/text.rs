//! What stands in the panes of a datum, line by line.

use unicode_width::UnicodeWidthStr as _;

use crate::app::{DatumView, QUEUED, ToldLine, UNCHANGED};
use crate::model::{DatumState, Place, show, show_short};
use crate::plan::Reason;
use crate::run::{Annexed, count};
use crate::tui::facts::{Facts, span};
use crate::tui::popup::wrap_hanging;
use crate::tui::screen::log::last_rows;
use crate::tui::screen::pipeline::edited_below;
use crate::tui::sign::Sign;
use crate::tui::theme::Role;
use crate::tui::words::moment;

use super::attempts::{Attempt, RUNNING};
use super::{Datum, Known, Pane};

/// A line of a pane: text, and what stands at its right end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) text: String,
    pub(super) right: String,
    pub(super) role: Role,
}

fn line(text: impl AsRef<str>, role: Role) -> Line {
    Line { text: show(text.as_ref()), right: String::new(), role }
}

/// The lines of a pane that is so many columns wide.
pub(super) fn lines(datum: &Datum, facts: &Facts, pane: Pane, columns: usize) -> Vec<Line> {
    let view = match &datum.answer {
        Known::Asked if pane == Pane::Why => return before(datum, facts, columns),
        Known::Asked => return vec![line("reading …", Role::Dim)],
        Known::Gone => return vec![line("there is no such datum any more", Role::Warn)],
        Known::Here(view) => view,
    };
    match pane {
        Pane::Why => folded(why(datum, facts, view), columns),
        Pane::Inputs => inputs(view),
        Pane::Outputs => outputs(view),
        Pane::Timing => folded(timing(datum, facts), columns),
        Pane::Provenance => folded(origin(datum, view), columns),
        Pane::Log => log(datum, facts, columns),
    }
}

/// What is known before the answer comes.
fn before(datum: &Datum, facts: &Facts, columns: usize) -> Vec<Line> {
    let told = datum.at(facts).map(|(node, row)| facts.reason(node, row)).unwrap_or_default();
    folded(vec![line(told, Role::Plain), line("reading the rest …", Role::Dim)], columns)
}

/// Long lines in several, those after the first set in.
fn folded(lines: Vec<Line>, columns: usize) -> Vec<Line> {
    let fold = |line: Line| {
        if line.text.width() <= columns {
            return vec![line];
        }
        wrap_hanging(&line.text, columns).into_iter().map(|text| Line { text, ..line.clone() }).collect()
    };
    lines.into_iter().flat_map(fold).collect()
}

/// Why it is in its state, what to do, and what hangs on it.
pub(super) fn why(datum: &Datum, facts: &Facts, view: &DatumView) -> Vec<Line> {
    let state = datum.state(facts);
    let mut lines = Vec::new();
    if state == view.state {
        for reason in &view.reasons {
            lines.extend(because(reason));
            lines.extend(edited(facts, reason));
        }
    } else if let Some((node, row)) = datum.at(facts) {
        lines.push(line(facts.reason(node, row), Role::Plain));
    }
    if state == view.state {
        lines.extend(
            view.blamed.iter().map(|path| line(format!("that names {path}: look there first"), Role::Warn)),
        );
    }
    if view.is_unchanged() && state == view.state {
        lines.push(line(UNCHANGED, Role::Dim));
    }
    if !view.twins.is_empty() {
        lines.push(line(format!("the same work as {}", view.twins.join(", ")), Role::Plain));
    }
    if !facts.is_past {
        let is_again = datum.at(facts).is_some_and(|(node, _)| facts.is_made_again(node));
        let told = match state {
            DatumState::Done if is_again => "wait: the run that goes on makes what is done here again".into(),
            _ if datum.at(facts).is_some_and(|(node, row)| facts.is_queued(node, row)) => {
                format!("wait: it is {QUEUED}")
            }
            _ => next(state, view, &above(datum, facts)),
        };
        lines.push(line(format!("next: {told}"), Role::Focus));
    }
    lines.push(downstream(datum, facts));
    lines
}

/// The same over the screen, where its keys mean nothing before Esc.
pub(super) fn told_over(lines: Vec<Line>) -> Vec<String> {
    let is_key = |word: &str| word.chars().count() == 1;
    let names_key = |text: &str| text.split('`').skip(1).step_by(2).any(is_key);
    let told = |line: Line| match line.text.strip_prefix("next: ") {
        Some(rest) if names_key(rest) => format!("next, after Esc: {rest}"),
        _ => line.text,
    };
    lines.into_iter().map(told).collect()
}

/// Of an input that changed, the files in it that are not committed as they are.
fn edited(facts: &Facts, reason: &Reason) -> Vec<Line> {
    let Reason::Input { path, .. } = reason else { return Vec::new() };
    edited_below(facts, path).into_iter().map(|text| line(format!("  {text}"), Role::Warn)).collect()
}

fn because(reason: &Reason) -> Vec<Line> {
    let role = match reason {
        Reason::Current | Reason::Accepted => Role::Good,
        Reason::Failed { .. }
        | Reason::Edited
        | Reason::Recorded { .. }
        | Reason::Stray { .. }
        | Reason::InTheWay { .. }
        | Reason::CannotRun { .. }
        | Reason::Refused { .. }
        | Reason::Taken { .. }
        | Reason::Lost => Role::Bad,
        Reason::Upstream { .. } | Reason::Partial { .. } => Role::Blocked,
        Reason::New | Reason::EveryJob | Reason::Missing => Role::Plain,
        _ => Role::Warn,
    };
    let values = reason.values().filter(|(old, new)| old != "-" || new != "-");
    let values = values.map(|(old, new)| line(format!("  {} → {}", short(&old), short(&new)), Role::Dim));
    std::iter::once(line(reason.sentence(), role)).chain(values).collect()
}

/// A content id or value in few letters.
pub(super) fn short(content: &str) -> String {
    let start = |text: &str| text.chars().take(10).collect::<String>();
    match content.split_once(':') {
        Some((kind @ ("git" | "dir"), digits)) => format!("{kind}:{}", start(digits)),
        Some(("annex", key)) => match key.split_once("--") {
            Some((kind, digest)) => format!("{}:{}", kind.split('-').next().unwrap_or(kind), start(digest)),
            None => start(key),
        },
        _ => show_short(content, 200),
    }
}

/// Pipelines that it reads, directly or not, and that are not done.
pub(super) fn above<'a>(datum: &Datum, facts: &'a Facts) -> Vec<&'a str> {
    facts.snapshot.position(&datum.pipeline).map(|at| facts.open_upstream(at)).unwrap_or_default()
}

/// What to do about a datum; `above` is what it reads and is not done.
pub(super) fn next(state: DatumState, view: &DatumView, above: &[&str]) -> String {
    let or_accept = |step: &str| {
        let accept = if view.is_acceptable { "; or `a` if what stands is still good" } else { "" };
        format!("{step}{accept}")
    };
    if view.reasons.iter().any(|reason| matches!(reason, Reason::CannotRun { .. })) {
        return "install what is missing here, or mend the spec (`e`); then `r`".into();
    }
    if view.reasons.iter().any(|reason| matches!(reason, Reason::Refused { .. })) {
        return "change that rule; then `r`".into();
    }
    match state {
        DatumState::Running => "wait, or `l` to see what it says".into(),
        DatumState::Failed | DatumState::Recovered => or_accept(if view.blamed.is_empty() {
            "read its log (`l`); mend the data, or the command (`e` spec); then `r`"
        } else {
            "mend that file, or the command (`e` spec), then `r`; `l` is its log"
        }),
        DatumState::Edited if view.is_acceptable => {
            "`a` keeps the edit; without the file, `r` puts the result back, or makes it anew".into()
        }
        DatumState::Edited => "move the files out of the way, then `r`".into(),
        DatumState::InTheWay => or_accept("move the file away, then `r`"),
        DatumState::Stale | DatumState::Pending => or_accept("`r` runs it"),
        DatumState::Cached => "`r` puts its result in place without running it".into(),
        DatumState::Orphaned => "a run of the pipeline removes its files".into(),
        DatumState::Blocked if view.reasons.iter().any(|why| matches!(why, Reason::Emptied { .. })) => {
            "mend the spec (`e`); `minipach run --force` of the pipeline removes what stands".into()
        }
        DatumState::Blocked => "run what it waits for; `r` does both".into(),
        DatumState::Done => match above.first() {
            Some(first) => format!("`{}` is not done, and once it is, this may be made anew", show(first)),
            None => "nothing; `r` would run it all the same".into(),
        },
        DatumState::Queued | DatumState::Unknown => "wait".into(),
    }
}

fn downstream(datum: &Datum, facts: &Facts) -> Line {
    let below = facts.snapshot.position(&datum.pipeline).map(|at| facts.snapshot.downstream(at));
    let below = below.unwrap_or_default();
    if below.is_empty() {
        return line("no pipeline reads it", Role::Dim);
    }
    let names: Vec<&str> = below.iter().take(6).map(|at| facts.snapshot.nodes[*at].name.as_str()).collect();
    let more = if below.len() > names.len() { ", …" } else { "" };
    line(format!("{} downstream: {}{more}", count(below.len(), "pipeline"), names.join(", ")), Role::Dim)
}

fn inputs(view: &DatumView) -> Vec<Line> {
    let mut lines: Vec<Line> = view
        .inputs
        .iter()
        .enumerate()
        .map(|(at, input)| {
            let content = input.content.as_ref().map_or("by name only".to_owned(), ToString::to_string);
            let text = format!("{} = {}", show(&input.name), show(&input.path));
            let (here, role) = here(view.annexed.get(at).copied().unwrap_or_default());
            Line { text, right: format!("{here}{}", short(&content)), role }
        })
        .collect();
    if !view.command.is_empty() {
        lines.push(line(format!("command {}", view.command), Role::Plain));
    }
    lines.extend(view.code.iter().map(|path| line(format!("code {path}"), Role::Plain)));
    if !view.id.is_empty() {
        lines.push(line(
            format!("work {} = all of these", short(&format!("dir:{}", view.id)).replace("dir:", "")),
            Role::Dim,
        ));
    }
    lines
}

/// Whether what the annex keeps of an input is here, before its id; nothing where git itself has it.
fn here(annexed: Annexed) -> (String, Role) {
    match annexed {
        Annexed { files: 0, .. } => (String::new(), Role::Plain),
        Annexed { absent: 0, .. } => ("here  ".into(), Role::Plain),
        Annexed { files: 1, .. } => ("not here  ".into(), Role::Warn),
        Annexed { files, absent } => (format!("{absent} of {files} not here  "), Role::Warn),
    }
}

fn outputs(view: &DatumView) -> Vec<Line> {
    let mut lines: Vec<Line> = view
        .outputs
        .iter()
        .map(|(path, content)| Line { text: show(path), right: short(content), role: Role::Plain })
        .collect();
    if view.is_accepted {
        lines.push(line("accepted by hand: no command made it", Role::Warn));
    }
    if let Some(words) = view.place.and_then(Place::words).filter(|_| !lines.is_empty()) {
        lines.push(line(format!("made {words}"), Role::Dim));
    }
    if lines.is_empty() {
        let why = match view.state {
            DatumState::Done if view.command.is_empty() => "a match: it places no files of its own",
            DatumState::Done => "its command wrote nothing to /pfs/out",
            DatumState::Running => "none yet: results are placed when the command has ended well",
            DatumState::Cached => "none stands here: its result is known, and a run puts it in place",
            _ => "none: it has no result yet",
        };
        lines.push(line(why, Role::Dim));
    }
    lines
}

/// Where the result comes from, step by step back.
fn origin(datum: &Datum, view: &DatumView) -> Vec<Line> {
    match &datum.origin {
        _ if view.outputs.is_empty() => {
            vec![line("it has no result that could come from anywhere", Role::Dim)]
        }
        None => vec![line("reading the past …", Role::Dim)],
        Some(Err(why)) => vec![line(why, Role::Warn)],
        Some(Ok(traced)) => traced.lines.iter().map(hop).collect(),
    }
}

/// One step back, as far in as it is far away.
fn hop(told: &ToldLine) -> Line {
    let indent = " ".repeat(2 * told.depth.min(10));
    let text = [&told.names, &told.how, &told.commit, &told.rest].map(|part| part.trim());
    let text: Vec<&str> = text.into_iter().filter(|part| !part.is_empty()).collect();
    let role = if told.is_command() { Role::Dim } else { Role::Plain };
    line(format!("{indent}{}", text.join(" ")), role)
}

fn timing(datum: &Datum, facts: &Facts) -> Vec<Line> {
    let attempts = datum.attempts(facts);
    let chosen = datum.chosen(&attempts);
    if chosen.is_none() {
        let is_accepted = datum.found().is_some_and(|view| view.is_accepted);
        let why = if is_accepted { "accepted by hand: no command ran" } else { "no attempt is known here" };
        return vec![line(why, Role::Dim)];
    }
    let mut lines: Vec<Line> = Vec::new();
    if attempts.iter().all(|attempt| attempt.is_before) {
        lines.push(line("none yet as it is now", Role::Dim));
    }
    for (at, attempt) in attempts.iter().enumerate().rev() {
        let later = attempts.get(at + 1).map(|later| later.is_before);
        if later.unwrap_or(false) != attempt.is_before {
            lines.push(line(turned(&attempts[..at], attempt.is_before), Role::Dim));
        }
        lines.push(row(attempt, Some(at) == chosen, facts.now_ms));
        if Some(at) == chosen {
            lines.extend(details(attempt));
        }
    }
    lines
}

/// What heads attempts at other work, or at the same as now below those; `older` are the ones before.
pub(super) fn turned(older: &[Attempt], is_before: bool) -> &'static str {
    match (is_before, older.iter().any(|attempt| !attempt.is_before)) {
        (true, true) => "when it was made of something else:",
        (true, false) => "before the change:",
        (false, _) => "as it is now:",
    }
}

/// An attempt in a line.
fn row(attempt: &Attempt, is_chosen: bool, now_ms: u64) -> Line {
    let sign = if is_chosen { Sign::Cursor.looks().0 } else { " " };
    let when = moment(attempt.started_ms);
    let when = when.get(..16).unwrap_or(&when);
    let text = format!("{sign} {when} {:>6} {:<9} {}", attempt.length(now_ms), attempt.end(), attempt.used());
    let role = match (attempt.outcome.as_str(), is_chosen) {
        (RUNNING, _) => Role::Run,
        (_, true) => Role::Title,
        _ => Role::Plain,
    };
    line(text.trim_end(), role)
}

/// What else is known of an attempt.
fn details(attempt: &Attempt) -> Vec<Line> {
    let mut lines = Vec::new();
    if !attempt.message.is_empty() {
        lines.push(line(format!("  {}", attempt.message), Role::Bad));
    }
    if let (Some(took), Some(cpu)) = (attempt.took_ms.filter(|took| *took >= 1000), attempt.cpu_ms) {
        let share = cpu * 100 / took;
        lines.push(line(
            format!("  {} of wall time, the processor busy for {share} % of it", span(took)),
            Role::Dim,
        ));
    }
    if !attempt.run.is_empty() {
        lines.push(line(format!("  {}", attempt.run), Role::Dim));
    }
    lines
}

fn log(datum: &Datum, facts: &Facts, columns: usize) -> Vec<Line> {
    let attempts = datum.attempts(facts);
    let Some(attempt) = datum.chosen(&attempts).and_then(|at| attempts.get(at)) else {
        return vec![line("no attempt is known here, so there is no log", Role::Dim)];
    };
    if attempt.log.is_none() {
        return vec![line("this attempt has no log: it printed nothing", Role::Dim)];
    }
    let is_running = attempt.outcome == RUNNING;
    match datum.text(facts) {
        None => vec![line("reading …", Role::Dim)],
        Some(Ok(text)) if !text.lines.is_empty() => {
            // They were made safe when they were read.
            let plain = |text: &str| Line { text: text.into(), right: String::new(), role: Role::Plain };
            last_rows(&text.lines, columns, super::TAIL).into_iter().map(plain).collect()
        }
        Some(_) if is_running => vec![line("nothing printed yet; what comes is shown here", Role::Dim)],
        Some(Ok(_)) => vec![line("the log is empty: the command printed nothing", Role::Dim)],
        Some(Err(error)) => vec![line(error.to_string(), Role::Dim)],
    }
}
