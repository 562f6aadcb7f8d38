//! A made-up project for tests of whole screens: its snapshot, its runs, and an answer to whatever screens ask.

use std::sync::Arc;

use serde_json::json;

use super::effect::{Answer, LogText, PlanText, Query};
use super::facts::{Times, fixture::pipeline};
use super::made_up_acts;
use super::message::{Msg, RunNews};
use crate::app::{
    Cause, DatumChange, DatumView, InHand, JobProgress, LastAttempt, Node, RunProgress, Snapshot, SpecFacts,
};
use crate::model::{ContentId, DatumId, DatumState, Finding, KnownInput, RunSummary, Severity, Span};
use crate::plan::Reason;
use crate::run::Annexed;

pub(super) use super::made_up_acts::NOW_MS;

/// What a spec says in the excerpt of a finding.
const SPEC: &str =
    "input:\n  pfs:\n    repo: atlas\n    glob: /*.nii\ntransform:\n  cmd: [sh, code/recon.sh]\n";

/// How many datums are in which state.
type Share = (DatumState, usize);

/// A pipeline of `total` datums, whose states are as told, in order of their keys; the rest is done.
fn made(name: &str, reads: Vec<usize>, total: usize, shares: &[Share], why: &str) -> Node {
    let states = shares.iter().flat_map(|(state, count)| std::iter::repeat_n(*state, *count));
    let states = states.chain(std::iter::repeat(DatumState::Done));
    let keys: Vec<String> = (1..=total).map(|at| format!("sub-{at:04}")).collect();
    let reason = |state: DatumState| match state {
        DatumState::Failed => "the last attempt failed: exit code 137: out of memory",
        DatumState::Stale => "`bids/sub-0101` changed",
        DatumState::Blocked => why,
        DatumState::Pending => "no result was made for it yet",
        DatumState::Done => "its work is known and its files stand unmodified",
        _ => "it goes on",
    };
    let rows: Vec<(&str, DatumState, &str)> =
        keys.iter().zip(states).map(|(key, state)| (key.as_str(), state, reason(state))).collect();
    let mut node = pipeline(name, reads, &rows);
    if !why.is_empty() {
        let datums = shares.iter().map(|(_, count)| count).sum();
        node.causes.push(Cause { reason: Reason::New, datums, sentence: why.into() });
    }
    node.spec = SpecFacts {
        inputs: vec![format!("t1 = bids /(sub-*) join on $1")],
        combined: "join".into(),
        output: "/$1".into(),
        image: "freesurfer:7.4.1".into(),
        limits: "tries 2, timeout 43200 s".into(),
        code: vec!["code/recon.sh".into()],
        made: "in a sandbox".into(),
        ..node.spec
    };
    node
}

/// Twelve nodes that read each other, some in every state.
pub(super) fn snapshot() -> Snapshot {
    use DatumState::{Blocked, Edited, Failed, Pending, Running, Stale};
    let raw = |name: &str, files| Node {
        name: name.into(),
        files: Some(files),
        state: "input".into(),
        ..Node::default()
    };
    let failed = [(Failed, 3), (Running, 2), (Pending, 41)];
    let waits = "waits for `fs`";
    let nodes = vec![
        raw("raw", 1000),
        raw("atlas", 3),
        made("bids", vec![0], 100, &[], ""),
        made("t1w", vec![2], 100, &[], ""),
        made("dwi", vec![2], 100, &[(Running, 4), (Pending, 32)], "no result was made for it yet"),
        made("bold", vec![2], 100, &[], ""),
        made("fs", vec![3], 1000, &failed, "the last attempt failed: exit code 137: out of memory"),
        made("tract", vec![4, 6], 100, &[(Blocked, 100)], waits),
        made("clean", vec![1, 5], 100, &[(Stale, 12)], "`bids/sub-0101` changed"),
        made("conn", vec![7, 8], 100, &[(Blocked, 99), (Edited, 1)], "waits for `tract`"),
        made("stats", vec![6, 9], 3, &[(Blocked, 3)], waits),
        made("report", vec![10], 1, &[(Blocked, 1)], "waits for `stats`"),
    ];
    let span = Span { start: 24, end: 29, line: 3, column: 11 };
    let findings = vec![
        Finding::new("MP213", "merge-driver", Severity::Warning, "no merge driver for ledgers")
            .help("add a line"),
        Finding::new(
            "MP104",
            "missing-repo",
            Severity::Error,
            "input repo `atlas` holds nothing that matches",
        )
        .at("fs/spec.yml", Some(span))
        .label("did you mean `atlas/*.nii.gz`?")
        .note("there are 3 files that end in `.nii.gz`"),
    ];
    let (project, branch, head) = ("neuro".into(), "main".into(), "3f9c2e1a00".into());
    let uncommitted = made_up_acts::uncommitted();
    Snapshot { project, branch, head, nodes, findings, uncommitted, ..Snapshot::default() }
}

