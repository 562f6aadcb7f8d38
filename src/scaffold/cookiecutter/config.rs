//! The user's cookiecutter configuration: defaults for answers, abbreviations, where templates and replays lie.

use std::path::{Path, PathBuf};

use super::error::{CookieError, refused};
use super::json::{Dict, Json};
use super::yaml;

/// The variable that names the configuration file.
const VARIABLE: &str = "COOKIECUTTER_CONFIG";
/// The file in the home folder that is read otherwise.
const USUAL_FILE: &str = ".cookiecutterrc";
/// Abbreviations that everybody has.
const ABBREVIATIONS: [(&str, &str); 3] = [
    ("gh", "https://github.com/{0}.git"),
    ("gl", "https://gitlab.com/{0}.git"),
    ("bb", "https://bitbucket.org/{0}"),
];

/// Which configuration is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ConfigChoice {
    /// `COOKIECUTTER_CONFIG`, else `~/.cookiecutterrc` where it exists.
    #[default]
    Usual,
    /// This file.
    File(PathBuf),
    /// None.
    Nothing,
}

/// What the configuration says.
#[derive(Clone, Debug)]
pub struct Config {
    /// Defaults for answers.
    pub defaults: Dict,
    /// Abbreviation → address with `{0}`.
    pub abbreviations: Vec<(String, String)>,
    /// Where fetched templates lie.
    pub templates: PathBuf,
    /// Where answers of earlier runs lie.
    pub replays: PathBuf,
}

/// Reads the configuration.
///
/// # Errors
/// A file that was named is absent or cannot be understood.
pub fn read(choice: &ConfigChoice) -> Result<Config, CookieError> {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let usual = home.join(USUAL_FILE);
    let file = match choice {
        ConfigChoice::Nothing => None,
        ConfigChoice::File(file) => Some(file.clone()),
        ConfigChoice::Usual => match std::env::var_os(VARIABLE) {
            Some(file) => Some(PathBuf::from(file)),
            None => usual.is_file().then_some(usual),
        },
    };
    let settings = file.as_deref().map(parse).transpose()?.unwrap_or_default();
    Ok(lay_out(&settings, &home))
}

fn parse(file: &Path) -> Result<Dict, CookieError> {
    let text = std::fs::read_to_string(file).map_err(refused(file))?;
    if text.trim().is_empty() {
        return Ok(Dict::default());
    }
    let wrong =
        |problem: &str| CookieError::Manifest(format!("the configuration `{}` {problem}", file.display()));
    match yaml::read(&text) {
        Ok(Json::Dict(dict)) => Ok(dict),
        Ok(Json::Null) => Ok(Dict::default()),
        Ok(_) => Err(wrong("is not a mapping")),
        Err(error) => Err(wrong(&format!("cannot be read: {error}"))),
    }
}

fn lay_out(settings: &Dict, home: &Path) -> Config {
    let mut abbreviations: Vec<(String, String)> = Vec::new();
    if let Some(Json::Dict(own)) = settings.get("abbreviations") {
        abbreviations.extend(own.iter().map(|(short, long)| (short.to_owned(), long.text())));
    }
    abbreviations.extend(ABBREVIATIONS.map(|(short, long)| (short.to_owned(), long.to_owned())));
    let folder = |key: &str, usual: &str| match settings.get(key) {
        Some(Json::Text(path)) => expanded(path, home),
        _ => home.join(usual),
    };
    Config {
        defaults: match settings.get("default_context") {
            Some(Json::Dict(defaults)) => defaults.clone(),
            _ => Dict::default(),
        },
        abbreviations,
        templates: folder("cookiecutters_dir", ".cookiecutters"),
        replays: folder("replay_dir", ".cookiecutter_replay"),
    }
}

/// A path with `~` and variables such as `$HOME` or `${HOME}` filled in; unknown ones stay.
fn expanded(path: &str, home: &Path) -> PathBuf {
    let mut out = String::new();
    let mut rest = path;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let in_braces = after.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        let (name, used) = if let Some((name, _)) = in_braces {
            (name, name.len() + 2)
        } else {
            let end = after.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
            let name = &after[..end.unwrap_or(after.len())];
            (name, name.len())
        };
        match std::env::var(name) {
            Ok(value) => out.push_str(&value),
            Err(_) => out.push_str(&rest[at..=at + used]),
        }
        rest = &after[used..];
    }
    out.push_str(rest);
    match out.strip_prefix('~') {
        Some(below) if below.is_empty() || below.starts_with('/') => home.join(below.trim_start_matches('/')),
        _ => PathBuf::from(out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_is_laid_over_the_usual_one() {
        let text = "default_context:\n  name: Ada\n  year: 1843\nabbreviations:\n  gh: https://mirror/{0}\ncookiecutters_dir: ~/kept\n";
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), text).expect("it can be written");
        let settings = parse(file.path()).expect("it is YAML");
        let config = lay_out(&settings, Path::new("/at/ada"));
        assert_eq!(config.templates, Path::new("/at/ada/kept"));
        assert_eq!(config.replays, Path::new("/at/ada/.cookiecutter_replay"));
        assert_eq!(config.abbreviations[0].1, "https://mirror/{0}");
        assert_eq!(config.defaults.get("year"), Some(&Json::Integer(1843)));
    }

    #[test]
    fn unknown_variables_stay() {
        assert_eq!(
            expanded("/a/$NO_SUCH_VARIABLE_HERE/b", Path::new("/h")),
            Path::new("/a/$NO_SUCH_VARIABLE_HERE/b")
        );
        assert_eq!(expanded("~", Path::new("/h")), Path::new("/h"));
    }
}
