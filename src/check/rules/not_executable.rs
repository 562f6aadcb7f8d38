//! `MP131`: scripts that are started by themselves, but cannot be.

use crate::check::Ground;
use crate::model::{Edit, Finding, Fix, Kind, Pipeline, Rule, Severity, literal};

pub(super) static RULE: Rule = Rule {
    code: "MP131",
    name: "not-executable",
    severity: Severity::Warning,
    why: "the system refuses to start it",
};

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    ground.pipelines.iter().filter_map(|loaded| finding(ground, &loaded.pipeline)).collect()
}

fn finding(ground: &Ground<'_>, pipeline: &Pipeline) -> Option<Finding> {
    let transform = pipeline.transform.as_ref()?;
    let path = transform.cmd.first()?.trim_start_matches("./");
    let text = ground.text(path)?;
    if ground.kind(path)? == Kind::File {
        let fix = Fix::safe("let it be executed", vec![Edit::Executable { path: path.to_owned() }]);
        let message = format!("`{path}` is started by `{}`, but may not be executed", pipeline.name);
        return Some(RULE.on(path, message).help(format!("`chmod +x {}`", literal(path))).fix(fix));
    }
    if text.starts_with("#!") {
        return None;
    }
    let message = format!("`{path}` is started by `{}`, but does not say what runs it", pipeline.name);
    Some(
        RULE.on(path, message)
            .help("begin it with a line such as `#!/bin/sh`, or name the program first in `cmd`"),
    )
}
