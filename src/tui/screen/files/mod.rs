//! The files of the project as a live tree: what git makes of each, whom it feeds, and what every change means.

mod draw;
#[cfg(test)]
mod tests;
mod tree;
mod twin;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::app::{FileList, PathView, Reader, Snapshot};
use crate::model::{DatumState, show};
use crate::run::count;
use crate::tui::action::{Action, Place};
use crate::tui::effect::{Answer, Effect, FileFacts, LogSource, Query, World};
use crate::tui::facts::{Facts, Watch};
use crate::tui::list::List;
use crate::tui::pen::Pen;
use crate::tui::twin::Twin;

use super::{Screen, Seen};
use tree::{Row, RowKind, filtered, rows, telling};

/// Its own state.
#[derive(Clone, Debug, Default)]
pub(in crate::tui) struct Files {
    list: List,
    /// Words that paths must hold.
    filter: String,
    /// The files; absent before the answer.
    found: Option<Arc<FileList>>,
    /// The snapshot they were asked for.
    of: Option<Arc<Snapshot>>,
    /// Folders that are open.
    open: BTreeSet<String>,
    /// A path that the cursor is to be on as soon as the files are known.
    sought: Option<String>,
    /// The rows as they are shown.
    rows: Vec<Row>,
    /// What paths are to pipelines; absent before the answer.
    facts: BTreeMap<String, Option<Box<FileFacts>>>,
    /// Whether it was ever on the screen.
    is_used: bool,
    /// The change that keys went to last, and whether they go to changes.
    changed: List,
    is_of_changes: bool,
}

impl Files {
    fn current(&self) -> Option<&Row> {
        self.rows.get(self.list.cursor)
    }

    /// What is known of the path under the cursor.
    fn known(&self) -> Option<&FileFacts> {
        self.facts.get(&self.current()?.path)?.as_deref()
    }

    /// Works the rows out anew; the cursor stays on its path, or its folder if that was closed.
    fn renew(&mut self) {
        let Some(found) = &self.found else { return };
        let before = self.current().map(|row| row.path.clone());
        self.rows = if self.filter.trim().is_empty() {
            rows(found, &self.open)
        } else {
            filtered(found, &self.filter)
        };
        let Some(before) = before else { return };
        let same = self.rows.iter().position(|row| row.path == before);
        let above = || self.rows.iter().rposition(|row| before.starts_with(&format!("{}/", row.path)));
        self.list.cursor =
            same.or_else(above).unwrap_or(self.list.cursor).min(self.rows.len().saturating_sub(1));
    }

    /// Asks for the files where the project is another.
    fn ask(&mut self, facts: &Facts) -> Vec<Effect> {
        if facts.unread.is_some() {
            // What was asked will not be answered.
            self.of = None;
            return Vec::new();
        }
        let is_same = self.of.as_ref().is_some_and(|of| Arc::ptr_eq(of, &facts.snapshot));
        if is_same || !self.is_used || facts.is_remembered {
            return Vec::new();
        }
        self.of = Some(Arc::clone(&facts.snapshot));
        self.facts.clear();
        vec![Effect::World(World::Query(Query::Files))]
    }

    fn ask_path(&mut self) -> Vec<Effect> {
        let Some(path) = self.current().map(|row| row.path.clone()) else { return Vec::new() };
        if self.facts.contains_key(&path) {
            return Vec::new();
        }
        self.facts.insert(path.clone(), None);
        vec![Effect::World(World::Query(Query::Path(path)))]
    }

    /// Puts the cursor on a path, with the folders around it open, and itself if it is one.
    pub(in crate::tui) fn seek(&mut self, path: &str) -> Vec<Effect> {
        self.filter.clear();
        self.sought = Some(path.to_owned());
        self.find()
    }

    fn find(&mut self) -> Vec<Effect> {
        if self.found.is_none() {
            return Vec::new();
        }
        let Some(path) = self.sought.take() else { return Vec::new() };
        self.open.extend(path.match_indices('/').map(|(end, _)| path[..end].to_owned()));
        self.open.insert(path.clone());
        self.renew();
        self.list.cursor = self.rows.iter().position(|row| row.path == path).unwrap_or(self.list.cursor);
        self.ask_path()
    }

    /// How many changes are listed.
    fn changes(&self) -> usize {
        self.found.as_ref().map_or(0, |found| found.changes.len())
    }

    /// Goes through the changes, with the cursor of the tree on the same file; nothing where the action does not move.
    fn walk_changes(&mut self, action: Action, seen: &Seen) -> Option<Vec<Effect>> {
        let len = self.changes();
        if !self.is_of_changes || len == 0 || !self.changed.act(action, len, seen.other_rows) {
            return None;
        }
        Some(self.seek_change())
    }

    fn seek_change(&mut self) -> Vec<Effect> {
        self.changed.stay_in(self.changes());
        let path =
            self.found.as_ref().and_then(|found| Some(found.changes.get(self.changed.cursor)?.0.clone()));
        path.map(|path| self.seek(&path)).unwrap_or_default()
    }

