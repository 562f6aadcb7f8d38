//! What holds up datums that wait for others is told by name.

use crate::support::Project;

/// What waits tells which datum upstream somebody must settle.
#[test]
fn what_waits_names_what_holds_it_up() {
    let project = Project::new();
    project.write_all(&[("raw/a.txt", "a\n"), ("raw/bad.txt", "b\n")]);
    let cmd = "test ! -e $PFS/raw/bad.txt && cp $PFS/raw/*.txt $PFS/out";
    let input = |repo: &str, glob: &str| format!("input: {{pfs: {{repo: {repo}, glob: {glob}}}}}\n");
    project.spec("first", &format!("{}transform: {{cmd: [sh, -c, '{cmd}']}}\n", input("raw", "/*")));
    project.spec(
        "all",
        &format!("{}transform: {{cmd: [sh, -c, 'ls $PFS/first > $PFS/out/n']}}\n", input("first", "/")),
    );
    project.spec(
        "last",
        &format!("{}transform: {{cmd: [sh, -c, 'cp $PFS/all/n $PFS/out']}}\n", input("all", "/")),
    );
    project.commit("a chain");
    project.minipach(["run"]).code(1);
    let said = project.minipach(["why", "all"]).code(0).says("failed: `first:raw:/bad.txt`");
    said.says(
        "`minipach why first` says what to do there; then `minipach run`, or `minipach run --keep-going` with what there is",
    );
    project.remove("raw/bad.txt");
    project.commit("without it");
    project.minipach(["run"]).ok();
    project.write("raw/bad.txt", "b\n").commit("with it again");
    project.minipach(["run"]).code(1);
    let told = project.minipach(["why", "all", "--json"]).json();
    assert_eq!(told["held_up_by"][0]["pipeline"], "first", "{told}");
    assert_eq!(told["held_up_by"][0]["keys"][0], "raw:/bad.txt");
}

#[test]
fn what_changed_before_a_failed_attempt_is_no_second_cause_of_it() {
    let project = Project::new();
    project
        .write("raw/a", "good\n")
        .write("code/f.sh", "grep -q good \"$PFS/raw/raw\" && cp \"$PFS/raw/raw\" \"$PFS/out/r\"\n");
    let input = "input: {pfs: {repo: raw, glob: '/(*)'}}\noutput: /$1\n";
    project.spec("f", &format!("{input}transform: {{cmd: [sh, code/f.sh]}}\n")).commit("a study");
    project.minipach(["run"]).code(0);
    project.write("raw/a", "bad\n").commit("bad data");
    project.minipach(["run"]).code(1);
    let why = project.minipach(["why", "f:a"]).code(0);
    let why = why.says("f:a is failed").says("because the last attempt failed: ");
    let why = why.says("unchanged since then: the same would run again");
    assert!(!why.stdout.contains("`raw/a` changed"), "{}", why.stdout);
    let status = project.minipach(["status"]).code(0);
    assert!(!status.stdout.contains("`raw/a` changed"), "{}", status.stdout);
    // What changes after it is told as before.
    project.write("raw/a", "good again\n").commit("mended");
    project.minipach(["why", "f:a"]).code(0).says("failed before with other data").says("`raw/a` changed");
}

/// Where an upstream is incomplete, what reads the folders that lack nothing was made of all there will be.
#[test]
fn only_what_reads_where_something_is_lacking_is_made_from_a_part() {
    let project = Project::new();
    project.write_all(&[("raw/a.txt", "a\n"), ("raw/b.txt", "b\n")]);
    let spec = |repo: &str, glob: &str, output: &str| {
        format!(
            "input: {{pfs: {{name: in, repo: {repo}, glob: '{glob}'}}}}\noutput: {output}\n\
             transform: {{cmd: [sh, -c, 'find $in -type f | xargs cat > $PFS/out/o']}}\n"
        )
    };
    project.spec("p", &spec("raw", "/(*).txt", "/$1/in"));
    project.spec("file", &spec("p", "/(*)/in/o", "/$1")).spec("folder", &spec("p", "/(*)", "/$1"));
    project.spec("whole", &spec("p", "/", "/"));
    let member = |repo: &str, glob: &str| {
        format!("{{pfs: {{name: {repo}, repo: {repo}, glob: '{glob}', group_by: $1}}}}")
    };
    let group = format!(
        "input: {{group: [{}, {}]}}\noutput: /$1\n",
        member("raw", "/(*).txt"),
        member("p", "/(*)/in/o")
    );
    project.spec("group", &format!("{group}transform: {{cmd: [sh, -c, 'ls $PFS/* > $PFS/out/o']}}\n"));
    project.commit("all");
    project.minipach(["run"]).ok();
    project.write("raw/a.txt", "other\n");
    for pipeline in ["file", "folder"] {
        project.minipach(["why", &format!("{pipeline}:b")]).code(0).says("its work is known");
    }
    // Of a group nobody knows that it has all its members.
    project.minipach(["why", "group:b"]).code(0).says("made from an incomplete `p`");
    let status = project.minipach(["status", "--json"]).code(0).json();
    let reasons = |name: &str| {
        let all = status["pipelines"].as_array().expect("a list").iter();
        let of =
            all.filter(|one| one["name"] == name).flat_map(|one| one["reasons"].as_array().expect("a list"));
        of.map(|reason| reason["kind"].as_str().expect("a kind").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!([reasons("file"), reasons("folder"), reasons("whole")], [["upstream"]; 3]);
}

/// Results whose datums nobody can tell of now wait, too: they are counted, and have a reason.
#[test]
fn what_a_run_leaves_waiting_is_what_a_plan_shows_and_has_a_reason() {
    let project = Project::new();
    project.write_all(&[("raw/1", "1\n"), ("raw/2", "2\n"), ("raw/3", "3\n")]);
    let one = "input: {pfs: {repo: raw, glob: '/(*)'}}\noutput: /$1\n";
    project.spec("p", &format!("{one}transform: {{cmd: [sh, -c, 'grep -v bad $raw > $PFS/out/f']}}\n"));
    let both = "input: {cross: [{pfs: {repo: p, glob: '/(*)'}}, {pfs: {name: w, repo: raw, glob: '/(*)'}}]}\noutput: '/${p.1}-${w.1}'\n";
    project.spec("r", &format!("{both}transform: {{cmd: [sh, -c, 'cp $p/f $PFS/out/f']}}\n"));
    project.commit("a cross");
    project.minipach(["run"]).ok();
    project.write("raw/2", "bad\n").commit("bad data");
    project.minipach(["run"]).code(1).says("1 datum failed, 5 datums left");
    let plan = project.minipach(["plan"]).code(0).says("5 waiting");
    assert!(plan.stdout.contains("5 waits for `p`"), "{}", plan.stdout);
}
