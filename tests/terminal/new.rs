//! `minipach new`: asked on a terminal, answered by options, laid out whole or not at all, and a dataset if wanted.

use std::fs;

use crate::screen::Tui;
use crate::support::{self, Project, peer};

/// Answers as a script gives them.
#[test]
fn without_a_terminal_defaults_fill_in_and_what_has_none_is_named() {
    let project = Project::bare();
    own_scaffold(&project, "../mine", "");
    let ended = project.minipach(["new", "x", "--scaffold", "../mine", "--json"]).code(2);
    ended.says("scaffold `mine` needs answers to `who`; give --set who=…");
    assert!(!project.exists("x"), "nothing is written");
    let ended = project.minipach(["new", "x", "--scaffold", "../mine", "--set", "who=ada", "--defaults"]);
    assert_eq!(ended.stderr, "", "{}", ended.stdout);
    assert_eq!(project.read("x/hello.txt"), "ada in x\n");
    let ended = project.minipach(["new", "y", "--set", "author=Ada", "--json"]);
    let ended =
        ended.says("nobody was asked, so defaults were taken: scaffold `yoda`, name `y`, licence `none`, ");
    assert!(ended.stderr.contains("datalad `no`") && !ended.stderr.contains("author"), "{}", ended.stderr);
    assert!(project.read("y/minipach.yml").contains("name: \"y\""));
    project.minipach(["new", "z", "--set", "colour=red"]).code(2).says("asks no question `colour`");
    project
        .minipach(["new", "z", "--set", "licence=GPL"])
        .code(2)
        .says("one of `none`, `MIT` and `BSD-3-Clause`");
    assert!(!project.exists("z"));
}

/// Somebody's past may be in it.
#[test]
fn what_stands_as_git_folder_and_is_none_of_this_folder_stays() {
    let project = Project::new();
    project.write("raw/a", "1\n").commit("a study");
    project.write(".gitignore", "CHANGELOG.md\n").remove(".git/HEAD");
    let refused = project.minipach(["new", ".", "--defaults"]).code(4);
    refused.says("is no repository of that folder").says("move it away");
    project.write(".git/HEAD", "ref: refs/heads/main\n");
    assert_eq!(project.git(["log", "--format=%s", "-1"]), "a study");
    project.git(["config", "core.worktree", project.home().to_str().expect("a plain path")]);
    project.minipach(["new", ".", "--defaults"]).code(4).says("is no repository of that folder");
    project.git(["config", "--unset", "core.worktree"]);
    assert_eq!(project.git(["log", "--format=%s", "-1"]), "a study");
}

/// A scaffold of a person's own, with a question without a default; more lines of its manifest may be given.
fn own_scaffold(project: &Project, at: &str, more: &str) {
    let text = format!(
        "id: mine\ntitle: Mine\ndescription: My own.\nquestions:\n  - {{name: who, type: text, prompt: Who?}}\n  \
         - {{name: place, type: text, prompt: Where?, default: '{{{{folder}}}}'}}\nfiles:\n  \
         - {{src: hello, dest: hello.txt}}\n{more}"
    );
    project
        .write(&format!("{at}/scaffold.yml"), text)
        .write(&format!("{at}/hello"), "{{who}} in {{place}}\n");
}

#[test]
fn letters_are_choices_unknown_names_are_told_and_a_dash_is_no_option() {
    let project = Project::bare();
    own_scaffold(&project, "mine", "");
    let text = project
        .read("mine/scaffold.yml")
        .replace("files:", "  - {name: axis, type: choice, prompt: '?', choices: [x, y, n]}\nfiles:");
    project.write("mine/scaffold.yml", text).write("mine/hello", "{{axis}} {{who}}\n");
    let words = ["new", "./-x", "--scaffold", "./mine", "--set", "who=ada", "--set", "axis=y"];
    project.minipach(words).code(0).says("cd ./-x");
    assert_eq!(project.read("-x/hello.txt"), "y ada\n");
    project.write("mine/hello", "a\n{{site}}\n");
    let refused = project
        .minipach(["new", "out", "--scaffold", "./mine", "--set", "who=ada", "--set", "axis=n"])
        .code(2);
    refused.says("line 2: `site` is no question and nothing else that files are filled in with");
}

