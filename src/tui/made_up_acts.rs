//! What the made-up project answers about acts, files and commits.

use std::sync::Arc;

use super::effect::{About, Answer, FileFacts, Foretold, Query, Traced, World};
use super::errand::mended;
use crate::app::{
    Commit, CommitEffect, CommitView, Detail, DraftView, FileChange, FileList, FileState, PathView,
    Provenance, Reader, Saved, Step, StepKind, Thing, UndoPlan, told,
};
use crate::model::{DatumState, Fix};

/// The moment of all pictures: 2026-11-18 09:46:40 UTC.
pub(super) const NOW_MS: u64 = 1_795_000_000_000;

/// What is not committed.
pub(super) fn uncommitted() -> Vec<(String, FileChange)> {
    let change = |state| match state {
        FileState::Changed(change) => Some(change),
        _ => None,
    };
    changes().into_iter().filter_map(|(path, state, _)| Some((path, change(state)?))).collect()
}

fn changes() -> Vec<(String, FileState, String)> {
    [
        ("code/recon.sh", FileChange::Changed, "code of fs: 46 to run; then tract, stats, conn, report"),
        (
            "raw/sub-0101.zip",
            FileChange::Changed,
            "bids: 1 datum to run; then t1w, dwi, bold, fs, tract, clean, conn",
        ),
        (
            "raw/sub-1001.zip",
            FileChange::New,
            "bids: 1 datum to run; then t1w, dwi, bold, fs, tract, clean, conn",
        ),
        ("notes.txt", FileChange::Removed, "no pipeline uses it"),
    ]
    .map(|(path, change, means)| (path.to_owned(), FileState::Changed(change), means.to_owned()))
    .into()
}

fn files() -> FileList {
    let mut files: Vec<(Box<str>, FileState)> = vec![
        ("README.md".into(), FileState::Clean),
        ("atlas/MNI152.nii.gz".into(), FileState::Annexed),
        ("atlas/labels.txt".into(), FileState::Clean),
        ("code/collect.sh".into(), FileState::Clean),
        ("code/recon.sh".into(), FileState::Changed(FileChange::Changed)),
        ("fs/spec.yml".into(), FileState::Clean),
        ("notes.txt".into(), FileState::Changed(FileChange::Removed)),
        ("scratch".into(), FileState::Ignored),
    ];
    files.extend((1..=1000).map(|at| {
        let path = format!("raw/sub-{at:04}.zip").into();
        let state = match at {
            101 => FileState::Changed(FileChange::Changed),
            at if at % 80 == 7 => FileState::Absent,
            _ => FileState::Annexed,
        };
        (path, state)
    }));
    files.push(("raw/sub-1001.zip".into(), FileState::Changed(FileChange::New)));
    files.sort();
    let written =
        [("raw/sub-1001.zip", 20_000, 214_000_000), ("raw/sub-0101.zip", 3 * 86_400_000, 211_000_000)];
    let written = written.map(|(path, ago, bytes)| (path.to_owned(), (NOW_MS - ago, bytes))).into();
    FileList { files, changes: changes(), written }
}

/// Whom a path feeds, or who made it.
fn facts(path: &str) -> FileFacts {
    if path.starts_with("fs/sub") {
        return FileFacts { view: None, maker: Some(("fs".into(), "sub-0001".into())), use_of: None };
    }
    if path.starts_with("code/recon") {
        let view = PathView { code_of: vec![("fs".into(), 1000)], ..PathView::default() };
        return FileFacts { view: Some(view), maker: None, use_of: None };
    }
    let key = path.trim_start_matches("raw/").trim_end_matches(".zip");
    let reader = |pipeline: &str, state| Reader {
        pipeline: pipeline.into(),
        key: key.into(),
        input: "raw".into(),
        state,
    };
    let readers = if path.starts_with("raw/") { vec![reader("bids", DatumState::Stale)] } else { Vec::new() };
    FileFacts { view: Some(PathView { readers, ..PathView::default() }), maker: None, use_of: None }
}

