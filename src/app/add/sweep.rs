//! Parameters of a sweep: every combination of their values, a file each.

use serde_json::{Map, Value};

/// More combinations are a mistake.
const MOST: usize = 10_000;

/// Names and values: `rate=0.1,0.2`.
pub(super) type Params = Vec<(String, Vec<String>)>;

/// Reads `name=value,value`, given several times.
///
/// # Errors
/// What is wrong, in a sentence.
pub(super) fn parse(texts: &[String]) -> Result<Params, String> {
    let is_name = |text: &str| {
        !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    };
    let mut params: Params = Vec::new();
    for text in texts {
        let (name, values) =
            text.split_once('=').ok_or_else(|| format!("`--param {text}` is not NAME=VALUE,VALUE"))?;
        let values: Vec<String> = values.split(',').map(|value| value.trim().to_owned()).collect();
        if !is_name(name) || values.iter().any(String::is_empty) {
            return Err(format!(
                "`--param {text}` is not NAME=VALUE,VALUE with a name of letters and digits"
            ));
        }
        if params.iter().any(|(known, _)| known == name) {
            return Err(format!("`--param {name}` is given twice; put its values together, with commas"));
        }
        params.push((name.to_owned(), values));
    }
    let count = params.iter().try_fold(1_usize, |count, (_, values)| count.checked_mul(values.len()));
    match count {
        _ if params.is_empty() => Err("a sweep needs parameters: `--param rate=0.1,0.2`".into()),
        Some(count) if count <= MOST => Ok(params),
        _ => Err(format!("these parameters have more than {MOST} combinations")),
    }
}

/// Every combination, as the stem of a file's name and its text in JSON.
///
/// # Errors
/// When two combinations would be one file.
pub(super) fn combinations<'a>(params: &'a Params) -> Result<Vec<(String, String)>, String> {
    let mut all: Vec<Vec<(&'a str, &'a str)>> = vec![Vec::new()];
    for (name, values) in params {
        let mut longer = Vec::new();
        for one in &all {
            let with = |value: &'a String| [one.as_slice(), &[(name.as_str(), value.as_str())]].concat();
            longer.extend(values.iter().map(with));
        }
        all = longer;
    }
    let mut files: Vec<(String, String)> = all.iter().map(|one| (stem(one), text(one))).collect();
    files.sort();
    match files.iter().zip(files.iter().skip(1)).find(|((one, _), (next, _))| one == next) {
        Some(((stem, _), _)) => Err(format!("two combinations would both be `{stem}.json`")),
        None => Ok(files),
    }
}

fn stem(combination: &[(&str, &str)]) -> String {
    let safe = |value: &str| {
        let keep = |letter: char| letter.is_ascii_alphanumeric() || ".+-".contains(letter);
        value.chars().map(|letter| if keep(letter) { letter } else { '-' }).collect::<String>()
    };
    combination.iter().map(|(name, value)| format!("{name}-{}", safe(value))).collect::<Vec<_>>().join("_")
}

fn text(combination: &[(&str, &str)]) -> String {
    let value = |text: &str| match serde_json::from_str::<Value>(text) {
        Ok(value @ (Value::Number(_) | Value::Bool(_))) => value,
        _ => text.into(),
    };
    let map: Map<String, Value> =
        combination.iter().map(|(name, text)| ((*name).to_owned(), value(text))).collect();
    format!("{:#}\n", Value::Object(map))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(texts: &[&str]) -> Result<Vec<(String, String)>, String> {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        combinations(&parse(&texts)?)
    }

    #[test]
    fn every_combination_is_a_file() {
        let files = all(&["rate=0.1,0.2", "kind=a b,c"]).expect("they are right");
        let stems: Vec<&str> = files.iter().map(|(stem, _)| stem.as_str()).collect();
        assert_eq!(stems, ["rate-0.1_kind-a-b", "rate-0.1_kind-c", "rate-0.2_kind-a-b", "rate-0.2_kind-c"]);
        let first: Value = serde_json::from_str(&files[0].1).expect("it is JSON");
        assert_eq!(first, serde_json::json!({"rate": 0.1, "kind": "a b"}));
        for wrong in [&["x"][..], &["=1"], &["x=1,"], &["x=1", "x=2"], &[], &["x=a b,a-b"]] {
            assert!(all(wrong).is_err(), "{wrong:?}");
        }
        let many = (0..101).map(|number| number.to_string()).collect::<Vec<_>>().join(",");
        assert!(all(&[&format!("a={many}"), &format!("b={many}")]).is_err());
    }
}
