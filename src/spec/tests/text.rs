//! Tests of the text itself: bombs, odd bytes, the forms of YAML and JSON.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::{errors, line, pipeline, read};
use crate::spec::{SourceFile, Sources, load};

fn only_error(text: &str) -> String {
    let loaded = read(text);
    let errors = errors(&loaded.findings);
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(loaded.pipelines.is_empty());
    assert_eq!(loaded.broken.keys().collect::<Vec<_>>(), ["fs"]);
    errors[0].clone()
}

#[test]
fn merge_conflicts_are_said_to_be_such() {
    let text = "input:\n<<<<<<< HEAD\n  pfs: {}\n=======\n  cross: []\n>>>>>>> other\n";
    assert_eq!(only_error(text), "MP001 fs/spec.yml:2:1 the file has merge conflicts");
    let quoted = "input: {pfs: {repo: a, glob: /}}\ndescription: |\n  <<<<<<< HEAD\ntransform: {cmd: [a]}\n";
    assert_eq!(pipeline(quoted).name.as_str(), "fs");
}

#[test]
fn bombs_are_refused_at_once() {
    let mut laughs = "a: &a [x, x]\n".to_owned();
    for (name, last) in ('b'..='z').zip('a'..) {
        let _ = writeln!(laughs, "{name}: &{name} [*{last}, *{last}, *{last}, *{last}]");
    }
    let cases = [
        (laughs, "anchors and aliases"),
        ("[".repeat(100_000), "MP001"),
        ("{a: ".repeat(100_000), "MP001"),
        ("- ".repeat(100_000), "MP001"),
        ((0..400).fold(String::new(), |text, depth| text + &" ".repeat(depth) + "a:\n"), "MP001"),
        (format!("cmd: [{}]", "1,".repeat(20_000)), "more than 10000 values"),
        ("x".repeat(2 << 20), "at most 1048576"),
        ("\"".repeat(900_000), "MP001"),
    ];
    for (text, expected) in cases {
        let start = Instant::now();
        let error = only_error(&text);
        assert!(error.contains(expected), "{error}");
        // Milliseconds in truth; a quadratic reader would need minutes.
        assert!(start.elapsed() < Duration::from_secs(10), "{expected}");
    }
}

#[test]
fn what_is_not_one_document_is_refused_with_its_place() {
    let cases = [
        ("a: b\n---\nc: d\n", "MP001 fs/spec.yml:2:1 file holds more than one document"),
        ("- input: {}\n", "MP003 fs/spec.yml:1:1 the file must be a map, not a list"),
        ("just words\n", "MP003 fs/spec.yml:1:1 the file must be a map, not `just words`"),
        ("", "MP001 fs/spec.yml the spec is empty"),
        ("# nothing\n", "MP001 fs/spec.yml the spec is empty"),
        ("salt: !!binary aGk=\n", "MP001 fs/spec.yml:1:16 the tag `!!binary` is not allowed"),
        ("? [a]\n: b\n", "MP001 fs/spec.yml:1:3 a key must be text, not a list or a map"),
        ("salt: *x\n", "MP001 fs/spec.yml:1:7 anchors and aliases are not allowed"),
        ("salt: &x y\n", "MP001 fs/spec.yml:1:7 anchors and aliases are not allowed"),
    ];
    let found: Vec<_> = cases.iter().map(|(text, _)| only_error(text)).collect();
    let expected: Vec<_> = cases.iter().map(|(_, expected)| *expected).collect();
    assert_eq!(found, expected);
}

#[test]
fn common_slips_come_with_a_remedy() {
    let cases = [
        ("input:\n\tpfs: x\n", "indent with spaces"),
        ("salt: a: b\n", "put text that holds `: ` in quotes, or check the indentation"),
        ("salt: @x\n", "put text that begins with a special character in quotes"),
        ("salt: *.txt\n", "put it in quotes if it is meant as text"),
        ("input: {\n", "close it with `]` or `}`"),
    ];
    for (text, remedy) in cases {
        assert_eq!(read(text).findings[0].help.as_deref(), Some(remedy), "{text}");
    }
}

