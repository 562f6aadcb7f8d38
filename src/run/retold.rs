//! Ledgers whose lines were told again in new names while the project is open; what stands on disk is older.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;

use crate::ledger::PipelineLedger;
use crate::model::PipelineName;

/// So many bytes are read at most for that where nothing is about to run.
const LOOK_BYTES: u64 = 256 << 20;

/// Ledgers that were told again, by pipeline.
pub(super) struct Retold {
    by_name: BTreeMap<PipelineName, Told>,
    /// So many bytes may still be read to find out what is the same.
    pub(super) left: Cell<u64>,
    /// Which files, by path and key, have the bytes that the key names, as far as that was looked at.
    pub(super) named: RefCell<BTreeMap<(String, String), bool>>,
}

/// A ledger, and the same told once more. The older one stays, since somebody may be reading it.
#[derive(Default)]
struct Told(OnceCell<Box<(PipelineLedger, Self)>>);

impl Retold {
    /// Nothing yet, of the pipelines of a project. `to_run`: it is worth to read whatever may save a command.
    pub(super) fn new<'a>(names: impl Iterator<Item = &'a PipelineName>, to_run: bool) -> Self {
        let by_name = names.map(|name| (name.clone(), Told::default())).collect();
        Self {
            by_name,
            left: Cell::new(if to_run { u64::MAX } else { LOOK_BYTES }),
            named: RefCell::default(),
        }
    }

    /// A pipeline's ledger as it was told last.
    pub(super) fn ledger(&self, name: &PipelineName) -> Option<&PipelineLedger> {
        let mut told = self.by_name.get(name)?;
        let mut last = None;
        while let Some(found) = told.0.get() {
            last = Some(&found.0);
            told = &found.1;
        }
        last
    }

    /// Takes a ledger that is told again; whether it is of a pipeline of the project.
    pub(super) fn tell(&self, name: &PipelineName, ledger: PipelineLedger) -> bool {
        let Some(mut told) = self.by_name.get(name) else { return false };
        while let Some(found) = told.0.get() {
            told = &found.1;
        }
        told.0.set(Box::new((ledger, Told::default()))).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_one_told_holds_and_the_older_ones_stay() {
        let name = |text| PipelineName::parse(text).expect("a name");
        let retold = Retold::new([name("fs")].iter(), true);
        assert!(retold.ledger(&name("fs")).is_none());
        let empty = PipelineLedger::default;
        assert!(retold.tell(&name("fs"), empty()) && !retold.tell(&name("stats"), empty()));
        let first = retold.ledger(&name("fs")).expect("it was told");
        assert!(retold.tell(&name("fs"), empty()));
        let last = retold.ledger(&name("fs")).expect("it was told");
        assert!(!std::ptr::eq(first, last) && first.lines().is_empty());
        assert!(retold.ledger(&name("stats")).is_none());
    }
}
