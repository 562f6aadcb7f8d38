//! Where a template comes from: an abbreviation, a git address, a zip file, a folder here or one fetched before.

use std::path::{Path, PathBuf};

use super::archive;
use super::config::Config;
use super::error::{CookieError, refused};
use super::manifest::MANIFEST;
use super::order::Order;
use crate::git::process::{Access, git};

/// A template's folder, found or fetched.
#[derive(Debug)]
pub(super) struct Found {
    /// The folder with `cookiecutter.json`.
    pub(super) template: PathBuf,
    /// The whole of what was fetched, which holds it.
    pub(super) whole: PathBuf,
    /// The folder's name as cookiecutter would say it, for `_repo_dir`.
    pub(super) named: String,
    /// Removes what was unpacked, when the template is no longer needed.
    _unpacked: Option<tempfile::TempDir>,
}

impl Found {
    /// Where the template is in all that was found.
    pub(super) fn inside(&self) -> PathBuf {
        self.template.strip_prefix(&self.whole).unwrap_or(Path::new("")).to_owned()
    }
}

/// Whether a text can only mean a template, and no folder to make: an address, an abbreviation, a zip file, a folder with
/// `cookiecutter.json`, or the name of a template that was fetched before, where nothing else has that name. Whoever names
/// a directory inside of a folder means a template.
pub fn is_template(text: &str, start: &Path, directory: Option<&str>, config: &Config) -> bool {
    let long = expand(text, config);
    let is_meant = |folder: &Path| directory.is_some() && folder.is_dir();
    long != text
        || text.starts_with('-')
        || is_zip(&long)
        || is_address(&long)
        || start.join(&long).join(MANIFEST).is_file()
        || is_meant(&start.join(&long))
        || (!start.join(&long).exists()
            && (installed(config).contains(&long) || is_meant(&config.templates.join(&long))))
}

/// Templates that were fetched before, by the names that they are called with, in order.
pub fn installed(config: &Config) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(&config.templates) else { return Vec::new() };
    let is_one = |entry: &std::fs::DirEntry| entry.path().join(MANIFEST).is_file();
    let mut names: Vec<String> = entries
        .flatten()
        .filter(is_one)
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Finds or fetches a template.
///
/// Errors: it cannot be found or fetched, or the address looks like an option.
pub(super) fn find(order: &Order, config: &Config) -> Result<Found, CookieError> {
    let (source, checkout, directory) =
        (&order.source, order.checkout.as_deref(), order.directory.as_deref());
    let long = expand(source, config);
    for text in [Some(long.as_str()), checkout].into_iter().flatten() {
        if text.starts_with('-') || text.is_empty() {
            return Err(CookieError::Source(format!(
                "`{text}` is neither an address nor a name: it must not be empty or begin with `-`"
            )));
        }
    }
    let directory = directory.map(inside).transpose()?;
    let (whole, named, unpacked) = if is_zip(&long) {
        let unpacked = if is_address(&long) {
            archive::fetch(&long)?
        } else {
            archive::unpack(&order.start.join(&long))?
        };
        let whole = unpacked.folder.clone();
        (whole.clone(), whole.to_string_lossy().into_owned(), Some(unpacked.holder))
    } else if is_address(&long) {
        let whole = clone(&long, checkout, config)?;
        (whole.clone(), whole.to_string_lossy().into_owned(), None)
    } else {
        let named = here(&order.start, &long, directory, config)?;
        (order.start.join(&named), named, None)
    };
    let (template, named) = match directory {
        Some(directory) => (whole.join(directory), format!("{}/{directory}", named.trim_end_matches('/'))),
        None => (whole.clone(), named),
    };
    if !template.join(MANIFEST).is_file() {
        return Err(CookieError::Source(format!(
            "`{source}` is no cookiecutter template: there is no `{MANIFEST}` in `{}`",
            template.display()
        )));
    }
    Ok(Found { template, whole, named, _unpacked: unpacked })
}

/// Refuses to take a folder as it was at a commit: it is taken as it stands.
pub(super) fn refuse_checkout(order: &Order, config: &Config) -> Result<(), CookieError> {
    let long = expand(&order.source, config);
    let Some(checkout) = order.checkout.as_ref().filter(|_| is_zip(&long) || !is_address(&long)) else {
        return Ok(());
    };
    let folder = order.start.join(&long);
    let folder = folder.canonicalize().unwrap_or(folder);
    Err(CookieError::Source(format!(
        "`{}` is taken as it stands here, not as `--checkout {checkout}` has it; if it is a git repository, `file://{}` has it fetched",
        order.source,
        folder.display()
    )))
}

/// A folder inside the template that does not lead out of it.
fn inside(directory: &str) -> Result<&str, CookieError> {
    let leads_out = Path::new(directory).is_absolute() || directory.split('/').any(|part| part == "..");
    if leads_out {
        return Err(CookieError::Source(format!("`--directory {directory}` leads out of the template")));
    }
    Ok(directory)
}

fn here(start: &Path, path: &str, directory: Option<&str>, config: &Config) -> Result<String, CookieError> {
    let fetched = config.templates.join(path).to_string_lossy().into_owned();
    let places = [path.to_owned(), fetched];
    let is_one = |place: &&String| start.join(place).join(directory.unwrap_or("")).join(MANIFEST).is_file();
    if let Some(place) = places.iter().find(is_one) {
        return Ok(place.clone());
    }
    if places[0] == places[1] {
        let text = if Path::new(path).is_dir() { "cookiecutter template in" } else { "folder" };
        return Err(CookieError::Source(format!("there is no {text} `{path}`")));
    }
    Err(CookieError::Source(format!(
        "there is no cookiecutter template in `{}` or `{}`",
        places[0], places[1]
    )))
}

