//! `RunLock`: one run per work tree, by a lock that the kernel drops when its process ends.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How often a lock that is held is tried again: readers hold it for an instant too.
const TRIES: u32 = 20;

/// Pause between tries.
const PAUSE: Duration = Duration::from_millis(5);

/// Who holds the lock, as it said itself. Only for messages: the kernel's lock decides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Name of its machine.
    pub host: String,
    /// Process id there.
    pub pid: u32,
    /// When it took the lock: milliseconds since the Unix epoch, in UTC.
    pub since_ms: u64,
    /// What it does: `run`, `save` …
    pub verb: String,
    /// Which boot of the machine, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot: Option<String>,
    /// When the process began, in the kernel's ticks since boot; tells a pid that was used again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_ticks: Option<u64>,
}

/// Why the lock was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds it.
    #[error("{}", busy(holder))]
    Busy {
        /// Who holds it; all its fields are empty when it has not said yet.
        holder: Box<Holder>,
    },
    /// The lock file cannot be made, written or locked.
    #[error("`{}`, where minipach notes who is at work, cannot be written: {source}", path.display())]
    Io {
        /// The lock file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

fn busy(holder: &Holder) -> String {
    let Holder { host, pid, verb, .. } = holder;
    if verb.is_empty() {
        return "another minipach is at work here already".to_owned();
    }
    format!("`minipach {verb}` is at work here already: process {pid} on `{host}`")
}

/// The right to run here; given back when dropped, and by the kernel when the process ends.
#[derive(Debug)]
pub struct RunLock {
    /// Kept open for its lock.
    file: File,
    network: Option<&'static str>,
}

impl RunLock {
    /// Takes the lock `<state>/lock`, and writes into it who did. The file is never removed.
    ///
    /// # Errors
    /// [`LockError::Busy`] when another process holds it, after trying for a tenth of a second.
    pub fn acquire(state: &Path, verb: &str, now_ms: u64) -> Result<Self, LockError> {
        let path = state.join("lock");
        let refused = |source| LockError::Io { path: path.clone(), source };
        fs::create_dir_all(state).map_err(refused)?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(&path).map_err(refused)?;
        if !lock_exclusively(&file).map_err(refused)? {
            return Err(LockError::Busy { holder: Box::new(read_holder(&mut file)) });
        }
        write_holder(&mut file, &this_process(verb, now_ms)).map_err(refused)?;
        let network = network_file_system(&file);
        Ok(Self { file, network })
    }

    /// A sentence of warning where the lock stands on a network file system, since it may not hold between
    /// machines there.
    pub fn warning(&self) -> Option<String> {
        let kind = self.network?;
        Some(format!(
            "`.git/minipach` lies on a network file system ({kind}), where a lock may not hold between machines: \
             run minipach here on one machine at a time"
        ))
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // A child that still holds the descriptor must not hold the lock.
        drop(self.file.unlock());
    }
}

/// Who holds the lock now, if anybody does. Never waits, and takes nothing away from a run.
///
/// # Errors
/// When the lock file is there but cannot be opened or asked.
pub fn holder(state: &Path) -> Result<Option<Holder>, LockError> {
    let path = state.join("lock");
    let refused = |source| LockError::Io { path: path.clone(), source };
    let mut file = match File::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(refused)?,
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(None),
        Err(TryLockError::WouldBlock) => Ok(Some(read_holder(&mut file))),
        Err(TryLockError::Error(source)) => Err(refused(source)),
    }
}

fn lock_exclusively(file: &File) -> io::Result<bool> {
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            Err(TryLockError::Error(source)) => return Err(source),
        }
    }
    Ok(false)
}

fn read_holder(file: &mut File) -> Holder {
    let mut text = String::new();
    // Between lock and text there is an instant in which the text is old or empty.
    match file.seek(SeekFrom::Start(0)).and_then(|_| file.take(4096).read_to_string(&mut text)) {
        Ok(_) => serde_json::from_str(text.trim_end()).unwrap_or_default(),
        Err(_) => Holder::default(),
    }
}

fn write_holder(file: &mut File, holder: &Holder) -> io::Result<()> {
    let text = serde_json::to_string(holder).expect("writing plain values to memory cannot fail") + "\n";
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(text.as_bytes())
}

