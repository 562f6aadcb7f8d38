//! Names that no result may have: git would not keep them, or they would make a folder a pipeline.

use crate::model::is_pack;

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
    use super::forbidden;

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
