//! Time travel: everything is shown as of a commit, read-only, while what happens now is taken in aside.

use std::sync::Arc;

use crate::app::{CommitView, Snapshot};

use super::effect::{Query, World};
use super::facts::Facts;
use super::look::Look;
use super::message::Msg;
use super::state::{State, Tab};
use super::theme::Role;

/// The time goes on for both.
pub(super) fn clock(state: &mut State, now_ms: u64) {
    state.facts.now_ms = now_ms;
    if let Some(look) = &mut state.look {
        look.live.now_ms = now_ms;
    }
}

/// Asks for a commit to be laid out.
pub(super) fn begin(state: &mut State, commit: Box<CommitView>) {
    state.say(format!("laying out {} beside the project", commit.short()), Role::Dim);
    state.worlds.push(World::Query(Query::At(commit)));
}

/// A commit was laid out: all is shown as of it; whether it could be.
pub(super) fn came(state: &mut State, commit: &CommitView, found: Result<Arc<Snapshot>, String>) -> bool {
    let found = match found {
        Ok(found) => found,
        Err(why) => {
            state.say(format!("cannot show {}: {why}", commit.short()), Role::Bad);
            return false;
        }
    };
    let live = match state.look.take() {
        Some(look) => look.live,
        None => std::mem::take(&mut state.facts),
    };
    // It lies in a folder of another name, on no branch.
    let mut snapshot = Arc::unwrap_or_clone(found);
    snapshot.project.clone_from(&live.snapshot.project);
    // Only of its tip can one say that it is the branch.
    if snapshot.head == live.snapshot.head {
        snapshot.branch.clone_from(&live.snapshot.branch);
    } else {
        snapshot.branch.clear();
    }
    let (now_ms, watch) = (live.now_ms, live.watch.clone());
    state.facts = Facts::default();
    state.facts.is_past = true;
    (state.facts.now_ms, state.facts.watch, state.facts.snapshot) = (now_ms, watch, Arc::new(snapshot));
    state.say(format!("{} {}", commit.short(), commit.subject), Role::Plain);
    state.look = Some(Look { commit: commit.clone(), live });
    state.worlds.push(World::Query(Query::Look(true)));
    (state.tab, state.layers) = (Tab::Home, Vec::new());
    true
}

/// Back to now.
pub(super) fn leave(state: &mut State) {
    let Some(look) = state.look.take() else { return };
    state.facts = look.live;
    state.worlds.push(World::Query(Query::Look(false)));
    (state.tab, state.layers) = (Tab::History, Vec::new());
    state.say("this is the project as it is now", Role::Plain);
}

/// While a commit is looked at, takes in what is about now; gives back all else.
pub(super) fn aside(state: &mut State, message: Msg) -> Option<Msg> {
    let Some(look) = &mut state.look else { return Some(message) };
    let live = &mut look.live;
    match message {
        Msg::Loading => live.begin_loading(),
        Msg::Snapshot(snapshot) => {
            (live.is_loading, live.is_remembered, live.unread) = (false, false, None);
            live.renew(snapshot);
        }
        Msg::Unread(why) => (live.is_loading, live.unread) = (false, Some(why)),
        Msg::Run(news) => {
            let has_ended = live.is_live && !news.is_live;
            (live.run, live.is_live) = (news.run, news.is_live);
            news.changes.into_iter().for_each(|change| live.change(change));
            if has_ended {
                state.worlds.push(World::Query(Query::Reload));
                state.say("a run ended meanwhile", Role::Plain);
            }
        }
        Msg::Watch(watch) => live.watch = watch,
        other => return Some(other),
    }
    None
}
