//! The shell command that does what an action does, for what is under the cursor, where there is one.

use crate::app::command_line;

use super::action::Action;
use super::place::Place;
use super::state::State;

/// The command of an action; `None` of one that only moves on the screen, or of which no single command does the same.
pub(super) fn same(state: &State, action: Action) -> Option<String> {
    words(state, action).map(|words| command_line(&words))
}

fn words(state: &State, action: Action) -> Option<Vec<String>> {
    let verb = |verb: &str| Some(vec![verb.to_owned()]);
    match action {
        Action::Rerun => about(state, &["run"]),
        Action::RerunDownstream => about(state, &["run", "--downstream"]),
        Action::RerunBelow => Some(vec!["run".into(), "--recursive".into()]),
        Action::Accept => about(state, &["accept"]),
        Action::Why => about(state, &["why"]),
        Action::Log => about(state, &["logs"]),
        Action::Enter => about(state, &["enter"]),
        Action::Provenance => about(state, &["provenance"]),
        Action::Compare => state.names().remove("commit").map(|commit| vec!["diff".to_owned(), commit]),
        Action::Save | Action::Undo | Action::Cancel => verb(super::action::row(action).name),
        Action::EndNow => Some(vec!["cancel".into(), "--now".into()]),
        Action::Collect => verb("gc"),
        Action::Engines => verb("engines"),
        Action::ShowPipelines => verb("status"),
        Action::ShowJobs => verb("jobs"),
        Action::ShowCheck => verb("check"),
        _ => None,
    }
}

/// A verb with what is under the cursor: a datum, a pipeline or a path. What is selected besides is in no name.
fn about(state: &State, verb: &[&str]) -> Option<Vec<String>> {
    let names = state.names();
    let has_selection = state.place() == Place::Pipeline && state.has_selection();
    let target = match (names.get("pipeline"), names.get("key"), names.get("path")) {
        _ if has_selection => return None,
        (Some(pipeline), Some(key), _) => format!("{pipeline}:{key}"),
        (None, _, Some(path)) => path.clone(),
        (Some(pipeline), None, _) => pipeline.clone(),
        (None, ..) => return None,
    };
    Some(verb.iter().map(|word| (*word).to_owned()).chain([target]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::effect::Effect;
    use crate::tui::facts::fixture;
    use crate::tui::perform::{act, perform};

    #[test]
    fn what_is_under_the_cursor_is_named() {
        let mut state = State { facts: fixture::facts(), ..State::default() };
        state.seen.rows = 9;
        (0..2).for_each(|_| act(&mut state, Action::Down));
        let told = |state: &State, action| same(state, action).unwrap_or_default();
        assert_eq!(told(&state, Action::Rerun), "minipach run fs");
        assert_eq!(told(&state, Action::Undo), "minipach undo");
        assert_eq!(same(&state, Action::Down), None);
        perform(&mut state, Effect::OpenPipeline("fs".into()));
        assert_eq!(told(&state, Action::RerunDownstream), "minipach run --downstream fs:sub-2");
        act(&mut state, Action::Select);
        assert_eq!(same(&state, Action::Rerun), None, "what is selected is more than that");
    }
}
