//! Where something comes from without its picture: each line in words, and by name.

use serde_json::json;

use crate::app::ToldLine;
use crate::model::show;
use crate::tui::facts::Facts;
use crate::tui::twin::{Row, Twin};

use super::Provenance;

/// What the screen says.
pub(super) fn twin(screen: &Provenance, facts: &Facts, most: usize) -> Twin {
    let wrong = screen.found.as_ref().and_then(|found| found.as_ref().err());
    let said = match (&screen.found, wrong) {
        (None, _) => "the past is being read".to_owned(),
        (_, wrong) => wrong.map(|why| show(why)).unwrap_or_default(),
    };
    let (lines, datum) = (screen.lines(), screen.datum(facts));
    Twin::default()
        .with("target", screen.target.clone())
        .with("at", screen.at.clone())
        .with("error", json!(wrong))
        .with("selected", json!({ "told": screen.told(facts), "datum": datum }))
        .line(said)
        .list(lines.len(), screen.list.cursor, most, |at| row(screen, &lines[at]))
}

fn row(screen: &Provenance, line: &ToldLine) -> Row {
    let things = screen.traced().map(|traced| &traced.found.things);
    let path = |thing: &usize| things.and_then(|things| things.get(*thing)).map(|thing| thing.path.clone());
    let paths: Vec<String> = line.things.iter().filter_map(path).collect();
    let how = format!("{}{}{}", line.how, line.commit, line.rest);
    let text = format!("{}{} {how}", "  ".repeat(line.depth), line.names);
    let facts = json!({
        "depth": line.depth, "path": paths.first(), "paths": paths, "how": how, "commit": line.commit,
        "is_command": line.is_command(),
    });
    Row { text: text.trim_end().to_owned(), facts }
}
