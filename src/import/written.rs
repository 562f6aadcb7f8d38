//! What a command writes beside its results: no pipeline can write to the project, so that must be told.

use super::words::{Quotes, Quoting, Renamed, begins_command, is_private, rename};

/// What ends a command, or sends its output somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    To,
    Other,
    Next,
}

/// Paths in the project that a line of a shell writes by `>`, `tee`, `touch` or `mkdir`.
pub(super) fn strays(line: &str) -> Vec<String> {
    let tokens = tokens(line);
    if folders(&tokens).any(|folder| folder.starts_with(['/', '$', '~', '`'])) {
        return Vec::new();
    }
    let is_relative = |word: &&String| !word.is_empty() && !word.starts_with(['/', '$', '~', '&', '-', '`']);
    targets(&tokens).into_iter().filter(is_relative).cloned().collect()
}

/// What follows `>`, and the arguments of programs that make what they name.
fn targets(tokens: &[Token]) -> Vec<&String> {
    let mut found = copies(tokens);
    let (mut program, mut before) = (None, &Token::Next);
    for token in tokens {
        match token {
            Token::Next => program = None,
            Token::Word(word) => {
                let is_maker = program.is_some_and(|name| ["mkdir", "touch", "tee"].contains(&name));
                if *before == Token::To || (is_maker && *before != Token::Other) {
                    found.push(word);
                }
                program = program.or((*before != Token::To).then_some(word.as_str()));
            }
            Token::To | Token::Other => {}
        }
        before = token;
    }
    found
}

/// The last argument of each `cp`, `mv` and `ln`.
fn copies(tokens: &[Token]) -> Vec<&String> {
    tokens.split(|token| *token == Token::Next).filter_map(copied).collect()
}

/// Where one command copies to; it has two words behind its name at least, beside options.
fn copied(command: &[Token]) -> Option<&String> {
    let mut words = Vec::new();
    for (at, token) in command.iter().enumerate() {
        let is_sent = at > 0 && matches!(command[at - 1], Token::To | Token::Other);
        words.extend(match token {
            Token::Word(word) if !is_sent => Some(word),
            _ => None,
        });
    }
    let (program, given) = words.split_first()?;
    let is_option = |word: &&&String| word.starts_with('-') && word.len() > 1;
    if !["cp", "mv", "ln"].contains(&program.as_str()) || given.iter().any(|word| names_target(word)) {
        return None;
    }
    let plain: Vec<&&String> = given.iter().filter(|word| !is_option(word)).collect();
    plain.get(1..)?.last().map(|word| **word)
}

/// Whether an option says where to, so that the last word is not it.
fn names_target(word: &str) -> bool {
    word == "-t" || word.starts_with("--target-directory")
}

/// Whether a line of a shell goes to another folder, and to which.
pub(super) fn goes_to(line: &str) -> Option<String> {
    let tokens = tokens(line);
    folders(&tokens).next().map(str::to_owned)
}

/// The folders that `cd` goes to.
fn folders(tokens: &[Token]) -> impl Iterator<Item = &str> {
    let one = |three: &[Token]| matches!(&three[0], Token::Next) && three[1] == Token::Word("cd".into());
    let at = (0..tokens.len().saturating_sub(2)).filter(move |at| one(&tokens[*at..]));
    at.filter_map(|at| match &tokens[at + 2] {
        Token::Word(word) => Some(word.as_str()),
        _ => None,
    })
}

fn tokens(line: &str) -> Vec<Token> {
    let mut reader = Reader { found: vec![Token::Next], word: None, quoting: Quoting::new() };
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        let is_bare =
            matches!(reader.quoting.state(), Quotes::None | Quotes::Inner) && !reader.quoting.is_escaped();
        reader.quoting.take(c);
        if reader.quoting.is_comment() {
            continue;
        }
        match c {
            '\'' | '"' => drop(reader.word.get_or_insert_default()),
            '>' if is_bare => reader.redirect(&mut chars),
            _ if is_bare && (c.is_whitespace() || ";|&()`<".contains(c)) => reader.edge(c),
            _ => reader.word.get_or_insert_default().push(c),
        }
    }
    reader.end_word();
    reader.found
}

/// Reads a line of a shell.
struct Reader {
    found: Vec<Token>,
    word: Option<String>,
    quoting: Quoting,
}

impl Reader {
    fn end_word(&mut self) {
        self.found.extend(self.word.take().map(Token::Word));
    }

    /// What ends a word.
    fn edge(&mut self, c: char) {
        self.end_word();
        match c {
            '<' => self.found.push(Token::Other),
            '\n' => self.found.push(Token::Next),
            _ if !c.is_whitespace() => self.found.push(Token::Next),
            _ => {}
        }
    }

    /// `>`, `>>`, `2>`, `>&`.
    fn redirect(&mut self, chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
        self.word.take_if(|word| word.chars().all(|c| c.is_ascii_digit()));
        self.end_word();
        let mut last = '>';
        while let Some(next) = chars.next_if(|next| ">|&".contains(*next)) {
            self.quoting.take(next);
            last = next;
        }
        self.found.push(if last == '&' { Token::Other } else { Token::To });
    }
}

/// A line in which `mkdir` of the folders of results, or of folders around them, makes what is there already.
pub(super) fn with_folders(line: &str, outputs: &[String]) -> String {
    let mut pairs = Vec::new();
    for output in outputs {
        let mut folder = super::paths::split(output).0;
        while !folder.is_empty() {
            pairs.push(Renamed::new(folder, "/pfs/out"));
            folder = super::paths::split(folder).0;
        }
    }
    let mut out = String::new();
    let mut done = 0;
    for (at, end) in makers(line) {
        out.push_str(&line[done..at]);
        out.push_str(&rename(&line[at..end], &pairs).0);
        done = end;
    }
    out.push_str(&line[done..]);
    out
}

