//! Containers in whole runs, by podman and by charliecloud, as the administrator and as an ordinary user.
#![expect(clippy::unwrap_used, reason = "the helpers of a test fail by panicking, as the test does")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::attempts::{ATTEMPTS, assert_untouched, processes, tempting, untouchable};
use crate::contained::{Study, copying};
use crate::opencv::{EDGES, EXPECTED, STANDINS};
use crate::people::{Person, people};
use crate::podman;
use crate::support::{self, Project, peer, table};

/// The image of the published example, of this machine's own Python.
fn python_image(folder: &Path) {
    let script = "import os, sys, sysconfig; print(os.path.realpath(sys.executable)); print(sysconfig.get_path('stdlib'))";
    let said = Command::new("python3").args(["-c", script]).output().unwrap();
    let said = String::from_utf8(said.stdout).unwrap();
    let (program, library) = said.trim().split_once('\n').unwrap();
    let needed = Command::new("ldd").arg(program).output().unwrap();
    let needed = String::from_utf8(needed.stdout).unwrap();
    let needed: Vec<&str> = needed.split_whitespace().filter(|word| word.starts_with('/')).collect();
    let packed = Command::new("sh")
        .args(["-c", "tar -P -chf - --exclude='*/test' --exclude=__pycache__ --exclude='*-packages' \"$@\" | tar -xf - -C \"$0\""])
        .arg(folder)
        .args([program, library])
        .args(&needed)
        .status();
    assert!(packed.unwrap().success());
    fs::create_dir_all(folder.join("usr/local/bin")).unwrap();
    fs::create_dir_all(folder.join("lib64")).unwrap();
    std::os::unix::fs::symlink(program, folder.join("usr/local/bin/python3")).unwrap();
    fs::write(folder.join("edges.py"), EDGES).unwrap();
    for (path, text) in STANDINS {
        let path = folder.join(library.trim_start_matches('/')).join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// The spec as published, to the letter: code and image are Pachyderm's own.
#[test]
fn a_published_example_runs_unchanged() {
    let Some(_) = peer("python3") else { return };
    let published = || {
        let project = Project::new();
        project.write_all(&[
            ("images/liberty.png", "liberty"),
            ("images/kitten.png", "kitten"),
            (
                "edges/spec.yml",
                r#"{
  "pipeline": {
    "name": "edges"
  },
  "description": "A pipeline that performs image edge detection by using the OpenCV library.",
  "transform": {
    "cmd": [ "python3", "/edges.py" ],
    "image": "pachyderm/opencv:1.0"
  },
  "input": {
    "pfs": {
      "repo": "images",
      "glob": "/*"
    }
  }
}
"#,
            ),
        ]);
        project.commit("opencv");
        project
    };
    for study in Study::each(published) {
        let image = tempfile::tempdir().unwrap();
        python_image(image.path());
        study.podman.import(image.path(), "docker.io/pachyderm/opencv:1.0");
        study.minipach(&["check"]);
        study.minipach(&["run"]).says("containers of `pachyderm/opencv:1.0`, made by podman").ok();
        assert_eq!(study.project.tree("edges"), table(EXPECTED), "as {:?}", study.person);
        assert_eq!(study.minipach(&["run"]).ok(), "nothing to do\n");
        assert!(study.project.read(".minipach/ledger/edges.jsonl").contains(r#""place":"container""#));
        study.minipach(&["why", "edges:kitten.png"]).says("in a container").ok();
        assert_eq!(study.podman.containers(), "");
    }
}

#[test]
fn whatever_a_command_tries_only_its_output_changes() {
    let Some(_) = peer("git-annex") else { return };
    let tempted = || {
        let project = tempting();
        let spec = project.read("try/spec.yml").replace("try.sh]", "try.sh], image: 'localhost/tool:1'");
        project.spec("try", &format!("{spec}pass_env: [ROOT]\n")).commit("in a container");
        project
    };
    for study in Study::each(tempted) {
        let before = untouchable(study.project.home());
        let root = study.project.root().to_str().unwrap().to_owned();
        let ran = support::finish(study.command(&["run", "-j2"], &[("ROOT", &root)]));
        assert_untouched(&study.project, &before, &format!("as {:?}: {ran:?}", study.person));
        // Who may not mount, or make a device, sees its shell fail; all others go on to the end.
        let tried = study.project.tree("try").len();
        assert!(tried + 2 >= ATTEMPTS.len(), "{tried} as {:?}: {ran:?}", study.person);
    }
}

#[test]
fn a_container_is_fresh_alone_and_no_more_than_it_is_told() {
    let script = "test ! -e /left; echo x > /left; id -u; hostname; echo $MINE $HOME ${SECRET-none}; \
                  wc -l < /proc/net/dev; ls /proc | grep -c ^[0-9]; echo $PFS $TMPDIR $PWD";
    let project = || {
        let project = Project::new();
        project.write("raw/a.txt", "one\n").write("raw/b.txt", "two\n").write("code/look.sh", script).spec(
            "look",
            "input: {pfs: {name: in, repo: raw, glob: '/(*).txt'}}\n\
             transform: {cmd: [sh, -ec, '. code/look.sh > /pfs/out/seen'], image: 'localhost/tool:1', env: {MINE: 'a,b $x'}}\n\
             output: /$1\n",
        );
        project.commit("all");
        project
    };
    for study in Study::each(project) {
        let ended = support::finish(study.command(&["run", "-j1"], &[("SECRET", "of mine")]));
        ended.ok();
        let root = study.project.root().display().to_string();
        for key in ["a", "b"] {
            let seen = study.project.read(&format!("look/{key}/seen"));
            let lines: Vec<&str> = seen.lines().collect();
            assert_eq!(lines[..4], ["0", "minipach", "a,b $x /root none", "3"], "as {:?}", study.person);
            assert!(lines[4].parse::<u32>().unwrap() < 8, "{seen}");
            assert_eq!(lines[5], format!("/pfs /tmp/minipach {root}"));
            let folder = fs::metadata(study.project.path(&format!("look/{key}"))).unwrap();
            assert_eq!(folder.permissions().mode() & 0o022, 0, "results are closed to others");
        }
    }
}

/// Kill -9 of minipach: what watches over the container ends it; where that is killed too, the next start does.
#[test]
fn a_killed_run_leaves_no_container() {
    let waiting = || {
        let project = copying("");
        let spec = project.read("copy/spec.yml").replace("cp /pfs/in/in.txt /pfs/out/copy", "sleep 1000");
        project.spec("copy", &spec).write("raw/b.txt", "two\n").commit("waits");
        project
    };
    for study in Study::each(waiting) {
        for after in [Some(0), Some(200), None] {
            let mut run = study.command(&["run", "-j2"], &[]).spawn().unwrap();
            match after {
                // In the middle of their beginning.
                Some(ms) => {
                    until("one begins", || {
                        processes(&study.project).iter().any(|one| one.contains("podman"))
                    });
                    std::thread::sleep(Duration::from_millis(ms));
                }
                None => until("both run", || study.podman.containers().matches(" Up ").count() == 2),
            }
            run.kill().unwrap();
            run.wait().unwrap();
            until("all is gone", || {
                processes(&study.project).is_empty() && study.podman.containers().is_empty()
            });
        }
        study.minipach(&["status"]).ok();
    }
}

#[test]
fn what_watches_over_containers_may_be_killed_too() {
    for study in Study::each(|| {
        let project = copying("");
        let spec = project.read("copy/spec.yml").replace("cp /pfs/in/in.txt /pfs/out/copy", "sleep 1000");
        project.spec("copy", &spec).commit("waits");
        project
    }) {
        let mut run = study.command(&["run"], &[]).spawn().unwrap();
        let runs = || {
            let all = study.podman.containers();
            // Before it, podman itself is tried with one that has another name.
            all.lines().any(|line| line.starts_with("minipach-") && line.contains(" Up "))
        };
        until("it runs", runs);
        // Held, so that it does not see its helper go.
        hold(run.id());
        for pid in helpers(run.id()) {
            drop(Command::new("kill").args(["-9", &pid]).status());
        }
        drop(Command::new("kill").args(["-9", &run.id().to_string()]).status());
        run.wait().unwrap();
        assert!(runs(), "nobody is left to end it");
        study.project.spec(
            "copy",
            &study.project.read("copy/spec.yml").replace("sleep 1000", "cp /pfs/in/in.txt /pfs/out/copy"),
        );
        study.minipach(&["run"]).ok();
        until("it is gone", || study.podman.containers().is_empty());
        assert_eq!(study.project.read("copy/a/copy"), "one\n");
    }
}

/// Stops a process, and waits until each of its threads stands still.
fn hold(process: u32) {
    assert!(Command::new("kill").args(["-STOP", &process.to_string()]).status().unwrap().success());
    until("it stands still", || {
        let threads = fs::read_dir(format!("/proc/{process}/task")).unwrap().flatten();
        let stat = |thread: fs::DirEntry| fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        threads.map(stat).all(|stat| stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with('T')))
    });
}

/// Processes that minipach itself is below a process, as the setting of a test wraps it.
fn helpers(parent: u32) -> Vec<String> {
    let all = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    let is_helper = |path: &std::path::PathBuf| {
        let line = fs::read(path.join("cmdline")).unwrap_or_default();
        let status = fs::read_to_string(path.join("status")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains("sandbox-helper")
            && status.contains(&format!("PPid:\t{parent}\n"))
    };
    all.filter(is_helper).filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect()
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_mins(1), "waited a minute until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_timeout_is_heard_and_ends_the_container() {
    let Some(study) = Study::each(|| {
        let project = copying("");
        let spec = project.read("copy/spec.yml").replace(
            "cp /pfs/in/in.txt /pfs/out/copy",
            "trap \"echo heard; exit 3\" TERM; sleep 1000 & wait",
        );
        project.spec("copy", &format!("{spec}datum_timeout: 3s\ndatum_tries: 1\n")).commit("waits");
        project
    })
    .into_iter()
    .next() else {
        return;
    };
    let begun = Instant::now();
    study.minipach(&["run"]).code(1).says("datum_timeout");
    assert!(begun.elapsed() < Duration::from_secs(9), "it was not asked but killed");
    study.minipach(&["logs", "copy:a"]).says("heard").ok();
    assert_eq!(study.podman.containers(), "");
}

#[test]
fn what_cannot_be_had_is_one_sentence() {
    let absent = |more: &str, image: &str| {
        let project = copying(more);
        let spec = project.read("copy/spec.yml").replace("localhost/tool:1", image);
        project.spec("copy", &spec).commit("other image");
        project
    };
    for study in Study::each(|| absent("", "localhost:1/nowhere/tool:2")) {
        let ended = study
            .minipach(&["run"])
            .code(5)
            .says("podman cannot pull the image `localhost:1/nowhere/tool:2`");
        drop(ended.says("pulling the image"));
        if study.person == Person::User {
            continue;
        }
        study.project.write("minipach.yml", "container: apptainer\n").commit("by apptainer");
        study.minipach(&["run"]).code(5).says("`apptainer` is not installed");
        study.minipach(&["check"]).says("MP402").says("`apptainer` is not installed");
        study.project.write("minipach.yml", "container: never\n").commit("without");
        study.minipach(&["run"]).ok();
        assert_eq!(study.project.read("copy/a/copy"), "one\n");
        let made = ", not in the image `localhost:1/nowhere/tool:2` that its spec names";
        study.minipach(&["why", "copy:a"]).code(0).says(made);
    }
    let Some(study) = Study::each(|| absent("", "envs/tool.sif")).into_iter().next() else { return };
    study.minipach(&["run"]).code(3).says("`envs/tool.sif` is no file of the project (copy/spec.yml:");
    study.minipach(&["check"]).says("MP403").says("no file of the project");
    study.project.write("envs/tool.sif", "not really").commit("a file");
    study.minipach(&["run"]).code(5).says("`apptainer` is not installed, `singularity` is not installed");
    let spec = study.project.read("copy/spec.yml");
    study
        .project
        .spec("copy", &spec.replace("envs/tool.sif", "localhost/tool:1").replace("cmd: [sh", "cmd: [nosuch"));
    study.minipach(&["run"]).code(1).says("its image has no such program");
    study.project.spec("copy", &spec.replace("envs/tool.sif", "Tool"));
    study.minipach(&["run"]).code(3).says("`Tool` is no name of an image");
}

#[test]
fn a_datum_is_entered_in_its_container() {
    for study in Study::each(|| copying("")) {
        let script = "cat /pfs/in/in.txt; echo mine > /pfs/out/x; id -u; echo x >> /pfs/in/in.txt; exit 4";
        let ended = study.minipach(&["enter", "copy:a", "--", "sh", "-c", script]).code(4);
        assert_eq!(ended.stdout, "one\n0\n", "as {:?}", study.person);
        drop(ended.says("is no result"));
        assert_eq!(study.project.read("raw/a.txt"), "one\n");
        assert_eq!(study.podman.containers(), "");
    }
}

/// Whether somebody could start a program by its name.
fn is_on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).exists())
}

