//! Several recipes for one target: make takes the last, and the needs of all of them.

use std::collections::BTreeMap;

use super::super::report::{Place, Report};
use super::functions::stem;
use super::read::Rule;

/// Leaves to each target the last of its recipes; what the others need goes on being needed.
pub(super) fn keep_last(rules: &mut Vec<Rule>, report: &mut Report) {
    let mut last: BTreeMap<String, (usize, Place)> = BTreeMap::new();
    for (at, rule) in rules.iter().enumerate().filter(|(_, rule)| !rule.recipe.is_empty()) {
        for target in &rule.targets {
            last.insert(key(rule, target), (at, rule.place.clone()));
        }
    }
    let mut bare = Vec::new();
    for (at, rule) in rules.iter_mut().enumerate().filter(|(_, rule)| !rule.recipe.is_empty()) {
        let later = |target: &String| last.get(&key(rule, target)).filter(|(last, _)| *last > at);
        let lost: Vec<(String, Place)> = rule
            .targets
            .iter()
            .filter_map(|target| Some((target.clone(), later(target)?.1.clone())))
            .collect();
        for (target, place) in &lost {
            let text = format!(
                "`{target}` has another recipe at {place}, and make takes the last; this one is left out"
            );
            report.refused(&rule.place, "", text);
            bare.push(without_recipe(rule, target));
        }
        rule.targets.retain(|target| lost.iter().all(|(lost, _)| lost != target));
    }
    rules.retain(|rule| !rule.targets.is_empty());
    rules.extend(bare.into_iter().filter(|rule| !rule.targets[0].contains('%')));
}

/// What must be the same for one rule to stand in for another: the target, and of a pattern what it needs.
fn key(rule: &Rule, target: &str) -> String {
    if target.contains('%') { format!("{target}: {}", rule.needs.join(" ")) } else { target.to_owned() }
}

/// What a rule says of one target, without how it is made.
fn without_recipe(rule: &Rule, target: &str) -> Rule {
    let stem = rule.pattern.as_deref().and_then(|pattern| stem(pattern, target));
    let need = |need: &String| stem.map_or_else(|| need.clone(), |stem| need.replacen('%', stem, 1));
    Rule {
        place: rule.place.clone(),
        targets: vec![target.to_owned()],
        needs: rule.needs.iter().map(need).collect(),
        ..Rule::default()
    }
}
