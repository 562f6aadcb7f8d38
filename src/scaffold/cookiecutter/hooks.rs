//! Hooks: programs that a template brings along. Found, described for consent, rendered, run under a time limit.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use minijinja::Value;

use super::engine::Engine;
use super::error::{CookieError, refused};
use super::order::Order;
use crate::exec;

/// Where hooks lie in a template.
const FOLDER: &str = "hooks";
/// How often a running hook is looked at.
const TICK: Duration = Duration::from_millis(20);
/// Variables of ours that a hook sees; no other, so that no secret is handed on.
const VARIABLES: [&str; 11] = [
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "TZ",
    "GIT_AUTHOR_NAME",
    "GIT_AUTHOR_EMAIL",
    "GIT_COMMITTER_NAME",
    "GIT_COMMITTER_EMAIL",
];
/// Words that show what a hook may do, and what that is.
const TELLING: [(&str, &[&str]); 4] = [
    ("network", &["requests", "urllib", "http://", "https://", "curl", "wget", "socket"]),
    ("other programs", &["subprocess", "os.system", "popen", "exec(", "git "]),
    ("removes files", &["rmtree", "os.remove", "unlink", "rm -"]),
    ("installs", &["pip install", "npm install", "apt-get", "conda "]),
];

/// When a hook runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// Before questions, in a copy of the template, which it may change.
    PrePrompt,
    /// In the project's folder, before it is filled.
    PreGen,
    /// In the project's folder, when it is full.
    PostGen,
}

/// A hook that a template brings along.
#[derive(Clone, Debug)]
pub struct Hook {
    /// When it runs.
    pub moment: Moment,
    /// Its file, from the template's folder.
    pub file: String,
    /// How many lines it has.
    pub lines: usize,
    /// The hash of its text as the template has it, in hex.
    pub digest: String,
    /// What its words say that it may do.
    pub may: Vec<&'static str>,
    /// Its text as the template has it.
    pub text: String,
}

/// The hooks of a template, by when they run and by name.
///
/// Errors: one cannot be read.
pub(super) fn find(template: &Path) -> Result<Vec<Hook>, CookieError> {
    let folder = template.join(FOLDER);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut hooks = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(refused(&folder))? {
        let path = entry.map_err(refused(&folder))?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let moment = match stem.as_str() {
            "pre_prompt" => Moment::PrePrompt,
            "pre_gen_project" => Moment::PreGen,
            "post_gen_project" => Moment::PostGen,
            _ => continue,
        };
        if !name.ends_with('~') && path.is_file() {
            hooks.push(describe(moment, &path, &name)?);
        }
    }
    hooks.sort_by(|one, other| (one.moment, &one.file).cmp(&(other.moment, &other.file)));
    Ok(hooks)
}

fn describe(moment: Moment, path: &Path, name: &str) -> Result<Hook, CookieError> {
    let text = std::fs::read_to_string(path).map_err(refused(path))?;
    let lower = text.to_lowercase();
    let may = TELLING
        .iter()
        .filter(|(_, words)| words.iter().any(|word| lower.contains(word)))
        .map(|(what, _)| *what);
    Ok(Hook {
        moment,
        file: format!("{FOLDER}/{name}"),
        lines: text.lines().count(),
        digest: blake3::hash(text.as_bytes()).to_hex().to_string(),
        may: may.collect(),
        text,
    })
}

/// A hook whose text is final.
pub(super) struct Ready {
    file: String,
    text: String,
}

/// Renders a hook with the answers.
///
/// Errors: as for any text of the template.
fn render(hook: &Hook, engine: &Engine, context: &Value) -> Result<Ready, CookieError> {
    Ok(Ready { file: hook.file.clone(), text: engine.render_text(&hook.file, &hook.text, context)? })
}

/// The hooks of a moment, rendered.
///
/// Errors: as for any text of the template.
pub(super) fn ready(
    hooks: &[Hook],
    moment: Moment,
    engine: &Engine,
    context: &Value,
) -> Result<Vec<Ready>, CookieError> {
    hooks.iter().filter(|hook| hook.moment == moment).map(|hook| render(hook, engine, context)).collect()
}

/// A hook as it is, for the moment before there are answers.
pub(super) fn raw(hook: &Hook) -> Ready {
    Ready { file: hook.file.clone(), text: hook.text.clone() }
}

/// Runs a hook in a folder.
///
/// Errors: it cannot be started, does not end with 0, takes longer than it may, or was interrupted.
pub(super) fn run(hook: &Ready, folder: &Path, order: &Order) -> Result<(), CookieError> {
    let failed = |problem: String| {
        CookieError::Hook(format!("the hook `{}` {problem}; nothing was laid out", hook.file))
    };
    let place = tempfile::Builder::new().prefix("minipach-hook-").tempdir().map_err(refused(folder))?;
    let name = Path::new(&hook.file).file_name().map(PathBuf::from).unwrap_or_default();
    let script = place.path().join(name);
    std::fs::write(&script, &hook.text).map_err(refused(&script))?;
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o700)).map_err(refused(&script))?;
    let is_python = script.extension().is_some_and(|ending| ending == "py");
    let mut command = Command::new(if is_python { Path::new("python3") } else { &script });
    command.args(is_python.then_some(&script));
    command.current_dir(folder).env_clear().stdin(Stdio::null()).process_group(0);
    command.stdout(order.hook_output.map_or_else(Stdio::null, |output| output()));
    command.envs(VARIABLES.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    let (name, mark) = exec::mark();
    command.env(name, &mark);
    let child = command.spawn().map_err(|error| failed(format!("cannot be started: {error}")))?;
    let ended = wait(child, order.hook_limit);
    // What left the process group has the mark still.
    exec::end_marked(&mark);
    ended.map_err(failed)
}

/// Waits for the end, or makes one of the whole process group.
fn wait(mut child: std::process::Child, limit: Duration) -> Result<(), String> {
    let is_stopped = Arc::new(AtomicBool::new(false));
    let watch = |signal| signal_hook::flag::register(signal, Arc::clone(&is_stopped)).ok();
    let watched = [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM].map(watch);
    let begun = Instant::now();
    let result = loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => break Ok(()),
            Ok(Some(status)) => break Err(format!("failed ({status})")),
            Ok(None) if is_stopped.load(Ordering::Relaxed) => break Err("was interrupted".to_owned()),
            Ok(None) if begun.elapsed() >= limit => {
                break Err(format!("took longer than {} s", limit.as_secs()));
            }
            Ok(None) => std::thread::sleep(TICK),
            Err(error) => break Err(format!("cannot be waited for: {error}")),
        }
    };
    // Also what it left running in the background; the group may be gone already.
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    drop(child.wait());
    watched.into_iter().flatten().for_each(|id| _ = signal_hook::low_level::unregister(id));
    result
}
