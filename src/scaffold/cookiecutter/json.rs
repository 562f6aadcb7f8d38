//! `Json`: what `cookiecutter.json` holds, its keys in the order of the file, which decides what a later default may use.

use std::fmt;

use minijinja::Value;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::number::float_text;
use super::numerals::{Number, marked, meant};
use super::views::Ordered;

/// A JSON value. Objects keep their order; of a key given twice the last value counts, at the first place.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A whole number.
    Integer(i128),
    /// Any other number.
    Float(f64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Self>),
    /// An object.
    Dict(Dict),
    /// What a configuration may hold and no template can have here; the text says what it is.
    Unlike(&'static str),
}

/// Keys and values in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dict(Vec<(String, Json)>);

impl Dict {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Json> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The value of a key, to change it.
    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut Json> {
        self.0.iter_mut().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// Sets a key, at its place or at the end.
    pub fn insert(&mut self, key: &str, value: Json) {
        match self.get_mut(key) {
            Some(place) => *place = value,
            None => self.0.push((key.to_owned(), value)),
        }
    }

    /// Takes a key out.
    pub(super) fn remove(&mut self, key: &str) -> Option<Json> {
        let at = self.0.iter().position(|(name, _)| name == key)?;
        Some(self.0.remove(at).1)
    }

    /// Keys and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Json)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// As templates see it.
    pub(super) fn value(&self) -> Value {
        Value::from_pairs(self.iter().map(|(key, value)| (key.to_owned(), value.value())))
    }

    /// As templates see answers: an ordered dictionary, with more of them in what is private and not rendered.
    pub(super) fn answers_value(&self) -> Value {
        Ordered::wrap(self.answers())
    }

    /// The same, as hooks and files share it.
    pub(super) fn shared_value(&self) -> Value {
        Ordered::shared(self.answers())
    }

    fn answers(&self) -> Value {
        let value = |key: &str, value: &Json| match key.strip_prefix('_') {
            Some(rest) if !rest.starts_with('_') => value.raw_value(),
            _ => value.value(),
        };
        Value::from_pairs(self.iter().map(|(key, one)| (key.to_owned(), value(key, one))))
    }

    /// As templates see what was read and not rendered: all dictionaries in it are ordered ones.
    pub(super) fn raw_value(&self) -> Value {
        Value::from_pairs(self.iter().map(|(key, value)| (key.to_owned(), value.raw_value())))
    }
}

impl Json {
    /// Whether Python finds them equal: a truth value is the number 1 or 0, and whole numbers are floats too.
    pub(super) fn equals(&self, other: &Self) -> bool {
        match (self.number(), other.number()) {
            (Some(one), Some(other)) => one.total_cmp(&other).is_eq(),
            _ => self == other,
        }
    }

    /// The number that a value is to Python, as far as it can be one of a few choices.
    fn number(&self) -> Option<f64> {
        match self {
            Self::Bool(yes) => Some(f64::from(u8::from(*yes))),
            Self::Integer(number) => i32::try_from(*number).ok().map(f64::from),
            Self::Float(number) => Some(number + 0.0),
            _ => None,
        }
    }

    fn raw_value(&self) -> Value {
        match self {
            Self::List(items) => Value::from(items.iter().map(Self::raw_value).collect::<Vec<_>>()),
            Self::Dict(dict) => Ordered::wrap(dict.raw_value()),
            plain => plain.value(),
        }
    }

    /// As templates see it.
    pub(super) fn value(&self) -> Value {
        match self {
            Self::Null | Self::Unlike(_) => Value::from(()),
            Self::Bool(yes) => Value::from(*yes),
            Self::Integer(number) => Value::from(*number),
            Self::Float(number) => Value::from(*number),
            Self::Text(text) => Value::from(text.as_str()),
            Self::List(items) => Value::from(items.iter().map(Self::value).collect::<Vec<_>>()),
            Self::Dict(dict) => dict.value(),
        }
    }

    /// What it is or holds that no template can have.
    pub(super) fn unlike(&self) -> Option<&'static str> {
        match self {
            Self::Unlike(what) => Some(what),
            Self::List(items) => items.iter().find_map(Self::unlike),
            Self::Dict(dict) => dict.iter().find_map(|(_, value)| value.unlike()),
            _ => None,
        }
    }

    /// What Python's `str` makes of it, as people see and type it. Lists and objects as JSON.
    pub fn text(&self) -> String {
        match self {
            Self::Null => "None".to_owned(),
            Self::Bool(true) => "True".to_owned(),
            Self::Bool(false) => "False".to_owned(),
            Self::Integer(number) => number.to_string(),
            Self::Float(number) => float_text(*number),
            Self::Text(text) => text.clone(),
            Self::Unlike(what) => (*what).to_owned(),
            Self::List(_) | Self::Dict(_) => serde_json::to_string(self).unwrap_or_default(),
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

/// Reads a JSON text.
///
/// Errors: it is none, with the place; or a whole number in it is longer than templates can have here.
pub(super) fn parse(text: &str) -> Result<Json, serde_json::Error> {
    serde_json::from_str(&marked(text))
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_none<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, yes: bool) -> Result<Json, E> {
        Ok(Json::Bool(yes))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Integer(i128::from(number)))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Integer(i128::from(number)))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        Ok(Json::Float(number))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Json, E> {
        match meant(text) {
            None => Ok(Json::Text(text.to_owned())),
            Some(Ok(Number::Whole(number))) => Ok(Json::Integer(number)),
            Some(Ok(Number::Float(number))) => Ok(Json::Float(number)),
            Some(Err(why)) => Err(E::custom(why)),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut dict = Dict::default();
        while let Some(key) = entries.next_key::<Json>()? {
            let Json::Text(key) = key else { return Err(A::Error::custom("keys must be texts")) };
            let value = entries.next_value()?;
            dict.insert(&key, value);
        }
        Ok(Json::Dict(dict))
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null | Self::Unlike(_) => to.serialize_unit(),
            Self::Bool(yes) => to.serialize_bool(*yes),
            Self::Integer(number) => to.serialize_i128(*number),
            Self::Float(number) => to.serialize_f64(*number),
            Self::Text(text) => to.serialize_str(text),
            Self::List(items) => items.serialize(to),
            Self::Dict(dict) => dict.serialize(to),
        }
    }
}

impl Serialize for Dict {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.0.len()))?;
        for (key, value) in self.iter() {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_what_python_makes_of_them() {
        for (text, python) in [
            ("18446744073709551616", "18446744073709551616"),
            ("-99999999999999999999999999999999999999", "-99999999999999999999999999999999999999"),
            ("-0", "0"),
            ("-0.0", "-0.0"),
            ("1e5", "100000.0"),
            ("1E400", "inf"),
            ("NaN", "nan"),
            ("-Infinity", "-inf"),
            ("12345678901234567890123.5", "1.2345678901234568e+22"),
            ("0.30000000000000004", "0.30000000000000004"),
            ("\"NaN \\\" 1e5\"", "NaN \" 1e5"),
        ] {
            assert_eq!(parse(text).expect(text).text(), python, "{text}");
        }
        for text in ["01", "1.", ".5", "+1", "-NaN", "1e", "{1: 2}", "[1 2]", "nan", "0x1"] {
            assert!(parse(text).is_err(), "{text}");
        }
        let error = parse(&format!("[1,\n{}]", "9".repeat(40))).expect_err("too long").to_string();
        assert!(error.contains("more than 38 digits") && error.contains("line 2"), "{error}");
    }
}
