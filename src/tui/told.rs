//! What is told of the whole state without a picture: one object for `--json`, and where one is in a line.

use serde_json::{Value, json};

use crate::model::show;

use super::action::{Entry, here};
use super::popup::twin::over;
use super::state::State;
use super::twin::{Twin, counted, counts};

/// The form of `--json`. Fields may be added to it; what is there keeps its name and meaning.
const VERSION: u32 = 1;

/// A screen with all that is around it, as one object; `drawn` are the lines of its picture.
pub(super) fn json(state: &State, drawn: &[String]) -> Value {
    let (facts, snapshot) = (&state.facts, &state.facts.snapshot);
    let twin = state.top().twin(facts, usize::MAX);
    let is_told = twin != Twin::default();
    let mut found = twin.json();
    if !is_told {
        found.insert("lines".into(), json!(drawn));
    }
    let (settled, wanted) = facts.run.settled();
    let run = (!facts.run.run.is_empty()).then(
        || json!({ "id": facts.run.run, "is_live": facts.is_live, "settled": settled, "wanted": wanted }),
    );
    let actions: Vec<Value> = here(state.place()).into_iter().map(|entry| action(state, entry)).collect();
    let around = [
        ("minipach", json!("screen")),
        ("version", json!(VERSION)),
        ("screen", json!(state.place().name().to_lowercase())),
        (
            "project",
            json!({
                "name": snapshot.project, "branch": snapshot.branch, "head": snapshot.head,
                "operation": snapshot.operation, "error": snapshot.error,
            }),
        ),
        ("as_of", json!(state.look.as_ref().map(|look| &look.commit.id))),
        ("datums", counts(&facts.totals())),
        ("findings", json!(snapshot.findings.len())),
        ("run", json!(run)),
        ("actions", Value::Array(actions)),
        ("over", state.popups.last().map_or(Value::Null, |popup| over(popup, usize::MAX).object())),
    ];
    found.extend(around.into_iter().map(|(name, fact)| (name.to_owned(), fact)));
    Value::Object(found)
}

fn action(state: &State, entry: &Entry) -> Value {
    let (keys, off) = (state.keymap.all(entry.action), state.off(entry.action));
    json!({ "name": entry.name, "keys": keys, "help": entry.help, "off": off })
}

/// Where one is, in a line: the project, then the way to the screen.
pub(super) fn place(state: &State) -> String {
    let (facts, name) = (&state.facts, state.place().name());
    let mut project = show(&facts.snapshot.project);
    if let Some(look) = &state.look {
        project = format!("{project} as of {}, read-only", look.short());
    }
    let trail = state.top().trail();
    let way = if trail.is_empty() { name.to_owned() } else { format!("{name} {trail}") };
    format!("{project}, {way}: {}", counted(&facts.totals()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::facts::fixture;

    #[test]
    fn a_screen_has_its_project_its_rows_and_its_actions() {
        let state = State { facts: fixture::facts(), ..State::default() };
        let found = json(&state, &[]);
        assert_eq!((&found["screen"], &found["project"]["branch"]), (&json!("pipelines"), &json!("main")));
        let fs = &found["rows"][2];
        assert_eq!(
            (&fs["name"], &fs["state"], &fs["counts"]["failed"]),
            (&json!("fs"), &json!("failed"), &json!(1))
        );
        assert_eq!(fs["reads"], json!(["raw/t1", "raw/t2"]));
        let actions = found["actions"].as_array().expect("a list");
        let rerun = actions.iter().find(|action| action["name"] == "rerun").expect("it is there");
        assert_eq!(
            (&rerun["keys"], &rerun["off"]),
            (&json!("r"), &json!("`raw/t1` is data, not a pipeline"))
        );
        assert_eq!(place(&state), "study, Pipelines: 1 done, 1 stale, 1 blocked, 1 failed");
    }
}
