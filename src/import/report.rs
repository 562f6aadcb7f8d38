//! What an import comes to: new pipelines, where old paths went, and one line for each construct of the source.

use std::fmt;

use serde::Serialize;

/// How faithfully a construct of the source came over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// It means the same.
    Exact,
    /// It means the same if what the line says holds.
    Assumed,
    /// Somebody has to say what is meant before the pipeline can run.
    Todo,
    /// It has no meaning here; the line says why.
    Refused,
}

impl Class {
    /// All of them, in order.
    pub const ALL: [Self; 4] = [Self::Exact, Self::Assumed, Self::Todo, Self::Refused];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Assumed => "assumed",
            Self::Todo => "todo",
            Self::Refused => "refused",
        }
    }
}

/// A line of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// The file, as it was named.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
}

impl Place {
    /// A place.
    pub fn new(path: &str, line: usize) -> Self {
        Self { path: path.to_owned(), line: line.max(1) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.path, self.line)
    }
}

/// What became of one construct.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Item {
    /// Where it stands.
    #[serde(flatten)]
    pub place: Place,
    /// How it came over.
    pub class: Class,
    /// The pipeline it belongs to; empty where it belongs to none.
    pub target: String,
    /// What it is and what became of it, in words.
    pub text: String,
}

/// A path that the source uses, and where its content stands now.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Moved {
    /// As the source has it.
    pub old: String,
    /// From the project's root.
    pub new: String,
}

/// A pipeline to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewPipeline {
    /// Its folder from the project's root.
    pub name: String,
    /// Where it comes from.
    pub from: Place,
    /// The text of its `spec.yml`.
    pub spec: String,
    /// What the source's own tool makes of the files that are here now, as paths in the pipeline's folder; none
    /// where that cannot be told.
    pub expected: Option<Vec<String>>,
}

/// All that one or more sources come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// The pipelines, those first that others read.
    pub pipelines: Vec<NewPipeline>,
    /// One line for each construct, by place.
    pub items: Vec<Item>,
    /// Files that stand elsewhere now.
    pub moved: Vec<Moved>,
}

impl Imported {
    /// Adds what another source came to.
    pub fn add(&mut self, other: Self) {
        self.pipelines.extend(other.pipelines);
        self.items.extend(other.items);
        self.moved.extend(other.moved);
    }

    /// Puts lines in order and drops doubles.
    pub fn arrange(&mut self) {
        self.items.sort();
        self.items.dedup();
        self.moved.sort();
        self.moved.dedup();
    }

    /// How many constructs are of a class.
    pub fn count(&self, class: Class) -> usize {
        self.items.iter().filter(|item| item.class == class).count()
    }
}

/// Collects the lines of a report.
#[derive(Clone, Debug, Default)]
pub(super) struct Report {
    /// The lines so far.
    pub(super) items: Vec<Item>,
}

impl Report {
    /// Adds a line.
    pub(super) fn say(&mut self, class: Class, place: &Place, target: &str, text: impl Into<String>) {
        let item = Item { place: place.clone(), class, target: target.to_owned(), text: text.into() };
        self.items.push(item);
    }

    /// Drops what was said of a pipeline that does not come to be.
    pub(super) fn forget(&mut self, target: &str) {
        self.items.retain(|item| item.target != target);
    }

    /// Something that means the same.
    pub(super) fn exact(&mut self, place: &Place, target: &str, text: impl Into<String>) {
        self.say(Class::Exact, place, target, text);
    }

    /// Something that means the same if the text holds.
    pub(super) fn assumed(&mut self, place: &Place, target: &str, text: impl Into<String>) {
        self.say(Class::Assumed, place, target, text);
    }

    /// Something without meaning here.
    pub(super) fn refused(&mut self, place: &Place, target: &str, text: impl Into<String>) {
        self.say(Class::Refused, place, target, text);
    }
}

#[cfg(test)]
impl Imported {
    /// What is told of one class, a line each, for tests.
    pub(super) fn texts(&self, class: Class) -> String {
        let of = self.items.iter().filter(|item| item.class == class);
        of.flat_map(|item| [format!("{}: {}: {}", item.place.line, item.target, item.text), "\n".to_owned()])
            .collect()
    }

    /// Asserts that what is told of one class holds each of these parts.
    #[track_caller]
    pub(super) fn tells(&self, class: Class, parts: &[&str]) {
        let told = self.texts(class);
        for part in parts {
            assert!(told.contains(part), "{part}\n{told}");
        }
    }
}
