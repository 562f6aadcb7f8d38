//! Arguments of the verbs that lay out projects and pipelines.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;

use super::template_args::TemplateArgs;
use crate::app::{AddKind, AppError};

/// Arguments of `new`.
#[derive(Debug, Args)]
pub(super) struct New {
    /// The project's folder, made if absent, by default the one one stands in; or a cookiecutter template:
    /// `gh:owner/name`, a git address, a zip file, a folder with a `cookiecutter.json`, or the name of one that was fetched
    #[arg(value_name = "DIR|TEMPLATE")]
    pub dir: Option<PathBuf>,
    /// The layout to start from: a built-in one (--list), a folder or a git URL
    #[arg(long, value_name = "SCAFFOLD")]
    pub scaffold: Option<String>,
    /// The branch, tag or commit of a scaffold or template from a git URL
    #[arg(short, long, value_name = "REF")]
    pub checkout: Option<String>,
    /// Answer a question of the scaffold; may be given again
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// The project's name: short for --set name=NAME
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Make it a `DataLad` dataset
    #[arg(long)]
    pub datalad: bool,
    /// Ask nothing: take the defaults for all that is not answered
    #[arg(long)]
    pub defaults: bool,
    /// Only show what would be written
    #[arg(long)]
    pub dry_run: bool,
    /// List the built-in scaffolds
    #[arg(long)]
    pub list: bool,
    #[command(flatten)]
    pub template: TemplateArgs,
}

/// Arguments of `add`.
#[derive(Debug, Args)]
pub(super) struct Add {
    /// Its shape: map, per-subject, reduce, join, group, cross, union, sweep, container, bids-participant, bids-group,
    /// python, r, shell or from-template
    #[arg(value_parser = kind, hide_possible_values = true)]
    pub kind: Option<AddKind>,
    /// Its name, which is the folder of its results
    pub name: Option<String>,
    /// What it reads: a folder or pipeline, and how that is cut; may be given again
    #[arg(long, value_name = "REPO[:GLOB]")]
    pub from: Vec<String>,
    /// An input of a join whose entries are kept without a partner
    #[arg(long, value_name = "REPO")]
    pub outer: Vec<String>,
    /// Where a result belongs, such as `/$1/v2`, if not where its kind has it
    #[arg(long, value_name = "PATTERN")]
    pub output: Option<String>,
    /// The image that its command runs in
    #[arg(long)]
    pub image: Option<String>,
    /// A Dockerfile of the project to run it in
    #[arg(long, value_name = "FILE", conflicts_with = "image")]
    pub dockerfile: Option<String>,
    /// A parameter of a sweep with its values; may be given again
    #[arg(long, value_name = "NAME=VALUE,VALUE")]
    pub param: Vec<String>,
    /// For from-template: a scaffold's folder or git URL
    #[arg(long, value_name = "FOLDER")]
    pub template: Option<String>,
    /// Answer a question of the template
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Only show what would be written
    #[arg(long)]
    pub dry_run: bool,
    /// The command, word by word; without it a script is written
    #[arg(last = true)]
    pub command: Vec<String>,
}

fn kind(word: &str) -> Result<AddKind, String> {
    let near = || crate::spec::nearest(word, AddKind::all().map(AddKind::word));
    AddKind::parse(word).ok_or_else(|| match near() {
        Some(near) => format!("did you mean `{near}`?"),
        None => "see `minipach help add`".to_owned(),
    })
}

/// Arguments of `update`.
#[derive(Debug, Args)]
pub(super) struct Update {
    /// The branch, tag or commit of a scaffold from git
    #[arg(long, value_name = "REF")]
    pub to: Option<String>,
    /// Where the scaffold is now, if it moved: a folder or git URL
    #[arg(long, value_name = "SCAFFOLD")]
    pub from: Option<String>,
    /// Change an answer; may be given again
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Only tell whether there is anything new; exits with 1 if there is
    #[arg(long)]
    pub check: bool,
    /// Merge into the branch that is checked out, not into one of its own
    #[arg(long)]
    pub in_place: bool,
    /// Take back an update that is not committed yet
    #[arg(long, conflicts_with_all = ["to", "from", "set", "check", "in_place"])]
    pub abort: bool,
}

/// Arguments of `adopt`.
#[derive(Debug, Args)]
pub(super) struct Adopt {
    /// The scaffold: a built-in one, a folder or a git URL; or a cookiecutter template, as `new` takes it
    pub scaffold: String,
    /// The branch, tag or commit of it; by default the tag whose files are nearest
    #[arg(long, value_name = "REF")]
    pub checkout: Option<String>,
    /// The folder of a template inside what is fetched
    #[arg(long, value_name = "DIR")]
    pub directory: Option<String>,
    /// Answer a question of the scaffold; may be given again
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

/// Answers as they are typed: `KEY=VALUE`.
///
/// # Errors
/// When one is not.
pub(super) fn answers(set: &[String]) -> Result<BTreeMap<String, String>, AppError> {
    let pair = |text: &String| {
        let (key, value) = text
            .split_once('=')
            .ok_or_else(|| AppError::usage(format!("`--set {text}` is not KEY=VALUE")))?;
        Ok((key.to_owned(), value.to_owned()))
    };
    set.iter().map(pair).collect()
}
