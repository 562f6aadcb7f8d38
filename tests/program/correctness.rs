//! Eight changes to one tiny project, and what make, ninja, Snakemake and minipach do about each.
//!
//! `raw/{a,b,c}.txt` are turned to capitals one by one, then joined into one file. A cell of the tables says
//! which commands ran, and whether the results are then those that a fresh start would give.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use crate::support::{Project, peer};

/// Who does the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tool {
    Make,
    Ninja,
    Snakemake,
    Minipach,
}

/// What happens to a project whose results stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    ContentWithOldTime,
    ContentWithOlderTime,
    TimeAlone,
    ResultTampered,
    ResultDeleted,
    CommandEdited,
    InputRemoved,
    EqualContent,
}

/// One project, worked by one tool.
struct Case {
    project: Project,
    tool: Tool,
    /// The command's last argument, a line added to each result.
    mark: &'static str,
}

const HOUR: Duration = Duration::from_hours(1);

const UP: &str = r#"
read -r word < "$1"
echo "up $word" >> "$WITNESS"
tr a-z A-Z < "$1" > "$2"
if [ "$3" != - ]; then echo "$3" >> "$2"; fi
"#;

const JOIN: &str = r#"
out=$1
shift
echo join >> "$WITNESS"
cat "$@" > "$out"
"#;

impl Case {
    fn new(tool: Tool) -> Self {
        let project = Project::new();
        project.write_all(&[("code/up.sh", UP), ("code/join.sh", JOIN), (".gitignore", ".snakemake\n")]);
        for (name, word) in [("a", "alpha"), ("b", "bravo"), ("c", "chalk")] {
            project.write(&format!("raw/{name}.txt"), format!("{word}\n"));
            let path = format!("raw/{name}.txt");
            project.set_mtime(&path, project.mtime(&path) - HOUR);
        }
        Self { project, tool, mark: "-" }
    }

