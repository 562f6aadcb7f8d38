//! The commits without their picture: each in a sentence, and what the one under the cursor changed.

use serde_json::json;

use crate::app::CommitView;
use crate::model::show;
use crate::tui::facts::Facts;
use crate::tui::twin::{Row as Told, Twin};

use super::{History, Row, ago, kind, unsaved};

/// What the screen says.
pub(super) fn twin(history: &History, facts: &Facts, most: usize) -> Twin {
    let rows = history.rows();
    let selected = history
        .current()
        .map(|commit| json!({ "commit": commit.id, "changed": history.touched.get(&commit.id) }));
    let chosen = history.chosen.as_ref().map(|chosen| format!("{} is compared", chosen.short()));
    let empty = match (&history.wrong, &history.commits) {
        (Some(why), _) => show(why),
        (None, Some(_)) if rows.is_empty() => "nothing matches the filter".into(),
        _ => String::new(),
    };
    Twin::default()
        .with("filter", history.filter.clone())
        .with("compared", json!(history.chosen.as_ref().map(|chosen| &chosen.id)))
        .with("selected", json!(selected))
        .with("error", json!(history.wrong))
        .line(empty)
        .line(chosen.unwrap_or_default())
        .list(rows.len(), history.list.cursor, most, |at| match rows[at] {
            Row::Now => now(facts),
            Row::Commit(commit) => told(history, commit, facts),
        })
}

fn now(facts: &Facts) -> Told {
    let said = unsaved(facts).filter(|_| !facts.is_past);
    let as_is = if facts.is_past { "the project as it is" } else { "the project as it is, all committed" };
    let text = said.clone().unwrap_or_else(|| as_is.into());
    Told { text: format!("now: {text}"), facts: json!({ "commit": null, "unsaved": said }) }
}

fn told(history: &History, commit: &CommitView, facts: &Facts) -> Told {
    let effect = history.effects.get(&commit.id).copied().flatten();
    let effect = effect.map(|effect| {
        let (new, edited, deleted) = effect.files;
        json!({
            "made": effect.made, "remade": effect.remade, "gone": effect.gone, "new_files": new,
            "edited_files": edited, "deleted_files": deleted,
        })
    });
    let text = format!(
        "{}: {}; {}; by {}, {}",
        commit.short(),
        show(&commit.subject),
        kind(commit),
        show(&commit.by),
        ago(facts, commit)
    );
    let facts = json!({
        "commit": commit.id, "subject": commit.subject, "by": commit.by, "at_ms": commit.at_ms,
        "pipeline": commit.pipeline, "reverts": commit.reverts, "effect": effect,
    });
    Told { text, facts }
}
