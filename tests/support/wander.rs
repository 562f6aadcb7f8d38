//! Projects that wander: chance edits data, code and specs, moves between commits and branches, merges, tampers; after each few
//! steps a run must leave exactly what the project as it stands gives, and must not compute anything twice.

use std::collections::{BTreeMap, BTreeSet};

use crate::dice::Dice;
use crate::support::Project;

type Files = BTreeMap<String, String>;

const SUBJECTS: [&str; 6] = ["p1", "p2", "q1", "q2", "r1", "r2"];
const PLACES: [&str; 3] = ["/$1", "/by/$1", "/sub-$1/x"];

const SHARED: &str = ". \"${0%/*}/lib.sh\"\n";
const FS: &str = "a=$(cat $a); b=$(cat $b)\necho \"fs $V $a $b\" >> \"$WITNESS\"\necho \"fs $((V % 2)) $a $b\" > $PFS/out/r\n";
const LIST: &str = "n=$(basename $a); a=$(cat $a)\necho \"list $V $n $a\" >> \"$WITNESS\"\necho \"list $a\" > $PFS/out/$a-$n.txt\n";
const GROUP: &str =
    "b=$(cat $PFS/b/* | tr -d '\\n')\necho \"group $b\" >> \"$WITNESS\"\necho \"group $b\" > $PFS/out/g\n";
const STATS: &str = "cd $PFS/fs\nfor f in $(find . -type f | LC_ALL=C sort); do echo \"$f $(cat $f)\"; done > $TMPDIR/t\n\
    echo \"stats $(cksum < $TMPDIR/t)\" >> \"$WITNESS\"\ncp $TMPDIR/t $PFS/out/table\n";

fn fs_spec(place: &str) -> String {
    format!(
        "input: {{join: [{{pfs: {{name: a, repo: raw/a, glob: '/(*)', join_on: $1}}}}, \
         {{pfs: {{name: b, repo: raw/b, glob: '/(*)', join_on: $1}}}}]}}\noutput: {place}\n\
         transform: {{cmd: [sh, code/fs.sh]}}\n"
    )
}

/// A project, and what is known of what was computed in it.
pub(crate) struct Wander {
    pub(crate) project: Project,
    is_annexed: bool,
    dice: Dice,
    /// All that commands told that they computed.
    seen: BTreeSet<String>,
    /// Whether results stand that no commit has, so that git may lose them.
    is_loose: bool,
    steps: Vec<String>,
    branches: usize,
}

impl Wander {
    /// Lays a study out in a project, which may be a dataset with an annex, and runs it.
    pub(crate) fn new(project: Project, is_annexed: bool, seed: u64) -> Self {
        let mut wander = Self {
            project,
            is_annexed,
            dice: Dice(seed),
            seen: BTreeSet::new(),
            is_loose: false,
            steps: vec![format!("seed {seed}")],
            branches: 0,
        };
        wander.lay_out();
        wander.commit();
        wander.settle();
        wander
    }

    fn lay_out(&mut self) {
        let project = &self.project;
        for subject in SUBJECTS.iter().take(4) {
            project.write(&format!("raw/a/{subject}"), "0\n").write(&format!("raw/b/{subject}"), "1\n");
        }
        project.write("code/lib.sh", "V=0\n");
        if self.is_annexed {
            let attributes = project.read(".gitattributes");
            project.write(".gitattributes", attributes + "spec.yml annex.largefiles=nothing\n");
        }
        for (name, text) in [("fs", FS), ("list", LIST)] {
            project.write(&format!("code/{name}.sh"), format!("{SHARED}{text}"));
        }
        project.write("code/group.sh", GROUP).write("code/stats.sh", STATS);
        project.spec("fs", &fs_spec(PLACES[0]));
        project.spec("list", "pipeline: {}\ninput: {pfs: {name: a, repo: raw/a, glob: '/*'}}\ntransform: {cmd: [sh, code/list.sh]}\n");
        project.spec("grp", "input: {group: [{pfs: {name: b, repo: raw/b, glob: '/(?)(*)', group_by: $1}}]}\noutput: /$1\ntransform: {cmd: [sh, code/group.sh]}\n");
        project.spec(
            "stats",
            "input: {pfs: {name: fs, repo: fs, glob: /}}\noutput: /\ntransform: {cmd: [sh, code/stats.sh]}\n",
        );
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        let at = self.dice.below(of.len() as u64);
        of[usize::try_from(at).expect("a small number")]
    }