#[test]
fn a_dry_run_draws_the_tree_and_writes_nothing() {
    let project = Project::bare();
    let drawn = project.minipach(["new", "x", "--dry-run", "--set", "licence=MIT"]).ok();
    assert!(drawn.contains("├── LICENSE\n") && drawn.contains("│   ├── answers.yml\n"), "{drawn}");
    let told = project.minipach(["new", "x", "--dry-run", "--json", "--name", "mine"]).json();
    assert_eq!((&told["answers"]["name"], &told["written"]), (&"mine".into(), &false.into()));
    assert_eq!(fs::read_dir(project.root()).expect("it stands").count(), 0);
}

#[test]
fn what_was_likely_meant_is_said() {
    let project = Project::bare();
    for (text, meant) in
        [("github.com/a/b", "minipach new https://github.com/a/b"), ("a/b.git", "minipach new gh:a/b")]
    {
        project.typed(&["new", text, "--defaults"]).code(2).says("looks like an address").says(meant);
    }
    assert!(project.tree("").is_empty(), "{:?}", project.tree(""));
    let said = project.typed(&["new", "owner/name", "--defaults"]).says("minipach new gh:owner/name").ok();
    assert!(said.contains("laid out"), "{said}");
    assert!(!project.typed(&["new", "owner/other", "--defaults"]).stderr.contains("gh:"));
}

#[test]
fn a_project_inside_of_another_is_said_to_be_one() {
    let project = Project::new();
    let said = project.minipach(["new", "sub", "--defaults", "--dry-run"]);
    said.says("becomes a repository of its own").says("git submodule add ./sub").ok();
    project.minipach(["new", "sub", "--defaults"]).says("minipach add").ok();
    assert!(project.minipach(["check"]).stdout.contains("MP307"));
    project.git(["submodule", "add", "./sub"]);
    assert!(!project.minipach(["check"]).stdout.contains("MP307"));
    // What is a repository already stays one.
    assert!(!project.minipach(["new", ".", "--defaults"]).stderr.contains("of its own"));
}

#[test]
fn an_empty_folder_is_filled_and_stays_the_same_folder() {
    use std::os::unix::fs::MetadataExt as _;
    let project = Project::bare();
    let inode = || fs::metadata(project.root()).expect("it stands").ino();
    let before = inode();
    project.minipach(["new"]).ok();
    assert_eq!(inode(), before, "whoever stands in it goes on to stand in it");
    assert_eq!(project.changed(), "");
    assert_eq!(project.git(["log", "--format=%s"]), "Lay out the `yoda` scaffold");
}

#[test]
fn a_repository_keeps_all_it_has() {
    let project = Project::new();
    project.write("README.md", "mine\n").write(".gitattributes", "*.bin binary\n").commit("mine");
    project.write("notes.txt", "not committed\n");
    let said = project.minipach(["new", ".", "--scaffold", "freesurfer"]).ok();
    assert!(said.contains("as before: `README.md`\nwith lines added: `.gitattributes`\n"), "{said}");
    assert_eq!(project.read("README.md"), "mine\n");
    let attributes = project.read(".gitattributes");
    assert!(
        attributes.contains("*.bin binary\n") && attributes.contains("/fs/** -merge -text "),
        "{attributes}"
    );
    assert_eq!(project.changed(), "?? notes.txt\n");
    assert_eq!(project.git(["rev-list", "--count", "HEAD"]), "2");
    project.minipach(["new", "."]).code(2).says("these stand in the way: `minipach.yml`");
}

/// Who has data is not told to get some.
#[test]
fn what_to_do_next_depends_on_the_data_that_are_there() {
    for is_repository in [true, false] {
        let project = Project::new();
        project.write("have/scans/sub-1/t1.txt", "1\n").write("have/scans/sub-2/t1.txt", "2\n");
        if is_repository {
            project.git(["init", "-q", "have"]);
        }
        let words = ["new", "--scaffold", "yoda", "--defaults", "have"];
        let foretold = project.typed(&[words.as_slice(), &["--dry-run", "--json"]].concat()).code(0).stdout;
        assert_eq!(project.path("have/.git").exists(), is_repository);
        let laid = project.minipach(words).code(0).says("add a pipeline that reads `scans`");
        let said = laid.says("  minipach add\n").says("  minipach run --save\n");
        // Not every shell takes comments where commands are typed.
        assert!(!said.stdout.contains('#'), "{said:?}");
        assert!(foretold.contains("that reads `scans`") && !foretold.contains("put data"), "{foretold}");
        assert!(!said.stdout.contains("put data") && !said.stderr.contains("put data"), "{said:?}");
    }
    let project = Project::new();
    project.minipach(["new", "--scaffold", "yoda", "--defaults", "none"]).says("put data into a folder").ok();
}

