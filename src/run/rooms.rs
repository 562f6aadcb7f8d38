//! `Rooms`: where this machine runs the commands of each pipeline: in containers, in a sandbox, or as it is with `$PFS`.

use std::sync::Arc;

use crate::exec::{Room, SandboxView};
use crate::model::{ContainerMode, ContainerProgram, Image, SandboxMode, show};

use super::ability::missing;
use super::containers::asked_mode;
use super::literal::{self, Literal};
use super::planner::Planned;
use super::preparation::Preparation;
use super::programs::is_any_here;
use super::project::Project;

/// Names the mode for one run or one shell, over `sandbox` in `minipach.yml`.
const VARIABLE: &str = "MINIPACH_SANDBOX";

/// What this machine can do for a project, found out once, at the first question.
pub struct Rooms<'a> {
    project: &'a Project,
}

/// What is known of a pipeline's room at once.
pub(super) enum Asked {
    /// All of it.
    Room(Room),
    /// That it is a container, once its image is ready.
    Container(Box<Preparation>),
}

/// Where a pipeline's commands are to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// As the machine is.
    Host,
    /// In a sandbox.
    Sandbox,
}

impl<'a> Rooms<'a> {
    /// Looks at nothing yet.
    pub const fn new(project: &'a Project) -> Self {
        Self { project }
    }

    /// Where the commands of a pipeline run. `say` hears beforehand what takes long: an image may have to come from
    /// elsewhere.
    ///
    /// # Errors
    /// One sentence that says why they cannot.
    pub fn room(&self, planned: &Planned, say: &mut dyn FnMut(String)) -> Result<Room, String> {
        match self.ask(planned)? {
            Asked::Room(room) => Ok(room),
            Asked::Container(preparation) => preparation.run(say),
        }
    }

    /// Where the commands of a pipeline are to run, before anything that takes long.
    pub(super) fn ask(&self, planned: &Planned) -> Result<Asked, String> {
        if let Some(image) = self.image(planned) {
            return self.container(planned, image?).map(Box::new).map(Asked::Container);
        }
        if let Some(sentence) = missing(&planned.pipeline) {
            return Err(sentence);
        }
        let literal = self.literal(planned);
        let choice = choose(self.mode(), literal.as_ref(), &|| self.sandbox().map(drop))?;
        Ok(Asked::Room(match (choice, self.project.sandbox.get()) {
            (Choice::Sandbox, Some(Ok(view))) => Room::Sandbox(Arc::clone(view)),
            _ => Room::Host,
        }))
    }

    /// The image that a pipeline's commands need, or why it can be none.
    fn image<'p>(&self, planned: &'p Planned) -> Option<Result<&'p Image, String>> {
        let image =
            planned.code.image.as_ref().filter(|_| asked_mode(self.project) != ContainerMode::Never)?;
        Some(image.as_ref().map_err(Clone::clone))
    }

    /// Whether a pipeline names an image that is none, which no program could run.
    pub(super) fn is_image_wrong(&self, planned: &Planned) -> bool {
        matches!(self.image(planned), Some(Err(_)))
    }

    fn container(&self, planned: &Planned, image: &Image) -> Result<Preparation, String> {
        let found = self.project.container_program(asked_mode(self.project), image)?;
        let around = (found.program == ContainerProgram::Charliecloud).then(|| {
            self.sandbox().cloned().map_err(|why| format!("charliecloud runs in a sandbox, but {why}"))
        });
        Ok(self.project.preparation(planned, image, found, around.transpose()?))
    }

    /// Why the commands of a pipeline cannot run here, as far as that is seen at once: of programs that run images, whether
    /// any is here, and what the last run came upon.
    pub(super) fn seen_refusal(&self, planned: &Planned) -> Option<String> {
        match self.image(planned) {
            Some(Err(why)) => Some(why),
            Some(Ok(image)) if is_any_here(asked_mode(self.project), image) => {
                self.project.unmountable_image(asked_mode(self.project), image).or_else(|| {
                    let found = self.project.hindrance(&planned.pipeline.name, image);
                    found.map(|why| format!("as the last run found, {why}"))
                })
            }
            _ => self.refusal(planned),
        }
    }

    /// Why the commands of a pipeline cannot run here; nothing is tried out unless it matters.
    pub(super) fn refusal(&self, planned: &Planned) -> Option<String> {
        if let Some(image) = self.image(planned) {
            return image
                .and_then(|image| self.project.container_program(asked_mode(self.project), image))
                .err();
        }
        missing(&planned.pipeline).or_else(|| {
            let literal = self.literal(planned);
            let matters = literal.is_some() || self.mode() == SandboxMode::Always;
            let is_run = planned.pipeline.transform.is_some();
            (matters && is_run)
                .then(|| choose(self.mode(), literal.as_ref(), &|| self.sandbox().map(drop)).err())?
        })
    }

    /// What is said once of commands that run in a room.
    pub(super) fn sentence(&self, room: &Room) -> String {
        match (room, self.mode(), self.project.sandbox.get()) {
            (Room::Container(view), ..) => {
                let network = if view.network { "" } else { ", and there is no network" };
                format!(
                    "commands run in containers of `{}`, made by {}: /pfs is real, the project is read-only{network}",
                    show(&view.text),
                    view.found.program.name(),
                )
            }
            (Room::Sandbox(_), ..) => {
                "commands run in a sandbox: /pfs is real, and they can write to nothing else but $TMPDIR and /tmp".into()
            }
            (Room::Host, SandboxMode::Auto, Some(Err(why))) => {
                format!("commands run without a sandbox, so `$PFS` stands for /pfs: {why}")
            }
            (Room::Host, ..) => {
                "commands run without a sandbox, as `sandbox: never` says, so `$PFS` stands for /pfs".into()
            }
        }
    }

    /// Where the code of a pipeline says `/pfs` itself.
    pub(super) fn literal(&self, planned: &Planned) -> Option<Literal> {
        literal::find(self.project.repo.root(), &planned.code)
    }

    pub(super) fn mode(&self) -> SandboxMode {
        match std::env::var(VARIABLE).as_deref() {
            Ok("auto") => SandboxMode::Auto,
            Ok("always") => SandboxMode::Always,
            Ok("never") => SandboxMode::Never,
            _ => self.project.config().sandbox,
        }
    }

    fn sandbox(&self) -> Result<&Arc<SandboxView>, String> {
        let found = self.project.sandbox.get_or_init(|| {
            let helper =
                std::env::current_exe().map_err(|error| format!("minipach cannot find itself: {error}"))?;
            let repo = &self.project.repo;
            let view = SandboxView::look(&helper, &[repo.root(), repo.annex_dir(), repo.common_dir()])?;
            view.try_out()?;
            Ok(Arc::new(view))
        });
        found.as_ref().map_err(Clone::clone)
    }
}

