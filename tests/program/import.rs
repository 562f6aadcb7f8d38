//! `import`, end to end: what other tools were told becomes pipelines that run, and make what those tools make.

use std::collections::BTreeMap;

use crate::support::{self, Project, peer, table};

/// A lesson on make: counts words of books, draws bars, and puts all counts in one table.
const LESSON: &[(&str, &str)] = &[
    (
        "Makefile",
        "include config.mk\n\nTXT_FILES=$(wildcard books/*.txt)\nDAT_FILES=$(patsubst books/%.txt, %.dat, $(TXT_FILES))\n\
         BAR_FILES=$(patsubst books/%.txt, %.bar, $(TXT_FILES))\n\n## all : the table and all bars\n.PHONY: all\nall: results.txt $(BAR_FILES)\n\n\
         results.txt: $(TABLE_SRC) $(DAT_FILES)\n\t$(LANGUAGE) $^ > $@\n\n%.dat: $(COUNT_SRC) books/%.txt\n\t$(LANGUAGE) $^ $@\n\n\
         %.bar: bars.sh %.dat\n\t@echo drawing $*\n\t$(LANGUAGE) $^ > $@; test -s $@\n\n\
         sums/%.sum: books/%.txt extra/salt.txt\n\tmkdir -p $(@D)\n\tcat $^ | wc -c > $@\n\nsums: $(TXT_FILES:books/%.txt=sums/%.sum)\n\n\
         .PHONY: clean sums\nclean:\n\trm -f *.dat *.bar results.txt\n",
    ),
    ("config.mk", "LANGUAGE=sh\nCOUNT_SRC=count.sh\nTABLE_SRC = table.sh\n"),
    ("count.sh", "tr -s ' ' '\\n' < \"$1\" | sort | uniq -c | sort -k1,1nr -k2 > \"$2\"\n"),
    ("table.sh", "for file in \"$@\"; do echo \"$(basename \"$file\" .dat) $(head -n 1 \"$file\")\"; done\n"),
    ("bars.sh", "while read -r count word; do printf '%s %0*d\\n' \"$word\" \"$count\" 0; done < \"$1\"\n"),
    ("books/abyss.txt", "the sea the deep the dark"),
    ("books/isles.txt", "an isle is an isle"),
    ("books/last.txt", "it's the last book of the last shelf"),
    ("extra/salt.txt", "salt\n"),
];

/// What make makes of the same files, by new path.
fn made_by_make(project: &Project, goals: &[&str], moved: &[(&str, &str)]) -> BTreeMap<String, String> {
    let other = project.home().join("made");
    project.program("cp", ["-r", ".", &other.to_string_lossy()]).ok();
    let mut make = project.command("make");
    make.args(["-s", "-C"]).arg(&other).args(goals);
    support::finish(make).ok();
    let read = |old: &str| std::fs::read_to_string(other.join(old)).expect("make made it");
    moved.iter().map(|(old, new)| ((*new).to_owned(), read(old))).collect()
}

#[test]
fn a_lesson_of_make_gives_what_make_gives() {
    if peer("make").is_none() {
        return;
    }
    let project = Project::new();
    project.write_all(LESSON).commit("a lesson");
    let mut pairs = Vec::new();
    for book in ["abyss", "isles", "last"] {
        pairs.push((format!("{book}.dat"), format!("dat/{book}.dat")));
        pairs.push((format!("{book}.bar"), format!("bar/{book}.bar")));
        pairs.push((format!("sums/{book}.sum"), format!("sums/{book}.sum")));
    }
    pairs.push(("results.txt".into(), "results/results.txt".into()));
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(old, new)| (old.as_str(), new.as_str())).collect();
    let expected = made_by_make(&project, &["all", "sums"], &pairs);

    let said = project.minipach(["import", "Makefile", "--write"]).ok();
    for part in
        ["dat/%.dat", "results/results.txt", "3 datums", "the source makes 3 files", "`count.sh` is code"]
    {
        assert!(said.contains(part), "{part}\n{said}");
    }
    project.commit("imported");
    assert_eq!(project.plan()["dat"]["total"], 3);
    project.minipach(["run"]).ok();
    let found: BTreeMap<String, String> =
        expected.keys().map(|path| (path.clone(), project.read(path))).collect();
    assert_eq!(found, expected);
    project.nothing_to_do();

    // A script that a recipe names is code of its pipeline.
    project.write("bars.sh", "cat \"$1\"\n").commit("other bars");
    assert_eq!(project.plan()["bar"].get("stale"), Some(&3));
}

