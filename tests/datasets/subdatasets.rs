//! Inputs in subdatasets, at any depth: installed and fetched as they are needed, planned as they are recorded.

use std::path::PathBuf;

use crate::study::{Home, Study};
use crate::support::{self, Ended, Project};

const SPEC: &str = "\
input:
  join:
    - pfs: {repo: inputs/outer/meta, glob: '/(*).txt', join_on: $1}
    - pfs: {repo: inputs/outer/deep/inner, glob: '/(sub-*)', join_on: $1}
output: /$1
transform: {cmd: [sh, code/run.sh]}
";

/// Commits all files of a dataset beside the project, their content in its annex.
#[track_caller]
fn annexed(project: &Project, dataset: &str, message: &str) {
    let at = format!("../{dataset}");
    project.git(["-C", &at, "annex", "add", "-q", "."]);
    project.git(["-C", &at, "commit", "-q", "-m", message]);
}

/// A project that reads a dataset and one in that, and a clone of it with neither.
struct World {
    study: Study,
    clone: PathBuf,
}

impl World {
    fn new(home: Home) -> Option<Self> {
        let study = Study::new(home)?;
        let project = &study.project;
        let at = |name: &str| project.home().join(name).to_string_lossy().into_owned();
        let (inner, outer) = (at("inner"), at("outer"));
        for name in ["inner", "outer"] {
            study.datalad(["create", &at(name)]).code(0);
        }
        for (path, text) in [
            ("inner/sub-01/t1.dat", "one"),
            ("inner/sub-02/t1.dat", "two!"),
            ("outer/meta/sub-01.txt", "a"),
            ("outer/meta/sub-02.txt", "bb"),
        ] {
            let path = project.home().join(path);
            std::fs::create_dir_all(path.parent().expect("it has one")).expect("a folder");
            std::fs::write(path, text).expect("a file");
        }
        annexed(project, "inner", "scans");
        study.datalad(["clone", "-d", &outer, &inner, &format!("{outer}/deep/inner")]).code(0);
        annexed(project, "outer", "words");
        let root = project.root().to_string_lossy().into_owned();
        project.write("code/run.sh", "cat \"$meta\" \"$inner/t1.dat\" > \"$PFS/out/both\"\n");
        study.save("code");
        study.datalad(["clone", "-d", &root, &outer, "inputs/outer"]).code(0);
        study.datalad(["get", "-n", "inputs/outer/deep/inner"]).code(0);
        project.spec("fs", SPEC);
        study.save("a pipeline");
        project.git(["clone", "-q", ".", "../clone"]);
        let clone = project.home().join("clone");
        Some(Self { study, clone })
    }

    fn project(&self) -> &Project {
        &self.study.project
    }

    fn minipach(&self, words: &[&str]) -> Ended {
        let clone = self.clone.to_string_lossy().into_owned();
        self.project().typed(&[&["-C", &clone], words].concat())
    }

    fn program(&self, program: &str, folder: &str, words: &[&str]) -> Ended {
        let mut command = self.project().command(program);
        command.args(words).current_dir(self.clone.join(folder));
        support::finish(command)
    }

    /// The files of a subdataset of the clone whose content git-annex says is there.
    fn here(&self, folder: &str) -> Vec<String> {
        let found = self.program("git", folder, &["annex", "find", "--in=here"]).ok();
        found.lines().map(str::to_owned).collect()
    }
}

