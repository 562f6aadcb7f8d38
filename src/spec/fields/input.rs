//! Fields of `input`.

use super::field::{Field, Kind, Mark, field, quiet, required, used};

/// A node of the input tree: exactly one of these.
pub(in crate::spec) static INPUT_TABLE: [Field; 6] = [
    used("pfs", Kind::Map(PFS), "One folder, cut into datums by a glob"),
    used("cross", Kind::Maps(&INPUT_TABLE), "Every combination of the datums of these inputs"),
    used("union", Kind::Maps(&INPUT_TABLE), "All datums of all these inputs"),
    used("join", Kind::Maps(&INPUT_TABLE), "Entries with equal `join_on`, combined between these inputs"),
    used("group", Kind::Maps(&INPUT_TABLE), "Entries with equal `group_by`, gathered into one datum"),
    used("cron", Kind::Map(CRON), "A folder that gets an empty file at each tick of a schedule"),
];

/// See [`INPUT_TABLE`].
pub(in crate::spec) const INPUT: &[Field] = &INPUT_TABLE;

/// One folder.
pub(in crate::spec) const PFS: &[Field] = &[
    required("repo", Kind::Text, "Folder to read, from the project's root, or the name of a pipeline"),
    used("name", Kind::Text, "Name of its folder under `/pfs`; the last part of `repo` if not given"),
    required("glob", Kind::Text, "How the folder is cut into datums: `/*` one per entry, `/` all in one"),
    used("join_on", Kind::Text, "Key for `join`, made of the glob's captures: `$1`"),
    used("outer_join", Kind::Bool, "Keep entries that find no partner in a join"),
    used("group_by", Kind::Text, "Key for `group`, made of the glob's captures: `$1`"),
    used("empty_files", Kind::Bool, "Files appear with size 0: only their names matter"),
    used("reference", Kind::Bool, "Changes of its content do not make results stale"),
    field(
        "lazy",
        Kind::Bool,
        Mark::Noted("inputs are linked, not copied, so there is nothing to put off"),
        "No effect here: inputs are linked, not copied",
    ),
    quiet("project", Kind::Text, "No effect here: there is one project"),
    quiet("repo_type", Kind::Text, "No effect here"),
    field(
        "branch",
        Kind::Text,
        Mark::Noted("inputs are read from the work tree; check out the branch that is meant"),
        "No effect here: inputs are read from the work tree",
    ),
    field(
        "commit",
        Kind::Text,
        Mark::Refused("an input cannot be fixed to a commit; check out the commit that is meant"),
        "Not allowed",
    ),
    field(
        "s3",
        Kind::Bool,
        Mark::Dropped("there is no S3 gateway; the files stand under `/pfs`"),
        "No meaning here: there is no S3 gateway",
    ),
    field(
        "trigger",
        Kind::Map(TRIGGER),
        Mark::Noted("a run looks at all inputs, every time"),
        "No effect here: a run looks at all inputs",
    ),
    field(
        "propagation_spec",
        Kind::Map(&[quiet("never", Kind::Bool, "Changes here start nothing")]),
        Mark::Noted("a run looks at all inputs, every time; `reference: true` keeps results despite changes"),
        "No effect here: a run looks at all inputs",
    ),
];

const TRIGGER: &[Field] = &[
    quiet("branch", Kind::Text, "Branch that is looked at"),
    quiet("all", Kind::Bool, "Whether all conditions must hold"),
    quiet("rate_limit_spec", Kind::Text, "At most this often"),
    quiet("size", Kind::Text, "After this much new data"),
    quiet("commits", Kind::Whole(0, i64::MAX), "After this many commits"),
    quiet("cron_spec", Kind::Text, "At these times"),
];

/// A schedule.
pub(in crate::spec) const CRON: &[Field] = &[
    required("name", Kind::Text, "Name of its folder under `/pfs`"),
    required("spec", Kind::Text, "When: five fields, `@hourly`, `@every 10m`, or `@never`"),
    used("repo", Kind::Text, "Folder of the tick files; `<pipeline>_<name>` if not given"),
    used("start", Kind::Text, "Time to count from, RFC 3339"),
    used("overwrite", Kind::Bool, "Keep only the newest tick"),
    quiet("project", Kind::Text, "No effect here: there is one project"),
    quiet("commit", Kind::Text, "No effect here"),
];
