//! The form for a new pipeline: a few lines to type, and beside them the spec and the datums that it would have.

use ratatui::crossterm::event::KeyCode;

use crate::app::{Draft, DraftView, Part};
use crate::model::show;
use crate::run::count;
use crate::tui::effect::{Effect, Query, World};
use crate::tui::keys::Key;
use crate::tui::line::Line;
use crate::tui::pen::{Pen, cut_mark};
use crate::tui::sign::Sign;
use crate::tui::theme::{Role, Theme};
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use super::{Outcome, middle, wrap};

/// What is asked: the word, and what belongs there.
const FIELDS: [(&str, &str); 7] = [
    ("name", "the folder that results go to"),
    ("reads", "a folder of data, or a pipeline"),
    ("glob", "cuts it into datums: /* one for each, / all as one; (…) names a part"),
    ("and", "another one, or nothing"),
    ("glob", "where both name a part by (…), what is equal there comes together"),
    ("command", "as typed in a shell; results go to /pfs/out"),
    ("output", "where each result belongs, such as /$1; or nothing"),
];

/// The form.
#[derive(Clone, Debug)]
pub(in crate::tui) struct Form {
    lines: Vec<Line>,
    at: usize,
    /// What it comes to; absent before the answer.
    view: Option<(Draft, DraftView)>,
    /// In which rows what was proposed still stands: the first letter typed there replaces it.
    proposed: [bool; 7],
    /// What it asks.
    asks: Asks,
    /// The first line that is shown of the spec.
    top: usize,
    /// Whether it is to ask as soon as it is known what it comes to.
    is_hasty: bool,
}

/// What a form asks before it goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::tui) enum Asks {
    #[default]
    Nothing,
    /// Whether all is right, and it is written.
    Write,
    /// Whether what was typed may be lost.
    Leave,
}

/// So many lines of the spec go by at once.
const PAGE: usize = 3;

/// What it begins with in a folder.
const fn at_first(repo: &str) -> [&str; 7] {
    ["", repo, "/(*)", "", "", "", "/$1"]
}

/// The rows of inputs.
const REPOS: [usize; 2] = [1, 3];

/// The row of a part of a draft; `None` where nobody can tell which is meant.
const fn row_of(part: Part) -> Option<usize> {
    match part {
        Part::Whole => None,
        Part::Name => Some(0),
        Part::Repo(input) => Some(1 + 2 * input),
        Part::Glob(input) => Some(2 + 2 * input),
        Part::Command => Some(5),
        Part::Output => Some(6),
    }
}

impl Form {
    /// A form that reads a folder, if one is under the cursor.
    pub(in crate::tui) fn new(repo: &str) -> Self {
        Self {
            lines: at_first(repo).map(Line::new).into(),
            at: 0,
            view: None,
            proposed: at_first(repo).map(|text| !text.is_empty()),
            asks: Asks::Nothing,
            top: 0,
            is_hasty: false,
        }
    }

    /// Whether something was typed that would be lost.
    fn is_touched(&self) -> bool {
        let repo = if self.proposed[REPOS[0]] { self.lines[REPOS[0]].text() } else { "" };
        self.lines.iter().zip(at_first(repo)).any(|(line, first)| line.text() != first)
    }

    /// What was typed so far.
    pub(in crate::tui) fn draft(&self) -> Draft {
        let text = |at: usize| self.lines.get(at).map(|line| line.text().to_owned()).unwrap_or_default();
        Draft {
            name: text(0),
            inputs: vec![(text(1), text(2)), (text(3), text(4))],
            command: text(5),
            output: text(6),
        }
    }

    /// Takes in what a draft comes to, if it is the one that stands here.
    pub(in crate::tui) fn looked(&mut self, draft: Draft, view: DraftView) {
        if draft == self.draft() {
            self.view = Some((draft, view));
            if self.is_hasty {
                self.finish();
            }
        }
    }

    /// Asks what it comes to.
    pub(in crate::tui) fn ask(&self) -> Effect {
        Effect::World(World::Query(Query::Draft(self.draft())))
    }

    /// What is asked, and what was typed.
    pub(super) fn typed(&self) -> impl Iterator<Item = (&'static str, &str)> {
        FIELDS.iter().zip(&self.lines).map(|((word, _), line)| (*word, line.text()))
    }

    /// One of its lines as it is read out: `2 reads: raw/t1`.
    pub(in crate::tui) fn told(&self, at: usize) -> Option<String> {
        self.typed().nth(at).map(|(word, text)| format!("{} {word}: {}", at + 1, show(text)))
    }

    /// Writes a text into one of its lines; `None` if there is no such line.
    pub(in crate::tui) fn set(&mut self, at: usize, text: &str) -> Option<Effect> {
        *self.lines.get_mut(at)? = Line::new(text);
        (self.at, self.proposed[at]) = (at, false);
        Some(self.ask())
    }

