//! The command line of charliecloud, which runs within the sandbox: by itself it cannot keep a folder read-only.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::sources::ImageSources;
use super::{Call, ContainerView, One, TMP};
use crate::model::{Image, ImageSource, PFS, show};

/// Where the image is put together in the sandbox, with the folders that it is to show.
const ROOT: &str = "/tmp/minipach-image";

/// The lists of users and groups of an image.
const ACCOUNTS: [&str; 2] = ["etc/passwd", "etc/group"];

/// Runs one command in the sandbox's own image.
pub(super) fn call(view: &ContainerView, one: &One<'_>) -> Call {
    let mut all: Vec<String> = vec![view.program()];
    for (_, to, _) in &one.mounts {
        all.extend(["--bind".to_owned(), format!("{0}:{0}", to.display())]);
    }
    // Nothing of the machine's variables, all of the image's, then its own.
    all.push("--unset-env=*".into());
    if Path::new(&view.image).join("ch/environment").is_file() {
        all.push("--set-env".into());
    }
    if ACCOUNTS.iter().any(|file| !Path::new(&view.image).join(file).is_file()) {
        // It puts lists of its own over these, where they stand.
        all.push("--no-passwd".into());
    }
    all.push("--env-no-expand".into());
    all.extend(one.env.iter().map(|(name, value)| format!("--set-env={name}={value}")));
    if let Some(cwd) = one.cwd {
        all.extend(["--cd".to_owned(), cwd.display().to_string()]);
    }
    all.extend(view.options.iter().cloned());
    all.extend([ROOT.to_owned(), "--".to_owned()]);
    all.extend(one.args.iter().cloned());
    // It does not begin without a name for whoever calls it.
    Call { args: all, env: vec![("USER".into(), "minipach".into())], undo: Vec::new() }
}

/// The folder that is an image.
pub(super) fn folder(image: &Image, sources: &ImageSources<'_>) -> Result<String, String> {
    let folder = match &image.source {
        ImageSource::Root(path) => sources.root.join(path),
        ImageSource::Named => stored(&image.text)?,
        _ => return Err(format!("charliecloud does not take `{}`: it needs a folder", show(&image.text))),
    };
    Ok(folder.to_string_lossy().into_owned())
}

/// An image that `ch-image` has pulled or built.
///
/// # Errors
/// A sentence fragment: it has none of this name.
pub fn stored(name: &str) -> Result<PathBuf, String> {
    let usual = || format!("/var/tmp/{}.ch", std::env::var("USER").unwrap_or_default()).into();
    let storage = std::env::var_os("CH_IMAGE_STORAGE").map_or_else(usual, PathBuf::from);
    let folder = storage.join("img").join(name.replace('/', "%").replace(':', "+"));
    if folder.is_dir() {
        return Ok(folder);
    }
    let name = show(name);
    Err(format!("charliecloud has no image `{name}`; `ch-image pull {name}` fetches it"))
}

/// What the sandbox needs to show so that the image stands at [`ROOT`], with places for `folders` and for what every
/// slot has: options of `bwrap`. What stands at the top of the image is shown read-only; a top that is to hold a place
/// that it has not is empty but for that.
///
/// # Errors
/// When the image cannot be read.
pub fn around(image: &Path, folders: &[PathBuf]) -> std::io::Result<Vec<OsString>> {
    // Git keeps no empty folders, so that a clone may have no places for what every container shows.
    let own = [PFS, TMP, "/dev", "/proc", "/sys", "/etc"].map(PathBuf::from);
    let places: Vec<&Path> =
        folders.iter().chain(&own).filter_map(|path| path.strip_prefix("/").ok()).collect();
    let absent: Vec<&Path> = places.into_iter().filter(|place| !image.join(place).is_dir()).collect();
    let is_emptied = |name: &OsStr| absent.iter().any(|place| place.iter().next() == Some(name));
    let mut all: Vec<OsString> = ["--perms", "0755", "--tmpfs", ROOT].map(OsString::from).into();
    for entry in std::fs::read_dir(image)? {
        let entry = entry?;
        let to = Path::new(ROOT).join(entry.file_name()).into_os_string();
        match std::fs::read_link(entry.path()) {
            _ if is_emptied(&entry.file_name()) => {}
            Ok(text) => all.extend(["--symlink".into(), text.into_os_string(), to]),
            Err(_) => all.extend(["--ro-bind".into(), entry.path().into_os_string(), to]),
        }
    }
    for place in absent {
        all.extend(["--dir".into(), Path::new(ROOT).join(place).into_os_string()]);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{one_for_tests, view_for_tests};
    use super::*;
    use crate::model::ContainerProgram;

    #[test]
    fn as_it_is_typed() {
        let args = ["sh".to_owned()];
        let view = view_for_tests(ContainerProgram::Charliecloud);
        let call = call(&view, &one_for_tests(&args));
        assert_eq!(
            call.args.join(" "),
            "/usr/bin/ch-run --bind /study:/study --bind /pfs:/pfs --unset-env=* --no-passwd --env-no-expand --set-env=PFS=/pfs \
             --cd /study /tmp/minipach-image -- sh"
        );
    }

    #[test]
    fn the_image_is_shown_with_places_for_what_it_has_not() {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["bin", "tmp", "data/study", "other"] {
            std::fs::create_dir_all(dir.path().join(folder)).unwrap();
        }
        std::os::unix::fs::symlink("bin", dir.path().join("sbin")).unwrap();
        let all = around(dir.path(), &["/data/study".into(), "/other/study".into()]).unwrap();
        let said = all.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
        let said = said.replace(dir.path().to_str().unwrap(), "IMAGE");
        for part in [
            "--ro-bind IMAGE/bin /tmp/minipach-image/bin",
            "--ro-bind IMAGE/data /tmp/minipach-image/data",
            "--symlink bin /tmp/minipach-image/sbin",
            "--dir /tmp/minipach-image/other/study",
            "--dir /tmp/minipach-image/pfs",
            "--dir /tmp/minipach-image/tmp/minipach",
        ] {
            assert!(said.contains(part), "{part} in {said}");
        }
        assert!(!said.contains("IMAGE/other") && !said.contains("IMAGE/tmp"), "{said}");
        assert!(around(Path::new("/nowhere/at/all"), &[]).is_err());
    }
}
