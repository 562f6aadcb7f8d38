//! A question with its consequences and a few answers by key; `y` says yes, never Enter, never the key that opened it.

use crate::app::{RunProgress, command_line};
use crate::model::show;

use super::super::effect::{Effect, PlanText, World};
use super::super::keys::Key;
use super::super::pen::Pen;
use super::super::theme::Role;
use super::{Outcome, middle, wrap};
use crate::run::Request;
use ratatui::crossterm::event::KeyCode;

/// A question.
#[derive(Clone, Debug)]
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
}

impl Question {
    /// A question about a run; its plan comes later.
    pub(in crate::tui) fn run(request: Request) -> Self {
        let command = command_line(&crate::app::words(&request));
        let no = ('n', "cancel".to_owned(), None);
        Self {
            title: "Run?".into(),
            lines: vec!["planning …".into()],
            command,
            answers: vec![no],
            request: Some(request),
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
        Self { title: "Quit?".into(), lines, command: String::new(), answers, request: None }
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
            "One commit, without a run record.".to_owned(),
        ];
        let command = command_line(&words);
        let answers = vec![
            ('y', "accept".to_owned(), Some(Effect::World(World::Start(words)))),
            ('n', "cancel".to_owned(), None),
        ];
        Self { title: "Accept?".into(), lines, command, answers, request: None }
    }

    /// Whether a run is to be stopped.
    pub(in crate::tui) fn cancel(run: &RunProgress) -> Self {
        let pid = run.pid;
        let running = run.running.len();
        let lines = vec![
            format!(
                "{} in hand are finished, then the run stops; what is done is kept.",
                crate::run::count(running, "datum")
            ),
            "Asked a second time, what runs is ended at once.".to_owned(),
        ];
        let stop = Some(Effect::World(World::Stop(pid)));
        let answers = vec![('y', "stop the run".to_owned(), stop), ('n', "let it go on".to_owned(), None)];
        Self {
            title: "Stop the run?".into(),
            lines,
            command: format!("kill -INT {pid}"),
            answers,
            request: None,
        }
    }

    /// Takes in the plan of its request.
    pub(in crate::tui) fn planned(&mut self, plan: Result<PlanText, String>) {
        let Some(request) = self.request.clone() else { return };
        match plan {
            Err(error) => self.lines = vec![error],
            Ok(plan) => {
                self.lines = plan.lines;
                if plan.to_change > 0 {
                    let start = Effect::World(World::Start(crate::app::words(&request)));
                    let word = if plan.to_run > 0 { format!("run {}", plan.to_run) } else { "do it".into() };
                    self.answers.insert(0, ('y', word, Some(start)));
                }
            }
        }
        let copy = Effect::World(World::Copy(self.command.clone()));
        self.answers.push(('Y', "copy the command".into(), Some(copy)));
    }

    /// Takes a key.
    pub(in crate::tui) fn key(&self, key: Key) -> Outcome {
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

/// Draws it in the middle.
pub(in crate::tui) fn draw(question: &Question, pen: &mut Pen<'_>) {
    let width = pen.width().saturating_sub(4).min(76);
    let room = usize::from(width.saturating_sub(4));
    let lines: Vec<String> = question.lines.iter().flat_map(|line| wrap(&show(line), room)).collect();
    let most = pen.height().saturating_sub(2);
    let command = u16::from(!question.command.is_empty()) * 2;
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(4 + command).min(most);
    let mut middle = middle(pen, width, height);
    let mut inside = middle.frame(&question.title, "", Role::Focus);
    let bottom = inside.height();
    for (y, line) in (0..bottom.saturating_sub(2 + command)).zip(&lines) {
        inside.say(1, y, line, Role::Plain);
    }
    if command > 0 && bottom > 3 {
        inside.say(1, bottom - 3, &question.command, Role::Dim);
    }
    let mut x = 1;
    for (key, word, _) in &question.answers {
        x = inside.say(x, bottom.saturating_sub(1), &key.to_string(), Role::Key);
        x = inside.say(x + 1, bottom.saturating_sub(1), word, Role::Plain) + 3;
    }
}
