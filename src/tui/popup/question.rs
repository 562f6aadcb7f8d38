//! A question with its consequences and a few answers by key; `y` says yes, never Enter, never the key that opened it.

use crate::app::{FileChange, command_line};
use crate::model::show;

pub(in crate::tui) use super::super::effect::About;
use super::super::effect::{Effect, PlanText, World};
use super::super::keys::Key;
use super::super::pen::Pen;
use super::super::theme::Role;
use super::{Outcome, broken, middle};
use crate::run::Request;
use ratatui::crossterm::event::KeyCode;

/// A question.
#[derive(Clone, Debug, Default)]
pub(in crate::tui) struct Question {
    /// Heading.
    pub(in crate::tui) title: String,
    /// What it means, line by line.
    pub(in crate::tui) lines: Vec<String>,
    /// What it is about, one by one, a line each, below what it means.
    pub(in crate::tui) each: Vec<String>,
    /// What is said besides, whatever becomes of the lines.
    pub(in crate::tui) notes: Vec<String>,
    /// The same as a shell command; empty if there is none.
    pub(in crate::tui) command: String,
    /// Answers: key, word, and what is done then; none for a key that only closes.
    pub(in crate::tui) answers: Vec<(char, String, Option<Effect>)>,
    /// The request whose plan is shown, to know the answer when it comes.
    pub(in crate::tui) request: Option<Request>,
    /// What it waits for besides.
    pub(in crate::tui) about: About,
    /// The first row that is shown of what it means.
    pub(in crate::tui) top: usize,
    /// A pipeline that the cursor goes to once it is answered.
    pub(in crate::tui) leads_to: Option<String>,
    /// Whether what it waited for came.
    pub(in crate::tui) is_told: bool,
    /// Whether it was confirmed before what it waits for came: that counts for nothing.
    pub(in crate::tui) is_hasty: bool,
    /// When its lines changed after they could be read, in milliseconds; 0 if they never did.
    pub(in crate::tui) changed_ms: u64,
}

impl Question {
    /// A question about a run; its plan comes later.
    pub(in crate::tui) fn run(request: Request) -> Self {
        let command = command_line(&crate::app::words(&request));
        let no = ('n', "cancel".to_owned(), None);
        Self {
            title: title(&request),
            lines: vec!["planning …".into()],
            command,
            answers: vec![no],
            request: Some(request),
            ..Self::default()
        }
    }

    /// Whether to leave while a run goes on that was started here, or is stopping.
    pub(in crate::tui) fn leave(pid: u32, is_stopping: bool) -> Self {
        let goes = if is_stopping { "is stopping" } else { "is going on" };
        let detach = if is_stopping { "detach: it ends by itself" } else { "detach: it goes on" };
        let stop = ('s', "stop it and quit".to_owned(), Some(Effect::StopAndQuit(pid)));
        let detach = ('d', detach.to_owned(), Some(Effect::World(World::Quit)));
        let answers = [detach].into_iter().chain((!is_stopping).then_some(stop));
        let answers = answers.chain([('n', "stay".to_owned(), None)]).collect();
        let lines = vec![format!("A run that was started here {goes}.")];
        Self { title: "Quit?".into(), lines, answers, ..Self::default() }
    }

    /// Whether results are good as they stand.
    pub(in crate::tui) fn accept(targets: &[String]) -> Self {
        let words: Vec<String> =
            std::iter::once("accept".to_owned()).chain(targets.iter().cloned()).collect();
        let stand = if targets.len() == 1 { "it stands" } else { "they stand" };
        let lines = vec![
            format!(
                "Declares {} good as {stand}, without running:",
                crate::run::count(targets.len(), "result")
            ),
            targets.iter().take(8).cloned().collect::<Vec<_>>().join(", "),
            "One commit without a run record; it waits while inputs or code are not committed.".to_owned(),
        ];
        let command = command_line(&words);
        let answers = vec![
            ('y', "accept".to_owned(), Some(Effect::World(World::Start(words)))),
            ('n', "cancel".to_owned(), None),
        ];
        let mut made = Self { title: "Accept?".into(), lines, command, answers, ..Self::default() };
        made.offer_copy();
        made
    }