    /// Asks whether all is right; where something is wrong, leads there instead. Whether it asks. What is not known
    /// yet is waited for.
    pub(in crate::tui) fn finish(&mut self) -> bool {
        let found = self.known().map(|view| view.found.as_ref().map_err(|missing| missing.part).err());
        self.is_hasty = found.is_none();
        self.asks = if found == Some(None) { Asks::Write } else { Asks::Nothing };
        if let Some(at) = found.flatten().and_then(row_of) {
            self.at = at;
        }
        self.is_sure()
    }

    /// What could stand in the row that keys go to, going by what was typed there.
    fn suggested(&self) -> Vec<&str> {
        // What was only proposed limits nothing.
        let typed = if self.is_on_proposal() { "" } else { self.lines[self.at].text().trim() };
        let repos = self.view.iter().flat_map(|(_, view)| &view.repos).map(String::as_str);
        repos.filter(|repo| REPOS.contains(&self.at) && repo.starts_with(typed)).collect()
    }

    /// What would complete the row: the first that goes on from what was typed.
    fn completion(&self) -> Option<&str> {
        let typed = self.lines[self.at].text();
        let is_at_end = self.lines[self.at].halves().1.is_empty() && !typed.is_empty();
        self.suggested().into_iter().find(|repo| is_at_end && *repo != typed && repo.starts_with(typed))
    }

    /// Takes what would complete the row; whether there was any.
    fn complete(&mut self) -> Option<Outcome> {
        let taken = Line::new(self.completion()?);
        self.lines[self.at] = taken;
        Some(Outcome::Wish(self.ask()))
    }

    /// Whether what was typed is a folder or a pipeline as it stands.
    fn is_whole(&self) -> bool {
        let typed = self.lines[self.at].text().trim_end_matches('/');
        self.suggested().contains(&typed)
    }

    /// Its keys, for the last line, where so many lines of the spec are shown of all.
    pub(super) fn keys(&self, (all, shown): (usize, usize)) -> Vec<(String, String)> {
        let mut told = self.own_keys().to_vec();
        if all > shown {
            let key = if self.top < all - shown { "PgDn" } else { "PgUp" };
            told.insert(told.len() - 1, (key, "more of the spec"));
        }
        told.into_iter().map(|(key, word)| (key.to_owned(), word.to_owned())).collect()
    }

