//! What help and palette list: the actions of a place, those that are off with their reason, and places to go.

use crate::app::command_line;
use crate::model::{DatumState, show};

use super::action::{Action, Entry, Place, TABLE, here};
use super::effect::Effect;
use super::facts::Watch;
use super::find::verb;
use super::glossary::WORDS;
use super::popup::finder::{DATUMS, Finder, Item};
use super::request::request;
use super::shell::same;
use super::sign::Sign;
use super::state::State;
use crate::run::{Request, count};

/// Everything a key does here.
pub(super) fn help(state: &State) -> Finder {
    let place = state.place();
    let mut items: Vec<Item> = here(place).into_iter().map(|entry| item(state, entry)).collect();
    items.sort_by_key(|item| [HERE, EVERYWHERE, OFF].iter().position(|group| *group == item.group));
    let others = TABLE.iter().filter(|entry| !entry.places.contains(&place));
    items.extend(own(state));
    items.extend(polling(state));
    items.extend(signs_and_words(state));
    items.extend(others.map(|entry| elsewhere(state, entry)));
    Finder::new(format!("Help · {}", place.name()), items, true).with_legend(LEGEND.into())
}

/// How changes are noticed, where that takes a while.
fn polling(state: &State) -> Option<Item> {
    let Watch::Polling(why) = &state.facts.watch else { return None };
    Some(Item {
        group: EVERYWHERE,
        key: String::new(),
        name: "polling".into(),
        text: format!("all files are looked at every 5 seconds, since {}", show(why)),
        also: &["watch", "live", "changes"],
        command: String::new(),
        effect: None,
    })
}

/// States whose signs the help explains in its last line, those first that are met first.
const LEGEND: [DatumState; 9] = {
    use DatumState::{Blocked, Cached, Done, Edited, Failed, Pending, Queued, Running, Stale};
    [Done, Failed, Stale, Pending, Running, Blocked, Cached, Edited, Queued]
};

/// What can be done with the row under the cursor.
pub(super) fn row(state: &State) -> Finder {
    let place = state.place();
    let is_of_row =
        |entry: &&Entry| entry.places.len() < Place::ALL.len() || is_of_commit(place, entry.action);
    let here = here(place).into_iter().filter(is_of_row);
    let items = here.filter(|entry| !MOVES.contains(&entry.action)).map(|entry| item(state, entry));
    let mut items: Vec<Item> = items.collect();
    // What cannot be done now comes last, with the reason.
    items.sort_by_key(|item| item.effect.is_none());
    Finder::new("Here".into(), items.into_iter().chain(own(state)).collect(), false)
}

/// Whether a key that works everywhere means the commit under the cursor.
const fn is_of_commit(place: Place, action: Action) -> bool {
    matches!((place, action), (Place::History | Place::Provenance, Action::ViewAt))
}

/// What only moves the cursor is no use in a menu.
const MOVES: &[Action] = &[
    Action::Upstream,
    Action::Downstream,
    Action::CellLeft,
    Action::CellRight,
    Action::NextPane,
    Action::PreviousPane,
];

/// Commands of the user's own.
fn own(state: &State) -> Vec<Item> {
    let item = |at: usize| {
        let text = state.own_text(at);
        Item {
            group: "OWN",
            key: state.keymap.all(Action::Own(at)),
            name: state.own[at].name.clone(),
            effect: text.is_ok().then_some(Effect::Act(Action::Own(at))),
            text: text.unwrap_or_else(|why| why),
            also: &[],
            command: String::new(),
        }
    };
    (0..state.own.len()).map(item).collect()
}

/// What signs and words on the screens mean.
fn signs_and_words(state: &State) -> impl Iterator<Item = Item> + '_ {
    let signs = Sign::all().map(|sign| {
        let (name, text) = sign.told();
        (state.theme.sign(sign), name, text)
    });
    let words = WORDS.iter().map(|(word, text)| ("", (*word).to_owned(), *text));
    signs.chain(words).map(|(sign, name, text)| Item {
        group: "SIGNS AND WORDS",
        key: sign.into(),
        name,
        text: text.into(),
        also: &["signs", "words", "legend", "states", "glossary", "meaning"],
        command: String::new(),
        effect: None,
    })
}

