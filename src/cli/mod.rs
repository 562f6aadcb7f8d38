//! The command line: parses, calls `app`, prints.

mod alone;
mod args;
mod ask;
mod check_args;
mod help;
mod import;
mod layout_args;
mod report;
mod talk;
mod template_args;
mod verbs;

use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{ColorChoice, CommandFactory as _, Parser as _};

use crate::app::{AppError, ExitCode};
use alone::Alone;
use args::{Cli, Verb};
use report::{Style, paint};

/// What every verb gets: where, and how to print.
pub(crate) struct Context {
    /// The folder to start from.
    pub(crate) dir: PathBuf,
    /// Whether to print JSON.
    pub(crate) json: bool,
    /// Whether to say less.
    pub(crate) quiet: bool,
    /// How much more to say.
    pub(crate) verbose: u8,
}

impl Context {
    /// The same in another folder.
    pub(crate) fn inside(&self, dir: &Path) -> Self {
        Self { dir: dir.to_owned(), json: self.json, quiet: self.quiet, verbose: self.verbose }
    }
}

/// Runs the program; gives its exit code. A bug that breaks it has been told by then.
pub fn main() -> u8 {
    std::panic::catch_unwind(run).unwrap_or_else(|_| ExitCode::Bug.number())
}

fn run() -> u8 {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    choose_color(cli.color);
    if cli.detached {
        crate::app::detach();
    }
    finish(perform(cli))
}

/// Tells what went wrong; also if not all could be printed.
fn finish(done: Result<ExitCode, AppError>) -> u8 {
    let code = match done.and_then(|code| verbs::unprinted().map_or(Ok(code), Err)) {
        Ok(code) => code,
        Err(error) => {
            print_error(&error);
            error.code
        }
    };
    code.number()
}

fn usage(error: &clap::Error) -> u8 {
    let is_question = matches!(
        error.kind(),
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    );
    let printed = error.print();
    if !is_question {
        return ExitCode::Usage.number();
    }
    verbs::note_unprinted(printed);
    finish(Ok(ExitCode::Done))
}

fn perform(cli: Cli) -> Result<ExitCode, AppError> {
    let context = Context { dir: start(cli.start)?, json: cli.json, quiet: cli.quiet, verbose: cli.verbose };
    let Some(verb) = cli.verb else { return bare(&context, &cli.alone) };
    if cli.alone.is_given() {
        let message = "`--once`, `--plain`, `--ascii` and `--no-motion` are for `minipach` without a command";
        return Err(AppError::usage(message));
    }
    match verb {
        Verb::Demo(args) => verbs::new::demo(&context, &args),
        Verb::New(args) => verbs::new::new(&context, &args),
        Verb::Add(args) => verbs::add::add(&context, &args),
        Verb::Update(args) => verbs::update::update(&context, &args),
        Verb::Adopt(args) => verbs::update::adopt(&context, &args),
        Verb::Import(args) => verbs::import::import(&context, &args),
        Verb::Plan(args) => verbs::status::plan(&context, &args),
        Verb::Status(args) => verbs::status::status(&context, &args),
        Verb::Diff(args) => verbs::diff::diff(&context, &args),
        Verb::Run(args) if args.recursive => verbs::below::recursive(&context, &args),
        Verb::Run(args) => verbs::run::run(&context, &args),
        Verb::Datums(args) => verbs::datums::datums(&context, &args),
        Verb::Why(args) => verbs::why::why(&context, &args.targets),
        Verb::Provenance(args) => verbs::provenance::provenance(&context, &args),
        Verb::Engines => Ok(verbs::engines::list(&context)),
        Verb::Enter(args) => verbs::enter::enter(&context, &args),
        Verb::Logs(args) => verbs::logs::logs(&context, &args),
        Verb::Jobs(args) => verbs::jobs::jobs(&context, &args),
        Verb::Attach(args) => verbs::attach::attach(&context, &args),
        Verb::Cancel(args) => verbs::cancel::cancel(&context, &args),
        Verb::Glob(args) => verbs::glob::glob(&context, &args),
        Verb::Graph(args) => verbs::graph::graph(&context, &args),
        Verb::Accept(args) => verbs::save::accept(&context, &args),
        Verb::Save(args) => verbs::save::save(&context, &args),
        Verb::Undo(args) => verbs::undo::undo(&context, &args),
        Verb::Gc(args) => verbs::gc::gc(&context, &args),
        Verb::Check(args) => verbs::check::check(&context, &args),
        Verb::Rule(args) => verbs::rule::rule(&context, args.rule.as_deref()),
        Verb::Schema(args) => Ok(verbs::generated::schema(&context, args.of)),
        Verb::Completions(args) => verbs::generated::completions(&context, args.shell),
        Verb::Man => verbs::generated::man(&context),
        Verb::SandboxHelper { private, command } => {
            crate::app::serve_sandbox(&private, &command).map(|()| ExitCode::Done)
        }
    }
}

/// Without a verb: where things stand, or outside of any project how to begin.
fn bare(context: &Context, alone: &Alone) -> Result<ExitCode, AppError> {
    let is_project = crate::app::is_in_repository(&context.dir);
    if alone.once {
        return verbs::ui::once(context, alone);
    }
    if alone.plain {
        return verbs::ui::plain(&context.dir, alone);
    }
    if !context.json && verbs::ui::is_terminal() {
        let show = if is_project { verbs::ui::open } else { verbs::new::begin };
        return show(&context.dir, alone);
    }
    if context.json || is_project {
        return verbs::status::status(context, &args::Status::default());
    }
    verbs::print(&Cli::command().render_help().ansi().to_string());
    verbs::say(&format!(
        "\n{} there is no project here; `minipach demo` shows one, `minipach new` makes one",
        paint(Style::Hint, "hint:")
    ));
    Ok(ExitCode::Done)
}

/// Colour as asked for; by default streams find out by themselves: a terminal, `NO_COLOR`, `CLICOLOR_FORCE`.
fn choose_color(asked: ColorChoice) {
    let choice = match asked {
        ColorChoice::Auto => return,
        ColorChoice::Always => anstream::ColorChoice::Always,
        ColorChoice::Never => anstream::ColorChoice::Never,
    };
    choice.write_global();
}

fn start(dir: Option<PathBuf>) -> Result<PathBuf, AppError> {
    let dir = dir.unwrap_or_else(|| PathBuf::from("."));
    if !dir.is_dir() {
        return Err(AppError::usage(format!("`{}` is no folder", dir.display())));
    }
    std::path::absolute(&dir).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            AppError::usage("the folder that you are in was removed").hint("go to another one, as by `cd`")
        }
        _ => AppError::usage(format!("cannot find `{}`: {error}", dir.display())),
    })
}

fn print_error(error: &AppError) {
    use std::io::Write as _;
    let mut stderr = anstream::stderr().lock();
    drop(writeln!(stderr, "{} {}", paint(Style::Bad, "error:"), crate::model::show(&error.message)));
    for hint in &error.hints {
        drop(writeln!(stderr, "{} {}", paint(Style::Hint, "hint:"), crate::model::show(hint)));
    }
}
