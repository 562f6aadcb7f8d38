//! One function per user intent; the only thing that the command line and the terminal UI call.

mod accept;
mod add;
mod annexed_text;
mod below;
mod beside;
mod blamed;
mod causes;
mod check;
mod choice;
mod commits;
mod compare;
mod comparison;
mod cut_off;
mod damaged;
mod datums;
mod draft;
mod effects;
mod engines;
mod enter;
mod error;
mod events;
mod files;
mod fix;
mod foretell;
mod gc;
mod graph;
mod held_up;
mod hindrances;
mod image_changes;
mod import;
mod last_logs;
mod lay;
mod live;
mod mend;
mod merge;
mod moment;
mod needed;
mod new;
mod new_name;
mod one_datum;
mod origin;
mod overall;
mod overview;
mod past_runs;
mod path_view;
mod preview;
mod progress;
mod provenance;
mod provide;
mod ready;
mod recorded;
mod recorded_links;
mod replay;
mod replica;
mod rounds;
mod rules;
mod run;
mod runs;
mod sandbox;
mod save;
mod scaffolds;
mod scrap;
mod session;
mod since;
mod snapshot;
mod span;
mod staged;
mod start;
mod table;
mod take_back;
mod template;
mod touch;
mod unaccepted;
mod uncommitted;
mod undo;
mod unmerged;
mod update;
mod used;
mod usual;

pub use crate::check::{BIDS, Report, fix_of, validator};
pub use crate::git::write::interrupt as interrupt_commits;
pub use crate::run::now_ms;
pub use crate::scaffold::cookiecutter::said_yes;
pub use crate::scaffold::{Manifest as Scaffold, Question, QuestionKind, Surroundings};
pub use accept::accept;
pub use add::{
    AddKind, AddRequest, Addition, Readable, add, can_be_added, cut, input_variables, look_to_add, readable,
    suggested_glob,
};
pub use below::{Below, below, record};
pub use beside::Beside;
pub use causes::Cause;
pub use check::{Asked, Done, Mending, Mends, mend_all, mending_patch};
pub use choice::{FileChange, from_root};
pub use commits::{CommitView, commits, touched_by};
pub use compare::compare;
pub use comparison::{Change, Comparison, PipelineChange, Then, Way};
pub use cut_off::CutOffs;
pub use damaged::{damaged, set_aside};
pub use datums::{DatumView, Explained, UNCHANGED, datum_view, datum_views, explain, find_datums};
pub use draft::{Draft, DraftView, Missing, Part, command_words, look_at_draft, write_draft};
pub use effects::{CommitEffect, effects};
pub use engines::{Ability, engines};
pub use enter::{Entered, Left};
pub use error::{AppError, ExitCode};
pub use files::{FileList, FileState, diff, files, maker};
pub use fix::{apply_fixes, is_mendable, safe_fixes};
pub use foretell::would_fix;
pub use gc::{Collected, Freed, gc};
pub use graph::{Edges, GraphForm, edges, graph};
pub use held_up::{HeldUp, held_up};
pub use import::{ImportRequest, ImportView, MovedBelow, import};
pub use last_logs::{AttemptLog, LastLogs, attempt_logs, last_logs};
pub use live::{InHand, Live, QUEUED, live};
pub use mend::end_left_over;
pub use merge::{Conflicts, conflicts, unsettled};
pub use moment::Moment;
pub use needed::use_of;
pub use new::{Laid, NewRequest, demo, new, refuse_taken};
pub use one_datum::{one_datum, tell_cut_off};
pub use overall::{Fault, Overall};
pub use overview::{PipelineView, overview};
pub use path_view::{PathView, Reader, Unmatched, key_view, path_view};
pub use preview::{DatumPreview, PipelinePreview, Preview, preview, preview_at, to_fetch};
pub use progress::{DatumChange, Followed, JobProgress, RunFollower, RunProgress, one_run};
pub use provenance::{
    Commit, Detail, Provenance, Step, StepKind, Thing, ToldLine, dot, prov_json, provenance, ro_crate, told,
};
pub use replay::{Replay, would_replay};
pub use replica::{Replica, clear_replicas, end_replicas};
pub use rules::{Formatted, Rules, WrittenBaseline, write_baseline};
pub use run::{exit_code, run};
pub use runs::{RunState, RunView, attach, find_run, run_views, state_dir, wait_for_end};
pub use sandbox::serve_sandbox;
pub use save::{SaveRequest, Saved, save};
pub use scaffolds::{Opened, open_scaffold, scaffolds, surroundings};
pub use session::{Session, in_order, is_in_repository, project_name};
pub use since::since;
pub use snapshot::{Node, Snapshot, SpecFacts};
pub use span::span;
pub use staged::{refuse_unstaged, staged_paths};
pub use start::{Order, Started, cd_word, command_line, detach, order, quoted, start, words};
pub use table::{DatumTable, LastAttempt, times};
pub use template::{
    ConfigChoice, Consent, Dict, FromTemplate, Hook, HookChoice, HookMoment, Json, Occupied,
    Replay as TemplateReplay, Talk, TemplateEntry, TemplateError, TemplateOrder, TemplateQuestion,
    TemplateQuestionKind, broken_off, installed_templates, is_template, new_from_template,
};
pub use uncommitted::{Waiting, unsaved, waiting};
pub use undo::{UndoPlan, Undone, undo, would_undo};
pub use update::{
    Adopted, Adoption, Drift, Drifted, NewQuestions, UpdateRequest, Updated, abort_update, adopt, drift,
    drift_lines, new_questions, update,
};
pub use usual::{Usual, usual, usual_of};
