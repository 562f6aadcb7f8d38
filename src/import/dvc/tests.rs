//! Tests of `dvc.yaml`: the rows of what means what.

use super::super::report::Class;
use super::super::source::Held;
use super::*;

fn run(text: &str, files: &[(&str, &str)]) -> Result<Imported, ImportError> {
    let source = Source { path: "dvc.yaml".into(), text: text.into(), ..Source::default() };
    import(&source, &Held::new(files), &Wishes::default())
}

const STARTED: &str = "\
stages:
  prepare:
    cmd: python src/prepare.py data/data.xml
    deps: [data/data.xml, src/prepare.py]
    params: [prepare.seed, prepare.split]
    outs: [data/prepared]
  featurize:
    cmd: python src/featurization.py data/prepared data/features
    deps: [data/prepared, src/featurization.py]
    outs: [data/features]
  evaluate:
    cmd:
    - python src/evaluate.py -n ${top} data/features/test.csv --out=eval/a.json
    - cp eval/a.json eval/b.json
    deps: [data/features/test.csv, src/evaluate.py]
    outs: [{eval/b.json: {cache: false}}]
    metrics: [eval/a.json]
    always_changed: true
    desc: How good it is.
";

const FILES: &[(&str, &str)] = &[
    ("data/data.xml", ""),
    ("src/prepare.py", "import os\nout = os.path.join('data', 'prepared')\n"),
    ("src/featurization.py", ""),
    ("src/evaluate.py", ""),
    ("params.yaml", "top: 3\nprepare: {seed: 1, split: 0.2}\n"),
];

#[test]
fn what_only_make_fills_in_is_to_be_settled() {
    let text = "stages:\n  a:\n    cmd: wc -w $< > a.txt\n    deps: [data/data.xml]\n    outs: [a.txt]\n";
    let found = run(text, FILES).expect("it is read");
    found.tells(Class::Todo, &["a: cmd: `$<` and `$^` stand for files in a makefile only"]);
}

#[test]
fn stages_become_pipelines() {
    let found = run(STARTED, FILES).expect("it is read");
    let names: Vec<&str> = found.pipelines.iter().map(|pipeline| pipeline.name.as_str()).collect();
    assert_eq!(names, ["prepare", "featurize", "evaluate"]);
    assert_eq!(
        found.pipelines[1].spec,
        "# from dvc.yaml:8\ninput:\n  pfs: {repo: prepare, glob: /prepared}\ntransform:\n  \
         cmd: [sh, -c, python src/featurization.py /pfs/prepare/prepared /pfs/out/features]\n"
    );
    let evaluate = &found.pipelines[2].spec;
    assert!(evaluate.contains("glob: /features/test.csv"), "{evaluate}");
    assert!(evaluate.contains("-n 3 /pfs/featurize/features/test.csv --out=/pfs/out/a.json\n      cp /pfs/out/a.json /pfs/out/b.json"), "{evaluate}");
    assert!(
        evaluate.contains("reprocess_spec: every_job") && evaluate.contains("description: How good it is.")
    );
    let moved = |old: &str| found.moved.iter().find(|moved| moved.old == old).map(|moved| moved.new.as_str());
    assert_eq!(moved("data/features"), Some("featurize/features"));
}

#[test]
fn what_a_script_hides_is_to_be_settled_with_its_place() {
    let found = run(STARTED, FILES).expect("it is read");
    let todos = found.texts(Class::Todo);
    assert_eq!(
        todos,
        "6: prepare: outs: no word of the command names `data/prepared`, so a script must (src/prepare.py:2); let it write `/pfs/out/prepared`\n"
    );
    assert!(
        found.pipelines[0].spec.contains("code: [/params.yaml, /src/prepare.py]"),
        "{}",
        found.pipelines[0].spec
    );
    assert!(
        found
            .texts(Class::Assumed)
            .contains("5: prepare: params `prepare.seed`, `prepare.split`: the whole file")
    );
}

#[test]
fn folders_for_outs_are_there_and_scratch_files_are_told() {
    let text = "stages:\n  prep: {cmd: mkdir -p out/a && sort data/a > tmp && cat tmp > out/a/x, deps: [data/a], outs: [out/a/x]}\n  \
                whole: {cmd: mkdir -p one && cat data/a > one/x, deps: [data/a], outs: [one/x]}\n";
    let found = run(text, &[("data/a", "")]).expect("it is read");
    let spec = &found.pipelines[0].spec;
    assert!(spec.contains("mkdir -p /pfs/out && sort /pfs/data/a"), "{spec}");
    found.tells(Class::Todo, &["2: prep: cmd: it writes `tmp` in the project, where no command can write"]);
    found.tells(Class::Assumed, &["2: prep: cmd, with new paths in place of old ones, but for what"]);
    found.tells(Class::Assumed, &["3: whole: cmd: new paths in place of old ones; what names the files"]);
}

