//! `lay_out`: from a template's name to the project in its place, or not a trace.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::answers::{Ask, Asking};
use super::config::{self, Config};
use super::consent::{self, Consent};
use super::error::{CookieError, refused};
use super::hooks::{self, Hook, Moment};
use super::json::{Dict, Json};
use super::noted::{self, Noted};
use super::order::{HookChoice, Occupied, Order, Replay};
use super::place::{self, Staged};
use super::prepare::{Prepared, Request, prepare};
use super::source::{self, Found};
use super::walk::Entry;
use super::{manifest, menu, replay, strayed};

/// Menus nest no deeper.
const MOST_MENUS: usize = 8;

/// Someone to talk to.
pub trait Talk {
    /// Answers a question; nothing for its default.
    ///
    /// # Errors
    /// When somebody breaks off.
    fn ask(&mut self, question: &Ask) -> Result<Option<Json>, CookieError>;
    /// Whether these hooks may run, now or always.
    ///
    /// # Errors
    /// When somebody breaks off.
    fn may_run(&mut self, hooks: &[Hook]) -> Result<Consent, CookieError>;
    /// Whether this is to be written.
    ///
    /// # Errors
    /// When somebody breaks off.
    fn review(&mut self, name: &str, entries: &BTreeMap<String, Entry>) -> Result<bool, CookieError>;
}

/// What was laid out, or would be.
#[derive(Debug)]
pub struct Outcome {
    /// The project's folder.
    pub dir: PathBuf,
    /// Its folders and files as rendered; hooks may have changed them.
    pub entries: BTreeMap<String, Entry>,
    /// Hooks of the template.
    pub hooks: Vec<Hook>,
    /// Whether they ran.
    pub hooks_ran: bool,
    /// What to tell people.
    pub notes: Vec<String>,
}

/// Lays out a template.
///
/// # Errors
/// Whatever stands against it; then nothing is written to the project's place.
pub fn lay_out(order: &Order, mut talk: Option<&mut dyn Talk>) -> Result<Outcome, CookieError> {
    let config = config::read(&order.config)?;
    let found = source::find(order, &config)?;
    source::refuse_checkout(order, &config)?;
    let mut opened = Opened::new(&found, order);
    let mut answers = order.answers.clone();
    opened.choose(&mut answers, order, &mut talk)?;
    let mut prepared = opened.prepare(order, &answers, &config, &mut talk)?;
    let dir = absolute(&order.output_dir)?.join(&prepared.name);
    place::refuse_taken(&dir, order.occupied)?;
    if order.is_recorded {
        let from = noted::lasting(&order.source, &order.start, &config, &found.whole, &dir);
        let noted = Noted::of(&found, &opened.inside, from, order.checkout.as_deref())?;
        let record = noted.record(&prepared.context, &noted::files(&prepared.entries));
        prepared.notes.extend(noted::add(&record, &dir, &mut prepared.entries));
    }
    let mut outcome = Outcome {
        dir,
        entries: prepared.entries.clone(),
        hooks: opened.hooks.clone(),
        hooks_ran: false,
        notes: prepared.notes.clone(),
    };
    if !opened.hooks.is_empty() && !opened.is_consented {
        outcome.notes.push("hooks of the template did not run; `--hooks run` runs them".to_owned());
    }
    if order.dry_run {
        return Ok(outcome);
    }
    if let Some(talk) = talk.as_mut()
        && !talk.review(&prepared.name, &prepared.entries)?
    {
        return Err(CookieError::Stopped("you did not want it".to_owned()));
    }
    let strayed = write(&outcome.dir, &prepared, &opened, order)?;
    outcome.notes.extend(strayed::sentence(&strayed));
    outcome.hooks_ran = opened.is_consented && !opened.hooks.is_empty();
    if let Err(error) = replay::write(&replay_file(&config, &opened.template), &prepared.context) {
        outcome.notes.push(format!("the answers are not kept for a replay: {error}"));
    }
    Ok(outcome)
}

/// A template that is being opened: its folder, which menus and hooks may change.
struct Opened {
    template: PathBuf,
    bounds: PathBuf,
    /// Where the template is in all that was found.
    inside: PathBuf,
    named: String,
    repo_dir: String,
    hooks: Vec<Hook>,
    is_consented: bool,
    copies: Vec<tempfile::TempDir>,
}

impl Opened {
    fn new(found: &Found, order: &Order) -> Self {
        Self {
            template: found.template.clone(),
            bounds: found.whole.clone(),
            inside: found.inside(),
            named: order.source.clone(),
            repo_dir: found.named.clone(),
            hooks: Vec::new(),
            is_consented: false,
            copies: Vec::new(),
        }
    }

    /// Follows menus to the template itself, with consent for its hooks and those that run before questions.
    fn choose(
        &mut self,
        answers: &mut Dict,
        order: &Order,
        talk: &mut Option<&mut dyn Talk>,
    ) -> Result<(), CookieError> {
        for _ in 0..MOST_MENUS {
            self.hooks = hooks::find(&self.template)?;
            self.is_consented = self.is_consented(order, talk)?;
            if self.is_consented && !order.dry_run {
                self.run_before_questions(order)?;
            }
            let questions = manifest::read(&self.template)?;
            let chosen = asked(talk, |asking| menu::choose(&self.template, &questions, answers, asking))?;
            let Some(chosen) = chosen else { return Ok(()) };
            let below = self.template.canonicalize().map_err(refused(&self.template))?;
            self.inside.push(chosen.strip_prefix(below).unwrap_or(Path::new("")));
            self.repo_dir = chosen.to_string_lossy().into_owned();
            self.named.clone_from(&self.repo_dir);
            self.template = chosen;
        }
        Err(CookieError::Manifest("the template is a menu of menus without end".to_owned()))
    }

