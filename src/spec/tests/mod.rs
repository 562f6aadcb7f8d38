//! Tests of reading specs as a whole: text in, pipelines and findings out.

mod defaults;
mod lowered;
mod project;
mod rules;
mod script;
mod text;

use super::{Loaded, SourceFile, Sources, load};
use crate::model::{Finding, Pipeline};

/// A project with these specs, given as folder and text.
pub(super) fn sources(config: Option<&str>, specs: &[(&str, &str)]) -> Sources {
    let file = |path: String, text: &str| SourceFile { path, text: text.into() };
    Sources {
        config: config.map(|text| file("minipach.yml".into(), text)),
        specs: specs.iter().map(|(folder, text)| file(format!("{folder}/spec.yml"), text)).collect(),
        ..Sources::default()
    }
}

/// Reads one spec in the folder `fs`.
pub(super) fn read(text: &str) -> Loaded {
    load(&sources(None, &[("fs", text)]))
}

/// The pipeline of a spec without errors.
pub(super) fn pipeline(text: &str) -> Pipeline {
    let loaded = read(text);
    assert_eq!(errors(&loaded.findings), Vec::<String>::new(), "{text}");
    loaded.pipelines[0].pipeline.clone()
}

/// The errors among findings, as one line each.
pub(super) fn errors(findings: &[Finding]) -> Vec<String> {
    findings.iter().filter(|finding| finding.is_error()).map(line).collect()
}

/// `MP104 fs/spec.yml:3:11 message`.
pub(super) fn line(finding: &Finding) -> String {
    let place = finding.span.map_or(String::new(), |span| format!(":{}:{}", span.line, span.column));
    format!("{} {}{place} {}", finding.code, finding.path, finding.message)
}
