//! `MP305`: specs, code and prose in the annex.

use crate::check::Ground;
use crate::check::ground::{is_own_text, is_readme};
use crate::model::{Edit, Finding, Fix, Rule, Severity, show};

pub(super) static RULE: Rule = Rule {
    code: "MP305",
    name: "text-in-annex",
    severity: Severity::Warning,
    why: "what is annexed cannot be edited, compared or read in a clone before it is fetched",
};

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let is_text = |path: &&str| {
        let is_own = is_own_text(path) && !(is_readme(path) && ground.is_output(path));
        is_own && ground.is_annexed(path) && !is_taken_out(ground, path) && !is_own_link(ground, path)
    };
    ground.scan.paths().filter(is_text).map(|path| finding(ground, path)).collect()
}

/// Whether it is somebody's own link to a file that is annexed: only that one is.
fn is_own_link(ground: &Ground<'_>, path: &str) -> bool {
    let is_link = ground.repo.root().join(path).is_symlink();
    is_link && ground.scan.annex_key_now(path).is_none()
}

/// Whether a file stands in the place of the link already, and waits to be committed.
fn is_taken_out(ground: &Ground<'_>, path: &str) -> bool {
    let is_link = ground.repo.root().join(path).is_symlink();
    !is_link && ground.uncommitted.iter().any(|waiting| waiting == path)
}

fn finding(ground: &Ground<'_>, path: &str) -> Finding {
    let found = RULE.on(path, format!("`{}` is kept in the annex", show(path)));
    let file = ground.repo.root().join(path);
    // Of an unlocked file git itself has to be told.
    let is_here = file.is_symlink() && std::fs::read_to_string(&file).is_ok();
    let Some(lines) = lines(ground, path).filter(|_| is_here) else {
        let help = "`git annex unannex` it, tell .gitattributes (`annex.largefiles=nothing`), and `git add` it again";
        return found.help(help);
    };
    let attributes = ".gitattributes".to_owned();
    let mut edits = vec![Edit::Unlinked { path: path.to_owned() }];
    if !lines.is_empty() {
        edits.push(Edit::Append { path: attributes, lines });
    }
    found
        .help("`minipach save` commits it to git itself once it is mended")
        .fix(Fix::safe("put the file in the place of the link, and keep it in git", edits))
}

/// The lines that keep a file in git, as far as that is not told already; none where no line can name it.
fn lines(ground: &Ground<'_>, path: &str) -> Option<Vec<String>> {
    let told = ground.repo.attribute(path, "annex.largefiles");
    if told.is_some_and(|told| told == "nothing" || told.contains("mimeencoding=binary")) {
        return Some(Vec::new());
    }
    let pattern = match path.rsplit('/').next() {
        Some("spec.yml") => "spec.yml".to_owned(),
        _ if path.starts_with("code/") => "/code/**".to_owned(),
        _ if path.contains(|c: char| c.is_whitespace() || c.is_control() || "*?[\\\"".contains(c)) => {
            return None;
        }
        _ => format!("/{path}"),
    };
    Some(vec![format!("{pattern} annex.largefiles=nothing")])
}
