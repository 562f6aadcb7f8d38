//! What screens ask for: things that happen inside the model, and things that only the world can do.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::app::{
    CommitEffect, CommitView, DatumView, Draft, DraftView, FileChange, FileList, Order, PathView, Provenance,
    RunProgress, Saved, Snapshot, ToldLine, UndoPlan, Usual,
};
use crate::model::Fix;
use crate::run::Request;

use super::action::Action;
use super::facts::Times;
use super::thought::{Found, Thought};

/// Something a screen asks for.
#[derive(Clone, Debug)]
pub(super) enum Effect {
    /// Show a pipeline.
    OpenPipeline(String),
    /// Show a datum.
    OpenDatum(String, String),
    /// Show a log or a file on the whole screen.
    OpenLog(LogSource),
    /// Show a path among the files.
    ShowFile(String),
    /// Show the plan of a request and ask.
    AskRun(Request),
    /// Show where a path or `PIPELINE:KEY` comes from.
    OpenProvenance(String),
    /// Ask whether targets are to be accepted.
    AskAccept(Vec<String>),
    /// Say beside the question that was just asked what it leaves out, or what it means besides.
    Note(String),
    /// Ask what a new pipeline is to be; what it reads at first.
    AskNew(String),
    /// Ask whether a file is to be mended.
    AskFix(Fix),
    /// Ask whether all that can be mended of findings is to be.
    AskFixes(Vec<Fix>),
    /// Ask whether a commit's results are to be made again.
    AskReplay(Box<CommitView>),
    /// Ask where a log is to be saved: the name that it would have, and what saves it at a place.
    AskSaveLog(String, Logged),
    /// Put a finding aside, or count it again.
    Dismiss(String),
    /// Ask whether the run is to be stopped.
    AskCancel,
    /// Ask whether it is to be ended at once.
    AskEnd,
    /// Stop a run, then quit.
    StopAndQuit(u32),
    /// Explain something in a box: a title and lines.
    Explain(String, Vec<String>),
    /// One line at the bottom.
    Say(String),
    /// The same, of something under way, until its answer comes.
    Underway(String),
    /// Do what a key would do.
    Act(Action),
    /// Lay out a commit and show everything as of it.
    ViewAt(Box<CommitView>),
    /// For the world.
    World(World),
}

/// What a question waits to be told, beside the plan of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum About {
    /// Nothing.
    #[default]
    Other,
    /// What taking results back would do.
    Undo,
    /// What saving would commit.
    Save,
    /// What is old and needed by nobody.
    Collect,
    /// What a run would do that goes into subdatasets.
    Below,
    /// What making a commit's results again would do.
    Replay,
    /// What mending findings would change.
    Fixes,
}

/// What an act would do.
#[derive(Clone, Debug, Default)]
pub(super) struct Foretold {
    /// In words.
    pub(super) lines: Vec<String>,
    /// The shell command that does the same; empty if there is none.
    pub(super) command: String,
    /// The word of the answer that does it, and how; absent where there is nothing to do.
    pub(super) yes: Option<(String, World)>,
}

/// What only the world can do.
#[derive(Clone, Debug)]
pub(super) enum World {
    /// Ask the thread that has the project open.
    Query(Query),
    /// Start `minipach` with these words, as a process of its own.
    Start(Vec<String>),
    /// Ask something of a run.
    Ask(u32, Order),
    /// Put a text on the clipboard.
    Copy(String),
    /// Open a file in the editor, at a line.
    Edit(String, usize),
    /// Open a file in the pager.
    Page(PathBuf),
    /// Copy a log to a place, under a name like this.
    SaveLog(PathBuf, Beside, String),
    /// Open a text that is shown in the pager.
    PageText(String),
    /// Save a text that is shown at a place, under a name like this.
    SaveText(String, Beside, String),
    /// A shell in the project.
    Shell,
    /// A shell inside what a datum sees.
    Enter(String),
    /// A command of the user's own in the project.
    Own(String),
    /// Back to the shell until `fg`.
    Suspend,
    /// Give the terminal back and stop, for somebody asked for it.
    Stopped,
    /// Take the terminal again after a stop, and draw all of it.
    Retake,
    /// Draw all of it anew.
    Redraw,
    /// Open the configuration in the editor.
    Settings,
    /// Give the mouse to the terminal (false), or take it.
    Mouse(bool),
    /// Leave.
    Quit,
}

