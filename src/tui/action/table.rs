//! The action table: for each thing a key can do its name, keys, words and places, once.

use super::{Action, Entry, Place, entry};

const ALL: &[Place] = &Place::ALL;
const LISTS: &[Place] = &[
    Place::Home,
    Place::Pipeline,
    Place::Datum,
    Place::Jobs,
    Place::Check,
    Place::History,
    Place::Files,
    Place::Provenance,
];
const WORK: &[Place] = &[Place::Home, Place::Pipeline, Place::Datum];
/// Screens whose rows come in several orders.
const TABLES: &[Place] = &[Place::Pipeline, Place::Jobs];
/// Screens with more than one pane.
const PANES: &[Place] = &[Place::Pipeline, Place::Datum, Place::Jobs, Place::Files];
/// Where `g` is not how pipelines are shown.
const BELOW: &[Place] = &[
    Place::Pipeline,
    Place::Datum,
    Place::Log,
    Place::Jobs,
    Place::Check,
    Place::History,
    Place::Files,
    Place::Provenance,
];
/// Screens that can be zoomed.
const INSIDE: &[Place] = &[Place::Pipeline, Place::Datum, Place::Log, Place::Jobs, Place::Check];
const RUNS: &[Place] = &[Place::Home, Place::Pipeline, Place::Datum, Place::Jobs];
/// Where something is shown that can run.
const RUNNABLE: &[Place] = &[Place::Home, Place::Pipeline, Place::Datum, Place::Jobs, Place::Log];

