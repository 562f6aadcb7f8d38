//! One stage of `dvc.yaml`: what it says, its values filled in.

use super::super::error::ImportError;
use super::super::paths::join;
use super::super::report::Place;
use super::super::source::Source;
use super::super::yaml::Node;
use super::template::Values;

/// A path that a stage names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    /// As it is written, without `./`.
    pub(super) written: String,
    /// From the project's root.
    pub(super) path: String,
    /// Its line.
    pub(super) line: usize,
}

/// A stage with its values filled in.
#[derive(Clone, Debug, Default)]
pub(super) struct Stage {
    /// Its name; `name/value` for one of many.
    pub(super) name: String,
    /// Its line.
    pub(super) line: usize,
    /// Its commands, one after the other.
    pub(super) cmd: Vec<String>,
    /// The folder it runs in, from the project's root.
    pub(super) folder: String,
    /// What it reads.
    pub(super) deps: Vec<Named>,
    /// What it makes.
    pub(super) outs: Vec<Named>,
    /// Files with parameters, and which of them are used.
    pub(super) params: Vec<(Named, Vec<String>)>,
    /// What it does.
    pub(super) desc: Option<String>,
    /// Whether DVC leaves it alone, and whether it always runs it.
    pub(super) is_frozen: bool,
    /// See above.
    pub(super) is_always: bool,
    /// What else is to be said of it: line, whether it must be settled, words.
    pub(super) said: Vec<(usize, bool, String)>,
}

/// Reads a stage.
///
/// # Errors
/// When it is no map, runs nothing, or names a path outside of the project.
pub(super) fn read(name: &str, node: &Node, values: &Values, source: &Source) -> Result<Stage, ImportError> {
    let place = source.at(node.line);
    let Some(cmd) = node.get("cmd") else {
        return Err(ImportError::new(&place, format!("stage `{name}` has no `cmd`")));
    };
    let mut stage = Stage { name: name.to_owned(), line: node.line, ..Stage::default() };
    let vars = node.get("vars").map(Node::items).unwrap_or_default();
    let values = &values.with(vars);
    for file in vars.iter().filter_map(Node::text) {
        let text = format!("`vars` names `{file}`, which is not read for one stage alone");
        stage.said.push((node.line, false, text));
    }
    for line in cmd.each() {
        let text = line.text().unwrap_or_default();
        let (text, maps) = values.with_options(text);
        stage.told(line.line, maps);
        let filled = stage.fill(&text, line.line, values);
        stage.cmd.push(filled);
    }
    let wdir = node.text_of("wdir").map(|text| stage.fill(text, node.line, values)).unwrap_or_default();
    stage.folder = join(&source.folder, &wdir).ok_or_else(|| outside(&stage, &wdir, &place))?;
    if let Some(node) = node.get("wdir") {
        let text = format!("wdir `{wdir}`: the command runs there, and paths of deps and outs begin there");
        stage.said.push((node.line, false, text));
    }
    let mut reader = Reader { stage, values, source };
    reader.deps(node)?;
    reader.outs(node)?;
    reader.params(node)?;
    let mut stage = reader.stage;
    stage.rest(node);
    Ok(stage)
}

fn outside(stage: &Stage, path: &str, place: &Place) -> ImportError {
    ImportError::new(place, format!("stage `{}`: `{path}` lies outside of the project", stage.name))
}

/// Reads the paths of a stage.
struct Reader<'a> {
    stage: Stage,
    values: &'a Values,
    source: &'a Source,
}

