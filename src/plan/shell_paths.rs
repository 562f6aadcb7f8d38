//! Paths in shell scripts: variables and command substitutions that tell a folder of the project are replaced by it.

use std::fmt::Write as _;

use super::own_paths::{
    HELD, LONGEST_VALUE, MADE, Stand, UNKNOWN, Values, clean, closing, followed, keep, marked, parents,
    resolved, rooted,
};

/// Substitutions in each other, and their length.
const DEEPEST: usize = 8;
const LONGEST: usize = 4096;

/// Words before the name of a command.
const BEFORE: [&str; 15] = [
    "then", "do", "else", "if", "elif", "while", "until", "{", "!", "builtin", "command", "export", "local",
    "readonly", "declare",
];

/// Commands that read nothing in the folders which they name.
const NAMING: [&str; 19] = [
    "mkdir",
    "rm",
    "rmdir",
    "touch",
    "echo",
    "printf",
    "test",
    "[",
    "[[",
    ":",
    "case",
    "dirname",
    "basename",
    "readlink",
    "greadlink",
    "realpath",
    "grealpath",
    "git",
    "pwd",
];

/// Commands that tell nothing.
const SILENT: [&str; 11] = [":", "true", "exit", "return", "test", "[", "[[", "unset", "set", "fi", "done"];

/// The text with what its variables and substitutions are known to tell, and what it sets of variables.
pub(super) fn expanded(text: &str, stand: &Stand<'_>) -> (String, Values) {
    if !text.contains(['$', '`', '=']) {
        return (text.to_owned(), Values::new());
    }
    let at = vec![rooted(stand.start)];
    let mut shell = Shell { stand, set: Values::new(), at, depth: 0 };
    shell.run(text);
    shell.at = vec![rooted(stand.start)];
    let told = shell.run(text);
    (told.text, shell.set)
}

struct Shell<'a> {
    stand: &'a Stand<'a>,
    set: Values,
    /// The folders that it may be in.
    at: Vec<String>,
    depth: usize,
}

/// What running a text gives: itself, expanded, and what it prints, as far as that is known.
#[derive(Default)]
struct Told {
    text: String,
    printed: Vec<String>,
    is_unsure: bool,
}

/// A word of a command.
struct Word {
    values: Vec<String>,
    /// Something in it was replaced, and something stands beside that.
    is_known: bool,
    has_more: bool,
    /// What stands in its substitutions, expanded.
    inside: String,
}

