//! Help and palette: one list of actions and places, searched by typing, of which Enter does the highlighted one.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::Rect;
use unicode_segmentation::UnicodeSegmentation as _;

use crate::model::{DatumState, show};

use super::super::effect::{Effect, World};
use super::super::keys::Key;
use super::super::line::Line;
use super::super::list::List;
use super::super::pen::Pen;
use super::super::theme::{Role, role_of};
use super::{Outcome, middle, wrap};
use crate::tui::action::Action;

/// One thing that can be found.
#[derive(Clone, Debug)]
pub(in crate::tui) struct Item {
    /// Under which heading.
    pub(in crate::tui) group: &'static str,
    /// The key, as it is shown.
    pub(in crate::tui) key: String,
    /// Its name.
    pub(in crate::tui) name: String,
    /// What it does, or why not now.
    pub(in crate::tui) text: String,
    /// Other words that it is found by.
    pub(in crate::tui) also: &'static [&'static str],
    /// The shell command that does the same; empty if there is none.
    pub(in crate::tui) command: String,
    /// What Enter does; nothing where it is off.
    pub(in crate::tui) effect: Option<Effect>,
}

/// A list that is searched by typing.
#[derive(Clone, Debug)]
pub(in crate::tui) struct Finder {
    title: String,
    line: Line,
    items: Vec<Item>,
    /// Which items match, best first.
    found: Vec<usize>,
    list: List,
    /// Whether items stay in their groups.
    is_grouped: bool,
    /// The text that datums were looked for by last; absent where they are not looked for.
    sought: Option<String>,
    /// What stands there when nothing matches.
    none: &'static str,
    /// States whose signs the last line explains.
    legend: Vec<DatumState>,
}

/// The heading of datums, which are looked for while one types.
pub(in crate::tui) const DATUMS: &str = "DATUMS";

impl Finder {
    /// A list of items.
    pub(in crate::tui) fn new(title: String, items: Vec<Item>, is_grouped: bool) -> Self {
        let found = (0..items.len()).collect();
        let (line, list, none) = (Line::default(), List::default(), "nothing is called like this");
        Self { title, line, items, found, list, is_grouped, sought: None, none, legend: Vec::new() }
    }

    /// One that says this when nothing matches.
    pub(in crate::tui) fn explains(self, none: &'static str) -> Self {
        Self { none, ..self }
    }

    /// One with the signs of states explained below it.
    pub(in crate::tui) fn with_legend(self, legend: Vec<DatumState>) -> Self {
        Self { legend, ..self }
    }

    /// One that datums are looked for in.
    pub(in crate::tui) fn with_datums(self) -> Self {
        Self { sought: Some(String::new()), ..self }
    }

    /// The text that datums are to be looked for by, if it is another than before.
    pub(in crate::tui) fn seeks(&mut self) -> Option<String> {
        let text = self.line.text().trim();
        let sought = self.sought.as_mut().filter(|sought| *sought != text)?;
        text.clone_into(sought);
        Some(text.to_owned())
    }

    /// Takes what was found by a text among datums. The cursor stays.
    pub(in crate::tui) fn take(&mut self, text: &str, datums: Vec<Item>) {
        if self.sought.as_deref() != Some(text) {
            return;
        }
        let cursor = self.list.cursor;
        self.items.retain(|item| item.group != DATUMS);
        self.items.extend(datums);
        self.search();
        self.list.cursor = cursor.min(self.found.len().saturating_sub(1));
    }

    /// Its heading.
    pub(in crate::tui) fn title(&self) -> &str {
        &self.title
    }

    /// What matches, in order, and which of these is under the cursor.
    pub(in crate::tui) fn found(&self) -> (Vec<&Item>, usize) {
        (self.found.iter().map(|at| &self.items[*at]).collect(), self.list.cursor)
    }

    /// Puts the cursor on what matches, by its number from 0; whether there is one.
    pub(in crate::tui) fn go_to(&mut self, at: usize) -> bool {
        let is_there = at < self.found.len();
        if is_there {
            self.list.cursor = at;
        }
        is_there
    }

