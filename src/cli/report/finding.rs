//! Draws findings: rule, sentence, source line with the place marked, and what to do.

use std::fmt::Write as _;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::model::{Finding, Severity, Span, show, show_some};

/// So many further places of one finding are named.
const PLACES: usize = 5;

/// Draws findings one after another, those that say the same of several places once, then a line that counts them all.
/// `sources` gives the text of a file by its path, if it can be had; what cannot be had is not drawn.
pub(crate) fn render(findings: &[Finding], sources: &dyn Fn(&str) -> Option<String>, color: bool) -> String {
    let mut out = draw(findings, sources, color);
    let counted = count_line(findings);
    if !counted.is_empty() {
        let _ = writeln!(out, "{counted}");
    }
    out
}

/// The same without the line that counts.
pub(super) fn draw(findings: &[Finding], sources: &dyn Fn(&str) -> Option<String>, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let mut out = String::new();
    for finding in &alike(findings) {
        out.push_str(renderer.render(&[group(finding, sources)]).trim_end());
        out.push_str("\n\n");
    }
    out
}

/// The findings in order, the first of those that say the same with a note of where else it is so.
fn alike(findings: &[Finding]) -> Vec<Finding> {
    let mut told: Vec<(Finding, Vec<String>)> = Vec::new();
    for finding in findings {
        let same = told.iter_mut().find(|(first, _)| says_the_same(first, finding));
        match same {
            Some((_, others)) => others.push(place_of(finding)),
            None => told.push((finding.clone(), Vec::new())),
        }
    }
    let noted = |(first, others): (Finding, Vec<String>)| {
        let others: Vec<&str> = others.iter().map(String::as_str).collect();
        if others.is_empty() { first } else { first.note(format!("also at {}", show_some(&others, PLACES))) }
    };
    told.into_iter().map(noted).collect()
}

fn says_the_same(one: &Finding, other: &Finding) -> bool {
    let said = |finding: &Finding| Finding { path: String::new(), span: None, fix: None, ..finding.clone() };
    !other.path.is_empty() && said(one) == said(other)
}

/// `fs/spec.yml:3:11`.
fn place_of(finding: &Finding) -> String {
    let place = finding.span.map(|span| format!(":{}:{}", span.line, span.column)).unwrap_or_default();
    format!("{}{place}", finding.path)
}

/// `found 1 error and 2 warnings`; empty if there is nothing to count.
pub(super) fn count_line(findings: &[Finding]) -> String {
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let kinds = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Info, "info")];
    let counted: Vec<_> = kinds
        .iter()
        .map(|(severity, word)| (count(*severity), *word))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}{}", if count == 1 { "" } else { "s" }))
        .collect();
    match counted.split_last() {
        None => String::new(),
        Some((only, [])) => format!("found {only}"),
        Some((last, rest)) => format!("found {} and {last}", rest.join(", ")),
    }
}

fn group(finding: &Finding, sources: &dyn Fn(&str) -> Option<String>) -> Group<'static> {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let mut group =
        level.primary_title(show(&finding.message)).id(finding.code).elements(place(finding, sources));
    for note in &finding.notes {
        group = group.element(Level::NOTE.message(lines(note)));
    }
    if let Some(help) = &finding.help {
        group = group.element(Level::HELP.message(lines(help)));
    }
    if let Some(fix) = &finding.fix {
        let order = if fix.is_safe() { "--fix" } else { "--unsafe-fixes" };
        group =
            group.element(Level::NOTE.with_name("fix").message(format!("{} ({order})", show(&fix.title))));
    }
    group
}

/// Text of several lines, each made safe to print.
fn lines(text: &str) -> String {
    text.lines().map(show).collect::<Vec<_>>().join("\n")
}

fn place(
    finding: &Finding,
    sources: &dyn Fn(&str) -> Option<String>,
) -> Option<annotate_snippets::Element<'static>> {
    if finding.path.is_empty() {
        return None;
    }
    let path = show(&finding.path);
    let Some(span) = finding.span else { return Some(Origin::path(path).into()) };
    let Some(excerpt) = sources(&finding.path).and_then(|text| Excerpt::cut(&text, span)) else {
        return Some(Origin::path(path).line(span.line).char_column(span.column).into());
    };
    let mut annotation = AnnotationKind::Primary.span(excerpt.start..excerpt.end);
    if let Some(label) = &finding.label {
        annotation = annotation.label(show(label));
    }
    Some(Snippet::source(excerpt.text).line_start(span.line).path(path).annotation(annotation).into())
}

/// The line of a place, made harmless, with the place in it.
struct Excerpt {
    text: String,
    start: usize,
    end: usize,
}

