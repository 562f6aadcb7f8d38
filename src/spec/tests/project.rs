//! Tests of what only shows when all pipelines are seen together.

use std::collections::BTreeSet;

use super::{errors, line, sources};
use crate::model::PipelineName;
use crate::spec::{Checked, Graph, Ground, Loaded, Unseen, check_project, glob_no_match, load};

fn project(reads: &[(&str, &str)]) -> Loaded {
    let specs: Vec<_> = reads
        .iter()
        .map(|(name, repos)| {
            let leaves: Vec<_> = repos
                .split_whitespace()
                .enumerate()
                .map(|(at, repo)| format!("{{pfs: {{repo: {repo}, name: n{at}, glob: /}}}}"))
                .collect();
            (*name, format!("input: {{cross: [{}]}}\ntransform: {{cmd: [x]}}\n", leaves.join(", ")))
        })
        .collect();
    let specs: Vec<_> = specs.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let loaded = load(&sources(None, &specs));
    assert_eq!(loaded.findings, []);
    loaded
}

fn looked(loaded: &Loaded, folders: &BTreeSet<String>) -> Checked {
    let unseen = |folder: &str| match folder {
        "empty" => Some(Unseen::Empty),
        "odd" => Some(Unseen::Odd { path: "odd/b\u{fffd}".into() }),
        "ignored" => {
            Some(Unseen::Ignored { path: "ignored/a".into(), rule: Some("`/ignored` (.gitignore:2)".into()) })
        }
        _ => None,
    };
    check_project(loaded, Ground { folders, unseen: &unseen })
}

fn check(reads: &[(&str, &str)]) -> Vec<String> {
    let mut folders: BTreeSet<String> = ["raw", "raw/t1", "raw/t2", "proc"].map(str::to_owned).into();
    folders.extend(reads.iter().map(|(name, _)| (*name).to_owned()));
    looked(&project(reads), &folders).findings.iter().map(line).collect()
}

#[test]
fn of_a_project_in_a_folder_of_a_repository_is_told_where_paths_begin() {
    let folders: BTreeSet<String> = ["deep", "deep/own", "deep/own/raw"].map(str::to_owned).into();
    let reads = [("deep/own/fs", "raw"), ("deep/own/stats", "fs")];
    let found = looked(&project(&reads), &folders).findings;
    for (finding, meant) in found.iter().zip(["raw", "fs"]) {
        let label = format!("did you mean `deep/own/{meant}`?");
        assert_eq!(finding.label.as_deref(), Some(&*label));
        assert!(
            finding.notes[0].starts_with("the project is the whole git repository"),
            "{:?}",
            finding.notes
        );
    }
    assert_eq!(found.len(), 2);
}

#[test]
fn a_sound_project_has_no_findings() {
    assert_eq!(
        check(&[("fs", "raw/t1 raw/t2"), ("stats", "fs"), ("proc/fs", "raw/t1")]),
        Vec::<String>::new()
    );
}

