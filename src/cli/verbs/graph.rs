//! `graph`: who reads what.

use std::collections::BTreeSet;

use serde_json::json;

use super::{LOOKED, open, print, print_json, tell_errors, unsound_json};
use crate::app::{AppError, ExitCode, GraphForm, edges, graph as drawn};
use crate::cli::Context;
use crate::cli::args::{Graph, GraphFormat};

/// `graph`.
pub(crate) fn graph(context: &Context, args: &Graph) -> Result<ExitCode, AppError> {
    let session = open(context)?;
    tell_errors(session)?;
    if context.json {
        let edges = edges(&session.project);
        let pairs: Vec<_> = edges.edges.iter().map(|(from, to)| json!({"from": from, "to": to})).collect();
        let pipelines: BTreeSet<&str> = session.project.names().collect();
        let unsound = unsound_json(&session.project.unsound);
        print_json(
            &json!({"version": 1, "raw": edges.raw, "pipelines": pipelines, "edges": pairs, "unsound": unsound}),
        );
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
