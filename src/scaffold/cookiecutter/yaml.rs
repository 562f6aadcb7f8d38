//! YAML as cookiecutter's reader, `PyYAML`, has it: version 1.1, with anchors and `<<`; of keys given twice the last one counts.

use std::borrow::Cow;
use std::collections::BTreeMap;

use granit_parser::{Event, Options, Parser, ScalarStyle, Tag};

use super::json::{Dict, Json};
use super::scalar;

/// Most values in one file, those that aliases repeat among them.
const MOST_NODES: usize = 50_000;
/// Deepest nesting.
const DEEPEST: usize = 64;
/// Begins the stand-in for a key that is no text; a number that no other key of the map has follows.
const OTHER_KEY: char = '\0';
/// The key that takes over the entries of other maps.
const MERGE: &str = "<<";

/// Reads a text.
///
/// Errors: why it cannot be read, with the line.
pub(super) fn read(text: &str) -> Result<Json, String> {
    let mut options = Options::default();
    options.emit_comments = false;
    options.flow_nesting_limit = DEEPEST;
    options.block_nesting_limit = DEEPEST;
    let mut builder = Builder::default();
    for event in Parser::new_from_str_with_options(text.trim_start_matches('\u{feff}'), options) {
        let at = |line: usize, problem: &str| format!("line {}: {problem}", line.max(1));
        match event {
            Ok((event, span)) => {
                builder.take(event).map_err(|problem| at(span.start.line(), problem))?;
            }
            Err(error) => return Err(at(error.marker().line(), &error.info().replace('\'', "`"))),
        }
    }
    Ok(builder.root.unwrap_or(Json::Null))
}

enum Open {
    List(Vec<Json>),
    Map { merges: Vec<Json>, own: Dict, key: Option<Key> },
}

enum Key {
    Merge,
    Text(String),
    Other,
}

#[derive(Default)]
struct Builder {
    open: Vec<(usize, Open)>,
    anchors: BTreeMap<usize, Json>,
    root: Option<Json>,
    nodes: usize,
}

impl Builder {
    fn take(&mut self, event: Event<'_>) -> Result<(), &'static str> {
        match event {
            Event::DocumentStart(..) if self.root.is_some() => Err("a second document begins here"),
            Event::Scalar(text, style, anchor, tag) => {
                let is_plain = style == ScalarStyle::Plain;
                if self.is_at_key() && is_plain && tag.is_none() && text == MERGE {
                    self.take_key(Key::Merge);
                    return Ok(());
                }
                self.place(anchor, scalar::read(&text, is_plain, tag.as_deref()))
            }
            Event::SequenceStart(_, anchor, tag) => self.begin(anchor, tag, "seq", Open::List(Vec::new())),
            Event::MappingStart(_, anchor, tag) => {
                let open = Open::Map { merges: Vec::new(), own: Dict::default(), key: None };
                self.begin(anchor, tag, "map", open)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(anchor) => {
                let named = self.anchors.get(&anchor).cloned();
                let named = named.ok_or("an alias stands inside of what it names")?;
                self.nodes += size(&named);
                self.place(0, named)
            }
            _ => Ok(()),
        }
    }

    fn begin(
        &mut self,
        anchor: usize,
        tag: Option<Cow<'_, Tag>>,
        usual: &str,
        open: Open,
    ) -> Result<(), &'static str> {
        if tag.is_some_and(|tag| scalar::kind(&tag) != usual) {
            return Err("a list or a map with a tag has no match here");
        }
        self.open.push((anchor, open));
        Ok(())
    }

    fn is_at_key(&self) -> bool {
        matches!(self.open.last(), Some((_, Open::Map { key: None, .. })))
    }

    fn take_key(&mut self, found: Key) {
        if let Some((_, Open::Map { key, .. })) = self.open.last_mut() {
            *key = Some(found);
        }
    }

    fn close(&mut self) -> Result<(), &'static str> {
        match self.open.pop() {
            Some((anchor, Open::List(items))) => self.place(anchor, Json::List(items)),
            Some((anchor, Open::Map { merges, own, .. })) => {
                let whole = merged(merges, &own)?;
                self.place(anchor, Json::Dict(whole))
            }
            None => Ok(()),
        }
    }

