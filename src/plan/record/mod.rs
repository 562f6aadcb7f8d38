//! The run record of a commit: what `datalad rerun` executes, and the whole commit message.

mod above;
mod container;
mod message;
mod quote;
mod read;
mod script;

use std::collections::BTreeMap;
use std::ops::Range;

use crate::model::Oid;

pub use crate::model::literal;
pub use above::{above, is_of, is_own};
pub use container::RecordContainer;
pub use message::{message, or_folders};
pub use read::{Record, Recorded, read, read_json};
pub use script::{long_body, script};

/// How the subject of a commit with a run record begins.
pub const PREFIX: &str = "[DATALAD RUNCMD] ";

/// The trailer that names the pipeline whose results a commit holds.
pub const PIPELINE_TRAILER: &str = "Minipach-Pipeline";

/// The trailer that names the subdataset whose results a commit records.
const SUBDATASET_TRAILER: &str = "Minipach-Subdataset";

/// Bytes of script that one commit may record: the kernel takes 128 KiB in one argument, and the
/// shell's own words need a little room.
pub const MAX_SCRIPT_BYTES: usize = 100 * 1024;

/// Bytes of script that are surely taken as one argument, with some `cd` before them for a subdataset's record: of what
/// cannot be cut and is longer, git keeps the most in a file of its own.
const MAX_ARGUMENT_BYTES: usize = 120 * 1024;

/// One thing that a datum's command finds below `/pfs`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordMount {
    /// Where it appears, below `/pfs`: `t1`, `t1/t1.nii.gz`. In a match, where it goes, below the
    /// datum's output folder (empty: that folder itself).
    pub to: String,
    /// The file or folder, from the project's root.
    pub from: String,
    /// Whether `from` is a folder, whose contents then stand in `to`.
    pub is_folder: bool,
    /// Paths below `from` that the command must not see.
    pub exclude: Vec<String>,
    /// Whether every file appears with its name but without content.
    pub empty: bool,
    /// The packed result that holds `from`, which is then a path in it.
    pub pack: Option<String>,
}

/// One datum, as the script needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordDatum {
    /// Folder that receives the contents of `/pfs/out`, from the project's root.
    pub out: String,
    /// Whether that folder holds nothing but this datum's results, so that all of it is replaced.
    /// Never for a pipeline's own folder, where its spec lives.
    pub owns_out: bool,
    /// Results to remove first where the folder is shared, from the project's root.
    pub remove: Vec<String>,
    /// Whether its result is packed.
    pub packed: bool,
    /// Its inputs.
    pub mounts: Vec<RecordMount>,
    /// Its id, from which the script makes the variables that hold it; empty for a match.
    pub id: String,
    /// Its other variables, as specs see them: paths begin with `/pfs`.
    pub env: Vec<(String, String)>,
}

/// Where a recorded command sees `/pfs`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RecordPlace {
    /// `$PFS` stands for it.
    #[default]
    Env,
    /// In a sandbox by `bwrap`.
    Sandbox {
        /// Whether it cannot do without, since its code says `/pfs` itself.
        is_needed: bool,
    },
    /// In a container.
    Container(Box<RecordContainer>),
}

