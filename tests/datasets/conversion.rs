//! Text conversion by git: results stay what their commands wrote, whatever attributes and settings ask for.

use crate::study::{Home, Study};
use crate::support::{Project, table};

/// Writes the line ends of Windows, and something that `ident` would shorten.
const WRITE: &str = r#"
input: {pfs: {repo: raw, glob: '/(*)'}}
output: /$1
transform: {cmd: [sh, -c, "echo ran >> \"$WITNESS\"; printf 'a\\r\\n$Id: b$\\r\\n' > /pfs/out/x"]}
"#;

const COUNT: &str = r"
input: {pfs: {repo: made, glob: /}}
output: /
transform: {cmd: [sh, -c, 'wc -c < /pfs/made/f1/x > /pfs/out/count']}
";

/// What makes git convert: lines of `.gitattributes`, and a value of `core.autocrlf`.
const WAYS: [(&str, &str); 4] =
    [("* text=auto\n", "false"), ("* text eol=crlf\n", "false"), ("", "input"), ("* ident\n", "false")];

fn lay_out(project: &Project, (attributes, setting): (&str, &str)) {
    project.write("raw/f1", "1\n").write(".gitattributes", attributes);
    project.spec("made", WRITE).spec("count", COUNT);
    project.git(["config", "core.autocrlf", setting]);
}

/// Asserts that all is done, here and in a clone, with nothing left to commit.
#[track_caller]
fn is_done_everywhere(project: &Project) {
    let stands = || (project.states("made"), project.states("count"), project.changed());
    assert_eq!(stands(), (table([("f1", "done")]), table([(".", "done")]), String::new()));
    project.nothing_to_do();
    let clone = Project::bare();
    clone.git(["clone", "-q", &project.root().display().to_string(), "."]);
    assert_eq!(clone.read("made/f1/x"), "a\r\n$Id: b$\r\n");
    assert_eq!(clone.states("made"), table([("f1", "done")]));
    clone.nothing_to_do();
}

#[test]
fn results_that_git_would_convert_wait_for_a_rule_and_lose_nothing() {
    for way in WAYS {
        let project = Project::new();
        lay_out(&project, way);
        project.commit("data");
        let head = project.head();
        project
            .minipach(["run"])
            .code(0)
            .says("git would store `made/f1/x` with other bytes")
            .says("made/** -merge -text");
        assert_eq!(
            (project.head(), project.states("made")),
            (head.clone(), table([("f1", "done")])),
            "{way:?}"
        );
        project.minipach(["run"]).code(0).says("git would store `made/f1/x`");
        assert_eq!((project.head(), project.witnessed().len()), (head, 1), "{way:?}");
        project.typed(&["check", "--select", "MP217", "--fix"]).code(0);
        project.minipach(["run"]).ok();
        assert_eq!(project.witnessed().len(), 0, "{way:?}");
        // Git looks again at the spec, whose text it shortened, only if the file changed or it is told to.
        project.git(["add", "--renormalize", "."]);
        project.commit("the rule");
        assert_eq!(project.read("count/count").trim(), "12");
        is_done_everywhere(&project);
    }
}

#[test]
fn results_that_git_leaves_alone_are_committed_at_once() {
    let project = Project::new();
    lay_out(&project, ("* text=auto\n", "false"));
    project.spec("made", &WRITE.replace("\\\\r", ""));
    project.commit("data");
    project.minipach(["run"]).ok();
    assert_eq!((project.states("made"), project.changed()), (table([("f1", "done")]), String::new()));
    project.nothing_to_do();
}

#[test]
fn with_the_rule_datalad_makes_the_same_bytes_again() {
    for home in [Home::Git, Home::Yoda, Home::Text] {
        let Some(study) = Study::new(home) else { return };
        let project = &study.project;
        let before = if project.path(".gitattributes").exists() {
            project.read(".gitattributes")
        } else {
            String::new()
        };
        lay_out(project, ("", "false"));
        let rules = "/made/** -merge -text -ident -working-tree-encoding\n/made/spec.yml merge\n";
        project.write(".gitattributes", format!("{before}* text=auto\n{rules}"));
        study.save("data");
        study.run();
        assert_eq!(study.is_annexed("made/f1/x"), matches!(home, Home::Yoda));
        study.reruns(2);
    }
}

