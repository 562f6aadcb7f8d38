//! A question with its consequences and a few answers by key; `y` says yes, never Enter, never the key that opened it.

use crate::app::{Order, RunProgress, command_line};
use crate::model::show;

pub(in crate::tui) use super::super::effect::About;
use super::super::effect::{Effect, PlanText, World};
use super::super::keys::Key;
use super::super::pen::Pen;
use super::super::theme::Role;
use super::{Outcome, middle, wrap_hanging};
use crate::run::Request;
use ratatui::crossterm::event::KeyCode;

/// A question.
#[derive(Clone, Debug, Default)]
pub(in crate::tui) struct Question {
    /// Heading.
    pub(in crate::tui) title: String,
    /// What it means, line by line.
    pub(in crate::tui) lines: Vec<String>,
    /// The same as a shell command; empty if there is none.
    pub(in crate::tui) command: String,
    /// Answers: key, word, and what is done then; none for a key that only closes.
    pub(in crate::tui) answers: Vec<(char, String, Option<Effect>)>,
    /// The request whose plan is shown, to know the answer when it comes.
    pub(in crate::tui) request: Option<Request>,
    /// What it waits for besides.
    pub(in crate::tui) about: About,
    /// The first line that is shown.
    pub(in crate::tui) top: usize,
    /// Whether what it waited for came.
    pub(in crate::tui) is_told: bool,
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

    /// Whether to leave while a run goes on that was started here.
    pub(in crate::tui) fn leave(pid: u32) -> Self {
        let answers = vec![
            ('d', "detach: it goes on".to_owned(), Some(Effect::World(World::Quit))),
            ('s', "stop it and quit".to_owned(), Some(Effect::StopAndQuit(pid))),
            ('n', "stay".to_owned(), None),
        ];
        let lines = vec!["A run that was started here is going on.".to_owned()];
        Self { title: "Quit?".into(), lines, answers, ..Self::default() }
    }

