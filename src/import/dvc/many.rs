//! One stage, or the many that `foreach` and `matrix` make of one.

use super::super::error::ImportError;
use super::super::report::Report;
use super::super::source::Source;
use super::super::yaml::{Node, Tree};
use super::stage::{Stage, read};
use super::template::Values;

/// Most stages that one entry may become.
const MOST: usize = 1000;

/// The stages of one entry.
///
/// # Errors
/// When it is no stage.
pub(super) fn stages(
    name: &str,
    node: &Node,
    values: &Values,
    source: &Source,
    report: &mut Report,
) -> Result<Vec<Stage>, ImportError> {
    let place = source.at(node.line);
    let items = match (node.get("foreach"), node.get("matrix")) {
        (None, None) => return Ok(vec![read(name, node, values, source)?]),
        (Some(each), _) => foreach(each, values),
        (None, Some(matrix)) => combinations(matrix, values),
    };
    let Some(items) = items else {
        return Err(ImportError::new(
            &place,
            format!("stage `{name}` is made for each of something that is no list and no map"),
        ));
    };
    let body = if node.get("foreach").is_some() { node.get("do") } else { Some(node) };
    let Some(body) = body else {
        return Err(ImportError::new(&place, format!("stage `{name}` has `foreach` without `do`")));
    };
    if items.len() > MOST {
        return Err(ImportError::new(
            &place,
            format!("stage `{name}` becomes {} stages; at most {MOST} are made", items.len()),
        ));
    }
    let text = format!(
        "stage `{name}` is one for each of {} values; each becomes a pipeline of its own, `{name}/VALUE`",
        items.len()
    );
    report.assumed(&place, "", text);
    let mut found = Vec::new();
    for (key, item) in items {
        let mut values = values.clone();
        values.add("item", &item);
        let line = node.line;
        values.add("key", &Node { line, tree: Tree::Scalar { text: key.clone(), is_plain: false } });
        found.push(read(&format!("{name}/{key}"), body, &values, source)?);
    }
    Ok(found)
}

/// The values of a node, or of what it names.
fn meant<'a>(node: &'a Node, values: &'a Values) -> &'a Node {
    node.text().and_then(|text| values.node(text)).unwrap_or(node)
}

fn foreach(each: &Node, values: &Values) -> Option<Vec<(String, Node)>> {
    let each = meant(each, values);
    match &each.tree {
        Tree::List(items) => {
            let key = |(at, item): (usize, &Node)| {
                (item.text().map_or_else(|| at.to_string(), str::to_owned), item.clone())
            };
            Some(items.iter().enumerate().map(key).collect())
        }
        Tree::Map(entries) => Some(entries.clone()),
        Tree::Scalar { .. } => None,
    }
}

fn combinations(matrix: &Node, values: &Values) -> Option<Vec<(String, Node)>> {
    let mut found: Vec<(String, Vec<(String, Node)>)> = vec![(String::new(), Vec::new())];
    for (name, node) in matrix.entries() {
        let items = meant(node, values);
        if items.items().is_empty() || found.len() * items.items().len() > MOST {
            return None;
        }
        let mut more = Vec::new();
        for (key, fields) in &found {
            for (at, item) in items.items().iter().enumerate() {
                let word = item.text().map_or_else(|| format!("{name}{at}"), str::to_owned);
                let key = if key.is_empty() { word } else { format!("{key}-{word}") };
                let fields = fields.iter().cloned().chain([(name.clone(), item.clone())]).collect();
                more.push((key, fields));
            }
        }
        found = more;
    }
    let node = |fields| Node { line: matrix.line, tree: Tree::Map(fields) };
    Some(found.into_iter().map(|(key, fields)| (key, node(fields))).collect())
}
