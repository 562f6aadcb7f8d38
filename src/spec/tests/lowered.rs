//! Tests of what specs become: published shapes, both spellings, names and their order.

use std::time::Duration;

use super::{pipeline, read};
use crate::model::{DatumSetSpec, Input, View};

fn names(input: &Input) -> Vec<String> {
    input.leaves().iter().map(|leaf| leaf.name.to_string()).collect()
}

/// A spec that sets every field.
const EVERY_FIELD: &str = "
description: what it does
input: {pfs: {repo: raw/t1, glob: \"/(*)\", empty_files: true, reference: true}}
transform:
  cmd: [run, now]
  stdin: [a]
  err_cmd: [oops]
  err_stdin: [b]
  env: {A: x}
  accept_return_code: [4, '5']
  working_dir: code
  image: 'ubuntu:24.04'
  user: me
  code: ['code/*.sh']
  debug: true
output: /$1
parallelism_spec: {constant: '4'}
datum_set_spec: {number: 3, size_bytes: 100, per_worker: 2}
datum_timeout: 90s
job_timeout: 1h30m
datum_tries: '2'
reprocess_spec: every_job
salt: s
copy_inputs: true
pack: always
clean_env: true
pass_env: [LANG]
commit: false
";

/// Those of its fields that Pachyderm also writes in another way.
const TWO_SPELLINGS: [&str; 16] = [
    "empty_files",
    "err_cmd",
    "err_stdin",
    "accept_return_code",
    "working_dir",
    "parallelism_spec",
    "datum_set_spec",
    "size_bytes",
    "per_worker",
    "datum_timeout",
    "job_timeout",
    "datum_tries",
    "reprocess_spec",
    "copy_inputs",
    "clean_env",
    "pass_env",
];

#[test]
fn both_spellings_mean_the_same() {
    let camel = TWO_SPELLINGS.iter().fold(EVERY_FIELD.to_owned(), |text, name| {
        assert!(text.contains(name), "{name}");
        text.replace(name, &crate::spec::fields::camel(name))
    });
    assert_eq!(format!("{:?}", pipeline(EVERY_FIELD)), format!("{:?}", pipeline(&camel)));
}

#[test]
fn every_field_reaches_the_transform() {
    let found = pipeline(EVERY_FIELD);
    let transform = found.transform.as_ref().unwrap();
    assert_eq!((transform.cmd.len(), transform.err_cmd.as_ref().unwrap().len()), (2, 1));
    assert_eq!(transform.accept_return_code, [4, 5]);
    assert_eq!((transform.working_dir.as_deref(), transform.user.as_deref()), (Some("code"), Some("me")));
    assert_eq!(transform.code.as_ref().unwrap()[0].text(), "code/*.sh");
    assert!(transform.debug);
}

#[test]
fn every_field_reaches_the_pipeline() {
    let found = pipeline(EVERY_FIELD);
    assert_eq!(found.pack, crate::model::PackMode::Always);
    assert!(found.copy_inputs == Some(true) && found.clean_env && found.every_job && !found.commit);
    assert_eq!(found.datum_set, DatumSetSpec { number: Some(3), size_bytes: Some(100), per_worker: Some(2) });
    assert_eq!(found.datum_timeout, Some(Duration::from_secs(90)));
    assert_eq!(found.job_timeout, Some(Duration::from_mins(90)));
    assert_eq!((found.parallelism, found.datum_tries), (Some(4), 2));
    assert_eq!((found.salt.as_deref(), found.pass_env.len(), found.view()), (Some("s"), 1, View::Content));
    let Input::Pfs(leaf) = &found.input else { panic!("{:?}", found.input) };
    assert!(leaf.empty_files && leaf.reference && !leaf.outer_join);
}

#[test]
fn what_is_not_said_is_as_in_pachyderm() {
    let found = pipeline(
        "input: {pfs: {repo: a/b, glob: /*}}\ntransform: {cmd: [x]}\ndatum_tries: 0\nparallelism_spec: {constant: 0}\n",
    );
    assert_eq!((found.datum_tries, found.parallelism, found.every_job, found.commit), (3, None, false, true));
    assert_eq!(found.transform.as_ref().unwrap().stdin, None);
    assert_eq!((found.view(), found.salt, names(&found.input).join(",").as_str()), (View::Path, None, "b"));
}

#[test]
fn inputs_are_sorted_by_their_names_after_defaulting() {
    let found = pipeline(
        "input: {cross: [{pfs: {repo: z/c, glob: /}}, {join: [{pfs: {repo: x, name: d, glob: /(*), join_on: $1}}, \
         {pfs: {repo: b, glob: /(*), join_on: $1}}]}, {pfs: {repo: y, name: a, glob: /}}]}\ntransform: {cmd: [x]}\n",
    );
    assert_eq!(names(&found.input), ["a", "b", "d", "c"]);
}

#[test]
fn spans_follow_the_sorted_leaves() {
    let loaded = read(
        "input:\n  cross:\n  - pfs: {repo: b, glob: /}\n  - pfs: {repo: a, glob: /x*}\ntransform: {cmd: [x]}\n",
    );
    let spans = &loaded.pipelines[0].spans;
    let place = |number, field| spans.leaf(number, field).map(|spot| (spot.span.line, spot.span.column));
    assert_eq!(place(0, "repo"), Some((4, 17)));
    assert_eq!(place(1, "repo"), Some((3, 17)));
    assert_eq!(place(0, "name"), Some((4, 5)), "a field that is not there points to its leaf");
    assert_eq!(place(2, "repo"), None);
    assert_eq!(spans.get("transform.cmd[0]").map(|spot| spot.span.line), Some(5));
    assert_eq!(spans.leaf_part(0, "glob", 1, 2).map(|spot| spot.span.column), Some(27));
}

#[test]
fn names_repeat_only_between_siblings_of_a_union() {
    let leaf = |name: &str| format!("{{pfs: {{repo: r, name: {name}, glob: /}}}}");
    let spec = |input: String| format!("input: {input}\ntransform: {{cmd: [x]}}\n");
    let (a, b) = (leaf("a"), leaf("b"));
    pipeline(&spec(format!("{{union: [{a}, {a}]}}")));
    pipeline(&spec(format!("{{cross: [{b}, {{union: [{a}, {a}]}}]}}")));
    for bad in [format!("{{cross: [{a}, {a}]}}"), format!("{{cross: [{a}, {{union: [{a}, {b}]}}]}}")] {
        let loaded = read(&spec(bad));
        assert!(loaded.findings.iter().any(|finding| finding.code == "MP111"));
    }
}

#[test]
fn cron_is_a_folder_of_ticks() {
    let found = pipeline("input: {cron: {name: tick, spec: '@every 10m'}}\ntransform: {cmd: [x]}\n");
    let Input::Pfs(leaf) = &found.input else { panic!("{:?}", found.input) };
    assert_eq!((leaf.repo.as_str(), leaf.glob.text(), leaf.is_cron), ("fs_tick", "/*", true));
    let found = pipeline(
        "input: {cron: {name: tick, spec: '0 3 * * *', repo: ticks/daily}}\ntransform: {cmd: [x]}\n",
    );
    assert_eq!(found.input.leaves()[0].repo.as_str(), "ticks/daily");
}

/// The shapes of published specs: JSON, both spellings, nested inputs, `/` globs, GPUs, groups.
#[test]
fn published_shapes_load() {
    let shapes = [
        r#"{"pipeline": {"name": "fs"}, "description": "d", "input": {"group": [{"pfs": {"repo": "lab", "branch": "master",
            "glob": "/*-CLIA(*).txt", "groupBy": "$1"}}]}, "transform": {"cmd": ["bash"], "stdin": ["cp /pfs/lab/* /pfs/out/"]}}"#,
        r#"{"pipeline": {"name": "fs"}, "input": {"cross": [{"join": [{"pfs": {"repo": "crop", "glob": "/(*)", "join_on": "$1"}},
            {"pfs": {"repo": "heat", "glob": "/(*)", "join_on": "$1"}}]}, {"pfs": {"repo": "models", "glob": "/"}}]},
            "transform": {"cmd": ["/bin/bash", "run.sh"], "image": "x/y:1.11.6"},
            "resource_limits": {"gpu": {"type": "nvidia.com/gpu", "number": 1}}, "resource_requests": {"memory": "4G", "cpu": 1}}"#,
        r#"{"pipeline": {"name": "fs"}, "transform": {"cmd": ["bash"], "stdin": ["for f in $FILES", "do", "done"],
            "acceptReturnCode": [4, 5, 6]}, "input": {"pfs": {"repo": "urls", "glob": "/*"}}, "parallelismSpec": {"constant": 1}}"#,
        r#"{"pipeline": {"name": "fs"}, "input": {"union": [{"pfs": {"glob": "/*", "repo": "a", "name": "i"}},
            {"pfs": {"glob": "/*", "repo": "b", "name": "i"}}]}, "transform": {"cmd": ["python3", "/edges.py"]}}"#,
    ];
    for shape in shapes {
        let loaded = read(shape);
        assert_eq!(loaded.findings, [], "{shape}");
        assert_eq!(loaded.pipelines.len(), 1);
    }
}