/// What one commit did.
#[derive(Clone, Debug, Default)]
pub struct RecordJob {
    /// What the subject says after `DataLad`'s prefix: `fs: 12 datums`.
    pub subject: String,
    /// The pipeline.
    pub pipeline: String,
    /// Program and arguments; empty for a match, whose output is its inputs.
    pub cmd: Vec<String>,
    /// Lines for the command's standard input.
    pub stdin: Option<Vec<String>>,
    /// The transform's environment; wins over the datum's.
    pub env: BTreeMap<String, String>,
    /// Working folder; absent means the project's root.
    pub working_dir: Option<String>,
    /// Where the command sees `/pfs`.
    pub place: RecordPlace,
    /// Exit codes that count as success beside 0.
    pub accept: Vec<i32>,
    /// The datums.
    pub datums: Vec<RecordDatum>,
    /// Results that this commit removes, of vanished datums or replaced by others of other names; only with `ledger`, which
    /// guards them.
    pub removed: Vec<String>,
    /// Tree of `.minipach` in the parent, if any, and in this commit; absent when it is the same.
    pub ledger: Option<(Option<Oid>, Oid)>,
    /// Paths that must stand as in the parent where a rerun is to bring back that ledger, and the blob id of their listing
    /// there by `git ls-tree -z`.
    pub standing: Option<(Vec<String>, Oid)>,
    /// The blob of this commit that holds its `long_body`, if it has one.
    pub body: Option<Oid>,
    /// Whether packed results are among what they read.
    pub unpacks: bool,
    /// Whether links to folders are among what they read.
    pub has_links: bool,
    /// Whether results have a folder where a file was.
    pub turns_to_folder: bool,
    /// Subdatasets that hold some of what they read: the repository around each, `.` for the project, and its path in that.
    pub subdatasets: Vec<(String, String)>,
    /// What the datums read, from the project's root.
    pub inputs: Vec<String>,
    /// What they need beside that (code).
    pub extra_inputs: Vec<String>,
    /// What they write.
    pub outputs: Vec<String>,
    /// The dataset's id; absent where the project is no `DataLad` dataset.
    pub dsid: Option<String>,
    /// minipach's own facts, as `Key: value` lines after the record.
    pub trailers: Vec<(String, String)>,
}

/// Cuts `job`'s datums into runs whose scripts stay within `max_bytes` each.
///
/// A single datum that is larger stands alone, and its script then has a `long_body`. A job without datums is one empty part.
pub fn split(job: &RecordJob, max_bytes: usize) -> Vec<Range<usize>> {
    let fixed = script::fixed_bytes(job);
    let mut parts = Vec::new();
    let (mut start, mut bytes) = (0, fixed);
    for (number, datum) in job.datums.iter().enumerate() {
        let line = script::datum_line(job, datum).len();
        if bytes + line > max_bytes && number > start {
            parts.push(start..number);
            (start, bytes) = (number, fixed);
        }
        bytes += line;
    }
    parts.push(start..job.datums.len());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_stay_within_the_limit_and_keep_every_datum() {
        let datum = |n: usize| RecordDatum { out: format!("fs/sub-{n}"), ..RecordDatum::default() };
        let job = RecordJob {
            cmd: vec!["true".into()],
            datums: (0..1000).map(datum).collect(),
            ..RecordJob::default()
        };
        let parts = split(&job, 8 * 1024);
        assert!(parts.len() > 2);
        assert_eq!(parts.iter().flat_map(Clone::clone).collect::<Vec<_>>(), (0..1000).collect::<Vec<_>>());
        for part in parts {
            let part = RecordJob { datums: job.datums[part].to_vec(), ..job.clone() };
            assert!(script(&part).len() <= 8 * 1024);
        }
    }

    #[test]
    fn a_large_datum_stands_alone() {
        let big = RecordDatum { out: "x".repeat(5000), ..RecordDatum::default() };
        let job = RecordJob { datums: vec![big.clone(), big], ..RecordJob::default() };
        assert_eq!(split(&job, 1000), [0..1, 1..2]);
        assert_eq!(split(&RecordJob::default(), 1000), [Range { start: 0, end: 0 }]);
    }

    #[test]
    fn what_is_too_long_for_an_argument_stands_in_git() {
        let mounts = |many: usize| {
            (0..many).map(|n| RecordMount { to: format!("raw/{n:0>90}"), ..RecordMount::default() })
        };
        let job = |many: usize| RecordJob {
            datums: vec![RecordDatum { mounts: mounts(many).collect(), ..RecordDatum::default() }],
            removed: (0..many).map(|n| format!("p/{n}")).collect(),
            ledger: Some((None, Oid([1; 20]))),
            ..RecordJob::default()
        };
        assert_eq!(long_body(&job(100)), None);
        let body = long_body(&job(1500)).unwrap();
        let job = RecordJob { body: Some(Oid([7; 20])), ..job(1500) };
        let script = script(&job);
        assert!(script.len() < 4096 && script.contains(&format!("blob {} >", Oid([7; 20]))), "{script}");
        assert!(script.contains("then\ng\nexport") && body.contains("rm -rf p/1499\n}\n"), "{script}");
    }
}
