//! `extends`: a service that begins with what another one says.

use super::super::error::ImportError;
use super::super::report::Report;
use super::super::source::Source;
use super::super::yaml::{Node, Tree};

/// Deepest chain of services.
const DEEPEST: usize = 20;

/// All services, each with what it takes over from others of the file.
///
/// # Errors
/// When a service is not there, or extends itself.
pub(super) fn settled(all: &Node, source: &Source, report: &mut Report) -> Result<Node, ImportError> {
    let mut entries = Vec::new();
    for (name, node) in all.entries() {
        entries.push((name.clone(), whole(name, node, all, source, report, 0)?));
    }
    Ok(Node { line: all.line, tree: Tree::Map(entries) })
}

fn whole(
    name: &str,
    node: &Node,
    all: &Node,
    source: &Source,
    report: &mut Report,
    depth: usize,
) -> Result<Node, ImportError> {
    let Some(extends) = node.get("extends") else { return Ok(node.clone()) };
    let place = source.at(extends.line);
    if extends.get("file").is_some() {
        return Ok(node.clone());
    }
    let other = extends.text().or_else(|| extends.text_of("service")).unwrap_or_default();
    let base = all
        .get(other)
        .ok_or_else(|| ImportError::new(&place, format!("there is no service `{other}` to extend")))?;
    if depth > DEEPEST {
        return Err(ImportError::new(&place, format!("service `{other}` extends itself")));
    }
    let base = whole(other, base, all, source, report, depth + 1)?;
    if depth == 0 {
        report.exact(&place, "", format!("service `{name}` begins with what `{other}` says"));
    }
    let mut whole = laid("", &base, node);
    if let (Some(far), Tree::Map(entries)) = (far(&base), &mut whole.tree) {
        entries.retain(|(key, _)| key != "extends");
        entries.push(("extends".to_owned(), far.clone()));
    }
    Ok(whole)
}

/// What a service takes over of another file, which is not read.
pub(super) fn far(node: &Node) -> Option<&Node> {
    node.get("extends").filter(|extends| extends.get("file").is_some())
}

/// What a service takes over never.
const OWN: [&str; 4] = ["depends_on", "links", "network_mode", "extends"];

/// One node over another: of maps each key, of some lists each item, else the upper one alone.
fn laid(key: &str, below: &Node, above: &Node) -> Node {
    let tree = match (&below.tree, &above.tree) {
        (Tree::Map(lower), Tree::Map(upper)) => {
            let own = |key: &String| OWN.contains(&key.as_str());
            let kept = lower.iter().filter(|(key, _)| above.get(key).is_none() && !own(key)).cloned();
            let one = |(key, node): &(String, Node)| {
                let node = below.get(key).map_or_else(|| node.clone(), |lower| laid(key, lower, node));
                (key.clone(), node)
            };
            Tree::Map(kept.chain(upper.iter().map(one)).collect())
        }
        (Tree::List(lower), Tree::List(upper)) if ["volumes", "environment", "env_file"].contains(&key) => {
            let is_replaced = |node: &&Node| upper.iter().any(|other| same(key, node, other));
            let kept = lower.iter().filter(|node| !is_replaced(node)).cloned();
            Tree::List(kept.chain(upper.iter().cloned()).collect())
        }
        (_, tree) => tree.clone(),
    };
    Node { line: above.line, tree }
}

/// Whether two items are about the same: a variable, or a place in the container.
fn same(key: &str, one: &Node, other: &Node) -> bool {
    let what = |node: &Node| match (key, node.text()) {
        ("environment", Some(text)) => text.split('=').next().map(str::to_owned),
        (_, Some(text)) => text.split(':').nth(1).map(str::to_owned),
        (_, None) => node.text_of("target").map(str::to_owned),
    };
    what(one).is_some() && what(one) == what(other)
}
