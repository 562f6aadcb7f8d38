//! Makes an image ready to be used: pulls, loads or builds it, unless the store of its program has it already.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::found::{Found, answer, ask, asked, is_late};
use super::sources::ImageSources;
use crate::model::{ContainerProgram, Image, ImageSource, Recipe, show};

/// The image as the program takes it. `say` hears what takes long before it begins.
///
/// # Errors
/// One sentence fragment that says why there is none.
pub fn obtain(
    found: &Found,
    image: &Image,
    sources: &ImageSources<'_>,
    say: &mut dyn FnMut(String),
) -> Result<String, String> {
    match found.program {
        ContainerProgram::Podman | ContainerProgram::Docker => in_store(found, image, sources, say),
        ContainerProgram::Apptainer | ContainerProgram::Singularity => as_file(found, image, sources, say),
        ContainerProgram::Charliecloud => super::charliecloud::folder(image, sources),
    }
}

/// For podman and docker: the image's id in their store, so that all commands of a run see the same one.
fn in_store(
    found: &Found,
    image: &Image,
    sources: &ImageSources<'_>,
    say: &mut dyn FnMut(String),
) -> Result<String, String> {
    let name = stored_name(image);
    let program = found.program.name();
    match id_of(found, &name) {
        Ok(id) => return Ok(id),
        Err(said) if is_late(&said) => return Err(format!("{program} cannot be used now: {said}")),
        Err(_) => {}
    }
    let shown = show(&image.text);
    match &image.source {
        ImageSource::Named => {
            say(format!("pulling the image `{shown}` with {program}"));
            asked(&found.path, &["pull", "--quiet", &name])
                .map_err(|said| format!("{program} cannot pull the image `{shown}`: {}", clear(&said)))?;
        }
        ImageSource::Recipe(recipe) => {
            say(format!("building the image of `{shown}` with {program}"));
            build(found, recipe, &name, sources)
                .map_err(|said| format!("{program} cannot build `{shown}`: {}", clear(&said)))?;
        }
        ImageSource::Archive(path) => {
            say(format!("loading the image `{shown}` into {program}"));
            let load = |file: &PathBuf| {
                let file = File::open(file).map_err(|error| error.to_string())?;
                load(found, Stdio::from(file), &name)
            };
            sources
                .bytes(path)
                .and_then(|file| load(&file))
                .map_err(|said| not_loaded(program, &shown, &said))?;
        }
        ImageSource::Saved(folder, files) => {
            say(format!("loading the image `{shown}` into {program}"));
            load_folder(found, &sources.root.join(folder), files, &name)
                .map_err(|said| not_loaded(program, &shown, &said))?;
        }
        ImageSource::File(_) | ImageSource::Root(_) => {
            return Err(format!("{program} does not take `{shown}`"));
        }
    }
    id_of(found, &name).map_err(|said| format!("{program} has no image `{shown}`: {said}"))
}

/// Whether podman or docker has an image in its store, however it came there; others keep none.
pub fn is_stored(found: &Found, image: &Image) -> bool {
    matches!(found.program, ContainerProgram::Podman | ContainerProgram::Docker)
        && id_of(found, &stored_name(image)).is_ok()
}

/// What it is called in the store of podman and docker.
fn stored_name(image: &Image) -> String {
    image.tag().unwrap_or_else(|| plain_name(image).to_owned())
}

/// The name of an image with the digest that it has in its registry, as its program knows it; nothing for what stands in
/// the project, was made here, or has its digest in its name.
pub fn digest(found: &Found, image: &Image, ready: &str) -> Option<String> {
    let is_oci = matches!(found.program, ContainerProgram::Podman | ContainerProgram::Docker);
    if !is_oci || image.source != ImageSource::Named || image.text.contains('@') {
        return None;
    }
    let form = "{{range .RepoDigests}}{{println .}}{{end}}";
    let told = ask(&found.path, &["image", "inspect", "--format", form, ready]).ok()?;
    told.lines().map(str::trim).find(|line| line.contains("@sha256:")).map(str::to_owned)
}

/// What podman says, where it is of a name without a registry: docker takes such a name to be of `docker.io`, podman asks
/// nobody unless its settings say whom.
fn clear(said: &str) -> String {
    let is_short = said.contains("short-name") && said.contains("unqualified-search");
    let name = said
        .split_once("short-name")
        .and_then(|(_, rest)| rest.split(['"', '\\']).find(|word| !word.trim().is_empty()));
    let Some(name) = name.filter(|_| is_short) else { return said.to_owned() };
    let full =
        if name.contains('/') { format!("docker.io/{name}") } else { format!("docker.io/library/{name}") };
    format!(
        "the name `{name}` does not say of which registry it is, and podman is not told where to look for such names: write `{full}`, or `unqualified-search-registries = [\"docker.io\"]` in `~/.config/containers/registries.conf`"
    )
}

fn not_loaded(program: &str, image: &str, said: &str) -> String {
    format!("{program} cannot load the image `{image}`: {said}")
}

fn id_of(found: &Found, name: &str) -> Result<String, String> {
    ask(&found.path, &["image", "inspect", "--format", "{{.Id}}", name])
}

/// The name without the word for where it is from, which only Apptainer wants.
fn plain_name(image: &Image) -> &str {
    image.text.strip_prefix("docker://").unwrap_or(&image.text)
}

