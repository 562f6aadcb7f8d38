//! Lowers a whole checked spec to a `Pipeline`.

use std::time::Duration;

use super::clash::clashes;
use super::rules::{BAD_NAME, INPUT_KIND, NAME_MISMATCH, NO_TRANSFORM, UNSUPPORTED_FIELD};
use super::scalar::{amount, duration};
use super::spans::SpecSpans;
use super::typed::Typed;
use super::words::clip;
use super::zero::zeros;
use super::{input, output, transform};
use crate::model::{
    Config, DatumSetSpec, Finding, Fix, Gpus, Limits, OutputTemplate, PackMode, Pipeline, PipelineName,
    Transform,
};

/// Finds the pipeline's name in the path of its spec. `None` if a finding says why not.
pub(super) fn name_of(path: &str, findings: &mut Vec<Finding>) -> Option<PipelineName> {
    let (folder, _) = path.rsplit_once('/').unwrap_or_default();
    match PipelineName::parse(folder) {
        Ok(name) => Some(name),
        Err(why) => {
            let message = format!("folder `{}` cannot be a pipeline: its name {why}", clip(folder));
            findings.push(BAD_NAME.on(path, message).help("rename the folder"));
            None
        }
    }
}

/// Lowers a spec. `own` is the spec without the project's defaults.
///
/// What comes out counts only if no finding is an error.
pub(super) fn lower(
    name: &PipelineName,
    own: &Typed,
    merged: &Typed,
    config: &Config,
    findings: &mut Vec<Finding>,
) -> Option<(Pipeline, SpecSpans)> {
    check_name(name, merged, findings);
    let input = lower_input(name, merged, findings);
    let tree = input.as_ref().map(|lowered| &lowered.input);
    let output = merged.get("output").and_then(|typed| output::lower(typed, tree, findings));
    let transform = lower_transform(own, merged, findings);
    findings.extend(zeros(merged));
    check_pack(merged, findings);
    let input = input?;
    if let Some(typed) = merged.get("transform").filter(|_| transform.is_some()) {
        findings.extend(clashes(typed, &input.input));
    }
    let spans = SpecSpans::new(merged, input.places);
    Some((assemble(name, merged, config, input.input, transform, output), spans))
}

fn assemble(
    name: &PipelineName,
    merged: &Typed,
    config: &Config,
    input: crate::model::Input,
    transform: Option<Transform>,
    output: Option<OutputTemplate>,
) -> Pipeline {
    let parallelism = merged.get("parallelism_spec").and_then(|spec| positive(spec, "constant"));
    Pipeline {
        name: name.clone(),
        description: merged.text_of("description").unwrap_or_default().to_owned(),
        input,
        transform,
        output,
        parallelism: parallelism.and_then(|count| u32::try_from(count).ok()),
        datum_set: merged.get("datum_set_spec").map(datum_set).unwrap_or_default(),
        datum_timeout: time(merged, "datum_timeout"),
        job_timeout: time(merged, "job_timeout"),
        datum_tries: positive(merged, "datum_tries").and_then(|count| u32::try_from(count).ok()).unwrap_or(3),
        every_job: merged.text_of("reprocess_spec") == Some("every_job"),
        salt: transform::some_text(merged, "salt"),
        copy_inputs: merged.bool_of("copy_inputs"),
        pack: pack(merged),
        limits: merged.get("resource_limits").map(limits).unwrap_or_default(),
        clean_env: merged.is_true("clean_env"),
        pass_env: merged.texts_of("pass_env").unwrap_or_default(),
        commit: merged.bool_of("commit").or(config.commit).unwrap_or(true),
    }
}

fn pack(merged: &Typed) -> PackMode {
    match merged.text_of("pack") {
        Some("always") => PackMode::Always,
        Some("never") => PackMode::Never,
        _ => PackMode::Auto,
    }
}