impl Shell<'_> {
    fn run(&mut self, text: &str) -> Told {
        let (mut told, mut command, mut rest) = (Told::default(), Vec::new(), text);
        let mut is_target = false;
        while let Some(c) = rest.chars().next() {
            let next = &rest[c.len_utf8()..];
            let is_redirected = c == '&' && (next.starts_with('>') || told.text.ends_with(['>', '<']));
            if c == '#' && told.text.chars().next_back().is_none_or(char::is_whitespace) {
                rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
                continue;
            }
            if c.is_whitespace() && c != '\n' || is_redirected || "<>".contains(c) {
                is_target |= "<>".contains(c);
                told.text.push(c);
                rest = next;
            } else if "\n;&|()".contains(c) {
                is_target = false;
                told.is_unsure |= c == '|' && !next.starts_with('|') && !told.text.ends_with('|');
                self.end(&std::mem::take(&mut command), &mut told);
                told.text.push(c);
                rest = next;
            } else {
                let (word, behind) = self.word(rest);
                self.tell(&word, &rest[..rest.len() - behind.len()], &command, &mut told.text);
                if !std::mem::take(&mut is_target) {
                    command.push(word.values);
                }
                rest = behind;
            }
        }
        self.end(&command, &mut told);
        told
    }

    /// Writes a word: what it was replaced by, where that says more than a folder alone.
    fn tell(&mut self, word: &Word, raw: &str, command: &[Vec<String>], text: &mut String) {
        if let Some((name, _)) = assignment(raw) {
            let values: Vec<String> = word
                .values
                .iter()
                .filter_map(|value| value.split_once('='))
                .map(|(_, v)| v.to_owned())
                .collect();
            keep(&mut self.set, name, &values);
        }
        let is_argument = named(command).is_some() && assignment(raw).is_none();
        let mark = mark(raw, command);
        if word.is_known && (word.has_more || is_argument && mark != Some(MADE)) {
            let values: Vec<String> = word.values.iter().map(|value| marked(value, mark)).collect();
            text.push_str(&values.join(" "));
        } else {
            text.push_str(raw);
        }
        if !word.inside.is_empty() {
            let _ = writeln!(text, "\n{}", word.inside);
        }
    }

    /// The first word of a text, and what is behind it. Quotes are passed over: they end nothing here.
    fn word<'t>(&mut self, text: &'t str) -> (Word, &'t str) {
        let mut word =
            Word { values: vec![String::new()], is_known: false, has_more: false, inside: String::new() };
        let mut rest = text;
        let from = assignment(text).map_or(0, |(name, _)| name.len() + 1);
        while let Some(c) = rest.chars().next().filter(|c| !c.is_whitespace() && !";&|()<>".contains(*c)) {
            let at = text.len() - rest.len();
            rest = &rest[c.len_utf8()..];
            match c {
                '"' | '\'' => {}
                '$' | '`' => {
                    let (values, behind) = self.expansion(c, rest, &mut word.inside);
                    word.is_known |= values.is_some();
                    let values = values.unwrap_or_else(|| vec![UNKNOWN.to_string()]);
                    word.values = followed(&word.values, &values);
                    rest = behind;
                }
                _ => {
                    word.has_more |= at >= from && c != '/';
                    word.values.retain(|value| value.len() < LONGEST_VALUE);
                    word.values.iter_mut().for_each(|value| value.push(c));
                }
            }
        }
        if word.values.is_empty() {
            (word.values, word.is_known) = (vec![UNKNOWN.to_string()], false);
        }
        (word, rest)
    }

    /// What stands behind `$` or a backtick is known to be, and what is behind it.
    fn expansion<'t>(
        &mut self,
        sign: char,
        rest: &'t str,
        inside: &mut String,
    ) -> (Option<Vec<String>>, &'t str) {
        if sign == '`' {
            let Some((body, behind)) = backticked(rest) else { return (None, rest) };
            return (self.substitution(&body, inside), behind);
        }
        if let Some(body) = rest.strip_prefix('(') {
            let Some(end) = closing(body, ('(', ')'), LONGEST) else { return (None, rest) };
            return (self.substitution(&body[..end], inside), &body[end + 1..]);
        }
        if let Some(body) = rest.strip_prefix('{') {
            let Some(end) = closing(body, ('{', '}'), LONGEST) else { return (None, rest) };
            return (self.parameter(&body[..end]), &body[end + 1..]);
        }
        let length = name_length(rest);
        (self.value(&rest[..length]), &rest[length..])
    }

    fn substitution(&mut self, body: &str, inside: &mut String) -> Option<Vec<String>> {
        if self.depth >= DEEPEST {
            return None;
        }
        self.depth += 1;
        let at = self.at.clone();
        let told = self.run(body);
        self.at = at;
        self.depth -= 1;
        inside.push_str(&told.text);
        (!told.is_unsure && !told.printed.is_empty()).then_some(told.printed)
    }

    /// `${NAME}`, with what may stand behind the name.
    fn parameter(&mut self, body: &str) -> Option<Vec<String>> {
        let length = name_length(body);
        let mut rest = &body[length..];
        if let Some(behind) = rest.strip_prefix('[') {
            rest = &behind[behind.find(']')? + 1..];
        }
        let values = self.value(&body[..length]);
        if matches!(rest, ":h" | ":A:h" | ":a:h") {
            return values.map(|values| parents(&values));
        }
        if let Some(cut) =
            rest.strip_prefix('%').filter(|cut| !cut.is_empty() && cut.replace("/*", "").is_empty())
        {
            return (0..cut.len() / 2).fold(values, |values, _| values.map(|values| parents(&values)));
        }
        let default = rest.strip_prefix(':').unwrap_or(rest);
        match default.strip_prefix(['-', '=']) {
            Some(default) => {
                let (word, _) = self.word(default);
                if rest.trim_start_matches(':').starts_with('=') {
                    keep(&mut self.set, &body[..length], &word.values);
                }
                let more = word.values.into_iter().filter(|value| !value.contains(UNKNOWN));
                let all: Vec<String> = values.into_iter().flatten().chain(more).collect();
                (!all.is_empty()).then_some(all)
            }
            None if rest.is_empty() || default.starts_with('?') => values,
            None => None,
        }
    }

    fn value(&self, name: &str) -> Option<Vec<String>> {
        let own = self.stand.own.map(rooted);
        let values = match name {
            "BASH_SOURCE" => own.into_iter().collect(),
            "0" => {
                let started = self.stand.started.iter().map(|path| rooted(path));
                own.map(|own| std::iter::once(own).chain(started).take(4).collect()).unwrap_or_default()
            }
            "PWD" => self.at.clone(),
            _ => self.set.get(name).or_else(|| self.stand.known.get(name)).cloned().unwrap_or_default(),
        };
        (!values.is_empty()).then_some(values)
    }

    /// Does what a command does to the folder and the variables, and notes what it prints.
    fn end(&mut self, command: &[Vec<String>], told: &mut Told) {
        let Some((name, words)) = named(command) else { return };
        let words: Vec<&[String]> = words.iter().map(Vec::as_slice).collect();
        let is_argument = |word: &&&[String]| !word.first().is_some_and(|value| value.starts_with('-'));
        let arguments: Vec<String> =
            words.iter().filter(is_argument).flat_map(|word| word.iter().cloned()).collect();
        let has = |word: &str| words.iter().any(|values| values.iter().any(|value| value == word));
        match name {
            "cd" | "pushd" => {
                let to = words.iter().find(is_argument).copied().unwrap_or_default();
                let known = to.iter().filter(|to| !to.contains(UNKNOWN));
                self.at = known.flat_map(|to| resolved(to, &self.at)).collect();
            }
            "pwd" => told.printed.extend(self.at.iter().cloned()),
            "dirname" => told.printed.extend(parents(&arguments)),
            "readlink" | "greadlink" | "realpath" | "grealpath" => {
                told.printed.extend(arguments.iter().flat_map(|path| resolved(path, &self.at)));
            }
            "echo" => told.printed.extend(arguments.iter().filter_map(|value| clean(value))),
            "printf" => told.printed.extend(words.last().into_iter().flat_map(|word| word.iter().cloned())),
            "git" if has("rev-parse") && has("--show-toplevel") => told.printed.push(rooted("")),
            "for" if words.get(1).is_some_and(|word| word[0] == "in") => {
                let each: Vec<String> = words[2..].iter().flat_map(|word| word.iter().cloned()).collect();
                keep(&mut self.set, &words[0][0], &each);
            }
            name => told.is_unsure |= !SILENT.contains(&name),
        }
    }
}

