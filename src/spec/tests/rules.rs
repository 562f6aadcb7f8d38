//! Tests of the rules: each fires where it should, at the very place, and stays silent elsewhere.

use std::collections::BTreeSet;

use super::{line, read};
use crate::spec::RULES;

/// A sound spec, one field per line, for the cases to change.
const SOUND: &str = "\
input:
  pfs:
    repo: raw/t1
    glob: /(*)
transform:
  cmd: [run]
";

/// What replaces what in [`SOUND`], and what is found.
const CASES: &[(&str, &str, &[&str])] = &[
    ("cmd: [run]", "cmd: [run", &["MP001 fs/spec.yml:6:8 unclosed bracket `[`"]),
    (
        "cmd: [run]",
        "cmd: [run] # TODO(import): say what it does",
        &["MP110 fs/spec.yml:6:14 the import left this to be settled: say what it does"],
    ),
    ("cmd: [run]", "cmd: ['# TODO (import): x', '#TODO'] # about TODO(import)", &[]),
    ("cmd: [run]", "cmd: [sh, -c, \"run # TODO(import): x\"]", &[]),
    ("glob:", "globb:", &["MP002 fs/spec.yml:4:5 unknown field `globb` in `input.pfs`"]),
    ("input:", "enableStats: true\ninput:", &["MP002 fs/spec.yml:1:1 unknown field `enableStats`"]),
    (
        "[run]",
        "/bin/run it",
        &["MP003 fs/spec.yml:6:8 `transform.cmd` must be a list of texts, not `/bin/run it`"],
    ),
    ("[run]", "[run, 5]", &["MP003 fs/spec.yml:6:14 `transform.cmd[1]` must be text, not the number `5`"]),
    ("[run]", "[run, ~]", &["MP003 fs/spec.yml:6:14 `transform.cmd[1]` is empty"]),
    (
        "[run]",
        "[\"a\\0b\"]",
        &["MP003 fs/spec.yml:6:9 `transform.cmd[0]` must be text, not a text with a NUL character in it"],
    ),
    (
        "[run]",
        "[run]\n  debug: yes",
        &["MP003 fs/spec.yml:7:10 `transform.debug` must be `true` or `false`, not `yes`"],
    ),
    (
        "[run]",
        "[run]\n  accept_return_code: [256]",
        &[
            "MP003 fs/spec.yml:7:24 `transform.accept_return_code[0]` must be a whole number from 0 to 255, not the number `256`",
        ],
    ),
    (
        "input:",
        "datum_tries: -1\ninput:",
        &["MP003 fs/spec.yml:1:14 `datum_tries` must be a whole number from 0, not the number `-1`"],
    ),
    (
        "input:",
        "datum_timeout: 5 min\ninput:",
        &["MP003 fs/spec.yml:1:16 `datum_timeout` must be a duration, not `5 min`"],
    ),
    (
        "input:",
        "reprocess_spec: always\ninput:",
        &["MP003 fs/spec.yml:1:17 `reprocess_spec` must be `until_success` or `every_job`, not `always`"],
    ),
    (
        "[run]",
        "[run]\n  secrets: [{name: s, env_var: X}]",
        &[
            "MP007 fs/spec.yml:7:3 `secrets` has no effect here",
            "MP003 fs/spec.yml:7:13 secret `s` has `env_var` but no `key`",
        ],
    ),
    ("[run]", "[run]\n  user: nobody", &["MP007 fs/spec.yml:7:3 `user` has no effect here"]),
    ("glob:", "repo: x\n    glob:", &["MP004 fs/spec.yml:4:5 `repo` is given twice"]),
    (
        "glob:",
        "empty_files: true\n    emptyFiles: true\n    glob:",
        &["MP004 fs/spec.yml:5:5 `empty_files` is given twice"],
    ),
    (
        "input:",
        "datumTries: 1\ndatum_timeout: 1s\ninput:",
        &[
            "MP005 fs/spec.yml:2:1 both spellings are used in this file, as in `datum_timeout` and `datumTries`",
        ],
    ),
    (
        "[run]",
        "[run, yes]",
        &["MP006 fs/spec.yml:6:14 `yes` is text here, but many YAML readers take it for a boolean"],
    ),
    ("glob:", "lazy: true\n    glob:", &["MP007 fs/spec.yml:4:5 `lazy` has no effect here"]),
    (
        "glob:",
        "lazy: true\n    empty_files: true\n    glob:",
        &[
            "MP007 fs/spec.yml:4:5 `lazy` and `empty_files` exclude each other; the files will be empty",
            "MP007 fs/spec.yml:4:5 `lazy` has no effect here",
        ],
    ),
    ("input:", "autoscaling: true\ninput:", &["MP007 fs/spec.yml:1:1 `autoscaling` has no meaning here"]),
    ("input:", "service: {}\ninput:", &["MP007 fs/spec.yml:1:1 `service` has no meaning here"]),
    ("input:", "tf_job: {a: b}\ninput:", &["MP007 fs/spec.yml:1:1 `tf_job` has no meaning here"]),
    ("glob:", "commit: abc\n    glob:", &["MP007 fs/spec.yml:4:5 `commit` has no meaning here"]),
    ("glob: /(*)", "glob: ''", &["MP008 fs/spec.yml:2:3 `input.pfs` has no `glob`"]),
    (
        "input:",
        "pipeline: {name: skull}\ninput:",
        &["MP101 fs/spec.yml:1:18 pipeline is named `skull`, but its folder `fs`"],
    ),
    ("glob:", "name: out\n    glob:", &["MP102 fs/spec.yml:4:11 input name `out` is reserved"]),
    ("raw/t1", "raw/.env", &["MP102 fs/spec.yml:3:11 input name `.env` is reserved"]),
    (
        "raw/t1",
        "/raw/t1",
        &["MP102 fs/spec.yml:3:11 repo `/raw/t1` is absolute; give it from the project's root"],
    ),
    (
        "raw/t1",
        ".minipach/ledger",
        &["MP102 fs/spec.yml:3:11 repo `.minipach/ledger` lies inside `.minipach`, which runs change"],
    ),
    ("[run]", "[run]\n  env: {A=B: x}", &["MP102 fs/spec.yml:7:9 `A=B` cannot be the name of a variable"]),
    ("pfs:\n    repo: raw/t1\n    glob: /(*)", "cross: []", &["MP103 fs/spec.yml:1:1 `input` sets no input"]),
    (
        "transform:",
        "  cross: [{pfs: {repo: a, glob: /}}]\ntransform:",
        &["MP103 fs/spec.yml:2:3 `input` sets more than one input: `cross` and `pfs`"],
    ),
    ("glob:", "join_on: $1\n    glob:", &["MP109 fs/spec.yml:4:5 `join_on` has no effect outside of `join`"]),
    (
        "pfs:\n    repo: raw/t1\n    glob: /(*)",
        "join: [{pfs: {repo: a, glob: /}}, {pfs: {repo: b, glob: /}}]",
        &[
            "MP109 fs/spec.yml:2:3 no input of this `join` has a `join_on`, so it combines everything with everything",
        ],
    ),
    (
        "pfs:\n    repo: raw/t1\n    glob: /(*)",
        "join: [{pfs: {repo: a, glob: /(*), join_on: a$2}}, {pfs: {repo: b, glob: /}}]",
        &[
            "MP109 fs/spec.yml:2:48 `$2` is always empty: the glob `/(*)` has one capture",
            "MP109 fs/spec.yml:2:67 input `b` has no `join_on`, so its key is empty and meets only other empty keys",
        ],
    ),
    (
        "pfs:\n    repo: raw/t1\n    glob: /(*)",
        "group: [{pfs: {repo: a, glob: /(*), group_by: $1}}, {pfs: {repo: b, glob: /}}]",
        &[
            "MP109 fs/spec.yml:2:68 input `b` has no `group_by`, so its key is empty and makes a group of its own",
        ],
    ),
    ("transform:", "output: /$2\ntransform:", &["MP109 fs/spec.yml:5:10 no glob has a capture 2"]),
    (
        "pfs:\n    repo: raw/t1\n    glob: /(*)",
        "cross: [{pfs: {repo: a/t, glob: /}}, {pfs: {repo: b/t, glob: /}}]",
        &["MP111 fs/spec.yml:2:53 two inputs are named `t`"],
    ),
    (
        "raw/t1",
        "raw/c-parameters",
        &[
            "MP114 fs/spec.yml:3:11 a shell cannot expand `$c-parameters`: only letters, digits and `_` can be in a name",
        ],
    ),
    (
        "[run]",
        "[]\n  stdin: [x]",
        &["MP115 fs/spec.yml:6:3 `transform.cmd` is empty, so there is nothing to run"],
    ),
    (
        "cmd: [run]",
        "stdin: [x]",
        &["MP115 fs/spec.yml:5:1 `transform.cmd` is empty, so there is nothing to run"],
    ),
    (
        "[run]",
        "[run]\n  env: {PFS: /data, t1: x}",
        &[
            "MP116 fs/spec.yml:7:9 `PFS` in `env` hides the folder of its inputs and its output from the command",
            "MP116 fs/spec.yml:7:21 `t1` in `env` hides the path of input `t1` from the command",
        ],
    ),
    (
        "[run]",
        "[run]\n  env: {PACH_DATUM_ID: x, t1_COMMIT: y}",
        &[
            "MP116 fs/spec.yml:7:9 `PACH_DATUM_ID` in `env` hides what minipach sets under such names from the command",
            "MP116 fs/spec.yml:7:27 `t1_COMMIT` in `env` hides which content of input `t1` it reads from the command",
        ],
    ),
    (
        "[run]",
        "[cat, a, '|', sort]",
        &["MP117 fs/spec.yml:6:17 `|` is shell syntax, but no shell looks at this command"],
    ),
    (
        "[run]",
        "[cp, $t1, /pfs/out]",
        &["MP117 fs/spec.yml:6:13 `$t1` is expanded by a shell, but no shell looks at this command"],
    ),
    (
        "[run]",
        "[cp, /pfs/t1/*, /pfs/out]",
        &["MP117 fs/spec.yml:6:13 `/pfs/t1/*` is a pattern for a shell, but no shell looks at this command"],
    ),
    (
        "[run]",
        "[sort, $t1, -u, '>', /pfs/out/x]",
        &[
            "MP117 fs/spec.yml:6:15 `$t1` is expanded by a shell, but no shell looks at this command",
            "MP117 fs/spec.yml:6:24 `>` is shell syntax, but no shell looks at this command",
        ],
    ),
    (
        "input:",
        "datum_tries: 0\ndatum_timeout: 0s\nparallelism_spec: {constant: 0}\ninput:",
        &[
            "MP119 fs/spec.yml:1:14 `datum_tries` of 0 means the usual 3 tries",
            "MP119 fs/spec.yml:2:16 `datum_timeout` of 0 sets no limit",
            "MP119 fs/spec.yml:3:30 `parallelism_spec.constant` of 0 sets no limit: as many datums run at a time as `-j` allows (Pachyderm takes it for 1)",
        ],
    ),
    (
        "input:",
        "job_timeout: 0m\ndatum_set_spec: {number: 0, size_bytes: 0, per_worker: 0}\ninput:",
        &[
            "MP119 fs/spec.yml:1:14 `job_timeout` of 0 sets no limit",
            "MP119 fs/spec.yml:2:26 `datum_set_spec.number` of 0 is as good as unset",
            "MP119 fs/spec.yml:2:41 `datum_set_spec.size_bytes` of 0 is as good as unset",
            "MP119 fs/spec.yml:2:56 `datum_set_spec.per_worker` of 0 is as good as unset",
        ],
    ),
    (
        "input:",
        "resource_requests: {memory: 4GB}\ninput:",
        &["MP120 fs/spec.yml:1:29 `resource_requests.memory` is not an amount"],
    ),
    (
        "/(*)",
        "'/a[]'",
        &[
            r"MP121 fs/spec.yml:4:14 glob `/a[]` cannot be read: has a `[…]` without any character; write `\[` for the character",
        ],
    ),
    (
        "/(*)",
        "/(sub-*",
        &["MP126 fs/spec.yml:4:12 glob `/(sub-*` has a `(` that is never closed, so it closes at the end"],
    ),
    (
        "/(*)",
        "/sub-*)",
        &["MP126 fs/spec.yml:4:17 glob `/sub-*)` has a `)` without a `(`, so it stands for itself"],
    ),
    (
        "[run]",
        "[run]\n  code: ['code/{a,b']",
        &["MP126 fs/spec.yml:7:16 glob `code/{a,b` has a `{` that is never closed, so it closes at the end"],
    ),
    (
        "pfs:\n    repo: raw/t1\n    glob: /(*)",
        "cron: {name: t, spec: '* * *'}",
        &["MP122 fs/spec.yml:2:25 a schedule has five fields, this one has 3"],
    ),
    (
        "transform:\n  cmd: [run]\n",
        "",
        &["MP123 fs/spec.yml:1:1 the spec has neither `transform` nor `output`"],
    ),
    ("transform:", "output: $1\ntransform:", &["MP124 fs/spec.yml:5:9 `output` does not start with `/`"]),
    ("transform:", "output: \"/${t2.1}\"\ntransform:", &["MP124 fs/spec.yml:5:11 there is no input `t2`"]),
    (
        "transform:",
        "output: /${join}\ntransform:",
        &["MP124 fs/spec.yml:5:10 `${join}` has no value: no input is in a `join`"],
    ),
    (
        "transform:",
        "output: /a/../$1\ntransform:",
        &["MP124 fs/spec.yml:5:12 `output` has a `.` or `..` component"],
    ),
    ("transform:", "output: /a//$1\ntransform:", &["MP124 fs/spec.yml:5:11 `output` has an empty component"]),
    (
        "transform:",
        "output: /$1/spec.yml\ntransform:",
        &["MP124 fs/spec.yml:5:13 `output` would replace a `spec.yml`"],
    ),
    ("transform:", "output: /.GIT/x\ntransform:", &["MP124 fs/spec.yml:5:10 `output` lies inside `.git`"]),
    ("raw/t1", "../t1", &["MP205 fs/spec.yml:3:11 repo `../t1` has a `..` component"]),
    (
        "[run]",
        "[run]\n  image: 'host:5000/a'",
        &["MP401 fs/spec.yml:7:10 image `host:5000/a` has no tag, so it means whatever is newest"],
    ),
    (
        "[run]",
        "[run]\n  image: a:latest",
        &["MP401 fs/spec.yml:7:10 image `a:latest` means whatever is newest"],
    ),
];