    /// Opens or closes the folder under the cursor, or the one that holds it.
    fn fold(&mut self, is_open: Option<bool>) -> Vec<Effect> {
        let Some(row) = self.current() else { return Vec::new() };
        let path = match (row.kind, is_open) {
            (RowKind::Folder(was_open, ..), None) => (row.path.clone(), !was_open),
            (RowKind::Folder(false, ..) | RowKind::File(_), Some(false)) => {
                let above = row.path.rsplit_once('/').map(|(above, _)| above.to_owned());
                let Some(above) = above else { return Vec::new() };
                (above, false)
            }
            (RowKind::Folder(..), Some(is_open)) => (row.path.clone(), is_open),
            (RowKind::File(_), _) => return Vec::new(),
        };
        match path {
            (path, true) => drop(self.open.insert(path)),
            (path, false) => drop(self.open.remove(&path)),
        }
        self.renew();
        self.ask_path()
    }
}

/// What a path is to pipelines, a line each.
fn told(facts: &FileFacts) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some((pipeline, key)) = &facts.maker {
        lines.push(format!("made by {}:{}", show(pipeline), show(key)));
    }
    let Some(view) = &facts.view else {
        lines.extend(facts.use_of.iter().filter(|_| facts.maker.is_none()).map(|told| show(told)));
        return lines;
    };
    lines.extend(standing(view));
    lines.extend(listed("feeds", &view.readers));
    lines.extend(view.spec_of.iter().map(|name| format!("the spec of {}", show(name))));
    let code = view.code_of.iter();
    lines.extend(code.map(|(name, datums)| format!("code of {}: {}", show(name), count(*datums, "datum"))));
    lines.extend(
        view.alone.iter().take(3).map(|(name, alone)| format!("{}: {}", show(name), show(&alone.sentence()))),
    );
    lines.extend(view.unmatched.iter().take(3).map(|unmatched| {
        format!(
            "not taken by {} of {}: {}",
            show(&unmatched.input),
            show(&unmatched.pipeline),
            show(&unmatched.glob)
        )
    }));
    lines.extend(view.formerly.iter().take(3).map(|key| format!("{} was made of it, and goes", show(key))));
    lines.extend(listed("was read by", &view.lost));
    if view.path == ".minipach" || view.path.starts_with(".minipach/") {
        lines.push("minipach's own; what is in its ledger belongs to results".into());
    }
    if view.path == "minipach.yml" {
        lines.push("the settings of the project, and what all specs begin with".into());
    }
    if lines.is_empty() {
        lines.extend(facts.use_of.iter().map(|told| show(told)));
    }
    lines
}

/// The same with what is wrong with it, as no pipeline comes of a spec with errors; never empty.
fn explained(mut lines: Vec<String>, path: &str, facts: &Facts) -> Vec<String> {
    let wrong = facts.snapshot.findings.iter().filter(|finding| finding.is_error() && finding.path == path);
    let wrong: Vec<String> = wrong.map(|finding| show(&finding.message)).collect();
    if !wrong.is_empty() {
        let what = if path.ends_with("spec.yml") { "a spec with" } else { "it has" };
        let many = count(wrong.len(), "error");
        lines.push(format!("{what} {many}, so no pipeline comes of it; `4` shows where:"));
        lines.extend(wrong);
    }
    if lines.is_empty() {
        lines.push("no pipeline uses it, and none made it".into());
    }
    lines
}

/// What it is inside the folder of a pipeline: the folder itself, or part of a result and where that stands.
fn standing(view: &PathView) -> Option<String> {
    if let Some((name, all, done)) = &view.folder_of {
        let all = count(*all, "datum");
        return Some(format!("the folder of the pipeline {}: {done} of {all} done", show(name)));
    }
    Some(match view.result? {
        DatumState::Edited => {
            "a result that was edited by hand: a run leaves it, `a` on its datum accepts it".into()
        }
        DatumState::Done => "a result as it was made".into(),
        DatumState::Orphaned => "a result of a datum that is no more: the next run removes it".into(),
        state => format!("a result whose datum is {}", state.word().replace('_', " ")),
    })
}

/// `feeds fs: sub-1 (done), sub-2 (stale)`, a line for each pipeline.
fn listed(what: &str, readers: &[Reader]) -> Vec<String> {
    let mut by_pipeline: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for reader in readers {
        let word = reader.state.word().replace('_', " ");
        by_pipeline.entry(&reader.pipeline).or_default().push(format!("{} ({word})", show(&reader.key)));
    }
    let line = |(name, keys): (&str, Vec<String>)| {
        let more = if keys.len() > 3 { format!(" and {} more", keys.len() - 3) } else { String::new() };
        let keys = keys.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
        format!("{what} {}: {keys}{more}", show(name))
    };
    by_pipeline.into_iter().map(line).collect()
}

