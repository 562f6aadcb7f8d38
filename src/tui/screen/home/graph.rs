//! The graph above the table: laid out when its shape changes, coloured by states, bright around the cursor.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::app::Snapshot;
use crate::model::show;
use crate::run::count;
use crate::tui::facts::Facts;
use crate::tui::graph::{Drawing, Shape};
use crate::tui::pen::Pen;
use crate::tui::screen::{Hit, Seen};
use crate::tui::sign::Sign;
use crate::tui::theme::{Role, Theme};
use crate::tui::thought::{Found, QUICK_NODES, Thought};

use super::sign::sign;
use super::{Home, minimap};

/// Graphs of more nodes are not drawn: nobody finds a way through them.
const MOST: usize = 250;

/// Rows that the table keeps at least.
const TABLE: u16 = 9;

/// How pipelines are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::tui) enum Mode {
    /// The graph above the table where there is room for all of it; very many in their folders.
    #[default]
    Auto,
    /// The graph always; what does not fit is scrolled.
    Graph,
    /// The table alone.
    Table,
    /// The table alone, pipelines in their folders.
    Tree,
}

/// The graph and when it is shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Graph {
    pub(super) mode: Mode,
    drawing: Arc<Drawing>,
    /// What is drawn.
    shape: Arc<Shape>,
    /// What is being laid out, if it is something else.
    wanted: Option<Arc<Shape>>,
    /// The snapshot that was looked at last.
    of: Option<Arc<Snapshot>>,
}

impl Graph {
    /// Lays it out anew if its shape changed; a large one by another thread.
    pub(super) fn renew(&mut self, facts: &Facts) -> Option<Thought> {
        if self.of.as_ref().is_some_and(|of| Arc::ptr_eq(of, &facts.snapshot)) {
            return None;
        }
        self.of = Some(Arc::clone(&facts.snapshot));
        let nodes = &facts.snapshot.nodes;
        let shape: Vec<_> = nodes.iter().map(|node| (show(&node.name), node.reads.clone())).collect();
        if shape == **self.wanted.as_ref().unwrap_or(&self.shape) {
            return None;
        }
        let shape = Arc::new(shape);
        self.wanted = Some(Arc::clone(&shape));
        match shape.len() {
            nodes if nodes > MOST => self.take(&Found::Picture(shape, Arc::default())),
            nodes if nodes > QUICK_NODES => return Some(Thought::Picture(shape)),
            _ => self.take(&Thought::Picture(shape).think()),
        }
        None
    }

    /// Takes a layout, if it is the one that is wanted.
    pub(super) fn take(&mut self, found: &Found) {
        let Found::Picture(shape, drawing) = found else { return };
        if self.wanted.as_ref().is_none_or(|wanted| wanted != shape) {
            return;
        }
        (self.shape, self.drawing, self.wanted) = (Arc::clone(shape), Arc::clone(drawing), None);
    }

    /// To the next way of showing pipelines; in words.
    pub(super) fn turn(&mut self) -> &'static str {
        let is_too_large = self.of.as_ref().is_some_and(|of| of.nodes.len() > MOST);
        let (mode, told) = match self.mode {
            Mode::Auto if is_too_large => {
                (Mode::Table, "the table alone: these are too many to draw, lanes show who reads whom")
            }
            Mode::Auto => (Mode::Graph, "the graph, always"),
            Mode::Graph => (Mode::Table, "the table alone"),
            Mode::Table => (Mode::Tree, "folders: right opens one, left closes it"),
            Mode::Tree => (Mode::Auto, "the graph where all of it fits"),
        };
        self.mode = mode;
        told
    }

    /// How many rows of a screen it takes, with its frame; 0 for none.
    pub(super) fn rows(&self, width: u16, height: u16) -> u16 {
        let tall = u16::try_from(self.drawing.picture.height).unwrap_or(u16::MAX).saturating_add(2);
        let is_narrow = self.drawing.picture.width + 4 > usize::from(width);
        // Beside the screen there are four lines of the terminal.
        let is_small = width < 110 || height < 26;
        match self.mode {
            _ if self.drawing.picture.height == 0 => 0,
            Mode::Table | Mode::Tree => 0,
            Mode::Auto if is_small || is_narrow || tall > height / 3 => 0,
            Mode::Auto => tall,
            Mode::Graph if height < TABLE + 3 => 0,
            Mode::Graph => tall.min(height - TABLE),
        }
    }
}

