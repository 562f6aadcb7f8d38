//! `minipach update` and `adopt`: a project follows its scaffold, merged as git merges anything.

use crate::screen::Tui;
use crate::support::{Ended, Project};

/// A scaffold in a git repository beside the project, with files to be changed.
struct Home {
    scaffold: Project,
    project: Project,
}

const LINES: &str = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n";

impl Home {
    fn new() -> Self {
        let scaffold = Project::new();
        scaffold.write("a.txt", LINES).write("gone.txt", "gone\n").write("old.txt", format!("old {LINES}"));
        scaffold.write("kept.txt", "kept\n");
        manifest(&scaffold, "1", &["a.txt", "gone.txt", "old.txt", "kept.txt"]);
        scaffold.commit("one");
        scaffold.git(["tag", "v1"]);
        let project = Project::bare();
        let home = Self { scaffold, project };
        home.minipach(&["new", ".", "--scaffold", &home.url()]).ok();
        home
    }

    fn url(&self) -> String {
        format!("file://{}", self.scaffold.root().display())
    }

    fn minipach(&self, words: &[&str]) -> Ended {
        self.project.typed(words)
    }

    /// The second version: a line edited, a file removed, one new, one renamed.
    fn second(&self) {
        let scaffold = &self.scaffold;
        scaffold.write("a.txt", LINES.replace("two", "TWO")).write("new.txt", "new\n");
        scaffold.rename("old.txt", "renamed.txt").remove("gone.txt");
        manifest(scaffold, "2", &["a.txt", "kept.txt", "new.txt", "renamed.txt"]);
        scaffold.commit("two");
        scaffold.git(["tag", "v2"]);
    }
}

fn manifest(project: &Project, version: &str, files: &[&str]) {
    let rules: Vec<String> = files.iter().map(|file| format!("  - {{src: {file}, dest: {file}}}")).collect();
    let rules = rules.join("\n");
    let text = format!(
        "id: lab\ntitle: L\ndescription: L.\nversion: '{version}'\nquestions:\n  \
         - {{name: who, type: text, prompt: Who?, default: ada}}\nfiles:\n  - {{src: who, dest: who.txt}}\n{rules}"
    );
    project.write("scaffold.yml", text).write("who", "by {{who}}\n");
}

#[test]
fn what_was_renamed_here_follows_and_is_not_said_to_be_removed() {
    let home = Home::new();
    home.project.rename("old.txt", "mine.txt").remove("kept.txt").commit("my own work");
    home.scaffold.write("old.txt", format!("old {}", LINES.replace("two", "TWO"))).commit("two");
    let said = home.minipach(&["update", "--in-place"]).code(0);
    assert!(said.stdout.contains("removed here, and stays so: `kept.txt`"), "{}", said.stdout);
    assert!(
        !said.stdout.contains("old.txt`\n  git show") && !said.stdout.contains("although"),
        "{}",
        said.stdout
    );
    assert_eq!(home.project.read("mine.txt"), format!("old {}", LINES.replace("two", "TWO")));
}

