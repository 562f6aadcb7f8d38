//! Cookiecutter templates for tests, and what the real cookiecutter makes of them.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::support::{Ended, Project, finish, peer};

/// Everything below a folder: folders, and files with content and permissions.
pub(crate) type Tree = BTreeMap<String, Option<(Vec<u8>, u32)>>;

/// All below a folder.
pub(crate) fn tree(dir: &Path) -> Tree {
    let mut found = Tree::new();
    gather(dir, "", &mut found);
    found
}

fn gather(dir: &Path, at: &str, found: &mut Tree) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for entry in entries {
        let entry = entry.expect("the folder can be read");
        let path = format!("{at}{}", entry.file_name().display());
        if entry.file_type().expect("it has one").is_dir() {
            gather(&entry.path(), &format!("{path}/"), found);
            found.insert(format!("{path}/"), None);
        } else {
            let bytes = std::fs::read(entry.path()).expect("the file can be read");
            let mode = entry.metadata().expect("it has some").permissions().mode() & 0o7777;
            found.insert(path, Some((bytes, mode)));
        }
    }
}

/// Lays out the template `template` with minipach and with cookiecutter and compares every byte and permission.
/// Gives the tree; nothing without the peer.
#[track_caller]
pub(crate) fn compare(project: &Project, answers: &[&str], more: &[&str]) -> Option<Tree> {
    let oracle = peer("cookiecutter")?;
    // Answers with the folder's name would differ, so both write to a folder of the same name.
    let place = project.path("out");
    let words: Vec<&str> =
        ["./template", "--no-input", "-f", "-o", "out"].iter().chain(more).chain(answers).copied().collect();
    let mut command = project.command(oracle);
    command.args(&words);
    finish(command).ok();
    let expected = tree(&place);
    std::fs::remove_dir_all(&place).expect("it stands there");
    // Cookiecutter had the same flag: templates may have folders whose names come to nothing.
    laid_out(project, answers, &["-f"]).ok();
    let made = tree(&place);
    assert_eq!(made.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (path, entry) in &expected {
        let text = |entry: &Option<(Vec<u8>, u32)>| {
            entry.as_ref().map(|(bytes, mode)| (String::from_utf8_lossy(bytes).into_owned(), *mode))
        };
        assert_eq!(made[path], *entry, "{path}: {:?} is not {:?}", text(&made[path]), text(entry));
    }
    std::fs::remove_dir_all(&place).expect("it stands there");
    Some(made)
}

/// Lays out the template `template` in `out`, with defaults and some answers. Hooks are left out.
#[track_caller]
pub(crate) fn ours(project: &Project, answers: &[&str]) -> Ended {
    laid_out(project, answers, &[])
}

#[track_caller]
fn laid_out(project: &Project, answers: &[&str], more: &[&str]) -> Ended {
    let mut words = vec!["new", "./template", "--defaults", "--hooks", "skip", "-o", "out"];
    words.extend(more);
    for answer in answers {
        words.extend(["--set", answer]);
    }
    project.typed(&words)
}

/// A project with a template in `template` whose files are these, below its project folder unless they begin with `/`.
pub(crate) fn template(manifest: &str, files: &[(&str, &str)]) -> Project {
    let project = Project::bare();
    project.write("template/cookiecutter.json", manifest);
    project.write("template/{{cookiecutter.name}}/.keep", "");
    for (path, content) in files {
        match path.strip_prefix('/') {
            Some(path) => project.write(&format!("template/{path}"), content),
            None => project.write(&format!("template/{{{{cookiecutter.name}}}}/{path}"), content),
        };
    }
    project
}
