//! `check`: everything that rules find in a project, and mending it again and again until nothing is left to mend.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::check::{
    Baseline, Ground, MendError, Mended, Outcome, Report, Selection, check, diff, mend, write_one,
};
use crate::git::blob_id;
use crate::model::{Finding, Fix, PipelineName, is_at_or_below, show_some};
use crate::plan::alone;
use crate::run::{Known, Planned, Plans, Project};
use crate::spec::SourceFile;

use super::error::{AppError, ExitCode};
use super::origin::origin;
use super::session::Session;

/// So often is mended and looked again: one fix may show the next finding.
const ROUNDS: usize = 10;

/// The project's own file.
const CONFIG: &str = "minipach.yml";

/// So many files are named in a sentence.
const NAMED: usize = 3;

/// Which findings are wanted.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Only these rules.
    pub select: Vec<String>,
    /// These rules too, which are looked for on request.
    pub more: Vec<String>,
    /// None of these rules.
    pub ignore: Vec<String>,
    /// Only in these files or folders, from the root.
    pub paths: Option<Vec<String>>,
    /// A file of findings that are known; else the project's own.
    pub baseline: Option<PathBuf>,
    /// Whether to pass over the baseline: it is to be written anew.
    pub without_baseline: bool,
}

impl Asked {
    /// Whether all files and rules are looked at.
    pub(super) const fn is_of_all(&self) -> bool {
        self.paths.is_none() && self.select.is_empty() && self.ignore.is_empty()
    }
}

/// How findings are mended.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mending {
    /// Also by fixes that may change what is computed.
    pub unsafe_too: bool,
    /// Also files that differ from `HEAD`, whose state cannot be had back from git.
    pub allow_dirty: bool,
}

/// One finding that was mended.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Done {
    /// Id of the rule.
    pub code: &'static str,
    /// The file.
    pub path: String,
    /// What was done.
    pub title: String,
}

impl Session {
    /// What every rule finds that is selected.
    fn report(&self, plans: &Plans, selection: &Selection) -> Report {
        let project = &self.project;
        let names: BTreeSet<PipelineName> =
            project.names().filter_map(|name| PipelineName::parse(name).ok()).collect();
        let uncommitted: Vec<String> = match project.dirty() {
            Ok(dirty) => dirty.own_paths().map(str::to_owned).collect(),
            Err(_) => Vec::new(),
        };
        let ledgers = project.ledgers.iter().chain(&project.former);
        let damaged: Vec<PipelineName> =
            ledgers.filter(|(_, ledger)| !ledger.damage().is_none()).map(|(name, _)| name.clone()).collect();
        let ground = Ground {
            repo: &project.repo,
            scan: &project.scan,
            names: &names,
            pipelines: &project.loaded.pipelines,
            outcomes: &outcomes(project, plans),
            damaged: &damaged,
            uncommitted: &uncommitted,
            origin: &origin(project.repo.root(), &project.repo.state_dir()),
            unsaved: self.unsaved.as_ref(),
        };
        check(&ground, self.findings(plans), selection, &project.config().check)
    }

    /// What the project wants to hear of, without anything typed.
    ///
    /// # Errors
    /// When its baseline cannot be read.
    pub(super) fn usual_report(&self, plans: &Plans) -> Result<Report, AppError> {
        self.report_for(plans, &Asked::default())
    }

    /// Refuses a path that stands nowhere and that nothing is said of.
    fn knows(&self, path: &str, report: &Report) -> Result<(), AppError> {
        let is_told = || report.findings.iter().any(|finding| is_at_or_below(&finding.path, path));
        let is_unsaved = self.unsaved.as_ref().is_some_and(|unsaved| unsaved.path == path);
        let is_there = || is_unsaved || self.project.repo.root().join(path).symlink_metadata().is_ok();
        if path.is_empty() || is_there() || is_told() {
            return Ok(());
        }
        Err(AppError::usage(format!("`{path}` is not in the project")))
    }

    /// What was asked for, over what the project says. Where its file has errors, what is found without them too.
    ///
    /// # Errors
    /// When a word names no rule, or a baseline cannot be read.
    pub fn checked(&self, asked: &Asked) -> Result<Report, AppError> {
        let known = self.known();
        let mut report = self.report_for(&self.project.plan_all(&known), asked)?;
        if let Some(sound) = self.without_faults()? {
            let known = sound.known();
            report.take_over(sound.report_for(&sound.project.plan_all(&known), asked)?, CONFIG);
        }
        Ok(report)
    }

    /// Files that look like specs and make no pipeline.
    ///
    /// # Errors
    /// When the project cannot be looked at.
    pub fn misnamed_specs(&self) -> Result<Vec<Finding>, AppError> {
        let asked = Asked { select: vec!["MP218".into()], ..Asked::default() };
        Ok(self.checked(&asked)?.findings)
    }

