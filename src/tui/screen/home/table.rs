//! Home's table: a row for each pipeline with its lanes, how far it is, and what is left; or for a folder of several.

use std::ops::Range;

use crate::app::Overall;
use crate::model::{DatumState, StateCounts, show};
use crate::tui::bar::bar;
use crate::tui::facts::{Facts, span};
use crate::tui::lanes::{Cell, lanes, near, to_ascii};
use crate::tui::pen::Pen;
use crate::tui::screen::{Hit, Seen};
use crate::tui::sign::Sign;
use crate::tui::theme::{Role, Theme, role_of};
use crate::tui::words::age;

use super::rows::{Folder, Kind, Row, reads};
use super::sign::sign;
use super::{Home, is_bad, minimap};

/// What there is to do has so much room.
const WORK_WIDTH: usize = 7;

/// Columns of the table, by how wide the pane is.
struct Columns {
    gutter: u16,
    name: u16,
    bar: u16,
    has_eta: bool,
    has_last: bool,
}

impl Columns {
    fn of(facts: &Facts, rows: &[Told<'_>], gutter: usize, width: u16) -> Self {
        let longest = rows.iter().map(|row| row.name.chars().count()).max();
        let name = u16::try_from(longest.unwrap_or(0)).unwrap_or(u16::MAX).clamp(6, 24);
        let gutter = u16::try_from(gutter).unwrap_or(u16::MAX).min(width / 3);
        let left = width.saturating_sub(2 + gutter + 3 + name + 1);
        // Counts, failures, work and time want 38 columns, what is left 8, the age of the last commit 7; the bar takes
        // what remains.
        let has_eta = facts.is_live && facts.schedule.ends.iter().any(Option::is_some);
        let remains = left.saturating_sub(if has_eta { 46 } else { 38 });
        let has_last = remains >= 8 + 7 && !facts.last.is_empty();
        let bar = remains.saturating_sub(if has_last { 7 } else { 0 }).min(16);
        Self { gutter, name, bar: if bar < 5 { 0 } else { bar }, has_eta, has_last }
    }

    /// Where the age of the last commit ends.
    const fn last(&self) -> Option<u16> {
        match (self.has_last, self.has_eta) {
            (false, _) => None,
            (true, true) => Some(51),
            (true, false) => Some(43),
        }
    }
}

/// What a row tells.
struct Told<'a> {
    state: Overall,
    name: String,
    /// Whether it is there only because something else is.
    is_dim: bool,
    /// Files of data; none of pipelines.
    files: Option<usize>,
    error: Option<&'a str>,
    is_least: bool,
    is_held: bool,
    counts: StateCounts,
    eta_ms: Option<u64>,
    /// How long ago its last results were committed.
    last_ms: Option<u64>,
}

impl<'a> Told<'a> {
    fn of(home: &Home, facts: &'a Facts, row: &Row, theme: Theme) -> Self {
        let indent = "  ".repeat(row.depth);
        match &row.kind {
            Kind::Node(at, skip) => Self::of_node(home, facts, *at, &indent, *skip),
            Kind::Folder(folder) => Self::of_folder(facts, folder, &indent, theme),
        }
    }

    fn of_node(home: &Home, facts: &'a Facts, at: usize, indent: &str, skip: usize) -> Self {
        let node = &facts.snapshot.nodes[at];
        let eta = facts.schedule.ends.get(at).copied().flatten().filter(|_| facts.is_live);
        Self {
            state: facts.node_state(at),
            name: format!("{indent}{}", show(node.name.get(skip..).unwrap_or(&node.name))),
            is_dim: !node.is_pipeline()
                || (home.is_failed_only && !is_bad(facts, at) && !home.failed.contains(&node.name)),
            files: node.files,
            error: node.error.as_deref().filter(|_| !facts.is_followed(at)),
            is_least: node.is_lower_bound,
            is_held: facts.held(at).is_some(),
            counts: facts.counts(at),
            eta_ms: eta.map(|eta| eta.ms),
            last_ms: facts.since_last(&node.name),
        }
    }

