//! Which parts of a text may read what they name: neither comments nor what is only told, removed or written.

/// Commands that read none of the files that they name.
const MUTE: [&str; 6] = ["echo", "printf", "print", "rm", "mkdir", "touch"];

/// Words that a shell has before a command.
const BEFORE: [&str; 7] = ["then", "do", "else", "{", "(", "!", "sudo"];

/// How the place of results is written.
const OUT: [&str; 3] = ["$PFS/out", "${PFS}/out", "/pfs/out"];

/// The commands of a text, without those that read nothing: the rest of the words may name what is read.
pub(super) fn reading(text: &str) -> String {
    let (mut found, mut is_in_out, mut docstring) = (String::new(), false, None);
    for line in text.lines() {
        if is_told(line, &mut docstring) {
            continue;
        }
        for command in without_comment(line).split(['|', ';', '&']) {
            let mut words = command.split_whitespace().skip_while(|word| BEFORE.contains(word));
            let name = words.next().unwrap_or("");
            if matches!(name, "cd" | "pushd") {
                is_in_out = words.next().is_some_and(|folder| OUT.iter().any(|out| folder.contains(out)));
            }
            let name = name.split(['(', '"']).next().unwrap_or("");
            if !is_in_out && !MUTE.contains(&name) {
                push_unwritten(command, &mut found);
            }
        }
    }
    found
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
        ] {
            assert!(reading(text).contains("up/a"), "{text}");
        }
    }
}
