//! Where the outputs of stages go.

use std::collections::BTreeMap;

use super::super::names::PipelineNames;
use super::super::paths::split;
use super::super::report::Report;
use super::super::source::Source;
use super::stage::Stage;

/// Where each output of each stage goes.
#[derive(Debug, Default)]
pub(super) struct Outs {
    /// Old path → stage, path in the pipeline.
    by_path: BTreeMap<String, (String, String)>,
    /// Stage → pipeline.
    folders: BTreeMap<String, String>,
}

/// Leaves out stages that make what an earlier one makes.
pub(super) fn without_doubles(stages: Vec<Stage>, source: &Source, report: &mut Report) -> Vec<Stage> {
    let mut kept: Vec<Stage> = Vec::new();
    for stage in stages {
        let made = stage.outs.iter().find_map(|out| {
            let other = kept.iter().find(|other| other.outs.iter().any(|made| made.path == out.path))?;
            Some((out, other))
        });
        let Some((out, other)) = made else {
            kept.push(stage);
            continue;
        };
        let text = format!(
            "`{}` is made by stage `{}` and by stage `{}`; the later one is left out",
            out.path, other.name, stage.name
        );
        report.refused(&source.at(out.line), "", text);
    }
    kept
}

impl Outs {
    /// Finds a place for all outputs.
    pub(super) fn of(stages: &[Stage]) -> Self {
        let mut outs = Self::default();
        let mut taken = PipelineNames::default();
        for stage in stages {
            outs.folders.insert(stage.name.clone(), taken.take(&stage.name));
            let is_double =
                |name: &str| stage.outs.iter().filter(|out| split(&out.path).1 == name).count() > 1;
            for out in &stage.outs {
                let name = split(&out.path).1;
                let inside = if is_double(name) { out.path.clone() } else { name.to_owned() };
                outs.by_path.insert(out.path.clone(), (stage.name.clone(), inside));
            }
        }
        outs
    }

    /// The stage whose output a path is, or lies in.
    pub(super) fn maker(&self, path: &str) -> Option<&str> {
        self.find(path).map(|(stage, _)| stage)
    }

    /// The stage and the path in its pipeline.
    pub(super) fn find(&self, path: &str) -> Option<(&str, String)> {
        self.by_path.iter().find_map(|(out, (stage, inside))| {
            let rest =
                path.strip_prefix(out.as_str()).filter(|rest| rest.is_empty() || rest.starts_with('/'))?;
            Some((stage.as_str(), format!("{inside}{rest}")))
        })
    }

    /// The pipeline of a stage.
    pub(super) fn folder<'a>(&'a self, stage: &'a str) -> &'a str {
        self.folders.get(stage).map_or(stage, String::as_str)
    }

    /// Old and new paths of a stage's outputs.
    pub(super) fn of_stage<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (String, String)> + 'a {
        let own = self.by_path.iter().filter(move |(_, (stage, _))| stage == name);
        own.map(move |(old, (_, inside))| (old.clone(), format!("{}/{inside}", self.folder(name))))
    }
}
