//! Results that somebody else (`datalad save`, a run that was killed) put into the annex are recognised by their bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt as _;

use crate::git::{Annexes, annex, blob_id_of_file};
use crate::ledger::PipelineLedger;
use crate::model::{AnnexedFile, ContentId, DatumId, KnownOutput, KnownResult, PipelineName, Tree};
use crate::plan::{Standing, entries_of, note_annexed, published, standing};

/// Notes annex keys in the lines of results whose files stand in the annex under keys that their
/// ledger does not name yet, as far as their content is here. Gives the pipelines where it did.
pub(super) fn recognise(
    annexes: &Annexes,
    tree: &Tree,
    ledgers: &mut BTreeMap<PipelineName, PipelineLedger>,
) -> BTreeSet<PipelineName> {
    let mut found = BTreeSet::new();
    for (name, ledger) in ledgers {
        let files = tree.below(name.as_str());
        if !files.entries().iter().any(|entry| matches!(entry.content, ContentId::Annex(_))) {
            continue;
        }
        let noted: Vec<KnownResult> =
            ledger.lines().iter().filter_map(|line| with_keys(annexes, line, &files)).collect();
        if !noted.is_empty() {
            *ledger = with_lines(ledger, noted);
            found.insert(name.clone());
        }
    }
    found
}

/// The ledger with each of `noted` in the place of the line with its key and id.
fn with_lines(ledger: &PipelineLedger, noted: Vec<KnownResult>) -> PipelineLedger {
    let places: BTreeSet<(&str, DatumId)> = noted.iter().map(|line| (&*line.key, line.id)).collect();
    let is_other = |line: &&KnownResult| !places.contains(&(&*line.key, line.id));
    let others: Vec<KnownResult> = ledger.lines().iter().filter(is_other).cloned().collect();
    PipelineLedger::new(others.into_iter().chain(noted).collect(), ledger.works().clone())
}

/// The line with the keys of its files noted, if that makes an output whole that was not.
fn with_keys(annexes: &Annexes, line: &KnownResult, files: &Tree) -> Option<KnownResult> {
    let noted: Vec<Option<KnownOutput>> =
        line.outputs.iter().map(|output| output_with_keys(annexes, output, files)).collect();
    if noted.iter().all(Option::is_none) {
        return None;
    }
    let outputs = line.outputs.iter().zip(noted).map(|(old, new)| new.unwrap_or_else(|| old.clone()));
    Some(KnownResult { outputs: outputs.collect(), ..line.clone() })
}

fn output_with_keys(annexes: &Annexes, output: &KnownOutput, files: &Tree) -> Option<KnownOutput> {
    if standing(output, files) != Standing::Changed {
        return None;
    }
    let prefix = files.prefix().len();
    let mut noted = output.clone();
    for entry in entries_of(files, &output.path) {
        let relative = &entry.path[prefix..];
        let (_, ContentId::Annex(key)) = published(output, relative, entry) else { continue };
        let object = annex::object_path(&annexes.of(&entry.path).annex_dir, key);
        if let (Ok(oid), Ok(meta)) = (blob_id_of_file(&object), object.metadata()) {
            let exec = meta.permissions().mode() & 0o100 != 0;
            let (path, key, content) = (relative.into(), (**key).into(), ContentId::Git(oid));
            note_annexed(&mut noted, AnnexedFile { path, key, exec, content });
        }
    }
    (noted.annexed != output.annexed && standing(&noted, files) == Standing::Whole).then_some(noted)
}
