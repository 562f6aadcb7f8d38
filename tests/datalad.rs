//! Provenance: what `minipach run` commits is clean for `DataLad`, and `datalad rerun` makes it again without minipach.

mod support;

use support::{Ended, Project, peer};

/// What holds the project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Home {
    /// A git repository that `DataLad` never saw.
    Git,
    /// `datalad create -c yoda`: all but code goes to the annex.
    Yoda,
    /// `datalad create -c text2git`: only binary files go to the annex.
    Text,
}

/// A project and the `DataLad` that looks at it.
struct Study {
    project: Project,
    datalad: std::path::PathBuf,
    home: Home,
}

impl Study {
    /// A fresh project; `None`, said aloud, where `DataLad` is missing.
    #[track_caller]
    fn new(home: Home) -> Option<Self> {
        let datalad = peer("datalad")?;
        let study = Self { project: Project::bare(), datalad, home };
        let made = match home {
            Home::Git => study.project.program("git", ["init", "-q", "-b", "main"]),
            Home::Yoda => study.datalad(["create", "-f", "-c", "yoda", "."]),
            Home::Text => study.datalad(["create", "-f", "-c", "text2git", "."]),
        };
        made.code(0);
        Some(study)
    }

    #[track_caller]
    fn datalad<const N: usize>(&self, args: [&str; N]) -> Ended {
        self.project.program(&self.datalad, args)
    }

    /// Saves what a person would save: everything.
    #[track_caller]
    fn save(&self, message: &str) {
        match self.home {
            Home::Git => self.project.commit(message),
            Home::Yoda | Home::Text => self.datalad(["save", "-m", message]).ok(),
        };
    }

    /// A run that must succeed and leave everything clean.
    #[track_caller]
    fn run(&self) {
        self.project.minipach(["run"]).ok();
        self.is_clean();
        self.project.nothing_to_do();
    }

    #[track_caller]
    fn is_clean(&self) {
        assert_eq!(self.project.changed(), "", "git status");
        let status = self.datalad(["status"]).ok();
        assert!(status.contains("nothing to save"), "{status}");
    }

    /// All commits with a record, oldest first.
    #[track_caller]
    fn records(&self) -> Vec<String> {
        let log = self.project.git([
            "log",
            "--reverse",
            "--format=%H",
            "--fixed-strings",
            "--grep=[DATALAD RUNCMD]",
        ]);
        log.lines().map(str::to_owned).collect()
    }

    /// Both promises for every record so far, of which there must be `count`.
    #[track_caller]
    fn reruns(&self, count: usize) {
        let records = self.records();
        assert_eq!(records.len(), count, "{}", self.project.git(["log", "--oneline"]));
        for record in &records {
            if self.stands(record) {
                self.changes_nothing(record);
            }
            self.makes_its_tree(record);
        }
    }

    /// Whether what a commit did to results is still so.
    #[track_caller]
    fn stands(&self, commit: &str) -> bool {
        let names = self.project.git([
            "diff",
            "--name-only",
            "-z",
            &format!("{commit}^"),
            commit,
            "--",
            ":!.minipach",
        ]);
        let paths: Vec<&str> = names.split('\0').filter(|name| !name.is_empty()).collect();
        let mut diff = self.project.command("git");
        diff.args(["diff", "--quiet", commit, "HEAD", "--"]).args(paths);
        diff.status().expect("git starts").success()
    }

    /// On today's state a rerun gives what stands.
    #[track_caller]
    fn changes_nothing(&self, commit: &str) {
        let head = self.project.head();
        self.datalad(["rerun", commit]).ok();
        let shown = self.project.git(["show", "--stat", "HEAD"]);
        assert_eq!(self.project.head(), head, "a rerun made {shown}");
        self.is_clean();
    }