/// Draws it in its frame.
pub(super) fn draw(home: &Home, facts: &Facts, pen: &mut Pen<'_>, seen: &mut Seen) {
    let graph = &home.graph;
    let critical = &facts.schedule.critical;
    let star = format!("{} critical path is bold", pen.theme.sign(Sign::Critical));
    let note = match graph.mode {
        _ if critical.len() > 1 => &star,
        Mode::Graph => "always",
        _ => "",
    };
    let mut inside = pen.frame("Graph", note, Role::Border);
    let mut inside = inside.part(1, 0, inside.width().saturating_sub(2), inside.height());
    // Between a new snapshot and its layout nothing fits together.
    if graph.wanted.is_some() || graph.shape.len() != facts.snapshot.nodes.len() {
        inside.say(0, 0, "being laid out …", Role::Dim);
        return;
    }
    let current = home.current(facts);
    let near = current.map(|at| Near::of(&facts.snapshot, at));
    let corner = corner(graph, current, &inside);
    draw_lines(graph, near.as_ref(), corner, &mut inside);
    let rows = home.rows(facts);
    for at in 0..graph.drawing.picture.spots.len() {
        let is_near = near.as_ref().is_none_or(|near| near.above.contains(&at) || near.below.contains(&at));
        let role = match (critical.len() > 1 && critical.contains(&at), is_near) {
            (true, _) => Role::Title,
            (false, true) => Role::Plain,
            (false, false) => Role::Dim,
        };
        let area = draw_node(graph, facts, (at, role, current == Some(at)), corner, &mut inside);
        let row = rows.iter().position(|row| row.node() == Some(at));
        seen.hits.extend(area.zip(row).map(|(area, row)| (area, Hit::Row(row))));
    }
    let view = View { corner, room: (usize::from(inside.width()), usize::from(inside.height())) };
    small(graph, facts, &view, &mut inside);
    if let Some(hint) = view.hint((graph.drawing.picture.width, graph.drawing.picture.height), pen.theme) {
        pen.under(&hint);
    }
}

/// The part of the picture that is on the screen.
struct View {
    corner: (usize, usize),
    room: (usize, usize),
}

impl View {
    /// What is scrolled away, if anything is.
    fn hint(&self, size: (usize, usize), theme: Theme) -> Option<String> {
        let arrows = if theme.is_ascii { ["<", ">", "^", "v"] } else { ["←", "→", "↑", "↓"] };
        let right = size.0.saturating_sub(self.corner.0 + self.room.0);
        let below = size.1.saturating_sub(self.corner.1 + self.room.1);
        let parts = [(self.corner.0, "column"), (right, "column"), (self.corner.1, "row"), (below, "row")];
        let told = parts.iter().zip(arrows).filter(|((number, _), _)| *number > 0);
        let told: Vec<String> =
            told.map(|((number, what), arrow)| format!("{arrow} {}", count(*number, what))).collect();
        (!told.is_empty()).then(|| format!("{}: the cursor scrolls", told.join("  ")))
    }
}

/// All of a large picture, small, in the corner.
fn small(graph: &Graph, facts: &Facts, view: &View, pen: &mut Pen<'_>) {
    let size = (graph.drawing.picture.width, graph.drawing.picture.height);
    let is_large = size.0 * size.1 > 2 * view.room.0 * view.room.1;
    if !is_large || view.room.0 < 50 || view.room.1 < 8 {
        return;
    }
    let (wide, high) = ((pen.width() / 4).min(32), (pen.height() / 2).min(8));
    let mut part = pen.part(pen.width() - wide, pen.height() - high, wide, high);
    part.clear();
    let mut inside = part.frame("all", "", Role::Border);
    let spots = graph.drawing.picture.spots.iter().enumerate();
    let nodes = spots.map(|(at, spot)| ((spot.x + spot.width / 2, spot.y), facts.node_state(at)));
    let columns = view.corner.0..view.corner.0 + view.room.0;
    let rows = view.corner.1..view.corner.1 + view.room.1;
    minimap::corner(nodes, size, &(columns, rows), &mut inside);
}

/// What leads to a node and what it leads to, with itself.
struct Near {
    above: BTreeSet<usize>,
    below: BTreeSet<usize>,
}

impl Near {
    fn of(snapshot: &Snapshot, at: usize) -> Self {
        let mut above = BTreeSet::from([at]);
        for node in (0..=at).rev().filter(|node| *node < snapshot.nodes.len()) {
            if above.contains(&node) {
                above.extend(snapshot.nodes[node].reads.iter().copied());
            }
        }
        let below = snapshot.downstream(at).into_iter().chain([at]).collect();
        Self { above, below }
    }

