//! Fixes: what minipach can mend of a finding without guessing; each is an edit of one file that is shown first.

use std::path::Path;

use crate::ledger::{Durability, write_atomic};
use crate::model::Finding;
use crate::spec::nearest;

use super::error::{AppError, ExitCode};

/// An edit of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// The file, from the root.
    pub path: String,
    /// What changes in it.
    pub edit: Edit,
}

/// What changes in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Lines at its end; it is made if it is not there.
    Append(Vec<String>),
    /// A word at a place, by byte, becomes another.
    Replace(usize, String, String),
}

/// The fix of a finding, if there is one; `text` is the file that it is about.
pub fn fix_of(finding: &Finding, text: Option<&str>) -> Option<Fix> {
    let path = finding.path.clone();
    if finding.code == "MP213" {
        let lines = finding.help.as_deref()?.lines().skip(1).map(str::to_owned).collect();
        return Some(Fix { path, edit: Edit::Append(lines) });
    }
    let meant = finding.label.as_deref()?.strip_prefix("did you mean `")?.strip_suffix("`?")?;
    let span = finding.span?;
    let found = text?.get(span.start..span.end)?;
    let old = found.trim_matches(['"', '\'']);
    let start = span.start + found.find(old)?;
    // A word for a word that is like it: nothing is guessed of a whole command, nor of a name that was cut.
    let is_word = !old.is_empty() && !old.contains(char::is_whitespace) && !meant.contains('…');
    let is_near = nearest(old, [meant]).is_some();
    (is_word && is_near).then(|| Fix { path, edit: Edit::Replace(start, old.into(), meant.into()) })
}

/// Makes a fix; what it did, in a sentence.
///
/// # Errors
/// When the file is not as it was when the fix was shown, or cannot be written; nothing has changed then.
pub fn apply_fix(root: &Path, fix: &Fix) -> Result<String, AppError> {
    let file = root.join(&fix.path);
    let trouble = |what: &str| AppError::new(ExitCode::Data, format!("`{}` {what}", fix.path));
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(trouble(&format!("cannot be read: {error}"))),
    };
    if std::fs::symlink_metadata(&file).is_ok_and(|meta| !meta.is_file()) {
        return Err(trouble("is a link or no file; edit it by hand"));
    }
    let made = mended(&text, &fix.edit).ok_or_else(|| trouble("changed meanwhile; look again"))?;
    let mode = std::fs::metadata(&file).ok().map(|meta| meta.permissions());
    write_atomic(&file, made.as_bytes(), Durability::Process)?;
    if let Some(mode) = mode {
        drop(std::fs::set_permissions(&file, mode));
    }
    Ok(format!("mended `{}`", fix.path))
}

/// The text after an edit; `None` if it is not the text that the edit was made for.
fn mended(text: &str, edit: &Edit) -> Option<String> {
    match edit {
        Edit::Append(lines) => {
            let new = lines.iter().filter(|line| !text.lines().any(|stands| stands == line.as_str()));
            let mut made = text.to_owned();
            if !made.is_empty() && !made.ends_with('\n') {
                made.push('\n');
            }
            new.for_each(|line| made.extend([line.as_str(), "\n"]));
            Some(made)
        }
        Edit::Replace(start, old, new) => {
            let rest = text.get(*start..)?.strip_prefix(old.as_str())?;
            Some([&text[..*start], new, rest].concat())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Severity, Span};

    const SPEC: &str = "input:\n  pfs: {repo: 'raww', glob: '/*'}\n";

    fn finding(start: usize, end: usize, label: &str) -> Finding {
        let span = Span { start, end, line: 2, column: 1 };
        Finding::new("MP104", "missing-repo", Severity::Error, "x").at("fs/spec.yml", Some(span)).label(label)
    }

    #[test]
    fn a_word_becomes_the_one_that_was_meant() {
        let fix = fix_of(&finding(21, 27, "did you mean `raw`?"), Some(SPEC)).expect("there is a fix");
        assert_eq!(fix.edit, Edit::Replace(22, "raww".into(), "raw".into()));
        assert_eq!(mended(SPEC, &fix.edit), Some(SPEC.replace("raww", "raw")));
        assert_eq!(mended("input:\n", &fix.edit), None, "another text is left alone");
        for (label, text) in
            [("did you mean `raw`?", None), ("not here", Some(SPEC)), ("did you mean `zzzzz`?", Some(SPEC))]
        {
            assert_eq!(fix_of(&finding(21, 27, label), text), None, "{label}");
        }
        assert_eq!(fix_of(&finding(9, 40, "did you mean `raw`?"), Some(SPEC)), None, "no single word");
    }

    #[test]
    fn lines_are_added_once() {
        let edit = Edit::Append(vec!["/fs/** -merge".into(), "a".into()]);
        assert_eq!(mended("a", &edit).as_deref(), Some("a\n/fs/** -merge\n"));
        assert_eq!(mended("", &edit).as_deref(), Some("/fs/** -merge\na\n"));
        let folder = tempfile::tempdir().expect("a folder");
        let fix = Fix { path: ".gitattributes".into(), edit };
        apply_fix(folder.path(), &fix).expect("it is made");
        let made = std::fs::read_to_string(folder.path().join(".gitattributes")).expect("it stands");
        assert_eq!(made, "/fs/** -merge\na\n");
    }
}
