//! Images: built, loaded, fetched from the annex and known to `DataLad`, by podman.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::contained::{Study, copying};
use crate::people::Person;
use crate::podman;
use crate::support::{self, Project, peer};

#[test]
fn a_dockerfile_is_built_and_remembered_by_what_it_takes() {
    let Some(study) = Study::each(|| {
        let project = Project::new();
        project.write("raw/a.txt", "one\n").write_all(&[
            ("env/Dockerfile", "FROM localhost/tool:1\nCOPY tool.sh /usr/bin/mine\n"),
            ("env/tool.sh", "#!/bin/sh\necho first > /pfs/out/made\n"),
            ("env/README", "not part of it\n"),
        ]);
        fs::set_permissions(project.path("env/tool.sh"), fs::Permissions::from_mode(0o755)).unwrap();
        project.spec(
            "make",
            "input: {pfs: {repo: raw, glob: '/(*).txt'}}\ntransform: {cmd: [mine], dockerfile: env/Dockerfile}\noutput: /$1\n",
        );
        project.commit("all");
        project
    })
    .into_iter()
    .next() else {
        return;
    };
    study.minipach(&["run"]).says("building the image of `env/Dockerfile`").ok();
    assert_eq!(study.project.read("make/a/made"), "first\n");
    study.project.write("env/README", "other words\n").commit("words");
    assert_eq!(study.project.states("make"), BTreeMap::from([("a".to_owned(), "done".to_owned())]));
    study.project.write("env/tool.sh", "#!/bin/sh\necho second > /pfs/out/made\n").commit("second");
    let said = study.minipach(&["provenance", "make:a"]);
    said.says("env/Dockerfile was brought by").says("env/tool.sh was brought by").code(0);
    study.minipach(&["why", "make:a"]).says("`env/tool.sh` changed, which its image is made of").ok();
    study.minipach(&["run"]).says("building the image").ok();
    assert_eq!(study.project.read("make/a/made"), "second\n");
    let again = study.minipach(&["run", "--force"]);
    assert!(!again.stderr.contains("building"), "{again:?}");
    assert!(study.project.git(["log", "-2", "--format=%B"]).contains("\"env/tool.sh\""));
    // What the project has wrong is no program that is missing.
    study.project.write("env/Dockerfile", "FROM localhost/tool:1\nCOPY nosuch /\n").commit("wrong");
    study.minipach(&["run"]).code(4).says("podman cannot build `env/Dockerfile`").says("(make/spec.yml:");
}

/// Runs the image that `DataLad` copied from an archive, under a name that does not tell that, and takes the results away.
fn runs_a_copy(study: &Study) {
    let by_name = study.project.read("copy/spec.yml");
    study.project.spec("copied", &by_name.replace("my-tool", "copied"));
    study.project.git(["add", "copied/spec.yml"]);
    study.project.git(["commit", "-qm", "a copy"]);
    study.minipach(&["run", "copied"]).says("made by podman").ok();
    assert!(study.project.exists("copied/a/copy"));
    // Without its content nobody knows what it is.
    study.project.git(["clone", "-q", ".", "../bare"]);
    let bare = study.project.home().join("bare").display().to_string();
    study.project.git(["-C", &bare, "annex", "init", "-q"]);
    study.project.write("../bare/raw/b.txt", "two\n");
    study
        .minipach(&["-C", &bare, "plan", "copied"])
        .says("; `datalad get .datalad/environments/copied/image`");
    study.project.git(["rm", "-rq", "copied", ".minipach/ledger/copied.jsonl"]);
    study.project.git(["commit", "-qm", "without the copy"]);
}

