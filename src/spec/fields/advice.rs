//! Advice for fields that are not known where they stand: old ones and misplaced ones.

use super::field::Field;
use super::input::{CRON, INPUT, PFS};
use super::pipeline::{DATUM_SET, PARALLELISM, PIPELINE, RESOURCES};
use super::project::PROJECT;
use super::transform::TRANSFORM;

/// A field of 1.x, and what to write instead. `place` is the map that it stands in.
pub(in crate::spec) fn old_field(place: &str, name: &str) -> Option<&'static str> {
    let snake: String = name.chars().fold(String::new(), |mut out, c| {
        if c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
        out
    });
    let place = place.rsplit('.').next().unwrap_or_default();
    let place = place.split('[').next().unwrap_or_default();
    OLD.iter().find(|(inside, old, _)| *inside == place && *old == snake).map(|(_, _, instead)| *instead)
}

/// Map, old field, advice.
const OLD: &[(&str, &str, &str)] = &[
    ("", "enable_stats", "remove it: times and logs of every attempt are always kept"),
    ("", "standby", "remove it: nothing runs while there is nothing to do"),
    ("", "chunk_spec", "it is now `datum_set_spec`"),
    ("", "max_queue_size", "remove it: its successor is `datum_set_spec`"),
    ("", "cache_size", "remove it: inputs are not cached"),
    ("", "incremental", "remove it: only new and changed datums are ever run"),
    ("", "inputs", "it is now `input`, with one `pfs`, `cross`, `union`, `join` or `group`"),
    ("", "hashtree_spec", "remove it: it has no successor"),
    ("", "glob", "it is now `input.pfs.glob`"),
    ("", "batch", "remove it: its successor is `datum_set_spec`"),
    ("", "s_3_out", "write `s3_out`"),
    ("", "scale_down_threshold", "remove it: nothing runs while there is nothing to do"),
    ("", "gpu", "it is now `resource_limits.gpu`"),
    ("", "resource_spec", "it is now `resource_requests`"),
    ("parallelism_spec", "strategy", "remove it: only `constant` is left"),
    ("parallelism_spec", "coefficient", "use `constant`, the number of datums at a time"),
    ("input", "git", "clone the repository as a submodule and read its folder with `pfs`"),
    ("input", "atom", "it is now `pfs`"),
    ("cross", "atom", "it is now `pfs`"),
    ("union", "atom", "it is now `pfs`"),
    ("pfs", "from_commit", "remove it: it has no successor"),
    ("transform", "overwrite", "remove it: it has no successor"),
];

/// The path of the map in which a field of this name is at home, for people who put it elsewhere.
pub(in crate::spec) fn home_of(name: &str) -> Option<&'static str> {
    const HOMES: &[(&str, &[Field])] = &[
        ("input.pfs", PFS),
        ("transform", TRANSFORM),
        ("input", INPUT),
        ("input.cron", CRON),
        ("parallelism_spec", PARALLELISM),
        ("datum_set_spec", DATUM_SET),
        ("resource_requests", RESOURCES),
        ("the top level", PIPELINE),
        ("the top level of `minipach.yml`, for all pipelines", PROJECT),
    ];
    let is_here = |fields: &[Field]| fields.iter().any(|field| field.name == name || field.camel() == name);
    HOMES.iter().find(|(_, fields)| is_here(fields)).map(|(home, _)| *home)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_fields_in_both_spellings() {
        assert!(old_field("", "enableStats").is_some());
        assert!(old_field("", "enable_stats").is_some());
        assert!(old_field("parallelism_spec", "coefficient").is_some());
        assert!(old_field("input.cross[2]", "atom").is_some());
        assert!(old_field("transform", "enable_stats").is_none());
    }

    #[test]
    fn homes() {
        assert_eq!(home_of("cmd"), Some("transform"));
        assert_eq!(home_of("joinOn"), Some("input.pfs"));
        assert_eq!(home_of("sandbox"), Some("the top level of `minipach.yml`, for all pipelines"));
        assert_eq!(home_of("nonsense"), None);
    }
}