    /// Takes a key.
    pub(in crate::tui) fn key(&mut self, key: Key) -> Outcome {
        let rows = 10;
        match key.code() {
            KeyCode::Esc => return Outcome::Close,
            KeyCode::Enter => return self.chosen(),
            KeyCode::Char('y') if key.is_ctrl() => return self.copied(),
            KeyCode::Tab => self.complete(),
            KeyCode::Down => self.step(Action::Down, rows),
            KeyCode::Up => self.step(Action::Up, rows),
            KeyCode::PageDown => self.step(Action::PageDown, rows),
            KeyCode::PageUp => self.step(Action::PageUp, rows),
            _ if self.line.key(key) => self.search(),
            _ => return Outcome::Nothing,
        }
        Outcome::Stay
    }

    /// Types the name of what is under the cursor, which stays there.
    fn complete(&mut self) {
        let Some(at) = self.found.get(self.list.cursor).copied() else { return };
        self.line = Line::new(&self.items[at].name);
        self.search();
        self.list.cursor = self.found.iter().position(|found| *found == at).unwrap_or_default();
    }

    /// Copies the shell command that does what is under the cursor; the list stays.
    fn copied(&self) -> Outcome {
        Outcome::Wish(match self.command() {
            "" => Effect::Say("no shell command does the same".into()),
            command => Effect::World(World::Copy(command.to_owned())),
        })
    }

    /// The shell command that does what is under the cursor; empty if there is none.
    fn command(&self) -> &str {
        self.found.get(self.list.cursor).map_or("", |at| &self.items[*at].command)
    }

    /// Its keys, for the last line.
    pub(super) fn keys(&self) -> Vec<(String, String)> {
        let copy = (!self.command().is_empty()).then_some(("Ctrl-Y", "copy the command"));
        let first = [("Enter", "do it"), ("Tab", "complete"), ("Up", "and Down move")];
        let keys = first.into_iter().chain(copy).chain([("Esc", "close")]);
        keys.map(|(key, word)| (key.to_owned(), word.to_owned())).collect()
    }

    /// Takes a text that was pasted.
    pub(in crate::tui) fn paste(&mut self, text: &str) {
        self.line.insert(text);
        self.search();
    }

    /// Forgets what was typed.
    pub(in crate::tui) fn clear(&mut self) {
        self.line = Line::default();
        self.search();
    }

    fn step(&mut self, action: Action, rows: usize) {
        self.list.act(action, self.found.len(), rows);
    }

    fn chosen(&self) -> Outcome {
        let item = self.found.get(self.list.cursor).map(|at| &self.items[*at]);
        match item.map(|item| (&item.effect, &item.text)) {
            Some((Some(effect), _)) => Outcome::Do(effect.clone()),
            Some((None, why)) => Outcome::Do(Effect::Say(why.clone())),
            None => Outcome::Stay,
        }
    }

    fn search(&mut self) {
        self.list = List::default();
        let text = self.line.text().trim();
        if text.is_empty() {
            self.found = (0..self.items.len()).collect();
            return;
        }
        let mut matcher = Matcher::new(Config::DEFAULT);
        let pattern = Pattern::parse(text, CaseMatching::Smart, Normalization::Smart);
        let mut letters = Vec::new();
        let mut scored: Vec<(u32, usize)> = Vec::new();
        for (at, item) in self.items.iter().enumerate() {
            let named = pattern.score(Utf32Str::new(&item.name, &mut letters), &mut matcher);
            let lower = text.to_lowercase();
            let is_told = item.text.to_lowercase().contains(&lower);
            let is_other_name = item.also.iter().any(|word| word.starts_with(&lower));
            // A key that is typed as it is shown is meant before all else; then names; then words of the help.
            let is_key = item.key.split(' ').any(|key| key == text);
            let is_datum = item.group == DATUMS;
            if named.is_some() || is_told || is_key || is_datum || is_other_name {
                let sure = u32::from(is_key) * 10_000 + u32::from(is_other_name) * 5000;
                scored.push((sure + named.map_or(0, |score| score + 1000), at));
            }
        }
        // Without headings that part them, what is off stands after what Enter can do.
        let is_off = |at: usize| !self.is_grouped && self.items[at].effect.is_none();
        scored.sort_by_key(|(score, at)| (is_off(*at), std::cmp::Reverse(*score), *at));
        self.found = scored.into_iter().map(|(_, at)| at).collect();
        if self.is_grouped {
            let best = self.found.first().copied();
            let group = |at: &usize| self.items.iter().position(|item| item.group == self.items[*at].group);
            self.found.sort_by_key(group);
            // Enter does what matches best, in whichever group that stands.
            self.list.cursor = self.found.iter().position(|at| Some(*at) == best).unwrap_or_default();
        }
    }
}

