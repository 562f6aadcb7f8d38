//! Whether a ledger file stands as it would be written, so that nobody need write it to make it so.

use std::collections::BTreeSet;

use super::LedgerError;
use super::format::{self, HEADER, Parsed, file_bytes, work_text};
use super::layout::{is_shard_name, shard, shard_of};
use super::works::WorkFields;
use crate::model::{KnownResult, WorkId};

/// Reads one file's bytes, and notes if they do not stand as they would be written.
///
/// # Errors
/// As [`format::parse`].
pub(super) fn parse(path: &str, bytes: &[u8], parsed: &mut Parsed) -> Result<(), LedgerError> {
    let before = (parsed.works.len(), parsed.results.len());
    format::parse(path, bytes, parsed)?;
    let (works, results) = (&parsed.works[before.0..], &parsed.results[before.1..]);
    let is_tidy = str::from_utf8(bytes).is_ok_and(|text| Said { path, text, works, results }.is_tidy());
    parsed.is_untidy |= !is_tidy;
    Ok(())
}

/// What one file said, in its order.
struct Said<'a> {
    /// The file, from the root.
    path: &'a str,
    text: &'a str,
    works: &'a [(WorkId, WorkFields)],
    results: &'a [KnownResult],
}

impl Said<'_> {
    /// Whether the text is what is written of these works and results. Result lines are taken as
    /// written if the fast reader understood them all and no text in them has an escape.
    fn is_tidy(&self) -> bool {
        let Some(lines) = self.after_works() else { return false };
        // Each line says something, and the last one is whole.
        let newlines = self.text.bytes().filter(|byte| *byte == b'\n').count();
        newlines == 1 + self.works.len() + self.results.len()
            && self.text.ends_with('\n')
            && self.results.is_sorted_by(|one, next| rank(one) < rank(next))
            && self.has_its_works()
            && self.has_its_keys()
            && (!lines.contains('\\') || self.is_rendered())
    }

    /// What follows the version line and the works, if these stand as they are written.
    fn after_works(&self) -> Option<&str> {
        let is_sorted = self.works.is_sorted_by(|one, next| one.0 < next.0);
        let start = self.text.strip_prefix(HEADER).filter(|_| is_sorted);
        self.works.iter().try_fold(start?, |rest, (id, fields)| {
            rest.strip_prefix(&*work_text(*id, fields))?.strip_prefix('\n')
        })
    }

    /// Whether its works are those that its lines use.
    fn has_its_works(&self) -> bool {
        let mut used = BTreeSet::new();
        let mut last = None;
        for result in self.results {
            if last != Some(result.work) {
                used.insert(result.work);
                last = Some(result.work);
            }
        }
        used.into_iter().eq(self.works.iter().map(|(id, _)| *id))
    }

    /// Whether its keys belong into this file.
    fn has_its_keys(&self) -> bool {
        let is_shard = self.path.rsplit_once('/').is_some_and(|(_, file)| is_shard_name(file));
        !is_shard || self.results.iter().all(|result| Some(shard(&result.key)) == shard_of(self.path))
    }

    fn is_rendered(&self) -> bool {
        let works = self.works.iter().map(|(id, fields)| (id, fields));
        file_bytes(works, self.results.iter()) == self.text.as_bytes()
    }
}

/// The order of lines in a ledger.
pub(super) fn rank(line: &KnownResult) -> impl Ord + '_ {
    (&line.key, line.id, line.work)
}
