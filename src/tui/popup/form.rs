//! The form for a new pipeline: a few lines to type, and beside them the spec and the datums that it would have.

use ratatui::crossterm::event::KeyCode;

use crate::app::{Draft, DraftView, Part};
use crate::model::show;
use crate::run::count;
use crate::tui::effect::{Effect, Query, World};
use crate::tui::keys::Key;
use crate::tui::line::Line;
use crate::tui::pen::Pen;
use crate::tui::theme::Role;

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
    /// Whether the folder to read is still the one that was proposed: the first letter typed there replaces it.
    is_proposed: bool,
    /// Whether it asks if all is right.
    is_sure: bool,
    /// Whether it is to ask as soon as it is known what it comes to.
    is_hasty: bool,
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
        let texts = ["", repo, "/(*)", "", "", "", "/$1"];
        let is_proposed = !repo.is_empty();
        Self {
            lines: texts.map(Line::new).into(),
            at: 0,
            view: None,
            is_proposed,
            is_sure: false,
            is_hasty: false,
        }
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

    /// Writes a text into one of its lines; `None` if there is no such line.
    pub(in crate::tui) fn set(&mut self, at: usize, text: &str) -> Option<Effect> {
        *self.lines.get_mut(at)? = Line::new(text);
        self.at = at;
        Some(self.ask())
    }

    /// Asks whether all is right; where something is wrong, leads there instead. Whether it asks. What is not known
    /// yet is waited for.
    pub(in crate::tui) fn finish(&mut self) -> bool {
        let found = self.known().map(|view| view.found.as_ref().map_err(|missing| missing.part).err());
        self.is_hasty = found.is_none();
        self.is_sure = found == Some(None);
        if let Some(at) = found.flatten().and_then(row_of) {
            self.at = at;
        }
        self.is_sure
    }

    /// What could stand in the row that keys go to, going by what was typed there.
    fn suggested(&self) -> Vec<&str> {
        let typed = self.lines[self.at].text().trim();
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

    /// Its keys, for the last line.
    pub(super) fn keys(&self) -> Vec<(String, String)> {
        let told: &[(&str, &str)] = match (self.is_sure, self.completion(), self.at + 1 == self.lines.len()) {
            (true, ..) => &[("y", "write it"), ("n", "go on editing"), ("Esc", "go on editing")],
            (false, Some(_), _) if self.is_whole() => {
                &[("Tab", "next"), ("Right", "go on into it"), ("Shift-Tab", "back"), ("Esc", "leave")]
            }
            (false, Some(_), _) => &[("Tab", "complete"), ("Shift-Tab", "back"), ("Esc", "leave")],
            (false, None, true) => &[("Enter", "write"), ("Shift-Tab", "back"), ("Esc", "leave")],
            (false, None, false) => &[("Enter", "next"), ("Shift-Tab", "back"), ("Esc", "leave")],
        };
        told.iter().map(|(key, word)| ((*key).to_owned(), (*word).to_owned())).collect()
    }

    /// Whether it asks if all is right.
    pub(in crate::tui) const fn is_sure(&self) -> bool {
        self.is_sure
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
        self.is_proposed && self.at == REPOS[0]
    }

    /// Takes what was proposed away before a text of the user's own comes; from then on it is edited.
    fn replace_proposal(&mut self, is_replaced: bool) {
        if self.is_on_proposal() {
            self.is_proposed = false;
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
        if self.is_sure {
            return self.sure(key);
        }
        let last = self.lines.len() - 1;
        self.is_hasty = false;
        match key.code() {
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
                self.lines[self.at].key(key);
                if self.lines[self.at].text() != before {
                    return Outcome::Wish(self.ask());
                }
            }
        }
        Outcome::Stay
    }

    /// A key while it asks whether to write; what was typed stays if not.
    fn sure(&mut self, key: Key) -> Outcome {
        if key.letter() == Some('y') {
            return Outcome::Do(Effect::World(World::Query(Query::WriteDraft(self.draft()))));
        }
        if matches!(key.code(), KeyCode::Esc) || key.letter() == Some('n') {
            self.is_sure = false;
        }
        Outcome::Stay
    }
}

/// Draws it in the middle.
pub(in crate::tui) fn draw(form: &Form, pen: &mut Pen<'_>) {
    let (width, height) = (pen.width().saturating_sub(4).min(110), pen.height());
    let mut whole = middle(pen, width, height.min(24));
    let notes = ["Tab next · Enter at the end writes · Esc leaves", "Enter at the end writes"];
    let note = if form.is_sure { "" } else { notes[usize::from(width < 66)] };
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
    below(form, &mut inside.part(0, fields + 2, width, preview));
}

