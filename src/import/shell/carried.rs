//! Variables that a loop carries from one turn to the next: set in its body, and read before they are surely set there.

use std::collections::BTreeSet;

use super::super::here::{Part, lines};
use super::super::words::{Quotes, Quoting};

/// What is begun and not yet ended, and what is surely set in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The loop's body, or `{ … }`.
    Plain,
    /// `if`, or `case`; has one of its branches surely run?
    Choice { is_sure: bool },
    /// A further loop.
    Loop,
    /// `( … )`.
    Shell,
    /// What follows `&&` or `||`.
    Chain,
}

struct Block {
    kind: Kind,
    set: BTreeSet<String>,
    /// What was set in branches before.
    branches: Vec<BTreeSet<String>>,
    /// Whether a pattern of `case` stands here.
    is_pattern: bool,
}

/// Follows the commands of a body.
struct Reader {
    blocks: Vec<Block>,
    /// The word, and whether it begins a command.
    word: String,
    is_first: bool,
    /// The program of the command, and what the command sets.
    program: String,
    pending: Vec<String>,
    /// Whether an operator stands before, which a line end does not end.
    is_joined: bool,
    line: usize,
    /// All that is set, and all that is read before.
    set: BTreeSet<String>,
    read: Vec<(usize, String)>,
}

/// The variables that a body carries on, each with the line of the body, from 0, that first reads it.
pub(super) fn carried(body: &str, variable: &str) -> Vec<(usize, String)> {
    let mut reader = Reader {
        blocks: Vec::new(),
        word: String::new(),
        is_first: true,
        program: String::new(),
        pending: Vec::new(),
        is_joined: false,
        line: 0,
        set: BTreeSet::new(),
        read: Vec::new(),
    };
    reader.open(Kind::Plain);
    reader.sure(variable);
    let mut quoting = Quoting::new();
    let parts = lines(body);
    for (at, line) in body.split_inclusive('\n').enumerate() {
        reader.line = at;
        match parts.get(at) {
            Some(Part::Document { is_quoted: true }) => {}
            Some(Part::Document { .. }) => reader.read_all(line),
            _ => reader.commands(line, &mut quoting),
        }
    }
    reader.command_ends('\n');
    let mut seen = BTreeSet::from([variable.to_owned()]);
    let set = reader.set;
    reader.read.into_iter().filter(|(_, name)| set.contains(name) && seen.insert(name.clone())).collect()
}

impl Reader {
    fn open(&mut self, kind: Kind) {
        let (set, branches) = (BTreeSet::new(), Vec::new());
        self.blocks.push(Block { kind, set, branches, is_pattern: false });
    }

    /// Ends the innermost block; the body itself stays.
    fn close(&mut self) {
        self.end_chains();
        if self.blocks.len() < 2 {
            return;
        }
        let Some(mut block) = self.blocks.pop() else { return };
        let kept = match block.kind {
            Kind::Plain => block.set,
            Kind::Choice { is_sure: true } => {
                block.branches.push(block.set);
                let all = block.branches.into_iter().reduce(|one, two| &one & &two);
                all.unwrap_or_default()
            }
            _ => return,
        };
        if let Some(outer) = self.blocks.last_mut() {
            outer.set.extend(kept);
        }
    }

    fn end_chains(&mut self) {
        while self.blocks.len() > 1 && self.blocks.last().is_some_and(|block| block.kind == Kind::Chain) {
            self.blocks.pop();
        }
    }

    fn sure(&mut self, name: &str) {
        self.set.insert(name.to_owned());
        if let Some(block) = self.blocks.last_mut() {
            block.set.insert(name.to_owned());
        }
    }

    fn commands(&mut self, line: &str, quoting: &mut Quoting) {
        for (at, c) in line.char_indices() {
            let is_escaped = quoting.is_escaped();
            let is_text = quoting.state() == Quotes::Single || is_escaped;
            let is_bare = quoting.state() == Quotes::None && !is_escaped;
            quoting.take(c);
            if quoting.is_comment() {
                continue;
            }
            if c == '$' && !is_text {
                self.reads(&line[at + 1..]);
            }
            let is_end = c.is_whitespace() || ";&|()<>".contains(c);
            // `$(` is of the word, and `>&` no end of a command.
            if is_bare && is_end && !(c == '(' && self.word.ends_with('$')) {
                self.word_ends();
                let is_redirection =
                    c == '&' && (line[..at].ends_with('>') || line[at + 1..].starts_with('>'));
                if !(matches!(c, ' ' | '\t' | '\r' | '<' | '>') || is_redirection) {
                    self.operator(c, &line[at + 1..], &line[..at]);
                }
            } else {
                self.word.push(c);
            }
        }
    }

