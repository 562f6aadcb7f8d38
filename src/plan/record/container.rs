//! The part of a recorded script that runs the command in a container, without minipach.

use std::fmt::Write as _;

use crate::model::{ContainerProgram, Image, ImageSource, SANDBOX_DEVICES, literal};

/// So many files of a Dockerfile's folder are named one by one in the script; of more, the whole folder is taken.
const NAMED_AT_MOST: usize = 200;

/// In what container a recorded command runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordContainer {
    /// The program that ran it, if that is known.
    pub program: Option<ContainerProgram>,
    /// The image.
    pub image: Image,
    /// The user it ran as; the image's own if not given.
    pub user: Option<String>,
    /// Whether it may reach the network.
    pub network: bool,
    /// The kind of graphics processors that it uses.
    pub gpus: Option<String>,
    /// Whether it starts where the image says.
    pub begins_in_image: bool,
    /// Options of people's own.
    pub options: Vec<String>,
    /// So many bytes of memory it may take.
    pub memory_bytes: Option<u64>,
    /// Variables of the caller's that it is given.
    pub passed: Vec<String>,
}

/// The programs that take one command line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Oci,
    Apptainer,
    Charliecloud,
}

impl RecordContainer {
    fn family(&self) -> Family {
        use ContainerProgram::{Apptainer, Charliecloud, Docker, Podman, Singularity};
        match (self.program, &self.image.source) {
            (Some(Apptainer | Singularity), _) | (None, ImageSource::File(_) | ImageSource::Root(_)) => {
                Family::Apptainer
            }
            (Some(Charliecloud), _) => Family::Charliecloud,
            (Some(Podman | Docker) | None, _) => Family::Oci,
        }
    }
}

/// Words for `env`: the variables of the caller's that a command in a container is given, where they are set.
pub(super) fn passed(container: &RecordContainer) -> String {
    let is_name = |name: &&String| {
        name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && !name.is_empty()
            && !name.starts_with(|first: char| first.is_ascii_digit())
    };
    let word = |name: &String| format!("${{{name}+\"{name}=${name}\"}} ");
    container.passed.iter().filter(is_name).map(word).collect()
}

/// The program `E`, the image `I`, and the function `b FOLDER COMMAND…`, which runs a command in a container.
pub(super) fn place(container: &RecordContainer) -> String {
    let family = container.family();
    let mut text = program(family, container.program);
    text.push_str(&image(family, &container.image));
    if family == Family::Oci {
        text.push_str(&user(container.user.as_deref()));
    }
    text.push_str("export PFS=/pfs T=/tmp/minipach\nb() (\nf=$1; shift\n");
    text.push_str(&match family {
        Family::Oci => oci(container),
        Family::Apptainer => apptainer(container),
        Family::Charliecloud => charliecloud(container),
    });
    text.push_str(")\n");
    text
}

fn program(family: Family, program: Option<ContainerProgram>) -> String {
    let (first, other) = match (family, program) {
        (Family::Oci, Some(ContainerProgram::Docker)) => ("docker", "podman"),
        (Family::Oci, _) => ("podman", "docker"),
        (Family::Apptainer, Some(ContainerProgram::Singularity)) => ("singularity", "apptainer"),
        (Family::Apptainer, _) => ("apptainer", "singularity"),
        (Family::Charliecloud, _) => ("ch-run", "ch-run"),
    };
    format!(
        "E={first}\ncommand -v $E >/dev/null || E={other}\ncommand -v $E >/dev/null || {{\n\
         echo \"minipach: the command ran in a container, and $E is not here\" >&2; exit 127; }}\n"
    )
}

