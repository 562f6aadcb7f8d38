//! Tests of why a pipeline is in its state, and what to do next.

use super::*;
use crate::app::{Cause, Wait, Waiting};
use crate::tui::facts::fixture;
use std::sync::Arc;

fn told(rows: &[(&str, DatumState, &str)]) -> Vec<String> {
    let mut facts = fixture::facts();
    let mut snapshot = (*facts.snapshot).clone();
    snapshot.nodes = vec![fixture::pipeline("fs", Vec::new(), rows)];
    facts.snapshot = Arc::new(snapshot);
    match explain(&facts, 0, &facts.snapshot.nodes[0]) {
        Effect::Explain(_, lines) => lines,
        other => vec![format!("{other:?}")],
    }
}

#[test]
fn what_failed_is_named_with_what_it_said() {
    let lines = told(&[
        ("sub-1", DatumState::Done, "fine"),
        ("sub-2", DatumState::Failed, "the last attempt failed: exit code 1: cut off"),
        ("sub-3", DatumState::Edited, "edited"),
    ]);
    assert_eq!(lines[1], "`sub-2` failed: exit code 1: cut off");
    assert_eq!(lines[0], "1 datum edited by hand (sub-3): a run leaves it as it is");
    assert!(lines[2].starts_with("next: Esc, then `l` shows"), "{lines:?}");
}

#[test]
fn many_that_failed_alike_are_one_sentence() {
    let keys: Vec<String> = (0..12).map(|number| format!("sub-{number:02}")).collect();
    let reasons: Vec<String> = (0..12).map(|number| format!("exit code 9: no room for {number}")).collect();
    let rows: Vec<_> = keys
        .iter()
        .zip(&reasons)
        .map(|(key, why)| (key.as_str(), DatumState::Failed, why.as_str()))
        .collect();
    let lines = told(&rows);
    assert_eq!(
        lines[0],
        "12 datums failed alike (sub-00, sub-01, sub-02, sub-03, sub-04, sub-05, sub-06, sub-07 and 4 more): \
         exit code 9: no room for 0"
    );
    assert_eq!(lines.len(), 2, "{lines:?}");
}

#[test]
fn the_hint_names_what_failed() {
    let mut facts = fixture::facts();
    let mut snapshot = (*facts.snapshot).clone();
    let failed = |key| (key, DatumState::Failed, "the last attempt failed: exit code 1: cut off");
    snapshot.nodes = vec![fixture::pipeline("fs", Vec::new(), &[failed("a"), failed("b")])];
    facts.snapshot = Arc::new(snapshot);
    let told = next(&facts, 0).map(|(text, _)| text);
    assert_eq!(told.as_deref(), Some("`a` failed: exit code 1: cut off; 1 more failed"));
}

#[test]
fn what_is_edited_comes_before_what_failed_as_the_state_says() {
    let mut facts = fixture::facts();
    let mut snapshot = (*facts.snapshot).clone();
    let rows = [("a", DatumState::Edited, "edited"), ("b", DatumState::Failed, "exit code 1: cut off")];
    snapshot.nodes = vec![fixture::pipeline("fs", Vec::new(), &rows)];
    facts.snapshot = Arc::new(snapshot);
    assert_eq!(facts.node_state(0).word(), "edited");
    let told = next(&facts, 0);
    assert_eq!(told, Some(("1 datum edited by hand; 1 datum failed".into(), Action::Why)));
    let told = pressing(&facts, 0, &facts.snapshot.nodes[0]);
    assert!(
        told[0].0.starts_with("1 datum edited by hand (a)") && told[1].0.contains("`b` failed"),
        "{told:?}"
    );
}

#[test]
fn what_is_done_and_will_be_made_anew_has_a_next_step() {
    let mut facts = fixture::facts();
    let mut snapshot = (*facts.snapshot).clone();
    let above = fixture::pipeline("fs", Vec::new(), &[("a", DatumState::Stale, "changed")]);
    let done = fixture::pipeline("stats", vec![0], &[(".", DatumState::Done, "it stands")]);
    snapshot.nodes = vec![above, done];
    facts.snapshot = Arc::new(snapshot);
    let lines = of_pipeline(&facts, 1, &facts.snapshot.nodes[1]);
    let step = "next: `fs` is not done, and once it is, this may be made anew; `R` on `fs` runs both";
    assert_eq!(lines.last().map(String::as_str), Some(step), "{lines:?}");
    let above = fixture::pipeline("fs", Vec::new(), &[("a", DatumState::Failed, "exit code 1")]);
    Arc::make_mut(&mut facts.snapshot).nodes[0] = above;
    let lines = of_pipeline(&facts, 1, &facts.snapshot.nodes[1]);
    let step = lines.last().expect("there is one");
    assert!(step.starts_with("next: mend what failed in `fs` (`a` failed: "), "{step}");
    assert!(step.ends_with("; then `R` on `fs` runs both"), "{step}");
}

