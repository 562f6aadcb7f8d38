//! Tests of Pachyderm specs: the rows of what means what.

use super::super::source::Held;
use super::*;

fn run(text: &str, files: &[(&str, &str)], map: &[(&str, &str)]) -> Result<Imported, ImportError> {
    let source = Source { path: "pipe.json".into(), text: text.into(), ..Source::default() };
    let map = map.iter().map(|(old, new)| ((*old).to_owned(), (*new).to_owned())).collect();
    import(&[&source], &Held::new(files), &Wishes { map, ..Wishes::default() })
}

fn said(imported: &Imported, class: Class) -> Vec<String> {
    let of = imported.items.iter().filter(|item| item.class == class);
    of.map(|item| format!("{}: {}", item.place.line, item.text)).collect()
}

#[test]
fn a_published_pair() {
    let text = r#"{"pipeline": {"name": "edges", "project": {"name": "p"}}, "description": "Edges.",
  "input": {"pfs": {"glob": "/*", "repo": "images", "branch": "master"}},
  "transform": {"cmd": ["python3", "/edges.py"], "image": "pachyderm/opencv:1.0", "env": {"A_b": "1"}},
  "parallelismSpec": {"constant": 2}, "datumTries": "3"}
{"pipeline": {"name": "montage"}, "input": {"cross": [
  {"pfs": {"glob": "/", "repo": "images"}}, {"pfs": {"repo": "edges", "glob": "/", "lazy": true}}]},
  "transform": {"cmd": ["sh"], "stdin": ["a", "b"]}}"#;
    let found = run(text, &[("raw/images/a.png", "")], &[("images", "raw/images")]).expect("it is read");
    assert_eq!(
        found.pipelines[0].spec,
        "# from pipe.json:1\ndescription: Edges.\ninput:\n  pfs: {glob: /*, repo: raw/images}\ntransform:\n  cmd: [python3, /edges.py]\n  \
         image: pachyderm/opencv:1.0\n  env: {A_b: '1'}\nparallelism_spec: {constant: 2}\ndatum_tries: '3'\n"
    );
    assert_eq!(found.pipelines[1].from.line, 5);
    assert!(
        found.pipelines[1].spec.contains("repo: edges, glob: /, lazy: true"),
        "{}",
        found.pipelines[1].spec
    );
    assert_eq!(
        said(&found, Class::Assumed),
        [
            "1: `project`: there is one project, and its name is left out",
            "2: input: repo `images` is the folder `raw/images`",
            "6: input: repo `images` is the folder `raw/images`",
            "7: no image: the command runs with the programs of this machine",
        ]
    );
    assert!(said(&found, Class::Todo).is_empty());
}

#[test]
fn inputs_of_the_first_pachyderm_are_those_of_today() {
    let text = "pipeline: {name: a}\ninput: {atom: {repo: data, glob: /*}}\ntransform: {cmd: [x], image: a:1}\n---\n\
                pipeline: {name: b}\ninput: {cross: [{pfs: {repo: a, glob: /}}, {atom: {repo: data, glob: /}}]}\ntransform: {cmd: [x], image: a:1}\n";
    let found = run(text, &[("data/a", "")], &[]).expect("it is read");
    assert!(
        found.pipelines[0].spec.contains("input:\n  pfs: {repo: data, glob: /*}\n"),
        "{}",
        found.pipelines[0].spec
    );
    assert!(found.pipelines[1].spec.contains("- pfs: {repo: data, glob: /}"), "{}", found.pipelines[1].spec);
    assert!(said(&found, Class::Todo).is_empty() && said(&found, Class::Refused).is_empty());
}

#[test]
fn an_input_of_which_nothing_is_left_is_to_be_settled() {
    for input in ["{}", "{atoms: {repo: data}}", "{cross: [{pfs: {repo: data, glob: /}}, {sql: {url: x}}]}"] {
        let text = format!("pipeline: {{name: a}}\ninput: {input}\ntransform: {{cmd: [x], image: a:1}}\n");
        let found = run(&text, &[("data/a", "")], &[]).expect("it is read");
        found.tells(Class::Todo, &["1: a: input: a part of it has no meaning here"]);
    }
}

#[test]
fn what_is_refused_has_no_results() {
    let text = "pipeline: {name: a}\nservice: {external_port: 1}\ninput: {pfs: {repo: data, glob: /*}}\ntransform: {cmd: [x], image: a:1}\n---\n\
                pipeline: {name: b}\ninput: {pfs: {repo: a, glob: /*}}\ntransform: {cmd: [x], image: a:1}\n";
    let found = run(text, &[("data/a", "")], &[]).expect("it is read");
    assert!(!found.texts(Class::Exact).contains("results of"), "{}", found.texts(Class::Exact));
    found.tells(Class::Todo, &["7: b: input: there is no folder `a`"]);
}

#[test]
fn a_repo_under_another_name_keeps_its_place_below_pfs() {
    let text =
        "pipeline: {name: a}\ninput: {pfs: {repo: images, glob: /*}}\ntransform: {cmd: [x], image: a:1}\n";
    let found = run(text, &[("raw/pics/a", "")], &[("images", "raw/pics")]).expect("it is read");
    assert!(
        found.pipelines[0].spec.contains("{repo: raw/pics, name: images, glob: /*}"),
        "{}",
        found.pipelines[0].spec
    );
    let found = run(text, &[], &[]).expect("it is read");
    assert!(found.pipelines[0].spec.contains("# TODO(import): input: there is no folder `images`"));
}

