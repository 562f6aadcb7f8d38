//! Commands of rules: what `{input}`, `{wildcards.s}`, `{params.x}` and their like stand for.

use super::super::here::is_verbatim;
use super::super::words::{is_edge, wild};
use super::params::{literal_words, word};
use super::read::{commas, string};
use super::{Files, Lower, named};

impl Lower<'_> {
    /// Takes the command of `shell`; what is not known in it stays as it stands, and is to be settled.
    pub(super) fn command(&mut self, inputs: &Files, outputs: &Files, wildcards: &[String]) {
        let Some(directive) = self.find("shell") else {
            let other =
                ["run", "script", "notebook", "wrapper", "cwl"].iter().find(|key| self.find(key).is_some());
            let what = other
                .map_or("it has no `shell`".to_owned(), |key| format!("`{key}` needs Snakemake around it"));
            self.todo(self.rule.line, format!("cmd: {what}; write what runs"));
            return;
        };
        let Some(text) = string(&directive.text) else {
            self.todo(directive.line, "cmd: `shell` is no literal; write what runs".into());
            return;
        };
        let (text, lost) = fill(text.trim(), &mut |field| self.field(field, inputs, outputs, wildcards));
        for name in lost {
            let text = if name == "rule" {
                "cmd: `{rule}` is the name of a folder among its files too, for which it would be taken; write its value"
                    .to_owned()
            } else {
                format!("cmd: nobody says what `{{{name}}}` is; write its value")
            };
            self.todo(directive.line, text);
        }
        let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>();
        let text = if is_verbatim(&text) { text } else { lines().join("\n") };
        self.task.recipe = vec![(directive.line, format!("set -euo pipefail\n{text}"))];
    }

    /// What a field stands for in a command, as a recipe of make has it.
    fn field(
        &self,
        field: &Field<'_>,
        inputs: &Files,
        outputs: &Files,
        wildcards: &[String],
    ) -> Option<String> {
        let Field { name, is_quoted, is_word } = *field;
        let (head, rest) = match name.find(['.', '[']) {
            Some(at) => name.split_at(at),
            None => (name, ""),
        };
        let part = rest.trim_start_matches(['.', '[']).trim_end_matches(']');
        if !self.is_read(head, part, if head == "input" { inputs } else { outputs }) {
            return None;
        }
        let joined =
            |paths: Vec<String>| paths.iter().map(|path| word(path, is_quoted)).collect::<Vec<_>>().join(" ");
        // Of files that are worked out anew each time none has a number.
        let is_numbered = part.ends_with(|c: char| c.is_ascii_digit()) && part.contains('[');
        match head {
            "input" if is_numbered && self.task.is_open => None,
            "input" if rest.is_empty() => Some("$^".into()),
            "input" => some_of(inputs, part).map(joined),
            "output" if rest.is_empty() => {
                Some(joined(outputs.iter().flat_map(|(_, paths)| paths.clone()).collect()))
            }
            "output" => some_of(outputs, part).map(joined),
            "wildcards" => {
                wildcards.iter().position(|wildcard| wildcard == part).map(|number| wild(number).to_string())
            }
            "threads" => match self.find("threads") {
                Some(threads) => self.whole(&threads.text).map(|count| count.to_string()),
                None => Some("1".into()),
            },
            "rule" if rest.is_empty() => self.own_name(is_word, inputs, outputs),
            "params" => self.param(part, wildcards, is_quoted),
            "resources" => self.asked(part),
            "log" => Some("\"$${TMPDIR:-/tmp}/log\"".into()),
            "config" => {
                let known = self.known.of_config(name);
                let value = known.or_else(|| self.known.config.get(&part.replace("][", ".")).cloned())?;
                Some(literal_words(&[value], is_quoted))
            }
            global if rest.is_empty() => Some(literal_words(self.known.printed(global)?, is_quoted)),
            _ => None,
        }
    }

    /// Whether the files of a field are known: where one is not, neither are all of them, nor the number of any.
    fn is_read(&self, head: &str, part: &str, files: &Files) -> bool {
        let whole = part.split('[').next().unwrap_or_default();
        let is_named = || files.iter().any(|(name, _)| name.as_deref() == Some(whole));
        !self.unread.iter().any(|key| key == head) || is_named()
    }

    /// The rule's name. As a word of its own, that of a folder among its files would be taken for the folder; what begins
    /// with it is a path as if it were written out, or another name.
    fn own_name(&self, is_word: bool, inputs: &Files, outputs: &Files) -> Option<String> {
        let mut files = inputs.iter().chain(outputs).flat_map(|(_, paths)| paths);
        let is_folder = is_word && files.any(|path| path.split('/').any(|part| part == self.rule.name));
        (!is_folder).then(|| self.rule.name.clone())
    }

    /// A resource that the rule asks for in a number.
    fn asked(&self, part: &str) -> Option<String> {
        let all = commas(&self.find("resources")?.text);
        let value = all.iter().map(|text| named(text)).find(|(name, _)| name.as_deref() == Some(part))?.1;
        value.parse::<u64>().ok().map(|number| number.to_string()).or_else(|| string(value))
    }
}

