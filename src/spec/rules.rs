//! The rules about specs: id, name, severity and one line on why, in one place.

use super::spot::Spot;
use crate::model::{Finding, Rule, Severity};

impl Rule {
    /// A finding of this rule at a place.
    pub fn at(&self, spot: &Spot, message: impl Into<String>) -> Finding {
        self.as_bad_as(self.severity, spot, message)
    }

    /// A finding of this rule with another severity than the usual one.
    pub fn as_bad_as(&self, severity: Severity, spot: &Spot, message: impl Into<String>) -> Finding {
        Finding::new(self.code, self.name, severity, message).at(&*spot.path, Some(spot.span))
    }
}

macro_rules! rules {
    ($($constant:ident $code:literal $name:literal $severity:ident $why:literal)*) => {
        $(
            #[doc = concat!("`", $code, "` ", $name, ": ", $why, ".")]
            pub static $constant: Rule =
                Rule { code: $code, name: $name, severity: Severity::$severity, why: $why };
        )*
        /// All rules about specs, by id.
        pub static RULES: &[&Rule] = &[$(&$constant),*];
    };
}

rules! {
    YAML_SYNTAX "MP001" "yaml-syntax" Error "the file cannot be read"
    UNKNOWN_FIELD "MP002" "unknown-field" Error "a mistyped field silently changes the meaning"
    WRONG_TYPE "MP003" "wrong-type" Error "a field holds another kind of value than it must"
    DUPLICATE_KEY "MP004" "duplicate-key" Error "the last one wins silently in many readers"
    MIXED_SPELLING "MP005" "mixed-spelling" Info "`join_on` and `joinOn` in one file"
    YAML_TRAP "MP006" "yaml-1.1-trap" Warning "other YAML readers take the word for something else"
    UNSUPPORTED_FIELD "MP007" "unsupported-field" Warning "accepted, but without effect here"
    MISSING_FIELD "MP008" "missing-field" Error "a field that must be set is not"
    NAME_MISMATCH "MP101" "name-mismatch" Error "a pipeline's name is its folder"
    BAD_NAME "MP102" "bad-name" Error "a name that cannot be used"
    INPUT_KIND "MP103" "input-kind" Error "an input is exactly one of pfs, cron, cross, union, join, group"
    MISSING_REPO "MP104" "missing-repo" Error "the folder that an input reads does not exist"
    CYCLE "MP105" "cycle" Error "pipelines that wait for one another never run"
    SELF_INPUT "MP106" "self-input" Error "a pipeline cannot read its own output"
    GLOB_NO_MATCH "MP107" "glob-no-match" Warning "a glob that matches nothing gives no datums"
    JOIN_KEY_UNUSED "MP109" "join-key-unused" Warning "a key that is empty or names a capture that is not there"
    IMPORT_TODO "MP110" "import-todo" Error "an import left something open that somebody has to settle"
    INPUT_NAME_CLASH "MP111" "input-name-clash" Error "two inputs would stand in one folder"
    NO_PLAN "MP113" "no-plan" Error "two datums in one place, or another reason why nothing can be planned"
    SHELL_UNSAFE_NAME "MP114" "shell-unsafe-name" Warning "a shell cannot expand a variable of this name"
    EMPTY_CMD "MP115" "empty-cmd" Error "there is nothing to run"
    ENV_CLASH "MP116" "env-clash" Warning "the command loses what would be set for it"
    SHELL_IN_EXEC "MP117" "shell-in-exec" Warning "shell syntax does nothing where no shell runs"
    MISSING_CODE "MP118" "missing-code" Warning "a command fails on a script that is not there"
    ZERO_VALUE "MP119" "zero-value" Warning "0 means that the field is not set, which is rarely what was meant"
    RESOURCES_FORMAT "MP120" "resources-format" Error "an amount that schedulers cannot read"
    BAD_GLOB "MP121" "bad-glob" Error "a glob that cannot be read"
    BAD_CRON "MP122" "bad-cron" Error "a schedule that cannot be read"
    NO_TRANSFORM "MP123" "no-transform" Error "a pipeline without a command needs `output`"
    BAD_OUTPUT "MP124" "bad-output" Error "a place that no result can have"
    REPO_OVERLAP "MP125" "repo-overlap" Error "a repo is a whole pipeline or no pipeline, never a part"
    UNPAIRED_GLOB "MP126" "unpaired-glob" Warning "a bracket without its partner changes what a glob takes"
    LEFT_OUT "MP127" "left-out" Info "a pipeline that needs a broken one is not planned"
    IGNORED_INPUT "MP128" "ignored-input" Error "files that git ignores are no data"
    UNLISTED_INPUT "MP136" "unlisted-input" Info "a result that is read and is no input makes nothing stale"
    PARENT_ESCAPE "MP205" "parent-escape" Error "a path that leads out of the project"
    NESTED_OUTPUTS "MP211" "nested-outputs" Error "results of one pipeline would stand among those of another"
    IMAGE_UNTAGGED "MP401" "image-untagged" Warning "an image without a tag changes under one's feet"
    CANNOT_RUN_HERE "MP402" "cannot-run-here" Info "this machine lacks a program or containers"
    IMAGE_UNUSABLE "MP403" "image-unusable" Warning "an image that is neither a name nor a file of the project"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_and_are_unique() {
        assert!(RULES.is_sorted_by(|a, b| a.code < b.code));
    }
}
