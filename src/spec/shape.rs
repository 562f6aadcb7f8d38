//! From nodes to checked values: unknown fields, wrong types, spellings and fields without meaning.

use std::collections::BTreeMap;

use super::complaint::{advice, given, near_field, unknown, wanted};
use super::fields::{Field, Kind, Mark, camel};
use super::rules::{MIXED_SPELLING, RESOURCES_FORMAT, UNSUPPORTED_FIELD, WRONG_TYPE, YAML_TRAP};
use super::scalar::{Plain, duration, is_amount, number, resolve, whole};
use super::spot::Spot;
use super::typed::{Typed, TypedValue};
use super::words::clip;
use super::yaml::{Entry, Node, Value, doubled};
use crate::model::{Finding, Fix, Severity};

/// Checks the root of a file against a table. All problems go to `findings`.
pub(super) fn check(root: Node, fields: &'static [Field], findings: &mut Vec<Finding>) -> Typed {
    let mut shaper = Shaper { findings, snake: None, camel: None };
    let key_spot = root.spot.clone();
    let typed = shaper.value(root, key_spot, Kind::Map(fields), "");
    shaper.spelling();
    typed
}

struct Shaper<'a> {
    findings: &'a mut Vec<Finding>,
    /// The first key that is in `snake_case` and has another spelling, and where.
    snake: Option<(String, Spot)>,
    /// The same for camelCase; with it the other spelling.
    camel: Option<(String, Spot, &'static str)>,
}

