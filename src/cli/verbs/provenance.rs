//! `provenance`: from a result back to what people brought, as text or in a form that other programs read.

use super::{LOOKED, print, print_json};
use crate::app::{self, AppError, Detail, ExitCode, ToldLine};
use crate::cli::Context;
use crate::cli::args::{ProvenanceArgs, ProvenanceFormat};
use crate::cli::report::{Style, paint};

/// `provenance`.
pub(crate) fn provenance(context: &Context, args: &ProvenanceArgs) -> Result<ExitCode, AppError> {
    let found = app::provenance(&context.dir, &args.target, &args.at)?;
    let format = if context.json { ProvenanceFormat::Json } else { args.format };
    match format {
        ProvenanceFormat::Text => {
            let detail = match (context.verbose > 0, args.all) {
                (true, _) => Detail::Long,
                (false, true) => Detail::All,
                (false, false) => Detail::Short,
            };
            let lines = app::told(&found, detail);
            print(&lines.iter().map(line).collect::<String>());
        }
        ProvenanceFormat::Json => print_json(&serde_json::json!(found)),
        ProvenanceFormat::Dot => print(&app::dot(&found)),
        ProvenanceFormat::Prov => print_json(&app::prov_json(&found)),
        ProvenanceFormat::RoCrate => print_json(&app::ro_crate(&found, args.license.as_deref())?),
    }
    Ok(LOOKED)
}

fn line(line: &ToldLine) -> String {
    let indent = "  ".repeat(line.depth);
    if line.is_command() {
        return format!("{indent}{}\n", paint(Style::Dim, &line.how));
    }
    let names = paint(Style::Bold, &line.names);
    let commit = if line.commit.is_empty() { String::new() } else { paint(Style::Dim, &line.commit) };
    format!("{indent}{names} {}{commit}{}\n", line.how, line.rest)
}
