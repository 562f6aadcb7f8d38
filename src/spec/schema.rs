//! JSON Schemas of `spec.yml` and `minipach.yml`, made from the field tables.

use serde_json::{Map, Value as Json, json};

use super::fields::{Field, INPUT, Kind, Mark, PIPELINE, PROJECT};

/// The JSON Schema of `spec.yml`.
pub fn spec_schema() -> Json {
    root("A pipeline of minipach", PIPELINE)
}

/// The JSON Schema of `minipach.yml`.
pub fn project_schema() -> Json {
    let mut schema = root("A project of minipach", PROJECT);
    relax(&mut schema);
    schema
}

/// Takes `required` away: defaults may hold any part of a spec.
fn relax(schema: &mut Json) {
    if let Json::Object(fields) = schema {
        // A property of this name would be a map; the key word is a list.
        if fields.get("required").is_some_and(Json::is_array) {
            fields.remove("required");
        }
        fields.values_mut().for_each(relax);
    }
}

fn root(title: &str, fields: &'static [Field]) -> Json {
    let mut schema = map(fields);
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    schema["title"] = title.into();
    schema["$defs"] = json!({ "input": input() });
    schema
}

/// A node of the input tree; it refers to itself.
fn input() -> Json {
    let mut schema = map(INPUT);
    schema["minProperties"] = 1.into();
    schema["maxProperties"] = 1.into();
    schema
}

fn map(fields: &'static [Field]) -> Json {
    let mut properties = Map::new();
    properties.insert("$schema".into(), json!({ "type": "string" }));
    for field in fields {
        let schema = described(field);
        let camel = field.camel();
        if camel != field.name {
            let mut other = schema.clone();
            other["description"] = format!("The same as `{}`", field.name).into();
            properties.insert(camel, other);
        }
        properties.insert(field.name.into(), schema);
    }
    let required: Vec<_> = fields.iter().filter(|field| field.is_required).map(|field| field.name).collect();
    let mut schema =
        json!({ "type": ["object", "null"], "additionalProperties": false, "properties": properties });
    if !required.is_empty() {
        schema["required"] = required.into();
    }
    schema
}

fn described(field: &Field) -> Json {
    let mut schema = kind_of(field.kind);
    schema["description"] = field.about.into();
    if matches!(field.mark, Mark::Dropped(_) | Mark::Refused(_)) {
        schema["deprecated"] = true.into();
    }
    schema
}

fn kind_of(kind: Kind) -> Json {
    match kind {
        Kind::Text => json!({ "type": ["string", "null"] }),
        Kind::Bool => json!({ "type": ["boolean", "null"] }),
        Kind::Whole(low, i64::MAX) => json!({ "type": ["integer", "string", "null"], "minimum": low }),
        Kind::Whole(low, high) => {
            json!({ "type": ["integer", "string", "null"], "minimum": low, "maximum": high })
        }
        Kind::Number => json!({ "type": ["number", "string", "null"], "minimum": 0 }),
        Kind::Duration => json!({ "type": ["string", "null"], "pattern": "^([0-9.]+(ns|us|ms|s|m|h|d))+$" }),
        Kind::Amount => {
            json!({ "type": ["string", "number", "null"], "pattern": "^[0-9.]+([kKMGTPE]|[KMGTPE]i)?$" })
        }
        Kind::Choice(words) => {
            let words: Vec<_> = words.iter().map(|word| Json::from(*word)).chain([Json::Null]).collect();
            json!({ "enum": words })
        }
        Kind::Texts => json!({ "type": ["array", "null"], "items": { "type": "string" } }),
        Kind::Wholes => json!({ "type": ["array", "null"], "items": { "type": ["integer", "string"] } }),
        Kind::TextMap => {
            json!({ "type": ["object", "null"], "additionalProperties": { "type": ["string", "null"] } })
        }
        Kind::TextsMap => {
            json!({ "type": ["object", "null"], "additionalProperties": kind_of(Kind::Texts) })
        }
        Kind::ChoiceMap(words) => {
            json!({ "type": ["object", "null"], "additionalProperties": kind_of(Kind::Choice(words)) })
        }
        Kind::Map(fields) => inner(fields),
        Kind::Maps(fields) => json!({ "type": ["array", "null"], "items": inner(fields) }),
        Kind::Free => json!({}),
    }
}

fn inner(fields: &'static [Field]) -> Json {
    if std::ptr::eq(fields, INPUT) { json!({ "$ref": "#/$defs/input" }) } else { map(fields) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_there_in_both_spellings() {
        let schema = spec_schema();
        let properties = &schema["properties"];
        for field in PIPELINE {
            assert!(properties[field.name]["description"].is_string(), "{}", field.name);
            assert!(properties[&field.camel()].is_object(), "{}", field.camel());
        }
        let pfs = &schema["$defs"]["input"]["properties"]["pfs"];
        assert_eq!(pfs["required"], json!(["repo", "glob"]));
        assert_eq!(schema["$defs"]["input"]["properties"]["join"]["items"]["$ref"], "#/$defs/input");
    }

    #[test]
    fn defaults_hold_all_of_a_spec() {
        let schema = project_schema();
        assert!(schema["properties"]["defaults"]["properties"]["transform"].is_object());
        assert_eq!(schema["properties"]["sandbox"]["enum"], json!(["auto", "always", "never", null]));
    }
}