    fn operator(&mut self, c: char, after: &str, before: &str) {
        if c == '\n' && self.is_joined && self.program.is_empty() && self.pending.is_empty() {
            return;
        }
        let is_second = before.ends_with(c) && matches!(c, '&' | '|');
        if is_second {
            self.open(Kind::Chain);
            self.is_joined = true;
            return;
        }
        if matches!(c, '&' | '|') && after.starts_with(c) {
            self.take_pending();
            self.command_begins();
            return;
        }
        self.command_ends(c);
        self.is_joined = c == '|';
        match c {
            '(' if !self.blocks.last().is_some_and(|block| block.is_pattern) => self.open(Kind::Shell),
            ')' => self.round_ends(),
            ';' if before.ends_with(';') => self.branch_ends(true),
            _ => {}
        }
    }

    fn round_ends(&mut self) {
        match self.blocks.last_mut() {
            Some(block) if block.is_pattern => block.is_pattern = false,
            Some(block) if block.kind == Kind::Shell => self.close(),
            _ => {}
        }
    }

    /// Ends a branch of `if` or `case`.
    fn branch_ends(&mut self, is_case: bool) {
        self.end_chains();
        if let Some(block) = self.blocks.last_mut()
            && matches!(block.kind, Kind::Choice { .. })
        {
            block.branches.push(std::mem::take(&mut block.set));
            block.is_pattern = is_case;
        }
    }

    fn take_pending(&mut self) {
        for name in std::mem::take(&mut self.pending) {
            self.sure(&name);
        }
    }

    fn command_begins(&mut self) {
        self.program.clear();
        self.is_first = true;
    }

    fn command_ends(&mut self, c: char) {
        self.word_ends();
        self.take_pending();
        self.command_begins();
        if matches!(c, ';' | '\n' | ')') {
            self.end_chains();
        }
    }

    fn word_ends(&mut self) {
        let word = std::mem::take(&mut self.word);
        if word.is_empty() {
            return;
        }
        if self.blocks.last().is_some_and(|block| block.is_pattern) && word != "esac" {
            if word == "*"
                && let Some(block) = self.blocks.last_mut()
            {
                block.kind = Kind::Choice { is_sure: true };
            }
            return;
        }
        if self.is_first && self.keyword(&word) {
            return;
        }
        self.argument(&word);
    }

    /// Takes a word that begins or ends something.
    fn keyword(&mut self, word: &str) -> bool {
        match word {
            "if" => self.open(Kind::Choice { is_sure: false }),
            "then" => self.condition_ends(),
            "elif" => self.branch_ends(false),
            "else" => {
                self.branch_ends(false);
                if let Some(block) = self.blocks.last_mut() {
                    block.kind = Kind::Choice { is_sure: true };
                }
            }
            "while" | "until" => self.open(Kind::Loop),
            "{" => self.open(Kind::Plain),
            "fi" | "done" | "}" => self.close(),
            "esac" => {
                // What stands behind the last `;;` is no branch.
                if let Some(block) = self.blocks.last_mut().filter(|block| block.is_pattern)
                    && let Some(last) = block.branches.pop()
                {
                    block.set = last;
                }
                self.close();
            }
            "do" | "!" | "time" => {}
            _ => return false,
        }
        true
    }

    /// What the first condition of `if` sets is set whichever branch runs.
    fn condition_ends(&mut self) {
        self.end_chains();
        let at = self.blocks.len().saturating_sub(1);
        if at > 0 && self.blocks[at].branches.is_empty() {
            let set = std::mem::take(&mut self.blocks[at].set);
            self.blocks[at - 1].set.extend(set);
        }
    }