    fn holds(&self, from: usize, to: usize) -> bool {
        [&self.above, &self.below].iter().any(|side| side.contains(&from) && side.contains(&to))
    }
}

/// The cell of the picture at the top left, so that what is under the cursor is in view.
fn corner(graph: &Graph, current: Option<usize>, pen: &Pen<'_>) -> (usize, usize) {
    let spot = current.and_then(|at| graph.drawing.picture.spots.get(at)).copied().unwrap_or_default();
    let scrolled = |middle: usize, all: usize, room: u16| {
        let room = usize::from(room);
        middle.saturating_sub(room / 2).min(all.saturating_sub(room))
    };
    let x = scrolled(spot.x + spot.width / 2, graph.drawing.picture.width, pen.width());
    (x, scrolled(spot.y, graph.drawing.picture.height, pen.height()))
}

/// Where a cell of the picture is on the screen, if it is.
fn on_screen(cell: (usize, usize), corner: (usize, usize), pen: &Pen<'_>) -> Option<(u16, u16)> {
    let x = u16::try_from(cell.0.checked_sub(corner.0)?).ok()?;
    let y = u16::try_from(cell.1.checked_sub(corner.1)?).ok()?;
    (x < pen.width() && y < pen.height()).then_some((x, y))
}

/// Draws the lines that are in view, dim, and then those around the cursor again, bright.
fn draw_lines(graph: &Graph, near: Option<&Near>, corner: (usize, usize), pen: &mut Pen<'_>) {
    let signs = &graph.drawing.signs[usize::from(pen.theme.is_ascii)];
    let (width, height) = (usize::from(pen.width()), usize::from(pen.height()));
    let all = near.map_or(Role::Plain, |_| Role::Dim);
    // Cells are sorted by column.
    let in_view = signs.range((corner.0, 0)..(corner.0 + width, 0));
    for (cell, sign) in in_view.filter(|((_, y), _)| (corner.1..corner.1 + height).contains(y)) {
        if let Some((x, y)) = on_screen(*cell, corner, pen) {
            pen.say(x, y, sign, all);
        }
    }
    let Some(near) = near else { return };
    let routes = graph.drawing.picture.routes.iter().zip(&graph.drawing.ways);
    for (_, way) in routes.filter(|(route, _)| near.holds(route.from, route.to)) {
        for cell in way {
            if let (Some((x, y)), Some(sign)) = (on_screen(*cell, corner, pen), signs.get(cell)) {
                pen.say(x, y, sign, Role::Plain);
            }
        }
    }
}