/// What `DataLad` registered is found by its name, its file by its key, and the record needs neither of us.
#[test]
fn a_container_of_datalad_is_run_and_repeated_by_datalad() {
    let (Some(_), Some(_)) = (peer("datalad"), peer("git-annex")) else { return };
    let Some(study) = Study::each(|| copying("")).into_iter().next() else { return };
    let archive = study.project.path("envs/tool.tar");
    fs::create_dir(study.project.path("envs")).unwrap();
    study.podman.run(&["save", "--quiet", "--output", archive.to_str().unwrap(), "localhost/tool:1"]);
    study.podman.run(&["rmi", "--force", "localhost/tool:1"]);
    study.project.program("datalad", ["create", "--force", "-c", "text2git"]).ok();
    study.project.program("datalad", ["save", "-m", "image"]).ok();
    let added =
        ["containers-add", "my-tool", "--image", "envs/tool.tar", "--call-fmt", "podman run {img} {cmd}"];
    study.project.program("datalad", added).ok();
    // One that it copies gets a name that does not tell what it is.
    study.project.program("datalad", ["containers-add", "copied", "--url", archive.to_str().unwrap()]).ok();
    study.project.write("envs/more.txt", "needed\n");
    let file = [
        "config",
        "-f",
        ".datalad/config",
        "datalad.containers.my-tool.extra-input",
        "{img_dirpath}/more.txt",
    ];
    study.project.git(file);
    study.project.git(["add", "envs/more.txt", ".datalad/config"]);
    study.project.spec("copy", &study.project.read("copy/spec.yml").replace("localhost/tool:1", "my-tool"));
    study.project.git(["commit", "-qam", "by name"]);
    runs_a_copy(&study);
    study.minipach(&["run"]).says("loading the image `my-tool`").ok();
    let head = study.project.head();
    let message = study.project.git(["log", "-1", "--format=%B"]);
    assert!(message.contains("\"envs/tool.tar\"") && message.contains("\"envs/more.txt\""), "{message}");
    study.project.write("envs/more.txt", "changed\n");
    study.minipach(&["why", "copy:a"]).says("envs/more.txt");
    study.project.write("envs/more.txt", "needed\n");
    let call = |call: &str| {
        let name = "datalad.containers.my-tool.cmdexec";
        study.project.git(["config", "-f", ".datalad/config", name, call]);
    };
    call("podman run -e MODE=fast {img} {cmd}");
    study.minipach(&["why", "copy:a"]).says("the options changed with which DataLad calls its container");
    call("podman run {img} {cmd}");
    let datums: Vec<serde_json::Value> = study.minipach(&["datums", "copy", "--json"]).json_lines();
    assert_eq!(datums[0]["state"], "done");
    let mut rerun = study.project.command("datalad");
    rerun.args(["rerun", "--onto", &format!("{head}^"), "-b", "again", &head]).envs(study.podman.env());
    support::finish(rerun).ok();
    assert_eq!(study.project.git(["diff", "--stat", &head]), "");
    assert_eq!(study.project.changed(), "");
}

/// As `datalad containers-list -r` names it. A clone installs the subdataset for it.
#[test]
fn a_container_of_a_subdataset_is_run_by_its_path() {
    let (Some(_), Some(_)) = (peer("datalad"), peer("git-annex")) else { return };
    let Some(study) = Study::each(|| copying("")).into_iter().next() else { return };
    let project = &study.project;
    let archive = project.home().join("tool.tar");
    study.podman.run(&["save", "--quiet", "--output", archive.to_str().unwrap(), "localhost/tool:1"]);
    study.podman.run(&["rmi", "--force", "localhost/tool:1"]);
    project.program("datalad", ["create", "--force", "-c", "text2git"]).ok();
    project.program("datalad", ["create", "-d", ".", "envs"]).ok();
    fs::copy(&archive, project.path("envs/tool.tar")).unwrap();
    project.program("datalad", ["save", "-d", "envs", "-m", "image"]).ok();
    let by = "podman run {img} {cmd}";
    let added = ["containers-add", "-d", "envs", "tool", "--image", "tool.tar", "--call-fmt", by];
    project.program("datalad", added).ok();
    project.spec("copy", &project.read("copy/spec.yml").replace("localhost/tool:1", "envs/tool"));
    project.program("datalad", ["save", "-m", "by path"]).ok();
    study.minipach(&["run"]).says("loading the image `envs/tool`").ok();
    assert!(project.exists("copy/a/copy"));
    assert_eq!(project.changed(), "");
    project.git(["clone", "-q", ".", "../fresh"]);
    let fresh = project.home().join("fresh").display().to_string();
    project.write("../fresh/raw/b.txt", "two\n");
    study.minipach(&["-C", &fresh, "run", "--no-commit"]).ok();
    assert!(project.exists("../fresh/copy/b/copy"));
    fs::remove_file(project.path("envs/tool.tar")).unwrap();
    project.write("envs/tool.tar", "no image");
    study.minipach(&["plan", "copy"]).says("`envs`");
    let said = study.minipach(&["run", "copy"]);
    assert!(said.code != 0 && said.stderr.contains("`envs`"), "{said:?}");
}

