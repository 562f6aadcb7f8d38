//! Folders and files that an ordinary user may not read: they stop those who read there, and nobody else.

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt as _;

use crate::people::{Person, people};
use crate::support::Project;

const COPY: &str = "output: /$1\ntransform: {cmd: [sh, -c, 'cat $x/* > $PFS/out/y']}\n";

#[test]
fn a_folder_that_may_not_be_read_stops_only_who_reads_there() {
    for person in people().into_iter().filter(|person| matches!(person, Person::User)) {
        let project = Project::new();
        project.write("raw/a/x", "1\n").write("notes/private/x", "2\n").write(".gitignore", "");
        project.spec("p", &format!("input: {{pfs: {{name: x, repo: raw, glob: '/(*)'}}}}\n{COPY}"));
        project.git(["add", "raw", "p", ".gitignore"]).lines().for_each(drop);
        project.git(["commit", "-q", "-m", "a study"]).lines().for_each(drop);
        person.owns(&project);
        let close = |mode| {
            set_permissions(project.path("notes/private"), Permissions::from_mode(mode))
                .expect("it can be set");
        };
        close(0);
        person.minipach(&project, &["run"], &[]).code(0).says("1 datum ran");
        person.minipach(&project, &["status"], &[]).code(0);
        project.spec("q", &format!("input: {{pfs: {{name: x, repo: notes, glob: '/(*)'}}}}\n{COPY}"));
        person.owns(&project);
        close(0);
        let run = person.minipach(&project, &["run"], &[]).code(4);
        run.says("`notes/private` may not be read, so nobody knows what is in it");
        close(0o700);
        person.minipach(&project, &["run", "--no-commit"], &[]).code(0).says("1 datum ran");
        assert!(project.exists("q/private/y"));
    }
}

#[test]
fn a_file_that_may_not_be_read_stops_only_who_reads_its_folder() {
    for person in people().into_iter().filter(|person| matches!(person, Person::User)) {
        let project = Project::new();
        project.write("raw/a/x", "1\n").write("notes/n/x", "2\n").write("notes/n/y", "3\n");
        for (name, repo) in [("p", "raw"), ("q", "notes")] {
            project.spec(name, &format!("input: {{pfs: {{name: x, repo: {repo}, glob: '/(*)'}}}}\n{COPY}"));
        }
        project.commit("a study");
        person.owns(&project);
        person.minipach(&project, &["run"], &[]).code(0).says("2 datums ran");
        project.write("raw/a/x", "another\n").write("README.md", "closed too\n");
        person.owns(&project);
        let close = |path: &str, mode| {
            set_permissions(project.path(path), Permissions::from_mode(mode)).expect("it can be set");
        };
        for path in ["notes/n/y", "README.md"] {
            close(path, 0);
        }
        let run = person.minipach(&project, &["run", "--no-commit"], &[]).code(4).says("1 datum ran");
        run.says("`notes/n/y` may not be read, so nobody knows what is in it");
        person.minipach(&project, &["status"], &[]).says("`notes/n/y` may not be read");
        assert_eq!(project.read("q/n/y"), "2\n3\n", "what stands stays");
        for path in ["notes/n/y", "README.md"] {
            close(path, 0o644);
        }
        person.minipach(&project, &["run", "--no-commit"], &[]).code(0).says("nothing to do");
    }
}

/// Who may write nothing there is told so only where something is to be written.
#[test]
fn a_run_where_nothing_may_be_written_says_that_nothing_is_to_do() {
    for person in people().into_iter().filter(|person| matches!(person, Person::User)) {
        let project = Project::new();
        project.write("raw/a/x", "1\n");
        project.spec("p", &format!("input: {{pfs: {{name: x, repo: raw, glob: '/(*)'}}}}\n{COPY}"));
        project.commit("a study");
        person.owns(&project);
        let state = project.path(".git/minipach");
        person.minipach(&project, &["run", "--no-commit"], &[]).code(0).says("1 datum ran");
        let close = |is_closed| {
            let (folder, file) = if is_closed { (0o555, 0o444) } else { (0o755, 0o644) };
            set_permissions(&state, Permissions::from_mode(folder)).expect("it can be set");
            set_permissions(state.join("lock"), Permissions::from_mode(file)).expect("it can be set");
        };
        close(true);
        // Its results are still to be committed.
        person.minipach(&project, &["run"], &[]).code(4).says("cannot be written");
        close(false);
        person.minipach(&project, &["run"], &[]).code(0);
        close(true);
        for words in [&["run"][..], &["run", "p:a"], &["run", "--json"]] {
            person.minipach(&project, words, &[]).code(0);
        }
        person.minipach(&project, &["run"], &[]).says("nothing to do");
        person.minipach(&project, &["cancel"], &[]).code(4).says("nothing runs here");
        person.minipach(&project, &["run", "--force"], &[]).code(4).says("cannot be written");
        project.write("raw/b/x", "2\n");
        person.owns(&project);
        person.minipach(&project, &["run"], &[]).code(4).says("cannot be written");
        assert!(!project.exists("p/b"), "nothing was begun");
        close(false);
    }
}
