//! A slot's thread: performs tasks until there are no more, and tells if it breaks down.

use std::thread;

use crossbeam_channel::Receiver;

use crate::exec::Slot;

use super::inbox::News;
use super::task::{Told, perform};
use super::task_news::TaskNews;
use super::work::{Shared, Task};

/// A slot's thread: performs sets of tasks until there are no more.
pub(super) fn work(sets: &Receiver<Vec<Task>>, news: &News, shared: &Shared, mut slot: Slot) {
    let _leaving = Leaving(news);
    for set in sets {
        for (number, task) in set.iter().enumerate() {
            let began =
                |try_of| news.leave_word(TaskNews::Began(task.job, task.unit, task.name.clone(), try_of));
            let tried = |attempt| news.tell(TaskNews::Tried(task.job, task.unit, attempt));
            let told = Told { began: &began, tried: &tried };
            let mut ended = perform(task, shared, &mut slot, &told);
            ended.is_in_set = number + 1 < set.len();
            news.tell(TaskNews::Done(ended));
        }
    }
}

/// Tells the engine when a slot's thread ends by a panic: it would wait for ever for that slot's task.
struct Leaving<'a>(&'a News);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.tell(TaskNews::Broken);
        }
    }
}