#[test]
fn of_what_runs_it_is_not_said_that_a_run_would_do_nothing() {
    let lines = told(&[("a", DatumState::Running, "running for 1s"), ("b", DatumState::Done, "it stands")]);
    assert_eq!(lines, ["a run is at it: 1 datum running"]);
}

#[test]
fn what_is_known_and_not_in_place_has_a_next_key() {
    let mut facts = fixture::facts();
    let node = fixture::pipeline("fs", Vec::new(), &[("a", DatumState::Cached, "known")]);
    Arc::make_mut(&mut facts.snapshot).nodes = vec![node];
    let (text, key) = next(&facts, 0).expect("a next step");
    assert!(text.contains("a run puts that back without computing") && key == Action::Rerun, "{text}");
}

#[test]
fn a_program_that_is_missing_is_the_hint() {
    let mut facts = fixture::facts();
    let mut snapshot = (*facts.snapshot).clone();
    let mut node = fixture::pipeline("fs", Vec::new(), &[("a", DatumState::Pending, "")]);
    let reason = Reason::CannotRun { message: "`fsl` is not found".into() };
    node.state = "pending".into();
    node.causes = vec![Cause { sentence: reason.sentence(), reason, datums: 1 }];
    snapshot.nodes = vec![node];
    facts.snapshot = Arc::new(snapshot);
    let told = next(&facts, 0);
    assert_eq!(told, Some(("its command cannot run here: `fsl` is not found".into(), Action::Why)));
    let lines = of_pipeline(&facts, 0, &facts.snapshot.nodes[0]);
    assert!(lines.last().is_some_and(|line| line.contains("install what is missing")), "{lines:?}");
}

#[test]
fn what_waits_before_its_datums_are_known_counts_none_of_them() {
    let mut facts = fixture::facts();
    let mut snapshot = (*facts.snapshot).clone();
    let mut node = fixture::pipeline("stats", Vec::new(), &[]);
    let waits = |datums| Cause { reason: Reason::New, datums, sentence: "waits for `fs`".into() };
    node.causes = vec![waits(0)];
    snapshot.nodes = vec![node.clone()];
    facts.snapshot = Arc::new(snapshot);
    assert_eq!(of_pipeline(&facts, 0, &node), ["waits for `fs`"]);
    node.causes = vec![waits(2)];
    assert_eq!(of_pipeline(&facts, 0, &node), ["2 datums: waits for `fs`"]);
}

#[test]
fn a_run_that_was_killed_is_told_until_nothing_is_left_of_it() {
    let mut facts = fixture::facts();
    let run = crate::app::RunProgress { run: "r1".into(), ..Default::default() };
    assert_eq!(cut_off(&facts), None, "nothing ran");
    facts.run = Arc::new(run);
    assert!(cut_off(&facts).is_some_and(|told| told.contains("killed") && told.contains("`r`")));
    facts.is_live = true;
    assert_eq!(cut_off(&facts), None);
    facts.is_live = false;
    let ended = Some((crate::model::RunSummary::default(), false, 9));
    let broken = crate::app::RunProgress { error: Some("no disk".into()), ended, ..(*facts.run).clone() };
    facts.run = Arc::new(broken);
    assert!(cut_off(&facts).is_some_and(|told| told.starts_with("the last run broke off (no disk);")));
    let mut snapshot = (*facts.snapshot).clone();
    snapshot.nodes = vec![fixture::pipeline("fs", Vec::new(), &[("a", DatumState::Done, "fine")])];
    facts.snapshot = Arc::new(snapshot);
    assert_eq!(cut_off(&facts), None, "all is done");
}

#[test]
fn the_log_of_a_pipeline_is_of_what_runs_or_failed() {
    let mut facts = fixture::facts();
    let at = facts.snapshot.position("fs").expect("a pipeline");
    let key = |facts: &Facts| telling(facts, at).map(|source| (source.key, source.path));
    let failed = facts.states(at).iter().position(|state| *state == DatumState::Failed).expect("one failed");
    let failed = facts.snapshot.nodes[at].table.key(failed).to_owned();
    assert_eq!(key(&facts), Some((failed, None)));
    let hand = crate::app::InHand { since_ms: 1, log: Some("r/1.log".into()) };
    let running = std::collections::BTreeMap::from([(("fs".to_owned(), "sub-1".to_owned()), hand)]);
    facts.run = Arc::new(crate::app::RunProgress { running, ..Default::default() });
    facts.is_live = true;
    assert_eq!(key(&facts), Some(("sub-1".into(), Some("r/1.log".into()))));
    let raw = facts.snapshot.position("raw/t1").expect("data");
    assert_eq!(telling(&facts, raw), None);
}