    /// From its parent a rerun gives the commit's own tree, ledger and all.
    #[track_caller]
    fn makes_its_tree(&self, commit: &str) {
        let branch = self.project.git(["rev-parse", "--abbrev-ref", "HEAD"]);
        self.datalad(["rerun", "--onto", &format!("{commit}^"), "-b", "again", commit]).ok();
        let difference = self.project.git(["diff", commit, "again"]);
        assert_eq!(difference, "", "rerun of {}", self.project.git(["show", "-s", commit]));
        self.is_clean();
        self.project.git(["checkout", "-q", &branch]);
        self.project.git(["branch", "-qD", "again"]);
    }

    /// Whether a path stands in the annex.
    fn is_annexed(&self, path: &str) -> bool {
        self.project.path(path).read_link().is_ok_and(|to| to.to_string_lossy().contains("annex/objects"))
    }
}

const HOMES: [Home; 3] = [Home::Git, Home::Yoda, Home::Text];

/// Runs a test in each home.
fn everywhere(test: impl Fn(&Study)) {
    for home in HOMES {
        if let Some(study) = Study::new(home) {
            test(&study);
        }
    }
}

#[test]
fn minipach_is_not_on_the_path() {
    let Some(study) = Study::new(Home::Git) else { return };
    let found = study.project.program("sh", ["-c", "command -v minipach"]);
    assert_ne!(found.code, 0, "reruns must do without {}", found.stdout);
}

/// Three subjects, the first and the third equal, and a table of all.
fn subjects(study: &Study) {
    for (name, text) in [("sub-1", "one"), ("sub-2", "two"), ("sub-3", "one")] {
        study.project.write(&format!("raw/{name}/t1"), format!("{text}\n"));
    }
    study.project.write("code/fs.sh", FS_SCRIPT);
    study.project.spec("fs", FS);
    study.project.spec("all", ALL);
}

const FS_SCRIPT: &str = "echo fs >> \"$WITNESS\"
tr a-z A-Z < \"$raw/t1\" > \"$PFS/out/up\"
head -c 64 /dev/zero > \"$PFS/out/zero\"
";

const FS: &str = "
input: {pfs: {repo: raw, glob: /(*)}}
output: /$1
transform: {cmd: [sh, code/fs.sh]}
";

const ALL: &str = "
input: {pfs: {repo: fs, glob: /}}
output: /
transform: {cmd: [sh, -c, 'cat /pfs/fs/*/up > /pfs/out/all; cat \"$fs\"/*/zero | wc -c >> /pfs/out/all']}
";

#[test]
fn results_are_replaced_removed_and_restored() {
    everywhere(|study| {
        let project = &study.project;
        subjects(study);
        study.save("data");
        study.run();
        assert_eq!(project.read("all/all").trim(), "ONE\nTWO\nONE\n192");
        assert_eq!(study.is_annexed("fs/sub-1/up"), study.home == Home::Yoda);
        assert_eq!(study.is_annexed("fs/sub-1/zero"), study.home != Home::Git);
        // Another input: a result is replaced.
        project.remove("raw/sub-2/t1").write("raw/sub-2/t1", "zwei\n");
        study.save("another second subject");
        study.run();
        // One subject less: its result goes.
        project.remove("raw/sub-3");
        study.save("no third subject");
        study.run();
        // The old bytes again: restored without running.
        project.remove("raw/sub-2/t1").write("raw/sub-2/t1", "two\n");
        study.save("the old second subject");
        project.witnessed();
        project.minipach(["run"]).ok();
        assert_eq!(
            project.witnessed(),
            Vec::<String>::new(),
            "{:?}: a known result was made again",
            study.home
        );
        study.is_clean();
        assert_eq!(project.read("fs/sub-2/up"), "TWO\n");
        study.reruns(7);
    });
}

#[test]
fn the_freesurfer_scaffold() {
    let Some(datalad) = peer("datalad") else { return };
    let study = Study { project: Project::bare(), datalad, home: Home::Git };
    let project = &study.project;
    project.minipach(["new", ".", "--scaffold", "freesurfer"]).ok();
    for subject in ["sub-01", "sub-02"] {
        for kind in ["t1", "t2"] {
            project.write(&format!("raw/{kind}/{subject}/{kind}.txt"), format!("{subject} 3 4\n"));
        }
    }
    study.save("scans");
    study.run();
    study.reruns(2);
}