    fn place(&mut self, anchor: usize, value: Json) -> Result<(), &'static str> {
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            return Err("the file holds too many values");
        }
        if anchor > 0 {
            self.anchors.insert(anchor, value.clone());
        }
        if self.is_at_key() {
            self.take_key(match value {
                Json::Text(text) => Key::Text(text),
                _ => Key::Other,
            });
            return Ok(());
        }
        match self.open.last_mut() {
            None => self.root = Some(value),
            Some((_, Open::List(items))) => items.push(value),
            Some((_, Open::Map { merges, own, key })) => match key.take() {
                Some(Key::Merge) => merges.push(value),
                Some(Key::Text(key)) => own.insert(&key, value),
                _ => {
                    let key = format!("{OTHER_KEY}{}", own.iter().count());
                    own.insert(&key, Json::Unlike("an entry whose key is no text"));
                }
            },
        }
        Ok(())
    }
}

/// A map with what `<<` adds, which comes first; of a list of maps the first that has a key counts, else the last.
fn merged(merges: Vec<Json>, own: &Dict) -> Result<Dict, &'static str> {
    let mut whole = Dict::default();
    for merge in merges {
        let maps = match merge {
            Json::List(maps) => maps.into_iter().rev().collect(),
            one => vec![one],
        };
        for map in maps {
            let Json::Dict(map) = map else { return Err("`<<` takes a map, or a list of maps") };
            map.iter().for_each(|(key, value)| whole.insert(key, value.clone()));
        }
    }
    own.iter().for_each(|(key, value)| whole.insert(key, value.clone()));
    Ok(whole)
}

/// How many values a value holds.
fn size(value: &Json) -> usize {
    match value {
        Json::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        Json::Dict(dict) => 1 + dict.iter().map(|(_, value)| size(value)).sum::<usize>(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(text: &str) -> Vec<(String, String)> {
        let Ok(Json::Dict(dict)) = read(text) else { panic!("{text}: it is a mapping") };
        dict.iter().map(|(key, value)| (key.to_owned(), value.text())).collect()
    }

    #[test]
    fn letters_are_texts_and_words_truth_values() {
        let found = entries("y: '2'\nx: y\nz: yes\nq: 'yes'\nl: [n, no, 'n', false]\n");
        let expected = [("y", "2"), ("x", "y"), ("z", "True"), ("q", "yes")];
        assert_eq!(found[..4], expected.map(|(key, text)| (key.to_owned(), text.to_owned())));
        assert_eq!(found[4].1, r#"["n",false,"n",false]"#);
    }

    #[test]
    fn keys_that_are_no_texts_name_nothing() {
        let found = entries("on: 1\n3: 2\nname: x\n[a]: 4\n");
        let named: Vec<_> = found.iter().filter(|(key, _)| !key.starts_with(OTHER_KEY)).collect();
        assert_eq!(named, [&("name".to_owned(), "x".to_owned())]);
    }

    #[test]
    fn what_is_given_twice_and_what_is_merged_in() {
        assert_eq!(entries("a: 1\nb: 2\na: 3\n"), [("a".into(), "3".into()), ("b".into(), "2".into())]);
        let text = "x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz: {b: 9, <<: [*x, *y]}\n";
        assert_eq!(entries(text)[2].1, r#"{"b":9,"c":4,"a":1}"#);
    }

    #[test]
    fn broken_ones_have_a_line() {
        for (text, problem) in [
            ("a: 1\nb: [\n", "line "),
            ("a: &a [*a]\n", "line 1: an alias"),
            ("a: 1\n---\nb: 2\n", "line 2: a second document"),
            ("a: 1\n<<: 3\n", "`<<` takes a map"),
            ("a: !!set {b: }\n", "line 1: a list or a map with a tag"),
        ] {
            let told = read(text).expect_err(text);
            assert!(told.contains(problem), "{told}");
        }
    }
}
