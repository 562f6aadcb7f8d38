//! The screens: each has its own state, does actions on it and draws it.

pub(super) mod check;
pub(super) mod datum;
pub(super) mod files;
pub(super) mod history;
pub(super) mod home;
pub(super) mod jobs;
pub(super) mod log;
pub(super) mod pipeline;
pub(super) mod provenance;

use ratatui::layout::Rect;

use super::action::{Action, Place};
use super::effect::{Answer, Effect, World};
use super::facts::Facts;
use super::pen::Pen;
use super::twin::Twin;

/// Something on the screen that a click means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Hit {
    /// A row of the screen's list.
    Row(usize),
    /// A row of its second list.
    Other(usize),
    /// What a key would do.
    Act(Action),
    /// What matches in the list that lies over the screen.
    Item(usize),
}

/// What a frame showed: for paging, and for clicks.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// How many rows of the main list fit.
    pub(super) rows: usize,
    /// How many rows of the second pane fit.
    pub(super) other_rows: usize,
    /// How many columns of text a row of the pane that keys go to has.
    pub(super) columns: usize,
    /// How many lines that pane has in all.
    pub(super) lines: usize,
    /// How many lines the topmost text over the screen has, and how many of them fit.
    pub(super) text: (usize, usize),
    /// What stands where; later ones lie on top.
    pub(super) hits: Vec<(Rect, Hit)>,
}

impl Seen {
    /// What a click at a place means.
    pub(super) fn hit(&self, x: u16, y: u16) -> Option<&Hit> {
        self.hits.iter().rev().find(|(area, _)| area.contains((x, y).into())).map(|(_, hit)| hit)
    }
}

/// Opens the spec of a pipeline in the editor, where it is wrong, if it is.
pub(super) fn edit(facts: &Facts, pipeline: &str) -> Vec<Effect> {
    let place = facts.spec_place(pipeline);
    place.map(|(path, line)| Effect::World(World::Edit(path, line))).into_iter().collect()
}

/// What every screen can do.
pub(super) trait Screen {
    /// Where keys go while it is on top.
    fn place(&self) -> Place;

    /// The way to it, for the line of the tabs; empty for a tab.
    fn trail(&self) -> String {
        String::new()
    }

    /// The names before and after what it shows, for the line of the tabs.
    fn beside(&self, _facts: &Facts) -> Option<(Option<String>, Option<String>)> {
        None
    }

    /// What is worth a word while nothing else is said at the bottom, and the action that says more.
    fn hint(&self, _facts: &Facts) -> Option<(String, Action)> {
        None
    }

    /// Why an action can do nothing now; `None` if it can.
    fn off(&self, _facts: &Facts, _action: Action) -> Option<String> {
        None
    }

    /// What an action does to what is under the cursor, in a word or two, where that is other than elsewhere.
    fn word(&self, _facts: &Facts, _action: Action) -> Option<&'static str> {
        None
    }

    /// Does an action.
    fn act(&mut self, facts: &Facts, action: Action, seen: &Seen) -> Vec<Effect>;

    /// Takes one step back, such as out of a filter or a selection; whether there was one to take.
    fn back(&mut self, _facts: &Facts, _seen: &Seen) -> bool {
        false
    }

    /// Puts the cursor on a row; whether it was there already.
    fn click(&mut self, _row: usize) -> bool {
        false
    }

    /// Gives the wheel to what the pointer is on; whether it had it already.
    fn point(&mut self, _hit: &Hit) -> bool {
        true
    }

    /// Puts the cursor on a row of its second list, and keys go there.
    fn click_other(&mut self, _facts: &Facts, _row: usize) {}

    /// What is under the cursor, by a name that stays the same while rows come and go.
    fn spot(&self, _facts: &Facts) -> Option<String> {
        None
    }

    /// Puts the cursor on what has such a name, or on the first row where that is not shown; what it wants to know of
    /// that.
    fn return_to(&mut self, _facts: &Facts, _spot: &str) -> Vec<Effect> {
        Vec::new()
    }

    /// The text of its filter or search, if it has one.
    fn filter(&mut self) -> Option<&mut String> {
        None
    }

    /// After its filter, the snapshot or a run changed: what it wants to know anew.
    fn refresh(&mut self, _facts: &Facts) -> Vec<Effect> {
        Vec::new()
    }

    /// What it asked for was started: what was selected for it has had its use.
    fn started(&mut self) {}

    /// Time passed: what it wants to know anew.
    fn tick(&mut self, _facts: &Facts) -> Vec<Effect> {
        Vec::new()
    }

    /// It came on top as a tab: what it wants to know.
    fn came(&mut self, _facts: &Facts) -> Vec<Effect> {
        Vec::new()
    }

    /// Something happened while it is on top, whatever that was: what it wants to know of what it shows now.
    fn want(&mut self, _facts: &Facts) -> Option<Effect> {
        None
    }

    /// Takes an answer, if it asked for it.
    fn take(&mut self, _facts: &Facts, _answer: &Answer) -> Vec<Effect> {
        Vec::new()
    }

    /// The words after `minipach` that show what it shows.
    fn words(&self, facts: &Facts) -> Vec<String>;

    /// What it says without its picture, with at most so many rows of its list. One that says nothing here is
    /// told by the lines of its picture.
    fn twin(&self, _facts: &Facts, _most: usize) -> Twin {
        Twin::default()
    }

    /// Draws it.
    fn draw(&self, facts: &Facts, pen: &mut Pen<'_>, seen: &mut Seen);
}
