//! Reasons: why a datum is in its state, down to the field that changed, with old and new value.

use super::identity::IMAGE_OPTIONS;
use crate::model::{DatumState, literal, show};
use serde::Serialize;
use serde_json::Value;

/// So many lacking results are named, and the rest counted.
const MOST_LACKING: usize = 3;

/// Said before what a failure said.
pub const FAILED: &str = "the last attempt failed: ";

/// The same, where attempts after it were cut off.
pub const CUT_SINCE: &str = "the last attempt was cut off; the one before failed: ";

/// One cause of a datum's state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reason {
    /// No result was ever made for this place.
    New,
    /// An input entry came, went or changed.
    Input {
        /// Input name.
        name: String,
        /// Its path from the project's root.
        path: String,
        /// Content before; absent when the entry is new.
        old: Option<String>,
        /// Content now; absent when the entry is gone.
        new: Option<String>,
    },
    /// An input is otherwise as results of an upstream pipeline do not count until they are made again, or go.
    Undone {
        /// Input name.
        name: String,
        /// Its path from the project's root.
        path: String,
        /// Content before.
        old: Option<String>,
        /// Content without these results; absent when nothing of the input is left.
        new: Option<String>,
        /// The first of these results, as `pipeline:key`.
        result: String,
        /// Where its datum stands.
        state: DatumState,
        /// How many others there are.
        more: usize,
    },
    /// An input file has the same content, but it became executable, or is so no more.
    Mode {
        /// Input name.
        name: String,
        /// Its path from the project's root.
        path: String,
        /// Whether it may be executed now.
        is_executable: bool,
    },
    /// A code file came, went or changed.
    Code {
        /// Its path.
        path: String,
        /// Content before.
        old: Option<String>,
        /// Content now.
        new: Option<String>,
    },
    /// A file that the image is made of came, went or changed.
    Image {
        /// Its path.
        path: String,
        /// Content before.
        old: Option<String>,
        /// Content now.
        new: Option<String>,
    },
    /// A field of the spec changed.
    Field {
        /// `cmd`, `stdin`, `env`, `image`, …
        field: String,
        /// Value before.
        old: Option<Value>,
        /// Value now.
        new: Option<Value>,
    },
    /// The work differs, but nothing tells how: what the old id was made of is not recorded.
    OtherWork,
    /// The result is known, but its files are not in place.
    Missing,
    /// The result is known, and a file of it is another datum's.
    Taken {
        /// The file, by its path from the project's root.
        path: String,
        /// The key of that datum.
        by: String,
    },
    /// The result's files are gone and cannot be had back.
    Lost,
    /// The files hold bytes that match no known result.
    Edited,
    /// Git merged the lines of two results, so that no command made the files as they stand.
    LineMerged,
    /// The files hold bytes that match no known result, and a run record in git says that it made them.
    Recorded {
        /// The start of the id of the commit with that record.
        commit: String,
    },
    /// The result stands whole, and files of no result with it in its folder.
    Stray {
        /// The first of them, by its path from the project's root.
        path: String,
        /// How many others there are.
        more: usize,
    },
    /// A file that belongs to no result stands in the place.
    InTheWay {
        /// It, by its path from the project's root; of several the first. Absent where nobody looked.
        path: Option<String>,
        /// How many others there are.
        more: usize,
    },
    /// Its command cannot be run on this machine.
    CannotRun {
        /// Why not, in one sentence.
        message: String,
    },
    /// A run refuses it: git ignores its place.
    Refused {
        /// That, in one sentence.
        message: String,
    },
    /// Its command names something that is not there, so that it may fail.
    MissingScript {
        /// What, in one sentence.
        message: String,
    },
    /// The last attempt that came to an end failed.
    Failed {
        /// What happened, in one sentence.
        message: String,
        /// Whether attempts after it were cut off before they came to an end.
        #[serde(rename = "cut_off", skip_serializing_if = "std::ops::Not::not")]
        is_cut_since: bool,
    },
    /// The last attempt at it failed, with other data, code or settings than now.
    FailedBefore {
        /// What is otherwise now: `data`, `code`, `settings`.
        with: &'static str,
        /// What happened then, in one sentence.
        message: String,
    },
    /// The last attempt failed and its error command succeeded.
    Recovered {
        /// What happened, in one sentence.
        message: String,
    },
    /// Upstream pipelines are not complete.
    Upstream {
        /// Their names.
        pipelines: Vec<String>,
    },
    /// It was made from inputs that are not complete.
    Partial {
        /// The incomplete upstream pipelines.
        pipelines: Vec<String>,
        /// Results that they do not have, as `pipeline:key`; of many the first.
        without: Vec<String>,
        /// How many others there are.
        more: usize,
    },
    /// A cron input has no tick yet, so that the pipeline has no datum.
    NoTick {
        /// Name of the input.
        input: String,
        /// The folder of its ticks.
        folder: String,
    },
    /// The spec says `reprocess_spec: every_job`.
    EveryJob,
    /// No input makes this datum any more.
    Vanished,
    /// No input makes any datum of the pipeline any more, although there is input.
    Emptied {
        /// The pipeline.
        pipeline: String,
    },
    /// Its id is known and its files stand unmodified.
    Current,
    /// The same, but no command made them: a person accepted them.
    Accepted,
}