#[test]
fn published_shapes_of_pachyderm_run_as_they_are() {
    let project = Project::new();
    project.write_all(&[
        ("labs/T1606331395-LIPID-PATID1-CLIA9.txt", "lipid 1\n"),
        ("labs/T1606707557-LIPID-PATID1-CLIA5.txt", "lipid 2\n"),
        ("labs/T1606707579-LIPID-PATID2-CLIA9.txt", "lipid 3\n"),
        (
            "group.json",
            r#"{"pipeline": {"name": "by_hospital", "project": {"name": "lab"}}, "input": {"group": [{"pfs": {
  "repo": "labresults", "branch": "master", "glob": "/*-CLIA(*).txt", "groupBy": "$1"}}]},
  "transform": {"cmd": ["bash"], "stdin": ["mkdir -p /pfs/out/${PACH_DATUM_labresults_GROUP_BY}/",
    "cp /pfs/labresults/* /pfs/out/${PACH_DATUM_labresults_GROUP_BY}/"]}, "parallelismSpec": {"constant": 1}}
{"pipeline": {"name": "reduce"}, "description": "All in one.", "autoscaling": true,
  "input": {"pfs": {"repo": "by_hospital", "glob": "/*"}},
  "transform": {"cmd": ["sh"], "stdin": ["for f in /pfs/by_hospital/*/*", "do",
    "cat $f >> /pfs/out/$(basename $(dirname $f)).txt", "done"]}}
"#,
        ),
    ]);
    project.commit("data");
    let said = project.minipach(["import", "group.json", "--map", "labresults=labs", "--write"]).ok();
    for part in [
        "repo `labresults` is the folder `labs`",
        "2 datums",
        "`autoscaling`",
        "not before `by_hospital` has run",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    project.commit("imported");
    project.minipach(["run"]).ok();
    assert_eq!(project.tree("reduce"), table([("5.txt", "lipid 2\n"), ("9.txt", "lipid 1\nlipid 3\n")]));
    assert_eq!(project.read("by_hospital/5/T1606707557-LIPID-PATID1-CLIA5.txt"), "lipid 2\n");
    // As `add` does: a merge never puts the lines of two results together.
    let rules = project.read(".gitattributes");
    assert!(rules.contains("by_hospital/**") && rules.contains("reduce/**"), "{rules}");
    assert!(!project.minipach(["check"]).stdout.contains("MP213"));
}

/// The stages of a first project with DVC; the first one's script knows by itself where it writes.
const STAGES: &[(&str, &str)] = &[
    (
        "dvc.yaml",
        "stages:\n  prepare:\n    cmd: sh src/prepare.sh data/data.xml\n    params: [prepare.rows]\n    deps: [data/data.xml, src/prepare.sh]\n    \
         outs: [data/prepared]\n  featurize:\n    cmd: sh src/featurize.sh data/prepared data/features\n    deps: [data/prepared, src/featurize.sh]\n    \
         outs: [data/features]\n  evaluate:\n    cmd: sort -n data/features/all.txt > eval/sorted.txt\n    deps: [data/features]\n    outs: [eval/sorted.txt]\n",
    ),
    ("params.yaml", "prepare:\n  rows: 2\n"),
    ("data/data.xml", "3\n1\n2\n"),
    (
        "src/prepare.sh",
        "mkdir -p data/prepared\nhead -n 2 \"$1\" > data/prepared/train.txt\ntail -n 1 \"$1\" > data/prepared/test.txt\n",
    ),
    ("src/featurize.sh", "mkdir -p \"$2\"\ncat \"$1\"/*.txt > \"$2/all.txt\"\n"),
];

