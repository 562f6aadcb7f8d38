//! The engine's inbox: what slots, fetches and syncs tell it. Most news wake it; some can wait until something else does.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::task_news::TaskNews;

/// Where the engine hears news. There is one.
pub(super) struct Inbox(Arc<Shared>);

/// Tells the engine news. They come in the order in which they were told; after the run nobody hears them.
#[derive(Clone)]
pub(super) struct News(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    came: Condvar,
}

#[derive(Default)]
struct State {
    news: Vec<TaskNews>,
    /// Whether the engine sleeps: who tells it something while it works need not wake it.
    is_waiting: bool,
}

/// An inbox, and what tells it news.
pub(super) fn inbox() -> (News, Inbox) {
    let shared = Arc::new(Shared::default());
    (News(Arc::clone(&shared)), Inbox(shared))
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl News {
    /// Tells it at once.
    pub(super) fn tell(&self, news: TaskNews) {
        let mut state = self.0.state();
        state.news.push(news);
        let wakes = std::mem::take(&mut state.is_waiting);
        drop(state);
        if wakes {
            self.0.came.notify_one();
        }
    }

    /// Leaves word for when the engine looks up next. To wake it for this would cost a small datum a part of its time.
    pub(super) fn leave_word(&self, news: TaskNews) {
        self.0.state().news.push(news);
    }
}

impl Inbox {
    /// All that came, waiting so long for something that wakes; maybe nothing.
    pub(super) fn wait(&self, at_most: Duration) -> Vec<TaskNews> {
        let begun = Instant::now();
        let mut state = self.0.state();
        state.is_waiting = state.news.is_empty();
        while state.is_waiting {
            let left = at_most.saturating_sub(begun.elapsed());
            if left.is_zero() {
                state.is_waiting = false;
            } else {
                state = self.0.came.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
            }
        }
        std::mem::take(&mut state.news)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> TaskNews {
        TaskNews::Said(text.into())
    }

    fn texts(news: Vec<TaskNews>) -> Vec<String> {
        news.into_iter()
            .map(|news| if let TaskNews::Said(text) = news { text } else { panic!("only words were said") })
            .collect()
    }

    #[test]
    fn news_come_in_order_and_once() {
        let (news, inbox) = inbox();
        news.leave_word(said("a"));
        news.tell(said("b"));
        assert_eq!(texts(inbox.wait(Duration::MAX)), ["a", "b"]);
        assert!(inbox.wait(Duration::ZERO).is_empty());
    }

    #[test]
    fn what_is_told_wakes_one_that_waits_and_word_is_heard_with_it() {
        let (news, inbox) = inbox();
        std::thread::scope(|scope| {
            let heard = scope.spawn(|| texts(inbox.wait(Duration::MAX)));
            while !news.0.state().is_waiting {
                std::thread::yield_now();
            }
            news.leave_word(said("a"));
            news.tell(said("b"));
            assert_eq!(heard.join().unwrap(), ["a", "b"]);
        });
    }

    #[test]
    fn word_that_is_left_is_heard_when_the_wait_is_over() {
        let (news, inbox) = inbox();
        std::thread::scope(|scope| {
            let heard = scope.spawn(|| texts(inbox.wait(Duration::from_millis(20))));
            while !news.0.state().is_waiting && !heard.is_finished() {
                std::thread::yield_now();
            }
            news.leave_word(said("a"));
            let mut all = heard.join().unwrap();
            all.extend(texts(inbox.wait(Duration::ZERO)));
            assert_eq!(all, ["a"]);
        });
    }
}
