//! The command line as typed: one struct per verb, whose docstring is its help.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// A miniature Pachyderm on plain git and `DataLad`.
///
/// A folder with a `spec.yml` is a pipeline: it cuts its input folders into datums by glob, runs a command on
/// each, and its results appear in that folder, committed with their provenance. Nothing is computed twice.
#[derive(Debug, Parser)]
#[command(
    name = "minipach",
    version,
    max_term_width = 110,
    after_help = "Exit codes: 0 done · 1 a datum failed, or findings · 2 usage · 3 bad spec · 4 data or git · \
                  5 a needed program is missing · 70 a bug · 130 interrupted\n\n\
                  Start with `minipach demo`, or `minipach new mystudy`."
)]
pub(super) struct Cli {
    /// Run as if started in this folder
    #[arg(short = 'C', global = true, value_name = "DIR", id = "start")]
    pub start: Option<PathBuf>,
    /// Print data as JSON: one object, or one per line
    #[arg(long, global = true)]
    pub json: bool,
    /// Say less
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// What to do; without it, show where things stand
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Lay out an example project, run it and show it
    #[command(
        after_help = "Example:\n  minipach demo            # in a fresh folder, which is printed\n  minipach demo ./play"
    )]
    Demo(Demo),
    /// Lay out a project
    #[command(
        after_help = "Examples:\n  minipach new mystudy\n  minipach new mystudy --scaffold freesurfer --set subjects=5"
    )]
    New(New),
    /// Show what would run, and why
    #[command(
        after_help = "Examples:\n  minipach plan\n  minipach plan fs -v        # with the code files that count"
    )]
    Plan(Plan),
    /// Run what is not done, and commit the results
    #[command(
        after_help = "Examples:\n  minipach run\n  minipach run fs --downstream\n  minipach run fs:sub-01 --force\n  minipach run --dry-run"
    )]
    Run(Run),
    /// Show where things stand
    Status(Plan),
    /// List the datums of a pipeline
    #[command(after_help = "Examples:\n  minipach datums fs\n  minipach datums fs --state failed")]
    Datums(Datums),
    /// Explain why something is in its state
    #[command(
        after_help = "A target is a pipeline, PIPELINE:KEY, an id, or a path:\n  minipach why fs\n  minipach why fs:sub-13\n  minipach why fs/sub-13/stats.tsv"
    )]
    Why(Targets),
    /// Print the log of a datum's last attempt
    Logs(Logs),
    /// Try a glob: show what it cuts a folder into
    #[command(after_help = "Example:\n  minipach glob raw/t1 '/(sub-*)' --join-on '$1'")]
    Glob(Glob),
    /// Draw who reads what
    Graph(Graph),
    /// Declare that results are good as they stand
    #[command(
        after_help = "Example:\n  minipach accept fs         # after a change of code that changes no result"
    )]
    Accept(Targets),
    /// Commit inputs, specs and code, then the results that waited for them
    Save(Save),
    /// Check specs and layout
    Check(Check),
    /// Print the JSON Schema of spec.yml or minipach.yml
    Schema(Schema),
    /// Print shell completions
    Completions(Completions),
    /// Print the manual page
    Man,
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Where to lay it out; a fresh folder in the temporary folder if absent
    pub dir: Option<PathBuf>,
    /// Datums at a time
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
}

/// Arguments of `new`.
#[derive(Debug, Args)]
pub(super) struct New {
    /// Where; made if absent
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    /// Which scaffold
    #[arg(long, default_value = "yoda", value_name = "NAME")]
    pub scaffold: String,
    /// Answer a question of the scaffold
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Only show what would be written
    #[arg(long)]
    pub dry_run: bool,
    /// List the scaffolds
    #[arg(long)]
    pub list: bool,
}

/// Arguments of `plan` and `status`.
#[derive(Debug, Args)]
pub(super) struct Plan {
    /// Pipelines; all if none is given
    #[arg(value_name = "PIPELINE")]
    pub pipelines: Vec<String>,
}

/// Arguments of `run`.
#[derive(Debug, Args)]
#[expect(clippy::struct_field_names, reason = "`dry_run` is what people type")]
pub(super) struct Run {
    /// What to run; everything if none is given. What a target needs is run too
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,
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
    /// Datums at a time; as many as there are processors if absent
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// Only show what would run
    #[arg(long)]
    pub dry_run: bool,
    /// Leave the results uncommitted; a later run commits them
    #[arg(long)]
    pub no_commit: bool,
    /// Commit inputs, specs and code first
    #[arg(long)]
    pub save: bool,
}

/// Arguments of `datums`.
#[derive(Debug, Args)]
pub(super) struct Datums {
    /// The pipeline
    pub pipeline: String,
    /// Only datums in this state
    #[arg(long, value_name = "STATE", value_parser = state_words())]
    pub state: Option<String>,
}

/// One or more targets.
#[derive(Debug, Args)]
pub(super) struct Targets {
    /// A pipeline, PIPELINE:KEY, an id, or a path
    #[arg(value_name = "TARGET", required = true)]
    pub targets: Vec<String>,
}

/// Arguments of `logs`.
#[derive(Debug, Args)]
pub(super) struct Logs {
    /// A pipeline, PIPELINE:KEY, an id, or a path
    #[arg(value_name = "TARGET")]
    pub target: String,
    /// Keep printing as the log grows, while a run goes on
    #[arg(short, long)]
    pub follow: bool,
}

/// Arguments of `glob`.
#[derive(Debug, Args)]
pub(super) struct Glob {
    /// The folder
    pub repo: String,
    /// The glob
    pub pattern: String,
    /// Also show the join key this template gives
    #[arg(long, value_name = "TEMPLATE")]
    pub join_on: Option<String>,
}

/// Arguments of `graph`.
#[derive(Debug, Args)]
pub(super) struct Graph {
    /// How to write it
    #[arg(long, value_enum, default_value_t = GraphFormat::Text)]
    pub format: GraphFormat,
}

/// Forms of the graph.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum GraphFormat {
    /// For a terminal
    Text,
    /// For Graphviz
    Dot,
    /// For Mermaid
    Mermaid,
}

/// Arguments of `save`.
#[derive(Debug, Args)]
pub(super) struct Save {
    /// The commit's message
    #[arg(short, long)]
    pub message: Option<String>,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// Only findings in these files or folders
    #[arg(value_name = "PATH")]
    pub paths: Vec<String>,
}

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub(super) struct Schema {
    /// Of which file
    #[arg(value_enum, default_value_t = SchemaOf::Spec)]
    pub of: SchemaOf,
}

/// Files with a schema.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum SchemaOf {
    /// spec.yml
    Spec,
    /// minipach.yml
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