    /// Says something besides.
    pub(in crate::tui) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// Takes in the plan of its request; a later one replaces an earlier one. `about` is how long it will take, if
    /// that is known. `spec` tells where the spec of a pipeline stands.
    pub(in crate::tui) fn planned(
        &mut self,
        plan: Result<PlanText, String>,
        about: Option<&str>,
        spec: &dyn Fn(&str) -> Option<(String, usize)>,
    ) {
        let Some(request) = &self.request else { return };
        let start = Effect::World(World::Start(crate::app::words(request)));
        self.answers = vec![('n', "cancel".to_owned(), None)];
        self.lines = match plan {
            Err(error) => vec![error],
            Ok(plan) => {
                let word = deed(&plan);
                self.command = command_line(&crate::app::words(request));
                let mut lines = plan.lines;
                lines.extend(about.map(|about| format!("takes        about {about}")));
                if plan.to_change > 0 && !plan.to_save.is_empty() {
                    lines.push(crate::tui::plan_text::to_save(&plan.to_save));
                    let saving = saving(request, &plan.to_save);
                    self.command = command_line(&saving);
                    let files = crate::tui::plan_text::saved(&plan.to_save);
                    let saving = Some(Effect::World(World::Start(saving)));
                    self.answers.insert(0, ('o', format!("only {word}"), Some(start)));
                    self.answers.insert(0, ('y', format!("{files}, {word}"), saving));
                } else if plan.to_change > 0 {
                    self.answers.insert(0, ('y', word, Some(start)));
                }
                if plan.done > 0 && plan.to_change > 0 {
                    let all = Effect::AskRun(Request { force: true, ..request.clone() });
                    self.answers.push(('f', format!("run all, {} again", plan.done), Some(all)));
                }
                if plan.is_done && !request.force {
                    let again = Effect::AskRun(Request { force: true, ..request.clone() });
                    self.answers.insert(0, ('f', "run it again all the same".into(), Some(again)));
                }
                if let ([(name, _)], true) = (plan.runs.as_slice(), plan.to_fail > 0)
                    && let Some((path, line)) = spec(name)
                {
                    let edit = Effect::World(World::Edit(path, line));
                    self.answers.push(('e', "edit spec".into(), Some(edit)));
                }
                lines
            }
        };
        let copy = Effect::World(World::Copy(self.command.clone()));
        self.answers.push(('Y', "copy the command".into(), Some(copy)));
    }

    /// What it says: its lines, and what became of a `y` that came too early.
    pub(super) fn says(&self) -> Vec<String> {
        let can_confirm = self.answers.iter().any(|(key, ..)| *key == 'y');
        let hasty = match (self.is_hasty, self.is_told) {
            (true, false) => Some("`y` does not count before this is worked out; press it again then."),
            (true, true) if can_confirm => {
                Some("`y` was pressed before this stood here: press it again if it is meant.")
            }
            _ => None,
        };
        self.lines.iter().chain(&self.notes).cloned().chain(hasty.map(str::to_owned)).collect()
    }

    /// Its keys, for the last line.
    pub(super) fn keys(&self) -> Vec<(String, String)> {
        let answers = self.answers.iter().map(|(key, word, _)| (key.to_string(), word.clone()));
        answers.chain([("Esc".to_owned(), "close".to_owned())]).collect()
    }

    /// Scrolls, where so many rows are shown of all; whether it is a key for that.
    pub(in crate::tui) fn scroll(&mut self, key: Key, (all, shown): (usize, usize)) -> bool {
        let page = shown.max(2) - 1;
        let last = all.saturating_sub(shown);
        let top = self.top.min(last);
        self.top = match (key.code(), key.letter()) {
            (KeyCode::Down, _) | (_, Some('j')) => top + 1,
            (KeyCode::Up, _) | (_, Some('k')) => top.saturating_sub(1),
            (KeyCode::PageDown, _) => top + page,
            (KeyCode::PageUp, _) => top.saturating_sub(page),
            (KeyCode::Home, _) => 0,
            (KeyCode::End, _) => last,
            _ => return false,
        }
        .min(last);
        true
    }

