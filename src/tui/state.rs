//! `State`: everything the UI knows and shows; plain data without handles or a clock of its own.

use crate::app::command_line;
use crate::model::show;

use super::action::{Action, Keymap, Place};
use super::effect::{Answer, Effect, World};
use super::facts::Facts;
use super::popup::Popup;
use super::screen::Seen;
use super::screen::home::Home;
use super::theme::{Role, Theme};

/// A screen without another one below it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tab {
    /// All pipelines.
    #[default]
    Home,
}

/// A screen over a tab.
#[derive(Clone, Debug)]
pub(super) enum Layer {}

/// One line that was said at the bottom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    /// The line.
    pub(super) text: String,
    /// How it looks.
    pub(super) role: Role,
    /// When: milliseconds since the Unix epoch.
    pub(super) at_ms: u64,
}

/// How long a message stands at the bottom, in milliseconds.
pub(super) const MESSAGE_MS: u64 = 4000;

/// Everything the UI knows and shows.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    /// Looks.
    pub(super) theme: Theme,
    /// Which key does what.
    pub(super) keymap: Keymap,
    /// What is known of the project.
    pub(super) facts: Facts,
    /// The screen at the bottom of the stack.
    pub(super) tab: Tab,
    /// Screens over it.
    pub(super) layers: Vec<Layer>,
    /// What lies over the topmost screen.
    pub(super) popups: Vec<Popup>,
    /// The home screen.
    pub(super) home: Home,
    /// What the last frame showed.
    pub(super) seen: Seen,
    /// What was said, oldest first.
    pub(super) messages: Vec<Message>,
    /// The process of a run that was started here and lives.
    pub(super) own_run: Option<u32>,
    /// The shell command of the last thing done, for copying.
    pub(super) last_command: Option<String>,
    /// Whether the mouse is left to the terminal.
    pub(super) gives_mouse: bool,
    /// What the world is to do next.
    pub(super) worlds: Vec<World>,
    /// When Ctrl-C was pressed last.
    pub(super) ctrl_c_ms: Option<u64>,
}

impl State {
    /// Where keys go.
    pub(super) fn place(&self) -> Place {
        match (self.layers.last(), self.tab) {
            (Some(layer), _) => match *layer {},
            (None, Tab::Home) => Place::Home,
        }
    }

    /// Says something at the bottom line.
    pub(super) fn say(&mut self, text: impl Into<String>, role: Role) {
        let message = Message { text: text.into(), role, at_ms: self.facts.now_ms };
        self.messages.push(message);
        if self.messages.len() > 500 {
            self.messages.remove(0);
        }
    }

    /// What stands at the bottom line now.
    pub(super) fn message(&self) -> Option<&Message> {
        self.messages.last().filter(|last| self.facts.now_ms.saturating_sub(last.at_ms) < MESSAGE_MS)
    }

    /// Why an action can do nothing now; `None` if it can.
    pub(super) fn off(&self, action: Action) -> Option<String> {
        match action {
            Action::Cancel if !self.facts.is_live => Some("no run is going on".into()),
            Action::Rerun | Action::RerunDownstream if self.facts.is_live => {
                Some(format!("a run is going on (process {}); `x` stops it", self.facts.run.pid))
            }
            Action::ShowPipelines if self.tab == Tab::Home && self.layers.is_empty() => {
                Some("this is the list of pipelines".into())
            }
            _ => match self.place() {
                Place::Home => self.home.off(&self.facts, action),
                _ => None,
            },
        }
    }

    /// Lets the screen on top do an action.
    pub(super) fn act(&mut self, action: Action) -> Vec<Effect> {
        let rows = self.seen.rows;
        match self.place() {
            Place::Home => self.home.act(&self.facts, action, rows),
            _ => Vec::new(),
        }
    }

    /// Puts the cursor on a row; whether it was there already.
    pub(super) fn click(&mut self, row: usize) -> bool {
        match self.place() {
            Place::Home => self.home.click(row),
            _ => false,
        }
    }

    /// Opens a screen over the one on top.
    pub(super) fn open(&mut self, effect: Effect) {
        self.say(format!("{effect:?}"), Role::Dim);
    }

    /// Hands an answer to the screens that may have asked.
    pub(super) fn take(&mut self, answer: Answer) {
        drop(answer);
    }

    /// The way to the screen on top; `None` at a tab.
    pub(super) fn trail(&self) -> Option<String> {
        match *self.layers.last()? {}
    }

    /// The filter of the screen on top, if it has one.
    pub(super) fn filter(&mut self) -> Option<&mut String> {
        match self.place() {
            Place::Home => Some(&mut self.home.filter),
            _ => None,
        }
    }

    /// The shell command that does what was done last, or shows what is on the screen.
    pub(super) fn command(&self) -> String {
        if let Some(command) = &self.last_command {
            return command.clone();
        }
        let name = self.home.current(&self.facts).map(|at| self.facts.snapshot.nodes[at].name.clone());
        let words: Vec<String> = std::iter::once("status".to_owned()).chain(name).collect();
        show(&command_line(&words))
    }
}