/// The name of a command, behind what may stand before it, and the words behind it.
fn named(command: &[Vec<String>]) -> Option<(&str, &[Vec<String>])> {
    let is_before = |word: &str| BEFORE.contains(&word) || assignment(word).is_some();
    let at = command.iter().position(|word| !word.iter().any(|word| is_before(word)))?;
    Some((command[at].first()?, &command[at + 1..]))
}

/// How a folder is meant that is a word of a command.
fn mark(raw: &str, command: &[Vec<String>]) -> Option<char> {
    match named(command) {
        _ if assignment(raw).is_some() => Some(HELD),
        Some(("cd" | "pushd", _)) => Some(HELD),
        Some((name, _)) if NAMING.contains(&name) => Some(MADE),
        _ => None,
    }
}

/// `NAME=` at the beginning of a word: the name, and what is behind.
fn assignment(word: &str) -> Option<(&str, &str)> {
    let name = &word[..name_length(word)];
    let is_name = name.chars().next().is_some_and(|c| !c.is_ascii_digit());
    word[name.len()..].strip_prefix('=').filter(|_| is_name).map(|value| (name, value))
}

/// How long the name of a variable is at the beginning of a text; `0` is one.
fn name_length(text: &str) -> usize {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return 1;
    }
    text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())
}

