//! What a project's record of its scaffold says, for rules.

use std::path::Path;

use crate::check::Origin;
use crate::scaffold::{RECORD, Record, Source, cookiecutter};

use super::scaffolds::open_scaffold;

/// How a project stands to its scaffold, as far as this machine alone can tell: nothing is fetched.
pub(super) fn origin(root: &Path, state: &Path) -> Origin {
    let Ok(text) = std::fs::read_to_string(root.join(RECORD)) else { return Origin::Fine };
    let path = RECORD.to_owned();
    let record = match Record::parse(&text) {
        Ok(record) => record,
        Err(error) => return Origin::Unusable { path, why: error.to_string() },
    };
    match standing(&record, root, state) {
        Some((version, content)) if (&version, &content) != (&record.version, &record.content) => {
            Origin::Outdated { path, scaffold: record.scaffold, versions: (record.version, version) }
        }
        _ => Origin::Fine,
    }
}

/// Version and content of what a project follows, as this machine has it.
fn standing(record: &Record, root: &Path, state: &Path) -> Option<(String, String)> {
    match &record.source {
        Source::BuiltIn(named) | Source::Folder(named) => {
            let manifest = open_scaffold(named, root, None).ok()?.manifest;
            Some((manifest.version, manifest.content))
        }
        Source::Template(place) => {
            cookiecutter::standing(place, root, state, (&record.version, &record.content))
        }
        Source::Git { .. } => None,
    }
}
