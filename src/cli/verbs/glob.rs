//! `glob`: what a pattern cuts a folder into.

use serde_json::json;

use super::{LOOKED, open, print, print_json, say};
use crate::app::{AppError, ExitCode, Session};
use crate::cli::Context;
use crate::cli::args::Glob;
use crate::cli::report::{Style, Table, paint, plural};
use crate::model::glob::{Glob as Pattern, Template};
use crate::model::{DatumState, Leaf, RepoPath, show};
use crate::plan::{Piece, explain};
use crate::spec::{CAPTURE, always_empty};

/// `glob`.
pub(crate) fn glob(context: &Context, args: &Glob) -> Result<ExitCode, AppError> {
    let pattern = parsed(args)?;
    let repo = RepoPath::parse(&args.repo)
        .map_err(|error| AppError::usage(format!("the folder `{}` {error}", args.repo)))?;
    let session = open(context)?;
    let (tree, lacking) = session.offer(repo.as_str())?;
    let join_on = args.join_on.as_deref().map(Template::parse);
    if let Some(number) =
        join_on.as_ref().map(Template::highest_group).filter(|most| *most > pattern.groups())
    {
        let note = format!("{}; {CAPTURE}", always_empty(number, &pattern));
        say(&format!("{} {}", paint(Style::Warn, "note:"), show(&note)));
    }
    let leaf = Leaf { join_on, ..Leaf::plain(repo, pattern) };
    let pieces = explain(&leaf, &tree);
    tell_left_out(session, &leaf);
    if context.json {
        for piece in &pieces {
            print_json(&as_json(piece));
        }
        return Ok(LOOKED);
    }
    let mut table = Table::new();
    for piece in &pieces {
        table.row(row(piece));
    }
    print(&table.render());
    tell_not_offered(leaf.repo.as_str(), &lacking);
    if !context.quiet {
        say(&plural(pieces.len(), "match").replace("matchs", "matches"));
        if let Some(note) = own_note(&pieces) {
            say(&format!("{} {}", paint(Style::Warn, "note:"), show(&note)));
        }
    }
    Ok(LOOKED)
}

/// The pattern; says where it is likely to be a slip.
fn parsed(args: &Glob) -> Result<Pattern, AppError> {
    let pattern = Pattern::parse(&args.pattern).map_err(|error| {
        AppError::usage(format!(
            "`{}` is no glob: {} (at character {})",
            args.pattern,
            error.message,
            error.at + 1
        ))
    })?;
    if let Some(slip) = pattern.slips().first() {
        let (text, mended) = (&args.pattern, slip.mended(&args.pattern));
        say(&format!(
            "{} `{}` {slip}; did you mean `{}`?",
            paint(Style::Warn, "note:"),
            show(text),
            show(&mended)
        ));
    }
    Ok(pattern)
}

/// Says of the first file that the glob would take and nothing can, that it is left out.
fn tell_left_out(session: &Session, leaf: &Leaf) {
    let Some(path) = session.project.odd_name_for(leaf) else { return };
    let why = "its name is not UTF-8, and no pipeline can take it; rename the file";
    let note = format!("`{path}` is left out: {why}");
    say(&format!("{} {}", paint(Style::Warn, "note:"), show(&note)));
}

/// Says what of a pipeline's results nobody can read yet.
fn tell_not_offered(folder: &str, lacking: &[(DatumState, usize)]) {
    let counts: Vec<String> =
        lacking.iter().map(|(state, count)| format!("{count} {}", state.word().replace('_', " "))).collect();
    if !counts.is_empty() {
        let why = format!("`minipach why {}` tells why", crate::app::quoted(folder));
        let note = format!(
            "of `{folder}` only what is done is looked at; not its datums that are {}; {why}",
            counts.join(", ")
        );
        say(&format!("{} {}", paint(Style::Warn, "note:"), show(&note)));
    }
}

/// What git and `DataLad` keep in a dataset for themselves.
const OWN: [&str; 4] = [".datalad", ".gitattributes", ".gitignore", ".gitmodules"];

/// That a glob takes some of that, as in Pachyderm, where a leading dot is nothing special.
fn own_note(pieces: &[Piece]) -> Option<String> {
    let name = |piece: &Piece| piece.path.rsplit('/').next().unwrap_or_default().to_owned();
    let own = pieces.iter().find(|piece| OWN.contains(&name(piece).as_str()))?;
    Some(format!(
        "it takes `/{}` too, which git and DataLad keep for themselves; `[!.]*` in the place of `*` passes over names that begin with a dot",
        own.path
    ))
}

fn as_json(piece: &Piece) -> serde_json::Value {
    json!({
        "path": format!("/{}", piece.path),
        "kind": if piece.is_folder { "folder" } else { "file" },
        "captures": piece.captures,
        "join_on": piece.join_on,
    })
}

fn row(piece: &Piece) -> Vec<(Style, String)> {
    let slash = if piece.is_folder && !piece.path.is_empty() { "/" } else { "" };
    let captures: Vec<String> =
        piece.captures.iter().enumerate().map(|(at, text)| format!("${}={}", at + 1, show(text))).collect();
    let key = piece.join_on.as_ref().map(|key| format!("join_on={}", show(key))).unwrap_or_default();
    vec![
        (Style::Plain, format!("/{}{slash}", show(&piece.path))),
        (Style::Dim, captures.join("  ")),
        (Style::Hint, key),
    ]
}
