//! Acts on the project as a whole: taking the last results back, and saving; each asks first and shows what it means.

use super::effect::{Answer, Query, World};
use super::popup::Popup;
use super::popup::acts::NOT_YET;
use super::popup::question::{About, Question};
use super::state::State;
use super::theme::Role;

/// What a question of this kind asks the thread that has the project open.
pub(super) fn query(about: About) -> Option<Query> {
    match about {
        // What these ask about does not change with the project, or needs more than is known here.
        About::Other | About::Replay | About::Fixes => None,
        About::Collect => Some(Query::CollectPlan),
        About::Below => Some(Query::BelowPlan),
        About::Undo => Some(Query::UndoPlan),
        About::Save => Some(Query::SavePlan),
    }
}

/// Asks whether the last results are to be taken back.
pub(super) fn ask_undo(state: &mut State) {
    state.worlds.push(World::Query(Query::UndoPlan));
    state.popups.push(Popup::Question(Question::undo()));
}

/// Asks whether to commit what is not committed.
pub(super) fn ask_save(state: &mut State) {
    state.worlds.push(World::Query(Query::SavePlan));
    state.popups.push(Popup::Question(Question::save()));
}

/// Asks whether what is old is to be removed.
pub(super) fn ask_collect(state: &mut State) {
    state.worlds.push(World::Query(Query::CollectPlan));
    state.popups.push(Popup::Question(Question::waiting("Remove what is old?", About::Collect)));
}

/// Asks whether all is to be run, what lies in subdatasets first.
pub(super) fn ask_below(state: &mut State) {
    state.worlds.push(World::Query(Query::BelowPlan));
    let title = "Run everything, also in subdatasets?";
    state.popups.push(Popup::Question(Question::waiting(title, About::Below)));
}

/// Tells what can run commands here.
pub(super) fn tell_engines(state: &mut State) {
    state.say_underway("trying what can run commands here");
    state.worlds.push(World::Query(Query::Engines));
}

/// Takes an answer about one of these acts.
pub(super) fn answered(state: &mut State, answer: Answer) {
    match answer {
        Answer::Undone(done) => {
            let (text, role) = match done {
                Ok(text) => (text, Role::Good),
                Err(text) => (text, Role::Bad),
            };
            state.say(text, role);
            state.worlds.push(World::Query(Query::Reload));
        }
        Answer::UndoPlan(plan) => tell(state, About::Undo, |question| question.undo_planned(plan)),
        Answer::Foretold(about, found) => tell(state, about, |question| question.foretold(found)),
        Answer::SavePlan(saved) => tell(state, About::Save, |question| question.save_planned(saved)),
        _ => {}
    }
}

/// Tells the question on top what it waits for, if it is of this kind.
fn tell(state: &mut State, about: About, take: impl FnOnce(&mut Question)) {
    let now = state.facts.now_ms;
    if let Some(Popup::Question(question)) = state.popups.last_mut()
        && question.about == about
    {
        question.tell(now, take);
        state.withdraw(NOT_YET);
    }
}
