//! Words of a shell: splitting a command, and putting new paths in place of old ones.

use std::collections::BTreeSet;

/// The first of the characters that stand for a wildcard's value in a text that is being worked on; the
/// second wildcard has the next one. They are for private use, and no source may hold them.
const FIRST_WILD: u32 = 0xE000;
/// How many wildcards a pattern may have.
pub(super) const MOST_WILDS: usize = 16;

/// The character that stands for wildcard `number`, from 0.
pub(super) fn wild(number: usize) -> char {
    let number = u32::try_from(number.min(MOST_WILDS - 1)).unwrap_or_default();
    char::from_u32(FIRST_WILD + number).unwrap_or('\u{E000}')
}

/// Which wildcard a character stands for.
pub(super) fn wild_number(c: char) -> Option<usize> {
    let number = usize::try_from((c as u32).checked_sub(FIRST_WILD)?).ok()?;
    (number < MOST_WILDS).then_some(number)
}

/// Whether a text has characters that stand for something else in a text that is being worked on.
pub(super) fn is_private(c: char) -> bool {
    ('\u{E000}'..='\u{F8FF}').contains(&c)
}

/// The words of a command as a shell would split it, without variables, globs and operators; none if a quote
/// is left open.
pub(super) fn split(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '\'' => break,
                        other => word.push(other),
                    }
                }
            }
            '"' => in_double(&mut chars, word.get_or_insert_default())?,
            '\\' => match chars.next()? {
                '\n' => {}
                other => word.get_or_insert_default().push(other),
            },
            _ if c.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Some(words)
}

fn in_double(chars: &mut std::str::Chars<'_>, word: &mut String) -> Option<()> {
    loop {
        match chars.next()? {
            '"' => return Some(()),
            '\\' => match chars.next()? {
                '\n' => {}
                escaped @ ('"' | '\\' | '$' | '`') => word.push(escaped),
                other => word.extend(['\\', other]),
            },
            other => word.push(other),
        }
    }
}

/// Whether a character ends a path in the text of a command.
pub(super) fn is_edge(c: char) -> bool {
    c.is_whitespace() || "\"'`()<>|&;,=:".contains(c)
}

/// A path that a command names, and what it is to name instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Renamed {
    /// As the source has it.
    pub(super) old: String,
    /// What stands for it.
    pub(super) new: String,
}

impl Renamed {
    /// A pair.
    pub(super) fn new(old: impl Into<String>, new: impl Into<String>) -> Self {
        Self { old: old.into(), new: new.into() }
    }
}

/// Puts new paths in place of old ones, where these stand as whole words or begin a longer path. Gives the text
/// and the numbers of the pairs that were used.
pub(super) fn rename(text: &str, pairs: &[Renamed]) -> (String, BTreeSet<usize>) {
    let mut out = String::new();
    let mut used = BTreeSet::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some((number, old)) = in_quotes(&out, rest, pairs) {
            used.insert(number);
            out.push_str(&pairs[number].new);
            rest = &rest[old..];
            continue;
        }
        let end = rest.find(is_edge).unwrap_or(rest.len());
        let (word, tail) = rest.split_at(end);
        let is_program = !word.contains('/') && begins_command(&out);
        match renamed(word, pairs).filter(|_| !is_program) {
            Some((number, new)) => {
                used.insert(number);
                out.push_str(&new);
            }
            None => out.push_str(word),
        }
        let edge = tail.chars().next().map_or(0, char::len_utf8);
        out.push_str(&tail[..edge]);
        rest = &tail[edge..];
    }
    (out, used)
}

/// A path with a space or the like in it, alone in quotes: which pair it is, and how long.
fn in_quotes(before: &str, rest: &str, pairs: &[Renamed]) -> Option<(usize, usize)> {
    let quote = before.chars().next_back().filter(|c| "'\"".contains(*c))?;
    let fits = |pair: &Renamed| {
        let after = rest.strip_prefix(pair.old.as_str());
        pair.old.contains(is_edge) && after.is_some_and(|after| after.starts_with([quote, '/']))
    };
    let number = pairs.iter().position(fits)?;
    Some((number, pairs[number].old.len()))
}

/// Whether the next word of a command is a program: without a slash it is looked for on the path, and is no file.
pub(super) fn begins_command(before: &str) -> bool {
    let before = before.trim_end_matches([' ', '\t']);
    before.is_empty() || before.ends_with(['\n', '|', ';', '&', '(', '`', '!'])
}

