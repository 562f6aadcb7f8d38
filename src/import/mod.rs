//! Import: pipelines out of what other tools were told: specs, makefiles, scripts, stages.
//!
//! Pure: texts and the names of the project's files come in; specs, and a line for each construct of the source, go
//! out. Nothing of a source is ever run. Each importer makes `Draft`s (or specs, where the language is the same), the
//! paths in commands are renamed by `words`, wildcards become globs and shell variables by `pattern`.

mod blocks;
mod compose;
mod docker;
mod draft;
mod dvc;
mod emit;
mod error;
mod graph;
mod here;
mod kind;
#[cfg(test)]
mod made_up;
mod make;
mod names;
mod pachyderm;
mod paths;
mod pattern;
mod records;
mod report;
mod shell;
mod snake;
mod source;
mod words;
mod written;
mod yaml;

use std::collections::BTreeMap;

pub use error::ImportError;
pub use kind::Kind;
pub use records::PastRun;
pub use report::{Class, Imported, Item, Moved, NewPipeline, Place};
pub use source::{Facts, Source, Wishes};

/// Brings in sources, each of its kind, and runs of the past. Specs find one another, whichever file they stand in.
///
/// # Errors
/// When one cannot be understood, or two make a pipeline of one name: one sentence with its place.
pub fn import(
    sources: &[(Kind, Source)],
    runs: &[PastRun],
    facts: &dyn Facts,
    wishes: &Wishes,
) -> Result<Imported, ImportError> {
    let mut all = Imported::default();
    let specs: Vec<&Source> =
        sources.iter().filter(|(kind, _)| *kind == Kind::Pachyderm).map(|(_, source)| source).collect();
    if !specs.is_empty() {
        all.add(pachyderm::import(&specs, facts, wishes)?);
    }
    for (kind, source) in sources {
        match kind {
            Kind::Pachyderm | Kind::Datalad => {}
            Kind::Dvc => all.add(dvc::import(source, facts, wishes)?),
            Kind::Make => all.add(make::import(source, facts, wishes)?),
            Kind::Dockerfile => all.add(docker::import(source, wishes)?),
            Kind::Shell => all.add(shell::import(source, facts, wishes)?),
            Kind::Snakemake => all.add(snake::import(source, facts, wishes)?),
            Kind::Compose => all.add(compose::import(source, facts, wishes)?),
        }
    }
    if !runs.is_empty() {
        all.add(records::import(runs, facts, wishes));
    }
    refuse_doubles(&all)?;
    all.arrange();
    all.moved.retain(|moved| moved.old != moved.new);
    Ok(all)
}

fn refuse_doubles(all: &Imported) -> Result<(), ImportError> {
    let mut known: BTreeMap<&str, &Place> = BTreeMap::new();
    for pipeline in &all.pipelines {
        if let Some(other) = known.insert(&pipeline.name, &pipeline.from) {
            let message = format!("the pipeline `{}` comes from {other} too", pipeline.name);
            return Err(
                ImportError::new(&pipeline.from, message).help("bring one of them in with `--into DIR`")
            );
        }
    }
    Ok(())
}
