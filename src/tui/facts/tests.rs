//! Tests of the facts: what a run changes of them, and what a new snapshot does to that.

use super::*;
use crate::app::{JobProgress, Waiting};

fn change(key: &str, state: DatumState, message: Option<&str>) -> DatumChange {
    let (pipeline, key, message) = ("fs".into(), key.into(), message.map(str::to_owned));
    DatumChange { pipeline, key, state, message, took_ms: 5, id: DatumId([0; 32]) }
}

#[test]
fn a_run_changes_states_counts_and_reasons_until_the_next_snapshot() {
    let mut facts = fixture::facts();
    facts.change(change("sub-3", DatumState::Running, None));
    assert_eq!(
        (facts.state(2, 2), facts.node_state(2)),
        (DatumState::Running, Overall::Datum(DatumState::Running))
    );
    facts.change(change("sub-3", DatumState::Done, None));
    facts.change(change("sub-1", DatumState::Failed, Some("exit code 3")));
    facts.change(change("no such key", DatumState::Failed, None));
    let counts = facts.counts(2);
    assert_eq!((counts.get(DatumState::Done), counts.get(DatumState::Failed), counts.total()), (1, 2, 3));
    assert_eq!((facts.reason(2, 0), facts.reason(2, 2)), ("exit code 3".into(), "just done".into()));
    facts.begin_loading();
    facts.renew(Arc::clone(&facts.snapshot));
    assert_eq!(facts.counts(2).get(DatumState::Failed), 1);
}

#[test]
fn what_a_running_job_did_outlives_snapshots_and_what_an_ended_one_did_does_not() {
    let mut facts = fixture::facts();
    let job = JobProgress { pipeline: "fs".into(), ..JobProgress::default() };
    let mut run = RunProgress { run: "r1".into(), jobs: vec![job], ..RunProgress::default() };
    (facts.run, facts.is_live) = (Arc::new(run.clone()), true);
    facts.change(change("sub-3", DatumState::Done, None));
    facts.renew(Arc::clone(&facts.snapshot));
    assert_eq!(facts.state(2, 2), DatumState::Done);
    run.jobs[0].ended = Some(true);
    facts.run = Arc::new(run);
    facts.renew(Arc::clone(&facts.snapshot));
    assert_eq!(facts.state(2, 2), DatumState::Done, "what was read before the job was over says nothing");
    facts.begin_loading();
    facts.renew(Arc::clone(&facts.snapshot));
    assert_eq!(facts.state(2, 2), DatumState::Stale);
}

#[test]
fn what_a_run_did_with_other_inputs_than_those_of_now_says_nothing() {
    let mut facts = fixture::facts();
    let job = JobProgress { pipeline: "fs".into(), started_ms: 100, ..Default::default() };
    let run = RunProgress { run: "r1".into(), jobs: vec![job], ..RunProgress::default() };
    (facts.run, facts.is_live) = (Arc::new(run), true);
    let other = |key, state| DatumChange { id: DatumId([9; 32]), ..change(key, state, None) };
    // Read before the job was planned: the run knows better.
    facts.change(other("sub-3", DatumState::Done));
    assert_eq!(facts.state(2, 2), DatumState::Done);
    // Read after that: inputs were edited since.
    facts.now_ms = 200;
    facts.begin_loading();
    facts.renew(Arc::clone(&facts.snapshot));
    assert_eq!((facts.state(2, 2), facts.took_one(2, 2)), (DatumState::Stale, 0));
    facts.change(other("sub-2", DatumState::Running));
    assert_eq!(facts.state(2, 1), DatumState::Running, "its command does run");
    facts.change(other("sub-2", DatumState::Done));
    assert_eq!((facts.state(2, 1), facts.counts(2).get(DatumState::Failed)), (DatumState::Failed, 1));
    facts.change(change("sub-3", DatumState::Done, None));
    assert_eq!(facts.state(2, 2), DatumState::Done, "the same work counts");
}

#[test]
fn lengths_of_time_are_short() {
    let shown = [29, 400, 12_000, 250_000, 6_120_000, 300_000_000].map(span);
    assert_eq!(shown, ["29ms", "0.4s", "12s", "4m10", "1h42", "3d"]);
}

#[test]
fn what_a_job_is_about_to_commit_is_not_held() {
    let mut facts = fixture::facts();
    let mut snapshot = (*facts.snapshot).clone();
    snapshot.nodes[2].held = Some(Waiting { why: "`raw/a` is not committed".into(), ..Waiting::default() });
    facts.snapshot = Arc::new(snapshot);
    assert_eq!(facts.held(2).map(|held| &*held.why), Some("`raw/a` is not committed"));
    let job = |ended| JobProgress { pipeline: "fs".into(), ended, ..Default::default() };
    facts.is_live = true;
    for (ended, is_held) in [(None, false), (Some(true), true)] {
        facts.run = Arc::new(RunProgress { jobs: vec![job(ended)], ..RunProgress::default() });
        assert_eq!(facts.held(2).is_some(), is_held, "{ended:?}");
    }
}