    /// The same but for those that scroll.
    fn own_keys(&self) -> &'static [(&'static str, &'static str)] {
        match (self.asks, self.completion(), self.at + 1 == self.lines.len()) {
            (Asks::Write, ..) => &[("y", "write it"), ("n", "go on editing"), ("Esc", "go on editing")],
            (Asks::Leave, ..) => &[("y", "leave"), ("n", "go on editing"), ("Esc", "leave")],
            (_, Some(_), _) if self.is_whole() => {
                &[("Tab", "next"), ("Right", "go on into it"), ("Shift-Tab", "back"), ("Esc", "leave")]
            }
            (_, Some(_), _) => &[("Tab", "complete"), ("Shift-Tab", "back"), ("Esc", "leave")],
            (_, None, true) => &[("Enter", "write"), ("Shift-Tab", "back"), ("Esc", "leave")],
            (_, None, false) => &[("Enter", "next"), ("Shift-Tab", "back"), ("Esc", "leave")],
        }
    }

    /// Whether it asks if all is right.
    pub(in crate::tui) fn is_sure(&self) -> bool {
        self.asks == Asks::Write
    }

    /// What belongs into the row that keys go to.
    fn hint(&self) -> String {
        let hint = FIELDS[self.at].1;
        let places = self.draft().places();
        if FIELDS[self.at].0 == "command" && !places.is_empty() {
            return format!("{hint}; it reads {}", show(&places.join(" and ")));
        }
        hint.to_owned()
    }

    /// What is known of what stands here now.
    pub(super) fn known(&self) -> Option<&DraftView> {
        self.view.as_ref().filter(|(draft, _)| *draft == self.draft()).map(|(_, view)| view)
    }

    /// Whether what was proposed stands in the row that keys go to.
    const fn is_on_proposal(&self) -> bool {
        self.proposed[self.at]
    }

    /// Takes what was proposed away before a text of the user's own comes; from then on it is edited.
    fn replace_proposal(&mut self, is_replaced: bool) {
        if self.is_on_proposal() {
            self.proposed[self.at] = false;
            if is_replaced {
                self.lines[self.at] = Line::default();
            }
        }
    }

    /// Takes a text that was pasted.
    pub(in crate::tui) fn paste(&mut self, text: &str) -> Effect {
        self.replace_proposal(true);
        self.lines[self.at].insert(text);
        self.ask()
    }

    /// Takes a key.
    pub(in crate::tui) fn key(&mut self, key: Key) -> Outcome {
        if self.asks != Asks::Nothing {
            return self.sure(key);
        }
        let last = self.lines.len() - 1;
        self.is_hasty = false;
        match key.code() {
            KeyCode::Esc if self.is_touched() => self.asks = Asks::Leave,
            KeyCode::Esc => return Outcome::Close,
            KeyCode::Tab if !self.is_whole() && self.completion().is_some() => {
                return self.complete().unwrap_or(Outcome::Stay);
            }
            KeyCode::Right if self.completion().is_some() => return self.complete().unwrap_or(Outcome::Stay),
            KeyCode::Enter if self.at == last => {
                self.finish();
            }
            KeyCode::Enter | KeyCode::Tab | KeyCode::Down => self.at = (self.at + 1).min(last),
            KeyCode::BackTab | KeyCode::Up => self.at = self.at.saturating_sub(1),
            _ => {
                let before = self.lines[self.at].text().to_owned();
                self.replace_proposal(key.letter().is_some() || key.code() == KeyCode::Backspace);
                if !self.lines[self.at].key(key) {
                    return Outcome::Nothing;
                }
                if self.lines[self.at].text() != before {
                    return Outcome::Wish(self.ask());
                }
            }
        }
        Outcome::Stay
    }

    /// Scrolls the spec, of which so many of all lines are shown; whether it is a key for that.
    pub(in crate::tui) fn scroll(&mut self, key: Key, (all, shown): (usize, usize)) -> bool {
        let last = all.saturating_sub(shown);
        let top = self.top.min(last);
        self.top = match key.code() {
            KeyCode::PageDown => (top + PAGE).min(last),
            KeyCode::PageUp => top.saturating_sub(PAGE),
            _ => return false,
        };
        true
    }

    /// A key while it asks whether to write, or to leave; what was typed stays if not.
    fn sure(&mut self, key: Key) -> Outcome {
        match (key.letter(), self.asks) {
            (Some('y'), Asks::Leave) => Outcome::Close,
            // Esc always leads out in the end.
            (None, Asks::Leave) if matches!(key.code(), KeyCode::Esc) => Outcome::Close,
            (Some('y'), _) => Outcome::Do(Effect::World(World::Query(Query::WriteDraft(self.draft())))),
            _ if matches!(key.code(), KeyCode::Esc) || key.letter() == Some('n') => {
                self.asks = Asks::Nothing;
                Outcome::Stay
            }
            _ => Outcome::Nothing,
        }
    }
}

/// Draws it in the middle; how many lines the spec has, and how many of them are shown.
pub(in crate::tui) fn draw(form: &Form, pen: &mut Pen<'_>) -> (usize, usize) {
    let (width, height) = (pen.width().saturating_sub(4).min(110), pen.height());
    let mut whole = middle(pen, width, height.min(24));
    let notes = ["Tab next · Enter at the end writes · Esc leaves", "Enter at the end writes"];
    let note = if form.asks == Asks::Nothing { notes[usize::from(width < 66)] } else { "" };
    let mut inside = whole.frame("New pipeline", note, Role::Focus);
    let (width, height) = (inside.width(), inside.height());
    let fields = u16::try_from(FIELDS.len()).unwrap_or(u16::MAX);
    for (y, at) in (0_u16..).zip(0..form.lines.len()) {
        field(form, at, &mut inside.part(0, y, width, 1));
    }
    let room = usize::from(width.saturating_sub(2));
    for (y, line) in (fields..fields + 2).zip(wrap(&form.hint(), room)) {
        inside.say(1, y, &line, Role::Dim);
    }
    let preview = height.saturating_sub(fields + 2);
    below(form, &mut inside.part(0, fields + 2, width, preview))
}

fn field(form: &Form, at: usize, pen: &mut Pen<'_>) {
    let is_here = at == form.at && form.asks == Asks::Nothing;
    if is_here {
        pen.say(0, 0, pen.theme.sign(Sign::Cursor), Role::Focus);
    }
    pen.say(1, 0, FIELDS[at].0, if is_here { Role::Key } else { Role::Dim });
    let (before, after) = form.lines[at].halves();
    if !is_here {
        pen.say(11, 0, &show(form.lines[at].text()), Role::Plain);
        return;
    }
    if form.is_on_proposal() {
        let x = pen.put(11, 0, &show(form.lines[at].text()), pen.theme.selected());
        pen.say(x + 2, 0, "typing replaces it", Role::Dim);
        return;
    }
    // Of a long line the end before the cursor is in sight.
    let room = usize::from(pen.width().saturating_sub(13 + u16::from(!after.is_empty())));
    let x = pen.say(11, 0, &tail(&show(before), room, pen.theme), Role::Plain);
    let cursor = after.chars().next().map_or(" ".to_owned(), |letter| letter.to_string());
    let rest = form
        .completion()
        .filter(|_| !form.is_whole())
        .and_then(|whole| whole.strip_prefix(before))
        .unwrap_or_default();
    if let Some(first) = rest.chars().next() {
        // What Right and Tab would take stands behind the cursor.
        let x = pen.put(x, 0, &show(&first.to_string()), pen.theme.selected());
        pen.say(x, 0, &show(&rest[first.len_utf8()..]), Role::Dim);
        return;
    }
    let x = pen.put(x, 0, &cursor, pen.theme.selected());
    pen.say(x, 0, &show(after.get(cursor.len()..).unwrap_or("")), Role::Plain);
}

