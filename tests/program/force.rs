//! `run --force`: what it takes along beside what is named.

use crate::support::{self, Project};

/// Equal work has one result: what is made anew by force is so at all its places, also where the command never writes
/// the same twice.
#[test]
fn a_datum_run_by_force_takes_those_of_equal_work_along() {
    let project = Project::new();
    project.write_all(&[("raw/a/x", "same\n"), ("raw/b/x", "same\n"), ("raw/c/x", "other\n")]);
    let count = project.path(".git/count").display().to_string();
    let spec = format!(
        "input: {{pfs: {{name: in, repo: raw, glob: '/(*)'}}}}\noutput: /$1\ntransform: {{cmd: [sh, -c, 'echo x >> {count}; wc -l < {count} > $PFS/out/n']}}\n"
    );
    project.spec("p", &spec).commit("all");
    let run = |args: &[&str]| {
        let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
        command.args(["run", "-j1"]).args(args).env("MINIPACH_SANDBOX", "never");
        support::finish(command).code(0)
    };
    run(&[]);
    let before = project.read("p/c/n");
    run(&["--dry-run", "--force", "p:a"]).says("b  it takes the result of a datum with the same work");
    run(&["--force", "p:a"]).says("2 to run of 3 datums");
    assert_eq!([project.read("p/a/n"), project.read("p/b/n")], ["3\n", "3\n"]);
    assert_eq!((project.read("p/c/n"), project.changed()), (before, String::new()));
    run(&[]).says("nothing to do");
}

/// What pipelines with equal work make: once in a run, whichever is first; by force each for itself, all places alike.
#[test]
fn pipelines_with_equal_work_compute_it_once() {
    for jobs in ["-j1", "-j4"] {
        let project = Project::new();
        project.write_all(&[("raw/1/x", "same\n"), ("raw/2/x", "same\n"), ("raw/3/x", "other\n")]);
        let count = project.path(".git/count").display().to_string();
        let spec = format!(
            "input: {{pfs: {{name: in, repo: raw, glob: '/(*)'}}}}\noutput: /$1\ntransform: {{cmd: [sh, -c, 'echo x >> {count}; echo $$ > $PFS/out/n']}}\n"
        );
        project.spec("a", &spec).spec("b", &spec).commit("all");
        let run = |args: &[&str]| {
            let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
            command.args(["run", jobs]).args(args).env("MINIPACH_SANDBOX", "never");
            support::finish(command).code(0)
        };
        let made = |places: [&str; 3]| places.map(|place| project.read(&format!("{place}/n")));
        run(&[]);
        assert_eq!(project.read(".git/count"), "x\nx\n", "{jobs}");
        assert_eq!(made(["a/1", "a/2", "a/3"]), made(["b/1", "b/2", "b/3"]), "{jobs}");
        assert_eq!((project.read("a/1/n"), project.changed()), (project.read("a/2/n"), String::new()));
        run(&[]).says("nothing to do");
        run(&["--force"]);
        for pipeline in ["a", "b"] {
            let place = |key: &str| project.read(&format!("{pipeline}/{key}/n"));
            assert_eq!(place("1"), place("2"), "{jobs}");
        }
        run(&[]).says("nothing to do");
    }
}
