//! The recorded command: POSIX shell that makes a commit's results again without minipach.

use std::fmt::Write as _;

use crate::model::{Oid, PROC_OF_THE_MACHINE, SANDBOX_DEVICES, SANDBOX_RIGHTS, literal};
use crate::plan::layout::{ID_VARIABLE, SHORT_ID_DIGITS, SHORT_ID_VARIABLES};

use super::quote::{path, placed};
use super::{MAX_ARGUMENT_BYTES, RecordDatum, RecordJob, RecordMount, RecordPlace};

/// Makes the work folder `$W`, whose path holds nothing that a shell would split or expand.
const HEAD: &str = r#"# minipach ran this; it needs a POSIX shell, git and the command itself, not minipach.
set -eu
umask 022
R=$PWD L=
K=$(mktemp -d "$(git rev-parse --absolute-git-dir)/minipach-rerun.XXXXXX")
trap 'chmod -R u+rwX "$K"; rm -rf "$K" ${L:+"$L"}' EXIT
trap 'exit 130' HUP INT TERM
W=$K
# No path that a command sees has an odd character or a hidden folder, as in the run.
case $K in *[!A-Za-z0-9_./-]*|*/.*) L=$(mktemp -d /tmp/minipach.XXXXXX); ln -s "$K" "$L/w"; W=$L/w;; esac
P=$W/pfs
"#;

/// Refuses to compute from other data than are recorded, since `DataLad` leaves subdatasets where they are.
const STANDING: &str = r#"# m REPOSITORY SUBDATASET: it has to be at the commit that is recorded for it.
m() { [ "$(git -C "$1" rev-parse -q --verify "HEAD:$2")" = "$(git -C "$1/$2" rev-parse -q --verify HEAD)" ] || {
s=; [ "$1" = . ] || s=" -C '$1'"
echo "minipach: the subdataset $2 is at another commit than is recorded here; this brings it there: git$s submodule update --init '$2'" >&2
exit 1; }; }
"#;

/// The command sees the work folder itself.
const ENV: &str = "export PFS=$P T=$W/tmp\n";

/// The command was run in a sandbox, and would do without.
const WANTED: &str = r#"B=1
bwrap --ro-bind / / --unshare-pid --proc /proc true 2>/dev/null || { B=
echo "minipach: no sandbox by bwrap here, so \$PFS stands for /pfs" >&2; }
"#;

/// The command was run in a sandbox, and its code says `/pfs` itself.
const NEEDED: &str = r#"B=1
bwrap --ro-bind / / --unshare-pid --proc /proc true || {
echo "minipach: the command's code says /pfs, and only a sandbox by bwrap (package bubblewrap) has it" >&2; exit 127; }
"#;

