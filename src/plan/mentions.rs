//! Which parts of a text may read what they name: neither comments nor what is only told, removed or written.

/// Commands that read none of the files that they name: of a shell, Python, R and Perl.
const MUTE: [&str; 15] = [
    "echo",
    "printf",
    "print",
    "rm",
    "mkdir",
    "touch",
    "raise",
    "die",
    "warn",
    "message",
    "stop",
    "warning",
    "sys.exit",
    "logging.info",
    "logging.warning",
];

/// Commands that only pass on what a here-document tells.
const PASSING: [&str; 2] = ["cat", "tee"];

/// Words that a shell has before a command.
const BEFORE: [&str; 7] = ["then", "do", "else", "{", "(", "!", "sudo"];

/// How the place of results is written.
const OUT: [&str; 3] = ["$PFS/out", "${PFS}/out", "/pfs/out"];

/// The commands of a text, without those that read nothing: the rest of the words may name what is read.
pub(super) fn reading(text: &str) -> String {
    let (mut found, mut is_in_out, mut docstring) = (String::new(), false, None);
    let lines: Vec<&str> = text.lines().collect();
    let mut next = 0;
    while let Some(line) = lines.get(next) {
        next += 1;
        if is_told(line, &mut docstring) {
            continue;
        }
        for command in commands(without_comment(line), false) {
            let name = name(&command);
            if matches!(name, "cd" | "pushd") {
                let folder = command.split_whitespace().skip_while(|word| *word != name).nth(1);
                is_in_out = folder.is_some_and(|folder| OUT.iter().any(|out| folder.contains(out)));
            }
            let reads = !MUTE.contains(&name) || command.contains("open(");
            if reads && !is_in_out {
                push_unwritten(&command, &mut found);
            }
        }
        let told = told_below(line, &lines[next..]);
        for line in &lines[next..next + told] {
            // What is told may hold commands, whose output is told.
            commands(line, true).iter().skip(1).for_each(|command| push_unwritten(command, &mut found));
        }
        next += told;
    }
    found
}

/// The command that is called.
fn name(command: &str) -> &str {
    let mut words = command.split_whitespace().skip_while(|word| BEFORE.contains(word));
    words.next().unwrap_or("").split(['(', '"']).next().unwrap_or("")
}

/// The commands of a line: beside one another, then those in `$(…)` and backticks, whose output is a word of others. Of a
/// line that is only `told`, the first is what is told.
fn commands(line: &str, told: bool) -> Vec<String> {
    split(line, told).finish()
}

fn split(line: &str, told: bool) -> Split {
    let mut split = Split { told, ..Split::default() };
    let mut chars = line.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\\' if split.quote != Some('\'') => split.now.extend([char].into_iter().chain(chars.next())),
            '$' if split.quote != Some('\'') && chars.next_if_eq(&'(').is_some() => split.open(')'),
            '`' | ')' if split.is_end(char) => split.close(),
            '`' if split.quote != Some('\'') => split.open('`'),
            _ => split.take(char),
        }
    }
    split
}

/// A line that is being split into commands.
#[derive(Default)]
struct Split {
    told: bool,
    found: Vec<String>,
    /// Those whose output is a word of others.
    inner: Vec<String>,
    /// The commands around the one at hand, the quote that each stands in, and what ends the one in it.
    around: Vec<(String, Option<char>, char)>,
    now: String,
    quote: Option<char>,
}

impl Split {
    fn open(&mut self, end: char) {
        self.around.push((std::mem::take(&mut self.now), self.quote.take(), end));
    }

    fn is_end(&self, char: char) -> bool {
        self.quote.is_none() && self.around.last().is_some_and(|(.., end)| *end == char)
    }

    fn close(&mut self) {
        if let Some((text, quote, _)) = self.around.pop() {
            self.inner.push(std::mem::replace(&mut self.now, text));
            self.quote = quote;
        }
    }

    fn take(&mut self, char: char) {
        let is_plain = self.told && self.around.is_empty();
        match char {
            '|' | ';' | '&' if self.quote.is_none() && !is_plain => {
                let done = std::mem::take(&mut self.now);
                if self.around.is_empty() {
                    self.found.push(done);
                } else {
                    self.inner.push(done);
                }
                return;
            }
            '"' | '\'' if self.quote == Some(char) => self.quote = None,
            '"' | '\'' if self.quote.is_none() && !is_plain => self.quote = Some(char),
            _ => {}
        }
        self.now.push(char);
    }

    /// The outermost command that stands in a quote which is still open, and this quote.
    fn open_quote(&self) -> Option<(&str, char)> {
        let around = self.around.iter().map(|(text, quote, _)| (text, *quote));
        let mut all = around.chain([(&self.now, self.quote)]);
        all.find_map(|(text, quote)| Some((text.as_str(), quote?)))
    }