impl Reader<'_> {
    fn named(&mut self, node: &Node, text: &str) -> Result<Named, ImportError> {
        let written = self.stage.fill(text, node.line, self.values);
        let written = written.trim_start_matches("./").trim_end_matches('/').to_owned();
        match join(&self.stage.folder, &written).filter(|path| !path.is_empty()) {
            Some(path) => Ok(Named { written, path, line: node.line }),
            None => Err(outside(&self.stage, &written, &self.source.at(node.line))),
        }
    }

    /// Whether a path is an address elsewhere; that is to be settled.
    fn is_remote(&mut self, node: &Node, text: &str, what: &str) -> bool {
        let text = self.stage.fill(text, node.line, self.values);
        let is_remote = text.contains("://");
        if is_remote {
            let way = if what == "input" {
                "fetch it into a folder, and read that"
            } else {
                "let the command write below /pfs/out"
            };
            self.stage.said.push((
                node.line,
                true,
                format!("{what}: `{text}` lies outside of the project; {way}"),
            ));
        }
        is_remote
    }

    fn deps(&mut self, node: &Node) -> Result<(), ImportError> {
        for dep in node.get("deps").map(Node::each).unwrap_or_default() {
            let text = dep.text().unwrap_or_default();
            if self.is_remote(dep, text, "input") {
                continue;
            }
            let named = self.named(dep, text)?;
            self.stage.deps.push(named);
        }
        Ok(())
    }

    fn outs(&mut self, node: &Node) -> Result<(), ImportError> {
        for key in ["outs", "metrics", "plots"] {
            for out in node.get(key).map(Node::each).unwrap_or_default() {
                let (text, options) = match out.entries().first() {
                    Some((text, options)) => (text.as_str(), Some(options)),
                    None => (out.text().unwrap_or_default(), None),
                };
                if self.is_remote(out, text, key) {
                    continue;
                }
                let named = self.named(out, text)?;
                self.stage.options(key, &named, options);
                if !self.stage.outs.iter().any(|other| other.path == named.path) {
                    self.stage.outs.push(named);
                }
            }
        }
        Ok(())
    }

    fn params(&mut self, node: &Node) -> Result<(), ImportError> {
        for param in node.get("params").map(Node::each).unwrap_or_default() {
            let (file, keys) = match param.entries().first() {
                Some((file, keys)) => {
                    (file.as_str(), keys.each().iter().filter_map(Node::text).map(str::to_owned).collect())
                }
                None => ("params.yaml", vec![param.text().unwrap_or_default().to_owned()]),
            };
            let named = self.named(param, file)?;
            match self.stage.params.iter_mut().find(|(other, _)| other.path == named.path) {
                Some((_, known)) => known.extend(keys),
                None => self.stage.params.push((named, keys)),
            }
        }
        Ok(())
    }
}

/// What a stage may say.
const KNOWN: [&str; 14] = [
    "cmd",
    "vars",
    "wdir",
    "deps",
    "outs",
    "metrics",
    "plots",
    "params",
    "desc",
    "frozen",
    "always_changed",
    "matrix",
    "foreach",
    "do",
];

impl Stage {
    /// A text with its values, which are noted.
    fn fill(&mut self, text: &str, line: usize, values: &Values) -> String {
        let (text, used, unknown) = values.fill(text);
        self.told(line, used);
        for name in unknown {
            let text = if values.is_several(&name) {
                format!("cmd: `${{{name}}}` stands for several values; write those that are meant")
            } else {
                format!("cmd: nobody says what `${{{name}}}` is; write its value")
            };
            self.said.push((line, true, text));
        }
        text
    }

    /// Notes values that were filled in.
    fn told(&mut self, line: usize, used: Vec<(String, String)>) {
        for (name, value) in used {
            if name != "item" && name != "key" {
                self.said.push((line, false, format!("`${{{name}}}` is `{value}`, as it is now")));
            }
        }
    }

    fn options(&mut self, key: &str, named: &Named, options: Option<&Node>) {
        if key != "outs" {
            self.said.push((
                named.line,
                false,
                format!("`{}` is an output like any other, not {key}", named.written),
            ));
        }
        for (option, _) in options.map(Node::entries).unwrap_or_default() {
            let is_kept = ["cache", "persist", "remote", "push"].contains(&option.as_str());
            let why = if is_kept {
                "results are kept in git or the annex as `.gitattributes` says"
            } else {
                "it only tells DVC what to show, and is left out"
            };
            let text = format!("`{option}` of `{}`: {why}", named.written);
            self.said.push((named.line, false, text));
        }
    }

    fn rest(&mut self, node: &Node) {
        self.desc = node.text_of("desc").map(str::to_owned);
        self.is_frozen = node.get("frozen").is_some_and(Node::is_true);
        self.is_always = node.get("always_changed").is_some_and(Node::is_true);
        for (key, node) in node.entries().iter().filter(|(key, _)| !KNOWN.contains(&key.as_str())) {
            self.said.push((node.line, false, format!("`{key}` has no meaning here, and is left out")));
        }
    }
}
