//! Both engines against each other and against plain backtracking, on random globs and paths.

use proptest::prelude::*;

use super::parse::{Group, Node, Pattern, Repeat, parse};
use super::walk::Walker;
use super::{Engine, find_by_regex};

type Slots = Vec<Option<(usize, usize)>>;

/// The meaning of a pattern by trying everything in order, in time without bound.
struct Reference<'a> {
    text: &'a [char],
    refuses_prefixes: bool,
}

type Then<'t> = &'t mut dyn FnMut(usize, &Slots) -> bool;

impl Reference<'_> {
    fn nodes(&self, nodes: &[Node], at: usize, slots: &Slots, then: Then<'_>) -> bool {
        let [first, rest @ ..] = nodes else { return then(at, slots) };
        self.node(first, at, slots, &mut |at, slots| self.nodes(rest, at, slots, then))
    }

    fn one(&self, takes: bool, at: usize, slots: &Slots, then: Then<'_>) -> bool {
        takes && at < self.text.len() && then(at + 1, slots)
    }

    fn run(&self, from: usize, stop: char, slots: &Slots, then: Then<'_>) -> bool {
        let end = self.text[from..].iter().position(|c| *c == stop).map_or(self.text.len(), |n| from + n);
        (from..=end).rev().any(|at| then(at, slots))
    }

    fn node(&self, node: &Node, at: usize, slots: &Slots, then: Then<'_>) -> bool {
        let next = self.text.get(at).copied().unwrap_or('/');
        match node {
            Node::Char(char) => self.one(*char == next, at, slots, then),
            Node::One => self.one(next != '/', at, slots, then),
            Node::Class(class) => self.one(class.has(next), at, slots, then),
            Node::Run => self.run(at, '/', slots, then),
            Node::DeepRun => self.run(at, '\n', slots, then),
            Node::Choice(alternatives) => self.choice(alternatives, at, slots, then),
            Node::Group(group) => self.group(group, at, slots, then),
        }
    }

    fn choice(&self, alternatives: &[Vec<Node>], at: usize, slots: &Slots, then: Then<'_>) -> bool {
        alternatives.iter().any(|nodes| self.nodes(nodes, at, slots, then))
    }

    fn group(&self, group: &Group, from: usize, slots: &Slots, then: Then<'_>) -> bool {
        let closed = &mut |at: usize, slots: &Slots| {
            let mut slots = slots.clone();
            slots[group.number - 1] = Some((from, at));
            then(at, &slots)
        };
        let alternatives = &group.alternatives;
        match group.repeat {
            Repeat::Once => self.choice(alternatives, from, slots, closed),
            Repeat::Maybe => self.choice(alternatives, from, slots, closed) || closed(from, slots),
            Repeat::Many => self.many(alternatives, true, from, slots, closed),
            Repeat::Any => self.many(alternatives, true, from, slots, closed) || closed(from, slots),
            Repeat::Not => {
                let may_end = &mut |at: usize, _: &Slots| self.refuses_prefixes || at == self.text.len();
                !self.choice(alternatives, from, slots, may_end) && self.run(from, '/', slots, closed)
            }
        }
    }

    /// One or more; a later round that takes nothing does not count.
    fn many(&self, all: &[Vec<Node>], is_first: bool, from: usize, slots: &Slots, then: Then<'_>) -> bool {
        self.choice(all, from, slots, &mut |at, slots| {
            if at == from {
                return is_first && then(at, slots);
            }
            self.many(all, false, at, slots, then) || then(at, slots)
        })
    }
}

fn by_reference(pattern: &Pattern, path: &str) -> Option<Slots> {
    let text: Vec<char> = path.chars().collect();
    let reference = Reference { text: &text, refuses_prefixes: pattern.refuses_prefixes };
    let mut found = None;
    reference.nodes(&pattern.nodes, 0, &vec![None; pattern.groups], &mut |at, slots| {
        if at == text.len() {
            found = Some(slots.clone());
        }
        at == text.len()
    });
    found
}

fn glob(leaves: &'static str, openers: &'static [&'static str]) -> impl Strategy<Value = String> {
    let leaf = proptest::string::string_regex(leaves).expect("a regex");
    leaf.prop_recursive(3, 12, 3, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.concat()),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| format!("{{{}}}", parts.join(","))),
            (prop::sample::select(openers), prop::collection::vec(inner, 1..4))
                .prop_map(|(opener, parts)| format!("{opener}({})", parts.join("|"))),
        ]
    })
}

const LEAVES: &str = r"a|b|ab|/|\*|\*\*|\?|\[ab\]|\[!a\]|\[!/\]|";
const PATHS: &str = "/[ab/]{0,6}";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn engines_agree(text in glob(LEAVES, &["", "@", "?", "*", "+"]), path in PATHS) {
        let pattern = parse(&text).expect("a glob");
        let Engine::Regex(regex) = Engine::new(&pattern) else { panic!("no negation, no walker") };
        let walked = Walker::new(&pattern).find(&path);
        let found = find_by_regex(&regex, pattern.groups, &path);
        prop_assert_eq!(found.is_some(), walked.is_some());
        if let (Some(found), Some(walked)) = (found, walked) {
            let found: Slots = found.iter().map(|s| s.map(|s| (s.start as usize, s.end as usize))).collect();
            prop_assert_eq!(found, walked);
        }
    }

    #[test]
    fn walking_finds_what_trying_everything_finds(text in glob(LEAVES, &["", "?", "*", "+", "!"]), path in PATHS) {
        let pattern = parse(&text).expect("a glob");
        let expected = by_reference(&pattern, &path);
        let found = Walker::new(&pattern).find(&path);
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn no_text_panics(text in r"[ab/*?\[\](){}|,!^@+\\:.-]{0,30}|.{0,20}", path in PATHS) {
        if let Ok(glob) = super::Glob::parse(&text) {
            let found = glob.find(&path);
            prop_assert!(found.is_none_or(|captures| captures.len() == glob.groups()));
        }
    }

    #[test]
    fn depth_and_prefix_hold_for_every_match(text in glob(LEAVES, &["", "?", "*", "!"]), path in "/[ab](/?[ab]){0,5}") {
        let glob = super::Glob::parse(&text).expect("a glob");
        if glob.find(&path).is_some() {
            prop_assert!(path[1..].starts_with(glob.literal_prefix()));
            prop_assert!(glob.depth().is_none_or(|depth| depth == path.matches('/').count()));
        }
    }
}
