//! The containers of pipelines: the program that runs one, its [`Room`], and how a record names it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::exec::{
    ContainerView, Found, ImageSources, Room, SandboxView, for_charliecloud, obtain_image, user_in_image,
    with_mounts_below,
};
use crate::model::{ContainerMode, Image};
use crate::plan::record::RecordContainer;

use super::planner::Planned;
use super::programs::choose;
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
        choose(mode, image, &|program| self.programs.get(program))
    }

    /// Makes the container's image ready, which may take long: `say` hears of it first.
    pub(super) fn container(
        &self,
        planned: &Planned,
        image: &Image,
        found: Found,
        around: Option<Arc<SandboxView>>,
        say: &mut dyn FnMut(String),
    ) -> Result<Room, String> {
        let repo = &self.repo;
        let store = repo.state_dir().join("images");
        let bytes = |path: &str| self.image_bytes(path);
        let sources = ImageSources { root: repo.root(), bytes: &bytes, store: &store };
        let ready = obtain_image(&found, image, &sources, say)?;
        let transform = planned.pipeline.transform.as_ref();
        let wanted = transform.and_then(|transform| transform.user.as_deref());
        let user = user_in_image(&found, &ready, wanted)?;
        let network = transform.is_some_and(|transform| transform.network);
        let folders = with_mounts_below(&[repo.root(), repo.annex_dir(), repo.common_dir()]);
        let around =
            around.map(|view| in_charliecloud(&view, Path::new(&ready), &folders, network)).transpose()?;
        let helper =
            std::env::current_exe().map_err(|error| format!("minipach cannot find itself: {error}"))?;
        Ok(Room::Container(Arc::new(ContainerView {
            options: options(image, &found),
            user,
            network,
            begins_in_image: begins_in_image(planned),
            shown: folders,
            limits: planned.pipeline.limits.clone(),
            passed: planned.pipeline.pass_env.clone(),
            text: image.text.clone(),
            image: ready,
            around,
            helper,
            found,
        })))
    }
}

impl Project {
    /// The container that a pipeline's results were made in, as far as a record names it.
    pub(super) fn record_container(&self, planned: &Planned) -> Option<RecordContainer> {
        let image = planned.code.image.as_ref()?.as_ref().ok()?;
        let transform = planned.pipeline.transform.as_ref()?;
        let mode = asked_mode(self);
        let mode = if mode == ContainerMode::Never { ContainerMode::Auto } else { mode };
        let found = choose(mode, image, &|program| self.programs.get(program)).ok();
        Some(RecordContainer {
            options: found.as_ref().map(|found| options(image, found)).unwrap_or_default(),
            program: found.map(|found| found.program),
            image: image.clone(),
            user: transform.user.clone(),
            network: transform.network,
            gpus: planned.pipeline.limits.gpus.as_ref().map(|gpus| gpus.kind.clone()),
            begins_in_image: begins_in_image(planned),
        })
    }
}

/// The sandbox in which charliecloud makes a container of the folder `image`.
fn in_charliecloud(
    view: &SandboxView,
    image: &Path,
    folders: &[PathBuf],
    network: bool,
) -> Result<Arc<SandboxView>, String> {
    let further = for_charliecloud(image, folders)
        .map_err(|error| format!("the image `{}` cannot be read: {error}", image.display()))?;
    Ok(Arc::new(view.around(further, network)))
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
fn begins_in_image(planned: &Planned) -> bool {
    let transform = planned.pipeline.transform.as_ref();
    planned.code.files.is_empty() && transform.is_some_and(|transform| transform.working_dir.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ContainerProgram, ImageSource};

    #[test]
    fn options_are_for_the_program_they_were_given_to() {
        let call = vec!["singularity".to_owned(), "--nv".to_owned()];
        let called = Image { text: "x".into(), source: ImageSource::Named, content: None, call };
        let found = |program: ContainerProgram| {
            let (path, version) = (program.command().into(), String::new());
            Found { program, path, is_rootless: false, has_init: false, version }
        };
        assert_eq!(options(&called, &found(ContainerProgram::Apptainer)), ["--nv"]);
        assert_eq!(options(&called, &found(ContainerProgram::Podman)), Vec::<String>::new());
    }
}