    fn note(&mut self, step: String) {
        self.steps.push(step);
    }

    /// Runs git, which may refuse.
    fn try_git(&mut self, words: &[&str]) -> bool {
        let mut command = self.project.command("git");
        let done = command.args(words).output().expect("git starts").status.success();
        self.note(format!("git {}{}", words.join(" "), if done { "" } else { " (refused)" }));
        done
    }

    /// As [`Self::try_git`], where that changes results that stand.
    fn move_git(&mut self, words: &[&str]) -> bool {
        if std::mem::take(&mut self.is_loose) {
            self.seen.clear();
        }
        for folder in ["list", "lust", "fs"] {
            // What git does not know would stay, where no pipeline or no datum is then; one of them is not there.
            self.project.program("git", ["add", "-A", folder]);
        }
        self.try_git(words)
    }

    // ---- steps

    /// Some steps, each time followed by what must hold.
    pub(crate) fn go(&mut self, rounds: usize) {
        for round in 0..rounds {
            for _ in 0..=self.dice.below(4) {
                self.step();
            }
            self.settle();
            if round % 4 == 3 {
                self.tamper();
                self.settle();
                self.clone_is_settled();
            }
        }
    }

    fn step(&mut self) {
        match self.dice.below(24) {
            0..=5 => self.write(),
            6 | 7 => self.delete(),
            8 => self.rename(),
            9 => self.touch(),
            10 => self.change_code(),
            11 => self.change_place(),
            12 => self.move_list(),
            13 | 14 => self.commit(),
            15 => self.stash(),
            16 => self.switch(),
            17 => self.reset(),
            18 | 19 => self.merge(),
            20 => self.forget(),
            21 => self.lose(),
            22 => self.run_plain(),
            _ => self.revert(),
        }
    }

    /// Writes over what stands, and never through a link into the annex.
    fn overwrite(&self, path: &str, text: &str) {
        if self.project.exists(path) {
            self.project.remove(path);
        }
        self.project.write(path, text);
    }

    fn write(&mut self) {
        let (repo, subject, text) = (self.pick(&["a", "b"]), self.pick(&SUBJECTS), self.dice.below(4));
        self.overwrite(&format!("raw/{repo}/{subject}"), &format!("{text}\n"));
        self.note(format!("write raw/{repo}/{subject} = {text}"));
    }

    fn delete(&mut self) {
        let (repo, subject) = (self.pick(&["a", "b"]), self.pick(&SUBJECTS[1..]));
        let path = format!("raw/{repo}/{subject}");
        if self.project.exists(&path) {
            self.project.remove(&path);
            self.note(format!("delete {path}"));
        }
    }

    fn rename(&mut self) {
        let (old, new) = (self.pick(&SUBJECTS[1..]), self.pick(&SUBJECTS[1..]));
        for repo in ["a", "b"] {
            let (from, to) = (format!("raw/{repo}/{old}"), format!("raw/{repo}/{new}"));
            if self.project.exists(&from) && !self.project.exists(&to) {
                self.project.rename(&from, &to);
                self.note(format!("rename {from} {to}"));
            }
        }
    }

    fn touch(&mut self) {
        for path in ["raw/a/p1", "code/lib.sh", "fs/spec.yml"] {
            if !self.project.path(path).is_symlink() {
                self.project.touch(path);
            }
        }
        self.note("touch raw/a/p1, code/lib.sh, fs/spec.yml".into());
    }

