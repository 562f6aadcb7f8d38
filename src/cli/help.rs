//! What the help says beside one line per argument: what it is all about, examples, exit codes.

/// What minipach does, in three lines.
macro_rules! idea {
    () => {
        "\
A folder with a `spec.yml` is a pipeline: it cuts its input folders into datums
by a glob and runs a command on each. The results appear in that same folder
and are committed with how they came about. Nothing known is computed twice."
    };
}

/// The same, for the manual page.
pub(super) const IDEA: &str = idea!();

/// The help of minipach as a whole.
pub(super) const TEMPLATE: &str =
    concat!("{about}\n\n", idea!(), "\n\n{usage-heading} {usage}\n\n{all-args}{after-help}");

/// What stands below that.
pub(super) const AFTER: &str = "\
Start here:
  minipach demo               a small project, laid out, run and explained
  minipach new mystudy        an empty project
  minipach help VERB          a verb, with examples

Exit codes:
  0  done                     4    data or git stand in the way
  1  a datum failed, or       5    a needed program is missing
     `check` has findings     70   a bug
  2  wrong usage              130  interrupted
  3  a wrong spec             128  and the number of a signal
                                   that ended the terminal UI";

pub(super) const DEMO: &str = "\
Examples:
  minipach demo                 # in a fresh folder, which is printed
  minipach demo play            # in ./play, which must be empty or absent";

pub(super) const NEW: &str = "\
On a terminal it asks what is not given, and shows all before it writes. What
stands in the folder is kept. A scaffold of your own is a folder or a git URL.

Examples:
  minipach new                  # asks
  minipach new mystudy --defaults
  minipach new --list           # which scaffolds there are
  minipach new mystudy --scaffold freesurfer --set subjects=5 --dry-run
  minipach new mystudy --scaffold ./our-lab --datalad
  minipach new gh:owner/name    # a cookiecutter template, by questions
  minipach new ./template --defaults --set project_name=\"My study\"

What comes out of a cookiecutter template is what cookiecutter 2.7 makes of it,
byte for byte; what cannot be made alike (Python extensions, randomness) is
refused with file and line before anything is written.";

pub(super) const ADD: &str = "\
Kinds: map, per-subject, reduce, join, group, cross, union, sweep, container,
bids-participant, bids-group, python, r, shell, from-template. On a terminal it
asks for what is not given. The command of a sweep finds its parameters in a
JSON file, whose path is `$params`.

Examples:
  minipach add                  # asks
  minipach add map sizes --from raw/images
  minipach add join fs --from raw/t1 --from raw/t2 --outer raw/t2
  minipach add sweep fit --from raw/data:/ --param rate=0.1,0.2 --param depth=2,3
  minipach add reduce table --from fs --dry-run -- sh code/collect.sh";

pub(super) const UPDATE: &str = "\
What the scaffold changed is merged with what you changed, by git, on a branch
minipach/update-VERSION. Conflicts open in `git mergetool`. A project from a
cookiecutter template follows that in the same way; its hooks do not run.

Examples:
  minipach update --check       # exits with 1 if there is anything new
  minipach update
  minipach update --in-place --set subjects=12
  minipach update --to v2
  minipach update --abort       # all as before";

pub(super) const ADOPT: &str = "\
Of a scaffold or template from git the tag is taken whose files are nearest.

Examples:
  minipach adopt yoda
  minipach adopt https://example.org/our-lab.git --set name=study
  minipach adopt gh:owner/template --set project_name=Study   # a cookiecutter template";

pub(super) const IMPORT: &str = "\
Nothing of a source is ever run. Each of its constructs ends as exact (it means
the same), assumed (it does if what is said holds), todo (you must settle it:
the pipeline does not run before) or refused (it has no meaning here). Only new
folders are written, all or none; a spec that stands is never overwritten.

Examples:
  minipach import pipeline.json                # Pachyderm: one or more specs in a file
  minipach import edges.json montage.json --map images=raw/pictures --write
  minipach import Makefile                     # shows the specs and what became of each rule
  minipach import dvc.yaml --into dvc --write  # all new pipelines below dvc/
  minipach import code/all.sbatch              # a script: one loop over files, or as a whole
  minipach import Snakefile docker-compose.yml
  minipach import --from datalad HEAD          # what `datalad run` recorded in history
  minipach import old.txt --from make --json";

pub(super) const PLAN: &str = "\
Examples:
  minipach plan
  minipach plan fs -v           # with the code files that count
  minipach plan fs --spec       # the spec as it is in effect";

pub(super) const RUN: &str = "\
Examples:
  minipach run                  # everything
  minipach run fs --downstream  # fs, what it needs and what reads it
  minipach run fs:sub-01 --force
  minipach run --save           # commit new scans, specs and code first
  minipach run --recursive      # pipelines of subdatasets first, their commits recorded here
  minipach run --dry-run fs     # what that run would do, datum by datum
  minipach run --targets-from list.txt    # many targets, one a line; `-` is standard input";

pub(super) const STATUS: &str = "\
Examples:
  minipach status
  minipach status fs --json
  minipach status --at v1       # as a commit, tag or branch has it";

pub(super) const DIFF_USAGE: &str = "\
minipach diff [OPTIONS] <COMMIT> [OTHER]
       minipach diff [OPTIONS] --scaffold";

pub(super) const DIFF: &str = "\
Datums came, went or changed; those that changed alike are told together, with
what is otherwise in what they are made of. -v tells each.

With --scaffold: which files of the scaffold or template were edited or removed
since it laid them out; -v shows the lines.

