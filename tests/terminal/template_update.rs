//! `minipach update` and `adopt` for projects laid out from cookiecutter templates: merged as git merges anything.

use crate::screen::Tui;
use crate::support::{self, Ended, Project};

const LINES: &str = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n";
const QUESTIONS: &str = r#"{"name": "my study", "slug": "{{ cookiecutter.name.replace(' ', '-') }}", "pick": ["a", "b"],
    "docs": true, "_copy_without_render": ["raw.txt"]}"#;

/// A template in a git repository, and a project that was laid out from it and committed.
struct Home {
    template: Project,
    project: Project,
}

impl Home {
    fn new(more: &[&str]) -> Self {
        let template = Project::new();
        let inside = "{{cookiecutter.slug}}";
        template.write("cookiecutter.json", QUESTIONS);
        for (path, text) in [
            ("a.txt", LINES),
            ("old.txt", &format!("old {LINES}")),
            ("gone.txt", "gone\n"),
            ("who.txt", "{{ cookiecutter.name }} {{ cookiecutter.pick }} {{ cookiecutter.docs }}\n"),
            ("raw.txt", "{{ kept }}\n"),
            ("year.txt", "{% now 'utc', '%Y-%m-%d %H:%M:%S.%f' %}\n"),
            ("unwanted.txt", "removed by a hook\n"),
        ] {
            template.write(&format!("{inside}/{path}"), text);
        }
        template.write("hooks/post_gen_project.sh", "#!/bin/sh\nrm unwanted.txt\necho more >> who.txt\n");
        template.commit("one");
        template.git(["tag", "v1"]);
        let project = Project::bare();
        let home = Self { template, project };
        let words = [
            "new",
            &home.url(),
            "--record",
            "--defaults",
            "--set",
            "name=study",
            "--set",
            "pick=b",
            "-o",
            "..",
        ];
        std::fs::remove_dir(home.project.root()).expect("it is empty");
        std::fs::create_dir_all(home.project.home().join("at")).expect("a folder");
        let mut command = home.project.command(env!("CARGO_BIN_EXE_minipach"));
        command.current_dir(home.project.home().join("at")).args(words).args(more);
        support::finish(command).ok();
        home.project.git(["init", "-q", "-b", "main"]);
        home.project.commit("laid out");
        home
    }

    fn url(&self) -> String {
        format!("file://{}", self.template.root().display())
    }

    fn minipach(&self, words: &[&str]) -> Ended {
        self.project.typed(words)
    }

    /// The second version: a line edited, a file removed, one new, one renamed, a question more.
    fn second(&self) {
        let (template, inside) = (&self.template, "{{cookiecutter.slug}}");
        template.write(
            "cookiecutter.json",
            QUESTIONS.replace("\"docs\"", "\"why\": \"for {{ cookiecutter.slug }}\", \"docs\""),
        );
        template.write(&format!("{inside}/a.txt"), LINES.replace("two", "TWO"));
        template.write(&format!("{inside}/new.txt"), "new {{ cookiecutter.why }}\n");
        template.write(&format!("{inside}/unwanted.txt"), "changed\n");
        template.rename(&format!("{inside}/old.txt"), &format!("{inside}/renamed.txt"));
        template.remove(&format!("{inside}/gone.txt")).commit("two");
        template.git(["tag", "v2"]);
    }
}

#[test]
fn the_record_names_template_commit_and_answers() {
    let home = Home::new(&[]);
    let text = home.project.read(".minipach/answers.yml");
    let commit = home.template.git(["rev-parse", "HEAD"]);
    for wanted in [
        &home.url(),
        &commit,
        "\"name\": \"study\"",
        "\"pick\": \"b\"",
        "\"docs\": true",
        "\"slug\": \"study\"",
    ] {
        assert!(text.contains(wanted), "{wanted} is not in {text}");
    }
    assert!(!text.contains("_copy_without_render") && !text.contains("_output_dir"), "{text}");
    let bare = Project::bare();
    bare.typed(&["new", &home.url(), "--defaults", "-o", "out"]).ok();
    assert!(bare.exists("out/my-study/a.txt") && !bare.exists("out/my-study/.minipach"));
}