/// Every way to cut, show and place, in one project.
fn zoo(study: &Study) {
    let project = &study.project;
    for (path, text) in [
        ("raw/a b/t1", "7\n2\n"),
        ("raw/a b/t2", "3\n"),
        ("raw/it's {x} $y/t1", "5\n"),
        ("raw/日本/t1", "7\n2\n"),
        ("raw/日本/t2", "9\n"),
        ("more/one.txt", "1\n"),
        ("more/two.txt", "2\n"),
    ] {
        project.write(path, text);
    }
    project.write("code/sum.sh", "awk '{ n += $1 } END { print n \"\\t{\" }' \"$@\"\n");
    for (name, spec) in ZOO {
        project.spec(name, spec);
    }
}

const ZOO: [(&str, &str); 10] = [
    (
        "path",
        "
input: {pfs: {repo: raw, glob: '/*/t1', name: scan}}
transform:
  cmd: [sh]
  stdin:
    - 'd=/pfs/out/$(basename \"$(dirname \"$scan\")\")'
    - 'mkdir \"$d\"; sh code/sum.sh \"$scan\" > \"$d/sum\"; echo \"$PPS_PIPELINE_NAME $PACH_JOB_ID $scan_COMMIT\" >> \"$d/sum\"'
",
    ),
    (
        "content",
        "
input: {pfs: {repo: raw, glob: '/(*)'}}
output: /$1
transform: {cmd: [sh, -c, 'cat /pfs/raw/* > /pfs/out/all; env | grep -c ^PACH_ >> /pfs/out/all']}
",
    ),
    (
        "group",
        "
input: {group: [{pfs: {repo: raw, glob: '/(*)/(*)', group_by: $2}}]}
output: /${group}
transform: {cmd: [sh, -c, 'ls /pfs/raw > /pfs/out/names; cat \"$raw\"/* > /pfs/out/all']}
",
    ),
    (
        "empty",
        "
input: {pfs: {repo: raw, glob: '/*', empty_files: true}}
transform: {cmd: [sh, -c, 'for d in /pfs/raw/*; do mkdir \"/pfs/out/${d##*/}\"; ls -1s \"$d\" > \"/pfs/out/${d##*/}/list\"; done']}
",
    ),
    (
        "outer",
        "
input:
  join:
    - pfs: {repo: raw, glob: '/(*)/t1', name: t1, join_on: $1, outer_join: true}
    - pfs: {repo: raw, glob: '/(*)/t2', name: t2, join_on: $1}
output: /${join}
transform: {cmd: [sh, -c, 'find /pfs/t* -type f -o -type l | sed s:.*/pfs/:: | sort > /pfs/out/seen; echo ${t2:-none} | grep -o none >> /pfs/out/seen || :']}
",
    ),
    (
        "cross",
        "
input:
  cross:
    - pfs: {repo: raw, glob: '/(*)/t1', name: t1}
    - pfs: {repo: more, glob: '/(*).txt', name: more}
output: /${t1.1}/${more.1}
transform: {cmd: [sh, -c, 'cat $t1 $more > /pfs/out/both']}
",
    ),
    ("same", "{input: {pfs: {repo: raw, glob: '/(*)'}}, output: /$1}"),
    (
        "odd",
        r#"
input: {pfs: {repo: raw, glob: '/(*)/t1'}}
output: /$1
transform:
  cmd: [sh]
  working_dir: code
  accept_return_code: [3]
  env: {WHERE: "/data/pfs/x:/q 'r' {}", PLACE: "/pfs/raw"}
  stdin:
    - "x='it'\"'\"'s {braces} ${raw} $HOME \\ back'; printf '%s|%s\\n' \"$WHERE\" \"$x\" > /pfs/out/text"
    - "cat \"$PLACE\"/* >> \"/pfs/out/text\"; basename \"$PWD\" >> '/pfs/out/text'"
    - "sh sum.sh \"/pfs/raw/raw\" > \"/pfs/out/sum {1}.txt\"; mkdir -p /pfs/out/no/thing"
    - "printf '#!/bin/sh\\n' > /pfs/out/tool; chmod 4711 /pfs/out/tool; exit 3"
"#,
    ),
    (
        "links",
        "
input: {pfs: {repo: raw, glob: '/(*)'}}
output: /$1
transform: {cmd: [sh, -c, 'mkdir /pfs/out/d; echo 1 > /pfs/out/d/text; ln -s d/text /pfs/out/inside; ln -s \"$raw/t1\" /pfs/out/copied; ln -s /pfs/raw /pfs/out/folder']}
",
    ),
    (
        "after",
        "
input: {pfs: {repo: links, glob: /}}
output: /
transform: {cmd: [sh, -c, 'cd /pfs/links && find . | sort > /pfs/out/list; cat */inside */folder/t1 >> /pfs/out/list']}
",
    ),
];

