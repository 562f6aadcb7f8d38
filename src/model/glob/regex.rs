//! Writes a glob without negations as a regular expression.

use std::fmt::Write as _;

use super::class::Class;
use super::parse::{Group, Node, Pattern, Repeat};

/// The expression, anchored at both ends, with the glob's capture groups in their order.
///
/// Negations have none; they must not be in `pattern`.
pub(super) fn regex(pattern: &Pattern) -> String {
    debug_assert!(!pattern.has_negation);
    let mut out = String::from(r"\A");
    sequence(&mut out, &pattern.nodes);
    out.push_str(r"\z");
    out
}

fn sequence(out: &mut String, nodes: &[Node]) {
    for node in nodes {
        match node {
            Node::Char(char) => literal(out, *char),
            Node::Run => out.push_str("[^/]*"),
            Node::DeepRun => out.push_str(".*"),
            Node::One => out.push_str("[^/]"),
            Node::Class(one) => class(out, one),
            Node::Choice(alternatives) => choice(out, alternatives),
            Node::Group(one) => group(out, one),
        }
    }
}

fn literal(out: &mut String, char: char) {
    if char.is_ascii_alphanumeric() || char == '/' {
        out.push(char);
    } else {
        // `\x{2e}`: safe for every character, also those that a later syntax may give a meaning.
        write!(out, "\\x{{{:x}}}", u32::from(char)).expect("a string takes all text");
    }
}

fn class(out: &mut String, class: &Class) {
    out.push_str(if class.is_negated { "[^" } else { "[" });
    for (low, high) in &class.ranges {
        literal(out, *low);
        out.push('-');
        literal(out, *high);
    }
    out.push(']');
}

fn choice(out: &mut String, alternatives: &[Vec<Node>]) {
    out.push_str("(?:");
    for (number, nodes) in alternatives.iter().enumerate() {
        if number > 0 {
            out.push('|');
        }
        sequence(out, nodes);
    }
    out.push(')');
}

fn group(out: &mut String, group: &Group) {
    out.push('(');
    choice(out, &group.alternatives);
    out.push_str(match group.repeat {
        Repeat::Once | Repeat::Not => "",
        Repeat::Maybe => "?",
        Repeat::Any => "*",
        Repeat::Many => "+",
    });
    out.push(')');
}