#[test]
fn bytes_that_are_not_text_are_refused() {
    let spec = SourceFile { path: "fs/spec.yml".into(), text: b"salt: a\nuser: \xff\n".to_vec() };
    let loaded = load(&Sources { specs: vec![spec], ..Sources::default() });
    assert_eq!(line(&loaded.findings[0]), "MP001 fs/spec.yml file is not UTF-8 text: byte 0xff in line 2");
}

#[test]
fn forms_of_one_spec_mean_the_same() {
    let forms = [
        "input: {pfs: {repo: raw, glob: /*}}\ntransform:\n  cmd: [sh]\n  stdin:\n  - echo hi\n",
        "input:\r\n  pfs:\r\n    repo: raw\r\n    glob: /*\r\ntransform:\r\n  cmd: [sh]\r\n  stdin: [echo hi]\r\n",
        "{\n\t\"input\": {\"pfs\": {\"repo\": \"raw\", \"glob\": \"/*\"}},\n\t\"transform\": {\"cmd\": [\"sh\"], \"stdin\": [\"echo hi\"]}\n}\n",
        "\u{feff}input: {pfs: {repo: raw, glob: /*}}\ntransform: {cmd: [sh], stdin: ['echo hi']}\n",
        "$schema: x\ninput: {pfs: {repo: !!str raw, glob: /*, join_on: null}}\ntransform: {cmd: [sh], stdin: [echo hi]}\n",
    ];
    let debug = |text: &str| format!("{:?}", pipeline(text));
    for form in &forms[1..] {
        assert_eq!(debug(form), debug(forms[0]), "{form}");
    }
}

#[test]
fn columns_count_characters() {
    let loaded = read(
        "description: \"Zürich ✓\"\ninput: {pfs: {repo: \"ü/../x\", glob: /*}}\ntransform: {cmd: [a]}\n",
    );
    assert_eq!(errors(&loaded.findings), ["MP205 fs/spec.yml:2:21 repo `ü/../x` has a `..` component"]);
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let spec = SourceFile { path: "fs/spec.yml".into(), text: bytes.clone() };
        let config = SourceFile { path: "minipach.yml".into(), text: bytes };
        load(&Sources { config: Some(config), specs: vec![spec], ..Sources::default() });
    }

    #[test]
    fn random_spec_like_text_never_panics_and_spans_lie_inside(
        words in prop::collection::vec(prop::sample::select(WORDS), 0..60)
    ) {
        let text = words.concat();
        let loaded = read(&text);
        for finding in &loaded.findings {
            if let Some(span) = finding.span {
                prop_assert!(text.get(span.start..span.end).is_some(), "{finding:?}");
            }
        }
    }
}

const WORDS: &[&str] = &[
    "input",
    "pfs",
    "cross",
    "join",
    "repo",
    "glob",
    "transform",
    "cmd",
    "output",
    "name",
    "cron",
    "spec",
    ": ",
    ":",
    "\n",
    "\n  ",
    "\n    ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    ", ",
    "\"",
    "'",
    "/*",
    "/(*)",
    "$1",
    "${a.1}",
    "ä",
    "|",
    ">",
    "#",
    "!!str ",
    "&a ",
    "*a",
    "null",
    "5",
    "true",
    "\t",
    "\r\n",
    "%",
    "@",
    "\\",
    "---\n",
    "? ",
];

#[test]
fn a_spec_at_the_root_is_no_pipeline() {
    let at_root = |text: &str| {
        let specs = vec![SourceFile { path: "spec.yml".into(), text: text.into() }];
        let loaded = load(&Sources { specs, ..Sources::default() });
        assert!(loaded.pipelines.is_empty());
        loaded.findings.iter().map(|found| (found.is_error(), line(found))).collect::<Vec<_>>()
    };
    let told = "MP102 spec.yml a `spec.yml` stands at the project's root, but a pipeline is a folder";
    assert_eq!(at_root("input: {pfs: {repo: raw}}\n"), [(true, told.to_owned())]);
    assert_eq!(at_root("openapi: 3.1.0\n"), [(false, told.to_owned())]);
    assert_eq!(at_root("a: [\n"), [(false, told.to_owned())]);
}