    /// Names of the inputs that stand.
    fn names(&self) -> Vec<&'static str> {
        let stands = |name: &&str| self.project.exists(&format!("raw/{name}.txt"));
        ["a", "b", "c"].into_iter().filter(stands).collect()
    }

    /// Where the result of an input stands; `join` is the joined one.
    fn result(&self, name: &str) -> String {
        match (self.tool, name) {
            (Tool::Minipach, "join") => "join/all.txt".to_owned(),
            (Tool::Minipach, _) => format!("up/{name}/text"),
            (_, _) => format!("out/{name}.txt"),
        }
    }

    /// Writes what the tool reads: by hand for make and Snakemake, as a generator would for ninja.
    fn configure(&self) {
        match self.tool {
            Tool::Make => self.project.write("Makefile", makefile(self.mark)),
            Tool::Ninja => self.project.write("build.ninja", ninja(self.mark, &self.names())),
            Tool::Snakemake => self.project.write("Snakefile", snakefile(self.mark)),
            Tool::Minipach => {
                self.project.spec("join", JOIN_SPEC);
                self.project.spec("up", &UP_SPEC.replace("MARK", self.mark))
            }
        };
    }

    /// Runs the tool and gives the commands that ran.
    fn run(&self) -> Vec<String> {
        self.configure();
        match self.tool {
            Tool::Make => self.project.program("make", ["-s", "-j2"]).ok(),
            Tool::Ninja => self.project.program("ninja", ["-j2", "--quiet"]).ok(),
            Tool::Snakemake => self.project.program("snakemake", ["--cores", "2", "--quiet", "all"]).ok(),
            Tool::Minipach => {
                // What a person would commit; the results are minipach's own business.
                self.project.git(["add", "-A", "raw", "code", ".gitignore", "up/spec.yml", "join/spec.yml"]);
                self.project.git(["commit", "-q", "--allow-empty", "-m", "a change"]);
                self.project.minipach(["run", "-j2"]).stdout
            }
        };
        self.project.witnessed()
    }

    /// Name → text of the results that a fresh start would give.
    fn expected(&self) -> BTreeMap<String, String> {
        let capital = |name: &&str| {
            let text = self.project.read(&format!("raw/{name}.txt")).to_ascii_uppercase();
            if self.mark == "-" { text } else { format!("{text}{}\n", self.mark) }
        };
        let names = self.names();
        let mut results: BTreeMap<String, String> =
            names.iter().map(|name| ((*name).to_owned(), capital(name))).collect();
        results.insert("join".to_owned(), names.iter().map(capital).collect());
        results
    }

    fn results(&self) -> BTreeMap<String, String> {
        let all = ["a", "b", "c", "join"].into_iter().map(|name| (name.to_owned(), self.result(name)));
        let standing = all.filter(|(_, path)| self.project.exists(path));
        standing.map(|(name, path)| (name, self.project.read(&path))).collect()
    }

    fn verdict(&self) -> &'static str {
        if self.results() == self.expected() {
            return "right";
        }
        let tampered = self.results().get("a").is_some_and(|text| text == "TAMPERED\n");
        let is_said = || self.project.states("up").get("a").is_some_and(|state| state == "edited");
        if self.tool == Tool::Minipach && tampered && is_said() { "kept and said" } else { "wrong" }
    }

    fn apply(&mut self, change: Change) {
        let input = "raw/a.txt";
        let before = self.project.mtime(input);
        // File systems keep times in steps of a few milliseconds.
        thread::sleep(Duration::from_millis(20));
        let project = &self.project;
        match change {
            Change::ContentWithOldTime => project.write(input, "omega\n").set_mtime(input, before),
            Change::ContentWithOlderTime => project.write(input, "omega\n").set_mtime(input, before - HOUR),
            Change::TimeAlone => project.write(input, "alpha\n"),
            Change::ResultTampered => project.write(&self.result("a"), "TAMPERED\n"),
            Change::ResultDeleted => project.remove(&self.result("a")),
            Change::InputRemoved => project.remove("raw/c.txt"),
            Change::EqualContent => project.write("raw/b.txt", "alpha\n"),
            Change::CommandEdited => {
                self.mark = "edited";
                project
            }
        };
    }
}

fn makefile(mark: &str) -> String {
    format!(
        "names := $(basename $(notdir $(wildcard raw/*.txt)))\n\
         $(shell mkdir -p out)\n\
         out/join.txt: $(names:%=out/%.txt)\n\tsh code/join.sh $@ $^\n\
         out/%.txt: raw/%.txt\n\tsh code/up.sh $< $@ {mark}\n"
    )
}

fn ninja(mark: &str, names: &[&str]) -> String {
    let builds = names.iter().map(|name| format!("build out/{name}.txt: up raw/{name}.txt"));
    let results = names.iter().map(|name| format!("out/{name}.txt"));
    let (builds, results) = (builds.collect::<Vec<_>>().join("\n"), results.collect::<Vec<_>>().join(" "));
    format!(
        "rule up\n  command = sh code/up.sh $in $out {mark}\nrule join\n  command = sh code/join.sh $out $in\n\
         {builds}\nbuild out/join.txt: join {results}\ndefault out/join.txt\n"
    )
}

fn snakefile(mark: &str) -> String {
    format!(
        r#"names = sorted(glob_wildcards("raw/{{name}}.txt").name)
rule all:
    input: "out/join.txt"
rule join:
    input: expand("out/{{name}}.txt", name=names)
    output: "out/join.txt"
    shell: "sh code/join.sh {{output}} {{input}}"
rule up:
    input: "raw/{{name}}.txt"
    output: "out/{{name}}.txt"
    wildcard_constraints: name="[abc]"
    shell: "sh code/up.sh {{input}} {{output}} {mark}"
"#
    )
}

const UP_SPEC: &str = r"
input:
  pfs: {repo: raw, glob: '/(*).txt'}
output: /$1
transform:
  cmd: [sh, code/up.sh, /pfs/raw/raw.txt, /pfs/out/text, 'MARK']
";

