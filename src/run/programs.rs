//! Which program of this machine is to run an image.

use std::cell::OnceCell;
use std::path::Path;

use crate::exec::Found;
use crate::model::{ContainerMode, ContainerProgram, Image, ImageSource, show};

use super::ability::on_path;
use super::tried::tried;

/// The programs of this machine that run containers, each looked for once, at the first question.
#[derive(Default)]
pub(super) struct Programs {
    found: [OnceCell<Result<Found, String>>; ContainerProgram::ALL.len()],
    /// Whether each starts a container.
    tried: [OnceCell<Result<(), String>>; ContainerProgram::ALL.len()],
}

impl Programs {
    pub(super) fn get(&self, program: ContainerProgram) -> Result<Found, String> {
        self.found[place_of(program)].get_or_init(|| Found::look(program)).clone()
    }

    /// Why a program starts no container here.
    pub(super) fn tried(&self, found: &Found, state: &Path) -> Result<(), String> {
        self.tried[place_of(found.program)].get_or_init(|| tried(found, state)).clone()
    }
}

fn place_of(program: ContainerProgram) -> usize {
    ContainerProgram::ALL.iter().position(|one| *one == program).unwrap_or_default()
}

/// Whether a program can make a container of such an image.
const fn takes(program: ContainerProgram, source: &ImageSource) -> bool {
    use ContainerProgram::{Apptainer, Charliecloud, Docker, Podman, Singularity};
    match source {
        ImageSource::Named => true,
        ImageSource::File(_) => matches!(program, Apptainer | Singularity),
        ImageSource::Archive(_) => !matches!(program, Charliecloud),
        ImageSource::Saved(..) | ImageSource::Recipe(_) => matches!(program, Podman | Docker),
        ImageSource::Root(_) => matches!(program, Apptainer | Singularity | Charliecloud),
    }
}

/// The programs to be tried for an image, in order.
fn candidates(mode: ContainerMode, image: &Image) -> Vec<ContainerProgram> {
    let called = image.call.first();
    let is_called = |program: &&ContainerProgram| called.is_some_and(|name| program.name() == name);
    let mut all: Vec<ContainerProgram> = ContainerProgram::ALL.iter().filter(is_called).copied().collect();
    all.extend(ContainerProgram::ALL.iter().filter(|program| !is_called(program)));
    all.retain(|program| takes(*program, &image.source));
    // Only Apptainer and its kin know other sources than registries.
    let is_foreign = image.text.contains("://") && !image.text.starts_with("docker://");
    all.retain(|program| !is_foreign || takes(*program, &ImageSource::File(String::new())));
    if let ContainerMode::Only(program) = mode {
        all.retain(|one| *one == program);
    }
    all
}

/// Whether any of the programs is installed that are to be tried for an image.
pub(super) fn is_any_here(mode: ContainerMode, image: &Image) -> bool {
    candidates(mode, image).iter().any(|program| on_path(program.command()))
}

/// What [`choose`] says where none of the programs that are installed can run an image, for a reason that needs no question
/// to them.
pub(super) fn all_refuse(
    mode: ContainerMode,
    image: &Image,
    why: &dyn Fn(ContainerProgram) -> Option<String>,
) -> Option<String> {
    let mut here = candidates(mode, image).into_iter().filter(|program| on_path(program.command()));
    if here.any(|program| why(program).is_none()) {
        return None;
    }
    let look = |program: ContainerProgram| {
        let absent = || format!("`{}` is not installed", program.command());
        Err(why(program).filter(|_| on_path(program.command())).unwrap_or_else(absent))
    };
    choose(mode, image, &look).err()
}

/// The program that is to run an image.
///
/// # Errors
/// One sentence fragment: what it would take, and what is wrong with each.
pub(super) fn choose(
    mode: ContainerMode,
    image: &Image,
    look: &dyn Fn(ContainerProgram) -> Result<Found, String>,
) -> Result<Found, String> {
    let mut whys = Vec::new();
    for program in candidates(mode, image) {
        match look(program) {
            Ok(found) => return Ok(found),
            Err(why) => whys.push(why),
        }
    }
    let shown = show(&image.text);
    match (mode, whys.is_empty()) {
        (ContainerMode::Only(program), true) => {
            let fit: Vec<_> = candidates(ContainerMode::Auto, image).iter().map(|one| one.name()).collect();
            Err(format!(
                "{} does not take the image `{shown}` (`container: {}`), but {} would",
                program.name(),
                program.name(),
                fit.join(" or ")
            ))
        }
        (ContainerMode::Only(program), false) => Err(format!(
            "it asks for the image `{shown}`, and `container: {}` lets nothing else run it: {}; {}",
            program.name(),
            likely(whys),
            another(program, image, look)
        )),
        _ => Err(format!(
            "it asks for the image `{shown}`, and nothing here can run it: {}; `container: never` runs it without",
            likely(whys)
        )),
    }
}