#[test]
fn what_is_not_installed_is_installed_and_what_is_not_here_is_fetched() {
    let Some(world) = World::new(Home::Text) else { return };
    let said = world.minipach(&["status"]).stdout;
    assert!(
        said.contains("subdataset `inputs/outer` is not installed; `minipach run` installs it"),
        "{said}"
    );
    world.minipach(&["check"]).says("the subdataset `inputs/outer` is not installed");
    let said = world.minipach(&["run", "fs:sub-02"]).code(0).stderr;
    for note in [
        "installing the subdataset `inputs/outer`\n",
        "installing the subdataset `inputs/outer/deep/inner`\n",
        "`git annex get` fetches 1 file into `inputs/outer` (2 bytes)",
        "`git annex get` fetches 1 file into `inputs/outer/deep/inner` (4 bytes)",
    ] {
        assert!(said.contains(note), "{note}: {said}");
    }
    let (outer, inner) = ("inputs/outer", "inputs/outer/deep/inner");
    assert_eq!(
        (world.here(outer), world.here(inner)),
        (vec!["meta/sub-02.txt".into()], vec!["sub-02/t1.dat".into()])
    );
    let both = std::fs::read_to_string(world.clone.join("fs/sub-02/both")).expect("it is there");
    assert_eq!(both, "bbtwo!");
    world.minipach(&["run"]).code(0);
    world.minipach(&["run"]).code(0).says("nothing to do");
    let then = world.minipach(&["status", "--at", "HEAD"]).ok();
    assert!(then.contains("2 done") && !then.contains("unknown"), "{then}");
    let datalad = world.study.datalad.to_string_lossy().into_owned();
    world.program(&datalad, "", &["status", "-r"]).code(0).says("nothing to save, working tree clean");
    let before = world.program("git", "", &["rev-parse", "HEAD"]).ok();
    world.program(&datalad, "", &["rerun"]).code(0);
    assert_eq!(world.program("git", "", &["rev-parse", "HEAD"]).ok(), before, "the same bytes");
}

#[test]
fn without_datalad_git_installs_what_is_read() {
    let project = with_nested_data();
    project.git(["clone", "-q", ".", "../clone"]);
    let clone = project.home().join("clone");
    let minipach = |allowed: &str| {
        let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
        // Nothing but the system's own programs.
        command
            .arg("-C")
            .arg(&clone)
            .arg("run")
            .env("PATH", "/usr/bin:/bin")
            .env("GIT_ALLOW_PROTOCOL", allowed);
        support::finish(command)
    };
    minipach("https")
        .code(4)
        .says("`outer` cannot be installed: `git submodule update` failed: ")
        .says("not allowed");
    minipach("file")
        .code(0)
        .says("installing the subdataset `outer`")
        .says("installing the subdataset `outer/in`");
    assert_eq!(std::fs::read_to_string(clone.join("fs/both")).expect("it is there"), "near\ndeep\n");
    // A past commit is seen with both of them, the inner one too.
    let then = project.minipach(["-C", "../clone", "status", "--at", "HEAD~1"]).ok();
    assert!(then.contains("pending") && !then.contains("outer"), "{then}");
    assert_eq!(project.git(["-C", "../clone", "status", "--porcelain"]), "");
}

/// A project with a pipeline that reads the subdataset `outer` and the one in it.
fn with_nested_data() -> Project {
    let project = Project::new();
    let inner = project.home().join("inner").to_string_lossy().into_owned();
    for (name, text) in [("inner", "deep\n"), ("outer", "near\n")] {
        let at = project.home().join(name).to_string_lossy().into_owned();
        project.git(["init", "-q", "-b", "main", &at]);
        std::fs::write(project.home().join(name).join("x.txt"), text).expect("a file");
        if name == "outer" {
            let allow = ["-c", "protocol.file.allow=always"];
            project.git([allow[0], allow[1], "-C", &at, "submodule", "--quiet", "add", &inner, "in"]);
        }
        project.git(["-C", &at, "add", "-A"]);
        project.git(["-C", &at, "commit", "-q", "-m", "data"]);
    }
    project.git([
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        &inner.replace("inner", "outer"),
        "outer",
    ]);
    project.spec("fs", "input: {pfs: {repo: outer, glob: /}}\noutput: /\ntransform: {cmd: [sh, -c, 'cat $PFS/outer/x.txt $PFS/outer/in/x.txt > $PFS/out/both']}\n");
    project.commit("a pipeline");
    project
}