/// Pipelines with what they read, and what is found.
type Case = (&'static [(&'static str, &'static str)], &'static [&'static str]);

#[test]
fn problems_between_pipelines() {
    let cases: &[Case] = &[
        (&[("fs", "raw/t3")], &["MP104 fs/spec.yml:1:30 input repo `raw/t3` does not exist"]),
        (&[("fs", "fs")], &["MP106 fs/spec.yml:1:30 pipeline `fs` reads its own output"]),
        (&[("fs", "empty")], &["MP104 fs/spec.yml:1:30 input repo `empty` is empty"]),
        (
            &[("fs", "odd")],
            &["MP104 fs/spec.yml:1:30 the name of `odd/b\u{fffd}` in input repo `odd` is not UTF-8"],
        ),
        (
            &[("fs", "ignored")],
            &["MP128 fs/spec.yml:1:30 git ignores the files of `ignored`, so there is nothing to read"],
        ),
        (
            &[("raw/fs", "raw")],
            &["MP106 raw/fs/spec.yml:1:30 pipeline `raw/fs` reads `raw`, which contains its own output"],
        ),
        (
            &[("fs", "fs/x")],
            &["MP106 fs/spec.yml:1:30 pipeline `fs` reads `fs/x`, which is part of its own output"],
        ),
        (
            &[("fs", "raw/t1"), ("b", "fs/sub")],
            &["MP125 b/spec.yml:1:30 `fs/sub` is a part of the output of pipeline `fs`"],
        ),
        (
            &[("proc/fs", "raw/t1"), ("b", "proc")],
            &["MP125 b/spec.yml:1:30 `proc` contains the folder of pipeline `proc/fs`"],
        ),
        (
            &[("a", "raw/t1"), ("a/b", "raw/t1")],
            &["MP211 a/b/spec.yml pipeline `a/b` lies inside the output of pipeline `a`"],
        ),
        (
            &[("c", "a"), ("a", "raw/t1 b"), ("b", "c"), ("d", "b")],
            &[
                "MP105 a/spec.yml:1:72 pipelines wait for one another: `a` reads `b` reads `c` reads `a`",
                "MP127 d/spec.yml:1:30 `d` is left out of plans and runs: it needs `b`, which is broken",
            ],
        ),
    ];
    for (reads, expected) in cases {
        assert_eq!(check(reads), *expected, "{reads:?}");
    }
}

#[test]
fn two_knots_are_two_cycles() {
    let found = check(&[("a", "b"), ("b", "a"), ("x", "y a"), ("y", "x")]);
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn missing_repos_are_answered_with_the_nearest() {
    let label = |repo: &str| {
        let folders = ["raw/t1", "raw/t2"].map(str::to_owned).into();
        looked(&project(&[("fs", repo)]), &folders).findings[0].label.clone().unwrap_or_default()
    };
    assert_eq!(label("rwa/t1"), "did you mean `raw/t1`?");
    assert_eq!(label("t2"), "did you mean `raw/t2`?");
    assert_eq!(label("nothing-like-it"), "neither a folder nor a pipeline");
}

#[test]
fn a_broken_pipeline_is_still_a_repo() {
    let good = "input: {pfs: {repo: fs, glob: /}}\ntransform: {cmd: [x]}\n";
    let loaded = load(&sources(None, &[("fs", "salt: [\n"), ("b", good)]));
    assert_eq!(errors(&looked(&loaded, &BTreeSet::new()).findings), Vec::<String>::new());
}

#[test]
fn folders_of_ticks_need_not_exist() {
    let loaded =
        load(&sources(None, &[("b", "input: {cron: {name: t, spec: '@daily'}}\ntransform: {cmd: [x]}\n")]));
    assert_eq!(looked(&loaded, &BTreeSet::new()).findings, []);
}

#[test]
fn a_glob_that_matches_nothing_points_at_the_glob() {
    let loaded = project(&[("fs", "raw/t1")]);
    let finding = glob_no_match(&loaded.pipelines[0], 0, ["a", "b"]).unwrap();
    assert_eq!(line(&finding), "MP107 fs/spec.yml:1:54 glob `/` matches nothing in `raw/t1`");
}

#[test]
fn order_is_topological_and_stable() {
    let loaded =
        project(&[("z", "raw"), ("m", "z a"), ("a", "raw"), ("k", "m"), ("b", "z"), ("p", "q"), ("q", "p")]);
    let graph = Graph::new(loaded.pipelines.iter().map(|loaded| &loaded.pipeline));
    let order: Vec<_> = graph.order().iter().map(PipelineName::as_str).collect();
    assert_eq!(order, ["a", "z", "b", "m", "k"]);
    let name = |text| PipelineName::parse(text).unwrap();
    let texts =
        |names: BTreeSet<PipelineName>| names.iter().map(|name| name.as_str().to_owned()).collect::<Vec<_>>();
    assert_eq!(graph.upstream(&name("m")).map(PipelineName::as_str).collect::<Vec<_>>(), ["a", "z"]);
    assert_eq!(graph.downstream(&name("z")).map(PipelineName::as_str).collect::<Vec<_>>(), ["b", "m"]);
    assert_eq!(texts(graph.all_upstream(&name("k"))), ["a", "m", "z"]);
    assert_eq!(texts(graph.all_downstream(&name("z"))), ["b", "k", "m"]);
    assert_eq!(graph.cycles(), [vec![name("p"), name("q")]]);
}

/// Each pipeline that is not sound and why, in words.
fn unsound(loaded: &Loaded) -> Vec<String> {
    let folders: BTreeSet<String> = ["raw".to_owned()].into();
    let unsound = looked(loaded, &folders).unsound;
    unsound.iter().map(|(name, why)| format!("{name} {}: {}", why.word(), why.sentence())).collect()
}

#[test]
fn what_needs_a_broken_pipeline_is_left_out_and_nothing_else() {
    let reads = [
        ("a", "raw"),
        ("bad", "rwa"),
        ("c", "bad a"),
        ("d", "c"),
        ("e", "a"),
        ("x", "y"),
        ("y", "x"),
        ("z", "y d"),
    ];
    let broken = "pipelines wait for one another: `x` reads `y` reads `x` (x/spec.yml:1:30)";
    let expected = [
        "bad broken: input repo `rwa` does not exist (bad/spec.yml:1:30)".to_owned(),
        "c left_out: it needs `bad`, which is broken".to_owned(),
        "d left_out: it needs `bad`, which is broken".to_owned(),
        format!("x broken: {broken}"),
        format!("y broken: {broken}"),
        "z left_out: it needs `bad` and `y`, which are broken".to_owned(),
    ];
    assert_eq!(unsound(&project(&reads)), expected);
}

#[test]
fn both_of_nested_outputs_are_broken() {
    let why = "pipeline `a/b` lies inside the output of pipeline `a` (a/b/spec.yml)";
    let expected = [format!("a broken: {why}"), format!("a/b broken: {why}")];
    assert_eq!(unsound(&project(&[("a", "raw"), ("a/b", "raw"), ("c", "raw")])), expected);
}

#[test]
fn a_spec_that_cannot_be_read_breaks_only_its_own() {
    let good = |repo: &str| format!("input: {{pfs: {{repo: {repo}, glob: /}}}}\ntransform: {{cmd: [x]}}\n");
    let specs = [("fs", "salt: [\n"), ("b", &good("fs")), ("c", &good("raw"))];
    let expected =
        ["b left_out: it needs `fs`, which is broken", "fs broken: unclosed bracket `[` (fs/spec.yml:1:7)"];
    assert_eq!(unsound(&load(&sources(None, &specs))), expected);
}

#[test]
fn a_warning_breaks_nothing() {
    let spec = "input: {pfs: {repo: raw, glob: '/(*'}}\ntransform: {cmd: [x]}\ndatum_tries: 0\n";
    let loaded = load(&sources(None, &[("fs", spec)]));
    assert_eq!(loaded.findings.len(), 2);
    assert_eq!(unsound(&loaded), Vec::<String>::new());
}
