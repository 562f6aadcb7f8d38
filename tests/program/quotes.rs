//! Commands in hints are typed as they stand: a shell takes names in them as they are, whatever is in them.

use crate::support::Project;

/// A project whose every name has a quote and a space in it, and whose datum fails.
fn odd() -> Project {
    let project = Project::new();
    project
        .write("raw/it's here/it's", "1\n")
        .write("code/it's.sh", b"#!/bin/sh\r\n# \xff\r\n")
        .script("my tool.sh", "#!/bin/sh\nexit 0\n")
        .spec("p", "input: {pfs: {repo: \"raw/it's here\", glob: /(*), name: one}}\noutput: /$1\ntransform: {cmd: ['false']}\n")
        .spec("q", "input: {pfs: {repo: \"raw/it's here\", glob: /none*, name: one}}\ntransform: {cmd: ['true']}\n");
    project.commit("odd names");
    project
}

#[test]
fn names_in_hints_are_words_of_a_shell() {
    let project = odd();
    project.minipach(["run"]).code(1).says(r"`minipach glob 'raw/it'\''s here' '/*'`");
    let failed = r"minipach logs 'p:it'\''s'";
    project.minipach(["why", "p:it's"]).code(0).says(failed);
    project.minipach(["accept", "p:it's"]).code(4).says(failed);
    project
        .minipach(["check"])
        .says(r"`sed -i 's/\r$//' 'code/it'\''s.sh'`")
        .says("`git mv 'my tool.sh' 'code/my tool.sh'`");
}

#[test]
fn a_repo_that_is_a_link_is_named_as_a_word_of_a_shell() {
    let project = Project::new();
    std::fs::create_dir_all(project.path("raw")).expect("a folder can be made");
    std::os::unix::fs::symlink("/var", project.path("raw/a b")).expect("a link can be made");
    project.spec("p", "input: {pfs: {repo: raw/a b, glob: /*, name: one}}\ntransform: {cmd: ['true']}\n");
    project.minipach(["check"]).says("`datalad clone -d . SOURCE 'raw/a b'`");
}
