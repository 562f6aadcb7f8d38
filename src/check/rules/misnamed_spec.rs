//! `MP218`: a spec whose file has another name than `spec.yml`.

use crate::check::Ground;
use crate::model::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "MP218",
    name: "misnamed-spec",
    severity: Severity::Warning,
    why: "a folder is a pipeline by its `spec.yml` alone, so nothing runs here",
};

/// Names that people give to specs.
const NAMES: [&str; 5] = ["spec.json", "spec.yaml", "spec.yml", "pipeline.json", "pipeline.yaml"];

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let finding = |path: &str| {
        let (folder, name) = path.rsplit_once('/')?;
        let is_meant = name != "spec.yml" && NAMES.iter().any(|known| name.eq_ignore_ascii_case(known));
        if !is_meant || path.split('/').any(|part| part.starts_with('.')) {
            return None;
        }
        let right = format!("{folder}/spec.yml");
        if ground.scan.contains(&right) || ground.is_output(path) {
            return None;
        }
        let text = ground.text(path).filter(|text| is_spec(text))?;
        let and = if text.trim_start().starts_with('{') {
            "; JSON may stay as it is, for it is YAML too"
        } else {
            ""
        };
        let message = format!("`{folder}` is no pipeline, since its spec is called `{name}`");
        Some(RULE.on(path, message).help(format!("call it `{right}`{and}")))
    };
    ground.scan.paths().filter_map(finding).collect()
}

/// Whether a text has the fields that nearly every spec has.
fn is_spec(text: &str) -> bool {
    let has = |field: &str| {
        text.match_indices(field).any(|(at, _)| {
            let rest = text[at + field.len()..].trim_start_matches('"').trim_start();
            rest.starts_with(':')
        })
    };
    has("input") && (has("transform") || has("output"))
}
