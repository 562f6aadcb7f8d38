//! `check`: findings of specs, layout, git, data and results, in any form; mending; baselines.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::Path;

use super::{open, print, print_json, rule, say};
use crate::app::{
    AppError, Asked, BIDS, ExitCode, Formatted, Mending, Moment, Report, Session, WrittenBaseline, from_root,
    mend_all, mending_patch, quoted, refuse_unstaged, staged_paths, validator, write_baseline,
};
use crate::cli::Context;
use crate::cli::check_args::{Check, Form, Level};
use crate::cli::report::render_report;
use crate::model::{Severity, show};
use crate::spec::SourceFile;

/// `check`.
///
/// # Errors
/// When there is no project, a word names no rule, or something cannot be read or written.
pub(crate) fn check(context: &Context, args: &Check) -> Result<ExitCode, AppError> {
    if args.list_rules {
        rule::list(context);
        return Ok(ExitCode::Done);
    }
    if let Some(word) = &args.explain {
        return rule::rule(context, Some(word));
    }
    if let Some(file) = &args.stdin_filename {
        return of_editor(context, args, file);
    }
    let asked = asked(context, args)?;
    if args.write_baseline {
        tell_baseline(&write_baseline(&context.dir, &asked, args.staged)?);
        return Ok(ExitCode::Done);
    }
    if args.staged
        && is_mending(args)
        && let Err(refusal) = refuse_unstaged(&context.dir)
    {
        return unmended(context, args, &asked, refusal);
    }
    let mending = Mending { unsafe_too: args.unsafe_fixes, allow_dirty: args.allow_dirty };
    if args.diff {
        let (patch, unmended) = mending_patch(&context.dir, &asked, mending)?;
        tell_unmended(&unmended);
        print(&patch);
        return Ok(if patch.is_empty() || args.exit_zero { ExitCode::Done } else { ExitCode::Failed });
    }
    if args.staged && !is_mending(args) {
        let moment = Moment::staged(&context.dir)?;
        let report = moment.session.checked(&asked)?;
        return Ok(finish(context, args, &moment.session, report));
    }
    if args.fix || args.unsafe_fixes {
        return mended(context, args, &asked, mending);
    }
    let session = open(context)?;
    Ok(finish(context, args, session, session.checked(&asked)?))
}

/// What is staged does not stand so, so that nothing is mended: where nothing is to be, that is no matter.
fn unmended(context: &Context, args: &Check, asked: &Asked, refusal: AppError) -> Result<ExitCode, AppError> {
    let moment = Moment::staged(&context.dir)?;
    let report = moment.session.checked(asked)?;
    let (safe, others) = report.fixable();
    if safe + if args.unsafe_fixes { others } else { 0 } > 0 {
        return Err(refusal);
    }
    Ok(if args.diff { ExitCode::Done } else { finish(context, args, &moment.session, report) })
}

/// Mends and tells what is left: of a commit that is to be made, what is staged for it, which nothing mended.
fn mended(context: &Context, args: &Check, asked: &Asked, mending: Mending) -> Result<ExitCode, AppError> {
    let mends = mend_all(&context.dir, asked, mending)?;
    for done in &mends.done {
        say(&format!("mended {} in `{}`: {}", done.code, show(&done.path), show(&done.title)));
    }
    tell_unmended(&mends.unmended);
    let code = if args.staged {
        let moment = Moment::staged(&context.dir)?;
        let report = moment.session.checked(asked)?;
        finish(context, args, &moment.session, report)
    } else {
        finish(context, args, open(context)?, mends.report)
    };
    if let Some(error) = mends.held_back {
        return Err(error);
    }
    if !args.staged || mends.done.is_empty() {
        return Ok(code);
    }
    let paths: BTreeSet<String> = mends.done.iter().map(|done| quoted(&done.path)).collect();
    let paths = paths.into_iter().collect::<Vec<_>>().join(" ");
    say(&format!("what was mended is not staged: `git add {}` and commit again", show(&paths)));
    Ok(if args.exit_zero { ExitCode::Done } else { ExitCode::Failed })
}

/// Says what a baseline knows now and, if the project does not name it, what makes `check` read it.
fn tell_baseline(written: &WrittenBaseline) {
    let WrittenBaseline { path, count, unnamed } = written;
    let findings = if *count == 1 { "finding is" } else { "findings are" };
    say(&format!("{count} {findings} known now, in `{}`", path.display()));
    if let Some(path) = unnamed {
        let line = format!("check: {{baseline: {}}}", path.display());
        say(&format!("`check` reads it once `minipach.yml` says `{line}`, or by `--baseline FILE`"));
    }
}

