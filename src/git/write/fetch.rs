//! Fetches annexed content by key, in one `git annex get`, and tells of each as it comes.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use serde::Deserialize;

use super::identity::{identity, stand_in_for};
use super::program::{drain, git, last_words, output, without_questions};
use super::{Place, WriteError};

/// So long git-annex has to end by itself once it is cut off.
const GRACE: Duration = Duration::from_secs(2);

/// A fetch that goes on; dropping it cuts it off. What came until then is here.
pub struct Fetching {
    /// The first process of a group of its own: git, which starts git-annex, which starts what transfers.
    leader: Pid,
    is_ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Fetching {
    /// Waits for its end: after the last key git-annex still has git's index refreshed.
    pub fn finish(mut self) {
        self.join();
    }

    fn join(&mut self) {
        // Should it panic, what it did not tell is as good as not come.
        self.thread.take().map(JoinHandle::join).transpose().unwrap_or_default();
    }

    fn signal(&self, signal: Signal) {
        // The thread that reaps it sets this before, so that the number is still its own.
        if !self.is_ended.load(Ordering::SeqCst) {
            kill_process_group(self.leader, signal).unwrap_or_default();
        }
    }
}

impl Drop for Fetching {
    fn drop(&mut self) {
        if self.thread.is_none() {
            return;
        }
        self.signal(Signal::TERM);
        let begun = Instant::now();
        while !self.is_ended.load(Ordering::SeqCst) && begun.elapsed() < GRACE {
            thread::sleep(Duration::from_millis(5));
        }
        self.signal(Signal::KILL);
        self.join();
    }
}

/// What `git annex get` tells of a key.
#[derive(Deserialize)]
struct Got {
    key: String,
    success: bool,
    #[serde(default)]
    note: String,
    #[serde(default, rename = "error-messages")]
    errors: Vec<String>,
    #[serde(default)]
    wanted: Vec<Wanted>,
}

/// A repository that has a key, and was not reached.
#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    uuid: String,
    description: String,
}

/// Said of content that is lost, as far as git-annex knows.
pub const NOBODY_HAS_IT: &str = "no repository is known to have it";

impl Got {
    /// Why it did not come, in half a sentence. `off` are special remotes that are not enabled here, by uuid.
    fn why(&self, off: &BTreeMap<String, String>) -> String {
        if let Some(name) = self.wanted.iter().find_map(|wanted| off.get(&wanted.uuid)) {
            return format!(
                "it is in {name}, which is not enabled here; `git annex enableremote {name}` enables it"
            );
        }
        let names: Vec<&str> = self.wanted.iter().map(|wanted| wanted.description.as_str()).collect();
        let errors: Vec<&str> = self.errors.iter().map(|error| error.trim()).collect();
        match (names[..].is_empty(), errors.is_empty()) {
            (false, _) => format!("it is in {}, which cannot be reached", names.join(" and ")),
            (true, false) => format!("git-annex says: {}", errors.join("; ")),
            (true, true) if self.note.contains("not available") => NOBODY_HAS_IT.into(),
            (true, true) => format!("git-annex says: {}", self.note.trim()),
        }
    }
}

/// The special remotes that the annex knows and this repository has not enabled: their names, by uuid.
fn not_enabled(place: &Place) -> BTreeMap<String, String> {
    let said = |words: &[&str]| output(git(place, words), "git", b"").unwrap_or_default();
    let said = |words: &[&str]| String::from_utf8_lossy(&said(words)).into_owned();
    let enabled = said(&["config", "--get-regexp", r"^remote\..*\.annex-uuid$"]);
    let is_enabled = |uuid: &str| enabled.lines().any(|line| line.ends_with(uuid));
    let all =
        ["git-annex", "origin/git-annex"].map(|branch| said(&["show", &format!("{branch}:remote.log")]));
    let lines = all.iter().flat_map(|log| log.lines());
    let named = lines.filter_map(|line| {
        let (uuid, facts) = line.split_once(' ')?;
        let name = facts.split(' ').find_map(|fact| fact.strip_prefix("name="))?;
        Some((uuid.to_owned(), name.to_owned()))
    });
    named.filter(|(uuid, _)| !is_enabled(uuid)).collect()
}

