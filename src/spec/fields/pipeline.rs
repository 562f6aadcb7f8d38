//! Top-level fields of `spec.yml`.

use super::field::{Field, Kind, Mark, field, quiet, used};
use super::input::INPUT_TABLE;
use super::transform::TRANSFORM;

const NO_SERVICE: &str = "nothing here runs for ever; start the server outside, on the pipeline's folder";
const NO_SPOUT: &str = "nothing here runs for ever; let the program write files into a folder and read that";
const NO_POD: &str = "there are no Kubernetes pods to change";
const NO_SIDECAR: &str = "there is no storage sidecar";
const FLAG: &str = "it is a flag of one request, not a part of the spec";
const BIG: i64 = u32::MAX as i64;

/// A pipeline.
pub(in crate::spec) const PIPELINE: &[Field] = &[
    used("pipeline", Kind::Map(NAME), "Who it is; may be left out, as the folder says it"),
    used("description", Kind::Text, "What it does, for people"),
    quiet("metadata", Kind::Map(METADATA), "Free tags"),
    used("input", Kind::Map(&INPUT_TABLE), "What it reads"),
    used("transform", Kind::Map(TRANSFORM), "What it runs; left out, the inputs themselves are the output"),
    used(
        "output",
        Kind::Text,
        "Where a datum's result goes: `/$1`, `/${t1.1}`, `/${join}`; `/` for one datum",
    ),
    used("parallelism_spec", Kind::Map(PARALLELISM), "How many datums at a time"),
    used("datum_set_spec", Kind::Map(DATUM_SET), "How datums are bundled into units of work"),
    used(
        "datum_timeout",
        Kind::Duration,
        "Limit for one attempt of one datum: its command is asked to end then (TERM), and killed 10 s later",
    ),
    used(
        "job_timeout",
        Kind::Duration,
        "Limit for the whole job; then nothing more is started, `err_cmd` neither",
    ),
    used("datum_tries", Kind::Whole(0, BIG), "Attempts per datum; 3 if not given"),
    used(
        "reprocess_spec",
        Kind::Choice(&["until_success", "every_job"]),
        "Whether every run runs every datum",
    ),
    used("salt", Kind::Text, "Cache version: another salt makes all datums new"),
    used("resource_requests", Kind::Map(RESOURCES), "What schedulers reserve per worker"),
    used("resource_limits", Kind::Map(RESOURCES), "What a worker may use at most"),
    used("scheduling_spec", Kind::Map(SCHEDULING), "Where clusters may run it"),
    used(
        "copy_inputs",
        Kind::Bool,
        "Copy inputs instead of linking them, for tools that choke on links; by default where the command surely does; `false` links all the same",
    ),
    used("clean_env", Kind::Bool, "Start from an empty environment"),
    used("pass_env", Kind::Texts, "Variables that are passed on when `clean_env` is set"),
    used(
        "pack",
        Kind::Choice(&["auto", "always", "never"]),
        "Keep the many files of a result as one tar, which who reads it does not notice",
    ),
    used("commit", Kind::Bool, "Whether runs commit its results; yes if not given"),
    field(
        "output_branch",
        Kind::Text,
        Mark::Noted("results go into the work tree; check out the branch that is meant"),
        "No effect here: results go into the work tree",
    ),
    field(
        "egress",
        Kind::Map(EGRESS),
        Mark::Dropped("nothing is pushed elsewhere; push the project, or add a pipeline that uploads"),
        "No meaning here: push the project instead",
    ),
    field("maximum_expected_uptime", Kind::Duration, Mark::Noted("use `job_timeout`"), "No effect here"),
    field(
        "autoscaling",
        Kind::Bool,
        Mark::Dropped("nothing runs while there is nothing to do"),
        "No meaning here: nothing runs while there is nothing to do",
    ),
    field("tolerations", Kind::Free, Mark::Dropped(NO_POD), "No meaning here"),
    field("pod_spec", Kind::Text, Mark::Dropped(NO_POD), "No meaning here"),
    field("pod_patch", Kind::Text, Mark::Dropped(NO_POD), "No meaning here"),
    field("sidecar_resource_requests", Kind::Free, Mark::Dropped(NO_SIDECAR), "No meaning here"),
    field("sidecar_resource_limits", Kind::Free, Mark::Dropped(NO_SIDECAR), "No meaning here"),
    field(
        "s3_out",
        Kind::Bool,
        Mark::Dropped("there is no S3 gateway; write the results to `/pfs/out`"),
        "No meaning here: write the results to `/pfs/out`",
    ),
    field("determined", Kind::Free, Mark::Dropped("there is no such integration"), "No meaning here"),
    field("service", Kind::Free, Mark::Refused(NO_SERVICE), "Not allowed"),
    field("spout", Kind::Free, Mark::Refused(NO_SPOUT), "Not allowed"),
    field(
        "tf_job",
        Kind::Free,
        Mark::Refused("it was never supported; call the program from `cmd`"),
        "Not allowed",
    ),
    field("update", Kind::Bool, Mark::Dropped(FLAG), "No meaning here"),
    field("reprocess", Kind::Bool, Mark::Dropped(FLAG), "No meaning here"),
    field("dry_run", Kind::Bool, Mark::Dropped(FLAG), "No meaning here"),
    field("spec_commit", Kind::Free, Mark::Dropped(FLAG), "No meaning here"),
];

const NAME: &[Field] = &[
    used("name", Kind::Text, "The last part of the folder's path, for people who read only this file"),
    quiet(
        "project",
        Kind::Map(&[quiet("name", Kind::Text, "Namespace")]),
        "No effect here: there is one project",
    ),
];

const METADATA: &[Field] = &[
    quiet("annotations", Kind::TextMap, "Free texts by name"),
    quiet("labels", Kind::TextMap, "Short free texts by name"),
];

/// `parallelism_spec`.
pub(in crate::spec) const PARALLELISM: &[Field] =
    &[used("constant", Kind::Whole(0, BIG), "Datums at a time at the most; 0 is as many as the run allows")];

/// `datum_set_spec`.
pub(in crate::spec) const DATUM_SET: &[Field] = &[
    used("number", Kind::Whole(0, i64::MAX), "Datums per unit"),
    used(
        "size_bytes",
        Kind::Whole(0, i64::MAX),
        "Cut a unit once its inputs reach this size; wins over `number`",
    ),
    used("per_worker", Kind::Whole(0, i64::MAX), "Units per worker when neither of the others is given"),
];

/// `resource_requests` and `resource_limits`.
pub(in crate::spec) const RESOURCES: &[Field] = &[
    used("cpu", Kind::Number, "Processors"),
    used("memory", Kind::Amount, "Memory: `4G`, `512Mi`"),
    used("disk", Kind::Amount, "Disk space: `10G`"),
    used("gpu", Kind::Map(GPU), "Graphics processors"),
];

const GPU: &[Field] = &[
    used("type", Kind::Text, "Kind of device: `nvidia.com/gpu`"),
    used("number", Kind::Whole(0, BIG), "How many"),
];

const SCHEDULING: &[Field] = &[
    used("node_selector", Kind::TextMap, "Labels that a node must have"),
    used("priority_class_name", Kind::Text, "Priority class"),
];

const EGRESS: &[Field] = &[
    quiet("URL", Kind::Text, "Where to"),
    quiet("object_storage", Kind::Free, "Where to"),
    quiet("sql_database", Kind::Free, "Where to"),
];
