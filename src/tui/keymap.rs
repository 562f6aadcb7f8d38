//! `Keymap`: which key does what, where; the default of the action table, or as the user wants it.

use std::collections::BTreeMap;

use super::action::{Action, Entry, Place, TABLE, row};
use super::keys::Key;

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
    /// One sentence that names the key, all actions that would share it, and what to do.
    pub(super) fn with(changes: &BTreeMap<Action, Vec<Key>>) -> Result<Self, String> {
        let mut of = Self::default().of;
        of.extend(changes.iter().map(|(action, keys)| (*action, keys.clone())));
        let made = Self::new(of);
        made.keys.iter().find_map(|(_, key, action)| made.clash(*key, *action, changes)).map_or(Ok(made), Err)
    }

    /// The actions that share places with one that a key was given to, in a sentence.
    fn clash(&self, key: Key, action: Action, changes: &BTreeMap<Action, Vec<Key>>) -> Option<String> {
        let bound = |of: Action| self.keys.iter().filter(move |(_, at, other)| *at == key && *other == of);
        let is_given = |of: Action| changes.get(&of).is_some_and(|keys| keys.contains(&key));
        if !is_given(action) {
            return None;
        }
        let mut others: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (place, ..) in bound(action) {
            let here =
                self.keys.iter().filter(|(at, other, of)| at == place && *other == key && *of != action);
            here.for_each(|(.., other)| others.entry(row(*other).name).or_default().push(place.name()));
        }
        let told = others.iter().map(|(name, places)| {
            let is_everywhere = places.len() == Place::ALL.len();
            let places =
                if is_everywhere { "everywhere".into() } else { format!("in {}", places.join(", ")) };
            format!("`{name}` {places}")
        });
        let told = told.collect::<Vec<_>>().join(" and ");
        let name = row(action).name;
        let advice = if others.len() > 1 { "give those other keys" } else { "give that another key" };
        (!told.is_empty())
            .then(|| format!("`{key}` is to mean `{name}` and still means {told}: {advice} too"))
    }

    /// Gives a command of the user's own a key, everywhere. One that means something already is refused.
    ///
    /// # Errors
    /// One sentence that names what it means.
    pub(super) fn add(&mut self, own: usize, key: Key) -> Result<(), String> {
        let taken = self.keys.iter().find(|(_, bound, _)| *bound == key);
        match taken {
            Some((_, _, Action::Own(_))) => return Err(format!("`{key}` means another command of your own")),
            Some((place, _, action)) => {
                let (name, place) = (row(*action).name, place.name());
                return Err(format!("`{key}` means `{name}` in {place}; `[keys]` can move that"));
            }
            None => {}
        }
        let action = Action::Own(own);
        self.keys.extend(Place::ALL.map(|place| (place, key, action)));
        self.of.insert(action, vec![key]);
        Ok(())
    }

    /// What a key does in a place.
    pub(super) fn action(&self, place: Place, key: Key) -> Option<Action> {
        let found = self.keys.iter().find(|(at, bound, _)| *at == place && *bound == key);
        found.map(|(.., action)| *action)
    }

    /// Where a key does something, and what; each once.
    pub(super) fn elsewhere(&self, key: Key) -> Vec<&'static Entry> {
        let bound = self.keys.iter().filter(|(_, bound, _)| *bound == key);
        let mut actions: Vec<Action> = bound.map(|(.., action)| *action).collect();
        actions.sort_unstable();
        actions.dedup();
        actions.into_iter().map(row).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_place() {
        assert_eq!(Keymap::with(&BTreeMap::new()).err(), None);
        let clash = BTreeMap::from([(Action::Why, vec![Key::parse("r").expect("a key")])]);
        let said = Keymap::with(&clash).expect_err("r is taken");
        assert_eq!(
            said,
            "`r` is to mean `why` and still means `replay` in History and `rerun` in Pipelines, Pipeline, Datum, Log, Jobs: \
             give those other keys too"
        );
        let all = BTreeMap::from([
            (Action::Why, vec![Key::parse("r").expect("a key")]),
            (Action::Rerun, vec![Key::parse("w").expect("a key")]),
            (Action::Replay, vec![Key::parse("w").expect("a key")]),
        ]);
        let said = Keymap::with(&all).err();
        assert_eq!(said, None, "`rerun` and `replay` share no place");
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