/// `b FOLDER COMMAND…` runs a command where `/pfs` is the work folder and all else is read-only, as in the run.
const SANDBOX: &str = r#"if [ "$B" ]; then export PFS=/pfs T=/tmp/minipach; else export PFS=$P T=$W/tmp; fi
b() (
f=$1; shift
if [ -z "$B" ]; then cd "$f"; exec "$@"; fi
set -- --perms 1777 --tmpfs /tmp --ro-bind "$R" "$R" --bind "$K/tmp" "$T" --bind "$K/pfs" /pfs \
--remount-ro /dev --remount-ro / --chdir "$f" -- "$@"
[ -h /var ] || [ -h /var/tmp ] || [ ! -d /var/tmp ] || set -- --perms 1777 --tmpfs /var/tmp "$@"
set -- --perms 1777 --tmpfs /dev/shm "$@"
for t inDEVICES; do set -- --dev-bind-try "$t" "$t" "$@"; done
for t in /*; do case $t in /proc|/dev|/tmp|/pfs) continue;; esac
if [ -h "$t" ]; then set -- --symlink "$(readlink "$t")" "$t" "$@"; else set -- --ro-bind-try "$t" "$t" "$@"; fi; done
if [ "$(id -u)" = 0 ]; then for t in RIGHTS; do
set -- --cap-add "CAP_$t" "$@"; done; set -- --cap-drop ALL "$@"
for t in PROC; do set -- --ro-bind-try "/proc/$t" "/proc/$t" "$@"; done; fi
exec bwrap --unshare-pid --unshare-ipc --die-with-parent --proc /proc --dev /dev "$@"
)
"#;

/// Links to `/pfs`, which is only there in the sandbox, lead to the work folder from here on.
const LINKS: &str = r#"find "$P/out" -type l -exec sh -c 'for l; do t=$(readlink "$l")
case $t in /pfs/*) ln -snf "$0${t#/pfs}" "$l";; esac; done' "$P" {} +
"#;

/// Runs one datum: lays out its inputs, runs `c` and normalises what is in `out`. Only then the old result goes, and the
/// new one takes its place.
const DATUM: &str = r#"# d OUT [-o] [-i ID] [-r OLD] [-f|-d|-e|-E TO FROM] [-x HIDDEN] -- NAME=VALUE…
d() {
(
o=$1 i= j=; shift
rm -rf "$P" "$W/tmp" 2>/dev/null || { chmod -R u+rwX "$P" "$W/tmp"; rm -rf "$P" "$W/tmp"; }
mkdir -p "$P/out" "$W/tmp"
while [ "$1" != -- ]; do case $1 in
-[op]) shift; continue;;
OPTIONS-i) i=$2 j=$(printf %.DIGITSs "$2");;
-x) rm -rf "$P/$2";;
-f) mkdir -p "$P/${2%/*}"; cp -L "$3" "$P/$2"; shift;;
-d) mkdir -p "$P/$2"; cp -FOLLOW "$3/." "$P/$2"KEEPUNPACK; shift;;
-e) mkdir -p "$P/${2%/*}"; : >"$P/$2"; shift;;
-E) mkdir -p "$P/$2"; cp -RP "$3/." "$P/$2"UNPACK; shift
find "$P/$1" ! -type d -exec sh -c 'for f; do rm -f "$f"; : >"$f"; done' sh {} +;;
esac; shift 2; done
find "$P"/*/. -depth -type d -exec rmdir {} + 2>/dev/null || :
shift; s=0
c ${i:+PACH_DATUM_ID=$iSHORT} "$@" || s=$?
case $s in ACCEPT) ;; *) echo "minipach: the command for $o ended with $s" >&2; exit 1;; esac
LINKSfind "$P/out" -type d -exec chmod u+rwx {} \; -o -type f -perm -100 -exec chmod 755 {} + -o -type f -exec chmod 644 {} + \
-o -type l -exec sh -c 'for l; do case $(readlink "$l") in /*) ;; *) case $(readlink -f "$l")/ in "$0"/*) continue;; esac;; esac
cp -RL "$l" "$l.$$" && rm "$l" && mv "$l.$$" "$l" || exit 1; done' "$(readlink -f "$P/out")" {} +
find "$P/out" -depth -type d -exec rmdir {} + 2>/dev/null || :
)
(
o=$1NONE; shift
while [ "$1" != -- ]; do case $1 in
-o) rm -rf "$o"; shift; continue;;
PACKED-r) rm -rf "$2";;
-[fdeE]) shift;;
esac; shift 2; done
[ -d "$P/out" ] || exit 0
PACKmkdir -p "$o"
if rmdir "$o" 2>/dev/null; then mv "$P/out" "$o"; exit 0; fi
cd "$P/out"
find . -type d -exec sh -c 'for f; do if [ -h "$0/$f" ] || [ -f "$0/$f" ]; then rm -f "$0/$f"; fi; done' "$R/$o" {} +
find . ! -type d -exec sh -c 'for f; do if [ -e "$0/$f" ] || [ -h "$0/$f" ]; then rm -rf "$0/$f"; fi; done' "$R/$o" {} +
cp -RP . "$R/$o"
)
}
"#;

/// Puts the files of all packed results in a folder where they belong.
const UNPACK: &str = r#"n() { find "$1" -name minipach.tar -exec sh -c 'for t; do rm -rf "$0"; mkdir "$0"
tar -xmf "$t" -C "$0" && rm -f "$t" && cp -FOLLOW "$0/." "${t%/*}"KEEP || exit 1; done' "$K/t" {} +; }
"#;