#[test]
fn what_has_no_meaning_is_named_and_the_rest_stays() {
    let text = "pipeline: {name: a}\ninput:\n  pfs:\n    repo: r\n    glob: /*\n    branch: dev\n    trigger: {size: 1M}\n\
                transform:\n  cmd: [x]\n  image: a:1\n  secrets:\n    - {name: s, key: k, envVar: V}\n  datum_batching: true\n\
                autoscaling: true\negress: {URL: 's3://x'}\nenableStats: true\nnonsense: 1\ns3_out: false\n";
    let found = run(text, &[("r/x", "")], &[]).expect("it is read");
    let refused = said(&found, Class::Refused);
    let lines: Vec<&str> = refused.iter().filter_map(|line| line.split('`').nth(1)).collect();
    assert_eq!(
        lines,
        ["branch", "trigger", "datum_batching", "autoscaling", "egress", "enable_stats", "nonsense"]
    );
    let todos = said(&found, Class::Todo);
    assert!(
        todos[0].contains("`s` as the variable `V`") && !found.pipelines[0].spec.contains("secrets:\n"),
        "{todos:?}"
    );
    assert!(!found.pipelines[0].spec.contains("egress:"));
}

#[test]
fn servers_are_refused_whole() {
    let text = "pipeline: {name: a}\nspout: {}\ntransform: {cmd: [x]}\n---\npipeline: {name: b}\ninput: {cross: [{git: {URL: u}}]}\n";
    let found = run(text, &[], &[]).expect("it is read");
    assert!(found.pipelines.is_empty());
    assert_eq!(said(&found, Class::Refused).len(), 2);
}

#[test]
fn templates_name_their_parameters() {
    let source =
        Source { path: "a.jsonnet".into(), text: "// x\nfunction(src, n=1)\n{}".into(), ..Source::default() };
    let found = import(&[&source], &Held::default(), &Wishes::default()).expect("it is read");
    assert!(found.items[0].text.contains("takes `src`, `n=1`"), "{:?}", found.items);
}

#[test]
fn broken_ones_have_a_place() {
    for (text, message) in [
        ("{\"input\": {}}", "pipe.json:1: the spec has no `pipeline.name`"),
        ("[1]", "pipe.json:1: a spec is a map"),
        ("", "pipe.json:1: the file holds no spec"),
        ("{\"a\": ", "pipe.json:1: this is no YAML"),
    ] {
        let error = run(text, &[], &[]).expect_err(text).to_string();
        assert!(error.starts_with(message), "{error}");
    }
}

#[test]
fn a_circle_is_left_out_and_who_reads_it_is_asked() {
    let spec = |name: &str, repo: &str| {
        format!(
            r#"{{"pipeline": {{"name": "{name}"}}, "input": {{"pfs": {{"repo": "{repo}", "glob": "/"}}}}, "transform": {{"cmd": ["x"]}}}}"#
        )
    };
    let text = [spec("a", "b"), spec("b", "a"), spec("c", "a"), spec("d", "raw")].join("\n");
    let found = run(&text, &[("raw/x", "")], &[]).expect("it is read");
    assert_eq!(found.pipelines.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["c", "d"]);
    found
        .tells(Class::Refused, &["1: : `a` needs `b`, which needs `a`: none of these pipelines", "2: : `a`"]);
    found.tells(Class::Todo, &["3: c: input: there is no folder `a`"]);
    let old = "pipeline: {name: p}\ntransform: {cmd: [x]}\ninputs:\n- repo: {name: raw}\n  method: map\n- {repo: b}\n";
    let found = run(old, &[("raw/x", "")], &[]).expect("it is read");
    found.tells(
        Class::Todo,
        &["4: p: input: `inputs` names `raw`, `b`, as Pachyderm had it before 1.6; write"],
    );
}

#[test]
fn of_two_pipelines_with_one_name_the_first_stands() {
    let text = "pipeline: {name: a}\n---\npipeline: {name: a}\n---\npipeline: {name: b}\n";
    let found = run(text, &[], &[]).expect("it is read");
    assert_eq!(found.pipelines.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    found.tells(Class::Refused, &["3: : two pipelines are called `a`; the one at pipe.json:1 stands"]);
}

#[test]
fn nobody_makes_ticks() {
    let text = "pipeline: {name: a}\ntransform: {cmd: [x]}\ninput:\n  cross:\n  - cron: {name: t, spec: '@daily'}\n  - cron: {name: u, spec: '@daily', repo: ticks}\n  \
                - pfs: {repo: raw, glob: /}\n";
    let found = run(text, &[("raw/x", "")], &[]).expect("it is read");
    let told =
        ["5: a: input: `cron` makes no ticks here", "the folder `a_t`", "6: a: ", "the folder `ticks`"];
    found.tells(Class::Todo, &told);
}

#[test]
fn a_repo_that_is_no_name_is_asked_for() {
    let text = "pipeline: {name: a}\ntransform: {cmd: [x]}\ninput:\n  pfs: {repo: ../../etc, glob: /}\n";
    let found = run(text, &[], &[]).expect("it is read");
    found.tells(Class::Todo, &["4: a: input: no repo can be called `../../etc`"]);
    assert!(found.pipelines[0].spec.contains("pfs: {repo: etc, glob: /}"), "{}", found.pipelines[0].spec);
}