#[test]
fn edits_removals_new_files_and_renames_merge_as_git_merges_them() {
    for hooks in ["skip", "run"] {
        let home = Home::new(&["--hooks", hooks]);
        let project = &home.project;
        project.write("a.txt", LINES.replace("seven", "SEVEN"));
        project.write("old.txt", format!("old {LINES}mine\n")).write("mine.txt", "mine\n");
        project.commit("my own work");
        home.minipach(&["update", "--check"]).code(0).says("up to date");
        home.second();
        home.minipach(&["update", "--check"]).code(1).says("v1 → v2");
        let said = home.minipach(&["update"]).code(0).says("minipach/update-v2");
        assert_eq!(
            said.stdout.contains("although it was changed there: `unwanted.txt`"),
            hooks == "run",
            "{said:?}"
        );
        assert_eq!(project.read("a.txt"), LINES.replace("two", "TWO").replace("seven", "SEVEN"), "{hooks}");
        assert_eq!(project.read("renamed.txt"), format!("old {LINES}mine\n"), "{hooks}");
        assert_eq!(project.read("new.txt"), "new for study\n");
        let added = if hooks == "run" { "more\n" } else { "" };
        assert_eq!(project.read("who.txt"), format!("study b True\n{added}"));
        assert_eq!(project.exists("unwanted.txt"), hooks == "skip", "what a hook removed stays so");
        assert!(!project.exists("gone.txt") && !project.exists("old.txt") && project.exists("mine.txt"));
        assert_eq!(project.changed(), "");
        home.minipach(&["update", "--check"]).code(0).says("version v2");
        // The next one is an ordinary merge, and the clock alone is no news.
        home.template.write("{{cookiecutter.slug}}/new.txt", "newer\n").commit("three");
        home.minipach(&["update", "--in-place"]).code(0);
        assert_eq!((project.read("new.txt").as_str(), project.changed().as_str()), ("newer\n", ""));
        assert!(project.git(["fsck", "--no-dangling"]).is_empty());
    }
}

#[test]
fn new_questions_are_asked_on_a_terminal_and_take_their_defaults_elsewhere() {
    let home = Home::new(&[]);
    home.second();
    let mut tui = Tui::start_with(&home.project, "update --in-place", &[("NO_COLOR", "1")], (100, 30));
    tui.until_says("why");
    assert!(!tui.screen().contains("pick"), "it was answered before: {}", tui.screen());
    tui.keys("fun\r");
    tui.until_says("merged into main");
    assert_eq!(tui.end(), 0);
    assert_eq!(home.project.read("new.txt"), "new fun\n");
    home.minipach(&["update", "--check"]).ok();
    let other = Home::new(&[]);
    other.second();
    other.minipach(&["update", "--in-place"]).ok();
    assert_eq!(other.project.read("new.txt"), "new for study\n");
}

#[test]
fn what_was_removed_here_stays_so_and_changes_to_it_are_said() {
    let home = Home::new(&[]);
    let project = &home.project;
    project.remove("a.txt").remove("raw.txt").remove("gone.txt").commit("not mine");
    home.second();
    let said = home.minipach(&["update"]).code(0);
    let said = said.says("removed here, and stays so: `raw.txt`\n");
    let said =
        said.says("although it was changed there: `a.txt`").says("git show refs/minipach/template:a.txt");
    assert!(!said.stdout.contains("conflict"), "{said:?}");
    assert!(!project.exists("a.txt") && !project.exists("raw.txt") && !project.exists("gone.txt"));
    assert_eq!(project.git(["show", "refs/minipach/template:a.txt"]), LINES.replace("two", "TWO").trim_end());
    // Said once: it is known by the next one, and does not come back.
    home.template.write("{{cookiecutter.slug}}/new.txt", "newer\n").commit("three");
    let told = home.minipach(&["update", "--in-place", "--json"]).code(0).json();
    assert_eq!((&told["changed_deleted"], project.exists("a.txt")), (&serde_json::json!([]), false));
    home.minipach(&["diff", "--scaffold"])
        .code(0)
        .says("a.txt    removed")
        .says("raw.txt  removed")
        .says("5 files stand");
}

#[test]
fn a_new_file_in_a_folder_that_was_renamed_here_is_told_and_not_lost() {
    let home = Home::new(&[]);
    let inside = "{{cookiecutter.slug}}/lib";
    home.template.write(&format!("{inside}/one.txt"), LINES).write(&format!("{inside}/two.txt"), LINES);
    home.template.commit("a folder");
    home.minipach(&["update", "--in-place"]).code(0);
    home.project.rename("lib", "src").write("mine.txt", "mine\n").commit("another name");
    home.template.write(&format!("{inside}/new.txt"), "new\n").commit("a new file");
    let said = home.minipach(&["update", "--in-place"]).code(1);
    said.says("src/new.txt: new, put into a folder that the other side renamed; `git add src/new.txt`");
    assert_eq!(home.project.read("src/new.txt"), "new\n");
    home.project.git(["add", "src/new.txt"]);
    home.project.git(["commit", "-q", "--no-edit"]);
    assert_eq!(home.project.changed(), "");
}

