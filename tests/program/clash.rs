//! Datums that share a folder and make one file: which of them has it does not hang on which ends first.

use crate::support::Project;

/// Three datums make `p/o`, and the second one `p/own` as well; the first two end after the last one's result
/// stands, if there is room for all at once.
fn study() -> Project {
    let project = Project::new();
    for name in ["f1", "f2", "f3"] {
        project.write(&format!("raw/{name}"), format!("{name}\n"));
    }
    let wait = "f=$(ls \"$PFS/raw\"); i=0; test \"$SLOTS\" != 3 -o \"$f\" = f3 || \
                until test -e p/o -o $i = 500; do i=$((i+1)); sleep 0.02; done; ";
    let make = "cat \"$PFS/raw/$f\" > \"$PFS/out/o\"; test \"$f\" != f2 || echo > \"$PFS/out/own\"";
    project.write("code/make.sh", format!("{wait}{make}\n"));
    project.spec("p", "input: {pfs: {repo: raw, glob: /*}}\ntransform: {cmd: [sh, code/make.sh]}\n");
    project.commit("a study");
    project
}

/// Runs with so many slots; gives what is told of the failures.
fn run(project: &Project, slots: &str) -> String {
    let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
    command.args(["run", "-j", slots]).env("SLOTS", slots);
    let output = command.output().expect("it starts");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn the_first_in_order_has_the_file_however_fast_the_others_are() {
    for slots in ["3", "1"] {
        let project = study();
        let told = run(&project, slots);
        assert_eq!(project.read("p/o"), "f1\n", "{told}");
        assert!(!project.path("p/own").exists(), "half of a result stands\n{told}");
        assert!(told.contains("`p:raw:/f2` and `p:raw:/f1` both make `p/o`"), "{told}");
        // As things go, it met the first or the second before.
        let met = ["1", "2"].map(|rival| format!("`p:raw:/f3` and `p:raw:/f{rival}` both make `p/o`"));
        assert!(met.iter().any(|met| told.contains(met)), "{told}");
        assert_eq!(project.changed(), "");
        let known = project.minipach(["datums", "p", "--state", "cached"]).code(0).stdout;
        for key in
            known.lines().filter_map(|line| line.split_whitespace().find(|word| word.starts_with("raw:/")))
        {
            let why = project.minipach(["why", &format!("p:{key}")]).code(0);
            why.says("its result is known and cannot be put in place: `p:raw:/f1` makes `p/o` too");
        }

        let head = project.head();
        run(&project, slots);
        assert_eq!((project.head(), project.read("p/o")), (head, "f1\n".to_owned()), "{slots} slots");
    }
}

/// A result that stood already, and had to give way, is told of twice: the second time says so, and all counts are right.
#[test]
fn a_datum_that_gives_way_is_told_as_one() {
    let project = study();
    let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
    command.args(["run", "--json", "-j", "3"]).env("SLOTS", "3");
    let events: Vec<serde_json::Value> = crate::support::finish(command).code(1).json_lines();
    let ended: Vec<_> = events
        .iter()
        .filter(|event| event["event"] == "datum_finished")
        .map(|event| (event["key"].as_str(), event["outcome"].as_str(), event["instead_of"].as_str()))
        .collect();
    let (f3, of_f3) = (Some("raw:/f3"), |outcome| {
        ended.iter().position(|end| *end == (Some("raw:/f3"), Some(outcome), None))
    });
    let done = of_f3("done").expect("it ended first");
    let taken_back = (f3, Some("failed"), Some("done"));
    assert_eq!(ended.iter().position(|end| *end == taken_back).map(|at| at > done), Some(true), "{ended:?}");
    assert_eq!(ended.iter().filter(|(key, ..)| *key == f3).count(), 2, "{ended:?}");
    let summary = &events.last().expect("a summary")["summary"];
    assert_eq!((&summary["ran"], &summary["failed"], &summary["left"]), (&1.into(), &2.into(), &0.into()));
    let jobs = project.minipach(["jobs", "--json"]).code(0).stdout;
    assert!(jobs.contains("\"failed\":2"), "{jobs}");
}

#[test]
fn when_the_first_goes_the_next_one_has_it() {
    let project = study();
    run(&project, "3");
    std::fs::remove_file(project.path("raw/f1")).expect("it stood");
    project.commit("one less");
    let told = run(&project, "1");
    assert_eq!(project.read("p/o"), "f2\n", "{told}");
    assert!(project.path("p/own").exists(), "{told}");
    assert!(told.contains("`p:raw:/f3` and `p:raw:/f2` both make `p/o`"), "{told}");
}

#[test]
fn a_result_of_an_earlier_run_stays() {
    let project = study();
    for name in ["f1", "f2"] {
        std::fs::remove_file(project.path(&format!("raw/{name}"))).expect("it stood");
    }
    project.commit("only the last");
    project.minipach(["run"]).ok();
    project.write("raw/f1", "f1\n").commit("the first comes later");
    let told = run(&project, "1");
    assert_eq!(project.read("p/o"), "f3\n", "{told}");
    assert!(told.contains("`p:raw:/f1` and `p:raw:/f3` both make `p/o`"), "{told}");
}
