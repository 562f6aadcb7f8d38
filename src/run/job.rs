//! A job: one pipeline's share of a run, with what is queued, running, placed and left.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use std::sync::Arc;

use crate::exec::Room;
use crate::git::Ignored;
use crate::model::{DatumId, DatumState, OutFile, PipelineName, Place};
use crate::plan::{Planned as Datum, emptied};

use super::absent::{Absent, Fetch};
use super::handing::Handing;
use super::left::Left;
use super::placed::above;
use super::planner::Planned;
use super::preparation::Preparation;
use super::work::JobTime;

/// Datums with the same id: computed once, placed at each key.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    /// Numbers of the datums; the first stands for the others.
    pub datums: Vec<usize>,
}

/// A result file in a folder that datums share.
#[derive(Clone, Debug)]
pub(super) struct Owned {
    /// Number of the datum that made it; `None` for a leftover that is kept.
    pub datum: Option<usize>,
    /// The file, its path relative to the pipeline's folder.
    pub file: OutFile,
}

/// How far the container of a job is.
pub(super) enum Preparing {
    /// To be begun.
    Due(Box<Preparation>),
    /// A thread is at it.
    Begun,
}

/// One pipeline's share of a run.
pub(super) struct Job {
    /// The pipeline and its plan.
    pub planned: Arc<Planned>,
    /// State of each datum, as it changes.
    pub states: Vec<DatumState>,
    /// Files that this run placed, by datum.
    pub placed: BTreeMap<usize, Arc<[OutFile]>>,
    /// Those among them that stand as HEAD has them: links to content of the annex that is not here.
    pub committed: BTreeSet<usize>,
    /// How those of them were made that are known of old.
    pub made: BTreeMap<usize, Place>,
    /// Where its commands run.
    pub room: Room,
    /// How inputs are handed to them.
    pub handing: Handing,
    /// Its image is being made ready: nothing starts before.
    pub preparing: Option<Preparing>,
    /// Who owns each file that stands as a result, by path relative to the pipeline's folder; only
    /// kept where datums share the pipeline's folder.
    pub owners: BTreeMap<Box<str>, Owned>,
    /// All units, by number.
    pub units: Vec<Unit>,
    /// Units to run, in order.
    pub queue: VecDeque<usize>,
    /// Units whose content is being fetched, with what did not come yet.
    pub awaiting: BTreeMap<usize, BTreeSet<Absent>>,
    /// What fetches it: one for each repository.
    pub fetching: Vec<Fetch>,
    /// Units in slots now.
    pub running: usize,
    /// Their work.
    pub in_hand: BTreeSet<DatumId>,
    /// Sets of units in slots now.
    pub sets: usize,
    /// Sets at a time at the most.
    pub limit: usize,
    /// The time that it has.
    pub time: Option<JobTime>,
    /// Datums that this run is going to run or place, and that have not ended yet: what stands of them gives way.
    pub open: BTreeSet<usize>,
    /// Datums that nobody named, which take the result of one that is run by force along.
    pub twins: BTreeSet<usize>,
    /// Datums that an earlier round of the run tried in vain.
    pub tried: Vec<usize>,
    /// The first thing that went wrong, for the job's message.
    pub trouble: Option<String>,
    /// What is worth a sentence whenever it is planned.
    pub notes: Vec<String>,
    /// What git ignores in the pipeline's folder, once somebody asked.
    pub ignored: OnceCell<Ignored>,
}

/// What a run wants of a job's datums.
pub(super) struct Wanted<'a> {
    /// Only these keys, if given.
    pub keys: Option<&'a BTreeSet<String>>,
    /// Run even what is done.
    pub force: bool,
    /// Only what failed.
    pub failed_only: bool,
    /// What earlier rounds of this run did.
    pub left: &'a Left,
}

impl Wanted<'_> {
    /// Whether a datum failed the last time, or was dropped by an earlier round that tried it therefore.
    fn is_failed(&self, name: &PipelineName, datum: &Datum) -> bool {
        matches!(datum.state, DatumState::Failed | DatumState::Recovered)
            || self.left.again.contains(&(name.clone(), datum.key.to_string()))
    }
}

