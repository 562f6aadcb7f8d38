//! The action table: everything a key can do, once; footer, help, palette, key configuration and tests read it.

use std::collections::BTreeMap;

use super::keys::Key;

/// Where keys go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Place {
    /// All pipelines.
    Home,
    /// One pipeline and its datums.
    Pipeline,
    /// One datum.
    Datum,
    /// A log on the whole screen.
    Log,
    /// Runs.
    Jobs,
    /// Findings.
    Check,
}

impl Place {
    /// What people call it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Home => "Pipelines",
            Self::Pipeline => "Pipeline",
            Self::Datum => "Datum",
            Self::Log => "Log",
            Self::Jobs => "Jobs",
            Self::Check => "Check",
        }
    }

    /// All of them.
    pub(super) const ALL: [Self; 6] =
        [Self::Home, Self::Pipeline, Self::Datum, Self::Log, Self::Jobs, Self::Check];
}

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
    Messages,
    ShowPipelines,
    ShowJobs,
    ShowCheck,
    NextPane,
    Zoom,
    Upstream,
    Downstream,
    Graph,
    Rerun,
    RerunDownstream,
    FailedOnly,
    Cancel,
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
    Follow,
    Pager,
    SaveLog,
    SearchNext,
    SearchPrevious,
    Wrap,
    Why,
    Accept,
    Edit,
    OpenOutput,
    Copy,
    CopyCommand,
    Reload,
    Mouse,
    Shell,
    Suspend,
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
    /// A line for the help.
    pub(super) help: &'static str,
    /// Where it is of use.
    pub(super) places: &'static [Place],
    /// Its rank in the footer, likeliest first; 0 for not there.
    pub(super) rank: u8,
}

const ALL: &[Place] = &Place::ALL;
const LISTS: &[Place] = &[Place::Home, Place::Pipeline, Place::Datum, Place::Jobs, Place::Check];
const WORK: &[Place] = &[Place::Home, Place::Pipeline, Place::Datum];
const ONE: &[Place] = &[Place::Pipeline, Place::Datum, Place::Jobs];
const RUNS: &[Place] = &[Place::Home, Place::Pipeline, Place::Datum, Place::Jobs];

const fn entry(
    action: Action,
    name: &'static str,
    keys: &'static [&'static str],
    short: &'static str,
    help: &'static str,
    places: &'static [Place],
    rank: u8,
) -> Entry {
    Entry { action, name, keys, short, help, places, rank }
}