    fn change_code(&mut self) {
        let version = self.dice.below(4);
        self.overwrite("code/lib.sh", &format!("V={version}\n"));
        self.note(format!("code {version}"));
    }

    fn change_place(&mut self) {
        let place = self.pick(&PLACES);
        self.project.spec("fs", &fs_spec(place));
        self.note(format!("output {place}"));
    }

    fn move_list(&mut self) {
        for (from, to) in [("list", "lust"), ("lust", "list")] {
            if self.project.exists(&format!("{from}/spec.yml")) && !self.project.exists(to) {
                self.project.rename(from, to);
                return self.note(format!("move {from} {to}"));
            }
        }
    }

    fn commit(&mut self) {
        if self.is_annexed {
            self.project.git(["annex", "add", "-q", "-c", "annex.dotfiles=true", "."]);
        }
        self.project.commit("a commit");
        self.note("commit all".into());
    }

    fn stash(&mut self) {
        if !self.try_git(&["stash", "list"]) || self.project.git(["stash", "list"]).is_empty() {
            self.move_git(&["stash", "-q"]);
        } else if !self.move_git(&["stash", "pop", "-q"]) {
            self.try_git(&["reset", "-q", "--hard"]);
            self.try_git(&["stash", "drop", "-q"]);
        }
    }

    fn switch(&mut self) {
        let other = self.dice.below(self.branches as u64 + 1);
        if other == self.branches as u64 {
            self.branches += 1;
            self.try_git(&["switch", "-q", "-c", &format!("x{other}")]);
        } else {
            self.move_git(&["switch", "-q", "--discard-changes", &format!("x{other}")]);
        }
    }

    fn reset(&mut self) {
        let back = self.dice.below(5);
        self.move_git(&["reset", "-q", "--hard", &format!("HEAD~{back}")]);
    }

    fn merge(&mut self) {
        if self.branches == 0 {
            return;
        }
        let other = format!("x{}", self.dice.below(self.branches as u64));
        let favour = self.pick(&["-Xours", "-Xtheirs"]);
        self.commit();
        if !self.move_git(&["merge", "-q", "--no-edit", favour, &other]) {
            self.try_git(&["merge", "--abort"]);
        }
    }

    fn revert(&mut self) {
        self.commit();
        if !self.move_git(&["revert", "--no-edit", "HEAD~1"]) {
            self.try_git(&["revert", "--abort"]);
        }
    }

    fn forget(&mut self) {
        if self.project.exists(".git/minipach") {
            self.project.remove(".git/minipach");
        }
        self.seen.clear();
        self.note("forget .git/minipach".into());
    }

    /// Deletes a result.
    fn lose(&mut self) {
        if let Some(path) = self.a_result() {
            self.project.remove(&path);
            self.note(format!("lose {path}"));
            if self.is_loose {
                // It may have stood nowhere else.
                self.seen.clear();
            }
        }
    }

    fn a_result(&mut self) -> Option<String> {
        let pipeline = self.pick(&["fs", "grp", "stats"]);
        let all: Vec<String> = self.project.tree(pipeline).into_keys().collect();
        let at = self.dice.below(all.len().max(1) as u64);
        Some(format!("{pipeline}/{}", all.get(usize::try_from(at).ok()?)?))
    }

    fn run_plain(&mut self) {
        self.run(&["run"]);
        self.is_loose = true;
        self.is_right();
    }

    // ---- what must hold

    fn run(&mut self, words: &[&str]) {
        self.note(words.join(" "));
        let ended = self.project.typed(words);
        assert_eq!(ended.code, 0, "{}\n{}\n{}", self.story(), ended.stdout, ended.stderr);
        for line in self.project.witnessed() {
            assert!(self.seen.insert(line.clone()), "{}\n`{line}` was computed twice", self.story());
        }
    }