impl Job {
    /// A job with nothing queued yet.
    pub(super) fn new(planned: Arc<Planned>, limit: usize) -> Self {
        let states = planned.plan.datums.iter().map(|datum| datum.state).collect();
        let time = planned.pipeline.job_timeout.map(JobTime::new);
        let notes = planned.unmatched_globs();
        let notes =
            notes.iter().map(|unmatched| unmatched.sentence(planned.pipeline.name.as_str())).collect();
        let limit = planned.pipeline.parallelism.map_or(limit, |most| limit.min(most.max(1) as usize));
        Self {
            planned,
            states,
            placed: BTreeMap::new(),
            committed: BTreeSet::new(),
            made: BTreeMap::new(),
            room: Room::default(),
            handing: Handing::default(),
            preparing: None,
            owners: BTreeMap::new(),
            units: Vec::new(),
            queue: VecDeque::new(),
            awaiting: BTreeMap::new(),
            fetching: Vec::new(),
            running: 0,
            in_hand: BTreeSet::new(),
            sets: 0,
            limit,
            time,
            open: BTreeSet::new(),
            twins: BTreeSet::new(),
            tried: Vec::new(),
            trouble: None,
            notes,
            ignored: OnceCell::new(),
        }
    }

    /// The pipeline's name.
    pub(super) fn name(&self) -> &PipelineName {
        &self.planned.pipeline.name
    }

    /// The work of a unit.
    pub(super) fn id_of(&self, unit: usize) -> DatumId {
        self.planned.plan.datums[self.units[unit].datums[0]].id
    }

    /// Queues what is wanted and must run; gives the datums whose known results are to be placed.
    pub(super) fn queue(&mut self, wanted: &Wanted<'_>) -> Vec<usize> {
        let mut by_id: BTreeMap<DatumId, usize> = BTreeMap::new();
        let mut to_place = Vec::new();
        let ran = wanted.left.ran.contains(self.name());
        for (number, datum) in self.planned.plan.datums.iter().enumerate() {
            if wanted.keys.is_some_and(|keys| !keys.contains(&*datum.key)) {
                continue;
            }
            if wanted.left.tried.contains(&datum.id) {
                let is_recovered = datum.state == DatumState::Recovered;
                self.states[number] = if is_recovered { DatumState::Recovered } else { DatumState::Failed };
                self.tried.push(number);
                continue;
            }
            if wanted.failed_only && !wanted.is_failed(&self.planned.pipeline.name, datum) {
                continue;
            }
            match self.action(datum.state, wanted.force, ran) {
                Action::Nothing => {}
                Action::Place => to_place.push(number),
                Action::Run => {
                    let unit = *by_id.entry(datum.id).or_insert_with(|| {
                        self.units.push(Unit { datums: Vec::new() });
                        self.units.len() - 1
                    });
                    self.units[unit].datums.push(number);
                }
            }
        }
        if let Some(keys) = wanted.keys.filter(|_| wanted.force) {
            self.take_twins(&by_id, keys);
        }
        self.queue = (0..self.units.len()).collect();
        to_place
    }

    /// Takes into each unit also what nobody named and has the same work: it has the same result, so it takes the new one
    /// along, and not some later time.
    fn take_twins(&mut self, by_id: &BTreeMap<DatumId, usize>, named: &BTreeSet<String>) {
        for (number, datum) in self.planned.plan.datums.iter().enumerate() {
            let is_known = matches!(datum.state, DatumState::Done | DatumState::Cached);
            let Some(unit) = by_id.get(&datum.id).filter(|_| is_known) else { continue };
            if !named.contains(&*datum.key) {
                self.units[*unit].datums.push(number);
                self.twins.insert(number);
            }
        }
    }