#[test]
fn many_stages_of_one() {
    let text = "vars: [{kinds: {a: {n: 1}, b: {n: 2}}}]\nstages:\n  x:\n    foreach: ${kinds}\n    do:\n      cmd: run ${item.n} in/d > out/${key}.txt\n      \
                deps: [in/d]\n      outs: ['out/${key}.txt']\n  y:\n    matrix: {m: [p, q], k: [1, 2]}\n    cmd: go ${item.m} ${item.k} in/d > o/${item.m}${item.k}\n    deps: [in/d]\n    outs: ['o/${item.m}${item.k}']\n";
    let found = run(text, &[("in/d", "")]).expect("it is read");
    let names: Vec<&str> = found.pipelines.iter().map(|pipeline| pipeline.name.as_str()).collect();
    assert_eq!(names, ["x/a", "x/b", "y/p-1", "y/p-2", "y/q-1", "y/q-2"]);
    assert!(
        found.pipelines[1].spec.contains("run 2 /pfs/in/d > /pfs/out/b.txt"),
        "{}",
        found.pipelines[1].spec
    );
}

#[test]
fn what_is_missing_is_to_be_settled() {
    let text = "stages:\n  a:\n    cmd: run ${nope} in/x in/y raw.csv > out/o\n    deps: [in/x, in/y, raw.csv]\n    outs: [out/o]\n    frozen: true\n    wdir: .\n";
    let found = run(text, &[("in/x.dvc", ""), ("raw.csv", "")]).expect("it is read");
    found.tells(
        Class::Todo,
        &[
            "DVC keeps `in/x`",
            "`in/y` is not there",
            "`raw.csv` lies at the project's root",
            "what `${nope}` is",
            "frozen:",
        ],
    );
}

#[test]
fn broken_ones_have_a_place() {
    for (text, message) in [
        ("a: 1\n", "dvc.yaml:1: the file has no `stages`"),
        ("stages:\n  a: {deps: [x]}\n", "dvc.yaml:2: stage `a` has no `cmd`"),
        ("stages:\n  a: {cmd: x, outs: [../o]}\n", "dvc.yaml:2: stage `a`: `../o` lies outside"),
        ("stages:\n  a: {foreach: 3, do: {cmd: x}}\n", "dvc.yaml:2: stage `a` is made for each"),
        ("vars: [gone.yaml]\nstages: {a: {cmd: x}}\n", "dvc.yaml:1: `vars` names `gone.yaml`"),
    ] {
        let error = run(text, &[]).expect_err(text).to_string();
        assert!(error.starts_with(message), "{error}");
    }
}

#[test]
fn values_are_written_as_dvc_writes_them() {
    let text = "params: [p.yaml]\nstages:\n  a:\n    cmd: x ${b} ${t} ${e} ${s} ${f} ${v} > a.txt\n    outs: [a.txt]\n    plots: [p.csv: {x: n}]\n";
    let params = "b: False\nt: TRUE\ne: 1e-3\ns: 'False'\nf: 1e-7\nv: 1.2.3\n";
    let found = run(text, &[("params.yaml", params)]).expect("it is read");
    let spec = &found.pipelines[0].spec;
    assert!(spec.contains("x false true 0.001 False 1e-07 1.2.3 >"), "{spec}");
    assert!(found.texts(Class::Refused).contains("1: : `params`: it only tells DVC"));
    assert!(found.texts(Class::Assumed).contains("`x` of `p.csv`: it only tells DVC"));
}

#[test]
fn a_circle_is_left_out_and_who_reads_it_is_asked() {
    let text = "\
stages:
  a: {cmd: sort b.txt > a.txt, deps: [b.txt], outs: [a.txt]}
  b: {cmd: sort a.txt > b.txt, deps: [a.txt], outs: [b.txt]}
  c: {cmd: sort a.txt > c.txt, deps: [a.txt], outs: [c.txt]}
  d: {cmd: sort raw/x > d.txt, deps: [raw/x], outs: [d.txt]}
";
    let found = run(text, &[("raw/x", "")]).expect("it is read");
    assert_eq!(found.pipelines.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["c", "d"]);
    found.tells(
        Class::Refused,
        &["2: : `a` needs `b`, which needs `a`: none of these stages", "3: : `a` needs"],
    );
    found.tells(Class::Todo, &["4: c: input: what makes `a` is left out (dvc.yaml:2); say what is read"]);
}