/// A word with the longest old path in it replaced.
fn renamed(word: &str, pairs: &[Renamed]) -> Option<(usize, String)> {
    let bare = word.strip_prefix("./").unwrap_or(word);
    let fits = |(_, pair): &(usize, &Renamed)| {
        let rest = bare.strip_prefix(pair.old.as_str());
        !pair.old.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let (number, pair) = pairs.iter().enumerate().filter(fits).max_by_key(|(_, pair)| pair.old.len())?;
    let rest = &bare[pair.old.len()..];
    // `out/` is the folder itself: no slash is doubled, and none is lost.
    Some((number, format!("{}{rest}", pair.new.trim_end_matches('/'))))
}

/// Whether a text names a path in any way, also glued to an option.
pub(super) fn names(text: &str, path: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    !path.is_empty() && text.match_indices(path).any(|(at, _)| !text[at + path.len()..].starts_with(is_name))
}

/// In which quotes a character of a shell script stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Quotes {
    /// Outside of quotes.
    None,
    /// In `'…'`.
    Single,
    /// In `"…"`.
    Double,
    /// In `$(…)` or backticks, where quotes begin anew.
    Inner,
    /// In `${…}`, where no comment begins.
    Value,
}

/// What the shell reads until it is closed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Single,
    Double,
    /// `$(`, or `(` within it.
    Round,
    Backticks,
    /// `${` and whether it stands in double quotes.
    Brace {
        is_quoted: bool,
    },
}

/// Follows the quotes of a shell script, character by character.
pub(super) struct Quoting {
    open: Vec<Open>,
    is_escaped: bool,
    is_comment: bool,
    before: char,
}

impl Quoting {
    /// Before the first character.
    pub(super) fn new() -> Self {
        Self { open: Vec::new(), is_escaped: false, is_comment: false, before: '\n' }
    }

    /// Where the next character stands.
    pub(super) fn state(&self) -> Quotes {
        match self.open.last() {
            None => Quotes::None,
            Some(Open::Single) => Quotes::Single,
            Some(Open::Double | Open::Brace { is_quoted: true }) => Quotes::Double,
            Some(Open::Round | Open::Backticks) => Quotes::Inner,
            Some(Open::Brace { is_quoted: false }) => Quotes::Value,
        }
    }

    /// Whether the next character is escaped.
    pub(super) const fn is_escaped(&self) -> bool {
        self.is_escaped
    }

    /// Whether what was taken last is of a comment.
    pub(super) const fn is_comment(&self) -> bool {
        self.is_comment
    }

    /// Takes a character.
    pub(super) fn take(&mut self, c: char) {
        let before = std::mem::replace(&mut self.before, c);
        if self.is_comment {
            self.is_comment = c != '\n' && !(c == '`' && self.open.last() == Some(&Open::Backticks));
            if self.is_comment || c == '\n' {
                return;
            }
        }
        if std::mem::take(&mut self.is_escaped) {
            // An escaped sign begins nothing, and a `#` behind it goes on with its word; an escaped line end is none.
            self.before = if c == '\n' { before } else { '\\' };
            return;
        }
        self.read(c, before);
    }

    fn read(&mut self, c: char, before: char) {
        let state = self.state();
        match (self.open.last(), c) {
            (Some(Open::Single), '\'')
            | (Some(Open::Double), '"')
            | (Some(Open::Round), ')')
            | (Some(Open::Brace { .. }), '}')
            | (Some(Open::Backticks), '`') => drop(self.open.pop()),
            (Some(Open::Single), _) => {}
            (_, '\\') => (self.is_escaped, self.before) = (true, before),
            (_, '(') if before == '$' => self.open.push(Open::Round),
            (_, '{') if before == '$' => self.open.push(Open::Brace { is_quoted: state == Quotes::Double }),
            (_, '`') => self.open.push(Open::Backticks),
            (Some(Open::Brace { is_quoted: true }), '"') => self.open.push(Open::Double),
            (Some(Open::Double | Open::Brace { is_quoted: true }), _) => {}
            (Some(Open::Round), '(') => self.open.push(Open::Round),
            (_, '\'') => self.open.push(Open::Single),
            (_, '"') => self.open.push(Open::Double),
            (_, '#') if state != Quotes::Value && begins_word(before) => self.is_comment = true,
            _ => {}
        }
    }
}

/// Whether a word of a shell begins behind a sign.
fn begins_word(before: char) -> bool {
    before.is_whitespace() || ";&|()<>`".contains(before)
}

