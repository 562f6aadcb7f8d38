//! What lies over a screen, without its picture.

use serde_json::{Value, json};

use crate::model::show;
use crate::run::count;

use super::super::twin::{Row, Twin};
use super::finder::{Finder, Item};
use super::form::Form;
use super::question::Question;
use super::{Popup, Text};

/// What lies over a screen.
pub(in crate::tui) struct Over {
    /// `list`, `question`, `text` or `filter`.
    pub(in crate::tui) kind: &'static str,
    /// Its heading.
    pub(in crate::tui) title: String,
    /// What it says.
    pub(in crate::tui) twin: Twin,
}

impl Over {
    /// All of it by name.
    pub(in crate::tui) fn object(self) -> Value {
        let mut facts = self.twin.json();
        facts.insert("kind".into(), json!(self.kind));
        facts.insert("title".into(), json!(self.title));
        Value::Object(facts)
    }
}

/// What a popup says, at most so many rows of its list.
pub(in crate::tui) fn over(popup: &Popup, most: usize) -> Over {
    match popup {
        Popup::Finder(finder) => list(finder, most),
        Popup::Question(question) => asked(question),
        Popup::Text(text) => read(text),
        Popup::Form(form) => typed(form),
        Popup::Filter(filter) => {
            let text = filter.line.text();
            let twin = Twin::default().with("text", text).line(show(text));
            Over { kind: "filter", title: "Filter".into(), twin }
        }
    }
}

fn typed(form: &Form) -> Over {
    let fields: Vec<(&str, &str)> = form.typed().collect();
    let view = form.known();
    let found = view.map(|view| view.found.as_ref());
    let mut twin = Twin::default()
        .with("fields", json!(fields))
        .with("is_sure", form.is_sure())
        .with("datums", json!(found.and_then(Result::ok).map(|(number, _)| number)))
        .with("missing", json!(found.and_then(Result::err).map(|missing| &missing.why)))
        .with("spec", json!(view.map(|view| &view.text)));
    twin.lines = (0..fields.len()).filter_map(|at| form.told(at)).collect();
    twin.lines.extend(found.map(|found| match found {
        Ok((datums, _)) => count(*datums, "datum"),
        Err(missing) => show(&missing.why),
    }));
    let ask = if form.is_sure() {
        format!(
            "write it? y = write {}/spec.yml, n = go on",
            show(fields.first().map_or("", |(_, text)| text))
        )
    } else {
        "a number and a text fill in a line, `write` asks whether all is right, `back` leaves".into()
    };
    twin.lines.push(ask);
    Over { kind: "form", title: "New pipeline".into(), twin }
}

fn list(finder: &Finder, most: usize) -> Over {
    let (items, cursor) = finder.found();
    let twin = Twin::default().list(items.len(), cursor, most, |at| item(items[at]));
    Over { kind: "list", title: finder.title().into(), twin }
}

fn item(item: &Item) -> Row {
    let key = if item.key.is_empty() { String::new() } else { format!(" ({})", item.key) };
    let off = if item.effect.is_some() { "" } else { "off now: " };
    let text = format!("{}{key}: {off}{}", show(&item.name), show(&item.text));
    let is_off = item.effect.is_none();
    let facts = json!({
        "group": item.group, "keys": item.key, "name": item.name, "text": item.text, "is_off": is_off,
    });
    Row { text, facts }
}

/// So much of what a question is about one by one is read out.
const READ_OUT: usize = 10;

fn asked(question: &Question) -> Over {
    let answers: Vec<Value> =
        question.answers.iter().map(|(key, word, _)| json!({ "key": key, "does": word })).collect();
    let told: Vec<String> = question.answers.iter().map(|(key, word, _)| format!("{key} = {word}")).collect();
    let mut twin = Twin::default()
        .with("says", json!(question.says()))
        .with("each", json!(question.each))
        .with("command", question.command.clone())
        .with("answers", Value::Array(answers));
    twin.lines = question.says().iter().map(|line| show(line)).collect();
    twin.lines.extend(question.each.iter().take(READ_OUT).cloned());
    let more = question.each.len().saturating_sub(READ_OUT);
    twin.lines.extend((more > 0).then(|| format!("and {}", count(more, "more line"))));
    if !question.command.is_empty() {
        twin.lines.push(format!("the same in a shell: {}", show(&question.command)));
    }
    twin.lines.push(format!("answers: {}", told.join(", ")));
    Over { kind: "question", title: question.title.clone(), twin }
}

fn read(text: &Text) -> Over {
    let mut twin = Twin::default().with("says", json!(text.lines));
    twin.lines = text.lines.iter().map(|line| show(line)).collect();
    Over { kind: "text", title: text.title.clone(), twin }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_names_its_answers() {
        let told = over(&Popup::Question(Question::leave(7, true)), 9);
        assert_eq!(told.twin.told()[1], "answers: d = detach: it ends by itself, n = stay");
        let told = over(&Popup::Question(Question::leave(7, false)), 9);
        assert_eq!(told.twin.told()[1], "answers: d = detach: it goes on, s = stop it and quit, n = stay");
        let object = told.object();
        assert_eq!((&object["kind"], &object["answers"][2]["key"]), (&json!("question"), &json!("n")));
    }

    #[test]
    fn of_many_things_that_a_question_is_about_some_are_read_out() {
        let each = (0..99).map(|at| format!("removed   fs/{at}")).collect();
        let question = Question { lines: vec!["files: 99 removed".into()], each, ..Question::default() };
        let told = over(&Popup::Question(question), 9).twin.told();
        assert_eq!((told.len(), told[11].as_str()), (13, "and 89 more lines"), "{told:?}");
    }

    #[test]
    fn a_text_is_its_lines() {
        let text = Text::new("Why".into(), vec!["one".into(), "two \u{1b}[31m".into()]);
        let told = over(&Popup::Text(text), 9);
        assert_eq!((told.title.as_str(), told.twin.told().len()), ("Why", 2));
        assert!(!told.twin.told()[1].contains('\u{1b}'));
    }
}
