//! A small project for tests of screens.

use super::*;
use crate::app::{DatumTable, Node, SpecFacts};

/// Raw `t1` and `t2`, `fs` with a failed and a stale datum, `stats` that waits for it.
pub(in crate::tui) fn facts() -> Facts {
    let raw =
        |name: &str| Node { name: name.into(), files: Some(4), state: "input".into(), ..Node::default() };
    let fs = pipeline(
        "fs",
        vec![0, 1],
        &[
            ("sub-1", DatumState::Done, "its files stand"),
            ("sub-2", DatumState::Failed, "the last attempt failed: exit code 1: cut off"),
            ("sub-3", DatumState::Stale, "`raw/t1/sub-3` changed"),
        ],
    );
    let stats = pipeline("stats", vec![2], &[(".", DatumState::Blocked, "waits for `fs`")]);
    let nodes = vec![raw("raw/t1"), raw("raw/t2"), fs, stats];
    let (project, branch, head) = ("study".into(), "main".into(), "3f9c2e1a00".into());
    let snapshot = Snapshot { project, branch, head, nodes, ..Snapshot::default() };
    Facts { snapshot: Arc::new(snapshot), now_ms: 1_795_000_000_000, ..Facts::default() }
}

/// A pipeline with rows of key, state and reason.
pub(in crate::tui) fn pipeline(name: &str, reads: Vec<usize>, rows: &[(&str, DatumState, &str)]) -> Node {
    let mut counts = StateCounts::default();
    for (_, state, _) in rows {
        counts.add(*state);
    }
    let (path, command) = (format!("{name}/spec.yml"), "sh code/run.sh".into());
    Node {
        name: name.into(),
        reads,
        state: "stale".into(),
        counts,
        spec: SpecFacts { path, command, ..SpecFacts::default() },
        table: Arc::new(DatumTable::from_rows(rows.iter().copied())),
        ..Node::default()
    }
}

/// That the datum `sub-2` of `fs` failed, with what it said.
pub(in crate::tui) fn failed(message: &str) -> DatumChange {
    DatumChange {
        pipeline: "fs".into(),
        key: "sub-2".into(),
        message: Some(message.into()),
        state: DatumState::Failed,
        took_ms: 5,
        id: DatumId([0; 32]),
    }
}