/// What stands in backticks that are open, without the backslashes that it needs there, and what is behind them.
fn backticked(text: &str) -> Option<(String, &str)> {
    let (mut body, mut chars) = (String::new(), text.char_indices().take_while(|(at, _)| *at <= LONGEST));
    while let Some((at, c)) = chars.next() {
        match c {
            '`' => return Some((body, &text[at + 1..])),
            '\\' => {
                let (_, escaped) = chars.next()?;
                if !"`$\\\"".contains(escaped) {
                    body.push(c);
                }
                body.push(escaped);
            }
            _ => body.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::own_paths::ROOT;
    use super::*;

    fn paths(text: &str) -> Vec<String> {
        let known = Values::from([("LIB".to_owned(), vec!["code/lib".to_owned()])]);
        let stand = Stand { own: Some("code/up.sh"), started: &[], start: "", known: &known };
        let (text, _) = expanded(text, &stand);
        let words = text.split(|c: char| c.is_whitespace() || ";\"'".contains(c));
        words.filter_map(|word| clean(word)?.strip_prefix([ROOT]).map(|path| path[1..].to_owned())).collect()
    }

    #[test]
    fn a_path_from_the_folder_of_the_script() {
        for here in [
            "HERE=\"$(cd \"$(dirname \"$0\")\" && pwd)\"",
            "HERE=$(dirname \"$0\")",
            "HERE=`dirname $0`",
            "local HERE=$(dirname \"${BASH_SOURCE[0]}\")",
            "export HERE=$(dirname $(readlink -f $0))",
            "readonly HERE=\"$(dirname \"$(realpath \"$0\")\")\"",
            "declare -r HERE=$(cd -P \"$(dirname \"$0\")\" >/dev/null 2>&1 && pwd -P)",
            "HERE=\"$( cd -- \"$( dirname -- \"${BASH_SOURCE[0]:-$0}\" )\" &> /dev/null && pwd )\"",
            "HERE=${BASH_SOURCE%/*}",
            "HERE=${0%/*}",
            "HERE=$(CDPATH= cd -- \"$(dirname -- \"$0\")\" && pwd)",
            "S=$0\nHERE=$(cd `dirname $S`; pwd)",
            "HERE=${HERE:-$(cd \"$(dirname \"$0\")\"; pwd)} # don't",
            "ROOT=$(git rev-parse --show-toplevel); HERE=$ROOT/code",
            "ROOT=$(git -C \"$(dirname \"$0\")\" rev-parse --show-toplevel 2>/dev/null)\nHERE=\"$ROOT\"/code",
            "HERE=$(pwd)/code",
            "HERE=`cd \\`dirname $0\\`; pwd`",
            "HERE=`cd \"\\`dirname \\\"$0\\\"\\`\" && pwd`",
            ": \"${HERE:=$(dirname $0)}\"",
        ] {
            for call in [
                ". \"$HERE/lib/b.sh\"",
                "sh ${HERE}/lib/b.sh x",
                "sh \"$HERE\"/lib/b.sh",
                "f() { . $HERE/lib/b.sh; }",
            ] {
                let text = format!("#!/bin/sh\nset -e\n{here}\n{call}\n");
                assert!(paths(&text).contains(&"code/lib/b.sh".to_owned()), "{text}: {:?}", paths(&text));
                let text = format!("f() {{ {call}; }}\n{here}\nf\n");
                assert!(paths(&text).contains(&"code/lib/b.sh".to_owned()), "{text}: {:?}", paths(&text));
            }
        }
    }

    #[test]
    fn a_path_from_a_folder_above() {
        for text in [
            "H=$(dirname $0); R=\"$H/..\"; . $R/lib/b.sh",
            "H=$(dirname $0); R=$(dirname \"$H\"); . $R/lib/b.sh",
            "H=$(dirname $0); R=$(cd \"$H/..\" && pwd); . $R/lib/b.sh",
            "R=$(dirname \"$(dirname \"$(readlink -f \"$0\")\")\"); . $R/lib/b.sh",
            "H=$(dirname $0); for n in a b; do . $H/../lib/$n.sh; done",
            "H=$(dirname $0); B=$H/../lib/b.sh; . \"$B\"",
        ] {
            assert!(paths(text).contains(&"lib/b.sh".to_owned()), "{text}: {:?}", paths(text));
        }
    }

    #[test]
    fn what_is_not_known_is_no_path() {
        for text in [
            "H=$(dirname $0 | head -1); . $H/b.sh",
            "H=$(mktemp -d); . $H/b.sh",
            "H=$(cd $PFS/out && pwd); . $H/b.sh",
            "H=$(dirname $0); echo $H",
            "H=$(cd ../.. && pwd); . $H/b.sh",
            "H=$(( 1 + 2 )); . $H/b.sh $( `",
        ] {
            assert_eq!(paths(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn a_value_that_is_too_long_is_given_up() {
        let stand = Stand { own: Some("code/up.sh"), started: &[], start: "", known: &Values::new() };
        for long in ["$0/a".repeat(400), format!("$0/{}", "a".repeat(600))] {
            let (text, set) = expanded(&format!("H={long}; for f in {long}; do . {long}; done"), &stand);
            assert!(!text.contains(ROOT), "{text}");
            assert!(set.values().flatten().all(|value| !value.contains(ROOT)), "{set:?}");
        }
        assert_eq!(expanded("# told\nls", &stand).0, "# told\nls", "nothing is worked out");
    }
}