const HERE: &str = "HERE";
const EVERYWHERE: &str = "EVERYWHERE";
const OFF: &str = "OFF NOW, and why";
const ELSEWHERE: &str = "ON OTHER SCREENS";

/// What people call actions that have another name here.
const ALSO: &[(Action, &[&str])] = &[
    (Action::Cancel, &["stop", "kill", "abort", "interrupt"]),
    (Action::EndNow, &["kill now", "force stop"]),
    (Action::Pause, &["resume", "hold", "wait"]),
    (Action::Undo, &["revert", "take back", "roll back"]),
    (Action::Compare, &["diff", "difference"]),
    (Action::Rerun, &["run", "start", "execute", "retry"]),
    (Action::RerunBelow, &["recursive", "subdatasets", "nested"]),
    (Action::Save, &["commit", "add"]),
    (Action::Filter, &["search", "find"]),
    (Action::Why, &["explain", "reason"]),
    (Action::Quit, &["exit", "close"]),
    (Action::New, &["create", "add"]),
    (Action::Fix, &["mend", "repair"]),
    (Action::Accept, &["keep", "approve"]),
    (Action::ViewAt, &["checkout", "time travel"]),
    (Action::Reload, &["refresh", "update"]),
    (Action::Redraw, &["repaint", "clear screen", "redisplay"]),
    (
        Action::Settings,
        &[
            "theme",
            "colour",
            "color",
            "ascii",
            "motion",
            "preset",
            "configuration",
            "options",
            "preferences",
            "bindings",
            "vim",
        ],
    ),
    (Action::NewProject, &["init", "scaffold", "project"]),
    (Action::Log, &["output", "tail", "stdout", "stderr"]),
    (Action::Follow, &["tail"]),
    (Action::Copy, &["yank", "clipboard"]),
    (Action::CopyCommand, &["shell command", "yank"]),
    (Action::Zoom, &["full screen", "maximise", "maximize"]),
    (Action::First, &["top"]),
    (Action::Last, &["bottom", "end"]),
    (Action::Select, &["mark"]),
    (Action::Live, &["back to now", "present"]),
    (Action::Mouse, &["select text"]),
    (Action::Messages, &["notifications", "what was said"]),
    (Action::Suspend, &["background"]),
    (Action::Edit, &["spec", "editor", "yaml"]),
    (Action::Shell, &["terminal", "bash"]),
    (Action::Graph, &["dag", "lanes", "tree", "layout"]),
    (Action::Help, &["keys", "manual"]),
    (Action::Palette, &["command"]),
    (Action::ShowHistory, &["log of commits"]),
    (Action::Menu, &["context menu", "right click"]),
    (Action::Provenance, &["origin", "lineage"]),
    (Action::ShowJobs, &["attach", "runs"]),
    (Action::Enter, &["shell inside", "debug"]),
    (Action::Collect, &["clean", "free space", "prune"]),
    (Action::Engines, &["podman", "docker", "container", "sandbox", "apptainer"]),
    (Action::Replay, &["datalad rerun", "reproduce"]),
    (Action::Dismiss, &["hide", "ignore"]),
];

fn also(action: Action) -> &'static [&'static str] {
    ALSO.iter().find(|(of, _)| *of == action).map_or(&[], |(_, words)| words)
}

/// The action that people call by another name.
pub(super) fn meant(word: &str) -> Option<Action> {
    ALSO.iter().find(|(_, words)| words.contains(&word)).map(|(action, _)| *action)
}

/// The screens on which an action is of use, by name.
pub(super) fn on(entry: &Entry) -> String {
    let names: Vec<&str> = entry.places.iter().map(|place| place.name()).collect();
    format!("on {}", names.join(", "))
}

fn elsewhere(state: &State, entry: &Entry) -> Item {
    Item {
        group: ELSEWHERE,
        key: state.keymap.all(entry.action),
        name: entry.name.into(),
        text: format!("{}: {}", on(entry), entry.help),
        also: also(entry.action),
        command: String::new(),
        effect: None,
    }
}

