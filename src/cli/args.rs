//! The command line as typed: one struct per verb, whose docstring is its help.

use std::path::PathBuf;

use clap::{Args, ColorChoice, Parser, Subcommand, ValueEnum};

use super::alone::Alone;
use super::check_args::{Check, RuleArgs};
use super::help;
use super::import::Import;
use super::layout_args::{Add, Adopt, New, Update};

/// A miniature Pachyderm on plain git and `DataLad`
#[derive(Debug, Parser)]
#[command(
    name = "minipach",
    bin_name = "minipach",
    version,
    about = "A miniature Pachyderm on plain git and DataLad",
    max_term_width = 100,
    help_template = help::TEMPLATE,
    after_help = help::AFTER
)]
pub(super) struct Cli {
    /// Run as if started in this folder
    #[arg(short = 'C', global = true, value_name = "DIR", id = "start", help_heading = EVERYWHERE)]
    pub start: Option<PathBuf>,
    /// Print data as JSON: one object, or one per line
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    pub json: bool,
    /// Say less
    #[arg(short, long, global = true, help_heading = EVERYWHERE)]
    pub quiet: bool,
    /// Say more
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = EVERYWHERE)]
    pub verbose: u8,
    /// Colours: by default on a terminal, unless `NO_COLOR` is set
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_default_value = true,
          help_heading = EVERYWHERE)]
    pub color: ColorChoice,
    /// Leave the terminal it was started from to itself
    #[arg(long, global = true, hide = true)]
    pub detached: bool,
    #[command(flatten)]
    pub alone: Alone,
    /// What to do; without it, show where things stand: on a terminal, in a terminal UI
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// Heading of the options that every verb has.
const EVERYWHERE: &str = "Everywhere";

/// The verbs.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Lay out an example project, run it and show it
    #[command(after_help = help::DEMO)]
    Demo(Demo),
    /// Lay out a project, in a new git repository, and commit it
    #[command(after_help = help::NEW)]
    New(New),
    /// Add a pipeline, shown with the datums it would have
    #[command(after_help = help::ADD)]
    Add(Add),
    /// Bring a project up to its scaffold, by a merge
    #[command(after_help = help::UPDATE)]
    Update(Update),
    /// Let a project follow a scaffold that it was not laid out from
    #[command(after_help = help::ADOPT)]
    Adopt(Adopt),
    /// Bring in pipelines from what other tools were told
    #[command(after_help = help::IMPORT)]
    Import(Import),
    /// Show what would run, and why
    #[command(after_help = help::PLAN)]
    Plan(Plan),
    /// Run what is not done, and commit the results
    #[command(after_help = help::RUN)]
    Run(Run),
    /// Show where things stand
    #[command(after_help = help::STATUS)]
    Status(Status),
    /// List the datums of a pipeline, each with its state
    #[command(after_help = help::DATUMS)]
    Datums(Datums),
    /// Compare two commits, or one with what stands now, datum by datum
    #[command(after_help = help::DIFF, override_usage = help::DIFF_USAGE)]
    Diff(Diff),
    /// Explain a state: what changed, failed or found no partner
    #[command(after_help = help::WHY)]
    Why(Targets),
    /// Trace a result back to what people brought
    #[command(after_help = help::PROVENANCE)]
    Provenance(ProvenanceArgs),
    /// Print what the command of a datum said, last time
    #[command(after_help = help::LOGS)]
    Logs(Logs),
    /// List the runs of this work tree, going on and past, or tell all of one
    #[command(after_help = help::JOBS)]
    Jobs(Jobs),
    /// Follow a run that another process does
    #[command(after_help = help::ATTACH)]
    Attach(Attach),
    /// Ask the run that goes on to end
    #[command(after_help = help::CANCEL)]
    Cancel(Cancel),
    /// Open a shell, or run a command, inside what a datum sees
    #[command(after_help = help::ENTER)]
    Enter(Enter),
    /// Try a glob: show what it cuts a folder into
    #[command(after_help = help::GLOB)]
    Glob(Glob),
    /// Draw who reads what
    #[command(after_help = help::GRAPH)]
    Graph(Graph),
    /// Declare results good as they stand, without running
    #[command(after_help = help::ACCEPT)]
    Accept(Accept),
    /// Commit inputs, specs and code, then results that waited
    #[command(after_help = help::SAVE)]
    Save(Save),
    /// Take the last commit of results back
    #[command(after_help = help::UNDO)]
    Undo(Undo),
    /// Remove old logs and local memory that is not needed to know what is done
    #[command(after_help = help::GC)]
    Gc(Gc),
    /// Check specs and layout
    #[command(after_help = help::CHECK)]
    Check(Check),
    /// Explain a rule of `check`, with an example of each side
    #[command(after_help = help::RULE)]
    Rule(RuleArgs),
    /// Show what can run commands on this machine, and what is missing
    #[command(after_help = help::ENGINES)]
    Engines,
    /// Print the JSON Schema of spec.yml or minipach.yml
    #[command(after_help = help::SCHEMA)]
    Schema(Schema),
    /// Print completions for a shell
    #[command(after_help = help::COMPLETIONS)]
    Completions(Completions),
    /// Print the manual page
    #[command(after_help = help::MAN)]
    Man,
    /// Run what is ordered by standard input: minipach starts this inside its sandboxes
    #[command(hide = true)]
    SandboxHelper {
        /// Folders that belong to the sandbox alone
        private: Vec<PathBuf>,
        /// A command to become, in front of the terminal, instead
        #[arg(last = true)]
        command: Vec<String>,
    },
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Where to lay it out; by default a fresh temporary folder
    pub dir: Option<PathBuf>,
    /// Datums at a time; by default as many as there are processors
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
}