#[test]
fn every_kind_of_pipeline() {
    everywhere(|study| {
        zoo(study);
        study.save("a zoo");
        study.run();
        assert_eq!(study.project.read("content/a b/all"), "7\n2\n3\n3\n");
        assert_eq!(study.project.read("odd/日本/sum {1}.txt"), "9\t{\n");
        study.reruns(ZOO.len());
    });
}

#[test]
fn a_long_job_is_recorded_in_parts_that_a_clone_can_rerun() {
    let Some(study) = Study::new(Home::Git) else { return };
    let project = &study.project;
    let long = "x".repeat(200);
    for number in 0..200 {
        project.write(&format!("raw/{long}-{number:03}/t1"), format!("{number}\n"));
    }
    project.spec("fs", "{input: {pfs: {repo: raw, glob: '/(*)'}}, output: /$1, transform: {cmd: [sh, -c, 'cp /pfs/raw/t1 /pfs/out/t1']}}");
    study.save("many");
    study.run();
    let records = study.records();
    assert_eq!(records.len(), 2, "{}", project.git(["log", "--oneline"]));
    study.makes_its_tree(&records[1]);
    project.git(["clone", "-q", ".", "clone"]);
    let mut rerun = project.command(&study.datalad);
    rerun.args(["rerun", &records[0]]).current_dir(project.path("clone"));
    assert!(rerun.output().expect("datalad starts").status.success());
    assert_eq!(project.git(["-C", "clone", "rev-parse", "HEAD"]), project.head());
}

#[test]
fn the_line_of_a_datum_is_short() {
    let Some(study) = Study::new(Home::Git) else { return };
    subjects(&study);
    study.save("data");
    study.run();
    let message = study.project.git(["show", "-s", "--format=%B", &study.records()[0]]);
    assert_eq!(message.matches("PACH_JOB_ID").count(), 1, "{message}");
    assert_eq!(message.matches(" -i ").count(), 3, "{message}");
}

#[test]
fn accepted_results_carry_no_record_and_harm_none() {
    everywhere(|study| {
        let project = &study.project;
        subjects(study);
        study.save("data");
        study.run();
        project.remove("code/fs.sh").write("code/fs.sh", format!("# better said\n{FS_SCRIPT}"));
        study.save("a comment");
        project.minipach(["accept", "fs"]).ok();
        study.is_clean();
        project.nothing_to_do();
        assert_eq!(study.records().len(), 2);
        let tip = study.datalad(["rerun"]);
        assert_eq!(tip.code, 1, "there is nothing to rerun in what a person declared");
        study.is_clean();
        study.reruns(2);
    });
}