/// Sixty pipelines in folders, each reading one or two before it; one of them failed.
pub(super) fn many() -> Snapshot {
    let mut found = snapshot();
    found.findings.clear();
    found.uncommitted.clear();
    found.nodes = (0..60_usize).map(one_of_many).collect();
    found
}

fn one_of_many(at: usize) -> Node {
    const FOLDERS: [&str; 5] = ["prep", "anat", "func", "dwi", "stats"];
    if at < 3 {
        let (name, files) = (format!("raw/cohort-{at}"), Some(40));
        return Node { name, files, state: "input".into(), ..Node::default() };
    }
    let mut reads = vec![at - 1 - at * 7 % 3];
    reads.extend(at.is_multiple_of(4).then_some(at / 2));
    reads.sort_unstable();
    reads.dedup();
    let shares: &[Share] = match at {
        41 => &[(DatumState::Failed, 2)],
        42..=47 => &[(DatumState::Blocked, 9)],
        52 => &[(DatumState::Stale, 4)],
        _ => &[],
    };
    let name = format!("{}/step-{at:02}", FOLDERS[(at / 8).min(4)]);
    made(&name, reads, 9, shares, if shares.is_empty() { "" } else { "waits for `func/step-41`" })
}

/// A run that goes on.
pub(super) fn run() -> Msg {
    let hand = |ago_s: u64| InHand { since_ms: NOW_MS - ago_s * 1000, log: Some("logs/r/1.log".into()) };
    let job = |pipeline: &str, to_run, ran, failed| JobProgress {
        pipeline: pipeline.into(),
        started_ms: NOW_MS - 3_600_000,
        total: 1000,
        to_run,
        ran,
        failed,
        took_ms: 372_000 * (ran as u64),
        squares: 372_000_u128.pow(2) * (ran as u128),
        ..JobProgress::default()
    };
    let mut run = RunProgress {
        run: "20261118T084640.000.4711".into(),
        pid: 4711,
        started_ms: NOW_MS - 3_660_000,
        jobs: vec![job("dwi", 64, 28, 0), job("fs", 100, 54, 3)],
        notes: vec!["`raw/sub-0931` changed while it was read; its datum is planned again".into()],
        ..RunProgress::default()
    };
    run.jobs[0].commits.push("8e1d04aaaaaa".into());
    for (pipeline, key, ago) in [("fs", "sub-0004", 250), ("fs", "sub-0005", 175), ("dwi", "sub-0001", 80)] {
        run.running.insert((pipeline.into(), key.into()), hand(ago));
    }
    Msg::Run(RunNews { run: Arc::new(run), is_live: true, changes: Vec::new() })
}

fn past(name: &str, ago_s: u64, failed: usize) -> RunProgress {
    let started_ms = NOW_MS - ago_s * 1000;
    let failures = (0..failed).map(|at| DatumChange {
        pipeline: "fs".into(),
        key: format!("sub-{at:04}"),
        state: DatumState::Failed,
        message: Some("exit code 137: out of memory".into()),
        took_ms: 660_000,
        id: DatumId([0; 32]),
    });
    let job = JobProgress {
        pipeline: "fs".into(),
        ran: 12,
        failed,
        ended: Some(failed == 0),
        ..JobProgress::default()
    };
    RunProgress {
        run: name.into(),
        started_ms,
        jobs: vec![job],
        failures: failures.collect(),
        ended: Some((RunSummary { ran: 12, failed, ..RunSummary::default() }, false, started_ms + 1_100_000)),
        ..RunProgress::default()
    }
}