    fn finish(mut self) -> Vec<String> {
        self.found.extend(self.around.into_iter().map(|(text, ..)| text));
        self.found.push(self.now);
        self.found.extend(self.inner);
        self.found
    }
}

/// How many of the lines below one only tell: a text in quotes that goes on, or a here-document that is only passed on.
fn told_below(line: &str, below: &[&str]) -> usize {
    let split = split(without_comment(line), false);
    let open =
        split.open_quote().filter(|(command, _)| MUTE.contains(&name(command))).map(|(_, quote)| quote);
    let Some(last) = split.finish().into_iter().next_back() else { return 0 };
    let name = name(&last);
    if let Some((_, word)) = last.split_once("<<")
        && (PASSING.contains(&name) || MUTE.contains(&name))
        && !line.contains('|')
    {
        let end = word.trim_start_matches('-').trim_start().split([' ', '>']).next().unwrap_or("");
        let end = end.trim_matches(['"', '\'', '\\']);
        return below.iter().position(|line| line.trim() == end).map_or(0, |at| at + 1);
    }
    match open {
        Some(quote) => below.iter().position(|line| line.contains(quote)).map_or(0, |at| at + 1),
        None => 0,
    }
}

/// Whether a line is part of a text in three quotes, as Python has them to tell something.
fn is_told(line: &str, docstring: &mut Option<&'static str>) -> bool {
    let trimmed = line.trim();
    if let Some(quotes) = *docstring {
        if trimmed.contains(quotes) {
            *docstring = None;
        }
        return true;
    }
    let Some(quotes) = ["\"\"\"", "'''"].into_iter().find(|quotes| trimmed.starts_with(quotes)) else {
        return false;
    };
    *docstring = (!trimmed[quotes.len()..].contains(quotes)).then_some(quotes);
    true
}

fn without_comment(line: &str) -> &str {
    let is_begin = |at: &usize| *at == 0 || line[..*at].ends_with([' ', '\t']);
    let begin = line.match_indices('#').map(|(at, _)| at).find(is_begin);
    &line[..begin.unwrap_or(line.len())]
}

/// Adds a command without the files that it writes to.
fn push_unwritten(command: &str, found: &mut String) {
    let mut parts = command.split('>');
    found.push_str(parts.next().unwrap_or(""));
    for part in parts {
        let part = part.trim_start();
        found.push_str(part.find(char::is_whitespace).map_or("", |end| &part[end..]));
    }
    found.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_removed_or_written_is_not_read() {
        for text in [
            "# up/a",
            "true # the whole table is up/a",
            "\"\"\"Reads\nup/a.\n\"\"\"",
            "'''Makes up/a.'''",
            "print(\"see up/a\")",
            "echo \"see up/a\" >&2",
            "if true; then echo up/a; fi",
            "rm -f up/a",
            "cat x > up/a",
            "cat x >>up/a",
            "cd $PFS/out; mkdir -p up; cat x > up/a; wc up/a",
            "cd \"/pfs/out\"\nwc up/a",
            "echo \"first; then up/a | and\"",
            "echo 'see\n  up/a\n'",
            "echo \"it's $(date):\nsee up/a\"",
            "cat <<EOF\nsee up/a\nEOF",
            "cat > x <<-'E'\nsee up/a\n  E\ntrue",
            "raise ValueError(\"no up/a\")",
            "echo $(date) up/a",
            "echo '$(cat up/a)'",
        ] {
            assert!(!reading(text).contains("up/a"), "{text}");
        }
        for text in [
            "cat up/a > x",
            "cat x > y up/a",
            "\"\"\"Tells.\"\"\"\nopen('up/a')",
            "echo x && cat up/a",
            "cd $PFS/out\ncd ../..\ncat up/a",
            "cat a#b up/a",
            "for f in 1; do wc up/a; done",
            "echo $(cat up/a)",
            "echo \"is: $(sort up/a | head -1)\"",
            "echo `cat up/a`",
            "print(open('up/a').read())",
            "echo $(cat $(cat up/a))",
            "cat <<EOF\nsee $(cat up/a)\nEOF",
            "cat <<EOF | sh\ncat up/a\nEOF",
            "python3 - <<EOF\nopen('up/a')\nEOF",
            "cat <<EOF\nhi\nEOF\nwc up/a",
            "echo 'two\nlines'\ncat up/a",
            "echo don\\'t; cat up/a",
            "echo \"it's on\"\ncat up/a\necho 'done'",
            "echo 'a \"'\ncat up/a\necho \"done\"",
        ] {
            assert!(reading(text).contains("up/a"), "{text}");
        }
    }
}