/// While an image is built, other pipelines go on: one of them lets the build end.
#[test]
fn an_image_that_takes_long_holds_nobody_up() {
    let Some(study) = Study::each(|| copying("")).into_iter().find(|study| study.person == Person::Self_)
    else {
        return;
    };
    let (project, gate) = (&study.project, study.project.home().join("gate"));
    let wait = format!(
        "#!/bin/sh\ncase $1 in build) n=0; until test -e '{}' || test $n -gt 600; do sleep 0.1; n=$((n+1)); done; test -e '{}' || exit 1;; esac\nexec {} \"$@\"\n",
        gate.display(),
        gate.display(),
        peer("podman").unwrap().display()
    );
    project.script("../bin/podman", &wait);
    project.write("env/Dockerfile", "FROM localhost/tool:1\n");
    project.spec("copy", &project.read("copy/spec.yml").replace("localhost/tool:1", "env/Dockerfile"));
    project.spec(
        "opens",
        &format!("input: {{pfs: {{repo: raw, glob: '/(*).txt'}}}}\ntransform: {{cmd: [sh, -c, 'touch {} /pfs/out/x']}}\noutput: /$1\n", gate.display()),
    );
    project.commit("all");
    let path = format!("{}:{}", project.home().join("bin").display(), std::env::var("PATH").unwrap());
    let mut run = study.command(&["run"], &[("PATH", &path), ("MINIPACH_CONTAINER", "podman")]);
    // The gate is outside of the project.
    run.env("MINIPACH_SANDBOX", "never");
    let said = support::finish(run);
    said.says("building the image of `env/Dockerfile`").code(0);
    assert_eq!((project.read("copy/a/copy").as_str(), study.podman.containers().as_str()), ("one\n", ""));
}

/// That podman answers does not mean that a container starts.
#[test]
fn engines_tell_whether_a_container_starts() {
    for study in Study::each(|| copying("")) {
        study.minipach(&["engines"]).says("podman       works").ok();
        let conf = study.project.home().join("too-much.conf");
        let own = study.podman.env().into_iter().find(|(name, _)| name == "CONTAINERS_CONF").unwrap().1;
        let own = fs::read_to_string(own).unwrap_or_default();
        let own: Vec<&str> =
            own.lines().filter(|line| !line.contains("ulimits") && *line != "[containers]").collect();
        let limits = "[containers]\ndefault_ulimits = [\"nofile=2000000000:2000000000\"]\n";
        fs::write(&conf, format!("{limits}{}\n", own.join("\n"))).unwrap();
        let mut command = study.command(&["engines"], &[]);
        command.env("CONTAINERS_CONF", &conf);
        support::finish(command).says("`podman` is installed, but starts no container here: ").ok();
        let mut command = study.command(&["run"], &[]);
        command.env("CONTAINERS_CONF", &conf);
        support::finish(command).says("`podman` is installed, but starts no container here: ");
        study.minipach(&["engines"]).says("podman       works").ok();
        // What was seen with other settings is not taken for true.
        let mut command = study.command(&["run"], &[("MINIPACH_CONTAINER", "auto")]);
        command.env("CONTAINERS_CONF", &conf);
        let said =
            support::finish(command).code(5).says("`podman` is installed, but starts no container here: ");
        assert!(!said.stdout.contains("exit code 126"), "{said:?}");
        // What is chosen of itself is what works.
        let mut command = study.command(&["check"], &[("MINIPACH_CONTAINER", "auto")]);
        command.env("CONTAINERS_CONF", &conf);
        let said = support::finish(command).says("starts no container here");
        assert!(said.stdout.contains("`minipach engines` tells of 4 more"), "{said:?}");
        study.minipach(&["engines"]).says("podman       works").ok();
        let said = study.minipach(&["check"]);
        assert!(!said.stdout.contains("starts no container"), "{said:?}");
    }
}

