//! What is under the cursor of Home, in a pane: how it stands, why, and what that means for others.

use crate::app::Node;
use crate::model::{DatumState, StateCounts, show};
use crate::run::count;
use crate::tui::bar::strip;
use crate::tui::facts::{Facts, span};
use crate::tui::forecast::{slots, told};
use crate::tui::pen::Pen;
use crate::tui::popup::wrap;
use crate::tui::sign::Sign;
use crate::tui::theme::{Role, Theme};
use crate::tui::timing::Timing;
use crate::tui::words::age;

use super::Home;
use super::explain::pressing;
use super::rows::{Folder, Kind};

/// A line: a word at its left, its text, and how that looks.
type Line = (&'static str, String, Role);

/// What is under the cursor, in a pane of its own.
pub(super) fn details(home: &Home, facts: &Facts, pen: &mut Pen<'_>) {
    let Some(row) = home.row(facts) else {
        pen.frame("", "", Role::Border);
        return;
    };
    let mut inside = pen.frame(&show(row.path(facts)), "", Role::Border);
    match row.kind {
        Kind::Folder(folder) => drop(written(&folder_lines(facts, &folder), &mut inside)),
        Kind::Node(at, _) => {
            let node = &facts.snapshot.nodes[at];
            let y = written(&node_lines(facts, at, node, inside.theme), &mut inside);
            if node.is_pipeline() && y < inside.height() {
                let width = inside.width().saturating_sub(2);
                strip(facts.states(at), &mut inside.part(1, y, width, 1));
            }
        }
    }
}

/// Writes lines; the row after them.
fn written(lines: &[Line], pen: &mut Pen<'_>) -> u16 {
    let mut y = 0;
    // What no other line needs is there for long ones to be broken.
    let mut spare = usize::from(pen.height()).saturating_sub(lines.len() + 1);
    for (word, text, role) in lines {
        if y + 1 >= pen.height() && pen.height() > 2 {
            pen.part(0, 0, u16::MAX, y).goes_on(y + 1);
            break;
        }
        let x = if word.is_empty() { 1 } else { pen.say(1, y, word, Role::Dim).max(10) };
        let broken = wrap(text, usize::from(pen.width().saturating_sub(x + 1)));
        // What is wrong or waits is read before all else, if not everything can be.
        let is_urgent = matches!(role, Role::Bad | Role::Warn) && broken.len() <= 4;
        let is_near = usize::from(y) + broken.len() < usize::from(pen.height());
        let fits = broken.len() <= spare + 1 || (is_urgent && is_near);
        spare = spare.saturating_sub(if fits { broken.len() - 1 } else { 0 });
        for line in if fits { broken } else { vec![text.clone()] } {
            pen.say(x, y, &line, *role);
            y += 1;
        }
    }
    y
}

/// How all that is in a folder stands.
fn folder_lines(facts: &Facts, folder: &Folder) -> Vec<Line> {
    let pipelines: Vec<&str> = folder.pipelines(facts).map(|node| node.name.as_str()).collect();
    let data = folder.nodes.len() - pipelines.len();
    let mut lines = Vec::new();
    if !pipelines.is_empty() {
        lines.push(("state", states(&folder.counts(facts)), Role::Plain));
    }
    let is_open = |at: &&usize| facts.node_state(**at).word() != DatumState::Done.word();
    let open = folder.nodes.iter().filter(is_open).map(|at| &facts.snapshot.nodes[*at]);
    let open: Vec<String> = open.filter(|node| node.is_pipeline()).map(|node| show(&node.name)).collect();
    if !open.is_empty() {
        lines.push(("not done", open.join(" "), Role::Warn));
    }
    let held = count(pipelines.len(), "pipeline");
    let of_data = (data > 0).then(|| format!("{} of data", count(data, "folder")));
    let held = if pipelines.is_empty() { Vec::new() } else { vec![held] };
    lines.push(("holds", held.into_iter().chain(of_data).collect::<Vec<_>>().join(", "), Role::Plain));
    let word = if folder.is_open { "left closes it" } else { "right opens it" };
    lines.push(("keys", word.into(), Role::Dim));
    lines
}

fn node_lines(facts: &Facts, at: usize, node: &Node, theme: Theme) -> Vec<Line> {
    if let Some(files) = node.files {
        let readers: Vec<String> =
            facts.snapshot.readers(at).map(|at| show(&facts.snapshot.nodes[at].name)).collect();
        return vec![("files", files.to_string(), Role::Plain), ("read by", readers.join(" "), Role::Plain)];
    }
    let mut lines = standing(facts, at, node);
    lines.extend(pressing(facts, at, node).into_iter().map(|(why, role)| ("why", why, role)));
    lines.extend(
        facts.held(at).map(|held| ("held", format!("not committed: {}", show(&held.why)), Role::Warn)),
    );
    if let Some(times) = facts.times.get(&node.name).and_then(|times| typical(&times.timing)) {
        lines.push(("took", times, Role::Plain));
    }
    lines.extend(schedule_lines(facts, at, theme));
    let below = facts.snapshot.downstream(at).len();
    if below > 0 {
        lines.push(("read by", format!("{below} further on"), Role::Plain));
    }
    let spec = &node.spec;
    lines.extend(spec.inputs.iter().map(|input| ("reads", show(input), Role::Plain)));
    let command = (!spec.command.is_empty()).then(|| ("runs", show(&spec.command), Role::Plain));
    lines.extend(command);
    lines.push(("spec", show(&spec.path), Role::Dim));
    if let Some((commit, at_ms)) = facts.last.get(&node.name) {
        let ago = age(facts.now_ms.saturating_sub(*at_ms));
        lines.push(("commit", format!("{commit}, {ago} ago"), Role::Dim));
    }
    lines
}

/// How it stands; of one that is not planned, why not, and how it stood before.
fn standing(facts: &Facts, at: usize, node: &Node) -> Vec<Line> {
    let counts = facts.counts(at);
    let Some(error) = &node.error else { return vec![("state", states(&counts), Role::Plain)] };
    let (which, role) = if facts.is_followed(at) { ("run", Role::Plain) } else { ("before", Role::Dim) };
    let word = facts.node_state(at).word().replace('_', " ");
    let mut lines = vec![("state", format!("{word}: {}", show(error)), Role::Bad)];
    lines.extend((counts.total() > 0).then(|| (which, states(&counts), role)));
    lines
}

/// When it ends, and what that means for the others.
fn schedule_lines(facts: &Facts, at: usize, theme: Theme) -> Vec<Line> {
    let schedule = &facts.schedule;
    let mut lines = Vec::new();
    if let Some(eta) = schedule.ends.get(at).copied().flatten() {
        let when = if facts.is_live { "" } else { " once run" };
        let beside = match slots(facts) {
            1 => "one command at a time".to_owned(),
            slots => format!("{slots} commands at a time"),
        };
        lines.push(("ETA", format!("{}{when}, {beside}", told(eta, false, theme)), Role::Plain));
    }
    let slack = schedule.slack_ms.get(at).copied().flatten();
    if schedule.critical.len() > 1 && schedule.critical.contains(&at) {
        let names = schedule.critical.iter().map(|at| show(&facts.snapshot.nodes[*at].name));
        let way = names.collect::<Vec<_>>().join(theme.pick(" → ", " -> "));
        lines.push(("critical", format!("{} {way}", theme.sign(Sign::Critical)), Role::Warn));
    } else if let Some(slack) = slack.filter(|slack| *slack >= 1000) {
        lines.push((
            "slack",
            format!("may take {} longer without delaying the end", span(slack)),
            Role::Plain,
        ));
    }
    lines
}

fn states(counts: &StateCounts) -> String {
    let told = DatumState::ALL.into_iter().filter(|state| counts.get(*state) > 0);
    let words: Vec<String> =
        told.map(|state| format!("{} {}", counts.get(state), state.word().replace('_', " "))).collect();
    if words.is_empty() { "no datums".into() } else { words.join(", ") }
}

/// `median 6m12, longest 18m22`, of those whose time is known.
fn typical(timing: &Timing) -> Option<String> {
    let ms = |time: u32| span(u64::from(time));
    (timing.known > 0).then(|| format!("median {}, longest {}", ms(timing.median), ms(timing.longest)))
}
