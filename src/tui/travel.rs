//! Time travel: everything is shown as of a commit, read-only, while what happens now is taken in aside.

use std::sync::Arc;

use crate::app::{CommitView, Snapshot};

use super::effect::{Answer, Query, World};
use super::facts::Facts;
use super::look::Look;
use super::message::Msg;
use super::state::{State, Tab};
use super::theme::Role;

/// The finding that HEAD is on no branch, which is so of whatever was laid out.
const DETACHED: &str = "MP309";

/// The time goes on for both.
pub(super) fn clock(state: &mut State, now_ms: u64) {
    state.facts.now_ms = now_ms;
    if let Some(look) = &mut state.look {
        look.live.now_ms = now_ms;
    }
}

/// Asks for a commit to be laid out.
pub(super) fn begin(state: &mut State, commit: Box<CommitView>) {
    state.say_underway(format!("laying out {} beside the project", commit.short()));
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
    snapshot.findings.retain(|finding| finding.code != DETACHED);
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
    let (tab, layers) = (std::mem::replace(&mut state.tab, Tab::Home), std::mem::take(&mut state.layers));
    state.before_look.get_or_insert((tab, layers));
    true
}

/// Back to now, and to where one stood before.
pub(super) fn leave(state: &mut State) {
    let Some(look) = state.look.take() else { return };
    state.facts = look.live;
    state.worlds.push(World::Query(Query::Look(false)));
    (state.tab, state.layers) = state.before_look.take().unwrap_or((Tab::History, Vec::new()));
    state.say("this is the project as it is now", Role::Plain);
}

/// Whether an answer is about the project as it is, where a commit has answers of its own.
const fn is_of_now(answer: &Answer) -> bool {
    match answer {
        Answer::Log(source, _) => source.path.is_none(),
        Answer::Datum(..) | Answer::Times(..) | Answer::Source(..) | Answer::Files(_) | Answer::Path(..) => {
            true
        }
        _ => false,
    }
}

/// While a commit is looked at, takes in what is about now; gives back all else.
pub(super) fn aside(state: &mut State, message: Msg) -> Option<Msg> {
    let Some(look) = &mut state.look else {
        // What was asked of a commit is not shown as now.
        return (!matches!(message, Msg::AnswerAt(..))).then_some(message);
    };
    let live = &mut look.live;
    match message {
        Msg::AnswerAt(id, answer) if id == look.commit.id => return Some(Msg::Answer(answer)),
        Msg::AnswerAt(..) => {}
        Msg::Answer(Answer::Usual(usual)) => live.usual = usual,
        Msg::Answer(answer) if is_of_now(&answer) => {}
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

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Answer {
        Answer::Files(Arc::default())
    }

    #[test]
    fn of_the_past_no_finding_is_told_that_comes_of_looking_and_none_is_put_aside() {
        use crate::model::{Finding, Severity};
        use crate::tui::action::Action;
        let finding = |code| Finding::new(code, "x", Severity::Info, "a finding").at("fs/spec.yml", None);
        let snapshot =
            Snapshot { findings: vec![finding(DETACHED), finding("MP112")], ..Snapshot::default() };
        let mut state = State::default();
        assert!(came(&mut state, &CommitView::default(), Ok(Arc::new(snapshot))));
        let codes: Vec<_> = state.facts.snapshot.findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, ["MP112"]);
        state.tab = Tab::Check;
        assert!(state.off(Action::Dismiss).is_some_and(|why| why.contains("read-only")));
    }

    #[test]
    fn late_answers_of_another_time_are_not_shown() {
        let mut state = State::default();
        assert!(
            aside(&mut state, Msg::AnswerAt("aaaa".into(), files())).is_none(),
            "of a commit, and now is shown"
        );
        assert!(aside(&mut state, Msg::Answer(files())).is_some());
        let commit = CommitView { id: "bbbb".into(), ..CommitView::default() };
        state.look = Some(Look { commit, live: Facts::default() });
        assert!(aside(&mut state, Msg::Answer(files())).is_none(), "of now, and a commit is shown");
        assert!(aside(&mut state, Msg::AnswerAt("aaaa".into(), files())).is_none(), "of another commit");
        assert!(aside(&mut state, Msg::AnswerAt("bbbb".into(), files())).is_some());
        assert!(aside(&mut state, Msg::Answer(Answer::Past(Vec::new()))).is_some(), "runs are of all times");
    }
}
