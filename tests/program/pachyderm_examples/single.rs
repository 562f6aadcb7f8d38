//! Examples that share nothing: word count, shuffle, montage, error command.

use std::collections::BTreeMap;

use super::{check, run};
use crate::support::{Project, table};

const MAP: &str = concat!(
    "cd \"${PFS:-/pfs}\"\nmkdir \"out/$PACH_DATUM_ID\"\n",
    "for word in $(cat scraper/*/*); do\n",
    "    file=out/$PACH_DATUM_ID/$word count=0\n",
    "    if [ -e \"$file\" ]; then count=$(cat \"$file\"); fi\n",
    "    echo $((count + 1)) > \"$file\"\ndone\n",
);

const SUM: &str = concat!(
    "cd \"${PFS:-/pfs}\"\nfor file in map/*/*; do\n",
    "    word=${file##*/} sum=0\n",
    "    if [ -e \"out/$word\" ]; then sum=$(cat \"out/$word\"); fi\n",
    "    echo $((sum + $(cat \"$file\"))) > \"out/$word\"\ndone\n",
);

/// Source: `examples/word_count/pipelines/map.pipeline.json`, `reduce.pipeline.json`, `src/map.go`. The scraper,
/// which needs a network, is data here.
#[test]
fn word_count() {
    let project = Project::new();
    project.write_all(&[
        ("scraper/Github/index.html", "a fork a pull\n"),
        ("scraper/Wikipedia/Main_Page.html", "a page\n"),
        ("scraper/Wikipedia/Other.html", "page pull\n"),
        ("code/map.sh", MAP),
        ("code/sum.sh", SUM),
    ]);
    project.spec(
        "map",
        r#"{"pipeline": {"name": "map"}, "input": {"pfs": {"repo": "scraper", "glob": "/*/*"}},
            "transform": {"cmd": ["sh", "code/map.sh"]}}"#,
    );
    project.spec(
        "reduce",
        r#"{"pipeline": {"name": "reduce"}, "input": {"pfs": {"repo": "map", "glob": "/"}},
            "transform": {"cmd": ["sh", "code/sum.sh"]}}"#,
    );
    run(&project);
    let words = BTreeMap::from([
        ("scraper:/Github/index.html", table([("a", "2\n"), ("fork", "1\n"), ("pull", "1\n")])),
        ("scraper:/Wikipedia/Main_Page.html", table([("a", "1\n"), ("page", "1\n")])),
        ("scraper:/Wikipedia/Other.html", table([("page", "1\n"), ("pull", "1\n")])),
    ]);
    let mut counted = BTreeMap::new();
    for datum in project.datums("map") {
        let own = words.get(datum.key.as_str()).cloned().unwrap_or_default();
        counted.extend(own.into_iter().map(|(word, count)| (format!("{}/{word}", datum.id), count)));
    }
    check(&project, "map", &words.keys().copied().collect::<Vec<_>>(), &counted);
    let totals = table([("a", "3\n"), ("fork", "1\n"), ("page", "2\n"), ("pull", "2\n")]);
    check(&project, "reduce", &["map:/"], &totals);
}

