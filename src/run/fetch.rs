//! Content of the annex that is not here: what datums about to run need of it is fetched while others run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::git::{annex, write};
use crate::model::{ContentId, DatumState, Entry, Event, Kind};

use super::clock::now_ms;
use super::engine::Engine;
use super::error::RunError;
use super::planner::Planned;
use super::records::count;
use super::task::TaskNews;

/// So many transfers go on at a time.
const AT_ONCE: usize = 4;

/// The entries whose bytes a datum sees.
fn entries(planned: &Planned, datum: usize) -> impl Iterator<Item = &Entry> {
    let plan = &planned.plan;
    plan.mounts(&planned.pipeline, datum).into_iter().filter(|mount| !mount.empty).flat_map(move |mount| {
        let matched = &plan.formed.matches[mount.at as usize];
        let range = matched.entries.start as usize..matched.entries.end as usize;
        plan.trees[usize::from(matched.leaf)].entries()[range]
            .iter()
            .filter(|entry| entry.kind != Kind::Gitlink)
    })
}

impl Engine<'_> {
    /// Takes the units out of a job's queue that need content which is not here, and begins to fetch exactly that.
    pub(super) fn begin_fetch(&mut self, at: usize) -> Result<(), RunError> {
        // What only arranges its inputs needs none of their content.
        let is_match = self.jobs[at].planned.pipeline.transform.is_none();
        if is_match || self.jobs[at].queue.is_empty() || !self.project.repo.has_annex() {
            return Ok(());
        }
        let awaiting = self.absent(at);
        if awaiting.is_empty() {
            return Ok(());
        }
        let keys: BTreeSet<Arc<str>> = awaiting.values().flatten().cloned().collect();
        let bytes: u64 = keys.iter().filter_map(|key| annex::size_of(key)).sum();
        let name = self.jobs[at].name().clone();
        let message =
            format!("{name}: `git annex get` fetches {} ({bytes} bytes)", count(keys.len(), "file"));
        self.observer.event(&Event::Note { message, at_ms: now_ms() });
        self.jobs[at].queue.retain(|unit| !awaiting.contains_key(unit));
        for unit in awaiting.keys() {
            for datum in self.jobs[at].units[*unit].datums.clone() {
                self.jobs[at].states[datum] = DatumState::Queued;
            }
        }
        self.jobs[at].awaiting = awaiting;
        let news = self.news.clone();
        // Nobody listens any more where the run is over.
        let tell = move |key: &str, end| drop(news.send(TaskNews::Fetched(key.into(), end)));
        let fetching = write::fetch(&self.project.repo.place(), keys.into_iter().collect(), AT_ONCE, tell)?;
        self.jobs[at].fetching = Some(fetching);
        Ok(())
    }

    /// The units of a job's queue that need content which is not here, and which.
    fn absent(&self, at: usize) -> BTreeMap<usize, BTreeSet<Arc<str>>> {
        let job = &self.jobs[at];
        let mut here: BTreeMap<Arc<str>, bool> = BTreeMap::new();
        let mut is_here = |key: &Arc<str>| {
            *here
                .entry(Arc::clone(key))
                .or_insert_with(|| annex::object_path(&self.shared.annex_dir, key).exists())
        };
        let mut found = BTreeMap::new();
        for unit in &job.queue {
            let keys =
                entries(&job.planned, job.units[*unit].datums[0]).filter_map(|entry| match &entry.content {
                    ContentId::Annex(key) => Some(key),
                    ContentId::Git(_) | ContentId::Folder(_) => None,
                });
            let absent: BTreeSet<Arc<str>> = keys.filter(|key| !is_here(key)).cloned().collect();
            if !absent.is_empty() {
                found.insert(*unit, absent);
            }
        }
        found
    }

    /// A key came, or did not: units that waited for it alone go on. One whose content did not come is tried all the
    /// same and fails with why.
    pub(super) fn fetched(&mut self, key: &Arc<str>, end: Result<(), String>) {
        if self.stop.is_asked() {
            return;
        }
        if let Err(why) = end {
            self.shared.unfetched.write().expect("nobody panics with the lock").insert(Arc::clone(key), why);
        } else {
            self.note_unlocked(key);
        }
        for job in &mut self.jobs {
            for keys in job.awaiting.values_mut() {
                keys.remove(key);
            }
            let ready: Vec<usize> =
                job.awaiting.iter().filter(|(_, keys)| keys.is_empty()).map(|(unit, _)| *unit).collect();
            for unit in ready {
                job.awaiting.remove(&unit);
                job.queue.push_back(unit);
            }
        }
    }

    /// Files that stand unlocked got their bytes by that: they are not as the scan saw them, and yet nobody's edit.
    fn note_unlocked(&self, key: &Arc<str>) {
        let mut placed = self.shared.placed.write().expect("nobody panics with the lock");
        for job in self.jobs.iter().filter(|job| !job.awaiting.is_empty()) {
            for unit in job.awaiting.iter().filter(|(_, keys)| keys.contains(key)).map(|(unit, _)| *unit) {
                let datum = job.units[unit].datums[0];
                let of_key =
                    |entry: &&Entry| matches!(&entry.content, ContentId::Annex(other) if other == key);
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

    /// Waits for the end of a job's fetch, all of which came: nobody may commit while git-annex refreshes the index.
    pub(super) fn end_fetch(&mut self, at: usize) {
        if let Some(fetching) = self.jobs[at].fetching.take() {
            fetching.finish();
        }
    }

    /// Cuts all fetches off: nothing new is started.
    pub(super) fn end_fetches(&mut self) {
        for job in &mut self.jobs {
            job.awaiting.clear();
            job.fetching = None;
        }
    }
}
