//! `minipach add`: a pipeline of each kind, with the datums it would have; nothing written where anything is wrong.

use crate::screen::Tui;
use crate::support::{Project, peer};

/// A project with scans and images.
fn study() -> Project {
    let project = Project::bare();
    project.minipach(["new", "."]).ok();
    for subject in ["sub-01", "sub-02"] {
        project.write(&format!("raw/t1/{subject}/T1w.txt"), format!("{subject}\n"));
        project.write(&format!("raw/sessions/{subject}_ses-1/x.txt"), "one\n");
        project.write(&format!("raw/sessions/{subject}_ses-2/x.txt"), "two\n");
        project.write(&format!("raw/bids/{subject}/anat/{subject}_T1w.txt"), "scan\n");
    }
    project.write("raw/t2/sub-01/T2w.txt", "t2\n").write("raw/bids/dataset_description.json", "{}\n");
    project.write("raw/images/a.png", "a\n").write("raw/images/b.png", "b\n");
    project.commit("data");
    project
}

/// Kind and inputs, the datums there are, and a line of the spec.
const KINDS: [(&str, &[&str], usize, &str); 13] = [
    ("map", &["--from", "raw/images"], 2, "    glob: /(*).png"),
    ("per-subject", &["--from", "raw/t1"], 2, "    glob: /(sub-*)"),
    ("reduce", &["--from", "raw/images"], 1, "    glob: /"),
    ("join", &["--from", "raw/t1", "--from", "raw/t2", "--outer", "raw/t1"], 2, "        outer_join: true"),
    ("group", &["--from", "raw/sessions"], 2, "        group_by: $1"),
    ("cross", &["--from", "raw/t1", "--from", "raw/images:/(*)"], 4, "output: /${t1.1}/${images.1}"),
    ("union", &["--from", "raw/t1", "--from", "raw/images"], 4, "  union:"),
    (
        "sweep",
        &["--from", "raw/images:/", "--param", "rate=0.1,0.2", "--param", "deep=yes,no"],
        4,
        "        repo: params/new-sweep",
    ),
    ("container", &["--from", "raw/images", "--image", "debian:12-slim"], 2, "  image: 'debian:12-slim'"),
    ("bids-participant", &["--from", "raw/bids"], 2, "        name: subject"),
    ("bids-group", &["--from", "raw/bids"], 1, "output: /"),
    (
        "python",
        &["--from", "raw/images"],
        2,
        "  cmd: [python3, code/new-python.py, '--out', /pfs/out, /pfs/images]",
    ),
    ("shell", &["--from", "raw/images"], 2, "  cmd: [sh, code/new-shell.sh, '--out', /pfs/out, /pfs/images]"),
];

/// The names of all datums begin with a subject.
#[track_caller]
fn are_named_by_their_subject(project: &Project, pipeline: &str) {
    let keys = project.states(pipeline);
    assert!(keys.keys().all(|key| key.starts_with("raw/bids:/sub-")), "{keys:?}");
}

/// The names that the datums of a sweep would have are those that they have.
#[track_caller]
fn is_sweep_as_foretold(project: &Project, pipeline: &str, dry: &serde_json::Value) {
    if !pipeline.ends_with("sweep") {
        return;
    }
    let keys = project.states(pipeline);
    let mut foretold = dry["first"].as_array().expect("a list").iter().filter_map(|key| key.as_str());
    assert!(foretold.all(|key| keys.contains_key(key)), "{dry}\n{keys:?}");
}

#[test]
fn results_go_where_the_output_says() {
    let project = study();
    let words = ["add", "map", "small", "--from", "raw/images", "--output", "/v2/$1", "--dry-run", "--json"];
    let told = project.typed(&words).code(0).json();
    assert!(told["spec"].as_str().expect("a text").contains("\noutput: /v2/$1\n"), "{told}");
    assert_eq!(told["first"][0], "v2/a", "{told}");
    let both = ["add", "map", "small", "--from", "raw/images", "--output", "/all", "--", "true"];
    project.typed(&both).says("would both have the output `all`");
    assert!(!project.exists("small"));
}

#[test]
fn a_file_in_the_place_of_a_folder_is_told_with_its_glob() {
    let project = Project::new();
    project.write("raw/a.txt", "1\n").write("top.txt", "2\n").commit("data");
    let told = project.minipach(["add", "map", "x", "--from", "raw/a.txt"]).code(2);
    told.says("`raw/a.txt` is a file, and an input is a folder").says("`raw:/a.txt`");
    project.minipach(["add", "map", "x", "--from", "top.txt"]).code(2).says("move it into a folder");
    project.minipach(["add", "map", "x", "--from", "raw:/a.txt"]).code(0);
}