/// A pack needs a folder that is its datum's own.
fn check_pack(merged: &Typed, findings: &mut Vec<Finding>) {
    let Some(typed) = merged.get("pack").filter(|_| pack(merged) == PackMode::Always) else { return };
    let message = match merged.text_of("output").map(|output| output.trim_matches('/')) {
        None => "`pack: always` has no effect without `output`: all datums write into one folder",
        Some("") => "`pack: always` has no effect with `output: /`: the result stands beside the spec",
        Some(_) => return,
    };
    findings.push(UNSUPPORTED_FIELD.at(&typed.spot, message).help("name a folder, such as `output: /$1`"));
}

/// A whole number above 0; 0 is as good as unset.
fn positive(typed: &Typed, name: &str) -> Option<u64> {
    typed.whole_of(name).and_then(|value| u64::try_from(value).ok()).filter(|value| *value > 0)
}

fn datum_set(typed: &Typed) -> DatumSetSpec {
    DatumSetSpec {
        number: positive(typed, "number"),
        size_bytes: positive(typed, "size_bytes"),
        per_worker: positive(typed, "per_worker"),
    }
}

fn limits(typed: &Typed) -> Limits {
    let gpus = |gpu: &Typed| {
        let kind = gpu.text_of("type").unwrap_or_default().to_owned();
        positive(gpu, "number").map(|number| Gpus { kind, number })
    };
    Limits {
        cpus: typed.get("cpu").and_then(Typed::number).filter(|count| *count > 0.0),
        memory_bytes: typed.text_of("memory").and_then(amount).filter(|bytes| *bytes > 0),
        gpus: typed.get("gpu").and_then(gpus),
    }
}

fn time(typed: &Typed, name: &str) -> Option<Duration> {
    duration(typed.text_of(name)?).filter(|time| !time.is_zero())
}

fn check_name(name: &PipelineName, merged: &Typed, findings: &mut Vec<Finding>) {
    let Some(at) = merged.get("pipeline").and_then(|pipeline| pipeline.get("name")) else { return };
    let Some(written) = at.text() else { return };
    if *at.spot.path != *format!("{name}/spec.yml") {
        let message = "`defaults` are for all pipelines, and each is named by its folder";
        findings.push(NAME_MISMATCH.at(&at.spot, message.to_owned()).help("leave out `pipeline.name` there"));
    } else if written != name.last() && written != name.as_str() {
        let message = format!("pipeline is named `{}`, but its folder `{name}`", clip(written));
        let help = format!("write `{}`, or rename the folder", name.last());
        let fix = Fix::safe(format!("write `{}`", name.last()), vec![at.spot.replaced(written, name.last())]);
        findings.push(NAME_MISMATCH.at(&at.spot, message).help(help).fix(fix));
    }
}

fn lower_input(name: &PipelineName, merged: &Typed, findings: &mut Vec<Finding>) -> Option<input::Lowered> {
    let Some(typed) = merged.get("input") else {
        let help = "say what it reads: `input: {pfs: {repo: raw, glob: \"/*\"}}`";
        findings.push(INPUT_KIND.at(&merged.key_spot, "the spec sets no input").help(help));
        return None;
    };
    input::lower(typed, name, findings)
}

/// `None` is a match, where nothing is run, or has a finding that says what is wrong.
fn lower_transform(own: &Typed, merged: &Typed, findings: &mut Vec<Finding>) -> Option<Transform> {
    let typed = merged.get("transform");
    // Defaults such as an image say how commands run, not that there is one.
    if let Some(typed) = typed.filter(|typed| own.get("transform").is_some() || typed.get("cmd").is_some()) {
        return transform::lower(typed, findings);
    }
    if merged.get("output").is_none() {
        let message = "the spec has neither `transform` nor `output`";
        let help = "say what is run with `transform`, or where the inputs go with `output`";
        findings.push(NO_TRANSFORM.at(&merged.key_spot, message).help(help));
    }
    None
}