/// Draws a node; where it is on the screen.
fn draw_node(
    graph: &Graph,
    facts: &Facts,
    (at, role, is_current): (usize, Role, bool),
    corner: (usize, usize),
    pen: &mut Pen<'_>,
) -> Option<ratatui::layout::Rect> {
    let (spot, (name, _)) = (graph.drawing.picture.spots.get(at)?, graph.shape.get(at)?);
    let (x, y) = on_screen((spot.x, spot.y), corner, pen)?;
    let (sign, sign_role) = sign(facts.node_state(at), pen.theme);
    pen.say(x, y, sign, sign_role);
    pen.say(x + 2, y, name, role);
    let width = u16::try_from(spot.width).unwrap_or(u16::MAX);
    if is_current {
        pen.mark(x, y, width, pen.theme.selected());
    }
    Some(pen.part(x, y, width, 1).area)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::action::Action;
    use crate::tui::effect::{Answer, Effect, Query, World};
    use crate::tui::facts::fixture;
    use crate::tui::screen::Screen as _;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::Modifier;

    fn home(facts: &Facts, presses: usize) -> Home {
        let mut home = Home::default();
        home.refresh(facts);
        (0..presses).for_each(|_| drop(home.act(facts, Action::Graph, &Seen::default())));
        home
    }

    fn buffer(home: &Home, facts: &Facts, width: u16, height: u16) -> (Buffer, Seen) {
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        let (mut pen, mut seen) =
            (Pen::new(&mut buffer, Rect::new(0, 0, width, height), Theme::default()), Seen::default());
        home.draw(facts, &mut pen, &mut seen);
        (buffer, seen)
    }

    fn text(buffer: &Buffer) -> Vec<String> {
        let line = |y| (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        (0..buffer.area.height).map(|y| line(y).trim_end_matches([' ', '│']).trim_end().to_owned()).collect()
    }

    #[test]
    fn it_stands_above_the_table_where_it_fits() {
        let facts = fixture::facts();
        let (drawn, seen) = buffer(&home(&facts, 0), &facts, 120, 32);
        let rows = text(&drawn);
        assert!(rows[0].contains(" Graph ") && rows[4].contains("Pipelines 2"), "{rows:#?}");
        assert_eq!(rows[1..3], ["│ ■ raw/t1─┬─▸✗ fs──▸⊘ stats", "│ ■ raw/t2─┘"], "{rows:#?}");
        // Click on `fs`.
        assert_eq!(seen.hit(16, 1), Some(&Hit::Row(2)));
        for (width, height) in [(109, 32), (120, 25)] {
            assert!(!text(&buffer(&home(&facts, 0), &facts, width, height).0)[0].contains("Graph"));
        }
    }

    #[test]
    fn the_key_turns_it_off_and_on_and_back_to_where_it_fits() {
        let facts = fixture::facts();
        let has = |presses, width, height| {
            text(&buffer(&home(&facts, presses), &facts, width, height).0)[0].contains("Graph")
        };
        assert_eq!([0, 1, 2, 3, 4].map(|presses| has(presses, 120, 32)), [true, true, false, false, true]);
        assert_eq!([0, 1, 2, 3, 4].map(|presses| has(presses, 60, 16)), [false, true, false, false, false]);
        assert!(!has(1, 60, 8), "the table needs its rows");
    }

    #[test]
    fn what_the_cursor_is_on_and_what_it_reads_is_bright() {
        let facts = fixture::facts();
        let mut home = home(&facts, 0);
        home.act(&facts, Action::First, &Seen { rows: 9, ..Seen::default() });
        let (drawn, _) = buffer(&home, &facts, 120, 32);
        let is = |x: u16, y: u16, modifier| drawn[(x, y)].modifier.contains(modifier);
        // The cursor is on `raw/t1`, which `raw/t2` has nothing to do with.
        assert!(is(4, 1, Modifier::REVERSED) && is(4, 2, Modifier::DIM));
        assert!(!is(17, 1, Modifier::DIM) && is(11, 2, Modifier::DIM), "{:#?}", text(&drawn));
    }

    #[test]
    fn of_a_large_graph_all_is_seen_small_and_what_is_scrolled_is_told() {
        let mut facts = fixture::facts();
        let mut snapshot = (*facts.snapshot).clone();
        let name = |at: usize| format!("pipeline-{at:03}");
        let done = [("k", crate::model::DatumState::Done, "why")];
        let failed = [("k", crate::model::DatumState::Failed, "why")];
        let rows = |at| if at == 150 { &failed } else { &done };
        let node = |at: usize| {
            let reads = at.checked_sub(3).into_iter().collect();
            fixture::pipeline(&name(at), reads, rows(at))
        };
        snapshot.nodes = (0..160).map(node).collect();
        facts.snapshot = Arc::new(snapshot);
        let mut home = Home::default();
        if let [Effect::World(World::Query(Query::Think(thought)))] = home.refresh(&facts).as_slice() {
            home.take(&facts, &Answer::Found(thought.clone().think()));
        }
        home.act(&facts, Action::Graph, &Seen::default());
        home.act(&facts, Action::First, &Seen { rows: 9, ..Seen::default() });
        let rows = text(&buffer(&home, &facts, 120, 32).0);
        let end = rows.iter().position(|row| row.starts_with('╰')).unwrap_or(0);
        assert!(rows[end].contains(" columns") && rows[end].contains("→ "), "{rows:#?}");
        let wide = rows[..end].iter().any(|row| row.contains("╭─ all "));
        assert_eq!(wide, home.graph.drawing.picture.height > 5, "{rows:#?}");
    }

    #[test]
    fn a_graph_that_is_too_wide_is_scrolled_to_the_cursor() {
        let facts = fixture::facts();
        let mut home = home(&facts, 1);
        home.act(&facts, Action::Last, &Seen { rows: 9, ..Seen::default() });
        let (drawn, _) = buffer(&home, &facts, 20, 14);
        let rows = text(&drawn);
        assert!(rows[1].ends_with("⊘ stats"), "{rows:#?}");
        assert!(rows[3].contains("← "), "{rows:#?}");
        for (width, height) in [(1, 1), (4, 13), (5, 12), (200, 12)] {
            buffer(&home, &facts, width, height);
        }
    }
}