/// Files by their name or number, or one of a list by both.
fn some_of(files: &Files, part: &str) -> Option<Vec<String>> {
    let by_name =
        files.iter().find(|(name, _)| name.as_deref() == Some(part)).map(|(_, paths)| paths.clone());
    let by_number = || {
        let path = files.iter().flat_map(|(_, paths)| paths).nth(part.parse().ok()?)?;
        Some(vec![path.clone()])
    };
    // Of a single path, a number would name a letter.
    let of_list = || {
        let (list, number) = part.split_once('[')?;
        let (_, paths) = files.iter().find(|(name, _)| name.as_deref() == Some(list))?;
        let path = paths.get(number.parse::<usize>().ok()?).filter(|_| paths.len() > 1)?;
        Some(vec![path.clone()])
    };
    by_name.or_else(by_number).or_else(of_list)
}

/// What stands between the braces of a command.
struct Field<'a> {
    /// `params.x`.
    name: &'a str,
    /// Whether `:q` has it quoted for a shell.
    is_quoted: bool,
    /// Whether it is a word of its own, which could be a path.
    is_word: bool,
}

impl<'a> Field<'a> {
    /// That between two texts; none where it is to be shown in another form, which only Python knows.
    fn of(text: &'a str, before: &str, after: &str) -> Option<Self> {
        let begins = before.strip_suffix("./").unwrap_or(before).chars().next_back().is_none_or(is_edge);
        let is_word = begins && after.chars().next().is_none_or(is_edge);
        match text.split_once(':') {
            _ if text.contains('!') => None,
            None => Some(Self { name: text.trim(), is_quoted: false, is_word }),
            Some((name, "q")) => Some(Self { name: name.trim(), is_quoted: true, is_word }),
            Some(_) => None,
        }
    }
}

/// A command with its fields filled in, `$` doubled; those without a value stay, and are named.
fn fill(text: &str, value: &mut dyn FnMut(&Field<'_>) -> Option<String>) -> (String, Vec<String>) {
    let mut out = String::new();
    let mut lost: Vec<String> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}', '$']) {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        match &rest[at..=at] {
            "$" => {
                out.push_str("$$");
                rest = after;
            }
            brace if after.starts_with(brace) => {
                out.push_str(brace);
                rest = &after[1..];
            }
            "{" => {
                let (name, tail) = after.split_once('}').unwrap_or((after, ""));
                if let Some(text) = Field::of(name, &out, tail).and_then(|field| value(&field)) {
                    out.push_str(&text);
                } else {
                    out.push_str(&rest[at..rest.len() - tail.len()].replace('$', "$$"));
                    if !lost.iter().any(|other| other == name) {
                        lost.push(name.to_owned());
                    }
                }
                rest = tail;
            }
            other => {
                out.push_str(other);
                rest = after;
            }
        }
    }
    out.push_str(rest);
    (out, lost)
}

#[cfg(test)]
mod tests {
    use super::super::super::report::Class;
    use super::super::tests::{run, spec};

