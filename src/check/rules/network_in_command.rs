//! `MP133`: commands that fetch something while they run.

use std::ops::Range;
use std::sync::LazyLock;

use regex_automata::meta::Regex;

use crate::check::{Text, pattern};
use crate::model::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "MP133",
    name: "network-in-command",
    severity: Severity::Info,
    why: "what is fetched while a command runs is in no identity and may be gone tomorrow",
};

static FETCH: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:curl|wget)\s+\S|\b(?:pip3?|conda|mamba|apt-get|apt|npm)\s+install\b|\bgit\s+clone\b|\binstall\.packages\(",
    )
});

pub(super) fn look(text: &Text<'_>) -> Vec<Finding> {
    if !text.is_run() || text.name().starts_with("Dockerfile") || text.name().starts_with("Containerfile") {
        return Vec::new();
    }
    let finding = |found| {
        let range = program(text, found);
        text.finding(&RULE, &range, format!("`{}` needs the network while the command runs", text.at(&range)))
            .help("keep data in a repo (`datalad download-url` records where it came from) and programs in an image")
    };
    let is_call = |found: &Range<usize>| stands_alone(text.text, found.start);
    text.find_run(&FETCH).into_iter().filter(is_call).map(finding).collect()
}

/// Whether what begins there is a word of its own, and not the end of `--with-curl`, `lib.curl` or `$curl`.
fn stands_alone(text: &str, at: usize) -> bool {
    let before = &text[..at];
    // Makefiles put `@` and `-` before commands.
    let is_recipe = before.trim_end_matches(['@', '-']).ends_with(['\t', ' ', '\n']);
    !before.ends_with(['.', '$', '+', ':']) && (is_recipe || !before.ends_with(['-', '@']))
}

/// What is called, without what it is given: `curl` of `curl h`, `install.packages` of `install.packages(`.
fn program(text: &Text<'_>, found: Range<usize>) -> Range<usize> {
    let words = text.at(&found);
    let word = ["curl", "wget"].into_iter().find(|word| words.starts_with(word));
    let length = word.unwrap_or_else(|| words.trim_end_matches('(')).len();
    found.start..found.start + length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_alone_is_named() {
        for (line, named) in [
            ("curl http://x.y/z", "curl"),
            ("a | wget\t-q x", "wget"),
            ("pip install numpy", "pip install"),
            ("Rscript -e 'install.packages(\"x\")'", "install.packages"),
        ] {
            let text = Text { path: "code/run.sh", text: line };
            let found = text.find_run(&FETCH).into_iter().map(|found| program(&text, found));
            assert_eq!(found.map(|range| text.at(&range)).collect::<Vec<_>>(), [named], "{line}");
        }
    }

    #[test]
    fn a_word_that_ends_so_is_no_call() {
        for line in [
            "./configure --with-curl --prefix=/x",
            "make lib.curl all",
            "echo $curl here",
            "run --no-pip install x",
        ] {
            let text = Text { path: "code/run.sh", text: line };
            assert!(look(&text).is_empty(), "{line}");
        }
        for line in [
            "\t@curl x",
            "\t-curl x",
            "/usr/bin/curl x",
            "(curl x)",
            "a=$(curl x)",
            "sh -c 'curl x'",
            "true;curl x",
        ] {
            assert_eq!(look(&Text { path: "code/run.sh", text: line }).len(), 1, "{line}");
        }
    }
}
