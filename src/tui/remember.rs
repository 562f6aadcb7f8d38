//! What is remembered of a project between sessions: its pipelines with their counts, and where the user was.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use serde::{Deserialize, Serialize};

use super::facts::named;
use super::screen::home::Mode;
use super::state::State;
use crate::app::{Node, Snapshot};
use crate::model::{DatumState, StateCounts};

/// Of which form a file is; files of another form are not read.
const FORM: u32 = 1;

/// Writes are at least so long apart.
const APART: Duration = Duration::from_secs(10);

/// So long leaving waits for the last write.
const PATIENCE: Duration = Duration::from_millis(500);

/// More than this is no file of ours.
const MOST_BYTES: u64 = 16 << 20;

/// What is remembered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Memory {
    form: u32,
    root: PathBuf,
    project: String,
    branch: String,
    head: String,
    nodes: Vec<Kept>,
    ui: Ui,
}

/// Where the user was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Ui {
    /// The node or folder under the cursor.
    selected: Option<String>,
    /// How pipelines are shown.
    mode: Mode,
    /// Folders of pipelines that are open.
    open: BTreeSet<String>,
    /// Whether the mouse is left to the terminal.
    gives_mouse: bool,
    /// Findings that were put aside.
    dismissed: BTreeSet<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Kept {
    name: String,
    reads: Vec<usize>,
    files: Option<usize>,
    state: String,
    /// Datums by state, in the order of `DatumState::ALL`.
    counts: Vec<u32>,
    is_lower_bound: bool,
    alone: usize,
}

impl Memory {
    /// What to remember of the project at a root.
    pub(super) fn of(root: &Path, state: &State) -> Self {
        let snapshot = &state.facts.snapshot;
        let (mode, open) = state.home.looks();
        let selected = state.home.spot(&state.facts);
        // Those that are gone need not be remembered.
        let findings =
            snapshot.findings.iter().filter(|finding| state.facts.is_dismissed(finding)).map(named);
        let (dismissed, gives_mouse) = (findings.collect(), state.gives_mouse);
        let ui = Ui { selected, mode, open, gives_mouse, dismissed };
        Self {
            form: FORM,
            root: root.to_owned(),
            project: snapshot.project.clone(),
            branch: snapshot.branch.clone(),
            head: snapshot.head.clone(),
            nodes: snapshot.nodes.iter().map(Kept::of).collect(),
            ui,
        }
    }

    /// What is remembered of the project at a root; damaged and foreign files are nothing.
    pub(super) fn read(folder: &Path, root: &Path) -> Option<Self> {
        let path = file(folder, root);
        if path.metadata().ok()?.len() > MOST_BYTES {
            return None;
        }
        let memory: Self = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
        (memory.form == FORM && memory.root == root && memory.is_sound()).then_some(memory)
    }

    /// Whether every node comes after what it reads.
    fn is_sound(&self) -> bool {
        self.nodes.iter().enumerate().all(|(at, node)| node.reads.iter().all(|read| *read < at))
    }

    /// The project as it was, without its datums.
    fn snapshot(&self) -> Arc<Snapshot> {
        Arc::new(Snapshot {
            project: self.project.clone(),
            branch: self.branch.clone(),
            head: self.head.clone(),
            nodes: self.nodes.iter().map(Kept::node).collect(),
            ..Snapshot::default()
        })
    }

    /// Shows what is remembered, until the project is read.
    pub(super) fn recall(&self, state: &mut State) {
        state.facts.is_remembered = true;
        state.facts.renew(self.snapshot());
        state.gives_mouse = self.ui.gives_mouse;
        state.facts.dismissed.clone_from(&self.ui.dismissed);
        state.home.look_like(self.ui.mode, self.ui.open.clone());
        if let Some(name) = &self.ui.selected {
            state.home.go_to(name, &state.facts, usize::MAX);
        }
    }

    fn write(&self, folder: &Path) -> std::io::Result<()> {
        std::fs::create_dir_all(folder)?;
        let mut made = tempfile::NamedTempFile::new_in(folder)?;
        made.write_all(&serde_json::to_vec(self)?)?;
        made.persist(file(folder, &self.root)).map_err(|error| error.error)?;
        Ok(())
    }
}

impl Kept {
    fn of(node: &Node) -> Self {
        let count = |state| u32::try_from(node.counts.get(state)).unwrap_or(u32::MAX);
        Self {
            name: node.name.clone(),
            reads: node.reads.clone(),
            files: node.files,
            state: node.state.clone(),
            counts: DatumState::ALL.map(count).into(),
            is_lower_bound: node.is_lower_bound,
            alone: node.alone,
        }
    }

    fn node(&self) -> Node {
        let mut counts = StateCounts::default();
        let pairs = DatumState::ALL.into_iter().zip(&self.counts);
        pairs.for_each(|(state, count)| counts.add_many(state, *count as usize));
        Node {
            name: self.name.clone(),
            reads: self.reads.clone(),
            files: self.files,
            state: self.state.clone(),
            counts,
            is_lower_bound: self.is_lower_bound,
            alone: self.alone,
            ..Node::default()
        }
    }
}