#[test]
fn what_is_to_be_settled_blocks_its_pipeline_until_then() {
    let project = Project::new();
    project.write_all(STAGES).commit("stages");
    project.minipach(["import", "dvc.yaml", "--write"]).ok();
    project.commit("imported");
    project.minipach(["check"]).code(1).says("MP110").says("src/prepare.sh:1");
    project.minipach(["run"]).code(3).says("left out: prepare (broken)");
    assert!(!project.exists("prepare/prepared"));

    let settled = project.read("prepare/spec.yml");
    let kept = settled.lines().filter(|line| !line.contains("TODO(import)"));
    let settled = kept.collect::<Vec<_>>().join("\n");
    project.write("prepare/spec.yml", settled + "\n");
    project.write("src/prepare.sh", STAGES[3].1.replace("data/prepared", "\"$2\""));
    let spec = project.read("prepare/spec.yml").replace("/data.xml'", "/data.xml /pfs/out/prepared'");
    project.write("prepare/spec.yml", spec.replace("/data.xml]", "/data.xml /pfs/out/prepared]"));
    project.commit("settled");
    project.minipach(["run"]).ok();
    assert_eq!(project.read("evaluate/sorted.txt"), "1\n2\n3\n");
    project.nothing_to_do();
}

#[test]
fn only_new_folders_are_written_and_all_or_none() {
    let project = Project::new();
    project.write_all(LESSON).commit("a lesson");
    let shown = project.minipach(["import", "Makefile"]).says("nothing is written").ok();
    assert!(shown.contains("# from Makefile:14") && !project.exists("dat"), "{shown}");

    project.write("lesson/bar/mine.txt", "mine");
    let ended = project.minipach(["import", "Makefile", "--write", "--into", "lesson"]).code(4);
    ended.says("`lesson/bar` is there already");
    assert!(!project.exists("lesson/dat") && !project.exists("lesson/results"));
    project.remove("lesson").minipach(["import", "Makefile", "--write", "--into", "lesson"]).ok();
    let first = project.tree("lesson");
    project
        .minipach(["import", "Makefile", "--write", "--into", "lesson"])
        .says("all pipelines stand already")
        .ok();
    assert_eq!(project.tree("lesson"), first);

    let spec = project.read("lesson/dat/spec.yml") + "# mine\n";
    project.write("lesson/dat/spec.yml", &spec);
    project.minipach(["import", "Makefile", "--write", "--into", "lesson"]).code(4).says("another spec");
    assert_eq!(project.read("lesson/dat/spec.yml"), spec);
}

/// What the source's own tool made stands where pipelines would: a folder is chosen, and said.
#[test]
fn where_a_folder_of_the_source_stands_pipelines_go_below_one_of_their_own() {
    let project = Project::new();
    project
        .write_all(LESSON)
        .write("dat/isles.dat", "made by make\n")
        .write("pipelines", "a file\n")
        .commit("made");
    let shown = project.minipach(["import", "Makefile"]);
    let shown = shown.says("`dat` is there already").says("so the pipelines go below `pipelines_2`").ok();
    assert!(shown.contains("pipelines_2/dat/spec.yml\n"), "{shown}");
    assert_eq!(project.minipach(["import", "Makefile", "--json"]).json()["below"], "pipelines_2");
    project.minipach(["import", "Makefile", "--write"]).ok();
    project.commit("imported");
    project.minipach(["run"]).ok();
    assert!(project.exists("pipelines_2/dat/isles.dat"));
    assert_eq!(project.read("dat/isles.dat"), "made by make\n");
    project.nothing_to_do();
    // An empty folder is in nobody's way.
    project.remove("dat").commit("mine is gone");
    std::fs::create_dir(project.path("dat")).expect("it can be made");
    assert_eq!(project.minipach(["import", "Makefile", "--json"]).json()["below"], serde_json::Value::Null);
    project.write("dat/isles.dat", "made by make\n");
    project.minipach(["import", "Makefile", "--write"]).says("all pipelines stand already").ok();
}

