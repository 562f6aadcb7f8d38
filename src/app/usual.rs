//! How long a datum of each pipeline usually takes, by what is remembered of attempts.

use std::collections::BTreeMap;

use crate::model::DatumId;
use crate::run::{Known, Plans};

use super::session::{Session, in_order};
use super::table::took;

/// So many datums of a pipeline are looked at, from all over it.
const SAMPLE: usize = 200;

/// How long a datum of a pipeline usually takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usual {
    /// Of how many that is known.
    pub known: usize,
    /// How long they took together, in milliseconds.
    pub took_ms: u64,
    /// The squares of these times added up.
    pub squares: u128,
}

impl Usual {
    /// Takes in one time.
    pub fn add(&mut self, took_ms: u64) {
        self.known += 1;
        self.took_ms += took_ms;
        self.squares += u128::from(took_ms).pow(2);
    }
}

/// The same of some pieces of work, by the last attempt at each; at most so many as are looked at elsewhere.
pub fn usual_of(known: &Known<'_>, ids: impl Iterator<Item = DatumId>) -> Usual {
    let mut usual = Usual::default();
    ids.take(SAMPLE).map(|id| took(known, id)).filter(|ms| *ms > 0).for_each(|ms| usual.add(u64::from(ms)));
    usual
}

/// The same of all pipelines of which something is known, by name.
pub fn usual(session: &Session, plans: &Plans, known: &Known<'_>) -> BTreeMap<String, Usual> {
    let planned = in_order(&session.project, plans);
    let planned = planned.filter_map(|(name, planned)| Some((name, planned.as_ref().ok()?)));
    let mut found = BTreeMap::new();
    for (name, planned) in planned {
        let (datums, work) = (&planned.plan.datums, planned.plan.work);
        let mut usual = Usual::default();
        for datum in datums.iter().step_by(datums.len().div_ceil(SAMPLE).max(1)) {
            // Other data is likely to take as long as before; other code may take any time.
            let before = || {
                let lines = session.project.ledger(name).lines_for(&datum.key);
                lines.last().filter(|line| line.work == work).map(|line| line.id)
            };
            let now = took(known, datum.id);
            let ms = if now > 0 { now } else { before().map_or(0, |id| took(known, id)) };
            if ms > 0 {
                usual.add(u64::from(ms));
            }
        }
        if usual.known == 0 {
            // Where all waits for an upstream, what is remembered stands for what may come.
            let lines = session.project.ledger(name).lines();
            let left = planned.plan.leftovers.iter().take(SAMPLE).map(|left| &lines[left.line as usize]);
            let same = left.filter(|line| line.work == work).map(|line| took(known, line.id));
            same.filter(|ms| *ms > 0).for_each(|ms| usual.add(u64::from(ms)));
        }
        if usual.known > 0 {
            found.insert(name.to_string(), usual);
        }
    }
    found
}
