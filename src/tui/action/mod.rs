//! Actions: everything a key can do; the one table of them is read by footer, help, palette, key configuration and tests.

mod table;

pub(super) use super::place::Place;
pub(super) use table::TABLE;

/// What a key can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Action {
    Down,
    Up,
    PageDown,
    PageUp,
    First,
    Last,
    Open,
    Back,
    Quit,
    Help,
    Palette,
    Menu,
    Messages,
    ShowPipelines,
    ShowJobs,
    ShowCheck,
    ShowHistory,
    ShowFiles,
    ViewAt,
    Live,
    Compare,
    Provenance,
    Fix,
    FixAll,
    Dismiss,
    Replay,
    Collect,
    Engines,
    New,
    NextPane,
    PreviousPane,
    Zoom,
    Upstream,
    Downstream,
    Graph,
    Rerun,
    RerunDownstream,
    RerunBelow,
    FailedOnly,
    Cancel,
    EndNow,
    Pause,
    Filter,
    Sort,
    Reverse,
    Select,
    SelectRange,
    SelectAll,
    CellLeft,
    CellRight,
    Previous,
    Next,
    EarlierAttempt,
    LaterAttempt,
    Log,
    AllLogs,
    Follow,
    Pager,
    SaveLog,
    SearchNext,
    SearchPrevious,
    Wrap,
    Why,
    Accept,
    Save,
    Undo,
    Edit,
    OpenOutput,
    Copy,
    CopyCommand,
    Reload,
    Mouse,
    Shell,
    Enter,
    Suspend,
    Top,
    Redraw,
    Settings,
    NewProject,
    /// A command of the user's own, by its place among them.
    Own(usize),
}

impl Action {
    /// Whether it changes the project, or runs something that does: not while the project cannot be read, nor in the past.
    pub(super) const fn changes_project(self) -> bool {
        matches!(
            self,
            Self::Rerun
                | Self::RerunDownstream
                | Self::RerunBelow
                | Self::Accept
                | Self::Save
                | Self::Undo
                | Self::Fix
                | Self::FixAll
                | Self::New
                | Self::Replay
                | Self::Collect
        )
    }

    /// Whether it starts a program in the project's folder.
    pub(super) const fn starts_program(self) -> bool {
        matches!(self, Self::Edit | Self::Shell | Self::Enter | Self::Own(_) | Self::Pager)
    }
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// What it does.
    pub(super) action: Action,
    /// Its name in the palette and the key configuration.
    pub(super) name: &'static str,
    /// Its keys.
    pub(super) keys: &'static [&'static str],
    /// One or two words for the footer.
    pub(super) short: &'static str,
    /// The same where lines are short.
    pub(super) tight: &'static str,
    /// A line for the help.
    pub(super) help: &'static str,
    /// Where it is of use.
    pub(super) places: &'static [Place],
    /// Its rank in the footer, likeliest first; 0 for not there.
    rank: u8,
    /// Its rank in some places.
    at: &'static [(Place, u8)],
    /// Where alone it stands in the footer; empty for all its places.
    only: &'static [Place],
}

/// A row without a place in the footer.
const fn entry(
    action: Action,
    name: &'static str,
    keys: &'static [&'static str],
    help: &'static str,
    places: &'static [Place],
) -> Entry {
    Entry { action, name, keys, short: "", tight: "", help, places, rank: 0, at: &[], only: &[] }
}

impl Entry {
    /// With a word in the footer, at this rank.
    const fn foot(self, short: &'static str, rank: u8) -> Self {
        Self { short, tight: short, rank, ..self }
    }

    /// With another word where lines are short.
    const fn tight(self, tight: &'static str) -> Self {
        Self { tight, ..self }
    }

    /// With another rank in some places.
    const fn at(self, at: &'static [(Place, u8)]) -> Self {
        Self { at, ..self }
    }

    /// In the footer of these places alone.
    const fn only(self, only: &'static [Place]) -> Self {
        Self { only, ..self }
    }

    /// Its rank in the footer of a place, likeliest first; `None` for not there.
    pub(super) fn rank(&self, place: Place) -> Option<u8> {
        let is_there = self.rank > 0 && (self.only.is_empty() || self.only.contains(&place));
        let own = self.at.iter().find(|(at, _)| *at == place).map(|(_, rank)| *rank);
        is_there.then_some(own.unwrap_or(self.rank))
    }
}

/// The row of commands of the user's own; which they are stands in the configuration.
const OWN: Entry =
    entry(Action::Own(0), "own", &[], "a command of your own, as `tui.toml` has it", &Place::ALL);

/// The row of an action.
pub(super) fn row(action: Action) -> &'static Entry {
    TABLE.iter().find(|entry| entry.action == action).unwrap_or(&OWN)
}

/// The rows of use in a place, in the order of the footer; those that are not in it last.
pub(super) fn here(place: Place) -> Vec<&'static Entry> {
    let mut found: Vec<&Entry> = TABLE.iter().filter(|entry| entry.places.contains(&place)).collect();
    found.sort_by_key(|entry| entry.rank(place).unwrap_or(u8::MAX));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::keys::Key;
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn every_action_has_one_row_a_key_and_help() {
        let mut actions = BTreeSet::new();
        let mut names = BTreeSet::new();
        for entry in TABLE {
            assert!(actions.insert(entry.action) && names.insert(entry.name), "{} twice", entry.name);
            assert!(!entry.help.is_empty() && !entry.places.is_empty(), "{}", entry.name);
            assert!(entry.keys.iter().all(|key| Key::parse(key).is_some()), "{}", entry.name);
            assert!(entry.rank == 0 || !entry.short.is_empty(), "{} has no word for the footer", entry.name);
        }
    }

    #[test]
    fn a_letter_means_the_same_everywhere_it_is_bound() {
        // `S` saves what is in a log and reverses the order in a table: both are what it is asked for there.
        // Arrows go where they point.
        // `F` follows a log and mends a finding, which never meet.
        // `n` goes to the next line that was searched, where nothing new can be made.
        // `r` runs again, on a commit as it recorded.
        // `g` is the top where pipelines are not shown in several ways.
        let shared = ["S", "F", "n", "r", "g", "left", "right"];
        let mut means: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for entry in TABLE {
            entry.keys.iter().for_each(|key| {
                means.entry(key).or_default().insert(entry.name);
            });
        }
        let double: Vec<_> =
            means.iter().filter(|(key, names)| names.len() > 1 && !shared.contains(key)).collect();
        assert!(double.is_empty(), "{double:?}");
    }
}
