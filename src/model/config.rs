//! `Config`: the project file `minipach.yml`, resolved.

use super::{ContainerMode, Severity, Span};

/// When commands see `/pfs` at its real path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SandboxMode {
    /// When the machine can.
    #[default]
    Auto,
    /// Always; refuse to run otherwise.
    Always,
    /// Never: `$PFS` names the folder.
    Never,
}

/// What one commit records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RecordUnit {
    /// One commit per job.
    #[default]
    Job,
    /// One commit per datum.
    Datum,
}

/// Settings of the whole project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// The project's name, for people.
    pub name: Option<String>,
    /// Where commands see `/pfs`.
    pub sandbox: SandboxMode,
    /// What runs the images that specs ask for.
    pub container: ContainerMode,
    /// What one commit records.
    pub record: RecordUnit,
    /// Whether runs commit; absent means yes.
    pub commit: Option<bool>,
    /// Whether pipelines start on incomplete inputs, as with `--keep-going`.
    pub keep_going: bool,
    /// Settings of `minipach check`.
    pub check: CheckConfig,
}

/// A rule, or several by the beginning of their ids, as it is written in `minipach.yml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Id, its beginning, or the rule's name.
    pub rule: String,
    /// Where it stands.
    pub span: Span,
}

/// Which findings a project wants to hear of, and how bad they are to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckConfig {
    /// Only these; empty for the usual ones.
    pub select: Vec<Named>,
    /// None of these.
    pub ignore: Vec<Named>,
    /// None of these in files that a pattern takes.
    pub per_file_ignores: Vec<(String, Vec<Named>)>,
    /// Another severity than the usual one.
    pub severity: Vec<(Named, Severity)>,
    /// The least severity that makes `check` fail.
    pub fail_on: Option<Severity>,
    /// A file of findings that are known and do not count.
    pub baseline: Option<String>,
}
