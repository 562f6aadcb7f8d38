//! Matches any glob, negations included, in time linear in the path and in the pattern.
//!
//! It goes as a backtracking engine goes, and so finds the same match with the same captures, but never
//! tries an instruction twice at one position: what failed once fails again. What negations look for is
//! noted beforehand for all positions, by one pass from the path's end to its start per negation.

use super::class::Class;
use super::parse::{Group, Node, Pattern, Repeat};

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct Walker {
    /// What each negation refuses, innermost first, so that each uses only those before it.
    refused: Vec<Program>,
    main: Program,
    groups: usize,
    refuses_prefixes: bool,
}

/// Instructions; the first is the start.
#[derive(Debug, Default)]
struct Program {
    ops: Vec<Op>,
    /// For each instruction those that reach it without taking a character.
    before: Vec<Vec<usize>>,
}

#[derive(Debug)]
enum Op {
    /// Takes one character and goes on with the next instruction.
    Take(Set),
    /// Goes to the first, or else to the second.
    Split(usize, usize),
    /// Goes there.
    Jump(usize),
    /// Notes the position.
    Save(usize),
    /// Goes on unless the negation of this number finds something here.
    Refuse(usize),
    /// The end of the program.
    End,
}

#[derive(Debug)]
enum Set {
    Char(char),
    ButSlash,
    ButNewline,
    Class(Class),
}

impl Walker {
    /// Compiles a pattern; the program is about as long as the pattern.
    pub(super) fn new(pattern: &Pattern) -> Self {
        let mut compiler = Compiler::default();
        let main = compiler.program(&pattern.nodes, true);
        let Pattern { groups, refuses_prefixes, .. } = *pattern;
        Self { refused: compiler.refused, main, groups, refuses_prefixes }
    }

    /// What each group took, as byte ranges of `path`; `None` if the path does not match.
    pub(super) fn find(&self, path: &str) -> Option<Vec<Option<(usize, usize)>>> {
        let text: Vec<char> = path.chars().collect();
        let mut found: Vec<Vec<bool>> = Vec::with_capacity(self.refused.len());
        for program in &self.refused {
            let starts = program.starts(&text, &found, self.refuses_prefixes);
            found.push(starts);
        }
        let slots = self.main.search(&text, &found, 2 * self.groups)?;
        let mut offsets: Vec<usize> = path.char_indices().map(|(at, _)| at).collect();
        offsets.push(path.len());
        let span = |pair: &[Option<usize>]| Some((offsets[pair[0]?], offsets[pair[1]?]));
        Some(slots.chunks_exact(2).map(span).collect())
    }
}

impl Program {
    /// At which positions the program can start: those from which it reaches its end, anywhere
    /// (`is_prefix`) or at the end of the text.
    fn starts(&self, text: &[char], found: &[Vec<bool>], is_prefix: bool) -> Vec<bool> {
        let mut starts = vec![false; text.len() + 1];
        let (mut row, mut next) = (vec![false; self.ops.len()], vec![false; self.ops.len()]);
        let mut reached = Vec::new();
        for at in (0..=text.len()).rev() {
            for (pc, op) in self.ops.iter().enumerate() {
                row[pc] = match op {
                    Op::Take(set) => text.get(at).is_some_and(|c| set.has(*c)) && next[pc + 1],
                    Op::End => is_prefix || at == text.len(),
                    _ => false,
                };
                reached.extend(row[pc].then_some(pc));
            }
            while let Some(pc) = reached.pop() {
                for &before in &self.before[pc] {
                    let is_refused = matches!(self.ops[before], Op::Refuse(number) if found[number][at]);
                    if !row[before] && !is_refused {
                        row[before] = true;
                        reached.push(before);
                    }
                }
            }
            starts[at] = row[0];
            std::mem::swap(&mut row, &mut next);
        }
        starts
    }

    /// The positions that were saved on the first way through the program that takes the whole text.
    fn search(&self, text: &[char], found: &[Vec<bool>], slot_count: usize) -> Option<Vec<Option<usize>>> {
        let mut slots = vec![None; slot_count];
        let mut tried = vec![false; self.ops.len() * (text.len() + 1)];
        let mut todo = vec![Todo::Visit(0, 0)];
        while let Some(next) = todo.pop() {
            let (mut pc, mut at) = match next {
                Todo::Visit(pc, at) => (pc, at),
                Todo::Restore(slot, old) => {
                    slots[slot] = old;
                    continue;
                }
            };
            while !std::mem::replace(&mut tried[at * self.ops.len() + pc], true) {
                match self.ops[pc] {
                    Op::End if at == text.len() => return Some(slots),
                    Op::Take(ref set) if text.get(at).is_some_and(|c| set.has(*c)) => {
                        (pc, at) = (pc + 1, at + 1);
                    }
                    Op::Refuse(number) if !found[number][at] => pc += 1,
                    Op::End | Op::Take(_) | Op::Refuse(_) => break,
                    Op::Jump(to) => pc = to,
                    Op::Split(first, second) => {
                        todo.push(Todo::Visit(second, at));
                        pc = first;
                    }
                    Op::Save(slot) => {
                        todo.push(Todo::Restore(slot, slots[slot].replace(at)));
                        pc += 1;
                    }
                }
            }
        }
        None
    }
}

