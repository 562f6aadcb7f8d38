//! Templates: handlebars that miss nothing silently and escape nothing.

use handlebars::{
    Context, Handlebars, Helper, HelperResult, Output, RenderContext, RenderError, RenderErrorReason,
};
use serde_json::{Map, Value};

use crate::spec::{project_schema, spec_schema};

/// What fills in templates.
pub(super) struct Templates(Handlebars<'static>);

impl Templates {
    /// A name that nothing is known of is an error; what is filled in stands as it is.
    pub(super) fn new() -> Self {
        let mut engine = Handlebars::new();
        engine.set_strict_mode(true);
        engine.register_escape_fn(handlebars::no_escape);
        engine.register_helper("quoted", Box::new(quoted));
        engine.register_helper("schema", Box::new(schema));
        Self(engine)
    }

    /// Fills in a template. Errors: what the engine says, with the line.
    pub(super) fn fill(&self, template: &str, scope: &Map<String, Value>) -> Result<String, String> {
        self.0.render_template(template, scope).map_err(|error| told(&error))
    }
}

/// What an engine says, as one sentence with its line.
fn told(error: &RenderError) -> String {
    if let RenderErrorReason::TemplateError(error) = error.reason() {
        let line = error.pos().map_or_else(String::new, |(line, _)| format!("line {line}: "));
        let reason = error.reason().to_string();
        return format!("{line}{}", reason.lines().map(str::trim).collect::<Vec<_>>().join(" "));
    }
    if let RenderErrorReason::MissingVariable(name) = error.reason() {
        let line = error.line_no.map_or_else(String::new, |line| format!("line {line}: "));
        let name = name.as_deref().unwrap_or_default();
        return format!("{line}`{name}` is no question and nothing else that files are filled in with");
    }
    let text = error.to_string();
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// `{{schema "spec"}}` or `{{schema "project"}}`: the JSON Schema that editors check such a file by.
fn schema(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    let of = helper.param(0).and_then(|param| param.value().as_str());
    let schema = match of {
        Some("spec") => spec_schema(),
        Some("project") => project_schema(),
        _ => return Err(RenderErrorReason::ParamNotFoundForIndex("schema", 0).into()),
    };
    Ok(out.write(&format!("{schema:#}"))?)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said_in_one_line() {
        for text in ["a\n{{#if}\n", "{{nothing}}", "{{#each}}{{/if}}"] {
            let said = Templates::new().fill(text, &Map::new()).expect_err(text);
            assert!(!said.contains('\n') && !said.is_empty(), "{said}");
        }
        let said = Templates::new().fill("a\n{{site}}", &Map::new()).expect_err("nobody asks that");
        assert_eq!(said, "line 2: `site` is no question and nothing else that files are filled in with");
    }
}