    fn action(&self, state: DatumState, force: bool, ran: bool) -> Action {
        let again = force || self.planned.pipeline.every_job && !ran;
        match state {
            DatumState::Done | DatumState::Cached if again => Action::Run,
            DatumState::Cached => Action::Place,
            DatumState::Pending | DatumState::Stale | DatumState::Failed | DatumState::Recovered => {
                Action::Run
            }
            _ => Action::Nothing,
        }
    }

    /// Takes the units of the next datum set from the queue, as `datum_set_spec` says; one by default.
    /// `slots` is the number of datums at a time, `root` the project's.
    pub(super) fn next_set(&mut self, slots: usize, root: &Path) -> Vec<usize> {
        let spec = self.planned.pipeline.datum_set;
        let workers = self.limit.min(slots).max(1);
        let number = match (spec.size_bytes, spec.number, spec.per_worker) {
            (Some(limit), ..) => self.units_within(limit, root),
            (None, Some(number), _) => usize::try_from(number).unwrap_or(usize::MAX),
            (None, None, Some(sets)) => {
                let sets = workers.saturating_mul(usize::try_from(sets).unwrap_or(usize::MAX));
                self.units.len() / sets.max(1)
            }
            (None, None, None) => 1,
        };
        let number = number.clamp(1, self.queue.len());
        self.queue.drain(..number).collect()
    }

    /// How many of the next units it takes for their inputs to reach `limit` bytes.
    fn units_within(&self, limit: u64, root: &Path) -> usize {
        let mut bytes = 0;
        let reaches = |unit: &usize| {
            bytes += self.input_bytes(self.units[*unit].datums[0], root);
            bytes >= limit
        };
        self.queue.iter().position(reaches).map_or(self.queue.len(), |at| at + 1)
    }

    fn input_bytes(&self, datum: usize, root: &Path) -> u64 {
        let plan = &self.planned.plan;
        let entries = plan.formed.datums[datum].matches.iter().flat_map(|&at| {
            let matched = &plan.formed.matches[at as usize];
            let range = matched.entries.start as usize..matched.entries.end as usize;
            &plan.trees[usize::from(matched.leaf)].entries()[range]
        });
        entries
            .filter_map(|entry| std::fs::metadata(root.join(&*entry.path)).ok())
            .map(|meta| meta.len())
            .sum()
    }

    /// Whether another set may start now.
    pub(super) fn can_start(&self) -> bool {
        self.preparing.is_none() && self.sets < self.limit && !self.queue.is_empty()
    }

    /// Takes datums that are refused out of what is queued and of what is to be placed; gives them, with the sentences
    /// that say why.
    pub(super) fn take_refused(&mut self, to_place: &mut Vec<usize>) -> Vec<(usize, String)> {
        let planned = Arc::clone(&self.planned);
        let queued = self.queue.iter().flat_map(|unit| &self.units[*unit].datums);
        let wanted: BTreeSet<usize> = queued.chain(&*to_place).copied().collect();
        let refused = planned.refused.iter().filter(|(datum, _)| wanted.contains(datum));
        let refused: Vec<_> = refused.map(|(datum, sentence)| (*datum, sentence.clone())).collect();
        if !refused.is_empty() {
            self.drop_datums(|datum| planned.refused.contains_key(&datum));
            to_place.retain(|datum| !planned.refused.contains_key(datum));
        }
        refused
    }

    /// Takes datums out of what is queued.
    pub(super) fn drop_datums(&mut self, which: impl Fn(usize) -> bool) {
        for unit in &mut self.units {
            unit.datums.retain(|datum| !which(*datum));
        }
        let units = &self.units;
        self.queue.retain(|unit| !units[*unit].datums.is_empty());
    }

    /// Runs nothing of it, for this reason.
    pub(super) fn refuse(&mut self, sentence: String) {
        self.queue.clear();
        self.awaiting.clear();
        self.fetching.clear();
        self.note_trouble(sentence);
    }

    /// How its commands will see `/pfs`, as far as that is known.
    pub(super) fn begins_in(&self) -> Place {
        if self.preparing.is_some() { Place::Container } else { self.room.place() }
    }