fn image(family: Family, image: &Image) -> String {
    let path =
        |path: &str| if path.starts_with('/') { literal(path) } else { format!("\"$R\"/{}", literal(path)) };
    let tag = image.tag().unwrap_or_else(|| image.text.clone());
    let made = |how: String| {
        let tag = literal(&tag);
        format!("I={tag}\n$E image inspect $I >/dev/null 2>&1 || {{\n{how}}}\n")
    };
    match (&image.source, family) {
        (ImageSource::Named, Family::Oci) => {
            format!("I={}\n", literal(image.text.strip_prefix("docker://").unwrap_or(&image.text)))
        }
        (ImageSource::Named, Family::Apptainer) if !image.text.contains("://") => {
            format!("I={}\n", literal(&format!("docker://{}", image.text)))
        }
        (ImageSource::Named, _) => format!("I={}\n", literal(&image.text)),
        (ImageSource::Archive(file), Family::Apptainer) => format!("I=docker-archive:{}\n", path(file)),
        (ImageSource::Archive(file), _) => made(format!("L=$($E load -q -i {})\n{TAG}", path(file))),
        (ImageSource::Saved(folder, files), _) => {
            let names = files.iter().map(|file| literal(file)).collect::<Vec<_>>().join(" ");
            made(format!("L=$(tar -C {} -chf - -- {names} | $E load -q)\n{TAG}", path(folder)))
        }
        (ImageSource::Recipe(recipe), _) => {
            let start = if recipe.folder.is_empty() { 0 } else { recipe.folder.len() + 1 };
            let folder = if recipe.folder.is_empty() { ".".to_owned() } else { literal(&recipe.folder) };
            let names: Vec<String> = recipe.files.iter().map(|file| literal(&file[start..])).collect();
            let laid_out = if names.len() > NAMED_AT_MOST {
                format!("cp -RL \"$R\"/{folder} \"$K/image\"\n")
            } else {
                format!(
                    "for t in {}; do mkdir -p \"$K/image/$t\"; rmdir \"$K/image/$t\"; cp -L \"$R\"/{folder}/\"$t\" \"$K/image/$t\"; done\n",
                    names.join(" ")
                )
            };
            made(format!(
                "{laid_out}$E build -q -t $I -f \"$K/image\"/{} \"$K/image\" >&2\n",
                literal(&recipe.path[start..])
            ))
        }
        (ImageSource::File(file) | ImageSource::Root(file), _) => format!("I={}\n", path(file)),
    }
}

/// Gives what was loaded the name that its content has.
const TAG: &str = "$E tag \"${L##*: }\" $I\n";

/// The words of `env` become options and the image comes before the command, so that the image needs no `env`.
const OWN_VARIABLES: &str = r#"shift
v=1
for a do shift
if [ $v ]; then case $a in *=*) set -- "$@" --env "$a"; continue;; esac; v=; set -- "$@" "$I"; fi
set -- "$@" "$a"; done
"#;

/// Options of `container`, each a line of `set --` before what is there.
fn oci(container: &RecordContainer) -> String {
    let mut text = OWN_VARIABLES.to_owned();
    let mut add = |words: &str| {
        let _ = writeln!(text, "set -- {words} \"$@\"");
    };
    for option in container.options.iter().rev() {
        add(&literal(option));
    }
    if !container.begins_in_image {
        add("-w \"$f\"");
    }
    match container.gpus.as_deref() {
        Some(kind) if kind.starts_with("amd") => add("--device /dev/kfd --device /dev/dri"),
        Some(_) => {
            text.push_str("if [ $E = podman ]; then set -- --device nvidia.com/gpu=all \"$@\"; else set -- --gpus all \"$@\"; fi\n");
        }
        None => {}
    }
    text.push_str("set -- $V \"$@\"\n");
    if let Some(bytes) = container.memory_bytes {
        _ = writeln!(text, "set -- --memory {bytes}b --memory-swap {bytes}b \"$@\"");
    }
    if !container.network {
        text.push_str("set -- --network none \"$@\"\n");
    }
    text.push_str("chmod 777 \"$P/out\" \"$W/tmp\"\n");
    // Podman leaves a file `oom` where it was called if memory runs out.
    text.push_str(
        "cd \"$K\"\nexec $E run --rm -i --hostname minipach --entrypoint '' --security-opt label=disable -v \"$R:$R:ro\" -v \"$K/tmp:$T\" -v \"$K/pfs:/pfs\" \"$@\"\n",
    );
    text
}