/// Links to folders stay links, also where they lead in a circle; all others become what they lead to: `k FROM TO`.
const KEEP: &str = r#"export KEEP='for l; do shift; if [ -d "$l" ]; then case $(readlink "$l") in /*) ;; *)
case $(readlink -f "$l")/ in "$(pwd -P)"/*) continue;; esac;; esac; fi; set -- "$@" "$l"; done
(cd "$0" && rm -f -- "$@"); for l; do cp -RL "$l" "$0/$l" || exit 1; done' BOTH='{}'
k() ( cd "$1"; find . -type l -exec sh -c "$KEEP" "$2" {} + )
"#;

/// `-u TAR` unpacks a packed result of which only a part is shown, which is then in `$K/u`.
const UNPACK_OPTION: &str = r#"-u) rm -rf "$K/u"; mkdir "$K/u"; tar -xmf "$2" -C "$K/u";;
"#;

/// The output becomes one file; this needs GNU tar.
const PACK: &str = r#"if [ "$p" ]; then rm -rf "$K/p"; mkdir "$K/p"
( unset TAR_OPTIONS; cd "$P/out"; find . ! -type d -print0 | LC_ALL=C sort -z >"$K/l"
tar --format=gnu --mtime=@0 --owner=0 --group=0 --numeric-owner --no-recursion --hard-dereference --null -T "$K/l" -cf "$K/p/minipach.tar" )
rm -rf "$P/out"; mv "$K/p" "$P/out"; fi
"#;

/// Reads the body of a script from git, which has it by the commit.
const BODY_IN_GIT: &str = r#"# The rest of this script is too long for an argument: git has it, in the commit of this record.
git cat-file blob BLOB >"$K/body" || {
echo "minipach: git has no blob BLOB here, which is the rest of this record's script" >&2; exit 1; }
. "$K/body"
"#;

/// The shell script that makes `job`'s results again from a clean checkout, run in its root.
pub fn script(job: &RecordJob) -> String {
    let body = job.body.map_or_else(|| body(job), |blob| BODY_IN_GIT.replace("BLOB", &blob.to_string()));
    [HEAD, &standing(job), &body, &unstaged(job), &tail(job)].concat()
}

/// Lines that refuse a subdataset that is elsewhere.
fn standing(job: &RecordJob) -> String {
    let line = |(outer, path): &(String, String)| format!("m {} {}\n", literal(outer), literal(path));
    let lines: String = job.subdatasets.iter().map(line).collect();
    if lines.is_empty() { lines } else { format!("{STANDING}{lines}") }
}

/// What is done in the work folder, datum by datum.
fn body(job: &RecordJob) -> String {
    let mut text = [place(job), command(job), function(job)].concat();
    for datum in &job.datums {
        text.push_str(&datum_line(job, datum));
    }
    text
}

/// The body of a script that is too long for the argument of a shell, to be kept in git beside the ledger; `None` if it
/// is not. It holds what is removed, too.
pub fn long_body(job: &RecordJob) -> Option<String> {
    let body = format!("{}g() {{ :\n{}}}\n", body(job), removal(job));
    (HEAD.len() + body.len() > MAX_ARGUMENT_BYTES).then_some(body)
}

/// Bytes of the script beside its datum lines.
pub(super) fn fixed_bytes(job: &RecordJob) -> usize {
    HEAD.len()
        + standing(job).len()
        + place(job).len()
        + function(job).len()
        + command(job).len()
        + unstaged(job).len()
        + tail(job).len()
}

/// The function `d`: what is done for each datum.
fn function(job: &RecordJob) -> String {
    let short = SHORT_ID_VARIABLES.map(|name| format!(" {name}=$j")).concat();
    let links = match job.place {
        RecordPlace::Env => String::new(),
        RecordPlace::Sandbox { .. } => LINKS.to_owned(),
        RecordPlace::Container(_) => format!("chmod 755 \"$P/out\"\n{LINKS}"),
    };
    let packs = job.datums.iter().any(|datum| datum.packed);
    let follow = if job.has_links { "RP" } else { "RL" };
    let datum = DATUM
        .replace("FOLLOW", follow)
        .replace("KEEP", choose(job.has_links, "; k \"$3\" \"$P/$2\""))
        .replace("UNPACK", choose(job.unpacks, "; n \"$P/$2\""))
        .replace("NONE", choose(packs, " p="))
        .replace("OPTIONS", choose(job.unpacks, UNPACK_OPTION))
        .replace("PACKED", choose(packs, "-p) p=1; shift; continue;;\n"))
        .replace("PACK", choose(packs, PACK))
        .replace("LINKS", &links)
        .replace("ACCEPT", &accepted(job))
        .replace("DIGITS", &SHORT_ID_DIGITS.to_string())
        .replace("PACH_DATUM_ID=$iSHORT", &format!("{ID_VARIABLE}=$i{short}"));
    let again = "&& ( cd \"$0\" && find . -type l -exec sh -c \"$KEEP\" \"${t%/*}\" \"$BOTH\" + )";
    let unpack =
        UNPACK.replace("FOLLOW", follow).replace("KEEP ||", &format!("{}||", choose(job.has_links, again)));
    [choose(job.has_links, KEEP), choose(job.unpacks, &unpack), &datum].concat()
}

/// A text, if it is wanted.
const fn choose(is_wanted: bool, text: &str) -> &str {
    if is_wanted { text } else { "" }
}

/// Where the command sees its files: `$PFS`, `$T`, and in a sandbox or container the function `b`.
fn place(job: &RecordJob) -> String {
    match &job.place {
        RecordPlace::Env => ENV.to_owned(),
        RecordPlace::Sandbox { is_needed } => [if *is_needed { NEEDED } else { WANTED }, &sandbox()].concat(),
        RecordPlace::Container(container) => super::container::place(container),
    }
}

/// The function `b`, with what the sandbox of a run has.
fn sandbox() -> String {
    let devices = SANDBOX_DEVICES.map(|device| format!(" /dev/{device}*")).concat();
    SANDBOX
        .replace("DEVICES", &devices)
        .replace("RIGHTS", &SANDBOX_RIGHTS.join(" "))
        .replace("PROC", &PROC_OF_THE_MACHINE.join(" "))
}

/// The function `c`: the user's command, given the datum's variables.
fn command(job: &RecordJob) -> String {
    let Some(program) = job.cmd.first() else {
        return "c() { :; }\n".to_owned();
    };
    let (enter, inside) = enter(job);
    let feed = job
        .stdin
        .as_ref()
        .map_or(String::new(), |lines| format!("printf '%s\\n' {} | ", placed(&lines.join("\n"))));
    // Nothing goes into a container by itself.
    let pfs = match &job.place {
        RecordPlace::Container(container) => {
            format!("{}PFS=/pfs ", super::container::passed(container))
        }
        _ => String::new(),
    };
    let mut text = format!("c() ( {enter}{feed}{inside}env {pfs}LC_ALL=C.UTF-8 TZ=UTC TMPDIR=\"$T\" \"$@\"");
    for (name, value) in &job.env {
        let _ = write!(text, " {}", placed(&format!("{name}={value}")));
    }
    // `env` would take a program with `=` in its name for one more variable.
    text.push_str(if program.contains('=') { " sh -c 'exec \"$@\"' sh" } else { "" });
    for word in &job.cmd {
        let _ = write!(text, " {}", placed(word));
    }
    text.push_str(if feed.is_empty() { " </dev/null )\n" } else { " )\n" });
    text
}

/// What goes to the working folder: before the command's input is fed, or as the first words of the command.
fn enter(job: &RecordJob) -> (String, String) {
    let folder = job.working_dir.as_deref();
    match (&job.place, folder) {
        (RecordPlace::Env, None) => Default::default(),
        (RecordPlace::Env, Some(folder)) => (format!("cd {} && ", placed(&dashed(folder))), String::new()),
        (_, None) => (String::new(), "b \"$R\" ".to_owned()),
        (_, Some(folder)) if folder.starts_with('/') => (String::new(), format!("b {} ", placed(folder))),
        (_, Some(folder)) => (String::new(), format!("b \"$R\"/{} ", placed(folder))),
    }
}

fn dashed(folder: &str) -> String {
    if folder.starts_with('-') { format!("./{folder}") } else { folder.to_owned() }
}

fn accepted(job: &RecordJob) -> String {
    job.accept.iter().fold("0".to_owned(), |codes, code| format!("{codes}|{code}"))
}

/// The line that runs one datum.
pub(super) fn datum_line(job: &RecordJob, datum: &RecordDatum) -> String {
    // A match has no command: its inputs are laid out as its output.
    let below = if job.cmd.is_empty() { "out/" } else { "" };
    let mut line = format!("d {}", path(&datum.out));
    if datum.owns_out {
        line.push_str(" -o");
    }
    if datum.packed {
        line.push_str(" -p");
    }
    if !datum.id.is_empty() {
        let _ = write!(line, " -i {}", literal(&datum.id));
    }
    for old in &datum.remove {
        let _ = write!(line, " -r {}", path(old));
    }
    let mut unpacked = None;
    for mount in &datum.mounts {
        if let Some(pack) = mount.pack.as_ref().filter(|pack| unpacked != Some(*pack)) {
            let _ = write!(line, " -u {}", path(pack));
            unpacked = Some(pack);
        }
        push_mount(&mut line, mount, below);
    }
    line.push_str(" --");
    for (name, value) in &datum.env {
        let _ = write!(line, " {}", placed(&format!("{name}={value}")));
    }
    line.push('\n');
    line
}

fn push_mount(line: &mut String, mount: &RecordMount, below: &str) {
    let to = format!("{below}{}", mount.to);
    let to = to.trim_end_matches('/');
    let option = match (mount.is_folder, mount.empty) {
        (false, false) => "-f",
        (true, false) => "-d",
        (false, true) => "-e",
        (true, true) => "-E",
    };
    let from = match &mount.pack {
        Some(_) => format!("\"$K\"/u/{}", literal(&mount.from)),
        None => path(&mount.from),
    };
    let _ = write!(line, " {option} {} {from}", literal(to));
    for hidden in &mount.exclude {
        let _ = write!(line, " -x {}", literal(&format!("{to}/{hidden}")));
    }
}

/// Takes back that `DataLad` staged old results when it unlocked them: with anything staged it commits path by path, and git
/// takes no path of a file that is a folder now.
fn unstaged(job: &RecordJob) -> String {
    let line = || format!("git reset -q -- {}\n", path(&job.pipeline));
    if job.turns_to_folder { line() } else { String::new() }
}

/// Brings back the commit's own ledger, but only on top of the state it was made from: a rerun on newer history, or after
/// an input changed, must leave the ledger that stands alone.
fn tail(job: &RecordJob) -> String {
    let Some((before, after)) = job.ledger else {
        return String::new();
    };
    let before = before.map_or(String::new(), |oid| oid.to_string());
    let removal = if job.body.is_some() { "g\n".to_owned() } else { removal(job) };
    let standing = job.standing.as_ref().map_or(String::new(), unchanged);
    format!(
        "if [ \"$(git rev-parse -q --verify HEAD:.minipach)\" = \"{before}\" ]{standing}; then\n{removal}\
         export GIT_INDEX_FILE=\"$K/index\"\ngit read-tree {after}\nrm -rf .minipach\n\
         git checkout-index -a -f --prefix=.minipach/\nfi\n"
    )
}

/// The test that these paths are what they were.
fn unchanged((paths, listing): &(Vec<String>, Oid)) -> String {
    let paths: Vec<_> = paths.iter().map(|path| literal(path)).collect();
    let paths = paths.join(" ");
    format!(" && \\\n[ \"$(git ls-tree -z HEAD -- {paths} | git hash-object --stdin)\" = {listing} ]")
}

/// Lines that remove the results of vanished datums.
fn removal(job: &RecordJob) -> String {
    let mut lines = String::new();
    for gone in &job.removed {
        _ = writeln!(lines, "rm -rf {}", path(gone));
    }
    lines
}