/// A record of several datums, run by podman, makes the same bytes again without us.
#[test]
fn a_record_of_podman_reruns() {
    let Some(_) = peer("datalad") else { return };
    let two = || {
        let project = copying("");
        project.write("raw/b.txt", "two\n").commit("another");
        project
    };
    for study in Study::each(two).into_iter().filter(|study| study.person == Person::Self_) {
        study.minipach(&["run"]).ok();
        let head = study.project.head();
        assert!(!is_on_path("minipach"));
        let rerun = || {
            let mut rerun = study.project.command("datalad");
            rerun.args(["rerun", "HEAD"]).envs(study.podman.env());
            support::finish(rerun).ok();
        };
        rerun();
        assert_eq!((study.project.head(), study.project.changed()), (head.clone(), String::new()));
        // Lost results come back by it, and nothing but them.
        let tree = study.project.git(["rev-parse", "HEAD^{tree}"]);
        study.project.git(["rm", "-q", "-r", "copy/a"]);
        study.project.git(["commit", "-qm", "lost"]);
        let mut rerun = study.project.command("datalad");
        rerun.args(["rerun", &head]).envs(study.podman.env());
        support::finish(rerun).ok();
        assert_eq!(study.project.git(["rev-parse", "HEAD^{tree}"]), tree);
        assert_eq!(study.podman.containers(), "");
    }
}

