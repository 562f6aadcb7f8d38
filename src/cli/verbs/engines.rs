//! `engines`: what can run commands here.

use serde_json::json;

use super::{LOOKED, print, print_json};
use crate::app::{ExitCode, engines};
use crate::cli::Context;
use crate::cli::report::{Style, paint};

/// `engines`.
pub(crate) fn list(context: &Context) -> ExitCode {
    for ability in engines(&context.dir) {
        if context.json {
            print_json(&json!(ability));
            continue;
        }
        let (word, style) = if ability.works { ("works", Style::Good) } else { ("not here", Style::Warn) };
        print(&format!("{:<13}{} {}\n", ability.name, paint(style, &format!("{word:<9}")), ability.says));
    }
    LOOKED
}
