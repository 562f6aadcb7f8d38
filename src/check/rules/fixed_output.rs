//! `MP135`: shell commands that write the same file for each of several datums that share a folder.

use super::unset_variables::{SHELLS, shell_text};
use crate::check::Ground;
use crate::model::{Finding, Pipeline, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "MP135",
    name: "fixed-output",
    severity: Severity::Warning,
    why: "of datums that make one file only the first has it, and all others fail",
};

/// How a place below `/pfs/out` begins in a shell.
const OUT: [&str; 3] = ["/pfs/out/", "$PFS/out/", "${PFS}/out/"];

/// Words after which not every line is done, or a file gets another name: what comes of the command is not known then.
const OPEN: &[&str] = &[
    "if", "case", "for", "while", "until", "test", "[", "[[", "exit", "return", "trap", "eval", "exec", "mv",
    "rm", "unlink", "rename", "find", "function", ".", "source",
];

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let sees_paths = |pipeline: &&Pipeline| pipeline.output.is_none();
    let pipelines = ground.pipelines.iter().map(|loaded| &loaded.pipeline).filter(sees_paths);
    pipelines.filter_map(|pipeline| finding(ground, pipeline)).collect()
}

fn finding(ground: &Ground<'_>, pipeline: &Pipeline) -> Option<Finding> {
    let datums = ground.outcomes.get(&pipeline.name)?.counts.total();
    if datums < 2 {
        return None;
    }
    let script = script(ground, pipeline)?;
    let file = fixed(&script)?;
    let has_lines = pipeline.transform.as_ref().is_some_and(|transform| transform.stdin.is_some());
    let field = if has_lines { "transform.stdin" } else { "transform.cmd" };
    let message = format!(
        "each of the {datums} datums of `{}` writes `/pfs/out/{file}`, and only one can have it",
        pipeline.name
    );
    let finding = ground.at_field(&RULE, &pipeline.name, field, message);
    Some(finding.help("give each datum a folder of its own by `output: /$1`, with `( )` around what differs in the glob; or read all in one datum by `glob: /`"))
}

/// What the shell of a pipeline reads, if that is all of its command.
fn script(ground: &Ground<'_>, pipeline: &Pipeline) -> Option<String> {
    let transform = pipeline.transform.as_ref()?;
    match transform.cmd.as_slice() {
        [shell, path] if transform.stdin.is_none() && SHELLS.contains(&&**shell) => ground.text(path),
        _ => shell_text(pipeline),
    }
}

/// The file below `/pfs/out` that a script surely writes and that has the same name for each datum.
fn fixed(script: &str) -> Option<&str> {
    let is_open = |word: &str| OPEN.contains(&word) || word.contains("<<");
    let mut words = script.split(|c: char| c.is_whitespace() || ";(){}`".contains(c));
    if words.any(is_open) || script.contains("&&") || script.contains("||") {
        return None;
    }
    redirections(script).into_iter().find_map(|at| written(&script[at + 1..]))
}

/// Where a `>` stands that is a shell's own: in no comment and between no quotes.
fn redirections(script: &str) -> Vec<usize> {
    let (mut found, mut quote, mut before) = (Vec::new(), None, '\n');
    let mut letters = script.char_indices();
    while let Some((at, letter)) = letters.next() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (None | Some('"'), '\\') => drop(letters.next()),
            (None, '\'' | '"') => quote = Some(letter),
            (None, '#') if before.is_whitespace() || ";&|(".contains(before) => {
                // A comment goes to the end of its line.
                letters.by_ref().find(|(_, letter)| *letter == '\n');
                before = '\n';
                continue;
            }
            (None, '>') => found.push(at),
            _ => {}
        }
        before = letter;
    }
    found
}

/// The file that a redirection leads to, given what follows its `>`, if its name is plain.
fn written(rest: &str) -> Option<&str> {
    let rest = rest.trim_start_matches(['>', '|']).trim_start();
    let is_quoted = rest.starts_with('"');
    let rest = rest.strip_prefix('"').unwrap_or(rest);
    let name = OUT.iter().find_map(|out| rest.strip_prefix(out))?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/+".contains(c);
    let (name, after) = name.split_at(name.find(|c| !is_plain(c)).unwrap_or(name.len()));
    let after = if is_quoted { after.strip_prefix('"')? } else { after };
    let ends = after.chars().next().is_none_or(|c| c.is_whitespace() || ";|&)".contains(c));
    (ends && !name.is_empty() && !name.ends_with('/')).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_surely_written_under_one_name() {
        for (script, expected) in [
            ("cat \"$raw\" > /pfs/out/all.txt", Some("all.txt")),
            ("sort $raw >>\"$PFS/out/a/b\" | wc", Some("a/b")),
            ("x=1; wc ${raw} >| ${PFS}/out/n; echo", Some("n")),
            ("run 2>/pfs/out/log", Some("log")),
            ("cat $raw > /pfs/out/$name", None),
            ("cat $raw > \"/pfs/out/$name.txt\"", None),
            ("cat $raw > /pfs/out/\"$name\"", None),
            ("cat $raw > /pfs/out/a-$name", None),
            ("cat $raw > /pfs/out/", None),
            ("if x; then echo > /pfs/out/a; fi", None),
            ("x && echo > /pfs/out/a", None),
            ("echo > /pfs/out/a; mv /pfs/out/a /pfs/out/$n", None),
            ("# > /pfs/out/a\necho", None),
            ("echo done # see > /pfs/out/a\necho it", None),
            ("# isn't it\ncat $raw > /pfs/out/a", Some("a")),
            ("echo 'see > /pfs/out/a'", None),
            ("echo \"it's > /pfs/out/a\"", None),
            ("echo a\\>/pfs/out/a b#c > /pfs/out/b", Some("b")),
            ("cat $raw > /pfs/out/a; cp /pfs/out/a /pfs/out/$n; unlink /pfs/out/a", None),
            ("cat > /tmp/x", None),
        ] {
            assert_eq!(fixed(script), expected, "{script}");
        }
    }
}
