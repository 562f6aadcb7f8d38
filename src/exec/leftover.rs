//! Leftovers: processes that outlive their command, here and after minipach itself was killed.
//!
//! The process group takes most of them. One that left it (`setsid`) is handed to minipach when its
//! parent ends, since minipach is a sub-reaper, and is known by a variable in its environment.

use std::collections::BTreeSet;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::{Child, ExitStatus};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions};

use super::error::{ExecError, io};
use super::usage::{self, Usage};

/// The variable that marks a datum's processes.
pub(super) const VARIABLE: &str = "MINIPACH_SLOT";
/// How long a killed process may take to vanish before it is given up (it hangs in the kernel).
const VANISH: Duration = Duration::from_secs(2);
/// How often a process without an environment is looked at, half a millisecond apart.
const BEGINNING_LOOKS: usize = 40;
/// Bytes of a slot's process record; always written whole, so a shorter one leaves no rest.
const RECORD_BYTES: usize = 128;

static ACTIVE: AtomicUsize = AtomicUsize::new(0);
static LEADERS: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// One command's processes, from before its start until all are gone.
pub(super) struct Family<'slot> {
    marker: String,
    record: &'slot File,
    /// Clock ticks since boot when it was not started yet.
    before: u64,
}

impl<'slot> Family<'slot> {
    /// Prepares for one more command; `record` is the slot's file for [`end_recorded_in`].
    pub(super) fn expect(record: &'slot File) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        static PROCESS: LazyLock<String> = LazyLock::new(|| {
            // A process may be refused to be a reaper; then only process groups are ended.
            rustix::process::set_child_subreaper(Some(rustix::process::getpid())).unwrap_or_default();
            own_mark()
        });
        let marker = format!("{}.{}", *PROCESS, COUNT.fetch_add(1, Ordering::Relaxed));
        ACTIVE.fetch_add(1, Ordering::SeqCst);
        // A kill may come between its start and the note of its number: the mark finds it then. Should this fail,
        // so does that note.
        write_record(record, &format!("0 0 {marker}")).unwrap_or_default();
        Self { marker, record, before: ticks_now() }
    }

    /// The value of [`VARIABLE`] for the command.
    pub(super) fn marker(&self) -> &str {
        &self.marker
    }

    /// Notes the started command, so that a later minipach can end it.
    pub(super) fn started(&self, leader: Pid) -> std::io::Result<()> {
        let pid = leader.as_raw_nonzero().get();
        leaders().insert(pid);
        // When exactly it started is not asked: reading that costs more than all other notes of a command.
        write_record(self.record, &format!("{pid} {}-{} {}", self.before, ticks_now(), self.marker))
    }

    /// Ends all that is left of the command, whose first process has ended but is not reaped yet:
    /// until then nobody else can have its number.
    pub(super) fn end(&self, child: Child) -> std::io::Result<(ExitStatus, Usage)> {
        let leader = Pid::from_child(&child);
        signal_group(leader, Signal::KILL);
        let ended = usage::wait(child);
        leaders().remove(&leader.as_raw_nonzero().get());
        reap_group(leader);
        while self.end_orphans() {}
        write_record(self.record, "")?;
        ended
    }

    /// Ends adopted processes of this command; true if there were any, since their children come next.
    fn end_orphans(&self) -> bool {
        let wanted = format!("{VARIABLE}={}", self.marker);
        let mut any = false;
        for pid in adopted() {
            let raw = pid.as_raw_nonzero().get();
            match environment(raw) {
                Some(all) if has_variable(&all, &wanted) => any |= end_one(pid),
                Some(all) if is_foreign(pid) && (all.is_empty() || !has_any_marker(&all)) => {
                    any |= settle_unmarked(pid, &wanted);
                }
                _ => {}
            }
        }
        any
    }
}

impl Drop for Family<'_> {
    fn drop(&mut self) {
        ACTIVE.fetch_sub(1, Ordering::SeqCst);
    }
}

/// What names this process for good.
pub(super) fn own_mark() -> String {
    let own = rustix::process::getpid().as_raw_nonzero().get();
    format!("{own}.{}", start_ticks(own).unwrap_or(0))
}