/// Changes that break no rule.
const SILENT: &[(&str, &str)] = &[
    ("input:", "input:"),
    ("input:", "pipeline: {name: fs, project: {name: p}}\ninput:"),
    ("input:", "metadata: {labels: {a: b}}\nautoscaling: false\ntolerations: []\nspout: null\ninput:"),
    ("glob:", "branch: master\n    lazy: false\n    s3: false\n    glob:"),
    ("glob:", "outer_join: false\n    join_on: null\n    glob:"),
    ("[run]", "[sh, -c, 'cat $t1/* | sort > /pfs/out/x']"),
    ("[run]", "[awk, '{print $NF}', /pfs/t1]"),
    ("[run]", "[/usr/bin/python3.11, -c, 'print(2*3)']"),
    ("[run]", "[run, --glob=*.txt, 'a$', '$5']"),
    ("[run]", "[run]\n  image: 'host:5000/a:1'"),
    ("[run]", "[run]\n  image: envs/tool.sif"),
    ("[run]", "[run]\n  image: 'a@sha256:0'"),
    ("[run]", "[run, 'yes', \"5\"]"),
    ("[run]", "[run]\n  env: {PFS: /pfs, t1: /pfs/t1, t2: x, PATH: /bin, TMPDIR: /x, T1_COMMIT: y}"),
    ("/(*)", "'/\\(*'"),
    ("/(*)", "'/@(a|{b,c})[)]'"),
    ("input:", "datum_tries: 1\ndatum_timeout: 0.5s\nparallelism_spec: {constant: 1}\ninput:"),
    ("input:", "resource_requests: {cpu: 0, gpu: {type: x, number: 0}}\ninput:"),
    ("transform:", "output: /\ntransform:"),
    ("transform:", "output: /${t1.1}-$$/x\ntransform:"),
    ("transform:\n  cmd: [run]\n", "output: /$1\n"),
    ("input:", "resource_limits: {cpu: '0.5', memory: 4G, gpu: {type: x, number: 1}}\ninput:"),
];

