//! Answers to a scaffold's questions: checked, and completed by defaults.

use std::collections::BTreeMap;

use regex_automata::meta::Regex;
use serde_json::{Map, Value};

use super::cookiecutter::said_yes;
use super::error::readable;
use super::paths::refusal;
use super::templates::Templates;
use super::{Manifest, Question, QuestionKind, ScaffoldError};

/// Question → answer as typed. Questions without an answer take their default.
pub type Answers = BTreeMap<String, String>;

/// What defaults may say of where a project is laid out and by whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// The name of the project's folder.
    pub folder: String,
    /// What git calls the user; empty if it does not know.
    pub git_name: String,
    /// The user's address as git knows it; empty if it does not.
    pub git_email: String,
}

impl Manifest {
    /// Whether a question is asked, after these answers.
    pub fn is_asked(&self, question: &Question, answers: &Answers, around: &Surroundings) -> bool {
        question.when.holds(&self.values(Some(question), answers, around).0)
    }

    /// The answer to a question if none is given, after these answers; `None` if there must be one.
    pub fn default_of(
        &self,
        question: &Question,
        answers: &Answers,
        around: &Surroundings,
    ) -> Option<String> {
        default_of(question, &self.values(Some(question), answers, around).0, around)
    }

    /// The questions that are asked and that none of these answers, so that their defaults are taken.
    pub fn left_to_defaults(&self, answers: &Answers, around: &Surroundings) -> Vec<&str> {
        let is_left = |question: &&Question| {
            !answers.contains_key(&question.name) && self.is_asked(question, answers, around)
        };
        self.questions.iter().filter(is_left).map(|question| question.name.as_str()).collect()
    }

    /// The same scaffold, each default being the text that it comes to here if nothing is answered.
    #[must_use]
    pub fn with_defaults(&self, around: &Surroundings) -> Self {
        let known = |question: &Question| self.default_of(question, &Answers::new(), around);
        let questions =
            self.questions.iter().map(|question| Question { default: known(question), ..question.clone() });
        Self { questions: questions.collect(), ..self.clone() }
    }

    /// All answers as typed values, those before `until` if that is given; and the questions without one.
    /// Wrong answers count as none.
    fn values(
        &self,
        until: Option<&Question>,
        answers: &Answers,
        around: &Surroundings,
    ) -> (Map<String, Value>, Vec<&str>) {
        let mut values = Map::new();
        let mut missing = Vec::new();
        for question in self.questions.iter().take_while(|one| Some(*one) != until) {
            let is_asked = question.when.holds(&values);
            let given = answers.get(&question.name).cloned();
            let text = if is_asked { given.or_else(|| default_of(question, &values, around)) } else { None };
            let value = text.as_deref().and_then(|text| value_of(question, text));
            if is_asked && value.is_none() {
                missing.push(question.name.as_str());
            }
            values.insert(question.name.clone(), value.unwrap_or_else(|| nothing(question.kind)));
        }
        (values, missing)
    }
}

/// Checks answers and fills in defaults; gives typed values for templates. An answer to a question that does not
/// arise is not used.
pub(super) fn complete(
    manifest: &Manifest,
    answers: &Answers,
    around: &Surroundings,
) -> Result<Map<String, Value>, ScaffoldError> {
    for (name, text) in answers {
        let Some(question) = manifest.questions.iter().find(|question| question.name == *name) else {
            return Err(ScaffoldError::UnknownQuestion {
                scaffold: manifest.id.clone(),
                name: name.clone(),
                known: readable(manifest.questions.iter().map(|question| question.name.as_str())),
            });
        };
        question.check(text)?;
    }
    let (values, missing) = manifest.values(None, answers, around);
    if missing.is_empty() {
        return Ok(values);
    }
    let set: Vec<String> = missing.iter().map(|name| format!("--set {name}=…")).collect();
    Err(ScaffoldError::Missing {
        scaffold: manifest.id.clone(),
        names: readable(missing.iter().copied()),
        set: set.join(" "),
    })
}