#[test]
#[expect(clippy::cognitive_complexity, reason = "one story, told in order")]
fn edits_removals_new_files_and_renames_merge_as_git_merges_them() {
    for way in ["as laid out", "cloned without the ref", "squashed"] {
        let home = Home::new();
        let project = &home.project;
        project.write("a.txt", LINES.replace("seven", "SEVEN")).remove("kept.txt");
        project.write("old.txt", format!("old {LINES}mine\n")).write("mine.txt", "mine\n");
        project.commit("my own work");
        if way != "as laid out" {
            project.git(["update-ref", "-d", "refs/minipach/template"]);
        }
        if way == "squashed" {
            let tree = project.git(["rev-parse", "HEAD^{tree}"]);
            let alone = project.git(["commit-tree", &tree, "-m", "all"]);
            project.git(["reset", "-q", "--hard", &alone]);
        }
        home.minipach(&["update", "--check"]).code(0).says("up to date");
        home.second();
        home.minipach(&["update", "--check"]).code(1).says("1 → 2");
        assert_eq!(project.git(["branch", "--show-current"]), "main");
        let said = home.minipach(&["update"]).code(0);
        said.says("minipach/update-2");
        assert_eq!(project.git(["branch", "--show-current"]), "minipach/update-2", "{way}");
        assert_eq!(project.read("a.txt"), LINES.replace("two", "TWO").replace("seven", "SEVEN"), "{way}");
        assert_eq!(project.read("renamed.txt"), format!("old {LINES}mine\n"), "{way}");
        assert_eq!(project.read("new.txt"), "new\n");
        for gone in ["gone.txt", "kept.txt", "old.txt"] {
            assert!(!project.exists(gone), "{way}: {gone}");
        }
        assert!(project.exists("mine.txt"));
        assert_eq!(project.changed(), "", "{way}");
        assert_eq!(project.git(["rev-list", "--parents", "-1", "HEAD"]).split(' ').count(), 3);
        assert_eq!(project.git(["for-each-ref", "refs/minipach/stand-in"]), "");
        home.minipach(&["update", "--check"]).code(0);
        project.git(["checkout", "-q", "main"]);
        project.git(["merge", "-q", "minipach/update-2"]);
        // The next one is an ordinary merge.
        home.scaffold.write("new.txt", "newer\n").commit("three");
        home.minipach(&["update", "--in-place"]).code(0);
        assert_eq!((project.read("new.txt").as_str(), project.changed().as_str()), ("newer\n", ""));
        assert!(project.git(["fsck", "--no-dangling"]).is_empty());
    }
}

#[test]
fn what_a_project_changed_of_its_layout_is_told_file_by_file() {
    let home = Home::new();
    let project = &home.project;
    home.minipach(&["diff", "--scaffold"]).code(0).says("as version 1 of `lab` laid it out: 5 files");
    project.write("a.txt", LINES.replace("seven", "SEVEN")).remove("kept.txt").write("mine.txt", "mine\n");
    project.commit("my own work");
    project.write("who.txt", "by me\n");
    let told = home.minipach(&["diff", "--scaffold"]).code(0);
    let told = told.says("otherwise than version 1 of `lab` laid it out").says("2 files stand as laid out");
    assert!(!told.stdout.contains("mine.txt"), "{told:?}");
    let shown = home.minipach(&["diff", "--scaffold", "-v"]).code(0);
    shown.says("-seven\n+SEVEN\n").says("-by ada\n+by me\n").says("kept.txt  removed");
    let found = home.minipach(&["diff", "--scaffold", "--json"]).code(0).json();
    assert_eq!(found["files"].as_array().expect("a list").len(), 3);
    assert_eq!((&found["files"][0]["path"], &found["files"][0]["added"]), (&"a.txt".into(), &1.into()));
    assert_eq!((&found["scaffold"], &found["unchanged"]), (&"lab".into(), &2.into()));
    // What the scaffold says by now is nothing of the project's.
    home.second();
    assert_eq!(home.minipach(&["diff", "--scaffold", "--json"]).code(0).json(), found);
    home.minipach(&["diff", "--scaffold", "HEAD"]).code(2);
    home.minipach(&["diff"]).code(2).says("COMMIT");
    let alone = Project::new();
    alone.write("x", "x\n").commit("x");
    alone.minipach(["diff", "--scaffold"]).code(2).says("nobody knows what this project follows");
}

/// A version of the scaffold of which files moved and were rewritten, one is left to projects, and a question has another
/// name.
fn moved_on(scaffold: &Project) {
    scaffold.remove("old.txt").remove("a.txt").remove("kept.txt");
    scaffold.write("new.txt", "nothing\nof\nthe\nold\n").write("b.txt", LINES.replace("two", "TWO"));
    scaffold.write("who", "by {{lead}} in {{place}}\n");
    scaffold.write(
        "scaffold.yml",
        "id: lab\ntitle: L\ndescription: L.\nversion: '3'\nquestions:\n\
         - {name: lead, type: text, prompt: Who?}\n- {name: place, type: text, prompt: Where?}\nfiles:\n\
         - {src: who, dest: who.txt}\n- {src: b.txt, dest: docs/b.txt}\n- {src: new.txt, dest: new.txt}\n- {src: gone.txt, dest: gone.txt}\n\
         migrations:\n- {to: '2', rename: {a.txt: docs/b.txt}, questions: {who: lead}}\n\
         - {to: '3', rename: {old.txt: new.txt}, leave: [kept.txt], set: {place: Kiel}}\n",
    );
    scaffold.commit("three");
}

