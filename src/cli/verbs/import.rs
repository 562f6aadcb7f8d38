//! `import`: the new specs, a line for each construct of the source, and where files stand now.

use std::fmt::Write as _;

use serde_json::json;

use super::{draw, open, print, print_json, say};
use crate::app::{self, AppError, ExitCode, ImportRequest, ImportView, MovedBelow};
use crate::cli::Context;
use crate::cli::import::Import;
use crate::cli::report::{Style, Table, paint, plural};
use crate::import::{Class, Kind, NewPipeline, Wishes};
use crate::model::show;

/// So many datums are named.
const NAMED: usize = 3;

/// `import`.
pub(crate) fn import(context: &Context, args: &Import) -> Result<ExitCode, AppError> {
    let session = open(context)?;
    let view = app::import(session, &context.dir, &request(args)?)?;
    if context.json {
        print_json(&to_json(&view));
        return Ok(ExitCode::Done);
    }
    if let Some(moved) = &view.moved_below {
        say(&elsewhere(moved));
    }
    if !args.write {
        print(&specs(&view));
    }
    print(&report(&view));
    if !view.findings.is_empty() && !args.write {
        let is_told = |code: &str| code == "MP110" || code == "MP103";
        let others = view.findings.iter().filter(|finding| !is_told(finding.code)).count();
        if others > 0 {
            say(&format!(
                "{} `check` will find {} in these specs",
                paint(Style::Hint, "hint:"),
                plural(others, "more thing")
            ));
        }
    }
    if args.write && !view.findings.is_empty() {
        say(&draw(session, &view.findings));
    }
    say(&next(&view, args.write));
    Ok(ExitCode::Done)
}

/// That a folder was chosen, and why.
fn elsewhere(moved: &MovedBelow) -> String {
    format!(
        "{} `{}` is there already, and only new folders are written, so the pipelines go below `{}`; move it away (what another \
         tool made of the same sources is made again), or name another folder with `--into DIR`",
        paint(Style::Warn, "note:"),
        show(&moved.taken),
        show(&moved.folder)
    )
}

fn request(args: &Import) -> Result<ImportRequest, AppError> {
    let kind = match args.from.as_deref() {
        Some(word) => Some(
            Kind::from_word(word).ok_or_else(|| AppError::usage(format!("`{word}` is no kind of source")))?,
        ),
        None => None,
    };
    let into = args.into.as_deref().map(|dir| dir.trim_matches('/').to_owned());
    let mut wishes = Wishes { into, force: args.force, ..Wishes::default() };
    for pair in &args.map {
        let both = pair.split_once('=').map(|(old, new)| (old.trim_matches('/'), new.trim_matches('/')));
        let Some((old, new)) = both.filter(|(old, new)| !old.is_empty() && !new.is_empty()) else {
            return Err(AppError::usage(format!("`--map {pair}` is not OLD=NEW")));
        };
        wishes.map.insert(old.to_owned(), new.to_owned());
    }
    Ok(ImportRequest { sources: args.sources.clone(), kind, wishes, write: args.write })
}

/// The specs as they would be written.
fn specs(view: &ImportView) -> String {
    let mut out = String::new();
    for pipeline in &view.imported.pipelines {
        let same = if view.unchanged.contains(&pipeline.name) { "  (stands already)" } else { "" };
        _ = writeln!(out, "{}{same}", paint(Style::Bold, &format!("{}/spec.yml", show(&pipeline.name))));
        for line in pipeline.spec.lines() {
            _ = writeln!(out, "  {}", show(line));
        }
        out.push('\n');
    }
    out
}

