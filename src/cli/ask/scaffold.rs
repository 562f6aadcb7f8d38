//! The questions of a scaffold, asked one after the other.

use super::Asker;
use crate::app::{AppError, Scaffold, Surroundings};
use crate::cli::report::{Style, paint};
use crate::cli::verbs::say;
use crate::model::show;
use crate::scaffold::{Answers, Question, QuestionKind};

/// Asks what is not answered yet; each default sees the answers before it.
///
/// # Errors
/// When the user ends it, or an answer that was given as an option is wrong.
pub(crate) fn interview(
    asker: &Asker,
    scaffold: &Scaffold,
    around: &Surroundings,
    given: &Answers,
) -> Result<Answers, AppError> {
    let mut answers = given.clone();
    for question in &scaffold.questions {
        if let Some(text) = given.get(&question.name) {
            question.check(text).map_err(|error| AppError::usage(error.to_string()))?;
            continue;
        }
        if scaffold.is_asked(question, &answers, around) {
            let default = scaffold.default_of(question, &answers, around);
            let text = ask(asker, question, default.as_deref())?;
            answers.insert(question.name.clone(), text);
        }
    }
    Ok(answers)
}

fn ask(asker: &Asker, question: &Question, default: Option<&str>) -> Result<String, AppError> {
    if let Some(help) = &question.help {
        say(&paint(Style::Hint, &show(help)));
    }
    let prompt = question.prompt.as_str();
    let choices = || question.choices.iter();
    match question.kind {
        QuestionKind::Boolean => {
            let default = default.map(|text| matches!(text, "yes" | "y" | "true"));
            Ok(if asker.yes_no(prompt, default)? { "yes" } else { "no" }.to_owned())
        }
        QuestionKind::Choice => {
            let labels: Vec<String> = choices().map(|choice| choice.label.clone()).collect();
            let at = choices().position(|choice| Some(&*choice.value) == default).unwrap_or(0);
            let chosen = asker.choice(prompt, &labels, at)?;
            Ok(question.choices.get(chosen).map(|choice| choice.value.clone()).unwrap_or_default())
        }
        QuestionKind::Multi => {
            let marked: Vec<&str> = default.unwrap_or_default().split(',').map(str::trim).collect();
            let items: Vec<(String, bool)> =
                choices().map(|choice| (choice.label.clone(), marked.contains(&&*choice.value))).collect();
            let chosen = asker.multi(prompt, &items)?;
            let values = chosen.iter().filter_map(|at| question.choices.get(*at));
            Ok(values.map(|choice| choice.value.as_str()).collect::<Vec<_>>().join(","))
        }
        QuestionKind::Text | QuestionKind::Integer | QuestionKind::Path => {
            let check = |text: &str| question.check(text).map_err(|_| format!("give {}", question.wanted()));
            asker.text(prompt, default, check)
        }
    }
}