/// Arguments of `status`.
#[derive(Debug, Default, Args)]
pub(super) struct Status {
    /// Pipelines; all if none is given
    #[arg(value_name = "PIPELINE")]
    pub pipelines: Vec<String>,
    /// As this commit has it
    #[arg(long, value_name = "COMMIT")]
    pub at: Option<String>,
}

/// Arguments of `diff`.
#[derive(Debug, Args)]
pub(super) struct Diff {
    /// The commit to compare from
    #[arg(value_name = "COMMIT", required_unless_present = "scaffold")]
    pub from: Option<String>,
    /// The one to compare with; what stands now if none is given
    #[arg(value_name = "OTHER")]
    pub to: Option<String>,
    /// Compare what stands now with the scaffold or template it was laid out from, file by file
    #[arg(long, conflicts_with_all = ["from", "to"])]
    pub scaffold: bool,
}

/// Arguments of `plan`.
#[derive(Debug, Args)]
pub(super) struct Plan {
    /// Pipelines, told with what they need first; all if none is given
    #[arg(value_name = "PIPELINE")]
    pub pipelines: Vec<String>,
    /// Print the specs as they are in effect instead, as JSON
    #[arg(long)]
    pub spec: bool,
}

/// Arguments of `run`.
#[derive(Debug, Args)]
#[expect(clippy::struct_field_names, reason = "`dry_run` is what people type")]
pub(super) struct Run {
    /// What to run, with all it needs: a pipeline, PIPELINE:KEY, an id or a path
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,
    /// More targets, one a line (or with a NUL after each), from a file; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub targets_from: Option<PathBuf>,
    /// Run the targets even where they are done
    #[arg(long)]
    pub force: bool,
    /// Also run what reads the targets
    #[arg(long)]
    pub downstream: bool,
    /// Only datums whose last attempt failed
    #[arg(long)]
    pub failed: bool,
    /// Start pipelines on incomplete inputs too
    #[arg(long)]
    pub keep_going: bool,
    /// Datums at a time; by default as many as there are processors
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// Only show what would run
    #[arg(long)]
    pub dry_run: bool,
    /// First run all pipelines of installed subdatasets, at any depth, and record their new commits
    #[arg(short, long, conflicts_with = "no_commit")]
    pub recursive: bool,
    /// Leave the results uncommitted; a later run commits them
    #[arg(long)]
    pub no_commit: bool,
    /// Commit inputs, specs and code first: all that changed, or what the TARGETs use
    #[arg(long)]
    pub save: bool,
    /// Commit this file or folder first, and no others; may be given again
    #[arg(long = "save-path", value_name = "PATH", conflicts_with_all = ["save_files", "save_files_from"])]
    pub save_paths: Vec<String>,
    /// The same of a file; if it is a folder, nothing is saved and nothing runs
    #[arg(long = "save-file", value_name = "FILE")]
    pub save_files: Vec<String>,
    /// More such files, one a line (or with a NUL after each), from a file; `-` is standard input, where an empty line
    /// parts them from targets
    #[arg(long, value_name = "FILE")]
    pub save_files_from: Option<PathBuf>,
    /// Refused: results are made of the project as it stands
    #[arg(long, value_name = "COMMIT", hide = true)]
    pub at: Option<String>,
}