/// The default, filled in, if it answers its question.
fn default_of(question: &Question, values: &Map<String, Value>, around: &Surroundings) -> Option<String> {
    let Some(template) = &question.default else {
        let may_be_nothing = question.optional || question.kind == QuestionKind::Multi;
        return may_be_nothing.then(String::new);
    };
    let mut scope = values.clone();
    let known =
        [("folder", &around.folder), ("git_name", &around.git_name), ("git_email", &around.git_email)];
    scope.extend(known.map(|(name, text)| (name.to_owned(), text.as_str().into())));
    let text = Templates::new().fill(template, &scope).ok()?;
    let text = text.trim();
    match value_of(question, text) {
        Some(_) => Some(text.to_owned()),
        None => question.optional.then(String::new),
    }
}

impl Question {
    /// Checks an answer. Errors: what would answer it.
    pub fn check(&self, text: &str) -> Result<(), ScaffoldError> {
        let wrong = || ScaffoldError::BadAnswer {
            name: self.name.clone(),
            value: text.trim().to_owned(),
            wanted: self.wanted(),
        };
        value_of(self, text).map(drop).ok_or_else(wrong)
    }
}

/// An answer as a value; `None` if it is not of its question's kind.
fn value_of(question: &Question, text: &str) -> Option<Value> {
    let text = text.trim();
    if text.is_empty() && (question.optional || question.kind == QuestionKind::Multi) {
        return Some(nothing(question.kind));
    }
    match question.kind {
        QuestionKind::Text => line(question, text).map(Value::from),
        QuestionKind::Integer => integer(question, text).map(Value::from),
        QuestionKind::Boolean => said_yes(text).map(Value::from),
        QuestionKind::Choice => is_choice(question, text).then(|| text.into()),
        QuestionKind::Multi => multi(question, text).map(Value::from),
        QuestionKind::Path => path(question, text).map(Value::from),
    }
}

/// The answer to a question that is not asked.
fn nothing(kind: QuestionKind) -> Value {
    match kind {
        QuestionKind::Text | QuestionKind::Choice | QuestionKind::Path => "".into(),
        QuestionKind::Integer => 0.into(),
        QuestionKind::Boolean => false.into(),
        QuestionKind::Multi => Value::Array(Vec::new()),
    }
}

fn line<'a>(question: &Question, text: &'a str) -> Option<&'a str> {
    let is_line = !text.is_empty() && !text.contains(char::is_control);
    let pattern = question.validate.as_ref().map(|validate| format!("^(?:{})$", validate.pattern));
    // A pattern that does not compile was refused when the scaffold was read.
    let matches = pattern.is_none_or(|pattern| Regex::new(&pattern).is_ok_and(|regex| regex.is_match(text)));
    (is_line && matches).then_some(text)
}

fn path<'a>(question: &Question, text: &'a str) -> Option<&'a str> {
    let clean = text.trim_start_matches("./").trim_end_matches('/');
    line(question, clean).filter(|clean| refusal(clean).is_none())
}

fn integer(question: &Question, text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    let (least, most) = question.bounds();
    (least..=most).contains(&number).then_some(number)
}

fn is_choice(question: &Question, text: &str) -> bool {
    question.choices.iter().any(|choice| choice.value == text)
}

/// The chosen values, in the order of the choices.
fn multi(question: &Question, text: &str) -> Option<Vec<Value>> {
    let chosen: Vec<&str> = text.split(',').map(str::trim).collect();
    if !chosen.iter().all(|one| is_choice(question, one)) {
        return None;
    }
    let values = question.choices.iter().filter(|choice| chosen.contains(&choice.value.as_str()));
    Some(values.map(|choice| choice.value.as_str().into()).collect())
}

#[cfg(test)]
mod tests {
    use super::super::find;
    use super::*;

    fn around() -> Surroundings {
        Surroundings { folder: "study".into(), ..Surroundings::default() }
    }