#[test]
fn a_rerun_elsewhere_gets_what_it_needs() {
    let Some(world) = World::new(Home::Text) else { return };
    world.project().minipach(["run"]).code(0);
    assert_eq!(world.project().changed(), "");
    world.project().git(["clone", "-q", ".", "../other"]);
    let other = world.project().home().join("other").to_string_lossy().into_owned();
    let head = world.project().head();
    let mut rerun = world.project().command(&world.study.datalad);
    rerun.args(["rerun", "-d", &other, "--onto", &format!("{head}^"), "-b", "again", &head]);
    rerun.current_dir(&other);
    support::finish(rerun).code(0);
    let tree =
        |at: &str, commit: &str| world.project().git(["-C", at, "rev-parse", &format!("{commit}^{{tree}}")]);
    assert_eq!(tree(&other, "again"), tree(".", &head));
}

#[test]
fn what_differs_from_what_is_recorded_is_told_and_not_planned() {
    let Some(world) = World::new(Home::Git) else { return };
    let project = world.project();
    let inner = project.path("inputs/outer/deep/inner").to_string_lossy().into_owned();
    project.minipach(["run"]).code(0);
    // What its commit has not does not count, and that is said; what it has otherwise cannot be read.
    project.write("inputs/outer/deep/inner/sub-03/t1.dat", "three");
    let new = "the subdataset `inputs/outer/deep/inner` has a file that no commit of it has (`inputs/outer/deep/inner/sub-03`), so it does not count";
    for verb in ["run", "plan", "status"] {
        project.minipach([verb]).code(0).says(new);
    }
    project
        .minipach(["check"])
        .says("MP308")
        .says("has files that are not committed in it, so they do not count");
    project.git(["-C", &inner, "add", "sub-03"]);
    let why = "`fs` cannot be planned: subdataset `inputs/outer/deep/inner` has changes that are not committed in it";
    assert!(project.minipach(["run"]).code(4).stderr.contains(why));
    project
        .minipach(["check"])
        .code(1)
        .says("MP308")
        .says("the subdataset `inputs/outer/deep/inner` has changes that are not committed in it");
    world.study.datalad(["save", "-d", &inner, "-m", "a third"]).code(0);
    let said = project.minipach(["run"]).code(4).stderr;
    assert!(
        said.contains("subdataset `inputs/outer/deep/inner` is at ")
            && said.contains("but the project records"),
        "{said}"
    );
    project.minipach(["check"]).code(1).says("MP308").says("is at ");
    world.study.datalad(["save", "-r", "-m", "recorded"]).code(0);
    project.minipach(["run"]).code(0);
    assert_eq!(project.read("fs/sub-01/both"), "aone");
    assert!(!project.minipach(["check"]).stdout.contains("MP308"));
}

#[test]
fn what_cannot_be_had_is_told_in_one_sentence() {
    let Some(world) = World::new(Home::Git) else { return };
    std::fs::rename(world.project().home().join("outer"), world.project().home().join("away"))
        .expect("it moves");
    world.project().remove("inputs/outer");
    let said = world.minipach(&["run"]).code(4).stderr;
    let looked = "`inputs/outer` cannot be installed: `datalad get` failed: it looked at `";
    assert!(said.contains(looked) && said.contains("does not exist") && !said.contains("[INFO]"), "{said}");
    let planned = "`fs` cannot be planned: subdataset `inputs/outer` is not installed, and `minipach run` could not install it";
    assert!(said.contains(planned) && !said.contains("`minipach run` installs it"), "{said}");
    let said = world.minipach(&["why", "fs:sub-02"]).code(4).stderr;
    let tried =
        "`fs` cannot be planned: subdataset `inputs/outer` is not installed, and `minipach run` could not";
    assert!(said.contains(tried), "{said}");
    // What says where it comes from changed, so the next run may well have it.
    world.project().git(["-C", "../clone", "config", "submodule.inputs/outer.url", "/elsewhere"]);
    world.minipach(&["status"]).says("`minipach run` installs it");
}

