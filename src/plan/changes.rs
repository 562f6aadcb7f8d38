//! What differs between two makings of a result: inputs by path, work by field.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::model::{ContentId, DatumId, Kind, KnownInput, KnownResult, Pipeline, View, WorkId};

use super::identity::{datum_id_with, kind_of};
use super::layout::{extension, source_path};
use super::pipeline::PipelinePlan;
use super::reason::Reason;

/// What a result was made of, or would be.
pub struct MadeOf<'a> {
    inputs: Cow<'a, [KnownInput]>,
    work: WorkId,
    /// The fields behind `work`, where they are recorded.
    fields: Option<&'a Map<String, Value>>,
    /// What all of it is named by.
    id: DatumId,
    /// The datum of a plan that it is.
    planned: Option<(&'a PipelinePlan, &'a Pipeline, usize)>,
}

/// More files than this are not tried in all their modes.
const MOST_MODES: usize = 8;

impl<'a> MadeOf<'a> {
    /// As a ledger tells; `fields` are those of the line's work.
    pub fn line(line: &'a KnownResult, fields: Option<&'a Map<String, Value>>) -> Self {
        Self { inputs: Cow::Borrowed(&line.inputs), work: line.work, fields, id: line.id, planned: None }
    }

    /// As an attempt at work `id` was made of `inputs`; `fields` are those of its work.
    pub fn tried(
        id: DatumId,
        inputs: &'a [KnownInput],
        work: WorkId,
        fields: Option<&'a Map<String, Value>>,
    ) -> Self {
        Self { inputs: Cow::Borrowed(inputs), work, fields, id, planned: None }
    }

    /// As datum `number` of a plan is; `fields` are those of the plan's work.
    pub fn datum(
        plan: &'a PipelinePlan,
        pipeline: &'a Pipeline,
        number: usize,
        fields: &'a Map<String, Value>,
    ) -> Self {
        let inputs = Cow::Owned(known_inputs(plan, pipeline, number));
        let (id, planned) = (plan.datums[number].id, Some((plan, pipeline, number)));
        Self { inputs, work: plan.work, fields: Some(fields), id, planned }
    }
}

/// What is otherwise in the new making; that it is another work, where nothing tells how.
pub fn changes(old: &MadeOf<'_>, new: &MadeOf<'_>) -> Vec<Reason> {
    let by_content = new.planned.is_some_and(|(_, pipeline, _)| pipeline.view() == View::Content);
    let mut found = input_differences(&old.inputs, &new.inputs, by_content);
    if old.work != new.work {
        match (old.fields, new.fields) {
            (Some(old), Some(new)) => found.extend(work_differences(old, new)),
            _ => found.push(Reason::OtherWork),
        }
    }
    if found.is_empty() {
        found = mode_differences(old, new);
    }
    if found.is_empty() {
        found.push(Reason::OtherWork);
    }
    found
}

/// Which files became executable, or are so no more, where nothing else differs. What was recorded of inputs does not
/// say it, but the old id does: it is that of the datum with these files in the other mode.
fn mode_differences(old: &MadeOf<'_>, new: &MadeOf<'_>) -> Vec<Reason> {
    let Some((plan, pipeline, number)) = new.planned else { return Vec::new() };
    let (leaves, formed) = (plan.leaves(pipeline), &plan.formed);
    let datum = &formed.datums[number];
    let is_plain = |at: &&u32| {
        let is_read = !leaves[usize::from(formed.matches[**at as usize].leaf)].0.reference;
        is_read && matches!(kind_of(&leaves, formed, **at), Some(Kind::File | Kind::Exec))
    };
    let plain: Vec<u32> = datum.matches.iter().filter(is_plain).take(MOST_MODES).copied().collect();
    let is_old = |turned: &Vec<u32>| {
        let kind = |at: u32| match kind_of(&leaves, formed, at) {
            Some(Kind::File) if turned.contains(&at) => Some(Kind::Exec),
            Some(Kind::Exec) if turned.contains(&at) => Some(Kind::File),
            kind => kind,
        };
        let work = (plan.work, pipeline.view());
        datum_id_with(work, &leaves, formed, &plan.contents, datum, &kind) == old.id
    };
    let chosen = |bits: u32| (0..).zip(&plain).filter(move |(at, _)| bits >> at & 1 == 1).map(|(_, at)| *at);
    let turned = (1..1_u32 << plain.len()).map(|bits| chosen(bits).collect()).find(is_old);
    let told = |at: u32| {
        let matched = &formed.matches[at as usize];
        let (leaf, tree, _) = leaves[usize::from(matched.leaf)];
        Reason::Mode {
            name: leaf.name.to_string(),
            path: source_path(tree, matched),
            is_executable: kind_of(&leaves, formed, at) == Some(Kind::Exec),
        }
    };
    turned.unwrap_or_default().into_iter().map(told).collect()
}

/// Why a datum of which no result was ever made is to be tried again: what is otherwise than when it failed.
pub fn since_failure(message: String, old: &MadeOf<'_>, new: &MadeOf<'_>) -> Vec<Reason> {
    let changed = changes(old, new);
    let with = match changed.first() {
        Some(Reason::Input { .. } | Reason::Mode { .. }) => "data",
        Some(Reason::Code { .. }) => "code",
        _ => "settings",
    };
    std::iter::once(Reason::FailedBefore { with, message }).chain(changed).collect()
}