fn this_process(verb: &str, now_ms: u64) -> Holder {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok();
    Holder {
        host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        pid: std::process::id(),
        since_ms: now_ms,
        verb: verb.to_owned(),
        boot: boot.map(|text| text.trim().to_owned()),
        start_ticks: fs::read_to_string("/proc/self/stat").ok().and_then(|text| start_ticks(&text)),
    }
}

/// The 22nd field of `/proc/<pid>/stat`; the second may hold spaces and parentheses.
fn start_ticks(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    after_name.split_ascii_whitespace().nth(19)?.parse().ok()
}

#[cfg(target_os = "linux")]
fn network_file_system(file: &File) -> Option<&'static str> {
    let found = rustix::fs::fstatfs(file).ok()?;
    // Magic numbers from the kernel's sources; only the low 32 bits carry meaning.
    Some(match u64::try_from(found.f_type).ok()? & 0xffff_ffff {
        0x6969 => "nfs",
        0x517b | 0xff53_4d42 | 0xfe53_4d42 => "smb",
        0x0bd0_0bd0 => "lustre",
        0x4750_4653 => "gpfs",
        0x1983_0326 => "beegfs",
        0x00c3_6400 => "ceph",
        0x5346_414f => "afs",
        0x0102_1997 => "9p",
        0x6573_5546 => "fuse",
        _ => return None,
    })
}

#[cfg(not(target_os = "linux"))]
fn network_file_system(_file: &File) -> Option<&'static str> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_the_second_learns_who() {
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path().join("minipach");
        assert_eq!(holder(&state).unwrap(), None);
        let first = RunLock::acquire(&state, "run", 5).unwrap();
        let LockError::Busy { holder: seen } = RunLock::acquire(&state, "save", 6).unwrap_err() else {
            panic!("the lock was not refused as busy");
        };
        assert_eq!((seen.pid, &*seen.verb, seen.since_ms), (std::process::id(), "run", 5));
        assert_eq!(holder(&state).unwrap(), Some(*seen));
        drop(first);
        assert_eq!(holder(&state).unwrap(), None);
        assert!(state.join("lock").is_file());
        RunLock::acquire(&state, "save", 7).unwrap();
    }

    #[test]
    fn only_a_network_file_system_is_warned_of() {
        let dir = tempfile::tempdir().unwrap();
        let mut lock = RunLock::acquire(dir.path(), "run", 0).unwrap();
        lock.network = None;
        assert_eq!(lock.warning(), None);
        lock.network = Some("nfs");
        assert!(lock.warning().unwrap().contains("(nfs)"));
    }

    #[test]
    fn readers_do_not_make_a_run_fail() {
        let dir = tempfile::tempdir().unwrap();
        drop(RunLock::acquire(dir.path(), "run", 0).unwrap());
        let reader = File::open(dir.path().join("lock")).unwrap();
        reader.try_lock_shared().unwrap();
        let end = std::thread::spawn(move || {
            std::thread::sleep(PAUSE * 3);
            drop(reader);
        });
        RunLock::acquire(dir.path(), "run", 0).unwrap();
        end.join().unwrap();
    }

    #[test]
    fn the_text_does_not_decide() {
        let dir = tempfile::tempdir().unwrap();
        for text in ["", "nonsense\u{1}", "{\"host\":\"other\",\"pid\":1,\"since_ms\":2,\"verb\":\"run\"}"] {
            fs::write(dir.path().join("lock"), text).unwrap();
            assert_eq!(holder(dir.path()).unwrap(), None);
            drop(RunLock::acquire(dir.path(), "run", 0).unwrap());
        }
        fs::write(dir.path().join("lock"), [0xff; 9000]).unwrap();
        let file = File::open(dir.path().join("lock")).unwrap();
        file.try_lock().unwrap();
        let refused = RunLock::acquire(dir.path(), "run", 0).unwrap_err();
        assert!(matches!(refused, LockError::Busy { holder } if *holder == Holder::default()));
    }

    #[test]
    fn a_folder_in_its_place_is_named() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("lock")).unwrap();
        let refused = RunLock::acquire(dir.path(), "run", 0).unwrap_err().to_string();
        assert!(refused.contains("lock`"), "{refused}");
    }

    #[test]
    fn start_time_is_found_behind_odd_names() {
        let fields: Vec<String> = (3..30).map(|number| number.to_string()).collect();
        let stat = format!("17 (a ) b() {}", fields.join(" "));
        assert_eq!(start_ticks(&stat), Some(22));
        assert_eq!(start_ticks("17"), None);
    }
}
