//! What is asked of a new project: its folder, its layout and what that asks; keys only change what was typed.

use std::collections::BTreeMap;

use ratatui::crossterm::event::KeyCode;

use crate::app::{Laid, Question, QuestionKind, Scaffold, command_line};
use crate::tui::keys::Key;
use crate::tui::line::Line;
use crate::tui::popup::form::Asks;

/// The question that the folder's name answers where nothing is typed.
pub(super) const NAME: &str = "name";

/// The layout that is offered first.
const PLAINEST: &str = "yoda";

/// What somebody wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wish {
    /// The folder, as typed.
    pub(super) dir: String,
    /// The scaffold.
    pub(super) scaffold: String,
    /// What was answered; the rest is as the scaffold has it.
    pub(super) answers: BTreeMap<String, String>,
}

impl Wish {
    /// The shell command that does the same.
    pub(super) fn command(&self) -> String {
        let mut words = vec!["new".to_owned(), self.dir.clone(), "--scaffold".into(), self.scaffold.clone()];
        for (name, value) in &self.answers {
            words.extend(["--set".to_owned(), format!("{name}={value}")]);
        }
        command_line(&words)
    }
}

/// What a key led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Led {
    /// Nothing more.
    Nowhere,
    /// Another wish: look what it comes to.
    Look(Wish),
    /// It is to be written.
    Write(Wish),
    /// Nothing is to be written.
    Leave,
}

/// A row of the form.
#[derive(Clone, Copy, Debug)]
pub(super) enum Field<'a> {
    /// The folder.
    Dir,
    /// The layout.
    Layout,
    /// What the layout asks.
    Question(&'a Question),
}

/// The form.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    scaffolds: Vec<Scaffold>,
    chosen: usize,
    dir: Line,
    /// Whether the folder that was proposed still stands: typing replaces it, for `.` would hide a name or join a path.
    is_proposed: bool,
    /// What was answered, by question; it stays when another layout is looked at.
    answers: BTreeMap<String, Line>,
    /// The row that keys go to.
    pub(super) at: usize,
    /// What a wish comes to; absent before the first answer.
    view: Option<(Wish, Result<Laid, String>)>,
    /// What it asks before it goes.
    pub(super) asks: Asks,
    /// What was wanted before anything was typed.
    first: Wish,
    /// Whether it is to ask as soon as it is known what it comes to.
    is_hasty: bool,
    /// Whether it is being written.
    pub(super) is_writing: bool,
    /// Why it could not be written.
    pub(super) trouble: Option<String>,
    /// Whether pipelines stand in the folder already, so that it lacks only git.
    pub(super) has_specs: bool,
    /// Why the last key changed nothing.
    pub(super) note: Option<String>,
}

/// The answer if nothing is typed.
fn usual(question: &Question) -> &str {
    question.default.as_deref().unwrap_or_default()
}

impl Asked {
    /// A form for a folder, with the layouts there are; the plainest first.
    pub(super) fn new(dir: &str, scaffolds: Vec<Scaffold>) -> Self {
        let mut scaffolds = scaffolds;
        scaffolds.sort_by_key(|scaffold| (scaffold.id != PLAINEST, scaffold.questions.len()));
        let questions = scaffolds.iter().flat_map(|scaffold| &scaffold.questions);
        let first = |question: &Question| if question.name == NAME { "" } else { usual(question) }.to_owned();
        let answers =
            questions.map(|question| (question.name.clone(), Line::new(&first(question)))).collect();
        let mut made =
            Self { scaffolds, answers, dir: Line::new(dir), is_proposed: dir == ".", ..Self::default() };
        made.first = made.wish();
        made
    }

    /// The layout that is chosen.
    pub(super) fn scaffold(&self) -> Option<&Scaffold> {
        self.scaffolds.get(self.chosen)
    }