    /// What was done, step by step.
    pub(crate) fn story(&self) -> String {
        self.steps.join("\n")
    }

    fn is_right(&self) {
        for (pipeline, expected) in self.expected() {
            assert_eq!(self.project.tree(&pipeline), expected, "{}\nresults of {pipeline}", self.story());
        }
    }

    /// Runs with all committed, and looks at everything that is promised then.
    fn settle(&mut self) {
        self.run(&["run", "--save"]);
        self.is_loose = false;
        self.is_right();
        assert_eq!(self.project.changed(), "", "{}", self.story());
        let (head, plan) = (self.project.head(), self.project.typed(&["plan"]).stdout);
        assert!(plan.contains("nothing to do"), "{}\n{plan}", self.story());
        self.run(&["run"]);
        assert_eq!(self.project.head(), head, "{}\na commit was made", self.story());
        assert_eq!(self.project.changed(), "", "{}", self.story());
    }

    /// A fresh clone has nothing to do.
    fn clone_is_settled(&self) {
        let clone = Project::bare();
        clone.git(["clone", "-q", &self.project.root().display().to_string(), "."]);
        let plan = clone.typed(&["plan"]).stdout;
        assert!(plan.contains("nothing to do"), "{}\nin a clone: {plan}", self.story());
        clone.nothing_to_do();
    }

    /// What somebody writes over a result stays, whatever a run does.
    fn tamper(&mut self) {
        let Some(path) = self.a_result() else { return };
        self.note(format!("tamper with {path}"));
        self.overwrite(&path, "by hand\n");
        let ended = self.project.typed(&["run"]);
        assert_eq!((ended.code, &*self.project.read(&path)), (1, "by hand\n"), "{}", self.story());
        self.project.witnessed();
        self.project.remove(&path);
    }

    /// What the project as it stands gives.
    fn expected(&self) -> BTreeMap<String, Files> {
        let raw = |repo: &str| self.project.tree(&format!("raw/{repo}"));
        let (a, b) = (raw("a"), raw("b"));
        let mut all =
            BTreeMap::from([("fs".to_owned(), self.expected_fs(&a, &b)), ("grp".to_owned(), groups(&b))]);
        let rows = sorted(&all["fs"]).into_iter().map(|(path, text)| format!("./{path} {text}"));
        all.insert("stats".into(), Files::from([("table".into(), rows.collect())]));
        let list =
            a.iter().map(|(name, text)| (format!("{}-{name}.txt", text.trim()), format!("list {text}")));
        let list: Files = list.collect();
        for name in ["list", "lust"] {
            let stands = self.project.exists(&format!("{name}/spec.yml"));
            all.insert(name.into(), if stands { list.clone() } else { Files::new() });
        }
        all
    }

    fn expected_fs(&self, a: &Files, b: &Files) -> Files {
        let version: u64 = self.project.read("code/lib.sh").trim()[2..].parse().expect("a number");
        let spec = self.project.read("fs/spec.yml");
        let place = spec.lines().find_map(|line| line.strip_prefix("output: /")).expect("a place");
        let both = a.iter().filter_map(|(name, text)| Some((name, text.trim(), b.get(name)?)));
        both.map(|(name, a, b)| {
            (format!("{}/r", place.replace("$1", name)), format!("fs {} {a} {b}", version % 2))
        })
        .collect()
    }
}

/// In the order of `sort`, by bytes of whole paths.
fn sorted(files: &Files) -> Vec<(&String, &String)> {
    files.iter().collect()
}

fn groups(b: &Files) -> Files {
    let mut found = Files::new();
    for (name, text) in b {
        found.entry(format!("{}/g", &name[..1])).or_insert_with(|| "group ".into()).push_str(text.trim());
    }
    found.into_iter().map(|(path, text)| (path, text + "\n")).collect()
}