/// Chooses by what is asked, what the code needs, and whether a sandbox can be had.
///
/// Code that says `/pfs` itself is not run where there is none: it would find nothing, or as the machine's
/// administrator make a `/pfs` of its own.
///
/// # Errors
/// One sentence that says why there is no place for it.
pub(super) fn choose(
    mode: SandboxMode,
    literal: Option<&Literal>,
    sandbox: &dyn Fn() -> Result<(), String>,
) -> Result<Choice, String> {
    if mode == SandboxMode::Never {
        return literal.map_or(Ok(Choice::Host), |Literal { path, line }| {
            Err(format!(
                "`{path}` says `/pfs` itself (line {line}), and without a sandbox, as `sandbox: never` asks, there is none: let it use `$PFS`"
            ))
        });
    }
    match (sandbox(), mode, literal) {
        (Ok(()), ..) => Ok(Choice::Sandbox),
        (Err(why), SandboxMode::Always, _) => {
            Err(format!("its commands are to run in a sandbox (`sandbox: always`), but {why}"))
        }
        (Err(why), _, Some(Literal { path, line })) => Err(format!(
            "`{path}` says `/pfs` itself (line {line}), and that is only there in a sandbox or container: {why}; or let it use `$PFS`"
        )),
        (Err(_), _, None) => Ok(Choice::Host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sandbox_where_it_can_be_had_and_a_sentence_where_it_must() {
        let literal = Literal { path: "code/a.py".into(), line: 3 };
        let (can, cannot) = (|| Ok(()), || Err("`bwrap` is not installed".to_owned()));
        let chosen = |mode, literal, can: &dyn Fn() -> Result<(), String>| choose(mode, literal, can);
        for literal in [None, Some(&literal)] {
            assert_eq!(chosen(SandboxMode::Auto, literal, &can), Ok(Choice::Sandbox));
            assert_eq!(chosen(SandboxMode::Always, literal, &can), Ok(Choice::Sandbox));
        }
        for can in [&can as &dyn Fn() -> Result<(), String>, &cannot] {
            assert_eq!(chosen(SandboxMode::Never, None, can), Ok(Choice::Host));
            let refused = chosen(SandboxMode::Never, Some(&literal), can).unwrap_err();
            assert!(
                refused.contains("`code/a.py`") && refused.contains("line 3") && refused.contains("`$PFS`")
            );
        }
        assert_eq!(chosen(SandboxMode::Auto, None, &cannot), Ok(Choice::Host));
        let refused = chosen(SandboxMode::Auto, Some(&literal), &cannot).unwrap_err();
        assert!(refused.contains("`code/a.py`") && refused.contains("line 3") && refused.contains("`bwrap`"));
        let refused = chosen(SandboxMode::Always, None, &cannot).unwrap_err();
        assert!(refused.contains("sandbox: always") && refused.contains("`bwrap`"), "{refused}");
    }

    #[test]
    fn nothing_is_tried_out_in_vain() {
        let never = || -> Result<(), String> { panic!("tried out") };
        assert_eq!(choose(SandboxMode::Never, None, &never), Ok(Choice::Host));
    }
}