/// Everything a key can do.
pub(in crate::tui) const TABLE: &[Entry] = &[
    entry(Action::Open, "open", &["enter"], "open what is under the cursor; of a datum, its log", LISTS)
        .foot("open", 1),
    entry(
        Action::Rerun,
        "rerun",
        &["r"],
        "run what is under the cursor or selected, or whose log is shown; shows the plan first",
        RUNNABLE,
    )
    .foot("run", 2),
    entry(Action::RerunDownstream, "rerun-downstream", &["R"], "run it and everything that reads it", WORK)
        .foot("+downstream", 3).tight("+down"),
    entry(
        Action::RerunBelow,
        "rerun-below",
        &["B"],
        "run everything, pipelines of subdatasets first, and record their commits here; shows the plan first",
        &[Place::Home],
    ),
    entry(Action::Why, "why", &["w"], "why it is in its state, or why nothing will happen", ALL)
        .foot("why", 4),
    entry(
        Action::Log,
        "log",
        &["l"],
        "what the command said; of a pipeline, that of a datum that runs, or of one that failed",
        RUNS,
    )
    .foot("log", 5),
    entry(
        Action::AllLogs,
        "logs",
        &["L"],
        "what all commands of the pipeline said last, one after the other",
        RUNS,
    )
    .foot("all logs", 25),
    entry(
        Action::FailedOnly,
        "failed",
        &["f"],
        "show what failed only, or all again",
        &[Place::Home, Place::Pipeline],
    )
    .foot("failed", 6),
    entry(Action::Follow, "follow", &["F"], "follow the end of the log, or stop at this line", &[Place::Log])
        .foot("follow", 3),
    entry(
        Action::SearchNext,
        "search-next",
        &["n"],
        "the next line that holds the searched text",
        &[Place::Log],
    )
    .foot("next", 7),
    entry(
        Action::SearchPrevious,
        "search-previous",
        &["N"],
        "the line before that holds the searched text",
        &[Place::Log],
    ),
    entry(Action::Wrap, "wrap", &["W"], "wrap long lines, or cut them", &[Place::Log]).foot("wrap", 5),
    entry(Action::Pager, "pager", &["v"], "open the log in $PAGER", &[Place::Datum, Place::Log])
        .foot("pager", 9),
    entry(Action::SaveLog, "save-log", &["S"], "save the log to a file", &[Place::Log])
        .foot("save log", 10),
    entry(
        Action::Select,
        "select",
        &["space"],
        "select the row, or let it go",
        &[Place::Pipeline, Place::Jobs, Place::History],
    )
    .foot("select", 9)
    .at(&[(Place::Jobs, 20)]),
    entry(
        Action::SelectRange,
        "select-range",
        &["V"],
        "select from the last selected row to this one",
        &[Place::Pipeline],
    ),
    entry(Action::SelectAll, "select-all", &["*"], "select all rows that are shown", &[Place::Pipeline]),
    entry(
        Action::Accept,
        "accept",
        &["a"],
        "declare the results good as they stand",
        &[Place::Pipeline, Place::Datum],
    )
    .foot("accept", 24),
    entry(
        Action::Cancel,
        "cancel",
        &["x"],
        "stop the run: nothing new starts, what runs is finished; again: end it now",
        ALL,
    )
    .foot("cancel", 8),
    entry(
        Action::EndNow,
        "end-now",
        &["X"],
        "end the run at once, with the commands that run; they run again next time",
        ALL,
    )
    .foot("end now", 10),
    entry(
        Action::Pause,
        "pause",
        &["P"],
        "let the run begin no commands for a while, what runs goes on; again: it goes on",
        ALL,
    )
    .foot("pause", 9),
    entry(Action::Save, "save", &["A"], "commit what is edited, and the results that wait for it", ALL)
        .foot("save", 14).at(&[(Place::Files, 2)]),
    entry(Action::Undo, "undo", &["u"], "take the last commit of results back, by another commit", ALL)
        .foot("undo", 23),
    entry(Action::Edit, "edit", &["e"], "open the spec, or the place of the finding, in $EDITOR", ALL)
        .foot("edit", 15),
    entry(
        Action::OpenOutput,
        "open-output",
        &["o"],
        "show its result among the files",
        &[Place::Datum],
    )
    .foot("outputs", 11),
    entry(
        Action::Graph,
        "graph",
        &["g"],
        "how pipelines are shown: the graph where it fits, the graph always, the table, folders",
        &[Place::Home],
    )
    .foot("view", 17),
    entry(
        Action::Filter,
        "filter",
        &["/"],
        "show only what matches: words, of pipelines, datums and runs also `state:failed`, `took:>5m`; in a log, search",
        &[
            Place::Home,
            Place::Pipeline,
            Place::Jobs,
            Place::Check,
            Place::Log,
            Place::History,
            Place::Files,
        ],
    )
    .foot("filter", 11),
    entry(Action::Sort, "sort", &["s"], "sort by the next column", TABLES)
        .foot("sort", 10)
        .at(&[(Place::Jobs, 19)]),
    entry(Action::Reverse, "reverse", &["S"], "sort the other way round", TABLES),
    entry(
        Action::Previous,
        "previous",
        &["["],
        "the pipeline or datum before",
        &[Place::Pipeline, Place::Datum],
    ),
    entry(Action::Next, "next", &["]"], "the next pipeline or datum", &[Place::Pipeline, Place::Datum])
        .foot("before and after", 19).tight("prev/next"),
    entry(Action::EarlierAttempt, "earlier-attempt", &["{"], "the attempt before", &[Place::Datum]),
    entry(Action::LaterAttempt, "later-attempt", &["}"], "the next attempt", &[Place::Datum])
        .foot("attempts", 20),
    entry(
        Action::Upstream,
        "upstream",
        &["left", "h"],
        "go to a pipeline or folder it reads; again for another; in a log, scroll left; among folders, close one",
        &[Place::Home, Place::Log, Place::Files],
    ),
    entry(
        Action::Downstream,
        "downstream",
        &["right"],
        "go to a pipeline that reads it; again for another; in a log, scroll right; among folders, open one",
        &[Place::Home, Place::Log, Place::Files],
    ),
    entry(Action::CellLeft, "cell-left", &["left"], "in the strip, one cell to the left", &[Place::Pipeline]),
    entry(
        Action::CellRight,
        "cell-right",
        &["right"],
        "in the strip, one cell to the right; Enter shows the datums of the cell only",
        &[Place::Pipeline],
    ),
    entry(Action::Copy, "copy", &["y"], "copy the name under the cursor", ALL).foot("copy", 18),
    entry(Action::CopyCommand, "copy-command", &["Y"], "copy the shell command that does the same", ALL),
    entry(Action::Palette, "palette", &[":", "ctrl-p"], "find an action or a pipeline by typing", ALL)
        .foot("palette", 12)
        .at(&[(Place::Home, 7)]),
    entry(Action::Menu, "menu", &["."], "what can be done with the row under the cursor", ALL),
    entry(Action::Help, "help", &["?", "f1"], "what every key does here; type to search, Enter runs it", ALL)
        .foot("help", 21),
    entry(Action::Back, "back", &["esc"], "one step back: popup, filter, selection, screen", ALL)
        .foot("back", 13),
    entry(Action::Quit, "quit", &["q"], "close this screen; on the first one, quit", ALL).foot("quit", 17),
    entry(Action::Down, "down", &["j", "down"], "one row down", ALL),
    entry(Action::Up, "up", &["k", "up"], "one row up", ALL),
    entry(Action::PageDown, "page-down", &["pgdn", "ctrl-d"], "one page down", ALL),
    entry(Action::PageUp, "page-up", &["pgup", "ctrl-u"], "one page up", ALL),
    entry(Action::First, "first", &["home", "<"], "the first row", ALL),
    entry(Action::Top, "top", &["g"], "the first row, as in a pager", BELOW),
    entry(Action::Last, "last", &["end", "G", ">"], "the last row; in a log, follow it", ALL),
    entry(Action::ShowPipelines, "pipelines", &["1"], "all pipelines", ALL),
    entry(Action::ShowJobs, "jobs", &["2"], "runs, now and before", ALL),
    entry(
        Action::ShowCheck,
        "check",
        &["4", "c"],
        "what is wrong with specs and layout; there, look again",
        ALL,
    )
    .foot("look again", 10)
    .only(&[Place::Check]),
    entry(Action::New, "new", &["n"], "a new pipeline: a form, with its datums as you type", &[Place::Home])
        .foot("new", 8),
    entry(Action::Fix, "fix", &["F"], "mend the finding; shows the edit first", &[Place::Check])
        .foot("fix", 3),
    entry(
        Action::FixAll,
        "fix-all",
        &["ctrl-f"],
        "mend all findings that need no guess; shows the edits first",
        &[Place::Check],
    )
    .foot("fix all", 4),
    entry(
        Action::Dismiss,
        "dismiss",
        &["D"],
        "put the finding aside on this machine: it is not counted and stands last; again: it counts",
        &[Place::Check],
    )
    .foot("dismiss", 5),
    entry(Action::ShowFiles, "files", &["3"], "all files: what changed, and what that means", ALL),
    entry(Action::ShowHistory, "history", &["5"], "commits, and the project as of any of them", ALL),
    entry(
        Action::ViewAt,
        "view-at",
        &["t"],
        "show everything as of the commit under the cursor, read-only",
        ALL,
    )
    .foot("as of then", 6)
    .only(&[Place::Provenance]),
    entry(Action::Live, "now", &["T"], "back from a commit to the project as it is now", ALL).foot("now", 1),
    entry(
        Action::Compare,
        "compare",
        &["d"],
        "what differs between this commit and now, or the selected one; of a file, since the last commit; of a datum, \
         in what it is made of since its result was committed",
        &[Place::Datum, Place::History, Place::Files],
    )
    .foot("compare", 6),
    entry(
        Action::Provenance,
        "provenance",
        &["p"],
        "where it comes from: what made it of what, back to what people brought",
        &[Place::Pipeline, Place::Datum, Place::Files],
    )
    .foot("provenance", 7).tight("prov"),
    entry(
        Action::Replay,
        "replay",
        &["r"],
        "make the commit's results again as it recorded them, on a new branch (`datalad rerun`); asks first",
        &[Place::History],
    )
    .foot("replay", 5),
    entry(
        Action::Collect,
        "gc",
        &["C"],
        "remove old logs and memory that nothing needs; shows them first",
        ALL,
    ),
    entry(Action::Engines, "engines", &["i"], "what can run commands on this machine, and what is missing", ALL),
    entry(Action::NextPane, "next-pane", &["tab"], "the next pane", PANES).foot("next pane", 16).tight("pane").at(&[(Place::Jobs, 2), (Place::Datum, 6)]),
    entry(Action::PreviousPane, "previous-pane", &["shift-tab"], "the pane before", PANES),
    entry(
        Action::Zoom,
        "zoom",
        &["z"],
        "this pane alone on the screen, without borders, for copying",
        INSIDE,
    )
    .foot("zoom", 22),
    entry(Action::Messages, "messages", &["M"], "what was said at the bottom line before", ALL),
    entry(Action::Reload, "reload", &["ctrl-r"], "look at all files again", ALL),
    entry(Action::Redraw, "redraw", &["ctrl-l"], "draw the whole screen anew", ALL),
    entry(
        Action::Settings,
        "settings",
        &[","],
        "theme, keys, signs and commands of your own: tui.toml in $EDITOR, read as soon as it is saved",
        ALL,
    ),
    entry(Action::NewProject, "new-project", &[], "lay out another project", ALL),
    entry(Action::Mouse, "mouse", &["m"], "give the mouse to the terminal, or take it back", ALL),
    entry(Action::Shell, "shell", &["!"], "a shell in the project", ALL),
    entry(
        Action::Enter,
        "enter",
        &["E"],
        "a shell inside what the datum sees; nothing left there is a result",
        &[Place::Pipeline, Place::Datum],
    ),
    entry(Action::Suspend, "suspend", &["ctrl-z"], "back to the shell; `fg` comes back", ALL),
];
