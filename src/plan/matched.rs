//! Matches: pipelines without a command, whose output is their input, placed by content.

use crate::model::{Entry, Kind, OutFile, Pipeline};

use super::layout::Mount;
use super::pipeline::PipelinePlan;

/// Where the entries of a match (a pipeline without `transform`) go, below the datum's output folder:
/// the only input directly into it; of several, each folder into one named after its input, each
/// file beside it under its input's name.
pub fn match_mounts(plan: &PipelinePlan, pipeline: &Pipeline, number: usize) -> Vec<Mount> {
    let mut mounts = plan.mounts(pipeline, number);
    let is_single = mounts.len() == 1;
    for mount in &mut mounts {
        if !mount.is_folder {
            mount.to = match mount.to.rsplit_once('/') {
                Some((_, name)) if is_single || !name.starts_with(|c: char| c.is_ascii_digit()) => {
                    name.to_owned()
                }
                _ => mount.to.clone(),
            };
        } else if is_single {
            mount.to = String::new();
        }
    }
    mounts
}

/// The output of a match: its entries, each with the entry it comes from and the file that has the bytes.
pub fn match_files<'a>(
    plan: &'a PipelinePlan,
    pipeline: &Pipeline,
    number: usize,
) -> Vec<(OutFile, &'a Entry, &'a Entry)> {
    let mut found = Vec::new();
    for mount in match_mounts(plan, pipeline, number) {
        let matched = &plan.formed.matches[mount.at as usize];
        let tree = &plan.trees[usize::from(matched.leaf)];
        let range = matched.entries.start as usize..matched.entries.end as usize;
        for entry in tree.entries()[range].iter().filter(|entry| entry.kind != Kind::Gitlink) {
            let path = mount.place_of(&entry.path);
            found.push((
                OutFile { path: path.into(), kind: entry.kind, content: entry.content.clone() },
                entry,
                tree.keeper(entry),
            ));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}