#[test]
fn results_in_the_annex_are_done_in_a_clone_without_content() {
    let Some(study) = Study::new(Home::Yoda) else { return };
    let project = &study.project;
    subjects(&study);
    study.save("data");
    study.run();
    assert!(study.is_annexed("fs/sub-1/up") && study.is_annexed("raw/sub-1/t1"));
    let done = project.minipach(["status", "--json"]).code(0).json();
    project.git(["clone", "-q", ".", "../clone"]);
    let clone = project.home().join("clone").to_string_lossy().into_owned();
    let unread = project.minipach(["-C", &clone, "status"]).code(0);
    unread.says("`all/spec.yml` is in the annex").says("git annex get all/spec.yml");
    assert_eq!(project.minipach(["-C", &clone, "run"]).code, 3, "what cannot be read is not run");
    project.git(["-C", &clone, "annex", "get", "-q", "all/spec.yml", "fs/spec.yml"]);
    let there = project.minipach(["-C", &clone, "status", "--json"]).code(0).json();
    assert_eq!(there, done);
    project.minipach(["-C", &clone, "run"]).ok().lines().for_each(drop);
    assert_eq!(project.git(["-C", &clone, "rev-parse", "HEAD"]), project.head());
    // Unlocked, dropped, locked again: inputs and results stay what they are.
    for steps in [
        [["annex", "unlock", "-q"], ["commit", "-qam", "unlocked"]],
        [["annex", "drop", "--force"], ["commit", "-q", "--allow-empty"]],
        [["annex", "lock", "--force"], ["commit", "-qam", "locked"]],
    ] {
        let mut step = project.command("git");
        step.args(steps[0]).args(["raw", "fs/sub-1", "fs/sub-2", "fs/sub-3"]);
        assert!(step.output().expect("git starts").status.success(), "{steps:?}");
        let mut commit = project.command("git");
        commit.args(steps[1]).args(["-m", "x"]);
        assert!(commit.output().expect("git starts").status.code().is_some());
        let now = project.minipach(["status", "--json"]).code(0).json();
        assert_eq!(now["pipelines"][0]["datums"], done["pipelines"][0]["datums"], "{steps:?}");
        assert_eq!(now["pipelines"][1]["datums"], done["pipelines"][1]["datums"], "{steps:?}");
        project.nothing_to_do();
    }
}

#[test]
fn results_saved_by_datalad_itself_stay_known() {
    let Some(study) = Study::new(Home::Yoda) else { return };
    let project = &study.project;
    subjects(&study);
    study.save("data");
    project.minipach(["run", "--no-commit"]).ok();
    study.save("all there is");
    assert!(study.is_annexed("fs/sub-1/up"));
    project.witnessed();
    project.minipach(["run"]).ok().lines().for_each(drop);
    assert_eq!(project.witnessed(), Vec::<String>::new());
    study.is_clean();
    project.nothing_to_do();
    // What was replaced before it was committed can be had back.
    project.remove("raw/sub-2/t1").write("raw/sub-2/t1", "zwei\n");
    project.minipach(["run", "--no-commit"]).ok();
    project.remove("raw/sub-2/t1").write("raw/sub-2/t1", "drei\n");
    project.minipach(["run", "--no-commit"]).ok();
    project.remove("raw/sub-2/t1").write("raw/sub-2/t1", "zwei\n");
    project.witnessed();
    project.minipach(["run", "--no-commit"]).ok();
    assert_eq!(project.witnessed(), Vec::<String>::new());
    assert_eq!(project.read("fs/sub-2/up"), "ZWEI\n");
    study.save("the second subject");
    project.minipach(["run"]).ok();
    study.is_clean();
}

#[test]
fn a_match_of_absent_content_places_links() {
    let Some(study) = Study::new(Home::Yoda) else { return };
    let project = &study.project;
    subjects(&study);
    project.remove("fs").remove("all");
    project.spec("same", "{input: {pfs: {repo: raw, glob: '/(*)'}}, output: /deep/$1}");
    study.save("data");
    project.git(["annex", "drop", "-q", "--force", "raw"]);
    study.run();
    assert_eq!(
        project.git(["annex", "lookupkey", "same/deep/sub-1/t1"]),
        project.git(["annex", "lookupkey", "raw/sub-1/t1"])
    );
}