    /// Takes a key.
    pub(in crate::tui) fn key(&mut self, key: Key) -> Outcome {
        if matches!(key.code(), KeyCode::Esc) || key.letter() == Some('q') {
            return Outcome::Close;
        }
        let answer = self.answers.iter().find(|(letter, ..)| Some(*letter) == key.letter());
        match answer {
            // What was copied answers nothing.
            Some((_, _, Some(effect @ Effect::World(World::Copy(_))))) => Outcome::Wish(effect.clone()),
            Some((_, _, Some(effect))) => Outcome::Do(effect.clone()),
            Some((_, _, None)) => Outcome::Close,
            None => Outcome::Nothing,
        }
    }
}

/// What a run would concern, in a heading.
fn title(request: &Request) -> String {
    let what = match &request.targets[..] {
        [] => "everything".to_owned(),
        [one] => show(one),
        many if many.iter().all(|target| target.contains(':')) => crate::run::count(many.len(), "datum"),
        many => crate::run::count(many.len(), "target"),
    };
    let again = if request.force { " again" } else { "" };
    let below = if request.downstream { ", and what reads it" } else { "" };
    format!("Run {what}{again}{below}?")
}

/// What `y` does, in a word.
fn deed(plan: &PlanText) -> String {
    match plan.to_run {
        0 if plan.to_change == plan.to_commit => "commit".to_owned(),
        0 => "do it".to_owned(),
        run => format!("run {run}"),
    }
}

/// The words of a run that saves what is shown first, and no other files.
fn saving(request: &Request, shown: &[(String, FileChange)]) -> Vec<String> {
    let save_files = shown.iter().map(|(path, _)| path.clone()).collect();
    crate::app::words(&Request { save: true, save_files, ..request.clone() })
}

/// Draws it in the middle; how many rows there are of what it means, and how many fit.
pub(in crate::tui) fn draw(question: &Question, pen: &mut Pen<'_>) -> (usize, usize) {
    let width = pen.width().saturating_sub(4).min(76);
    let room = usize::from(width.saturating_sub(4));
    let most = pen.height().saturating_sub(2);
    let answers = answers(question, if most < 8 { usize::MAX } else { room });
    let (rows, command) = texts(question, room, usize::from(most));
    let few = |lines: usize| u16::try_from(lines).unwrap_or(u16::MAX);
    let (below, under) = (few(answers.len()), few(command.len()) + u16::from(!command.is_empty()));
    let height = few(rows.len()).saturating_add(3 + below + under).min(most);
    let mut middle = middle(pen, width, height);
    let mut inside = middle.frame(&question.title, "", Role::Focus);
    let bottom = inside.height();
    let shown = body(question, &rows, &mut inside.part(0, 0, u16::MAX, bottom.saturating_sub(below + under)));
    for (y, line) in (bottom.saturating_sub(below + under)..).zip(&command) {
        inside.say(1, y, line, Role::Dim);
    }
    for (y, line) in (bottom.saturating_sub(below)..).zip(answers) {
        let mut x = 1;
        for (key, word) in line {
            x = inside.say(x, y, &key.to_string(), Role::Key);
            x = inside.say(x + 1, y, word, Role::Plain) + 3;
        }
    }
    (rows.len(), shown)
}

/// What it means in rows, and the command that does the same; one that would take much of the room is the end of these
/// rows instead.
fn texts(question: &Question, room: usize, most: usize) -> (Vec<String>, Vec<String>) {
    let mut rows: Vec<String> = question.says().iter().flat_map(|line| broken(&show(line), room)).collect();
    if !question.each.is_empty() {
        rows.push(String::new());
        rows.extend(question.each.iter().flat_map(|line| broken(line, room)));
    }
    if question.command.is_empty() {
        return (rows, Vec::new());
    }
    let command = broken(&show(&question.command), room);
    if most >= 8 && command.len() <= most / 4 {
        return (rows, command);
    }
    // Where it is tight, what it means comes before the command that does the same.
    rows.push(String::new());
    rows.extend(command);
    (rows, Vec::new())
}

