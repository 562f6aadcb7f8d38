//! `MP213`: results that git would merge line by line.

use crate::check::Ground;
use crate::ledger::{OUTPUTS_END, result_rules};
use crate::model::{Edit, Finding, Fix, PipelineName, Rule, Severity, show_some};

pub(super) static RULE: Rule = Rule {
    code: "MP213",
    name: "mergeable-output",
    severity: Severity::Info,
    why: "git would merge two results into one that nobody computed",
};

/// Where git is told.
const PATH: &str = ".gitattributes";

/// So many pipelines are named in a sentence.
const NAMED: usize = 5;

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let merges = |name: &&PipelineName| !ground.repo.is_unmergeable(&format!("{name}/minipach-result"));
    let exposed: Vec<&str> = ground.names.iter().filter(merges).map(PipelineName::as_str).collect();
    if exposed.is_empty() {
        return Vec::new();
    }
    let lines: Vec<String> = exposed.iter().flat_map(|name| result_rules(name)).collect();
    let named = show_some(&exposed, NAMED);
    let message = format!("git would merge results of {named} line by line, into results nobody computed");
    let help = format!("add to .gitattributes:\n{}", lines.join("\n"));
    let text = std::fs::read_to_string(ground.repo.root().join(PATH)).unwrap_or_default();
    let fix = Fix::safe("add it to .gitattributes", vec![edit(&text, lines)]);
    vec![RULE.on(PATH, message).help(help).fix(fix)]
}

/// Lines at the end of the block that is managed, where the text has one without them; else at the end of the text.
fn edit(text: &str, lines: Vec<String>) -> Edit {
    let path = PATH.to_owned();
    let is_new = lines.iter().all(|line| text.lines().all(|other| other != line));
    let end = text.find(OUTPUTS_END).filter(|at| is_new && (*at == 0 || text[..*at].ends_with('\n')));
    let Some(start) = end else { return Edit::Append { path, lines } };
    let (old, new) = (OUTPUTS_END.to_owned(), format!("{}\n{OUTPUTS_END}", lines.join("\n")));
    Edit::Replace { path, start, end: start + old.len(), old, new }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stand_inside_the_block() {
        let lines = || vec!["/fs/** -merge".to_owned()];
        let text = format!("*.md text\n/a/** -merge\n{OUTPUTS_END}\n*.png binary\n");
        let Edit::Replace { start, end, old, new, .. } = edit(&text, lines()) else { panic!("no block") };
        assert_eq!(text[start..end], old);
        assert_eq!(new, format!("/fs/** -merge\n{OUTPUTS_END}"));
        for text in ["*.md text\n".to_owned(), format!("/fs/** -merge\n{OUTPUTS_END}\n* merge=union\n")] {
            assert!(matches!(edit(&text, lines()), Edit::Append { .. }), "{text}");
        }
    }
}
