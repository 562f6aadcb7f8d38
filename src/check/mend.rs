//! Fixes, done: edits become new texts of files, and texts are written in one step each.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::ledger::{Durability, write_atomic};
use crate::model::{Edit, Finding, Fix};
use crate::spec::nearest;

/// What can go wrong when a fix is made; nothing of that file has changed then.
#[derive(Debug, thiserror::Error)]
pub enum MendError {
    /// It cannot be read or written.
    #[error("`{path}` cannot be changed: {source}")]
    Io {
        /// The file.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// It is not what the fix was made for.
    #[error("`{path}` changed meanwhile; look again")]
    Changed {
        /// The file.
        path: String,
    },
    /// It is a link or no file.
    #[error("`{path}` is a link or no file; edit it by hand")]
    NoFile {
        /// The file.
        path: String,
    },
}

impl MendError {
    /// The file.
    pub fn path(&self) -> &str {
        match self {
            Self::Io { path, .. } | Self::Changed { path } | Self::NoFile { path } => path,
        }
    }
}

/// A file as fixes leave it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mended {
    /// Its text before; absent if it was not there, or a link.
    pub old: Option<String>,
    /// Where it led, if it was a link that becomes a file.
    pub link: Option<String>,
    /// Its text after.
    pub new: String,
    /// Whether it becomes executable.
    pub becomes_executable: bool,
}

/// The fix of a finding: its own, or the word that its label asks for. `text` is the file that it is about.
pub fn fix_of(finding: &Finding, text: Option<&str>) -> Option<Fix> {
    if finding.fix.is_some() {
        return finding.fix.clone();
    }
    let meant = finding.label.as_deref()?.strip_prefix("did you mean `")?.strip_suffix("`?")?;
    let span = finding.span?;
    let found = text?.get(span.start..span.end)?;
    let old = found.trim_matches(['"', '\'']);
    // A word for a word that is like it: nothing is guessed of a whole command, nor of a name that was cut.
    let is_word = !old.is_empty() && !old.contains(char::is_whitespace) && !meant.contains('…');
    let is_near = nearest(old, [meant]).is_some() || meant.rsplit('/').next() == old.rsplit('/').next();
    let edit = Edit::Replace {
        path: finding.path.clone(),
        start: span.start,
        end: span.end,
        old: old.to_owned(),
        new: meant.to_owned(),
    };
    (is_word && is_near).then(|| Fix::doubtful(format!("change to `{meant}`"), vec![edit]))
}

/// What the files become, by path. A fix whose places another one changes is left for the next time.
///
/// # Errors
/// When a file is not what a fix was made for.
pub fn mend<'a>(
    root: &Path,
    fixes: impl IntoIterator<Item = &'a Fix>,
) -> Result<BTreeMap<String, Mended>, MendError> {
    let fixes: Vec<&Fix> = fixes.into_iter().collect();
    let mut files = unlinked(root, &fixes)?;
    let mut places: BTreeMap<String, Vec<Place>> = BTreeMap::new();
    let mut rest = Vec::new();
    for fix in fixes {
        let own: Vec<Place> = fix.edits.iter().filter_map(Place::of).collect();
        if own.iter().any(|place| {
            places.get(&place.path).is_some_and(|taken| taken.iter().any(|other| place.meets(other)))
        }) {
            continue;
        }
        for place in own {
            places.entry(place.path.clone()).or_default().push(place);
        }
        rest.extend(fix.edits.iter().filter(|edit| !matches!(edit, Edit::Replace { .. })));
    }
    for (path, mut places) in places {
        places.sort_by_key(|place| std::cmp::Reverse(place.start));
        let file = open(root, &path, &mut files)?;
        places.iter().try_for_each(|place| place.replace(&mut file.new))?;
    }
    for edit in rest {
        let file = open(root, edit.path(), &mut files)?;
        change(file, edit)?;
    }
    files.retain(|_, file| {
        file.becomes_executable || file.link.is_some() || file.old.as_deref() != Some(file.new.as_str())
    });
    Ok(files)
}