/// Fetches keys, `at_once` at a time, and tells of each, in whatever order they come, with why where it does not;
/// then of those of which nothing was said. `mark` is a variable for all that is started. Ends with who holds what
/// this gives.
///
/// # Errors
/// When git-annex cannot be started.
pub fn fetch(
    place: &Place,
    keys: Vec<Arc<str>>,
    at_once: usize,
    mark: (&str, &str),
    mut tell: impl FnMut(&str, Result<(), String>) + Send + 'static,
) -> Result<Fetching, WriteError> {
    let mut child = command(place, at_once)?
        .env(mark.0, mark.1)
        .spawn()
        .map_err(|source| WriteError::NotStarted { program: "git annex get".into(), source })?;
    let leader = Pid::from_child(&child);
    let is_ended = Arc::new(AtomicBool::new(false));
    let ended = Arc::clone(&is_ended);
    let place = place.clone();
    let thread = thread::spawn(move || {
        let left = serve(&place, &mut child, &keys, &mut tell);
        end(leader, &mut child, &ended);
        for key in left.keys {
            tell(&key, Err(left.why.clone()));
        }
    });
    Ok(Fetching { leader, is_ended, thread: Some(thread) })
}

/// Waits for the end of git, and ends all that it leaves.
fn end(leader: Pid, child: &mut Child, is_ended: &AtomicBool) {
    // It is not reaped by that: until then nobody else can have its number.
    waitid(WaitId::Pid(leader), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT).unwrap_or_default();
    kill_process_group(leader, Signal::KILL).unwrap_or_default();
    is_ended.store(true, Ordering::SeqCst);
    drop(child.wait());
}

fn command(place: &Place, at_once: usize) -> Result<Command, WriteError> {
    let jobs = format!("-J{}", at_once.max(1));
    let words = ["annex", "get", "--batch-keys", "--json", "--json-error-messages", &jobs];
    let mut command = git(place, &words);
    if identity(place)?.is_stand_in {
        // git-annex commits where content is, and git refuses that to somebody without a name.
        stand_in_for(&mut command);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    without_questions(&mut command);
    Ok(command)
}

/// Keys of which nothing was said, and why that is.
struct Left {
    keys: Vec<Arc<str>>,
    why: String,
}

/// Asks for all keys and tells what becomes of them.
fn serve(
    place: &Place,
    child: &mut Child,
    keys: &[Arc<str>],
    tell: &mut impl FnMut(&str, Result<(), String>),
) -> Left {
    let (mut stdin, stdout) =
        (child.stdin.take().expect("it is piped"), child.stdout.take().expect("it is piped"));
    let stderr = drain(child.stderr.take().expect("it is piped"));
    let off = std::cell::LazyCell::new(|| not_enabled(place));
    let mut left: std::collections::BTreeSet<Arc<str>> = keys.iter().cloned().collect();
    thread::scope(|scope| {
        // A program that ends early says why itself; the broken pipe is no news.
        scope.spawn(move || keys.iter().try_for_each(|key| writeln!(stdin, "{key}")));
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            // An empty line is a key that was here already.
            let Ok(got) = serde_json::from_str::<Got>(&line) else { continue };
            if left.remove(got.key.as_str()) {
                tell(&got.key, if got.success { Ok(()) } else { Err(got.why(&off)) });
            }
        }
    });
    let said = last_words(&stderr.join().unwrap_or_default());
    let why = if said.is_empty() {
        "git-annex said nothing of it".into()
    } else {
        format!("git-annex says: {said}")
    };
    Left { keys: left.into_iter().collect(), why }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(text: &str) -> String {
        let off = BTreeMap::from([("v".to_owned(), "dirr".to_owned())]);
        serde_json::from_str::<Got>(text).expect("it is as git-annex writes it").why(&off)
    }

    #[test]
    fn why_a_key_did_not_come_is_told() {
        let told = r#"{"key":"K","success":false,"note":"not available","error-messages":[],"wanted":[]}"#;
        assert_eq!(why(told), "no repository is known to have it");
        let told = r#"{"key":"K","success":false,"note":"x","wanted":[{"here":false,"uuid":"u","description":"usb disk"}]}"#;
        assert_eq!(why(told), "it is in usb disk, which cannot be reached");
        let told = r#"{"key":"K","success":false,"wanted":[{"here":false,"uuid":"v","description":"dirr"}]}"#;
        assert_eq!(
            why(told),
            "it is in dirr, which is not enabled here; `git annex enableremote dirr` enables it"
        );
        let told = r#"{"key":"K","success":false,"error-messages":["  ssh: refused "]}"#;
        assert_eq!(why(told), "git-annex says: ssh: refused");
    }
}