fn load(found: &Found, from: Stdio, name: &str) -> Result<(), String> {
    let mut command = Command::new(&found.path);
    command.args(["load", "--quiet"]).stdin(from).current_dir("/");
    let said = answer(&mut command)?;
    let loaded = said.lines().rev().find_map(|line| line.split_once(": ")).map(|(_, loaded)| loaded.trim());
    let loaded = loaded.ok_or("it does not say what it loaded")?;
    asked(&found.path, &["tag", loaded, name]).map(drop)
}

/// A folder as the archive that it was: `tar` follows the links of annexed parts.
fn load_folder(found: &Found, folder: &Path, files: &[String], name: &str) -> Result<(), String> {
    let mut tar = Command::new("tar");
    tar.args(["--create", "--dereference", "--directory"]).arg(folder).arg("--").args(files);
    let mut tar = tar
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("`tar` did not start: {error}"))?;
    let archive = tar.stdout.take().map_or_else(Stdio::null, Stdio::from);
    let loaded = load(found, archive, name);
    let packed = tar.wait().map_err(|error| error.to_string())?;
    loaded.and(if packed.success() { Ok(()) } else { Err("its files cannot be read".into()) })
}

/// Builds from exactly the files that count as the image's, laid out afresh.
fn build(found: &Found, recipe: &Recipe, name: &str, sources: &ImageSources<'_>) -> Result<(), String> {
    let context = sources.store.join(format!("build-{}", std::process::id()));
    let built = lay_out(recipe, &context, sources).and_then(|()| {
        let file = context.join(below(&recipe.path, &recipe.folder));
        let (file, folder) = (file.to_string_lossy().into_owned(), context.to_string_lossy().into_owned());
        asked(&found.path, &["build", "--quiet", "--tag", name, "--file", &file, &folder]).map(drop)
    });
    let removed = super::super::remove_tree(&context).map_err(|error| error.to_string());
    built.and(removed)
}

fn lay_out(recipe: &Recipe, context: &Path, sources: &ImageSources<'_>) -> Result<(), String> {
    let failed = |error: std::io::Error| error.to_string();
    for path in &recipe.files {
        let to = context.join(below(path, &recipe.folder));
        std::fs::create_dir_all(to.parent().unwrap_or(context)).map_err(failed)?;
        std::fs::copy((sources.bytes)(path)?, to).map_err(failed)?;
    }
    Ok(())
}

fn below<'a>(path: &'a str, folder: &str) -> &'a str {
    path.strip_prefix(folder).map_or(path, |rest| rest.trim_start_matches('/'))
}

/// For Apptainer: a file, which is made where the image is none.
fn as_file(
    found: &Found,
    image: &Image,
    sources: &ImageSources<'_>,
    say: &mut dyn FnMut(String),
) -> Result<String, String> {
    let program = found.program.name();
    let shown = show(&image.text);
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    let (key, from) = match &image.source {
        ImageSource::File(path) => return sources.bytes(path).map(text),
        ImageSource::Root(path) => return Ok(text(sources.root.join(path))),
        ImageSource::Named if image.text.contains("://") => (image.text.clone(), image.text.clone()),
        ImageSource::Named => (image.text.clone(), format!("docker://{}", image.text)),
        ImageSource::Archive(path) => {
            let from = format!("docker-archive:{}", text(sources.bytes(path)?));
            (image.tag().unwrap_or_else(|| image.text.clone()), from)
        }
        ImageSource::Saved(..) | ImageSource::Recipe(_) => {
            return Err(format!("{program} does not take `{shown}`; podman and docker do"));
        }
    };
    let file = sources.store.join(format!("{}.sif", &blake3::hash(key.as_bytes()).to_hex()[..16]));
    if let Ok(made) = File::open(&file) {
        // `gc` goes by when it was used last.
        let now = rustix::fs::Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW };
        let times = rustix::fs::Timestamps { last_access: now, last_modification: now };
        rustix::fs::futimens(&made, &times).unwrap_or_default();
        return Ok(text(file));
    }
    say(format!("making a file of the image `{shown}` with {program}"));
    std::fs::create_dir_all(sources.store).map_err(|error| error.to_string())?;
    let half = text(file.with_extension("part"));
    asked(&found.path, &["build", "--force", &half, &from])
        .map_err(|said| format!("{program} cannot make a file of the image `{shown}`: {said}"))?;
    std::fs::rename(half, &file).map_err(|error| error.to_string())?;
    Ok(text(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_without_a_registry_is_explained() {
        let said = |name: &str| {
            format!(
                "Error: short-name \"{name}\" did not resolve to an alias and no unqualified-search registries are defined in \"/etc/containers/registries.conf\""
            )
        };
        assert!(clear(&said("foo:1")).starts_with("the name `foo:1` does not say of which registry it is"));
        assert!(clear(&said("foo:1")).contains("write `docker.io/library/foo:1`, or"));
        assert!(clear(&said("me/foo")).contains("write `docker.io/me/foo`, or"));
        assert_eq!(clear("Error: connection refused"), "Error: connection refused");
    }

    #[test]
    fn files_of_a_recipe_stand_as_beside_it() {
        assert_eq!(below("code/image/Dockerfile", "code/image"), "Dockerfile");
        assert_eq!(below("Dockerfile", ""), "Dockerfile");
    }
}