/// The links that become files, which other fixes may change further.
fn unlinked(root: &Path, fixes: &[&Fix]) -> Result<BTreeMap<String, Mended>, MendError> {
    let mut files = BTreeMap::new();
    for edit in fixes.iter().flat_map(|fix| &fix.edits) {
        let Edit::Unlinked { path } = edit else { continue };
        let file = root.join(path);
        let refused = |source| MendError::Io { path: path.clone(), source };
        let link = std::fs::read_link(&file).map_err(|_| MendError::Changed { path: path.clone() })?;
        let new = std::fs::read_to_string(&file).map_err(refused)?;
        let mode = std::fs::metadata(&file).map_err(refused)?.permissions().mode();
        let link = Some(link.to_string_lossy().into_owned());
        files.insert(path.clone(), Mended { old: None, link, new, becomes_executable: mode & 0o100 != 0 });
    }
    Ok(files)
}

/// Writes the files, each in one step, with the permissions that they had.
///
/// # Errors
/// When one cannot be written; those before it are, and it is as it was.
pub fn write(root: &Path, files: &BTreeMap<String, Mended>) -> Result<(), MendError> {
    files.iter().try_for_each(|(path, file)| write_one(root, path, file))
}

/// Writes what one file became; whoever may read a program may execute it.
///
/// # Errors
/// When it cannot be written; it is as it was.
pub fn write_one(root: &Path, path: &str, file: &Mended) -> Result<(), MendError> {
    let refused = |source| MendError::Io { path: path.to_owned(), source };
    let target = root.join(path);
    let mode = std::fs::metadata(&target).ok().map(|about| about.permissions().mode());
    // What lies in the annex may not be written by anybody.
    let mode = mode.map(|mode| if file.link.is_some() { 0o644 } else { mode });
    if file.old.as_deref() != Some(file.new.as_str()) {
        write_atomic(&target, file.new.as_bytes(), Durability::Process)
            .map_err(|error| refused(io::Error::other(error)))?;
    }
    if let Some(mode) = mode {
        let mode = if file.becomes_executable { mode | (mode & 0o444) >> 2 } else { mode };
        std::fs::set_permissions(&target, std::fs::Permissions::from_mode(mode)).map_err(refused)?;
    }
    Ok(())
}

/// A place that is to be replaced.
struct Place {
    path: String,
    start: usize,
    end: usize,
    old: String,
    new: String,
}

impl Place {
    fn of(edit: &Edit) -> Option<Self> {
        let Edit::Replace { path, start, end, old, new } = edit else { return None };
        Some(Self { path: path.clone(), start: *start, end: *end, old: old.clone(), new: new.clone() })
    }

    fn meets(&self, other: &Self) -> bool {
        self.start < other.end.max(other.start + 1) && other.start < self.end.max(self.start + 1)
    }

    fn replace(&self, text: &mut String) -> Result<(), MendError> {
        let changed = || MendError::Changed { path: self.path.clone() };
        let stands = text.get(self.start..self.end).ok_or_else(changed)?;
        let start = self.start + stands.find(&self.old).ok_or_else(changed)?;
        text.replace_range(start..start + self.old.len(), &self.new);
        Ok(())
    }
}

/// The file as it is, or as fixes before left it.
fn open<'a>(
    root: &Path,
    path: &str,
    files: &'a mut BTreeMap<String, Mended>,
) -> Result<&'a mut Mended, MendError> {
    if !files.contains_key(path) {
        let old = read(root, path)?;
        let new = old.clone().unwrap_or_default();
        files.insert(path.to_owned(), Mended { old, new, ..Mended::default() });
    }
    Ok(files.entry(path.to_owned()).or_default())
}

fn read(root: &Path, path: &str) -> Result<Option<String>, MendError> {
    let file = root.join(path);
    if file.symlink_metadata().is_ok_and(|about| !about.is_file()) {
        return Err(MendError::NoFile { path: path.to_owned() });
    }
    match std::fs::read_to_string(&file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(MendError::Io { path: path.to_owned(), source }),
    }
}

fn change(file: &mut Mended, edit: &Edit) -> Result<(), MendError> {
    match edit {
        Edit::Append { lines, .. } => {
            for line in lines {
                if has_line(&file.new, line) {
                    continue;
                }
                if !file.new.is_empty() && !file.new.ends_with('\n') {
                    file.new.push('\n');
                }
                file.new.extend([line, "\n"]);
            }
        }
        Edit::Create { path, .. } if file.old.is_some() => {
            return Err(MendError::Changed { path: path.clone() });
        }
        Edit::Create { text, .. } => file.new.clone_from(text),
        Edit::Executable { .. } => file.becomes_executable = true,
        Edit::Replace { .. } | Edit::Unlinked { .. } => {}
    }
    Ok(())
}

fn has_line(text: &str, line: &str) -> bool {
    text.lines().any(|stands| stands == line)
}