#[test]
fn data_that_git_stores_otherwise_is_found() {
    let project = Project::new();
    lay_out(&project, ("* text=auto\n", "false"));
    project.commit("data");
    let asked = || project.typed(&["check", "--select", "MP217", "--exit-zero"]).code(0);
    assert!(!asked().stdout.contains("raw/f1"), "line ends of Unix are stored as they are");
    project.write("raw/f1", "1\r\n").commit("line ends of Windows");
    asked().says("git stores `raw/f1` with other bytes").says("text=auto");
}

#[test]
fn data_that_git_stored_otherwise_is_found_without_reading_what_it_stored() {
    let project = Project::new();
    let lines: Vec<String> =
        (0_u32..20_000).map(|line| format!("{}\r\n", line.wrapping_mul(2_654_435_761))).collect();
    project
        .write("raw/f1", lines.concat())
        .write(".gitattributes", "*.txt text\n/raw/** text\n")
        .spec("made", WRITE);
    project.set_mtime(
        "raw/f1",
        std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000),
    );
    project.commit("data");
    let oid = project.git(["rev-parse", "HEAD:raw/f1"]);
    let object = format!(".git/objects/{}/{}", &oid[..2], oid[2..].trim());
    let bytes = std::fs::read(project.path(&object)).expect("it is a file of its own");
    project.remove(&object).write(&object, &bytes[..200]);
    project.minipach(["check", "--select", "MP217"]).code(1).says("git stores `raw/f1` with other bytes");
}

/// The bytes that stand are those of the result, not those that git stores of the input.
#[test]
fn copies_of_inputs_that_git_stores_otherwise_are_committed_as_they_stand() {
    const LINK: &str = "transform: {cmd: [sh, -c, 'ln -s /pfs/raw/raw.txt /pfs/out/raw.txt']}\n";
    let ways = ["raw/** text eol=crlf\n", "raw/** filter=shout\n", "* text=auto\nraw/** eol=crlf\n"];
    for (way, transform) in ways.iter().flat_map(|way| [(way, LINK), (way, "")]) {
        let project = Project::new();
        project.git(["config", "filter.shout.clean", "tr a-z A-Z"]);
        project.git(["config", "filter.shout.smudge", "tr A-Z a-z"]);
        project.write("raw/a.txt", "abc\n").write(".gitattributes", format!("{way}/p/** -merge -text\n"));
        project
            .spec("p", &format!("input: {{pfs: {{repo: raw, glob: '/(*).txt'}}}}\noutput: /$1\n{transform}"));
        project.commit("data");
        project.remove("raw/a.txt").git(["checkout", "-q", "raw/a.txt"]);
        project.minipach(["run"]).ok();
        assert_eq!(project.changed(), "", "{way} {transform}");
        assert_eq!(project.states("p"), table([("a", "done")]), "{way} {transform}");
        assert_eq!(project.read("p/a/raw.txt"), project.read("raw/a.txt"));
        project.nothing_to_do();
    }
}

#[test]
fn what_tells_git_of_ledgers_keeps_its_line_ends_in_any_clone() {
    let project = Project::new();
    lay_out(&project, ("/made/** -text -ident\n/count/** -text\n", "false"));
    project.commit("data");
    project.minipach(["run"]).ok();
    let clone = Project::bare();
    let from = project.root().display().to_string();
    clone.git(["clone", "-q", "-c", "core.autocrlf=true", &from, "."]);
    assert!(clone.read(".minipach/.gitattributes").contains("\r\n"));
    clone.write("raw/f2", "2\n").minipach(["run", "--save"]).ok();
    assert_eq!(
        clone
            .git(["log", "--format=", "--name-only", "HEAD", "--", ".minipach/.gitattributes"])
            .lines()
            .count(),
        1
    );
    assert_eq!(clone.changed(), "");
}

const OWN_RULES: &str = r"
input: {pfs: {repo: raw, glob: '/(*)'}}
output: /$1
transform:
  cmd: [sh]
  stdin: ['echo \* text=auto > /pfs/out/.gitattributes', 'printf \x27a\r\n\x27 > /pfs/out/x']
";

#[test]
fn rules_that_stand_among_the_results_are_named() {
    let project = Project::new();
    project.write("raw/f1/x", "a\n").spec("made", &OWN_RULES.replace("\\x27", "\""));
    project.commit("data");
    let said = "`made/f1/.gitattributes` outranks the project's own: have the command write no such file";
    project.minipach(["run"]).code(0).says(said);
    project
        .typed(&["check", "--select", "MP217"])
        .says("made/f1/.gitattributes")
        .says("by this file, which is one of them");
}