    fn of_folder(facts: &'a Facts, folder: &Folder, indent: &str, theme: Theme) -> Self {
        let nodes = || folder.nodes.iter().map(|at| &facts.snapshot.nodes[*at]);
        let has_pipelines = nodes().any(crate::app::Node::is_pipeline);
        let name = folder.path.get(folder.path.rfind('/').map_or(0, |end| end + 1)..).unwrap_or("");
        let mark = if folder.is_open { theme.sign(Sign::Open) } else { theme.sign(Sign::Closed) };
        let ends = folder.nodes.iter().filter_map(|at| facts.schedule.ends.get(*at).copied().flatten());
        Self {
            state: folder.state(facts),
            name: format!("{indent}{mark} {}/ {}", show(name), folder.nodes.len()),
            is_dim: !has_pipelines,
            files: (!has_pipelines).then(|| nodes().filter_map(|node| node.files).sum()),
            error: None,
            is_least: nodes().any(|node| node.is_lower_bound),
            is_held: folder.nodes.iter().any(|at| facts.held(*at).is_some()),
            counts: folder.counts(facts),
            eta_ms: ends.map(|eta| eta.ms).max().filter(|_| facts.is_live),
            last_ms: nodes().filter_map(|node| facts.since_last(&node.name)).min(),
        }
    }
}

/// Draws the table.
pub(super) fn table(home: &Home, facts: &Facts, pen: &mut Pen<'_>, seen: &mut Seen) {
    let rows = home.rows(facts);
    let shown = home.shown(facts);
    let pipelines = shown.iter().filter(|at| facts.snapshot.nodes[**at].is_pipeline()).count();
    let theme = pen.theme;
    let mut inside = pen.frame(&format!("Pipelines {pipelines}"), &note(home, facts), Role::Border);
    if rows.is_empty() {
        inside.say(1, 0, empty(home, facts), Role::Dim);
        return foot(home, &(0..0), 0, pen);
    }
    let height = usize::from(inside.height().saturating_sub(1));
    seen.rows = height;
    let window = home.list.window(rows.len(), height);
    let map = if rows.len() > 2 * height { 2 } else { 0 };
    let told: Vec<Told<'_>> = rows.iter().map(|row| Told::of(home, facts, row, theme)).collect();
    let gutter = Gutter::of(facts, &rows, home.list.cursor);
    let width = inside.width().saturating_sub(map);
    let columns = Columns::of(facts, &told, gutter.width(), width);
    heading(&columns, &mut inside.part(0, 0, width, 1));
    for (y, row) in (1_u16..).zip(window.clone()) {
        let is_current = row == home.list.cursor;
        let mut part = inside.part(0, y, width, 1);
        one(&told[row], &gutter.cells(row, &columns), &columns, is_current, &mut part);
        seen.hits.push((part.area, Hit::Row(row)));
    }
    if map > 0 {
        let states: Vec<Overall> = told.iter().map(|row| row.state).collect();
        minimap::column(&states, &window, &mut inside.part(width + 1, 1, 1, u16::MAX));
    }
    foot(home, &window, rows.len(), pen);
}

/// What the filter has that cannot be read, or how many rows are not on the screen.
fn foot(home: &Home, window: &Range<usize>, rows: usize, pen: &mut Pen<'_>) {
    if let Some(wrong) = home.wrong() {
        pen.under(&wrong);
    } else if window.len() < rows {
        let (above, below) = (window.start, rows - window.end);
        let arrows = [pen.theme.pick("↑", "^"), pen.theme.pick("↓", "v")];
        pen.under(&format!("{} {above} above, {below} below {}", arrows[0], arrows[1]));
    }
}

fn note(home: &Home, facts: &Facts) -> String {
    let filter = if home.is_failed_only { "failed only" } else { &home.filter };
    match filter {
        "" if home.is_tree(facts) => "by folder".into(),
        "" => "in order".into(),
        filter => format!("filter: {}", show(filter)),
    }
}

fn empty(home: &Home, facts: &Facts) -> &'static str {
    match (home.is_filtered(), facts.is_loading) {
        (true, _) if home.is_failed_only && home.filter.is_empty() => {
            "nothing is failed; f or Esc shows all again"
        }
        (true, _) => "nothing matches the filter; Esc shows all again",
        (false, true) => "reading the project …",
        (false, false) => "no pipeline yet: a folder with a spec.yml is one",
    }
}

