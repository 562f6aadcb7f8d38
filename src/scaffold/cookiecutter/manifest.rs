//! `Manifest`: what `cookiecutter.json` asks, after the defaults of the user and of the command line.

use std::path::Path;

use super::error::{CookieError, refused};
use super::json::{Dict, Json, parse};
use crate::scaffold::error::readable;

/// The file that makes a folder a template.
pub(super) const MANIFEST: &str = "cookiecutter.json";

/// Values that a boolean takes for true, in any case of letters.
const YES: [&str; 6] = ["1", "true", "t", "yes", "y", "on"];
/// Values that a boolean takes for false.
const NO: [&str; 6] = ["0", "false", "f", "no", "n", "off"];

/// Reads a template's `cookiecutter.json`.
///
/// Errors: it is absent, not JSON, or no object.
pub(super) fn read(template: &Path) -> Result<Dict, CookieError> {
    let path = template.join(MANIFEST);
    let text = std::fs::read_to_string(&path).map_err(refused(&path))?;
    let wrong = |problem: String| CookieError::Manifest(format!("`{MANIFEST}` of the template {problem}"));
    match parse(&text) {
        Ok(Json::Dict(dict)) => Ok(dict),
        Ok(_) => Err(wrong("is not an object".to_owned())),
        Err(error) => Err(wrong(format!("cannot be read: {error}"))),
    }
}

/// Lays defaults of the user's configuration over the questions. What does not fit is left out and told.
///
/// Errors: one of them is what no template can have here.
pub(super) fn lay_defaults(questions: &mut Dict, defaults: &Dict) -> Result<Vec<String>, CookieError> {
    let mut notes = Vec::new();
    for (name, value) in defaults.iter() {
        if let (Some(_), Some(what)) = (questions.get(name), value.unlike()) {
            return Err(CookieError::Manifest(format!(
                "the configuration's default for `{name}` is {what}, which templates cannot have here; put it in quotes if its text is meant"
            )));
        }
        if let Some(Err(error)) = questions.get_mut(name).map(|place| lay_default(place, name, value)) {
            notes.push(format!("a default of yours is left out: {error}"));
            // Cookiecutter stops at the first one that does not fit.
            break;
        }
    }
    Ok(notes)
}

/// Lays answers given with the command over the questions.
///
/// Errors: a question is not asked, or the answer does not fit it.
pub(super) fn lay_answers(questions: &mut Dict, answers: &Dict) -> Result<(), CookieError> {
    let asked: Vec<String> = questions
        .iter()
        .map(|(name, _)| name)
        .filter(|name| *name != "__prompts__")
        .map(str::to_owned)
        .collect();
    for (name, value) in answers.iter() {
        let Some(place) = questions.get_mut(name).filter(|_| name != "__prompts__") else {
            let open = asked.iter().map(String::as_str).filter(|name| !name.starts_with('_'));
            return Err(CookieError::UnknownQuestion { name: name.to_owned(), known: readable(open) });
        };
        lay(place, name, value)?;
    }
    Ok(())
}

/// As [`lay`], but the choice is the one that Python finds equal, and becomes what the configuration has.
fn lay_default(place: &mut Json, name: &str, value: &Json) -> Result<(), CookieError> {
    let (Json::List(choices), Json::Bool(_) | Json::Integer(_) | Json::Float(_) | Json::Text(_)) =
        (&mut *place, value)
    else {
        return lay(place, name, value);
    };
    let Some(at) = choices.iter().position(|choice| choice.equals(value)) else {
        let (value, wanted) = (value.text(), readable_choices(choices));
        return Err(CookieError::Answer { name: name.to_owned(), value, wanted });
    };
    choices.remove(at);
    choices.insert(0, value.clone());
    Ok(())
}

fn lay(place: &mut Json, name: &str, value: &Json) -> Result<(), CookieError> {
    let wrong = |wanted: String| CookieError::Answer { name: name.to_owned(), value: value.text(), wanted };
    match (&mut *place, value) {
        (Json::List(choices), Json::List(chosen)) => {
            if chosen.iter().all(|one| choices.contains(one)) {
                *place = value.clone();
                return Ok(());
            }
            Err(wrong(readable_choices(choices)))
        }
        (Json::List(choices), one) => {
            let Some(at) = position(choices, one) else { return Err(wrong(readable_choices(choices))) };
            let chosen = choices.remove(at);
            choices.insert(0, chosen);
            Ok(())
        }
        (Json::Dict(dict), Json::Dict(entries)) => {
            lay_deep(dict, entries);
            Ok(())
        }
        (Json::Dict(dict), Json::Text(text)) => match parse(text) {
            Ok(Json::Dict(entries)) => {
                lay_deep(dict, &entries);
                Ok(())
            }
            _ => Err(wrong("a JSON object".to_owned())),
        },
        (Json::Bool(yes), Json::Text(text)) => {
            *yes = said_yes(text).ok_or_else(|| wrong(boolean_choices()))?;
            Ok(())
        }
        (place, value) => {
            *place = value.clone();
            Ok(())
        }
    }
}

/// Where a choice stands; one that is no text is also found by its text, yes and no by any word for them.
fn position(choices: &[Json], wanted: &Json) -> Option<usize> {
    let text = wanted.text();
    let is_meant = |choice: &Json| match choice {
        Json::Text(_) => false,
        Json::Bool(yes) => said_yes(&text) == Some(*yes),
        other => other.text() == text,
    };
    let exact = choices.iter().position(|choice| choice == wanted);
    exact.or_else(|| choices.iter().position(is_meant))
}

fn lay_deep(dict: &mut Dict, entries: &Dict) {
    for (key, value) in entries.iter() {
        match (dict.get_mut(key), value) {
            (Some(Json::Dict(inner)), Json::Dict(entries)) => lay_deep(inner, entries),
            _ => dict.insert(key, value.clone()),
        }
    }
}

/// What a text says of a question that is answered with yes or no, in the words that cookiecutter knows.
pub fn said_yes(text: &str) -> Option<bool> {
    let text = text.trim().to_lowercase();
    if YES.contains(&text.as_str()) {
        return Some(true);
    }
    NO.contains(&text.as_str()).then_some(false)
}

fn boolean_choices() -> String {
    "`yes` or `no`".to_owned()
}

fn readable_choices(choices: &[Json]) -> String {
    let texts: Vec<String> = choices.iter().map(Json::text).collect();
    format!("one of {}", readable(texts.iter().map(String::as_str)))
}