#[test]
fn migrations_move_files_and_answers_before_the_merge() {
    for way in ["update", "update --in-place"] {
        let words: Vec<&str> = way.split(' ').collect();
        let home = Home::new();
        let project = &home.project;
        project.write("a.txt", LINES.replace("seven", "SEVEN")).write("mine.txt", "mine\n");
        project.commit("my own work");
        let head = project.head();
        moved_on(&home.scaffold);
        home.minipach(&["update", "--check"]).code(1).says("1 → 3");
        home.minipach(&words).code(0).says("moved: a.txt → docs/b.txt").says("moved: old.txt → new.txt");
        assert_eq!(
            project.read("docs/b.txt"),
            LINES.replace("two", "TWO").replace("seven", "SEVEN"),
            "{way}"
        );
        assert_eq!(project.read("new.txt"), "nothing\nof\nthe\nold\n", "no line of the old one is left");
        assert_eq!(project.read("who.txt"), "by ada in Kiel\n");
        assert!(project.exists("kept.txt") && project.exists("mine.txt") && !project.exists("a.txt"));
        assert_eq!(project.changed(), "");
        assert!(project.read(".minipach/answers.yml").contains("\"lead\": \"ada\""));
        assert!(!project.read(".minipach/answers.yml").contains("kept.txt"), "it is the project's own");
        home.minipach(&["update", "--check"]).code(0).says("up to date");
        assert!(project.git(["fsck", "--no-dangling"]).is_empty());

        // A conflict in a moved file, and all as before.
        project.git(["checkout", "-q", "-B", "again", &head]);
        project.write("a.txt", LINES.replace("two", "mine")).commit("the same line");
        let head = project.head();
        home.minipach(&words).code(1).says("docs/b.txt");
        home.minipach(&["update", "--abort"]).code(0).says("all is as before the update");
        assert_eq!((project.head(), project.changed()), (head, String::new()), "{way}");
        assert!(project.exists("a.txt") && !project.exists("docs/b.txt"));
    }
}

/// A whole folder has another name by now: its files move with what projects edited and added there.
#[test]
fn migrations_move_folders_too() {
    let home = Home::new();
    let project = &home.project;
    let layout = |version: &str, folder: &str, more: &str| {
        home.scaffold.write(
            "scaffold.yml",
            format!(
                "id: lab\ntitle: L\ndescription: L.\nversion: '{version}'\nquestions:\n- {{name: who, type: text, prompt: Who?}}\n\
                 files:\n- {{src: a.txt, dest: {folder}/a.txt}}\n- {{src: old.txt, dest: {folder}/lib/old.txt}}\n{more}"
            ),
        );
        home.scaffold.commit(version);
    };
    layout("2", "bin", "");
    home.minipach(&["update", "--in-place"]).code(0);
    project.write("bin/a.txt", LINES.replace("seven", "SEVEN")).write("bin/mine.sh", "mine\n").commit("mine");
    layout("3", "code", "migrations:\n- {to: '3', rename: {bin/: code/}}\n");
    let said = home.minipach(&["update", "--in-place"]).code(0);
    said.says("moved: bin/a.txt → code/a.txt").says("moved: bin/mine.sh → code/mine.sh");
    assert_eq!(project.read("code/a.txt"), LINES.replace("seven", "SEVEN"));
    assert!(project.exists("code/lib/old.txt") && project.exists("code/mine.sh") && !project.exists("bin"));
    assert_eq!(project.changed(), "");
    home.minipach(&["update", "--check"]).code(0).says("up to date");
}

