//! Whether what a shell script begins it also ends: `if` with `fi`, a loop with `do` and `done`, `case` with `esac`.

use super::words::{Quotes, Quoting};

/// What is begun and not yet ended.
struct Open {
    word: String,
    line: usize,
    /// Whether a loop has had its `do`.
    has_do: bool,
}

impl Open {
    /// The word that ends it.
    fn end(&self) -> &'static str {
        match self.word.as_str() {
            "if" => "fi",
            "case" => "esac",
            _ => "done",
        }
    }
}

/// Follows the commands of a script.
struct Reader {
    open: Vec<Open>,
    line: usize,
    /// Whether the next word begins a command.
    is_first: bool,
    /// Whether the next word is what a loop goes through, behind which `do` may stand.
    is_name: bool,
    word: String,
}

/// The line of the first word that no shell would take, and why; none also where a script has here-documents, whose
/// lines are no commands.
pub(super) fn broken(text: &str) -> Option<(usize, String)> {
    if text.contains("<<") {
        return None;
    }
    let mut reader =
        Reader { open: Vec::new(), line: 1, is_first: true, is_name: false, word: String::new() };
    let mut quoting = Quoting::new();
    for (at, c) in text.char_indices() {
        let is_escaped = quoting.is_escaped();
        let is_bare = !is_escaped && matches!(quoting.state(), Quotes::None | Quotes::Inner);
        quoting.take(c);
        // Commands begin within quotes too.
        let is_bare = is_bare || (!is_escaped && "(`".contains(c) && quoting.state() == Quotes::Inner);
        if quoting.is_comment() {
            continue;
        }
        if let Some(found) = reader.take(c, is_bare, is_escaped, &text[at..]) {
            return Some(found);
        }
    }
    reader.word_ends("").or_else(|| {
        let open = reader.open.pop()?;
        Some((open.line, format!("`{}` is never ended by `{}`", open.word, open.end())))
    })
}

impl Reader {
    fn take(&mut self, c: char, is_bare: bool, is_escaped: bool, rest: &str) -> Option<(usize, String)> {
        let mut found = None;
        if is_bare && (c.is_whitespace() || ";&|()`".contains(c)) {
            found = self.word_ends(rest);
            self.is_first |= !matches!(c, ' ' | '\t' | '\r');
            self.is_name &= c != '(';
        } else if !(rest.starts_with("\\\n") || is_escaped && c == '\n') {
            self.word.push(c);
        }
        self.line += usize::from(c == '\n');
        found
    }

    /// Ends a word, before `rest`; tells what is wrong with it.
    fn word_ends(&mut self, rest: &str) -> Option<(usize, String)> {
        let word = std::mem::take(&mut self.word);
        if word.is_empty() || !self.is_first {
            self.is_first |= !word.is_empty() && std::mem::take(&mut self.is_name);
            return None;
        }
        self.is_name = ["for", "select"].contains(&word.as_str());
        let is_in_case = self.open.last().is_some_and(|open| open.word == "case");
        let is_pattern =
            is_in_case && word != "esac" && rest.trim_start_matches([' ', '\t']).starts_with([')', '|']);
        self.is_first = !is_pattern
            && [
                "if", "then", "else", "elif", "while", "until", "do", "!", "{", "}", "fi", "done", "esac",
                "time",
            ]
            .contains(&word.as_str());
        if is_pattern { None } else { self.keyword(word) }
    }

    fn keyword(&mut self, word: String) -> Option<(usize, String)> {
        match word.as_str() {
            "if" | "case" | "for" | "while" | "until" | "select" => {
                self.open.push(Open { word, line: self.line, has_do: false });
                None
            }
            "do" => match self.open.last_mut() {
                Some(open) if open.end() == "done" && !open.has_do => {
                    open.has_do = true;
                    None
                }
                _ => Some((self.line, "`do` belongs to no loop".to_owned())),
            },
            "then" | "elif" | "else" if self.open.last().is_none_or(|open| open.word != "if") => {
                Some((self.line, format!("`{word}` belongs to no `if`")))
            }
            "fi" | "done" | "esac" => self.ends(&word),
            _ => None,
        }
    }

    fn ends(&mut self, word: &str) -> Option<(usize, String)> {
        match self.open.pop() {
            None => Some((self.line, format!("`{word}` ends nothing"))),
            Some(open) if open.end() != word => {
                let text = format!("`{word}` stands where `{}` of line {} is open", open.word, open.line);
                Some((self.line, text))
            }
            Some(open) if word == "done" && !open.has_do => {
                Some((open.line, format!("`{}` has no `do`, on a line of its own or behind `;`", open.word)))
            }
            Some(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ended_is_fine() {
        for text in [
            "for f in a b; do\n  if [ -s $f ]; then echo \"if $f\"; elif x; then y; else z; fi\ndone > x\n",
            "for f in a\ndo echo done; done",
            "x=\"$(for i in $(a | b); do c; done)\" y=\"`if a; then b; fi`\"",
            "for f do echo $f; done\nfor f; do echo do; done",
            "case $1 in\n  if) echo do;;\n  (done | fi) x ;;\n  *) if a; then b; fi\nesac",
            "x=$(if a; then b; fi) # if\necho if 'if\nfi' \\\n  do",
            "while read a; do :; done | while read b; do if x; then y; fi done",
            "for ((i=0; i<3; i++)); do echo $i; done",
            "if a; then { if b; then c; fi; } fi",
            "a | \\\n  while read b\ndo\n c; done",
            "cat <<E\nfi\nE\n",
        ] {
            assert_eq!(broken(text), None, "{text}");
        }
    }

    #[test]
    fn what_no_shell_takes_is_told_with_its_line() {
        for (text, line, part) in [
            ("x\nif a; then\n  b\n", 2, "`if` is never ended by `fi`"),
            ("for f in a; do\n  if b; then\n c\ndone\n", 4, "where `if` of line 2 is open"),
            ("x\nfor f in a do\n  b\ndone\n", 2, "has no `do`"),
            ("a\nfi\n", 2, "`fi` ends nothing"),
            ("a; then b", 1, "belongs to no `if`"),
            ("do\n", 1, "belongs to no loop"),
            ("case a in\n b) c;;\n", 1, "never ended by `esac`"),
        ] {
            let (at, why) = broken(text).expect("it is broken");
            assert!(at == line && why.contains(part), "{text}: {at} {why}");
        }
    }
}