/// Options `V`: what the command writes is to be the caller's, as in the run. Only the name of a user is asked for in the
/// image, which may have no programs of its own.
fn user(user: Option<&str>) -> String {
    let own = user.map(|user| literal(&format!("--user {user}"))).unwrap_or_default();
    let caller = if user.is_some() { "" } else { "else V=\"--user $(id -u):$(id -g)\"\n" };
    let wanted = user.map_or_else(|| IMAGES_OWN.to_owned(), |user| format!("U={}\n", literal(user)));
    format!(
        "V={own}\nif [ \"$(id -u)\" != 0 ]; then\nif [ $E = podman ]; then\n{wanted}{KEPT}{caller}fi; fi\n"
    )
}

/// Who the image says that its commands are.
const IMAGES_OWN: &str = r#"$E image exists "$I" || $E pull -q "$I" >&2
U=$($E image inspect --format '{{.Config.User}}' "$I")
"#;

/// Without the administrator's rights whoever is not the administrator in there is given the caller's number.
const KEPT: &str = r#"case ${U%%:*} in ''|0|root) ;; *)
case $U in *[!0-9:]*) q() { $E run --rm --network none --entrypoint id --user "$U" "$I" "$1"; }
U=$(q -u):$(q -g);; esac
V="--userns keep-id:uid=${U%%:*},gid=${U##*:} --user ${U%%:*}:${U##*:}";; esac
"#;

fn apptainer(container: &RecordContainer) -> String {
    let mut options = String::new();
    if !container.network {
        options.push_str(" --net --network none");
    }
    match container.gpus.as_deref() {
        Some(kind) if kind.starts_with("amd") => options.push_str(" --rocm"),
        Some(_) => options.push_str(" --nv"),
        None => {}
    }
    if !container.begins_in_image {
        options.push_str(" --pwd \"$f\"");
    }
    for option in &container.options {
        let _ = write!(options, " {}", literal(option));
    }
    format!(
        "exec $E exec --containall --writable-tmpfs{options} -B \"$R:$R:ro\" -B \"$K/tmp:$T\" -B \"$K/pfs:/pfs\" \"$I\" \"$@\"\n"
    )
}