/// What comes from outside and what a container may use at most are the same when a record makes its result again.
#[test]
fn a_record_passes_variables_and_keeps_the_limit_of_memory() {
    let Some(_) = peer("datalad") else { return };
    let limited = || {
        let project = copying("");
        let spec = project.read("copy/spec.yml").replace(
            "cp /pfs/in/in.txt /pfs/out/copy",
            "awk ''BEGIN{s=\"x\"; while (length(s) < 1e8) s = s s}''; (echo $MINE ${OTHER-none}; cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || :) > /pfs/out/copy",
        );
        let more = "pass_env: [MINE, ABSENT]\nresource_limits: {memory: 64Mi}\n";
        project.spec("copy", &format!("{spec}{more}")).commit("limited");
        project
    };
    for study in Study::each(limited).into_iter().filter(|study| study.person == Person::Self_) {
        let env = [("MINE", "a  'b' $c"), ("OTHER", "not passed")];
        support::finish(study.command(&["run"], &env)).ok();
        assert_eq!(study.project.read("copy/a/copy"), "a 'b' $c none\n67108864\n");
        let mut rerun = study.project.command("datalad");
        rerun.args(["rerun", "HEAD"]).envs(study.podman.env()).envs(env);
        support::finish(rerun).ok();
        assert_eq!((study.project.exists("oom"), study.project.changed()), (false, String::new()));
        assert_eq!(study.project.git(["log", "-1", "--format=%s"]), "[DATALAD RUNCMD] copy: 1 datum");
        // What is not there outside is not there inside.
        let mut rerun = study.project.command("datalad");
        rerun.args(["rerun", "HEAD"]).envs(study.podman.env()).env_remove("MINE");
        support::finish(rerun).ok();
        assert_eq!(study.project.read("copy/a/copy"), "none\n67108864\n");
    }
}