/// The lanes of what is shown; lines to what is hidden are left out.
struct Gutter {
    reads: Vec<Vec<usize>>,
    lanes: Vec<Vec<Cell>>,
    /// Rows without a sign of their own: open folders.
    headings: Vec<bool>,
    current: usize,
}

impl Gutter {
    fn of(facts: &Facts, rows: &[Row], cursor: usize) -> Self {
        let reads = reads(facts, rows);
        let is_heading = |row: &Row| row.folder().is_some_and(|folder| folder.is_open);
        Self { lanes: lanes(&reads), headings: rows.iter().map(is_heading).collect(), reads, current: cursor }
    }

    fn width(&self) -> usize {
        self.lanes.first().map_or(0, Vec::len)
    }

    /// The signs of a row, and which of them lead to or from what is under the cursor. Where there is no room for
    /// all lanes, those around that one are shown.
    fn cells(&self, row: usize, columns: &Columns) -> Vec<(char, bool)> {
        let current = self.current.min(self.lanes.len().saturating_sub(1));
        let room = usize::from(columns.gutter);
        let own = self.lanes[current].iter().position(|cell| cell.of == Some(current)).unwrap_or(0);
        let first = (own + 2).saturating_sub(room).min(self.width().saturating_sub(room));
        let near = near(row, &self.lanes[row], &self.reads, current);
        let sign = |cell: &Cell| if self.headings[row] && cell.of == Some(row) { ' ' } else { cell.sign };
        let cells = self.lanes[row].iter().map(sign).zip(near);
        cells.skip(first).take(room).collect()
    }
}

fn heading(columns: &Columns, pen: &mut Pen<'_>) {
    let eta = if columns.has_eta { "ETA" } else { "" };
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
    if let Some(end) = columns.last() {
        pen.put_right(x + end, 0, "last", pen.theme.style(Role::Dim));
    }
}

fn one(row: &Told<'_>, gutter: &[(char, bool)], columns: &Columns, is_current: bool, pen: &mut Pen<'_>) {
    let theme = pen.theme;
    if is_current {
        pen.say(0, 0, theme.sign(Sign::Cursor), Role::Focus);
    }
    for (x, (sign, is_near)) in (2_u16..).zip(gutter) {
        let sign = if theme.is_ascii { to_ascii(*sign) } else { *sign };
        let role = if *is_near { Role::Plain } else { Role::Dim };
        pen.put(x, 0, sign.encode_utf8(&mut [0; 4]), theme.style(role));
    }
    let (sign, role) = sign(row.state, theme);
    let x = 2 + columns.gutter + 1;
    pen.say(x, 0, sign, role);
    let role = if row.is_dim { Role::Dim } else { Role::Plain };
    pen.put_within(x + 2, 0, columns.name, &row.name, theme.style(role));
    let mut x = x + 2 + columns.name + 1;
    if columns.bar > 0 {
        if row.files.is_none() {
            bar(&row.counts, &mut pen.part(x, 0, columns.bar, 1));
            if row.error.is_some() {
                // That is how it stood before.
                pen.mark(x, 0, columns.bar, theme.style(Role::Dim));
            }
        } else {
            pen.say(x, 0, "input", Role::Dim);
        }
        x += columns.bar + 1;
    }
    numbers(row, x, pen);
    // What runs makes its last results now.
    let last =
        if row.counts.get(DatumState::Running) > 0 { Some("now".into()) } else { row.last_ms.map(age) };
    // What is wrong is read to its end.
    if let (Some(end), Some(text), None) = (columns.last(), last, row.error) {
        pen.put_right(x + end, 0, &text, theme.style(Role::Dim));
    }
    if is_current {
        pen.mark_row();
    }
}

