//! `Engine`: the template engine, set up to do what cookiecutter's does, and to refuse what it cannot do alike.

use std::path::{Path, PathBuf};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value};

use super::error::CookieError;
use super::json::Dict;
use super::number::{as_float, float_text};
use super::{args, attributes, blanks, cycles, filters, methods, newline, now, raw, repr, settings, unlike};

/// So many steps may rendering one text or file take, a step for each 64 bytes of values too: what is endless, or
/// billions wide, ends with an error.
const MOST: u64 = (args::LARGEST / 64) as u64;

/// Renders texts and the files of a template.
pub(super) struct Engine {
    env: Environment<'static>,
    syntax: SyntaxConfig,
}

impl Engine {
    /// An engine as a template's private settings want it, which finds files in `roots`.
    ///
    /// Errors: the template wants Python extensions or settings that have no match here.
    pub(super) fn new(questions: &Dict, roots: Roots) -> Result<Self, CookieError> {
        settings::refuse_extensions(questions)?;
        let syntax = settings::syntax(questions)?;
        let mut env = Environment::new();
        env.set_syntax(syntax.clone());
        env.set_fuel(Some(MOST));
        env.set_undefined_behavior(UndefinedBehavior::Strict);
        env.set_auto_escape_callback(|_| AutoEscape::None);
        env.set_formatter(print);
        env.set_unknown_method_callback(methods::call);
        filters::add(&mut env);
        attributes::add(&mut env);
        cycles::add(&mut env);
        now::add(&mut env);
        let of_loader = syntax.clone();
        env.set_loader(move |name| load(&roots, name, &of_loader));
        Ok(Self { env, syntax })
    }

    /// How a variable begins and ends.
    pub(super) fn variable_delimiters(&self) -> (&str, &str) {
        self.syntax.variable_delimiters()
    }

    /// Renders a text that is told as `name` where it is wrong.
    ///
    /// Errors: the text is wrong, or uses what cannot be done as cookiecutter does it.
    pub(super) fn render_text(&self, name: &str, text: &str, context: &Value) -> Result<String, CookieError> {
        let text = blanks::plain(&newline::normal(text), &self.syntax);
        unlike::refuse(&text, &self.syntax).map_err(|error| told(&error, name))?;
        let text = now::rewrite(&raw::keep(&text, &self.syntax), &self.syntax);
        self.env.render_named_str(name, &text, context).map_err(|error| told(&error, name))
    }

    /// Renders a file that is found below the roots.
    ///
    /// Errors: as [`Self::render_text`], or the file is not UTF-8.
    pub(super) fn render_file(&self, name: &str, context: &Value) -> Result<String, CookieError> {
        let template = self.env.get_template(name).map_err(|error| told(&error, name))?;
        template.render(context).map_err(|error| told(&error, name))
    }
}

/// The innermost place and reason of an error.
fn told(error: &Error, name: &str) -> CookieError {
    let mut innermost = error;
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if let Some(inner) = inner.downcast_ref::<Error>().filter(|inner| inner.line().is_some()) {
            innermost = inner;
        }
        source = inner.source();
    }
    let found = innermost.detail().and_then(unlike::place);
    let detail = found.map(|(_, detail)| detail).or(innermost.detail());
    let problem = detail
        .map_or_else(|| innermost.kind().to_string(), |detail| format!("{}: {detail}", innermost.kind()));
    let problem = match innermost.kind() {
        ErrorKind::OutOfFuel => "it comes to more than 4 million steps, or 256 MB".to_owned(),
        _ => problem,
    };
    CookieError::Template {
        file: innermost.name().unwrap_or(name).to_owned(),
        line: found.map(|(line, _)| line).or(innermost.line()).unwrap_or(1),
        problem,
    }
}

/// What `{{ … }}` prints: as the engine does, but floats and what holds them as Python does.
fn print(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    if let Some(number) = as_float(value) {
        out.write_str(&float_text(number)).map_err(Error::from)?;
        return Ok(());
    }
    match value.kind() {
        ValueKind::Seq | ValueKind::Map | ValueKind::Iterable | ValueKind::Plain => {
            out.write_str(&repr::text(value)?).map_err(Error::from)
        }
        _ => minijinja::escape_formatter(out, state, value),
    }
}

/// Where an engine finds files.
#[derive(Clone, Debug, Default)]
pub(super) struct Roots {
    /// Folders, the first that has a file wins.
    pub(super) folders: Vec<PathBuf>,
    /// What links in them may not lead out of.
    pub(super) bounds: PathBuf,
}

fn load(roots: &Roots, name: &str, syntax: &SyntaxConfig) -> Result<Option<String>, Error> {
    let is_inside = !name.split('/').any(|part| part == "..");
    let places = roots.folders.iter().map(|root| root.join(name.trim_start_matches('/')));
    let Some(path) =
        places.filter(|path| is_inside && path.is_file()).find_map(|path| path.canonicalize().ok())
    else {
        return Ok(None);
    };
    if !path.starts_with(&roots.bounds) {
        let problem = format!("`{name}` is a link that leads out of the template");
        return Err(Error::new(ErrorKind::InvalidOperation, problem));
    }
    let text = blanks::plain(&newline::normal(&read(&path)?), syntax);
    unlike::refuse(&text, syntax)?;
    Ok(Some(now::rewrite(&raw::keep(&text, syntax), syntax)))
}

fn read(path: &Path) -> Result<String, Error> {
    let failed = |problem: String| Error::new(ErrorKind::InvalidOperation, problem);
    let bytes = std::fs::read(path).map_err(|error| failed(format!("it cannot be read: {error}")))?;
    String::from_utf8(bytes).map_err(|_| failed("it is not UTF-8 text".to_owned()))
}
