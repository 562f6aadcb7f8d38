//! Commands of the user's own, from `tui.toml`: named, in the palette, with what is under the cursor put in as shell words.

use std::collections::BTreeMap;

use crate::app::quoted;

use super::keys::Key;
use super::twin::Twin;

/// What may stand in braces.
const PLACES: [&str; 5] = ["project", "pipeline", "key", "path", "commit"];

/// A command of the user's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Own {
    /// Its name in the palette.
    pub(super) name: String,
    /// As a shell reads it, with places in braces.
    pub(super) run: String,
    /// The key that does it, if it has one.
    pub(super) key: Option<Key>,
}

/// What stands in the braces of a command, from left to right; all else is the shell's.
fn places(run: &str) -> Vec<(usize, &'static str)> {
    let found = PLACES.iter().flat_map(|place| {
        let text = format!("{{{place}}}");
        run.match_indices(&text).map(|(at, _)| (at, *place)).collect::<Vec<_>>()
    });
    // `${key}` is a variable of the shell.
    let mut found: Vec<_> = found.filter(|(at, _)| !run[..*at].ends_with('$')).collect();
    found.sort_unstable();
    found
}

impl Own {
    /// Reads one.
    ///
    /// # Errors
    /// When a place stands in quotes: what is put in comes as one word already.
    pub(super) fn parse(name: &str, run: &str) -> Result<Self, String> {
        if name.trim().is_empty() || run.trim().is_empty() {
            return Err("a command has a name and something to run".into());
        }
        let (mut quote, mut is_escaped) = (None, false);
        let mut inside = vec![false; run.len()];
        for (at, letter) in run.char_indices() {
            inside[at] = quote.is_some() || is_escaped;
            match letter {
                _ if is_escaped => is_escaped = false,
                '\\' if quote != Some('\'') => is_escaped = true,
                '\'' | '"' if quote.is_none() => quote = Some(letter),
                _ if quote == Some(letter) => quote = None,
                _ => {}
            }
        }
        match places(run).into_iter().find(|(at, _)| inside[*at]) {
            Some((_, place)) => {
                Err(format!("`{{{place}}}` is put in as one word already; take away the quotes around it"))
            }
            None => Ok(Self { name: name.into(), run: run.into(), key: None }),
        }
    }

    /// It with the names put in.
    ///
    /// # Errors
    /// When there is no such thing under the cursor.
    pub(super) fn text(&self, names: &BTreeMap<&str, String>) -> Result<String, String> {
        let (mut text, mut done) = (String::new(), 0);
        for (at, place) in places(&self.run) {
            let name = names.get(place).ok_or_else(|| format!("no {place} is under the cursor"))?;
            text.push_str(&self.run[done..at]);
            // What begins like an option is none.
            let is_path = place == "path" && name.starts_with('-');
            text.push_str(&if is_path { quoted(&format!("./{name}")) } else { quoted(name) });
            done = at + place.len() + 2;
        }
        text.push_str(&self.run[done..]);
        Ok(text)
    }
}

/// What a screen has under the cursor, by name; the twin tells one row.
pub(super) fn names(twin: &Twin, project: &str) -> BTreeMap<&'static str, String> {
    let row = twin.rows.first().map(|row| &row.facts);
    let of = |name: &str| {
        let found = row.and_then(|row| row[name].as_str()).or_else(|| twin.facts.get(name)?.as_str());
        found.map(str::to_owned)
    };
    let is_pipeline = row.is_some_and(|row| row["kind"] == "pipeline");
    let pipeline = of("pipeline").or_else(|| of("name").filter(|_| is_pipeline));
    let found = [
        ("project", Some(project.to_owned())),
        ("pipeline", pipeline),
        ("key", of("key")),
        ("path", of("path").or_else(|| result(twin))),
        ("commit", of("commit")),
    ];
    found.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// Where the result of the datum stands that a screen is about: its one output, or the folder around all of them.
fn result(twin: &Twin) -> Option<String> {
    let outputs = twin.facts.get("datum")?["outputs"].as_array()?;
    let mut paths = outputs.iter().filter_map(|output| output["path"].as_str());
    let first = paths.next()?.to_owned();
    let around = |all: String, path: &str| {
        let same = all.split('/').zip(path.split('/')).take_while(|(a, b)| a == b).map(|(a, _)| a);
        same.collect::<Vec<_>>().join("/")
    };
    Some(paths.fold(first, around)).filter(|path| !path.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_datum_is_that_of_its_result() {
        let of = |paths: &[&str]| {
            let outputs: Vec<_> = paths.iter().map(|path| serde_json::json!({ "path": path })).collect();
            let twin = Twin::default().with("datum", serde_json::json!({ "outputs": outputs }));
            names(&twin, "/study").get("path").cloned()
        };
        assert_eq!(of(&["fs/sub-1"]).as_deref(), Some("fs/sub-1"));
        assert_eq!(of(&["fs/a/x.txt", "fs/a/y.txt"]).as_deref(), Some("fs/a"));
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn names_are_put_in_as_one_word_whatever_is_in_them() {
        let own = Own::parse("look", "less {path} > ${key} # {print}").expect("it reads");
        let names = |path: &str| BTreeMap::from([("path", path.to_owned())]);
        assert_eq!(
            own.text(&names("a b'; rm -r *")).as_deref(),
            Ok(r"less 'a b'\''; rm -r *' > ${key} # {print}")
        );
        assert_eq!(own.text(&names("-x")).as_deref(), Ok("less ./-x > ${key} # {print}"));
        assert_eq!(own.text(&BTreeMap::new()), Err("no path is under the cursor".into()));
        for run in ["less '{path}'", "x \"a {key}\"", r"echo \{path}", " "] {
            assert!(Own::parse("x", run).is_err(), "{run}");
        }
        assert!(Own::parse("x", "awk '{print}' {path}").is_ok());
    }
}