/// Draws it in the middle; where what stands that matches, by its number from 0.
pub(in crate::tui) fn draw(finder: &Finder, pen: &mut Pen<'_>) -> Vec<(Rect, usize)> {
    let width = pen.width().saturating_sub(4).min(84);
    // Where the screen is low, all of its height is of use.
    let height = pen.height().saturating_sub(if pen.height() < 20 { 0 } else { 4 }).min(30);
    let note = format!("{} of {}", finder.found.len(), finder.items.len());
    let mut middle = middle(pen, width, height);
    let mut inside = middle.frame(&finder.title, &note, Role::Focus);
    let (before, after) = finder.line.halves();
    let mut x = inside.say(1, 0, inside.theme.pick("› ", "> "), Role::Key);
    x = inside.say(x, 0, before, Role::Plain);
    let under = after.graphemes(true).next().unwrap_or(" ");
    x = inside.put(x, 0, under, inside.theme.selected());
    inside.say(x, 0, after.get(under.len()..).unwrap_or(""), Role::Plain);
    if finder.line.text().is_empty() {
        inside.say(4, 0, "type to search; Enter does it; Esc closes", Role::Dim);
    }
    let command = finder.command();
    let has_room = !command.is_empty() && inside.height() >= 8;
    let below = inside.height().saturating_sub(if has_room { 3 } else { 2 });
    if has_room {
        inside.say(2, 2 + below, &format!("= {}", show(command)), Role::Dim);
    } else if !finder.legend.is_empty() && inside.height() >= 8 {
        let last = inside.height() - 1;
        legend(finder, &mut inside.part(0, last, u16::MAX, 1));
        return rows(finder, &mut inside.part(0, 2, u16::MAX, last.saturating_sub(2)));
    }
    rows(finder, &mut inside.part(0, 2, u16::MAX, below))
}

/// What signs mean, as many as there is room for.
fn legend(finder: &Finder, pen: &mut Pen<'_>) {
    let mut x = 2;
    for state in &finder.legend {
        let (sign, word) = (pen.theme.glyph(*state), state.word().replace('_', " "));
        let wide = u16::try_from(word.chars().count() + 2).unwrap_or(u16::MAX);
        if x + wide >= pen.width() {
            return;
        }
        x = pen.say(x, 0, sign, role_of(*state));
        x = pen.say(x + 1, 0, &word, Role::Dim) + 2;
    }
}

/// Where a list is narrower than this, texts stand below names.
const NARROW: u16 = 66;

/// Where names begin in a list: on a narrow one nearer to the keys.
const fn indent(pen: &Pen<'_>) -> u16 {
    if pen.width() < NARROW { 13 } else { 16 }
}

fn rows(finder: &Finder, pen: &mut Pen<'_>) -> Vec<(Rect, usize)> {
    let mut places = Vec::new();
    if finder.found.is_empty() {
        let room = usize::from(pen.width().saturating_sub(2));
        for (y, line) in (0..pen.height()).zip(wrap(finder.none, room)) {
            pen.say(1, y, &line, Role::Dim);
        }
    }
    let is_narrow = pen.width() < NARROW;
    let columns =
        if is_narrow { pen.width().saturating_sub(indent(pen) + 1) } else { pen.width().saturating_sub(35) };
    let lines = lines(finder, usize::from(columns), is_narrow);
    // The item under the cursor is in the middle, but for the first and the last.
    let at = |wanted: &Shown| matches!(wanted, Shown::Text(row, ..) if *row == finder.list.cursor);
    let (cursor, height) = (lines.iter().position(at).unwrap_or(0), usize::from(pen.height()));
    let top = cursor.saturating_sub(height / 2).min(lines.len().saturating_sub(height));
    for (y, line) in (0..pen.height()).zip(&lines[top..]) {
        match line {
            Shown::Heading(group) => drop(pen.say(1, y, group, Role::Dim)),
            Shown::Text(row, is_first, text) => {
                one(finder, *row, *is_first, (y, text), pen);
                places.push((pen.part(0, y, u16::MAX, 1).area, *row));
            }
        }
    }
    places
}

