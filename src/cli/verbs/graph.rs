//! `graph`: who reads what.

use serde_json::json;

use super::{LOOKED, open, print, print_json, refuse_findings};
use crate::app::{AppError, ExitCode, GraphForm, edges, graph as drawn};
use crate::cli::Context;
use crate::cli::args::{Graph, GraphFormat};

/// `graph`.
pub(crate) fn graph(context: &Context, args: &Graph) -> Result<ExitCode, AppError> {
    let session = open(context)?;
    refuse_findings(session)?;
    if context.json {
        let edges = edges(&session.project);
        let pairs: Vec<_> = edges.edges.iter().map(|(from, to)| json!({"from": from, "to": to})).collect();
        let pipelines: Vec<_> = session.project.pipelines.keys().collect();
        print_json(&json!({"version": 1, "raw": edges.raw, "pipelines": pipelines, "edges": pairs}));
        return Ok(LOOKED);
    }
    let form = match args.format {
        GraphFormat::Text => GraphForm::Text,
        GraphFormat::Dot => GraphForm::Dot,
        GraphFormat::Mermaid => GraphForm::Mermaid,
    };
    print(&drawn(&session.project, form));
    Ok(LOOKED)
}