/// The end of a text in so many columns; what is cut before it is marked.
fn tail(text: &str, columns: usize, theme: Theme) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mark = cut_mark(theme);
    let mut used = mark.width();
    let fits = |part: &&str| {
        used += part.width();
        used <= columns
    };
    let parts: Vec<&str> = text.graphemes(true).rev().take_while(fits).collect();
    format!("{mark}{}", parts.into_iter().rev().collect::<String>())
}

/// How many datums it has, and the text that would be written.
fn below(form: &Form, pen: &mut Pen<'_>) -> (usize, usize) {
    let room = usize::from(pen.width().saturating_sub(2));
    if form.asks == Asks::Leave {
        let asked = "Leave? What was typed is lost. y or Esc leave, n go on editing";
        for (y, line) in (0..).zip(wrap(asked, room)) {
            pen.say(1, y, &line, Role::Key);
        }
        return (0, 0);
    }
    let Some(view) = form.known() else {
        pen.say(1, 0, "looking …", Role::Dim);
        return (0, 0);
    };
    let (said, role) = match &view.found {
        Ok((0, _)) => ("no datum as things are now: the glob matches nothing".to_owned(), Role::Warn),
        Ok((number, keys)) => {
            let more = if *number > keys.len() { ", …" } else { "" };
            let keys: Vec<String> = keys.iter().map(|key| show(key)).collect();
            (format!("{}: {}{more}", count(*number, "datum"), keys.join(", ")), Role::Good)
        }
        Err(missing) => (show(&missing.why), Role::Warn),
    };
    let mut y = 0;
    for line in wrap(&said, room) {
        pen.say(1, y, &line, role);
        y += 1;
    }
    for line in view.remark.iter().flat_map(|remark| wrap(remark, room)) {
        pen.say(1, y, &line, Role::Warn);
        y += 1;
    }
    if form.is_sure() {
        let also = if view.is_noted { " and its line in .gitattributes" } else { "" };
        let name = show(form.lines[0].text());
        let asked = format!("Write {name}/spec.yml{also}? y write it, n go on editing");
        for line in wrap(&asked, room) {
            pen.say(1, y, &line, Role::Key);
            y += 1;
        }
    } else if REPOS.contains(&form.at) {
        pen.say(1, y, &choices(form), Role::Dim);
        y += 1;
    }
    text(&view.text, form.top, &mut pen.part(0, y, pen.width(), u16::MAX))
}

/// What the row may hold: what Tab takes, and what else begins as what was typed.
fn choices(form: &Form) -> String {
    let all: Vec<String> = form.suggested().into_iter().take(8).map(show).collect();
    match form.completion().filter(|_| !form.is_whole()) {
        Some(first) if all.len() > 1 => format!("Tab takes {}; all: {}", show(first), all.join("  ")),
        Some(first) => format!("Tab takes {}", show(first)),
        None if all.is_empty() => "no folder of data and no pipeline begins so".into(),
        None => format!("can be: {}", all.join("  ")),
    }
}

/// The text of the spec from a line on, below an empty row where there is room for one; that of which there is more
/// says so. How many lines it has, and how many of them are shown.
fn text(spec: &str, top: usize, pen: &mut Pen<'_>) -> (usize, usize) {
    let (lines, rows): (Vec<&str>, usize) = (spec.lines().collect(), usize::from(pen.height()));
    let is_long = lines.len() > rows;
    let shown = if is_long { rows.saturating_sub(1) } else { lines.len() };
    let top = top.min(lines.len() - shown);
    for (y, line) in (u16::from(lines.len() < rows)..).zip(&lines[top..top + shown]) {
        pen.say(1, y, &show(line), Role::Plain);
    }
    if is_long && rows > 0 {
        let more = match lines.len() - shown - top {
            0 => "the end, PgUp".to_owned(),
            more => format!("{}, PgDn", count(more, "more line")),
        };
        pen.say(1, pen.height() - 1, &format!("{} {more}", pen.theme.pick("…", "...")), Role::Dim);
    }
    (lines.len(), shown)
}

#[cfg(test)]
mod tests;
