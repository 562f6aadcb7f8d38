//! The field tables: every field of `spec.yml` and `minipach.yml` with its type, its meaning and
//! what becomes of it. Reading, the JSON Schema and the hints of messages all use these.

mod input;
mod pipeline;
mod project;
mod transform;

pub(super) use input::{CRON, INPUT, PFS};
pub(super) use pipeline::PIPELINE;
pub(super) use project::PROJECT;

/// One field.
#[derive(Debug)]
pub(super) struct Field {
    /// Its `snake_case` name.
    pub(super) name: &'static str,
    /// What it holds.
    pub(super) kind: Kind,
    /// What becomes of it.
    pub(super) mark: Mark,
    /// What it means, one line.
    pub(super) about: &'static str,
    /// Whether its map is incomplete without it.
    pub(super) is_required: bool,
}

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// Text.
    Text,
    /// `true` or `false`.
    Bool,
    /// A whole number from the first to the second, also as text.
    Whole(i64, i64),
    /// A number, also as text.
    Number,
    /// `90s`, `0.5s`, `5m`, `1h30m`.
    Duration,
    /// `4G`, `512Mi`, or a number of bytes.
    Amount,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list of texts.
    Texts,
    /// A list of whole numbers.
    Wholes,
    /// A map from text to text.
    TextMap,
    /// A map with these fields.
    Map(&'static [Field]),
    /// A list of maps with these fields.
    Maps(&'static [Field]),
    /// Anything; not looked into.
    Free,
}

/// What becomes of a field.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mark {
    /// It has its effect.
    Used,
    /// Read, checked and shown; nobody expects an effect.
    Quiet,
    /// Without effect; people may expect one. The text says why and what instead.
    Noted(&'static str),
    /// Without meaning here; a warning. The text says why and what instead.
    Dropped(&'static str),
    /// An error. The text says why and what instead.
    Refused(&'static str),
}

impl Field {
    /// The camelCase spelling that is accepted too; the name itself where there is no difference.
    pub(super) fn camel(&self) -> String {
        camel(self.name)
    }
}

/// Turns `snake_case` into `camelCase`, as protocol buffers do.
pub(super) fn camel(snake: &str) -> String {
    let mut parts = snake.split('_');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut letters = part.chars();
        out.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        out.push_str(letters.as_str());
    }
    out
}

/// A field of 1.x, and what to write instead. `place` is the map that it stands in.
pub(super) fn old_field(place: &str, name: &str) -> Option<&'static str> {
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
pub(super) fn home_of(name: &str) -> Option<&'static str> {
    const HOMES: &[(&str, &[Field])] = &[
        ("input.pfs", PFS),
        ("transform", transform::TRANSFORM),
        ("input", INPUT),
        ("input.cron", CRON),
        ("parallelism_spec", pipeline::PARALLELISM),
        ("datum_set_spec", pipeline::DATUM_SET),
        ("resource_requests", pipeline::RESOURCES),
        ("the top level", PIPELINE),
    ];
    let is_here = |fields: &[Field]| fields.iter().any(|field| field.name == name || field.camel() == name);
    HOMES.iter().find(|(_, fields)| is_here(fields)).map(|(home, _)| *home)
}

const fn field(name: &'static str, kind: Kind, mark: Mark, about: &'static str) -> Field {
    Field { name, kind, mark, about, is_required: false }
}

const fn used(name: &'static str, kind: Kind, about: &'static str) -> Field {
    field(name, kind, Mark::Used, about)
}

const fn required(name: &'static str, kind: Kind, about: &'static str) -> Field {
    Field { name, kind, mark: Mark::Used, about, is_required: true }
}

const fn quiet(name: &'static str, kind: Kind, about: &'static str) -> Field {
    field(name, kind, Mark::Quiet, about)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn camel_case() {
        for (snake, expected) in [("join_on", "joinOn"), ("s3_out", "s3Out"), ("URL", "URL"), ("cmd", "cmd")]
        {
            assert_eq!(camel(snake), expected);
        }
    }

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
        assert_eq!(home_of("nonsense"), None);
    }

    fn walk(fields: &'static [Field], depth: usize, check: &mut dyn FnMut(&'static [Field])) {
        check(fields);
        for field in fields {
            if let (Kind::Map(inner) | Kind::Maps(inner), true) = (field.kind, depth < 6) {
                walk(inner, depth + 1, check);
            }
        }
    }

    #[test]
    fn names_are_unique_and_described() {
        for table in [PIPELINE, PROJECT] {
            walk(table, 0, &mut |fields| {
                for (at, field) in fields.iter().enumerate() {
                    assert!(!field.about.is_empty() && !field.about.ends_with('.'), "{}", field.name);
                    assert!(fields[..at].iter().all(|other| other.name != field.name), "{}", field.name);
                }
            });
        }
    }
}