/// That no input makes a datum any more, so that `what` is kept.
pub fn emptied(pipeline: &str, what: &str) -> String {
    let word = literal(pipeline);
    format!(
        "no input makes a datum any more, though there is input; {what} kept (`minipach check {word}` may say why, `minipach run --force {word}` removes them)"
    )
}

/// What is lacking, after a comma; nothing of nothing.
fn lacks(without: &[String], more: usize) -> String {
    let named: Vec<String> = without.iter().map(|name| format!("`{}`", show(name))).collect();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    if named.is_empty() { String::new() } else { format!(", without {}{more}", named.join(", ")) }
}

/// That a record made what stands, and no run of ours.
fn recorded(commit: &str) -> String {
    format!(
        "the run record of commit {commit} made its files, and no run of minipach did; `minipach accept` takes them as its result"
    )
}

/// That results of an upstream do not count.
fn undone(result: &str, state: DatumState, more: usize) -> String {
    let others = match more {
        0 => String::new(),
        1 => ", and 1 other result that it reads is not current".into(),
        more => format!(", and {more} other results that it reads are not current"),
    };
    format!("`{}` is {}{others}", show(result), state.word())
}

/// That a file of the code came, went or changed.
fn code_changed(path: &str, was: bool, is: bool) -> String {
    match (was, is) {
        (false, _) => format!("`{path}` became part of the code"),
        (_, false) => format!("`{path}` is no part of the code any more"),
        (true, true) => format!("code changed: `{path}`"),
    }
}

/// That a file that an image is made of came, went or changed.
fn image_changed(path: &str, was: bool, is: bool) -> String {
    match (was, is) {
        (false, _) => format!("its image is made of `{path}` too now"),
        (_, false) => format!("its image is made without `{path}` now"),
        (true, true) => format!("`{path}` changed, which its image is made of"),
    }
}

fn stray(path: &str, more: usize) -> String {
    match more {
        0 => format!("`{path}` stands in its folder, and no run made it; move it away"),
        more => format!("`{path}` and {more} more stand in its folder, and no run made them; move them away"),
    }
}

fn no_tick(input: &str, folder: &str) -> String {
    let (input, folder) = (show(input), show(folder));
    format!(
        "no tick has come to the cron input `{input}` yet, so there is nothing to run: each file that you put into `{folder}` is one"
    )
}

fn in_the_way(path: Option<&str>, more: usize) -> String {
    match (path, more) {
        (None, _) => "a file that no pipeline made stands in its place".into(),
        (Some(path), 0) => format!("`{path}` stands in its place, and no pipeline made it"),
        (Some(path), more) => {
            format!("`{path}` and {more} more stand in its place, and no pipeline made them")
        }
    }
}

impl Reason {
    /// That something was made from what there is of some pipelines, with what is `lacking`.
    pub fn partial(pipelines: Vec<String>, lacking: &[String]) -> Self {
        let without = lacking[..lacking.len().min(MOST_LACKING)].to_vec();
        let more = lacking.len() - without.len();
        Self::Partial { pipelines, without, more }
    }

    /// Whether it tells how an attempt went wrong, or that none is made.
    pub const fn is_failure(&self) -> bool {
        matches!(
            self,
            Self::Failed { .. } | Self::FailedBefore { .. } | Self::Recovered { .. } | Self::Refused { .. }
        )
    }

