//! Tests of `minipach.yml`: its settings, and the defaults that it puts under every spec.

use serde_json::json;

use super::{errors, line, sources};
use crate::model::{RecordUnit, SandboxMode};
use crate::spec::load;

const SPEC: &str = "input: {pfs: {repo: raw/t1, glob: /*}}\ntransform: {cmd: [run]}\n";

#[test]
fn settings() {
    let config = "name: study\nsandbox: never\nrecord: datum\ncommit: false\nkeep_going: true\nengines: {slurm: {n: 1}}\n";
    let loaded = load(&sources(Some(config), &[("fs", SPEC)]));
    assert_eq!(errors(&loaded.findings), Vec::<String>::new());
    assert_eq!(loaded.config.name.as_deref(), Some("study"));
    assert_eq!((loaded.config.sandbox, loaded.config.record), (SandboxMode::Never, RecordUnit::Datum));
    assert_eq!((loaded.config.commit, loaded.config.keep_going), (Some(false), true));
    assert_eq!(loaded.settings["engines"]["slurm"]["n"], 1);
    assert!(!loaded.pipelines[0].pipeline.commit, "the project's word counts where the spec says nothing");
}

#[test]
fn defaults_lie_below_the_spec() {
    let config = "defaults:\n  datum_tries: 5\n  datumTimeout: 5m\n  transform:\n    env: {A: '1', B: '2'}\n    stdin: [x, y]\n";
    let spec = "input: {pfs: {repo: raw/t1, glob: /*}}\ndatum_tries: 1\ndatum_timeout: null\ntransform: {cmd: [run], stdin: [z], env: {B: '3'}}\n";
    let loaded = load(&sources(Some(config), &[("proc/fs", spec)]));
    assert_eq!(errors(&loaded.findings), Vec::<String>::new());
    let pipeline = &loaded.pipelines[0].pipeline;
    assert_eq!(pipeline.datum_tries, 1, "the spec wins");
    assert_eq!(pipeline.datum_timeout, None, "an explicit null takes a default away");
    let transform = pipeline.transform.as_ref().unwrap();
    assert_eq!(transform.stdin, Some(vec!["z".to_owned()]), "lists are replaced");
    assert_eq!(transform.env["A"], "1", "maps are merged");
    assert_eq!(transform.env["B"], "3");
    let effective = json!({
        "pipeline": { "name": "fs" },
        "datum_tries": 1,
        "input": { "pfs": { "repo": "raw/t1", "glob": "/*", "name": "t1" } },
        "transform": { "cmd": ["run"], "stdin": ["z"], "env": { "A": "1", "B": "3" } },
    });
    assert_eq!(loaded.pipelines[0].effective, effective);
}

#[test]
fn a_finding_about_a_default_is_told_once_and_in_its_file() {
    let config = "defaults: {transform: {image: ubuntu}}\n";
    let loaded = load(&sources(Some(config), &[("a", SPEC), ("b", SPEC), ("c", SPEC)]));
    let lines: Vec<_> = loaded.findings.iter().map(line).collect();
    assert_eq!(lines, ["MP401 minipach.yml:1:31 image `ubuntu` has no tag, so it means whatever is newest"]);
    assert_eq!(loaded.pipelines.len(), 3);
}

#[test]
fn errors_in_the_project_file_break_every_pipeline() {
    for config in ["sandbox: maybe\n", "defaults: {datum_trie: 3}\n", "a: [\n", "nmae: x\n"] {
        let loaded = load(&sources(Some(config), &[("a", SPEC), ("b", SPEC)]));
        assert_eq!(errors(&loaded.findings).len(), 1, "{config}");
        assert_eq!(loaded.findings[0].path, "minipach.yml");
        assert!(loaded.pipelines.is_empty());
        assert_eq!(loaded.broken.keys().collect::<Vec<_>>(), ["a", "b"]);
        assert!(loaded.is_config_broken);
    }
}

#[test]
fn a_match_stays_a_match_under_defaults_for_commands() {
    let config = "defaults: {transform: {image: 'a:1'}}\n";
    let spec = "input: {pfs: {repo: raw/t1, glob: /(*)}}\noutput: /$1\n";
    let loaded = load(&sources(Some(config), &[("a", spec)]));
    assert_eq!(errors(&loaded.findings), Vec::<String>::new());
    assert!(loaded.pipelines[0].pipeline.transform.is_none());
    assert_eq!(loaded.pipelines[0].effective.get("transform"), None);
}

#[test]
fn a_name_for_all_pipelines_is_told_once_and_nothing_is_offered_for_it() {
    let loaded = load(&sources(Some("defaults: {pipeline: {name: zz}}\n"), &[("a", SPEC), ("b", SPEC)]));
    let lines: Vec<_> = loaded.findings.iter().map(line).collect();
    let told = "`defaults` are for all pipelines, and each is named by its folder";
    assert_eq!(lines, [format!("MP101 minipach.yml:1:29 {told}")]);
    assert!(loaded.findings[0].fix.is_none());
}