/// The inputs of datum `number`, as the ledger records them.
pub fn known_inputs(plan: &PipelinePlan, pipeline: &Pipeline, number: usize) -> Vec<KnownInput> {
    let leaves = plan.leaves(pipeline);
    let known = |&at: &u32| {
        let matched = &plan.formed.matches[at as usize];
        let (leaf, tree, _) = leaves[usize::from(matched.leaf)];
        KnownInput {
            name: leaf.name.clone(),
            path: source_path(tree, matched).into(),
            content: plan.contents[at as usize].clone(),
        }
    };
    plan.formed.datums[number].matches.iter().map(known).collect()
}

/// Those of some inputs that others do not have; `by_content` what stands elsewhere is the same.
fn without<'a>(inputs: &'a [KnownInput], others: &[KnownInput], by_content: bool) -> Vec<&'a KnownInput> {
    fn kind(input: &KnownInput) -> (&str, &Option<ContentId>, &str) {
        let is_folder = matches!(input.content, Some(ContentId::Folder(_)));
        (&input.name, &input.content, if is_folder { "" } else { extension(&input.path) })
    }
    let mut spare: BTreeMap<_, usize> = BTreeMap::new();
    others.iter().filter(|_| by_content).for_each(|input| *spare.entry(kind(input)).or_default() += 1);
    // What stands in the same place is its own twin before anything else is.
    let place = |input: &'_ KnownInput| (input.name.clone(), input.path.clone(), input.content.clone());
    let known: BTreeSet<_> = others.iter().filter(|_| by_content).map(place).collect();
    let is_same = |input: &&KnownInput| known.contains(&place(input));
    let (same, elsewhere): (Vec<_>, Vec<_>) = inputs.iter().partition(is_same);
    let mut left = Vec::new();
    for input in same.into_iter().chain(elsewhere) {
        match spare.get_mut(&kind(input)).filter(|many| **many > 0) {
            Some(many) => *many -= 1,
            None => left.push(input),
        }
    }
    left
}

fn input_differences(old: &[KnownInput], new: &[KnownInput], by_content: bool) -> Vec<Reason> {
    type ByPlace<'a> = BTreeMap<(&'a str, &'a str), &'a Option<ContentId>>;
    fn index(inputs: Vec<&KnownInput>) -> ByPlace<'_> {
        inputs.into_iter().map(|input| ((&*input.name, &*input.path), &input.content)).collect()
    }
    let (old_left, new_left) = (without(old, new, by_content), without(new, old, by_content));
    // The same contents in another order, as two members of a group that swapped theirs, differ by place after all.
    let contents = |inputs: &[KnownInput]| -> Vec<Option<ContentId>> {
        inputs.iter().map(|input| input.content.clone()).collect()
    };
    let is_order = old_left.is_empty() && new_left.is_empty() && contents(old) != contents(new);
    let (old, new) = if is_order {
        (index(old.iter().collect()), index(new.iter().collect()))
    } else {
        (index(old_left), index(new_left))
    };
    let places: BTreeSet<_> = old.keys().chain(new.keys()).copied().collect();
    let text = |content: Option<&&Option<ContentId>>| {
        content.map(|content| content.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string))
    };
    let differs = |place: &(&str, &str)| old.get(place) != new.get(place);
    places
        .into_iter()
        .filter(differs)
        .map(|place| Reason::Input {
            name: place.0.to_owned(),
            path: place.1.to_owned(),
            old: text(old.get(&place)),
            new: text(new.get(&place)),
        })
        .collect()
}

fn work_differences(old: &Map<String, Value>, new: &Map<String, Value>) -> Vec<Reason> {
    let fields: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let mut found = Vec::new();
    for field in fields.into_iter().filter(|field| *field != "work") {
        let (before, now) = (old.get(field), new.get(field));
        if before == now {
            continue;
        }
        if field == "code" {
            found.extend(code_differences(before, now));
        } else {
            found.push(Reason::Field { field: field.clone(), old: before.cloned(), new: now.cloned() });
        }
    }
    found
}

fn code_differences(old: Option<&Value>, new: Option<&Value>) -> Vec<Reason> {
    let empty = Map::new();
    let files =
        |value: Option<&'_ Value>| value.and_then(Value::as_object).cloned().unwrap_or_else(|| empty.clone());
    let (old, new) = (files(old), files(new));
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    paths
        .into_iter()
        .filter(|path| old.get(*path) != new.get(*path))
        .map(|path| Reason::Code { path: path.clone(), old: text(old.get(path)), new: text(new.get(path)) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(all: &[(&str, u8)]) -> Vec<KnownInput> {
        let input = |(path, content): &(&str, u8)| KnownInput {
            name: "x".into(),
            path: (*path).into(),
            content: Some(ContentId::Folder([*content; 32])),
        };
        all.iter().map(input).collect()
    }

    fn told(old: &[(&str, u8)], new: &[(&str, u8)], by_content: bool) -> Vec<String> {
        let found = input_differences(&inputs(old), &inputs(new), by_content);
        found.iter().map(Reason::sentence).collect()
    }

    #[test]
    fn where_content_decides_paths_alone_are_no_difference() {
        let (gone, new) = ("`a` is no input any more", "`b` is a new input");
        assert_eq!(told(&[("a", 1)], &[("b", 1)], true), Vec::<String>::new());
        assert_eq!(told(&[("a", 1)], &[("b", 1)], false), [gone, new]);
        assert_eq!(told(&[("a", 1)], &[("b", 2)], true), [gone, new]);
        // Of two that are equal, the one that went is named.
        assert_eq!(told(&[("a", 1), ("b", 1)], &[("b", 1)], true), [gone]);
        // Members of a group that swapped their contents are in another order.
        let swapped = told(&[("a", 1), ("b", 2)], &[("a", 2), ("b", 1)], true);
        assert_eq!(swapped, ["`a` changed", "`b` changed"]);
    }
}
