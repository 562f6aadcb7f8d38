//! Askers: who asked what opens something is remembered by where they stood. Nobody who went on is called back.

use crate::app::CommitView;

use super::effect::{Query, World};
use super::stand::{Asked, Stand};
use super::state::State;

fn stand(state: &State) -> Stand {
    let look = state.look.as_ref().map(|look| look.commit.id.clone());
    Stand { tab: state.tab, trail: state.trail(), look }
}

/// Remembers who asked what is about to be asked, and forgets who went elsewhere since.
pub(super) fn follow(state: &mut State) {
    forget(state);
    let opens = |world: &World| match world {
        World::Query(Query::At(commit)) => Some(Some(commit.id.clone())),
        World::Query(Query::Since(..) | Query::Diff(_) | Query::Compare(..) | Query::Engines) => Some(None),
        _ => None,
    };
    let asked: Vec<Option<String>> = state.worlds.iter().filter_map(opens).collect();
    for commit in asked {
        let stand = stand(state);
        match commit {
            Some(id) => state.asked.commit = Some((stand, id)),
            None => state.asked.text = Some(stand),
        }
    }
}

fn forget(state: &mut State) {
    let Asked { text, commit } = &state.asked;
    let mut askers = text.iter().chain(commit.iter().map(|(stand, _)| stand)).peekable();
    if askers.peek().is_none() {
        return;
    }
    let here = stand(state);
    if askers.any(|asker| *asker != here) {
        state.asked = Asked::default();
        state.has_come();
    }
}

/// Forgets what somebody was told to wait for; whether there was anything.
pub(super) fn let_go(state: &mut State) -> bool {
    let is_asked = state.asked.text.is_some() || state.asked.commit.is_some();
    let is_waiting = is_asked && state.has_come();
    if is_waiting {
        state.asked = Asked::default();
    }
    is_waiting
}

/// Whether somebody still waits for the text that came.
pub(super) fn is_text_awaited(state: &mut State) -> bool {
    let here = stand(state);
    state.asked.text.take_if(|asker| *asker == here).is_some()
}

/// Whether somebody still waits for the commit that was laid out.
pub(super) fn is_commit_awaited(state: &mut State, commit: &CommitView) -> bool {
    let here = stand(state);
    state.asked.commit.take_if(|(asker, id)| *asker == here && *id == commit.id).is_some()
}
