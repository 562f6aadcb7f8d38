//! `Config`: the project file `minipach.yml`, resolved.

use super::ContainerMode;

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
}
