//! `enter`: a shell, or one command, inside exactly what a datum's command sees.

use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::model::Place;
use crate::run::{Planned, Plans, Rooms, Shared, VisitError, Visited, not_installed};

use super::error::{AppError, ExitCode};
use super::session::Session;

/// What a shell ends with that does not find a command.
const NOT_FOUND: u8 = 127;

/// A datum that can be entered, or was.
pub struct Entered<'a> {
    session: &'a Session,
    planned: Arc<Planned>,
    datum: usize,
    visited: Visited,
}

/// How a visit ended.
pub struct Left {
    /// The command's exit code; 128 and the signal where one ended it.
    pub code: u8,
    /// Where what it left in `/pfs/out` stands.
    pub out: Option<PathBuf>,
    /// Why the command was not started, if it was not.
    pub why: Option<String>,
}

impl<'a> Entered<'a> {
    /// Lays out what the one datum that a target means sees.
    ///
    /// # Errors
    /// When it means none or more than one, or it cannot be laid out.
    pub fn open(session: &'a Session, target: &str, say: &mut dyn FnMut(String)) -> Result<Self, AppError> {
        let known = session.known();
        let plans = session.project.plan_all(&known);
        let (planned, datum) = find(session, &plans, target)?;
        let is_it = |number: usize| number == datum;
        if let Some(path) = session.project.absent_for(&planned.pipeline, &planned.plan, &is_it).first() {
            return Err(AppError::new(ExitCode::Data, not_installed(path).to_string()));
        }
        let project = &session.project;
        let shared = Shared::new(project, "enter", 1)
            .map_err(|error| AppError::new(ExitCode::Data, error.to_string()))?;
        let visited = Visited::lay_out(&planned, datum, &shared, &Rooms::new(project), say)?;
        Ok(Self { session, planned, datum, visited })
    }

    /// The datum: its pipeline and key.
    pub fn name(&self) -> String {
        format!("{}:{}", self.planned.pipeline.name, self.planned.plan.datums[self.datum].key)
    }

    /// Where its command sees `/pfs`.
    pub fn place(&self) -> Place {
        self.visited.room().place()
    }

    /// The command that a run would start.
    pub fn usual(&self) -> String {
        let transform = self.planned.pipeline.transform.as_ref();
        transform.map_or_else(String::new, |transform| {
            let words = transform.cmd.iter().map(|word| super::start::quoted(word));
            words.collect::<Vec<_>>().join(" ")
        })
    }

    /// Runs a command in there, and leaves.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn run(self, command: Vec<String>) -> Result<Left, AppError> {
        // Ctrl-C is for the command; this process waits for it.
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGQUIT] {
            signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)))
                .map_err(|error| AppError::new(ExitCode::Data, format!("cannot wait for Ctrl-C: {error}")))?;
        }
        let root = self.session.project.repo.root();
        if let Some(why) = self.visited.lacks(&self.planned, self.datum, &command) {
            let out = self.visited.leave()?;
            return Ok(Left { code: NOT_FOUND, out, why: Some(why) });
        }
        let ended = self.visited.run(&self.planned, self.datum, root, command);
        let out = self.visited.leave()?;
        let status = ended?;
        let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
        Ok(Left { code: u8::try_from(code).unwrap_or(u8::MAX), out, why: None })
    }
}

/// The one datum that a target means.
fn find(session: &Session, plans: &Plans, target: &str) -> Result<(Arc<Planned>, usize), AppError> {
    let mut found = Vec::new();
    for meant in session.project.resolve_target(plans, target)? {
        let planned = match plans.by_name.get(&meant.pipeline) {
            Some(Ok(planned)) => planned,
            Some(Err(error)) => return Err(AppError::new(ExitCode::Data, error.to_string())),
            None => continue,
        };
        let datums = planned.plan.datums.iter().enumerate();
        let is_meant = |key: &str| meant.key.as_ref().is_none_or(|wanted| wanted == key);
        found.extend(
            datums.filter(|(_, datum)| is_meant(&datum.key)).map(|(at, _)| (Arc::clone(planned), at)),
        );
    }
    let name = |(planned, at): &(Arc<Planned>, usize)| {
        format!("{}:{}", planned.pipeline.name, planned.plan.datums[*at].key)
    };
    match &found[..] {
        [one] => Ok(one.clone()),
        [] => Err(AppError::usage(format!("`{target}` is no datum that is expected now"))),
        [first, ..] => {
            let message = format!("`{target}` means {} datums, and one can be entered", found.len());
            Err(AppError::usage(message).hint(format!("name one of them, as `{}`", name(first))))
        }
    }
}

impl From<VisitError> for AppError {
    fn from(error: VisitError) -> Self {
        let code = match &error {
            VisitError::CannotRun(_) => ExitCode::Program,
            VisitError::NoCommand => ExitCode::Usage,
            VisitError::NoData(_) | VisitError::Taken | VisitError::Exec(_) => ExitCode::Data,
        };
        Self::new(code, error.to_string())
    }
}
