//! The screens: each has its own state, does actions on it and draws it.

pub(super) mod home;

use ratatui::layout::Rect;

use super::action::Action;

/// Something on the screen that a click means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Hit {
    /// A row of the screen's list.
    Row(usize),
    /// What a key would do.
    Act(Action),
}

/// What a frame showed: for paging, and for clicks.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// How many rows of the main list fit.
    pub(super) rows: usize,
    /// How many rows of the second pane fit.
    pub(super) other_rows: usize,
    /// What stands where; later ones lie on top.
    pub(super) hits: Vec<(Rect, Hit)>,
}

impl Seen {
    /// What a click at a place means.
    pub(super) fn hit(&self, x: u16, y: u16) -> Option<&Hit> {
        self.hits.iter().rev().find(|(area, _)| area.contains((x, y).into())).map(|(_, hit)| hit)
    }
}
