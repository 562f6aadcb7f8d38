//! A report in the forms that other programs read: JSON, SARIF, forges, test reports, Markdown.

mod forge;
mod json;
mod junit;
mod markdown;
mod sarif;

pub use forge::{github, gitlab};
pub use json::{json, json_lines};
pub use junit::junit;
pub use markdown::{concise, markdown};
pub use sarif::sarif;

use crate::model::{Finding, Span};

/// Gives the text of a file by its path, if it can be had.
pub type Sources<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Line and column one past the end of a place, both from 1, in characters.
fn end_of(text: &str, span: Span) -> Option<(usize, usize)> {
    let inside = text.get(span.start..span.end)?;
    let lines = inside.matches('\n').count();
    let last = inside.rsplit('\n').next().unwrap_or(inside).chars().count();
    Some((span.line + lines, if lines == 0 { span.column + last } else { last + 1 }))
}

/// What a finding says and what to do about it, in one text.
fn advice(finding: &Finding) -> String {
    let label = finding.label.iter().map(|label| format!("; {label}"));
    let help = finding.help.iter().map(|help| format!("; {}", help.replace('\n', " ")));
    std::iter::once(finding.message.clone()).chain(label).chain(help).collect()
}

#[cfg(test)]
pub(super) mod made_up {
    //! A report for the tests of the formats.

    use super::super::{Report, Silenced};
    use crate::model::{Edit, Finding, Fix, Severity, Span};

    pub(in crate::check) const SPEC: &str = "input:\n  pfs:\n    repo: raw/t3\n    glob: /*\n";

    pub(in crate::check) fn sources(path: &str) -> Option<String> {
        (path == "fs/spec.yml").then(|| SPEC.to_owned())
    }

    pub(in crate::check) fn report() -> Report {
        let span = Span { start: 24, end: 30, line: 3, column: 11 };
        let edit = Edit::Replace {
            path: "fs/spec.yml".into(),
            start: 24,
            end: 30,
            old: "raw/t3".into(),
            new: "raw/t2".into(),
        };
        let missing =
            Finding::new("MP104", "missing-repo", Severity::Error, "input repo `raw/t3` does not exist")
                .at("fs/spec.yml", Some(span))
                .label("did you mean `raw/t2`?")
                .fix(Fix::doubtful("change to `raw/t2`", vec![edit]));
        let readme = Finding::new(
            "MP201",
            "missing-readme",
            Severity::Warning,
            "the project has no README at its root",
        )
        .help("write README.md: 100%,\nall of it");
        let silenced = Finding::new("MP204", "absolute-path", Severity::Warning, "a <path> & more")
            .at("code/a, b.sh", None);
        let silenced = vec![Silenced { finding: silenced, reason: Some("it is the same everywhere".into()) }];
        Report { findings: vec![readme, missing], silenced, known: 2 }
    }
}
