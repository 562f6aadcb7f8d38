//! Random keys, clicks and news at random sizes: nothing panics, and Esc always leads back to a tab.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{
    Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use ratatui::layout::Rect;

use super::effect::World;
use super::facts::fixture;
use super::made_up::{self, answer};
use super::message::{Msg, RunNews};
use super::state::State;
use super::update::update;
use super::view::draw;
use crate::app::{DatumChange, JobProgress, RunProgress, Snapshot};
use crate::model::DatumState;

/// How many keys are pressed.
const KEYS: usize = 20_000;

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }

    fn small(&mut self, limit: u16) -> u16 {
        u16::try_from(self.below(u64::from(limit))).expect("below a u16")
    }
}

fn key(dice: &mut Dice) -> Event {
    const OTHERS: [KeyCode; 14] = [
        KeyCode::Enter,
        KeyCode::Esc,
        KeyCode::Tab,
        KeyCode::BackTab,
        KeyCode::Backspace,
        KeyCode::Up,
        KeyCode::Down,
        KeyCode::Left,
        KeyCode::Right,
        KeyCode::Home,
        KeyCode::End,
        KeyCode::PageUp,
        KeyCode::PageDown,
        KeyCode::Char('é'),
    ];
    let ascii = || (' '..='~').map(KeyCode::Char);
    let code = match dice.below(3) {
        0 => OTHERS[usize::from(dice.small(14))],
        _ => ascii().nth(usize::from(dice.small(95))).expect("there are 95"),
    };
    let held = if dice.below(12) == 0 { KeyModifiers::CONTROL } else { KeyModifiers::NONE };
    Event::Key(KeyEvent::new(code, held))
}

fn mouse(dice: &mut Dice) -> Event {
    let kinds = [
        MouseEventKind::Down(MouseButton::Left),
        MouseEventKind::Down(MouseButton::Right),
        MouseEventKind::ScrollDown,
        MouseEventKind::ScrollUp,
    ];
    let kind = kinds[usize::from(dice.small(4))];
    let (column, row) = (dice.small(210), dice.small(90));
    Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })
}

/// A run that goes on or ended, and took something in its hands.
fn news(dice: &mut Dice) -> Msg {
    let states = [DatumState::Running, DatumState::Done, DatumState::Failed];
    let key = format!("sub-{}", dice.below(5));
    let (pipeline, state) = ("fs".to_owned(), states[usize::from(dice.small(3))]);
    let changes = vec![DatumChange {
        pipeline,
        key,
        state,
        message: None,
        took_ms: 9,
        id: crate::model::DatumId([0; 32]),
    }];
    let job = JobProgress { pipeline: "fs".into(), total: 3, ..JobProgress::default() };
    let run = RunProgress { run: "r".into(), pid: 7, jobs: vec![job], ..RunProgress::default() };
    Msg::Run(RunNews { run: run.into(), is_live: dice.below(2) == 0, changes })
}

/// The fixture, or some of its pipelines.
fn snapshot(dice: &mut Dice) -> Msg {
    let is_small = dice.below(2) == 0;
    let mut snapshot: Snapshot =
        if is_small { (*fixture::facts().snapshot).clone() } else { made_up::snapshot() };
    snapshot.nodes.truncate(usize::from(dice.small(13)));
    for node in snapshot.nodes.iter_mut().filter(|node| node.is_pipeline()) {
        if dice.below(6) == 0 {
            node.state = "broken".into();
            (node.error, node.reads, node.table) = (Some("it is broken".into()), Vec::new(), Arc::default());
        }
    }
    Msg::Snapshot(snapshot.into())
}

fn message(dice: &mut Dice) -> Msg {
    match dice.below(100) {
        0 => news(dice),
        1 => vec![snapshot(dice), Msg::Loading, made_up::run()].swap_remove(usize::from(dice.small(3))),
        2 => Msg::Input(Event::Paste("state:failed \u{1b}[31m 漢".into())),
        3..8 => Msg::Input(mouse(dice)),
        _ => Msg::Input(key(dice)),
    }
}

fn frame(state: &mut State, (width, height): (u16, u16)) {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    state.seen = draw(state, &mut buffer, area);
}

/// Gives some of the answers that are asked for, late or never the others.
fn answered(state: &mut State, worlds: Vec<World>, dice: &mut Dice, now: u64) {
    let queries = worlds.into_iter().filter_map(|world| match world {
        World::Query(query) => Some(query),
        _ => None,
    });
    for answer in queries.filter_map(answer).collect::<Vec<_>>() {
        if dice.below(5) > 0 {
            drop(update(state, Msg::Answer(answer), now));
        }
    }
}

fn is_home(state: &State) -> bool {
    state.popups.is_empty() && state.layers.is_empty()
}

#[test]
fn random_keys_at_random_sizes_never_panic_and_esc_leads_back() {
    let mut dice = Dice(0x5EED_0F64_E155_u64);
    let mut state = State { facts: fixture::facts(), ..State::default() };
    let mut size = (80, 24);
    let (mut now, mut deepest) = (state.facts.now_ms, 0);
    for number in 0..KEYS {
        if dice.below(15) == 0 {
            let least = if dice.below(4) == 0 { (1, 1) } else { (40, 10) };
            size = (least.0 + dice.small(201 - least.0), least.1 + dice.small(81 - least.1));
        }
        state.theme.is_ascii = dice.below(2) == 0;
        now += dice.below(900);
        let message = message(&mut dice);
        let worlds = update(&mut state, message, now);
        answered(&mut state, worlds, &mut dice, now);
        frame(&mut state, size);
        deepest = deepest.max(state.layers.len() + state.popups.len());
        if number % 200 == 199 {
            let esc = || Msg::Input(Event::Key(KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE)));
            (0..10).for_each(|_| drop(update(&mut state, esc(), now)));
            assert!(is_home(&state), "after {number} keys: {:?} {:?}", state.layers, state.popups);
            drop(update(&mut state, Msg::Snapshot(fixture::facts().snapshot), now));
        }
    }
    assert!(deepest > 1, "no screen was ever open over another");
}
