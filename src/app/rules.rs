//! The rules of `check` for people: a list, a page each, and reports in the forms that other programs read.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::check::{Baseline, Report, Row, all, format, names, page};
use crate::ledger::{Durability, write_atomic};
use crate::model::Severity;
use crate::spec::nearest;

use super::check::Asked;
use super::error::{AppError, ExitCode};
use super::moment::Moment;
use super::session::Session;

/// The table of rules.
#[derive(Clone, Copy, Debug)]
pub struct Rules;

impl Rules {
    /// All rules, by id.
    pub fn all() -> Vec<Row> {
        all()
    }

    /// A rule by id or name, with its page.
    ///
    /// # Errors
    /// When there is no such rule.
    pub fn page(word: &str) -> Result<(Row, &'static str), AppError> {
        let rows = all();
        let is_meant = |row: &&Row| word.eq_ignore_ascii_case(row.rule.code) || word == row.rule.name;
        if let Some((row, page)) =
            rows.iter().find(is_meant).and_then(|row| Some((*row, page(row.rule.code)?)))
        {
            return Ok((row, page));
        }
        let begins: Vec<&str> =
            rows.iter().filter(|row| names(word, row.rule)).map(|row| row.rule.code).collect();
        let error = AppError::usage(format!("there is no rule `{word}`"));
        let near = nearest(word, rows.iter().flat_map(|row| [row.rule.code, row.rule.name]));
        Err(match (begins.as_slice(), near) {
            ([], Some(near)) => error.hint(format!("did you mean `{near}`?")),
            ([], None) => error.hint("`minipach rule` lists them"),
            (some, _) => error.hint(format!("{} begin so", some.join(", "))),
        })
    }
}

/// A report in the forms that other programs read.
pub struct Formatted<'a> {
    session: &'a Session,
    report: &'a Report,
}

impl<'a> Formatted<'a> {
    /// A report of a project.
    pub fn new(session: &'a Session, report: &'a Report) -> Self {
        Self { session, report }
    }

    /// The text of a file of the project, if it has one.
    pub fn source(&self, path: &str) -> Option<String> {
        if let Some(unsaved) = self.session.unsaved.as_ref().filter(|unsaved| unsaved.path == path) {
            return String::from_utf8(unsaved.text.clone()).ok();
        }
        std::fs::read_to_string(self.session.project.repo.root().join(path)).ok()
    }

    /// One object.
    pub fn json(&self, shows_silenced: bool) -> Value {
        format::json(self.report, shows_silenced)
    }

    /// One object a line.
    pub fn json_lines(&self) -> String {
        format::json_lines(self.report)
    }

    /// SARIF 2.1.0.
    pub fn sarif(&self) -> String {
        format::sarif(self.report, &|path| self.source(path))
    }

    /// Annotations of GitHub's workflows.
    pub fn github(&self) -> String {
        format::github(self.report, &|path| self.source(path))
    }

    /// GitLab's code quality report.
    pub fn gitlab(&self) -> Value {
        format::gitlab(self.report)
    }

    /// A test report, in the XML of `JUnit`; findings below `least` are no failures.
    pub fn junit(&self, least: Severity) -> String {
        format::junit(self.report, least)
    }

    /// A line each.
    pub fn concise(&self) -> String {
        format::concise(self.report)
    }

    /// A table.
    pub fn markdown(&self) -> String {
        format::markdown(self.report)
    }
}

/// A baseline that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenBaseline {
    /// Where it stands.
    pub path: PathBuf,
    /// How many findings are in it.
    pub count: usize,
    /// What `minipach.yml` would have to name so that `check` reads it by itself; `None` where it does.
    pub unnamed: Option<PathBuf>,
}

/// Writes all that is found now to the baseline. Where only some files or rules are looked at, what it knows of others
/// stays in it.
///
/// # Errors
/// When there is no project, or the file cannot be read or written.
pub fn write_baseline(start: &Path, asked: &Asked, is_staged: bool) -> Result<WrittenBaseline, AppError> {
    let session = Session::open(start)?;
    let report =
        if is_staged { Moment::staged(start)?.session.checked(asked)? } else { session.checked(asked)? };
    let root = session.project.repo.root();
    let named = session.project.config().check.baseline.as_ref().map(|path| root.join(path));
    let usual = || named.clone().unwrap_or_else(|| root.join(BASELINE));
    let path = asked.baseline.clone().unwrap_or_else(usual);
    let mut baseline = Baseline::of(&report.findings);
    if !asked.is_of_all() && path.exists() {
        let known = Baseline::read(&path).map_err(|error| AppError::usage(error.to_string()))?;
        baseline.findings.extend(known.findings);
    }
    write_atomic(&path, baseline.text().as_bytes(), Durability::Process).map_err(|error| {
        AppError::new(ExitCode::Data, format!("cannot write `{}`: {error}", path.display()))
    })?;
    let unnamed = unnamed(root, named.as_deref(), &path);
    Ok(WrittenBaseline { path, count: baseline.findings.len(), unnamed })
}

/// A baseline by its path in the project, unless it is the one that the project names.
fn unnamed(root: &Path, named: Option<&Path>, path: &Path) -> Option<PathBuf> {
    let full = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let path = full(path);
    let is_named = named.is_some_and(|named| full(named) == path);
    (!is_named).then(|| path.strip_prefix(full(root)).map_or_else(|_| path.clone(), Path::to_path_buf))
}

/// Where the baseline stands if nobody says otherwise.
const BASELINE: &str = ".minipach/baseline.json";
