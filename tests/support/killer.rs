//! Killing a run at any instant and looking whether what it promises still holds.
//!
//! A [`Killer`] takes a [`Study`] through its generations. Each run is killed, looked at and started
//! again, until one gets through; then bytes, trees and HEAD must be those of an undisturbed run.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde_json::Value;

use crate::support::{DatumLine, Project};

#[path = "kill_study.rs"]
mod kill_study;
pub(crate) use kill_study::Study;

const PIPELINES: [&str; 3] = ["own", "flat", "all"];

/// Bytes by path from the root.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// When and how a run is ended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Death {
    /// Somewhere in its first tenths of a second.
    After(Duration),
    /// So long after a ledger was written, which is when a commit is made.
    AfterLedger(Duration),
    /// At a named point, by itself.
    #[cfg_attr(not(feature = "faults"), expect(dead_code, reason = "only that feature has named points"))]
    Fault(&'static str),
}

/// Kills runs of one project and keeps a list of broken promises.
pub(crate) struct Killer<'a> {
    study: &'a Study,
    /// The project.
    pub(crate) project: Project,
    generation: usize,
    /// Ids of all work whose result line was seen in the log after a kill.
    logged: BTreeSet<String>,
    /// Lines of the witness that were looked at.
    seen: usize,
    environment: Vec<(&'static str, &'static str)>,
    /// Every promise found broken, as a sentence.
    pub(crate) violations: Vec<String>,
    /// Kills that hit a running process.
    pub(crate) kills: usize,
    /// Kills that left git's index locked until minipach looked.
    pub(crate) locked: usize,
}

impl<'a> Killer<'a> {
    /// A project with the inputs of generation 0.
    pub(crate) fn new(study: &'a Study) -> Self {
        let project = Project::new();
        study.lay_out(&project, 0);
        Self {
            study,
            project,
            generation: 0,
            logged: BTreeSet::new(),
            seen: 0,
            environment: Vec::new(),
            violations: Vec::new(),
            kills: 0,
            locked: 0,
        }
    }

    /// Sets a variable for every run to be killed.
    #[cfg_attr(not(feature = "faults"), expect(dead_code, reason = "only that feature has named points"))]
    pub(crate) fn set(&mut self, name: &'static str, value: &'static str) {
        self.environment.push((name, value));
    }

    /// Goes to the next generation of inputs.
    pub(crate) fn next_generation(&mut self) {
        self.generation += 1;
        self.study.lay_out(&self.project, self.generation);
    }

    /// Starts a run and ends it; looks at what is left. `false` when it got through before.
    pub(crate) fn kill(&mut self, death: Death, whole_group: bool, commits_between: bool) -> bool {
        let ended = self.run_and_die(death, whole_group);
        self.look_at_witness();
        if ended != Some(Signal::KILL.as_raw()) {
            return false;
        }
        self.kills += 1;
        let before = self.violations.len();
        self.look();
        if commits_between {
            self.commit_between();
        }
        for violation in &mut self.violations[before..] {
            *violation = format!("generation {}, {death:?}: {violation}", self.generation);
        }
        true
    }

    /// The signal that ended it, if one did.
    fn run_and_die(&self, death: Death, whole_group: bool) -> Option<i32> {
        let mut command = self.project.command(env!("CARGO_BIN_EXE_minipach"));
        command.args(["run", "-q"]).envs(self.environment.iter().copied());
        command.stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        if let Death::Fault(point) = death {
            command.env("MINIPACH_FAULT", point);
        }
        let ledgers = self.ledgers();
        let mut child = command.spawn().expect("minipach starts");
        match death {
            Death::After(delay) => sleep(delay),
            Death::AfterLedger(delay) => {
                while self.ledgers() == ledgers && is_running(&mut child) {
                    sleep(Duration::from_micros(200));
                }
                sleep(delay);
            }
            Death::Fault(_) => return child.wait().expect("it ends").signal(),
        }
        if is_running(&mut child) {
            let pid = Pid::from_child(&child);
            let killed = if whole_group {
                kill_process_group(pid, Signal::KILL)
            } else {
                kill_process(pid, Signal::KILL)
            };
            killed.expect("what was not waited for can be killed");
        }
        child.wait().expect("it ends").signal()
    }

    /// When each ledger was written.
    fn ledgers(&self) -> Vec<Option<std::time::SystemTime>> {
        let path = |name: &str| self.project.path(&format!(".minipach/ledger/{name}.jsonl"));
        PIPELINES.map(|name| fs::metadata(path(name)).ok()?.modified().ok()).into()
    }