const JOIN_SPEC: &str = r"
input:
  pfs: {repo: up, glob: /}
output: /
transform:
  cmd: [sh, -c, 'sh code/join.sh /pfs/out/all.txt /pfs/up/*/text']
";

/// What a tool does about a change: the commands that run, and whether the results are then right.
fn cell(tool: Tool, change: Change) -> String {
    let mut case = Case::new(tool);
    if change == Change::EqualContent {
        case.apply(change);
    } else {
        assert_eq!(case.run(), ["join", "up alpha", "up bravo", "up chalk"], "{tool:?}: the first run");
        assert_eq!(case.results(), case.expected(), "{tool:?}: the first run");
        case.apply(change);
    }
    let ran = case.run();
    let ran = if ran.is_empty() { "nothing".to_owned() } else { ran.join(", ") };
    format!("{ran}: {}", case.verdict())
}

#[track_caller]
fn check(tool: Tool, expected: [(Change, &str); 8]) {
    let found = expected.map(|(change, _)| format!("{change:?} → {}", cell(tool, change)));
    let expected = expected.map(|(change, cell)| format!("{change:?} → {cell}"));
    assert_eq!(found, expected, "{tool:?}");
}

#[test]
fn make_believes_time_stamps() {
    if peer("make").is_none() {
        return;
    }
    check(
        Tool::Make,
        [
            (Change::ContentWithOldTime, "nothing: wrong"),
            (Change::ContentWithOlderTime, "nothing: wrong"),
            (Change::TimeAlone, "join, up alpha: right"),
            (Change::ResultTampered, "join: wrong"),
            (Change::ResultDeleted, "join, up alpha: right"),
            (Change::CommandEdited, "nothing: wrong"),
            (Change::InputRemoved, "nothing: wrong"),
            (Change::EqualContent, "join, up alpha, up alpha, up chalk: right"),
        ],
    );
}

#[test]
fn ninja_believes_time_stamps_and_knows_commands() {
    if peer("ninja").is_none() {
        return;
    }
    check(
        Tool::Ninja,
        [
            (Change::ContentWithOldTime, "nothing: wrong"),
            (Change::ContentWithOlderTime, "nothing: wrong"),
            (Change::TimeAlone, "join, up alpha: right"),
            (Change::ResultTampered, "join: wrong"),
            (Change::ResultDeleted, "join, up alpha: right"),
            (Change::CommandEdited, "join, up alpha, up bravo, up chalk: right"),
            (Change::InputRemoved, "join: wrong"),
            (Change::EqualContent, "join, up alpha, up alpha, up chalk: right"),
        ],
    );
}

#[test]
fn snakemake_believes_time_stamps_first() {
    if peer("snakemake").is_none() {
        return;
    }
    check(
        Tool::Snakemake,
        [
            (Change::ContentWithOldTime, "nothing: wrong"),
            (Change::ContentWithOlderTime, "nothing: wrong"),
            (Change::TimeAlone, "nothing: right"),
            (Change::ResultTampered, "join: wrong"),
            // What lies between input and target is not missed while the target is newer than the input.
            (Change::ResultDeleted, "nothing: wrong"),
            (Change::CommandEdited, "join, up alpha, up bravo, up chalk: right"),
            (Change::InputRemoved, "join: wrong"),
            (Change::EqualContent, "join, up alpha, up alpha, up chalk: right"),
        ],
    );
}

#[test]
fn minipach_is_right_every_time() {
    check(
        Tool::Minipach,
        [
            (Change::ContentWithOldTime, "join, up omega: right"),
            (Change::ContentWithOlderTime, "join, up omega: right"),
            (Change::TimeAlone, "nothing: right"),
            (Change::ResultTampered, "nothing: kept and said"),
            (Change::ResultDeleted, "nothing: right"),
            (Change::CommandEdited, "join, up alpha, up bravo, up chalk: right"),
            (Change::InputRemoved, "join: right"),
            (Change::EqualContent, "join, up alpha, up chalk: right"),
        ],
    );
}