/// What older versions cannot do: put a folder where the image, which is read-only, has none; and what none can: do without
/// places for what every container has, which an image in git may lack, as git keeps no empty folders; or without the lists
/// of users and groups, over which it puts its own. `/tmp` is always fresh. The image is then shown with such folders at `C`, by bwrap.
const ROOM: &str = r#"export USER="${USER:-$(id -un)}"
W=$(ch-run --help 2>&1 | grep -o -m 1 -e --write-fake || :)
C=$I
for d in /pfs "$R" /dev /proc /sys /tmp; do
case $W$d in *ake/dev|*ake/proc|*ake/sys|*ake/tmp) ;; --*|/tmp/*) continue;; esac
[ ! -d "$I" ] || [ -d "$I$d" ] || { C=$K/root
command -v bwrap >/dev/null || {
echo "minipach: this ch-run needs the folder $d in the image: mkdir -p $I$d, or bwrap (package bubblewrap)" >&2; exit 127; }; }
done
P=
[ ! -d "$I" ] || { [ -f "$I/etc/passwd" ] && [ -f "$I/etc/group" ]; } || P=--no-passwd
"#;

/// Shows the image at `C`: what stands at its top, but for what is to hold a folder that it has not. By itself charliecloud shows
/// the machine's devices, writable for the administrator; bwrap shows it the few that a sandbox has, as in the run.
const SHOWN: &str = r#"if [ "$C" != "$I" ]; then mkdir "$C"
for d in "$R" /pfs /dev /proc /sys /tmp; do [ -d "$I$d" ] || set -- --dir "$C$d" "$@"; done
for t in "$I"/* "$I"/.[!.]*; do n=${t##*/}
case $R/ in "/$n"/*) [ -d "$I$R" ] || continue;; esac
if [ -h "$t" ]; then set -- --symlink "$(readlink "$t")" "$C/$n" "$@"
elif [ -e "$t" ]; then set -- --ro-bind "$t" "$C/$n" "$@"; fi; done
set -- --perms 0755 --tmpfs "$C" "$@"; fi
if command -v bwrap >/dev/null; then set -- --remount-ro /dev "$@"
for t inDEVICES; do set -- --dev-bind-try "$t" "$t" "$@"; done
set -- bwrap --bind / / --dev /dev --perms 1777 --tmpfs /dev/shm "$@"; fi
exec "$@"
"#;

fn charliecloud(container: &RecordContainer) -> String {
    let enter = if container.begins_in_image { "" } else { " -c \"$f\"" };
    let shown = SHOWN.replace("DEVICES", &SANDBOX_DEVICES.map(|device| format!(" /dev/{device}*")).concat());
    format!(
        "{ROOM}set -- ch-run $W $P --private-tmp --unset-env='*' -b \"$R\" -b \"$K/tmp:$T\" -b \"$K/pfs:/pfs\"{enter} \"$C\" -- \"$@\"\n{shown}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ContentId, Oid, Recipe};

    fn container(source: ImageSource, program: Option<ContainerProgram>) -> RecordContainer {
        let content = (source != ImageSource::Named).then_some(ContentId::Git(Oid([7; 20])));
        let image = Image { text: "tool:1".into(), source, content, call: Vec::new(), extra: Vec::new() };
        let (user, gpus, options) = (None, None, Vec::new());
        RecordContainer {
            program,
            image,
            user,
            network: false,
            gpus,
            begins_in_image: false,
            options,
            memory_bytes: Some(1 << 20),
            passed: vec!["KEY".into(), "no name".into()],
        }
    }

    #[test]
    fn each_kind_of_image_with_what_runs_it() {
        use ContainerProgram::{Apptainer, Charliecloud, Docker};
        let said = |source: ImageSource, program| place(&container(source, program));
        let named = said(ImageSource::Named, None);
        assert!(named.starts_with("E=podman\ncommand -v $E >/dev/null || E=docker\n"), "{named}");
        assert!(named.contains("\nI=tool:1\n") && named.contains("--network none"), "{named}");
        assert!(named.contains("set -- --memory 1048576b --memory-swap 1048576b"), "{named}");
        // An image need not have programs of its own for the record's sake.
        assert!(named.contains("U=$($E image inspect --format '{{.Config.User}}' \"$I\")\n"), "{named}");
        assert_eq!(passed(&container(ImageSource::Named, None)), "${KEY+\"KEY=$KEY\"} ");
        assert!(said(ImageSource::Named, Some(Docker)).starts_with("E=docker\n"));
        assert!(said(ImageSource::Named, Some(Apptainer)).contains("I=docker://tool:1\n"));
        let file = said(ImageSource::File("envs/a.sif".into()), None);
        assert!(
            file.contains("I=\"$R\"/envs/a.sif\n") && file.contains("exec $E exec --containall"),
            "{file}"
        );
        let archive = said(ImageSource::Archive("envs/a.tar".into()), None);
        assert!(archive.contains("L=$($E load -q -i \"$R\"/envs/a.tar)\n$E tag"), "{archive}");
        let root = said(ImageSource::Root("/opt/image".into()), Some(Charliecloud));
        assert!(
            root.contains("I=/opt/image\n") && root.contains("set -- ch-run $W $P --private-tmp"),
            "{root}"
        );
        assert!(root.contains("export USER=") && root.contains("mkdir -p $I$d"), "{root}");
        assert!(root.contains("set -- bwrap --bind / / --dev /dev --perms 1777 --tmpfs /dev/shm"), "{root}");
        assert!(root.contains("for t in /dev/nvidia*") && !root.contains("--dev-bind /dev "), "{root}");
        let recipe = Recipe {
            path: "env/Dockerfile".into(),
            folder: "env".into(),
            files: vec!["env/Dockerfile".into(), "env/a b".into()],
        };
        let built = said(ImageSource::Recipe(recipe), None);
        assert!(
            built.contains("for t in Dockerfile 'a b'; do") && built.contains("$E build -q -t $I"),
            "{built}"
        );
    }
}