    /// The reason as a fragment of a sentence, names in backticks.
    pub fn sentence(&self) -> String {
        match self {
            Self::New => "no result was made for it yet".into(),
            Self::Input { path, old: None, .. } => format!("`{path}` is a new input"),
            Self::Input { path, new: None, .. } => format!("`{path}` is no input any more"),
            Self::Input { path, .. } => format!("`{path}` changed"),
            Self::Undone { result, state, more, .. } => undone(result, *state, *more),
            Self::Mode { path, is_executable, .. } => {
                let may = if *is_executable { "may be executed now" } else { "may not be executed any more" };
                format!("the mode of `{path}` changed: it {may}")
            }
            Self::Code { path, old, new } => code_changed(path, old.is_some(), new.is_some()),
            Self::Image { path, old, new } => image_changed(path, old.is_some(), new.is_some()),
            Self::Field { .. } if self.changed_image().is_some() => {
                "a file that its image is made of changed".into()
            }
            Self::Field { field, .. } => field_changed(field),
            Self::OtherWork => "the result was made by other work; what it was is not recorded".into(),
            Self::Missing => "its result is known and will be put in place".into(),
            Self::Taken { path, by } => {
                format!("its result is known and cannot be put in place: `{by}` makes `{path}` too")
            }
            Self::Lost => "its result is gone and no copy is known".into(),
            Self::Edited => "its files were changed by hand and match no known result".into(),
            Self::LineMerged => "git merged its lines, so that its files are of no one result".into(),
            Self::Recorded { commit } => recorded(commit),
            Self::Stray { path, more } => stray(path, *more),
            Self::InTheWay { path, more } => in_the_way(path.as_deref(), *more),
            Self::Refused { message } => format!("a run refuses it: {message}"),
            Self::CannotRun { message } => format!("its command cannot run here: {message}"),
            Self::MissingScript { message } => message.clone(),
            Self::Failed { message, is_cut_since } => {
                format!("{}{message}", if *is_cut_since { CUT_SINCE } else { FAILED })
            }
            Self::FailedBefore { with, message } => format!("failed before with other {with}: {message}"),
            Self::Recovered { message } => format!("its error command stepped in: {message}"),
            Self::Upstream { pipelines } => format!("waits for `{}`", pipelines.join("`, `")),
            Self::Partial { pipelines, without, more } => {
                format!("made from an incomplete `{}`{}", pipelines.join("`, `"), lacks(without, *more))
            }
            Self::NoTick { input, folder } => no_tick(input, folder),
            Self::EveryJob => "`reprocess_spec: every_job` runs it every time".into(),
            Self::Vanished => "no input makes it any more".into(),
            Self::Emptied { pipeline } => emptied(pipeline, "results"),
            Self::Current => "its work is known and its files stand unmodified".into(),
            Self::Accepted => {
                "it was accepted by hand as the result of this work, and its files stand unmodified".into()
            }
        }
    }

    /// What an image contained that is made of files, where those changed and not the spec.
    pub fn changed_image(&self) -> Option<&str> {
        let Self::Field { field, old: Some(old), new: Some(new) } = self else { return None };
        old.as_str().filter(|_| field == "image" && is_folder(old) && is_folder(new))
    }

    /// Old and new value as short text, where the reason has them.
    pub fn values(&self) -> Option<(String, String)> {
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".into());
        match self {
            Self::Input { old, new, .. }
            | Self::Undone { old, new, .. }
            | Self::Code { old, new, .. }
            | Self::Image { old, new, .. } => Some((shown(old), shown(new))),
            Self::Mode { is_executable, .. } => {
                let mode = |is_executable: bool| if is_executable { "100755" } else { "100644" }.to_owned();
                Some((mode(!is_executable), mode(*is_executable)))
            }
            Self::Field { old, new, .. } => {
                let shown =
                    |value: &Option<Value>| value.as_ref().map_or_else(|| "-".into(), Value::to_string);
                Some((shown(old), shown(new)))
            }
            _ => None,
        }
    }
}

/// That a field of the work changed.
fn field_changed(field: &str) -> String {
    if field == IMAGE_OPTIONS {
        return "the options changed with which DataLad calls its container".into();
    }
    format!("`{field}` changed in the spec")
}

/// Whether a value is the content of a folder.
fn is_folder(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.starts_with("dir:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_that_is_made_of_files_changes_by_them() {
        let image = |old: &str, new: &str| Reason::Field {
            field: "image".into(),
            old: Some(old.into()),
            new: Some(new.into()),
        };
        assert_eq!(image("dir:1", "dir:2").sentence(), "a file that its image is made of changed");
        assert_eq!(image("tool:1", "dir:2").sentence(), "`image` changed in the spec");
        let options = Reason::Field { field: IMAGE_OPTIONS.into(), old: None, new: None };
        assert!(options.sentence().contains("DataLad calls its container"), "{}", options.sentence());
    }

    #[test]
    fn commands_in_sentences_take_a_name_with_a_blank_as_one_word() {
        let told = emptied("my fs", "2 results are");
        assert!(told.contains("`minipach check 'my fs'`") && told.contains("--force 'my fs'`"), "{told}");
    }
}