/// A podman that starts no command any more is tried again by the next run.
#[test]
fn a_podman_that_stopped_working_is_found_out() {
    let Some(study) = Study::each(|| copying("")).into_iter().find(|study| study.person == Person::Self_)
    else {
        return;
    };
    let (project, broken) = (&study.project, study.project.home().join("broken"));
    let podman = format!(
        "#!/bin/sh\ncase \" $* \" in *' run '*) test ! -e '{}' || {{ echo 'Error: runc: no' >&2; exit 126; }};; esac\nexec {} \"$@\"\n",
        broken.display(),
        peer("podman").unwrap().display()
    );
    project.script("../bin/podman", &podman);
    let path = format!("{}:{}", project.home().join("bin").display(), std::env::var("PATH").unwrap());
    let run = || {
        let env = [("PATH", &*path), ("MINIPACH_CONTAINER", "auto")];
        support::finish(study.command(&["run", "--force"], &env))
    };
    run().code(0).says("1 datum ran");
    fs::write(&broken, "").unwrap();
    run().code(1).says("exit code 126");
    run().code(5).says("`podman` is installed, but starts no container here: Error: runc: no");
    fs::remove_file(&broken).unwrap();
    run().code(0).says("1 datum ran");
}

/// What a run came upon is told until that is another.
#[test]
fn an_image_that_cannot_be_pulled_is_told_after_the_run() {
    let Some(study) = Study::each(|| copying("")).into_iter().next() else { return };
    let spec = study.project.read("copy/spec.yml");
    study.project.spec("copy", &spec.replace("localhost/tool:1", "localhost/none:1")).commit("another");
    study.minipach(&["run"]).code(5).says("podman cannot pull the image `localhost/none:1`");
    let sentence =
        "its command cannot run here: as the last run found, podman cannot pull the image `localhost/none:1`";
    study.minipach(&["status"]).code(0).says(sentence).says("next: minipach why copy");
    study.minipach(&["why", "copy:a"]).code(0).says(sentence).says("`minipach run` once that is there");
    study.podman.run(&["tag", "localhost/tool:1", "localhost/none:1"]);
    assert!(!study.minipach(&["status"]).stdout.contains("cannot"), "it has come since");
    study.minipach(&["run"]).code(0).says("1 datum ran");
    assert!(!study.minipach(&["status"]).stdout.contains("cannot"));
    study.project.write("raw/b.txt", "two\n");
    assert!(!study.minipach(&["status"]).stdout.contains("cannot"));
}

/// An image in the annex comes as inputs do, and a commit tells what a name stood for.
#[test]
fn an_image_in_the_annex_is_fetched() {
    let Some(_) = peer("git-annex") else { return };
    let Some(study) = Study::each(|| copying("")).into_iter().find(|study| study.person == Person::Self_)
    else {
        return;
    };
    let project = &study.project;
    study.minipach(&["run"]).code(0);
    study.minipach(&["provenance", "copy"]).says("(in the image localhost/tool:1)").code(0);
    let message = project.git(["log", "-1", "--format=%B"]);
    assert!(message.contains("\nMinipach-Image: localhost/tool@sha256:"), "{message}");
    fs::create_dir(project.path("envs")).unwrap();
    let archive = project.path("envs/tool.tar");
    study.podman.run(&["save", "--quiet", "--output", archive.to_str().unwrap(), "localhost/tool:1"]);
    project.git(["annex", "init", "-q"]);
    project.git(["annex", "add", "-q", "envs/tool.tar"]);
    project.spec("copy", &project.read("copy/spec.yml").replace("localhost/tool:1", "envs/tool.tar"));
    project.commit("an image");
    project.git(["clone", "-q", ".", "../clone"]);
    let clone = project.home().join("clone").display().to_string();
    project.git(["-C", &clone, "annex", "init", "-q"]);
    study.minipach(&["-C", &clone, "plan"]).says("1 file to be fetched");
    let said = study.minipach(&["-C", &clone, "run"]);
    said.says("`git annex get` fetches the image `envs/tool.tar`")
        .says("loading the image `envs/tool.tar`")
        .code(0);
    study.minipach(&["-C", &clone, "provenance", "copy"]).says("envs/tool.tar was brought by").code(0);
    let message = project.git(["-C", &clone, "log", "-1", "--format=%B"]);
    assert!(!message.contains("Minipach-Image"), "its content is known: {message}");
}