fn item(state: &State, entry: &Entry) -> Item {
    let off = state.off(entry.action);
    let is_everywhere = entry.places.len() == Place::ALL.len();
    Item {
        group: match (&off, is_everywhere) {
            (Some(_), _) => OFF,
            (None, true) => EVERYWHERE,
            (None, false) => HERE,
        },
        key: state.keymap.all(entry.action),
        name: entry.name.into(),
        text: off.clone().unwrap_or_else(|| entry.help.into()),
        also: also(entry.action),
        command: same(state, entry.action).filter(|_| off.is_none()).unwrap_or_default(),
        effect: off.is_none().then_some(Effect::Act(entry.action)),
    }
}

/// Actions, and every pipeline.
pub(super) fn palette(state: &State) -> Finder {
    let mut items: Vec<Item> = here(state.place()).into_iter().map(|entry| item(state, entry)).collect();
    let off = items.extract_if(.., |item| item.effect.is_none()).collect::<Vec<_>>();
    items.extend(own(state));
    let nodes = state.facts.snapshot.nodes.iter().filter(|node| node.is_pipeline());
    items.extend(nodes.map(|node| Item {
        group: "GO",
        key: String::new(),
        name: format!("go {}", node.name),
        text: format!("open the pipeline `{}`", show(&node.name)),
        also: &[],
        command: command_line(&["datums".to_owned(), node.name.clone()]),
        effect: Some(Effect::OpenPipeline(node.name.clone())),
    }));
    items.extend(runs(state));
    items.extend(off);
    Finder::new("Palette".into(), items, false).with_datums().explains(
        "nothing is called like this. Actions take no words after them: they mean what is under the cursor; `go NAME` \
         and `rerun NAME` are here for pipelines and datums that there are",
    )
}

/// Datums that were found by a text, pipeline, key and state: each to be opened or, where the text begins so, to be run.
pub(super) fn datums(state: &State, text: &str, found: &[(String, String, String)]) -> Vec<Item> {
    let (is_run, _) = verb(text);
    let off = state.runs_off().filter(|_| is_run);
    let one = |(pipeline, key, word): &(String, String, String)| {
        let name = format!("{pipeline}:{key}");
        let request = Request { force: *word == DatumState::Done.word(), ..request(&[&name]) };
        let (command, act) = if is_run {
            (command_line(&crate::app::words(&request)), Effect::AskRun(request))
        } else {
            let why = command_line(&["why".to_owned(), name.clone()]);
            (why, Effect::OpenDatum(pipeline.clone(), key.clone()))
        };
        Item {
            group: DATUMS,
            key: String::new(),
            name: if is_run { format!("rerun {name}") } else { name },
            text: off.clone().unwrap_or_else(|| {
                format!("{word}, {}", if is_run { "run this datum" } else { "open this datum" })
            }),
            also: &[],
            command: if off.is_none() { command } else { String::new() },
            effect: off.is_none().then_some(act),
        }
    };
    found.iter().map(one).collect()
}