#[test]
fn of_two_stages_that_make_one_path_the_first_stands() {
    let text = "stages:\n  a: {cmd: x, outs: [o]}\n  b: {cmd: x, outs: [o]}\n  c: {cmd: x, outs: [p]}\n";
    let found = run(text, &[]).expect("it is read");
    assert_eq!(found.pipelines.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["a", "c"]);
    found.tells(
        Class::Refused,
        &["3: : `o` is made by stage `a` and by stage `b`; the later one is left out"],
    );
}

#[test]
fn what_lies_elsewhere_is_to_be_settled_and_each_line_is_told() {
    let text = "vars:\n- k: 1\nstages:\n  a:\n    wdir: sub\n    cmd: get s3://b/k > o\n    deps:\n    - s3://b/k\n    outs:\n    - o\n    \
                - remote://r/p\n";
    let found = run(text, &[]).expect("it is read");
    found.tells(
        Class::Todo,
        &["8: a: input: `s3://b/k` lies outside of the project", "11: a: outs: `remote://r/p` lies outside"],
    );
    found.tells(Class::Assumed, &["2: : `vars`: values", "a: wdir `sub`: the command runs there"]);
    assert!(!found.pipelines[0].spec.contains("repo:"), "{}", found.pipelines[0].spec);
}

#[test]
fn each_command_has_a_shell_of_its_own() {
    let text = "stages:\n  a:\n    cmd:\n    - export X=1; cd sub\n    - echo \"$X\" {1..3} > c.txt\n    outs: [c.txt]\n\
                \x20   deps: [data/data.xml]\n";
    let found = run(text, FILES).expect("it is read");
    let spec = &found.pipelines[0].spec;
    assert!(spec.contains("(set +e\n      export X=1; cd sub\n      )\n"), "{spec}");
    assert!(spec.contains("- bash\n"), "{spec}");
    found.tells(
        Class::Assumed,
        &["2: : commands are run by `sh`", "3: a: cmd: run by `bash`, whose syntax stands in it"],
    );
}

#[test]
fn numbers_and_null_are_those_of_yaml_1_2() {
    let vars = "vars:\n- {n: null, e: , o: 010, h: 0x10, u: 1_000, m: -0o10, q: '010', t: '~', v: 1.2.3}\n";
    let text = format!(
        "{vars}stages:\n  a:\n    vars: [{{z: 7}}]\n    cmd: x ${{z}} ${{n}} ${{e}} ${{o}} ${{h}} ${{u}} ${{m}} ${{q}} ${{t}} ${{v}} data/data.xml > c.txt\n    outs: [c.txt]\n    deps: [data/data.xml]\n"
    );
    let found = run(&text, FILES).expect("it is read");
    let spec = &found.pipelines[0].spec;
    assert!(spec.contains("x 7 None None 10 16 1000 -8 010 ~ 1.2.3 /pfs/data/data.xml"), "{spec}");
}

#[test]
fn maps_become_options_of_a_command() {
    let params = "train: {lr: 0.10, 'on': true, off: false, opt: {name: adam w, n: null}, many: [1, a, True], none: []}\n";
    let text = "stages:\n  a:\n    cmd: x ${train} ${train.many} data/data.xml > c.txt\n    outs: [c.txt]\n    deps: [data/data.xml]\n";
    let mut files = vec![("data/data.xml", ""), ("params.yaml", params)];
    let found = run(text, &files).expect("it is read");
    let spec = &found.pipelines[0].spec;
    let options = "--lr 0.1 --on --opt.name 'adam w' --opt.n None --many 1 a True";
    assert!(spec.replace("''", "'").contains(&format!("x {options} ${{train.many}} /pfs/")), "{spec}");
    found.tells(Class::Assumed, &["`${train}` is `--lr 0.1 --on "]);
    found.tells(Class::Todo, &["cmd: `${train.many}` stands for several values"]);
    files.push((".dvc/config", "[parsing]\n    bool = boolean_optional\n"));
    let found = run(text, &files).expect("it is read");
    found.tells(Class::Todo, &["cmd: `${train}` stands for several values"]);
}