/// The rows from the first that is shown on, above an empty one that tells how many there are more; how many fit.
fn body(question: &Question, rows: &[String], pen: &mut Pen<'_>) -> usize {
    let room = usize::from(pen.height().saturating_sub(1).max(1));
    let top = question.top.min(rows.len().saturating_sub(room));
    for (y, line) in (0..pen.height()).zip(rows.iter().skip(top).take(room)) {
        pen.say(1, y, line, Role::Plain);
    }
    let more = rows.len().saturating_sub(top + room);
    let mark = pen.theme.pick("…", "...");
    let text = match (more, top) {
        (0, 0) => return room,
        _ if pen.height() < 2 => return room,
        (0, _) => format!("{mark} this is the end, j k"),
        (more, _) => format!("{mark} {}, j k", crate::run::count(more, "more line")),
    };
    pen.say(1, pen.height().saturating_sub(1), &text, Role::Dim);
    room
}

/// Its answers in lines of at most so many columns.
fn answers(question: &Question, columns: usize) -> Vec<Vec<(char, &str)>> {
    let mut lines: Vec<Vec<(char, &str)>> = vec![Vec::new()];
    let mut used = 0;
    for (key, word, _) in &question.answers {
        let wide = word.chars().count() + 2;
        if used > 0 && used + wide > columns {
            lines.push(Vec::new());
            used = 0;
        }
        used += wide + 3;
        if let Some(line) = lines.last_mut() {
            line.push((*key, word));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::RunProgress;
    use crate::tui::request::request;
    use crate::tui::theme::Theme;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    fn asked(lines: usize) -> Question {
        let mut question = Question::run(request(&["fs"]));
        let lines = (0..lines).map(|at| format!("line {at}")).collect();
        question.planned(
            Ok(PlanText { to_run: 3, to_change: 3, lines, ..PlanText::default() }),
            None,
            &|_| None,
        );
        question
    }

    fn size(question: &Question, width: u16, height: u16) -> (usize, usize) {
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        draw(question, &mut Pen::new(&mut buffer, area, Theme::default()))
    }

    fn drawn(question: &Question, width: u16, height: u16) -> String {
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        draw(question, &mut Pen::new(&mut buffer, area, Theme::default()));
        let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        (0..height).map(row).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_plan_that_comes_twice_has_each_answer_once() {
        let mut question = asked(1);
        question.planned(
            Ok(PlanText { to_run: 2, to_change: 2, lines: vec!["now two".into()], ..PlanText::default() }),
            None,
            &|_| None,
        );
        let keys: String = question.answers.iter().map(|(key, ..)| *key).collect();
        assert_eq!((keys.as_str(), question.answers[0].1.as_str()), ("ynY", "run 2"));
        question.planned(Ok(PlanText::default()), None, &|_| None);
        let keys: String = question.answers.iter().map(|(key, ..)| *key).collect();
        assert_eq!(keys, "nY", "nothing to do is not confirmed");
        question.planned(Ok(PlanText { is_done: true, ..PlanText::default() }), None, &|_| None);
        let (key, _, effect) = &question.answers[0];
        assert!(matches!((key, effect), ('f', Some(Effect::AskRun(again))) if again.force), "{effect:?}");
    }

    #[test]
    fn what_is_done_already_can_be_run_again_with_the_rest() {
        let mut question = Question::run(request(&["fs:a", "fs:b"]));
        question.planned(
            Ok(PlanText { to_run: 1, to_change: 1, done: 1, ..PlanText::default() }),
            None,
            &|_| None,
        );
        let all = question.answers.iter().find(|(key, ..)| *key == 'f').expect("an answer");
        assert_eq!(all.1, "run all, 1 again");
        assert!(matches!(&all.2, Some(Effect::AskRun(again)) if again.force && again.targets.len() == 2));
    }

    #[test]
    fn the_heading_says_what_is_meant() {
        let force = Request { force: true, ..request(&["fs:sub-1"]) };
        assert_eq!(title(&force), "Run fs:sub-1 again?");
        assert_eq!(title(&Request { downstream: true, ..request(&["fs"]) }), "Run fs, and what reads it?");
        assert_eq!(title(&request(&["fs:a", "fs:b"])), "Run 2 datums?");
        assert_eq!(title(&request(&[])), "Run everything?");
    }

    #[test]
    fn inputs_that_are_not_committed_are_saved_first_unless_one_says_no() {
        let mut question = Question::run(request(&["fs"]));
        let to_save = vec![("raw/a".to_owned(), FileChange::New), ("raw/b".to_owned(), FileChange::Changed)];
        let lines = vec!["will run".to_owned()];
        question.planned(
            Ok(PlanText { to_run: 1, to_change: 1, lines, to_save, ..PlanText::default() }),
            None,
            &|_| None,
        );
        let shown = drawn(&question, 80, 14);
        let told = "raw/a, raw/b are committed before the run";
        assert!(shown.contains("y save 2 files, run 1") && shown.contains("o only run 1"), "{shown}");
        assert!(
            shown.contains(told) && shown.contains("minipach run --save-file=raw/a --save-file=raw/b fs"),
            "{shown}"
        );
    }

    #[test]
    fn long_plans_are_scrolled_and_never_cut_silently() {
        let mut question = asked(40);
        let shown = drawn(&question, 60, 14);
        assert!(
            shown.contains("line 0") && shown.contains("more lines") && shown.contains("y run 3"),
            "{shown}"
        );
        let size = size(&question, 60, 14);
        for _ in 0..size.0 {
            assert!(question.scroll(Key::parse("j").expect("a key"), size));
        }
        assert!(drawn(&question, 60, 14).contains("line 39"));
        question.scroll(Key::parse("home").expect("a key"), size);
        assert!(drawn(&question, 60, 14).contains("line 0"));
        assert!(drawn(&asked(40), 40, 6).contains("line 0"), "{}", drawn(&asked(40), 40, 6));
    }

    #[test]
    fn commands_are_never_cut_and_long_ones_are_the_end_of_what_is_scrolled() {
        let letters = |text: &str| text.replace([' ', '│', '\n'], "");
        let mut question = asked(2);
        question.command = format!("minipach run {}", "subject-0001 ".repeat(9)).trim().to_owned();
        let shown = drawn(&question, 60, 24);
        assert!(letters(&shown).contains(&letters(&question.command)), "{shown}");
        question.command = format!("minipach save --files {}", "x".repeat(700));
        let size = size(&question, 60, 16);
        question.scroll(Key::parse("end").expect("a key"), size);
        let shown = drawn(&question, 60, 16);
        assert!(
            shown.contains("xxx│") || shown.contains("xxx ") && shown.contains("this is the end"),
            "{shown}"
        );
        assert!(shown.contains("y run 3"), "{shown}");
    }

    #[test]
    fn whatever_has_a_command_offers_to_copy_it() {
        let run = RunProgress::default();
        for question in
            [Question::accept(&["fs:a".into()]), Question::cancel(&run, 0), Question::end(&run, 0), asked(1)]
        {
            let copied = question.clone().key(Key::parse("Y").expect("a key"));
            assert!(
                matches!(&copied, Outcome::Wish(Effect::World(World::Copy(text))) if *text == question.command),
                "{copied:?}"
            );
        }
    }

    #[test]
    fn enter_and_the_key_that_opened_it_confirm_nothing() {
        for key in ["enter", "r", "R", "space"] {
            assert!(matches!(asked(1).key(Key::parse(key).expect("a key")), Outcome::Nothing), "{key}");
        }
        assert!(matches!(asked(1).key(Key::parse("y").expect("a key")), Outcome::Do(_)));
    }
}