/// Takes note of a first process that lives on between commands, so that it counts as nobody's leftover.
pub(super) fn note_leader(pid: Pid) {
    leaders().insert(pid.as_raw_nonzero().get());
}

/// Undoes [`note_leader`].
pub(super) fn forget_leader(pid: u32) {
    leaders().retain(|leader| u32::try_from(*leader) != Ok(pid));
}

/// Notes such a process in a slot's record, so that a later minipach can end it.
pub(super) fn write_leader(record: &File, pid: u32) -> std::io::Result<()> {
    let ticks = i32::try_from(pid).ok().and_then(start_ticks).unwrap_or(0);
    // It has no mark that others could have too.
    write_record(record, &format!("{pid} {ticks} -"))
}

fn leaders() -> std::sync::MutexGuard<'static, BTreeSet<i32>> {
    LEADERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Children of the main thread: the kernel hands orphans to the first thread of their reaper.
fn adopted() -> Vec<Pid> {
    /// Opened once: this is read after each command.
    static CHILDREN: LazyLock<Option<File>> = LazyLock::new(|| {
        let own = rustix::process::getpid().as_raw_nonzero();
        File::open(format!("/proc/self/task/{own}/children")).ok()
    });
    let text = CHILDREN.as_ref().and_then(|children| read_anew(children).ok()).unwrap_or_default();
    text.split_ascii_whitespace().filter_map(|pid| Pid::from_raw(pid.parse().ok()?)).collect()
}

/// What the kernel tells now in a file that it makes up when it is read.
fn read_anew(file: &File) -> std::io::Result<String> {
    let (mut text, mut buffer) = (Vec::new(), [0; 256]);
    loop {
        match file.read_at(&mut buffer, text.len() as u64)? {
            0 => return String::from_utf8(text).map_err(std::io::Error::other),
            count => text.extend_from_slice(&buffer[..count]),
        }
    }
}

/// Tells process groups of minipach's own helpers, which are nobody's leftovers.
static HELPERS: OnceLock<fn(i32) -> bool> = OnceLock::new();

/// Has the process groups that `is_helper` knows spared. A helper must be known from its first moment until it is reaped.
pub fn spare(is_helper: fn(i32) -> bool) {
    HELPERS.get_or_init(|| is_helper);
}

/// Whether an adopted process can only come from a datum: minipach's own helpers (`git`) stay in its
/// process group or are known by theirs, and the first processes of other slots are known.
fn is_foreign(pid: Pid) -> bool {
    let (pid, own) = (pid.as_raw_nonzero().get(), rustix::process::getpid().as_raw_nonzero().get());
    // One that has just begun may not lead its group yet.
    let is_helper = |number: i32| HELPERS.get().is_some_and(|is_helper| is_helper(number));
    let group = group_of(pid);
    let is_of_helper = |group: u64| i32::try_from(group).is_ok_and(is_helper);
    !leaders().contains(&pid)
        && !is_helper(pid)
        && group.is_some_and(|group| !is_of_helper(group))
        && group != group_of(own)
}

/// The process group of a process; 0 where its leader is outside of this container.
pub(super) fn group_of(pid: i32) -> Option<u64> {
    stat_field(pid, GROUP)
}

/// An ended process is reaped; a running one that wiped its environment could be any slot's, so it
/// is ended only when this is the only one. One that just begins a program shows no environment for a
/// moment, and is looked at again. True if it was running.
fn settle_unmarked(pid: Pid, wanted: &str) -> bool {
    for _ in 0..BEGINNING_LOOKS {
        if !matches!(rustix::process::waitpid(Some(pid), WaitOptions::NOHANG), Ok(None)) {
            return false;
        }
        let all = environment(pid.as_raw_nonzero().get()).unwrap_or_default();
        if has_variable(&all, wanted) || ACTIVE.load(Ordering::SeqCst) == 1 {
            return end_one(pid);
        }
        if !all.is_empty() {
            return false;
        }
        std::thread::sleep(Duration::from_micros(500));
    }
    false
}

