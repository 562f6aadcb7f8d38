//! What help and palette list: the actions of a place, those that are off with their reason, and places to go.

use std::collections::BTreeMap;

use crate::model::show;

use super::action::{Action, Entry, Place, here};
use super::effect::{Effect, World};
use super::own;
use super::popup::finder::{Finder, Item};
use super::state::State;

/// Everything a key does here.
pub(super) fn help(state: &State) -> Finder {
    let place = state.place();
    let mut items: Vec<Item> = here(place).into_iter().map(|entry| item(state, entry)).collect();
    items.sort_by_key(|item| [HERE, EVERYWHERE, OFF].iter().position(|group| *group == item.group));
    Finder::new(format!("Help · {}", place.name()), items, true)
}

/// What can be done with the row under the cursor.
pub(super) fn row(state: &State) -> Finder {
    let here = here(state.place()).into_iter().filter(|entry| entry.places.len() < Place::ALL.len());
    let items = here.filter(|entry| !MOVES.contains(&entry.action)).map(|entry| item(state, entry));
    let items = items.filter(|item| item.effect.is_some());
    Finder::new("Here".into(), items.chain(own(state)).collect(), false)
}

/// What only moves the cursor is no use in a menu.
const MOVES: &[Action] =
    &[Action::Upstream, Action::Downstream, Action::CellLeft, Action::CellRight, Action::NextPane];

/// What is under the cursor, by name.
fn names(state: &State) -> BTreeMap<&'static str, String> {
    own::names(&state.top().twin(&state.facts, 1), &state.facts.snapshot.project)
}

/// Commands of the user's own.
fn own(state: &State) -> impl Iterator<Item = Item> {
    let names = names(state);
    let items = state.own.iter().map(move |own| {
        let (text, effect) = match own.text(&names) {
            Ok(text) => (text.clone(), Some(Effect::World(World::Own(text)))),
            Err(why) => (why, None),
        };
        Item { group: "OWN", key: String::new(), name: own.name.clone(), text, effect }
    });
    items.collect::<Vec<_>>().into_iter()
}

const HERE: &str = "HERE";
const EVERYWHERE: &str = "EVERYWHERE";
const OFF: &str = "OFF NOW, and why";

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
        effect: off.is_none().then_some(Effect::Act(entry.action)),
    }
}

/// Actions, and every pipeline.
pub(super) fn palette(state: &State) -> Finder {
    let mut items: Vec<Item> = here(state.place()).into_iter().map(|entry| item(state, entry)).collect();
    items.retain(|item| item.effect.is_some());
    items.extend(own(state));
    let nodes = state.facts.snapshot.nodes.iter().filter(|node| node.is_pipeline());
    items.extend(nodes.map(|node| Item {
        group: "GO",
        key: String::new(),
        name: format!("go {}", node.name),
        text: format!("open the pipeline `{}`", show(&node.name)),
        effect: Some(Effect::OpenPipeline(node.name.clone())),
    }));
    Finder::new("Palette".into(), items, false).with_datums()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::facts::fixture;
    use crate::tui::own::Own;
    use crate::tui::perform::{act, perform};

    #[test]
    fn what_is_under_the_cursor_has_its_names() {
        let mut state = State { facts: fixture::facts(), ..State::default() };
        state.seen.rows = 9;
        assert_eq!(names(&state).get("pipeline"), None, "raw data are no pipeline");
        (0..2).for_each(|_| act(&mut state, Action::Down));
        assert_eq!(names(&state)["pipeline"], "fs");
        perform(&mut state, Effect::OpenPipeline("fs".into()));
        let found = names(&state);
        assert_eq!((found["pipeline"].as_str(), found["key"].as_str()), ("fs", "sub-2"));
        state.own = ["ls {key}", "less {path}"].map(|run| Own::parse("own", run).expect("it reads")).into();
        let menu = row(&state);
        let (items, _) = menu.found();
        assert!(
            items.iter().any(|item| item.name == "rerun") && items.iter().all(|item| item.name != "quit")
        );
        let own: Vec<&str> =
            items.iter().filter(|item| item.group == "OWN").map(|item| &*item.text).collect();
        assert_eq!(own, ["ls sub-2", "no path is under the cursor"]);
    }
}