/// Runs of every pipeline, each with the command that does the same; of one that is done, the run of all of it again.
fn runs(state: &State) -> impl Iterator<Item = Item> + '_ {
    let facts = &state.facts;
    let off = state.runs_off();
    let nodes = facts.snapshot.nodes.iter().enumerate().filter(|(_, node)| node.is_pipeline());
    nodes.map(move |(at, node)| {
        let counts = facts.counts(at);
        let work: usize =
            DatumState::ALL.into_iter().filter(|state| state.is_work()).map(|state| counts.get(state)).sum();
        let is_done = work == 0 && counts.total() > 0 && counts.get(DatumState::Done) == counts.total();
        let commits = facts.would_commit(at);
        let request = Request { force: is_done && !commits, ..request(&[&node.name]) };
        let told = if is_done && commits {
            "commits results that stand and that no commit records".to_owned()
        } else if is_done {
            format!("nothing to do, {} done; this runs all of it again", count(counts.total(), "datum"))
        } else {
            format!("{work} of {} to do", counts.total())
        };
        let command = command_line(&crate::app::words(&request));
        Item {
            group: "RUN",
            key: String::new(),
            name: format!("rerun {}", node.name),
            text: off.clone().unwrap_or(told),
            also: also(Action::Rerun),
            command: if off.is_none() { command } else { String::new() },
            effect: off.is_none().then_some(Effect::AskRun(request)),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::effect::LogSource;
    use crate::tui::facts::fixture;
    use crate::tui::keys::Key;
    use crate::tui::own::Own;
    use crate::tui::perform::{act, perform};
    use crate::tui::popup::{Outcome, Popup};

    #[test]
    fn what_is_under_the_cursor_has_its_names() {
        let mut state = State { facts: fixture::facts(), ..State::default() };
        state.seen.rows = 9;
        assert_eq!(state.names().get("pipeline"), None, "raw data are no pipeline");
        (0..2).for_each(|_| act(&mut state, Action::Down));
        assert_eq!(state.names()["pipeline"], "fs");
        perform(&mut state, Effect::OpenPipeline("fs".into()));
        let found = state.names();
        assert_eq!((found["pipeline"].as_str(), found["key"].as_str()), ("fs", "sub-2"));
        state.own = ["ls {key}", "less {path}"].map(|run| Own::parse("own", run).expect("it reads")).into();
        let menu = row(&state);
        let (items, _) = menu.found();
        assert!(
            items.iter().any(|item| item.name == "rerun") && items.iter().all(|item| item.name != "quit")
        );
        // What cannot be done is told last, and why.
        let off = items.iter().position(|item| item.group == OFF).expect("something is off");
        assert!(items[..off].iter().all(|item| item.effect.is_some()) && !items[off].text.is_empty());
        let own: Vec<&str> =
            items.iter().filter(|item| item.group == "OWN").map(|item| &*item.text).collect();
        assert_eq!(own, ["ls sub-2", "no path is under the cursor"]);
    }

    #[test]
    fn the_menu_of_a_commit_has_what_is_done_with_commits() {
        let mut state = State { facts: fixture::facts(), ..State::default() };
        act(&mut state, Action::ShowHistory);
        let menu = row(&state);
        let names: Vec<String> = menu.found().0.iter().map(|item| item.name.clone()).collect();
        for name in ["view-at", "replay", "compare"] {
            assert!(names.iter().any(|found| found == name), "{name}: {names:?}");
        }
        act(&mut state, Action::ShowPipelines);
        assert!(row(&state).found().0.iter().all(|item| item.name != "view-at"));
    }

    #[test]
    fn run_in_the_palette_runs_from_a_log_too() {
        let mut state = State { facts: fixture::facts(), ..State::default() };
        perform(&mut state, Effect::OpenLog(LogSource::one("fs", "sub-2", Some("a.log".into()))));
        let mut all = palette(&state);
        all.paste("run");
        let first = all.key(Key::parse("enter").expect("a key"));
        assert!(matches!(first, Outcome::Do(Effect::Act(Action::Rerun))), "{first:?}");
        act(&mut state, Action::Rerun);
        assert!(
            matches!(state.popups.last(), Some(Popup::Question(question)) if question.title == "Run fs:sub-2?")
        );
    }

    #[test]
    fn the_palette_tells_why_what_is_off_cannot_be_done() {
        let state = State { facts: fixture::facts(), ..State::default() };
        let mut all = palette(&state);
        all.paste("pause");
        let told: Vec<_> = all.found().0.iter().map(|item| (&*item.name, &*item.text)).collect();
        assert_eq!(told, [("pause", "no run is going on")]);
        let said = all.key(Key::parse("enter").expect("a key"));
        assert!(matches!(said, Outcome::Do(Effect::Say(_))), "{said:?}");
    }

    #[test]
    fn help_says_that_changes_are_polled_for_and_why() {
        let mut state = State { facts: fixture::facts(), ..State::default() };
        let told =
            |state: &State| help(state).found().0.iter().any(|item| item.text.contains("since it is far"));
        assert!(!told(&state));
        state.facts.watch = Watch::Polling("it is far away".into());
        assert!(told(&state));
    }

    #[test]
    fn every_action_is_found_by_its_name_and_by_what_people_call_it() {
        let state = State { facts: fixture::facts(), ..State::default() };
        let found = |text: &str| {
            let mut all = help(&state);
            all.paste(text);
            all.found().0.iter().map(|item| item.name.clone()).collect::<Vec<_>>()
        };
        for entry in TABLE {
            assert!(found(entry.name).iter().any(|name| name == entry.name), "{}", entry.name);
        }
        for (word, name) in [
            ("theme", "settings"),
            ("colour", "settings"),
            ("redraw", "redraw"),
            ("refresh", "reload"),
            ("new project", "new-project"),
            ("tail", "follow"),
            ("yank", "copy"),
            ("full screen", "zoom"),
            ("background", "suspend"),
            ("diff", "compare"),
            ("yaml", "edit"),
        ] {
            assert!(found(word).iter().any(|found| found == name), "{word}: {:?}", found(word));
        }
    }

    #[test]
    fn the_palette_runs_what_has_work_and_names_the_command() {
        let mut state = State { facts: fixture::facts(), ..State::default() };
        let runs = |state: &State| {
            let all = palette(state);
            let items = all.found().0.into_iter().filter(|item| item.group == "RUN");
            items.map(|item| (item.name.clone(), item.command.clone())).collect::<Vec<_>>()
        };
        let told = ("rerun fs".to_owned(), "minipach run fs".to_owned());
        assert_eq!(runs(&state)[0], told, "{:?}", runs(&state));
        // What is done is made again, which is told.
        let mut snapshot = (*state.facts.snapshot).clone();
        snapshot.nodes[2] = fixture::pipeline("fs", vec![0], &[("sub-1", DatumState::Done, "it stands")]);
        state.facts.snapshot = std::sync::Arc::new(snapshot);
        let mut all = palette(&state);
        all.paste("rerun fs");
        assert!(
            all.found().0[0].text.contains("nothing to do, 1 datum done; this runs all of it again"),
            "{:?}",
            all.found().0[0]
        );
        assert_eq!(runs(&state)[0].1, "minipach run --force fs");
        state.facts.is_live = true;
        let off = palette(&state);
        let off: Vec<_> = off.found().0.into_iter().filter(|item| item.group == "RUN").collect();
        assert!(off.iter().all(|item| item.effect.is_none() && item.text.starts_with("a run is going on")));
    }

    #[test]
    fn a_datum_is_opened_or_run_from_the_palette() {
        let mut state = State { facts: fixture::facts(), ..State::default() };
        let chosen = |state: &State, text: &str| {
            let snapshot = &state.facts.snapshot;
            let mut all = palette(state);
            all.paste(text);
            assert_eq!(all.seeks().as_deref(), Some(text));
            all.take(text, datums(state, text, &crate::tui::find::datums(snapshot, text)));
            all.key(Key::parse("enter").expect("a key"))
        };
        let run = chosen(&state, "rerun sub-2");
        assert!(
            matches!(&run, Outcome::Do(Effect::AskRun(request)) if request.targets == ["fs:sub-2"]),
            "{run:?}"
        );
        assert!(matches!(chosen(&state, "sub-2"), Outcome::Do(Effect::OpenDatum(..))));
        assert!(matches!(chosen(&state, "rerun sub-9"), Outcome::Stay), "there is none");
        state.facts.is_live = true;
        let off = chosen(&state, "rerun sub-2");
        assert!(matches!(off, Outcome::Do(Effect::Say(why)) if why.starts_with("a run is going on")));
    }

    #[test]
    fn help_finds_every_action_from_everywhere_and_by_other_words() {
        let state = State { facts: fixture::facts(), ..State::default() };
        let all = help(&state);
        let names: Vec<String> = all.found().0.iter().map(|item| item.name.clone()).collect();
        assert!(TABLE.iter().all(|entry| names.iter().any(|name| name == entry.name)));
        for (word, name) in [("kill", "cancel"), ("stop", "cancel"), ("revert", "undo"), ("diff", "compare")]
        {
            let mut finder = help(&state);
            finder.paste(word);
            assert!(finder.found().0.iter().any(|item| item.name == name), "{word}");
            assert_eq!(meant(word).map(|action| super::super::action::row(action).name), Some(name));
        }
        let mut finder = help(&state);
        finder.paste("diff");
        let at = finder.found().0.iter().position(|item| item.name == "compare").unwrap_or(0);
        finder.go_to(at);
        let said = finder.key(Key::parse("enter").expect("a key"));
        assert!(
            matches!(said, Outcome::Do(Effect::Say(why)) if why.starts_with("on ") && why.contains("History"))
        );
    }
}
