//! `Session`: a project opened to be looked at: its files, plans and what is known.

use std::path::Path;
use std::sync::OnceLock;

use crate::git::{GitError, Repo};
use crate::model::{DatumState, Finding, PipelineName, Tree};
use crate::plan::{MadeOf, Memory as _, Reason, base, reasons, since_failure};
use crate::run::{Known, Planned, PlanningError, Plans, Project, RunError, Survey};
use crate::spec::SourceFile;

use super::cut_off::CutOffs;
use super::error::AppError;
use super::hindrances::Hindrances;
use super::image_changes::ImageChanges;
use super::merge::see_through_markers;
use super::recorded::Recordings;

/// A project, opened to be looked at. Nothing is written but remembered hashes, and nothing mended but a
/// commit that was cut off, since that keeps git from its index.
pub struct Session {
    /// The project.
    pub project: Project,
    /// Whether it is a commit that is looked at: subdatasets that do not have theirs of then are not laid out with it.
    pub(super) is_past: bool,
    /// A file whose text an editor has and the disk has not yet.
    pub(super) unsaved: Option<SourceFile>,
    /// What is known of images that changed.
    images: ImageChanges,
    /// What is known of what runs would stumble over.
    hindrances: Hindrances,
    /// What is known of edited results that run records made.
    recordings: Recordings,
    /// What was tried and cut off, once somebody asked.
    cut: OnceLock<CutOffs>,
}

fn not_offered(planned: &Planned) -> Vec<(DatumState, usize)> {
    let count = |state| planned.plan.datums.iter().filter(|datum| datum.state == state).count();
    let states = DatumState::ALL.into_iter().filter(|state| *state != DatumState::Done);
    states.map(|state| (state, count(state))).filter(|(_, count)| *count > 0).collect()
}

impl Session {
    /// Opens the project that holds a folder.
    ///
    /// # Errors
    /// When there is no usable project.
    pub fn open(start: &Path) -> Result<Self, AppError> {
        let mut project = Project::open(start)?;
        if super::mend::free_index(&project.repo) {
            project = Project::open(start)?;
        }
        project.remember();
        project.see_whole()?;
        see_through_markers(&mut project)?;
        Ok(Self {
            project,
            is_past: false,
            unsaved: None,
            images: ImageChanges::default(),
            hindrances: Hindrances::default(),
            recordings: Recordings::default(),
            cut: OnceLock::new(),
        })
    }

