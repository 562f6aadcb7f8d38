//! The thread that notices changes made elsewhere, by the kernel's word or by looking every few seconds.

mod folders;
mod pace;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use notify::event::{AccessKind, AccessMode, CreateKind, EventKind, ModifyKind, RenameMode};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use super::effect::Query;
use super::facts::Watch;
use super::idle::Question;
use super::message::Msg;
pub(super) use folders::Ground;
use pace::Pace;

/// How often it looks where nobody tells.
const POLL: Duration = Duration::from_secs(5);

/// Why nothing is told of a project that is not there.
const GONE: &str = "its folder is gone, or git's in it";

/// Whom it tells, and what it asks.
pub(super) struct Ways {
    /// The thread that reads the project.
    pub(super) ask: Sender<Question>,
    /// The loop.
    pub(super) inbox: Sender<Msg>,
    /// Whether a run goes on.
    pub(super) is_live: Arc<AtomicBool>,
    /// Reads the configuration again.
    pub(super) configure: Box<dyn Fn() -> Msg + Send>,
}

/// Starts it.
pub(super) fn spawn(ground: Ground, ways: Ways) {
    std::thread::spawn(move || {
        let mut guard = Guard { ground, ways, changes: Pace::default(), settings: Pace::default() };
        // Without anybody to tell there is nothing to watch for.
        guard.keep();
    });
}

type Told = notify::Result<notify::Event>;

/// The kernel's watcher, what it says, and which folders it was put on.
struct Wire {
    watcher: RecommendedWatcher,
    said: Receiver<Told>,
    marks: Vec<Option<(u64, u64)>>,
}

struct Guard {
    ground: Ground,
    ways: Ways,
    changes: Pace,
    settings: Pace,
}

impl Guard {
    /// Watches, or polls where that is no use; a project that was gone and is there again is watched again.
    fn keep(&mut self) -> Option<()> {
        loop {
            let why = match self.wire() {
                Ok((wire, folders)) => {
                    self.tell(Watch::Told(folders))?;
                    // What changed before the last folder was watched is seen now.
                    self.ways.ask.send(Query::Reload.into()).ok()?;
                    self.listen(wire)?
                }
                Err(why) => why,
            };
            self.poll(why)?;
        }
    }

    fn tell(&self, watch: Watch) -> Option<()> {
        self.ways.inbox.send(Msg::Watch(watch)).ok()
    }

    /// Watches all folders; how many they are, or why that is no use.
    fn wire(&mut self) -> Result<(Wire, usize), String> {
        let folders = self.ground.folders();
        if let Some(why) = folders::obstacle(&self.ground.root, folders.len()) {
            return Err(why);
        }
        let (tell, said) = crossbeam_channel::unbounded();
        let hear = move |told: Told| {
            if told.as_ref().is_ok_and(is_reading) {
                return;
            }
            // Nobody listens any more when the watcher is about to be dropped.
            let _is_gone = tell.send(told);
        };
        let watcher = notify::recommended_watcher(hear).map_err(|error| sentence(&error))?;
        let mut wire = Wire { watcher, said, marks: self.ground.marks() };
        wire.add(&folders)?;
        // What went before it was watched is told of by nobody when it returns.
        if self.is_as(&wire) { Ok((wire, folders.len())) } else { Err(GONE.into()) }
    }

    /// Until watching is no use any more; why.
    fn listen(&mut self, mut wire: Wire) -> Option<String> {
        let begin = Instant::now();
        loop {
            let now = millis(begin);
            let waits = [self.changes.wait(now, self.is_live()), self.settings.wait(now, false)];
            // Nobody is told when a folder above the project moves, or something is mounted over it.
            let wait = waits.into_iter().flatten().min().map_or(POLL, Duration::from_millis);
            match wire.said.recv_timeout(wait.min(POLL)) {
                Ok(told) => {
                    if let Err(why) = self.told(told, &mut wire, millis(begin)) {
                        return Some(why);
                    }
                }
                Err(RecvTimeoutError::Timeout) if !self.is_as(&wire) => return Some(GONE.into()),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Some("the watcher ended".into()),
            }
            // Its own end is not always told: somebody may stand in a folder that is removed.
            if self.look(millis(begin))? && !self.is_as(&wire) {
                return Some(GONE.into());
            }
        }
    }