    fn argument(&mut self, word: &str) {
        let name = word.split_once('=').map_or(word, |(name, _)| name).trim_end_matches('+');
        let name = name.split('[').next().unwrap_or_default();
        if self.is_first && word.contains('=') && is_name(name) {
            self.pending.push(name.to_owned());
            return;
        }
        if self.is_first {
            // Values before a program are for it alone.
            self.pending.clear();
            word.clone_into(&mut self.program);
            self.is_first = false;
            return;
        }
        match self.program.as_str() {
            "for" | "select" => {
                self.open(Kind::Loop);
                self.sure(word);
                "in".clone_into(&mut self.program);
            }
            "case" if word == "in" => {
                self.open(Kind::Choice { is_sure: false });
                if let Some(block) = self.blocks.last_mut() {
                    block.is_pattern = true;
                }
                self.command_begins();
            }
            "read" | "unset" | "mapfile" | "readarray" if is_name(word) => self.pending.push(word.to_owned()),
            "local" | "export" | "declare" | "typeset" | "readonly"
                if word.contains('=') && is_name(name) =>
            {
                self.pending.push(name.to_owned());
            }
            _ => {}
        }
    }

    /// Takes what follows a `$`.
    fn reads(&mut self, after: &str) {
        if let Some(sum) = after.strip_prefix("((") {
            let sum = sum.split("))").next().unwrap_or_default();
            sum.split(|c: char| !is_letter(c))
                .filter(|word| is_name(word))
                .for_each(|name| self.reads_one(name));
            return;
        }
        let name = after.strip_prefix('{').map_or(after, |name| name.trim_start_matches(['#', '!']));
        let end = name.find(|c| !is_letter(c)).unwrap_or(name.len());
        self.reads_one(&name[..end]);
    }

    fn reads_one(&mut self, name: &str) {
        if is_name(name) && !self.blocks.iter().any(|block| block.set.contains(name)) {
            self.read.push((self.line, name.to_owned()));
        }
    }

    /// Takes a line of text in which a shell fills in values.
    fn read_all(&mut self, line: &str) {
        line.match_indices('$').for_each(|(at, _)| self.reads(&line[at + 1..]));
    }
}

fn is_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn is_name(word: &str) -> bool {
    word.chars().all(is_letter) && word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_before_it_is_surely_set_goes_from_turn_to_turn() {
        for (body, expected) in [
            ("echo \"$prev\" > o\nprev=$f", "prev"),
            ("if [ $first -eq 1 ]; then\n  head $f\nfi\nfirst=0", "first"),
            ("[ -s $f ] && ok=1\necho $ok", "ok"),
            ("if x; then opt=-a; fi\nrun $opt", "opt"),
            ("if x; then opt=-a; elif y; then :; else opt=-b; fi\nrun $opt", "opt"),
            ("case $f in a*) k=1 ;; b*) k=2 ;; esac\necho $k", "k"),
            ("cat <<EOF\n$last\nEOF\nlast=$f", "last"),
            ("echo $((n * 2)); n=3", "n"),
            ("( x=1 )\necho $x", "x"),
            ("LC_ALL=C sort $f | tee \"$LC_ALL\"", ""),
            ("name=$(basename $f .t); echo $name", ""),
            ("if x; then opt=-a; else opt=; fi\nrun $opt", ""),
            ("if n=$(wc -l < $f); then echo; fi\necho $n", ""),
            ("case $f in a*) k=1 ;; *) k=2 ;; esac\necho $k", ""),
            ("case $f in (a*) k=1 ;; *) k=2\nesac\necho $k", ""),
            ("a=1 && b=$a && echo $b", ""),
            ("x=$(cmd) || exit 0\necho $x", ""),
            ("for i in 1 2; do y=$i; echo $y; done", ""),
            ("while read -r a b; do echo $a $b; done < $f", ""),
            ("echo '$q'; q=1 # $q", ""),
            ("{ z=1; }\necho $z", ""),
            ("x=1 &&\n  y=2 &&\n  echo $x $y", ""),
            ("cmd > o 2>&1\nw=1; echo $w", ""),
            ("echo $TOP", ""),
        ] {
            let names: Vec<String> = carried(body, "f").into_iter().map(|(_, name)| name).collect();
            assert_eq!(names.join(" "), expected, "{body}");
        }
        assert_eq!(carried("a=1\necho $b\nb=2\n", "f"), [(1, "b".to_owned())]);
    }
}