    /// Its hooks, if they may run.
    fn allowed(&self) -> &[Hook] {
        if self.is_consented { &self.hooks } else { &[] }
    }

    /// Whether its hooks may run: as somebody says now, or said of the very same files before.
    fn is_consented(&self, order: &Order, talk: &mut Option<&mut dyn Talk>) -> Result<bool, CookieError> {
        if order.hooks != HookChoice::Ask || self.hooks.is_empty() || order.dry_run {
            return Ok(order.hooks == HookChoice::Run);
        }
        let content = super::digest::digest(&self.bounds)?;
        if consent::is_given(&content) {
            return Ok(true);
        }
        let said = talk.as_mut().map_or(Ok(Consent::No), |talk| talk.may_run(&self.hooks))?;
        if said == Consent::Always {
            consent::give(&self.named, &content)?;
        }
        Ok(said != Consent::No)
    }

    /// Runs such hooks in a copy of the template, which takes its place.
    fn run_before_questions(&mut self, order: &Order) -> Result<(), CookieError> {
        let early: Vec<&Hook> = self.hooks.iter().filter(|hook| hook.moment == Moment::PrePrompt).collect();
        if early.is_empty() {
            return Ok(());
        }
        let holder = tempfile::Builder::new()
            .prefix("minipach-template-")
            .tempdir()
            .map_err(refused(&self.template))?;
        let copy = holder.path().join(self.template.file_name().unwrap_or_default());
        copy_tree(&self.template, &copy)?;
        for hook in early {
            hooks::run(&hooks::raw(hook), &copy, order)?;
        }
        self.repo_dir = copy.to_string_lossy().into_owned();
        self.bounds.clone_from(&copy);
        self.template = copy;
        self.copies.push(holder);
        Ok(())
    }

    fn prepare(
        &self,
        order: &Order,
        answers: &Dict,
        config: &Config,
        talk: &mut Option<&mut dyn Talk>,
    ) -> Result<Prepared, CookieError> {
        let replayed = match &order.replay {
            Replay::No => None,
            Replay::Last => Some(replay::read(&replay_file(config, &self.template))?),
            Replay::File(file) => Some(replay::read(file)?),
        };
        let output_dir = absolute(&order.output_dir)?;
        let request = Request {
            template: &self.template,
            bounds: &self.bounds,
            named: &self.named,
            repo_dir: &self.repo_dir,
            checkout: order.checkout.as_deref(),
            output_dir: &output_dir,
            defaults: &config.defaults,
            answers,
            replay: replayed.as_ref(),
            hooks: self.allowed(),
            overwrites: order.occupied != Occupied::Refuse,
        };
        asked(talk, |asking| prepare(&request, asking))
    }
}

/// Lends someone to talk to for questions.
fn asked<T>(
    talk: &mut Option<&mut dyn Talk>,
    act: impl FnOnce(&mut Asking<'_>) -> Result<T, CookieError>,
) -> Result<T, CookieError> {
    match talk {
        Some(talk) => {
            act(&mut Asking { asker: Some(&mut |question| talk.ask(question)), ..Asking::default() })
        }
        None => act(&mut Asking::default()),
    }
}

/// Writes all and runs hooks; gives the files in which these named the folder that they ran in.
fn write(
    dir: &Path,
    prepared: &Prepared,
    opened: &Opened,
    order: &Order,
) -> Result<Vec<String>, CookieError> {
    let after = hooks::ready(opened.allowed(), Moment::PostGen, &prepared.engine, &prepared.value)?;
    let staged = Staged::begin(dir)?;
    prepared.before.iter().try_for_each(|hook| hooks::run(hook, staged.folder(), order))?;
    staged.fill(&prepared.entries)?;
    after.iter().try_for_each(|hook| hooks::run(hook, staged.folder(), order))?;
    let strayed = if opened.allowed().is_empty() { Vec::new() } else { staged.refuse_strayed()? };
    staged.finish(order.occupied)?;
    Ok(strayed)
}

/// The file with the answers of the last run of a template, as cookiecutter names it.
fn replay_file(config: &Config, template: &Path) -> PathBuf {
    let real = template.canonicalize().unwrap_or_else(|_| template.to_owned());
    let name = real.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    config.replays.join(format!("{name}.json"))
}

fn absolute(dir: &Path) -> Result<PathBuf, CookieError> {
    std::path::absolute(dir).map_err(refused(dir))
}

/// Copies a template for hooks that may change it; links are followed.
fn copy_tree(from: &Path, to: &Path) -> Result<(), CookieError> {
    std::fs::create_dir_all(to).map_err(refused(to))?;
    for entry in std::fs::read_dir(from).map_err(refused(from))? {
        let entry = entry.map_err(refused(from))?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        let is_link = entry.file_type().map_err(refused(&path))?.is_symlink();
        if path.is_dir() && !is_link {
            copy_tree(&path, &target)?;
        } else if path.is_file() {
            std::fs::copy(&path, &target).map_err(refused(&path))?;
        }
    }
    Ok(())
}
