//! The containers of pipelines: the program that runs one, its [`Room`](crate::exec::Room), and how a record names it.

use std::path::Path;
use std::sync::Arc;

use crate::exec::{Found, SandboxView, stored_by_charliecloud};
use crate::model::{ContainerMode, ContainerProgram, Image, ImageSource, show};
use crate::plan::record::RecordContainer;

use super::planner::Planned;
use super::preparation::Preparation;
use super::programs::{all_refuse, choose};
use super::project::Project;

/// Names the program for one run or one shell, over `container` in `minipach.yml`.
const VARIABLE: &str = "MINIPACH_CONTAINER";

/// What is to run images.
pub(super) fn asked_mode(project: &Project) -> ContainerMode {
    let asked = std::env::var(VARIABLE).ok();
    asked.as_deref().and_then(ContainerMode::of).unwrap_or(project.config().container)
}

impl Project {
    /// The program that runs a pipeline's image.
    ///
    /// # Errors
    /// One sentence that says why there is none.
    pub(super) fn container_program(&self, mode: ContainerMode, image: &Image) -> Result<Found, String> {
        if let Some(absent) = self.absent_image(image) {
            return Err(absent);
        }
        let chosen = choose(mode, image, &|program| self.able(mode, image, program));
        chosen.map_err(|why| self.untold_image(image).unwrap_or(why))
    }

    /// A program that is here and, where another could be used instead, starts containers.
    fn able(&self, mode: ContainerMode, image: &Image, program: ContainerProgram) -> Result<Found, String> {
        self.unmountable(program).map_or(Ok(()), Err)?;
        let found = self.programs.get(program)?;
        if mode != ContainerMode::Auto {
            return Ok(found);
        }
        if program == ContainerProgram::Charliecloud && image.source == ImageSource::Named {
            stored_by_charliecloud(&image.text)?;
        }
        // With options of people's own it may well start one.
        if options(image, &found).is_empty() {
            self.programs.tried(&found, &self.repo.state_dir())?;
        }
        Ok(found)
    }

    /// Why a program cannot show the project to a command, as its options for that are cut at such signs.
    fn unmountable(&self, program: ContainerProgram) -> Option<String> {
        let signs = program.cut_at();
        let is_cut = |path: &&Path| path.to_string_lossy().contains(signs);
        let path = self.shown().into_iter().find(is_cut)?;
        let text = path.to_string_lossy();
        let sign = text.chars().find(|sign| signs.contains(sign))?;
        let (program, path) = (program.name(), show(&text));
        Some(format!("{program} takes no path with a `{sign}`, and the project is at `{path}`: move it"))
    }

    /// Why no program of this machine can show the project to commands in containers of an image: known without a question to any.
    pub(super) fn unmountable_image(&self, mode: ContainerMode, image: &Image) -> Option<String> {
        all_refuse(mode, image, &|program| self.unmountable(program))
    }

    /// The folders that a container shows.
    fn shown(&self) -> [&Path; 3] {
        [self.repo.root(), self.repo.annex_dir(), self.repo.common_dir()]
    }

    /// All that it takes to make the container ready.
    pub(super) fn preparation(
        &self,
        planned: &Planned,
        image: &Image,
        found: Found,
        around: Option<Arc<SandboxView>>,
    ) -> Preparation {
        let repo = &self.repo;
        let transform = planned.pipeline.transform.as_ref();
        let extra = image.extra.iter().cloned();
        let files = image.files().into_iter().chain(extra).map(|path| (self.image_file(&path), path));
        Preparation {
            root: repo.root().to_owned(),
            state: repo.state_dir(),
            files: files.map(|(file, path)| (path, file)).collect(),
            shown: self.shown().map(Path::to_owned).into(),
            options: options(image, &found),
            wanted_user: transform.and_then(|transform| transform.user.clone()),
            network: transform.is_some_and(|transform| transform.network),
            begins_in_image: begins_in_image(planned, image),
            limits: planned.pipeline.limits.clone(),
            passed: planned.pipeline.pass_env.clone(),
            image: image.clone(),
            found,
            around,
        }
    }
}

impl Project {
    /// The container that a pipeline's results were made in, as far as a record names it.
    pub(super) fn record_container(&self, planned: &Planned) -> Option<RecordContainer> {
        let image = planned.code.image.as_ref()?.as_ref().ok()?;
        let transform = planned.pipeline.transform.as_ref()?;
        let mode = asked_mode(self);
        let mode = if mode == ContainerMode::Never { ContainerMode::Auto } else { mode };
        let found = choose(mode, image, &|program| self.able(mode, image, program)).ok();
        Some(RecordContainer {
            options: found.as_ref().map(|found| options(image, found)).unwrap_or_default(),
            program: found.map(|found| found.program),
            image: image.clone(),
            user: transform.user.clone(),
            network: transform.network,
            gpus: planned.pipeline.limits.gpus.as_ref().map(|gpus| gpus.kind.clone()),
            begins_in_image: begins_in_image(planned, image),
            memory_bytes: planned.pipeline.limits.memory_bytes,
            passed: planned.pipeline.pass_env.clone(),
        })
    }
}

/// Options that people gave `DataLad` for the program that runs it, too.
fn options(image: &Image, found: &Found) -> Vec<String> {
    let family = |name: &str| if name == "singularity" { "apptainer".to_owned() } else { name.to_owned() };
    match image.call.split_first() {
        Some((program, options)) if family(program) == family(found.program.name()) => options.to_vec(),
        _ => Vec::new(),
    }
}

/// A command that names files of the project starts in the project, as everywhere; one that names none is all in its
/// image, and starts where that says.
fn begins_in_image(planned: &Planned, image: &Image) -> bool {
    let transform = planned.pipeline.transform.as_ref();
    let mut code = planned.code.files.keys();
    code.all(|path| image.extra.contains(path))
        && transform.is_some_and(|transform| transform.working_dir.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ContainerProgram, ImageSource};

    #[test]
    fn options_are_for_the_program_they_were_given_to() {
        let call = vec!["singularity".to_owned(), "--nv".to_owned()];
        let called =
            Image { text: "x".into(), source: ImageSource::Named, content: None, call, extra: Vec::new() };
        let found = |program: ContainerProgram| {
            let (path, version) = (program.command().into(), String::new());
            Found { program, path, is_rootless: false, has_init: false, version }
        };
        assert_eq!(options(&called, &found(ContainerProgram::Apptainer)), ["--nv"]);
        assert_eq!(options(&called, &found(ContainerProgram::Podman)), Vec::<String>::new());
    }
}