/// What is saved: a log, or a text that is shown.
#[derive(Clone, Debug)]
pub(super) enum Logged {
    /// A file.
    File(PathBuf),
    /// A text.
    Text(String),
}

/// Where something is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beside {
    /// In the local state, which git does not look at.
    State,
    /// In the project's root, where git sees a new file.
    Root,
}

/// Why a log cannot be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NoLog {
    /// Nothing was printed, or it was tidied away.
    Nothing,
    /// Something else; a sentence.
    Trouble(String),
}

impl std::fmt::Display for NoLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Nothing => "no log here: the command printed nothing, or it was tidied away",
            Self::Trouble(why) => why,
        })
    }
}

/// Where a log stands, and whose it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LogSource {
    /// The pipeline.
    pub(super) pipeline: String,
    /// The place.
    pub(super) key: String,
    /// The log from the state folder; the last attempt's if absent.
    pub(super) path: Option<String>,
    /// Whether those of all datums of the pipeline are meant, one after the other.
    pub(super) is_all: bool,
    /// Of these, only those of one run.
    pub(super) run: Option<String>,
    /// A file of the project, from its root; then it is no log.
    pub(super) file: Option<String>,
}

impl LogSource {
    /// Those of all datums of a pipeline.
    pub(super) fn all(pipeline: &str) -> Self {
        Self { pipeline: pipeline.to_owned(), is_all: true, ..Self::default() }
    }

    /// Those of all datums that a run had of a pipeline.
    pub(super) fn of_run(pipeline: &str, run: &str) -> Self {
        Self { run: Some(run.to_owned()), ..Self::all(pipeline) }
    }

    /// A file of the project, shown as logs are.
    pub(super) fn file(path: &str) -> Self {
        Self { file: Some(path.to_owned()), ..Self::default() }
    }

    /// One datum's.
    pub(super) fn one(pipeline: &str, key: &str, path: Option<String>) -> Self {
        Self { pipeline: pipeline.to_owned(), key: key.to_owned(), path, ..Self::default() }
    }
}

/// A question to the thread that has the project open.
#[derive(Clone, Debug)]
pub(super) enum Query {
    /// Read everything afresh.
    Reload,
    /// All of one datum.
    Datum(String, String),
    /// The log of a datum's attempt, from its end.
    Log(LogSource),
    /// Logs of a pipeline's datums; with those that a run began, which nobody else may know yet.
    Logs(LogSource, Vec<(String, String)>),
    /// What changed in what a datum is made of since its result was committed.
    Since(String, String),
    /// Where a path or `PIPELINE:KEY` comes from, as it stands in a commit.
    Provenance(String, String),
    /// What a run would do.
    Preview(Request),
    /// How long attempts of a pipeline took.
    Times(String),
    /// Runs of the past.
    Past,
    /// The text of a file of the project.
    Source(String),
    /// How long datums of all pipelines usually take.
    Usual,
    /// Something to work out that needs no file.
    Think(Thought),
    /// Datums of this project by words of their keys.
    Find(Arc<Snapshot>, String),
    /// What taking the last results back would do.
    UndoPlan,
    /// What saving would commit.
    SavePlan,
    /// What these would change, and what follows; the command that makes them too, if there is one.
    WouldFix(Vec<Fix>, String),
    /// Mend all of these.
    Fix(Vec<Fix>),
    /// What is old and needed by nobody.
    CollectPlan,
    /// What a run would do that goes into subdatasets.
    BelowPlan,
    /// What making a commit's results again would do.
    ReplayPlan(Box<CommitView>),
    /// What can run commands here.
    Engines,
    /// What a new pipeline would come to.
    Draft(Draft),
    /// Write the spec of a new pipeline.
    WriteDraft(Draft),
    /// All files.
    Files,
    /// What a path is to pipelines.
    Path(String),
    /// What changed in a file since the last commit.
    Diff(String),
    /// The commits, newest first.
    Commits,
    /// What a commit changed.
    Touched(String),
    /// What commits did, in numbers.
    Effects(Vec<String>),
    /// Lay out a commit beside the project.
    At(Box<CommitView>),
    /// From now on, what is asked of datums and files is asked of what was laid out last; or no more.
    Look(bool),
    /// What differs between a commit and another, or the project as it is.
    Compare(Box<CommitView>, Option<Box<CommitView>>),
}