/// The long form of an abbreviation, or the text itself.
pub(super) fn expand(text: &str, config: &Config) -> String {
    let long =
        |short: &str| config.abbreviations.iter().find(|(known, _)| known == short).map(|(_, long)| long);
    if let Some(long) = long(text) {
        return long.clone();
    }
    match text.split_once(':').and_then(|(short, rest)| Some((long(short)?, rest))) {
        Some((long, rest)) => long.replace("{0}", rest).replace("{}", rest),
        None => text.to_owned(),
    }
}

pub(super) fn is_zip(text: &str) -> bool {
    text.to_lowercase().ends_with(".zip")
}

pub(super) fn is_address(text: &str) -> bool {
    let plain = text.strip_prefix("git+").or_else(|| text.strip_prefix("hg+")).unwrap_or(text);
    let is_scheme =
        ["git:", "ssh:", "file:", "http:", "https:"].iter().any(|scheme| plain.starts_with(scheme));
    is_scheme
        || text.split_once('@').is_some_and(|(user, host)| {
            let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
            !user.is_empty()
                && user.chars().all(is_word)
                && host.starts_with(|letter| is_word(letter) || letter == '.')
        })
}

/// Clones into the folder of fetched templates, in place of what was fetched before.
fn clone(address: &str, checkout: Option<&str>, config: &Config) -> Result<PathBuf, CookieError> {
    if address.starts_with("hg+") {
        return Err(CookieError::Source(format!("`{address}` is Mercurial, which is not read here")));
    }
    let address = address.strip_prefix("git+").unwrap_or(address).trim_end_matches('/');
    let name = repository_name(address)?;
    std::fs::create_dir_all(&config.templates).map_err(refused(&config.templates))?;
    let staged = tempfile::Builder::new()
        .prefix(".minipach-")
        .tempdir_in(&config.templates)
        .map_err(refused(&config.templates))?;
    let failed = |error: crate::git::process::ProcessError| {
        CookieError::Source(format!("`{address}` cannot be fetched: {error}"))
    };
    git(staged.path(), Access::Write)
        .args(["clone", "--quiet", "--", address, &name])
        .output()
        .map_err(failed)?;
    let fresh = staged.path().join(&name);
    if let Some(checkout) = checkout {
        let checked_out = git(&fresh, Access::Write).args(["checkout", "--quiet", checkout, "--"]).output();
        checked_out.map_err(|_| {
            CookieError::Source(format!("`{address}` has no branch, tag or commit `{checkout}`"))
        })?;
    }
    let place = config.templates.join(&name);
    // What lies there is moved aside first, so that it is gone only once the new one stands.
    if place.symlink_metadata().is_ok() {
        std::fs::rename(&place, staged.path().join("before")).map_err(refused(&place))?;
    }
    std::fs::rename(&fresh, &place).map_err(refused(&place))?;
    Ok(place)
}

/// The folder that a repository is cloned to.
fn repository_name(address: &str) -> Result<String, CookieError> {
    let last = address.rsplit('/').next().unwrap_or(address);
    let last = last.rsplit(':').next().unwrap_or(last);
    let name = last.split(".git").next().unwrap_or(last);
    if name.is_empty() || name == "." || name == ".." {
        return Err(CookieError::Source(format!("`{address}` names no repository")));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::config::{self, ConfigChoice};
    use super::*;

    fn plain() -> Config {
        config::read(&ConfigChoice::Nothing).expect("there is nothing to read")
    }

    #[test]
    fn abbreviations_are_expanded() {
        let config = plain();
        assert_eq!(expand("gh:a/b", &config), "https://github.com/a/b.git");
        assert_eq!(expand("bb:a/b", &config), "https://bitbucket.org/a/b");
        assert_eq!(expand("./gh", &config), "./gh");
    }

    #[test]
    fn addresses_are_told_from_folders() {
        let config = plain();
        for text in
            ["gh:a/b", "https://x/y", "git@github.com:a/b.git", "git+ssh://x/y", "a/B.ZIP", "file:///x"]
        {
            assert!(is_template(text, Path::new("/"), None, &config), "{text}");
        }
        for text in ["study", "./study", "/tmp/study", "a@"] {
            assert!(!is_template(text, Path::new("/"), None, &config), "{text}");
        }
    }

    #[test]
    fn options_are_no_addresses() {
        for (source, checkout) in
            [("--upload-pack=touch x", None), ("https://x/y.git", Some("--orphan")), ("", None)]
        {
            let order = Order {
                source: source.to_owned(),
                checkout: checkout.map(str::to_owned),
                ..Order::default()
            };
            let error = find(&order, &plain()).expect_err("refused").to_string();
            assert!(error.contains("begin with `-`"), "{error}");
        }
        assert!(inside("../x").is_err() && inside("/x").is_err() && inside("a/b").is_ok());
    }

    #[test]
    fn repositories_have_names() {
        for (address, name) in [("https://x/a/b.git", "b"), ("git@h:a/b", "b"), ("git@h:b.git", "b")] {
            assert_eq!(repository_name(address).expect("it has one"), name);
        }
        assert!(repository_name("https://x/..").is_err());
    }
}
