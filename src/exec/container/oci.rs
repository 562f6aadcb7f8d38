//! The command lines of podman and docker.

use super::user::is_root;
use super::{Call, ContainerView, One};
use crate::model::{ContainerProgram, Limits};

/// Runs one command in a container that is gone afterwards.
pub(super) fn call(view: &ContainerView, one: &One<'_>) -> Call {
    let is_podman = view.found.program == ContainerProgram::Podman;
    let program = view.program();
    let mut all: Vec<String> = vec![program.clone()];
    let mut add = |words: &[&str]| all.extend(words.iter().map(|word| (*word).to_owned()));
    if is_podman {
        // Its warnings about the machine would stand in every log; what makes it fail is said anyway.
        add(&["--log-level", "fatal"]);
    }
    // What runs it is the command itself, not what the image begins with; nobody pulls while commands run.
    add(&["run", "--rm", "--name", one.name, "--pull", "never", "--entrypoint", "", "--log-driver", "none"]);
    // A name that is the same each time.
    add(&["--hostname", "minipach"]);
    // The rights of files decide, not the labels of SELinux, which would have to be changed on the machine.
    add(&["--security-opt", "label=disable"]);
    if view.found.has_init {
        // Else it would be the first process, which is deaf to requests to end.
        add(&["--init"]);
    }
    if one.has_input || one.is_on_terminal {
        add(&["--interactive"]);
    }
    if one.is_on_terminal {
        add(&["--tty"]);
    }
    if !view.network {
        add(&["--network", "none"]);
    }
    if is_podman {
        add(&["--http-proxy=false"]);
    }
    all.extend(limits(&view.limits, is_podman));
    all.extend(user(view));
    for (from, to, is_writable) in &one.mounts {
        let rights = if *is_writable { "rw" } else { "ro" };
        all.extend(["--volume".to_owned(), format!("{}:{}:{rights}", from.display(), to.display())]);
    }
    if let Some(cwd) = one.cwd {
        all.extend(["--workdir".to_owned(), cwd.display().to_string()]);
    }
    for (name, value) in &one.env {
        all.extend(["--env".to_owned(), format!("{name}={value}")]);
    }
    all.extend(view.options.iter().cloned());
    all.push(view.image.clone());
    all.extend(one.args.iter().cloned());
    Call { args: all, env: Vec::new(), undo: undo(&program, one.name, is_podman) }
}

fn undo(program: &str, name: &str, is_podman: bool) -> Vec<String> {
    let options: &[&str] = if is_podman { &["--ignore", "--time", "0"] } else { &[] };
    let words = [program, "rm", "--force"].into_iter().chain(options.iter().copied()).chain([name]);
    words.map(str::to_owned).collect()
}

fn limits(limits: &Limits, is_podman: bool) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(cpus) = limits.cpus {
        all.extend(["--cpus".to_owned(), cpus.to_string()]);
    }
    if let Some(bytes) = limits.memory_bytes {
        // Without a limit on both together, what does not fit goes to the swap space.
        all.extend([
            "--memory".to_owned(),
            format!("{bytes}b"),
            "--memory-swap".to_owned(),
            format!("{bytes}b"),
        ]);
    }
    let Some(gpus) = &limits.gpus else { return all };
    let words: Vec<String> = match (gpus.kind.starts_with("amd"), is_podman) {
        (true, _) => ["--device", "/dev/kfd", "--device", "/dev/dri"].map(str::to_owned).into(),
        (false, true) => vec!["--device".to_owned(), "nvidia.com/gpu=all".to_owned()],
        (false, false) => vec!["--gpus".to_owned(), gpus.number.to_string()],
    };
    all.extend(words);
    all
}

/// Who a command is: whoever it is, what it writes must be the caller's.
fn user(view: &ContainerView) -> Vec<String> {
    let own = (rustix::process::geteuid(), rustix::process::getegid());
    user_of(view, (own.0.as_raw(), own.1.as_raw()))
}