#[test]
fn a_mistyped_folder_of_a_subdataset_is_noticed() {
    let Some(world) = World::new(Home::Git) else { return };
    world.project().spec(
        "typo",
        "input: {pfs: {repo: inputs/outer/mete, glob: '/*'}}\noutput: /\ntransform: {cmd: ['true']}\n",
    );
    world.project().minipach(["check"]).code(1).says("MP104");
}

#[test]
fn pipelines_of_a_subdataset_run_in_it() {
    let Some(world) = World::new(Home::Git) else { return };
    let project = world.project();
    let outer = project.path("inputs/outer").to_string_lossy().into_owned();
    project.write("inputs/outer/.gitattributes", "* annex.largefiles=nothing\n").write(
        "inputs/outer/count/spec.yml",
        "input: {pfs: {repo: meta, glob: '/(*).txt'}}\noutput: /$1\ntransform: {cmd: [sh, -c, 'wc -c < /pfs/meta/meta.txt > /pfs/out/n']}\n",
    );
    world.study.datalad(["get", "-d", &outer, &format!("{outer}/meta")]).code(0);
    world.study.datalad(["save", "-d", &outer, "-m", "a pipeline"]).code(0);
    world.study.datalad(["save", "-m", "recorded"]).code(0);
    project.minipach(["check"]).says("MP315").says(
        "`inputs/outer/count/spec.yml` of the subdataset `inputs/outer` is no pipeline of this project",
    );
    project.typed(&["-C", &outer, "run"]).code(0);
    assert_eq!(project.read("inputs/outer/count/sub-02/n").trim(), "2");
    world.study.datalad(["save", "-m", "its results"]).code(0);
    project.minipach(["run"]).code(0);
    assert_eq!(world.project().changed(), "");
}

#[test]
fn no_result_takes_the_place_of_a_subdataset() {
    let Some(study) = Study::new(Home::Text) else { return };
    let project = &study.project;
    for place in ["owned/s1", "shared/sub", "deep/sub"] {
        study.datalad(["create", "-d", ".", place]).code(0);
    }
    study.datalad(["create", "-d", "deep/sub", "deep/sub/more"]).code(0);
    let spec = |output: &str, out: &str| {
        format!(
            "input: {{pfs: {{repo: raw, glob: '/(*).txt'}}}}\n{output}transform: {{cmd: [sh, -c, 'mkdir -p {out}; echo 1 > {out}/x']}}\n"
        )
    };
    project.write("raw/s1.txt", "1").write("raw/s2.txt", "2");
    project
        .spec("owned", &spec("output: /$1\n", "/pfs/out"))
        .spec("deep", &spec("output: /sub/more/$1\n", "/pfs/out"));
    study.datalad(["save", "-r", "-m", "pipelines"]).code(0);
    let told = project.minipach(["run"]).code(4);
    let told = format!("{}{}", told.stdout, told.stderr);
    for sentence in [
        "`owned/s1` is or holds the subdataset `owned/s1`",
        "`deep/sub/more/s1` belongs to the subdataset `deep/sub/more` inside of another one",
    ] {
        assert!(told.contains(sentence), "{told}");
    }
    study.is_clean();
    // What only the command knows is refused before it is placed, and the rest is kept.
    project.spec("shared", &spec("", "/pfs/out/sub")).spec("good", &spec("output: /$1\n", "/pfs/out"));
    study.save("more");
    project
        .minipach(["run", "shared", "good"])
        .code(1)
        .says("`shared/sub/x` belongs to the subdataset `shared/sub`");
    assert!(!project.exists("shared/sub/x") && project.exists("good/s2/x"));
    study.is_clean();
}

