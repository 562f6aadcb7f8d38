//! Drawing Home: the table with its lanes, and what is under the cursor beside or below it.

use crate::app::Node;
use crate::model::{DatumState, StateCounts, show};
use crate::run::count;
use crate::tui::bar::{bar, strip};
use crate::tui::facts::{Facts, span};
use crate::tui::forecast::{slots, told};
use crate::tui::lanes::{lanes, to_ascii};
use crate::tui::pen::Pen;
use crate::tui::popup::wrap;
use crate::tui::theme::{Role, Theme, role_of};
use crate::tui::timing::Timing;

use super::Home;
use super::graph;
use super::sign::sign;
use crate::tui::screen::{Hit, Seen};

/// Columns of the table, by how wide the pane is.
struct Columns {
    gutter: u16,
    name: u16,
    bar: u16,
}

impl Columns {
    fn of(facts: &Facts, shown: &[usize], gutter: usize, width: u16) -> Self {
        let longest = shown.iter().map(|at| facts.snapshot.nodes[*at].name.chars().count()).max();
        let name = u16::try_from(longest.unwrap_or(0)).unwrap_or(u16::MAX).clamp(6, 24);
        let gutter = u16::try_from(gutter).unwrap_or(u16::MAX).min(width / 3);
        let left = width.saturating_sub(2 + gutter + 3 + name + 1);
        // Counts, failures, work and time want 37 columns, what is left 8; the bar takes what remains.
        let has_eta = has_eta(facts);
        let bar = left.saturating_sub(if has_eta { 45 } else { 37 }).min(16);
        Self { gutter, name, bar: if bar < 6 { 0 } else { bar } }
    }
}

/// Draws the graph if it fits, the table below it, and what is under the cursor beside or below that.
pub(in crate::tui) fn draw(home: &Home, facts: &Facts, pen: &mut Pen<'_>, seen: &mut Seen) {
    let (width, height) = (pen.width(), pen.height());
    let above = home.graph.rows(width, height);
    if above > 0 {
        graph::draw(home, facts, &mut pen.part(0, 0, width, above), seen);
    }
    below(home, facts, &mut pen.part(0, above, width, height - above), seen);
}

/// The table, and what is under the cursor beside or below it.
fn below(home: &Home, facts: &Facts, pen: &mut Pen<'_>, seen: &mut Seen) {
    let (width, height) = (pen.width(), pen.height());
    if width >= 110 && height >= 14 {
        let side = 38.min(width / 3);
        table(home, facts, &mut pen.part(0, 0, width - side, height), seen);
        details(home, facts, &mut pen.part(width - side, 0, side, height));
    } else if width >= 70 && height >= 12 {
        table(home, facts, &mut pen.part(0, 0, width, height - 5), seen);
        details(home, facts, &mut pen.part(0, height - 5, width, 5));
    } else {
        table(home, facts, pen, seen);
    }
}

fn table(home: &Home, facts: &Facts, pen: &mut Pen<'_>, seen: &mut Seen) {
    let shown = home.shown(facts);
    let pipelines = shown.iter().filter(|at| facts.snapshot.nodes[**at].is_pipeline()).count();
    let filter = if home.is_failed_only { "failed only".into() } else { home.filter.clone() };
    let note = if filter.is_empty() { "in order".into() } else { format!("filter: {}", show(&filter)) };
    let mut inside = pen.frame(&format!("Pipelines {pipelines}"), &note, Role::Border);
    if shown.is_empty() {
        inside.say(1, 0, empty(home, facts), Role::Dim);
        return;
    }
    let gutters = gutters(facts, &shown, inside.theme.is_ascii);
    let gutter = gutters.first().map_or(0, |row| row.chars().count());
    let columns = Columns::of(facts, &shown, gutter, inside.width());
    let has_eta = has_eta(facts);
    heading(&columns, has_eta, &mut inside);
    let rows = usize::from(inside.height().saturating_sub(1));
    seen.rows = rows;
    for (line, row) in home.list.window(shown.len(), rows).enumerate() {
        let y = u16::try_from(line).unwrap_or(u16::MAX).saturating_add(1);
        let is_current = row == home.list.cursor;
        let mut part = inside.part(0, y, u16::MAX, 1);
        node_row(facts, shown[row], &gutters[row], &columns, is_current, &mut part);
        seen.hits.push((part.area, Hit::Row(row)));
    }
}

fn empty(home: &Home, facts: &Facts) -> &'static str {
    match (home.is_filtered(), facts.is_loading) {
        (true, _) => "nothing matches the filter; Esc shows all again",
        (false, true) => "reading the project …",
        (false, false) => "no pipeline yet: a folder with a spec.yml is one",
    }
}

