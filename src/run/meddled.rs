//! Results that somebody changed or removed after they were placed and before they were committed: the others go on
//! without them.

use std::os::unix::fs::PermissionsExt as _;

use rustix::fs::FileType;

use crate::git::{blob_id, blob_id_of_file};
use crate::model::{ContentId, DatumState, Kind, OutFile};
use crate::plan::target;

use super::datum_end::DatumEnd;
use super::engine::Engine;

impl Engine<'_> {
    /// Leaves out of a job's commit what does not stand any more as this run placed it, and tells its datums again. Whether
    /// there is any.
    pub(super) fn leave_meddled(&mut self, at: usize) -> bool {
        let job = &self.jobs[at];
        let key = |datum: usize| &job.planned.plan.datums[datum].key;
        let first = |datum: usize, files: &[OutFile]| {
            let folder = target(&job.planned.pipeline, key(datum));
            let mut paths = files.iter().map(|file| (format!("{folder}/{}", file.path), file));
            paths.find(|(path, file)| !self.is_as_made(path, file)).map(|(path, _)| path)
        };
        let meddled = job.placed.iter().filter_map(|(datum, files)| Some((*datum, first(*datum, files)?)));
        let meddled: Vec<(usize, String)> = meddled.collect();
        for (datum, path) in &meddled {
            self.leave(at, *datum, path);
        }
        !meddled.is_empty()
    }

    /// Leaves out one datum, of which the file at `path` is not as it was made.
    fn leave(&mut self, at: usize, datum: usize, path: &str) {
        let is_gone = self.shared.scan.stat_now(path).is_none();
        let (state, what) =
            if is_gone { (DatumState::Pending, "removed") } else { (DatumState::Edited, "changed by hand") };
        let message = format!("`{path}` was {what} meanwhile; this result is not committed");
        let job = &mut self.jobs[at];
        job.placed.remove(&datum);
        let was_known = job.made.contains_key(&datum);
        let instead_of = Some(self.uncount(was_known));
        self.end_datum(at, datum, &DatumEnd { instead_of, ..DatumEnd::at_once(state, Some(message)) });
    }

    /// Whether a file stands as it was made, be it in the annex by now.
    fn is_as_made(&self, path: &str, file: &OutFile) -> bool {
        if self.shared.stands(path) {
            return true;
        }
        // A pipe or the like is not read: nobody may ever write to it.
        let kind = self.shared.scan.stat_now(path).map(|stat| stat.file_type());
        if !matches!(kind, Some(FileType::RegularFile | FileType::Symlink)) {
            return false;
        }
        let full = self.shared.root.join(path);
        let key = self.shared.scan.annex_key_now(path);
        // The rights of an object of the annex are those of all files with its bytes.
        let is_object = key.is_some() && full.is_symlink();
        let content = match (std::fs::read_link(&full), key) {
            (Ok(_), Some(key)) if matches!(file.content, ContentId::Annex(_)) => Some(ContentId::Annex(key)),
            (Ok(text), None) => Some(ContentId::Git(blob_id(text.as_os_str().as_encoded_bytes()))),
            _ => blob_id_of_file(&full).ok().map(ContentId::Git),
        };
        let is_exec = || full.metadata().is_ok_and(|meta| meta.permissions().mode() & 0o100 != 0);
        content.as_ref() == Some(&file.content)
            && (file.kind == Kind::Link || is_object || is_exec() == (file.kind == Kind::Exec))
    }
}