Examples:
  minipach diff HEAD~1          # from the commit before the last to now
  minipach diff v1 v2
  minipach diff main newcode --json
  minipach diff --scaffold -v   # what is your own of the layout";

pub(super) const DATUMS: &str = "\
Examples:
  minipach datums fs
  minipach datums               # of all pipelines
  minipach datums fs --state failed
  minipach datums fs --at v1";

pub(super) const WHY: &str = "\
Examples:
  minipach why fs               # every datum of fs that is not done
  minipach why fs:sub-13        # one datum; so does the start of its id
  minipach why fs/sub-13/stats.tsv    # a result: what it was made of
  minipach why raw/t1/sub-13    # an input: who reads it, or why nobody does
  minipach why code/recon.sh    # a script: which pipelines it belongs to";

pub(super) const PROVENANCE: &str = "\
Steps that are alike are told together; -v tells each.

Examples:
  minipach provenance fs/sub-07               # a result: commit, command and person of each step
  minipach provenance stats/table.tsv --at v1
  minipach provenance fs:sub-07 --format dot | dot -Tsvg > fs.svg
  minipach provenance stats --format ro-crate --license CC0-1.0.txt > ro-crate-metadata.json";

pub(super) const LOGS: &str = "\
Examples:
  minipach logs fs:sub-13
  minipach logs fs              # of every datum that has a log
  minipach logs fs:sub-13 --all # of each attempt that is known here
  minipach logs fs:sub-13 -f    # go on as it grows";

pub(super) const JOBS: &str = "\
Examples:
  minipach jobs                 # newest first
  minipach jobs last            # its pipelines, failures, notes and commits
  minipach jobs -n 1 --json";

pub(super) const ATTACH: &str = "\
It ends as the run does: 0, 1 if a datum failed, 130 if it was stopped or is
gone. Ctrl-C leaves the run alone.

Examples:
  minipach attach
  minipach attach --json        # its events, a line each";

pub(super) const CANCEL: &str = "\
The run starts nothing new and ends once what runs now is over; what is
finished is kept, and the next run goes on.

Examples:
  minipach cancel
  minipach cancel --now --wait  # cut off what runs now, and wait for the end";

pub(super) const ENTER: &str = "\
Examples:
  minipach enter fs:sub-13                    # a shell; finished, failed or not yet run
  minipach enter fs:sub-13 -- ls -lR /pfs
  minipach enter fs:sub-13 -- sh -c 'echo $t1'

What is left in /pfs/out can be looked at, and is never a result.";

pub(super) const ENGINES: &str = "\
Examples:
  minipach engines
  minipach engines --json       # one object per line: name, works, says";

pub(super) const GLOB: &str = "\
Examples:
  minipach glob raw/t1 '/*'
  minipach glob raw/t1 '/(sub-*)' --join-on '$1'";

pub(super) const GRAPH: &str = "\
Examples:
  minipach graph
  minipach graph --format dot | dot -Tsvg > graph.svg";

pub(super) const ACCEPT: &str = "\
It applies where a result stands: after a change of code that changes no
result, to keep what was edited by hand, to keep a file that is in the way.
A key may be cut short (fs:sub-0) as long as one datum alone begins with it;
what was accepted is named.

Examples:
  minipach accept fs
  minipach accept fs:sub-01 fs:sub-02";

pub(super) const SAVE: &str = "\
Without paths it takes every change of tracked files, and new files that
belong: specs, data that pipelines read, raw/, code/ and settings. Other new
files are named and left out. Results are committed with their record, once
all they were made of is committed; results edited by hand are left out.

Examples:
  minipach save --dry-run       # what it would take
  minipach save -m 'New scans'
  minipach save notes.txt raw/t2    # these files and folders alone
  minipach save --all           # other new files too, as `datalad save` does";

pub(super) const UNDO: &str = "\
The last commit of results that no later one takes back is taken back by a new
commit, whose files come or go as they were before; nothing leaves the history.
It is refused where anything of yours would be touched: files that were put
into that commit, are not committed, or were changed by a later one.

Examples:
  minipach undo --dry-run       # which commit, and what becomes of datums
  minipach undo
  minipach undo 3f2a91c         # only if that is the last one";

pub(super) const GC: &str = "\
Results, commits and ledgers stay, and so does what is known of each datum: its
result and its last attempt, with its log. Older attempts and logs go, replaced
results that no commit holds, kept farms, and events of all but the last runs.

Examples:
  minipach gc --dry-run
  minipach gc --days 7";

pub(super) const CHECK: &str = "\
Examples:
  minipach check
  minipach check fs                        # findings in this folder alone
  minipach check --fix                     # mend what is safe to mend
  minipach check --select MP2,missing-repo --output-format sarif > check.sarif
  minipach check --stdin-filename fs/spec.yml --json < buffer   # as an editor has it
  minipach check --write-baseline          # from now on, only what is new counts

A comment silences a rule for its line or the next one: # minipach: ignore[MP204] why it is right here
and for its file: # minipach: ignore-file[MP2] why. More is set in minipach.yml, below `check`.
Exit code: 0 nothing that fails, 1 findings, 2 a wrong word, 4 no project to check";

pub(super) const RULE: &str = "\
Examples:
  minipach rule MP104
  minipach rule missing-repo
  minipach rule                 # a list of all";

pub(super) const SCHEMA: &str = "\
Examples:
  minipach schema > .vscode/spec.schema.json
  minipach schema project";

pub(super) const COMPLETIONS: &str = "\
Example:
  minipach completions bash > ~/.local/share/bash-completion/completions/minipach";

pub(super) const MAN: &str = "\
Example:
  minipach man | man -l -";
