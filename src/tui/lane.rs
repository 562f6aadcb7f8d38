//! `Lane`: the questions to one thread, in order; quick ones first, and none that was asked again since.

use std::collections::VecDeque;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use super::effect::{Answer, Query};
use super::idle::Question;
use super::message::Msg;

/// The questions to one thread.
pub(super) struct Lane {
    queries: Receiver<Question>,
    /// Questions that came and are not answered, in order, with at most one `Reload` among them.
    waiting: VecDeque<Question>,
}

impl Lane {
    /// A lane for what comes through a channel.
    pub(super) const fn new(queries: Receiver<Question>) -> Self {
        Self { queries, waiting: VecDeque::new() }
    }

    /// The next question; `None` when nobody can ask any more. What came before a `Reload` is answered first, what
    /// came after it is answered from what is read then; several are the first of them.
    pub(super) fn next(&mut self) -> Option<Question> {
        if self.waiting.is_empty() {
            self.waiting.push_back(self.queries.recv().ok()?);
        }
        while let Ok(question) = self.queries.try_recv() {
            self.push(question);
        }
        let end = self.waiting.iter().position(|question| matches!(question.query, Query::Reload));
        let before = self.waiting.iter().take(end.unwrap_or(self.waiting.len()));
        let quick = before.into_iter().position(|question| !is_slow(&question.query));
        self.waiting.remove(quick.unwrap_or(0))
    }

    /// Whether there is a question, or nobody to ask one, within a time.
    pub(super) fn comes_within(&mut self, time: Duration) -> bool {
        if !self.waiting.is_empty() {
            return true;
        }
        match self.queries.recv_timeout(time) {
            Ok(question) => self.push(question),
            Err(RecvTimeoutError::Timeout) => return false,
            Err(RecvTimeoutError::Disconnected) => {}
        }
        true
    }

    fn push(&mut self, question: Question) {
        let is_reload = |question: &Question| matches!(question.query, Query::Reload);
        if is_reload(&question) && self.waiting.iter().any(is_reload) {
            return;
        }
        self.waiting.retain(|earlier| !is_replaced(&earlier.query, &question.query));
        self.waiting.push_back(question);
    }
}

/// Whether it may take long.
const fn is_slow(query: &Query) -> bool {
    matches!(query, Query::Preview(_) | Query::Usual)
}

/// Whether nobody waits for the answer to a question any more once another one is asked.
fn is_replaced(earlier: &Query, later: &Query) -> bool {
    match (earlier, later) {
        (Query::Preview(_), Query::Preview(_))
        | (Query::Since(..), Query::Since(..))
        | (Query::Provenance(..), Query::Provenance(..))
        | (Query::Past, Query::Past)
        | (Query::Commits, Query::Commits)
        | (Query::Find(..), Query::Find(..))
        | (Query::Usual, Query::Usual)
        | (Query::Draft(_), Query::Draft(_))
        | (Query::UndoPlan, Query::UndoPlan)
        | (Query::SavePlan, Query::SavePlan)
        | (Query::Files, Query::Files)
        | (Query::Path(_), Query::Path(_)) => true,
        (Query::Times(earlier), Query::Times(later)) | (Query::Source(earlier), Query::Source(later)) => {
            earlier == later
        }
        (Query::Log(earlier), Query::Log(later)) | (Query::Logs(earlier, _), Query::Logs(later, _)) => {
            earlier == later
        }
        (Query::Datum(a, b), Query::Datum(c, d)) => (a, b) == (c, d),
        (Query::Think(earlier), Query::Think(later)) => earlier.is_replaced_by(later),
        _ => false,
    }
}

/// A thread that answers questions, until nobody asks or listens any more; who asks it.
pub(super) fn spawn(
    inbox: Sender<Msg>,
    mut answer: impl FnMut(Query) -> Option<Answer> + Send + 'static,
) -> Sender<Question> {
    let (ask, queries) = crossbeam_channel::unbounded();
    std::thread::spawn(move || {
        let mut lane = Lane::new(queries);
        while let Some(Question { query, busy: _busy }) = lane.next() {
            if let Some(answer) = answer(query)
                && inbox.send(Msg::Answer(answer)).is_err()
            {
                return;
            }
        }
    });
    ask
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Draft;
    use crate::tui::request::request;

    fn datum(key: &str) -> Query {
        Query::Datum("fs".into(), key.into())
    }

    fn plan(target: &str) -> Query {
        Query::Preview(request(&[target]))
    }

    fn order(asked: Vec<Query>) -> Vec<String> {
        let (ask, queries) = crossbeam_channel::unbounded();
        for query in asked {
            ask.send(query.into()).expect("somebody listens");
        }
        drop(ask);
        let mut lane = Lane::new(queries);
        std::iter::from_fn(|| lane.next()).map(|question| format!("{:?}", question.query)).collect()
    }

    fn words(queries: &[Query]) -> Vec<String> {
        queries.iter().map(|query| format!("{query:?}")).collect()
    }

    #[test]
    fn who_waits_for_a_question_is_told_whether_one_came() {
        let (ask, queries) = crossbeam_channel::unbounded();
        let mut lane = Lane::new(queries);
        assert!(!lane.comes_within(Duration::from_millis(1)));
        ask.send(datum("a").into()).expect("somebody listens");
        assert!(lane.comes_within(Duration::from_millis(1)) && lane.comes_within(Duration::ZERO));
        assert!(lane.next().is_some());
        drop(ask);
        assert!(lane.comes_within(Duration::from_millis(1)) && lane.next().is_none(), "nobody asks any more");
    }

    #[test]
    fn queries_stay_in_order_and_many_reloads_are_one() {
        let asked = vec![datum("a"), Query::Reload, datum("b"), Query::Reload, Query::Reload];
        assert_eq!(order(asked), words(&[datum("a"), Query::Reload, datum("b")]));
    }

    #[test]
    fn quick_ones_do_not_wait_for_slow_ones_but_for_a_reading() {
        let asked = vec![datum("a"), plan("x"), datum("b"), Query::Reload, plan("y"), datum("c")];
        // The plan for `x` is not wanted any more.
        assert_eq!(order(asked), words(&[datum("a"), datum("b"), Query::Reload, datum("c"), plan("y")]));
    }

    #[test]
    fn of_questions_that_follow_what_is_typed_or_pointed_at_only_the_last_is_answered() {
        let draft = |name: &str| Query::Draft(Draft { name: name.into(), ..Draft::default() });
        let path = |path: &str| Query::Path(path.into());
        let asked = || vec![Query::UndoPlan, Query::SavePlan, Query::Files, draft("a"), path("x")];
        let last = vec![draft("ab"), path("x/y"), Query::UndoPlan, Query::SavePlan, Query::Files];
        assert_eq!(order([asked(), last.clone()].concat()), words(&last));
    }

    #[test]
    fn what_is_asked_again_is_answered_once_and_last() {
        let asked = vec![Query::Past, datum("a"), datum("b"), Query::Past, datum("a")];
        assert_eq!(order(asked), words(&[datum("b"), Query::Past, datum("a")]));
    }
}
