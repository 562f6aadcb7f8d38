//! `Alike`: datums of a pipeline that a run leaves alone for one reason: the first is told, then how many more there are.

use crate::app::quoted;
use crate::model::{DatumState, show};

use super::words::{Style, paint};

/// What was told last, and how many more there are of it.
#[derive(Default)]
pub(super) struct Alike {
    told: Option<(String, DatumState, String)>,
    more: usize,
}

impl Alike {
    /// Whether a datum's pipeline was told for this reason just before; then it is counted with that.
    pub(super) fn counts(&mut self, pipeline: &str, state: DatumState, message: &str) -> bool {
        let is_same = self
            .told
            .as_ref()
            .is_some_and(|(known, was, said)| known == pipeline && *was == state && said == message);
        self.more += usize::from(is_same);
        is_same
    }

    /// This was told last.
    pub(super) fn begin(&mut self, pipeline: &str, state: DatumState, message: &str) {
        self.told = Some((pipeline.to_owned(), state, message.to_owned()));
    }

    /// How many more there were, in a line, once something else follows.
    pub(super) fn end(&mut self) -> Option<String> {
        let (pipeline, state, _) = self.told.take()?;
        let more = std::mem::take(&mut self.more);
        let word = paint(Style::Warn, &state.word().replace('_', " "));
        let why = paint(Style::Hint, &format!("minipach why {}", quoted(&pipeline)));
        (more > 0).then(|| format!("  {word} {}: {more} more alike; {why}", show(&pipeline)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_is_told_and_the_others_are_counted() {
        let mut alike = Alike::default();
        assert!(!alike.counts("p", DatumState::Edited, "a"));
        alike.begin("p", DatumState::Edited, "a");
        for (pipeline, state, message, expected) in [
            ("p", DatumState::Edited, "a", true),
            ("p", DatumState::Edited, "a", true),
            ("q", DatumState::Edited, "a", false),
            ("p", DatumState::InTheWay, "a", false),
            ("p", DatumState::Edited, "b", false),
        ] {
            assert_eq!(alike.counts(pipeline, state, message), expected, "{pipeline} {state:?} {message}");
        }
        let told = alike.end().unwrap_or_default();
        assert!(told.contains(" p: 2 more alike; ") && told.contains("minipach why p"), "{told}");
        assert!(alike.end().is_none() && !alike.counts("p", DatumState::Edited, "a"));
    }
}
