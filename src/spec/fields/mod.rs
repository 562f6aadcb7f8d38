//! The field tables: every field of `spec.yml` and `minipach.yml` with its type, its meaning and
//! what becomes of it. Reading, the JSON Schema and the hints of messages all use these.

mod advice;
mod field;
mod input;
mod pipeline;
mod project;
mod transform;

pub(super) use advice::{home_of, old_field};
pub(super) use field::{Field, Kind, Mark, camel};
pub(super) use input::INPUT;
pub(super) use pipeline::PIPELINE;
pub(super) use project::PROJECT;

/// The name of a field as this program writes it, in `snake_case`, if it is one where it stands: `place` are the
/// fields around it, lists left out. Fields that an older language had are none.
pub fn field_name(place: &[&str], key: &str) -> Option<&'static str> {
    let mut fields: &[Field] = PIPELINE;
    for step in place {
        match fields.iter().find(|field| field.name == *step)?.kind {
            Kind::Map(inner) | Kind::Maps(inner) => fields = inner,
            _ => return None,
        }
    }
    fields.iter().find(|field| field.name == key || field.camel() == key).map(|field| field.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(fields: &'static [Field], depth: usize, check: &mut dyn FnMut(&'static [Field])) {
        check(fields);
        for field in fields {
            if let (Kind::Map(inner) | Kind::Maps(inner), true) = (field.kind, depth < 6) {
                walk(inner, depth + 1, check);
            }
        }
    }

    #[test]
    fn fields_are_found_where_they_stand() {
        assert_eq!(field_name(&["input", "cross", "join", "pfs"], "joinOn"), Some("join_on"));
        assert_eq!(field_name(&["transform", "secrets"], "envVar"), Some("env_var"));
        assert_eq!(field_name(&[], "enableStats"), None);
        assert_eq!(field_name(&["pipeline"], "cmd"), None);
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