fn field(form: &Form, at: usize, pen: &mut Pen<'_>) {
    let is_here = at == form.at && !form.is_sure;
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
    let x = pen.say(11, 0, &show(before), Role::Plain);
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

/// How many datums it has, and the text that would be written.
fn below(form: &Form, pen: &mut Pen<'_>) {
    let Some(view) = form.known() else {
        pen.say(1, 0, "looking …", Role::Dim);
        return;
    };
    let room = usize::from(pen.width().saturating_sub(2));
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
    if form.is_sure {
        let path = format!("Write {}/spec.yml?   y write it   n go on editing", show(form.lines[0].text()));
        pen.say(1, y, &path, Role::Key);
        y += 1;
    } else if REPOS.contains(&form.at) {
        let like = form.suggested().into_iter().take(8).map(show);
        pen.say(1, y, &like.collect::<Vec<_>>().join("  "), Role::Dim);
        y += 1;
    }
    text(&view.text, &mut pen.part(0, y, pen.width(), u16::MAX));
}

/// The text of the spec, below an empty row where there is room for one; that of which there is more says so.
fn text(spec: &str, pen: &mut Pen<'_>) {
    let (lines, rows): (Vec<&str>, usize) = (spec.lines().collect(), usize::from(pen.height()));
    let top = u16::from(lines.len() < rows);
    let shown = if lines.len() > rows { rows.saturating_sub(1) } else { lines.len() };
    for (y, line) in (top..).zip(&lines[..shown]) {
        pen.say(1, y, &show(line), Role::Plain);
    }
    if shown < lines.len() && rows > 0 {
        let more = count(lines.len() - shown, "more line");
        pen.say(1, pen.height() - 1, &format!("{} {more}", pen.theme.pick("…", "...")), Role::Dim);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Missing;
    use crate::tui::theme::Theme;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    fn press(form: &mut Form, name: &str) -> Outcome {
        form.key(Key::parse(name).expect("a key"))
    }

    fn drawn(form: &Form, width: u16, height: u16) -> String {
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        draw(form, &mut Pen::new(&mut buffer, area, Theme::default()));
        let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        (0..height).map(row).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn it_is_written_only_when_it_is_whole_and_after_a_question() {
        let mut form = Form::new("raw/t1");
        assert!(matches!(press(&mut form, "f"), Outcome::Wish(_)));
        (0..6).for_each(|_| drop(press(&mut form, "tab")));
        press(&mut form, "enter");
        assert!(
            matches!(press(&mut form, "y"), Outcome::Wish(_)),
            "nothing is known of it yet: `y` is a letter"
        );
        press(&mut form, "backspace");
        let view =
            |found| DraftView { text: "input:\n".into(), found, remark: None, repos: vec!["raw/t1".into()] };
        form.looked(Draft::default(), view(Ok((9, Vec::new()))));
        assert!(form.known().is_none(), "that is of another draft");
        let missing = Missing { part: Part::Repo(0), why: "there is no folder".into() };
        form.looked(form.draft(), view(Err(missing)));
        press(&mut form, "enter");
        assert_eq!((form.is_sure, form.at), (false, 1), "it leads to what is wrong");
        (0..5).for_each(|_| drop(press(&mut form, "down")));
        form.looked(form.draft(), view(Ok((3, vec!["sub-1".into()]))));
        press(&mut form, "enter");
        for (width, height) in [(120, 32), (80, 20), (60, 16)] {
            let shown = drawn(&form, width, height);
            assert!(shown.contains("3 datums: sub-1, …") && shown.contains("Write f/spec.yml?"), "{shown}");
        }
        assert!(matches!(press(&mut form, "enter"), Outcome::Stay));
        press(&mut form, "n");
        assert_eq!(form.draft().name, "f", "what was typed stays");
        press(&mut form, "enter");
        assert!(matches!(press(&mut form, "y"), Outcome::Do(_)));
    }

    #[test]
    fn folders_are_completed_and_the_question_waits_for_what_is_not_known_yet() {
        let mut form = Form::new("");
        let view = |repos: &[&str]| DraftView {
            text: "input:\n".into(),
            found: Ok((1, Vec::new())),
            remark: Some("`README.md` becomes a datum".into()),
            repos: repos.iter().map(|repo| (*repo).to_owned()).collect(),
        };
        let all = ["raw", "raw/t1", "raw/t2", "stats"];
        form.looked(form.draft(), view(&all));
        assert!(drawn(&form, 80, 20).contains("`README.md` becomes a datum"));
        press(&mut form, "tab");
        press(&mut form, "s");
        assert!(drawn(&form, 80, 20).contains("stats"), "{}", drawn(&form, 80, 20));
        assert!(matches!(press(&mut form, "tab"), Outcome::Wish(_)));
        assert_eq!((form.draft().inputs[0].0.as_str(), form.at), ("stats", 1));
        press(&mut form, "ctrl-u");
        form.paste("raw");
        press(&mut form, "tab");
        assert_eq!((form.draft().inputs[0].0.as_str(), form.at), ("raw", 2), "it is whole as it stands");
        press(&mut form, "up");
        press(&mut form, "right");
        assert_eq!(form.draft().inputs[0].0, "raw/t1");
        (0..5).for_each(|_| drop(press(&mut form, "down")));
        press(&mut form, "enter");
        assert!(!form.is_sure, "what it comes to is not known yet");
        form.looked(form.draft(), view(&all));
        assert!(form.is_sure);
    }

    #[test]
    fn the_proposed_folder_is_replaced_by_typing_and_edited_after_an_arrow() {
        let typed = |keys: &[&str]| {
            let mut form = Form::new("raw/t1");
            for key in keys {
                press(&mut form, key);
            }
            form.draft().inputs[0].0.clone()
        };
        assert_eq!(typed(&["tab", "f", "s"]), "fs");
        assert_eq!(typed(&["tab", "end", "x"]), "raw/t1x");
        assert_eq!(typed(&["tab", "tab", "up", "f"]), "f");
        assert_eq!(typed(&["tab", "backspace"]), "");
        assert!(drawn(&Form::new("raw/t1"), 80, 20).contains("raw/t1"));
    }

    #[test]
    fn the_hint_names_where_inputs_stand() {
        let mut form = Form::new("raw/t1/");
        (0..5).for_each(|_| drop(press(&mut form, "down")));
        assert!(form.hint().contains("/pfs/t1"), "{}", form.hint());
    }
}
