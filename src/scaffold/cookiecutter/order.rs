//! `Order`: what is to be laid out, from where, with which answers.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use super::config::ConfigChoice;
use super::json::Dict;

/// What to lay out.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// The template: an abbreviation, address, zip file or folder.
    pub source: String,
    /// The folder that relative paths of templates start from.
    pub start: PathBuf,
    /// A branch, tag or commit of it.
    pub checkout: Option<String>,
    /// A folder in it.
    pub directory: Option<String>,
    /// Where the project's folder goes.
    pub output_dir: PathBuf,
    /// Answers.
    pub answers: Dict,
    /// Whether answers of an earlier run are used.
    pub replay: Replay,
    /// Which configuration of the user is read.
    pub config: ConfigChoice,
    /// What becomes of the template's hooks.
    pub hooks: HookChoice,
    /// How long a hook may take.
    pub hook_limit: Duration,
    /// Where goes what a hook says on its standard output; nowhere if not given.
    pub hook_output: Option<fn() -> Stdio>,
    /// What becomes of a project's folder that stands already.
    pub occupied: Occupied,
    /// Whether the project notes what it was laid out from, so that it can follow its template.
    pub is_recorded: bool,
    /// Whether only to tell what would be written. Hooks do not run then.
    pub dry_run: bool,
}

/// Whether answers of an earlier run are used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Replay {
    /// No.
    #[default]
    No,
    /// Those of the last run of the same template.
    Last,
    /// Those in this file.
    File(PathBuf),
}

/// What becomes of hooks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HookChoice {
    /// A person is asked; where nobody can be, they are left out.
    #[default]
    Ask,
    /// They run.
    Run,
    /// They are left out.
    Skip,
}

/// What becomes of a project's folder that stands already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Occupied {
    /// It is in the way.
    #[default]
    Refuse,
    /// Files are written into it, over those that it has.
    Overwrite,
    /// Files that it lacks are written into it.
    Complete,
}
