//! A slot's thread: performs tasks until there are no more, and tells if it breaks down.

use std::thread;

use crossbeam_channel::{Receiver, Sender};

use crate::exec::Slot;

use super::task::{TaskNews, perform};
use super::work::{Shared, Task};

/// A slot's thread: performs sets of tasks until there are no more.
pub(super) fn work(sets: &Receiver<Vec<Task>>, done: &Sender<TaskNews>, shared: &Shared, mut slot: Slot) {
    let _leaving = Leaving(done);
    for set in sets {
        for (number, task) in set.iter().enumerate() {
            // Nobody listens only where the engine is gone, which the next message finds out.
            let began = || drop(done.send(TaskNews::Began(task.job, task.unit, task.name.clone())));
            let mut ended = perform(task, shared, &mut slot, &began);
            ended.is_in_set = number + 1 < set.len();
            if done.send(TaskNews::Done(ended)).is_err() {
                return;
            }
        }
    }
}

/// Tells the engine when a slot's thread ends by a panic: it would wait for ever for that slot's task.
struct Leaving<'a>(&'a Sender<TaskNews>);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            drop(self.0.send(TaskNews::Broken));
        }
    }
}