/// Lanes of what is shown; lines to what is hidden are left out.
fn gutters(facts: &Facts, shown: &[usize], is_ascii: bool) -> Vec<String> {
    let place = |node: &usize| shown.iter().position(|at| at == node);
    let reads: Vec<Vec<usize>> =
        shown.iter().map(|at| facts.snapshot.nodes[*at].reads.iter().filter_map(place).collect()).collect();
    let drawn = lanes(&reads);
    if is_ascii { drawn.iter().map(|row| to_ascii(row)).collect() } else { drawn }
}

/// Whether a run goes on of which anything can be foretold.
fn has_eta(facts: &Facts) -> bool {
    facts.is_live && facts.schedule.ends.iter().any(Option::is_some)
}

fn heading(columns: &Columns, has_eta: bool, pen: &mut Pen<'_>) {
    let eta = if has_eta { "ETA" } else { "" };
    let at = 2 + columns.gutter + 3;
    pen.say(at, 0, "name", Role::Dim);
    let mut x = at + columns.name + 1;
    if columns.bar > 0 {
        pen.say(x, 0, "progress", Role::Dim);
        x += columns.bar + 1;
    }
    pen.put_right(x + 12, 0, "datums", pen.theme.style(Role::Dim));
    for (end, word) in [(19, "fail"), (27, "work"), (36, "run"), (44, eta)] {
        if x + end <= pen.width() {
            pen.put_right(x + end, 0, word, pen.theme.style(Role::Dim));
        }
    }
}

fn node_row(facts: &Facts, at: usize, gutter: &str, columns: &Columns, is_current: bool, pen: &mut Pen<'_>) {
    let node = &facts.snapshot.nodes[at];
    let state = facts.node_state(at);
    let theme = pen.theme;
    if is_current {
        pen.say(0, 0, theme.pick("›", ">"), Role::Focus);
    }
    pen.put_within(2, 0, columns.gutter, gutter, theme.style(Role::Dim));
    let (sign, role) = sign(state, theme);
    let x = 2 + columns.gutter + 1;
    pen.say(x, 0, sign, role);
    pen.put_within(
        x + 2,
        0,
        columns.name,
        &show(&node.name),
        theme.style(if node.is_pipeline() { Role::Plain } else { Role::Dim }),
    );
    let mut x = x + 2 + columns.name + 1;
    let counts = facts.counts(at);
    if columns.bar > 0 {
        if node.is_pipeline() {
            bar(&counts, &mut pen.part(x, 0, columns.bar, 1));
        } else {
            pen.say(x, 0, "input", Role::Dim);
        }
        x += columns.bar + 1;
    }
    numbers(facts, at, x, pen);
    if is_current {
        pen.mark(0, 0, pen.width(), theme.selected());
    }
}

fn numbers(facts: &Facts, at: usize, x: u16, pen: &mut Pen<'_>) {
    let node = &facts.snapshot.nodes[at];
    let theme = pen.theme;
    if let Some(files) = node.files {
        pen.put_right(x + 12, 0, &format!("{files} files"), theme.style(Role::Dim));
        return;
    }
    if node.error.is_some() {
        pen.put(x, 0, &show(node.error.as_deref().unwrap_or("")), theme.style(Role::Bad));
        return;
    }
    let counts = facts.counts(at);
    let most = if node.is_lower_bound { "≥" } else { "" };
    let total = format!("{}/{most}{}", counts.get(DatumState::Done), counts.total());
    pen.put_right(x + 12, 0, &total, theme.style(Role::Plain));
    let bad = counts.get(DatumState::Failed);
    let work: usize =
        DatumState::ALL.into_iter().filter(|state| state.is_work()).map(|state| counts.get(state)).sum();
    let work = work - counts.get(DatumState::Failed);
    let running = counts.get(DatumState::Running);
    if running == 0 && node.held.is_some() && x + 36 <= pen.width() {
        pen.put_right(x + 36, 0, "held", theme.style(Role::Warn));
    }
    let eta = facts.schedule.ends.get(at).copied().flatten().filter(|_| facts.is_live);
    if let Some(eta) = eta.filter(|_| x + 44 <= pen.width()) {
        pen.put_right(x + 44, 0, &span(eta.ms), theme.style(Role::Dim));
    }
    for (end, count, state) in
        [(19, bad, DatumState::Failed), (27, work, DatumState::Stale), (36, running, DatumState::Running)]
    {
        if count > 0 && (x + end <= pen.width() || state == DatumState::Failed) {
            let text = format!("{}{count}", theme.glyph(state));
            pen.put_right((x + end).min(pen.width()), 0, &text, theme.style(role_of(state)));
        }
    }
    let work = if work > 0 { format!("{}{work}", theme.glyph(DatumState::Stale)) } else { String::new() };
    let taken = u16::try_from(work.chars().count()).unwrap_or(0);
    by_hand(&counts, x + 20, (x + 27).saturating_sub(taken + u16::from(taken > 0)), pen);
}