    fn is_live(&self) -> bool {
        self.ways.is_live.load(Ordering::Relaxed)
    }

    /// Takes in what the kernel said; why it is of no more use.
    fn told(&mut self, told: Told, wire: &mut Wire, now_ms: u64) -> Result<(), String> {
        let event = told.map_err(|error| sentence(&error))?;
        if event.need_rescan() {
            self.changes.noticed(now_ms, true);
        }
        let is_new = is_new(event.kind);
        for path in &event.paths {
            if self.ground.config.as_deref().is_some_and(|config| config.starts_with(path)) {
                self.settings.noticed(now_ms, false);
            }
            if self.ground.matters(path) {
                self.changes.noticed(now_ms, self.ground.is_runs(path));
            }
            if is_new && path.is_dir() && !path.is_symlink() && self.is_wanted(path) {
                self.add_new(path, wire)?;
            }
        }
        if self.has_moved(&event) || !self.is_as(wire) { Err(GONE.into()) } else { Ok(()) }
    }

    /// Whether the project is there, and no other one in its place.
    fn is_as(&self, wire: &Wire) -> bool {
        self.ground.is_there() && self.ground.marks() == wire.marks
    }

    /// Whether the project's own folder, or one of git's, went: what stands there by now may be another one, that nobody
    /// watches.
    fn has_moved(&self, event: &notify::Event) -> bool {
        let went = matches!(
            event.kind,
            EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(RenameMode::From))
        );
        went && event.paths.iter().any(|path| *path == self.ground.root || self.ground.is_git(path))
    }

    /// Watches a new folder and all in it. What came into one after it was listed and before it was watched is told
    /// by nobody, so they are listed until there are no more.
    fn add_new(&self, folder: &Path, wire: &mut Wire) -> Result<(), String> {
        let mut seen = 0;
        loop {
            let folders = self.ground.new_folders(folder);
            if folders.len() <= seen {
                return Ok(());
            }
            wire.add(&folders)?;
            seen = folders.len();
        }
    }

    /// Whether a new folder holds something that matters.
    fn is_wanted(&self, folder: &Path) -> bool {
        let is_config = self.ground.config.as_deref().is_some_and(|config| config.starts_with(folder));
        is_config || self.ground.matters(folder)
    }

    /// Asks for a look, if it is time for one; whether it was.
    fn look(&mut self, now_ms: u64) -> Option<bool> {
        let is_due = self.changes.wait(now_ms, self.is_live()) == Some(0);
        if is_due {
            self.changes.looked(now_ms);
            self.ways.ask.send(Query::Reload.into()).ok()?;
        }
        if self.settings.wait(now_ms, false) == Some(0) {
            self.settings.looked(now_ms);
            self.ways.inbox.send((self.ways.configure)()).ok()?;
        }
        Some(is_due)
    }

    /// Looks every few seconds, until a project that was gone is there again.
    fn poll(&mut self, why: String) -> Option<()> {
        self.ways.ask.send(Query::Reload.into()).ok()?;
        let mut was_gone = why == GONE;
        self.tell(Watch::Polling(why))?;
        let changed = |config: &PathBuf| config.metadata().and_then(|about| about.modified()).ok();
        let mut before: Option<SystemTime> = self.ground.config.as_ref().and_then(changed);
        loop {
            std::thread::sleep(POLL);
            let is_there = self.ground.is_there();
            if was_gone && is_there {
                return Some(());
            }
            was_gone |= !is_there;
            self.ways.ask.send(Query::Reload.into()).ok()?;
            let now = self.ground.config.as_ref().and_then(changed);
            if now != before {
                before = now;
                self.ways.inbox.send((self.ways.configure)()).ok()?;
            }
        }
    }
}

