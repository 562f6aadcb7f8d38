//! A parameter sweep: a cross of one repo with two parts of another, and a choice among all results.

use std::collections::BTreeMap;

use super::{check, run};
use crate::support::{Project, table};

/// The scripts of the hyperparameter example. A model's metric is its C, so that all of the best C tie.
fn hyperparameter() -> Project {
    let project = Project::new();
    project.write("raw_data/iris.csv", "1\n2\n3\n4\n5\n");
    for (name, values) in [("c", ["0.031", "0.125", "0.500"].as_slice()), ("gamma", &["1.0", "4.0"])] {
        for (number, value) in values.iter().enumerate() {
            // As Pachyderm's `--split line` names the parts of a file.
            project.write(&format!("parameters/{name}_parameters.txt/{number:016x}"), format!("{value}\n"));
        }
    }
    project.write_all(&[
        ("code/split.sh", "cd \"${PFS:-/pfs}\"\nhead -n 3 raw_data/iris.csv > out/train.csv\ntail -n 2 raw_data/iris.csv > out/test.csv\n"),
        (
            "code/model.sh",
            concat!(
                "cd \"${PFS:-/pfs}\"\nc=$(cat c-parameters/*/*) gamma=$(cat gamma-parameters/*/*)\n",
                "echo \"$c $(wc -l < raw_data/iris.csv | tr -d ' ')\" > \"out/model_C${c}_G$gamma.pkl\"\n",
            ),
        ),
        (
            "code/test.sh",
            concat!(
                "cd \"${PFS:-/pfs}\"\ntest -s split/test.csv\nfor model in model/*; do\n",
                "    name=${model##*/}; read -r c rest < \"$model\"\n    echo \"$c\" > \"out/${name%.pkl}_metric.txt\"\ndone\n",
            ),
        ),
        (
            "code/select.sh",
            concat!(
                "cd \"${PFS:-/pfs}\"\nbest=$(cat test/* | sort -n | tail -n 1)\nfor model in model/*; do\n",
                "    name=${model##*/}\n    if [ \"$(cat \"test/${name%.pkl}_metric.txt\")\" = \"$best\" ]; then\n",
                "        ln -s \"$PWD/$model\" \"out/$name\"\n    fi\ndone\n",
            ),
        ),
    ]);
    project
}

/// Source: `examples/ml/hyperparameter/{split,model,test,select}.pipeline.json`, README.md.
#[test]
fn hyperparameter_search() {
    let project = hyperparameter();
    let inputs = [
        ("split", r#"{"pfs": {"repo": "raw_data", "glob": "/"}}"#),
        (
            "model",
            r#"{"cross": [{"pfs": {"repo": "raw_data", "glob": "/iris.csv"}},
                {"pfs": {"name": "c-parameters", "repo": "parameters", "glob": "/c_parameters.txt/*"}},
                {"pfs": {"name": "gamma-parameters", "repo": "parameters", "glob": "/gamma_parameters.txt/*"}}]}"#,
        ),
        (
            "test",
            r#"{"cross": [{"pfs": {"repo": "split", "glob": "/test.csv"}}, {"pfs": {"repo": "model", "glob": "/*"}}]}"#,
        ),
        (
            "select",
            r#"{"cross": [{"pfs": {"repo": "test", "glob": "/"}}, {"pfs": {"repo": "model", "glob": "/"}}]}"#,
        ),
    ];
    for (name, input) in inputs {
        let spec = format!(
            r#"{{"pipeline": {{"name": "{name}"}}, "parallelismSpec": {{"constant": 1}}, "input": {input},
                "transform": {{"cmd": ["sh", "-e", "code/{name}.sh"]}}}}"#
        );
        project.spec(name, &spec);
    }
    run(&project);
    check(&project, "split", &["raw_data:/"], &table([("test.csv", "4\n5\n"), ("train.csv", "1\n2\n3\n")]));
    let (mut swept, mut models, mut tested, mut metrics) =
        (Vec::new(), BTreeMap::new(), Vec::new(), BTreeMap::new());
    for (c_number, c) in ["0.031", "0.125", "0.500"].iter().enumerate() {
        for (gamma_number, gamma) in ["1.0", "4.0"].iter().enumerate() {
            let parts = [("c", c_number), ("gamma", gamma_number)];
            let part =
                |(name, number): (&str, usize)| format!("parameters:/{name}_parameters.txt/{number:016x}");
            swept.push(format!("{},{},raw_data:/iris.csv", part(parts[0]), part(parts[1])));
            models.insert(format!("model_C{c}_G{gamma}.pkl"), format!("{c} 5\n"));
            tested.push(format!("model:/model_C{c}_G{gamma}.pkl,split:/test.csv"));
            metrics.insert(format!("model_C{c}_G{gamma}_metric.txt"), format!("{c}\n"));
        }
    }
    check(&project, "model", &swept.iter().map(String::as_str).collect::<Vec<_>>(), &models);
    check(&project, "test", &tested.iter().map(String::as_str).collect::<Vec<_>>(), &metrics);
    let best = table([("model_C0.500_G1.0.pkl", "0.500 5\n"), ("model_C0.500_G4.0.pkl", "0.500 5\n")]);
    check(&project, "select", &["model:/,test:/"], &best);
}
