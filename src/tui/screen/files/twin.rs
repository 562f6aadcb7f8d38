//! The files without their picture: what changed and what that means, then the rows of the tree as it is open.

use serde_json::{Value, json};

use crate::app::{FileList, FileState};
use crate::model::show;
use crate::run::count;
use crate::tui::facts::{Facts, Watch};
use crate::tui::twin::{Row, Twin};

use super::tree::{Row as File, RowKind};
use super::{Files, told};

/// What the screen says.
pub(super) fn twin(files: &Files, facts: &Facts, most: usize) -> Twin {
    let found = files.found.as_deref();
    let changes: Vec<Value> =
        found.into_iter().flat_map(|found| found.changes.iter().map(|one| change(found, one))).collect();
    let selected = files.current().map(|row| {
        let known = files.known().map(told);
        json!({ "path": row.path, "told": known })
    });
    let mut twin = Twin::default()
        .with("filter", files.filter.clone())
        .with("files", json!(found.map(|found| found.files.len())))
        .with("changes", Value::Array(changes))
        .with("watch", watch(&facts.watch))
        .with("selected", json!(selected))
        .line(watch(&facts.watch));
    twin.lines.extend(
        found.map_or_else(|| vec!["looking at the files".into()], |found| changed(found, facts, most)),
    );
    if found.is_some() && files.rows.is_empty() {
        twin.lines
            .push(if files.filter.is_empty() { "no file yet" } else { "nothing matches the filter" }.into());
    }
    twin.list(files.rows.len(), files.list.cursor, most, |at| file(&files.rows[at]))
}

/// How changes are noticed, in a few words.
fn watch(watch: &Watch) -> String {
    match watch {
        Watch::Told(folders) => format!("{} watched", count(*folders, "folder")),
        Watch::Polling(_) => "looked at every 5 seconds".into(),
        Watch::Starting => String::new(),
    }
}

fn change(found: &FileList, (path, change, meaning): &(String, FileState, String)) -> Value {
    let (at_ms, bytes) = found.written.get(path).copied().unzip();
    json!({ "path": path, "change": change.word(), "means": meaning, "written_ms": at_ms, "bytes": bytes })
}

/// What is not committed, at most so many files.
fn changed(found: &FileList, facts: &Facts, most: usize) -> Vec<String> {
    let total = found.changes.len();
    if total == 0 {
        let edited =
            facts.edited().map(|edited| format!("no input or code changed since the last commit; {edited}"));
        return vec![edited.unwrap_or_else(|| "nothing changed since the last commit".into())];
    }
    let mut lines = vec![format!("{} changed since the last commit:", count(total, "file"))];
    lines.extend(found.changes.iter().take(most).map(|(path, change, meaning)| {
        let means = if meaning.is_empty() { String::new() } else { format!(": {meaning}") };
        format!("  {} {}{means}", change.word(), show(path))
    }));
    let more = total.saturating_sub(most);
    lines.extend((more > 0).then(|| format!("  and {more} more")));
    lines
}

fn file(row: &File) -> Row {
    let path = show(&row.path);
    match row.kind {
        RowKind::File(state) => {
            let text = if state.word().is_empty() { path } else { format!("{path}: {}", state.word()) };
            let facts = json!({ "path": row.path, "kind": "file", "state": state.word() });
            Row { text, facts }
        }
        RowKind::Folder(is_open, files, changed, absent) => {
            let mut told = vec![if is_open { "open" } else { "closed" }.to_owned(), count(files, "file")];
            told.extend((changed > 0).then(|| format!("{changed} changed")));
            told.extend((absent > 0).then(|| format!("{absent} absent")));
            let facts = json!({
                "path": row.path, "kind": "folder", "is_open": is_open, "files": files, "changed": changed,
                "absent": absent,
            });
            Row { text: format!("{path}/: {}", told.join(", ")), facts }
        }
    }
}