/// Says why fixes of files were not made.
fn tell_unmended(unmended: &BTreeMap<String, String>) {
    for why in unmended.values() {
        say(&format!("not mended: {why}"));
    }
}

/// Looks at a file as an editor has it.
fn of_editor(context: &Context, args: &Check, file: &Path) -> Result<ExitCode, AppError> {
    let root = open(context)?.project.repo.root();
    let path = from_root(root, &context.dir, file)?;
    let mut text = Vec::new();
    std::io::stdin()
        .read_to_end(&mut text)
        .map_err(|error| AppError::usage(format!("cannot read standard input: {error}")))?;
    let session = Session::open_unsaved(&context.dir, SourceFile { path: path.clone(), text })?;
    let report = session.checked(&Asked { paths: Some(vec![path]), ..asked(context, args)? })?;
    Ok(finish(context, args, &session, report))
}

/// Prints a report and says whether it fails.
fn finish(context: &Context, args: &Check, session: &Session, mut report: Report) -> ExitCode {
    let least =
        args.fail_on.map(severity).or(session.project.config().check.fail_on).unwrap_or(Severity::Warning);
    if let Some(level) = args.severity {
        report.retain(|finding| finding.severity >= severity(level));
    }
    // What is not shown fails nothing: nobody could say why.
    let fails = report.findings.iter().any(|finding| finding.severity >= least);
    if args.statistics {
        statistics(context, &report);
    } else {
        show_report(context, args, session, &report, least);
    }
    if fails && !args.exit_zero { ExitCode::Failed } else { ExitCode::Done }
}

const fn is_mending(args: &Check) -> bool {
    args.fix || args.unsafe_fixes || args.diff
}

fn asked(context: &Context, args: &Check) -> Result<Asked, AppError> {
    let typed = || {
        let session = open(context)?;
        let root = session.project.repo.root();
        args.paths
            .iter()
            .map(|path| from_root(root, &context.dir, Path::new(path)))
            .collect::<Result<Vec<_>, _>>()
    };
    let paths = match (args.staged, args.paths.is_empty()) {
        (true, _) => Some(staged_paths(&context.dir)?),
        (false, true) => None,
        (false, false) => Some(typed()?),
    };
    if args.bids {
        validator().ok_or_else(|| {
            let error =
                AppError::new(ExitCode::Program, "`--bids` needs the BIDS validator, which is not installed");
            error.hint("`pip install bids-validator-deno`")
        })?;
    }
    Ok(Asked {
        select: args.select.clone(),
        more: if args.bids { vec![BIDS.to_owned()] } else { Vec::new() },
        ignore: args.ignore.clone(),
        paths,
        baseline: args.baseline.clone(),
        without_baseline: args.write_baseline,
    })
}

const fn severity(level: Level) -> Severity {
    match level {
        Level::Error => Severity::Error,
        Level::Warning => Severity::Warning,
        Level::Info => Severity::Info,
    }
}

fn show_report(context: &Context, args: &Check, session: &Session, report: &Report, least: Severity) {
    let form = args.output_format.unwrap_or(if context.json { Form::Json } else { Form::Human });
    let formatted = Formatted::new(session, report);
    match form {
        Form::Human => {
            let source = |path: &str| formatted.source(path);
            let all = context.verbose > 0 || !args.select.is_empty();
            print(&render_report(report, &source, all));
        }
        Form::Concise => print(&formatted.concise()),
        Form::Json => print_json(&formatted.json(args.show_suppressed)),
        Form::Jsonl => print(&formatted.json_lines()),
        Form::Sarif => print(&formatted.sarif()),
        Form::Github => print(&formatted.github()),
        Form::Gitlab => print_json(&formatted.gitlab()),
        Form::Junit => print(&formatted.junit(least)),
        Form::Markdown => print(&formatted.markdown()),
    }
}

/// How often each rule was found.
fn statistics(context: &Context, report: &Report) {
    let mut counts: BTreeMap<(&str, &str, Severity), (usize, usize)> = BTreeMap::new();
    for finding in &report.findings {
        let entry = counts.entry((finding.code, finding.name, finding.severity)).or_default();
        entry.0 += 1;
        entry.1 += usize::from(finding.fix.is_some());
    }
    let mut rows: Vec<_> = counts.into_iter().collect();
    rows.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
    for ((code, name, severity), (count, fixable)) in rows {
        if context.json {
            print_json(&serde_json::json!({
                "code": code, "name": name, "severity": severity, "count": count, "fixable": fixable,
            }));
        } else {
            let star = if fixable > 0 { "*" } else { " " };
            print(&format!("{count:>6}  {code} {star} {:<8} {name}\n", severity.word()));
        }
    }
}