#[test]
fn a_conflict_has_all_three_stages_and_can_be_taken_back() {
    for args in [&["update"][..], &["update", "--in-place"]] {
        for is_known in [true, false] {
            let home = Home::new();
            let project = &home.project;
            project.write("a.txt", LINES.replace("two", "zwei")).commit("my own line");
            if !is_known {
                project.git(["update-ref", "-d", "refs/minipach/template"]);
            }
            home.second();
            let before = (project.head(), project.git(["for-each-ref"]));
            let said = home.minipach(args).code(1).says("a.txt").says("minipach update --abort");
            assert_eq!(
                said.stdout.contains("git switch main && git merge minipach/update-2"),
                args.len() == 1
            );
            let stages = project.git(["ls-files", "-u", "a.txt"]);
            let numbers: Vec<&str> =
                stages.lines().filter_map(|line| line.split(['\t', ' ']).nth(2)).collect();
            assert_eq!(numbers, ["1", "2", "3"], "{stages}");
            for (stage, line) in [("1", "two"), ("2", "zwei"), ("3", "TWO")] {
                assert_eq!(project.git(["show", &format!(":{stage}:a.txt")]).lines().nth(1), Some(line));
            }
            assert!(!project.exists("a.txt.rej"));
            home.minipach(&["update"]).code(4).says("merge");
            home.minipach(&["update", "--check"]).code(4).says("merge");
            home.minipach(&["update", "--abort"]).code(0);
            assert_eq!((project.head(), project.git(["for-each-ref"])), before);
            assert_eq!(
                (project.changed(), project.git(["branch", "--show-current"])),
                (String::new(), "main".into())
            );
            // Again, and settled as by `git mergetool`.
            home.minipach(args).code(1);
            project.git(["checkout", "--theirs", "a.txt"]);
            project.git(["add", "a.txt"]);
            project.git(["commit", "-q", "--no-edit"]);
            home.minipach(&["update", "--check"]).code(0).says("up to date");
            home.minipach(&["update", "--abort"]).code(2).says("committed already");
        }
    }
}

/// A scaffold that stands elsewhere by now is followed there, also where it says nothing new; hints lead to the same.
#[test]
fn where_a_scaffold_is_and_at_which_version_stays_known() {
    let home = Home::new();
    let moved = home.project.home().join("moved");
    home.project
        .program("cp", ["-r", &home.scaffold.root().to_string_lossy(), &moved.to_string_lossy()])
        .ok();
    let url = format!("file://{}", moved.display());
    home.minipach(&["update", "--in-place", "--from", &url]).ok();
    assert!(home.project.read(".minipach/answers.yml").contains(&url), "{url}");
    home.minipach(&["update"]).says("up to date").ok();
    home.second();
    let (from, check) = (home.url(), ["update", "--check", "--to", "v2", "--from"]);
    let said = home.minipach(&[&check[..], &[&from]].concat()).code(1);
    said.says(&format!("minipach update --from {from} --to v2"));
}

#[test]
fn who_stays_at_an_old_tag_hears_of_newer_ones() {
    let home = Home::new();
    home.minipach(&["update", "--in-place", "--to", "v1"]).ok();
    home.minipach(&["update", "--check"]).says("up to date with version 1").ok();
    home.second();
    let said = home.minipach(&["update", "--check"]).code(1);
    let said =
        said.says("stays at version 1 of `lab`, by its tag; newer: `v2`").says("minipach update --to v2");
    assert!(!said.stdout.contains("up to date"), "{said:?}");
    assert_eq!(home.minipach(&["update", "--check", "--json"]).json()["newer"], serde_json::json!(["v2"]));
    home.minipach(&["update"]).says("newer: `v2`").ok();
    home.minipach(&["update", "--to", "v2", "--in-place"]).ok();
    home.minipach(&["update", "--check"]).says("up to date with version 2").ok();
}