    /// The project as it would be without what is wrong in its file; none if nothing is, or the rest cannot be told.
    fn without_faults(&self) -> Result<Option<Self>, AppError> {
        let loaded = &self.project.loaded;
        if !loaded.is_config_broken || !loaded.settings.is_object() || self.unsaved.is_some() {
            return Ok(None);
        }
        let text = loaded.settings.to_string().into_bytes();
        let rest = SourceFile { path: CONFIG.to_owned(), text };
        let mut session = Self::open_unsaved(self.project.repo.root(), rest)?;
        session.is_past = self.is_past;
        Ok(Some(session))
    }

    fn report_for(&self, plans: &Plans, asked: &Asked) -> Result<Report, AppError> {
        let config = &self.project.config().check;
        let selection = Selection::new(&asked.select, &asked.ignore, config)
            .map(|own| own.with(&asked.more))
            .map_err(|unknown| AppError::usage(unknown.to_string()).hint("`minipach rule` lists them"))?;
        let mut report = self.report(plans, &selection);
        let own = || config.baseline.as_ref().map(|path| self.project.repo.root().join(path));
        if let Some(path) = asked.baseline.clone().or_else(own).filter(|_| !asked.without_baseline) {
            let baseline = Baseline::read(&path).map_err(|error| AppError::usage(error.to_string()))?;
            report.leave_out(&baseline);
        }
        if let Some(paths) = &asked.paths {
            paths.iter().try_for_each(|path| self.knows(path, &report))?;
            report.retain(|finding| is_wanted(finding, paths));
        }
        Ok(report)
    }
}

fn is_wanted(finding: &Finding, paths: &[String]) -> bool {
    paths.iter().any(|path| path.is_empty() || is_at_or_below(&finding.path, path))
}

/// What planning showed of each pipeline.
fn outcomes(project: &Project, plans: &Plans) -> BTreeMap<PipelineName, Outcome> {
    let planned = plans.by_name.iter().filter_map(|(name, planned)| Some((name, planned.as_ref().ok()?)));
    let known = Known::new(project);
    planned.map(|(name, planned)| (name.clone(), outcome(project, &known, planned))).collect()
}

fn outcome(project: &Project, known: &Known<'_>, planned: &Planned) -> Outcome {
    let strays = (0..planned.plan.datums.len()).filter_map(|number| project.stray(known, planned, number));
    let unmatched =
        if planned.plan.incomplete.is_empty() { alone(&planned.plan, &planned.pipeline) } else { Vec::new() };
    Outcome {
        counts: planned.plan.counts(),
        code: planned.code.files.keys().cloned().collect(),
        unmatched: unmatched.into_iter().filter(|alone| alone.kind == "join").collect(),
        strays: strays.map(|stray| stray.sentence()).collect(),
        unmade: project.unmade(planned),
        doubled: doubled(planned),
    }
}

/// The first match of a folder whose input also takes something inside it.
fn doubled(planned: &Planned) -> Option<(String, String, String)> {
    let leaves = planned.pipeline.input.leaves();
    let mut folder: Option<(u16, &str)> = None;
    for found in &planned.plan.formed.matches {
        let leaf = leaves[usize::from(found.leaf)];
        if let Some((of, path)) = folder
            && of == found.leaf
            && is_at_or_below(&found.path, path)
        {
            let full = |path: &str| {
                if path.is_empty() { leaf.repo.to_string() } else { format!("{}/{path}", leaf.repo) }
            };
            return Some((leaf.name.to_string(), full(path), full(&found.path)));
        }
        if found.is_folder {
            folder = Some((found.leaf, &found.path));
        }
    }
    None
}

/// What was mended.
#[derive(Debug, Default)]
pub struct Mends {
    /// What is mended now.
    pub done: Vec<Done>,
    /// Why files were left as they are, although they could be mended.
    pub held_back: Option<AppError>,
    /// Why fixes of files were not made, by file.
    pub unmended: BTreeMap<String, String>,
    /// What is left.
    pub report: Report,
}

/// Mends what can be mended, looking again after each round; what is left stands in the report. A file of which git
/// does not have what stands there stays as it is, unless that is allowed.
///
/// # Errors
/// When the project cannot be opened.
pub fn mend_all(start: &Path, asked: &Asked, mending: Mending) -> Result<Mends, AppError> {
    let mut all = Mends::default();
    let mut held = BTreeSet::new();
    for _ in 0..ROUNDS {
        let session = Session::open(start)?;
        all.report = session.checked(asked)?;
        let (mut files, mut made) = to_mend(&session, &all.report, mending, &held, &mut all.unmended);
        if !mending.allow_dirty {
            held.extend(lost(&session, &files, &all.done)?);
            (files, made) = to_mend(&session, &all.report, mending, &held, &mut all.unmended);
        }
        if files.is_empty() {
            all.held_back = held_back(&held);
            return Ok(all);
        }
        write_each(session.project.repo.root(), &files, &mut all.unmended);
        all.done.extend(made.into_iter().filter(|done| !all.unmended.contains_key(&done.path)));
    }
    all.report = Session::open(start)?.checked(asked)?;
    all.held_back = held_back(&held);
    Ok(all)
}

