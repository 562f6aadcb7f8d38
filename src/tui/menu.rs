//! What help and palette list: the actions of a place, those that are off with their reason, and places to go.

use crate::model::show;

use super::action::{Entry, here};
use super::effect::Effect;
use super::popup::finder::{Finder, Item};
use super::state::State;

/// Everything a key does here.
pub(super) fn help(state: &State) -> Finder {
    let place = state.place();
    let mut items: Vec<Item> = here(place).into_iter().map(|entry| item(state, entry)).collect();
    items.sort_by_key(|item| [HERE, EVERYWHERE, OFF].iter().position(|group| *group == item.group));
    Finder::new(format!("Help · {}", place.name()), items, true)
}

const HERE: &str = "HERE";
const EVERYWHERE: &str = "EVERYWHERE";
const OFF: &str = "OFF NOW, and why";

fn item(state: &State, entry: &Entry) -> Item {
    let off = state.off(entry.action);
    let is_everywhere = entry.places.len() == super::action::Place::ALL.len();
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
