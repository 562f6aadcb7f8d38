//! Provides what a run must have before it can plan: subdatasets that are read, and code in the annex.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::git::write::install;
use crate::git::{Keeper, annex};
use crate::model::Event;
use crate::run::{Observer, Project, Request, count, fetch_now, now_ms};

use super::error::AppError;

/// Provides it, as far as it can be had; whether files of the project itself came, so that it must be read again.
pub(super) fn provide(
    project: &Project,
    request: &Request,
    observer: &mut dyn Observer,
) -> Result<bool, AppError> {
    let mut say = |message: String| observer.event(&Event::Note { message, at_ms: now_ms() });
    let mut is_changed = install_absent(project, request, &mut say);
    let mut tried = BTreeSet::new();
    loop {
        let mut absent = project.absent_code(request);
        for (keeper, keys) in &mut absent {
            keys.retain(|key| tried.insert((keeper.path.clone(), Arc::clone(key))));
        }
        absent.retain(|(_, keys)| !keys.is_empty());
        if absent.is_empty() {
            return Ok(is_changed);
        }
        for (keeper, keys) in absent {
            is_changed |= keeper.is_project();
            fetch_code(project, &keeper, keys, &mut say)?;
        }
    }
}

/// Installs the subdatasets that pipelines read of which not all is done, also those in others, and those in which results
/// stand; planning says of those that cannot be had. What is here then may ask for others. Whether files came that the
/// project counts as its own.
fn install_absent(project: &Project, request: &Request, say: &mut dyn FnMut(String)) -> bool {
    let (mut tried, mut is_changed) = (BTreeSet::new(), false);
    loop {
        let names = project.in_need(request);
        let before = tried.len();
        while let Some(path) = project.absent_subdataset(&names, &tried) {
            is_changed |= install_one(project, &path, say);
            tried.insert(path);
        }
        if tried.len() == before {
            return is_changed;
        }
    }
}

/// Installs a subdataset; whether files came that the project counts as its own.
fn install_one(project: &Project, path: &str, say: &mut dyn FnMut(String)) -> bool {
    say(format!("installing the subdataset `{path}`"));
    let installed = install(&project.repo.place(), path);
    project.note_attempt(path, installed.is_ok());
    if let Err(error) = installed {
        say(format!("`{path}` cannot be installed: {error}"));
        return false;
    }
    project.note_installed();
    project.is_in_pipeline(path)
}

/// Fetches code into one repository, and says what does not come.
fn fetch_code(
    project: &Project,
    keeper: &Keeper,
    keys: Vec<Arc<str>>,
    say: &mut dyn FnMut(String),
) -> Result<(), AppError> {
    let bytes: u64 = keys.iter().filter_map(|key| annex::size_of(key)).sum();
    say(format!("`git annex get` fetches {} of code ({bytes} bytes)", count(keys.len(), "file")));
    for (key, why) in fetch_now(keeper, keys, &project.repo.state_dir().join("work"), "fetch-code")? {
        say(format!("code is not here, so what else counts as code is not known: {why} ({key})"));
    }
    Ok(())
}