impl Excerpt {
    /// `None` if the text is not the one that the span was made from.
    fn cut(text: &str, span: Span) -> Option<Self> {
        let start = text.get(..span.start)?.rfind('\n').map_or(0, |at| at + 1);
        let end = text.get(span.start..)?.find('\n').map_or(text.len(), |at| span.start + at);
        let line = &text[start..end];
        let (from, to) = (span.start - start, span.end.clamp(span.start, end) - start);
        // A tab is as good as harmless, and JSON is often indented with it; it is drawn as blanks, and counts as one column.
        let harmless = |part: &str| part.split('\t').map(show).collect::<Vec<_>>().join("\t");
        let before = harmless(&line[..from]);
        let marked = harmless(line.get(from..to)?);
        let after = harmless(line.get(to..)?.trim_end());
        let (start, end) = (before.len(), before.len() + marked.len());
        Some(Self { text: format!("{before}{marked}{after}"), start, end })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(severity: Severity, start: usize, end: usize) -> Finding {
        let span = Span { start, end, line: 3, column: 11 };
        Finding::new("MP104", "missing-repo", severity, "input repo `raw/t3` does not exist")
            .at("fs/spec.yml", Some(span))
    }

    const SPEC: &str = "input:\n  pfs:\n    repo: raw/t3\n    glob: /*\n";

    fn draw(findings: &[Finding], text: &str) -> String {
        render(findings, &|_| Some(text.to_owned()), false)
    }

    #[test]
    fn drawn_in_full() {
        let finding = finding(Severity::Error, 24, 30)
            .label("did you mean `raw/t2`?")
            .note("there are `raw/t1` and `raw/t2`")
            .help("change it");
        let expected = "\
error[MP104]: input repo `raw/t3` does not exist
 --> fs/spec.yml:3:11
  |
3 |     repo: raw/t3
  |           ^^^^^^ did you mean `raw/t2`?
  |
  = note: there are `raw/t1` and `raw/t2`
  = help: change it

found 1 error
";
        assert_eq!(draw(&[finding], SPEC), expected);
    }

    #[test]
    fn what_is_so_at_several_places_is_drawn_once_and_counted_at_each() {
        let mut all = vec![finding(Severity::Error, 24, 30)];
        for name in ["a", "b"] {
            all.push(Finding { path: format!("{name}/spec.yml"), ..all[0].clone() });
        }
        all.push(Finding { message: "another".into(), ..all[0].clone() });
        let text = draw(&all, SPEC);
        assert_eq!(text.matches("`raw/t3` does not exist").count(), 1, "{text}");
        assert!(text.contains("= note: also at `a/spec.yml:3:11`, `b/spec.yml:3:11`\n"), "{text}");
        assert!(text.contains("error[MP104]: another") && text.ends_with("found 4 errors\n"), "{text}");
    }

    #[test]
    fn a_tab_is_one_column() {
        let at = Span { start: 3, end: 6, line: 2, column: 2 };
        let finding = Finding::new("MP101", "x", Severity::Error, "a").at("fs/spec.yml", Some(at));
        let text = draw(&[finding], "{\n\t\"a\": 1}\n");
        assert!(text.contains("--> fs/spec.yml:2:2\n"), "{text}");
        assert!(text.contains("\n2 |     \"a\": 1}\n  |     ^^^\n"), "{text}");
    }

    #[test]
    fn without_a_place_or_a_source() {
        let bare = Finding::new("MP105", "cycle", Severity::Warning, "a cycle").help("break it");
        assert_eq!(
            draw(&[bare], SPEC),
            "warning[MP105]: a cycle\n |\n = help: break it\n\nfound 1 warning\n"
        );
        let text = render(&[finding(Severity::Info, 24, 30)], &|_| None, false);
        assert!(text.contains("info[MP104]") && text.contains("--> fs/spec.yml:3:11"), "{text}");
        assert_eq!(render(&[], &|_| None, false), "");
    }

    #[test]
    fn help_of_several_lines_stands_below_itself() {
        let bare = Finding::new("MP213", "x", Severity::Warning, "a").help("add:\n/fs/** -merge\n\x1b/b");
        let expected = "warning[MP213]: a\n |\n = help: add:\n         /fs/** -merge\n         \\u{1b}/b\n\nfound 1 warning\n";
        assert_eq!(draw(&[bare], SPEC), expected);
    }

    #[test]
    fn text_from_files_cannot_reach_the_terminal() {
        let mut hostile = finding(Severity::Error, 8, 9).label("\x1b[31mred");
        hostile.message = "name `\x1b]0;x\x07`".into();
        let text = draw(&[hostile], "a: \x1b[2J \u{9b}x\r\nb: c\n");
        assert!(!text.contains(['\x1b', '\x07', '\u{9b}', '\r']), "{text:?}");
    }

    #[test]
    fn a_span_of_another_text_is_not_drawn() {
        for (start, end) in [(500, 600), (1, 0), (9, 3)] {
            let text = draw(&[finding(Severity::Error, start, end)], "a: ö\nb");
            assert!(text.starts_with("error[MP104]"), "{text}");
        }
    }

    #[test]
    fn the_summary_counts() {
        let kinds = [Severity::Error, Severity::Error, Severity::Warning, Severity::Info];
        let findings: Vec<_> = kinds.iter().map(|severity| finding(*severity, 24, 30)).collect();
        assert!(draw(&findings, SPEC).ends_with("found 2 errors, 1 warning and 1 info\n"));
    }
}
