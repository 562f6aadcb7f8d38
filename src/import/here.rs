//! Here-documents of shell scripts, and shell variables in place of wildcards, wherever these stand.

use std::collections::VecDeque;

use super::words::{Quotes, Quoting, is_private, wild_number};

/// What a line of a script is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Commands.
    Command,
    /// What goes on with a word of the line before it, that ends in `\`: blanks at its start count.
    Joined,
    /// What begins within quotes.
    Open,
    /// Of a here-document, or its end: text, in which a shell fills in values unless it is quoted.
    Document {
        /// Whether a shell leaves it as it is.
        is_quoted: bool,
    },
}

/// A here-document that a line opens.
struct Document {
    end: String,
    is_quoted: bool,
    strips_tabs: bool,
}

impl Document {
    /// The one that what follows `<<` opens; none where that is a number or a text.
    fn of(after: &str) -> Option<Self> {
        let strips_tabs = after.starts_with('-');
        let word = after.strip_prefix('-').unwrap_or(after).trim_start_matches([' ', '\t']);
        let word = word.split(|c: char| c.is_whitespace() || ";&|<>()".contains(c)).next()?;
        let is_quoted = word.contains(['\'', '"', '\\']);
        let end = word.replace(['\'', '"', '\\'], "");
        end.starts_with(|c: char| c.is_alphabetic() || c == '_').then_some(Self {
            end,
            is_quoted,
            strips_tabs,
        })
    }

    fn is_end(&self, line: &str) -> bool {
        (if self.strips_tabs { line.trim_start_matches('\t') } else { line }) == self.end
    }
}

/// What each line of a script is.
pub(super) fn lines(text: &str) -> Vec<Part> {
    let mut found = Vec::new();
    let mut quoting = Quoting::new();
    let mut open: VecDeque<Document> = VecDeque::new();
    let mut is_joined = false;
    for line in text.split_inclusive('\n') {
        if let Some(document) = open.front() {
            found.push(Part::Document { is_quoted: document.is_quoted });
            if document.is_end(line.trim_end_matches('\n')) {
                open.pop_front();
            }
            continue;
        }
        found.push(match quoting.state() {
            Quotes::None | Quotes::Inner if is_joined => Part::Joined,
            Quotes::None | Quotes::Inner => Part::Command,
            _ => Part::Open,
        });
        is_joined = command(line, &mut quoting, &mut open);
    }
    found
}

/// Whether commands stand here.
fn is_bare(quoting: &Quoting) -> bool {
    matches!(quoting.state(), Quotes::None | Quotes::Inner) && !quoting.is_escaped()
}

/// Reads a line of commands, and which here-documents it opens; tells whether the next line goes on with its last word.
fn command(line: &str, quoting: &mut Quoting, open: &mut VecDeque<Document>) -> bool {
    let (mut before, mut is_joined) = (' ', false);
    for (at, c) in line.char_indices() {
        let is_bare = is_bare(quoting);
        is_joined = c == '\n' && quoting.is_escaped();
        quoting.take(c);
        let after = line[at..].strip_prefix("<<").filter(|after| before != '<' && !after.starts_with('<'));
        if let Some(after) = after.filter(|_| is_bare && !quoting.is_comment()) {
            open.extend(Document::of(after));
        }
        before = c;
    }
    is_joined
}

/// Whether blanks at the start of lines, or empty lines, are part of what a script says.
pub(super) fn is_verbatim(text: &str) -> bool {
    lines(text).iter().any(|part| *part != Part::Command)
}

/// Whether a wildcard stands where no shell would fill in its value: in a quoted here-document.
pub(super) fn hides_wildcard(text: &str) -> bool {
    let hides =
        |(line, part): (&str, Part)| part == Part::Document { is_quoted: true } && line.contains(is_private);
    text.split_inclusive('\n').zip(lines(text)).any(hides)
}

