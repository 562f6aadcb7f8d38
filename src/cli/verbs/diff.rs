//! `diff`: which datums came, went and changed between two moments, and why.

use super::{LOOKED, print, print_json};
use crate::app::{self, AppError, Change, Comparison, ExitCode, PipelineChange, Then, Way};
use crate::cli::Context;
use crate::cli::args::Diff;
use crate::cli::report::{Style, Table, brief, paint};
use crate::model::{show, show_short};

/// `diff`.
pub(crate) fn diff(context: &Context, args: &Diff) -> Result<ExitCode, AppError> {
    let Some(from) = args.from.as_deref().filter(|_| !args.scaffold) else {
        return super::drift::drift(context);
    };
    let found = app::compare(&context.dir, from, args.to.as_deref())?;
    if context.json {
        print_json(&serde_json::json!(found));
        return Ok(LOOKED);
    }
    if !context.quiet {
        print(&format!("from {} to {}\n\n", moment(&found.from), moment(&found.to)));
    }
    print(&text(&found, context.verbose > 0));
    Ok(LOOKED)
}

/// `1cbd66d “fs: 21 datums”`, or `now`.
fn moment(then: &Then) -> String {
    let Some(commit) = &then.commit else { return paint(Style::Bold, "now") };
    let subject = then.subject.as_deref().unwrap_or_default();
    let id = paint(Style::Bold, commit.get(..7).unwrap_or(commit));
    format!("{id} “{}”", show_short(subject, 60))
}

fn text(found: &Comparison, is_long: bool) -> String {
    if found.is_empty() {
        return "  no datum differs\n".into();
    }
    let mut table = Table::new().right(&[1]);
    for repo in &found.repos {
        let name = (Style::Bold, show(&repo.name));
        table.row(vec![name, plain(""), plain(&repo.sentence())]);
    }
    for pipeline in &found.pipelines {
        rows(&mut table, pipeline, is_long);
    }
    table.render()
}

fn rows(table: &mut Table, pipeline: &PipelineChange, is_long: bool) {
    let mut name = show(&pipeline.name);
    if let Some(remark) = pipeline.remark() {
        table.row(vec![(Style::Bold, std::mem::take(&mut name)), plain(""), (Style::Warn, show(&remark))]);
    }
    if is_long {
        return each(table, pipeline, name);
    }
    for way in pipeline.ways() {
        let number = (Style::Plain, way.keys.len().to_string());
        let cells = vec![(Style::Bold, std::mem::take(&mut name)), number, (style(&way), show(&way.how))];
        table.row([cells, vec![(Style::Dim, way.named())]].concat());
    }
}

/// Every datum in a line, and below it what is otherwise, with old and new value.
fn each(table: &mut Table, pipeline: &PipelineChange, mut name: String) {
    for datum in &pipeline.datums {
        let alone = PipelineChange { datums: vec![datum.clone()], ..pipeline.clone() };
        for way in alone.ways() {
            let told = (style(&way), show(&way.how));
            table.row(vec![(Style::Bold, std::mem::take(&mut name)), plain(&show(&datum.key)), told]);
        }
        for reason in &datum.why {
            let values = reason
                .values()
                .map(|(old, new)| format!("  {} → {}", show(&brief(&old)), show(&brief(&new))));
            let line = format!("  {}{}", show(&reason.sentence()), values.unwrap_or_default());
            table.row(vec![plain(""), plain(""), (Style::Dim, line)]);
        }
    }
}

fn plain(text: &str) -> (Style, String) {
    (Style::Plain, text.to_owned())
}

const fn style(way: &Way) -> Style {
    match way.change {
        Change::Came => Style::Good,
        Change::Went => Style::Bad,
        Change::Changed => Style::Warn,
    }
}
