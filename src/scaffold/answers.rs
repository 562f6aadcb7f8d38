//! Answers to a scaffold's questions: checked, and completed by defaults.

use std::collections::BTreeMap;

use serde_json::Value;

use super::error::readable;
use super::{Manifest, Question, QuestionKind, ScaffoldError};

/// Question → answer as typed. Questions without an answer take their default.
pub type Answers = BTreeMap<String, String>;

/// Checks answers and fills in defaults; gives typed values for templates.
pub(super) fn complete(
    manifest: &Manifest,
    answers: &Answers,
) -> Result<BTreeMap<String, Value>, ScaffoldError> {
    let known = |name: &str| manifest.questions.iter().any(|question| question.name == name);
    if let Some(name) = answers.keys().find(|name| !known(name)) {
        return Err(ScaffoldError::UnknownQuestion {
            scaffold: manifest.id.clone(),
            name: name.clone(),
            known: readable(manifest.questions.iter().map(|question| question.name.as_str())),
        });
    }
    manifest.questions.iter().map(|question| answer(question, answers)).collect()
}

fn answer(question: &Question, answers: &Answers) -> Result<(String, Value), ScaffoldError> {
    let text = answers.get(&question.name).unwrap_or(&question.default).trim();
    let value = match question.kind {
        QuestionKind::Text => line(text).map(Value::from),
        QuestionKind::Integer => integer(question, text).map(Value::from),
        QuestionKind::Boolean => boolean(text).map(Value::from),
    };
    match value {
        Some(value) => Ok((question.name.clone(), value)),
        None => Err(ScaffoldError::BadAnswer {
            name: question.name.clone(),
            value: text.to_owned(),
            wanted: wanted(question),
        }),
    }
}

fn line(text: &str) -> Option<&str> {
    (!text.is_empty() && !text.contains(char::is_control)).then_some(text)
}

fn integer(question: &Question, text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    let (least, most) = bounds(question);
    (least..=most).contains(&number).then_some(number)
}

fn bounds(question: &Question) -> (u64, u64) {
    (question.least.unwrap_or(0), question.most.unwrap_or(u64::MAX))
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "y" | "true" => Some(true),
        "no" | "n" | "false" => Some(false),
        _ => None,
    }
}

fn wanted(question: &Question) -> String {
    let (least, most) = bounds(question);
    match question.kind {
        QuestionKind::Text => "one line of text".to_owned(),
        QuestionKind::Integer => format!("a whole number from {least} to {most}"),
        QuestionKind::Boolean => "`yes` or `no`".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::find;
    use super::*;

    fn check(name: &str, value: &str, expected: Result<Value, &str>) {
        let manifest = find("freesurfer").expect("it is built in");
        let answers = Answers::from([(name.to_owned(), value.to_owned())]);
        let values = complete(&manifest, &answers).map_err(|error| error.to_string());
        assert_eq!(values.map(|values| values[name].clone()), expected.map_err(str::to_owned));
    }

    #[test]
    fn answers_are_checked() {
        check("subjects", " 24 ", Ok(24.into()));
        check("subjects", "0", Err("`0` does not answer `subjects`; give a whole number from 1 to 9999"));
        check("surprises", "Yes", Ok(true.into()));
        check("surprises", "maybe", Err("`maybe` does not answer `surprises`; give `yes` or `no`"));
        check("name", "a\nb", Err("`a\nb` does not answer `name`; give one line of text"));
        check("name", "", Err("`` does not answer `name`; give one line of text"));
    }

    #[test]
    fn an_unknown_question_is_refused_and_defaults_fill_in() {
        let manifest = find("yoda").expect("it is built in");
        let odd = Answers::from([("nme".to_owned(), "x".to_owned())]);
        let error = complete(&manifest, &odd).expect_err("it is not asked");
        assert_eq!(error.to_string(), "scaffold `yoda` asks no question `nme`; it asks `name`");
        let values = complete(&manifest, &Answers::new()).expect("defaults are right");
        assert_eq!(values["name"], "study");
    }
}