impl Shaper<'_> {
    fn value(&mut self, node: Node, key_spot: Spot, kind: Kind, place: &str) -> Typed {
        let spot = node.spot.clone();
        if let Value::Scalar { text, is_plain: true, .. } = &node.value
            && resolve(text) == Plain::Null
        {
            return Typed { spot, key_spot, value: TypedValue::Unset };
        }
        let value = match kind {
            Kind::Map(fields) => self.map(node, fields, place),
            Kind::Maps(fields) => self.list(node, Kind::Map(fields), place),
            Kind::Texts => self.list(node, Kind::Text, place),
            Kind::Wholes => self.list(node, Kind::Whole(0, 255), place),
            Kind::TextMap => self.map_of(node, kind, Kind::Text, place),
            Kind::ChoiceMap(words) => self.map_of(node, kind, Kind::Choice(words), place),
            Kind::TextsMap => self.map_of(node, kind, Kind::Texts, place),
            Kind::Free => free(node).value,
            _ => self.scalar(&node, kind, place),
        };
        Typed { spot, key_spot, value }
    }

    fn map(&mut self, node: Node, fields: &'static [Field], place: &str) -> TypedValue {
        let Value::Map(entries) = node.value else { return self.wrong(&node, Kind::Map(fields), place) };
        let mut map: BTreeMap<String, Typed> = BTreeMap::new();
        let mut meant = Vec::new();
        let named =
            |entry: &Entry| fields.iter().find(|field| field.name == entry.key || field.camel() == entry.key);
        let line = |entry: &Entry| Some((named(entry)?.name, entry.key_spot.span.line));
        let mut given: BTreeMap<&str, usize> = entries.iter().rev().filter_map(line).collect();
        for entry in entries {
            let Some(field) = named(&entry) else {
                if entry.key != "$schema" {
                    let near = near_field(&entry, fields);
                    self.findings.push(unknown(&entry, fields, place, near.and_then(|near| given.get(near))));
                    near.map(|near| given.entry(near).or_insert(entry.key_spot.span.line));
                    meant.extend(near.map(|near| (near, entry.key_spot)));
                }
                continue;
            };
            if let Some(first) = map.get(field.name) {
                self.findings.push(doubled(field.name, &entry.key_spot, first.key_spot.span.line));
                continue;
            }
            self.note_spelling(field, &entry);
            let inner =
                if place.is_empty() { field.name.to_owned() } else { format!("{place}.{}", field.name) };
            let typed = self.value(entry.node, entry.key_spot, field.kind, &inner);
            self.mark(field, &typed);
            map.insert(field.name.to_owned(), typed);
        }
        for (name, spot) in meant {
            // So that a mistyped field is not reported as missing too.
            let bad = || Typed { spot: spot.clone(), key_spot: spot, value: TypedValue::Bad };
            map.entry(name.to_owned()).or_insert_with(bad);
        }
        TypedValue::Map(map)
    }

    fn note_spelling(&mut self, field: &Field, entry: &Entry) {
        if camel(field.name) == field.name {
            return;
        }
        let key = || (entry.key.clone(), entry.key_spot.clone());
        if entry.key == field.name {
            self.snake.get_or_insert_with(key);
        } else {
            self.camel.get_or_insert_with(|| (key().0, key().1, field.name));
        }
    }

    fn spelling(&mut self) {
        if let (Some((snake, first)), Some((camel, second, name))) = (&self.snake, &self.camel) {
            let late = if first.span.start > second.span.start { first } else { second };
            let message = format!("both spellings are used in this file, as in `{snake}` and `{camel}`");
            let finding = MIXED_SPELLING.at(late, message);
            let fix = Fix::safe(format!("write `{name}` for `{camel}`"), vec![second.replaced(camel, name)]);
            self.findings.push(finding.help("choose one; `join_on` is the usual one here").fix(fix));
        }
    }

    fn mark(&mut self, field: &Field, typed: &Typed) {
        let (severity, why, word) = match field.mark {
            Mark::Used | Mark::Quiet => return,
            Mark::Noted(why) => (Severity::Info, why, "has no effect here"),
            Mark::Dropped(why) => (Severity::Warning, why, "has no meaning here"),
            Mark::Refused(why) => (Severity::Error, why, "has no meaning here"),
        };
        let says_nothing = match severity {
            Severity::Error => matches!(typed.value, TypedValue::Unset),
            _ => typed.is_blank() || typed.is_bad() || is_usual(field, typed),
        };
        if says_nothing {
            return;
        }
        let message = format!("`{}` {word}", field.name);
        self.findings.push(UNSUPPORTED_FIELD.as_bad_as(severity, &typed.key_spot, message).help(why));
    }

    fn list(&mut self, node: Node, inner: Kind, place: &str) -> TypedValue {
        let Value::List(items) = node.value else {
            let outer = match inner {
                Kind::Map(fields) => Kind::Maps(fields),
                Kind::Text => Kind::Texts,
                _ => Kind::Wholes,
            };
            return self.wrong(&node, outer, place);
        };
        let mut typed = Vec::new();
        for (index, item) in items.into_iter().enumerate() {
            let place = format!("{place}[{index}]");
            let key_spot = item.spot.clone();
            let mut item = self.value(item, key_spot, inner, &place);
            if matches!(item.value, TypedValue::Unset) {
                self.findings.push(
                    WRONG_TYPE.at(&item.spot, format!("`{place}` is empty")).help("remove it or fill it in"),
                );
                item.value = TypedValue::Bad;
            }
            typed.push(item);
        }
        TypedValue::List(typed)
    }

    /// A map whose keys are free.
    fn map_of(&mut self, node: Node, kind: Kind, inner: Kind, place: &str) -> TypedValue {
        let Value::Map(entries) = node.value else { return self.wrong(&node, kind, place) };
        let mut map = BTreeMap::new();
        for entry in entries {
            let place = format!("{place}.{}", clip(&entry.key));
            let typed = self.value(entry.node, entry.key_spot, inner, &place);
            map.insert(entry.key, typed);
        }
        TypedValue::Map(map)
    }

    fn scalar(&mut self, node: &Node, kind: Kind, place: &str) -> TypedValue {
        let Value::Scalar { text, is_plain, verbatim } = &node.value else {
            return self.wrong(node, kind, place);
        };
        let plain = if *is_plain { resolve(text) } else { Plain::Text };
        let as_text = || TypedValue::Text { text: text.clone(), verbatim: *verbatim };
        let found = match kind {
            Kind::Text => match plain {
                // No argument, variable or path can hold it.
                Plain::Text if text.contains('\0') => None,
                Plain::Text => Some(as_text()),
                Plain::BoolLike => {
                    self.trap(&node.spot, text);
                    Some(as_text())
                }
                _ => None,
            },
            Kind::Bool => match plain {
                Plain::Bool(value) => Some(TypedValue::Bool(value)),
                _ => None,
            },
            Kind::Whole(low, high) => whole(text).filter(|n| (low..=high).contains(n)).map(TypedValue::Whole),
            Kind::Number => number(text).filter(|n| *n >= 0.0).map(TypedValue::Number),
            Kind::Duration => duration(text).map(|_| as_text()),
            Kind::Amount => return self.amount(node, text, place).unwrap_or_else(as_text),
            Kind::Choice(words) => words.contains(&text.as_str()).then(as_text),
            _ => None,
        };
        found.unwrap_or_else(|| self.wrong(node, kind, place))
    }

    fn trap(&mut self, spot: &Spot, text: &str) {
        let message = format!("`{text}` is text here, but many YAML readers take it for a boolean");
        let quoted = format!("\"{text}\"");
        let fix = Fix::safe(format!("write `{quoted}`"), vec![spot.replaced(text, &quoted)]);
        self.findings.push(YAML_TRAP.at(spot, message).help(format!("write `{quoted}`")).fix(fix));
    }

    fn amount(&mut self, node: &Node, text: &str, place: &str) -> Option<TypedValue> {
        if is_amount(text) {
            return None;
        }
        let message = format!("`{place}` is not an amount");
        let finding = RESOURCES_FORMAT
            .at(&node.spot, message)
            .help("write a number with a unit: `4G`, `512Mi`, `1.5Gi`");
        self.findings.push(finding);
        Some(TypedValue::Bad)
    }

    fn wrong(&mut self, node: &Node, kind: Kind, place: &str) -> TypedValue {
        let place = if place.is_empty() { "the file".to_owned() } else { format!("`{place}`") };
        let message = format!("{place} must be {}, not {}", wanted(kind), given(node));
        let spot = match node.value {
            Value::Scalar { .. } => node.spot.clone(),
            // A list or map spans many lines; its first byte is enough.
            _ => first_byte(&node.spot),
        };
        let mut finding = WRONG_TYPE.at(&spot, message);
        finding.help = advice(node, kind);
        self.findings.push(finding);
        TypedValue::Bad
    }
}

/// Whether a field without effect holds what Pachyderm would take anyway.
fn is_usual(field: &Field, typed: &Typed) -> bool {
    matches!(field.name, "branch" | "output_branch") && matches!(typed.text(), Some("master" | "main"))
}

fn first_byte(spot: &Spot) -> Spot {
    let mut spot = spot.clone();
    spot.span.end = spot.span.start;
    spot
}

/// A value that is not looked into.
fn free(node: Node) -> Typed {
    let (spot, key_spot) = (node.spot.clone(), node.spot);
    let value = match node.value {
        Value::List(items) => TypedValue::List(items.into_iter().map(free).collect()),
        Value::Map(entries) => {
            TypedValue::Map(entries.into_iter().map(|entry| (entry.key, free(entry.node))).collect())
        }
        Value::Scalar { text, is_plain, verbatim } => {
            match if is_plain { resolve(&text) } else { Plain::Text } {
                Plain::Null => TypedValue::Unset,
                Plain::Bool(value) => TypedValue::Bool(value),
                Plain::Whole(value) => TypedValue::Whole(value),
                Plain::Number(value) => TypedValue::Number(value),
                _ => TypedValue::Text { text, verbatim },
            }
        }
    };
    Typed { spot, key_spot, value }
}
