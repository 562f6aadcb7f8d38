//! Pictures of every screen at three sizes, with their styles, from a made-up project; kept in `pictures`.
//!
//! After a change that is meant: `INSTA_UPDATE=always cargo test --lib tui::looks` makes them anew; then read the
//! difference. A picture is the text of the screen, then for each of its lines the styles: a letter a cell.

use std::collections::BTreeMap;

use ratatui::buffer::{Buffer, Cell};
use ratatui::crossterm::event::Event;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::action::{Action, here};
use super::effect::{Effect, LogSource, World};
use super::hands::press;
use super::keys::Key;
use super::made_up::{NOW_MS, answer, many, run, snapshot};
use super::made_up_acts::commits;
use super::message::Msg;
use super::once::picture;
use super::perform::{act, perform};
use super::request::request;
use super::state::State;
use super::theme::{Palette, Theme};
use super::update::update;

const SIZES: [(u16, u16); 3] = [(120, 36), (80, 24), (60, 20)];

/// Takes in a message and the answers to all that it leads to.
fn feed(state: &mut State, message: Msg) {
    let mut waiting = vec![message];
    for _ in 0..20 {
        let worlds: Vec<World> =
            waiting.drain(..).flat_map(|message| update(state, message, NOW_MS)).collect();
        let queries = worlds.into_iter().filter_map(|world| match world {
            World::Query(query) => answer(query),
            _ => None,
        });
        waiting = queries.map(Msg::Answer).collect();
    }
}

fn fresh() -> State {
    let mut state = State::default();
    feed(&mut state, Msg::Snapshot(snapshot().into()));
    state
}

/// With what a screen asks for done, and answered.
fn open(effect: Effect) -> State {
    let mut state = fresh();
    perform(&mut state, effect);
    feed(&mut state, Msg::Tick);
    state
}

/// With actions done, one after the other, and then all answered.
fn then(mut state: State, actions: &[Action]) -> State {
    state.seen.rows = 20;
    for action in actions {
        act(&mut state, *action);
    }
    feed(&mut state, Msg::Tick);
    state
}

fn acted(actions: &[Action]) -> State {
    then(fresh(), actions)
}

/// A project of many pipelines, in their folders.
fn folders(actions: &[Action]) -> State {
    let mut state = State::default();
    feed(&mut state, Msg::Snapshot(many().into()));
    then(state, &[&[Action::Graph; 3][..], actions].concat())
}

/// Many pipelines whose list and graph are scrolled.
fn long(actions: &[Action]) -> State {
    let mut state = State::default();
    feed(&mut state, Msg::Snapshot(many().into()));
    then(state, actions)
}

/// A run that goes on.
fn live() -> State {
    let mut live = fresh();
    feed(&mut live, run());
    then(live, &[Action::ShowJobs])
}

/// A form that was filled in.
fn typed() -> State {
    let mut typed = acted(&[Action::First, Action::Down, Action::Down, Action::New]);
    for key in "mask".chars().map(|letter| letter.to_string()).chain((0..5).map(|_| "tab".to_owned())) {
        press(&mut typed, Key::parse(&key).expect("a key"));
    }
    feed(&mut typed, Msg::Input(Event::Paste("sh code/mask.sh".into())));
    typed
}

/// Every screen, and what lies over one.
fn screens() -> Vec<(&'static str, State)> {
    let source = || LogSource::one("fs", "sub-0001", None);
    let fs = [&[Action::First][..], &[Action::Down; 6]].concat();
    let history = || acted(&[Action::ShowHistory]);
    let compared = [&[Action::Down; 3][..], &[Action::Select, Action::Down]].concat();
    let past = open(Effect::ViewAt(Box::new(commits().swap_remove(4))));
    let mut loading = State::default();
    feed(&mut loading, Msg::Loading);
    vec![
        ("home", acted(&fs)),
        ("home-empty", State::default()),
        ("home-loading", loading),
        ("home-failed", acted(&[Action::FailedOnly])),
        ("home-folders", folders(&[])),
        ("home-folder", folders(&[Action::First, Action::Down, Action::Open, Action::Down, Action::Down])),
        ("home-long", long(&[Action::Graph, Action::Graph])),
        ("home-graph", long(&[Action::Graph])),
        ("pipeline", open(Effect::OpenPipeline("fs".into()))),
        ("datum", open(Effect::OpenDatum("fs".into(), "sub-0001".into()))),
        ("log", open(Effect::OpenLog(source()))),
        ("jobs", live()),
        ("jobs-past", acted(&[Action::ShowJobs])),
        ("check", acted(&[Action::ShowCheck])),
        ("files", then(acted(&[Action::ShowFiles]), &[Action::Down; 4])),
        ("provenance", then(open(Effect::OpenProvenance("fs/sub-2".into())), &[Action::Down; 2])),
        ("history", then(history(), &compared)),
        ("past", past.clone()),
        ("past-history", then(then(past, &[Action::ShowHistory]), &fs)),
        ("undo", acted(&[Action::Undo])),
        ("save", acted(&[Action::Save])),
        ("gc", acted(&[Action::Collect])),
        ("replay", then(history(), &[Action::Down, Action::Replay])),
        ("new", typed()),
        ("help", acted(&[Action::Help])),
        ("palette", acted(&[Action::Palette])),
        ("plan", open(Effect::AskRun(request(&["fs"])))),
        ("why", acted(&[fs.as_slice(), &[Action::Why]].concat())),
        ("messages", acted(&[Action::Reload, Action::Messages])),
    ]
}