/// What is left to do when the way now taken fails.
enum Todo {
    /// Try this instruction at this position.
    Visit(usize, usize),
    /// Put back what was saved.
    Restore(usize, Option<usize>),
}

impl Set {
    fn has(&self, c: char) -> bool {
        match self {
            Self::Char(char) => *char == c,
            Self::ButSlash => c != '/',
            Self::ButNewline => c != '\n',
            Self::Class(class) => class.has(c),
        }
    }
}

#[derive(Default)]
struct Compiler {
    refused: Vec<Program>,
    /// The program being written.
    ops: Vec<Op>,
    /// Whether groups note what they take; those inside a negation never do.
    saves: bool,
}

impl Compiler {
    /// Compiles a program of its own, while another may be half written.
    fn program(&mut self, nodes: &[Node], saves: bool) -> Program {
        self.with_own_ops(saves, |compiler| compiler.sequence(nodes))
    }

    fn with_own_ops(&mut self, saves: bool, write: impl FnOnce(&mut Self)) -> Program {
        let outer = (std::mem::take(&mut self.ops), std::mem::replace(&mut self.saves, saves));
        write(self);
        self.ops.push(Op::End);
        let ops = std::mem::replace(&mut self.ops, outer.0);
        self.saves = outer.1;
        Program { before: before(&ops), ops }
    }

    fn sequence(&mut self, nodes: &[Node]) {
        for node in nodes {
            match node {
                Node::Char(char) => self.ops.push(Op::Take(Set::Char(*char))),
                Node::Run => self.repeat(true, |compiler| compiler.ops.push(Op::Take(Set::ButSlash))),
                Node::DeepRun => self.repeat(true, |compiler| compiler.ops.push(Op::Take(Set::ButNewline))),
                Node::One => self.ops.push(Op::Take(Set::ButSlash)),
                Node::Class(class) => self.ops.push(Op::Take(Set::Class(class.clone()))),
                Node::Choice(alternatives) => self.choice(alternatives),
                Node::Group(group) => self.group(group),
            }
        }
    }

    fn group(&mut self, group: &Group) {
        let slot = 2 * (group.number - 1);
        self.save(slot);
        let alternatives = &group.alternatives;
        match group.repeat {
            Repeat::Once => self.choice(alternatives),
            Repeat::Maybe => self.maybe(|compiler| compiler.choice(alternatives)),
            Repeat::Any => self.repeat(true, |compiler| compiler.choice(alternatives)),
            Repeat::Many => self.repeat(false, |compiler| compiler.choice(alternatives)),
            Repeat::Not => self.negation(alternatives),
        }
        self.save(slot + 1);
    }

    fn save(&mut self, slot: usize) {
        if self.saves {
            self.ops.push(Op::Save(slot));
        }
    }

    fn negation(&mut self, alternatives: &[Vec<Node>]) {
        let program = self.with_own_ops(false, |compiler| compiler.choice(alternatives));
        self.refused.push(program);
        self.ops.push(Op::Refuse(self.refused.len() - 1));
        self.repeat(true, |compiler| compiler.ops.push(Op::Take(Set::ButSlash)));
    }

    /// `body` or nothing, `body` first.
    fn maybe(&mut self, body: impl FnOnce(&mut Self)) {
        let split = self.ops.len();
        self.ops.push(Op::Jump(0));
        body(self);
        self.ops[split] = Op::Split(split + 1, self.ops.len());
    }

    /// `body` as often as possible; at least once unless `may_be_none`. Written as `(body+)?`, so that
    /// a body that took nothing leaves the loop, as in a backtracking engine.
    fn repeat(&mut self, may_be_none: bool, body: impl FnOnce(&mut Self)) {
        let many = |compiler: &mut Self| {
            let start = compiler.ops.len();
            body(compiler);
            let end = compiler.ops.len();
            compiler.ops.push(Op::Split(start, end + 1));
        };
        if may_be_none { self.maybe(many) } else { many(self) }
    }

    fn choice(&mut self, alternatives: &[Vec<Node>]) {
        let mut ends = Vec::new();
        for (number, nodes) in alternatives.iter().enumerate() {
            let split = self.ops.len();
            let is_last = number + 1 == alternatives.len();
            if !is_last {
                self.ops.push(Op::Jump(0));
            }
            self.sequence(nodes);
            if !is_last {
                ends.push(self.ops.len());
                self.ops.push(Op::Jump(0));
                self.ops[split] = Op::Split(split + 1, self.ops.len());
            }
        }
        for end in ends {
            self.ops[end] = Op::Jump(self.ops.len());
        }
    }
}

/// Turns the edges that take no character around.
fn before(ops: &[Op]) -> Vec<Vec<usize>> {
    let mut before = vec![Vec::new(); ops.len()];
    for (pc, op) in ops.iter().enumerate() {
        match *op {
            Op::Split(first, second) => {
                before[first].push(pc);
                before[second].push(pc);
            }
            Op::Jump(to) => before[to].push(pc),
            Op::Save(_) | Op::Refuse(_) => before[pc + 1].push(pc),
            Op::Take(_) | Op::End => {}
        }
    }
    before
}
