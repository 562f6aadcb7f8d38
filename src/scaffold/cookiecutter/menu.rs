//! Templates that are a menu of others: `templates`, and the older `template`.

use std::path::{Path, PathBuf};

use super::answers::{Ask, AskKind, Asking};
use super::engine::{Engine, Roots};
use super::error::CookieError;
use super::json::{Dict, Json};
use super::manifest::MANIFEST;

/// One dish: what it is called, what to show, where it lies.
struct Choice {
    key: String,
    label: String,
    path: String,
}

/// The template chosen from a menu, if this is one. An answer that names it is taken out of the answers.
///
/// Errors: the menu is wrong, the choice is not on it, or leads out of the template.
pub(super) fn choose(
    template: &Path,
    questions: &Dict,
    answers: &mut Dict,
    asking: &mut Asking<'_>,
) -> Result<Option<PathBuf>, CookieError> {
    let (key, choices) = match (questions.get("templates"), questions.get("template")) {
        (None, None) => return Ok(None),
        (Some(Json::Dict(menu)), _) if menu.iter().next().is_some() => ("templates", new_style(menu)?),
        (_, Some(Json::List(menu))) => ("template", old_style(questions, menu)?),
        _ => return Err(wrong("its menu of templates cannot be read")),
    };
    let wanted = answers.remove(key).map(|answer| answer.text());
    let picked = match (wanted, asking.asker.as_mut()) {
        (Some(wanted), _) => pick(&choices, key, &wanted)?,
        (None, Some(ask)) => {
            let shown = choices.iter().map(|one| (Json::Text(one.key.clone()), one.label.clone())).collect();
            let question = Ask {
                name: key.to_owned(),
                prompt: "Select a template".to_owned(),
                kind: AskKind::Choice(shown),
            };
            match ask(&question)? {
                Some(answer) => pick(&choices, key, &answer.text())?,
                None => choices.first().ok_or_else(|| wrong("its menu of templates is empty"))?,
            }
        }
        (None, None) => choices.first().ok_or_else(|| wrong("its menu of templates is empty"))?,
    };
    let path = Path::new(&picked.path);
    if picked.path.is_empty() || path.is_absolute() || picked.path.split('/').any(|part| part == "..") {
        return Err(wrong(&format!("`{}` of its menu leads out of it", picked.path)));
    }
    let chosen = template.join(path);
    chosen
        .canonicalize()
        .map(Some)
        .map_err(|_| wrong(&format!("`{}` of its menu does not exist", picked.path)))
}

fn wrong(problem: &str) -> CookieError {
    CookieError::Manifest(format!("`{MANIFEST}` of the template: {problem}"))
}

fn pick<'a>(choices: &'a [Choice], key: &str, wanted: &str) -> Result<&'a Choice, CookieError> {
    choices.iter().find(|one| one.key == wanted).ok_or_else(|| CookieError::Answer {
        name: key.to_owned(),
        value: wanted.to_owned(),
        wanted: format!(
            "one of {}",
            crate::scaffold::error::readable(choices.iter().map(|one| one.key.as_str()))
        ),
    })
}

fn new_style(menu: &Dict) -> Result<Vec<Choice>, CookieError> {
    let choice = |(key, about): (&str, &Json)| {
        let Json::Dict(about) = about else {
            return Err(wrong(&format!("`{key}` of its menu is no object")));
        };
        let text = |name: &str| about.get(name).map(Json::text);
        let (title, description) = (
            text("title").unwrap_or_else(|| key.to_owned()),
            text("description").unwrap_or_else(|| key.to_owned()),
        );
        let label = if title == description { title } else { format!("{title} ({description})") };
        let path = text("path").ok_or_else(|| wrong(&format!("`{key}` of its menu has no `path`")))?;
        Ok(Choice { key: key.to_owned(), label, path })
    };
    menu.iter().map(choice).collect()
}

fn old_style(questions: &Dict, menu: &[Json]) -> Result<Vec<Choice>, CookieError> {
    let engine = Engine::new(questions, Roots::default())?;
    let none = minijinja::Value::from_pairs([("cookiecutter", Dict::default().answers_value())]);
    let choice = |raw: &Json| {
        let label = engine.render_text(&format!("{MANIFEST} (`template`)"), &raw.text(), &none)?;
        let path = label
            .split_once('(')
            .and_then(|(_, rest)| rest.rsplit_once(')'))
            .map(|(path, _)| path.to_owned());
        let path = path.ok_or_else(|| wrong(&format!("`{label}` of its menu has no path in brackets")))?;
        Ok(Choice { key: label.clone(), label, path })
    };
    menu.iter().map(choice).collect()
}