/// Kills and reaps one adopted process; false if it cannot be ended, so that nobody tries for ever.
fn end_one(pid: Pid) -> bool {
    if rustix::process::kill_process(pid, Signal::KILL).is_err() {
        return false;
    }
    poll_until_gone(|| rustix::process::waitpid(Some(pid), WaitOptions::NOHANG))
}

/// Reaps what the kernel handed over of a killed group.
pub(super) fn reap_group(leader: Pid) {
    poll_until_gone(|| rustix::process::waitpgid(leader, WaitOptions::NOHANG));
}

/// Waits until there is nothing to wait for; true if something was reaped.
fn poll_until_gone<T>(mut wait: impl FnMut() -> rustix::io::Result<Option<T>>) -> bool {
    let begun = Instant::now();
    let mut reaped = false;
    loop {
        match wait() {
            Ok(Some(_)) => reaped = true,
            Ok(None) if begun.elapsed() < VANISH => std::thread::sleep(Duration::from_micros(200)),
            _ => return reaped,
        }
    }
}

/// Signals a whole group; that it is gone already is no error.
pub(super) fn signal_group(leader: Pid, signal: Signal) {
    rustix::process::kill_process_group(leader, signal).unwrap_or_default();
}

fn environment(pid: i32) -> Option<Vec<u8>> {
    std::fs::read(format!("/proc/{pid}/environ")).ok()
}

fn has_variable(environment: &[u8], wanted: &str) -> bool {
    environment.split(|byte| *byte == 0).any(|variable| variable == wanted.as_bytes())
}

fn has_any_marker(environment: &[u8]) -> bool {
    environment.split(|byte| *byte == 0).any(|variable| variable.starts_with(VARIABLE.as_bytes()))
}

/// When a process started, in clock ticks since boot: with the pid it names a process for good.
fn start_ticks(pid: i32) -> Option<u64> {
    stat_field(pid, START)
}

/// Clock ticks since boot.
fn ticks_now() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let (seconds, nanos) = (u64::try_from(now.tv_sec), u64::try_from(now.tv_nsec));
    let rate = rustix::param::clock_ticks_per_second();
    seconds.unwrap_or(0) * rate + nanos.unwrap_or(0) * rate / 1_000_000_000
}

/// Whether a process started when a record says: at one tick, or between two.
fn started_then(pid: i32, record: &str) -> bool {
    let (from, to) = record.split_once('-').unwrap_or((record, record));
    let (Ok(from), Ok(to)) = (from.parse::<u64>(), to.parse::<u64>()) else { return false };
    start_ticks(pid).is_some_and(|start| (from..=to).contains(&start))
}

/// Of the numbers that the kernel tells of a process, counted from the one after its state.
const GROUP: usize = 1;
const START: usize = 18;

/// One of these numbers.
fn stat_field(pid: i32, field: usize) -> Option<u64> {
    stat_word(pid, field + 1)?.parse().ok()
}

/// Whether a process is over, and only its parent has not asked how it ended.
fn has_ended(pid: i32) -> bool {
    stat_word(pid, 0).is_some_and(|state| matches!(&*state, "Z" | "X"))
}

/// What the kernel tells of a process, counted from its state.
fn stat_word(pid: i32, at: usize) -> Option<String> {
    let mut buffer = [0; 1024];
    let file = File::open(format!("/proc/{pid}/stat")).ok()?;
    let count = rustix::io::read(&file, &mut buffer).ok()?;
    let stat = std::str::from_utf8(&buffer[..count]).ok()?;
    // The second field is the name in parentheses and may hold anything; the third is the state.
    stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(at).map(str::to_owned)
}

fn write_record(file: &File, text: &str) -> std::io::Result<()> {
    file.write_all_at(format!("{text:<RECORD_BYTES$}").as_bytes(), 0)
}