    /// Whether nothing is queued, fetched or running.
    pub(super) fn is_over(&self) -> bool {
        self.is_idle() && self.queue.is_empty()
    }

    /// Whether nothing of it will be heard of by itself.
    pub(super) fn is_idle(&self) -> bool {
        self.running == 0 && self.awaiting.is_empty() && self.preparing.is_none()
    }

    /// Why the results of vanished datums stay this time, if they do: nothing took their place, or all
    /// datums vanished while there is input, which is more likely a slip in the spec than meant.
    pub(super) fn keeps_orphans(&self, is_forced: bool) -> Option<String> {
        let plan = &self.planned.plan;
        let kept_as = if plan.is_emptied() { DatumState::Blocked } else { DatumState::Orphaned };
        let orphans = plan.left_keys().filter(|left| left.state == kept_as).count();
        if orphans == 0 || is_forced {
            return None;
        }
        let kept = super::records::count(orphans, "result");
        if plan.is_emptied() {
            return Some(emptied(self.name().as_str(), &kept));
        }
        let has_done = self.states.contains(&DatumState::Done);
        (!self.states.is_empty() && !has_done)
            .then(|| format!("no datum is done, so {kept} of earlier datums kept"))
    }

    /// Names the datums whose command succeeded without an output, which may be meant.
    pub(super) fn wrote_nothing(&self) -> Option<String> {
        const NAMED: usize = 3;
        self.planned.pipeline.transform.as_ref()?;
        let empty: Vec<usize> =
            self.placed.iter().filter(|(_, files)| files.is_empty()).map(|(datum, _)| *datum).collect();
        let named = empty.iter().take(NAMED).map(|datum| self.planned.plan.datums[*datum].key.to_string());
        let more = empty.len().saturating_sub(NAMED);
        let rest = (more > 0).then(|| format!("and {more} more"));
        let named: Vec<String> = named.chain(rest).collect();
        let datums = super::records::count(empty.len(), "datum");
        (!empty.is_empty())
            .then(|| format!("{}: {datums} wrote nothing to /pfs/out: {}", self.name(), named.join(", ")))
    }

    /// What other owners have, to stay, of a path, of folders it lies in, and inside it.
    pub(super) fn rivals<'a>(
        &'a self,
        datum: usize,
        path: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a Owned)> {
        let above = above(path).filter_map(|above| self.owners.get(above).map(|owned| (above, owned)));
        let folder = format!("{path}/");
        let inside = self.owners.range(Box::from(folder.as_str())..).map(|(path, owned)| (&**path, owned));
        let inside = inside.take_while(move |(path, _)| path.starts_with(&folder));
        // What is to be made anew gives way to what takes its name.
        let stays = move |owned: &Owned| {
            owned.datum.is_none_or(|other| other != datum && !self.open.contains(&other))
        };
        above.chain(inside).filter(move |(_, owned)| stays(owned))
    }

    /// Takes note of how a known result that is placed was made.
    pub(super) fn note_place(&mut self, datum: usize, place: Option<Place>) {
        if let Some(place) = place {
            self.made.insert(datum, place);
        }
    }

    /// How the result of a datum that this run placed was made.
    pub(super) fn place_of(&self, datum: usize) -> Place {
        match (self.made.get(&datum), &self.planned.pipeline.transform) {
            (Some(place), _) => *place,
            (None, Some(_)) => self.room.place(),
            (None, None) => Place::None,
        }
    }

    /// Whether every datum is done now.
    pub(super) fn is_complete(&self) -> bool {
        self.planned.plan.incomplete.is_empty()
            && self.states.iter().all(|state| matches!(state, DatumState::Done | DatumState::Recovered))
            && self.planned.plan.leftovers.iter().all(|left| left.state == DatumState::Orphaned)
    }

    /// Remembers the first thing that went wrong.
    pub(super) fn note_trouble(&mut self, sentence: impl Into<String>) {
        self.trouble.get_or_insert_with(|| sentence.into());
    }
}

enum Action {
    Nothing,
    Place,
    Run,
}
