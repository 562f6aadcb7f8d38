//! What end-to-end tests share: a throw-away project, the program run hermetically, and peers looked up.
//!
//! ```ignore
//! let project = Project::new();
//! project.write("raw/a.txt", "one\n");
//! project.spec("copy", "input: {pfs: {repo: raw, glob: '/*'}}\ntransform: {cmd: [cp, …]}\n");
//! project.commit("data and pipeline");
//! project.minipach(["run"]).ok();
//! assert_eq!(project.tree("copy"), table([("a.txt", "one\n")]));
//! ```
#![expect(dead_code, reason = "each test file uses its own part of this")]

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use serde_json::Value;
use tempfile::TempDir;

/// A git repository in a temporary folder, removed when dropped. Its folder is called `study`.
pub(crate) struct Project {
    home: TempDir,
}

/// How a program ended and what it said.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Exit code; 128 + signal where a signal ended it.
    pub(crate) code: i32,
    /// Everything on standard output.
    pub(crate) stdout: String,
    /// Everything on standard error.
    pub(crate) stderr: String,
    /// The command line, for messages.
    command: String,
}

/// One line of `datums PIPELINE --json`.
#[derive(Debug, Clone, serde::Deserialize)]
pub(crate) struct DatumLine {
    /// Names the work.
    pub(crate) id: String,
    /// Names the place.
    pub(crate) key: String,
    /// The state's word.
    pub(crate) state: String,
    /// Why it is not done.
    #[serde(default)]
    pub(crate) reason: Option<Value>,
    /// What it reads.
    pub(crate) inputs: Vec<InputLine>,
    /// What stands in the tree for it.
    #[serde(default)]
    pub(crate) outputs: Vec<Value>,
    /// What was tried, here.
    #[serde(default)]
    pub(crate) attempts: Vec<Value>,
}

/// One input of a [`DatumLine`].
#[derive(Debug, Clone, serde::Deserialize)]
pub(crate) struct InputLine {
    /// The input's name.
    pub(crate) name: String,
    /// The matched path from the project's root.
    pub(crate) path: String,
}

impl DatumLine {
    /// The inputs as `name=path`, in the order given, joined by a space.
    pub(crate) fn inputs_text(&self) -> String {
        let inputs = self.inputs.iter().map(|input| format!("{}={}", input.name, input.path));
        inputs.collect::<Vec<_>>().join(" ")
    }
}

impl Ended {
    /// Asserts exit code 0 and gives standard output.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        self.code(0).stdout
    }

    /// Asserts the exit code.
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "`{}` ended with {}, not {code}\n--- stdout\n{}\n--- stderr\n{}",
            self.command, self.code, self.stdout, self.stderr
        );
        self
    }

    /// Asserts that standard output or standard error holds `text`.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(
            self.stdout.contains(text) || self.stderr.contains(text),
            "`{}` does not say {text:?}\n--- stdout\n{}\n--- stderr\n{}",
            self.command,
            self.stdout,
            self.stderr
        );
        self
    }

    /// Standard output as one JSON value.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| self.not_json(&error))
    }

    /// Standard output as one JSON value per line.
    #[track_caller]
    pub(crate) fn json_lines<T: serde::de::DeserializeOwned>(&self) -> Vec<T> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| self.not_json(&error));
        self.stdout.lines().map(parse).collect()
    }

    #[track_caller]
    #[expect(clippy::panic, reason = "this is an assertion")]
    fn not_json(&self, error: &serde_json::Error) -> ! {
        panic!("`{}` printed no JSON ({error})\n{}\n--- stderr\n{}", self.command, self.stdout, self.stderr)
    }
}

impl Project {
    /// An empty repository on branch `main`, without a commit.
    #[track_caller]
    pub(crate) fn new() -> Self {
        let project = Self::bare();
        project.git(["init", "-q", "-b", "main"]);
        project
    }

    /// An empty folder `study` that is no repository yet, for `minipach new` and `demo`.
    pub(crate) fn bare() -> Self {
        let home = tempfile::tempdir().expect("a temporary folder can be made");
        fs::create_dir(home.path().join("study")).expect("an empty folder takes a folder");
        Self { home }
    }

    /// The project's root.
    pub(crate) fn root(&self) -> PathBuf {
        self.home.path().join("study")
    }

    /// The folder around the project: `HOME` of every program run here, gone with the project.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// A path in the project.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    // ---- files

