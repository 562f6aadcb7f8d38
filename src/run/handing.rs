//! How inputs are handed to commands: linked, or copied where the spec says so or the command surely passes over links.

use std::fs;
use std::path::Path;

use crate::model::show;
use crate::plan::over_links;

use super::planner::Planned;

/// Longer code is not looked through.
const LONGEST_BYTES: u64 = 1 << 20;

/// Whether a pipeline's inputs are copied, and why if nobody said so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Handing {
    /// Whether they are.
    pub(super) copies: bool,
    /// What passes over links, in a sentence.
    pub(super) note: Option<String>,
}

impl Handing {
    /// As the spec says, else as its command and code need it.
    pub(super) fn of(planned: &Planned, root: &Path) -> Self {
        if let Some(copies) = planned.pipeline.copy_inputs {
            return Self { copies, note: None };
        }
        let note = passed_over(planned, root).map(|(who, what)| {
            format!(
                "{}: its inputs are copied, since {who} says {what}, which passes over links; `copy_inputs: false` links them all the same",
                show(planned.pipeline.name.as_str())
            )
        });
        Self { copies: note.is_some(), note }
    }
}

/// Who says it, and what passes over links.
fn passed_over(planned: &Planned, root: &Path) -> Option<(String, &'static str)> {
    let transform = planned.pipeline.transform.as_ref()?;
    let stdin = transform.stdin.as_deref().unwrap_or_default();
    let own = [transform.cmd.join(" "), stdin.join("\n")];
    if let Some(what) = own.iter().find_map(|text| over_links(text)) {
        return Some(("its command".into(), what));
    }
    planned.code.used().find_map(|path| {
        let full = root.join(&*path);
        let is_short = fs::metadata(&full).is_ok_and(|meta| meta.is_file() && meta.len() <= LONGEST_BYTES);
        let text = is_short.then(|| fs::read_to_string(&full).ok()).flatten()?;
        Some((format!("`{}`", show(&path)), over_links(&text)?))
    })
}