/// Arguments of `datums`.
#[derive(Debug, Args)]
pub(super) struct Datums {
    /// The pipeline; all if none is given
    pub pipeline: Option<String>,
    /// Only datums in this state
    #[arg(long, value_name = "STATE", value_parser = state_words())]
    pub state: Option<String>,
    /// As this commit has it
    #[arg(long, value_name = "COMMIT")]
    pub at: Option<String>,
}

/// One or more targets.
#[derive(Debug, Args)]
pub(super) struct Targets {
    /// A pipeline, PIPELINE:KEY, an id (the start of a key or id is enough if no other begins so) or a path
    #[arg(value_name = "TARGET", required = true)]
    pub targets: Vec<String>,
}

/// Arguments of `accept`.
#[derive(Debug, Args)]
#[command(
    override_usage = "minipach accept [OPTIONS] <TARGET>...\n       minipach accept [OPTIONS] --targets-from <FILE> [TARGET]..."
)]
pub(super) struct Accept {
    /// A pipeline, PIPELINE:KEY, an id (the start of a key or id is enough if no other begins so) or a path
    #[arg(value_name = "TARGET", required_unless_present = "targets_from")]
    pub targets: Vec<String>,
    /// More targets, one a line (or with a NUL after each), from a file; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub targets_from: Option<PathBuf>,
}

/// Arguments of `logs`.
#[derive(Debug, Args)]
pub(super) struct Logs {
    /// A pipeline, PIPELINE:KEY, an id (the start of a key or id is enough if no other begins so) or a path
    #[arg(value_name = "TARGET")]
    pub target: String,
    /// Keep printing as the log grows, while a run goes on
    #[arg(short, long)]
    pub follow: bool,
    /// Print the logs of all attempts that are here, oldest first, each under a heading
    #[arg(short, long, conflicts_with = "follow")]
    pub all: bool,
}

/// Arguments of `jobs`.
#[derive(Debug, Args)]
pub(super) struct Jobs {
    /// Tell all of this run: the start of its id, or `last`
    #[arg(value_name = "RUN")]
    pub run: Option<String>,
    /// List so many, newest first
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
    pub most: u16,
}

/// Arguments of `attach`.
#[derive(Debug, Args)]
pub(super) struct Attach {
    /// The start of a run's id; the newest one if none is given
    #[arg(value_name = "RUN")]
    pub run: Option<String>,
}

/// Arguments of `cancel`.
#[derive(Debug, Args)]
pub(super) struct Cancel {
    /// Cut off what runs now too
    #[arg(long)]
    pub now: bool,
    /// Wait until it has ended
    #[arg(long)]
    pub wait: bool,
}