/// Puts shell variables in place of wildcards, so that the shell gives their values wherever they stand: also
/// within quotes, as one word, and in here-documents.
pub(super) fn with_variables(text: &str, variables: &[String]) -> String {
    let mut out = String::new();
    let mut quoting = Quoting::new();
    for (line, part) in text.split_inclusive('\n').zip(lines(text)) {
        match part {
            Part::Document { .. } => out.push_str(&expand(line, "", variables)),
            _ => in_command(line, &mut quoting, variables, &mut out),
        }
    }
    out
}

fn in_command(line: &str, quoting: &mut Quoting, variables: &[String], out: &mut String) {
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let state = quoting.state();
        let is_bare = matches!(state, Quotes::None | Quotes::Inner | Quotes::Value) && !quoting.is_escaped();
        let word = if is_bare { rest.find(|c: char| !is_word(c)).unwrap_or(rest.len()) } else { 0 };
        let part = &rest[..word.max(c.len_utf8())];
        let value = expand(part, &rest[part.len()..], variables);
        let text = match state {
            _ if !part.contains(is_private) || quoting.is_comment() => value,
            Quotes::Single => format!("'\"{value}\"'"),
            Quotes::Double => value,
            Quotes::None | Quotes::Inner | Quotes::Value => format!("\"{value}\""),
        };
        out.push_str(&text);
        part.chars().for_each(|c| quoting.take(c));
        rest = &rest[part.len()..];
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_./-+@%".contains(c) || wild_number(c).is_some()
}

/// Variables in place of wildcards, in a text before `after`; in braces where the name would go on.
fn expand(text: &str, after: &str, variables: &[String]) -> String {
    let mut out = String::new();
    for (at, c) in text.char_indices() {
        let Some(name) = wild_number(c).and_then(|number| variables.get(number)) else {
            out.push(c);
            continue;
        };
        let rest = &text[at + c.len_utf8()..];
        let next = rest.chars().next().or_else(|| after.chars().next());
        let goes_on = next.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
        out.push('$');
        if goes_on {
            out.extend(["{", name, "}"]);
        } else {
            out.push_str(name);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::words::wild;
    use super::*;

    #[test]
    fn wildcards_become_variables_in_any_quotes() {
        let w = wild(0);
        let names = ["stem".to_owned()];
        for (text, expected) in [
            (format!("cat in/{w}.txt > {w}_x"), "cat \"in/$stem.txt\" > \"${stem}_x\""),
            (format!("Rscript -e 'f(\"{w}.R\")'"), "Rscript -e 'f(\"'\"$stem\"'.R\")'"),
            (format!("echo \"{w}\" # it's {w}"), "echo \"$stem\" # it's $stem"),
            (
                format!("a=$(basename {w}) \"$(echo '{w}')\""),
                "a=$(basename \"$stem\") \"$(echo ''\"$stem\"'')\"",
            ),
        ] {
            assert_eq!(with_variables(&text, &names), expected);
        }
    }

    #[test]
    fn documents_are_text() {
        let w = wild(0);
        let names = ["stem".to_owned()];
        let text = format!("cat <<E > {w}\n  {w}_a \"{w}\"\n it's\nE\necho {w}\n");
        assert_eq!(
            with_variables(&text, &names),
            "cat <<E > \"$stem\"\n  ${stem}_a \"$stem\"\n it's\nE\necho \"$stem\"\n"
        );
        assert!(!hides_wildcard(&text) && hides_wildcard(&format!("cat <<'E'\n{w}\nE\n")));
        let (text, part) = (Part::Document { is_quoted: true }, Part::Document { is_quoted: false });
        let all = "x '\n c' <<<D $((1<<2)) # <<X\n";
        assert_eq!(lines(all), [Part::Command, Part::Open]);
        let all = "cat <<-'A' <<B; x\na\n\tA\nb\n\nB\nx \\\n y\n";
        let expected = [Part::Command, text, text, part, part, part, Part::Command, Part::Joined];
        assert_eq!(lines(all), expected);
        assert!(is_verbatim(all) && !is_verbatim("a\n\n  b $(c\n  d)\n"));
    }
}
