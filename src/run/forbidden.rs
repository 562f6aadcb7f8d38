//! Names that no result may have: git would not keep them, or they would make a folder a pipeline.

use crate::model::is_pack;

/// The longest name, in bytes, that git-annex takes whatever happens: it puts `ingest-` before it, takes 20 bytes from the
/// end, and adds process, number and time in hexadecimal digits, and all that has to be a name of 255 bytes.
pub(super) const LONGEST_ANNEXED: usize = 246;

/// Whether git-annex may fail on the name of the file at a path.
pub(super) fn is_overlong(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.len() > LONGEST_ANNEXED)
}

/// Why an output may not have a path, as a fragment that follows the path; `is_root` where `/pfs/out` is the
/// pipeline's own folder.
pub(super) fn forbidden(path: &str, is_root: bool) -> Option<&'static str> {
    if path.split('/').any(|part| part.eq_ignore_ascii_case(".git")) {
        return Some("lies in a `.git`, which git would not keep");
    }
    if is_root && path == "spec.yml" {
        return Some("would stand where the spec is");
    }
    if is_pack(path) {
        return Some("has the name that minipach gives to packed results; give it another");
    }
    let name = path.rsplit('/').next();
    (name == Some("spec.yml")).then_some("would make its folder a pipeline; give it another name")
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_ANNEXED, forbidden, is_overlong};

    #[test]
    fn only_the_name_itself_is_measured_in_bytes() {
        let (fits, long) = ("n".repeat(LONGEST_ANNEXED), "n".repeat(LONGEST_ANNEXED + 1));
        assert!(!is_overlong(&fits) && !is_overlong(&format!("{long}/{fits}")));
        assert!(is_overlong(&long) && is_overlong(&format!("d/{long}")));
        assert!(is_overlong(&"é".repeat(LONGEST_ANNEXED / 2 + 1)));
    }

    #[test]
    fn a_spec_is_no_result_wherever_it_would_stand() {
        let spec = Some("would make its folder a pipeline; give it another name");
        for (path, is_root, why) in [
            ("spec.yml", true, Some("would stand where the spec is")),
            ("spec.yml", false, spec),
            ("sub/spec.yml", true, spec),
            ("sub/spec.yml", false, spec),
            ("my-spec.yml", false, None),
            ("spec.yml.txt", true, None),
            ("a/.GIT/x", false, Some("lies in a `.git`, which git would not keep")),
        ] {
            assert_eq!(forbidden(path, is_root), why, "{path}");
        }
    }
}
