//! One datum with all that is known of it here, for a screen of its own.

use crate::model::DatumId;
use crate::run::{Known, Plans};

use super::datums::{DatumView, attempts, datum_view, leftover_views};
use super::session::Session;

/// A datum or leftover of a pipeline; also of a done one with its attempts. `None` if there is none.
pub fn one_datum(
    session: &Session,
    plans: &Plans,
    known: &Known<'_>,
    pipeline: &str,
    key: &str,
) -> Option<DatumView> {
    let planned = plans.by_name.iter().find(|(name, _)| name.as_str() == pipeline)?.1.as_ref().ok()?;
    let number = planned.plan.datums.iter().position(|datum| *datum.key == *key);
    let mut view = match number {
        Some(number) => datum_view(session, known, planned, number),
        None => leftover_views(session, planned).find(|view| view.key == key)?,
    };
    if view.attempts.is_empty()
        && let Ok(id) = view.id.parse::<DatumId>()
    {
        view.attempts = attempts(known, id);
    }
    Some(view)
}
