//! Help and colour: every verb has examples, everything fits a terminal, colour is for those who want it.

use std::process::Command;

use crate::support::Project;

const COPY: &str = "\
input: {pfs: {repo: raw, glob: '/(*)'}}
output: /$1
transform: {cmd: [sh, -c, 'cp -r \"$PFS/raw\" \"$PFS/out/\"']}
";

/// One pipeline that has run.
fn settled() -> Project {
    let project = Project::new();
    project.write("raw/one", "1\n").spec("copy", COPY).commit("a study");
    project.minipach(["run"]).ok();
    project
}

// ---- help

const VERBS: [&str; 26] = [
    "demo",
    "new",
    "update",
    "adopt",
    "add",
    "plan",
    "run",
    "status",
    "datums",
    "diff",
    "why",
    "provenance",
    "logs",
    "jobs",
    "attach",
    "cancel",
    "glob",
    "graph",
    "accept",
    "save",
    "undo",
    "gc",
    "check",
    "schema",
    "completions",
    "man",
];

#[test]
fn every_verb_has_help_with_examples() {
    let project = Project::bare();
    let whole = project.minipach(["--help"]).ok();
    for verb in VERBS {
        assert!(whole.contains(&format!("\n  {verb} ")), "`minipach --help` does not list {verb}");
        let help = project.minipach([verb, "--help"]).ok();
        assert!(help.contains(&format!("  minipach {verb}")), "{verb} has no example\n{help}");
        assert_eq!(help, project.minipach(["help", verb]).ok(), "{verb}");
    }
}

#[test]
fn help_fits_a_terminal() {
    let project = Project::bare();
    for verb in VERBS.into_iter().chain(["--help"]) {
        let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
        command.args(["help", verb].iter().filter(|word| verb != "--help" || **word != "help"));
        let help = printed(command.env("COLUMNS", "80"));
        let long = help.lines().find(|line| line.chars().count() > 82);
        assert_eq!(long, None, "{verb}");
    }
}

#[test]
fn alone_it_helps_outside_of_a_project_and_shows_the_status_inside() {
    let outside = Project::bare();
    let said = outside.minipach([]).code(0).says("minipach demo").says("no project here");
    assert!(said.stdout.starts_with("A miniature Pachyderm") && said.stdout.contains("Usage:"));
    outside.minipach(["--json"]).code(4).says("not inside a git repository");
    let inside = settled();
    assert_eq!(inside.minipach([]).ok(), inside.minipach(["status"]).ok());
    Project::new().minipach([]).code(0).says("no pipeline here yet");
}

// ---- colour

fn printed(command: &mut Command) -> String {
    let output = command.output().expect("it starts");
    String::from_utf8(output.stdout).expect("it prints UTF-8")
}

#[test]
fn colour_is_for_terminals_and_those_who_ask() {
    let project = settled();
    let has_colour = |args: &[&str], set: &[(&str, &str)]| {
        let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
        command.env_remove("NO_COLOR").env("TERM", "xterm").args(args).envs(set.iter().copied());
        printed(&mut command).contains('\u{1b}')
    };
    for (args, set, expected) in [
        (&["status"] as &[&str], &[] as &[(&str, &str)], false),
        (&["status"], &[("CLICOLOR_FORCE", "1")], true),
        (&["status"], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
        (&["status", "--color", "always"], &[("NO_COLOR", "1")], true),
        (&["--color=never", "status"], &[("CLICOLOR_FORCE", "1")], false),
        (&["status", "--json", "--color", "always"], &[], false),
        (&["--help"], &[], false),
    ] {
        assert_eq!(has_colour(args, set), expected, "{args:?} {set:?}");
    }
}

#[test]
fn the_help_names_every_screen() {
    let project = Project::new();
    let help = project.minipach(["--help"]).ok();
    let told = project.minipach(["--once", "--screen", "nowhere"]).code(2).stderr;
    let all = told.split("screens are ").nth(1).and_then(|rest| rest.lines().next()).expect("it names all");
    let all: Vec<&str> = all.split_whitespace().filter(|word| *word != "and").collect();
    assert!(all.len() > 15, "{told}");
    let given = help.split("--screen").nth(1).expect("it is an option");
    for screen in all {
        let kind = screen.trim_end_matches(',').split(':').next().expect("a word");
        assert!(given.contains(kind), "{kind} is missing in {help}");
    }
}
