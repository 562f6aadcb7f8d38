//! `Typed`: a value that was checked against the field tables, with its place still known.

use std::collections::BTreeMap;

use super::spot::Spot;

/// A checked value.
#[derive(Clone, Debug)]
pub(super) struct Typed {
    /// Where the value stands.
    pub(super) spot: Spot,
    /// Where its key stands; the value itself for elements of lists.
    pub(super) key_spot: Spot,
    /// What it is.
    pub(super) value: TypedValue,
}

/// What a checked value is.
#[derive(Clone, Debug)]
pub(super) enum TypedValue {
    /// `null`: unset, also where a default says otherwise.
    Unset,
    /// Of the wrong type; a finding says so already.
    Bad,
    /// Text; `verbatim` is the number of bytes of source before it, if it stands there as it is.
    Text { text: String, verbatim: Option<usize> },
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Whole(i64),
    /// Any number, finite.
    Number(f64),
    /// A list.
    List(Vec<Typed>),
    /// A map; keys of known fields are in `snake_case`.
    Map(BTreeMap<String, Typed>),
}

impl Typed {
    /// The value of a field, if it is set.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        match &self.value {
            TypedValue::Map(map) => map.get(name).filter(|typed| !matches!(typed.value, TypedValue::Unset)),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            TypedValue::Text { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The text of a field.
    pub(super) fn text_of(&self, name: &str) -> Option<&str> {
        self.get(name)?.text()
    }

    /// The number, if it is one.
    pub(super) fn number(&self) -> Option<f64> {
        match &self.value {
            TypedValue::Number(number) => Some(*number),
            #[expect(clippy::cast_precision_loss, reason = "nobody has that many of anything")]
            TypedValue::Whole(whole) => Some(*whole as f64),
            TypedValue::Text { text, .. } => super::scalar::number(text),
            _ => None,
        }
    }

    /// Whether a field is set to `true`.
    pub(super) fn is_true(&self, name: &str) -> bool {
        self.bool_of(name) == Some(true)
    }

    /// The boolean of a field.
    pub(super) fn bool_of(&self, name: &str) -> Option<bool> {
        match self.get(name)?.value {
            TypedValue::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The whole number of a field.
    pub(super) fn whole_of(&self, name: &str) -> Option<i64> {
        self.get(name)?.whole()
    }

    /// The whole number, if it is one.
    pub(super) fn whole(&self) -> Option<i64> {
        match self.value {
            TypedValue::Whole(value) => Some(value),
            _ => None,
        }
    }

    /// The elements, if it is a list; none otherwise.
    pub(super) fn items(&self) -> &[Self] {
        match &self.value {
            TypedValue::List(items) => items,
            _ => &[],
        }
    }

    /// The texts of a list field; absent if it is not set.
    pub(super) fn texts_of(&self, name: &str) -> Option<Vec<String>> {
        let items = self.get(name)?.items();
        Some(items.iter().filter_map(|item| item.text().map(str::to_owned)).collect())
    }

    /// The entries, if it is a map; none otherwise. Unset ones are left out.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, &Self)> {
        let map = match &self.value {
            TypedValue::Map(map) => Some(map),
            _ => None,
        };
        map.into_iter()
            .flatten()
            .filter(|(_, typed)| !matches!(typed.value, TypedValue::Unset))
            .map(|(name, typed)| (name.as_str(), typed))
    }

    /// Whether a finding already says that it cannot be used.
    pub(super) fn is_bad(&self) -> bool {
        matches!(self.value, TypedValue::Bad)
    }

    /// Whether it says nothing: `false`, 0, or empty.
    pub(super) fn is_blank(&self) -> bool {
        match &self.value {
            TypedValue::Unset => true,
            TypedValue::Bad => false,
            TypedValue::Text { text, .. } => text.is_empty(),
            TypedValue::Bool(value) => !value,
            TypedValue::Whole(value) => *value == 0,
            TypedValue::Number(value) => *value == 0.0,
            TypedValue::List(items) => items.is_empty(),
            TypedValue::Map(_) => self.entries().next().is_none(),
        }
    }

    /// The place of bytes `start..end` of the text, or of the whole value where that is not known.
    pub(super) fn part(&self, start: usize, end: usize) -> Spot {
        match &self.value {
            TypedValue::Text { text, verbatim: Some(before) } => self.spot.part(*before, text, start, end),
            _ => self.spot.clone(),
        }
    }

    /// The value as JSON, unset fields left out.
    pub(super) fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            TypedValue::Unset | TypedValue::Bad => Json::Null,
            TypedValue::Text { text, .. } => Json::String(text.clone()),
            TypedValue::Bool(value) => Json::Bool(*value),
            TypedValue::Whole(value) => (*value).into(),
            TypedValue::Number(value) => (*value).into(),
            TypedValue::List(items) => items.iter().map(Self::to_json).collect(),
            TypedValue::Map(_) => {
                self.entries().map(|(name, typed)| (name.to_owned(), typed.to_json())).collect()
            }
        }
    }

    /// Lays `self` over `under`: maps field by field, everything else as a whole. An explicit `null`
    /// takes a default away.
    pub(super) fn over(self, under: &Self) -> Self {
        let TypedValue::Map(mut map) = self.value else { return self };
        let TypedValue::Map(below) = &under.value else {
            return Self { value: TypedValue::Map(map), ..self };
        };
        for (name, lower) in below {
            let merged = match map.remove(name) {
                Some(upper) => upper.over(lower),
                None => lower.clone(),
            };
            map.insert(name.clone(), merged);
        }
        Self { value: TypedValue::Map(map), ..self }
    }
}