/// Everything a key can do.
pub(super) const TABLE: &[Entry] = &[
    entry(
        Action::Open,
        "open",
        &["enter"],
        "open",
        "open what is under the cursor; of a datum, its log",
        LISTS,
        1,
    ),
    entry(
        Action::Rerun,
        "rerun",
        &["r"],
        "run",
        "run what is under the cursor or selected; shows the plan first",
        RUNS,
        2,
    ),
    entry(
        Action::RerunDownstream,
        "rerun-downstream",
        &["R"],
        "run +downstream",
        "run it and everything that reads it",
        WORK,
        3,
    ),
    entry(Action::Why, "why", &["w"], "why", "why it is in its state, or why nothing will happen", ALL, 4),
    entry(Action::Log, "log", &["l"], "log", "what the command said", ONE, 5),
    entry(
        Action::FailedOnly,
        "failed",
        &["f"],
        "failed",
        "show what failed only, or all again",
        &[Place::Home, Place::Pipeline],
        6,
    ),
    entry(
        Action::Follow,
        "follow",
        &["F"],
        "follow",
        "follow the end of the log, or stop at this line",
        &[Place::Log],
        3,
    ),
    entry(
        Action::SearchNext,
        "search-next",
        &["n"],
        "next",
        "the next line that holds the searched text",
        &[Place::Log],
        7,
    ),
    entry(
        Action::SearchPrevious,
        "search-previous",
        &["N"],
        "",
        "the line before that holds the searched text",
        &[Place::Log],
        0,
    ),
    entry(Action::Wrap, "wrap", &["W"], "", "wrap long lines, or cut them", &[Place::Log], 0),
    entry(Action::Pager, "pager", &["v"], "pager", "open the log in $PAGER", &[Place::Datum, Place::Log], 9),
    entry(Action::SaveLog, "save-log", &["S"], "save", "save the whole log to a file", &[Place::Log], 10),
    entry(
        Action::Select,
        "select",
        &["space"],
        "select",
        "select the row, or let it go",
        &[Place::Pipeline],
        8,
    ),
    entry(
        Action::SelectRange,
        "select-range",
        &["V"],
        "",
        "select from the last selected row to this one",
        &[Place::Pipeline],
        0,
    ),
    entry(
        Action::SelectAll,
        "select-all",
        &["*"],
        "",
        "select all rows that are shown",
        &[Place::Pipeline],
        0,
    ),
    entry(
        Action::Accept,
        "accept",
        &["a"],
        "accept",
        "declare the results good as they stand",
        &[Place::Pipeline, Place::Datum],
        12,
    ),
    entry(
        Action::Cancel,
        "cancel",
        &["x"],
        "cancel",
        "stop the run: nothing new starts, what runs is finished; again: end it now",
        RUNS,
        9,
    ),
    entry(
        Action::Edit,
        "edit",
        &["e"],
        "edit",
        "open the spec, or the place of the finding, in $EDITOR",
        ALL,
        11,
    ),
    entry(
        Action::OpenOutput,
        "open-output",
        &["o"],
        "",
        "open the folder of the result in $EDITOR",
        &[Place::Datum],
        0,
    ),
    entry(
        Action::Graph,
        "graph",
        &["g"],
        "graph",
        "the graph above the table: where it fits, never, always",
        &[Place::Home],
        13,
    ),
    entry(
        Action::Filter,
        "filter",
        &["/"],
        "filter",
        "show only what matches: words, `state:failed`, `took:>5m`; in a log, search",
        &[Place::Home, Place::Pipeline, Place::Check, Place::Log],
        14,
    ),
    entry(Action::Sort, "sort", &["s"], "sort", "sort by the next column", &[Place::Pipeline], 15),
    entry(Action::Reverse, "reverse", &["S"], "", "sort the other way round", &[Place::Pipeline], 0),
    entry(
        Action::Previous,
        "previous",
        &["["],
        "",
        "the pipeline or datum before",
        &[Place::Pipeline, Place::Datum],
        0,
    ),
    entry(
        Action::Next,
        "next",
        &["]"],
        "[ ] others",
        "the next pipeline or datum",
        &[Place::Pipeline, Place::Datum],
        16,
    ),
    entry(Action::EarlierAttempt, "earlier-attempt", &["{"], "", "the attempt before", &[Place::Datum], 0),
    entry(
        Action::LaterAttempt,
        "later-attempt",
        &["}"],
        "{ } attempts",
        "the next attempt",
        &[Place::Datum],
        17,
    ),
    entry(
        Action::Upstream,
        "upstream",
        &["left", "h"],
        "",
        "go to a pipeline or folder it reads; again for another; in a log, scroll left",
        &[Place::Home, Place::Log],
        0,
    ),
    entry(
        Action::Downstream,
        "downstream",
        &["right"],
        "",
        "go to a pipeline that reads it; again for another; in a log, scroll right",
        &[Place::Home, Place::Log],
        0,
    ),
    entry(
        Action::CellLeft,
        "cell-left",
        &["left"],
        "",
        "in the strip, one cell to the left",
        &[Place::Pipeline],
        0,
    ),
    entry(
        Action::CellRight,
        "cell-right",
        &["right"],
        "",
        "in the strip, one cell to the right; Enter shows the datums of the cell only",
        &[Place::Pipeline],
        0,
    ),
    entry(Action::Copy, "copy", &["y"], "copy", "copy the name under the cursor", ALL, 18),
    entry(
        Action::CopyCommand,
        "copy-command",
        &["Y"],
        "",
        "copy the shell command that does the same",
        ALL,
        0,
    ),
    entry(
        Action::Palette,
        "palette",
        &[":", "ctrl-p"],
        "palette",
        "find an action, pipeline or datum by typing",
        ALL,
        20,
    ),
    entry(
        Action::Help,
        "help",
        &["?", "f1"],
        "help",
        "what every key does here; type to search, Enter runs it",
        ALL,
        21,
    ),
    entry(Action::Back, "back", &["esc"], "back", "one step back: popup, filter, selection, screen", ALL, 22),
    entry(Action::Quit, "quit", &["q"], "quit", "close this screen; on the first one, quit", ALL, 23),
    entry(Action::Down, "down", &["j", "down"], "", "one row down", ALL, 0),
    entry(Action::Up, "up", &["k", "up"], "", "one row up", ALL, 0),
    entry(Action::PageDown, "page-down", &["pgdn", "ctrl-d"], "", "one page down", ALL, 0),
    entry(Action::PageUp, "page-up", &["pgup", "ctrl-u"], "", "one page up", ALL, 0),
    entry(Action::First, "first", &["home", "<"], "", "the first row", ALL, 0),
    entry(Action::Last, "last", &["end", "G", ">"], "", "the last row; in a log, follow it", ALL, 0),
    entry(Action::ShowPipelines, "pipelines", &["1"], "", "all pipelines", ALL, 0),
    entry(Action::ShowJobs, "jobs", &["2"], "", "runs, now and before", ALL, 0),
    entry(Action::ShowCheck, "check", &["4", "c"], "", "what is wrong with specs and layout", ALL, 0),
    entry(Action::NextPane, "next-pane", &["tab"], "", "the next pane", ALL, 0),
    entry(
        Action::Zoom,
        "zoom",
        &["z"],
        "",
        "this pane alone on the screen, without borders, for copying",
        ALL,
        0,
    ),
    entry(Action::Messages, "messages", &["M"], "", "what was said at the bottom line before", ALL, 0),
    entry(Action::Reload, "reload", &["ctrl-r"], "", "look at all files again", ALL, 0),
    entry(Action::Mouse, "mouse", &["m"], "", "give the mouse to the terminal, or take it back", ALL, 0),
    entry(Action::Shell, "shell", &["!"], "", "a shell in the project", ALL, 0),
    entry(Action::Suspend, "suspend", &["ctrl-z"], "", "back to the shell; `fg` comes back", ALL, 0),
];