/// Where the commands of a line that make folders begin and end; none within quotes is one.
fn makers(line: &str) -> Vec<(usize, usize)> {
    let mut quoting = Quoting::new();
    let (mut found, mut begun) = (Vec::new(), None);
    for (at, c) in line.char_indices() {
        let is_bare = matches!(quoting.state(), Quotes::None | Quotes::Inner) && !quoting.is_escaped();
        quoting.take(c);
        let is_code = is_bare && !quoting.is_comment();
        match begun {
            Some(from) if is_code && ";&|\n)`".contains(c) => {
                found.push((from, at));
                begun = None;
            }
            None if is_code && line[at..].starts_with("mkdir ") && begins_maker(&line[..at]) => {
                begun = Some(at);
            }
            _ => {}
        }
    }
    found.extend(begun.map(|from| (from, line.len())));
    found
}

/// Whether a command begins behind a text, also as a part of a loop or a condition.
fn begins_maker(before: &str) -> bool {
    let last = before.split_whitespace().next_back().filter(|_| before.ends_with(char::is_whitespace));
    begins_command(before)
        || last.is_some_and(|word| ["then", "do", "else", "{", "sudo", "-"].contains(&word))
}

/// A line in which no path below `/pfs` has the way to the project's root before it.
pub(super) fn without_way(line: &str) -> String {
    let mut line = line.to_owned();
    for way in ["../", "./", "$PWD/", "${PWD}/", "$(pwd)/", "\"$PWD\"/"] {
        let glued = format!("{way}/pfs/");
        while line.contains(&glued) {
            line = line.replace(&glued, "/pfs/");
        }
    }
    line
}

/// A word in which something stands before a path below `/pfs`, which makes another path of it.
pub(super) fn glued(line: &str) -> Option<&str> {
    line.split(|c: char| c.is_whitespace() || "\"'`()<>|&;,=:".contains(c)).find(|word| {
        let before = word.find("/pfs/").and_then(|at| word[..at].chars().next_back());
        !word.starts_with('-')
            && before.is_some_and(|c| c.is_alphanumeric() || "._-/}".contains(c) || is_private(c))
    })
}

/// What is to be settled of a line's own files, in words.
pub(super) fn told(line: &str) -> Vec<String> {
    let shown = |text: &str| super::pattern::with_each(text, "%");
    let stray = |path: &String| {
        let path = shown(path);
        format!(
            "cmd: it writes `{path}` in the project, where no command can write; let it write below /pfs/out, or `$TMPDIR/{path}` if it is not kept"
        )
    };
    let mut found: Vec<String> = strays(line).iter().map(stray).collect();
    found.extend(
        glued(line)
            .map(|word| format!("cmd: `{}` is no path any more; write the one that is meant", shown(word))),
    );
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_in_the_project_is_seen() {
        for (line, expected) in [
            ("cat a > tmp.txt && mv tmp.txt /pfs/out/x", &["tmp.txt"][..]),
            ("mkdir -p out logs; touch out/a", &["out", "logs", "out/a"]),
            ("sort a | tee log.txt >/pfs/out/x 2>&1", &["log.txt"]),
            ("x 2>err.txt >>\"all.txt\" < in.txt", &["err.txt", "all.txt"]),
            ("awk '$1 > 3' a > $TMPDIR/x # > y", &[]),
            ("a # it's > y\nb > z", &["z"]),
            ("cp -r a b; mv a $TMPDIR/x && ln -s /pfs/in/a link >/dev/null; cp a /pfs/out/b", &["b", "link"]),
            ("cp -t d a b; mv a", &[]),
            ("cd /tmp && x > y", &[]),
            ("cd data && x > y", &["y"]),
            ("echo '> a' \"> b\" >/dev/null &>/dev/null", &[]),
        ] {
            assert_eq!(strays(line), expected, "{line}");
        }
        assert_eq!(goes_to("(cd data && cat a)").as_deref(), Some("data"));
    }

    #[test]
    fn folders_of_results_and_ways_to_the_root() {
        let outputs = ["out/sub/x".to_owned()];
        assert_eq!(
            with_folders("mkdir -p out out/sub && cat out/a > mkdir", &outputs),
            "mkdir -p /pfs/out /pfs/out && cat out/a > mkdir"
        );
        for (line, expected) in [
            ("echo 'mkdir out' \"mkdir out; mkdir out\"", None),
            ("echo mkdir out # mkdir out", None),
            ("xmkdir out", None),
            ("mkdir 'a;b' out; ls out", Some("mkdir 'a;b' /pfs/out; ls out")),
            ("if x; then mkdir out; fi", Some("if x; then mkdir /pfs/out; fi")),
            ("test -d out || mkdir out", Some("test -d out || mkdir /pfs/out")),
            ("echo \"$(mkdir out)\"", Some("echo \"$(mkdir /pfs/out)\"")),
        ] {
            assert_eq!(with_folders(line, &outputs), expected.unwrap_or(line));
        }
        assert_eq!(without_way("cp a ../..//pfs/out/x .//pfs/in/y"), "cp a /pfs/out/x /pfs/in/y");
        assert_eq!(glued("cp -I/pfs/in tmp-/pfs/out/x"), Some("tmp-/pfs/out/x"));
        assert_eq!(glued("cp --in=/pfs/in/a \"/pfs/out/x\""), None);
    }
}