fn changed(from: &str, to: &str) -> String {
    assert!(SOUND.contains(from), "{from}");
    SOUND.replacen(from, to, 1)
}

#[test]
fn rules_fire_at_their_place() {
    let mut wrong = Vec::new();
    for (from, to, expected) in CASES {
        let text = changed(from, to);
        let found: Vec<_> = read(&text).findings.iter().map(line).collect();
        if found != *expected {
            wrong.push(format!("{text}found {found:#?}\nnot {expected:#?}\n"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn rules_stay_silent() {
    for (from, to) in SILENT {
        let text = changed(from, to);
        let loaded = read(&text);
        assert_eq!(loaded.findings, [], "\n{text}");
        assert_eq!(loaded.pipelines.len(), 1);
    }
}

#[test]
fn every_rule_has_a_case() {
    // These need more than one spec, or files, and are tested with the project or with scripts.
    let elsewhere = [
        "MP104", "MP105", "MP106", "MP107", "MP113", "MP118", "MP125", "MP127", "MP128", "MP136", "MP211",
        "MP402", "MP403",
    ];
    let tested: BTreeSet<_> =
        CASES.iter().flat_map(|case| case.2).map(|line| &line[..5]).chain(elsewhere).collect();
    let all: BTreeSet<_> = RULES.iter().map(|rule| rule.code).collect();
    assert_eq!(tested, all);
}

#[test]
fn findings_are_well_worded() {
    for (from, to, _) in CASES {
        for finding in read(&changed(from, to)).findings {
            assert!(!finding.message.starts_with(char::is_uppercase), "{}", finding.message);
            assert!(!finding.message.ends_with('.'), "{}", finding.message);
        }
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let text = "input: {pfs: {repo: ../x, globb: /*}}\ntransform: {cmd: run, image: a}\ndatum_tries: x\nservice: {}\n";
    let codes: Vec<_> = read(text).findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["MP205", "MP002", "MP003", "MP401", "MP003", "MP007"]);
}