/// What people did to results, by its own sign: it has not failed, and a run leaves it as it is.
fn by_hand(counts: &StateCounts, left: u16, mut right: u16, pen: &mut Pen<'_>) {
    for state in [DatumState::Edited, DatumState::InTheWay] {
        let count = counts.get(state);
        let text = format!("{}{count}", pen.theme.glyph(state));
        let width = u16::try_from(text.chars().count()).unwrap_or(u16::MAX);
        if count > 0 && left.saturating_add(width) <= right && right <= pen.width() {
            pen.put_right(right, 0, &text, pen.theme.style(role_of(state)));
            right -= width + 1;
        }
    }
}

/// What is under the cursor, in a pane of its own.
fn details(home: &Home, facts: &Facts, pen: &mut Pen<'_>) {
    let Some(at) = home.current(facts) else {
        pen.frame("", "", Role::Border);
        return;
    };
    let node = &facts.snapshot.nodes[at];
    let mut inside = pen.frame(&show(&node.name), "", Role::Border);
    let mut y = 0;
    let lines = detail_lines(facts, at, node, inside.theme);
    // What no other line needs is there for long ones to be broken.
    let mut spare = usize::from(inside.height()).saturating_sub(lines.len() + 1);
    for (word, text, role) in lines {
        if y + 1 >= inside.height() && inside.height() > 2 {
            break;
        }
        let x = if word.is_empty() { 1 } else { inside.say(1, y, word, Role::Dim).max(10) };
        let broken = wrap(&text, usize::from(inside.width().saturating_sub(x + 1)));
        let fits = broken.len() <= spare + 1;
        spare -= if fits { broken.len() - 1 } else { 0 };
        for line in if fits { broken } else { vec![text] } {
            inside.say(x, y, &line, role);
            y += 1;
        }
    }
    if node.is_pipeline() && y < inside.height() {
        let width = inside.width().saturating_sub(2);
        strip(facts.states(at), &mut inside.part(1, y, width, 1));
    }
}

fn detail_lines(facts: &Facts, at: usize, node: &Node, theme: Theme) -> Vec<(&'static str, String, Role)> {
    if let Some(files) = node.files {
        let readers: Vec<String> =
            facts.snapshot.readers(at).map(|at| show(&facts.snapshot.nodes[at].name)).collect();
        return vec![("files", files.to_string(), Role::Plain), ("read by", readers.join(" "), Role::Plain)];
    }
    let mut lines = vec![("state", states(facts, at), Role::Plain)];
    lines.extend(node.error.iter().map(|error| ("", show(error), Role::Bad)));
    lines.extend(node.causes.first().map(|cause| ("why", show(&cause.sentence), Role::Warn)));
    lines.extend(node.held.as_ref().map(|why| ("held", format!("not committed: {}", show(why)), Role::Warn)));
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
    lines
}

/// When it ends, and what that means for the others.
fn schedule_lines(facts: &Facts, at: usize, theme: Theme) -> Vec<(&'static str, String, Role)> {
    let schedule = &facts.schedule;
    let mut lines = Vec::new();
    if let Some(eta) = schedule.ends.get(at).copied().flatten() {
        let when = if facts.is_live { "" } else { " once run" };
        let slots = count(slots(facts), "slot");
        lines.push(("ETA", format!("{}{when}, at {slots}", told(eta, false, theme)), Role::Plain));
    }
    let slack = schedule.slack_ms.get(at).copied().flatten();
    if schedule.critical.len() > 1 && schedule.critical.contains(&at) {
        let names = schedule.critical.iter().map(|at| show(&facts.snapshot.nodes[*at].name));
        let way = names.collect::<Vec<_>>().join(theme.pick(" → ", " -> "));
        lines.push(("critical", format!("{} {way}", theme.pick("★", "*")), Role::Warn));
    } else if let Some(slack) = slack.filter(|slack| *slack >= 1000) {
        lines.push(("slack", format!("{} at no cost", span(slack)), Role::Plain));
    }
    lines
}

fn states(facts: &Facts, at: usize) -> String {
    let counts = facts.counts(at);
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
