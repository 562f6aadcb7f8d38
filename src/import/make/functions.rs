//! Functions of make that only work on texts.

use std::collections::BTreeSet;

use super::super::paths::split;

fn each_word(list: &str, change: impl Fn(&str) -> String) -> String {
    list.split_whitespace().map(change).collect::<Vec<_>>().join(" ")
}

/// Functions that only work on texts.
pub(super) fn pure(name: &str, given: &[&str]) -> String {
    let part = |at: usize| given.get(at).copied().unwrap_or_default();
    let all = given.join(",");
    let number = |at: usize| part(at).trim().parse::<usize>().unwrap_or_default();
    let kept = |is_kept: bool| {
        let patterns: Vec<&str> = part(0).split_whitespace().collect();
        let fits = |word: &&str| patterns.iter().any(|pattern| stem(pattern, word).is_some()) == is_kept;
        part(1).split_whitespace().filter(fits).collect::<Vec<_>>().join(" ")
    };
    match name {
        "subst" if part(0).is_empty() => part(2).to_owned(),
        "subst" => part(2).replace(part(0), part(1)),
        "notdir" => each_word(&all, |word| split(word).1.to_owned()),
        "dir" => each_word(&all, |word| word.rfind('/').map_or("./", |at| &word[..=at]).to_owned()),
        "basename" => each_word(&all, |word| word[..word.len() - ending(word).len()].to_owned()),
        "suffix" => all
            .split_whitespace()
            .map(ending)
            .filter(|ending| !ending.is_empty())
            .collect::<Vec<_>>()
            .join(" "),
        "addprefix" => each_word(part(1), |word| format!("{}{word}", part(0))),
        "addsuffix" => each_word(part(1), |word| format!("{word}{}", part(0))),
        "sort" => all.split_whitespace().collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(" "),
        "filter" => kept(true),
        "filter-out" => kept(false),
        "firstword" => all.split_whitespace().next().unwrap_or_default().to_owned(),
        "lastword" => all.split_whitespace().last().unwrap_or_default().to_owned(),
        "word" => part(1).split_whitespace().nth(number(0).wrapping_sub(1)).unwrap_or_default().to_owned(),
        "wordlist" => {
            let taken = part(2).split_whitespace().take(number(1)).skip(number(0).saturating_sub(1));
            taken.collect::<Vec<_>>().join(" ")
        }
        "words" => all.split_whitespace().count().to_string(),
        "strip" => each_word(&all, str::to_owned),
        "join" => {
            let (mut one, mut two) = (part(0).split_whitespace(), part(1).split_whitespace());
            let pair = || match (one.next(), two.next()) {
                (None, None) => None,
                (one, two) => Some(format!("{}{}", one.unwrap_or_default(), two.unwrap_or_default())),
            };
            std::iter::from_fn(pair).collect::<Vec<_>>().join(" ")
        }
        "findstring" if part(1).contains(part(0)) => part(0).to_owned(),
        _ => String::new(),
    }
}

/// The ending of a file's name with its dot.
pub(super) fn ending(word: &str) -> &str {
    let name = split(word).1;
    name.rfind('.').map_or("", |at| &name[at..])
}

/// What `%` stands for.
pub(super) fn stem<'a>(pattern: &str, word: &'a str) -> Option<&'a str> {
    match pattern.split_once('%') {
        None => (pattern == word).then_some(""),
        Some((before, after)) => word.strip_prefix(before)?.strip_suffix(after),
    }
}

/// A word that fits a pattern in another one's shape.
pub(super) fn patsubst(from: &str, to: &str, word: &str) -> String {
    match stem(from, word) {
        Some(stem) if from.contains('%') => to.replacen('%', stem, 1),
        Some(_) => to.to_owned(),
        None => word.to_owned(),
    }
}
