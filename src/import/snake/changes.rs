//! Which names a piece of Python may change: it is not run, so what was known of them holds no longer.

/// Methods that change a list or dictionary.
const CHANGING: [&str; 10] =
    ["append", "clear", "extend", "insert", "pop", "remove", "reverse", "setdefault", "sort", "update"];

/// Whether a statement may give a name another value.
pub(super) fn changes(statement: &str, name: &str) -> bool {
    let is_inner = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    statement.match_indices(name).any(|(at, _)| {
        let (before, after) = (&statement[..at], &statement[at + name.len()..]);
        let is_word =
            !before.ends_with(is_inner) && !after.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        is_word
            && (is_target(after)
                || is_typed(before, after)
                || is_of_several(before, after)
                || is_gone_through(before))
    })
}

/// `NAME = …`, `NAME += …`, `NAME["a"] = …`, `NAME.append(…)`.
fn is_target(after: &str) -> bool {
    let mut after = after.trim_start();
    while let Some(rest) = after.strip_prefix('[').and_then(|rest| Some(&rest[rest.find(']')? + 1..])) {
        after = rest.trim_start();
    }
    if let Some(method) = after.strip_prefix('.') {
        let name = method.split('(').next().unwrap_or_default();
        return CHANGING.contains(&name.trim());
    }
    let operator = after.trim_start_matches(['+', '-', '*', '/', '%', '|', '&', '^', '@', ':', '<', '>']);
    let is_compared =
        after.len() != operator.len() && after.starts_with(['<', '>']) && operator.len() + 1 == after.len();
    operator.starts_with('=') && !operator.starts_with("==") && !is_compared
}

/// `NAME: list = …`.
fn is_typed(before: &str, after: &str) -> bool {
    after.trim_start().starts_with(':') && before.rsplit('\n').next().unwrap_or_default().trim().is_empty()
}

/// `A, NAME = …`.
fn is_of_several(before: &str, after: &str) -> bool {
    let begins = before.rsplit('\n').next().unwrap_or_default();
    let rest = after.split('\n').next().unwrap_or_default();
    let has_brackets = |text: &str| text.contains(['[', '{', '"', '\'', '=', ':']);
    let Some((more, value)) = rest.split_once('=') else { return false };
    !has_brackets(begins)
        && !has_brackets(more)
        && !value.starts_with('=')
        && format!("{begins}{more}").contains(',')
}

/// `for NAME in …`, `del NAME`, `global NAME`.
fn is_gone_through(before: &str) -> bool {
    let last = before.split_whitespace().next_back().unwrap_or_default();
    before.ends_with(char::is_whitespace) && ["for", "del", "global", "as"].contains(&last)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{run, spec};
    use super::changes;
    use crate::import::report::Class;

    #[test]
    fn what_may_change_a_name_is_told_from_what_reads_it() {
        for text in [
            "S = f()",
            "S += ['b']",
            "S.append('c')",
            "S['a'] = 1",
            "S[0]['b'] += 2",
            "A, S = f()",
            "(S, A) = f()",
            "if x:\nS = ['b']",
            "for S in x:\npass",
            "del S",
            "import s as S",
            "S: list = f()",
            "S.sort()",
        ] {
            assert!(changes(text, "S"), "{text}");
        }
        for text in [
            "print(S)",
            "assert S == ['a']",
            "if len(S) > 1:\nprint('x')",
            "T = S",
            "x.S = 3",
            "SS = 3",
            "T = S[0]",
            "S.index('a')",
            "if S <= 3:\npass",
            "assert S != x",
        ] {
            assert!(!changes(text, "S"), "{text}");
        }
    }

    #[test]
    fn numbers_and_names_that_are_set_beside_rules_are_known() {
        let text = "N = 3\nNUMS = [1, 2]\nX, Y = \"q\", 7\nR = range(2)\nT = (\"u\", \"v\")\nrule one:\n  input: \"raw/{s}.txt\"\n  \
                    output: \"out/{s}.t\"\n  threads: N\n  shell: \"echo {threads} {N} {NUMS} {X} {Y} {T:q} > {output}; echo {R}\"\n";
        let found = run(text, &[("raw/a.txt", "")]).expect("it is read");
        let spec = spec(&found, "one");
        assert!(spec.contains("echo 3 3 1 2 q 7 u v > "), "{spec}");
        assert!(spec.contains("resource_requests: {cpu: 3}"), "{spec}");
        // Python prints a range as `range(0, 2)`.
        found.tells(Class::Todo, &["what `{R}` is"]);
    }

    #[test]
    fn what_python_may_have_changed_is_known_no_longer() {
        for change in ["S += [\"b\"]", "S.append(\"b\")", "if x:\n  S = [\"b\"]", "S = [\"b\"]"] {
            let text = format!(
                "S = [\"a\"]\n{change}\nrule all:\n  input: expand(\"out/{{s}}.t\", s=S)\nrule one:\n  input: \"raw/{{s}}.txt\"\n  \
                 output: \"out/{{s}}.t\"\n  shell: \"echo {{S}} {{config[k]}} > {{output}}\"\n"
            );
            let found = run(&text, &[("raw/a.txt", ""), ("raw/b.txt", "")]).expect("it is read");
            assert!(spec(&found, "one").contains("glob: /(*).txt"), "{change}: {}", spec(&found, "one"));
            found.tells(Class::Todo, &["what `{S}` is"]);
        }
        let text = "configfile: \"c.yml\"\nconfig[\"k\"] = f()\nrule one:\n  input: \"raw/{s}.txt\"\n  output: \"out/{s}.t\"\n  \
                    shell: \"echo {config[k]} > {output}\"\n";
        let found = run(text, &[("c.yml", "k: v\n"), ("raw/a.txt", "")]).expect("it is read");
        found.tells(Class::Todo, &["what `{config[k]}` is"]);
    }
}
