//! What a service runs: its own words, and what its image has before them.

use super::super::docker;
use super::super::draft::Command;
use super::super::paths::join;
use super::super::report::Place;
use super::super::source::Source;
use super::super::words::{OF_PATHS, Renamed, names, rename, split as words};
use super::super::yaml::Node;
use super::Lower;

/// Where results go.
const OUT: &str = "/pfs/out";

impl Lower<'_> {
    /// The Dockerfile that the image is built from.
    pub(super) fn dockerfile(&self, build: &Node) -> String {
        let context = build.text().or_else(|| build.text_of("context")).unwrap_or(".");
        let file = build.text_of("dockerfile").unwrap_or("Dockerfile");
        let path = join(&self.source.folder, context).and_then(|context| join(&context, file));
        path.unwrap_or_else(|| file.to_owned())
    }

    /// What the Dockerfile says that stands before the service's own words, or for them.
    fn of_dockerfile(&mut self) -> Vec<String> {
        let node = self.service.node;
        let Some(build) = node.get("build").filter(|_| node.get("entrypoint").is_none()) else {
            return Vec::new();
        };
        let path = self.dockerfile(build);
        let Some(text) = self.facts.read(&path) else {
            let text = format!("cmd: `{path}` is not there, so nobody knows its ENTRYPOINT; write what runs");
            self.draft.todo(&self.source.at(build.line), text);
            return Vec::new();
        };
        let file = Source { path, text, ..Source::default() };
        match docker::runs(&file, node.get("command").is_some()) {
            Some((line, runs)) => {
                let text = "what the Dockerfile runs comes before what the service says";
                self.report.exact(&file.at(line), &self.target, text);
                runs
            }
            None => Vec::new(),
        }
    }

    /// A command for an image that nobody has seen.
    fn of_image(&mut self) {
        let node = self.service.node;
        let Some(image) =
            node.get("image").filter(|_| node.get("build").is_none() && node.get("entrypoint").is_none())
        else {
            return;
        };
        let name = image.text().unwrap_or_default();
        let text = format!("the image `{name}` has no ENTRYPOINT of its own that runs the command");
        self.report.assumed(&self.source.at(image.line), &self.target, text);
    }

    /// What runs, with new paths in place of old ones.
    pub(super) fn command(&mut self, place: &Place) {
        let mut all = self.of_dockerfile();
        for key in ["entrypoint", "command"] {
            let Some(node) = self.service.node.get(key) else { continue };
            match node.text() {
                Some(text) => match words(text) {
                    Some(words) => all.extend(words),
                    None => self
                        .draft
                        .todo(&self.source.at(node.line), format!("cmd: a quote in `{key}` is left open")),
                },
                None => all.extend(node.items().iter().filter_map(Node::text).map(str::to_owned)),
            }
            self.report.exact(&self.source.at(node.line), &self.target, key.to_owned());
        }
        if all.is_empty() {
            let has_image = ["image", "build"].iter().any(|key| self.service.node.get(key).is_some());
            let who = if has_image {
                "only the image knows what runs"
            } else {
                "the service says neither what runs nor in which image"
            };
            self.draft.todo(place, format!("cmd: {who}; write it"));
            return;
        }
        self.of_image();
        self.places(all);
    }

    /// Puts new paths into the command; tells of mounts that it does not name.
    fn places(&mut self, mut all: Vec<String>) {
        let pairs: Vec<Renamed> = self.pairs.iter().map(|(pair, _)| pair.clone()).collect();
        let mut used = std::collections::BTreeSet::new();
        for word in &mut all {
            let (new, of_word) = rename(word, &pairs);
            used.extend(of_word);
            *word = new.replace("$$", "$");
        }
        let is_told = |number: &usize| self.pairs[*number].0.new.starts_with(OUT);
        if let (true, Some((_, line))) = (used.iter().any(is_told), self.pairs.first()) {
            self.report.assumed(&self.source.at(*line), &self.target, format!("command: {OF_PATHS}"));
        }
        for (number, (pair, line)) in self.pairs.clone().into_iter().enumerate() {
            if !used.contains(&number) {
                let is_glued = all.iter().any(|word| names(word, &pair.old));
                let how = if is_glued {
                    "in a way that was not understood"
                } else {
                    "nowhere, so the program must know it"
                };
                let text = format!("cmd: the command names `{}` {how}; let it use `{}`", pair.old, pair.new);
                self.draft.todo(&self.source.at(line), text);
            }
        }
        self.draft.command = Command::Words(all);
    }
}
