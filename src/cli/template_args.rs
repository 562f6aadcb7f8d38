//! Options of `new` that are for cookiecutter templates only.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Heading of these options.
const TEMPLATES: &str = "Cookiecutter templates";

/// How a template is found and laid out.
#[derive(Debug, Args)]
pub(super) struct TemplateArgs {
    /// Where the project's folder goes
    #[arg(short, long, value_name = "DIR", default_value = ".", hide_default_value = true, help_heading = TEMPLATES)]
    pub output_dir: PathBuf,
    /// Write into the project's folder if it stands, over files that it has
    #[arg(short = 'f', long, help_heading = TEMPLATES)]
    pub overwrite_if_exists: bool,
    /// With -f: leave files that stand as they are
    #[arg(short, long, help_heading = TEMPLATES)]
    pub skip_if_file_exists: bool,
    /// Write `.minipach/answers.yml` too, with template, commit and answers, so that `update` follows the template
    #[arg(long, help_heading = TEMPLATES)]
    pub record: bool,
    /// List the templates that were fetched before
    #[arg(short, long, help_heading = TEMPLATES)]
    pub list_installed: bool,
    /// The folder of the template inside what is fetched
    #[arg(long, value_name = "DIR", help_heading = TEMPLATES)]
    pub directory: Option<String>,
    /// Answer as in the last run of this template
    #[arg(long, help_heading = TEMPLATES, conflicts_with_all = ["set", "defaults"])]
    pub replay: bool,
    /// Answer as in this file
    #[arg(long, value_name = "FILE", help_heading = TEMPLATES, conflicts_with_all = ["set", "defaults", "replay"])]
    pub replay_file: Option<PathBuf>,
    /// What becomes of programs that the template brings along
    #[arg(long, value_name = "WHAT", default_value = "ask", help_heading = TEMPLATES)]
    pub hooks: Hooks,
    /// How long each of them may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 300, help_heading = TEMPLATES,
          value_parser = clap::value_parser!(u64).range(1..))]
    pub hook_timeout: u64,
    /// Read this cookiecutter configuration
    #[arg(long, value_name = "FILE", help_heading = TEMPLATES, conflicts_with = "default_config")]
    pub config_file: Option<PathBuf>,
    /// Read no cookiecutter configuration
    #[arg(long, help_heading = TEMPLATES)]
    pub default_config: bool,
}

/// What becomes of a template's hooks.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Hooks {
    /// Show them and ask; left out where nobody can be asked
    Ask,
    /// Run them
    Run,
    /// Leave them out
    Skip,
}