/// Whether all quotes of a shell script are closed.
pub(super) fn is_closed(text: &str) -> bool {
    let mut quoting = Quoting::new();
    text.chars().for_each(|c| quoting.take(c));
    quoting.open.is_empty()
}

/// A text as one word of a shell.
pub(super) fn quoted(text: &str) -> String {
    let is_safe = |c: char| c.is_ascii_alphanumeric() || "_./-+@%:,=".contains(c);
    if !text.is_empty() && text.chars().all(is_safe) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// What is assumed of a command that is given other paths than before.
pub(super) const OF_PATHS: &str =
    "new paths in place of old ones; what names the files that it was made of names them by the new paths";

/// What is said where [`says_make_only`].
pub(super) const OF_MAKE: &str = "cmd: `$<` and `$^` stand for files in a makefile only, a shell knows none; write the paths that are meant";

/// Whether a command says `$<` or `$^`, which only make fills in. In single quotes they are text.
pub(super) fn says_make_only(text: &str) -> bool {
    let mut quoting = Quoting::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let is_text = quoting.state() == Quotes::Single || quoting.is_escaped;
        quoting.take(letter);
        let is_said = letter == '$' && !is_text && !quoting.is_comment();
        if is_said && matches!(letters.peek(), Some('<' | '^')) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_renamed_as_whole_words() {
        let pairs = [
            Renamed::new("in", "/pfs/in"),
            Renamed::new("in/b.csv", "/pfs/b/b.csv"),
            Renamed::new("o 4", "/pfs/out/o 4"),
        ];
        for (text, expected) in [
            ("cat in/a.csv > out", "cat /pfs/in/a.csv > out"),
            ("in < in/a | in in", "in < /pfs/in/a | in /pfs/in"),
            ("cat ./in/b.csv", "cat /pfs/b/b.csv"),
            ("cat in/b.csvs main/in ins", "cat /pfs/in/b.csvs main/in ins"),
            ("x --in=in/a in/", "x --/pfs/in=/pfs/in/a /pfs/in/"),
            ("$HOME/in/a \"in/a b\"", "$HOME/in/a \"/pfs/in/a b\""),
            ("cat in/a > 'o 4'", "cat /pfs/in/a > '/pfs/out/o 4'"),
        ] {
            let (text, used) = rename(text, &pairs);
            assert_eq!(text.replace("--/pfs/in=", "--in="), expected.replace("--/pfs/in=", "--in="));
            assert!(!used.is_empty());
        }
    }

    #[test]
    fn quotes_and_comments_end_as_in_a_shell() {
        let comment = |text: &str| {
            let mut quoting = Quoting::new();
            text.chars()
                .filter(|c| {
                    quoting.take(*c);
                    quoting.is_comment()
                })
                .collect::<String>()
        };
        for (text, expected) in [
            ("a;# it's", "# it's"),
            ("a;#b\nc", "#b"),
            ("(a)# b", "# b"),
            ("a&#b", "#b"),
            ("a\\\n#b \\\n# c", "# c"),
            ("a#b ${#a} ${a# b} $#", ""),
            ("\"${a# b}\" \\# \\ # x", ""),
            ("a `b # it's` c 'd'", "# it's"),
            ("`'` # x", ""),
            ("\"a `b '\"'` c # x\" # y", "# y"),
            ("\"${a:-'}\" # y", "# y"),
        ] {
            assert_eq!(comment(text), expected, "{text}");
        }
        assert!(is_closed("a;# it's") && is_closed("\"`echo '\"'`\"") && !is_closed("`a"));
    }

    #[test]
    fn commands_are_split() {
        assert_eq!(
            split("a 'b c'  \"d\\\"e\" f\\ g"),
            Some(vec!["a".into(), "b c".into(), "d\"e".into(), "f g".into()])
        );
        assert_eq!(split("a 'b"), None);
        assert!(is_closed("a 'b' \"$(c 'd')\"") && !is_closed("a 'b"));
    }

    #[test]
    fn what_only_make_fills_in_is_seen() {
        for (text, expected) in [
            ("wc -w $< > x", true),
            ("wc -w \"$<\"", true),
            ("cat $^ | sort", true),
            ("sed 's/a$</b/'", false),
            ("grep '$^' x", false),
            ("cat \\$<", false),
            ("echo \"it's $<\"", true),
            ("echo \"it's\" '$<' # $<", false),
            ("echo $x <y", false),
        ] {
            assert_eq!(says_make_only(text), expected, "{text}");
        }
    }
}
