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
            let near = near(repo, &all);
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

/// What may have been meant: the one repo that begins so, else one of nearly that name.
fn near<'a>(repo: &str, all: &'a [String]) -> Option<&'a str> {
    let mut longer = all.iter().filter(|one| one.starts_with(repo));
    if let (Some(only), None) = (longer.next(), longer.next()) {
        return Some(only);
    }
    let last = |path: &'_ str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let is_like = |one: &&str| nearest(&last(repo), [last(one).as_str()]).is_some();
    nearest(repo, all.iter().map(String::as_str)).filter(is_like)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_near_is_what_may_have_been_meant() {
        let all = ["raw/t1", "raw/images", "fs"].map(str::to_owned);
        for (repo, expected) in [
            ("raw/im", Some("raw/images")),
            ("raw/t2", Some("raw/t1")),
            ("raw/ab", None),
            ("raw/", None),
            ("fz", Some("fs")),
        ] {
            assert_eq!(near(repo, &all), expected, "{repo}");
        }
    }
}
