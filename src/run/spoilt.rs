//! Inputs that are gone or damaged, as a command that runs without a sandbox can leave them: what is said of one, and what
//! brings it back.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use crate::model::literal;

use super::work::Shared;

/// That an input is gone; `is_placed` if this run put it there.
pub(super) fn gone(shared: &Shared, path: &str, is_placed: bool) -> String {
    let by = format!("its input `{path}` is gone: a command removed it, or somebody did");
    let remedy = match (is_placed, shared.scan.is_tracked(path)) {
        (true, _) => "`minipach run` puts it back".to_owned(),
        (false, true) => format!("{} brings it back", checkout(shared, path)),
        (false, false) => "git never had it, so it must come from elsewhere".to_owned(),
    };
    format!("{by}; {remedy}")
}

/// That the content of an input was changed in the annex itself.
pub(super) fn damaged(shared: &Shared, path: &str) -> String {
    let what = format!("the content of `{path}` was changed or removed in the annex itself");
    format!(
        "{what}; {} (if nobody else did it, the command writes into the annex: set `copy_inputs: true`)",
        brought_back(shared, path)
    )
}

/// That a run starts nothing more since the content of an input was changed or removed in the annex itself.
pub(super) fn why_ended(shared: &Shared, path: &str) -> String {
    let fsck = shared.annexes.of(path).command("annex fsck", path);
    format!(
        "nothing more is started: the content of `{path}` was changed or removed in the annex itself while a command ran without a sandbox, and what follows could do more of that; {fsck} sets it aside, and `sandbox: always` in `minipach.yml` keeps commands away from the annex"
    )
}

/// That the annex has, in `object`, so many bytes of an input, while its key tells of so many.
pub(super) fn of_wrong_size(shared: &Shared, path: &str, object: &Path, (is, told): (u64, u64)) -> String {
    if let Some(edited) = edited_in_place(shared, object) {
        return format!(
            "the content of `{path}` was edited in place, since the unlocked file `{edited}` is the annex's only copy (`annex.thin`); `git add {}` keeps the edit as content of its own, and {} brings the old one from another place",
            literal(&edited),
            shared.annexes.of(path).get(path)
        );
    }
    format!(
        "the content of `{path}` in the annex is damaged: it has {is} bytes, and its key says {told}; {}",
        brought_back(shared, path)
    )
}

/// The file of the work tree that is an object of the annex itself.
fn edited_in_place(shared: &Shared, object: &Path) -> Option<String> {
    let object = object.metadata().ok()?;
    let is_it = |path: &&str| {
        shared.scan.stat(path).is_some_and(|stat| (stat.dev, stat.ino) == (object.dev(), object.ino()))
    };
    shared.scan.paths().find(is_it).map(str::to_owned)
}

/// What brings back an input that git has.
pub(super) fn checkout(shared: &Shared, path: &str) -> String {
    shared.annexes.of(path).command("checkout --", path)
}

/// What brings back the content of an input that the annex has damaged.
pub(super) fn brought_back(shared: &Shared, path: &str) -> String {
    let keeper = shared.annexes.of(path);
    let (fsck, get) = (keeper.command("annex fsck", path), keeper.get(path));
    format!("{fsck} sets it aside, and {get} brings it from another place")
}

/// What is said of a file that changes whenever a command runs: of an input, or of its code.
pub(super) fn own_doing(shared: &Shared, path: &str, is_code: bool) -> String {
    match shared.scan.annex_key(path) {
        _ if is_code => own_code(path),
        Some(_) => own_annexed(shared, path),
        None => own_input(shared, path),
    }
}

fn own_input(shared: &Shared, path: &str) -> String {
    format!(
        "`{path}` changed while it was used, again (if nobody edited it, the command writes to its own input: restore it with {} and set `copy_inputs: true`)",
        checkout(shared, path)
    )
}

fn own_annexed(shared: &Shared, path: &str) -> String {
    format!(
        "`{path}` changed while it was used, again; {} (if nobody edited it, the command writes into the annex: set `copy_inputs: true`)",
        brought_back(shared, path)
    )
}

fn own_code(path: &str) -> String {
    format!(
        "`{path}` changed while it was used, again, and counts as code since the command names it (if nobody edited it, the command writes to it, and no result would stay current: let it write elsewhere, or set `transform.code` to files without `{path}`)"
    )
}