#[test]
fn unready_projects_are_left_alone_and_answers_may_change() {
    let home = Home::new();
    let project = &home.project;
    home.second();
    project.write("a.txt", "edited\n");
    home.minipach(&["update"]).code(4).says("`a.txt` has changes that are not committed");
    project.git(["checkout", "-q", "a.txt"]);
    home.minipach(&["update", "--to", "v9"]).code(2).says("no branch, tag or commit `v9`");
    home.minipach(&["update", "--set", "nobody=x"]).code(2).says("asks no question `nobody`");
    home.minipach(&["update", "--abort"]).code(2).says("no update is going on");
    home.minipach(&["update", "--to", "v1", "--set", "who=grace", "--in-place"]).code(0);
    assert_eq!((project.read("who.txt").as_str(), project.exists("new.txt")), ("by grace\n", false));
    home.minipach(&["update", "--to", "v2", "--in-place"]).code(0);
    assert_eq!((project.read("who.txt").as_str(), project.exists("new.txt")), ("by grace\n", true));
    let text = project.read(".minipach/answers.yml");
    project.write(".minipach/answers.yml", text.replace("grace", "joan")).commit("by hand");
    home.minipach(&["update"]).code(4).says("was edited by hand");
    let bare = Project::new();
    bare.write("x", "x\n").commit("x");
    bare.minipach(["update"]).code(2).says("minipach adopt SCAFFOLD");
}

#[test]
fn files_of_the_project_where_the_scaffold_brings_one_stay_and_are_told() {
    let home = Home::new();
    let project = &home.project;
    project.write("new.txt", "mine\n").commit("my own");
    home.second();
    let said = home.minipach(&["update", "--in-place"]).code(0);
    let said = said.says("the project's own, and stays so although the scaffold has one too: `new.txt`");
    let look =
        said.stdout.lines().find(|line| line.contains("git diff")).expect("how to look at it").to_owned();
    let words: Vec<&str> = look.split_whitespace().collect();
    assert!(project.git(["diff", words[2], words[3]]).contains("-mine\n+new"), "{look}");
    assert_eq!((project.read("new.txt").as_str(), project.changed().as_str()), ("mine\n", ""));
}

#[test]
fn nothing_that_git_does_not_have_is_overwritten() {
    for ignored in ["new.*\n", "\n"] {
        let home = Home::new();
        let project = &home.project;
        project.write(".gitignore", ignored).commit("what is ignored");
        project.write("new.txt", "my settings\n");
        let head = project.head();
        home.second();
        let said = home.minipach(&["update"]).code(4);
        said.says("`new.txt` is here and git does not have it").says("move it away, or commit it");
        assert_eq!((project.read("new.txt").as_str(), project.head()), ("my settings\n", head));
        assert_eq!(project.git(["branch", "--show-current"]), "main");
    }
}

#[test]
fn from_a_commit_without_a_branch_the_way_back_is_one_that_works() {
    let home = Home::new();
    home.project.git(["checkout", "-q", "--detach"]);
    home.second();
    let said = home.minipach(&["update"]).code(0).says("git switch --detach ");
    let line = said.stdout.lines().find(|line| line.contains("git switch")).expect("the way");
    let words: Vec<&str> = line.split_whitespace().collect();
    home.project.git(["switch", "-q", words[2], words[3]]);
    home.project.git(["merge", "-q", words[7]]);
    assert_eq!(home.project.read("new.txt"), "new\n");
}

#[test]
fn a_built_in_scaffold_is_followed_with_other_answers() {
    let project = Project::bare();
    project.minipach(["new", ".", "--scaffold", "freesurfer"]).ok();
    project.minipach(["update"]).code(0).says("up to date");
    project.minipach(["run"]).ok();
    project.minipach(["update", "--set", "subjects=4", "--in-place"]).code(0);
    assert!(project.exists("raw/t1/sub-04/T1w.txt") && project.exists("stats/table.tsv"));
    assert_eq!(project.changed(), "");
    project.minipach(["run"]).ok();
    assert_eq!(project.datums("fs").len(), 4);
}

