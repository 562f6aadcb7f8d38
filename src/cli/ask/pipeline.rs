//! What a new pipeline is to be, asked piece by piece; what a glob takes is told as soon as it is typed.

use super::Asker;
use crate::app::{self, AddKind, AddRequest, AppError, Readable, Session};
use crate::cli::report::{Style, paint, plural};
use crate::cli::verbs::say;
use crate::model::{show, show_some};

/// So many pieces of what a glob takes are named.
const NAMED: usize = 3;

/// Asks for all that a request lacks.
///
/// # Errors
/// When the user ends it, or there is nothing to read.
pub(crate) fn complete(
    asker: &Asker,
    session: &Session,
    kind: AddKind,
    request: &mut AddRequest,
) -> Result<(), AppError> {
    if request.name.is_empty() {
        let check = |text: &str| app::can_be_added(session, text);
        request.name = asker.text("What is it called (the folder of its results)?", None, check)?;
    }
    if request.from.len() < kind.inputs_at_least() {
        request.from = inputs(asker, session, kind)?;
    }
    if kind == AddKind::Sweep && request.params.is_empty() {
        let check =
            |text: &str| if text.contains('=') { Ok(()) } else { Err("give NAME=VALUE,VALUE".to_owned()) };
        let typed = asker.text("Which parameters (rate=0.1,0.2 kind=a,b)?", None, check)?;
        request.params = typed.split_whitespace().map(str::to_owned).collect();
    }
    if kind == AddKind::Container && request.image.is_none() {
        let typed = asker.text("Which image (empty: a Dockerfile is written)?", None, |_| Ok(()))?;
        request.image = Some(typed.trim().to_owned()).filter(|typed| !typed.is_empty());
    }
    if kind.takes_command() && request.command.is_empty() {
        request.command = command(asker, session, kind, request)?;
    }
    Ok(())
}

/// Asks for a kind.
///
/// # Errors
/// When the user ends it.
pub(crate) fn kind(asker: &Asker) -> Result<AddKind, AppError> {
    let kinds: Vec<AddKind> = AddKind::all().filter(|kind| *kind != AddKind::FromTemplate).collect();
    let items: Vec<String> =
        kinds.iter().map(|kind| format!("{:16}  {}", kind.word(), kind.means())).collect();
    let chosen = asker.choice("What kind of pipeline?", &items, 0)?;
    Ok(kinds.get(chosen).copied().unwrap_or(AddKind::Map))
}

fn inputs(asker: &Asker, session: &Session, kind: AddKind) -> Result<Vec<String>, AppError> {
    let all = app::readable(session);
    if all.is_empty() {
        let error = AppError::usage("there is nothing to read yet");
        return Err(error.hint("put data into a folder, such as raw/images"));
    }
    let chosen = which(asker, kind, &all)?;
    let cut = |at: usize| all.get(at).map(|chosen| how_cut(asker, session, kind, &chosen.repo));
    chosen.into_iter().filter_map(cut).collect()
}

/// Asks which folders, with what is in them.
fn which(asker: &Asker, kind: AddKind, all: &[Readable]) -> Result<Vec<usize>, AppError> {
    let wide = all.iter().map(|one| one.repo.chars().count()).max().unwrap_or(0);
    let label = |one: &Readable| {
        let top: Vec<&str> = one.top.iter().map(String::as_str).collect();
        format!("{:wide$}  {}: {}", one.repo, plural(one.files, "file"), show_plainly(&top))
    };
    let labels = all.iter().map(label);
    if kind.inputs_at_most() == 1 {
        return Ok(vec![asker.choice("What does it read?", &labels.collect::<Vec<_>>(), 0)?]);
    }
    let items: Vec<(String, bool)> = labels.map(|label| (label, false)).collect();
    loop {
        let chosen = asker.multi("What does it read?", &items)?;
        if chosen.len() >= kind.inputs_at_least() {
            return Ok(chosen);
        }
        say(&format!("mark at least {}, with the space bar", kind.inputs_at_least()));
    }
}