/// What became of each construct, where files stand now, and what datums there are.
fn report(view: &ImportView) -> String {
    let mut out = String::new();
    let mut table = Table::new();
    for item in &view.imported.items {
        let place = show(&item.place.to_string());
        let word = item.class.word().to_owned();
        let target = show(&item.target);
        table.row(vec![
            (Style::Plain, place),
            (style(item.class), word),
            (Style::Bold, target),
            (Style::Plain, show(&item.text)),
        ]);
    }
    out.push_str(&table.render());
    if !view.imported.moved.is_empty() {
        out.push_str("\nfiles that stand elsewhere now\n");
        let mut table = Table::new();
        for moved in &view.imported.moved {
            table.row(vec![
                (Style::Plain, show(&moved.old)),
                (Style::Plain, "→".into()),
                (Style::Bold, show(&moved.new)),
            ]);
        }
        out.push_str(&table.render());
    }
    if !view.imported.pipelines.is_empty() {
        out.push_str("\ndatums of the data that are here\n");
        let mut table = Table::new();
        for pipeline in &view.imported.pipelines {
            table.row(vec![(Style::Bold, show(&pipeline.name)), (Style::Plain, datums(view, pipeline))]);
        }
        out.push_str(&table.render());
    }
    out
}

fn datums(view: &ImportView, pipeline: &NewPipeline) -> String {
    let mut text = match view.datums.get(&pipeline.name) {
        Some(Ok(keys)) => {
            let named: Vec<String> = keys.iter().take(NAMED).map(|key| show(key)).collect();
            let more = if keys.len() > NAMED { ", …" } else { "" };
            let named =
                if named.is_empty() { String::new() } else { format!(": {}{more}", named.join(", ")) };
            format!("{}{named}", plural(keys.len(), "datum"))
        }
        Some(Err(why)) => format!("known {}", show(why)),
        None => String::new(),
    };
    if let Some(expected) = &pipeline.expected {
        _ = write!(text, "; the source makes {}", plural(expected.len(), "file"));
    }
    text
}

const fn style(class: Class) -> Style {
    match class {
        Class::Exact => Style::Good,
        Class::Assumed => Style::Plain,
        Class::Todo => Style::Bad,
        Class::Refused => Style::Warn,
    }
}

fn next(view: &ImportView, is_written: bool) -> String {
    let counted: Vec<String> =
        Class::ALL.iter().map(|class| format!("{} {}", view.imported.count(*class), class.word())).collect();
    let mut text = counted.join(", ");
    if view.imported.pipelines.is_empty() && view.imported.count(Class::Refused) > 0 {
        text.push_str("\nno pipeline comes of it");
    } else if view.imported.pipelines.is_empty() {
        text.push_str("\nno pipeline comes of it: nothing in it says which files a command makes");
    } else if is_written && view.written.is_empty() && !view.unchanged.is_empty() {
        text.push_str("\nall pipelines stand already as they would be written: nothing was to do");
    } else if is_written {
        let listed = if view.is_listed {
            ", and .gitattributes (what git does with results, specs and code)"
        } else {
            ""
        };
        _ = write!(text, "\nwrote {}{listed}", plural(view.written.len(), "pipeline"));
        if view.imported.count(Class::Todo) > 0 {
            text.push_str("; those with a `TODO(import)` run once it is settled (minipach check)");
        } else {
            text.push_str("; nothing runs until you say so: minipach plan");
        }
    } else {
        text.push_str("\nnothing is written; `--write` does that");
    }
    text
}

fn to_json(view: &ImportView) -> serde_json::Value {
    let pipeline = |pipeline: &NewPipeline| {
        let (datums, why) = match view.datums.get(&pipeline.name) {
            Some(Ok(keys)) => (json!(keys), None),
            Some(Err(why)) => (json!(null), Some(why)),
            None => (json!(null), None),
        };
        json!({"name": pipeline.name, "from": pipeline.from, "spec": pipeline.spec, "datums": datums, "unknown": why,
               "expected": pipeline.expected, "unchanged": view.unchanged.contains(&pipeline.name),
               "written": view.written.contains(&pipeline.name)})
    };
    let pipelines: Vec<serde_json::Value> = view.imported.pipelines.iter().map(pipeline).collect();
    json!({"version": 1, "pipelines": pipelines, "items": view.imported.items, "moved": view.imported.moved,
           "attributes": view.is_listed, "findings": view.findings,
           "below": view.moved_below.as_ref().map(|moved| &moved.folder)})
}
