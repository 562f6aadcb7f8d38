//! From a scaffold and answers to files, without writing any.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::answers::complete;
use super::lines::at;
use super::manifest::{Deed, Existing, FileRule};
use super::paths::trouble;
use super::templates::Templates;
use super::{Answers, Manifest, ScaffoldError, Surroundings, outputs_block, samples, subjects};

/// The end of a spec's path.
const SPEC: &str = "/spec.yml";

/// One file to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedFile {
    /// Path in the project, `/` between components.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
    /// Whether it may be executed.
    pub exec: bool,
    /// What is done where it stands already.
    pub existing: Existing,
}

/// What a scaffold comes to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rendered {
    /// Its files, in byte order of path, each path once.
    pub files: Vec<RenderedFile>,
    /// What is done beside.
    pub deeds: BTreeSet<Deed>,
    /// Every answer, defaults filled in.
    pub answers: Map<String, Value>,
}

/// Renders a scaffold.
///
/// Errors: an answer to a question not asked or of the wrong kind, a missing one, a template that cannot be filled in, a
/// path that leads out of the project or is written twice.
pub fn render(
    manifest: &Manifest,
    answers: &Answers,
    around: &Surroundings,
) -> Result<Rendered, ScaffoldError> {
    let answers = complete(manifest, answers, around)?;
    let templates = Templates::new();
    let lists = lists(&answers);
    let mut places = Vec::new();
    for rule in manifest.files.iter().filter(|rule| rule.when.holds(&answers)) {
        for mut scope in scopes(rule, &answers, &lists) {
            scope.insert("scaffold".into(), manifest.id.as_str().into());
            let path = templates.fill(&rule.dest, &scope).map_err(|why| no_place(rule, &why))?;
            places.push((path, rule, scope));
        }
    }
    if let Some((path, why)) = trouble(places.iter().map(|(path, ..)| path.as_str())) {
        let rule = places.iter().rfind(|(other, ..)| other == path).map(|(_, rule, _)| *rule);
        let problem = at(rule.and_then(|rule| rule.line), &format!("`{path}` {why}"));
        let scaffold = rule.map_or(&manifest.id, |rule| &rule.scaffold).clone();
        return Err(ScaffoldError::Unusable { scaffold, problem });
    }
    let block = outputs_block(places.iter().filter_map(|(path, ..)| path.strip_suffix(SPEC)));
    let mut files = BTreeMap::new();
    for (path, rule, mut scope) in places {
        scope.insert("outputs_block".into(), block.trim_end().into());
        files.insert(path.clone(), render_file(&templates, path, rule, &scope)?);
    }
    let deeds = manifest.actions.iter().filter(|action| action.when.holds(&answers));
    let deeds = deeds.map(|action| action.deed).collect();
    Ok(Rendered { files: files.into_values().collect(), deeds, answers })
}

/// Lists that files may be laid out for: answers to `multi` questions, and made-up scans.
fn lists(answers: &Map<String, Value>) -> Map<String, Value> {
    let number = answers.get("subjects").and_then(Value::as_u64).unwrap_or(0);
    let surprises = answers.get("surprises").and_then(Value::as_bool).unwrap_or(false);
    let mut lists: Map<String, Value> = answers
        .iter()
        .filter(|(_, value)| value.is_array())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    lists.insert("t1".into(), json!(subjects::t1(number, surprises)));
    lists.insert("t2".into(), json!(subjects::t2(number, surprises)));
    let count = |name: &str| answers.get(name).and_then(Value::as_u64).unwrap_or(0);
    lists.insert("images".into(), json!(samples::images(count("size"))));
    lists.insert("numbers".into(), json!(samples::numbers(count("samples"))));
    lists
}

/// What one rule's template sees, once for each file it lays out: the answers, and what its list says of the file.
fn scopes(
    rule: &FileRule,
    answers: &Map<String, Value>,
    lists: &Map<String, Value>,
) -> Vec<Map<String, Value>> {
    let Some(list) = &rule.each else { return vec![answers.clone()] };
    let elements = lists.get(list).and_then(Value::as_array).into_iter().flatten();
    let scope = |element: &Value| {
        let mut scope = answers.clone();
        match element {
            Value::Object(fields) => scope.extend(fields.clone()),
            plain => drop(scope.insert("item".into(), plain.clone())),
        }
        scope
    };
    elements.map(scope).collect()
}