#[test]
fn each_kind_is_shown_then_written_and_runs() {
    let project = study();
    for (kind, words, datums, line) in KINDS {
        let name = format!("new-{kind}");
        let words = [&["add", kind, &name][..], words].concat();
        let dry = project.typed(&[&words[..], &["--dry-run", "--json"]].concat()).code(0).json();
        assert_eq!((&dry["datums"], &dry["written"]), (&datums.into(), &false.into()), "{kind}: {dry}");
        let spec = dry["spec"].as_str().expect("it is text");
        assert!(spec.lines().any(|one| one == line), "{kind}: {spec}");
        assert!(!project.exists(&name), "{kind}");
        let told = project.typed(&words).ok();
        let noun = if datums == 1 { "datum" } else { "datums" };
        assert!(told.contains(&format!("{datums} {noun}, first: ")), "{kind}: {told}");
        assert_eq!(project.read(&format!("{name}/spec.yml")), spec);
        if kind == "container" || (kind == "python" && peer("python3").is_none()) {
            project.remove(&name);
            continue;
        }
        project.minipach(["run", &name, "--save"]).ok();
        assert_eq!(project.datums(&name).len(), datums, "{kind}");
        is_sweep_as_foretold(&project, &name, &dry);
    }
    assert!(
        project.read("new-map/a/files.tsv").ends_with("/images.png\t2\n"),
        "{}",
        project.read("new-map/a/files.tsv")
    );
    assert!(project.read("new-bids-participant/sub-01/files.txt").starts_with("sub-01/anat/"));
    are_named_by_their_subject(&project, "new-bids-participant");
    project.program("sh", ["code/tests/test_new-shell.sh"]).ok();
    if peer("python3").is_some() {
        project.program("python3", ["-B", "-m", "unittest", "discover", "code/tests"]).code(0);
    }
    assert!(
        project.read(".gitattributes").contains("/new-map/** -merge -text -ident -working-tree-encoding\n")
    );
    assert_eq!(project.minipach(["check", "--fail-on", "warning"]).code, 0);
}

#[test]
fn what_cannot_be_is_refused_and_nothing_is_written() {
    let project = study();
    project.minipach(["add", "map", "one", "--from", "raw/images", "--", "true"]).ok();
    assert!(project.read("one/spec.yml").contains("  cmd: ['true']\n"));
    project.write("raw/again/a.png", "b\n");
    project.spec("two", "input: {pfs: {repo: three, glob: /}}\ntransform: {cmd: ['true']}\n");
    project.commit("pipelines");
    for (words, why) in [
        ("add map one --from raw/images", "`one` is there already"),
        ("add map raw --from raw/images", "`raw` is there already"),
        ("add map one/more --from raw/images", "`one/more` and the pipeline `one` would lie in one another"),
        ("add map raw/images/more --from raw/images", "would lie in `raw/images`, which it reads"),
        ("add map -x --from raw/images", "unexpected argument"),
        ("add map a.b --from raw/images", "cannot be a pipeline's name"),
        ("add map ../x --from raw/images", "cannot be a pipeline's name"),
        ("add map .git/x --from raw/images", "cannot be a pipeline's name"),
        ("add map new --from raw/t1:/(sub-*", "the glob `/(sub-*` has a `(` that is never closed"),
        ("add map new --from raw/imags", "did you mean `raw/images`?"),
        ("add map new --from new", "no folder of this project"),
        ("add reduce three --from two", "`two` is broken: input repo `three` does not exist"),
        ("add join new --from raw/t1", "`add join` needs `--from REPO`, twice at least"),
        ("add map new --from raw/t1 --from raw/t2", "`map` needs one input, and 2 were given"),
        ("add sweep new --from raw/images", "`add sweep` needs `--param"),
        ("add sweep new --from raw/images --param x=1,", "is not NAME=VALUE,VALUE"),
        ("add map new --from raw/images --param x=1", "only `sweep` has parameters"),
        ("add maps new --from raw/images", "did you mean `map`?"),
        ("add map new", "`add map` needs `--from REPO`"),
        ("add", "`add` needs a KIND: one of map, per-subject"),
        (
            "add container new --from raw/images --dockerfile nope/Dockerfile",
            "`nope/Dockerfile` is no file of the project",
        ),
        ("add union new --from raw/images --from raw/again", "with `--from 'raw:/(*/*)'` one input reads"),
        ("add from-template new --template ./nowhere", "it has no `scaffold.yml`"),
    ] {
        let ended = project.typed(&words.split(' ').collect::<Vec<_>>());
        assert!([2, 3].contains(&ended.code), "{words}: {ended:?}");
        ended.says(why);
        assert_eq!(project.changed(), "", "{words}");
    }
}

#[test]
fn a_template_of_ones_own_adds_a_pipeline() {
    let project = study();
    project.write("../mine/scaffold.yml", "id: mine\ntitle: M\ndescription: M.\nquestions:\n  - {name: name, type: text, prompt: Name?}\nfiles:\n  - {src: spec, dest: '{{name}}/spec.yml'}\n  - {src: run, dest: 'code/{{name}}.sh', raw: true, exec: true}\n");
    project.write("../mine/spec", "input: {pfs: {repo: raw/images, glob: '/(*).png'}}\noutput: /$1\ntransform: {cmd: [sh, 'code/{{name}}.sh']}\n");
    project.write("../mine/run", "cp -r ${PFS:-/pfs}/images/. ${PFS:-/pfs}/out/\n");
    let told = project.minipach(["add", "from-template", "copy", "--template", "../mine"]).ok();
    assert!(told.contains("2 datums, first: a, b"), "{told}");
    project.minipach(["run", "copy", "--save"]).ok();
    assert_eq!(project.read("copy/a/images.png"), "a\n");
    project
        .minipach(["add", "from-template", "copy2", "--template", "../mine", "--set", "name=other"])
        .code(2);
}

