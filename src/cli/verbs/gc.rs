//! `gc`: bounds what minipach keeps for itself.

use std::fmt::Write as _;

use super::{print, print_json};
use crate::app::{self, AppError, Collected, ExitCode};
use crate::cli::Context;
use crate::cli::args::Gc;
use crate::cli::report::{Style, Table};

/// `gc`.
pub(crate) fn gc(context: &Context, args: &Gc) -> Result<ExitCode, AppError> {
    let found = app::gc(&context.dir, args.days, args.dry_run)?;
    if context.json {
        print_json(&serde_json::json!(found));
    } else if !context.quiet {
        print(&text(&found));
    }
    Ok(ExitCode::Done)
}

fn text(found: &Collected) -> String {
    let mut table = Table::new().right(&[0, 1]);
    for (freed, what) in found.told().into_iter().filter(|(freed, _)| freed.number > 0) {
        let bytes = if freed.bytes > 0 { amount(freed.bytes) } else { String::new() };
        let number = (Style::Bold, freed.number.to_string());
        table.row(vec![number, (Style::Plain, bytes), (Style::Plain, what.into())]);
    }
    if table.is_empty() {
        return "nothing is to be removed\n".into();
    }
    let mut out = table.render();
    // Of replaced results git alone knows how much they take.
    if found.bytes() > 0 {
        let verb = if found.dry_run { "would free" } else { "freed" };
        _ = writeln!(out, "{verb} {}", amount(found.bytes()));
    }
    out
}

/// `12.3 MiB`.
fn amount(bytes: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB"];
    let mut tenths = bytes.saturating_mul(10) / 1024;
    let mut unit = 0;
    while tenths >= 10_240 && unit + 1 < units.len() {
        (tenths, unit) = (tenths / 1024, unit + 1);
    }
    if bytes < 1024 {
        format!("{bytes} B")
    } else {
        format!("{}.{} {}", tenths / 10, tenths % 10, units[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_git_can_free_is_not_told_as_nothing() {
        let kept = app::Freed { number: 3, bytes: 0 };
        let told = text(&Collected { dry_run: true, kept, ..Collected::default() });
        assert!(told.contains('3') && told.contains("`git gc` frees") && !told.contains("0 B"), "{told}");
    }

    #[test]
    fn amounts_are_short() {
        let told = [0, 1023, 1024, 1536, 10 << 20, 3 << 40].map(amount);
        assert_eq!(told, ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "10.0 MiB", "3.0 TiB"]);
    }
}
