//! The repo that a pipeline is: the outputs of its datums that are done now.

use std::sync::Arc;

use crate::model::{DatumState, Entry, KnownResult, OutFile, Pipeline, Tree, View};

use super::pipeline::PipelinePlan;
use super::standing::{entries_of, published_id};

/// Files that a run placed for a datum: number of the datum, and its files relative to `/pfs/out`.
pub type Placed<'a> = (usize, &'a [OutFile]);

/// The tree of a pipeline's outputs: of done datums as their ledger lines claim them, and of `placed` ones.
///
/// `files` is the tree of the pipeline's own folder; `placed` is sorted by number.
pub fn output_tree(
    plan: &PipelinePlan,
    pipeline: &Pipeline,
    files: &Tree,
    lines: &[KnownResult],
    placed: &[Placed<'_>],
) -> Tree {
    let mut entries: Vec<Entry> = Vec::new();
    let is_placed = |number: usize| placed.binary_search_by_key(&number, |(placed, _)| *placed).is_ok();
    for (number, datum) in plan.datums.iter().enumerate() {
        match datum.line {
            Some(line) if datum.state == DatumState::Done && !is_placed(number) => {
                push_line(&mut entries, &lines[line as usize], files);
            }
            _ => {}
        }
    }
    for (number, made) in placed {
        push_files(&mut entries, pipeline, &plan.datums[*number].key, made);
    }
    entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    entries.dedup_by(|a, b| a.path == b.path);
    Tree::new(&format!("{}/", pipeline.name), Arc::from(entries))
}

fn push_line(entries: &mut Vec<Entry>, line: &KnownResult, files: &Tree) {
    let prefix = files.prefix().len();
    for output in &line.outputs {
        for entry in entries_of(files, &output.path) {
            let content = published_id(output, &entry.path[prefix..], &entry.content).clone();
            entries.push(Entry { path: entry.path.clone(), kind: entry.kind, content });
        }
    }
}

fn push_files(entries: &mut Vec<Entry>, pipeline: &Pipeline, key: &str, made: &[OutFile]) {
    for file in made {
        let path = format!("{}/{}", target(pipeline, key), file.path).into();
        entries.push(Entry { path, kind: file.kind, content: file.content.clone() });
    }
}

/// The folder, from the project's root, that a datum's `/pfs/out` becomes.
pub fn target(pipeline: &Pipeline, key: &str) -> String {
    match pipeline.view() {
        View::Content if key != "." => format!("{}/{key}", pipeline.name),
        _ => pipeline.name.to_string(),
    }
}

/// Whether a datum owns the folder it writes to alone.
pub fn owns_target(pipeline: &Pipeline, key: &str) -> bool {
    pipeline.view() == View::Content && key != "."
}