    fn broken(&mut self, sentence: impl Into<String>) {
        self.violations.push(sentence.into());
    }

    // ---- after a kill

    fn look(&mut self) {
        self.locked += usize::from(self.project.exists(".git/index.lock"));
        self.look_at_log();
        self.look_at_files();
        self.look_at_status();
        self.look_at_git();
    }

    /// Work that ran since the last look, although its result line stood in the log then.
    fn look_at_witness(&mut self) {
        let text = fs::read_to_string(self.project.home().join("witness")).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        for id in &lines[self.seen.min(lines.len())..] {
            if self.logged.contains(*id) {
                self.violations.push(format!("`{id}` ran again although its result line stood in the log"));
            }
        }
        self.seen = lines.len();
    }

    fn look_at_log(&mut self) {
        self.logged = self.log_lines().map(|line| text_of(&line, "id")).collect();
    }

    /// The result lines of the attempt log that were written whole.
    fn log_lines(&self) -> impl Iterator<Item = Value> + use<> {
        let path = self.project.path(".git/minipach/attempts.jsonl");
        let text = fs::read_to_string(path).unwrap_or_default();
        let whole: Vec<String> =
            text.split_inclusive('\n').filter(|line| line.ends_with('\n')).map(str::to_owned).collect();
        let parse = |line: String| serde_json::from_str::<Value>(&line).ok();
        whole.into_iter().filter_map(parse).filter(|line| line["kind"] == "result")
    }

    /// Every visible file is a result's, whole, and logged before it was visible.
    fn look_at_files(&mut self) {
        let visible = results(&self.project);
        let logged: BTreeSet<(String, String)> =
            self.log_lines().map(|line| (text_of(&line, "pipeline"), text_of(&line, "key"))).collect();
        let mut found = Vec::new();
        for (path, bytes) in &visible {
            if !self.study.allowed(self.generation).any(|files| files.get(path) == Some(bytes)) {
                found.push(format!("`{path}` stands there with bytes that no run makes: {bytes:?}"));
            }
            if !logged.contains(&owner(path)) {
                found.push(format!("`{path}` is visible, but its result line is not in the log"));
            }
        }
        found.extend(self.halves(&visible));
        self.violations.extend(found);
    }

    /// Folders of one datum that hold some of its files, or files of two of its results.
    fn halves(&self, visible: &Files) -> Vec<String> {
        let all = self.study.allowed(self.generation).flat_map(|files| files.keys());
        let folders: BTreeSet<&str> =
            all.filter(|path| path.starts_with("own/")).filter_map(|path| folder(path)).collect();
        let is_whole = |name: &str| {
            let stands = within(visible, name);
            stands.is_empty()
                || self.study.allowed(self.generation).any(|files| within(files, name) == stands)
        };
        let half = folders.into_iter().filter(|name| !is_whole(name));
        half.map(|name| format!("`{name}` holds half of a result")).collect()
    }

    /// `status` answers, and what is said to be done is there.
    fn look_at_status(&mut self) {
        let status = self.project.minipach(["status", "--json"]);
        if status.code != 0 || serde_json::from_str::<Value>(&status.stdout).is_err() {
            self.broken(format!("`minipach status --json` says {status:?}"));
        }
        let said: Value = serde_json::from_str(&status.stdout).unwrap_or_default();
        for pipeline in said["pipelines"].as_array().into_iter().flatten() {
            let datums = &pipeline["datums"];
            if datums["edited"] != 0 || datums["in_the_way"] != 0 {
                self.broken(format!("nobody touched a result, but `status` says {pipeline}"));
            }
        }
        let said = self.project.minipach(["datums", "flat", "--json"]).code(0);
        let now = &self.study.settled[self.generation].files;
        let visible = results(&self.project);
        for datum in said.json_lines::<DatumLine>().iter().filter(|datum| datum.state == "done") {
            let name = datum.key.rsplit('/').next().unwrap_or_default().to_owned();
            for path in ["one", "two"].map(|end| format!("flat/{name}.{end}")) {
                if visible.get(&path) != now.get(&path) || !now.contains_key(&path) {
                    self.broken(format!("`flat:{}` is said to be done, but not `{path}`", datum.key));
                }
            }
        }
    }

    /// git reads the repository as if nothing had happened, and since `status` looked, its index is free.
    fn look_at_git(&mut self) {
        if self.project.exists(".git/index.lock") {
            self.broken("`minipach status` left our lock of the index where it was");
        }
        let status = self.project.program("git", ["status", "--porcelain"]);
        if status.code != 0 {
            self.broken(format!("`git status` says {status:?}"));
        }
        let is_open = status.stdout.lines().any(|line| line[3..].starts_with("own/"));
        let said = self.project.minipach(["status"]).stdout;
        let is_told = said.lines().any(|line| line.contains("not committed yet") && line.contains("own"));
        if is_open != is_told {
            self.broken(format!("of `own` git says:\n{}\n`minipach status`:\n{said}", status.stdout));
        }
    }

