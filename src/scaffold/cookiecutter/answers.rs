//! Questions to answers: defaults rendered from earlier answers, people asked for what is not settled yet.

use minijinja::Value;

use super::engine::Engine;
use super::error::CookieError;
use super::json::{Dict, Json};
use super::manifest::MANIFEST;
use super::rich;

/// The key with human texts for questions.
const PROMPTS: &str = "__prompts__";

/// A question to a person.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// Its name in `cookiecutter.json`.
    pub name: String,
    /// The text to show.
    pub prompt: String,
    /// What kind of answer it takes, with the default.
    pub kind: AskKind,
}

/// What kind of answer a question takes.
#[derive(Clone, Debug, PartialEq)]
pub enum AskKind {
    /// A line of text; `null` has no default.
    Text(Option<String>),
    /// Yes or no.
    YesNo(bool),
    /// One of these, each with the text to show; the first is the default.
    Choice(Vec<(Json, String)>),
    /// A JSON object.
    Dict(Dict),
}

/// Answers a question; nothing for its default. An error breaks off.
pub(super) type Asker<'a> = &'a mut dyn FnMut(&Ask) -> Result<Option<Json>, CookieError>;

/// Which questions are put to people.
#[derive(Default)]
pub(super) struct Asking<'a> {
    /// Puts one; nothing where nobody can be asked.
    pub(super) asker: Option<Asker<'a>>,
    /// Names that are settled and not asked.
    pub(super) settled: Vec<String>,
    /// Answers that were given before and hold where they still answer their question.
    pub(super) known: Dict,
}

/// Answers all questions in their order, those with an object last, as cookiecutter does.
///
/// Errors: a default cannot be rendered, a list of choices is empty, or somebody broke off.
pub(super) fn answer(
    questions: &mut Dict,
    engine: &Engine,
    asking: &mut Asking<'_>,
) -> Result<Dict, CookieError> {
    let prompts = match questions.remove(PROMPTS) {
        Some(Json::Dict(prompts)) => prompts,
        _ => Dict::default(),
    };
    let mut answers = Dict::default();
    for (name, raw) in questions.iter().filter(|(name, raw)| name.starts_with('_') || !is_dict(raw)) {
        let found = one(name, raw, engine, &answers, &prompts, asking)?;
        answers.insert(name, found);
    }
    for (name, raw) in questions.iter().filter(|(_, raw)| is_dict(raw)) {
        let found = one(name, raw, engine, &answers, &prompts, asking)?;
        answers.insert(name, found);
    }
    Ok(answers)
}

fn is_dict(raw: &Json) -> bool {
    matches!(raw, Json::Dict(_))
}

fn one(
    name: &str,
    raw: &Json,
    engine: &Engine,
    answers: &Dict,
    prompts: &Dict,
    asking: &mut Asking<'_>,
) -> Result<Json, CookieError> {
    if name.starts_with('_') && !name.starts_with("__") {
        return Ok(raw.clone());
    }
    let rendered = render(name, raw, engine, answers)?;
    let default = match &rendered {
        Json::List(choices) if !name.starts_with("__") => choices.first().cloned().ok_or_else(|| {
            CookieError::Manifest(format!("`{MANIFEST}` of the template gives no choices for `{name}`"))
        })?,
        other => other.clone(),
    };
    let is_open = !name.starts_with('_') && !asking.settled.iter().any(|settled| settled == name);
    if let Some(known) = asking.known.get(name).filter(|known| is_open && answers_it(&rendered, known)) {
        return Ok(known.clone());
    }
    match asking.asker.as_mut().filter(|_| is_open) {
        Some(ask) => Ok(ask(&question(name, rendered, prompts))?.unwrap_or(default)),
        None => Ok(default),
    }
}

/// Whether an answer is one that a question takes.
fn answers_it(question: &Json, answer: &Json) -> bool {
    match (question, answer) {
        (Json::List(choices), answer) => choices.contains(answer),
        (Json::Bool(_), answer) => matches!(answer, Json::Bool(_)),
        (Json::Dict(_), answer) => matches!(answer, Json::Dict(_)),
        (_, answer) => matches!(answer, Json::Text(_) | Json::Null),
    }
}

fn question(name: &str, rendered: Json, prompts: &Dict) -> Ask {
    let about = prompts.get(name);
    let prompt = match about {
        Some(Json::Text(text)) if !text.is_empty() => text.clone(),
        Some(Json::Dict(labels)) => labels.get("__prompt__").map_or_else(|| name.to_owned(), Json::text),
        _ => name.to_owned(),
    };
    let label = |choice: &Json| match about {
        Some(Json::Dict(labels)) => labels.get(&choice.text()).map(|label| rich::plain(&label.text())),
        _ => None,
    };
    let label = |choice: &Json| label(choice).unwrap_or_else(|| choice.text());
    let kind = match rendered {
        Json::Bool(yes) => AskKind::YesNo(yes),
        Json::List(choices) => AskKind::Choice(choices.iter().map(|one| (one.clone(), label(one))).collect()),
        Json::Dict(dict) => AskKind::Dict(dict),
        Json::Null => AskKind::Text(None),
        other => AskKind::Text(Some(other.text())),
    };
    Ask { name: name.to_owned(), prompt: rich::plain(&prompt), kind }
}

/// Renders a default: numbers become texts, lists and objects are gone through.
fn render(name: &str, raw: &Json, engine: &Engine, answers: &Dict) -> Result<Json, CookieError> {
    let again = |raw: &Json| render(name, raw, engine, answers);
    Ok(match raw {
        Json::Null | Json::Bool(_) => raw.clone(),
        Json::List(items) => Json::List(items.iter().map(again).collect::<Result<_, _>>()?),
        Json::Dict(entries) => {
            let mut dict = Dict::default();
            for (key, value) in entries.iter() {
                dict.insert(&again(&Json::Text(key.to_owned()))?.text(), again(value)?);
            }
            Json::Dict(dict)
        }
        text => {
            let context = Value::from_pairs([("cookiecutter", answers.answers_value())]);
            Json::Text(engine.render_text(&format!("{MANIFEST} (`{name}`)"), &text.text(), &context)?)
        }
    })
}
