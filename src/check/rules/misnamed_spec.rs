//! `MP218`: a spec whose file has another name than `spec.yml`, or that is only reached through a link.

use rustix::fs::FileType;

use crate::check::Ground;
use crate::model::{Finding, Rule, Severity, show};

pub(super) static RULE: Rule = Rule {
    code: "MP218",
    name: "misnamed-spec",
    severity: Severity::Warning,
    why: "a folder is a pipeline by its `spec.yml` alone, so nothing runs here",
};

/// Names that people give to specs.
const NAMES: [&str; 5] = ["spec.json", "spec.yaml", "spec.yml", "pipeline.json", "pipeline.yaml"];

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let paths = || ground.scan.paths().filter(|path| !path.split('/').any(|part| part.starts_with('.')));
    let misnamed = paths().filter_map(|path| misnamed(ground, path));
    let hidden = ground.scan.paths().filter_map(|path| hidden(ground, path));
    misnamed.chain(paths().filter_map(|path| linked(ground, path))).chain(hidden).collect()
}

/// A spec in a folder whose name begins with a dot.
fn hidden(ground: &Ground<'_>, path: &str) -> Option<Finding> {
    let folder = path.strip_suffix("/spec.yml")?;
    let part = folder.split('/').find(|part| part.starts_with('.'))?;
    if matches!(part, ".minipach" | ".git" | ".datalad")
        || !ground.text(path).is_some_and(|text| is_spec(&text))
    {
        return None;
    }
    let message =
        format!("`{}` is no pipeline, since the name `{}` begins with a dot", show(folder), show(part));
    Some(RULE.on(path, message).help("give the folder another name, as by `git mv`"))
}

/// A spec whose file has another name.
fn misnamed(ground: &Ground<'_>, path: &str) -> Option<Finding> {
    let (folder, name) = path.rsplit_once('/')?;
    let is_meant = name != "spec.yml" && NAMES.iter().any(|known| name.eq_ignore_ascii_case(known));
    let right = format!("{folder}/spec.yml");
    let is_beside = ground.scan.contains(&right);
    if !is_meant || !is_beside && ground.is_output(path) {
        return None;
    }
    let text = ground.text(path).filter(|text| is_spec(text))?;
    if is_beside {
        let message = format!("`{name}` is not read, since `{right}` is the spec of `{folder}`");
        return Some(RULE.on(path, message).help("remove it, or give it a name that no spec has"));
    }
    let is_json = text.trim_start().starts_with('{');
    let and = if is_json { "; JSON may stay as it is, for it is YAML too" } else { "" };
    let message = format!("`{folder}` is no pipeline, since its spec is called `{name}`");
    Some(RULE.on(path, message).help(format!("call it `{right}`{and}")))
}

/// A link to a folder with a spec: links are not walked, or a pipeline would stand in two places.
fn linked(ground: &Ground<'_>, path: &str) -> Option<Finding> {
    let is_link = ground.scan.stat(path).is_some_and(|stat| stat.file_type() == FileType::Symlink);
    if !is_link || ground.is_annexed(path) || ground.is_output(path) {
        return None;
    }
    ground.repo.root().join(path).join("spec.yml").is_file().then(|| {
        let message = format!("`{}` is no pipeline, since it is a link to a folder with a spec", show(path));
        RULE.on(path, message).help("put a folder with its own `spec.yml` in its place")
    })
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