/// Commits, newest first.
pub(super) fn commits() -> Vec<CommitView> {
    let commit = |id: &str, by: &str, subject: &str, pipeline: Option<&str>, minutes: u64| CommitView {
        id: id.repeat(5),
        by: by.into(),
        at_ms: NOW_MS - minutes * 60_000,
        subject: subject.into(),
        pipeline: pipeline.map(str::to_owned),
        reverts: None,
    };
    let mut back = commit("7ac10b22", "Ada Lovelace", "Revert \"stats: 3 datums\"", None, 42);
    back.reverts = Some("9d2e1100".repeat(5));
    vec![
        commit("3f9c2e1a", "Ada Lovelace", "fs: 812 datums (+812), 3 failed", Some("fs"), 14),
        back,
        commit("9d2e1100", "Ada Lovelace", "stats: 3 datums", Some("stats"), 60),
        commit(
            "1b77d0aa",
            "Jean-Baptiste Fourier-Transform",
            "bids: read the sidecars as well, since half of them name the echo time there",
            None,
            185,
        ),
        commit("51c0aa00", "Ada Lovelace", "t1w: 100 datums", Some("t1w"), 2 * 24 * 60),
        commit("40ee9100", "Ada Lovelace", "bids: 100 datums", Some("bids"), 2 * 24 * 60 + 9),
        commit("0aa00001", "Ada Lovelace", "add cohort B", None, 9 * 24 * 60),
    ]
}

fn undo() -> UndoPlan {
    let lines = [
        "3f9c2e1 fs: 812 datums (+812), 3 failed, by Ada Lovelace",
        "files: 2436 removed, 12 as they were before",
        "then fs: 812 datums (sub-0001, sub-0002, sub-0003, …) not in place any more, but known: a run puts it \
         back without computing",
        "then stats: 3 datums (ses-1, ses-2, ses-3) waits for what it reads",
        "nothing is lost: the commit stays in the history, and a new one takes it back",
    ];
    let commit = commits().swap_remove(0);
    let keys = (1..=812)
        .flat_map(|at| ["stats/aseg.stats", "surf/lh.white", "surf/rh.white"].map(|name| (at, name)));
    let mut files: Vec<(&str, String)> =
        keys.map(|(at, name)| ("removed", format!("fs/sub-{at:04}/{name}"))).collect();
    files.extend((1..=12).map(|at| ("as they were before", format!("fs/sub-{:04}/log.txt", 900 + at))));
    UndoPlan { commit, lines: lines.map(str::to_owned).into(), files }
}

fn draft() -> DraftView {
    let text = "input:\n  pfs:\n    repo: 'bids'\n    glob: '/(*)'\noutput: '/$1'\ntransform:\n  cmd: ['sh', \
                'code/mask.sh']\n";
    let keys = ["sub-0001", "sub-0002", "sub-0003"].map(str::to_owned);
    DraftView {
        text: text.into(),
        found: Ok((100, keys.into())),
        remark: None,
        is_noted: false,
        repos: vec!["atlas".into(), "bids".into()],
    }
}