    /// Whether results are good as they stand.
    pub(in crate::tui) fn accept(targets: &[String]) -> Self {
        let words: Vec<String> =
            std::iter::once("accept".to_owned()).chain(targets.iter().cloned()).collect();
        let lines = vec![
            format!(
                "Declares {} good as they stand, without running:",
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
        Self { title: "Accept?".into(), lines, command, answers, ..Self::default() }
    }

    /// Whether a run is to be stopped.
    pub(in crate::tui) fn cancel(run: &RunProgress, stops: u32) -> Self {
        let in_hand = crate::run::count(run.running.len(), "datum");
        let are = if run.running.len() == 1 { "is" } else { "are" };
        let (line, word) = if stops == 0 {
            (
                format!("{in_hand} in hand {are} finished, then the run stops; what is done is kept."),
                "stop the run",
            )
        } else {
            (
                format!(
                    "It is stopping. This ends the commands of {in_hand} at once; they run again next time."
                ),
                "end them now",
            )
        };
        let title = if stops == 0 { "Stop the run?" } else { "End what runs now?" };
        Self::about_run(title, line, word, (run.pid, Order::Stop))
    }

    /// Whether a run is to be ended at once.
    pub(in crate::tui) fn end(run: &RunProgress) -> Self {
        let in_hand = crate::run::count(run.running.len(), "datum");
        let line = format!(
            "The commands of {in_hand} are ended at once, and the run with them; what is done is kept, they run again \
             next time."
        );
        Self::about_run("End the run now?", line, "end it now", (run.pid, Order::End))
    }

    fn about_run(title: &str, line: String, word: &str, (pid, asked): (u32, Order)) -> Self {
        let yes = Some(Effect::World(World::Ask(pid, asked)));
        Self {
            title: title.into(),
            lines: vec![line],
            command: asked.command(pid),
            answers: vec![('y', word.to_owned(), yes), ('n', "let it go on".to_owned(), None)],
            ..Self::default()
        }
    }

    /// Whether it only has a meaning while a run goes on.
    pub(in crate::tui) fn is_about_a_run(&self) -> bool {
        self.answers.iter().any(|(.., effect)| {
            matches!(effect, Some(Effect::World(World::Ask(..)) | Effect::StopAndQuit(_)))
        })
    }

    /// Takes in the plan of its request; a later one replaces an earlier one. `about` is how long it will take, if
    /// that is known.
    pub(in crate::tui) fn planned(&mut self, plan: Result<PlanText, String>, about: Option<&str>) {
        let Some(request) = &self.request else { return };
        let start = Effect::World(World::Start(crate::app::words(request)));
        self.answers = vec![('n', "cancel".to_owned(), None)];
        self.lines = match plan {
            Err(error) => vec![error],
            Ok(plan) => {
                let word = if plan.to_run > 0 { format!("run {}", plan.to_run) } else { "do it".into() };
                self.command = command_line(&crate::app::words(request));
                let mut lines = plan.lines;
                lines.extend(about.map(|about| format!("takes        about {about}")));
                if plan.to_change > 0 && !plan.to_save.is_empty() {
                    lines.push(crate::tui::plan_text::to_save(&plan.to_save));
                    let saving = saving(request, &plan.to_save);
                    self.command = command_line(&saving);
                    let files = crate::run::count(plan.to_save.len(), "file");
                    let saving = Some(Effect::World(World::Start(saving)));
                    self.answers.insert(0, ('o', format!("only {word}"), Some(start)));
                    self.answers.insert(0, ('y', format!("save {files}, {word}"), saving));
                } else if plan.to_change > 0 {
                    self.answers.insert(0, ('y', word, Some(start)));
                }
                if let ([(name, _)], true) = (plan.runs.as_slice(), plan.to_fail > 0) {
                    let edit = Effect::World(World::Edit(format!("{name}/spec.yml"), 1));
                    self.answers.push(('e', "edit spec".into(), Some(edit)));
                }
                lines
            }
        };
        let copy = Effect::World(World::Copy(self.command.clone()));
        self.answers.push(('Y', "copy the command".into(), Some(copy)));
    }

    /// Its keys, for the last line.
    pub(super) fn keys(&self) -> Vec<(String, String)> {
        let answers = self.answers.iter().map(|(key, word, _)| (key.to_string(), word.clone()));
        answers.chain([("Esc".to_owned(), "close".to_owned())]).collect()
    }

    /// Takes a key.
    pub(in crate::tui) fn key(&mut self, key: Key) -> Outcome {
        match (key.code(), key.letter()) {
            (KeyCode::Down | KeyCode::PageDown, _) | (_, Some('j')) => {
                self.top = (self.top + 1).min(self.lines.len().saturating_sub(1));
                return Outcome::Stay;
            }
            (KeyCode::Up | KeyCode::PageUp, _) | (_, Some('k')) => {
                self.top = self.top.saturating_sub(1);
                return Outcome::Stay;
            }
            _ => {}
        }
        if matches!(key.code(), KeyCode::Esc) || key.letter() == Some('q') {
            return Outcome::Close;
        }
        let answer = self.answers.iter().find(|(letter, ..)| Some(*letter) == key.letter());
        match answer {
            Some((_, _, Some(effect))) => Outcome::Do(effect.clone()),
            Some((_, _, None)) => Outcome::Close,
            None => Outcome::Stay,
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

/// The words of a run that saves what is shown first, and no other files.
fn saving(request: &Request, shown: &[String]) -> Vec<String> {
    crate::app::words(&Request { save: true, save_files: shown.to_vec(), ..request.clone() })
}

/// Draws it in the middle.
pub(in crate::tui) fn draw(question: &Question, pen: &mut Pen<'_>) {
    let width = pen.width().saturating_sub(4).min(76);
    let room = usize::from(width.saturating_sub(4));
    let lines: Vec<String> = question.lines[question.top.min(question.lines.len())..]
        .iter()
        .flat_map(|line| wrap_hanging(&show(line), room))
        .collect();
    let most = pen.height().saturating_sub(2);
    let answers = answers(question, if most < 8 { usize::MAX } else { room });
    let below = u16::try_from(answers.len()).unwrap_or(u16::MAX);
    // Where it is tight, what it means comes before the command that does the same.
    let command = if question.command.is_empty() || most < 8 { 0 } else { 2 };
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(3 + below + command).min(most);
    let mut middle = middle(pen, width, height);
    let mut inside = middle.frame(&question.title, "", Role::Focus);
    let bottom = inside.height();
    let rows = bottom.saturating_sub(1 + below + command).max(1);
    for (y, line) in (0..rows).zip(&lines) {
        inside.say(1, y, line, Role::Plain);
    }
    let more = lines.len().saturating_sub(usize::from(rows));
    if more > 0 {
        let text = format!("{} {}, j k", inside.theme.pick("…", "..."), crate::run::count(more, "more line"));
        inside.say(1, rows, &text, Role::Dim);
    }
    if command > 0 && bottom > 2 + below {
        inside.say(1, bottom - 2 - below, &show(&question.command), Role::Dim);
    }
    for (y, line) in (bottom.saturating_sub(below)..).zip(answers) {
        let mut x = 1;
        for (key, word) in line {
            x = inside.say(x, y, &key.to_string(), Role::Key);
            x = inside.say(x + 1, y, word, Role::Plain) + 3;
        }
    }
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
    use crate::tui::request::request;
    use crate::tui::theme::Theme;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    fn asked(lines: usize) -> Question {
        let mut question = Question::run(request(&["fs"]));
        let lines = (0..lines).map(|at| format!("line {at}")).collect();
        question.planned(Ok(PlanText { to_run: 3, to_change: 3, lines, ..PlanText::default() }), None);
        question
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
        );
        let keys: String = question.answers.iter().map(|(key, ..)| *key).collect();
        assert_eq!((keys.as_str(), question.answers[0].1.as_str()), ("ynY", "run 2"));
        question.planned(Ok(PlanText::default()), None);
        let keys: String = question.answers.iter().map(|(key, ..)| *key).collect();
        assert_eq!(keys, "nY", "nothing to do is not confirmed");
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
        let to_save = vec!["raw/a".to_owned(), "raw/b".to_owned()];
        let lines = vec!["will run".to_owned()];
        question
            .planned(Ok(PlanText { to_run: 1, to_change: 1, lines, to_save, ..PlanText::default() }), None);
        let shown = drawn(&question, 80, 14);
        let told = "raw/a, raw/b are committed first";
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
        for _ in 0..39 {
            question.key(Key::parse("j").expect("a key"));
        }
        assert!(drawn(&question, 60, 14).contains("line 39"));
        assert!(drawn(&asked(40), 40, 6).contains("line 0"), "{}", drawn(&asked(40), 40, 6));
    }

    #[test]
    fn enter_and_the_key_that_opened_it_confirm_nothing() {
        for key in ["enter", "r", "R", "space"] {
            assert!(matches!(asked(1).key(Key::parse(key).expect("a key")), Outcome::Stay), "{key}");
        }
        assert!(matches!(asked(1).key(Key::parse("y").expect("a key")), Outcome::Do(_)));
    }
}