    #[test]
    fn a_rule_that_is_called_like_its_folder_is_named_inside_of_paths() {
        let text = "rule one:\n  input: \"raw/x\"\n  output: \"one/t\"\n  \
                    shell: \"mkdir -p $TMPDIR/{rule}; f > {output} 2> $TMPDIR/{rule}.log\"\n";
        let found = run(text, &[("raw/x", "")]).expect("it is read");
        let spec = spec(&found, "one");
        assert!(spec.contains("$TMPDIR/one; f > /pfs/out/t 2> $TMPDIR/one.log"), "{spec}");
        let begun = text.replace("$TMPDIR/{rule};", "a > {rule}.log 2> {rule}_x; b > ./{rule}/more;");
        let found = run(&begun, &[("raw/x", "")]).expect("it is read");
        let spec = super::super::tests::spec(&found, "one");
        assert!(spec.contains("a > one.log 2> one_x; b > /pfs/out/more; f > /pfs/out/t"), "{spec}");
        assert!(
            !found.texts(Class::Todo).contains("is the name of a folder"),
            "{}",
            found.texts(Class::Todo)
        );
        let text = text.replace("$TMPDIR/{rule};", "{rule};");
        let found = run(&text, &[("raw/x", "")]).expect("it is read");
        assert!(found.texts(Class::Todo).contains("is the name of a folder"), "{}", found.texts(Class::Todo));
    }

    #[test]
    fn a_flag_that_is_touched_needs_no_settling() {
        let text = "rule one:\n  input: \"raw/x\"\n  output: \"one/t\"\n  shell: \"touch {output}\"\n";
        let found = run(text, &[("raw/x", "")]).expect("it is read");
        assert_eq!(found.texts(Class::Todo), "");
    }

    #[test]
    fn one_of_a_list_is_named_by_its_number() {
        let text = "rule one:\n  input: a=\"raw/x\", b=[\"raw/y\", \"raw/z\"]\n  output: \"out/t\"\n  \
                    params: t=[\"p\", \"q\"], u=\"text\"\n  \
                    shell: \"echo {input.b[1]} {input[1]} {params.t[1]} {input.a[1]} {params.u[1]} > {output}\"\n";
        let found = run(text, &[("raw/x", ""), ("raw/y", ""), ("raw/z", "")]).expect("it is read");
        let spec = spec(&found, "one");
        assert!(spec.contains("echo /pfs/raw/z /pfs/raw/y q {input.a[1]} {params.u[1]} > "), "{spec}");
        found.tells(Class::Todo, &["what `{input.a[1]}` is", "what `{params.u[1]}` is"]);
    }

    #[test]
    fn threads_in_a_command_are_assumed() {
        let text = |command: &str| {
            format!(
                "rule one:\n  input: \"raw/x\"\n  output: \"out/t\"\n  threads: 2\n  shell: \"{command} {{input}} > {{output}}\"\n"
            )
        };
        let found = run(&text("sort --parallel {threads}"), &[("raw/x", "")]).expect("it is read");
        found.tells(Class::Assumed, &["4: one: threads: `{threads}` is always 2"]);
        let found = run(&text("sort"), &[("raw/x", "")]).expect("it is read");
        assert!(!found.texts(Class::Assumed).contains("threads"), "{}", found.texts(Class::Assumed));
        found.tells(Class::Exact, &["4: one: threads: `resource_requests.cpu`"]);
    }

    #[test]
    fn retries_are_tries_but_one() {
        let text = "N = 2; M = [\"a\", \"b\"]\nrule one:\n  input: \"raw/x\"\n  output: \"out/t\"\n  retries: N\n  \
                    shell: \"echo {M} > {output}\"\n";
        let found = run(text, &[("raw/x", "")]).expect("it is read");
        assert!(spec(&found, "one").contains("datum_tries: 3\n"), "{}", spec(&found, "one"));
        assert!(spec(&found, "one").contains("echo a b > "), "{}", spec(&found, "one"));
        found.tells(Class::Exact, &["5: one: retries: `datum_tries`", "1: : `N = 2`", "1: : `M = "]);
        let text = "if True: N = 2; M = 3\nrule one:\n  input: \"raw/x\"\n  output: \"out/t\"\n  retries: M\n  \
                    shell: \"cat {input} > {output}\"\n";
        let found = run(text, &[("raw/x", "")]).expect("it is read");
        found.tells(Class::Refused, &["5: one: `retries` is left out", "1: : `if True: N = 2; M = 3`"]);
    }
}
