//! Results that git would ignore: they could never be committed, nor known again, so none is made or placed.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use crate::git::Ignored;
use crate::model::{DatumState, OutFile, literal};
use crate::plan::{entries_of, owns_target, target};

use super::datum_end::DatumEnd;
use super::engine::Engine;
use super::job::Job;
use super::obstacle::Obstacle;
use super::placed::above;
use super::planner::Planned;
use super::project::Project;

impl Project {
    /// Datums of a plan that are not done and whose place git ignores: they are refused, so they count as failed.
    pub(super) fn mark_ignored(&self, planned: &mut Planned) {
        use DatumState::{Blocked, Done, Edited, InTheWay};
        let datums = planned.plan.datums.iter().enumerate();
        let open: Vec<usize> = datums
            .filter(|(_, datum)| !matches!(datum.state, Done | Blocked | Edited | InTheWay))
            .map(|(number, _)| number)
            .collect();
        if open.is_empty() {
            return;
        }
        let ignored = self.ignored_of(planned);
        let place = |datum: usize| Some((datum, self.ignored_place(planned, &ignored, datum)?));
        let places: Vec<(usize, String)> = open.into_iter().filter_map(place).collect();
        for (datum, place) in places {
            // To name the rule takes a process, which thousands of datums need not each start.
            let is_first = planned.refused.is_empty();
            let sentence = if is_first { self.names_rule(&place, true) } else { unnamed(&place) };
            planned.refused.insert(datum, sentence);
            planned.plan.datums[datum].state = DatumState::Failed;
        }
    }

    /// The folder of a datum's result, if git ignores it and tracks nothing in it.
    fn ignored_place(&self, planned: &Planned, ignored: &Ignored, datum: usize) -> Option<String> {
        let pipeline = &planned.pipeline;
        let key = &planned.plan.datums[datum].key;
        let owned = owns_target(pipeline, key).then_some(&**key);
        let place = owned.map_or_else(|| pipeline.name.to_string(), |key| target(pipeline, key));
        if !ignored.has_folder(&place) {
            return None;
        }
        let files = self.results.below(pipeline.name.as_str());
        let spec = pipeline.spec_path();
        let mut standing = entries_of(&files, owned.unwrap_or(".")).iter();
        let has_tracked = standing.any(|entry| *entry.path != *spec && self.scan.is_tracked(&entry.path));
        (!has_tracked).then_some(place)
    }

    fn ignored<'j>(&self, job: &'j Job) -> &'j Ignored {
        job.ignored.get_or_init(|| self.ignored_of(&job.planned))
    }

    fn ignored_of(&self, planned: &Planned) -> Ignored {
        let (name, places) = (planned.pipeline.name.as_str(), OnceCell::new());
        let is_part = |path: &str| {
            let inside = path.get(name.len() + 1..).unwrap_or_default();
            let places = places.get_or_init(|| self.places(planned));
            above(inside).any(|place| places.contains(place))
        };
        Ignored::below(&self.repo, &self.scan, name, &is_part)
    }

    /// Where results stand or are to stand, from the pipeline's folder: a `.gitignore` in there is a part of one.
    fn places<'j>(&'j self, planned: &'j Planned) -> BTreeSet<&'j str> {
        let pipeline = &planned.pipeline;
        let outputs = self.ledger(&pipeline.name).lines().iter().flat_map(|line| &line.outputs);
        let keys = planned.plan.datums.iter().map(|datum| &*datum.key);
        let owned = keys.filter(|key| owns_target(pipeline, key));
        outputs.map(|output| &*output.path).chain(owned).collect()
    }

    fn names_rule(&self, path: &str, is_folder: bool) -> String {
        let inside = if is_folder { format!("{path}/result") } else { path.to_owned() };
        let rule = match self.scan.entered_around(&inside).map(|inner| (inner.open(), inner.inside(&inside)))
        {
            Some((Ok(subdataset), Some(inside))) => subdataset.ignore_rule(inside),
            _ => self.repo.ignore_rule(&inside),
        };
        match rule {
            Some(rule) => format!(
                "git ignores `{path}` by the rule {rule}, so this result could not be committed; change the rule"
            ),
            None => unnamed(path),
        }
    }
}

impl Engine<'_> {
    /// Tells what was refused.
    pub(super) fn end_refused(&mut self, at: usize, refused: Vec<(usize, String)>) {
        self.report.summary.failed += refused.len();
        for (datum, sentence) in refused {
            self.end_datum(at, datum, &DatumEnd::at_once(DatumState::Failed, Some(sentence)));
        }
    }

    /// The first file of a result that git would ignore.
    pub(super) fn ignored_obstacle(&self, job: &Job, datum: usize, files: &[OutFile]) -> Option<Obstacle> {
        let folder = target(&job.planned.pipeline, &job.planned.plan.datums[datum].key);
        let ignored = self.project.ignored(job);
        let is_ignored = |path: &String| ignored.has_file(path) && !self.shared.scan.is_tracked(path);
        let path = files.iter().map(|file| format!("{folder}/{}", file.path)).find(is_ignored)?;
        let message = self.project.names_rule(&path, false);
        Some(Obstacle { state: DatumState::Failed, message, is_clash: false })
    }
}

fn unnamed(path: &str) -> String {
    format!(
        "git ignores `{path}`, so this result could not be committed; `git check-ignore -v {}` names the rule",
        literal(path)
    )
}
