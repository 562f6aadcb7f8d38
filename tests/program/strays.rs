//! Files that no run made in the folders of results: they are named.

use crate::support::Project;

#[test]
fn a_stray_file_in_the_folder_of_a_result_is_named() {
    const COPY: &str = "input: {pfs: {repo: raw, glob: '/(*).txt'}}\noutput: /$1\ntransform: {cmd: [sh, -c, 'cp $PFS/raw/raw.txt $PFS/out/text']}\n";
    let project = Project::new();
    project.write("raw/a.txt", "a\n").write("raw/b.txt", "b\n").spec("fs", COPY).commit("data");
    project.minipach(["run"]).ok();
    project.write("fs/a/deep/mine.txt", "mine\n");
    project.spec("up", "input: {pfs: {repo: fs, glob: '/(a)/*'}}\ntransform: {cmd: [sh, -c, 'true']}\n");
    let one = "`fs/a/deep/mine.txt` stands in its folder, and no run made it; move it away";
    for is_committed in [false, true] {
        if is_committed {
            project.commit("mine too");
        }
        for words in [&["why", "fs:a"][..], &["status"], &["run"], &["check", "--select", "MP203"]] {
            project.typed(words).says(one);
        }
        let said = project.minipach(["glob", "fs", "/(a)/*"]).code(0);
        said.says(
            "only what is done is looked at; not its datums that are 1 edited; `minipach why fs` tells why",
        );
    }
    project.write("fs/a/other.txt", "other\n").write("fs/b/text.bak", "b\n");
    project.minipach(["why", "fs:a"]).says("`fs/a/deep/mine.txt` and 1 more stand in its folder");
    project.minipach(["check", "--select", "MP203"]).says("move them away (and so in 1 more)");
    let reason = &project.minipach(["why", "fs:a", "--json"]).json()["reasons"][0];
    assert_eq!((&reason["kind"], &reason["more"]), (&"stray".into(), &1.into()), "{reason}");
    // What the result made is edited, too: that is said.
    project.write("fs/a/text", "better\n");
    project.minipach(["why", "fs:a"]).says("its files were changed by hand");
    project.remove("fs/a/deep/mine.txt").remove("fs/a/other.txt").remove("fs/b/text.bak");
    project.write("fs/a/text", "a\n").minipach(["run"]).ok();
    assert!(project.states("fs").values().all(|state| state == "done"));
}

#[test]
fn a_folder_of_no_datum_beside_those_of_results_is_found() {
    const COPY: &str = "input: {pfs: {repo: raw, glob: '/(*).txt'}}\noutput: /$1/stats\ntransform: {cmd: [sh, -c, 'cp $PFS/raw/raw.txt $PFS/out/text']}\n";
    let project = Project::new();
    project.write("raw/a.txt", "a\n").write("raw/b.txt", "b\n").spec("fs", COPY);
    project.write("fs/README.md", "about\n").write("fs/.hidden/x", "x\n").commit("data");
    project.minipach(["run"]).ok();
    let checked = || project.minipach(["check", "--select", "MP502"]);
    assert!(!checked().stdout.contains("MP502"), "{}", checked().stdout);
    project.write("fs/c/stats/text", "by hand\n").write("fs/a/other/text", "by hand\n");
    for is_committed in [false, true] {
        if is_committed {
            project.commit("by hand");
        }
        checked()
            .says("MP502")
            .says("no known run made stand in `fs/a/other`, `fs/c`, where no datum of `fs`");
    }
    // What was made of data that is gone was made by a run.
    project.remove("fs/c/stats/text").remove("fs/a/other/text").remove("raw/b.txt").commit("less");
    assert!(!checked().stdout.contains("MP502"), "{}", checked().stdout);
}

/// A pipeline whose datums share its folder, each started once for a line of the witness.
fn sharing(make: &str) -> Project {
    let project = Project::new();
    for name in ["s1", "s2"] {
        project.write(&format!("raw/{name}/a.txt"), format!("{name}\n"));
    }
    let spec = format!(
        "input: {{pfs: {{repo: raw, glob: '/(*)/'}}}}\ntransform: {{cmd: [sh], stdin: ['n=$(ls $PFS/raw); echo $n >> $WITNESS; {make}']}}\n"
    );
    project.spec("p", &spec);
    project
}