/// Whoever a command is in a container, its results are the caller's.
#[test]
fn results_of_another_user_in_a_container_belong_to_the_caller() {
    use std::os::unix::fs::MetadataExt as _;
    let project = || {
        let project = copying(", user: '1000'");
        let more = "/out/copy; mkdir $PFS/out/d; ln -s ../copy $PFS/out/d/l'";
        project.spec("copy", &project.read("copy/spec.yml").replace("/out/copy'", more));
        project.commit("a folder and a link");
        project
    };
    // The other person has no further user ids, which podman needs to be somebody else without root.
    for study in Study::each(project).into_iter().filter(|study| study.person == Person::Self_) {
        let owner = study.project.path("raw").metadata().unwrap().uid();
        study.minipach(&["run"]).code(0);
        for path in ["copy/a", "copy/a/copy", "copy/a/d", "copy/a/d/l"] {
            let stat = fs::symlink_metadata(study.project.path(path)).unwrap();
            assert_eq!(stat.uid(), owner, "{path} as {:?}", study.person);
        }
    }
}

/// A record sets its variables by the container's own means: the image need not have `env`.
#[test]
fn a_record_reruns_in_an_image_without_env() {
    let (Some(_), Some(busybox)) = (peer("datalad"), peer("busybox")) else { return };
    let bare = || {
        let project = copying("");
        let spec = project.read("copy/spec.yml").replace("tool:1", "bare:1");
        let spec = spec.replace("cp /pfs/in/in.txt", "echo \"$MINE$1\" | cat - /pfs/in/in.txt >");
        project
            .spec("copy", &spec.replace("copy'],", "copy', sh, 'x = y'], env: {MINE: 'a  b=c'},"))
            .commit("bare");
        project
    };
    for study in Study::each(bare).into_iter().filter(|study| study.person == Person::Self_) {
        let image = tempfile::tempdir().unwrap();
        let bin = image.path().join("bin");
        fs::create_dir_all(&bin).unwrap();
        podman::fill(&bin, &busybox);
        fs::remove_file(bin.join("env")).unwrap();
        study.podman.import(image.path(), "localhost/bare:1");
        study.minipach(&["run"]).ok();
        let head = study.project.head();
        assert_eq!(study.project.read("copy/a/copy"), "a  b=cx = y\none\n");
        let mut rerun = study.project.command("datalad");
        rerun.args(["rerun", "HEAD"]).envs(study.podman.env());
        support::finish(rerun).ok();
        assert_eq!((study.project.head(), study.project.changed()), (head, String::new()));
    }
}

/// The options of podman for folders are cut at colons, and a comma is a sign as any other.
#[test]
fn a_project_that_cannot_be_shown_is_told_before_it_is_tried() {
    let Some(study) = Study::each(|| copying("")).into_iter().next() else { return };
    let moved = |name: &str| {
        let to = study.project.home().join(name);
        study.project.git(["clone", "-q", ".", &to.to_string_lossy()]);
        to.to_string_lossy().into_owned()
    };
    let at = moved("a:b");
    let sentence = "podman takes no path with a `:`, and the project is at `";
    study.minipach(&["-C", &at, "plan"]).says(sentence).says("cannot run here");
    study.minipach(&["-C", &at, "check"]).code(1).says(sentence).says("MP402");
    study.minipach(&["-C", &at, "status"]).says(sentence);
    study.minipach(&["-C", &at, "run"]).code(5).says(sentence);
    fs::write(std::path::Path::new(&at).join("minipach.yml"), "container: podman\n").unwrap();
    study.minipach(&["-C", &at, "plan"]).says(sentence).says("lets nothing else run it");
    study.minipach(&["-C", &at, "run"]).code(5).says(sentence);
    study.minipach(&["-C", &moved("a,b"), "run", "--force"]).ok();
}
