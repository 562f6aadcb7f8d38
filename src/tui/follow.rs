//! The thread that follows runs, wherever they were started, by their event files.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam_channel::Sender;

use crate::app::RunFollower;

use super::lent;
use super::message::{Msg, RunNews};

/// How often it looks while a run goes on.
const LIVE: Duration = Duration::from_millis(80);

/// How often it looks else.
const IDLE: Duration = Duration::from_millis(400);

/// Starts it; `state` is the project's state folder. Others may ask whether a run goes on.
pub(super) fn spawn(state: PathBuf, inbox: Sender<Msg>, is_live: Arc<AtomicBool>) {
    std::thread::spawn(move || {
        let mut follower = RunFollower::new(&state);
        loop {
            lent::wait();
            // What cannot be read now may be readable the next time; `Unread` tells of lasting trouble.
            if let Ok(found) = follower.poll()
                && found.is_news
            {
                is_live.store(follower.is_live(), Ordering::Relaxed);
                let news = RunNews {
                    run: Arc::new(follower.progress().clone()),
                    is_live: follower.is_live(),
                    // What an ended run did before anybody looked is in the project as it was read.
                    changes: if found.is_other && !follower.is_live() { Vec::new() } else { found.changes },
                };
                if inbox.send(Msg::Run(news)).is_err() {
                    return;
                }
            }
            std::thread::sleep(if follower.is_live() { LIVE } else { IDLE });
        }
    });
}
