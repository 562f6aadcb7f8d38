//! `MP406`: words that look like passwords and tokens.

use std::sync::LazyLock;

use regex_automata::meta::Regex;

use crate::check::{Text, pattern};
use crate::model::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "MP406",
    name: "secret",
    severity: Severity::Error,
    why: "what is committed is read by everyone with a clone, for ever",
};

static SECRET: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|glpat-[\w-]{20}|xox[abpr]-[\w-]{10,}|-----BEGIN [A-Z ]*PRIVATE KEY-----|(?i:password|passwd|secret|token|api_?key)["']?\s*[:=]\s*["']?[A-Za-z0-9+/_!@#%^&*~-]{8,}["']?"#,
    )
});

/// From so many signs on a value is one whatever it consists of.
const LONG: usize = 16;

/// Parts of names with digits that are no secrets.
const METHODS: [&str; 5] = ["base64", "sha", "md5", "utf", "oauth2"];

pub(super) fn look(text: &Text<'_>) -> Vec<Finding> {
    let finding = |range| {
        text.finding(&RULE, &range, "this looks like a password or a token")
            .help("take it out, make it invalid where it came from, and pass it by a variable (`pass_env`)")
    };
    text.find(&SECRET).into_iter().filter(|range| is_random(text.at(range))).map(finding).collect()
}

/// Whether what is given a telling name is no word that stands for something else: it is long, or has letters and digits
/// without being the name of a method or a path. What is telling by itself has no name.
fn is_random(found: &str) -> bool {
    let Some((_, value)) = found.split_once([':', '=']) else { return true };
    let value = value.trim().trim_matches(['"', '\'']);
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+/_-".contains(&byte);
    if value.len() >= LONG && value.bytes().take(LONG).all(is_plain) {
        return true;
    }
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let has_letters = value.bytes().any(|byte| byte.is_ascii_alphabetic());
    let lower = value.to_ascii_lowercase();
    let is_method = METHODS.iter().any(|method| lower.contains(method));
    digits >= 2 && has_letters && !value.contains('/') && !is_method
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_found(text: &str) -> bool {
        !look(&Text { path: "code/a.sh", text }).is_empty()
    }

    #[test]
    fn short_ones_count_and_words_do_not() {
        for secret in [
            "PASSWORD=hunter22",
            "token: 'S3cr3t!pw'",
            "api_key=\"abcd1234efgh\"",
            "TOKEN=abcdefghij0123456789",
        ] {
            assert!(is_found(secret), "{secret}");
        }
        for word in [
            "password=changeme",
            "token=$TOKEN",
            "secret=base64encode",
            "password: /run/pw1/db22",
            "token=12345678",
        ] {
            assert!(!is_found(word), "{word}");
        }
    }
}
