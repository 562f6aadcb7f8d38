//! What a project's record of its scaffold says, for rules.

use std::path::Path;

use crate::check::Origin;
use crate::scaffold::{RECORD, Record, Source};

use super::scaffolds::open_scaffold;

/// How a project stands to its scaffold, as far as this machine alone can tell: nothing is fetched.
pub(super) fn origin(root: &Path) -> Origin {
    let Ok(text) = std::fs::read_to_string(root.join(RECORD)) else { return Origin::Fine };
    let path = RECORD.to_owned();
    let record = match Record::parse(&text) {
        Ok(record) => record,
        Err(error) => return Origin::Unusable { path, why: error.to_string() },
    };
    let (Source::BuiltIn(named) | Source::Folder(named)) = &record.source else { return Origin::Fine };
    let Ok(opened) = open_scaffold(named, root, None) else { return Origin::Fine };
    if (&opened.manifest.version, &opened.manifest.content) == (&record.version, &record.content) {
        return Origin::Fine;
    }
    Origin::Outdated { path, scaffold: record.scaffold, versions: (record.version, opened.manifest.version) }
}
