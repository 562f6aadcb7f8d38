//! Words of a command that surely pass over symbolic links: it would miss inputs that are links, and say nothing of it.

/// Words that a command may follow.
const BEFORE: [&str; 20] = [
    "if",
    "while",
    "until",
    "then",
    "do",
    "else",
    "!",
    "{",
    "in",
    "sudo",
    "xargs",
    "time",
    "exec",
    "env",
    "nice",
    "sh",
    "bash",
    "dash",
    "/bin/sh",
    "/bin/bash",
];

/// What in a shell command, a script or a program passes over links, as one would name it; none where nothing surely does.
///
/// A heuristic on words that stand where a command does: what it finds makes a run copy inputs, which is right in any case.
pub fn over_links(text: &str) -> Option<&'static str> {
    let text = text.replace("\\\n", " ");
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    lines.flat_map(|line| line.split(['|', ';', '&', '(', ')', '`'])).find_map(of_command)
}

fn of_command(command: &str) -> Option<&'static str> {
    let unquoted = |word| str::trim_matches(word, ['"', '\'', ',', '[', ']']);
    let words: Vec<&str> = command.split_whitespace().map(unquoted).filter(|word| !word.is_empty()).collect();
    let is_before = |word: &&&str| BEFORE.contains(*word) || word.starts_with('-') || word.contains('=');
    let at = words.iter().take_while(is_before).count();
    words.get(at).and_then(|word| {
        let (program, options) = (word.rsplit('/').next()?, &words[at + 1..]);
        let has = |words: &[&str]| options.iter().any(|option| words.contains(option));
        match program {
            "find" if is_for_files(options) && !has(&["-L", "-follow"]) => Some("`find -type f`"),
            "grep" | "egrep" | "fgrep" if has(&["--recursive"]) || has_letter(options, 'r') => {
                Some("`grep -r`")
            }
            "tar" if makes_archive(options) && !has(&["--dereference"]) && !has_letter(options, 'h') => {
                Some("`tar c`")
            }
            "du" if !has(&["--dereference"]) && !has_letter(options, 'L') && names_path(options) => {
                Some("`du`")
            }
            _ => None,
        }
    })
}

/// Whether a word is a path or holds one.
fn names_path(options: &[&str]) -> bool {
    options.iter().any(|option| option.contains(['/', '$']))
}

/// Whether `find` is asked for files and not for links.
fn is_for_files(options: &[&str]) -> bool {
    let kinds = options.windows(2).filter(|pair| pair[0] == "-type").map(|pair| pair[1]);
    let (mut files, mut links) = (false, false);
    for kind in kinds {
        files |= kind.split(',').any(|kind| kind == "f");
        links |= kind.split(',').any(|kind| kind == "l");
    }
    files && !links
}

/// Whether a letter is one of several in an option.
fn has_letter(options: &[&str], letter: char) -> bool {
    let short = options.iter().filter_map(|option| option.strip_prefix('-'));
    short
        .into_iter()
        .any(|letters| letters.chars().all(|c| c.is_ascii_alphabetic()) && letters.contains(letter))
}

/// Whether `tar` is asked to make an archive, and of more than what follows links.
fn makes_archive(options: &[&str]) -> bool {
    let Some(first) = options.first() else { return false };
    let letters = first.strip_prefix('-').unwrap_or(first);
    let is_cluster = letters.chars().all(|c| "cvzjJfpPahSC".contains(c)) && letters.contains('c');
    options.contains(&"--create") || is_cluster && !letters.contains('h')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_that_pass_over_links_are_named() {
        for (text, expected) in [
            ("cat $(find /pfs/images -type f | sort) > x", Some("`find -type f`")),
            ("x=1; /usr/bin/find $PFS \\\n  -type f -name '*.png'", Some("`find -type f`")),
            ("find -L /pfs -type f", None),
            ("find /pfs -type f,l", None),
            ("find /pfs -name x", None),
            ("subprocess.run([\"find\", folder, \"-type\", \"f\"])", Some("`find -type f`")),
            ("grep -rn x /pfs/raw", Some("`grep -r`")),
            ("grep -R x /pfs/raw", None),
            ("zgrep -c x /pfs/raw/y", None),
            ("tar cf /pfs/out/x.tar -C /pfs images", Some("`tar c`")),
            ("tar -czhf x.tgz /pfs/a", None),
            ("tar --create --file x /pfs/a", Some("`tar c`")),
            ("tar xf /pfs/a/x.tar", None),
            ("tar = tarfile.open(path)", None),
            ("du -sb /pfs/raw", Some("`du`")),
            ("du -sL /pfs/raw", None),
            ("# find /pfs -type f", None),
            ("voir rue du Port/12, grep -r x", None),
            ("size=$(du -s \"$PFS/raw\")", Some("`du`")),
            ("if sudo find \"$PFS\" -type f; then", Some("`find -type f`")),
            ("sh -c 'find /pfs/raw -type f'", Some("`find -type f`")),
        ] {
            assert_eq!(over_links(text), expected, "{text}");
        }
    }
}
