//! What surrounds a datum's command: its variables and its working folder, as its slot shows them.

use std::path::{Path, PathBuf};

use crate::exec::{Slot, rewrite};
use crate::model::Transform;

use super::planner::Planned;

/// The variables set for a command; later ones win.
pub(super) fn env(
    planned: &Planned,
    datum: usize,
    transform: &Transform,
    slot: &Slot,
) -> Vec<(String, String)> {
    let pfs = slot.pfs();
    let pfs = pfs.to_string_lossy();
    let mut env = vec![
        ("LC_ALL".to_owned(), "C.UTF-8".to_owned()),
        ("TZ".to_owned(), "UTC".to_owned()),
        ("TMPDIR".to_owned(), slot.tmp().to_string_lossy().into_owned()),
        ("PFS".to_owned(), pfs.clone().into_owned()),
    ];
    env.extend(planned.plan.variables(&planned.pipeline, datum));
    env.extend(transform.env.iter().map(|(name, value)| (name.clone(), value.clone())));
    for (_, value) in &mut env {
        *value = rewrite(value, &pfs);
    }
    env
}

/// Where a command starts.
pub(super) fn cwd(root: &Path, transform: &Transform, slot: &Slot) -> PathBuf {
    let pfs = slot.pfs();
    let folder = transform.working_dir.as_deref();
    folder.map_or_else(|| root.to_owned(), |folder| root.join(rewrite(folder, &pfs.to_string_lossy())))
}