    fn check(name: &str, value: &str, expected: Result<Value, &str>) {
        let manifest = find("freesurfer").expect("it is built in");
        let answers = Answers::from([(name.to_owned(), value.to_owned())]);
        let values = complete(&manifest, &answers, &around()).map_err(|error| error.to_string());
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
        let error = complete(&manifest, &odd, &around()).expect_err("it is not asked").to_string();
        assert!(error.starts_with("scaffold `yoda` asks no question `nme`; it asks `name`, "), "{error}");
        let values = complete(&manifest, &Answers::new(), &around()).expect("defaults are right");
        assert_eq!(values["name"], "study");
    }

    /// A question of each kind, with all that can be said of it.
    const ASKED: &str = "
- {name: who, type: text, prompt: Who?, validate: {pattern: '[a-z]+', message: small letters}}
- {name: mail, type: str, prompt: Address?, default: '{{who}}@{{folder}}'}
- {name: sure, type: bool, prompt: Sure?, default: 'no'}
- {name: size, type: int, prompt: How large?, default: '3', most: 9, when: sure}
- {name: one, type: choice, prompt: Which?, default: a, choices: [a, {value: b, label: The second}]}
- {name: many, type: multi, prompt: Which?, choices: [x, v, z]}
- {name: place, type: path, prompt: Where?, default: raw/in, when: one=b}
- {name: note, type: text, prompt: More?, optional: true}
";

    fn asked() -> Manifest {
        let questions: Vec<Question> = serde_saphyr::from_str(ASKED).expect("it reads");
        Manifest { questions, ..find("yoda").expect("it is built in") }
    }

    fn answered(answers: &[(&str, &str)]) -> Result<Value, String> {
        let answers = answers.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        let values = complete(&asked(), &answers, &around());
        values.map(Value::Object).map_err(|error| error.to_string())
    }

    #[test]
    fn defaults_see_earlier_answers_and_unasked_questions_come_to_nothing() {
        let values = answered(&[("who", "ada"), ("size", "7")]).expect("it is answered");
        let expected = serde_json::json!({"who": "ada", "mail": "ada@study", "sure": false, "size": 0,
            "one": "a", "many": [], "place": "", "note": ""});
        assert_eq!(values, expected);
        let values =
            answered(&[("who", "ada"), ("sure", "yes"), ("one", "b"), ("many", "z, x"), ("place", "./raw/")]);
        let values = values.expect("it is answered");
        assert_eq!(values["size"], 3);
        assert_eq!(values["many"], serde_json::json!(["x", "z"]));
        assert_eq!(values["place"], "raw");
    }

    #[test]
    fn what_must_be_answered_is_named_and_wrong_answers_say_what_would_do() {
        let missing = "scaffold `yoda` needs answers to `who`; give --set who=…";
        assert_eq!(answered(&[]), Err(missing.to_owned()));
        for (name, text, wanted) in [
            ("who", "Ada", "small letters"),
            ("size", "10", "a whole number from 0 to 9"),
            ("one", "c", "one of `a` and `b`"),
            ("many", "x,w", "any of `x`, `v` and `z`, with commas between"),
            ("place", "../x", "a path in the project, such as `raw/t1`"),
        ] {
            let wrong = format!("`{text}` does not answer `{name}`; give {wanted}");
            assert_eq!(answered(&[("who", "ada"), (name, text)]), Err(wrong));
        }
    }

    #[test]
    fn what_is_left_to_defaults_is_what_is_asked_and_not_answered() {
        let left = |answers: &[(&str, &str)]| {
            let answers = answers.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
            asked().left_to_defaults(&answers.collect(), &around()).join(" ")
        };
        assert_eq!(left(&[]), "who mail sure one many note");
        assert_eq!(
            left(&[("who", "ada"), ("sure", "yes"), ("one", "b"), ("note", "")]),
            "mail size many place"
        );
    }

    #[test]
    fn defaults_are_told_before_they_are_taken() {
        let manifest = asked().with_defaults(&around());
        let defaults: Vec<Option<&str>> =
            manifest.questions.iter().map(|question| question.default.as_deref()).collect();
        let first = [None, Some("@study"), Some("no"), Some("3"), Some("a"), Some("")];
        assert_eq!(defaults[..6], first);
    }
}
