//! What make would build of the files that are there, so that it can be laid beside the datums.

use std::collections::{BTreeMap, BTreeSet};

use super::super::paths::join;
use super::super::pattern::{filled, values};
use super::family::Family;
use super::read::Makefile;

/// Most targets that are followed.
const MOST: usize = 100_000;

/// For each family, by its number, the files that any target of the makefile asks of it, as paths in its pipeline.
pub(super) fn wanted(
    makefile: &Makefile<'_>,
    families: &[Family],
    folder: &str,
) -> BTreeMap<usize, Vec<String>> {
    let plain = |target: &&String| !target.contains('%') && !target.starts_with('.');
    let mut open: Vec<String> =
        makefile.rules.iter().flat_map(|rule| &rule.targets).filter(plain).cloned().collect();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut found: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    while let Some(target) = open.pop() {
        if seen.len() > MOST || !seen.insert(target.clone()) {
            continue;
        }
        for rule in
            makefile.rules.iter().filter(|rule| rule.pattern.is_none() && rule.targets.contains(&target))
        {
            open.extend(rule.needs.iter().filter(|need| !need.contains('%')).cloned());
        }
        let Some(path) = join(folder, &target) else { continue };
        let Some((at, family)) =
            families.iter().enumerate().find(|(_, family)| family.makes(&path).is_some())
        else {
            continue;
        };
        if let Some(inside) = family.makes(&path) {
            found.entry(at).or_default().insert(inside);
        }
        let stem = family.targets.iter().find_map(|pattern| values(pattern, &path)).unwrap_or_default();
        open.extend(family.needs.iter().map(|need| filled(need, &stem)));
    }
    found.into_iter().map(|(at, files)| (at, files.into_iter().collect())).collect()
}
