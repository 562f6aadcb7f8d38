//! Who a command is in a container, where the numbers of users in there are not those out here.

use super::found::{Found, ask, asked};
use crate::model::ContainerProgram;

/// The user that a command is to be told to be; nothing where the image's own will do.
///
/// Without the administrator's rights only the administrator in there is the caller out here. What anybody else writes
/// could not even be removed, so others are given the caller's number, or are the administrator where that cannot be.
///
/// # Errors
/// A sentence fragment: the image has no such user.
pub fn user_of(found: &Found, image: &str, wanted: Option<&str>) -> Result<Option<String>, String> {
    let is_daemon = found.program == ContainerProgram::Docker;
    if !found.is_rootless || !(is_daemon || found.program == ContainerProgram::Podman) {
        return Ok(wanted.map(str::to_owned));
    }
    let own = ask(&found.path, &["image", "inspect", "--format", "{{.Config.User}}", image])?;
    let user = wanted.unwrap_or(&own);
    match user {
        "" => Ok(None),
        user if is_root(user) => Ok(Some(user.to_owned())),
        _ if is_daemon => Ok(Some("0:0".to_owned())),
        user => numbers(found, image, user).map(Some),
    }
}

/// Whether it is the administrator.
pub(super) fn is_root(user: &str) -> bool {
    matches!(user.split(':').next(), Some("0" | "root"))
}

/// `user:group` in numbers; the image knows its names.
fn numbers(found: &Found, image: &str, user: &str) -> Result<String, String> {
    let (name, group) = user.split_once(':').unwrap_or((user, ""));
    let is_number = |text: &str| text.parse::<u32>().is_ok();
    let in_image = |question: &str| {
        let args = [
            "--log-level",
            "fatal",
            "run",
            "--rm",
            "--network",
            "none",
            "--entrypoint",
            "id",
            "--user",
            user,
        ];
        let args = [&args[..], &[image, question]].concat();
        asked(&found.path, &args).map_err(|said| format!("the image has no user `{user}`: {said}"))
    };
    match (is_number(name), is_number(group)) {
        (true, true) => Ok(user.to_owned()),
        (true, false) if group.is_empty() => Ok(format!("{name}:{name}")),
        _ => Ok(format!("{}:{}", in_image("-u")?, in_image("-g")?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_need_no_image() {
        let found = |program, is_rootless| {
            let (path, version) = ("/nowhere/at/all".into(), String::new());
            Found { program, path, is_rootless, has_init: false, version }
        };
        let podman = found(ContainerProgram::Podman, true);
        assert_eq!(numbers(&podman, "x", "1000").unwrap(), "1000:1000");
        assert_eq!(numbers(&podman, "x", "1000:5").unwrap(), "1000:5");
        assert!(numbers(&podman, "x", "app").unwrap_err().contains("no user `app`"));
        let of = |program, is_rootless| user_of(&found(program, is_rootless), "x", Some("app"));
        assert_eq!(of(ContainerProgram::Podman, false), Ok(Some("app".into())));
        assert_eq!(of(ContainerProgram::Apptainer, true), Ok(Some("app".into())));
    }
}
