//! What other programs read: RO-Crates, PROV, drawings.

use serde_json::Value;

use super::{by, laid_out};
use crate::support::{Ended, Project, peer};

/// What its community's validator says of a crate.
fn validated(project: &Project, python: &std::path::Path, text: &str) -> Ended {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/ro_crate.py");
    project.write("ro-crate-metadata.json", text);
    let profiles = ["workflow-run-crate-0.5", "process-run-crate-0.5", "workflow-ro-crate-1.0"];
    project.program(python, [script, ".", profiles[0], profiles[1], profiles[2]])
}

#[test]
fn a_crate_names_the_license_that_is_there() {
    let project = Project::new();
    laid_out(&project);
    project.commit("subjects");
    project.minipach(["run"]).ok();
    let words = ["provenance", "all", "--format", "ro-crate"];
    let crate_of = |more: &[&str]| project.typed(&[&words, more].concat());
    let of = |said: &Value| said["@graph"][1]["license"]["@id"].clone();
    let text = crate_of(&[]).ok();
    assert_eq!(
        of(&serde_json::from_str(&text).unwrap()),
        "#no-license",
        "no file that is not there is named"
    );
    drop(peer("python-with-validators").map(|python| validated(&project, &python, &text).code(0)));
    assert_eq!(of(&crate_of(&["--license", "https://x.org/free"]).code(0).json()), "https://x.org/free");
    crate_of(&["--license", "TERMS"]).code(2).says("`TERMS` is neither an address nor a file of the project");
    project.write("COPYING", "free\n").write("Licence.txt", "free\n");
    assert_eq!(of(&crate_of(&[]).code(0).json()), "Licence.txt");
}

#[test]
fn a_crate_holds_only_what_stands_in_the_folder() {
    let Some(python) = peer("python-with-validators") else { return };
    let project = Project::new();
    laid_out(&project);
    project.write("LICENSE", "free\n").commit("subjects");
    project.minipach(["run"]).ok();
    project.git(["mv", "code", "src"]);
    project.git(["mv", "raw/a/text", "raw/a/other"]);
    project.git(["mv", "raw/b", "b"]);
    project.git(["mv", "upper/spec.yml", "upper/old.yml"]);
    by(&project, "Mover", "tidy up");
    let said = project.minipach(["provenance", "all", "--format", "ro-crate"]).ok();
    assert!(said.contains("#absent/code/upper.sh") && said.contains("#absent/raw/b/"), "{said}");
    validated(&project, &python, &said).code(0).says("workflow-run-crate-0.5 is valid");
}

#[test]
fn other_programs_read_it() {
    let Some(python) = peer("python-with-validators") else { return };
    let project = Project::new();
    laid_out(&project);
    project.write("LICENSE", "free\n").commit("subjects");
    project.minipach(["run"]).ok();
    let text = |format: &str| project.minipach(["provenance", "all", "--format", format]).ok();
    project.write("prov.json", text("prov"));
    let prov: Value = serde_json::from_str(&text("prov")).unwrap();
    let people: std::collections::BTreeSet<String> =
        project.git(["log", "--format=%an %ae"]).lines().map(str::to_owned).collect();
    assert_eq!(prov["agent"].as_object().unwrap().len(), people.len(), "each person once: {prov}");
    assert!(project.git(["rev-list", "--count", "HEAD"]).trim().parse::<usize>().unwrap() > people.len());
    let reads = "import sys; from prov.model import ProvDocument
document = ProvDocument.deserialize('prov.json', format='json')
kinds = {str(record.get_type()) for record in document.get_records()}
print(len(document.get_records()), sorted(kinds))
assert {'prov:Entity', 'prov:Activity', 'prov:Agent', 'prov:Usage', 'prov:Generation'} <= kinds";
    project.program(&python, ["-c", reads]).code(0);

    let crate_text = text("ro-crate");
    validated(&project, &python, &crate_text).code(0).says("workflow-run-crate-0.5 is valid");
    let broken = crate_text.replace("\"datePublished\"", "\"datePublishd\"");
    validated(&project, &python, &broken).code(1).says("is not valid");

    let Some(dot) = peer("dot") else { return };
    project.write("graph.dot", text("dot"));
    project.program(&dot, ["-Tsvg", "-o", "graph.svg", "graph.dot"]).code(0);
    assert!(project.read("graph.svg").contains("upper/a"));
}
