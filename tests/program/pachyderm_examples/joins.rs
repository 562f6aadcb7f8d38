//! Inner and outer joins of stores with purchases and returns.

use super::retail::{reduce, retail};
use super::{check, run};
use crate::support::{Project, table};

/// Source: `examples/joins/pipelines/inner/inner_join.pipeline.json`, `reduce_inner.pipeline.json`.
#[test]
fn joins_inner() {
    let project = retail();
    project.write(
        "code/inner.sh",
        "cd \"${PFS:-/pfs}\"\nzip=$(cat stores/*)\nmkdir \"out/$zip\"\ncp -L purchases/* \"out/$zip/\"\n",
    );
    project.spec(
        "inner_join",
        r#"{"pipeline": {"name": "inner_join"},
            "input": {"join": [
              {"pfs": {"repo": "stores", "branch": "master", "glob": "/STOREID(*).txt", "join_on": "$1"}},
              {"pfs": {"repo": "purchases", "branch": "master", "glob": "/*_STOREID(*).txt", "join_on": "$1"}}]},
            "transform": {"cmd": ["sh", "code/inner.sh"]}}"#,
    );
    // `*_STOREID(*)` has one group: `$1` is the store, and the order number is not captured.
    reduce(&project, "reduce_inner", "inner_join");
    run(&project);
    let pairs = [
        "purchases:/ORDERW078929_STOREID2.txt,stores:/STOREID2.txt",
        "purchases:/ORDERW080231_STOREID5.txt,stores:/STOREID5.txt",
        "purchases:/ORDERW080520_STOREID1.txt,stores:/STOREID1.txt",
        "purchases:/ORDERW080521_STOREID1.txt,stores:/STOREID1.txt",
        "purchases:/ORDERW080528_STOREID5.txt,stores:/STOREID5.txt",
        "purchases:/ORDERW598471_STOREID3.txt,stores:/STOREID3.txt",
    ];
    let results = table([
        ("02108/ORDERW078929_STOREID2.txt", "7\n"),
        ("02108/ORDERW080520_STOREID1.txt", "20\n"),
        ("02108/ORDERW080521_STOREID1.txt", "25\n"),
        ("90210/ORDERW080231_STOREID5.txt", "21\n"),
        ("90210/ORDERW080528_STOREID5.txt", "26\n"),
        ("90210/ORDERW598471_STOREID3.txt", "30\n"),
    ]);
    check(&project, "inner_join", &pairs, &results);
    // README: two files, 02108.txt and 90210.txt, each with three purchases.
    let reduced = table([("02108.txt", "7\n20\n25\n"), ("90210.txt", "21\n26\n30\n")]);
    check(&project, "reduce_inner", &["inner_join:/02108", "inner_join:/90210"], &reduced);
}

/// The spec of `examples/joins/pipelines/outer/outer_join.pipeline.json`, each side outer or not.
fn outer_join(stores: bool, returns: bool) -> Project {
    let project = retail();
    project.write(
        "code/outer.sh",
        concat!(
            "cd \"${PFS:-/pfs}\"\n",
            "zip=UNKNOWN file=$(ls stores 2> /dev/null || true)\n",
            "if [ -n \"${PACH_DATUM_stores_JOIN_ON:-}\" ]; then zip=$(cat stores/*); fi\n",
            "if [ -d returns ]; then file=$(ls returns); fi\n",
            "mkdir \"out/$zip\"\n",
            "if [ -d returns ]; then cp -L \"returns/$file\" \"out/$zip/$file\"; else echo none > \"out/$zip/$file\"; fi\n",
        ),
    );
    let spec = format!(
        r#"{{"pipeline": {{"name": "outer_join"}},
            "input": {{"join": [
              {{"pfs": {{"repo": "stores", "glob": "/STOREID(*).txt", "join_on": "$1", "outer_join": {stores}}}}},
              {{"pfs": {{"repo": "returns", "glob": "/*_STOREID(*).txt", "join_on": "$1", "outer_join": {returns}}}}}]}},
            "transform": {{"cmd": ["sh", "code/outer.sh"]}}}}"#
    );
    project.spec("outer_join", &spec);
    project
}

const MATCHED: [&str; 3] = [
    "returns:/ORDERW080231_STOREID5.txt,stores:/STOREID5.txt",
    "returns:/ORDERW080520_STOREID1.txt,stores:/STOREID1.txt",
    "returns:/ORDERW080528_STOREID5.txt,stores:/STOREID5.txt",
];
const STORES_ALONE: [&str; 3] = ["stores:/STOREID2.txt", "stores:/STOREID3.txt", "stores:/STOREID4.txt"];
const RETURNS_ALONE: [&str; 1] = ["returns:/ORDERW261452_STOREID0.txt"];

/// Source: `examples/joins/pipelines/outer/outer_join.pipeline.json`, `reduce_outer.pipeline.json`.
#[test]
fn joins_outer_on_both_sides() {
    let project = outer_join(true, true);
    reduce(&project, "reduce_outer", "outer_join");
    run(&project);
    let results = table([
        ("02108/ORDERW080520_STOREID1.txt", "10\n"),
        ("02108/STOREID2.txt", "none\n"),
        ("90210/ORDERW080231_STOREID5.txt", "11\n"),
        ("90210/ORDERW080528_STOREID5.txt", "26\n"),
        ("90210/STOREID3.txt", "none\n"),
        ("94107/STOREID4.txt", "none\n"),
        ("UNKNOWN/ORDERW261452_STOREID0.txt", "5\n"),
    ]);
    check(&project, "outer_join", &[&MATCHED[..], &STORES_ALONE, &RETURNS_ALONE].concat(), &results);
    let reduced = table([
        ("02108.txt", "10\nnone\n"),
        ("90210.txt", "11\n26\nnone\n"),
        ("94107.txt", "none\n"),
        ("UNKNOWN.txt", "5\n"),
    ]);
    let folders = ["outer_join:/02108", "outer_join:/90210", "outer_join:/94107", "outer_join:/UNKNOWN"];
    check(&project, "reduce_outer", &folders, &reduced);
}

/// Source: the three variations of `examples/joins/README.md`, "outer join".
#[test]
fn joins_outer_on_one_side() {
    let alone: [(bool, bool, &[&str]); 3] =
        [(true, false, &STORES_ALONE), (false, true, &RETURNS_ALONE), (false, false, &[])];
    for (stores, returns, alone) in alone {
        let project = outer_join(stores, returns);
        run(&project);
        let keys: Vec<String> = project.states("outer_join").into_keys().collect();
        let mut expected = [&MATCHED[..], alone].concat();
        expected.sort_unstable();
        assert_eq!(keys, expected, "stores outer: {stores}, returns outer: {returns}");
    }
}
