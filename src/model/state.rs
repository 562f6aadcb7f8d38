//! `DatumState`: the states people see, with their precedence, and counts of them.

use serde::{Deserialize, Serialize};

/// Where a datum stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DatumState {
    /// Its id is known and its outputs stand in the tree unmodified.
    Done,
    /// Its result is known and will be placed without running.
    Cached,
    /// A command is running for it.
    Running,
    /// Handed to a worker, not started.
    Queued,
    /// Never run for this key, will be run.
    Pending,
    /// The key has a result of other work; it will be run.
    Stale,
    /// An upstream pipeline is incomplete.
    Blocked,
    /// Its last attempt failed; a plain run tries again.
    Failed,
    /// Its error command succeeded: no output, tried again next run.
    Recovered,
    /// Its outputs hold bytes that match no known result.
    Edited,
    /// A foreign file stands where a result belongs.
    InTheWay,
    /// Its key is expected no more; its outputs will be removed.
    Orphaned,
    /// The engine cannot say.
    Unknown,
}

impl DatumState {
    /// All states, in the order they are shown.
    pub const ALL: [Self; 13] = [
        Self::Done,
        Self::Cached,
        Self::Running,
        Self::Queued,
        Self::Pending,
        Self::Stale,
        Self::Blocked,
        Self::Failed,
        Self::Recovered,
        Self::Edited,
        Self::InTheWay,
        Self::Orphaned,
        Self::Unknown,
    ];

    /// The word shown to people and used on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Cached => "cached",
            Self::Running => "running",
            Self::Queued => "queued",
            Self::Pending => "pending",
            Self::Stale => "stale",
            Self::Blocked => "blocked",
            Self::Failed => "failed",
            Self::Recovered => "recovered",
            Self::Edited => "edited",
            Self::InTheWay => "in_the_way",
            Self::Orphaned => "orphaned",
            Self::Unknown => "unknown",
        }
    }

    /// Whether a plain run runs its command.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Stale | Self::Failed | Self::Recovered)
    }

    /// Whether a plain run will do something for it: run it, place it or remove it.
    pub const fn is_work(self) -> bool {
        matches!(
            self,
            Self::Cached | Self::Pending | Self::Stale | Self::Failed | Self::Recovered | Self::Orphaned
        )
    }
}

/// How many datums are in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StateCounts([usize; 13]);

impl StateCounts {
    /// Counts one more datum in `state`.
    pub fn add(&mut self, state: DatumState) {
        self.0[state as usize] += 1;
    }

    /// Counts so many more datums in `state`.
    pub const fn add_many(&mut self, state: DatumState, count: usize) {
        self.0[state as usize] += count;
    }

    /// Datums in `state`.
    pub const fn get(&self, state: DatumState) -> usize {
        self.0[state as usize]
    }

    /// Counts one datum as `to` that was counted as `from`.
    pub const fn shift(&mut self, from: DatumState, to: DatumState) {
        self.0[from as usize] = self.0[from as usize].saturating_sub(1);
        self.0[to as usize] += 1;
    }

    /// Adds what another counted.
    pub fn merge(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(count, more)| *count += more);
    }

    /// The state that tells most of what is counted, by the precedence of the states; `None` if all is done.
    pub fn foremost(&self) -> Option<DatumState> {
        const ORDER: [DatumState; 12] = [
            DatumState::Running,
            DatumState::Edited,
            DatumState::InTheWay,
            DatumState::Failed,
            DatumState::Unknown,
            DatumState::Stale,
            DatumState::Queued,
            DatumState::Pending,
            DatumState::Cached,
            DatumState::Recovered,
            DatumState::Orphaned,
            DatumState::Blocked,
        ];
        ORDER.into_iter().find(|state| self.get(*state) > 0)
    }

    /// All datums; orphaned ones are not counted, since they are no datums any more.
    pub fn total(&self) -> usize {
        self.0.iter().sum::<usize>() - self.get(DatumState::Orphaned)
    }

    /// Whether every datum is done, or recovered (it has no output, and holds nobody up), and nothing is
    /// left over.
    pub fn is_complete(&self) -> bool {
        self.0.iter().sum::<usize>() == self.get(DatumState::Done) + self.get(DatumState::Recovered)
    }
}