#[test]
fn a_project_without_a_record_adopts_the_nearest_version() {
    let home = Home::new();
    let project = &home.project;
    project.remove(".minipach/answers.yml").write("a.txt", LINES.replace("seven", "SEVEN"));
    project.commit("no record");
    project.git(["update-ref", "-d", "refs/minipach/template"]);
    home.second();
    home.minipach(&["update"]).code(2);
    let said = home.minipach(&["adopt", &home.url()]).code(0);
    said.says("v1").says("a.txt");
    assert_eq!(project.changed(), "");
    home.minipach(&["adopt", &home.url()]).code(2).says("follows a scaffold already");
    home.minipach(&["update", "--to", "v2", "--in-place"]).code(0);
    assert_eq!(project.read("a.txt"), LINES.replace("two", "TWO").replace("seven", "SEVEN"));
    assert!(project.exists("renamed.txt") && !project.exists("old.txt") && !project.exists("gone.txt"));
    let other = Project::new();
    other.write("x", "x\n").commit("x");
    other.typed(&["adopt", &home.url()]).code(2).says("nothing of");
    Project::new().minipach(["adopt", "yoda"]).code(4).says("has no commit yet").says("minipach save --all");
}

#[test]
fn new_questions_are_asked_on_a_terminal_and_named_elsewhere() {
    let home = Home::new();
    let text = home.scaffold.read("scaffold.yml").replace("version: '1'", "version: '2'");
    let question = "questions:\n  - {name: why, type: text, prompt: What for?}\n";
    home.scaffold
        .write("scaffold.yml", text.replace("questions:\n", question))
        .write("who", "by {{who}} for {{why}}\n");
    home.scaffold.commit("two");
    let said = home.minipach(&["update", "--check"]).code(1);
    assert!(
        said.stdout.contains("`lab` 1 → 2: it asks `why` by now\n  minipach update --set why=…"),
        "{said:?}"
    );
    home.minipach(&["update"]).code(2).says("needs answers to `why`");
    let mut tui = Tui::start_with(&home.project, "update --in-place", &[("NO_COLOR", "1")], (100, 30));
    tui.until_says("What for?");
    assert!(!tui.screen().contains("Who?"), "it was answered before: {}", tui.screen());
    tui.keys("fun\r");
    tui.until_says("merged into main");
    assert_eq!(tui.end(), 0);
    assert_eq!(home.project.read("who.txt"), "by ada for fun\n");
    home.minipach(&["update", "--check"]).ok();
}

#[test]
fn lists_of_results_that_git_never_merges_are_laid_together() {
    let home = Home::new();
    let spec = "input: {pfs: {repo: raw, glob: '/*'}}\noutput: /x\n";
    let version = |number: &str, pipelines: &[&str]| {
        let specs: Vec<String> =
            pipelines.iter().map(|name| format!("\n  - {{src: spec, dest: {name}/spec.yml}}")).collect();
        let more =
            format!("\n  - {{src: attributes, dest: .gitattributes, existing: lines}}{}", specs.concat());
        manifest(&home.scaffold, number, &["a.txt"]);
        let text = home.scaffold.read("scaffold.yml") + &more;
        home.scaffold
            .write("scaffold.yml", text)
            .write("spec", spec)
            .write("attributes", "*.md text\n{{outputs_block}}\n");
        home.scaffold.commit(number);
    };
    version("2", &["fs", "old"]);
    home.minipach(&["update", "--in-place"]).ok();
    let project = &home.project;
    project.write("raw/x", "x\n").commit("data");
    home.minipach(&["add", "map", "mine", "--from", "raw"]).ok();
    project.commit("a pipeline of my own");
    version("3", &["fs", "stats"]);
    home.minipach(&["update", "--in-place"]).code(0);
    let text = project.read(".gitattributes");
    let named: Vec<&str> = text.lines().filter_map(|line| Some(line.split_once(" -merge")?.0)).collect();
    assert_eq!(named, ["/fs/**", "/mine/**", "/stats/**"], "{text}");
    assert_eq!(project.changed(), "");
}
