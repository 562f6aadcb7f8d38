//! Fields of `minipach.yml`.

use super::field::{Field, Kind, used};
use super::pipeline::PIPELINE;
use crate::model::ContainerMode;

/// The project file.
pub(in crate::spec) const PROJECT: &[Field] = &[
    used("name", Kind::Text, "Name of the project, for people"),
    used("defaults", Kind::Map(PIPELINE), "Fields that are merged under every `spec.yml`"),
    used("sandbox", Kind::Choice(&["auto", "always", "never"]), "When commands see `/pfs` at its real path"),
    used(
        "container",
        Kind::Choice(&ContainerMode::WORDS),
        "What runs the images that specs ask for; `auto` is the first that can, `never` passes images over",
    ),
    used("record", Kind::Choice(&["job", "datum"]), "What one commit records"),
    used("commit", Kind::Bool, "Whether runs commit; yes if not given"),
    used(
        "keep_going",
        Kind::Bool,
        "Whether pipelines start on what is there while an input is incomplete; no if not given",
    ),
    used("engines", Kind::Free, "Settings of the engines, by name"),
    used("check", Kind::Map(CHECK), "Settings of `minipach check`"),
];

/// How bad a finding is, in words.
const SEVERITIES: &[&str] = &["error", "warning", "info"];

/// Settings of `minipach check`. A rule is named by its id, the beginning of it, or its name.
const CHECK: &[Field] = &[
    used("select", Kind::Texts, "Only these rules; all but the slow ones if not given"),
    used("ignore", Kind::Texts, "None of these rules"),
    used("per_file_ignores", Kind::TextsMap, "None of these rules in files that a pattern takes"),
    used(
        "severity",
        Kind::ChoiceMap(SEVERITIES),
        "Another severity for a rule: `error`, `warning` or `info`",
    ),
    used(
        "fail_on",
        Kind::Choice(SEVERITIES),
        "The least severity that makes `check` fail; `warning` if not given",
    ),
    used("baseline", Kind::Text, "A file of known findings that do not count, made by `--write-baseline`"),
];