/// Source: `examples/shuffle/shuffle.pipeline.json`, README.md: inputs are seen empty, and a link to one in the
/// output becomes the real file.
#[test]
fn shuffle() {
    let project = Project::new();
    project.write_all(&[
        ("fruits/apple.jpeg", "picture of an apple\n"),
        ("fruits/mango.jpeg", "picture of a mango\n"),
        ("pricing/apple.json", "1\n"),
        ("pricing/mango.json", "2\n"),
        (
            "code/shuffle.sh",
            concat!(
                "cd \"${PFS:-/pfs}\"\n",
                "place() {\n    [ -e \"$1\" ] || return 0\n    if [ -s \"$1\" ]; then echo \"$1 is not empty\" >&2; exit 1; fi\n",
                "    fruit=${1##*/}; fruit=${fruit%.*}\n    mkdir \"out/$fruit\"\n    ln -s \"$PWD/$1\" \"out/$fruit/$2\"\n}\n",
                "for f in fruits/*; do place \"$f\" img.jpeg; done\n",
                "for f in pricing/*; do place \"$f\" cost.json; done\n",
            ),
        ),
    ]);
    project.spec(
        "shuffle",
        r#"{"pipeline": {"name": "shuffle"},
            "input": {"union": [
              {"pfs": {"glob": "/*.jpeg", "repo": "fruits", "emptyFiles": true}},
              {"pfs": {"glob": "/*.json", "repo": "pricing", "emptyFiles": true}}]},
            "transform": {"cmd": ["sh", "code/shuffle.sh"]}}"#,
    );
    run(&project);
    let placed = table([
        ("apple/cost.json", "1\n"),
        ("apple/img.jpeg", "picture of an apple\n"),
        ("mango/cost.json", "2\n"),
        ("mango/img.jpeg", "picture of a mango\n"),
    ]);
    let keys = ["fruits:/apple.jpeg", "fruits:/mango.jpeg", "pricing:/apple.json", "pricing:/mango.json"];
    check(&project, "shuffle", &keys, &placed);
}

/// Source: `examples/opencv/edges.pipeline.json`, `montage.pipeline.json`; the pictures are text here.
#[test]
fn montage() {
    let project = Project::new();
    project.write_all(&[
        ("images/kitten.png", "kitten\n"),
        ("images/liberty.png", "liberty\n"),
        (
            "code/edges.sh",
            "cd \"${PFS:-/pfs}\"\nfor f in images/*; do tr a-z A-Z < \"$f\" > \"out/${f##*/}\"; done\n",
        ),
    ]);
    project.spec(
        "edges",
        r#"{"pipeline": {"name": "edges"}, "input": {"pfs": {"glob": "/*", "repo": "images"}},
            "transform": {"cmd": ["sh", "code/edges.sh"]}}"#,
    );
    project.spec(
        "montage",
        r#"{"pipeline": {"name": "montage"},
            "input": {"cross": [{"pfs": {"glob": "/", "repo": "images"}}, {"pfs": {"glob": "/", "repo": "edges"}}]},
            "transform": {"cmd": ["sh"],
              "stdin": ["cat $(find -L /pfs/images /pfs/edges -type f | sort) > /pfs/out/montage.png"]}}"#,
    );
    run(&project);
    let edges = table([("kitten.png", "KITTEN\n"), ("liberty.png", "LIBERTY\n")]);
    check(&project, "edges", &["images:/kitten.png", "images:/liberty.png"], &edges);
    let whole = table([("montage.png", "KITTEN\nLIBERTY\nkitten\nliberty\n")]);
    check(&project, "montage", &["edges:/,images:/"], &whole);
}

/// Source: `examples/err_cmd/README.md`: `file1` succeeds, `file2` is recovered and gives nothing, `file3` fails.
#[test]
fn err_cmd() {
    let project = Project::new();
    project.spec(
        "error_test",
        r#"{"pipeline": {"name": "error_test"}, "input": {"pfs": {"glob": "/*", "repo": "input"}},
            "transform": {
              "cmd": ["sh"],
              "stdin": ["if", "[ -e /pfs/input/file1 ]", "then cp -L /pfs/input/* /pfs/out/", "exit 0", "fi", "exit 1"],
              "err_cmd": ["sh"],
              "err_stdin": ["if", "[ -e /pfs/input/file2 ]", "then", "exit 0", "fi", "exit 1"]}}"#,
    );
    let steps: [(&str, &str, i32, &str); 3] =
        [("file1", "foo\n", 0, "done"), ("file2", "bar\n", 0, "recovered"), ("file3", "baz\n", 1, "failed")];
    let mut states = BTreeMap::new();
    for (file, content, code, state) in steps {
        project.write(&format!("input/{file}"), content);
        project.commit(file);
        project.minipach(["run"]).code(code);
        states.insert(format!("input:/{file}"), state.to_owned());
        assert_eq!(project.states("error_test"), states);
        assert_eq!(project.tree("error_test"), table([("file1", "foo\n")]));
    }
}
