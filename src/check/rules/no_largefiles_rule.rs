//! `MP303`: a dataset with an annex that is not told what belongs into it.

use crate::check::Ground;
use crate::model::{Edit, Finding, Fix, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "MP303",
    name: "no-largefiles-rule",
    severity: Severity::Warning,
    why: "without a rule every file goes into the annex, scripts and specs too",
};

/// What `DataLad`'s `text2git` procedure writes.
const LINE: &str = "* annex.largefiles=((mimeencoding=binary)and(largerthan=0))";

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let is_told = || {
        let path =
            ground.names.first().map_or_else(|| "code/run.sh".to_owned(), |name| format!("{name}/spec.yml"));
        ground.repo.attribute(&path, "annex.largefiles").is_some()
            || ground.repo.text_setting("annex.largefiles").is_some()
    };
    if !ground.repo.has_annex() || is_told() {
        return Vec::new();
    }
    let edit = above_all(ground);
    let message = "no rule says which files belong into the annex, so all do";
    let help = format!(
        "add to the top of .gitattributes, where lines below outrank it, as DataLad's `text2git` does:\n{LINE}"
    );
    vec![RULE.on(".gitattributes", message).help(help).fix(Fix::safe("keep text in git", vec![edit]))]
}

/// The line at the top of the file: of lines that match, the last one counts.
fn above_all(ground: &Ground<'_>) -> Edit {
    let path = ".gitattributes".to_owned();
    if ground.repo.root().join(&path).is_file() {
        return Edit::Replace { path, start: 0, end: 0, old: String::new(), new: format!("{LINE}\n") };
    }
    Edit::Append { path, lines: vec![LINE.to_owned()] }
}
