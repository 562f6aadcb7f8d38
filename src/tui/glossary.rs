//! What the signs and words of the screens mean, for the help.

use crate::model::DatumState;

/// Words that stand on screens without being explained there.
pub(super) const WORDS: &[(&str, &str)] = &[
    ("datum", "what a command runs on once: what the globs of a pipeline put together, such as one subject"),
    ("key", "the place of a datum's result; `PIPELINE:KEY` names it"),
    (
        "held",
        "results stand and are known; their commit waits until what they are made of is committed (`A`)",
    ),
    ("placed", "a result that was known before is put in its place, without running a command"),
    ("work", "datums that a run would do something for"),
    ("run, job", "what one `minipach run` does; one pipeline's share of it"),
    ("at least, \u{2265}", "more datums may come, since something that is read is not complete"),
    ("slack", "by how much a pipeline may be slower without the whole being so"),
    ("alone", "inputs of a join that found no partner"),
    ("match", "a pipeline without a command: it only arranges its inputs"),
    ("\u{00b1} in the first line", "files that differ from the last commit"),
];

/// What a state means, in a line.
pub(super) const fn meaning(state: DatumState) -> &'static str {
    match state {
        DatumState::Done => "its result stands, and was made of what stands now",
        DatumState::Cached => "its result is known, a run puts it in place without computing",
        DatumState::Running => "its command runs",
        DatumState::Queued => "a run will begin it soon",
        DatumState::Pending => "never tried; a run does it",
        DatumState::Stale => "tried with other data, code or settings than now; a run does it anew",
        DatumState::Blocked => "what it reads is not complete",
        DatumState::Failed => "its last attempt failed; a run tries again",
        DatumState::Recovered => "it failed, and its error command stepped in; a run tries again",
        DatumState::Edited => "its files were changed by hand; a run leaves them, `a` accepts them",
        DatumState::InTheWay => "a file of somebody else stands where its result belongs",
        DatumState::Orphaned => "a result whose data is gone; a run removes it",
        DatumState::Unknown => "nobody can tell now",
    }
}
