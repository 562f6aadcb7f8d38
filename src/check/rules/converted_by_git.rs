//! `MP217`: results and data that git stores with other bytes than commands read and write.

use crate::check::Ground;
use crate::ledger::{own_attributes, result_rules};
use crate::model::{Edit, Finding, Fix, PipelineName, Rule, Severity, show_some};

pub(super) static RULE: Rule = Rule {
    code: "MP217",
    name: "converted-by-git",
    severity: Severity::Warning,
    why: "commands in a clone would read other bytes, and results that change on their way into git cannot be committed",
};

/// So many files are named in a sentence.
const NAMED: usize = 3;

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let results = ground.names.iter().filter_map(|name| of_results(ground, name));
    results.chain(of_data(ground)).collect()
}

/// Results of a pipeline that git may convert.
fn of_results(ground: &Ground<'_>, name: &PipelineName) -> Option<Finding> {
    let made_up = format!("{name}/minipach-result");
    let inside = format!("{name}/");
    let standing = ground
        .scan
        .paths()
        .filter(|path| path.starts_with(&inside) && !path.ends_with("/spec.yml") && !ground.is_annexed(path));
    let (path, by) = std::iter::once(&*made_up)
        .chain(standing)
        .find_map(|path| Some((path, ground.scan.converted_by(ground.repo, path).ok().flatten()?)))?;
    if let Some(own) = own_attributes(name.as_str(), path).find(|file| ground.scan.contains(file)) {
        let message =
            format!("git may convert results of `{name}` (`{by}`) by this file, which is one of them");
        return Some(
            RULE.on(&own, message)
                .help("have the command write no `.gitattributes`: it outranks the project's own"),
        );
    }
    let [rule, spec] = result_rules(name.as_str());
    let is_filter = by.starts_with("filter=");
    let rule = if is_filter { format!("{rule} -filter") } else { rule };
    let help = format!("add to .gitattributes:\n{rule}\n{spec}");
    let edits = vec![Edit::Append { path: ".gitattributes".into(), lines: vec![rule, spec] }];
    let title = "keep results as they are";
    let fix = if is_filter { Fix::doubtful(title, edits) } else { Fix::safe(title, edits) };
    let message =
        format!("git may convert results of `{name}` (`{by}`), and does not commit those it would change");
    Some(RULE.on(".gitattributes", message).help(help).fix(fix))
}

/// Files that pipelines read and that git stored with other bytes than stand here.
fn of_data(ground: &Ground<'_>) -> Option<Finding> {
    let leaves = ground.pipelines.iter().flat_map(|loaded| loaded.pipeline.input.leaves());
    let mut repos: Vec<&str> = leaves.map(|leaf| leaf.repo.as_str()).collect();
    repos.sort_unstable();
    repos.dedup();
    let mut found = Vec::new();
    for repo in repos {
        found.extend(ground.scan.stored_otherwise(ground.repo, repo).unwrap_or_default());
    }
    let (_, by) = found.first()?;
    let paths: Vec<&str> = found.iter().map(|(path, _)| *path).collect();
    let message = format!(
        "git stores {} with other bytes than stand here (`{by}`), so commands in a clone may read others",
        show_some(&paths, NAMED)
    );
    let help = "say `-text` of data in .gitattributes (and `-filter` or `-ident` where that is it), and save the data again";
    Some(RULE.on(paths[0], message).help(help))
}