fn user_of(view: &ContainerView, (own, group): (u32, u32)) -> Vec<String> {
    let text = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    match (&view.user, view.found.is_rootless) {
        // The administrator in there is the caller out here, so others in there are given the caller's number.
        (Some(user), true) if !is_root(user) => {
            let (user, group) = user.split_once(':').unwrap_or((user, user));
            let map = format!("keep-id:uid={user},gid={group}");
            let who = format!("{user}:{group}");
            if view.found.program == ContainerProgram::Podman {
                text(&["--userns", &map, "--user", &who])
            } else {
                text(&["--user", &who])
            }
        }
        (Some(user), _) => text(&["--user", user]),
        (None, false) if own != 0 => text(&["--user", &format!("{own}:{group}")]),
        (None, _) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{one_for_tests, view_for_tests};
    use super::*;
    use crate::model::Gpus;

    fn said(view: &ContainerView, one: &One<'_>) -> String {
        call(view, one).args.join(" ")
    }

    #[test]
    fn podman_as_it_is_typed() {
        let args = ["sh".to_owned(), "run.sh".to_owned()];
        let mut view = view_for_tests(ContainerProgram::Podman);
        view.user = Some("1000".into());
        assert_eq!(
            said(&view, &one_for_tests(&args)),
            "/usr/bin/podman --log-level fatal run --rm --name minipach-1 --pull never --entrypoint  --log-driver none --hostname \
             minipach --security-opt \
             label=disable --network none --http-proxy=false --user 1000 --volume /study:/study:ro --volume \
             /study/.git/w/pfs:/pfs:rw --workdir /study --env PFS=/pfs tool:1 sh run.sh"
        );
        let undo = call(&view, &one_for_tests(&args)).undo.join(" ");
        assert_eq!(undo, "/usr/bin/podman rm --force --ignore --time 0 minipach-1");
    }

    #[test]
    fn docker_as_it_is_typed() {
        let args = ["sh".to_owned()];
        let mut view = view_for_tests(ContainerProgram::Docker);
        view.found.has_init = true;
        view.network = true;
        view.user = Some("root".into());
        view.begins_in_image = true;
        let gpus = Some(Gpus { kind: "nvidia.com/gpu".into(), number: 2 });
        view.limits = Limits { cpus: Some(1.5), memory_bytes: Some(1 << 20), gpus };
        let one = One { cwd: None, has_input: true, ..one_for_tests(&args) };
        assert_eq!(
            said(&view, &one),
            "/usr/bin/docker run --rm --name minipach-1 --pull never --entrypoint  --log-driver none --hostname \
             minipach --security-opt \
             label=disable --init --interactive --cpus 1.5 --memory 1048576b --memory-swap 1048576b --gpus 2 --user \
             root --volume /study:/study:ro --volume /study/.git/w/pfs:/pfs:rw --env PFS=/pfs tool:1 sh"
        );
        assert_eq!(call(&view, &one).undo.join(" "), "/usr/bin/docker rm --force minipach-1");
    }

    #[test]
    fn what_is_written_is_the_callers() {
        let mut view = view_for_tests(ContainerProgram::Podman);
        let said = |view: &ContainerView, own| user_of(view, own).join(" ");
        assert_eq!(said(&view, (0, 0)), "");
        assert_eq!(said(&view, (1000, 100)), "--user 1000:100");
        view.found.is_rootless = true;
        assert_eq!(said(&view, (1000, 100)), "");
        view.user = Some("0".into());
        assert_eq!(said(&view, (1000, 100)), "--user 0");
        view.user = Some("33:34".into());
        assert_eq!(said(&view, (1000, 100)), "--userns keep-id:uid=33,gid=34 --user 33:34");
        view.user = Some("33".into());
        assert_eq!(said(&view, (1000, 100)), "--userns keep-id:uid=33,gid=33 --user 33:33");
    }

    #[test]
    fn graphics_processors_by_their_kind() {
        let of = |kind: &str, is_podman| {
            let gpus = Some(Gpus { kind: kind.into(), number: 1 });
            limits(&Limits { gpus, ..Limits::default() }, is_podman).join(" ")
        };
        assert_eq!(of("nvidia.com/gpu", true), "--device nvidia.com/gpu=all");
        assert_eq!(of("nvidia.com/gpu", false), "--gpus 1");
        assert_eq!(of("amd.com/gpu", true), "--device /dev/kfd --device /dev/dri");
    }
}