    /// Writes a file, with its folders.
    #[track_caller]
    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.path(path);
        let folder = path.parent().expect("a file stands in a folder");
        fs::create_dir_all(folder).expect("its folder can be made");
        fs::write(path, content).expect("the file can be written");
        self
    }

    /// Writes several text files.
    #[track_caller]
    pub(crate) fn write_all(&self, files: &[(&str, &str)]) -> &Self {
        for (path, content) in files {
            self.write(path, content);
        }
        self
    }

    /// Writes an executable file.
    #[track_caller]
    pub(crate) fn script(&self, path: &str, content: &str) -> &Self {
        self.write(path, content);
        fs::set_permissions(self.path(path), fs::Permissions::from_mode(0o755)).expect("a mode can be set");
        self
    }

    /// Writes `<pipeline>/spec.yml`.
    #[track_caller]
    pub(crate) fn spec(&self, pipeline: &str, content: &str) -> &Self {
        self.write(&format!("{pipeline}/spec.yml"), content)
    }

    /// Reads a text file.
    #[track_caller]
    #[expect(clippy::panic, reason = "this is an assertion")]
    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("`{path}`: {error}"))
    }

    /// Whether anything stands at the path.
    pub(crate) fn exists(&self, path: &str) -> bool {
        self.path(path).symlink_metadata().is_ok()
    }

    /// Removes a file, or a folder with all below it.
    #[track_caller]
    pub(crate) fn remove(&self, path: &str) -> &Self {
        let path = self.path(path);
        let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        removed.expect("what is removed stands there");
        self
    }

    /// Renames a file or folder, making the new folders.
    #[track_caller]
    pub(crate) fn rename(&self, from: &str, to: &str) -> &Self {
        let to = self.path(to);
        fs::create_dir_all(to.parent().expect("a file stands in a folder")).expect("folders can be made");
        fs::rename(self.path(from), to).expect("what is renamed stands there");
        self
    }

    /// When the file was changed.
    #[track_caller]
    pub(crate) fn mtime(&self, path: &str) -> SystemTime {
        let about = fs::metadata(self.path(path)).expect("the file stands there");
        about.modified().expect("the system keeps times")
    }

    /// Sets when the file was changed.
    #[track_caller]
    pub(crate) fn set_mtime(&self, path: &str, time: SystemTime) -> &Self {
        let file = File::options().append(true).open(self.path(path)).expect("the file stands there");
        file.set_modified(time).expect("a time can be set");
        self
    }

    /// Moves the time stamp forward by two seconds.
    #[track_caller]
    pub(crate) fn touch(&self, path: &str) -> &Self {
        self.set_mtime(path, self.mtime(path) + Duration::from_secs(2))
    }

    /// All results of a pipeline: every file below its folder but `spec.yml`, with its text.
    #[track_caller]
    pub(crate) fn tree(&self, pipeline: &str) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        collect(&self.path(pipeline), "", &mut files);
        files.remove("spec.yml");
        files
    }

    // ---- programs

    /// A command in the project's root that sees none of the user's settings.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.current_dir(self.root()).env_clear().env("PATH", path).env("HOME", self.home());
        for name in ["CARGO_LLVM_COV", "LLVM_PROFILE_FILE"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.envs([("TZ", "UTC"), ("LC_ALL", "C.UTF-8"), ("TERM", "dumb"), ("NO_COLOR", "1")]);
        command.envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_SYSTEM", "/dev/null")]);
        command.envs([("GIT_AUTHOR_NAME", "Ada"), ("GIT_AUTHOR_EMAIL", "ada@example.org")]);
        command.envs([("GIT_COMMITTER_NAME", "Ada"), ("GIT_COMMITTER_EMAIL", "ada@example.org")]);
        // Most tests watch what commands do from outside of them, which a sandbox would keep them from.
        let sandbox = std::env::var_os("MINIPACH_TEST_SANDBOX").unwrap_or_else(|| "never".into());
        command.env("MINIPACH_SANDBOX", sandbox);
        command.env("WITNESS", self.home().join("witness")).stdin(Stdio::null());
        command
    }

    /// Runs `minipach` in the project's root.
    #[track_caller]
    pub(crate) fn minipach<const N: usize>(&self, args: [&str; N]) -> Ended {
        let mut command = self.command(env!("CARGO_BIN_EXE_minipach"));
        command.args(args);
        finish(command)
    }

    /// Runs `minipach` with as many words as there are.
    #[track_caller]
    pub(crate) fn typed(&self, words: &[&str]) -> Ended {
        let mut command = self.command(env!("CARGO_BIN_EXE_minipach"));
        command.args(words);
        finish(command)
    }

    /// Runs another program in the project's root.
    #[track_caller]
    pub(crate) fn program<const N: usize>(&self, program: impl AsRef<OsStr>, args: [&str; N]) -> Ended {
        let mut command = self.command(program);
        command.args(args);
        finish(command)
    }

    /// Runs git, asserts success and gives what it printed, without the last line end.
    #[track_caller]
    pub(crate) fn git<const N: usize>(&self, args: [&str; N]) -> String {
        self.program("git", args).ok().trim_end().to_owned()
    }

    /// Stages everything, commits it and gives the commit's id.
    #[track_caller]
    pub(crate) fn commit(&self, message: &str) -> String {
        self.git(["add", "-A"]);
        self.git(["commit", "-q", "--allow-empty", "-m", message]);
        self.head()
    }

    /// The id of the current commit.
    #[track_caller]
    pub(crate) fn head(&self) -> String {
        self.git(["rev-parse", "HEAD"])
    }

    /// What `git status` finds changed or untracked, one path per line with its two letters.
    #[track_caller]
    pub(crate) fn changed(&self) -> String {
        self.program("git", ["status", "--porcelain"]).ok()
    }

    // ---- what minipach says, read

    /// `datums PIPELINE --json`, in the order printed.
    #[track_caller]
    pub(crate) fn datums(&self, pipeline: &str) -> Vec<DatumLine> {
        self.minipach(["datums", pipeline, "--json"]).code(0).json_lines()
    }

    /// Key → state of every datum of a pipeline.
    #[track_caller]
    pub(crate) fn states(&self, pipeline: &str) -> BTreeMap<String, String> {
        self.datums(pipeline).into_iter().map(|datum| (datum.key, datum.state)).collect()
    }

    /// Pipeline → counts by state, zeros left out, of `plan --json`: `{"fs": {"pending": 2, "total": 2}}`.
    #[track_caller]
    pub(crate) fn plan(&self) -> BTreeMap<String, BTreeMap<String, u64>> {
        counts(&self.minipach(["plan", "--json"]).code(0).json())
    }

    /// Asserts that a plain run runs nothing, makes no commit and changes no file.
    #[track_caller]
    pub(crate) fn nothing_to_do(&self) {
        let before = (self.head(), self.changed());
        self.witnessed();
        // The first may have to plan; it remembers that it found nothing, which the second then sees.
        for which in ["the first", "the second"] {
            self.minipach(["run"]).ok();
            assert_eq!(self.witnessed(), Vec::<String>::new(), "{which} ran a command");
            assert_eq!((self.head(), self.changed()), before, "{which} changed something");
        }
    }

    /// Lines that commands wrote to `$WITNESS` since the last call, sorted. A spec's command says
    /// `echo "$PPS_PIPELINE_NAME" >> "$WITNESS"` and so tells that it ran.
    #[track_caller]
    pub(crate) fn witnessed(&self) -> Vec<String> {
        let path = self.home().join("witness");
        let text = fs::read_to_string(&path).unwrap_or_default();
        if path.exists() {
            fs::remove_file(path).expect("the witness file can be removed");
        }
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    }
}