/// Where memories are kept: `$XDG_STATE_HOME/minipach`.
pub(super) fn folder() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = set("XDG_STATE_HOME").or_else(|| Some(set("HOME")?.join(".local").join("state")));
    state.map(|state| state.join("minipach"))
}

fn file(folder: &Path, root: &Path) -> PathBuf {
    let name = blake3::hash(root.as_os_str().as_encoded_bytes()).to_hex();
    folder.join(format!("{}.json", &name[..24]))
}

/// The thread that writes memories, so that nothing waits for a disk.
pub(super) struct Saver {
    tell: Sender<Memory>,
    ended: Receiver<()>,
}

impl Saver {
    /// Starts it.
    pub(super) fn spawn(folder: PathBuf) -> Self {
        let (tell, told) = crossbeam_channel::unbounded();
        let (end, ended) = crossbeam_channel::bounded(1);
        std::thread::spawn(move || {
            write_all(&folder, &told, APART);
            // Whoever leaves may have gone already.
            let _has_gone = end.try_send(());
        });
        Self { tell, ended }
    }

    /// Has something written soon.
    pub(super) fn keep(&self, memory: Memory) {
        // A thread that ended could not write it either.
        drop(self.tell.send(memory));
    }

    /// Has the last one written, and waits for that, but not for long.
    pub(super) fn finish(self, memory: Memory) {
        self.keep(memory);
        drop(self.tell);
        let _is_late = self.ended.recv_timeout(PATIENCE);
    }
}

/// Writes the newest of what it is told, now and then, until nobody tells any more.
fn write_all(folder: &Path, told: &Receiver<Memory>, apart: Duration) {
    while let Ok(first) = told.recv() {
        // What cannot be remembered is read afresh the next time.
        drop(first.write(folder));
        let due = Instant::now() + apart;
        let mut later = None;
        let is_over = loop {
            match told.recv_deadline(due) {
                Ok(memory) => later = Some(memory),
                Err(error) => break error == RecvTimeoutError::Disconnected,
            }
        };
        if let Some(memory) = later {
            drop(memory.write(folder));
        }
        if is_over {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::facts::fixture;

    fn memory(root: &Path) -> Memory {
        let mut state = State { facts: fixture::facts(), gives_mouse: true, ..State::default() };
        state.home.go_to("fs", &state.facts, 20);
        Memory::of(root, &state)
    }

    #[test]
    fn pipelines_counts_and_places_come_back() {
        let home = tempfile::tempdir().expect("a folder");
        let (folder, root) = (home.path().join("a/b"), Path::new("/study"));
        memory(root).write(&folder).expect("written");
        let found = Memory::read(&folder, root).expect("remembered");
        assert_eq!(found, memory(root));
        let mut state = State::default();
        found.recall(&mut state);
        assert_eq!((state.home.current(&state.facts), state.gives_mouse), (Some(2), true));
        assert!(state.facts.is_remembered);
        let (snapshot, before) = (found.snapshot(), fixture::facts().snapshot);
        assert_eq!(snapshot.nodes.len(), before.nodes.len());
        assert_eq!(
            (snapshot.nodes[2].counts, &snapshot.nodes[2].reads),
            (before.nodes[2].counts, &vec![0, 1])
        );
        assert_eq!(Memory::read(&folder, Path::new("/other")), None);
    }

    #[test]
    fn damaged_and_foreign_files_are_nothing() {
        let home = tempfile::tempdir().expect("a folder");
        let root = Path::new("/study");
        let path = file(home.path(), root);
        let with = |change: fn(&mut Memory)| {
            let mut memory = memory(root);
            change(&mut memory);
            serde_json::to_vec(&memory).expect("json")
        };
        std::fs::write(&path, with(|_| {})).expect("a file");
        assert!(Memory::read(home.path(), root).is_some());
        for bytes in [
            with(|memory| memory.form = 99),
            with(|memory| memory.root = "/other".into()),
            with(|memory| memory.nodes[0].reads = vec![7]),
            with(|_| {})[..40].to_vec(),
            vec![0xFF; 10],
            Vec::new(),
        ] {
            std::fs::write(&path, &bytes).expect("a file");
            assert_eq!(Memory::read(home.path(), root), None, "{bytes:?}");
        }
        let loud = with(|memory| memory.nodes.iter_mut().for_each(|node| node.counts = vec![u32::MAX; 40]));
        std::fs::write(&path, loud).expect("a file");
        let totals =
            Memory::read(home.path(), root).expect("odd, but sound").snapshot().nodes[3].counts.total();
        assert_eq!(totals, 12 * u32::MAX as usize);
    }

    #[test]
    fn the_newest_is_written_and_leaving_waits_for_it() {
        let home = tempfile::tempdir().expect("a folder");
        let root = Path::new("/study");
        let saver = Saver::spawn(home.path().to_owned());
        saver.keep(memory(root));
        saver.finish(Memory { head: "last".into(), ..memory(root) });
        assert_eq!(Memory::read(home.path(), root).map(|memory| memory.head), Some("last".into()));
    }
}