/// A style in words: `red bold`.
fn name(style: Style) -> String {
    let modifiers = [
        (Modifier::BOLD, "bold"),
        (Modifier::DIM, "dim"),
        (Modifier::UNDERLINED, "underlined"),
        (Modifier::REVERSED, "reversed"),
    ];
    let given = modifiers.into_iter().filter(|(modifier, _)| style.add_modifier.contains(*modifier));
    let colours =
        [style.fg.map(|colour| format!("{colour:?}")), style.bg.map(|colour| format!("on {colour:?}"))];
    let colours = colours.into_iter().flatten().filter(|colour| !colour.ends_with("Reset"));
    let words: Vec<String> =
        colours.map(|colour| colour.to_lowercase()).chain(given.map(|(_, word)| word.to_owned())).collect();
    words.join(" ")
}

/// The same letter for the same style in every picture; styles that are new here get a number.
fn letter(name: &str, others: &mut Vec<String>) -> char {
    const KNOWN: [(&str, char); 17] = [
        ("", ' '),
        ("bold", 'B'),
        ("dim", 'd'),
        ("reversed", 'S'),
        ("green", 'g'),
        ("green dim", 'k'),
        ("red bold", 'R'),
        ("yellow", 'y'),
        ("cyan", 'c'),
        ("cyan bold", 'C'),
        ("blue", 'b'),
        ("magenta", 'm'),
        ("bold reversed", 'T'),
        ("dim reversed", 'D'),
        ("red bold reversed", 'P'),
        ("green reversed", 'G'),
        ("yellow reversed", 'Y'),
    ];
    if let Some((_, letter)) = KNOWN.iter().find(|(known, _)| *known == name) {
        return *letter;
    }
    let at = others.iter().position(|other| other == name).unwrap_or_else(|| {
        others.push(name.to_owned());
        others.len() - 1
    });
    char::from_digit(u32::try_from(at).unwrap_or(u32::MAX), 36).unwrap_or('!')
}

/// A picture as a text that people can read.
fn readable(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width);
    let (mut text, mut styles, mut others) = (String::new(), String::new(), Vec::new());
    let mut used: BTreeMap<char, String> = BTreeMap::new();
    for row in buffer.content.chunks(width) {
        let letters: String = row.iter().map(Cell::symbol).collect();
        text.extend(["│", &letters, "│\n"]);
        let marks: String = row
            .iter()
            .map(|cell| {
                let name = name(cell.style());
                let letter = letter(&name, &mut others);
                used.insert(letter, name);
                letter
            })
            .collect();
        styles.extend(["│", &marks, "│\n"]);
    }
    let legend = used.iter().filter(|(_, name)| !name.is_empty());
    let legend: Vec<String> = legend.map(|(letter, name)| format!("{letter} {name}")).collect();
    format!("{text}\n{styles}\n{}\n", legend.join(", "))
}

fn check(name: &str, state: &mut State, size: (u16, u16)) {
    matches(name, &picture(state, size), size);
}

fn matches(name: &str, picture: &Buffer, size: (u16, u16)) {
    let shown = readable(picture);
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("pictures");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(format!("{name}-{}x{}", size.0, size.1), shown));
}

#[test]
fn every_screen_looks_like_its_pictures_at_three_sizes() {
    for (name, mut state) in screens() {
        for size in SIZES {
            check(name, &mut state, size);
        }
    }
}

#[test]
fn without_colour_and_in_ascii_it_looks_like_its_pictures() {
    for (name, mut state) in screens() {
        state.theme = Theme { palette: Palette::Mono, ..Theme::default() };
        check(&format!("mono-{name}"), &mut state, (80, 24));
        state.theme = Theme { is_ascii: true, ..Theme::default() };
        check(&format!("ascii-{name}"), &mut state, (80, 24));
        let drawn = picture(&mut state, (80, 24));
        assert!(drawn.content.iter().all(|cell| cell.symbol().is_ascii()), "{name}");
    }
}

#[test]
fn the_form_for_a_new_project_looks_like_its_pictures() {
    for (name, layout) in [("begin", "yoda"), ("begin-more", "freesurfer")] {
        for size in SIZES {
            matches(name, &super::begin::tests::picture(layout, size), size);
        }
    }
}

/// What keys can change of a state, as text.
fn changeable(state: &State) -> String {
    let screens = (&state.home, &state.jobs, &state.check, &state.history, &state.files);
    let over = (state.tab, &state.layers, state.popups.len(), state.gives_mouse);
    format!("{over:?} {screens:?} {:?} {:?}", state.worlds, state.messages)
}

/// Keys that rightly do nothing at the end of a list, or where one is already.
fn may_rest(state: &State, action: Action) -> bool {
    let moves = [
        Action::Down,
        Action::Up,
        Action::PageDown,
        Action::PageUp,
        Action::First,
        Action::Top,
        Action::Last,
    ];
    moves.contains(&action) || state.is_here(action)
}

#[test]
fn every_key_of_a_screen_does_something_or_says_why() {
    let mut dead = Vec::new();
    for (name, mut state) in screens().into_iter().filter(|(_, state)| state.popups.is_empty()) {
        for (width, height) in [(60, 20), (80, 24), (120, 40), (200, 60)] {
            let area = Rect::new(0, 0, width, height);
            state.seen = super::view::draw(&state, &mut Buffer::empty(area), area);
            let before = changeable(&state);
            for entry in here(state.place()).into_iter().filter(|entry| !may_rest(&state, entry.action)) {
                let mut after = state.clone();
                act(&mut after, entry.action);
                if changeable(&after) == before {
                    dead.push(format!("{name} {width}x{height}: {}", entry.name));
                }
            }
        }
    }
    assert_eq!(dead, Vec::<String>::new());
}
