//! The questions about a run that goes on: whether it is to be stopped, or ended at once.

use crate::app::{Order, RunProgress};
use crate::tui::effect::{Effect, World};

use super::question::Question;

impl Question {
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
                    "It is stopping. This ends the commands of {in_hand} at once; what is not done then runs next time."
                ),
                "end them now",
            )
        };
        let title = if stops == 0 { "Stop the run?" } else { "End what runs now?" };
        let made = Self::about_run(title, line, word, (run.pid, Order::Stop));
        if stops == 0 { made } else { made.or("let them end by themselves") }
    }

    /// Whether a run is to be ended at once.
    pub(in crate::tui) fn end(run: &RunProgress, stops: u32) -> Self {
        let in_hand = crate::run::count(run.running.len(), "datum");
        let line = format!(
            "The commands of {in_hand} are ended at once, and the run with them; what is done is kept, what is not \
             runs next time."
        );
        let made = Self::about_run("End the run now?", line, "end it now", (run.pid, Order::End));
        if stops == 0 { made } else { made.or("let what runs end by itself") }
    }

    /// It with another word for no.
    fn or(mut self, word: &str) -> Self {
        for answer in self.answers.iter_mut().filter(|(key, ..)| *key == 'n') {
            word.clone_into(&mut answer.1);
        }
        self
    }

    fn about_run(title: &str, line: String, word: &str, (pid, asked): (u32, Order)) -> Self {
        let yes = Some(Effect::World(World::Ask(pid, asked)));
        let mut made = Self {
            title: title.into(),
            lines: vec![line],
            command: asked.command(pid),
            answers: vec![('y', word.to_owned(), yes), ('n', "let it go on".to_owned(), None)],
            ..Self::default()
        };
        made.offer_copy();
        made
    }

    /// Whether it only has a meaning while a run goes on.
    pub(in crate::tui) fn is_about_a_run(&self) -> bool {
        self.answers.iter().any(|(.., effect)| {
            matches!(effect, Some(Effect::World(World::Ask(..)) | Effect::StopAndQuit(_)))
        })
    }

    /// Counts anew what the run has in hand, where it asks whether to stop it. Where somebody else stopped it meanwhile, another
    /// question takes its place.
    pub(in crate::tui) fn count_again(&mut self, run: &RunProgress, stops: u32) {
        let asks = self.answers.iter().find_map(|(_, _, effect)| match effect {
            Some(Effect::World(World::Ask(pid, order))) if *pid == run.pid => Some(*order),
            _ => None,
        });
        let now = match asks {
            Some(Order::Stop) => Self::cancel(run, stops),
            Some(Order::End) => Self::end(run, stops),
            _ => return,
        };
        if now.title == self.title {
            self.lines = now.lines;
        } else {
            let (about, notes) = (self.about, std::mem::take(&mut self.notes));
            *self = Self { about, notes, is_told: true, ..now };
        }
    }

    /// The run that it is about is over, which leaves nothing to ask but whether to quit.
    pub(in crate::tui) fn run_is_over(&mut self, how: &str) {
        let quits =
            |(.., effect): &(char, String, Option<Effect>)| matches!(effect, Some(Effect::StopAndQuit(_)));
        let is_leaving = self.answers.iter().any(quits);
        self.lines = vec!["Meanwhile it is over:".into(), how.to_owned()];
        self.command = String::new();
        self.answers = if is_leaving {
            let quit = Some(Effect::World(World::Quit));
            vec![('y', "quit".to_owned(), quit), ('n', "stay".to_owned(), None)]
        } else {
            vec![('n', "close".to_owned(), None)]
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_hand_is_counted_as_long_as_it_is_asked() {
        let hand = || crate::app::InHand { since_ms: 1, log: None };
        let run = |keys: &[&str]| RunProgress {
            pid: 7,
            running: keys.iter().map(|key| (("fs".to_owned(), (*key).to_owned()), hand())).collect(),
            ..RunProgress::default()
        };
        let mut question = Question::cancel(&run(&["a", "b"]), 0);
        assert!(question.lines[0].starts_with("2 datums in hand are"), "{:?}", question.lines);
        question.count_again(&run(&["a"]), 0);
        assert!(question.lines[0].starts_with("1 datum in hand is"), "{:?}", question.lines);
        question.count_again(&run(&["a"]), 1);
        assert!(question.title == "End what runs now?" && question.lines[0].contains("1 datum at once"));
        let mut end = Question::end(&run(&["a", "b"]), 0);
        end.count_again(&run(&[]), 0);
        assert!(end.lines[0].contains("The commands of 0 datums"), "{:?}", end.lines);
        let mut other = Question::accept(&["fs:a".into()]);
        other.count_again(&run(&[]), 0);
        assert!(other.title == "Accept?", "it is about no run");
    }

    #[test]
    fn no_to_a_second_stop_does_not_promise_to_take_the_first_back() {
        let word = |stops| {
            let question = Question::cancel(&RunProgress::default(), stops);
            question.answers.into_iter().find(|(key, ..)| *key == 'n').map(|(_, word, _)| word)
        };
        assert_eq!(word(0).as_deref(), Some("let it go on"));
        assert_eq!(word(1).as_deref(), Some("let them end by themselves"));
    }
}