/// A folder that is an image: a shell and its kin.
fn folder_image(person: Person, busybox: &Path) -> tempfile::TempDir {
    let image = tempfile::tempdir().unwrap();
    lay_image(image.path(), busybox);
    person.owns_folder(image.path());
    fs::set_permissions(image.path(), fs::Permissions::from_mode(0o755)).unwrap();
    image
}

/// The root of a small system, as a clone has it: git keeps no empty folders, such as `dev`, `proc`, `sys` and `tmp`.
fn lay_image(root: &Path, busybox: &Path) {
    for folder in ["bin", "etc", "usr/bin", "ch"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    fs::write(root.join("ch/environment"), "FROM_IMAGE=yes\n").unwrap();
    for file in ["etc/passwd", "etc/group", "etc/hosts", "etc/resolv.conf"] {
        fs::write(root.join(file), "").unwrap();
    }
    podman::fill(&root.join("bin"), busybox);
}

#[test]
fn whatever_a_command_tries_in_charliecloud_only_its_output_changes() {
    let (Some(_), Some(_), Some(_)) = (peer("ch-run"), peer("bwrap"), peer("git-annex")) else { return };
    let Some(busybox) = peer("busybox") else { return };
    for person in people() {
        let image = folder_image(person, &busybox);
        let project = tempting();
        let image = format!("try.sh], image: '{}/'", image.path().display());
        let spec = project.read("try/spec.yml").replace("try.sh]", &image);
        project.spec("try", &format!("{spec}pass_env: [ROOT]\n")).commit("in a container");
        person.owns(&project);
        let before = untouchable(project.home());
        let root = project.root().to_str().unwrap().to_owned();
        let env = [("ROOT", &*root), ("MINIPACH_CONTAINER", "charliecloud")];
        let ran = person.minipach(&project, &["run", "-j2"], &env);
        assert_untouched(&project, &before, &format!("as {person:?}: {ran:?}"));
        let tried = project.tree("try").len();
        assert!(tried + 2 >= ATTEMPTS.len(), "{tried} as {person:?}: {ran:?}");
    }
}

/// Charliecloud with a folder that is an image, in the sandbox that keeps the project as it is.
#[test]
fn charliecloud_runs_a_folder() {
    let (Some(_), Some(_), Some(busybox)) = (peer("ch-run"), peer("bwrap"), peer("busybox")) else { return };
    for person in people() {
        let image = folder_image(person, &busybox);
        let project = Project::new();
        let spec = format!(
            "input: {{pfs: {{name: in, repo: raw, glob: '/(*).txt'}}}}\n\
             transform: {{cmd: [sh, code/try.sh], image: '{}/', env: {{MINE: 'a $b'}}}}\noutput: /$1\n",
            image.path().display()
        );
        let script = "cp /pfs/in/in.txt /pfs/out/copy; echo $FROM_IMAGE $MINE $PWD > /pfs/out/env; \
                      wc -l < /proc/net/dev > /pfs/out/net; echo x >> /pfs/in/in.txt; echo x > new; sleep 100 & exit 0\n";
        project.write("raw/a.txt", "one\n").write("raw/b.txt", "two\n").write("code/try.sh", script);
        project.spec("copy", &spec).commit("all");
        person.owns(&project);
        let run = |args: &[&str]| person.minipach(&project, args, &[("MINIPACH_CONTAINER", "charliecloud")]);
        run(&["run"]).says("made by charliecloud").ok();
        let root = project.root().display().to_string();
        assert_eq!(project.read("copy/a/copy"), "one\n", "as {person:?}");
        assert_eq!(project.read("copy/b/env"), format!("yes a $b {root}\n"));
        assert_eq!(project.read("copy/b/net"), "3\n");
        assert_eq!((project.read("raw/a.txt"), project.exists("new")), ("one\n".to_owned(), false));
        assert_eq!(run(&["enter", "copy:a", "--", "cat", "/pfs/in/in.txt"]).ok(), "one\n");
        assert_eq!(processes(&project), Vec::<String>::new());
    }
}

/// A folder of the project is an image that counts file by file: it holds still unless one of its files changes. It may
/// lack a list of groups.
#[test]
fn charliecloud_runs_a_folder_of_the_project() {
    let (Some(_), Some(_), Some(busybox)) = (peer("ch-run"), peer("bwrap"), peer("busybox")) else { return };
    let person = Person::Self_;
    let project = Project::new();
    lay_image(&project.path("envs/root"), &busybox);
    fs::remove_file(project.path("envs/root/etc/group")).unwrap();
    let spec = "input: {pfs: {name: in, repo: raw, glob: '/(*).txt'}}\noutput: /$1\n\
                transform: {cmd: [sh, -c, 'echo $FROM_IMAGE > /pfs/out/x'], image: envs/root}\n";
    project.write("raw/a.txt", "one\n").write("raw/b.txt", "two\n").spec("copy", spec).commit("all");
    let run = |args: &[&str]| person.minipach(&project, args, &[("MINIPACH_CONTAINER", "charliecloud")]);
    run(&["run"]).says("made by charliecloud").ok();
    assert_eq!((project.read("copy/a/x"), project.changed()), ("yes\n".to_owned(), String::new()));
    assert_eq!(run(&["run"]).ok(), "nothing to do\n");
    project.write("envs/root/ch/environment", "FROM_IMAGE=other\n").commit("another image");
    run(&["run"]).ok();
    assert_eq!(project.read("copy/b/x"), "other\n");
}

/// Its record makes the same result again by `datalad rerun`, without us, and wherever the project stands.
#[test]
fn a_record_of_charliecloud_reruns() {
    let (Some(_), Some(_), Some(busybox)) = (peer("ch-run"), peer("bwrap"), peer("busybox")) else { return };
    let Some(_) = peer("datalad") else { return };
    let person = Person::Self_;
    let image = folder_image(person, &busybox);
    fs::remove_file(image.path().join("etc/passwd")).unwrap();
    let project = Project::new();
    let spec = format!(
        "input: {{pfs: {{name: in, repo: raw, glob: '/(*).txt'}}}}\n\
         transform: {{cmd: [sh, -c, 'cat /pfs/in/in.txt > /pfs/out/x; echo x > $TMPDIR/y; exec 2> /dev/null; echo > /dev/minipach-rerun; echo > /dev/shm/minipach-rerun; exit 0'], image: '{}/'}}\noutput: /$1\n",
        image.path().display()
    );
    project.write("raw/a.txt", "one\n").spec("copy", &spec).commit("all");
    person.minipach(&project, &["run"], &[("MINIPACH_CONTAINER", "charliecloud")]).ok();
    assert_eq!(project.read("copy/a/x"), "one\n");
    // An older ch-run puts nothing where the image has no folder; bwrap shows it one that has them.
    assert!(!image.path().join("pfs").exists());
    let head = project.head();
    assert!(!is_on_path("minipach"));
    project.program("datalad", ["rerun", "HEAD"]).ok();
    assert_eq!(project.head(), head, "the same bytes");
    assert!(!["/dev", "/dev/shm"].iter().any(|at| Path::new(at).join("minipach-rerun").exists()));
    assert_eq!([project.read("copy/a/x"), project.changed()], ["one\n", ""]);
}