#[test]
fn from_nothing_to_ones_own_pipeline_with_the_prompts_alone() {
    let project = Project::bare();
    let size = (100, 50);
    let mut tui = Tui::start_with(&project, "new --defaults", &[("NO_COLOR", "1")], size);
    assert_eq!(tui.end(), 0);
    project.write("raw/images/a.txt", "a\n").write("raw/images/b.txt", "b\n");
    let mut tui = Tui::start_with(&project, "add", &[("NO_COLOR", "1")], size);
    tui.until_says("What kind of pipeline?");
    tui.keys("\r");
    tui.until_says("What is it called");
    tui.keys("raw\r");
    tui.until_says("`raw` is there already");
    for _ in 0.."raw".len() {
        tui.keys("\u{7f}");
    }
    tui.keys("sizes\r");
    tui.until_says("What does it read?");
    assert!(tui.screen().contains("> 1. raw/images  2 files: a.txt, b.txt"), "{}", tui.screen());
    tui.keys("\r");
    tui.until_says("How is raw/images cut?");
    tui.keys("/(*).png\r");
    tui.until_says("that takes nothing; there are a.txt, b.txt");
    // Whether what was typed is still there or not.
    tui.keys(&"\u{7f}".repeat("/(*).png".len()));
    tui.keys("/(*\r");
    tui.until_says("has a `(` that is never closed, so it closes at the end: write `/(*)`");
    tui.keys(&"\u{7f}".repeat("/(*".len()));
    tui.keys("/(*).txt\r");
    tui.until_says("takes `a.txt`, `b.txt`");
    tui.until_says("it finds its input at $images; what it writes to /pfs/out is its result");
    tui.keys("wc -c $images\r");
    tui.until_says("say where its result goes, as in: wc $images > /pfs/out/sizes.txt");
    tui.keys(&"\u{7f}".repeat("wc -c $images".len()));
    tui.keys("wc -c $images > /pfs/out/n\r");
    tui.until_says("Write it?");
    assert!(tui.screen().contains("2 datums, first: a, b"), "{}", tui.screen());
    tui.keys("y\r");
    tui.until_says("minipach run sizes --save");
    tui.until_says("Save and run it now?");
    tui.keys("y\r");
    tui.until_says("the results are in sizes/");
    assert_eq!(tui.end(), 0);
    tui.is_restored();
    assert!(project.read("sizes/a/n").starts_with("2 "));
    assert_eq!(project.changed(), "");
}

#[test]
fn whoever_lays_out_a_project_around_data_is_offered_a_pipeline() {
    let project = Project::bare();
    project.write("raw/texts/a.txt", "a\n");
    let mut tui = Tui::start_with(&project, "new --name mine", &[("NO_COLOR", "1")], (100, 70));
    for question in [
        "What to start from?",
        "In which folder? [.]",
        "Who makes it?",
        "licence?",
        "DataLad dataset",
        "at each push?",
        "Lay out",
    ] {
        tui.until_says(question);
        tui.keys("\r");
    }
    tui.until_says("Add a pipeline now?");
    tui.keys("\r");
    tui.until_says("What kind of pipeline?");
    tui.keys("\r");
    tui.until_says("What is it called");
    tui.keys("sizes\r");
    tui.until_says("What does it read?");
    tui.keys("\r");
    tui.until_says("How is raw/texts cut?");
    tui.keys("\r");
    tui.until_says("Which command");
    tui.keys("\r");
    tui.until_says("code/sizes.sh");
    tui.keys("\r");
    tui.until_says("Save and run it now?");
    tui.keys("\r");
    assert_eq!(tui.end(), 0);
    assert!(project.exists("sizes/spec.yml") && !project.exists("sizes/a"), "it is to be edited first");
}

#[test]
fn a_dockerfile_is_found_from_the_root_from_here_and_by_its_whole_path() {
    let project = study();
    project.write("env/Dockerfile", "FROM debian:12-slim\n").commit("an image");
    let whole = project.root().join("env/Dockerfile").display().to_string();
    for (name, folder, path) in [
        ("one", ".", "env/Dockerfile"),
        ("two", "env", "Dockerfile"),
        ("three", "raw", "../env/Dockerfile"),
        ("four", "env", "env/Dockerfile"),
        ("five", ".", whole.as_str()),
    ] {
        project
            .minipach(["-C", folder, "add", "container", name, "--from", "raw/images", "--dockerfile", path])
            .ok();
        let spec = project.read(&format!("{name}/spec.yml"));
        assert!(
            spec.contains("  image: 'env/Dockerfile'\n") || spec.contains("  image: env/Dockerfile\n"),
            "{spec}"
        );
    }
}
