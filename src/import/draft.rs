//! A pipeline as an importer thinks it out, and the spec that it becomes.

use super::emit::{Spec, Value};
use super::graph::LeftOut;
use super::report::{Class, NewPipeline, Place, Report};
use super::source::Wishes;

/// One folder that a pipeline reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Leaf {
    /// The folder, or the pipeline.
    pub(super) repo: String,
    /// Its name below `/pfs`, which is a shell variable too.
    pub(super) name: String,
    /// What it takes.
    pub(super) glob: String,
    /// The key of a join.
    pub(super) join_on: Option<String>,
    /// The key of a group.
    pub(super) group_by: Option<String>,
}

impl Leaf {
    fn value(&self) -> Value {
        let mut entries = vec![("repo".to_owned(), Value::text(&self.repo))];
        if self.repo.rsplit('/').next() != Some(self.name.as_str()) {
            entries.push(("name".to_owned(), Value::text(&self.name)));
        }
        entries.push(("glob".to_owned(), Value::text(&self.glob)));
        entries.extend(self.join_on.iter().map(|key| ("join_on".to_owned(), Value::text(key))));
        entries.extend(self.group_by.iter().map(|key| ("group_by".to_owned(), Value::text(key))));
        Value::one("pfs", Value::Map(entries))
    }
}

/// What a pipeline reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// One folder.
    Leaf(Leaf),
    /// Every combination.
    Cross(Vec<Self>),
    /// What has the same key.
    Join(Vec<Leaf>),
    /// All that has the same key, in one datum.
    Group(Vec<Leaf>),
}

/// The key of a group that all its entries share.
pub(super) const ALL: &str = "all";

impl Input {
    /// Every combination of these; one alone is itself.
    pub(super) fn cross(mut inputs: Vec<Self>) -> Option<Self> {
        match inputs.len() {
            0 => None,
            1 => inputs.pop(),
            _ => Some(Self::Cross(inputs)),
        }
    }

    fn value(&self) -> Value {
        let leaves = |leaves: &[Leaf]| Value::List(leaves.iter().map(Leaf::value).collect());
        match self {
            Self::Leaf(leaf) => leaf.value(),
            Self::Cross(inputs) => Value::one("cross", Value::List(inputs.iter().map(Self::value).collect())),
            Self::Join(join) => Value::one("join", leaves(join)),
            Self::Group(group) => Value::one("group", leaves(group)),
        }
    }

    /// All folders that are read.
    pub(super) fn repos(&self) -> Vec<String> {
        match self {
            Self::Leaf(leaf) => vec![leaf.repo.clone()],
            Self::Cross(inputs) => inputs.iter().flat_map(Self::repos).collect(),
            Self::Join(leaves) | Self::Group(leaves) => leaves.iter().map(|leaf| leaf.repo.clone()).collect(),
        }
    }
}

/// What a pipeline runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// Nothing is known yet.
    Unknown,
    /// A program and its arguments.
    Words(Vec<String>),
    /// A script, and the shell for it.
    Script(Vec<String>, String),
}

/// A pipeline, thought out.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    /// Its folder.
    pub(super) name: String,
    /// Where it comes from.
    pub(super) from: Place,
    /// What it does, for people.
    pub(super) description: Option<String>,
    /// What it reads; none is to be settled.
    pub(super) input: Option<Input>,
    /// What it runs.
    pub(super) command: Command,
    /// Further fields of `transform`.
    pub(super) transform: Vec<(&'static str, Value)>,
    /// Further fields.
    pub(super) fields: Vec<(&'static str, Value)>,
    /// What somebody has to settle, and where that comes from.
    pub(super) todos: Vec<(Place, String)>,
    /// What the source's own tool makes.
    pub(super) expected: Option<Vec<String>>,
}

impl Draft {
    /// A pipeline that reads and does nothing yet.
    pub(super) fn new(name: impl Into<String>, from: Place) -> Self {
        Self {
            name: name.into(),
            from,
            description: None,
            input: None,
            command: Command::Unknown,
            transform: Vec::new(),
            fields: Vec::new(),
            todos: Vec::new(),
            expected: None,
        }
    }

    /// Adds what somebody has to settle.
    pub(super) fn todo(&mut self, place: &Place, text: impl Into<String>) {
        self.todos.push((place.clone(), text.into()));
    }

    /// Leaves to be settled what it reads of pipelines that do not come to be.
    pub(super) fn misses(&mut self, left_out: &LeftOut) {
        for repo in self.input.iter().flat_map(Input::repos).collect::<Vec<_>>() {
            if let Some(place) = left_out.get(&repo) {
                let text = format!("input: what makes `{repo}` is left out ({place}); say what is read");
                self.todo(&self.from.clone(), text);
            }
        }
    }

    /// Its spec, at its place; what is to be settled goes to the report too.
    pub(super) fn finish(mut self, wishes: &Wishes, report: &mut Report) -> NewPipeline {
        let name = wishes.placed(&self.name);
        if self.input.is_none() && !self.todos.iter().any(|(_, text)| text.starts_with("input")) {
            let text = "input: say which folder it reads, and by which glob it is cut into datums";
            self.todos.insert(0, (self.from.clone(), text.into()));
        }
        for (place, text) in &self.todos {
            report.say(Class::Todo, place, &name, text.clone());
        }
        let spec = self.spec().text();
        NewPipeline { name, from: self.from, spec, expected: self.expected }
    }

    fn spec(&self) -> Spec {
        let todos = self.todos.iter().map(|(_, text)| text.clone()).collect();
        let mut spec = Spec { from: vec![self.from.clone()], todos, ..Spec::default() };
        if let Some(description) = &self.description {
            spec.set("description", Value::text(description));
        }
        if let Some(input) = &self.input {
            spec.set("input", input.value());
        }
        spec.set("transform", self.run());
        for (key, value) in &self.fields {
            spec.set(key, value.clone());
        }
        spec
    }

    fn run(&self) -> Value {
        let mut entries = Vec::new();
        match &self.command {
            Command::Unknown => {}
            Command::Words(words) => entries.push(("cmd".to_owned(), Value::texts(words))),
            Command::Script(shell, script) => {
                let script = match script.trim_end_matches('\n') {
                    one if !one.contains('\n') => one.to_owned(),
                    more => format!("{more}\n"),
                };
                let words = shell.iter().map(String::as_str).chain(["-c", script.as_str()]);
                entries.push(("cmd".to_owned(), Value::texts(words)));
            }
        }
        entries.extend(self.transform.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
        entries.retain(|(_, value)| !value.is_empty());
        Value::Map(entries)
    }
}