#[test]
fn a_folder_that_cannot_be_written_and_a_merge_leave_all_as_it_was() {
    let project = Project::new();
    project.write("a", "1\n").commit("one");
    project.git(["checkout", "-q", "-b", "other"]);
    project.write("a", "2\n").commit("two");
    project.git(["checkout", "-q", "main"]);
    project.write("a", "3\n").commit("three");
    project.program("git", ["merge", "-q", "other"]).code(1);
    project.minipach(["new", "."]).code(4).says("merge");
    assert!(!project.exists("minipach.yml"));
    project.minipach(["new", "a/b"]).code(2).says("is no folder");
    assert_eq!(fs::read_dir(project.home()).expect("it stands").count(), 1, "nothing is left beside");
}

#[test]
fn what_git_refuses_to_commit_leaves_a_folder_as_it_was() {
    let ignoring = Project::bare();
    ignoring.write(".gitignore", "*\n").write("raw/mine", "mine\n");
    for _ in 0..2 {
        ignoring.minipach(["new", "."]).code(2).says("git ignores `.editorconfig`");
    }
    assert_eq!(ignoring.read(".gitignore"), "*\n");
    let mut names: Vec<_> =
        fs::read_dir(ignoring.root()).expect("it stands").flatten().map(|entry| entry.file_name()).collect();
    names.sort();
    assert_eq!(names, [".gitignore", "raw"]);
    let locked = Project::new();
    locked.write("a", "1\n").commit("one");
    locked.write(".git/refs/heads/main.lock", "");
    let before = locked.head();
    locked.minipach(["new", "."]).code(4);
    assert_eq!((locked.head(), locked.changed()), (before, String::new()));
    locked.remove(".git/refs/heads/main.lock").minipach(["new", "."]).ok();
    assert_eq!(locked.changed(), "");
}

#[test]
fn scaffolds_of_others_write_nothing_outside_and_nothing_twice() {
    for (lines, why) in [
        ("  - {src: hello, dest: ../x}\n", "line 9 of its `scaffold.yml`: `../x` leads out of the project"),
        ("  - {src: hello, dest: /tmp/x}\n", "`/tmp/x` is absolute"),
        ("  - {src: hello, dest: .git/hooks/post-commit}\n", "lies in git's own folder"),
        ("  - {src: hello, dest: '{{place}}/../../x'}\n", "leads out of the project"),
        ("  - {src: hello, dest: hello.txt}\n", "`hello.txt` is written twice"),
        ("  - {src: hello, dest: hello.txt/x}\n", "lies below a path that is a file"),
        ("  - {src: hello, dest: ''}\n", "is empty"),
        ("  - {src: ../secret, dest: x}\n", "`../secret` that leads out of the project"),
        ("  - {src: link, dest: x}\n", "its file `link` is a link, or lies behind one"),
        ("  - {src: gone, dest: x}\n", "line 9 of its `scaffold.yml`: its file `gone` cannot be read"),
        ("  - {src: odd, dest: x}\n", "say `raw: true`"),
        (
            "  - src: hello\n    dest: x\n    when: nobody\n",
            "line 11 of its `scaffold.yml`: a `when` names `nobody`",
        ),
        (
            "  - {src: hello, dest: '{{nobody}}'}\n",
            "line 9 of its `scaffold.yml`: its `dest` `{{nobody}}` cannot",
        ),
        ("  - {src: hello, dest: x, when: {a: b}}\n", "a condition is a text such as `name=value`"),
        ("  - {src: hello, dest: x, mode: 644}\n", "unknown field `mode`"),
        ("min_minipach: 99.0.0\n", "it needs minipach 99.0.0 or newer"),
    ] {
        let project = Project::bare();
        own_scaffold(&project, "mine", lines);
        project.write("secret", "s\n").write("mine/odd", b"\xff\xfe\0");
        std::os::unix::fs::symlink("/etc/passwd", project.path("mine/link")).expect("a link can be made");
        project.minipach(["new", "out", "--scaffold", "./mine", "--set", "who=ada"]).code(2).says(why);
        assert!(!project.exists("out"), "{lines}");
    }
}