#[test]
fn what_was_made_is_kept_while_a_file_is_in_its_way_and_placed_once_that_is_gone() {
    const FOREIGN: [(&str, &str); 3] =
        [("p/s1.out/a", "p/s1.out/a"), ("p/s1.out", "p/s1.out"), ("p/s1.out/a/b", "p/s1.out/a/b")];
    for (path, named) in FOREIGN {
        let project = sharing("mkdir $PFS/out/$n.out; cp $PFS/raw/*/a.txt $PFS/out/$n.out/a");
        project.write(path, "mine\n").commit("data, and a file of mine");
        for _ in 0..3 {
            project.minipach(["run"]).code(1).says("stands");
            assert_eq!(project.states("p")["raw:/s1"], "in_the_way", "{path}");
        }
        project.minipach(["status"]).says("in the way");
        project.minipach(["why", "p:raw:/s1"]).says(named);
        assert_eq!(project.witnessed().len(), 2, "{path}: no command runs again");
        assert_eq!(project.read(path), "mine\n");
        project.remove(path).commit("mine is gone");
        project.minipach(["run"]).code(0);
        assert_eq!((project.witnessed().len(), project.read("p/s1.out/a")), (0, "s1\n".into()), "{path}");
        assert_eq!(project.changed(), "");
        project.nothing_to_do();
    }
}

#[test]
fn a_file_of_nobody_in_a_folder_that_a_result_makes_stays_beside_it() {
    let project = sharing("mkdir -p $PFS/out/$n/deep; echo a > $PFS/out/$n/a; echo b > $PFS/out/$n/deep/b");
    project.write("p/s2/note", "mine\n").commit("data, and a note");
    project.minipach(["run"]).code(0);
    assert!(project.states("p").values().all(|state| state == "done"), "{:?}", project.states("p"));
    project.nothing_to_do();
    // What was edited is edited all the same.
    project.write("p/s2/a", "mine too\n");
    assert_eq!(project.states("p")["raw:/s2"], "edited");
    project.write("p/s2/a", "a\n").remove("p/s2/note").commit("no note");
    // Its folder is its own again, and the ledger says so.
    assert!(project.minipach(["run"]).code(0).stderr.is_empty(), "no command runs");
    project.nothing_to_do();
    project.minipach(["run", "p:raw:/s2", "--force"]).code(0);
    project.nothing_to_do();
    assert_eq!(project.changed(), "");
}

/// What git holds in no way may stand where a result does: it is told, alike by all verbs, and nothing goes over it.
#[test]
fn a_pipe_a_socket_or_a_repository_in_the_place_of_a_result_is_told_by_all_verbs() {
    const COPY: &str = "input: {pfs: {repo: raw, glob: '/(*).txt'}}\noutput: /$1\ntransform: {cmd: [sh, -c, 'cp $PFS/raw/raw.txt $PFS/out/text']}\n";
    let project = Project::new();
    project.write("raw/a.txt", "a\n").write("raw/b.txt", "b\n").spec("fs", COPY).commit("data");
    project.minipach(["run"]).ok();
    let pipe = |path: &str| {
        assert!(std::process::Command::new("mkfifo").arg(project.path(path)).status().unwrap().success());
    };
    let told = |path: &str| {
        let one = format!("`{path}` stands in its folder, and no run made it; move it away");
        for words in [&["why", "fs:a"][..], &["status"], &["plan"], &["run"], &["run"]] {
            project.typed(words).says(&one);
        }
        assert_eq!(project.states("fs")["a"], "edited");
        project.minipach(["accept", "fs:a"]).code(4).says(&format!("`{path}` is no ordinary file"));
        assert!(!project.minipach(["why", "fs:a"]).code(0).stdout.contains("accept"), "{path}");
    };
    std::fs::remove_file(project.path("fs/a/text")).unwrap();
    pipe("fs/a/text");
    told("fs/a/text");
    std::fs::remove_file(project.path("fs/a/text")).unwrap();
    std::os::unix::net::UnixListener::bind(project.path("fs/a/text")).unwrap();
    told("fs/a/text");
    std::fs::remove_file(project.path("fs/a/text")).unwrap();
    project.write("fs/a/text", "a\n");
    std::fs::create_dir(project.path("fs/a/.git")).unwrap();
    told("fs/a/.git");
    std::fs::remove_dir(project.path("fs/a/.git")).unwrap();
    project.nothing_to_do();
    // Where no result was placed before, it is in the way.
    project.write("raw/c.txt", "c\n").commit("c");
    pipe("fs/c");
    for words in [&["why", "fs:c"][..], &["status"], &["plan"], &["run"], &["run"]] {
        project.typed(words).says("`fs/c` stands in its place, and no pipeline made it");
    }
    assert_eq!(project.states("fs")["c"], "in_the_way");
    std::fs::remove_file(project.path("fs/c")).unwrap();
    project.minipach(["run"]).ok();
    assert_eq!(project.read("fs/c/text"), "c\n");
}

