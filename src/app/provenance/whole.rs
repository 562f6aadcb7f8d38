//! Folders with several results: which of them a datum read that was given the whole folder.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::git::Origin;
use crate::model::{ContentId, DatumState, KnownResult, Oid, PipelineName, Tree};
use crate::plan::claimed_tree;
use crate::plan::record::Record;

use super::super::moment::Moment;
use super::made::below;
use super::results::{Done, Parts};
use super::trace::{Need, Slot, Tracer};

impl Tracer<'_> {
    /// The results in a folder, if it holds whole ones.
    pub(super) fn parts(&mut self, need: &Need, origin: &Origin) -> Parts {
        let above = need.path.match_indices('/').map(|(at, _)| &need.path[..at]).chain([need.path.as_str()]);
        let names = above.filter(|_| origin.is_folder).filter_map(|path| PipelineName::parse(path).ok());
        for name in names.collect::<Vec<_>>() {
            let Some(results) = self.ledger(need.repository, need.start, &name) else { continue };
            let folder = below(&name, &need.path).unwrap_or(".");
            let lines = results.ledger.lines().iter().filter(|line| is_in(line, folder));
            let lines: Vec<&KnownResult> = lines.collect();
            if lines.is_empty() {
                continue;
            }
            let (given, left): (Vec<_>, Vec<_>) = match self.given(need, &name, &lines) {
                Some(done) => lines.into_iter().partition(|line| done.contains(&line.key)),
                None => (lines, Vec::new()),
            };
            return Parts { paths: paths(&name, folder, &given), left_out: paths(&name, folder, &left) };
        }
        Parts::default()
    }

    /// The keys of the datums whose results were given, where not all were.
    fn given(
        &mut self,
        need: &Need,
        name: &PipelineName,
        lines: &[&KnownResult],
    ) -> Option<BTreeSet<Box<str>>> {
        let shown = need.shown.as_ref()?;
        let files = self.folder(need.repository, need.start, name)?;
        let is_given = |lines: &[&KnownResult]| {
            id_of(&claimed_tree(lines.iter().copied(), &files).below(&need.path)) == *shown
        };
        // Most often all were, and then the commit need not be planned.
        if is_given(lines) {
            return None;
        }
        // What somebody had edited and did not commit stands in no commit, but the command's own record leaves it out.
        let hidden = self.hidden(need);
        let told = lines.iter().filter(|line| !hidden.iter().any(|path| is_of(line, path)));
        let told: Vec<&KnownResult> = told.copied().collect();
        if !hidden.is_empty() && is_given(&told) {
            return Some(told.iter().map(|line| line.key.clone()).collect());
        }
        self.done(need.repository, need.start)?.get(name).cloned()
    }

    /// What the record of who read a folder hid from commands, as they would have seen it.
    fn hidden(&self, need: &Need) -> BTreeSet<String> {
        let Slot::Input(step, _) = &need.slot else { return BTreeSet::new() };
        let commit = &self.found.commits[self.found.steps[*step].commit];
        let facts = commit.id.parse().ok().and_then(|id| self.repo(need.repository).commit_facts(id).ok());
        match facts.and_then(|facts| self.record(need.repository, &facts)) {
            Some(Record::Inline(record)) => hidden_in(&record.command),
            _ => BTreeSet::new(),
        }
    }

    /// What was done in a commit: planned once. Nothing where it cannot be planned any more.
    fn done(&mut self, repository: usize, commit: Oid) -> Option<Rc<Done>> {
        if let Some(known) = self.done.get(&(repository, commit)) {
            return known.clone();
        }
        let moment = Moment::open(self.repo(repository).root(), Some(&commit.to_string())).ok();
        let done = moment.as_ref().map(|moment| Rc::new(all_done(moment)));
        self.done.insert((repository, commit), done.clone());
        done
    }
}

fn all_done(moment: &Moment) -> Done {
    let project = &moment.session.project;
    let plans = project.plan_all(&moment.session.known());
    let planned = plans.by_name.into_iter().filter_map(|(name, planned)| Some((name, planned.ok()?)));
    let keys = planned.map(|(name, planned)| {
        let done = planned.plan.datums.iter().filter(|datum| datum.state == DatumState::Done);
        let keys = done.map(|datum| datum.key.clone()).collect();
        (name, keys)
    });
    keys.collect()
}

/// The paths that a record's script hides: each is the word after `-x`.
fn hidden_in(script: &str) -> BTreeSet<String> {
    let word = |rest: &str| match rest.strip_prefix('\'') {
        Some(quoted) => quoted.split_once('\'').map(|(word, _)| word.to_owned()),
        None => rest.split_whitespace().next().map(str::to_owned),
    };
    script.split(" -x ").skip(1).filter_map(word).collect()
}

/// Whether a hidden path, from below `/pfs`, is of a result.
fn is_of(line: &KnownResult, hidden: &str) -> bool {
    line.outputs.iter().any(|output| format!("{hidden}/").contains(&format!("/{}/", output.path)))
}

/// Whether a result has something inside a folder of its pipeline.
fn is_in(line: &KnownResult, folder: &str) -> bool {
    line.outputs.iter().any(|output| is_inside(&output.path, folder))
}

fn is_inside(path: &str, folder: &str) -> bool {
    match folder {
        "." => path != ".",
        _ => path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')),
    }
}

fn paths(name: &PipelineName, folder: &str, lines: &[&KnownResult]) -> Vec<String> {
    let outputs = lines.iter().flat_map(|line| &line.outputs);
    outputs
        .filter(|output| is_inside(&output.path, folder))
        .map(|output| name.path_of(&output.path))
        .collect()
}

fn id_of(folder: &Tree) -> ContentId {
    folder.folder_id(0..folder.len(), folder.prefix().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_paths_are_read_as_the_script_has_them() {
        let script = "d all -d fs fs -x fs/a/x -x 'fs/b c/x y' -- A=1\nd all -f raw/x raw/x\n";
        let hidden = hidden_in(script);
        assert_eq!(hidden.iter().map(String::as_str).collect::<Vec<_>>(), ["fs/a/x", "fs/b c/x y"]);
    }
}
