//! The shops that the examples about joins and groups share, and their reduce step.

use crate::support::Project;

/// Stores, purchases and returns, as in `examples/joins` and `examples/group` (Makefile, README.md 2).
pub(crate) fn retail() -> Project {
    let project = Project::new();
    project.write_all(&[
        ("stores/STOREID1.txt", "02108\n"),
        ("stores/STOREID2.txt", "02108\n"),
        ("stores/STOREID3.txt", "90210\n"),
        ("stores/STOREID4.txt", "94107\n"),
        ("stores/STOREID5.txt", "90210\n"),
        ("purchases/ORDERW080520_STOREID1.txt", "20\n"),
        ("purchases/ORDERW080521_STOREID1.txt", "25\n"),
        ("purchases/ORDERW078929_STOREID2.txt", "7\n"),
        ("purchases/ORDERW598471_STOREID3.txt", "30\n"),
        ("purchases/ORDERW080231_STOREID5.txt", "21\n"),
        ("purchases/ORDERW080528_STOREID5.txt", "26\n"),
        ("returns/ORDERW080520_STOREID1.txt", "10\n"),
        ("returns/ORDERW080231_STOREID5.txt", "11\n"),
        ("returns/ORDERW080528_STOREID5.txt", "26\n"),
        ("returns/ORDERW261452_STOREID0.txt", "5\n"),
    ]);
    project
}

/// The reduce pipelines of `examples/joins` and `examples/group`: one file for each folder of `upstream`.
pub(crate) fn reduce(project: &Project, name: &str, upstream: &str) {
    project.write(
        "code/reduce.sh",
        "cd \"${PFS:-/pfs}\"\nfor f in \"$1\"/*/*; do\n    folder=${f%/*}\n    cat \"$f\" >> \"out/${folder##*/}.txt\"\ndone\n",
    );
    let spec = format!(
        r#"{{"pipeline": {{"name": "{name}"}},
            "input": {{"pfs": {{"repo": "{upstream}", "branch": "master", "glob": "/*"}}}},
            "transform": {{"cmd": ["sh", "code/reduce.sh", "{upstream}"]}}}}"#
    );
    project.spec(name, &spec);
}