/// A line of the list.
enum Shown {
    Heading(&'static str),
    /// A line of the text of a row, and whether it is the first.
    Text(usize, bool, String),
}

/// All lines: headings, and texts broken to so many columns.
fn lines(finder: &Finder, columns: usize, is_narrow: bool) -> Vec<Shown> {
    let (mut group, mut found) = ("", Vec::new());
    for (row, at) in finder.found.iter().enumerate() {
        let item = &finder.items[*at];
        if finder.is_grouped && item.group != group {
            group = item.group;
            found.push(Shown::Heading(group));
        }
        let name = show(&item.name).chars().count();
        if is_narrow {
            // One line each, so that many are seen; of the one under the cursor all is told.
            let is_whole = name + 2 + item.text.chars().count() <= columns || row != finder.list.cursor;
            let below =
                if is_whole { vec![show(&item.text)] } else { wrap(&show(&item.text), columns.max(10)) };
            found.extend((!is_whole).then(|| Shown::Text(row, true, String::new())));
            found.extend(below.into_iter().map(|text| Shown::Text(row, is_whole, text)));
            continue;
        }
        // A name that is long leaves less room beside it.
        let columns = (columns + 17).saturating_sub(item.name.chars().count().clamp(17, 24));
        let broken = wrap(&show(&item.text), columns.max(10));
        found.extend(broken.into_iter().enumerate().map(|(at, text)| Shown::Text(row, at == 0, text)));
    }
    found
}

/// A line of an item; on its first also its key and its name.
fn one(finder: &Finder, row: usize, is_first: bool, (y, text): (u16, &str), pen: &mut Pen<'_>) {
    let item = &finder.items[finder.found[row]];
    let role = if item.effect.is_some() { Role::Plain } else { Role::Dim };
    let (left, name) = (indent(pen), u16::try_from(item.name.chars().count()).unwrap_or(u16::MAX));
    let is_narrow = pen.width() < NARROW;
    if is_first {
        let most = if is_narrow { pen.width() } else { 24 };
        pen.put_within(2, y, left - 3, &fitting(&item.key, left - 3), pen.theme.style(Role::Key));
        pen.put_within(left, y, most, &show(&item.name), pen.theme.style(role));
    }
    let x = match (is_narrow, is_first) {
        (false, _) => (left + name.min(24)).max(32) + 1,
        (true, true) => left.saturating_add(name).saturating_add(2),
        (true, false) => left,
    };
    pen.put_within(x, y, pen.width().saturating_sub(x + 1), text, pen.theme.style(Role::Dim));
    if row == finder.list.cursor {
        pen.mark(1, y, pen.width().saturating_sub(2), pen.theme.selected());
    }
}

/// Those of a row's keys that there is room for.
fn fitting(keys: &str, columns: u16) -> String {
    let columns = usize::from(columns);
    let mut shown = String::new();
    for key in keys.split(' ') {
        let more = usize::from(!shown.is_empty());
        if shown.is_empty() || shown.chars().count() + more + key.chars().count() <= columns {
            shown.extend((more > 0).then_some(' '));
            shown.push_str(key);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(name: &str, key: &str, text: &str) -> Item {
        Item {
            group: "HERE",
            key: key.into(),
            name: name.into(),
            text: text.into(),
            also: if name == "jobs" { &["kill"] } else { &[] },
            command: if name == "rerun" { "minipach run fs".into() } else { String::new() },
            effect: Some(Effect::Say(name.into())),
        }
    }

    fn finder() -> Finder {
        let items =
            vec![item("why", "w", "explain"), item("rerun", "r", "run it"), item("jobs", "2", "runs")];
        Finder::new("Help".into(), items, false)
    }

    fn said(outcome: Outcome) -> Option<String> {
        match outcome {
            Outcome::Do(Effect::Say(text)) => Some(text),
            _ => None,
        }
    }

    #[test]
    fn typing_finds_names_words_and_keys() {
        for (typed, first) in
            [("rer", "rerun"), ("expl", "why"), ("2", "jobs"), ("w", "why"), ("kill", "jobs")]
        {
            let mut finder = finder();
            typed.chars().for_each(|letter| {
                finder.key(Key::parse(&letter.to_string()).expect("a key"));
            });
            let chosen = finder.key(Key::parse("enter").expect("a key"));
            assert_eq!(said(chosen).as_deref(), Some(first), "{typed}");
        }
    }

    #[test]
    fn tab_types_the_name_of_what_is_under_the_cursor() {
        let mut finder = finder();
        for key in ["r", "down", "tab"] {
            finder.key(Key::parse(key).expect("a key"));
        }
        let (found, cursor) = finder.found();
        let name = found[cursor].name.clone();
        assert_eq!(finder.line.text(), name);
        assert_eq!(said(finder.key(Key::parse("enter").expect("a key"))), Some(name));
        finder.clear();
        finder.paste("zzzz");
        finder.key(Key::parse("tab").expect("a key"));
        assert_eq!(finder.line.text(), "zzzz", "nothing is called like this");
    }

    #[test]
    fn in_groups_enter_does_what_matches_best() {
        let there = Item { group: "EVERYWHERE", ..item("undo", "u", "take results back") };
        let here = item("rerun-downstream", "R", "run it and its readers");
        let mut finder = Finder::new("Help".into(), vec![here, there], true);
        for letter in ["u", "n", "d", "o"] {
            finder.key(Key::parse(letter).expect("a key"));
        }
        assert_eq!(finder.found().0.len(), 2, "letters of both hold it");
        assert_eq!(said(finder.key(Key::parse("enter").expect("a key"))).as_deref(), Some("undo"));
    }

    #[test]
    fn the_command_of_what_is_under_the_cursor_is_copied_and_the_list_stays() {
        let mut finder = finder();
        let copy = Key::parse("ctrl-y").expect("a key");
        assert!(matches!(finder.key(copy), Outcome::Wish(Effect::Say(_))), "`why` has none");
        finder.key(Key::parse("down").expect("a key"));
        let copied = finder.key(copy);
        assert!(
            matches!(copied, Outcome::Wish(Effect::World(World::Copy(text))) if text == "minipach run fs")
        );
    }

    #[test]
    fn on_a_narrow_screen_texts_stand_below_names_and_signs_are_explained() {
        use crate::tui::theme::Theme;
        use ratatui::buffer::Buffer;
        let text = "a text that is much too long to stand beside its name on a screen of sixty columns";
        let mut finder = finder();
        finder.items[0].text = text.into();
        let finder = finder.with_legend(vec![DatumState::Failed]);
        let area = Rect::new(0, 0, 60, 16);
        let mut buffer = Buffer::empty(area);
        draw(&finder, &mut Pen::new(&mut buffer, area, Theme::default()));
        let row = |y| (0..60).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        let shown = (0..16).map(row).collect::<Vec<_>>().join("\n");
        assert!(
            shown.contains("w          why ") && shown.contains("   a text that is much too long"),
            "{shown}"
        );
        assert!(shown.contains("jobs  runs") && shown.contains("✗ failed"), "{shown}");
        assert_eq!((fitting("PgDn Ctrl-d", 10).as_str(), fitting("j Down", 10).as_str()), ("PgDn", "j Down"));
    }

    #[test]
    fn what_is_not_there_is_not_chosen() {
        let mut finder = finder();
        finder.paste("zzzz");
        assert!(matches!(finder.key(Key::parse("enter").expect("a key")), Outcome::Stay));
    }
}