/// The first of some names.
fn show_plainly(names: &[&str]) -> String {
    let first = names.iter().take(NAMED).map(|name| show(name)).collect::<Vec<_>>().join(", ");
    if names.len() > NAMED { format!("{first}, …") } else { first }
}

/// Asks how a folder is cut, until something comes of it; `REPO:GLOB`.
fn how_cut(asker: &Asker, session: &Session, kind: AddKind, repo: &str) -> Result<String, AppError> {
    let usual = app::suggested_glob(session, kind, repo)?;
    let check = |text: &str| match text.trim() {
        glob if glob.starts_with('/') => app::cut(session, repo, glob).map(drop),
        _ => Err("give a glob such as /(*)".to_owned()),
    };
    let prompt = format!("How is {repo} cut? What is in ( ) names the result");
    let glob = asker.text(&prompt, Some(&usual), check)?;
    let glob = glob.trim();
    let taken = app::cut(session, repo, glob).unwrap_or_default();
    let taken: Vec<&str> =
        taken.iter().map(|path| if path.is_empty() { "all of it" } else { path }).collect();
    say(&paint(Style::Hint, &format!("  takes {}", show_some(&taken, NAMED))));
    Ok(format!("{repo}:{glob}"))
}

/// Asks for a command; no words if a script is to be written.
fn command(
    asker: &Asker,
    session: &Session,
    kind: AddKind,
    request: &AddRequest,
) -> Result<Vec<String>, AppError> {
    let variables = app::input_variables(kind, &request.from);
    let example = format!("wc {} > /pfs/out/sizes.txt", variables.join(" "));
    let finds =
        format!("  it finds its input at {}; what it writes to /pfs/out is its result", variables.join(", "));
    say(&paint(Style::Hint, &finds));
    let names_file = |text: &str| text.split_whitespace().any(|word| session.project.scan.contains(word));
    let check = |text: &str| {
        if text.trim().is_empty() || text.contains("/out") || names_file(text) {
            return Ok(());
        }
        Err(format!("say where its result goes, as in: {example}"))
    };
    loop {
        let typed =
            asker.text("Which command (empty: a script is written, for you to edit)?", None, check)?;
        let typed = typed.trim();
        if typed.is_empty() {
            return Ok(Vec::new());
        }
        let unread: Vec<&str> =
            variables.iter().map(String::as_str).filter(|one| !reads(typed, one)).collect();
        let question = || format!("It never reads {}. Take it nevertheless?", unread.join(", "));
        if unread.is_empty() || names_file(typed) || asker.yes_no(&question(), Some(false))? {
            return Ok(app::command_words(typed));
        }
    }
}

/// Whether a command reads an input, which is at a variable such as `$t1`, or all that there is.
fn reads(command: &str, variable: &str) -> bool {
    let name = variable.trim_start_matches('$');
    let is_word = |rest: &str| rest.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_');
    let at = |text: &str| command.match_indices(text).any(|(at, _)| !is_word(&command[at + text.len()..]));
    let all = ["/pfs/*", "/pfs/$", "PFS/*", "PFS/$", "PFS}/"];
    let ways = [format!("${name}"), format!("${{{name}"), format!("/pfs/{name}"), format!("PFS/{name}")];
    ways.iter().any(|way| at(way)) || all.iter().any(|way| command.contains(way))
}

#[cfg(test)]
mod tests {
    use super::reads;

    #[test]
    fn commands_read_what_they_name() {
        for command in
            ["wc $t1", "wc \"${t1%.nii}\"", "wc /pfs/t1/x", "ls $PFS/t1", "for f in /pfs/*; do x; done"]
        {
            assert!(reads(command, "$t1"), "{command}");
        }
        for command in ["wc $raw_t1", "wc $t12", "wc t1", "date > /pfs/out/t1"] {
            assert!(!reads(command, "$t1"), "{command}");
        }
    }
}