/// New data that runs before it is saved: files and folders, and a script that goes to the annex too.
fn unsaved(study: &Study) {
    for number in 1..=3_u8 {
        study.project.write(&format!("raw/files/{number}.dat"), [0, number, 255]);
        study.project.write(&format!("raw/folders/sub-{number}/t1.dat"), [0, number, 254]);
        study.project.write(&format!("raw/folders/sub-{number}/note.txt"), format!("{number}\n"));
    }
    study.project.script("tools/size.sh", "wc -c < \"$1\"\n");
    let spec = |repo: &str, glob: &str, cmd: &str| {
        format!(
            "input: {{pfs: {{name: raw, repo: raw/{repo}, glob: '{glob}'}}}}\noutput: /$1\ntransform: {{cmd: {cmd}}}\n"
        )
    };
    let (files, folders) = (
        spec("files", "/(*).dat", "[sh, -c, 'sh tools/size.sh /pfs/raw/* > /pfs/out/size', tools/size.sh]"),
        spec("folders", "/(*)", "[sh, -c, 'wc -c < /pfs/raw/t1.dat > /pfs/out/size']"),
    );
    study.project.spec("files", &files).spec("folders", &folders);
    study.project.spec("all", "input: {cross: [{pfs: {repo: files, glob: /}}, {pfs: {repo: folders, glob: /}}]}\noutput: /\ntransform: {cmd: [sh, -c, 'cat /pfs/*/*/size > /pfs/out/all']}\n");
}

/// How many commands a run started.
#[track_caller]
fn started(study: &Study) -> usize {
    let told: Vec<serde_json::Value> = study.project.minipach(["run", "--json"]).code(0).json_lines();
    told.iter().filter(|line| line["event"] == "datum_started").count()
}

#[test]
fn data_saved_after_it_was_used_is_the_same_data() {
    for home in [Home::Yoda, Home::Text] {
        for by_datalad in [false, true] {
            let Some(study) = Study::new(home) else { return };
            unsaved(&study);
            assert_eq!(started(&study), 7, "{home:?}");
            if by_datalad {
                study.datalad(["save", "-m", "new data"]).ok();
            } else {
                study.project.minipach(["save"]).ok();
                study.is_clean();
            }
            assert!(study.project.path("raw/files/1.dat").is_symlink(), "it went to the annex");
            study.project.minipach(["status"]).code(0).says("done");
            let states = study.project.states("folders");
            assert!(states.values().all(|state| state == "done"), "{home:?} {by_datalad}: {states:?}");
            assert_eq!(started(&study), 0, "{home:?} {by_datalad}");
            study.is_clean();
            study.project.nothing_to_do();
            // In the other home even the specs are in the annex.
            if home == Home::Text {
                study.project.git(["clone", "-q", ".", "../clone"]);
                let clone = study.project.home().join("clone").to_string_lossy().into_owned();
                study.project.minipach(["-C", &clone, "run"]).code(0).says("nothing to do");
            }
        }
    }
}

#[test]
fn another_backend_is_the_same_data() {
    let Some(study) = Study::new(Home::Yoda) else { return };
    unsaved(&study);
    study.project.minipach(["run", "--save"]).ok();
    study.project.program("git", ["annex", "migrate", "--backend=SHA512E", "raw/files"]).ok();
    study.datalad(["save", "-m", "migrated"]).ok();
    assert_eq!(started(&study), 0);
    study.project.nothing_to_do();
    // Other bytes under the name of the old ones are other data.
    study.project.remove("raw/files/2.dat").write("raw/files/2.dat", [7, 7]);
    study.datalad(["save", "-m", "changed"]).ok();
    assert_eq!(started(&study), 2);
}
