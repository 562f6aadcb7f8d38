//! Groups over one repo and over three.

use std::collections::BTreeMap;

use super::retail::{reduce, retail};
use super::{check, run};
use crate::support::{Project, table};

const LAB: [&str; 6] = [
    "T1606331395-LIPID-PATID2-CLIA24D9871327.txt",
    "T1606707557-LIPID-PATID1-CLIA24D9871327.txt",
    "T1606707579-LIPID-PATID3-CLIA24D9871327.txt",
    "T1606707597-LIPID-PATID4-CLIA24D9871327.txt",
    "T1606707613-LIPID-PATID1-CLIA24D9871328.txt",
    "T1606707635-LIPID-PATID3-CLIA24D9871328.txt",
];

/// Lab results grouped by `glob`'s capture, and one file made of each group.
fn lab(glob: &str) -> Project {
    let project = Project::new();
    for (number, name) in LAB.iter().enumerate() {
        project.write(&format!("labresults/{name}"), format!("{number}\n"));
    }
    let spec = format!(
        r#"{{"pipeline": {{"name": "grouped"}},
            "input": {{"group": [{{"pfs": {{"repo": "labresults", "branch": "master", "glob": "{glob}", "group_by": "$1"}}}}]}},
            "transform": {{"cmd": ["sh"], "stdin": [
              "mkdir -p /pfs/out/${{PACH_DATUM_labresults_GROUP_BY}}/",
              "cp -L /pfs/labresults/* /pfs/out/${{PACH_DATUM_labresults_GROUP_BY}}/"]}}}}"#
    );
    project.spec("grouped", &spec);
    reduce(&project, "reduced", "grouped");
    run(&project);
    project
}

/// The key of a datum that holds these lab results.
fn lab_key(numbers: &[usize]) -> String {
    numbers.iter().map(|number| format!("labresults:/{}", LAB[*number])).collect::<Vec<_>>().join(",")
}

#[track_caller]
fn check_lab(glob: &str, groups: &[(&str, &[usize])]) {
    let project = lab(glob);
    let keys: Vec<String> = groups.iter().map(|(_, numbers)| lab_key(numbers)).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let mut copies = BTreeMap::new();
    let mut merged = BTreeMap::new();
    for (group, numbers) in groups {
        let lines: Vec<String> = numbers.iter().map(|number| format!("{number}\n")).collect();
        copies.extend(
            numbers.iter().zip(&lines).map(|(n, line)| (format!("{group}/{}", LAB[*n]), line.clone())),
        );
        merged.insert(format!("{group}.txt"), lines.concat());
    }
    check(&project, "grouped", &keys, &copies);
    let folders: Vec<String> = groups.iter().map(|(group, _)| format!("grouped:/{group}")).collect();
    check(&project, "reduced", &folders.iter().map(String::as_str).collect::<Vec<_>>(), &merged);
}

/// Source: `examples/group/pipelines/lab/lab_group_by_patient.pipeline.json`, README.md "Example 1".
#[test]
fn group_by_patient() {
    check_lab("/*-PATID(*)-*.txt", &[("1", &[1, 4]), ("2", &[0]), ("3", &[2, 5]), ("4", &[3])]);
}

/// Source: `examples/group/pipelines/lab/lab_group_by_hospital.pipeline.json`, README.md "Example 1".
#[test]
fn group_by_hospital() {
    check_lab("/*-CLIA(*).txt", &[("24D9871327", &[0, 1, 2, 3]), ("24D9871328", &[4, 5])]);
}

/// Source: `examples/group/pipelines/retail/retail_group.pipeline.json`, README.md "Example 2".
#[test]
fn group_over_three_repos() {
    let project = retail();
    project.write(
        "code/revenue.sh",
        concat!(
            "cd \"${PFS:-/pfs}\"\n",
            "store=${PACH_DATUM_stores_GROUP_BY:-0} net=0\n",
            "for f in purchases/*; do if [ -e \"$f\" ]; then net=$((net + $(cat \"$f\"))); fi; done\n",
            "for f in returns/*; do if [ -e \"$f\" ]; then net=$((net - $(cat \"$f\"))); fi; done\n",
            "echo \"$net\" > \"out/$store.txt\"\n",
        ),
    );
    project.spec(
        "group_store_revenue",
        r#"{"pipeline": {"name": "group_store_revenue"},
            "input": {"group": [
              {"pfs": {"repo": "stores", "branch": "master", "glob": "/STOREID(*).txt", "group_by": "$1"}},
              {"pfs": {"repo": "purchases", "branch": "master", "glob": "/*_STOREID(*).txt", "group_by": "$1"}},
              {"pfs": {"repo": "returns", "branch": "master", "glob": "/*_STOREID(*).txt", "group_by": "$1"}}]},
            "transform": {"cmd": ["sh", "code/revenue.sh"]}}"#,
    );
    run(&project);
    // README, "Note that one datum is created for each store ID": store 0 has a return only, store 4 nothing.
    let groups = [
        "returns:/ORDERW261452_STOREID0.txt",
        concat!(
            "purchases:/ORDERW080520_STOREID1.txt,purchases:/ORDERW080521_STOREID1.txt,",
            "returns:/ORDERW080520_STOREID1.txt,stores:/STOREID1.txt",
        ),
        "purchases:/ORDERW078929_STOREID2.txt,stores:/STOREID2.txt",
        "purchases:/ORDERW598471_STOREID3.txt,stores:/STOREID3.txt",
        "stores:/STOREID4.txt",
        concat!(
            "purchases:/ORDERW080231_STOREID5.txt,purchases:/ORDERW080528_STOREID5.txt,",
            "returns:/ORDERW080231_STOREID5.txt,returns:/ORDERW080528_STOREID5.txt,stores:/STOREID5.txt",
        ),
    ];
    let net = table([
        ("0.txt", "-5\n"),
        ("1.txt", "35\n"),
        ("2.txt", "7\n"),
        ("3.txt", "30\n"),
        ("4.txt", "0\n"),
        ("5.txt", "10\n"),
    ]);
    check(&project, "group_store_revenue", &groups, &net);
}

/// Siblings in a union may share a name; their entries are numbered through.
#[test]
fn a_group_over_a_union_of_inputs_with_one_name() {
    let project = Project::new();
    project.write("x/s1", "from x\n");
    project.write("y/s1", "from y\n");
    project.spec(
        "g",
        "input:
  group:
    - union:
        - pfs: {repo: x, name: a, glob: /(*), group_by: $1}
        - pfs: {repo: y, name: a, glob: /(*), group_by: $1}
output: /$1
transform: {cmd: [sh, -c, 'cat /pfs/a/1 /pfs/a/2 > /pfs/out/both']}
",
    );
    run(&project);
    assert_eq!(project.read("g/s1/both"), "from x\nfrom y\n");
}
