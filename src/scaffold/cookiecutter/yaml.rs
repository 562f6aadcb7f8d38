//! YAML as cookiecutter's reader has it: `yes`, `no`, `on` and `off` are truth values, `y` and `n` are texts.

use serde_saphyr::Error;

use super::json::{BOOL_KEY, Dict, Json};

/// Reads a text.
///
/// Errors: it is no YAML, or holds what templates cannot have.
pub(super) fn read(text: &str) -> Result<Json, Error> {
    let strict = serde_saphyr::options! { strict_booleans: true };
    let texts: Json = serde_saphyr::from_str_with_options(text, strict)?;
    Ok(settled(serde_saphyr::from_str(text)?, texts))
}

/// A value that was read twice: once with all truth values of YAML 1.1, once with those of 1.2 alone.
fn settled(all: Json, few: Json) -> Json {
    match (all, few) {
        (Json::Bool(_), Json::Text(text)) if is_letter(&text) => Json::Text(text),
        (Json::List(all), Json::List(few)) => {
            Json::List(all.into_iter().zip(few).map(|(all, few)| settled(all, few)).collect())
        }
        (Json::Dict(all), Json::Dict(few)) => Json::Dict(entries(&all, &few)),
        (all, _) => all,
    }
}

/// An entry whose key is a truth value means no variable to cookiecutter.
fn entries(all: &Dict, few: &Dict) -> Dict {
    let mut found = Dict::default();
    for ((key, one), (text, other)) in all.iter().zip(few.iter()) {
        if !key.starts_with(BOOL_KEY) || is_letter(text) {
            found.insert(text, settled(one.clone(), other.clone()));
        }
    }
    found
}

fn is_letter(text: &str) -> bool {
    ["y", "Y", "n", "N"].contains(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_texts_and_words_truth_values() {
        let read =
            read("y: '2'\non: '2'\nx: y\nz: yes\nq: 'yes'\nl: [n, no, 'n', false]\n").expect("it reads");
        let Json::Dict(dict) = read else { panic!("it is a mapping") };
        let text = |text: &str| Json::Text(text.to_owned());
        let entries: Vec<(&str, Json)> = dict.iter().map(|(key, value)| (key, value.clone())).collect();
        assert_eq!(
            entries,
            [
                ("y", text("2")),
                ("x", text("y")),
                ("z", Json::Bool(true)),
                ("q", text("yes")),
                ("l", Json::List(vec![text("n"), Json::Bool(false), text("n"), Json::Bool(false)])),
            ]
        );
    }
}