#[test]
fn broken_sources_have_one_sentence_and_write_nothing() {
    let project = Project::new();
    project.commit("nothing");
    for (path, text, code, message) in [
        ("dvc.yaml", "stages:\n  a: {deps: [x]}\n", 3, "dvc.yaml:2: stage `a` has no `cmd`"),
        (
            "pipe.json",
            "[{\"pipeline\": {\"name\": \"a\"}, \"transform\": {}}, {\"pipeline\": {}}]",
            3,
            "pipe.json:1: the spec has no",
        ),
        ("pipe.yml", "pipeline: {name: a\ntransform: {}\n", 3, "pipe.yml:"),
        ("what.txt", "hello\n", 2, "neither its name nor its text"),
        (
            "tool.cwl",
            "cwlVersion: v1.2\nclass: CommandLineTool\n",
            2,
            "is written in CWL, which is not brought in",
        ),
        ("bad.mk", "\u{e000}: x\n", 3, "bad.mk:1: the line holds a character"),
    ] {
        project.write(path, text);
        project.minipach(["import", path, "--write"]).code(code).says(message);
        project.remove(path);
    }
    project.write("Makefile", "");
    project.minipach(["import", "Makefile", "--write"]).code(0).says("no pipeline comes of it");
    project.remove("Makefile");
    project.minipach(["import", "gone", "--write"]).code(2).says("cannot read `gone`");
    project.minipach(["import", ".", "--write"]).code(2).says("it is no file");
    assert_eq!(project.changed(), "");
}

#[test]
fn the_report_is_data_too() {
    let project = Project::new();
    project.write_all(STAGES).commit("stages");
    let report = project.minipach(["import", "dvc.yaml", "--json"]).code(0).json();
    assert_eq!(report["pipelines"][0]["name"], "prepare");
    assert_eq!(report["moved"][0]["old"], "data/features");
    let items = report["items"].as_array().expect("a list");
    let todo = items.iter().find(|item| item["class"] == "todo").expect("one is to be settled");
    assert_eq!(
        (todo["path"].as_str(), todo["line"].as_u64(), todo["target"].as_str()),
        (Some("dvc.yaml"), Some(6), Some("prepare"))
    );
}

/// A workflow of literal rules with two wildcards.
const RULES: &[(&str, &str)] = &[
    (
        "Snakefile",
        "configfile: \"config.yaml\"\nS, = glob_wildcards(\"raw/{s}.txt\")\nrule all:\n    input: \"out/table.txt\", \"pairs/all.txt\"\nrule sorted:\n    input:\n        \
         txt=\"raw/{s}.txt\",\n        add=\"ref/add.txt\"\n    output: \"sorted/{s}.txt\"\n    params: head=2, tag=r\"<{s}\t$x>\"\n    shell:\n        \
         \"cat {input} | sort | head -n {params.head} > {output}; echo '{wildcards.s}' \"\n        \"| awk '{{print NR, $1}}' >> {output}; echo {params.tag:q} '{params.tag}' >> {output}\"\n\
         rule table:\n    input: expand(\"sorted/{s}.txt\", s=S)\n    output: \"out/table.txt\"\n    \
         shell: \"cat {input} > {output}; echo {config[title]} {rule} >> {output}\"\n\
         rule pairs:\n    input: expand(\"raw/{s}.{e}\", zip, s=[\"x\", \"y\"], e=[\"txt\", \"txt\"])\n    \
         output: \"pairs/all.txt\"\n    shell: \"cat {input} > {output}\"\n",
    ),
    ("config.yaml", "title: T\n"),
    ("raw/x.txt", "b\na\n"),
    ("raw/y.txt", "d\nc\n"),
    ("ref/add.txt", "z\n"),
];