/// What helps where the one program that is wanted cannot be had.
fn another(
    wanted: ContainerProgram,
    image: &Image,
    look: &dyn Fn(ContainerProgram) -> Result<Found, String>,
) -> String {
    let others = candidates(ContainerMode::Auto, image);
    let here = others.into_iter().find(|other| *other != wanted && look(*other).is_ok());
    match here.map(ContainerProgram::name) {
        Some(here) => format!("`container: {here}` takes {here}, which is here"),
        None => {
            "`container: auto` takes any that is installed, `container: never` runs it without".to_owned()
        }
    }
}

/// What is wrong with the program that would come first, an installed one if there is one; of two with both.
fn likely(mut whys: Vec<String>) -> String {
    if whys.len() <= 2 {
        return whys.join(", ");
    }
    let first = whys.iter().position(|why| !why.ends_with("is not installed")).unwrap_or(0);
    let first = whys.swap_remove(first);
    format!("{first} (`minipach engines` tells of {} more)", whys.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(text: &str, source: ImageSource, call: &[&str]) -> Image {
        let call = call.iter().map(|word| (*word).to_owned()).collect();
        Image { text: text.into(), source, content: None, call, extra: Vec::new() }
    }

    fn here(programs: &[ContainerProgram]) -> impl Fn(ContainerProgram) -> Result<Found, String> {
        move |program| {
            if programs.contains(&program) {
                let path = program.command().into();
                return Ok(Found {
                    program,
                    path,
                    is_rootless: false,
                    has_init: false,
                    version: String::new(),
                });
            }
            Err(format!("`{}` is not installed", program.command()))
        }
    }

    #[test]
    fn the_first_that_takes_the_image() {
        use ContainerProgram::{Apptainer, Docker, Podman, Singularity};
        let named = image("a:1", ImageSource::Named, &[]);
        let file = image("a.sif", ImageSource::File("a.sif".into()), &[]);
        let chosen = |mode, image: &Image, all: &[ContainerProgram]| {
            choose(mode, image, &here(all)).map(|found| found.program)
        };
        assert_eq!(chosen(ContainerMode::Auto, &named, &[Docker, Podman]), Ok(Podman));
        assert_eq!(chosen(ContainerMode::Only(Docker), &named, &[Docker, Podman]), Ok(Docker));
        assert_eq!(chosen(ContainerMode::Auto, &file, &[Podman, Singularity]), Ok(Singularity));
        let called = image("x", ImageSource::Named, &["apptainer", "--nv"]);
        assert_eq!(chosen(ContainerMode::Auto, &called, &[Podman, Apptainer]), Ok(Apptainer));
        let foreign = image("oras://x/y:1", ImageSource::Named, &[]);
        assert_eq!(chosen(ContainerMode::Auto, &foreign, &[Podman, Apptainer]), Ok(Apptainer));
    }

    #[test]
    fn one_sentence_where_there_is_none() {
        let named = image("a:1", ImageSource::Named, &[]);
        let said = choose(ContainerMode::Auto, &named, &here(&[])).unwrap_err();
        let first = "`podman` is not installed (`minipach engines` tells of 4 more); `container: never`";
        assert!(said.contains("`a:1`") && said.contains(first), "{said}");
        let broken = |program| match program {
            ContainerProgram::Docker => Err("docker cannot reach its daemon".to_owned()),
            other => here(&[])(other),
        };
        let said = choose(ContainerMode::Auto, &named, &broken).unwrap_err();
        assert!(said.contains("can run it: docker cannot reach its daemon (`minipach engines`"), "{said}");
        let only = ContainerMode::Only(ContainerProgram::Apptainer);
        let said = choose(only, &named, &here(&[ContainerProgram::Docker])).unwrap_err();
        let wanted = "`container: apptainer` lets nothing else run it: `apptainer` is not installed; `container: docker` takes docker, which is here";
        assert!(said.ends_with(wanted), "{said}");
        let said = choose(only, &named, &here(&[])).unwrap_err();
        assert!(
            said.ends_with(
                "`container: auto` takes any that is installed, `container: never` runs it without"
            ),
            "{said}"
        );
        let file = image("a.sif", ImageSource::File("a.sif".into()), &[]);
        let said = choose(ContainerMode::Only(ContainerProgram::Podman), &file, &here(&[])).unwrap_err();
        assert!(
            said.contains("podman does not take") && said.contains("apptainer or singularity would"),
            "{said}"
        );
    }
}
