//! Numbers and times that are 0 where 0 makes no sense: Pachyderm takes them for unset, and so do we.

use super::rules::ZERO_VALUE;
use super::scalar::duration;
use super::typed::{Typed, TypedValue};
use crate::model::{Finding, Severity};

/// Field, what its 0 means, what to write instead.
const ZEROS: [(&[&str], &str, &str); 7] = [
    (&["datum_tries"], "means the usual 3 tries", "write 1 for a single try, or leave it out"),
    (
        &["parallelism_spec", "constant"],
        "sets no limit: as many datums run at a time as `-j` allows (Pachyderm takes it for 1)",
        "write 1 for one datum at a time, or leave it out",
    ),
    (&["datum_timeout"], "sets no limit", "write a time such as `90s`, or leave it out"),
    (&["job_timeout"], "sets no limit", "write a time such as `2h`, or leave it out"),
    (&["datum_set_spec", "number"], "is as good as unset", "leave it out"),
    (&["datum_set_spec", "size_bytes"], "is as good as unset", "leave it out"),
    (&["datum_set_spec", "per_worker"], "is as good as unset", "leave it out"),
];

/// Findings for every 0 that is taken for unset.
pub(super) fn zeros(merged: &Typed) -> Vec<Finding> {
    let finding = |(path, means, help): (&[&str], &str, &str)| {
        let at = path.iter().try_fold(merged, |typed, name| typed.get(name))?;
        let severity = if means == "is as good as unset" { Severity::Info } else { Severity::Warning };
        let message = format!("`{}` of 0 {means}", path.join("."));
        is_zero(at).then(|| ZERO_VALUE.as_bad_as(severity, &at.spot, message).help(help))
    };
    ZEROS.into_iter().filter_map(finding).collect()
}

fn is_zero(typed: &Typed) -> bool {
    match &typed.value {
        TypedValue::Whole(value) => *value == 0,
        TypedValue::Text { text, .. } => duration(text).is_some_and(|time| time.is_zero()),
        _ => false,
    }
}
