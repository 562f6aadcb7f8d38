//! `SpecSpans`: where each field of a spec stands, for findings that come later.

use std::collections::BTreeMap;

use super::spot::Spot;
use super::typed::{Typed, TypedValue};

/// The places of a spec's fields, by field path: `input.join[0].pfs.repo`, in `snake_case`.
///
/// A field that comes from the project's defaults is found in `minipach.yml`.
#[derive(Clone, Debug, Default)]
pub struct SpecSpans {
    values: BTreeMap<String, Typed>,
    leaves: Vec<String>,
}

impl SpecSpans {
    pub(super) fn new(merged: &Typed, leaves: Vec<String>) -> Self {
        let mut values = BTreeMap::new();
        collect(merged, String::new(), &mut values);
        Self { values, leaves }
    }

    /// The place of a field's value.
    pub fn get(&self, field: &str) -> Option<&Spot> {
        self.values.get(field).map(|typed| &typed.spot)
    }

    /// The place of bytes `start..end` of a text field, or of the whole field.
    pub(super) fn part(&self, field: &str, start: usize, end: usize) -> Option<Spot> {
        self.values.get(field).map(|typed| typed.part(start, end))
    }

    /// The place of a field of leaf `number` (as in `Input::leaves`): `repo`, `glob`; of its key
    /// word (`pfs:`) if the leaf does not have the field.
    pub fn leaf(&self, number: usize, field: &str) -> Option<&Spot> {
        let place = self.leaves.get(number)?;
        let value = self.values.get(&format!("{place}.{field}")).map(|typed| &typed.spot);
        value.or_else(|| self.values.get(place).map(|typed| &typed.key_spot))
    }

    /// Whether leaf `number` has a field.
    pub fn has_leaf(&self, number: usize, field: &str) -> bool {
        self.leaves.get(number).is_some_and(|place| self.values.contains_key(&format!("{place}.{field}")))
    }

    /// The place of bytes `start..end` of a text field of a leaf, or of the whole field.
    pub fn leaf_part(&self, number: usize, field: &str, start: usize, end: usize) -> Option<Spot> {
        let place = self.leaves.get(number)?;
        self.values.get(&format!("{place}.{field}")).map(|typed| typed.part(start, end))
    }
}

fn collect(typed: &Typed, place: String, values: &mut BTreeMap<String, Typed>) {
    for (name, inner) in typed.entries() {
        let inner_place = if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
        collect(inner, inner_place, values);
    }
    for (index, inner) in typed.items().iter().enumerate() {
        collect(inner, format!("{place}[{index}]"), values);
    }
    let value = match &typed.value {
        TypedValue::Text { .. } => typed.value.clone(),
        // Only texts have parts; the rest is kept for its place alone.
        _ => TypedValue::Unset,
    };
    let kept = Typed { value, spot: typed.spot.clone(), key_spot: typed.key_spot.clone() };
    values.insert(place, kept);
}
