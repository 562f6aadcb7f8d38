//! Questions of a template, on the terminal; and what is said where there is none.

use std::collections::BTreeMap;

use dialoguer::Input;
use dialoguer::console::Term;
use dialoguer::theme::SimpleTheme;

use super::ask;
use super::ask::menu::{Item, choose};
use super::report::{Style, paint, plural};
use super::verbs::say;
use crate::app::{
    Consent, Dict, Hook, HookMoment, Json, Talk, TemplateEntry, TemplateError, TemplateQuestion,
    TemplateQuestionKind, broken_off,
};
use crate::model::show;

/// So many paths are shown before they are written.
const SHOWN: usize = 40;

/// Somebody at the terminal.
pub(super) struct Person;

impl Talk for Person {
    fn ask(&mut self, question: &TemplateQuestion) -> Result<Option<Json>, TemplateError> {
        let prompt = show(&question.prompt);
        match &question.kind {
            TemplateQuestionKind::Text(default) => text(&prompt, default.as_deref()),
            TemplateQuestionKind::YesNo(default) => {
                yes_no(&question.prompt, *default).map(|yes| Some(Json::Bool(yes)))
            }
            TemplateQuestionKind::Choice(choices) => {
                let item =
                    |(choice, label): &(Json, String)| Item { label: label.clone(), name: choice.text() };
                let picked = pick(&prompt, &choices.iter().map(item).collect::<Vec<_>>())?;
                Ok(choices.get(picked).map(|(choice, _)| choice.clone()))
            }
            TemplateQuestionKind::Dict(default) => dict(&prompt, default),
        }
    }

    fn may_run(&mut self, hooks: &[Hook]) -> Result<Consent, TemplateError> {
        say("this template brings programs along that want to run on your machine:");
        for hook in hooks {
            say(&described(hook));
        }
        loop {
            let choices = [
                ("leave them out", "skip"),
                ("show them", "show"),
                ("run them", "run"),
                ("run them, now and whenever this template is the same", "always"),
                ("stop here", "stop"),
            ];
            let items = choices.map(|(label, name)| Item { label: label.to_owned(), name: name.to_owned() });
            match pick("What shall become of them", &items)? {
                0 => return Ok(Consent::No),
                1 => say(&hooks.iter().map(shown).collect::<String>()),
                2 => return Ok(Consent::Once),
                3 => return Ok(Consent::Always),
                _ => return Err(broken_off("you stopped")),
            }
        }
    }

    fn review(
        &mut self,
        name: &str,
        entries: &BTreeMap<String, TemplateEntry>,
    ) -> Result<bool, TemplateError> {
        for path in entries.keys().take(SHOWN) {
            say(&format!("  {}", show(path)));
        }
        if entries.len() > SHOWN {
            say(&format!("  and {} more; `--dry-run` shows all", entries.len() - SHOWN));
        }
        let files = entries.values().filter(|entry| matches!(entry, TemplateEntry::File { .. })).count();
        let prompt = format!("Write {} to the new folder `{}`?", plural(files, "file"), show(name));
        yes_no(&prompt, true)
    }
}

fn shown(hook: &Hook) -> String {
    let text = hook.text.lines().map(show).collect::<Vec<_>>().join("\n");
    format!("\n{}\n{text}\n", paint(Style::Bold, &show(&hook.file)))
}

fn described(hook: &Hook) -> String {
    let when = match hook.moment {
        HookMoment::PrePrompt => "before the questions",
        HookMoment::PreGen => "before the files are written",
        HookMoment::PostGen => "after the files are written",
    };
    let may = if hook.may.is_empty() { "nothing telling found".to_owned() } else { hook.may.join(", ") };
    let digest = hook.digest.get(..12).unwrap_or(&hook.digest);
    format!(
        "  {}  {when}, {}, {digest}; words in it: {may}",
        paint(Style::Bold, &show(&hook.file)),
        plural(hook.lines, "line")
    )
}

fn pick(prompt: &str, items: &[Item]) -> Result<usize, TemplateError> {
    let chosen = choose(&Term::stderr(), &SimpleTheme, prompt, items, 0);
    chosen.map_err(|error| gone(&error.into()))
}

fn yes_no(prompt: &str, default: bool) -> Result<bool, TemplateError> {
    ask::yes_no(&Term::stderr(), &SimpleTheme, prompt, Some(default)).map_err(|error| gone(&error))
}

fn text(prompt: &str, default: Option<&str>) -> Result<Option<Json>, TemplateError> {
    let input = Input::<String>::new().with_prompt(prompt);
    let input = match default {
        Some(default) => input.default(default.to_owned()).allow_empty(true),
        None => input,
    };
    input.interact_text().map(|answer| Some(Json::Text(answer))).map_err(|error| gone(&error))
}

fn dict(prompt: &str, default: &Dict) -> Result<Option<Json>, TemplateError> {
    let is_object = |text: &String| match serde_json::from_str(text) {
        Ok(Json::Dict(_)) => Ok(()),
        _ => Err("give a JSON object, or nothing for the default"),
    };
    let usual = serde_json::to_string(default).unwrap_or_default();
    let input = Input::<String>::new().with_prompt(prompt).default(usual).validate_with(is_object);
    let answer = input.interact_text().map_err(|error| gone(&error))?;
    Ok(serde_json::from_str(&answer).ok())
}

fn gone(error: &dialoguer::Error) -> TemplateError {
    broken_off(format!("the question got no answer ({error})"))
}

/// Nobody: no terminal, and not told to take the defaults.
pub(super) struct Nobody;

impl Talk for Nobody {
    fn ask(&mut self, question: &TemplateQuestion) -> Result<Option<Json>, TemplateError> {
        Err(broken_off(format!(
            "there is no terminal to ask for `{name}` on; answer with `--set {name}=…`, or take the defaults with `--defaults`",
            name = question.name
        )))
    }

    fn may_run(&mut self, _: &[Hook]) -> Result<Consent, TemplateError> {
        Ok(Consent::No)
    }

    fn review(&mut self, _: &str, _: &BTreeMap<String, TemplateEntry>) -> Result<bool, TemplateError> {
        Ok(true)
    }
}