#[test]
fn scaffolds_come_from_git_at_any_commit() {
    let project = Project::new();
    own_scaffold(&project, ".", "");
    project.commit("first");
    project.git(["tag", "v1"]);
    project.write("hello", "second {{who}}\n").commit("second");
    let url = format!("file://{}", project.root().display());
    let new = |dir: &str, more: &[&str]| {
        let words = ["new", dir, "--scaffold", &url, "--set", "who=ada"];
        project.typed(&[&words, more].concat())
    };
    new("../a", &[]).ok();
    assert_eq!(project.read("../a/hello.txt"), "second ada\n");
    new("../b", &["--checkout", "v1"]).ok();
    assert_eq!(project.read("../b/hello.txt"), "ada in b\n");
    assert!(project.read("../b/.minipach/answers.yml").contains("\"reference\":\"v1\""));
    // A scaffold's own folder is a repository too, by its path.
    let path = project.root().display().to_string();
    project.typed(&["new", "../e", "--scaffold", &path, "--set", "who=ada", "--checkout", "v1"]).ok();
    assert_eq!(project.read("../e/hello.txt"), "ada in e\n");
    new("../c", &["--checkout", "v2"]).code(2).says("has no branch, tag or commit `v2`");
    new("../c", &["--checkout=--upload-pack=x"]).code(2).says("begins like an option");
    project
        .minipach(["new", "../c", "--scaffold=--upload-pack=touch x"])
        .code(2)
        .says("begins like an option");
    project.minipach(["new", "../c", "--scaffold", "ext::sh -c touch% x"]).code(2).says("a program");
    project.minipach(["new", "../c", "--scaffold", "file:///nowhere/at/all"]).code(4).says("cannot fetch");
    project.minipach(["new", "../c", "--scaffold", "./nowhere"]).code(2).says("it has no `scaffold.yml`");
    assert!(!project.exists("../c"));
}

#[test]
fn a_project_is_laid_out_in_no_file_and_below_none() {
    let project = Project::bare();
    project.write("afile", "");
    for at in ["afile", "afile/x", "afile/x/y"] {
        project
            .minipach(["new", at, "--defaults"])
            .code(2)
            .says("afile` is no folder, and a project needs one");
    }
}

#[test]
fn of_what_is_wrong_in_ones_own_manifest_it_is_said_where_its_form_stands() {
    let project = Project::bare();
    for (text, why) in [
        ("", "`scaffold.yml` is empty: it needs `id`, `title` and `description`"),
        ("# mine\n", "`scaffold.yml` is empty"),
        ("id: a\ntitle: b\ndescription: c\nfilez: []\n", "filez"),
    ] {
        project.write("mine/scaffold.yml", text);
        let ended = project.minipach(["new", "x", "--scaffold", "./mine", "--defaults"]).code(2);
        ended.says(why).says("scaffolds/README.md");
    }
}

#[test]
fn nothing_leads_back_from_a_folder_that_is_not_there() {
    let project = Project::bare();
    project.minipach(["new", "x/../..", "--defaults"]).code(2).says("which is no folder");
    assert!(!project.exists("../minipach.yml") && !project.exists("x"));
    project.write("raw/a", "1\n").minipach(["new", "raw/../y", "--defaults"]).code(0);
    assert!(project.exists("y/minipach.yml"));
    std::os::unix::fs::symlink("../raw", project.path("y/link")).expect("a link");
    project.minipach(["new", "y/link/../z", "--defaults"]).code(0);
    assert!(project.exists("z/minipach.yml") && !project.exists("y/z"), "it is taken as the system takes it");
}

#[test]
fn a_folder_that_holds_a_project_is_refused_before_anything_else_is_asked() {
    let project = Project::bare();
    project.write("old/minipach.yml", "name: old\n");
    let mut tui = asked(&project, "new");
    tui.until_says("What to start from?");
    tui.keys("\r");
    tui.until_says("In which folder? [study]");
    tui.keys("old\r");
    tui.until_says("these stand in the way: `minipach.yml`");
    tui.keys("\u{3}");
    assert_ne!(tui.end(), 0);
    let mut tui = asked(&project, "new old");
    tui.until_says("What to start from?");
    tui.keys("\r");
    tui.until_says("these stand in the way: `minipach.yml`");
    assert_eq!(tui.end(), 2);
}

/// On a terminal.
fn asked(project: &Project, words: &str) -> Tui {
    let config = project.home().join("gitconfig");
    fs::write(&config, "[user]\n\tname = Grace\n\temail = grace@example.org\n").expect("a file");
    let config = config.to_str().expect("it is text").to_owned();
    Tui::start_with(project, words, &[("GIT_CONFIG_GLOBAL", &config), ("NO_COLOR", "1")], (100, 40))
}

