//! Every rule's page, tried: its bad example is found, its good one is not, and what is said is kept as a picture.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::support::{self, Project, peer};

/// A project in which nothing is wrong; examples change it.
fn sound() -> Project {
    let project = Project::new();
    project.write_all(&[
        ("README.md", "a study\n"),
        ("raw/t1/a.nii", "a\n"),
        ("raw/t1/b.nii", "b\n"),
        ("code/run.sh", "cp \"$t1\" \"$PFS/out/copy.nii\"\n"),
        (".gitattributes", "/fs/** -merge\n/fs/spec.yml merge\n/.minipach/** annex.largefiles=nothing\n"),
        ("fs/spec.yml", SPEC),
    ]);
    project.commit("a study");
    project
}

const SPEC: &str = "\
input:
  pfs: {repo: raw/t1, glob: \"/(*).nii\"}
output: /$1
transform:
  cmd: [sh, code/run.sh]
";

/// Lays out one side of a page: files after their names, `without` a file, and commands after `$`.
fn lay_out(project: &Project, section: &str) {
    let mut lines = section.lines();
    let mut path: Option<&str> = None;
    while let Some(line) = lines.next() {
        if let Some(gone) = line.strip_prefix("without `") {
            project.remove(gone.trim_end_matches('`'));
        } else if line == "```console" {
            lines.by_ref().take_while(|line| *line != "```").for_each(|line| run(project, line));
        } else if line.starts_with("```") {
            let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            project.write(
                path.take().expect("a file's name stands before its text"),
                format!("{}\n", text.join("\n")),
            );
        } else if line.starts_with('`') {
            path = Some(line.trim_matches('`'));
        }
    }
}

fn run(project: &Project, line: &str) {
    let command = line.strip_prefix("$ ").expect("a command stands after `$ `");
    let program = PathBuf::from(env!("CARGO_BIN_EXE_minipach"));
    let folder = program.parent().expect("it stands in a folder").display().to_string();
    let path = std::env::var("PATH").unwrap_or_default();
    let mut shell = project.command("sh");
    shell.env("PATH", format!("{folder}:{path}")).args(["-e", "-c", command]);
    support::finish(shell).code(0);
}

/// What `check` says of one rule in a project with this side of its page.
fn said(code: &str, section: &str) -> support::Ended {
    let project = sound();
    lay_out(&project, section);
    // What a comment silences must be asked for as well.
    let rules = if code == "MP902" { "MP902,MP204" } else { code };
    project.typed(&["check", "--select", rules, "--exit-zero"])
}

/// Tries the pages of rules whose ids begin so.
fn try_pages(beginning: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/check/pages");
    let mut pages: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("there are pages")
        .map(|entry| entry.expect("it reads").path())
        .collect();
    pages.sort();
    let (mut picture, mut is_whole) = (String::new(), true);
    for page in pages {
        let code = page.file_stem().expect("it has a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&page).expect("it reads");
        if !code.starts_with(beginning) {
            continue;
        }
        if text.contains("git annex") && peer("git-annex").is_none() {
            is_whole = false;
            continue;
        }
        if text.contains("bids-validator-deno") && peer("bids-validator-deno").is_none() {
            is_whole = false;
            continue;
        }
        let (before, good) = text.split_once("\n## Good\n").expect("it has a good side");
        let (_, bad) = before.split_once("\n## Bad\n").expect("it has a bad side");
        let found = said(&code, bad).code(0).stdout;
        assert!(found.contains(&format!("[{code}]")), "{code} is silent on its bad side:\n{found}");
        let found_too = said(&code, good).code(0).stdout;
        assert!(found_too.starts_with("no findings"), "{code} speaks on its good side:\n{found_too}");
        let _ = writeln!(picture, "{found}");
    }
    assert!(!picture.is_empty(), "no page begins with {beginning}");
    if !is_whole {
        return;
    }
    insta::with_settings!({filters => vec![(r"/tmp/[^\s`]+", "[FOLDER]"), (r"HEAD [0-9a-f]+", "HEAD [ID]")]}, {
        insta::assert_snapshot!(beginning, picture);
    });
}

#[test]
fn reading_specs() {
    try_pages("MP0");
}

#[test]
fn meaning_of_specs() {
    try_pages("MP10");
}

#[test]
fn meaning_of_specs_continued() {
    try_pages("MP11");
}

#[test]
fn meaning_of_specs_to_the_end() {
    try_pages("MP12");
}

#[test]
fn commands() {
    try_pages("MP13");
}

#[test]
fn layout() {
    try_pages("MP2");
}

#[test]
fn git_and_annex() {
    try_pages("MP3");
}

#[test]
fn surroundings() {
    try_pages("MP4");
}

#[test]
fn results() {
    try_pages("MP5");
}

#[test]
fn bids() {
    try_pages("MP6");
}

#[test]
fn scaffolds() {
    try_pages("MP8");
}

#[test]
fn comments_that_silence() {
    try_pages("MP9");
}
