//! Provenance for Graphviz: things as boxes, steps as ellipses, arrows in the direction of the data.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Provenance, Step, Thing};

/// The graph in the DOT language.
pub fn dot(found: &Provenance) -> String {
    let mut text = "digraph provenance {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n".to_owned();
    for (number, thing) in found.things.iter().enumerate() {
        _ = writeln!(text, "  t{number} [shape=box, label={}];", quoted(&label(found, thing)));
        for step in &thing.made_by {
            _ = writeln!(text, "  s{step} -> t{number};");
        }
        for part in &thing.parts {
            _ = writeln!(text, "  t{part} -> t{number} [style=dashed];");
        }
    }
    for (number, step) in found.steps.iter().enumerate() {
        _ = writeln!(text, "  s{number} [shape=ellipse, label={}];", quoted(&step_label(found, step)));
        let read: BTreeSet<usize> =
            step.inputs.iter().map(|(_, thing)| *thing).chain(step.code.iter().copied()).collect();
        for thing in read {
            _ = writeln!(text, "  t{thing} -> s{number};");
        }
    }
    text + "}\n"
}

fn label(found: &Provenance, thing: &Thing) -> String {
    let by = thing.commit.filter(|_| thing.made_by.is_empty()).map(|commit| &found.commits[commit]);
    by.map_or_else(|| thing.path.clone(), |by| format!("{}\n{}", thing.path, by.author))
}

fn step_label(found: &Provenance, step: &Step) -> String {
    let commit = found.commits[step.commit].id.get(..7).unwrap_or_default();
    format!("{}\n{commit}", found.name_of(step))
}

fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", text.replace('\n', "\\n"))
}
