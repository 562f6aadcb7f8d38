//! Content of the annex that is not here: what datums about to run need of it is fetched while others run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::exec::Noted;
use crate::git::{Keeper, annex, write};
use crate::model::{ContentId, DatumState, Entry, Event};

use super::absent::{AT_ONCE, Absent, Fetch, Missing, ToFetch, entries};
use super::clock::now_ms;
use super::engine::Engine;
use super::error::RunError;
use super::job::Job;
use super::records::count;
use super::task_news::TaskNews;

impl Engine<'_> {
    /// Takes the units out of a job's queue that need content which is not here, and begins to fetch exactly that.
    pub(super) fn begin_fetch(&mut self, at: usize) -> Result<(), RunError> {
        // What only arranges its inputs needs none of their content.
        if self.jobs[at].planned.pipeline.transform.is_none() || self.jobs[at].queue.is_empty() {
            return Ok(());
        }
        let shared = self.shared;
        let mut missing = Missing::new(&shared.annexes, &shared.scan);
        let awaiting = absent(&self.jobs[at], &mut missing);
        let all: BTreeSet<Absent> = awaiting.values().flatten().cloned().collect();
        for (repository, keys) in Missing::by_keeper(all) {
            let fetch = self.fetch(at, &missing.keepers[&repository], keys)?;
            self.jobs[at].fetching.push(fetch);
        }
        self.jobs[at].queue.retain(|unit| !awaiting.contains_key(unit));
        for unit in awaiting.keys() {
            for datum in self.jobs[at].units[*unit].datums.clone() {
                self.jobs[at].states[datum] = DatumState::Queued;
            }
        }
        self.jobs[at].awaiting = awaiting;
        Ok(())
    }

    /// Fetches the packed results out of which a match takes files, and waits for them.
    pub(super) fn fetch_packs(&mut self, at: usize) -> Result<(), RunError> {
        let shared = self.shared;
        let mut missing = Missing::new(&shared.annexes, &shared.scan);
        let all: BTreeSet<Absent> = absent(&self.jobs[at], &mut missing).into_values().flatten().collect();
        let name = format!("fetch-{}", self.new_name());
        let tell = &mut |keeper: &_, keys: &[_]| self.note_fetch(at, keeper, keys);
        shared.fetch(&missing, all, (&shared.state.join("work"), &name), tell)
    }

    /// Says what is fetched.
    fn note_fetch(&mut self, at: usize, keeper: &Keeper, keys: &[Arc<str>]) {
        let size = ToFetch::of(keys.iter().map(|key| &**key)).size();
        let place = if keeper.is_project() { String::new() } else { format!(" into `{}`", keeper.path) };
        let message = format!(
            "{}: `git annex get` fetches {}{place} ({size})",
            self.jobs[at].name(),
            count(keys.len(), "file")
        );
        self.observer.event(&Event::Note { message, at_ms: now_ms() });
    }

    /// Begins to fetch keys into one repository.
    fn fetch(&mut self, at: usize, keeper: &Keeper, keys: Vec<Arc<str>>) -> Result<Fetch, RunError> {
        self.note_fetch(at, keeper, &keys);
        let noted = Noted::new(&self.shared.state.join("work"), &format!("fetch-{}", self.new_name()))?;
        let (news, repository) = (self.news.clone(), keeper.path.clone());
        let tell = move |key: &str, end| {
            news.tell(TaskNews::Fetched((repository.clone(), key.into()), end));
        };
        let fetching = write::fetch(&keeper.place, keys, AT_ONCE, noted.variable(), tell)?;
        Ok(Fetch { fetching, noted })
    }

    /// Something came, or did not: units that waited for it alone go on. One whose content did not come is tried all
    /// the same and fails with why.
    pub(super) fn fetched(&mut self, absent: &Absent, end: Result<(), String>) {
        if self.starts_nothing() {
            return;
        }
        if let Err(why) = end {
            self.shared.unfetched.write().expect("nobody panics with the lock").insert(absent.clone(), why);
        } else {
            self.note_unlocked(absent);
        }
        for job in &mut self.jobs {
            for needs in job.awaiting.values_mut() {
                needs.remove(absent);
            }
            let ready: Vec<usize> =
                job.awaiting.iter().filter(|(_, needs)| needs.is_empty()).map(|(unit, _)| *unit).collect();
            for unit in ready {
                job.awaiting.remove(&unit);
                job.queue.push_back(unit);
            }
        }
    }

    /// Files that stand unlocked got their bytes by that: they are not as the scan saw them, and yet nobody's edit.
    fn note_unlocked(&self, absent: &Absent) {
        let (repository, key) = absent;
        if !repository.is_empty() {
            // Of subdatasets the scan knows how files stand when they are used first.
            return;
        }
        let mut placed = self.shared.placed.write().expect("nobody panics with the lock");
        for job in self.jobs.iter().filter(|job| !job.awaiting.is_empty()) {
            let waiting = job.awaiting.iter().filter(|(_, needs)| needs.contains(absent));
            for unit in waiting.map(|(unit, _)| *unit) {
                let datum = job.units[unit].datums[0];
                let of_key = |entry: &&Entry| match &entry.content {
                    ContentId::Annex(other) => other == key,
                    _ => self.shared.scan.annex_key(&entry.path).is_some_and(|other| other == *key),
                };
                for entry in entries(&job.planned, datum).filter(of_key) {
                    let stat = self.shared.scan.stat_now(&entry.path);
                    let stat = stat.filter(|stat| Some(stat.size_bytes) == annex::size_of(key));
                    if let Some(stat) = stat.filter(|_| !self.shared.scan.unchanged(&entry.path)) {
                        placed.insert(entry.path.to_string(), stat);
                    }
                }
            }
        }
    }

    /// Waits for the end of a job's fetches, all of which came: nobody may commit while git-annex refreshes the index.
    pub(super) fn end_fetch(&mut self, at: usize) {
        for fetch in std::mem::take(&mut self.jobs[at].fetching) {
            fetch.finish();
        }
    }

    /// Cuts all fetches off: nothing new is started.
    pub(super) fn end_fetches(&mut self) {
        for job in &mut self.jobs {
            job.awaiting.clear();
            job.fetching.clear();
        }
    }
}

/// The units of a job's queue that need content which is not here, and which.
fn absent(job: &Job, missing: &mut Missing<'_>) -> BTreeMap<usize, BTreeSet<Absent>> {
    let units = job.queue.iter().map(|unit| (*unit, missing.of(&job.planned, job.units[*unit].datums[0])));
    units.filter(|(_, absent)| !absent.is_empty()).collect()
}
