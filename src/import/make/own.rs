//! Variables that a makefile sets for single targets and what these need: whose recipes use them must be told.

use std::collections::BTreeSet;

use super::super::paths::join;
use super::super::pattern::{filled, values};
use super::super::report::Report;
use super::expand::Scope;
use super::family::Family;
use super::read::{Makefile, Own};

/// Deepest nesting of variables.
const DEEPEST: usize = 10;

/// Leaves to be settled what recipes take from variables of single targets.
pub(super) fn settle(makefile: &Makefile<'_>, families: &mut [Family], folder: &str, report: &mut Report) {
    for own in &makefile.own {
        let mut is_told = false;
        for at in reached(own, makefile, families, folder) {
            let family = &mut families[at];
            if family.rule.recipe.iter().any(|(_, line)| uses(&makefile.scope, line, &own.name, 0)) {
                let text = format!(
                    "cmd: `{}`: the recipe is written without what make sets for these targets; write it in",
                    own.text
                );
                family.extra.todos.push((own.place.line, text));
                is_told = true;
            }
        }
        if !is_told {
            let text = format!("`{}`: no recipe that is brought in uses it", own.text);
            report.refused(&own.place, "", text);
        }
    }
}

/// The families that make such a target, or anything that it needs.
fn reached(own: &Own, makefile: &Makefile<'_>, families: &[Family], folder: &str) -> BTreeSet<usize> {
    let (mut found, mut seen) = (BTreeSet::new(), BTreeSet::new());
    let mut open = own.targets.clone();
    while let Some(target) = open.pop() {
        if !seen.insert(target.clone()) {
            continue;
        }
        let rules = makefile.rules.iter().filter(|rule| rule.targets.contains(&target));
        open.extend(rules.flat_map(|rule| &rule.needs).filter(|need| !need.contains('%')).cloned());
        let Some(path) = join(folder, &target) else { continue };
        let makes = |family: &Family| family.makes(&path).is_some() || family.rule.targets.contains(&target);
        for (at, family) in families.iter().enumerate().filter(|(_, family)| makes(family)) {
            found.insert(at);
            let stem = family.targets.iter().find_map(|pattern| values(pattern, &path)).unwrap_or_default();
            open.extend(family.needs.iter().map(|need| filled(need, &stem)));
        }
    }
    found
}

/// Whether a text uses a variable, by itself or by another one; every recipe uses its shell.
fn uses(scope: &Scope<'_>, text: &str, name: &str, depth: usize) -> bool {
    if ["SHELL", ".SHELLFLAGS"].contains(&name) {
        return true;
    }
    let is_end = |c: char| !(c.is_alphanumeric() || "_-.".contains(c));
    let mut names =
        text.split(['(', '{', '$']).skip(1).map(|part| part.split(is_end).next().unwrap_or_default());
    let inner = |other: &str| scope.variables.get(other).map(|variable| variable.value.as_str());
    names.any(|other| {
        other == name
            || depth < DEEPEST && inner(other).is_some_and(|value| uses(scope, value, name, depth + 1))
    })
}