/// The row of an action.
pub(super) fn row(action: Action) -> &'static Entry {
    TABLE.iter().find(|entry| entry.action == action).unwrap_or(&TABLE[0])
}

/// Which key does what, where.
#[derive(Clone, Debug)]
pub(super) struct Keymap {
    keys: Vec<(Place, Key, Action)>,
    of: BTreeMap<Action, Vec<Key>>,
}

impl Default for Keymap {
    fn default() -> Self {
        let own = |entry: &Entry| entry.keys.iter().filter_map(|name| Key::parse(name)).collect();
        Self::new(TABLE.iter().map(|entry| (entry.action, own(entry))).collect())
    }
}

impl Keymap {
    fn new(of: BTreeMap<Action, Vec<Key>>) -> Self {
        let mut keys = Vec::new();
        for entry in TABLE {
            for key in of.get(&entry.action).into_iter().flatten() {
                keys.extend(entry.places.iter().map(|place| (*place, *key, entry.action)));
            }
        }
        Self { keys, of }
    }

    /// The default keys with some actions on other keys. Two actions on one key of one place are refused.
    ///
    /// # Errors
    /// One sentence that names both.
    pub(super) fn with(changes: &BTreeMap<Action, Vec<Key>>) -> Result<Self, String> {
        let mut of = Self::default().of;
        of.extend(changes.iter().map(|(action, keys)| (*action, keys.clone())));
        let made = Self::new(of);
        for (at, (place, key, action)) in made.keys.iter().enumerate() {
            let clash = made.keys[..at].iter().find(|(other, taken, _)| other == place && taken == key);
            if let Some((.., other)) = clash {
                let (place, other, name) = (place.name(), row(*other).name, row(*action).name);
                return Err(format!("`{key}` means both `{other}` and `{name}` in {place}"));
            }
        }
        Ok(made)
    }

    /// What a key does in a place.
    pub(super) fn action(&self, place: Place, key: Key) -> Option<Action> {
        let found = self.keys.iter().find(|(at, bound, _)| *at == place && *bound == key);
        found.map(|(.., action)| *action)
    }

    /// The first key of an action, as it is shown; empty if it has none.
    pub(super) fn shown(&self, action: Action) -> String {
        self.of.get(&action).and_then(|keys| keys.first()).map(ToString::to_string).unwrap_or_default()
    }

    /// All keys of an action, as they are shown.
    pub(super) fn all(&self, action: Action) -> String {
        let keys = self.of.get(&action).into_iter().flatten().map(ToString::to_string);
        keys.collect::<Vec<_>>().join(" ")
    }
}

/// The rows of use in a place, in the order of the footer; those without rank last.
pub(super) fn here(place: Place) -> Vec<&'static Entry> {
    let mut found: Vec<&Entry> = TABLE.iter().filter(|entry| entry.places.contains(&place)).collect();
    found.sort_by_key(|entry| if entry.rank == 0 { u8::MAX } else { entry.rank });
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

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
    fn no_key_means_two_things_in_one_place() {
        assert_eq!(Keymap::with(&BTreeMap::new()).err(), None);
        let clash = BTreeMap::from([(Action::Why, vec![Key::parse("r").expect("a key")])]);
        let said = Keymap::with(&clash).expect_err("r is taken");
        assert!(said.contains("`r`") && said.contains("rerun") && said.contains("why"), "{said}");
    }

    #[test]
    fn a_letter_means_the_same_everywhere_it_is_bound() {
        // `S` saves what is in a log and reverses the order in a table: both are what it is asked for there.
        // Arrows go where they point.
        let shared = ["S", "left", "right"];
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

    #[test]
    fn keys_can_be_moved() {
        let change = BTreeMap::from([(Action::Quit, vec![Key::parse("Q").expect("a key")])]);
        let keymap = Keymap::with(&change).expect("no clash");
        assert_eq!(keymap.action(Place::Home, Key::parse("Q").expect("a key")), Some(Action::Quit));
        assert_eq!(keymap.action(Place::Home, Key::parse("q").expect("a key")), None);
        assert_eq!(keymap.shown(Action::Quit), "Q");
    }
}