    /// What a user may do before the next run.
    fn commit_between(&mut self) {
        let commit = self.project.program("git", ["commit", "-q", "--allow-empty", "-m", "between"]);
        if commit.code != 0 {
            self.broken(format!("`git commit` says {commit:?}"));
        }
    }

    // ---- at the end

    /// A plain run, which must end as if no run had been killed, and one more, which must do nothing.
    pub(crate) fn settle(&mut self) {
        let before = self.violations.len();
        let run = self.project.minipach(["run"]);
        self.look_at_witness();
        if run.code == 0 {
            self.look_at_results();
            self.look_at_rest();
        } else {
            self.broken(format!("the run after the kills says {run:?}"));
        }
        for violation in &mut self.violations[before..] {
            *violation = format!("generation {}, settled: {violation}", self.generation);
        }
    }

    fn look_at_results(&mut self) {
        let settled = &self.study.settled[self.generation];
        let stands = results(&self.project);
        if stands != settled.files {
            let paths: BTreeSet<&String> = stands.keys().chain(settled.files.keys()).collect();
            let differ = paths.into_iter().filter(|path| stands.get(*path) != settled.files.get(*path));
            let names: Vec<&String> = differ.take(5).collect();
            self.violations.push(format!("results differ from an undisturbed run's: {names:?}…"));
        }
        let tree = tree_of(&self.project);
        if tree != settled.tree {
            self.violations.push(format!("HEAD's tree is {tree}, not {} as undisturbed", settled.tree));
        }
        let changed = self.project.changed();
        if !changed.is_empty() {
            self.violations.push(format!("not all is committed: {changed}"));
        }
    }

    fn look_at_rest(&mut self) {
        for path in [".git/index.lock", ".git/minipach/staged"] {
            let left = fs::read_dir(self.project.path(path))
                .map_or(self.project.exists(path), |mut folder| folder.next().is_some());
            if left {
                self.broken(format!("`{path}` is left"));
            }
        }
        let check = self.project.program("git", ["fsck", "--strict", "--no-dangling"]);
        if check.code != 0 {
            self.broken(format!("`git fsck` says {check:?}"));
        }
        let head = self.project.head();
        let again = self.project.minipach(["run"]);
        let seen = self.seen;
        self.look_at_witness();
        if again.code != 0 || self.seen != seen || self.project.head() != head {
            self.broken(format!("one more run does something: {again:?}"));
        }
    }
}

fn is_running(child: &mut Child) -> bool {
    child.try_wait().expect("a child can be asked").is_none()
}

fn text_of(line: &Value, field: &str) -> String {
    line[field].as_str().unwrap_or_default().to_owned()
}

/// All result files of the project's pipelines.
fn results(project: &Project) -> Files {
    let mut files = Files::new();
    for name in PIPELINES {
        read_below(&project.path(name), name, &mut files);
        files.remove(&format!("{name}/spec.yml"));
    }
    files
}

fn read_below(folder: &Path, prefix: &str, files: &mut Files) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = format!("{prefix}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            read_below(&entry.path(), &name, files);
        } else if let Ok(bytes) = fs::read(entry.path()) {
            // What a command that outlived its run removes meanwhile is no result.
            files.insert(name, bytes);
        }
    }
}

fn tree_of(project: &Project) -> String {
    project.git(["rev-parse", "HEAD^{tree}"])
}

fn folder(path: &str) -> Option<&str> {
    Some(path.rsplit_once('/')?.0)
}

fn within<'f>(files: &'f Files, name: &str) -> Vec<(&'f String, &'f Vec<u8>)> {
    files.iter().filter(|(path, _)| folder(path) == Some(name)).collect()
}

/// Pipeline and key of the datum that makes a file.
fn owner(path: &str) -> (String, String) {
    let (pipeline, rest) = path.split_once('/').expect("results stand in a pipeline's folder");
    let key = match pipeline {
        "own" => rest.split('/').next().unwrap_or_default().to_owned(),
        "flat" => format!("raw:/{}", rest.split('.').next().unwrap_or_default()),
        _ => ".".to_owned(),
    };
    (pipeline.to_owned(), key)
}

/// How long something took, for messages.
pub(crate) fn took(begun: Instant) -> String {
    format!("{:.1} s", begun.elapsed().as_secs_f64())
}