impl Wire {
    /// Watches folders; those that are gone again need no watching.
    fn add(&mut self, folders: &[PathBuf]) -> Result<(), String> {
        for folder in folders {
            match self.watcher.watch(folder, RecursiveMode::NonRecursive) {
                Err(error) if folder.is_dir() => return Err(sentence(&error)),
                _ => {}
            }
        }
        Ok(())
    }
}

fn millis(begin: Instant) -> u64 {
    // Not from zero, so that "never" lies long before the beginning.
    10_000 + u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX / 2)
}

/// Whether it is told that somebody looked at something, which this program does all the time.
fn is_reading(event: &notify::Event) -> bool {
    matches!(event.kind, EventKind::Access(kind) if kind != AccessKind::Close(AccessMode::Write))
}

const fn is_new(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::Create(CreateKind::Folder | CreateKind::Any)
            | EventKind::Modify(ModifyKind::Name(RenameMode::To | RenameMode::Both | RenameMode::Any))
    )
}

fn sentence(error: &notify::Error) -> String {
    match &error.kind {
        notify::ErrorKind::MaxFilesWatch => "the system allows no more watches".into(),
        notify::ErrorKind::Io(error) => format!("the system refuses to watch: {error}"),
        _ => format!("the system refuses to watch: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A guard over a folder; what it asks and tells.
    fn guarded(root: &Path) -> (Receiver<Question>, Receiver<Msg>) {
        let (ask, asked) = crossbeam_channel::unbounded();
        let (inbox, told) = crossbeam_channel::unbounded();
        fs::create_dir_all(root.join(".git/refs/heads")).expect("a folder");
        let config = Some(root.with_file_name("config").join("tui.toml"));
        let ground =
            Ground { root: root.to_owned(), git: vec![root.join(".git")], config, ..Ground::default() };
        let configure = Box::new(|| Msg::Say("configured".into(), false));
        spawn(ground, Ways { ask, inbox, is_live: Arc::default(), configure });
        (asked, told)
    }

    fn asks(asked: &Receiver<Question>) -> bool {
        asked.recv_timeout(Duration::from_secs(20)).is_ok()
    }

    #[test]
    fn files_new_folders_commits_and_the_configuration_are_noticed() {
        let home = tempfile::tempdir().expect("a folder");
        let root = home.path().canonicalize().expect("a path").join("study");
        fs::create_dir_all(root.with_file_name("config")).expect("a folder");
        let (asked, told) = guarded(&root);
        let watch = told.recv_timeout(Duration::from_secs(20));
        assert!(matches!(watch, Ok(Msg::Watch(Watch::Told(4)))), "{watch:?}");
        assert!(asks(&asked), "once all is watched it looks");
        fs::write(root.join("a"), "x").expect("a file");
        assert!(asks(&asked), "a file");
        fs::create_dir_all(root.join("new/deep")).expect("a folder");
        assert!(asks(&asked), "a folder");
        fs::write(root.join("new/deep/b"), "x").expect("a file");
        assert!(asks(&asked), "a file in a new folder");
        fs::write(root.join(".git/HEAD"), "x").expect("a file");
        assert!(asks(&asked), "another branch");
        fs::write(root.join(".git/index.lock"), "x").expect("a file");
        fs::read(root.join("a")).expect("a file");
        fs::write(root.with_file_name("config").join("tui.toml"), "").expect("a file");
        let configured = told.recv_timeout(Duration::from_secs(20));
        assert!(matches!(configured, Ok(Msg::Say(..))), "{configured:?}");
        assert!(asked.is_empty(), "locks and reading are no news");
    }

    #[test]
    fn a_folder_without_git_is_not_told_to_be_watched() {
        let home = tempfile::tempdir().expect("a folder");
        let root = home.path().canonicalize().expect("a path").join("study");
        let (asked, told) = guarded(&root);
        assert!(asks(&asked) && told.recv_timeout(Duration::from_secs(20)).is_ok());
        fs::remove_dir_all(root.join(".git")).expect("a folder");
        let watch = told.recv_timeout(Duration::from_secs(20));
        assert!(matches!(&watch, Ok(Msg::Watch(Watch::Polling(why))) if why.contains("gone")), "{watch:?}");
    }

    #[test]
    fn a_folder_that_another_took_the_place_of_is_watched_anew() {
        let home = tempfile::tempdir().expect("a folder");
        let root = home.path().canonicalize().expect("a path").join("study");
        let other = root.with_file_name("other");
        fs::create_dir_all(other.join(".git/refs/heads")).expect("a folder");
        let (asked, told) = guarded(&root);
        assert!(asks(&asked) && told.recv_timeout(Duration::from_secs(20)).is_ok());
        // In one step, so that a folder stands there at any time.
        rustix::fs::renameat_with(
            rustix::fs::CWD,
            &root,
            rustix::fs::CWD,
            &other,
            rustix::fs::RenameFlags::EXCHANGE,
        )
        .expect("they change places");
        let watch = told.recv_timeout(Duration::from_secs(20));
        assert!(matches!(&watch, Ok(Msg::Watch(Watch::Polling(why))) if why.contains("gone")), "{watch:?}");
        is_watched_again(&root, &asked, &told);
    }

    /// Waits until what stands at `root` now is watched, and changes it.
    fn is_watched_again(root: &Path, asked: &Receiver<Question>, told: &Receiver<Msg>) {
        let watch = told.recv_timeout(Duration::from_secs(20));
        assert!(matches!(watch, Ok(Msg::Watch(Watch::Told(_)))), "it is watched again: {watch:?}");
        while asked.try_recv().is_ok() {}
        fs::write(root.join("a"), "x").expect("a file");
        assert!(asks(asked), "a file in what stands there now");
    }

    #[test]
    fn a_folder_that_moves_with_the_one_around_it_and_one_that_takes_its_place_are_noticed() {
        let home = tempfile::tempdir().expect("a folder");
        let root = home.path().canonicalize().expect("a path").join("around/study");
        let (asked, told) = guarded(&root);
        assert!(asks(&asked) && told.recv_timeout(Duration::from_secs(20)).is_ok());
        let around = root.parent().expect("a folder").to_owned();
        fs::rename(&around, around.with_file_name("away")).expect("it moves");
        let watch = told.recv_timeout(Duration::from_secs(20));
        assert!(matches!(&watch, Ok(Msg::Watch(Watch::Polling(why))) if why.contains("gone")), "{watch:?}");
        fs::create_dir_all(root.join(".git/refs/heads")).expect("another one");
        is_watched_again(&root, &asked, &told);
    }

    #[test]
    fn a_subdataset_that_is_uninstalled_does_not_end_the_watch_for_good() {
        let home = tempfile::tempdir().expect("a folder");
        let root = home.path().canonicalize().expect("a path").join("study");
        fs::create_dir_all(root.join("sub/.git/refs/heads")).expect("a folder");
        let (asked, told) = guarded(&root);
        assert!(asks(&asked) && told.recv_timeout(Duration::from_secs(20)).is_ok());
        fs::remove_dir_all(root.join("sub/.git")).expect("a folder");
        let mut watched = std::iter::from_fn(|| told.recv_timeout(Duration::from_secs(20)).ok());
        assert!(watched.any(|watch| matches!(watch, Msg::Watch(Watch::Told(_)))), "it is watched again");
    }

    #[test]
    fn a_folder_that_is_removed_is_polled_and_watched_again_when_it_returns() {
        let home = tempfile::tempdir().expect("a folder");
        let root = home.path().canonicalize().expect("a path").join("study");
        let (asked, told) = guarded(&root);
        assert!(asks(&asked) && told.recv_timeout(Duration::from_secs(20)).is_ok());
        fs::remove_dir_all(&root).expect("a folder");
        let watch = told.recv_timeout(Duration::from_secs(20));
        assert!(matches!(&watch, Ok(Msg::Watch(Watch::Polling(why))) if why.contains("gone")), "{watch:?}");
        assert!(asks(&asked));
        fs::create_dir_all(root.join(".git/refs/heads")).expect("a folder");
        let watch = told.recv_timeout(Duration::from_secs(20));
        assert!(matches!(watch, Ok(Msg::Watch(Watch::Told(_)))), "it is watched again: {watch:?}");
    }
}