#[test]
fn a_match_takes_nothing_out_of_the_annex_of_a_subdataset() {
    let Some(world) = World::new(Home::Text) else { return };
    let project = world.project();
    project.spec("taken", "input: {pfs: {repo: inputs/outer/deep/inner, glob: '/(sub-*)'}}\noutput: /$1\n");
    project.minipach(["glob", "inputs/outer/deep/inner", "/(sub-*)"]).code(0).says("sub-02");
    world.study.save("a match");
    project.minipach(["run", "taken"]).code(1).says(
        "is in the annex of the subdataset `inputs/outer/deep/inner`, and a pipeline without a command cannot take it out of there; give it one, such as `cmd: [cp, …]`",
    );
    assert!(!project.exists("taken/sub-01"));
    assert_eq!(world.project().changed(), "");
}

/// `DataLad` leaves subdatasets where they are, so a record made of other data than it names is refused.
#[test]
fn a_rerun_refuses_data_that_stand_elsewhere() {
    let Some(world) = World::new(Home::Text) else { return };
    let (project, outer, inner) = (world.project(), "inputs/outer", "inputs/outer/deep/inner");
    project.minipach(["run"]).code(0);
    let head = project.head();
    project.write("inputs/outer/deep/inner/more", "more\n").write("inputs/outer/more", "more\n");
    project.git(["-C", inner, "add", "more"]);
    project.git(["-C", inner, "commit", "-q", "-m", "more"]);
    let back = "git -C inputs/outer submodule update deep/inner";
    project.minipach(["status"]).says(&format!("or go back with `{back}`"));
    world.study.datalad(["save", "-r", "-m", "more"]).code(0);
    let rerun =
        |branch: &str| world.study.datalad(["rerun", "--onto", &format!("{head}^"), "-b", branch, &head]);
    let refused = rerun("first");
    assert_ne!(refused.code, 0, "{refused:?}");
    refused.says("the subdataset inputs/outer is at another commit than is recorded here");
    let update = ["-c", "protocol.file.allow=always", "submodule", "update", "--init", "--recursive", outer];
    project.git(update);
    rerun("again").code(0);
    assert_eq!(project.git(["diff", &head, "again"]), "");
}