fn view(pipeline: &str, key: &str) -> DatumView {
    let attempt = |at: u64, exit: i32| {
        json!({"run": "20261118T084640.000.4711", "try": at, "started_ms": NOW_MS - 7_200_000 + at * 60_000,
            "took_ms": 1_102_000, "outcome": "failed", "exit": {"code": exit},
            "message": format!("exit code {exit}: out of memory"), "log": format!("logs/r/{at}.log"),
            "max_rss_bytes": 4_000_000_000_u64, "user_ms": 900_000, "system_ms": 60_000})
    };
    let input = |name: &str, at: u8| KnownInput {
        name: name.into(),
        path: format!("raw/{name}/{key}.nii.gz").into(),
        content: Some(ContentId::Annex(
            format!("MD5E-s18000000--{}.nii.gz", format!("{at:02x}").repeat(16)).into(),
        )),
    };
    DatumView {
        pipeline: pipeline.into(),
        key: key.into(),
        id: "a91c33e0".repeat(8),
        state: DatumState::Failed,
        reasons: vec![Reason::Failed { message: "exit code 137: out of memory".into(), is_cut_since: false }],
        inputs: vec![input("t1", 3), input("t2", 5)],
        annexed: vec![Annexed { files: 1, absent: 0 }, Annexed { files: 1, absent: 1 }],
        outputs: Vec::new(),
        attempts: vec![attempt(1, 1), attempt(2, 137)],
        earlier: Vec::new(),
        twins: vec!["sub-0099".into()],
        command: "sh code/recon.sh".into(),
        code: vec!["code/recon.sh".into()],
        running: None,
        queued: None,
        place: None,
        without_image: None,
        is_accepted: false,
        is_before: false,
        is_acceptable: false,
        changed: Vec::new(),
        blamed: vec![format!("raw/t1/{key}.nii.gz")],
    }
}

fn log() -> LogText {
    let lines = [
        "recon-all -all -s sub-0001",
        "INFO: FreeSurfer 7.4.1",
        "#@# CA Reg",
        "mri_ca_register: writing a line that is longer than a terminal of eighty columns has room for, to its end",
        "error: Detected 1 oom_kill event",
    ];
    let lines: Vec<String> = lines.map(str::to_owned).into();
    LogText { path: "/state/logs/r/2.log".into(), lines, bytes: 4321, is_cut: false, left_out: 0 }
}

/// The answer to a query, as a project would give it.
pub(super) fn answer(query: Query) -> Option<Answer> {
    Some(match query {
        Query::Datum(pipeline, key) => {
            let view = Some(Box::new(view(&pipeline, &key)));
            Answer::Datum(pipeline, key, view)
        }
        Query::Log(source) | Query::Logs(source, _) => Answer::Log(source, Ok(log())),
        Query::Preview(request) => {
            let lines = [
                "will run     fs: 3 datums (sub-0001, sub-0002, sub-0003): the last attempt failed: exit code 137: \
                 out of memory",
                "again        all of these failed with the same inputs, code and spec, and may fail again",
                "then stale   tract, conn, stats, report (not run now; `R` runs them too)",
            ];
            let lines = lines.map(str::to_owned).into();
            let runs = vec![("fs".to_owned(), 3)];
            let plan = PlanText { to_run: 3, runs, to_fail: 3, to_change: 3, lines, ..PlanText::default() };
            Answer::Preview(request, Ok(plan))
        }
        Query::Times(pipeline) => {
            let nodes = snapshot().nodes;
            let datums = nodes.iter().find(|node| node.name == pipeline).map_or(0, |node| node.table.len());
            let small = |number: usize| u32::try_from(number).unwrap_or(0);
            let last = |at: usize| LastAttempt {
                took_ms: small(200_000 + at % 17 * 40_000),
                peak_kib: small(2_000_000 + at % 13 * 160_000),
                ended_s: small(usize::try_from(NOW_MS / 1000).unwrap_or(0) - 7200),
            };
            let last: Vec<LastAttempt> = (0..datums).map(last).collect();
            Answer::Times(pipeline, Times::of_attempts(&last))
        }
        Query::Usual => Answer::Usual(std::collections::BTreeMap::new()),
        Query::Think(thought) => Answer::Found(thought.think()),
        Query::Past => Answer::Past(vec![
            past("20261117T200000.000.100", 50_000, 3),
            past("20261116T200000.000.99", 136_000, 0),
        ]),
        Query::Source(path) => Answer::Source(path, Some(SPEC.into())),
        Query::Find(_, text) => Answer::Datums(text, vec![("fs".into(), "sub-0001".into(), "failed".into())]),
        // As of a commit, nothing waits to be committed.
        Query::At(commit) => {
            let past = Snapshot { uncommitted: Vec::new(), head: commit.id.clone(), ..snapshot() };
            Answer::At(commit, Ok(Arc::new(past)))
        }
        other => return made_up_acts::answer(other),
    })
}
