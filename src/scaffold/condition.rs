//! `Condition`: when a question is asked or a file is laid out, told by answers.

use serde::Deserialize;
use serde_json::{Map, Value};

/// All of these must hold; none always holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub struct Condition(Vec<Term>);

/// One term as written: `ci`, `!ci`, `licence=MIT`, `licence!=none`. Of a `multi` question, `tools=x` says that `x`
/// is among its answers.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    name: String,
    value: Option<String>,
    is_not: bool,
}

/// One term, or a list of them.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a condition is a text such as `name=value`, or a list of them")]
enum Written {
    One(String),
    Many(Vec<String>),
}

impl TryFrom<Written> for Condition {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let terms = match written {
            Written::One(term) => vec![term],
            Written::Many(terms) => terms,
        };
        terms.iter().map(|term| Term::parse(term)).collect::<Result<_, _>>().map(Self)
    }
}

impl Term {
    fn parse(text: &str) -> Result<Self, String> {
        let (left, value) = match text.split_once('=') {
            Some((left, value)) => (left, Some(value.trim().to_owned())),
            None => (text, None),
        };
        let (before, after) = (left.strip_prefix('!'), left.strip_suffix('!'));
        let is_not = if value.is_some() { after.is_some() } else { before.is_some() };
        let name = if value.is_some() { after } else { before }.unwrap_or(left).trim();
        if name.is_empty() || !name.chars().all(|letter| letter.is_alphanumeric() || letter == '_') {
            return Err(format!(
                "`{text}` is no condition; write `name`, `!name`, `name=value` or `name!=value`"
            ));
        }
        Ok(Self { name: name.to_owned(), value, is_not })
    }

    fn holds(&self, answers: &Map<String, Value>) -> bool {
        let answer = answers.get(&self.name).unwrap_or(&Value::Null);
        let is_so = match (&self.value, answer) {
            (None, answer) => is_something(answer),
            (Some(value), Value::String(text)) => text == value,
            (Some(value), Value::Array(list)) => list.iter().any(|one| one.as_str() == Some(value)),
            (Some(value), Value::Bool(is_yes)) => value == if *is_yes { "yes" } else { "no" },
            (Some(value), Value::Number(number)) => {
                value.parse().is_ok_and(|wanted| number.as_u64() == Some(wanted))
            }
            (Some(_), Value::Null | Value::Object(_)) => false,
        };
        is_so != self.is_not
    }
}

/// Whether an answer says anything.
fn is_something(answer: &Value) -> bool {
    match answer {
        Value::Null => false,
        Value::Bool(is_yes) => *is_yes,
        Value::Number(number) => number.as_u64() != Some(0),
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(map) => !map.is_empty(),
    }
}

impl Condition {
    /// Whether it holds for these answers.
    pub fn holds(&self, answers: &Map<String, Value>) -> bool {
        self.0.iter().all(|term| term.holds(answers))
    }

    /// The questions that it is about.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|term| term.name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn terms_are_about_answers() {
        let answers = json!({"ci": true, "licence": "MIT", "tools": ["r", "python"], "n": 3, "none": ""});
        let answers = answers.as_object().expect("a map");
        for (text, holds) in [
            ("ci", true),
            ("!ci", false),
            ("ci=yes", true),
            ("licence=MIT", true),
            ("licence!=MIT", false),
            ("tools=r", true),
            ("tools=c", false),
            ("n=3", true),
            ("none", false),
            ("!none", true),
        ] {
            let term = Term::parse(text).expect("it is a condition");
            assert_eq!(term.holds(answers), holds, "{text}");
        }
        assert!(Condition::default().holds(answers));
        let all: Condition = serde_saphyr::from_str("[ci, licence!=MIT]").expect("it reads");
        assert!(!all.holds(answers));
        for wrong in ["", "a b", "=x", "!"] {
            assert!(Term::parse(wrong).is_err(), "{wrong}");
        }
    }
}
