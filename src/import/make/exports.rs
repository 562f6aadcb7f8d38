//! Variables that a makefile passes on to recipes: `export`.

use std::collections::{BTreeMap, BTreeSet};

use super::super::draft::Draft;
use super::super::emit::Value;
use super::super::pattern::with_each;
use super::super::report::{Place, Report};
use super::expand::{Scope, UNKNOWN};

/// What was exported, and where.
#[derive(Debug, Default)]
pub(super) struct Exports {
    named: BTreeMap<String, Place>,
    kept_back: BTreeSet<String>,
    every: Option<Place>,
}

/// Variables that are in the environment of make already, so that a value of their own is passed on.
const ALWAYS: [&str; 2] = ["HOME", "PATH"];

impl Exports {
    /// `export NAMES`.
    pub(super) fn add(&mut self, names: &str, place: &Place) {
        for name in names.split_whitespace() {
            self.kept_back.remove(name);
            self.named.insert(name.to_owned(), place.clone());
        }
    }

    /// `unexport NAMES`.
    pub(super) fn remove(&mut self, names: &str) {
        for name in names.split_whitespace() {
            self.named.remove(name);
            self.kept_back.insert(name.to_owned());
        }
    }

    /// `export` alone.
    pub(super) fn all(&mut self, place: &Place) {
        self.every = Some(place.clone());
    }

    /// All names that recipes find in their environment, and where that is said.
    fn names(&self, scope: &Scope<'_>) -> BTreeMap<String, Place> {
        let is_name = |name: &&String| {
            name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
                && name.as_str() != "SHELL"
                && !self.kept_back.contains(*name)
        };
        let mut found = self.named.clone();
        for name in scope.variables.keys().filter(is_name) {
            let place = self.every.clone().or_else(|| ALWAYS.contains(&name.as_str()).then(Place::default));
            if let Some(place) = place {
                found.entry(name.clone()).or_insert(place);
            }
        }
        found
    }

    /// What they are, worked out once for all pipelines.
    pub(super) fn settled(&self, scope: &mut Scope<'_>, report: &mut Report) -> Vec<Exported> {
        let mut found = Vec::new();
        for (name, place) in self.names(scope) {
            if !scope.variables.contains_key(&name) {
                let text = format!("`export {name}`: it is set nowhere, so recipes are taken not to need it");
                report.assumed(&place, "", text);
                continue;
            }
            let value = scope.plain(&format!("$({name})"));
            found.push(Exported { name, place, value });
        }
        found
    }
}

/// A variable with its value.
#[derive(Clone, Debug)]
pub(super) struct Exported {
    name: String,
    place: Place,
    value: String,
}

/// Gives a pipeline what its makefile exports.
pub(super) fn give(all: &[Exported], from: &Place, target: &str, draft: &mut Draft, report: &mut Report) {
    let mut env = Vec::new();
    for Exported { name, place, value } in all {
        let place = if place.path.is_empty() { from } else { place };
        if value.contains(UNKNOWN) {
            let shown = with_each(&value.replace(UNKNOWN, ""), "%");
            draft.todo(
                place,
                format!("transform: only running make tells what `{name}={shown}` is; write it to `env`"),
            );
        } else {
            report.exact(place, target, format!("export {name}: `transform.env`"));
            env.push((name.clone(), Value::text(value)));
        }
    }
    if !env.is_empty() {
        draft.transform.push(("env", Value::Map(env)));
    }
}