    /// Opens a project with the text of one file, by its path from the root, as an editor has it.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub fn open_unsaved(start: &Path, unsaved: SourceFile) -> Result<Self, AppError> {
        let project = Survey::with_unsaved(Repo::open(start)?, true, Some(&unsaved))?.open(false)?;
        Ok(Self {
            project,
            is_past: false,
            unsaved: Some(unsaved),
            images: ImageChanges::default(),
            hindrances: Hindrances::default(),
            recordings: Recordings::default(),
            cut: OnceLock::new(),
        })
    }

    /// Why a pipeline cannot be planned. What reads a subdataset that is not here is not known as of a commit; nothing is
    /// broken.
    pub(super) fn why_not(&self, error: &PlanningError) -> String {
        match error.absent_subdataset().filter(|_| self.is_past) {
            Some(path) => {
                format!("unknown as of then: subdataset `{path}` is not here with the commit that it was at")
            }
            None => error.to_string(),
        }
    }

    /// What is known of finished work.
    pub fn known(&self) -> Known<'_> {
        Known::new(&self.project)
    }

    /// The files of a repo as pipelines see them: a folder, or a pipeline's outputs that are done now.
    ///
    /// # Errors
    /// When there is no such folder, or a subdataset cannot be read.
    pub fn repo_tree(&self, folder: &str) -> Result<Tree, AppError> {
        Ok(self.offer(folder)?.0)
    }

    /// The same, and how many results a pipeline does not offer, by the states of their datums.
    ///
    /// # Errors
    /// As those of `repo_tree`.
    pub fn offer(&self, folder: &str) -> Result<(Tree, Vec<(DatumState, usize)>), AppError> {
        let known = self.known();
        if let Some(unsound) = self.project.unsound.get(folder) {
            let unsound = Box::new(unsound.clone());
            return Err(crate::run::TargetError::Unsound { name: folder.into(), unsound }.into());
        }
        if self.project.pipelines.keys().any(|name| name.as_str() == folder) {
            let mut plans = self.project.plan_all(&known);
            let name = PipelineName::parse(folder).ok();
            if let Some((name, tree)) = name.and_then(|name| plans.outputs.remove_entry(&name)) {
                let planned = plans.by_name.get(&name).and_then(|planned| planned.as_ref().ok());
                return Ok((tree, planned.map(|planned| not_offered(planned)).unwrap_or_default()));
            }
        }
        let folders = self.project.scan.folders();
        if self.project.scan.contains(folder) && !self.project.scan.has_folder(folder) {
            return Err(no_folder(folder));
        }
        if !self.project.scan.may_have_folder(folder) {
            let error = AppError::usage(format!("`{folder}` is no folder of this project"));
            let near = crate::spec::nearest(folder, folders.iter().map(String::as_str));
            return Err(match near {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error,
            });
        }
        Ok((self.project.raw_tree(folder)?, Vec::new()))
    }

    /// The findings that keep pipelines from being planned.
    pub fn errors(&self) -> Vec<Finding> {
        self.project.findings.iter().filter(|finding| finding.is_error()).cloned().collect()
    }

    /// Refuses to plan anything while the project file has errors.
    ///
    /// # Errors
    /// When it has.
    pub fn refuse_broken_config(&self) -> Result<(), AppError> {
        if self.project.loaded.is_config_broken { Err(RunError::BrokenConfig.into()) } else { Ok(()) }
    }

    /// All findings: of specs, project and plans.
    pub fn findings(&self, plans: &Plans) -> Vec<Finding> {
        let mut findings = self.project.findings.clone();
        findings.extend(self.project.plan_findings(plans));
        findings
    }

    /// Why datum `number` is in its state.
    pub fn reasons(&self, known: &Known<'_>, planned: &Planned, number: usize) -> Vec<Reason> {
        let state = planned.plan.datums[number].state;
        if let Some(message) = planned.refusal(number) {
            return vec![Reason::Refused { message: message.to_owned() }];
        }
        if state == DatumState::InTheWay {
            return vec![self.project.in_the_way(known, planned, number)];
        }
        let found = self.project.stray(known, planned, number);
        if let Some(reason) = found.or_else(|| self.project.taken(known, planned, number)) {
            return vec![reason];
        }
        let mut reasons = self.plain_reasons(known, planned, number);
        if has_merged_lines(&self.project, known, planned, number) {
            reasons.insert(0, Reason::LineMerged);
        }
        let reasons = self.images.with_files(&self.project, planned, reasons);
        let reasons = self.recordings.with(&self.project, planned, number, reasons);
        if self.is_past {
            return reasons;
        }
        let reasons = self.with_cut_off(known, planned, number, reasons);
        self.hindrances.with(&self.project, planned, state, reasons)
    }

    /// All attempts that were cut off, as they were when somebody asked first.
    pub fn cut_off(&self) -> &CutOffs {
        self.cut.get_or_init(|| CutOffs::read(&self.project.repo.state_dir()))
    }

    /// Reasons, and of a failure whether attempts after it were cut off.
    fn with_cut_off(
        &self,
        known: &Known<'_>,
        planned: &Planned,
        number: usize,
        mut reasons: Vec<Reason>,
    ) -> Vec<Reason> {
        for reason in &mut reasons {
            if let Reason::Failed { is_cut_since, .. } = reason {
                let (datum, name) = (&planned.plan.datums[number], &planned.pipeline.name);
                let records = || known.log().attempts(datum.id);
                *is_cut_since = self.cut_off().came_after((name.as_str(), &datum.key), datum.id, records);
            }
        }
        reasons
    }

    /// Finds out from now on whether what runs images can be used, which takes a while.
    pub fn try_programs(&self) {
        self.hindrances.try_programs();
    }

    /// Why the commands of a pipeline cannot run on this machine, as far as that is looked for.
    pub fn cannot_run(&self, planned: &Planned) -> Option<String> {
        if self.is_past { None } else { self.hindrances.refusal(&self.project, planned) }
    }

    fn plain_reasons(&self, known: &Known<'_>, planned: &Planned, number: usize) -> Vec<Reason> {
        let datum = &planned.plan.datums[number];
        let ledger = self.project.ledger(&planned.pipeline.name);
        if datum.state == DatumState::Done {
            // Nothing else that is remembered says more about it.
            let line = datum.line.map(|at| &ledger.lines()[at as usize]);
            return reasons(&planned.plan, &planned.pipeline, number, line, (None, &planned.fields), None);
        }
        let line = ledger.lines_for(&datum.key).last();
        if line.is_none()
            && let Some(reasons) = since_failed(known, planned, number)
        {
            return reasons;
        }
        let old = line.and_then(|line| known.work_fields(line.work));
        let needs_failure =
            !matches!(datum.state, DatumState::Done | DatumState::Cached | DatumState::Pending);
        let failure = if needs_failure { known.failure(datum.id) } else { None };
        // What is otherwise than in the result that stands is told after that a later attempt failed.
        let before = since_failed(known, planned, number).and_then(|told| told.into_iter().next());
        let told =
            reasons(&planned.plan, &planned.pipeline, number, line, (old.as_ref(), &planned.fields), failure);
        before.into_iter().chain(told).collect()
    }
}

