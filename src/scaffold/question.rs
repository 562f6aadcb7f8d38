//! `Question`: what a scaffold asks, of which kind, and what answers it.

use serde::Deserialize;

use super::Condition;

/// One question.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// By which it is answered: `--set name=value`.
    pub name: String,
    /// What kind of answer it wants.
    #[serde(rename = "type")]
    pub kind: QuestionKind,
    /// The question, for people.
    pub prompt: String,
    /// A sentence more.
    #[serde(default)]
    pub help: Option<String>,
    /// The answer if none is given: a template that sees the answers before it, `folder`, `git_name` and `git_email`.
    /// Without it the question must be answered, unless it is `optional`.
    #[serde(default)]
    pub default: Option<String>,
    /// Whether nothing is an answer too.
    #[serde(default)]
    pub optional: bool,
    /// The least integer allowed.
    #[serde(default)]
    pub least: Option<u64>,
    /// The greatest integer allowed.
    #[serde(default)]
    pub most: Option<u64>,
    /// What can be chosen, for `choice` and `multi`.
    #[serde(default)]
    pub choices: Vec<Choice>,
    /// What a text must look like.
    #[serde(default)]
    pub validate: Option<Validate>,
    /// When it is asked; always if absent. Where it is not, its answer is nothing, 0, `no` or an empty list.
    #[serde(default)]
    pub when: Condition,
}

/// What kind of answer a question wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum QuestionKind {
    /// One line of text.
    #[serde(alias = "str")]
    Text,
    /// A whole number.
    #[serde(alias = "int")]
    Integer,
    /// `yes` or `no`.
    #[serde(alias = "bool")]
    Boolean,
    /// One of the choices.
    Choice,
    /// Any of the choices, with commas between.
    Multi,
    /// A path in the project.
    Path,
}

/// One thing to choose.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "Chosen")]
pub struct Choice {
    /// The answer.
    pub value: String,
    /// What it means, for people; the value if nothing else is said.
    pub label: String,
}

/// A choice as written: the value alone, or with its label.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a choice is its value, or `{value: …, label: …}`")]
enum Chosen {
    Value(String),
    Labelled { value: String, label: String },
}

impl From<Chosen> for Choice {
    fn from(chosen: Chosen) -> Self {
        match chosen {
            Chosen::Value(value) => Self { label: value.clone(), value },
            Chosen::Labelled { value, label } => Self { value, label },
        }
    }
}

/// What a text must look like.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Validate {
    /// A regular expression that the whole text matches.
    pub pattern: String,
    /// What is wanted, to be put after "give": `a name of letters and digits`.
    pub message: String,
}

impl Question {
    /// What would answer it, to be put after "give".
    pub fn wanted(&self) -> String {
        if let Some(validate) = &self.validate {
            return validate.message.clone();
        }
        let values = || self.choices.iter().map(|choice| choice.value.as_str());
        match self.kind {
            QuestionKind::Text => "one line of text".to_owned(),
            QuestionKind::Integer => {
                let (least, most) = self.bounds();
                format!("a whole number from {least} to {most}")
            }
            QuestionKind::Boolean => "`yes` or `no`".to_owned(),
            QuestionKind::Choice => format!("one of {}", super::error::readable(values())),
            QuestionKind::Multi => {
                format!("any of {}, with commas between", super::error::readable(values()))
            }
            QuestionKind::Path => "a path in the project, such as `raw/t1`".to_owned(),
        }
    }

    /// The least and the greatest integer allowed.
    pub(super) fn bounds(&self) -> (u64, u64) {
        (self.least.unwrap_or(0), self.most.unwrap_or(u64::MAX))
    }
}