impl Screen for Files {
    fn place(&self) -> Place {
        Place::Files
    }

    fn hint(&self, facts: &Facts) -> Option<(String, Action)> {
        let Watch::Polling(why) = &facts.watch else { return None };
        Some((format!("looking at all files every 5 s: {}", show(why)), Action::Reload))
    }

    fn off(&self, _facts: &Facts, action: Action) -> Option<String> {
        let row = self.current();
        match action {
            Action::Open | Action::Why | Action::Copy | Action::Edit | Action::Provenance
                if row.is_none() =>
            {
                Some("there is no file here".into())
            }
            Action::Downstream if !row.is_some_and(Row::is_folder) => Some("this is no folder".into()),
            Action::Upstream if !row.is_some_and(Row::can_close) => {
                Some("no folder is open around this".into())
            }
            Action::NextPane | Action::PreviousPane if self.changes() == 0 => {
                Some("nothing changed since the last commit".into())
            }
            Action::Edit if row.is_some_and(Row::is_folder) => Some("this is a folder".into()),
            Action::Compare if !row.is_some_and(Row::is_changed) => {
                Some("no file that changed since the last commit is under the cursor".into())
            }
            _ => None,
        }
    }

    fn act(&mut self, facts: &Facts, action: Action, seen: &Seen) -> Vec<Effect> {
        if matches!(action, Action::NextPane | Action::PreviousPane) {
            self.is_of_changes = !self.is_of_changes && self.changes() > 0;
            return if self.is_of_changes { self.seek_change() } else { Vec::new() };
        }
        if let Some(effects) = self.walk_changes(action, seen) {
            return effects;
        }
        if self.list.act(action, self.rows.len(), seen.rows) {
            return self.ask_path();
        }
        let Some(row) = self.current() else { return Vec::new() };
        let edit = || vec![Effect::World(World::Edit(row.path.clone(), 1))];
        match action {
            Action::Open if row.is_folder() => self.fold(None),
            Action::Downstream => self.fold(Some(true)),
            Action::Upstream => self.fold(Some(false)),
            Action::Open => vec![Effect::OpenLog(LogSource::file(&row.path))],
            Action::Edit => edit(),
            Action::Compare => vec![Effect::World(World::Query(Query::Diff(row.path.clone())))],
            Action::Copy => vec![Effect::World(World::Copy(row.path.clone()))],
            Action::Provenance => vec![Effect::OpenProvenance(row.path.clone())],
            Action::Why => {
                let lines = explained(self.known().map(told).unwrap_or_default(), &row.path, facts);
                vec![Effect::Explain(format!("Why · {}", show(&row.path)), lines)]
            }
            _ => Vec::new(),
        }
    }

    fn back(&mut self, _facts: &Facts, _seen: &Seen) -> bool {
        let had = !self.filter.is_empty() || self.is_of_changes;
        (self.is_of_changes, self.filter) = (false, String::new());
        self.renew();
        had
    }

    fn click(&mut self, row: usize) -> bool {
        self.list.click(row)
    }

    fn spot(&self, _facts: &Facts) -> Option<String> {
        self.current().map(|row| row.path.clone())
    }

    fn return_to(&mut self, _facts: &Facts, spot: &str) -> Vec<Effect> {
        self.list.cursor = self.rows.iter().position(|row| row.path == spot).unwrap_or_default();
        self.ask_path()
    }

    fn filter(&mut self) -> Option<&mut String> {
        Some(&mut self.filter)
    }

    fn came(&mut self, facts: &Facts) -> Vec<Effect> {
        self.is_used = true;
        self.ask(facts)
    }

    fn refresh(&mut self, facts: &Facts) -> Vec<Effect> {
        self.renew();
        let asked = self.ask(facts);
        if asked.is_empty() && self.is_used { self.ask_path() } else { asked }
    }

    fn take(&mut self, _facts: &Facts, answer: &Answer) -> Vec<Effect> {
        match answer {
            Answer::Files(found) => {
                if self.found.is_none() {
                    self.open = telling(found);
                }
                self.found = Some(Arc::clone(found));
                self.is_of_changes &= self.changes() > 0;
                self.renew();
                let sought = self.find();
                if sought.is_empty() { self.ask_path() } else { sought }
            }
            Answer::Path(path, facts) => {
                self.facts.insert(path.clone(), Some(facts.clone()));
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn words(&self, _facts: &Facts) -> Vec<String> {
        match self.current() {
            Some(row) => vec!["why".into(), row.path.clone()],
            None => ["--once", "--screen", "files"].map(str::to_owned).into(),
        }
    }

    fn twin(&self, facts: &Facts, most: usize) -> Twin {
        twin::twin(self, facts, most)
    }

    fn draw(&self, facts: &Facts, pen: &mut Pen<'_>, seen: &mut Seen) {
        draw::draw(self, facts, pen, seen);
    }
}
