//! Mends findings: the edits of fixes that were shown before.

use std::path::Path;

use crate::check::{mend, write};
use crate::model::{Finding, Fix};

use super::error::AppError;

/// Whether there may be a fix of a finding, as far as is known without the file that it is about.
pub fn is_mendable(finding: &Finding) -> bool {
    finding.fix.is_some() || finding.label.as_deref().is_some_and(|label| label.starts_with("did you mean `"))
}

/// The fixes of findings that change the meaning of nothing, as `check --fix` makes them; each once.
pub fn safe_fixes<'a>(findings: impl Iterator<Item = &'a Finding>) -> Vec<Fix> {
    let safe = findings.filter_map(|finding| finding.fix.clone()).filter(Fix::is_safe);
    safe.fold(Vec::new(), |mut found, fix| {
        if !found.contains(&fix) {
            found.push(fix);
        }
        found
    })
}

/// Makes fixes; what that did, in a sentence.
///
/// # Errors
/// When a file is not as it was when they were shown, or cannot be written; what was not written yet stays.
pub fn apply_fixes(root: &Path, fixes: &[Fix]) -> Result<String, AppError> {
    let files = mend(root, fixes)?;
    write(root, &files)?;
    let paths: Vec<&str> = files.keys().map(String::as_str).collect();
    Ok(if paths.is_empty() {
        "nothing was left to mend".to_owned()
    } else {
        format!("mended {}", crate::model::show_some(&paths, 3))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::fix_of;
    use crate::model::{Edit, Severity, Span};

    const SPEC: &str = "input:\n  pfs: {repo: 'raww', glob: '/*'}\n";

    fn finding(start: usize, end: usize, label: &str) -> Finding {
        let span = Span { start, end, line: 2, column: 1 };
        Finding::new("MP104", "missing-repo", Severity::Error, "x").at("fs/spec.yml", Some(span)).label(label)
    }

    #[test]
    fn a_word_becomes_the_one_that_was_meant() {
        let fix = fix_of(&finding(21, 27, "did you mean `raw`?"), Some(SPEC)).expect("there is a fix");
        assert!(!fix.is_safe());
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("fs")).expect("a folder");
        let file = folder.path().join("fs/spec.yml");
        std::fs::write(&file, SPEC).expect("it is written");
        assert_eq!(
            apply_fixes(folder.path(), std::slice::from_ref(&fix)).expect("it is made"),
            "mended `fs/spec.yml`"
        );
        assert_eq!(std::fs::read_to_string(&file).expect("it stands"), SPEC.replace("raww", "raw"));
        std::fs::write(&file, "input:\n").expect("it is written");
        let error =
            apply_fixes(folder.path(), std::slice::from_ref(&fix)).expect_err("another text is left alone");
        assert_eq!(error.message, "`fs/spec.yml` changed meanwhile; look again");
        for (label, text) in
            [("did you mean `raw`?", None), ("not here", Some(SPEC)), ("did you mean `zzzzz`?", Some(SPEC))]
        {
            assert_eq!(fix_of(&finding(21, 27, label), text), None, "{label}");
        }
        assert_eq!(fix_of(&finding(9, 40, "did you mean `raw`?"), Some(SPEC)), None, "no single word");
    }

    #[test]
    fn only_what_changes_no_meaning_is_mended_with_all_else() {
        let edit = |path: &str| vec![Edit::Append { path: path.into(), lines: vec!["x".into()] }];
        let with = |fix| Finding::new("MP0", "x", Severity::Info, "x").fix(fix);
        let safe = Fix::safe("x", edit("a"));
        let findings = [
            with(safe.clone()),
            with(safe.clone()),
            with(Fix::doubtful("y", edit("b"))),
            finding(0, 1, "no"),
        ];
        assert_eq!(safe_fixes(findings.iter()), [safe]);
        assert_eq!(findings.each_ref().map(is_mendable), [true, true, true, false]);
        assert!(is_mendable(&finding(21, 27, "did you mean `raw`?")));
    }

    #[test]
    fn lines_are_added_once_and_scripts_become_executable() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("a"), "x").expect("it is written");
        let lines = vec!["/fs/** -merge".to_owned(), "x".to_owned()];
        let edits = vec![
            Edit::Append { path: "a".into(), lines: lines.clone() },
            Edit::Executable { path: "a".into() },
        ];
        apply_fixes(folder.path(), &[Fix::safe("x", edits)]).expect("it is made");
        assert_eq!(
            std::fs::read_to_string(folder.path().join("a")).expect("it stands"),
            "x\n/fs/** -merge\n"
        );
        let mode = std::os::unix::fs::PermissionsExt::mode(
            &std::fs::metadata(folder.path().join("a")).expect("it stands").permissions(),
        );
        assert_eq!(mode & 0o100, 0o100);
        let create = Fix::safe("x", vec![Edit::Create { path: "a".into(), text: "y".into() }]);
        apply_fixes(folder.path(), &[create]).expect_err("it stands already");
        apply_fixes(folder.path(), &[Fix::safe("x", vec![Edit::Append { path: "new".into(), lines }])])
            .expect("it is made");
        assert_eq!(
            std::fs::read_to_string(folder.path().join("new")).expect("it stands"),
            "/fs/** -merge\nx\n"
        );
    }
}