/// Ends the processes that are left of commands whose minipach was killed. Returns how many processes were ended.
///
/// # Errors
/// When the work folder cannot be read.
pub(super) fn end_recorded_in(work_dir: &Path) -> Result<usize, ExecError> {
    let records = records(work_dir)?;
    Ok(records.iter().map(|[pid, start, marker]| end_recorded(pid, start, marker)).sum())
}

/// How many of the processes that the slots of a work folder have noted are at work: where nobody holds the project's lock,
/// commands that go on though their minipach was killed. None where it cannot be read.
pub fn left_over(work_dir: &Path) -> usize {
    let records = records(work_dir).unwrap_or_default();
    records.iter().filter(|[pid, start, _]| noted(pid, start).is_some()).count()
}

/// What the slots have noted of their commands: number, start and mark.
fn records(work_dir: &Path) -> Result<Vec<[String; 3]>, ExecError> {
    let slots = match std::fs::read_dir(work_dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(|error| io("read", work_dir, error))?,
    };
    let mut found = Vec::new();
    for slot in slots {
        let slot = slot.map_err(|error| io("read", work_dir, error))?;
        let record = std::fs::read_to_string(slot.path().join("pid")).unwrap_or_default();
        let fields: Vec<String> = record.split_ascii_whitespace().take(3).map(str::to_owned).collect();
        found.extend(<[String; 3]>::try_from(fields).ok());
    }
    Ok(found)
}

/// The process of a record, if it still is the one that was noted.
fn noted(pid: &str, start: &str) -> Option<Pid> {
    let leader = Pid::from_raw(pid.parse().ok()?)?;
    let pid = leader.as_raw_nonzero().get();
    (started_then(pid, start) && !has_ended(pid)).then_some(leader)
}

/// Ends all processes that were handed to this one, and what they hand on.
pub(super) fn end_adopted() {
    let begun = Instant::now();
    while begun.elapsed() < VANISH {
        let all = adopted();
        if all.is_empty() {
            return;
        }
        for pid in all {
            end_one(pid);
        }
    }
}

fn end_recorded(pid: &str, start: &str, marker: &str) -> usize {
    let mut ended = 0;
    if let Some(leader) = noted(pid, start) {
        signal_group(leader, Signal::KILL);
        ended += 1;
    }
    ended + end_marked(marker)
}

/// A variable, by its name and its value, that marks a program which is nobody's datum, such as a hook, and all that it
/// starts, for [`end_marked`].
pub fn mark() -> (&'static str, String) {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    (VARIABLE, format!("{}.hook.{}", own_mark(), COUNT.fetch_add(1, Ordering::Relaxed)))
}

/// Ends all processes that have this mark, wherever they went, also out of their process group. Returns how many.
pub fn end_marked(marker: &str) -> usize {
    let (mut ended, begun) = (0, Instant::now());
    let wanted = format!("{VARIABLE}={marker}");
    let own = rustix::process::getpid();
    loop {
        let before = ended;
        for pid in everything().into_iter().filter(|pid| *pid != own) {
            let all = environment(pid.as_raw_nonzero().get()).unwrap_or_default();
            if has_variable(&all, &wanted) && rustix::process::kill_process(pid, Signal::KILL).is_ok() {
                ended += 1;
            }
        }
        if ended == before || begun.elapsed() > VANISH {
            return ended;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn everything() -> Vec<Pid> {
    let Ok(all) = std::fs::read_dir("/proc") else { return Vec::new() };
    all.filter_map(|entry| Pid::from_raw(entry.ok()?.file_name().to_str()?.parse().ok()?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_names_a_process_by_when_it_started() {
        let before = ticks_now();
        let mut child = std::process::Command::new("sleep").arg("100").spawn().unwrap();
        let pid = Pid::from_child(&child).as_raw_nonzero().get();
        let now = ticks_now();
        assert!(started_then(pid, &format!("{before}-{now}")), "{before}-{now}: {:?}", start_ticks(pid));
        let exact = start_ticks(pid).unwrap();
        assert!(started_then(pid, &exact.to_string()));
        for other in [format!("{}-{now}", now + 1), (exact + 1).to_string(), "-".into(), String::new()] {
            assert!(!started_then(pid, &other), "{other}");
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