fn numbers(row: &Told<'_>, x: u16, pen: &mut Pen<'_>) {
    let theme = pen.theme;
    if let Some(files) = row.files {
        pen.put_right(x + 12, 0, &crate::run::count(files, "file"), theme.style(Role::Dim));
        return;
    }
    if let Some(error) = row.error {
        let (word, role) = unsound(row.state);
        pen.put(x, 0, &format!("{word}: {}", show(error)), theme.style(role));
        return;
    }
    let counts = &row.counts;
    let most = if row.is_least { "≥" } else { "" };
    let total = format!("{}/{most}{}", counts.get(DatumState::Done), counts.total());
    pen.put_right(x + 12, 0, &total, theme.style(Role::Plain));
    let failed = counts.get(DatumState::Failed);
    let (work, most_pressing) = work(counts, theme);
    let running = counts.get(DatumState::Running);
    if running == 0 && row.is_held && x + 36 <= pen.width() {
        pen.put_right(x + 36, 0, "held", theme.style(Role::Warn));
    }
    if let Some(eta) = row.eta_ms.filter(|_| x + 44 <= pen.width()) {
        pen.put_right(x + 44, 0, &span(eta), theme.style(Role::Dim));
    }
    let told = |state, count: usize| {
        if count > 0 { format!("{}{count}", theme.glyph(state)) } else { String::new() }
    };
    let columns = [
        (19, told(DatumState::Failed, failed), DatumState::Failed),
        (27, work.clone(), most_pressing),
        (36, told(DatumState::Running, running), DatumState::Running),
    ];
    for (end, text, state) in columns {
        if !text.is_empty() && (x + end <= pen.width() || state == DatumState::Failed) {
            pen.put_right((x + end).min(pen.width()), 0, &text, theme.style(role_of(state)));
        }
    }
    let taken = u16::try_from(work.chars().count()).unwrap_or(0);
    by_hand(counts, x + 20, (x + 27).saturating_sub(taken + u16::from(taken > 0)), pen);
}

/// What there is to do beside what failed, each kind with its sign where there is room, and the most pressing of them.
fn work(counts: &StateCounts, theme: Theme) -> (String, DatumState) {
    let pressing = [DatumState::Stale, DatumState::Pending, DatumState::Orphaned, DatumState::Cached];
    let others = DatumState::ALL.into_iter().filter(|state| !pressing.contains(state));
    let kinds: Vec<DatumState> = pressing
        .into_iter()
        .chain(others)
        .filter(|state| state.is_work() && *state != DatumState::Failed && counts.get(*state) > 0)
        .collect();
    let first = kinds.first().copied().unwrap_or(DatumState::Stale);
    let each: Vec<String> =
        kinds.iter().map(|state| format!("{}{}", theme.glyph(*state), counts.get(*state))).collect();
    let each = each.join(" ");
    if each.chars().count() <= WORK_WIDTH {
        return (each, first);
    }
    // Each number is of its own sign.
    let few = |state: &DatumState| format!("{}{}", theme.glyph(*state), in_thousands(counts.get(*state)));
    let short = kinds.iter().map(few).collect::<Vec<_>>().join(" ");
    if short.chars().count() <= WORK_WIDTH {
        return (short, first);
    }
    let more = if kinds.len() > 1 { " +" } else { "" };
    (format!("{}{more}", few(&first)), first)
}

/// A number in at most four letters: `9999`, `13k`, `120k`, `2M`.
fn in_thousands(number: usize) -> String {
    match number {
        0..10_000 => number.to_string(),
        10_000..1_000_000 => format!("{}k", number / 1000),
        _ => format!("{}M", number / 1_000_000),
    }
}

/// The word before why a pipeline is not planned, and how both look.
fn unsound(state: Overall) -> (&'static str, Role) {
    if state == Overall::LeftOut { ("left out", Role::Blocked) } else { ("broken", Role::Bad) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_of_several_kinds_is_never_told_as_of_one() {
        let told = |kinds: &[(DatumState, usize)]| {
            let mut counts = StateCounts::default();
            for (state, many) in kinds {
                (0..*many).for_each(|_| counts.add(*state));
            }
            work(&counts, Theme::default()).0
        };
        let (stale, pending, cached) = (DatumState::Stale, DatumState::Pending, DatumState::Cached);
        assert_eq!(told(&[(stale, 1), (pending, 4)]), "↻1 ·4");
        assert_eq!(told(&[(pending, 13_217)]), "·13217");
        assert_eq!(told(&[(stale, 3), (pending, 13_217)]), "↻3 ·13k");
        assert_eq!(told(&[(stale, 2000), (pending, 13_217), (cached, 1)]), "↻2000 +");
    }
}
