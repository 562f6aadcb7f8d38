//! What `check` and `rule` take.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Arguments of `check`.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Only findings in these files or folders
    #[arg(value_name = "PATH")]
    pub paths: Vec<String>,
    /// Only these rules: ids (`MP104`), beginnings of ids (`MP2`), names, or ALL
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub select: Vec<String>,
    /// None of these rules
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// Show only findings that are at least this bad
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub severity: Option<Level>,
    /// Fail on findings that are at least this bad; `warning` if not given
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub fail_on: Option<Level>,
    /// Do not fail, whatever is found
    #[arg(long)]
    pub exit_zero: bool,
    /// Mend what can be mended without changing a meaning
    #[arg(long)]
    pub fix: bool,
    /// Mend also by what is probably meant; what is computed may change
    #[arg(long)]
    pub unsafe_fixes: bool,
    /// Show what `--fix` would change as a patch, and change nothing
    #[arg(long)]
    pub diff: bool,
    /// Mend also files of which git does not have what stands there
    #[arg(long)]
    pub allow_dirty: bool,
    /// How findings are printed
    #[arg(long, value_enum, value_name = "FORM")]
    pub output_format: Option<Form>,
    /// Count findings by rule
    #[arg(long, conflicts_with = "output_format")]
    pub statistics: bool,
    /// Only findings in files that git has staged, and as they are staged: for before a commit.
    /// `--fix` and `--diff` then want the files to stand as they are staged
    #[arg(long)]
    pub staged: bool,
    /// Look at this file as standard input has it and not as it stands there: for editors
    #[arg(long, value_name = "FILE", conflicts_with_all = ["paths", "fix", "unsafe_fixes", "diff", "staged", "write_baseline"])]
    pub stdin_filename: Option<PathBuf>,
    /// Ask the BIDS validator of data sets too (`bids-validator-deno` or `bids-validator`)
    #[arg(long)]
    pub bids: bool,
    /// Findings in this file are known and do not count
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write what is found now to the baseline, so that only what is new counts.
    /// Where only some files or rules are looked at, what it knows of others stays in it
    #[arg(long)]
    pub write_baseline: bool,
    /// Print also findings that a comment or minipach.yml silences (JSON)
    #[arg(long)]
    pub show_suppressed: bool,
    /// Explain a rule, as `minipach rule` does
    #[arg(long, value_name = "RULE")]
    pub explain: Option<String>,
    /// List all rules
    #[arg(long)]
    pub list_rules: bool,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Level {
    Error,
    Warning,
    Info,
}

/// How findings are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// With the place drawn, many of one rule together
    Human,
    /// A line each
    Concise,
    /// One object
    Json,
    /// One object a line
    Jsonl,
    /// SARIF 2.1.0, for forges and editors
    Sarif,
    /// Annotations of GitHub's workflows
    Github,
    /// GitLab's code quality report
    Gitlab,
    /// A test report
    Junit,
    /// A table
    Markdown,
}

/// Arguments of `rule`.
#[derive(Debug, Args)]
pub(crate) struct RuleArgs {
    /// Id or name of the rule; all of them in a list if not given
    #[arg(value_name = "RULE")]
    pub rule: Option<String>,
}