/// Where `fs/sub-2` comes from.
pub(super) fn traced() -> Traced {
    let commit = |id: &str, subject: &str, hours: i64| Commit {
        id: id.repeat(5),
        author: "Ada Lovelace".into(),
        email: "ada@example.org".into(),
        at: i64::try_from(NOW_MS / 1000).unwrap_or(0) - hours * 3600,
        subject: subject.into(),
        ..Commit::default()
    };
    let thing = |path: &str, commit: usize, made_by: &[usize]| Thing {
        path: path.into(),
        content: "git:71ac0f3e".into(),
        commit: Some(commit),
        made_by: made_by.into(),
        ..Thing::default()
    };
    let step =
        |pipeline: &str, key: &str, command: &str, commit: usize, inputs: &[usize], code: &[usize]| Step {
            kind: StepKind::Datum,
            commit,
            pipeline: Some(pipeline.into()),
            key: Some(key.into()),
            command: command.into(),
            image: None,
            inputs: inputs.iter().map(|thing| ("in".to_owned(), *thing)).collect(),
            code: code.into(),
            outputs: Vec::new(),
        };
    let found = Provenance {
        asked: vec![0],
        things: vec![
            thing("fs/sub-2", 0, &[0]),
            thing("raw/t1/sub-2", 2, &[]),
            thing("raw/t2/sub-2", 2, &[]),
            thing("code/recon.sh", 1, &[]),
        ],
        steps: vec![step("fs", "sub-2", "sh code/recon.sh", 0, &[1, 2], &[3])],
        commits: vec![
            commit("3f9c2e1a", "fs: 812 datums (+812)", 2),
            commit("9d2e1100", "recon keeps the log", 30),
            commit("0aa00001", "add cohort B", 220),
        ],
        ..Provenance::default()
    };
    let lines = told(&found, Detail::All);
    Traced { found, lines }
}

/// What is old.
fn fixed(fixes: Vec<Fix>, command: String) -> Foretold {
    let follows = "then fs: 118 datums (sub-0001, sub-0002, sub-0003, …) stale: a run computes it anew";
    mended(fixes, vec![follows.into()], command)
}

fn old() -> Foretold {
    let lines = [
        "Older than 30 days:",
        "812 logs of commands (4.1 MB)",
        "Results, commits and what is known of them stay.",
    ];
    let words = vec!["gc".to_owned()];
    let yes = Some(("remove them".into(), World::Start(words)));
    Foretold { lines: lines.map(str::to_owned).into(), command: "minipach gc".into(), yes }
}

/// The answer to a query about acts, files or commits, as a project would give it.
pub(super) fn answer(query: Query) -> Option<Answer> {
    Some(match query {
        Query::Files => Answer::Files(Arc::new(files())),
        Query::Path(path) => {
            let facts = facts(&path);
            Answer::Path(path, Box::new(facts))
        }
        Query::Commits => Answer::Commits(Ok(Arc::new(commits()))),
        Query::Effects(ids) => {
            let of = |(at, id): (usize, &String)| {
                let made = if at % 2 == 0 { 100 - at } else { 0 };
                let files = if at % 2 == 0 { (0, 0, 0) } else { (400, at, 0) };
                (id.clone(), CommitEffect { made, remade: at / 3, gone: 0, files })
            };
            Answer::Effects(ids.iter().enumerate().map(of).collect())
        }
        Query::Touched(id) => {
            let lines = ["fs/  2436 new, 12 edited", "the ledger  1 edited"].map(str::to_owned);
            Answer::Touched(id, lines.into())
        }
        Query::Provenance(target, at) => Answer::Provenance(target, at, Ok(Arc::new(traced()))),
        Query::UndoPlan => Answer::UndoPlan(Ok(Box::new(undo()))),
        Query::SavePlan => {
            let files = uncommitted();
            let left_out = vec!["scratch.txt".into(), "tmp/".into()];
            Answer::SavePlan(Ok(Box::new(Saved { files, left_out, ..Saved::default() })))
        }
        Query::CollectPlan => Answer::Foretold(About::Collect, Ok(Box::new(old()))),
        Query::WouldFix(fixes, command) => {
            Answer::Foretold(About::Fixes, Ok(Box::new(fixed(fixes, command))))
        }
        Query::ReplayPlan(commit) => {
            let command = format!("datalad rerun --onto {0}^ -b replay-{0} {0}", commit.short());
            let lines = vec![
                format!("{} {}, by {}", commit.short(), commit.subject, commit.by),
                "Your branch stays as it is. You are on the new one then; `git switch -` leads back.".into(),
            ];
            let yes = Some(("replay".into(), World::Own(command.clone())));
            Answer::Foretold(About::Replay, Ok(Box::new(Foretold { lines, command, yes })))
        }
        Query::Draft(asked) => Answer::Draft(asked, Box::new(draft())),
        _ => return None,
    })
}
