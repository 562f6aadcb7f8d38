//! The texts that a pipeline's command consists of, for rules that ask what they mention.

use crate::check::Ground;
use crate::model::Pipeline;

/// All that a command says, if all of it can be read: its words, its standard input, variables, code files.
///
/// `None` where a part cannot be read, is a program of an image, or is no script at all.
pub(super) fn words_of_command(ground: &Ground<'_>, pipeline: &Pipeline) -> Option<String> {
    let transform = pipeline.transform.as_ref()?;
    let outcome = ground.outcomes.get(&pipeline.name)?;
    let mut words = transform.cmd.join("\n");
    for line in transform.stdin.iter().flatten().chain(transform.env.values()) {
        words.extend(["\n", line]);
    }
    for path in &outcome.code {
        words.extend(["\n", &ground.text(path)?]);
    }
    let is_open = !outcome.code.is_empty() || transform.stdin.is_some() || words.contains("/pfs");
    is_open.then_some(words)
}
