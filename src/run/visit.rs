//! Entering a datum: the files that its command sees, laid out for a person; nothing is collected from there.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::Arc;

use crate::exec::{ExecError, Room, Slot, Visit, remove_tree, visit};
use crate::model::Transform;

use super::absent::Missing;
use super::farm_list::{FarmList, NoList};
use super::handing::Handing;
use super::planner::Planned;
use super::records::count;
use super::rooms::Rooms;
use super::surroundings::{cwd, env};
use super::work::{Shared, Task};

/// A datum laid out to be looked at, in a folder of its own.
pub struct Visited {
    slot: Slot,
    folder: PathBuf,
    /// Held while somebody is in there.
    _lock: File,
}

/// Why a datum cannot be entered.
#[derive(Debug, thiserror::Error)]
pub enum VisitError {
    /// This machine cannot run its command.
    #[error("it cannot be entered here: {0}")]
    CannotRun(String),
    /// The content of an input is not here, or changed just now.
    #[error("{0}")]
    NoData(String),
    /// It has no command.
    #[error("it runs no command: its results are its inputs, arranged by `output`")]
    NoCommand,
    /// Somebody else is in there.
    #[error("somebody is in there already; what they see would change under them")]
    Taken,
    /// A farm, process or folder operation failed.
    #[error(transparent)]
    Exec(#[from] ExecError),
}

impl Visited {
    /// Lays out one datum as its command sees it, below `state/enter`.
    ///
    /// # Errors
    /// When its content is not here, its command cannot run here, or somebody is in there.
    pub fn lay_out(
        planned: &Arc<Planned>,
        datum: usize,
        shared: &Shared,
        rooms: &Rooms<'_>,
        say: &mut dyn FnMut(String),
    ) -> Result<Self, VisitError> {
        if planned.pipeline.transform.is_none() {
            return Err(VisitError::NoCommand);
        }
        let room = rooms.room(planned, say).map_err(VisitError::CannotRun)?;
        let name = format!("{}:{}", planned.pipeline.name, planned.plan.datums[datum].key);
        let folder = shared.state.join("enter").join(&blake3::hash(name.as_bytes()).to_hex()[..16]);
        let lock = lock(&folder)?;
        // A container that a killed visit left.
        crate::exec::recover(&folder)?;
        let mut slot = Slot::new(&folder, 0)?;
        slot.enter(&room);
        let copies = Handing::of(planned, &shared.root).copies;
        let planned = Arc::clone(planned);
        let task = Task { job: 0, unit: 0, datum, planned, room, is_again: false, copies, time: None, name };
        fetch(&task, shared, &folder, say)?;
        let list = FarmList::of(&task, shared).map_err(|error| match error {
            NoList::Absent(sentence) => VisitError::NoData(sentence),
            NoList::Changed(path) => VisitError::NoData(format!("`{path}` changed just now; try again")),
        })?;
        slot.prepare(list.files(), task.copies)?;
        Ok(Self { slot, folder, _lock: lock })
    }

    /// Where a command in there runs.
    pub fn room(&self) -> &Room {
        self.slot.room()
    }

    /// Runs a command in there with this process's own input and output.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn run(
        &self,
        planned: &Planned,
        datum: usize,
        root: &Path,
        args: Vec<String>,
    ) -> Result<ExitStatus, VisitError> {
        let transform: &Transform = planned.pipeline.transform.as_ref().ok_or(VisitError::NoCommand)?;
        let clean_env = planned.pipeline.clean_env.then(|| planned.pipeline.pass_env.clone());
        let env = env(planned, datum, transform, &self.slot);
        let cwd = cwd(root, transform, &self.slot);
        Ok(visit(&Visit { args, env, clean_env, cwd }, &self.slot)?)
    }

    /// Why a command cannot be found, where that can be told: a container has programs of its own.
    pub fn lacks(&self, planned: &Planned, datum: usize, args: &[String]) -> Option<String> {
        let program = args.first().filter(|program| !program.contains('/'))?;
        let transform = planned.pipeline.transform.as_ref()?;
        let own = env(planned, datum, transform, &self.slot).into_iter().rev();
        let path = own.into_iter().find_map(|(name, value)| (name == "PATH").then(|| value.into()));
        let search = path.or_else(|| std::env::var_os("PATH"));
        let is_outside = !matches!(self.room(), Room::Container(_));
        let lack = is_outside.then(|| crate::exec::lacks(program, search.as_deref())).flatten();
        lack.map(|lack| lack.to_string())
    }

    /// Leaves. What stands in `/pfs/out` stays to be looked at until the next visit, and its folder is given;
    /// if nothing does, all is removed.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn leave(self) -> Result<Option<PathBuf>, VisitError> {
        let out = self.slot.real_out();
        let is_empty = std::fs::read_dir(&out).map_or(true, |mut all| all.next().is_none());
        let Self { slot, folder, _lock } = self;
        drop(slot);
        if is_empty {
            remove_tree(&folder)?;
            return Ok(None);
        }
        Ok(Some(out))
    }
}

/// Fetches what the datum sees and is not here.
fn fetch(task: &Task, shared: &Shared, folder: &Path, say: &mut dyn FnMut(String)) -> Result<(), VisitError> {
    let mut missing = Missing::new(&shared.annexes, &shared.scan);
    let absent = missing.of(&task.planned, task.datum);
    let told = &mut |_: &_, keys: &[_]| say(format!("`git annex get` fetches {}", count(keys.len(), "file")));
    let fetched = shared.fetch(&missing, absent, (folder, "fetch"), told);
    fetched.map_err(|error| VisitError::NoData(error.to_string()))
}

/// Whether somebody is in the folder of a visit.
pub fn is_entered(folder: &Path) -> bool {
    let lock = File::open(folder.join("lock"));
    lock.is_ok_and(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock)))
}

/// Takes the folder for this visit.
fn lock(folder: &Path) -> Result<File, VisitError> {
    let failed = |source| ExecError::Io { action: "create", path: folder.to_owned(), source };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let file = File::create(folder.join("lock")).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(VisitError::Taken),
        Err(TryLockError::Error(error)) => Err(failed(error).into()),
    }
}