/// Writes what can be written; why the rest cannot be is noted, and it is not tried again.
fn write_each(root: &Path, files: &BTreeMap<String, Mended>, unmended: &mut BTreeMap<String, String>) {
    for (path, file) in files {
        if let Err(error) = write_one(root, path, file) {
            unmended.insert(path.clone(), error.to_string());
        }
    }
}

/// The patch of the first round of mending, and why fixes of files are not in it.
///
/// # Errors
/// When the project cannot be opened.
pub fn mending_patch(
    start: &Path,
    asked: &Asked,
    mending: Mending,
) -> Result<(String, BTreeMap<String, String>), AppError> {
    let session = Session::open(start)?;
    let report = session.checked(asked)?;
    let mut unmended = BTreeMap::new();
    let (files, _) = to_mend(&session, &report, mending, &BTreeSet::new(), &mut unmended);
    Ok((diff(&files), unmended))
}

/// What the files become, and what is mended by it, without fixes that would change a file that is `held` back or cannot be
/// changed; those are noted.
fn to_mend(
    session: &Session,
    report: &Report,
    mending: Mending,
    held: &BTreeSet<String>,
    unmended: &mut BTreeMap<String, String>,
) -> (BTreeMap<String, Mended>, Vec<Done>) {
    loop {
        match tried(session, report, mending, |path| !held.contains(path) && !unmended.contains_key(path)) {
            Ok(found) => return found,
            Err(error) => {
                let (path, text) = (error.path().to_owned(), error.to_string());
                unmended.insert(path, text);
            }
        }
    }
}

fn tried(
    session: &Session,
    report: &Report,
    mending: Mending,
    is_open: impl Fn(&str) -> bool,
) -> Result<(BTreeMap<String, Mended>, Vec<Done>), MendError> {
    let is_free = |fix: &Fix| fix.edits.iter().all(|edit| is_open(edit.path()));
    let is_made = |fix: &Fix| (fix.is_safe() || mending.unsafe_too) && is_free(fix);
    let chosen: Vec<(&Finding, &Fix)> = report
        .findings
        .iter()
        .filter_map(|finding| Some((finding, finding.fix.as_ref().filter(|fix| is_made(fix))?)))
        .collect();
    let files = mend(session.project.repo.root(), chosen.iter().map(|(_, fix)| *fix))?;
    let is_in = |fix: &Fix| fix.edits.iter().any(|edit| files.contains_key(edit.path()));
    let made = chosen.iter().filter(|(_, fix)| is_in(fix)).map(|(finding, fix)| Done {
        code: finding.code,
        path: fix.edits.first().map_or_else(String::new, |edit| edit.path().to_owned()),
        title: fix.title.clone(),
    });
    let made = made.collect();
    Ok((files, made))
}

/// Files of which git does not have what stands there, but for those changed here before.
fn lost(session: &Session, files: &BTreeMap<String, Mended>, done: &[Done]) -> Result<Vec<String>, AppError> {
    let dirty = session.project.dirty()?;
    let is_ours = |path: &str| done.iter().any(|done| done.path == path);
    let is_in_git = |text: &String| session.project.repo.has_object(blob_id(text.as_bytes()));
    let is_lost = |path: &&String| {
        files[*path].old.as_ref().is_some_and(|old| !is_in_git(old))
            && dirty.own_paths().any(|dirty| dirty == path.as_str())
            && !is_ours(path)
    };
    Ok(files.keys().filter(is_lost).cloned().collect())
}

fn held_back(held: &BTreeSet<String>) -> Option<AppError> {
    let lost: Vec<&str> = held.iter().map(String::as_str).collect();
    let named = (!lost.is_empty()).then(|| show_some(&lost, NAMED))?;
    let message = format!("{named} would change, but git does not have what stands there");
    let error = AppError::new(ExitCode::Data, message);
    Some(error.hint("save first (`minipach save`), look with `--diff`, or say `--allow-dirty`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_that_cannot_be_written_keeps_no_other_from_it() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("file"), "no folder").expect("it is written");
        let new = |path: &str| (path.to_owned(), Mended { new: "x".into(), ..Mended::default() });
        let mut unmended = BTreeMap::new();
        write_each(folder.path(), &BTreeMap::from(["file/a", "z"].map(new)), &mut unmended);
        assert_eq!(std::fs::read_to_string(folder.path().join("z")).expect("it is there"), "x");
        assert_eq!(unmended.keys().collect::<Vec<_>>(), ["file/a"]);
        assert!(unmended["file/a"].starts_with("`file/a` cannot be changed"), "{unmended:?}");
    }
}
