//! What a new pipeline may not read.

use std::collections::BTreeSet;

use crate::app::draft::{is_readable, repos};
use crate::app::error::AppError;
use crate::app::session::Session;
use crate::model::{PipelineName, is_at_or_below, show};
use crate::spec::nearest;

/// Whether these inputs can be read.
///
/// # Errors
/// When one is not there, the pipeline would lie in it, or would need its own results.
pub(super) fn inputs<'a>(
    session: &Session,
    name: &PipelineName,
    inputs: impl Iterator<Item = &'a str>,
) -> Result<(), AppError> {
    let all = repos(session);
    for repo in inputs {
        if is_at_or_below(repo, name.as_str()) {
            return Err(AppError::usage(format!("`{name}` would read its own results")));
        }
        if !is_readable(session, &all, repo) {
            let near = nearest(repo, all.iter().map(String::as_str));
            let error = AppError::usage(format!("there is no folder `{}`", show(repo)));
            return Err(match near {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error,
            });
        }
        if is_at_or_below(name.as_str(), repo) {
            let message = format!("`{name}` would lie in `{repo}`, which it reads");
            return Err(AppError::usage(message));
        }
        if let Some(way) = way(session, repo, name.as_str()) {
            let message = format!(
                "that would be a circle: `{name}` reads {}, which reads `{name}`",
                way.join(" reads ")
            );
            return Err(AppError::usage(message));
        }
    }
    Ok(())
}

/// The pipelines on the way from a repo to what reads another folder, which need not be there.
fn way(session: &Session, repo: &str, target: &str) -> Option<Vec<String>> {
    let mut seen = BTreeSet::new();
    let mut open = vec![vec![repo.to_owned()]];
    while let Some(way) = open.pop() {
        let here = way.last()?.clone();
        let pipeline = session.project.pipelines.iter().find(|(name, _)| name.as_str() == here);
        let Some((_, pipeline)) = pipeline.filter(|_| seen.insert(here)) else { continue };
        for leaf in pipeline.input.leaves() {
            let next = leaf.repo.to_string();
            if is_at_or_below(&next, target) {
                return Some(way.iter().map(|name| format!("`{name}`")).collect());
            }
            open.push([way.as_slice(), &[next]].concat());
        }
    }
    None
}
