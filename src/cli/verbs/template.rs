//! `new` from a cookiecutter template.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::{LOOKED, print, print_json, say};
use crate::app::{
    AppError, ConfigChoice, Dict, ExitCode, FromTemplate, HookChoice, Json, Occupied, Talk, TemplateEntry,
    TemplateOrder, TemplateReplay, cd_word, installed_templates, is_template, new_from_template,
};
use crate::cli::Context;
use crate::cli::layout_args::New;
use crate::cli::report::{Style, paint, plural};
use crate::cli::talk::{Nobody, Person};
use crate::cli::template_args::Hooks;
use crate::model::show;
use crate::scaffold::refuse_odd;

/// Lays a template out, if the place named is one.
pub(super) fn new(
    context: &Context,
    args: &New,
    answers: &BTreeMap<String, String>,
) -> Option<Result<ExitCode, AppError>> {
    let text = args.dir.as_ref()?.to_str()?;
    let directory = args.template.directory.as_deref();
    if is_template(text, &context.dir, directory, &config(context, args)) {
        return Some(lay_out(context, args, text, answers));
    }
    no_folder(context, args, text).map(Err)
}

/// Why what was typed is no folder to make, if it was meant as a template or as something for git.
fn no_folder(context: &Context, args: &New, text: &str) -> Option<AppError> {
    let own = &args.template;
    let is_meant = own.overwrite_if_exists
        || own.directory.is_some()
        || own.replay
        || own.replay_file.is_some()
        || own.record
        || own.output_dir != Path::new(".");
    let entries = std::fs::read_dir(context.dir.join(text)).into_iter().flatten().flatten();
    let is_half = || {
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        names.into_iter().any(|name| name.contains("{{") && name.contains("cookiecutter"))
    };
    if is_meant || is_half() {
        let why = format!("`{text}` is no cookiecutter template: there is no `cookiecutter.json` in it");
        return Some(AppError::usage(why));
    }
    refuse_odd(text).err().map(|odd| AppError::usage(odd.to_string()))
}

fn lay_out(
    context: &Context,
    args: &New,
    text: &str,
    answers: &BTreeMap<String, String>,
) -> Result<ExitCode, AppError> {
    let order = order(context, args, text, answers);
    let (mut person, mut nobody) = (Person, Nobody);
    let talk: Option<&mut dyn Talk> =
        match (args.defaults || args.dry_run && !super::ui::is_terminal(), super::ui::is_terminal()) {
            (true, _) => None,
            (false, true) => Some(&mut person),
            (false, false) => Some(&mut nobody),
        };
    let made = new_from_template(&order, talk)?;
    for note in &made.notes {
        say(&show(note));
    }
    if context.json {
        print_json(&as_json(&made, args.dry_run));
    } else if args.dry_run {
        print(&tree(&made));
    } else {
        print(&told(&made));
    }
    Ok(ExitCode::Done)
}

/// Prints the templates that were fetched before, which their names alone lay out again.
pub(super) fn list_installed(context: &Context, args: &New) -> Result<ExitCode, AppError> {
    let names = installed_templates(&config(context, args))?;
    for name in &names {
        if context.json {
            print_json(&json!({"template": name}));
        } else {
            print(&format!("{}\n", show(name)));
        }
    }
    if names.is_empty() && !context.json {
        say("no template was fetched yet; `minipach new gh:owner/name` fetches one");
    }
    Ok(LOOKED)
}

fn config(context: &Context, args: &New) -> ConfigChoice {
    match &args.template.config_file {
        Some(file) => ConfigChoice::File(context.dir.join(file)),
        None if args.template.default_config => ConfigChoice::Nothing,
        None => ConfigChoice::Usual,
    }
}

fn order(context: &Context, args: &New, text: &str, answers: &BTreeMap<String, String>) -> TemplateOrder {
    let own = &args.template;
    let mut given = Dict::default();
    for (name, answer) in answers {
        given.insert(name, Json::Text(answer.clone()));
    }
    if let Some(name) = &args.name {
        given.insert("name", Json::Text(name.clone()));
    }
    TemplateOrder {
        source: text.to_owned(),
        start: context.dir.clone(),
        checkout: args.checkout.clone(),
        directory: own.directory.clone(),
        output_dir: context.dir.join(&own.output_dir),
        answers: given,
        replay: match &own.replay_file {
            Some(file) => TemplateReplay::File(context.dir.join(file)),
            None if own.replay => TemplateReplay::Last,
            None => TemplateReplay::No,
        },
        config: config(context, args),
        hooks: match own.hooks {
            Hooks::Ask => HookChoice::Ask,
            Hooks::Run => HookChoice::Run,
            Hooks::Skip => HookChoice::Skip,
        },
        hook_limit: Duration::from_secs(own.hook_timeout),
        // Standard output is for what was laid out.
        hook_output: Some(|| std::io::stderr().into()),
        occupied: match (own.overwrite_if_exists, own.skip_if_file_exists) {
            (false, _) => Occupied::Refuse,
            (true, false) => Occupied::Overwrite,
            (true, true) => Occupied::Complete,
        },
        is_recorded: own.record,
        dry_run: args.dry_run,
    }
}

fn files(made: &FromTemplate) -> Vec<&String> {
    let is_file = |entry: &TemplateEntry| matches!(entry, TemplateEntry::File { .. });
    made.entries.iter().filter(|(_, entry)| is_file(entry)).map(|(path, _)| path).collect()
}

fn as_json(made: &FromTemplate, dry_run: bool) -> serde_json::Value {
    let hooks: Vec<_> = made
        .hooks
        .iter()
        .map(|hook| json!({"file": hook.file, "lines": hook.lines, "digest": hook.digest, "may": hook.may}))
        .collect();
    json!({"dir": made.dir, "files": files(made), "hooks": hooks, "hooks_ran": made.hooks_ran, "written": !dry_run})
}

/// The tree that would be written.
fn tree(made: &FromTemplate) -> String {
    let line = |(path, entry): (&String, &TemplateEntry)| match entry {
        TemplateEntry::Folder => format!("{}/\n", show(path)),
        TemplateEntry::File { .. } => format!("{}\n", show(path)),
    };
    let lines: String = made.entries.iter().map(line).collect();
    format!("{}/\n{lines}", paint(Style::Bold, &show(&made.dir.to_string_lossy())))
}

fn told(made: &FromTemplate) -> String {
    let dir = show(&made.dir.to_string_lossy());
    let way = show(&cd_word(&made.dir.to_string_lossy()));
    let hooks = if made.hooks_ran { ", and ran its hooks" } else { "" };
    // What git keeps can follow its template later.
    let is_kept = made.dir.ancestors().any(|folder| folder.join(".git").exists());
    let commit = if is_kept { "" } else { " && git init && git add . && git commit -m 'Laid out'" };
    format!(
        "laid out {} in {}{hooks}\n  {}\n",
        plural(files(made).len(), "file"),
        paint(Style::Bold, &dir),
        paint(Style::Hint, &format!("cd {way}{commit}"))
    )
}