#[test]
fn a_conflict_with_a_removed_file_says_who_removed_it_and_what_settles_it() {
    let home = Home::new(&[]);
    home.project.write("gone.txt", "mine\n").commit("my own line");
    home.second();
    let said = "gone.txt: removed by the scaffold, changed here; `git add gone.txt` keeps it, `git rm gone.txt` lets it go";
    home.minipach(&["update"]).code(1).says(said);
}

#[test]
fn a_conflict_has_all_three_stages_and_can_be_taken_back() {
    let home = Home::new(&[]);
    let project = &home.project;
    project.write("a.txt", LINES.replace("two", "zwei")).commit("my own line");
    home.second();
    let before = (project.head(), project.git(["for-each-ref"]));
    home.minipach(&["update"]).code(1).says("a.txt").says("minipach update --abort");
    for (stage, line) in [("1", "two"), ("2", "zwei"), ("3", "TWO")] {
        assert_eq!(project.git(["show", &format!(":{stage}:a.txt")]).lines().nth(1), Some(line));
    }
    home.minipach(&["update", "--abort"]).code(0);
    assert_eq!((project.head(), project.git(["for-each-ref"])), before);
    assert_eq!(project.changed(), "");
}

#[test]
fn answers_tags_and_places_may_change() {
    let home = Home::new(&[]);
    let project = &home.project;
    home.second();
    let said = format!("`{}` has no branch, tag or commit `v9`", home.url());
    home.minipach(&["update", "--to", "v9"]).code(2).says(&said);
    home.minipach(&["update", "--set", "nobody=x"]).code(2).says("asks no question `nobody`");
    home.minipach(&["update", "--set", "pick=z"]).code(2).says("one of `a` and `b`");
    home.minipach(&["update", "--to", "v1", "--set", "pick=a", "--in-place"]).code(0);
    assert_eq!((project.read("who.txt").as_str(), project.exists("new.txt")), ("study a True\n", false));
    home.minipach(&["update", "--to", "main", "--set", "why=fun", "--in-place"]).code(0);
    assert_eq!(
        (project.read("who.txt"), project.read("new.txt")),
        ("study a True\n".into(), "new fun\n".into())
    );
    // The template moves away, and its old place is empty.
    let moved = home.template.home().join("moved");
    std::fs::rename(home.template.root(), &moved).expect("it can be moved");
    home.minipach(&["update"]).code(2).says("`--from` where it is now");
    let place = moved.to_str().expect("UTF-8");
    home.minipach(&["update", "--from", place, "--in-place"]).code(0);
    let text = project.read(".minipach/answers.yml");
    assert!(text.contains(place), "it is remembered where the template is now: {text}");
    home.minipach(&["update"]).code(0).says("up to date");
    project.write(".minipach/answers.yml", text.replace("fun", "joy")).commit("by hand");
    home.minipach(&["update"]).code(4).says("was edited by hand");
}