fn no_place(rule: &FileRule, why: &str) -> ScaffoldError {
    let problem = at(rule.line, &format!("its `dest` `{}` cannot be filled in: {why}", rule.dest));
    ScaffoldError::Unusable { scaffold: rule.scaffold.clone(), problem }
}

fn broken(rule: &FileRule, problem: String) -> ScaffoldError {
    ScaffoldError::Template { scaffold: rule.scaffold.clone(), file: rule.src.clone(), problem }
}

fn render_file(
    templates: &Templates,
    path: String,
    rule: &FileRule,
    scope: &Map<String, Value>,
) -> Result<RenderedFile, ScaffoldError> {
    let (exec, existing) = (rule.exec, rule.existing);
    if rule.raw {
        return Ok(RenderedFile { path, bytes: rule.bytes.clone(), exec, existing });
    }
    let text = std::str::from_utf8(&rule.bytes);
    let text =
        text.map_err(|_| broken(rule, "it is no UTF-8; say `raw: true` to copy it as it is".into()))?;
    let text = templates.fill(text, scope).map_err(|why| broken(rule, why))?;
    Ok(RenderedFile { path, bytes: text.into_bytes(), exec, existing })
}

#[cfg(test)]
mod tests {
    use super::super::{demo_answers, find, list};
    use super::*;

    fn rendered(id: &str, answers: &Answers) -> Vec<RenderedFile> {
        let around = Surroundings { folder: "study".into(), ..Surroundings::default() };
        render(&find(id).expect("it is built in"), answers, &around).expect("it renders").files
    }

    fn text<'a>(files: &'a [RenderedFile], path: &str) -> &'a str {
        let file = files.iter().find(|file| file.path == path).expect("it is laid out");
        std::str::from_utf8(&file.bytes).expect("it is text")
    }

    #[test]
    fn every_scaffold_renders_with_its_defaults() {
        for manifest in list() {
            let files = rendered(&manifest.id, &Answers::new());
            assert!(files.is_sorted_by(|a, b| a.path < b.path));
            for file in &files {
                let text = String::from_utf8_lossy(&file.bytes);
                let is_whole = text.ends_with('\n') && !text.contains("{{");
                assert!(is_whole || file.path.contains(".nii."), "{}", file.path);
                assert!(!file.path.starts_with('/') && !file.path.contains(".."), "{}", file.path);
            }
            assert!(text(&files, ".gitattributes").contains("# minipach: "));
        }
    }

    #[test]
    fn names_of_any_kind_are_quoted() {
        let answers = Answers::from([("name".to_owned(), "it's \"1: #2\" {{x}} <&>".to_owned())]);
        let files = rendered("yoda", &answers);
        assert!(text(&files, "README.md").starts_with("# it's \"1: #2\" {{x}} <&>\n"));
        let project: Value = serde_saphyr::from_str(text(&files, "minipach.yml")).expect("it is YAML");
        assert_eq!(project, json!({"name": answers["name"]}));
    }

    #[test]
    fn the_demo_has_its_subjects() {
        let files = rendered("freesurfer", &demo_answers());
        let count = |prefix: &str| files.iter().filter(|file| file.path.starts_with(prefix)).count();
        assert_eq!((count("raw/t1/"), count("raw/t2/")), (24, 22));
        assert_eq!(text(&files, "raw/t1/sub-05/T1w.txt"), text(&files, "raw/t1/sub-17/T1w.txt"));
        assert!(!text(&files, "raw/t1/sub-05/T1w.txt").contains("sub"));
        assert!(
            text(&files, ".gitattributes").contains("/fs/** -merge -text -ident -working-tree-encoding\n/fs/spec.yml merge\n/stats/** -merge -text -ident -working-tree-encoding\n")
        );
        assert!(files.iter().any(|file| file.path == "code/recon.sh" && file.exec));
    }

    #[test]
    fn t2_may_be_made_optional() {
        let spec = |answer: &str| {
            let answers = Answers::from([("need_t2".to_owned(), answer.to_owned())]);
            text(&rendered("freesurfer", &answers), "fs/spec.yml").to_owned()
        };
        assert!(spec("no").contains("\n        outer_join: true\n"));
        assert!(!spec("yes").contains("outer_join"));
        assert!(serde_saphyr::from_str::<Value>(&spec("no")).is_ok());
    }
}