/// A project with a dataset that has an annexed file and a link to that, and links of its own into the dataset; and a clone
/// of it without content.
fn with_linked_data() -> Option<(Project, String)> {
    support::peer("git-annex")?;
    let project = Project::new();
    let at = |name: &str| project.home().join(name).to_string_lossy().into_owned();
    let (ds, clone) = (at("ds"), at("clone"));
    project.git(["init", "-q", "-b", "main", &ds]);
    project.git(["-C", &ds, "annex", "init", "-q"]);
    std::fs::create_dir(project.home().join("ds/s")).expect("a folder");
    std::fs::write(project.home().join("ds/s/f1.bin"), "one\n").expect("a file");
    std::os::unix::fs::symlink("f1.bin", project.home().join("ds/s/l.bin")).expect("a link");
    project.git(["-C", &ds, "annex", "add", "-q", "."]);
    project.git(["-C", &ds, "add", "-A"]);
    project.git(["-C", &ds, "commit", "-q", "-m", "data"]);
    project.git(["annex", "init", "-q"]);
    project.git(["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &ds, "raw/ds"]);
    std::fs::create_dir(project.root().join("links")).expect("a folder");
    for (name, to) in [("w.bin", "../raw/ds/s/f1.bin"), ("gone.bin", "../raw/ds/no/such.bin")] {
        std::os::unix::fs::symlink(to, project.root().join("links").join(name)).expect("a link");
    }
    for (name, repo) in [("o", "raw/ds/s"), ("w", "links")] {
        let input = format!("input: {{pfs: {{repo: {repo}, glob: '/(*).bin', name: in}}}}\noutput: /$1\n");
        project.spec(name, &format!("{input}transform: {{cmd: [sh, -c, 'cat $PFS/in/* > $PFS/out/x']}}\n"));
    }
    project.commit("pipelines");
    project.git(["clone", "-q", ".", &clone]);
    project.git(["-C", &clone, "annex", "init", "-q"]);
    Some((project, clone))
}

#[test]
fn a_link_in_a_subdataset_is_the_file_it_leads_to() {
    let Some((project, clone)) = with_linked_data() else { return };
    let allow = ["-c", "protocol.file.allow=always"];
    project.git([allow[0], allow[1], "-C", &clone, "submodule", "--quiet", "update", "--init"]);
    project.typed(&["-C", &clone, "run", "o:l"]).code(0);
    assert_eq!(std::fs::read_to_string(format!("{clone}/o/l/x")).expect("a result"), "one\n");
    project.typed(&["-C", &clone, "why", "o:f1"]).code(0).says("cached");
}

/// Who makes a result again needs the content that links stand for, in the project and in subdatasets.
#[test]
fn what_links_stand_for_is_named_by_the_record() {
    let Some((project, _)) = with_linked_data() else { return };
    project.write("far/f.bin", "far\n");
    std::os::unix::fs::symlink("../far/f.bin", project.path("links/near.bin")).expect("a link");
    project.git(["annex", "add", "-q", "far"]);
    project.commit("a link of its own");
    for (key, target) in [("o:l", "raw/ds/s/f1.bin"), ("w:near", "far/f.bin")] {
        project.minipach(["run", key]).code(0);
        let record = project.git(["show", "-s", "--format=%B", "HEAD"]);
        let extra = record.split("\"extra_inputs\": [").nth(1).and_then(|rest| rest.split(']').next());
        assert!(extra.is_some_and(|extra| extra.contains(target)), "{key}: {record}");
    }
}

#[test]
fn a_link_into_a_subdataset_is_told_as_one() {
    let Some((project, clone)) = with_linked_data() else { return };
    for key in ["w", "gone"] {
        let why = format!(
            "`links/{key}.bin` is a link that points into a subdataset; let the pipeline read the subdataset itself, or put a copy in the link's place"
        );
        project.minipach(["run", &format!("w:{key}")]).code(1).says(&why);
        project.typed(&["-C", &clone, "run", &format!("w:{key}")]).code(1).says(&why);
    }
}

/// What a link leads to is part of what is made of it, through links to folders too; else a datum that reads it fails.
#[test]
fn links_in_a_subdataset_count_by_what_they_lead_to_or_not_at_all() {
    let Some((project, _)) = with_linked_data() else { return };
    let link = |to: &str, name: &str| {
        std::os::unix::fs::symlink(to, project.path(&format!("raw/ds/s/{name}"))).expect("a link");
    };
    project.write("raw/ds/s/v1/f", "old\n").write("top", "top\n").write("raw/ds/s/x.bin", "x\n");
    for (to, name) in
        [("v1", "cur"), ("cur/f", "through.bin"), ("v1", "folder.bin"), ("../../../top", "out.bin")]
    {
        link(to, name);
    }
    link("no/such", "gone.bin");
    project.git(["-C", "raw/ds", "add", "-A"]);
    project.git(["-C", "raw/ds", "commit", "-q", "-m", "links"]);
    project.minipach(["save"]).code(0);
    for (key, why) in [
        ("folder", "points to a folder"),
        ("out", "points out of its subdataset; what it leads to is no part of the subdataset"),
        ("gone", "points to nothing"),
    ] {
        let said = format!("`raw/ds/s/{key}.bin` is a link that {why}");
        project.minipach(["run", &format!("o:{key}")]).code(1).says(&said);
    }
    project.minipach(["run", "o:through"]).code(0);
    assert_eq!(project.read("o/through/x"), "old\n");
    project.write("raw/ds/s/v1/f", "new\n");
    project.git(["-C", "raw/ds", "commit", "-q", "-a", "-m", "changed"]);
    project.minipach(["save"]).code(0);
    project.minipach(["why", "o:through"]).says("stale");
    project.minipach(["run", "o:through"]).code(0);
    assert_eq!(project.read("o/through/x"), "new\n");
}
