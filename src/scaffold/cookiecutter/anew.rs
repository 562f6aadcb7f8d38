//! Renders a template anew for a project that follows it: as it was at a commit, or as it is now. Hooks do not run.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::answers::Asking;
use super::config::{self, Config, ConfigChoice};
use super::error::{CookieError, refused};
use super::json::{Dict, Json};
use super::lay_out::Talk;
use super::noted::{self, Noted};
use super::order::Order;
use super::prepare::{Prepared, Request, prepare};
use super::source::{self, Found};
use crate::git::process::{Access, git};
use crate::scaffold::{Answers, Record, RenderedFile, TemplatePlace};

/// What to render, and with which answers.
#[derive(Clone, Copy, Debug)]
pub struct Anew<'a> {
    /// The project's root.
    pub root: &'a Path,
    /// Where the template is.
    pub place: &'a TemplatePlace,
    /// The commit to render it at; by default the one that its place names, or the newest.
    pub at: Option<&'a str>,
    /// Answers that the project has; they hold where they still answer something.
    pub known: &'a Map<String, Value>,
    /// Answers that are given now.
    pub given: &'a Answers,
}

/// Renders it; what the project is to be recorded as, and its files.
///
/// # Errors
/// It cannot be had, or not rendered; an answer does not fit.
pub fn render_anew(
    order: &Anew<'_>,
    talk: Option<&mut dyn Talk>,
) -> Result<(Record, Vec<RenderedFile>), CookieError> {
    let holder =
        tempfile::Builder::new().prefix("minipach-template-").tempdir().map_err(refused(order.root))?;
    // What is fetched for this does not replace what people fetched for themselves.
    let config = Config { templates: holder.path().to_owned(), ..config::read(&ConfigChoice::Nothing)? };
    let found = find(order, &config)?;
    let prepared = fill(order, &found, talk)?;
    let place = order.place;
    let noted = Noted::of(&found, &found.inside(), place.from.clone(), place.checkout.as_deref())?;
    let files = noted::files(&prepared.entries);
    Ok((noted.record(&prepared.context, &files), files))
}

fn fill(order: &Anew<'_>, found: &Found, talk: Option<&mut dyn Talk>) -> Result<Prepared, CookieError> {
    let mut given = Dict::default();
    order.given.iter().for_each(|(name, answer)| given.insert(name, Json::Text(answer.clone())));
    let beside = order.root.parent().unwrap_or(order.root);
    let request = Request {
        template: &found.template,
        bounds: &found.whole,
        named: &order.place.from,
        repo_dir: &found.named,
        checkout: order.place.checkout.as_deref(),
        output_dir: beside,
        defaults: &Dict::default(),
        answers: &given,
        replay: None,
        hooks: &[],
        // The project may have been laid out with `-f`.
        overwrites: true,
    };
    let known = known(order.known);
    match talk {
        Some(talk) => {
            let mut ask = |question: &super::Ask| talk.ask(question);
            prepare(&request, &mut Asking { asker: Some(&mut ask), known, ..Asking::default() })
        }
        None => prepare(&request, &mut Asking { known, ..Asking::default() }),
    }
}

fn known(answers: &Map<String, Value>) -> Dict {
    let mut known = Dict::default();
    for (name, answer) in answers {
        if let Ok(answer) = serde_json::from_value(answer.clone()) {
            known.insert(name, answer);
        }
    }
    known
}

fn find(order: &Anew<'_>, config: &Config) -> Result<Found, CookieError> {
    let place = order.place;
    let wanted = order.at.or(place.checkout.as_deref());
    let mut asked = Order {
        source: place.from.clone(),
        start: order.root.to_owned(),
        checkout: wanted.map(str::to_owned),
        directory: place.directory.clone(),
        ..Order::default()
    };
    let is_folder = !source::is_address(&place.from) && !source::is_zip(&place.from);
    if let (true, Some(_)) = (is_folder, wanted) {
        // A folder is as it is; what it was lies in the repository that keeps it.
        let (top, inside) = kept_in(&order.root.join(&place.from))?;
        let directory = inside.join(place.directory.as_deref().unwrap_or_default());
        asked.source = format!("file://{top}");
        asked.directory = Some(directory.to_string_lossy().into_owned()).filter(|path| !path.is_empty());
    }
    source::find(&asked, config)
}

/// The repository that keeps a folder, and where the folder is in it.
fn kept_in(folder: &Path) -> Result<(String, PathBuf), CookieError> {
    if !folder.is_dir() {
        return Err(CookieError::Source(format!("there is no folder `{}`", folder.display())));
    }
    let ask = |what: &str| {
        let said = git(folder, Access::Read).args(["rev-parse", what]).output();
        said.map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned())
    };
    let both = ask("--show-toplevel").and_then(|top| Ok((top, PathBuf::from(ask("--show-prefix")?))));
    both.map_err(|_| {
        let folder = folder.display();
        CookieError::Source(format!("`{folder}` is in no git repository, so it is only there as it is now"))
    })
}
