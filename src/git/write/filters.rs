//! Which files git would store other than they stand: attributes, line ends, the annex.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::model::Oid;

use super::entries::{EXEC, Entry, FILE};
use super::program::{git, output};
use super::{Place, WriteError, annex};

/// Attributes that change bytes on their way into git, and the annex's rule.
const ATTRIBUTES: [&str; 6] = ["filter", "ident", "working-tree-encoding", "text", "eol", "annex.largefiles"];

/// How one file gets into git.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Road {
    /// A filter may change any byte.
    is_filtered: bool,
    /// Carriage returns may go.
    loses_returns: bool,
    /// The annex's attribute keeps it in git.
    never_annexed: bool,
}

/// Stores those of `paths` that filters or the annex concern, and gives their entries; the others can
/// be stored as they stand. Each path must be a file (no link), given with its executable bit. Those that are `kept` are
/// never annexed; `mark` is a variable for what changes the work tree.
pub(super) fn store_filtered(
    place: &Place,
    repo: &git2::Repository,
    paths: &[(&str, bool)],
    (kept, mark): (&BTreeSet<String>, Option<(&str, &str)>),
) -> Result<BTreeMap<String, Entry>, WriteError> {
    let is_annexed = annex::is_annexed(repo);
    let roads = roads(place, repo, paths)?;
    let (mut filtered, mut annexed) = (Vec::new(), Vec::new());
    for (&(path, is_exec), road) in paths.iter().zip(roads) {
        if is_annexed && !road.never_annexed && !kept.contains(path) {
            annexed.push(path);
        } else if (road.is_filtered && !is_annexed) || (road.loses_returns && has_return(place, path)?) {
            filtered.push((path, is_exec));
        }
    }
    let mut entries = hash_objects(place, &filtered)?;
    entries.extend(annex::add(place, &annexed, mark)?);
    Ok(entries)
}

fn has_return(place: &Place, path: &str) -> Result<bool, WriteError> {
    let full = place.root.join(path);
    let bytes = fs::read(&full).map_err(WriteError::io("read", &full))?;
    Ok(bytes.contains(&b'\r'))
}

fn roads(place: &Place, repo: &git2::Repository, paths: &[(&str, bool)]) -> Result<Vec<Road>, WriteError> {
    let mut roads = vec![Road::default(); paths.len()];
    if paths.is_empty() {
        return Ok(roads);
    }
    let config = repo.config()?;
    let converts = config.get_string("core.autocrlf").is_ok_and(|value| !is_false(&value));
    let input: Vec<u8> = paths.iter().flat_map(|(path, _)| path.bytes().chain([0])).collect();
    let arguments = [&["check-attr", "--stdin", "-z"][..], &ATTRIBUTES].concat();
    let answer = output(git(place, &arguments), "git check-attr", &input)?;
    // path, attribute, value; each ended by NUL
    let fields: Vec<&[u8]> = answer.split(|&byte| byte == 0).collect();
    for (number, triple) in fields.chunks_exact(3).enumerate() {
        let road = &mut roads[number / ATTRIBUTES.len()];
        match (triple[1], triple[2]) {
            (b"text", b"unspecified") => road.loses_returns |= converts,
            (_, b"unspecified" | b"unset") => {}
            (b"text" | b"eol", _) => road.loses_returns = true,
            (b"annex.largefiles", value) => road.never_annexed = value == b"nothing",
            _ => road.is_filtered = true,
        }
    }
    Ok(roads)
}

fn is_false(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "false" | "no" | "off" | "0" | "")
}

/// Lets git itself filter and store each file.
fn hash_objects(place: &Place, files: &[(&str, bool)]) -> Result<BTreeMap<String, Entry>, WriteError> {
    if files.is_empty() {
        return Ok(BTreeMap::new());
    }
    let input: String = files.iter().map(|(path, _)| quoted(path)).collect::<Vec<_>>().join("\n") + "\n";
    let command = git(place, &["hash-object", "-w", "--stdin-paths"]);
    let answer = output(command, "git hash-object", input.as_bytes())?;
    let text = String::from_utf8_lossy(&answer);
    let mut entries = BTreeMap::new();
    for (&(path, is_exec), line) in files.iter().zip(text.lines()) {
        let oid: Oid = line
            .parse()
            .map_err(|message| WriteError::Failed { program: "git hash-object".into(), message })?;
        entries.insert(path.to_owned(), Entry { mode: if is_exec { EXEC } else { FILE }, oid });
    }
    Ok(entries)
}

/// `path` in C quotes, as git reads them from a line.
pub(super) fn quoted(path: &str) -> String {
    let escaped = path.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{escaped}\"")
}
