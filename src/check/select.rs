//! `Selection`: which rules are asked, and how bad their findings are; the more exact word wins, as in ruff.

use super::registry::all;
use super::row::{Row, names};
use super::rules::unknown_rule;
use crate::model::{CheckConfig, Finding, Named, Rule, Severity};
use crate::spec::nearest;

/// A word that names no rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no rule `{word}`{}", near.as_ref().map_or_else(String::new, |near| format!("; did you mean `{near}`?")))]
pub struct UnknownRule {
    /// The word.
    pub word: String,
    /// What may have been meant.
    pub near: Option<String>,
}

/// Which rules are asked.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only these; empty for the usual ones.
    select: Vec<String>,
    /// None of these.
    ignore: Vec<String>,
    /// None of these in files that a pattern takes.
    per_file: Vec<(glob::Pattern, Vec<String>)>,
    /// Another severity than the usual one.
    severity: Vec<(String, Severity)>,
    /// These too, which are looked for on request.
    more: Vec<String>,
}

impl Selection {
    /// What was typed, over what the project says: `select` takes its place, `ignore` is added to it.
    ///
    /// # Errors
    /// When a word that was typed names no rule.
    pub fn new(select: &[String], ignore: &[String], config: &CheckConfig) -> Result<Self, UnknownRule> {
        select.iter().chain(ignore).try_for_each(|word| known(word))?;
        let written = |named: &[Named]| named.iter().map(|named| named.rule.clone()).collect::<Vec<_>>();
        let per_file = config.per_file_ignores.iter().filter_map(|(pattern, rules)| {
            let pattern = glob::Pattern::new(pattern.trim_start_matches('/')).ok()?;
            Some((pattern, written(rules)))
        });
        Ok(Self {
            select: if select.is_empty() { written(&config.select) } else { select.to_vec() },
            ignore: [ignore.to_vec(), written(&config.ignore)].concat(),
            per_file: per_file.collect(),
            severity: config
                .severity
                .iter()
                .map(|(named, severity)| (named.rule.clone(), *severity))
                .collect(),
            more: Vec::new(),
        })
    }

    /// The same, with rules beside that are looked for on request.
    #[must_use]
    pub fn with(self, more: &[String]) -> Self {
        Self { more: more.to_vec(), ..self }
    }

    /// Whether findings of a rule are wanted at all.
    pub fn wants(&self, row: &Row) -> bool {
        let ignored = exactness(&self.ignore, row.rule);
        let selected = exactness(&self.select, row.rule);
        match selected {
            None if exactness(&self.more, row.rule).is_some() => ignored.is_none(),
            Some(selected) if !row.is_on_request || selected >= row.rule.code.len() => {
                ignored.is_none_or(|ignored| ignored < selected)
            }
            None if self.select.is_empty() && !row.is_on_request => ignored.is_none(),
            _ => false,
        }
    }

    /// Whether the project wants no findings of a rule in this file.
    pub fn is_ignored_in(&self, path: &str, rule: &Rule) -> bool {
        let takes = |(pattern, words): &(glob::Pattern, Vec<String>)| {
            pattern.matches(path) && exactness(words, rule).is_some()
        };
        self.per_file.iter().any(takes)
    }

    /// How bad findings of a rule are to the project, if it says so.
    pub fn severity(&self, rule: &Rule) -> Option<Severity> {
        let said = self.severity.iter().filter(|(word, _)| names(word, rule));
        said.max_by_key(|(word, _)| exactness_of(word, rule)).map(|(_, severity)| *severity)
    }
}

/// How exactly the words name a rule, if one does.
fn exactness(words: &[String], rule: &Rule) -> Option<usize> {
    words.iter().filter(|word| names(word, rule)).map(|word| exactness_of(word, rule)).max()
}

fn exactness_of(word: &str, rule: &Rule) -> usize {
    match word {
        "ALL" => 0,
        _ if word == rule.name => rule.code.len(),
        _ => word.len(),
    }
}

/// Whether a word names a rule.
///
/// # Errors
/// When it names none.
pub(super) fn known(word: &str) -> Result<(), UnknownRule> {
    let rows = all();
    if rows.iter().any(|row| names(word, row.rule)) {
        return Ok(());
    }
    let words = rows.iter().flat_map(|row| [row.rule.code, row.rule.name]);
    Err(UnknownRule { word: word.to_owned(), near: nearest(word, words).map(str::to_owned) })
}

/// Words of the project file that name no rule.
pub(super) fn unknown_in(config: &CheckConfig, path: &str) -> Vec<Finding> {
    let listed = config.per_file_ignores.iter().flat_map(|(_, named)| named);
    let rated = config.severity.iter().map(|(named, _)| named);
    let all = config.select.iter().chain(&config.ignore).chain(listed).chain(rated);
    let finding = |named: &Named| {
        let unknown = known(&named.rule).err()?;
        let finding = unknown_rule::RULE
            .on(path, format!("there is no rule `{}`", named.rule))
            .at(path, Some(named.span));
        Some(match unknown.near {
            Some(near) => finding.label(format!("did you mean `{near}`?")),
            None => finding.help("`minipach rule` lists them"),
        })
    };
    all.filter_map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(select: &[&str], ignore: &[&str]) -> Vec<&'static str> {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let selection =
            Selection::new(&owned(select), &owned(ignore), &CheckConfig::default()).expect("known words");
        all().into_iter().filter(|row| selection.wants(row)).map(|row| row.rule.code).collect()
    }

    #[test]
    fn the_more_exact_word_wins() {
        assert!(wanted(&[], &[]).contains(&"MP201") && !wanted(&[], &[]).contains(&"MP306"));
        assert_eq!(wanted(&["MP306"], &[]), ["MP306"]);
        assert_eq!(wanted(&["annex-content-lost"], &[]), ["MP306"]);
        assert!(!wanted(&["MP3"], &[]).contains(&"MP306"), "a slow rule wants its own name");
        assert!(wanted(&["MP2"], &["MP201"]).iter().all(|code| code.starts_with("MP2") && *code != "MP201"));
        assert_eq!(wanted(&["MP201"], &["MP2"]), ["MP201"]);
        assert!(!wanted(&[], &["missing-readme"]).contains(&"MP201"));
        assert!(
            wanted(&["ALL"], &["MP0", "MP1"])
                .iter()
                .all(|code| !code.starts_with("MP0") && !code.starts_with("MP1"))
        );
    }

    #[test]
    fn an_unknown_word_names_the_nearest_rule() {
        let error =
            Selection::new(&["MP1044".into()], &[], &CheckConfig::default()).expect_err("there is none");
        assert_eq!(error.to_string(), "there is no rule `MP1044`; did you mean `MP104`?");
        let error = Selection::new(&["misssing-repo".into()], &[], &CheckConfig::default())
            .expect_err("there is none");
        assert_eq!(error.near.as_deref(), Some("missing-repo"));
    }
}
