//! Messages: all that reaches the model from outside.

use std::sync::Arc;

use ratatui::crossterm::event::Event;

use super::config::Setup;
use super::effect::Answer;
use super::facts::Watch;
use crate::app::{DatumChange, RunProgress, Snapshot};

/// Something happened.
#[derive(Clone, Debug)]
pub(super) enum Msg {
    /// A key, the mouse, a paste, a resize, focus.
    Input(Event),
    /// The project is being read.
    Loading,
    /// The project as it is now.
    Snapshot(Arc<Snapshot>),
    /// It could not be read; the last good state stays.
    Unread(String),
    /// A run went on.
    Run(RunNews),
    /// An answer to a query.
    Answer(Answer),
    /// An answer about the project as of a commit, by its id.
    AnswerAt(String, Answer),
    /// How changes are noticed from now on.
    Watch(Watch),
    /// The configuration, read again, or what is wrong with it.
    Setup(Result<Box<Setup>, String>),
    /// A run that was started here has this process.
    Started(u32),
    /// A program that was started here ended; what it complained about.
    Ended(u32, Option<String>),
    /// Something to say at the bottom line; a complaint or not.
    Say(String, bool),
    /// Time passed.
    Tick,
    /// Somebody wants the process to stop until `fg`.
    Stopped,
    /// It goes on after a stop.
    Continued,
    /// Somebody wants the process to end, by this signal.
    Terminate(i32),
}

/// What a run did since the last look.
#[derive(Clone, Debug, Default)]
pub(super) struct RunNews {
    /// The run.
    pub(super) run: Arc<RunProgress>,
    /// Whether its process lives.
    pub(super) is_live: bool,
    /// Datums that changed, in order.
    pub(super) changes: Vec<DatumChange>,
}