#[test]
fn a_template_in_a_folder_is_followed_with_and_without_git() {
    for is_kept in [true, false] {
        let project = Project::bare();
        project.write("t/cookiecutter.json", r#"{"name": "x"}"#);
        project.write("t/{{cookiecutter.name}}/a.txt", LINES);
        if is_kept {
            project.program("git", ["-C", "t", "init", "-q"]).ok();
            project.program("git", ["-C", "t", "add", "-A"]).ok();
            project.program("git", ["-C", "t", "commit", "-q", "-m", "one"]).ok();
        }
        project.typed(&["new", "./t", "--record", "--defaults"]).ok();
        let text = project.read("x/.minipach/answers.yml");
        assert!(text.contains("\"from\":\"../t\""), "{text}");
        assert_eq!(text.contains("\"commit\""), is_kept, "{text}");
        project.program("git", ["-C", "x", "init", "-q"]).ok();
        project.write("x/a.txt", LINES.replace("seven", "SEVEN"));
        project.program("git", ["-C", "x", "add", "-A"]).ok();
        project.program("git", ["-C", "x", "commit", "-q", "-m", "laid out"]).ok();
        project.write("t/{{cookiecutter.name}}/a.txt", LINES.replace("two", "TWO"));
        project.typed(&["-C", "x", "check", "--select", "MP801"]).says("MP801");
        let said = project.typed(&["-C", "x", "update", "--in-place"]);
        if is_kept {
            said.ok();
            assert_eq!(project.read("x/a.txt"), LINES.replace("two", "TWO").replace("seven", "SEVEN"));
        } else {
            // What stood there before the edit nobody has: git sees two files without a common past.
            said.code(1).says("a.txt");
            assert!(project.read("x/a.txt").contains("<<<<<<<"), "{}", project.read("x/a.txt"));
        }
    }
}

/// Nobody has the bytes of what a hook removed before the first commit.
#[test]
fn what_a_hook_removed_stays_away_without_git_too() {
    let project = Project::bare();
    project.write("t/cookiecutter.json", r#"{"name": "x"}"#);
    project.write("t/{{cookiecutter.name}}/a.txt", LINES);
    project.write("t/{{cookiecutter.name}}/gone.txt", "one\n");
    project.script("t/hooks/post_gen_project.sh", "#!/bin/sh\nrm gone.txt\n");
    project.typed(&["new", "./t", "--record", "--defaults", "--hooks", "run"]).ok();
    project.program("git", ["-C", "x", "init", "-q"]).ok();
    project.program("git", ["-C", "x", "add", "-A"]).ok();
    project.program("git", ["-C", "x", "commit", "-q", "-m", "laid out"]).ok();
    project.typed(&["-C", "x", "update", "--check"]).ok();
    for word in ["TWO", "ZWEI"] {
        project.write("t/{{cookiecutter.name}}/a.txt", LINES.replace("two", word));
        project.write("t/{{cookiecutter.name}}/gone.txt", format!("{word}\n"));
        project.typed(&["-C", "x", "update", "--check"]).code(1).says("`a.txt`");
        project.typed(&["-C", "x", "update", "--in-place"]).ok();
        assert_eq!(project.read("x/a.txt"), LINES.replace("two", word));
        assert!(!project.exists("x/gone.txt"), "a hook removed it");
        project.typed(&["-C", "x", "update", "--check"]).ok();
    }
}

#[test]
fn a_project_without_a_record_adopts_the_nearest_version() {
    let home = Home::new(&[]);
    let project = &home.project;
    project.remove(".minipach").write("a.txt", LINES.replace("seven", "SEVEN")).commit("no record");
    home.second();
    home.minipach(&["update"]).code(2).says("minipach adopt");
    let answers = ["--set", "name=study", "--set", "pick=b"];
    let said = home.minipach(&[&["adopt", &home.url()], &answers[..]].concat()).code(0);
    said.says("v1").says("a.txt");
    assert_eq!(project.changed(), "");
    home.minipach(&["update", "--in-place"]).code(0);
    assert_eq!(project.read("a.txt"), LINES.replace("two", "TWO").replace("seven", "SEVEN"));
    assert!(project.exists("renamed.txt") && !project.exists("old.txt") && !project.exists("gone.txt"));
    let other = Project::new();
    other.write("x", "x\n").commit("x");
    other.typed(&["adopt", &home.url()]).code(2).says("nothing of");
    other.typed(&["adopt", &format!("file://{}", other.root().display())]).code(2).says("no `scaffold.yml`");
}

#[test]
fn a_project_inside_another_repository_is_told_so() {
    let home = Home::new(&[]);
    let outer = Project::new();
    outer.typed(&["new", &home.url(), "--record", "--defaults"]).ok();
    outer.commit("all");
    outer.typed(&["-C", "my-study", "update"]).code(2).says("lies in the repository");
    // Another record stays as it is.
    let text = outer.read("my-study/.minipach/answers.yml");
    outer
        .write("t/cookiecutter.json", r#"{"name": "my-study"}"#)
        .write("t/{{cookiecutter.name}}/b.txt", "b\n");
    outer.typed(&["new", "./t", "--record", "--defaults", "-f"]).code(0).says("stands there and stays");
    assert_eq!(
        (outer.read("my-study/.minipach/answers.yml"), outer.read("my-study/b.txt")),
        (text, "b\n".into())
    );
}

#[test]
fn a_conflict_names_the_template_and_is_taken_back_after_git_did_its_part() {
    let home = Home::new(&[]);
    let project = &home.project;
    project.write("a.txt", LINES.replace("two", "zwei")).commit("my own line");
    home.second();
    let before = (project.head(), project.git(["for-each-ref"]));
    home.minipach(&["update"]).code(1);
    let text = project.read("a.txt");
    assert!(text.contains(">>>>>>> refs/minipach/template\n"), "{text}");
    project.git(["merge", "--abort"]);
    home.minipach(&["update", "--abort"]).ok();
    assert_eq!((project.head(), project.git(["for-each-ref"])), before);
    assert_eq!(project.git(["branch", "--show-current"]), "main");
    home.minipach(&["update", "--abort"]).code(2).says("no update is going on");
}

#[test]
fn a_folder_that_is_not_there_is_told_as_such() {
    let home = Home::new(&[]);
    home.minipach(&["update", "--from", "/nonexist"]).says("there is no folder `/nonexist`");
}