#[test]
fn what_was_taken_back_is_no_last_commit_of_a_pipeline() {
    let commit = |id: &str, pipeline: Option<&str>, reverts: Option<&str>| CommitView {
        id: format!("{id}000000"),
        at_ms: 5,
        pipeline: pipeline.map(str::to_owned),
        reverts: reverts.map(|id| format!("{id}000000")),
        ..CommitView::default()
    };
    let mut facts = fixture::facts();
    let last = |facts: &Facts| facts.last.get("fs").map(|(id, _)| id.clone());
    let (old, new) = (commit("old0", Some("fs"), None), commit("new0", Some("fs"), None));
    facts.take_commits(&[new.clone(), old.clone()]);
    assert_eq!(last(&facts).as_deref(), Some("new0000"));
    let back = commit("back", None, Some("new0"));
    facts.take_commits(&[back.clone(), new.clone(), old.clone()]);
    assert_eq!(last(&facts).as_deref(), Some("old0000"));
    // Taken back, and that taken back again.
    facts.take_commits(&[commit("then", None, Some("back")), back.clone(), new.clone()]);
    assert_eq!(last(&facts).as_deref(), Some("new0000"));
    facts.take_commits(&[back, new]);
    assert_eq!(last(&facts), None);
}

#[test]
fn a_run_with_more_to_do_than_what_is_not_done_makes_results_again() {
    let mut facts = fixture::facts();
    let job = |to_run| JobProgress { pipeline: "fs".into(), to_run, ..JobProgress::default() };
    facts.is_live = true;
    for (to_run, is_again) in [(2, false), (3, true)] {
        facts.run = Arc::new(RunProgress { jobs: vec![job(to_run)], ..RunProgress::default() });
        assert_eq!(facts.is_made_again(2), is_again, "{to_run}");
    }
    facts.stops = 1;
    assert!(!facts.is_made_again(2), "what stops begins nothing");
}

#[test]
fn what_a_run_does_is_shown_over_the_last_good_state_of_a_spec_that_broke_meanwhile() {
    let mut facts = fixture::facts();
    let job = |ended| JobProgress { pipeline: "fs".into(), started_ms: 5, ended, ..Default::default() };
    let run = |ended| RunProgress { run: "r1".into(), jobs: vec![job(ended)], ..RunProgress::default() };
    (facts.run, facts.is_live) = (Arc::new(run(None)), true);
    let mut broken = (*facts.snapshot).clone();
    (broken.nodes[2].state, broken.nodes[2].error) = ("broken".into(), Some("unknown field".into()));
    facts.begin_loading();
    facts.renew(Arc::new(broken.clone()));
    assert!(facts.is_followed(2) && !facts.is_followed(3));
    facts.change(change("sub-3", DatumState::Done, None));
    assert_eq!(facts.state(2, 2), DatumState::Done);
    // Its job is over, and the project is read again, still with the broken spec.
    facts.run = Arc::new(run(Some(true)));
    facts.begin_loading();
    facts.renew(Arc::new(broken));
    assert_eq!((facts.state(2, 2), facts.is_followed(2)), (DatumState::Done, false));
}

#[test]
fn what_a_stop_cut_off_is_as_it_was_before_also_where_its_spec_broke_meanwhile() {
    let mut facts = fixture::facts();
    let (before, reason) = (facts.state(2, 2), facts.reason(2, 2));
    assert_eq!(before, DatumState::Stale);
    let job = JobProgress { pipeline: "fs".into(), started_ms: 5, ..Default::default() };
    let run = RunProgress { run: "r1".into(), jobs: vec![job], ..RunProgress::default() };
    (facts.run, facts.is_live) = (Arc::new(run), true);
    facts.change(change("sub-3", DatumState::Running, None));
    facts.change(change("sub-3", DatumState::Pending, Some("stopped")));
    assert_eq!((facts.state(2, 2), facts.reason(2, 2)), (before, reason.clone()));
    let mut broken = (*facts.snapshot).clone();
    (broken.nodes[2].state, broken.nodes[2].error) = ("broken".into(), Some("unknown field".into()));
    facts.is_live = false;
    facts.begin_loading();
    facts.renew(Arc::new(broken));
    assert_eq!((facts.state(2, 2), facts.reason(2, 2)), (before, reason));
}

#[test]
fn what_the_run_comes_to_yet_is_queued() {
    let mut facts = fixture::facts();
    let only = Some(["sub-1", "sub-3"].map(str::to_owned).into());
    let job = JobProgress { pipeline: "fs".into(), to_run: 2, only, ..JobProgress::default() };
    (facts.run, facts.is_live) =
        (Arc::new(RunProgress { run: "r1".into(), jobs: vec![job], ..RunProgress::default() }), true);
    assert_eq!(facts.state(2, 2), DatumState::Stale);
    assert!(facts.is_queued(2, 2) && !facts.is_queued(2, 1), "only what it has queued");
    facts.change(change("sub-3", DatumState::Failed, Some("exit code 3")));
    assert!(!facts.is_queued(2, 2), "it told its end");
    facts.renew(Arc::clone(&facts.snapshot));
    facts.is_live = false;
    assert!(!facts.is_queued(2, 2));
}

#[test]
fn results_of_a_run_that_goes_on_are_no_edits() {
    let mut facts = fixture::facts();
    let snapshot = Arc::make_mut(&mut facts.snapshot);
    snapshot.uncommitted = vec![("raw/a".into(), crate::app::FileChange::Changed)];
    snapshot.changed_results = 18;
    assert_eq!(facts.changed_files(), 19);
    facts.is_live = true;
    assert_eq!(facts.changed_files(), 1);
}
