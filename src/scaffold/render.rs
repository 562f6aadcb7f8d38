//! From a scaffold and answers to files, without writing any.

use std::collections::BTreeMap;

use handlebars::{Context, Handlebars, Helper, HelperResult, Output, RenderContext, RenderErrorReason};
use serde_json::{Map, Value, json};

use super::answers::complete;
use super::manifest::FileRule;
use super::{Answers, Manifest, ScaffoldError, find, outputs_block, subjects};

/// One file to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedFile {
    /// Path in the project, `/` between components.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
    /// Whether it may be executed.
    pub exec: bool,
}

/// Renders a scaffold. The files come in byte order of path, each path once.
///
/// Errors: no such scaffold, an answer to a question not asked, an answer of the wrong kind.
pub fn render(id: &str, answers: &Answers) -> Result<Vec<RenderedFile>, ScaffoldError> {
    let manifest = find(id)?;
    let context = context(&manifest, complete(&manifest, answers)?);
    let engine = engine();
    let mut files = BTreeMap::new();
    for rule in &manifest.files {
        for scope in scopes(rule, &context) {
            let file = render_file(&engine, &manifest, rule, &scope)?;
            files.insert(file.path.clone(), file);
        }
    }
    Ok(files.into_values().collect())
}

fn engine() -> Handlebars<'static> {
    let mut engine = Handlebars::new();
    engine.set_strict_mode(true);
    engine.register_escape_fn(handlebars::no_escape);
    engine.register_helper("quoted", Box::new(quoted));
    engine
}

/// `{{quoted x}}`: `x` as a JSON value, which is also a YAML one, whatever characters it holds.
fn quoted(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    let value = helper.param(0).ok_or(RenderErrorReason::ParamNotFoundForIndex("quoted", 0))?;
    Ok(out.write(&value.value().to_string())?)
}

/// What every template sees: the answers by name, and all of them as `answers`.
fn context(manifest: &Manifest, values: BTreeMap<String, Value>) -> Map<String, Value> {
    let number = values.get("subjects").and_then(Value::as_u64).unwrap_or(0);
    let surprises = values.get("surprises").and_then(Value::as_bool).unwrap_or(false);
    let mut context: Map<String, Value> = values.clone().into_iter().collect();
    context.insert("scaffold".into(), manifest.id.as_str().into());
    context.insert("answers".into(), values.into_iter().collect::<Map<_, _>>().into());
    let block = outputs_block(manifest.pipelines.iter().map(String::as_str));
    context.insert("outputs_block".into(), block.trim_end().into());
    context.insert("t1".into(), json!(subjects::t1(number, surprises)));
    context.insert("t2".into(), json!(subjects::t2(number, surprises)));
    context
}

/// What one rule's template sees, once for each file it lays out.
fn scopes(rule: &FileRule, context: &Map<String, Value>) -> Vec<Map<String, Value>> {
    let Some(list) = &rule.each else { return vec![context.clone()] };
    let elements = context.get(list).and_then(Value::as_array).into_iter().flatten();
    elements.filter_map(Value::as_object).cloned().collect()
}

fn render_file(
    engine: &Handlebars<'_>,
    manifest: &Manifest,
    rule: &FileRule,
    scope: &Map<String, Value>,
) -> Result<RenderedFile, ScaffoldError> {
    let broken = |problem: String| ScaffoldError::Template {
        scaffold: manifest.id.clone(),
        file: rule.src.clone(),
        problem,
    };
    let text = rule.text().ok_or_else(|| broken("it does not exist".to_owned()))?;
    let fill = |template| engine.render_template(template, scope).map_err(|error| broken(error.to_string()));
    let content = if rule.raw { text.to_owned() } else { fill(text)? };
    Ok(RenderedFile { path: fill(&rule.dest)?, bytes: content.into_bytes(), exec: rule.exec })
}

#[cfg(test)]
mod tests {
    use super::super::{demo_answers, list};
    use super::*;

    fn text<'a>(files: &'a [RenderedFile], path: &str) -> &'a str {
        let file = files.iter().find(|file| file.path == path).expect("it is laid out");
        std::str::from_utf8(&file.bytes).expect("it is text")
    }

    #[test]
    fn every_scaffold_renders_with_its_defaults() {
        for manifest in list() {
            let files = render(&manifest.id, &Answers::new()).expect("it renders");
            assert!(files.is_sorted_by(|a, b| a.path < b.path));
            for file in &files {
                let text = text(&files, &file.path);
                assert!(text.ends_with('\n') && !text.contains("{{"), "{}", file.path);
                assert!(!file.path.starts_with('/') && !file.path.contains(".."), "{}", file.path);
            }
            assert!(text(&files, ".gitattributes").contains("# minipach: "));
        }
    }

    #[test]
    fn names_of_any_kind_are_quoted() {
        let answers = Answers::from([("name".to_owned(), "it's \"1: #2\" {{x}} <&>".to_owned())]);
        let files = render("yoda", &answers).expect("it renders");
        assert!(text(&files, "README.md").starts_with("# it's \"1: #2\" {{x}} <&>\n"));
        let project: Value = serde_saphyr::from_str(text(&files, "minipach.yml")).expect("it is YAML");
        assert_eq!(project, json!({"name": answers["name"]}));
        let kept: Value = serde_saphyr::from_str(text(&files, ".minipach/answers.yml")).expect("it is YAML");
        assert_eq!(kept, json!({"scaffold": "yoda", "answers": {"name": answers["name"]}}));
    }

    #[test]
    fn the_demo_has_its_subjects() {
        let files = render("freesurfer", &demo_answers()).expect("it renders");
        let count = |prefix: &str| files.iter().filter(|file| file.path.starts_with(prefix)).count();
        assert_eq!((count("raw/t1/"), count("raw/t2/")), (24, 22));
        assert_eq!(text(&files, "raw/t1/sub-05/T1w.txt"), text(&files, "raw/t1/sub-17/T1w.txt"));
        assert!(!text(&files, "raw/t1/sub-05/T1w.txt").contains("sub"));
        assert!(
            text(&files, ".gitattributes").contains("/fs/** -merge\n/fs/spec.yml merge\n/stats/** -merge\n")
        );
        assert!(files.iter().any(|file| file.path == "code/recon.sh" && file.exec));
    }

    #[test]
    fn t2_may_be_made_optional() {
        let spec = |answer: &str| {
            let answers = Answers::from([("need_t2".to_owned(), answer.to_owned())]);
            text(&render("freesurfer", &answers).expect("it renders"), "fs/spec.yml").to_owned()
        };
        assert!(spec("no").contains("\n        outer_join: true\n"));
        assert!(!spec("yes").contains("outer_join"));
        assert!(serde_saphyr::from_str::<Value>(&spec("no")).is_ok());
    }
}