#[test]
fn on_a_terminal_all_is_asked_and_shown_before_it_is_written() {
    let project = Project::bare();
    let mut tui = asked(&project, "new");
    tui.until_says("What to start from?");
    tui.keys("\r");
    tui.until_says("In which folder? [.]");
    tui.keys("mine\r");
    tui.until_says("What is the project called? [mine]");
    tui.keys("my own\r");
    tui.until_says("Who makes it? [Grace]");
    tui.keys("\r");
    tui.until_says("Under which licence?");
    tui.keys("\u{1b}[B\r");
    tui.until_says("DataLad dataset");
    tui.keys("n\r");
    tui.until_says("check it at each push?");
    tui.keys("\r");
    tui.until_says("and commit them?");
    assert!(tui.screen().contains("├── LICENSE") && !project.exists("mine"), "{}", tui.screen());
    tui.keys("y\r");
    tui.until_says("minipach add");
    assert_eq!(tui.end(), 0);
    tui.is_restored();
    assert!(project.read("mine/README.md").starts_with("# my own\n\nBy Grace.\n"));
    assert!(project.read("mine/LICENSE").contains("Copyright (c) Grace\n"));
}

#[test]
fn a_wrong_answer_is_asked_again_and_ctrl_c_writes_nothing() {
    let project = Project::bare();
    let mut tui = asked(
        &project,
        "new mine --scaffold freesurfer --set name=x --set author= --set licence=none --set datalad=no --set ci=none",
    );
    tui.until_says("How many made-up subjects?");
    tui.keys("0\r");
    tui.until_says("give a whole number from 1 to 9999");
    tui.keys("\u{3}");
    assert_eq!(tui.end(), 130);
    tui.is_restored();
    let mut tui = asked(&project, "new mine");
    tui.until_says("What to start from?");
    tui.keys("\u{3}");
    assert_eq!(tui.end(), 130);
    tui.is_restored();
    assert!(!project.exists("mine"));
}

#[test]
fn ctrl_c_at_any_moment_before_an_answer_ends_it() {
    let project = Project::bare();
    for wait in (0..60).step_by(3) {
        let mut tui = asked(&project, "new mine");
        std::thread::sleep(std::time::Duration::from_millis(wait));
        tui.keys("\u{3}");
        assert_ne!(tui.end(), 0, "after {wait} ms");
        assert!(!project.exists("mine"));
    }
}

#[test]
fn a_dataset_is_one_that_datalad_knows() {
    let Some(datalad) = peer("datalad") else { return };
    let people = Project::bare();
    people.minipach(["new", "x", "--datalad", "--scaffold", "freesurfer"]).ok();
    let inside = |words: &[&str]| {
        let mut command = people.command(&datalad);
        command.current_dir(people.path("x")).args(words);
        support::finish(command)
    };
    inside(&["status"]).ok();
    assert!(people.read("x/.datalad/config").contains("id = "));
    assert_eq!(people.program("git", ["-C", "x", "status", "--porcelain"]).ok(), "");
    // Attributes held from the first save on: text went to git, binary files do not.
    assert!(people.path("x/raw/t1/sub-01/T1w.txt").symlink_metadata().expect("it stands").is_file());
    people.write("x/raw/t1/sub-09/T1w.nii", b"\0\xff\0\x01binary");
    inside(&["save", "-m", "a scan"]).ok();
    assert!(people.path("x/raw/t1/sub-09/T1w.nii").symlink_metadata().expect("it stands").is_symlink());
    let log = people.program("git", ["-C", "x", "log", "--format=%s"]).ok();
    assert_eq!(log, "a scan\n[DATALAD] new dataset\nLay out the `freesurfer` scaffold\n");
}

#[test]
fn a_dataset_that_stands_is_added_to_and_without_datalad_there_is_none() {
    let project = Project::bare();
    let git = peer("git").expect("git is there");
    let bin = project.home().join("bin");
    fs::create_dir(&bin).expect("a folder");
    std::os::unix::fs::symlink(git, bin.join("git")).expect("a link");
    let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
    command.env("PATH", &bin).args(["new", "x", "--datalad"]);
    support::finish(command).code(5).says("needs `datalad`, which is not installed; nothing was written");
    assert!(!project.exists("x"));
    let Some(datalad) = peer("datalad") else { return };
    project.program(&datalad, ["create", "-c", "yoda", "x"]).ok();
    project.write("x/README.md", "# Mine\n").program(&datalad, ["save", "-d", "x", "-m", "mine"]).ok();
    project.minipach(["new", "x"]).ok().contains("in a DataLad dataset");
    let ended = project.program(&datalad, ["status", "-d", "x"]).ok();
    assert!(ended.contains("nothing to save") || ended.is_empty(), "{ended}");
    assert_eq!(project.program(env!("CARGO_BIN_EXE_minipach"), ["-C", "x", "check"]).ok(), "no findings\n");
}
