//! `Pipeline`: a spec, resolved and checked, ready to be planned.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Input, Limits, PackMode, PipelineName};

/// How a datum's entries appear to the command and where its results go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum View {
    /// Pachyderm's: `/pfs/<name>/<path in repo>`; `/pfs/out` is the pipeline's root.
    Path,
    /// minipach's `output:`: entries without their names; `/pfs/out` is the datum's own folder.
    Content,
}

/// The text of `output:`, with its variables still in it: `/$1`, `/${t1.1}/${join}`.
///
/// Parsed and checked when a pipeline is read; expanded for each datum by `plan`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputTemplate(pub Box<str>);

/// What is run for each datum.
#[derive(Clone, Debug, Default)]
pub struct Transform {
    /// Program and arguments; no shell.
    pub cmd: Vec<String>,
    /// Lines for the command's standard input; absent means none.
    pub stdin: Option<Vec<String>>,
    /// Run after a failed attempt; its success makes the datum recovered.
    pub err_cmd: Option<Vec<String>>,
    /// Lines for the error command's standard input.
    pub err_stdin: Option<Vec<String>>,
    /// Extra environment.
    pub env: BTreeMap<String, String>,
    /// Exit codes that count as success beside 0.
    pub accept_return_code: Vec<i32>,
    /// Working folder; absent means the project's root.
    pub working_dir: Option<String>,
    /// Container image as written.
    pub image: Option<String>,
    /// `user` as written; only containers use it.
    pub user: Option<String>,
    /// Whether a command in a container may reach the network.
    pub network: bool,
    /// Globs of files whose content is part of the identity; absent means the default search.
    pub code: Option<Vec<super::glob::Glob>>,
    /// More log lines about each attempt.
    pub debug: bool,
}

/// How datums are bundled into units of work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DatumSetSpec {
    /// Datums per unit.
    pub number: Option<u64>,
    /// Cut a unit once its inputs reach this many bytes; wins over `number`.
    pub size_bytes: Option<u64>,
    /// Units per worker when neither of the others is given.
    pub per_worker: Option<u64>,
}

/// A pipeline: input, transform and the rules for running it. Its output is the repo of its name.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// Its name, which is its folder.
    pub name: PipelineName,
    /// Free text.
    pub description: String,
    /// What it reads.
    pub input: Input,
    /// What it runs; absent for a *match*, whose output is its inputs.
    pub transform: Option<Transform>,
    /// `output:`, which selects the content view.
    pub output: Option<OutputTemplate>,
    /// Datums at a time at the most; absent means as many as the run allows.
    pub parallelism: Option<u32>,
    /// How datums are bundled.
    pub datum_set: DatumSetSpec,
    /// Limit for one attempt.
    pub datum_timeout: Option<Duration>,
    /// Limit for the whole job.
    pub job_timeout: Option<Duration>,
    /// Attempts per datum, at least 1.
    pub datum_tries: u32,
    /// Whether every run runs every datum.
    pub every_job: bool,
    /// Cache version: a changed salt makes all datums new.
    pub salt: Option<String>,
    /// Whether to copy inputs instead of linking them, for tools that choke on links; unset: where the command surely does.
    pub copy_inputs: Option<bool>,
    /// When its results are packed.
    pub pack: PackMode,
    /// What one attempt may use at most; only containers can be told so.
    pub limits: Limits,
    /// Start from an empty environment.
    pub clean_env: bool,
    /// Variables passed on when `clean_env` is set.
    pub pass_env: Vec<String>,
    /// Whether jobs are committed.
    pub commit: bool,
}

impl Pipeline {
    /// Which view its datums use.
    pub fn view(&self) -> View {
        if self.output.is_some() { View::Content } else { View::Path }
    }

    /// Path of its spec from the project's root.
    pub fn spec_path(&self) -> String {
        format!("{}/spec.yml", self.name)
    }
}