#[test]
fn literal_rules_give_what_snakemake_gives() {
    let Some(snakemake) = peer("snakemake") else { return };
    let project = Project::new();
    project.write_all(RULES).commit("rules");
    let other = project.home().join("made");
    project.program("cp", ["-r", ".", &other.to_string_lossy()]).ok();
    let mut command = project.command(snakemake);
    command
        .args(["--cores", "1", "--quiet", "--directory"])
        .arg(&other)
        .arg("--snakefile")
        .arg(other.join("Snakefile"));
    support::finish(command).ok();
    let made = |path: &str| std::fs::read_to_string(other.join(path)).expect("it was made");

    project.minipach(["import", "Snakefile", "--write"]).ok();
    project.commit("imported");
    project.minipach(["run"]).ok();
    assert_eq!(project.read("table/table.txt"), made("out/table.txt"));
    assert_eq!(project.read("pairs/all.txt"), made("pairs/all.txt"));
}

#[test]
fn what_datalad_recorded_runs_again_as_pipelines() {
    let project = Project::new();
    project.write_all(&[("raw/a.txt", "x y\n"), ("raw/b.txt", "z\n"), ("code/count.sh", "wc -w < \"$1\"\n")]);
    project.commit("data");
    let record = |command: &str, input: &str, output: &str, text: &str| {
        let json = serde_json::json!({"chain": [], "cmd": command, "dsid": null, "exit": 0, "extra_inputs": [],
                                      "inputs": [input], "outputs": [output], "pwd": "."});
        let (begin, end) = ("=== Do not change lines below ===", "^^^ Do not change lines above ^^^");
        project.write(output, text);
        project.commit(&format!("[DATALAD RUNCMD] count\n\n{begin}\n{json}\n{end}"));
    };
    let broken = "[DATALAD RUNCMD] x\n\n=== Do not change lines below ===\n{ broken\n^^^ Do not change lines above ^^^";
    project.git(["commit", "-q", "--allow-empty", "-m", broken]);
    for endless in [broken.replace("\n^^^ Do not change lines above ^^^", ""), broken.replace('\n', "\r\n")] {
        project.git(["commit", "-q", "--allow-empty", "--cleanup=verbatim", "-m", &endless]);
    }
    record("sh code/count.sh raw/a.txt > counts/a.n", "raw/a.txt", "counts/a.n", "2\n");
    record("sh code/count.sh raw/b.txt > counts/b.n", "raw/b.txt", "counts/b.n", "1\n");
    record("cat {inputs} > {outputs}", "counts/*.n", "all/sum.txt", "2\n1\n");
    let words = ["import", "--from", "datalad", "HEAD", "--into", "again", "--write"];
    let said = project.minipach(words).ok();
    assert!(said.contains("2 rules of the same shape"), "{said}");
    assert!(said.contains("its run record cannot be read: "), "{said}");
    assert_eq!(said.matches("it does not stand between the two lines").count(), 2, "{said}");
    // Told in the order of history.
    let past = project.git(["log", "--reverse", "--format=%h", "--abbrev=7", "--grep=DATALAD"]);
    let places = said.lines().filter_map(|line| line.split(':').next());
    let mut told: Vec<&str> = places.filter(|place| past.lines().any(|commit| commit == *place)).collect();
    told.dedup();
    assert_eq!(told, past.lines().filter(|commit| told.contains(commit)).collect::<Vec<_>>());
    project.commit("imported");
    project.minipach(["run"]).ok();
    assert_eq!(project.tree("again/counts"), table([("a.n", "2\n"), ("b.n", "1\n")]));
    assert_eq!(project.read("again/all/sum.txt"), project.read("all/sum.txt"));
    project.minipach(["import", "--from", "datalad", "nowhere"]).code(4).says("there is no commit `nowhere`");
}
