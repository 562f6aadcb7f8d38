//! One file for each rule that is looked for here; what each means, with examples, is told by `pages/`.

mod absolute_path;
mod annex_content_lost;
mod answers_edited;
mod bids;
mod bids_derivative;
mod bids_name;
mod bids_no_description;
mod bids_participants;
pub(super) mod bids_validator;
mod big_file_in_git;
mod broken_link;
mod code_outside_code;
mod converted_by_git;
pub(super) mod crlf_script;
mod detached_head;
mod dockerfile_copies_all;
mod doubled_glob;
mod edited_results;
mod failed_datums;
mod fixed_output;
mod gitignored_output;
mod home_path;
mod ledger_damaged;
mod ledger_in_annex;
mod merge_marker;
mod mergeable_output;
mod misnamed_spec;
mod missing_readme;
mod name_not_portable;
mod nested_repository;
mod network_in_command;
mod no_dataset_id;
mod no_largefiles_rule;
mod no_licence;
mod nondeterminism_hint;
mod not_executable;
mod path_in_identity;
mod scaffold_outdated;
mod secret_in_spec;
mod spec_orphan;
mod stale_results;
mod stand_in;
mod subdataset_absent;
mod subdataset_drift;
mod subdataset_pipeline;
mod submodule_local_url;
mod template_leftover;
mod text_in_annex;
mod uncommitted_inputs;
pub(super) mod unexplained_ignore;
pub(super) mod unknown_results;
pub(super) mod unknown_rule;
mod unmatched_join;
mod unset_variables;
pub(super) mod unused_ignore;
mod unused_input;
mod unused_output;
mod words_of_command;

use super::{Ground, Row};
use crate::model::{DatumState, PipelineName};

/// The rules of this folder.
pub(super) fn rows() -> Vec<Row> {
    let mut rows = projects();
    rows.extend(texts());
    rows.extend([&unexplained_ignore::RULE, &unused_ignore::RULE, &unknown_rule::RULE].map(Row::elsewhere));
    rows
}

/// Rules that look at the project as a whole.
fn projects() -> Vec<Row> {
    macro_rules! rows {
        ($($rule:ident)*) => { vec![$(Row::project(&$rule::RULE, $rule::look)),*] };
    }
    let mut rows = rows![
        doubled_glob unmatched_join fixed_output unused_input unused_output not_executable missing_readme code_outside_code
        edited_results no_licence name_not_portable spec_orphan misnamed_spec mergeable_output converted_by_git broken_link uncommitted_inputs
        no_largefiles_rule big_file_in_git text_in_annex nested_repository detached_head gitignored_output
        subdataset_drift no_dataset_id subdataset_absent ledger_damaged ledger_in_annex subdataset_pipeline stand_in stale_results unknown_results failed_datums bids_no_description
        bids_name bids_derivative bids_participants scaffold_outdated answers_edited
    ];
    rows.push(Row::project(&annex_content_lost::RULE, annex_content_lost::look).on_request());
    rows.push(Row::project(&bids_validator::RULE, bids_validator::look).on_request());
    rows.push(Row::project(&path_in_identity::RULE, path_in_identity::look).on_request());
    rows
}

/// Rules that look at each file that people wrote.
fn texts() -> Vec<Row> {
    macro_rules! rows {
        ($($rule:ident)*) => { vec![$(Row::text(&$rule::RULE, $rule::look)),*] };
    }
    rows![
        network_in_command absolute_path home_path template_leftover merge_marker crlf_script submodule_local_url
        dockerfile_copies_all secret_in_spec nondeterminism_hint
    ]
}

/// Pipelines with datums in a state, and how many.
fn datums_in<'a>(ground: &Ground<'a>, state: DatumState) -> impl Iterator<Item = (&'a PipelineName, usize)> {
    let counted = ground.outcomes.iter().map(move |(name, outcome)| (name, outcome.counts.get(state)));
    counted.filter(|(_, count)| *count > 0)
}