    /// Its rows.
    pub(super) fn fields(&self) -> Vec<Field<'_>> {
        let questions = self.scaffold().into_iter().flat_map(|scaffold| &scaffold.questions);
        [Field::Dir, Field::Layout].into_iter().chain(questions.map(Field::Question)).collect()
    }

    /// What was typed into a row.
    pub(super) fn line(&self, field: Field<'_>) -> Option<&Line> {
        match field {
            Field::Dir => Some(&self.dir),
            Field::Layout => None,
            Field::Question(question) => self.answers.get(&question.name),
        }
    }

    fn own_line(&mut self) -> Option<&mut Line> {
        let name = match self.fields().get(self.at)? {
            Field::Dir => return Some(&mut self.dir),
            Field::Layout => return None,
            Field::Question(question) => question.name.clone(),
        };
        self.answers.get_mut(&name)
    }

    /// What is wanted as it stands.
    pub(super) fn wish(&self) -> Wish {
        let questions = self.scaffold().into_iter().flat_map(|scaffold| &scaffold.questions);
        let typed = questions.filter_map(|question| {
            let text = self.answers.get(&question.name)?.text().trim();
            let is_own = !text.is_empty() && (text != usual(question) || question.name == NAME);
            is_own.then(|| (question.name.clone(), text.to_owned()))
        });
        let dir = self.dir.text().trim();
        Wish {
            dir: if dir.is_empty() { "." } else { dir }.into(),
            scaffold: self.scaffold().map(|scaffold| scaffold.id.clone()).unwrap_or_default(),
            answers: typed.collect(),
        }
    }

    /// What it comes to as it stands.
    pub(super) fn known(&self) -> Option<&Result<Laid, String>> {
        let wish = self.wish();
        self.view.as_ref().filter(|(of, _)| *of == wish).map(|(_, found)| found)
    }

    /// Takes in what a wish comes to.
    pub(super) fn looked(&mut self, wish: Wish, found: Result<Laid, String>) {
        self.view = Some((wish, found));
        if self.is_hasty
            && let Some(found) = self.known()
        {
            (self.asks, self.is_hasty) = (asks_to_write(found), false);
        }
    }

    /// It could not be written.
    pub(super) fn failed(&mut self, why: String) {
        (self.asks, self.is_writing, self.trouble) = (Asks::Nothing, false, Some(why));
    }

    /// Takes a text that was pasted.
    pub(super) fn paste(&mut self, text: &str) -> Led {
        self.replace_proposal(true);
        match self.own_line() {
            Some(line) => line.insert(text),
            None => return Led::Nowhere,
        }
        self.trouble = None;
        Led::Look(self.wish())
    }

    /// Takes a key.
    pub(super) fn key(&mut self, key: Key) -> Led {
        let is_ctrl_c = key.is_ctrl() && key.code() == KeyCode::Char('c');
        if self.is_writing {
            return Led::Nowhere;
        }
        if is_ctrl_c {
            return Led::Leave;
        }
        match self.asks {
            Asks::Write => return self.sure(key),
            Asks::Leave => return self.leaving(key),
            Asks::Nothing => {}
        }
        let last = self.fields().len() - 1;
        (self.is_hasty, self.note) = (false, None);
        match key.code() {
            KeyCode::Esc if self.wish() != self.first => self.asks = Asks::Leave,
            KeyCode::Esc => return Led::Leave,
            KeyCode::Enter if self.at == last => match self.known() {
                Some(found) => self.asks = asks_to_write(found),
                None => self.is_hasty = true,
            },
            KeyCode::Enter | KeyCode::Tab | KeyCode::Down => self.at = (self.at + 1).min(last),
            KeyCode::BackTab | KeyCode::Up => self.at = self.at.saturating_sub(1),
            _ => return self.typed(key),
        }
        Led::Nowhere
    }

    /// What can stand in a row that is chosen, not typed; nothing of others.
    pub(super) fn options(&self, field: Field<'_>) -> Vec<String> {
        let of_question = |question: &Question| match question.kind {
            QuestionKind::Boolean => ["yes", "no"].map(str::to_owned).into(),
            QuestionKind::Choice => question.choices.iter().map(|choice| choice.value.clone()).collect(),
            _ => Vec::new(),
        };
        match field {
            Field::Dir => Vec::new(),
            Field::Layout => self.scaffolds.iter().map(|scaffold| scaffold.id.clone()).collect(),
            Field::Question(question) => of_question(question),
        }
    }

    /// What stands in a row.
    pub(super) fn value(&self, field: Field<'_>) -> &str {
        let chosen = || self.scaffold().map_or("", |scaffold| &scaffold.id);
        self.line(field).map_or_else(chosen, Line::text)
    }

    fn typed(&mut self, key: Key) -> Led {
        let before = self.wish();
        let field = self.fields().get(self.at).copied();
        let options = field.map(|field| self.options(field)).unwrap_or_default();
        let value = field.map(|field| self.value(field).to_owned()).unwrap_or_default();
        if options.is_empty() {
            self.write(key);
        } else if let Some(at) = turned(&options, &value, key) {
            self.choose(at, &options[at]);
        } else if let Some(letter) = key.letter() {
            self.note = Some(format!("`{letter}` begins none of them; {}", told(&options)));
        }
        let now = self.wish();
        if now == before {
            return Led::Nowhere;
        }
        self.trouble = None;
        Led::Look(now)
    }

    /// Puts one of the options into the row that keys go to.
    fn choose(&mut self, at: usize, option: &str) {
        match self.own_line() {
            Some(line) => *line = Line::new(option),
            None => self.chosen = at,
        }
    }

    /// The folder is typed, or edited where an arrow came first.
    fn replace_proposal(&mut self, is_typed: bool) {
        if self.at != 0 {
            return;
        }
        if std::mem::take(&mut self.is_proposed) && is_typed {
            self.dir = Line::default();
        }
    }

    /// Types into the row that keys go to.
    fn write(&mut self, key: Key) {
        self.replace_proposal(key.letter().is_some());
        let Some(line) = self.own_line() else { return };
        let _is_taken = line.key(key);
    }

    /// A key while it asks whether to leave. Esc always leads out in the end.
    fn leaving(&mut self, key: Key) -> Led {
        if key.letter() == Some('y') || key.code() == KeyCode::Esc {
            return Led::Leave;
        }
        if key.letter() == Some('n') {
            self.asks = Asks::Nothing;
        }
        Led::Nowhere
    }

    /// A key while it asks whether to write; what was typed stays if not.
    fn sure(&mut self, key: Key) -> Led {
        match (key.letter(), key.code()) {
            (Some('y'), _) => {
                self.is_writing = true;
                return Led::Write(self.wish());
            }
            (Some('n'), _) | (_, KeyCode::Esc) => self.asks = Asks::Nothing,
            _ => {}
        }
        Led::Nowhere
    }
}

/// How options are chosen, and which there are.
pub(super) fn told(options: &[String]) -> String {
    format!("left and right choose: {}", options.join(", "))
}

/// The option that a key leads to from the one that stands: a letter to the next that begins with it.
fn turned(options: &[String], value: &str, key: Key) -> Option<usize> {
    let many = options.len();
    let at = options.iter().position(|option| option == value).unwrap_or(0);
    match key.code() {
        KeyCode::Left => Some((at + many - 1) % many),
        KeyCode::Right | KeyCode::Char(' ') => Some((at + 1) % many),
        _ => {
            let letter = key.letter()?.to_ascii_lowercase();
            let begins = |at: &usize| options[*at].to_lowercase().starts_with(letter);
            (1..=many).map(|step| (at + step) % many).find(begins)
        }
    }
}

/// What cannot be laid out is not asked about.
const fn asks_to_write(found: &Result<Laid, String>) -> Asks {
    if found.is_ok() { Asks::Write } else { Asks::Nothing }
}