/// What it answers.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// All of one datum; absent if there is none.
    Datum(String, String, Option<Box<DatumView>>),
    /// A log: whose, where it stands and its text.
    Log(LogSource, Result<LogText, NoLog>),
    /// What a run would do.
    Preview(Request, Result<PlanText, String>),
    /// How long attempts took, by row.
    Times(String, Times),
    /// Runs of the past, newest first.
    Past(Vec<RunProgress>),
    /// The text of a file of the project; absent if it cannot be read as text.
    Source(String, Option<String>),
    /// How long datums of pipelines usually take, by name.
    Usual(BTreeMap<String, Usual>),
    /// What was worked out.
    Found(Found),
    /// Datums that were found by a text: pipeline, key and state.
    Datums(String, Vec<(String, String, String)>),
    /// What taking the last results back would do, or why it cannot be.
    UndoPlan(Result<Box<UndoPlan>, String>),
    /// What was taken back, in a sentence, or why nothing was.
    Undone(Result<String, String>),
    /// What saving would commit.
    SavePlan(Result<Box<Saved>, String>),
    /// What something would do that is asked about, or why it cannot be.
    Foretold(About, Result<Box<Foretold>, String>),
    /// What a new pipeline would come to.
    Draft(Draft, Box<DraftView>),
    /// All files.
    Files(Arc<FileList>),
    /// What a path is to pipelines.
    Path(String, Box<FileFacts>),
    /// The commits, newest first.
    Commits(Result<Arc<Vec<CommitView>>, String>),
    /// What a commit changed.
    Touched(String, Vec<String>),
    /// What commits did, in numbers, by id.
    Effects(BTreeMap<String, CommitEffect>),
    /// The project as of a commit.
    At(Box<CommitView>, Result<Arc<Snapshot>, String>),
    /// Where something comes from, as of which commit, or why nobody knows.
    Provenance(String, String, Result<Arc<Traced>, String>),
    /// What was asked for in words: a title and lines.
    Told(String, Vec<String>),
}

/// Where something comes from, and the same line by line.
#[derive(Clone, Debug, Default)]
pub(super) struct Traced {
    /// Things, steps and commits.
    pub(super) found: Provenance,
    /// What was asked for first.
    pub(super) lines: Vec<ToldLine>,
}

/// What a path is to pipelines.
#[derive(Clone, Debug, Default)]
pub(super) struct FileFacts {
    /// Whom it feeds; absent where nobody knows it.
    pub(super) view: Option<PathView>,
    /// The pipeline and the place whose result it belongs to.
    pub(super) maker: Option<(String, String)>,
    /// What it is to pipelines though no datum reads it; absent where none uses it.
    pub(super) use_of: Option<String>,
}

/// A log, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LogText {
    /// Where it stands.
    pub(super) path: PathBuf,
    /// Its lines, safe to show.
    pub(super) lines: Vec<String>,
    /// How many bytes the file has.
    pub(super) bytes: u64,
    /// Whether its start was left out.
    pub(super) is_cut: bool,
    /// How many bytes of what was printed were not kept: the middle of very long logs.
    pub(super) left_out: u64,
}

/// What a run would do, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PlanText {
    /// Datums whose command would run.
    pub(super) to_run: usize,
    /// The same by pipeline.
    pub(super) runs: Vec<(String, usize)>,
    /// How long these very datums took the last time, by pipeline, where that is known.
    pub(super) own: BTreeMap<String, Usual>,
    /// Datums that were named, too, and are done already.
    pub(super) done: usize,
    /// Those of them whose last attempt at the very same work failed.
    pub(super) to_fail: usize,
    /// Datums that would change in any way, and pipelines of which results would be committed that stand already.
    pub(super) to_change: usize,
    /// The latter alone.
    pub(super) to_commit: usize,
    /// Whether there is nothing to do, since all is done.
    pub(super) is_done: bool,
    /// One line each.
    pub(super) lines: Vec<String>,
    /// Files that are to be committed first, or the results wait for them.
    pub(super) to_save: Vec<(String, FileChange)>,
}
