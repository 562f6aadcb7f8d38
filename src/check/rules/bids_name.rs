//! `MP602`: files of a BIDS subject that are not named after it.

use super::bids::{datasets, inside};
use crate::check::Ground;
use crate::model::{Finding, Rule, Severity, show};

pub(super) static RULE: Rule = Rule {
    code: "MP602",
    name: "bids-name",
    severity: Severity::Warning,
    why: "BIDS programs pass over files that do not begin with their subject and session",
};

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let of = |dataset: &String| {
        let prefix = inside(dataset, "");
        ground.scan.paths().filter(move |path| path.strip_prefix(prefix.as_str()).is_some_and(is_misnamed))
    };
    let finding = |path: &str| {
        RULE.on(path, format!("`{}` is not named after its subject", show(path)))
            .help("name it `sub-…[_ses-…]_…_SUFFIX.EXT`; a file about all subjects belongs to the top")
    };
    datasets(ground).iter().flat_map(of).map(finding).collect()
}

/// Whether a file below `sub-x[/ses-y]/kind/` does not begin with `sub-x[_ses-y]_`.
fn is_misnamed(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    let expected = match parts.as_slice() {
        [subject, session, _, _] if session.starts_with("ses-") => format!("{subject}_{session}_"),
        [subject, _, _] => format!("{subject}_"),
        _ => return false,
    };
    parts[0].starts_with("sub-") && parts.last().is_some_and(|name| !name.starts_with(&expected))
}

#[cfg(test)]
mod tests {
    use super::is_misnamed;

    #[test]
    fn names_begin_with_subject_and_session() {
        for (path, expected) in [
            ("sub-01/anat/sub-01_T1w.nii", false),
            ("sub-01/anat/T1w.nii", true),
            ("sub-01/ses-a/anat/sub-01_ses-a_T1w.nii", false),
            ("sub-01/ses-a/anat/sub-01_T1w.nii", true),
            ("participants.tsv", false),
            ("sub-01/sub-01_scans.tsv", false),
        ] {
            assert_eq!(is_misnamed(path), expected, "{path}");
        }
    }
}