/// Arguments of `enter`.
#[derive(Debug, Args)]
pub(super) struct Enter {
    /// A datum: PIPELINE:KEY, an id (the start of a key or id is enough if no other begins so), a path of its result, or a pipeline that has one datum
    #[arg(value_name = "TARGET", allow_hyphen_values = true)]
    pub target: String,
    /// What to run; by default your shell
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

/// Arguments of `glob`.
#[derive(Debug, Args)]
pub(super) struct Glob {
    /// A folder of data, or a pipeline
    pub repo: String,
    /// The glob, in quotes (as in a spec, for `*`, `[`, `{` and `!` mean other things to YAML), from the folder's root: '/*'
    pub pattern: String,
    /// Also show the join key that this template gives
    #[arg(long, value_name = "TEMPLATE")]
    pub join_on: Option<String>,
}

/// Arguments of `provenance`.
#[derive(Debug, Args)]
pub(super) struct ProvenanceArgs {
    /// A path, or PIPELINE:KEY
    pub target: String,
    /// As this commit has it
    #[arg(long, value_name = "COMMIT", default_value = "HEAD")]
    pub at: String,
    /// How to write it
    #[arg(long, value_enum, default_value_t = ProvenanceFormat::Text)]
    pub format: ProvenanceFormat,
    /// Tell of all commits, not only of some where things came about in many
    #[arg(long)]
    pub all: bool,
    /// The project's license, for `--format ro-crate`: an address, or a file of the project; else its LICENSE, if there is one
    #[arg(long, value_name = "WHERE")]
    pub license: Option<String>,
}

/// Forms of provenance: for people, scripts, Graphviz, W3C PROV, archives.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum ProvenanceFormat {
    Text,
    Json,
    Dot,
    /// PROV-JSON
    Prov,
    /// Workflow Run RO-Crate: the text of `ro-crate-metadata.json`
    RoCrate,
}

/// Arguments of `graph`.
#[derive(Debug, Args)]
pub(super) struct Graph {
    /// How to write it
    #[arg(long, value_enum, default_value_t = GraphFormat::Text)]
    pub format: GraphFormat,
}

/// Forms of the graph: for a terminal, Graphviz, Mermaid.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum GraphFormat {
    Text,
    Dot,
    Mermaid,
}

/// Arguments of `save`.
#[derive(Debug, Args)]
pub(super) struct Save {
    /// Only these files and folders
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// More paths, one a line (or with a NUL after each), from a file; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub paths_from: Option<PathBuf>,
    /// Each path is a file; if one is a folder, nothing is saved
    #[arg(long)]
    pub files: bool,
    /// The commit's message
    #[arg(short, long)]
    pub message: Option<String>,
    /// Take every new file that git does not ignore
    #[arg(long, conflicts_with_all = ["paths", "paths_from"])]
    pub all: bool,
    /// Only show what would be committed
    #[arg(long)]
    pub dry_run: bool,
}

/// Arguments of `undo`.
#[derive(Debug, Args)]
pub(super) struct Undo {
    /// Only if it is this commit that would be taken back
    #[arg(value_name = "COMMIT")]
    pub commit: Option<String>,
    /// Only show what would become of files and datums
    #[arg(long)]
    pub dry_run: bool,
}

/// Arguments of `gc`.
#[derive(Debug, Args)]
pub(super) struct Gc {
    /// What is younger stays
    #[arg(long, value_name = "N", default_value_t = 30)]
    pub days: u32,
    /// Only show what would be removed
    #[arg(long)]
    pub dry_run: bool,
}

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub(super) struct Schema {
    /// Of which file: spec.yml or minipach.yml
    #[arg(value_enum, default_value_t = SchemaOf::Spec)]
    pub of: SchemaOf,
}

/// Files with a schema: `spec.yml`, `minipach.yml`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum SchemaOf {
    Spec,
    Project,
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell
    pub shell: clap_complete::Shell,
}

fn state_words() -> clap::builder::PossibleValuesParser {
    crate::model::DatumState::ALL.map(crate::model::DatumState::word).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_names_the_program_and_not_the_file_it_lies_in() {
        for verb in ["run", "diff", "new"] {
            let told = Cli::try_parse_from(["mp-2", verb, "--nope"]).expect_err("no such option");
            assert!(told.to_string().contains(&format!("Usage: minipach {verb}")), "{told}");
        }
    }
}