/// A folder that a result is left alone in is no place for files of nobody: they are told, and neither become its own nor go.
#[test]
fn a_file_put_into_the_folder_that_the_only_datum_made_is_told_and_stays() {
    let make = "transform: {cmd: [sh, -c, 'mkdir $PFS/out/d; cat $PFS/raw/*.txt > $PFS/out/d/all; echo n > $PFS/out/top']}\n";
    for (view, key) in [("output: /\n", "."), ("", "raw:/")] {
        let project = Project::new();
        project.write("raw/a.txt", "a\n");
        project.spec("fs", &format!("input: {{pfs: {{repo: raw, glob: /}}}}\n{view}{make}")).commit("data");
        project.minipach(["run"]).ok();
        project.write("fs/d/mine", "mine\n");
        let target = format!("fs:{key}");
        for input in ["a\n", "another\n"] {
            project.write("raw/a.txt", input);
            for words in [&["why", &target][..], &["status"], &["plan"], &["run"], &["run"]] {
                project
                    .typed(words)
                    .says("`fs/d/mine` stands in its folder, and no run made it; move it away");
            }
            assert_eq!(project.states("fs")[key], "edited");
            assert_eq!(
                (project.read("fs/d/mine"), project.read("fs/d/all")),
                ("mine\n".into(), "a\n".into())
            );
        }
        project.remove("fs/d/mine").commit("another input");
        project.minipach(["run"]).ok();
        assert_eq!(project.read("fs/d/all"), "another\n");
        // Who says so has it taken into the result.
        project.write("fs/d/mine", "mine\n").minipach(["accept", &target]).code(0);
        assert_eq!(project.states("fs")[key], "done");
        assert_eq!(project.changed(), "");
        project.nothing_to_do();
    }
}

/// As its help says: where datums share a folder, too, a file that is in the way is kept as the result.
#[test]
fn a_file_in_the_way_in_a_shared_folder_can_be_accepted() {
    for path in ["p/s1.out/a", "p/s1.out", "p/s1.out/a/b"] {
        let project = sharing("mkdir $PFS/out/$n.out; cp $PFS/raw/*/a.txt $PFS/out/$n.out/a");
        project.write(path, "mine\n").commit("data, and a file of mine");
        project.minipach(["run"]).code(1).says("stands");
        project.minipach(["why", "p:raw:/s1"]).says("`minipach accept 'p:raw:/s1'` takes it as the result");
        // Of a whole pipeline it is not meant.
        project.minipach(["accept", "p"]).says("raw:/s1 (in the way");
        project.minipach(["accept", "p:raw:/s1"]).code(0);
        assert_eq!((project.read(path), project.changed()), ("mine\n".into(), String::new()), "{path}");
        assert_eq!(project.states("p")["raw:/s1"], "done", "{path}");
        project.witnessed();
        project.nothing_to_do();
        assert_eq!(project.read("p/s2.out/a"), "s2\n");
    }
}
