//! Keys: the place a datum's result belongs to, from `output:` or from the matched paths.

use crate::model::{Datum, Formed, Leaf, OutputTemplate, Pipeline, Tree};

use super::layout::source_path;

/// Keys longer than this are cut and closed by a digest, so that a line of the ledger stays readable.
const LONGEST_KEY: usize = 400;

/// Names of files have at most so many bytes.
const LONGEST_NAME: usize = 255;

/// Why a datum has no legal output path; the text is a whole sentence fragment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct OutputError(pub String);

/// The key of a datum in the path view: its matched paths, each `repo:/path`, joined by commas.
pub fn path_key(leaves: &[(&Leaf, &Tree, bool)], formed: &Formed, datum: &Datum) -> String {
    let mut key = String::new();
    for &at in &datum.matches {
        let matched = &formed.matches[at as usize];
        let leaf = leaves[usize::from(matched.leaf)].0;
        if !key.is_empty() {
            key.push(',');
        }
        push_escaped(&mut key, leaf.repo.as_str());
        key.push_str(":/");
        push_escaped(&mut key, &matched.path);
    }
    shorten(key)
}

fn push_escaped(key: &mut String, text: &str) {
    for c in text.chars() {
        if matches!(c, ',' | '\\') {
            key.push('\\');
        }
        key.push(c);
    }
}

fn shorten(key: String) -> String {
    if key.len() <= LONGEST_KEY {
        return key;
    }
    let digest = blake3::hash(key.as_bytes()).to_hex();
    let cut = (0..=LONGEST_KEY - 40).rev().find(|&at| key.is_char_boundary(at)).unwrap_or(0);
    format!("{}…{}", &key[..cut], &digest[..32])
}

/// The output path of a datum in the content view, relative to the pipeline's folder; `"."` for the
/// folder itself.
///
/// # Errors
/// When a variable has no one value for this datum, or the path is not a plain one inside the folder.
pub fn output_path(
    pipeline: &Pipeline,
    template: &OutputTemplate,
    leaves: &[(&Leaf, &Tree, bool)],
    formed: &Formed,
    datum: &Datum,
) -> Result<String, OutputError> {
    let text = Expander { leaves, formed, datum }.expand(&template.0)?;
    let path = text.strip_prefix('/').unwrap_or(&text).trim_end_matches('/');
    if path.is_empty() {
        return Ok(".".into());
    }
    check(path, pipeline, &template.0)?;
    Ok(path.to_owned())
}

fn check(path: &str, pipeline: &Pipeline, template: &str) -> Result<(), OutputError> {
    let because = |why: &str| {
        Err(OutputError(format!("`output: {template}` of `{}` gives `{path}`, which {why}", pipeline.name)))
    };
    for part in path.split('/') {
        match part {
            "" => return because("has an empty component"),
            "." | ".." => return because("has a `.` or `..` component"),
            _ if part.eq_ignore_ascii_case(".git") => return because("has a `.git` component"),
            _ if part.len() > LONGEST_NAME => return because("has a component of more than 255 bytes"),
            _ => {}
        }
    }
    if path.split('/').any(|part| part == "spec.yml") {
        return because("has a `spec.yml` component, which would be taken for a pipeline");
    }
    Ok(())
}

struct Expander<'a> {
    leaves: &'a [(&'a Leaf, &'a Tree, bool)],
    formed: &'a Formed,
    datum: &'a Datum,
}

impl Expander<'_> {
    fn expand(&self, template: &str) -> Result<String, OutputError> {
        let mut out = String::new();
        let mut rest = template;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix('$') {
                out.push('$');
                rest = after;
            } else if let Some((name, after)) = rest.strip_prefix('{').and_then(|r| r.split_once('}')) {
                out.push_str(&self.variable(name)?);
                rest = after;
            } else {
                let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
                out.push_str(&self.variable(&rest[..digits])?);
                rest = &rest[digits..];
            }
        }
        out.push_str(rest);
        Ok(out)
    }

    fn variable(&self, name: &str) -> Result<String, OutputError> {
        match name {
            "join" => self.agreed(name, None, |leaf, at| {
                leaf.join_on.as_ref().map(|on| on.expand(&self.formed.matches[at]))
            }),
            "group" => self.agreed(name, None, |leaf, at| {
                leaf.group_by.as_ref().map(|by| by.expand(&self.formed.matches[at]))
            }),
            _ => {
                let (input, number) = match name.rsplit_once('.') {
                    Some((input, number)) => (Some(input), number),
                    None => (None, name),
                };
                let number: usize = number
                    .parse()
                    .map_err(|_| OutputError(format!("`${{{name}}}` is not a variable of `output:`")))?;
                self.agreed(name, input, |_, at| {
                    let matched = &self.formed.matches[at];
                    (number == 0 || number <= matched.captures.len()).then(|| matched.capture(number))
                })
            }
        }
    }

    /// The one value that all entries (of input `input`, if given) agree on.
    fn agreed(
        &self,
        variable: &str,
        input: Option<&str>,
        value: impl Fn(&Leaf, usize) -> Option<String>,
    ) -> Result<String, OutputError> {
        let mut found: Option<String> = None;
        for &at in &self.datum.matches {
            let leaf = self.leaves[usize::from(self.formed.matches[at as usize].leaf)].0;
            if input.is_some_and(|input| *leaf.name != *input) {
                continue;
            }
            let Some(this) = value(leaf, at as usize) else { continue };
            match &found {
                Some(other) if *other != this => return Err(self.disagree(variable, other, &this)),
                _ => found = Some(this),
            }
        }
        match found {
            Some(text) if !text.is_empty() => Ok(text),
            Some(_) => Err(OutputError(format!("`${{{variable}}}` is empty for {}", self.describe()))),
            None => Err(OutputError(format!("no entry gives `${{{variable}}}` for {}", self.describe()))),
        }
    }

    fn disagree(&self, variable: &str, one: &str, other: &str) -> OutputError {
        OutputError(format!(
            "`${{{variable}}}` is both `{one}` and `{other}` for {}; write `${{name.{variable}}}` to say which input is meant",
            self.describe()
        ))
    }

    fn describe(&self) -> String {
        describe(self.leaves, self.formed, self.datum)
    }
}

/// A datum in words: the paths it sees.
pub fn describe(leaves: &[(&Leaf, &Tree, bool)], formed: &Formed, datum: &Datum) -> String {
    let path = |&at: &u32| {
        let matched = &formed.matches[at as usize];
        format!("`{}`", source_path(leaves[usize::from(matched.leaf)].1, matched))
    };
    let mut paths: Vec<String> = datum.matches.iter().take(4).map(path).collect();
    if datum.matches.len() > 4 {
        paths.push(format!("{} more", datum.matches.len() - 4));
    }
    format!("the datum of {}", paths.join(", "))
}
