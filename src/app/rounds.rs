//! The rounds of a run: plans and drives the engine, and again where what datums used changed meanwhile or links lead to what was made.

use std::collections::BTreeSet;

use crate::ledger::AttemptWriter;
use crate::run::{
    Engine, Known, Observer, Parts, Plans, Project, Report, Request, RunMemory, Selection, Shared, Stop,
    count,
};

use super::error::{AppError, ExitCode};
use super::events::Teller;
use super::ready::ready;

/// So many times one run plans again at the most.
const MORE_ROUNDS: usize = 3;

/// One run, whose rounds share its id and its observers.
struct Run<'a> {
    stop: &'a Stop,
    teller: Teller,
}

/// Runs a request in a project, from its first event to its last.
///
/// # Errors
/// When a target means nothing, or state cannot be read or written.
pub(super) fn rounds(
    project: &Project,
    request: &Request,
    stop: &Stop,
    notes: Vec<String>,
    observer: Box<dyn Observer>,
) -> Result<Report, AppError> {
    let selection = select(project, request)?;
    let teller = Teller::begin(&project.repo.state_dir(), notes, observer)?;
    let mut run = Run { stop, teller };
    run.teller.tell_selection(&selection, request.jobs);
    let done = run.all(project, request, &selection);
    run.teller.end(&done);
    done
}

fn select(project: &Project, request: &Request) -> Result<Selection, AppError> {
    let is_all = request.targets.is_empty();
    let plans = if is_all { Plans::default() } else { project.plan_all(&Known::new(project)) };
    Ok(project.select(&plans, request)?)
}

/// Why there is another round.
fn why_again(report: &Report) -> String {
    let dropped = report.left.dropped.len();
    if dropped == 0 {
        return "links among the inputs lead to new results".into();
    }
    format!("what {} used changed meanwhile", count(dropped, "datum"))
}

impl Run<'_> {
    fn all(
        &mut self,
        project: &Project,
        request: &Request,
        selection: &Selection,
    ) -> Result<Report, AppError> {
        let first = self.round(project, request, selection, Report::default())?;
        self.more(project, request, first)
    }

    /// Goes on while datums are dropped because what they used changed, or links lead to new results, in the project as it is
    /// then.
    fn more(&mut self, project: &Project, request: &Request, mut report: Report) -> Result<Report, AppError> {
        for _ in 0..MORE_ROUNDS {
            if !report.wants_another() {
                self.tell_spoilt(&report);
                return Ok(report);
            }
            self.teller.say(format!("planning again: {}", why_again(&report)));
            // What is done by force is done, and what was to be saved is: what changed since may be a command's doing.
            let request = Request { force: false, save: false, ..request.clone() };
            let mut project = project.again()?;
            project.remember();
            let project = ready(project, &request, &mut self.teller)?;
            // A datum that is gone needs no round.
            let Ok(selection) = select(&project, &request) else { return Ok(report) };
            report = self.round(&project, &request, &selection, report.go_on())?;
        }
        if report.wants_another() {
            self.teller.say("inputs keep changing; run again when they stay as they are".into());
        }
        Ok(report)
    }

    /// Says why what was dropped is not planned again.
    fn tell_spoilt(&mut self, report: &Report) {
        if report.left.is_spoilt && !report.left.dropped.is_empty() {
            let dropped = count(report.left.dropped.len(), "datum");
            self.teller
                .say(format!("{dropped} not planned again: bring back the input first, then run again"));
        }
    }

    fn round(
        &mut self,
        project: &Project,
        request: &Request,
        selection: &Selection,
        earlier: Report,
    ) -> Result<Report, AppError> {
        let known = Known::new(project).with_log_ahead();
        let memory = RunMemory::new(&known);
        let log = AttemptWriter::open(&project.repo.state_dir().join("attempts.jsonl"), BTreeSet::new())?;
        let shared = self.shared(project, request.jobs)?;
        let (stop, observer) = (self.stop, &mut self.teller);
        let shared = &shared;
        let parts =
            Parts { project, request, selection, memory: &memory, shared, stop, log, earlier, observer };
        let mut report = Engine::new(parts).run()?;
        report.bad_specs |=
            !selection.unsound.is_empty() || request.targets.is_empty() && project.has_errors();
        report.unsound.extend(selection.unsound.clone());
        Ok(report)
    }

    fn shared(&self, project: &Project, jobs: usize) -> Result<Shared, AppError> {
        let made = Shared::new(project, &self.teller.id, jobs);
        made.map_err(|error| AppError::new(ExitCode::Data, error.to_string()))
    }
}