/// Of a stale datum whose last attempt failed with something else: that, then what is otherwise than it was then.
fn since_failed(known: &Known<'_>, planned: &Planned, number: usize) -> Option<Vec<Reason>> {
    let datum = &planned.plan.datums[number];
    if datum.state != DatumState::Stale {
        return None;
    }
    let (tried, failure) = known.failed_before(&planned.pipeline.name, &datum.key, datum.id)?;
    let fields = known.work_fields(tried.work);
    let old = MadeOf::tried(tried.id, &tried.inputs, tried.work, fields.as_ref());
    let new = MadeOf::datum(&planned.plan, &planned.pipeline, number, &planned.fields);
    Some(since_failure(failure.message, &old, &new))
}

/// Whether a run replaces what git made of the lines of two results.
fn has_merged_lines(project: &Project, known: &Known<'_>, planned: &Planned, number: usize) -> bool {
    let (name, datum) = (&planned.pipeline.name, &planned.plan.datums[number]);
    let files = project.results.below(name.as_str());
    let base = base(&planned.pipeline, &datum.key);
    !matches!(datum.state, DatumState::Done | DatumState::Edited)
        && known.is_line_merged(project.ledger(name).lines_for(&datum.key), base, &files)
}

/// What the project that holds a folder is called: as its file says, else as its folder is named.
pub fn project_name(start: &Path, session: &Session) -> String {
    let folder = || {
        let repo = Repo::open(start).ok()?;
        Some(repo.root().file_name()?.to_string_lossy().into_owned())
    };
    session.project.config().name.clone().or_else(folder).unwrap_or_default()
}

/// Whether a folder lies in a git repository, usable or not.
pub fn is_in_repository(start: &Path) -> bool {
    !matches!(Repo::open(start), Err(GitError::NotARepository { .. }))
}

/// The name of a pipeline and its plan, in order of the graph.
pub fn in_order<'a>(
    project: &'a Project,
    plans: &'a Plans,
) -> impl Iterator<Item = (&'a PipelineName, &'a Result<std::sync::Arc<Planned>, PlanningError>)> {
    project.graph.order().iter().filter_map(|name| Some((name, plans.by_name.get(name)?)))
}

/// A file where a folder is read, with what reads the file.
fn no_folder(file: &str) -> AppError {
    let error = AppError::usage(format!("`{file}` is a file, and an input is a folder"));
    error.hint(match file.rsplit_once('/') {
        Some((folder, name)) => format!("give the folder and a glob that takes the file: `{folder}:/{name}`"),
        None => "move it into a folder, and read that".to_owned(),
    })
}