#[test]
fn what_is_broken_says_what_to_open_and_what_it_shows() {
    let mut facts = fixture::facts();
    let at = facts.snapshot.position("fs").expect("a pipeline");
    let mut snapshot = (*facts.snapshot).clone();
    (snapshot.nodes[at].state, snapshot.nodes[at].error) =
        ("broken".into(), Some("unknown field `outputt` (fs/spec.yml:9:1)".into()));
    facts.snapshot = Arc::new(snapshot);
    let lines = of_pipeline(&facts, at, &facts.snapshot.nodes[at]);
    assert!(lines[0].starts_with("its spec has errors: unknown field `outputt`"), "{lines:?}");
    assert!(
        lines[1].contains("as they stood before") && lines[2].contains("`e` opens the place"),
        "{lines:?}"
    );
}

#[test]
fn what_is_broken_through_no_fault_of_its_spec_says_so() {
    let mut facts = fixture::facts();
    let at = facts.snapshot.position("fs").expect("a pipeline");
    let mut told = |fault| {
        let mut snapshot = (*facts.snapshot).clone();
        let node = &mut snapshot.nodes[at];
        (node.state, node.fault) = ("broken".into(), fault);
        node.error = Some("the name of `raw/a` is not UTF-8; rename the file".into());
        facts.snapshot = Arc::new(snapshot);
        (of_pipeline(&facts, at, &facts.snapshot.nodes[at]).join("\n"), next(&facts, at))
    };
    let (lines, next) = told(Fault::Project);
    assert!(lines.starts_with("it cannot be planned: the name of `raw/a`"), "{lines}");
    assert!(!lines.contains("spec") && next == Some(("it cannot be planned".into(), Action::Why)));
    let (lines, next) = told(Fault::Settings);
    assert!(lines.starts_with("`minipach.yml` has errors: ") && lines.contains("`e` opens"), "{lines}");
    assert_eq!(next, Some(("`minipach.yml` has errors".into(), Action::Edit)));
}

#[test]
fn what_is_stale_says_how_to_run_it_and_what_is_done_that_nothing_would() {
    let lines = told(&[("a", DatumState::Stale, "`raw/a` changed"), ("b", DatumState::Done, "fine")]);
    assert!(lines.last().is_some_and(|line| line.contains("`r` shows what a run would do")), "{lines:?}");
    assert!(told(&[("a", DatumState::Done, "fine")])[0].contains("a run would do nothing"));
}

#[test]
fn of_results_that_no_commit_has_it_is_said_that_a_run_commits_them() {
    let mut facts = fixture::facts();
    let held = |is_ready| {
        let wait = if is_ready { Wait::Unlisted } else { Wait::Listed };
        Some(Waiting { why: "`raw/a` is new".into(), wait, is_ready })
    };
    let mut node = fixture::pipeline("fs", Vec::new(), &[("a", DatumState::Done, "fine")]);
    node.held = held(true);
    Arc::make_mut(&mut facts.snapshot).nodes = vec![node];
    let told = of_pipeline(&facts, 0, &facts.snapshot.nodes[0]);
    assert!(told[0].ends_with("no commit records them: a run commits them"), "{told:?}");
    assert!(told[1].contains("`r` shows what a run would commit"), "{told:?}");
    assert_eq!(next(&facts, 0).map(|(_, action)| action), Some(Action::Rerun));
    assert!(facts.waits_for_run());
    Arc::make_mut(&mut facts.snapshot).nodes[0].held = held(false);
    let told = of_pipeline(&facts, 0, &facts.snapshot.nodes[0]);
    assert!(told[0].ends_with("they are not committed: `raw/a` is new") && told.len() == 1, "{told:?}");
    assert!(next(&facts, 0).is_none() && !facts.waits_for_run());
}

#[test]
fn before_a_merge_is_settled_no_run_is_promised() {
    let mut facts = fixture::facts();
    let node = fixture::pipeline("fs", Vec::new(), &[("a", DatumState::Stale, "`raw/a` changed")]);
    let snapshot = Arc::make_mut(&mut facts.snapshot);
    (snapshot.nodes, snapshot.unsettled) = (vec![node], Some("settle them".into()));
    let lines = of_pipeline(&facts, 0, &facts.snapshot.nodes[0]);
    assert_eq!(lines.last().map(String::as_str), Some("next: settle them"));
}
