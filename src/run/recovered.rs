//! Recovered datums: finished without a result, so what stands of other work of theirs goes as if one had taken its place.

use std::collections::BTreeSet;

use crate::ledger::PipelineLedger;
use crate::model::{DatumState, KnownInput, KnownResult};
use crate::plan::known_inputs;

use super::job::Job;
use super::news::{Committing, News};

impl Job {
    /// The lines that a ledger has of recovered datums, all of other work.
    pub(super) fn had_before<'l>(&self, ledger: &'l PipelineLedger) -> impl Iterator<Item = &'l KnownResult> {
        self.recovered().flat_map(|number| {
            let datum = &self.planned.plan.datums[number];
            let lines = ledger.lines_for(&datum.key);
            if lines.iter().any(|line| line.id == datum.id) { &[] } else { lines }
        })
    }

    /// Takes from recovered datums the files in a shared folder that they had before.
    pub(super) fn disown_recovered(&mut self) {
        let recovered: BTreeSet<usize> = self.recovered().collect();
        self.owners.retain(|_, owned| owned.datum.is_none_or(|datum| !recovered.contains(&datum)));
    }

    fn recovered(&self) -> impl Iterator<Item = usize> {
        let states = self.states.iter().enumerate();
        states.filter(|(_, state)| **state == DatumState::Recovered).map(|(number, _)| number)
    }
}

impl Committing<'_> {
    /// Whether HEAD's result of a datum that there is now is of other work and gone, as its files are.
    pub(super) fn is_let_go(&self, number: usize, line: &KnownResult) -> bool {
        let place = |path: &str| self.project.repo.root().join(self.name().path_of(path));
        let mut places = line.outputs.iter().map(|output| place(&output.path));
        self.plan().datums[number].id != line.id && places.all(|place| place.symlink_metadata().is_err())
    }

    /// What datums are made of now whose results went.
    pub(super) fn inputs_of_let_go(&self, news: &News<'_>) -> Vec<KnownInput> {
        let keys: BTreeSet<&str> = news.removed.iter().map(|line| &*line.key).collect();
        let datums = self.plan().datums.iter().enumerate();
        let numbers = datums.filter(|(_, datum)| keys.contains(&*datum.key)).map(|(number, _)| number);
        numbers.flat_map(|number| known_inputs(self.plan(), &self.planned.pipeline, number)).collect()
    }
}
