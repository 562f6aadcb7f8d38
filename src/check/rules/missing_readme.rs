//! `MP201`: a project that does not say what it is.

use crate::check::Ground;
use crate::model::{Edit, Finding, Fix, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "MP201",
    name: "missing-readme",
    severity: Severity::Warning,
    why: "someone who finds the folder must learn what it is",
};

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let is_readme = |path: &str| !path.contains('/') && path.to_ascii_lowercase().starts_with("readme");
    if ground.scan.paths().any(is_readme) {
        return Vec::new();
    }
    let message = "the project has no README at its root";
    if ground.repo.root().join("README.md").symlink_metadata().is_ok() {
        let help = "`README.md` is here, and git ignores it or it is no file: let git have it";
        return vec![RULE.on("", message).help(help)];
    }
    let name = ground.repo.root().file_name().map(|name| name.to_string_lossy().into_owned());
    let text = format!(
        "# {}\n\nWhat this is, where the data come from, and how to run it (`minipach run`).\n",
        name.unwrap_or_else(|| "A study".to_owned())
    );
    let fix =
        Fix::safe("write a README.md to be filled in", vec![Edit::Create { path: "README.md".into(), text }]);
    let help = "write README.md: what this is, where the data come from, how to run it";
    vec![RULE.on("", message).help(help).fix(fix)]
}