fn counts(plan: &Value) -> BTreeMap<String, BTreeMap<String, u64>> {
    let pipelines = plan["pipelines"].as_array().expect("`plan --json` lists pipelines");
    let of = |pipeline: &Value| {
        let datums = pipeline["datums"].as_object().expect("each has counts");
        let counted = datums.iter().filter_map(|(state, count)| Some((state.clone(), count.as_u64()?)));
        counted.filter(|(_, count)| *count > 0).collect()
    };
    let name = |pipeline: &Value| pipeline["name"].as_str().expect("each has a name").to_owned();
    pipelines.iter().map(|pipeline| (name(pipeline), of(pipeline))).collect()
}

fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let entry = entry.expect("the folder can be read");
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{name}/"), files);
        } else {
            let bytes = fs::read(entry.path()).expect("the file can be read");
            files.insert(name, String::from_utf8_lossy(&bytes).into_owned());
        }
    }
}

#[track_caller]
pub(crate) fn finish(mut command: Command) -> Ended {
    use std::os::unix::process::ExitStatusExt as _;
    let text = format!("{command:?}");
    let shown = text.rsplit_once("\" \"").map_or(text.clone(), |_| brief(&command));
    let output = command.output().unwrap_or_else(|error| no_start(&text, &error));
    let code = output.status.code().or_else(|| output.status.signal().map(|signal| 128 + signal));
    Ended {
        code: code.expect("a program ends by a code or a signal"),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        command: shown,
    }
}

fn brief(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

#[track_caller]
#[expect(clippy::panic, reason = "this is an assertion")]
fn no_start(command: &str, error: &std::io::Error) -> ! {
    panic!("`{command}` did not start: {error}")
}

/// A table of texts, to compare with [`Project::tree`] and [`Project::states`].
pub(crate) fn table<const N: usize>(rows: [(&str, &str); N]) -> BTreeMap<String, String> {
    rows.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// Where a peer stands on `PATH`. Absent: the test is left out, which is said on standard error past the
/// test runner's capture; under `MINIPACH_TEST_PEERS=all` (as in `tests/all`) it fails instead.
///
/// ```ignore
/// let Some(make) = peer("make") else { return };
/// ```
#[track_caller]
pub(crate) fn peer(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file());
    if found.is_none() {
        let wanted = std::env::var_os("MINIPACH_TEST_PEERS").is_some_and(|value| value == "all");
        assert!(!wanted, "`{program}` is not installed, and MINIPACH_TEST_PEERS=all wants every peer");
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        // `eprintln!` would be captured and never seen when the test passes.
        let said = writeln!(std::io::stderr(), "left out: {test}: `{program}` is not installed");
        said.expect("standard error can be written");
    }
    found
}
