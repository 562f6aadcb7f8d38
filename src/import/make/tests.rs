//! Tests of makefiles: the rows of what means what.

use super::super::report::Class;
use super::super::source::Held;
use super::*;

pub(super) fn run(text: &str, files: &[(&str, &str)]) -> Result<Imported, ImportError> {
    let source = Source { path: "Makefile".into(), text: text.into(), ..Source::default() };
    import(&source, &Held::new(files), &Wishes::default())
}

pub(super) fn spec(imported: &Imported, name: &str) -> String {
    let found = imported.pipelines.iter().find(|pipeline| pipeline.name == name);
    found.map_or_else(|| format!("no `{name}` in {:?}", imported.pipelines), |pipeline| pipeline.spec.clone())
}

const LESSON: &str = "include config.mk\n\nTXT_FILES=$(wildcard books/*.txt)\nDAT_FILES=$(patsubst books/%.txt, %.dat, $(TXT_FILES))\n\n\
.PHONY: all clean\nall: results.txt\n\nresults.txt : $(ZIPF_SRC) $(DAT_FILES)\n\t$(LANGUAGE) $^ > $@\n\n\
%.dat : $(COUNT_SRC) books/%.txt\n\t$(COUNT_EXE) books/$*.txt $@\n\nclean:\n\trm -f $(DAT_FILES)\n";

const FILES: &[(&str, &str)] = &[
    (
        "config.mk",
        "LANGUAGE=python\nCOUNT_SRC=countwords.py\nZIPF_SRC=testzipf.py\nCOUNT_EXE=$(LANGUAGE) $(COUNT_SRC)\n",
    ),
    ("books/abyss.txt", ""),
    ("books/isles.txt", ""),
    ("countwords.py", ""),
    ("testzipf.py", ""),
];

#[test]
fn a_lesson() {
    let found = run(LESSON, FILES).expect("it is read");
    assert_eq!(
        spec(&found, "dat"),
        "# from Makefile:12\ninput:\n  pfs: {repo: books, glob: /(*).txt}\ntransform:\n  cmd:\n    - sh\n    - -c\n    - |\n      set -e\n      \
         stem=${books%.txt}\n      stem=${stem##*/}\n      python countwords.py \"/pfs/books/$stem.txt\" \"/pfs/out/$stem.dat\"\n"
    );
    assert_eq!(
        spec(&found, "results"),
        "# from Makefile:9\ninput:\n  pfs: {repo: dat, glob: /}\ntransform:\n  cmd: [sh, -c, 'python testzipf.py /pfs/dat/*.dat > /pfs/out/results.txt']\n"
    );
    assert_eq!(
        found.pipelines[0].expected.as_deref(),
        Some(&["abyss.dat".to_owned(), "isles.dat".to_owned()][..])
    );
    assert!(
        found.texts(Class::Refused).contains("15: : `clean` is phony"),
        "{}",
        found.texts(Class::Refused)
    );
    assert!(found.texts(Class::Assumed).contains("12: dat: `countwords.py` is code"));
    assert_eq!(found.texts(Class::Todo), "");
    assert!(
        found.moved.iter().any(|moved| moved.old == "%.dat" && moved.new == "dat/%.dat"),
        "{:?}",
        found.moved
    );
}

#[test]
fn a_function_of_ones_own_is_not_said_to_need_a_run() {
    let text = "define f\nsort $(1)\nendef\nout/a: in/a\n\t$(call f,$<) > $@\n";
    let found = run(text, &[("in/a", "")]).expect("it is read");
    found.tells(Class::Todo, &["cmd: `$(call f,$<)` is not worked out by an import; write what it comes to"]);
}

#[test]
fn the_first_of_a_list_is_one_file() {
    let text = "F = $(wildcard in/*.c)\nout/a: $(F) x.py\n\tpython x.py $< $^ > $@\n";
    let found = run(text, &[("in/b.c", ""), ("in/a.c", ""), ("x.py", "")]).expect("it is read");
    let spec = spec(&found, "out");
    assert!(spec.contains("python x.py /pfs/in/a.c /pfs/in/*.c x.py > /pfs/out/a"), "{spec}");
}

#[test]
fn patterns_joins_and_fixed_files() {
    let text = "out/%.b: in/%.a ref/%.r data/table.csv code/x.py | out\n\t@mkdir -p $(@D)\n\t-x $(<F) $^ '$*' > $@\n\techo $$HOME; done\n";
    let found = run(text, &[("in/1.a", ""), ("ref/1.r", ""), ("data/table.csv", ""), ("code/x.py", "")])
        .expect("it is read");
    let spec = spec(&found, "out");
    for part in [
        "cross:\n    - join:\n        - pfs: {repo: in, glob: /(*).a, join_on: $1}\n        - pfs: {repo: ref, glob: /(*).r, join_on: $1}\n    - pfs: {repo: data, glob: /table.csv}",
        "mkdir -p /pfs/out\n",
        "x \"$stem.a\" \"/pfs/in/$stem.a\" \"/pfs/ref/$stem.r\" /pfs/data/table.csv code/x.py ''\"$stem\"'' > \"/pfs/out/$stem.b\" || true",
        "(set +e\n      echo $HOME; done\n      )",
    ] {
        assert!(spec.contains(part), "{part}\n{spec}");
    }
    assert!(found.texts(Class::Assumed).contains("`| out`"));
}

#[test]
fn static_patterns_are_narrowed_to_their_list() {
    let text = "OBJ = out/a.o out/c.o\n$(OBJ): out/%.o: in/%.c\n\tcc -c $< -o $@\n";
    let found = run(text, &[("in/a.c", ""), ("in/b.c", ""), ("in/c.c", "")]).expect("it is read");
    assert!(spec(&found, "out").contains("glob: '/(a|c).c'"), "{}", spec(&found, "out"));
    let open = "SRC := $(wildcard in/*.c)\nOBJ := $(SRC:in/%.c=out/%.o)\n$(OBJ): out/%.o: in/%.c\n\tcc -c $< -o $@\n";
    let found = run(open, &[("in/a.c", ""), ("in/b.c", "")]).expect("it is read");
    assert!(spec(&found, "out").contains("glob: /(*).c"), "{}", spec(&found, "out"));
}

#[test]
fn lists_and_rules_of_one_shape() {
    let text = "sum.txt: in/b.csv in/a.csv\n\tcat $^ > $@\nall.txt: $(wildcard in/*.csv)\n\tcat $^ > $@\n\
                out/x.txt: raw/x.csv\n\ttr a b < raw/x.csv > $@\nout/y.txt: raw/y.csv\n\ttr a b < raw/y.csv > $@\n";
    let files = [("in/a.csv", ""), ("in/b.csv", ""), ("raw/x.csv", ""), ("raw/y.csv", ""), ("raw/z.csv", "")];
    let found = run(text, &files).expect("it is read");
    let sum = spec(&found, "sum");
    assert!(sum.contains("group:\n    - pfs: {repo: in, glob: '/{b.csv,a.csv}', group_by: all}"), "{sum}");
    assert!(sum.contains("cat /pfs/in/b.csv /pfs/in/a.csv > /pfs/out/sum.txt"), "{sum}");
    assert!(
        spec(&found, "all").contains("glob: /*.csv, group_by: all")
            && spec(&found, "all").contains("cat /pfs/in/*.csv >")
    );
    let out = spec(&found, "out");
    assert!(
        out.contains("glob: '/(x|y).csv'")
            && out.contains("tr a b < \"/pfs/raw/$stem.csv\" > \"/pfs/out/$stem.txt\""),
        "{out}"
    );
    assert!(found.texts(Class::Assumed).contains("2 rules of the same shape"));
}

#[test]
fn what_is_not_known_is_to_be_settled() {
    let text = "WHEN = $(shell date)\nout/a.txt: in/a.csv\n\tpython plot.py $< $(WHEN)\n\t$(MAKE) -C sub\nout/b.txt: in/gone.csv root.csv\n\tdocker run x > $@\n";
    let found = run(text, &[("in/a.csv", ""), ("plot.py", "open('out/a.txt')\n"), ("root.csv", "")])
        .expect("it is read");
    found.tells(Class::Todo, &[
        "3: out/a: cmd: only running something tells what `$(shell date)` is",
        "4: out/a: the recipe calls make again",
        "2: out/a: cmd: no line names `out/a.txt`, so a script must (plot.py:1); let it write `/pfs/out/a.txt`",
        "`in/gone.csv` is not there, and no rule makes it",
        "`root.csv` lies at the project's root",
        "starts a container",
    ]);
}

#[test]
fn what_only_make_fills_in_is_to_be_settled_where_it_is_left() {
    let text = "out/a.txt: in/a.csv\n\twc -w $$< > $@\n";
    let found = run(text, &[("in/a.csv", "")]).expect("it is read");
    found.tells(Class::Todo, &["2: out: cmd: `$<` and `$^` stand for files in a makefile only"]);
}

#[test]
fn a_variable_that_is_made_of_itself_is_told() {
    let found =
        run("X = $(X)\nout/a.txt: in/a.csv\n\tcp $< $@ $(X)\n", &[("in/a.csv", "")]).expect("it is read");
    found.tells(Class::Todo, &["3: out: cmd: only running something tells what `$(X)` is"]);
}

const LISTS: &str = "OUTS := $(patsubst data/%.csv,o/%.txt,$(wildcard data/*.csv))\ncnt.txt: $(OUTS)\n\techo $(words $^) $(notdir $^) > $@\n\
    \techo \"$^\" | wc -w >> $@\n\tcat $(filter o/%,$^) $(filter-out %.txt,$^) >> $@\n\tcat $(OUTS) --in=$^ >> $@\n\
    \techo $(patsubst o/%.txt,%,$^) $(^D) >> $@\n\techo $(words $(OUTS)) >> $@\no/%.txt: data/%.csv\n\tx $(patsubst data/%.csv,%,$<) $(filter data/%,$^) ./$@\n";

#[test]
fn functions_over_a_list_that_became_a_pattern() {
    let found = run(LISTS, &[("data/a.csv", ""), ("data/b.csv", "")]).expect("it is read");
    let cnt = spec(&found, "cnt");
    for part in [
        "echo $(ls -d /pfs/o/*.txt | wc -l) $(basename -a /pfs/o/*.txt | xargs) > /pfs/out/cnt.txt",
        "echo \"$(echo /pfs/o/*.txt)\" | wc -w",
        "cat /pfs/o/*.txt  >> /pfs/out/cnt.txt",
        "cat /pfs/o/*.txt --in=$(echo /pfs/o/*.txt) >>",
    ] {
        assert!(cnt.contains(part), "{part}\n{cnt}");
    }
    found.tells(
        Class::Todo,
        &[
            "7: cnt: cmd: only running something tells what `$(patsubst o/%.txt,%,$^)` is",
            "7: cnt: cmd: only running something tells what `$(^D)` is",
        ],
    );
    found.tells(
        Class::Assumed,
        &["8: cnt: the files that a variable lists", "3: cnt: recipe, with new paths"],
    );
    assert!(spec(&found, "o").contains("x \"$stem\" \"/pfs/data/$stem.csv\" \"/pfs/out/$stem.txt\""));
}

#[test]
fn what_is_written_in_the_project_is_to_be_settled() {
    let spec_text = "p/spec.yml: data/a\n\tcp $< $@\n";
    let found = run(spec_text, &[("data/a", "")]).expect("it is read");
    found.tells(Class::Todo, &["1: p: cmd: `p/spec.yml`: the pipeline's own spec has that name"]);
    let text = "r/one: data/a\n\tcd data && cat a > ../$@\nr/two: data/a\n\tsort $< > tmp && mv tmp x-$@\n";
    let found = run(text, &[("data/a", "")]).expect("it is read");
    assert!(spec(&found, "r/one").contains("cd data && cat a > /pfs/out/one"), "{:?}", found.pipelines);
    found.tells(Class::Assumed, &["2: r/one: `cd data`: paths after it are left as they are"]);
    found.tells(
        Class::Todo,
        &[
            "4: r/two: cmd: it writes `tmp` in the project",
            "4: r/two: cmd: `x-/pfs/out/two` is no path any more",
        ],
    );
}

#[test]
fn conditions_defines_and_one_shell() {
    let text = "SHELL := /bin/bash\n.SHELLFLAGS = -eu -c\n.ONESHELL:\nifeq ($(X),)\nOUT = o\nelse\nOUT = p\nendif\ndefine go\nx\nendef\n\
                ifdef GONE\n$(error no)\nendif\n$(OUT)/a.txt: in/a\n\tcd in\n\tcat a > $@\n";
    let found = run(text, &[("in/a", "")]).expect("it is read");
    let spec = spec(&found, "o");
    assert!(spec.contains("- bash\n    - -eu\n    - -c") && !spec.contains("cd /pfs/in\n"), "{spec}");
    assert!(spec.contains("cd in\n      cat a > /pfs/out/a.txt"), "{spec}");
}

#[test]
fn broken_ones_have_a_place() {
    for (text, message) in [
        ("nonsense\n", "Makefile:1: this line is no rule"),
        ("ifeq (a,b)\n", "Makefile:1: the condition is not closed"),
        ("endif\n", "Makefile:1: `endif` stands outside"),
        ("include gone.mk\n", "Makefile:1: the included file `gone.mk` is not there"),
        ("define x\n", "Makefile:1: `define x` is not closed"),
        ("include a.mk\n", "a.mk:1: `a.mk` includes itself"),
    ] {
        let error = run(text, &[("a.mk", "include a.mk\n")]).expect_err(text).to_string();
        assert!(error.starts_with(message), "{error}");
    }
}

type Row = (&'static str, &'static [(&'static str, &'static str)], &'static [(Class, &'static str)]);

/// Rows: a makefile on `data/a.csv` and `data/b.csv`; pipelines by their names, with a part of their specs; and what
/// is told, with its class.
const EASILY_LOST: &[Row] = &[
    (
        "export TOK=seven\nexport OTHER\nexport override WHEN = $(shell date)\nout/e.txt: data/b.csv\n\techo $$TOK > $@\n",
        &[("out", "env: {TOK: seven}")],
        &[
            (Class::Exact, "1: out: export TOK: `transform.env`"),
            (Class::Assumed, "2: : `export OTHER`: it is set nowhere"),
            (Class::Todo, "3: out: transform: only running make tells what `WHEN=$(shell date)` is"),
        ],
    ),
    (
        "export\nA = $(B)c\nB = b\nunexport B\nout/e.txt: data/b.csv\n\techo $$A > $@\n",
        &[("out", "env: {A: bc}")],
        &[(Class::Exact, "1: out: export A: `transform.env`")],
    ),
    (
        "out/a.txt out/b.txt: data/a.csv\n\tcp $< out/a.txt\n\tcp $< out/b.txt\n",
        &[("out", "cp /pfs/data/a.csv /pfs/out/a.txt\n      cp /pfs/data/a.csv /pfs/out/b.txt")],
        &[(Class::Assumed, "1: out: one run of the recipe makes all targets")],
    ),
    (
        "a.txt b.txt: data/a.csv\n\tcp $< $@; cp $< b.txt\n",
        &[("a", "cp /pfs/data/a.csv /pfs/out/a.txt"), ("b", "/pfs/out/b.txt")],
        &[(Class::Todo, "1: a: cmd: it names `b.txt` too, which another pipeline makes")],
    ),
    (
        "space\\ name.txt: data/a.csv\n\tcp $< '$@'\nb.txt: data/b.csv\n\tcp $< $@\n",
        &[("b", "b.csv")],
        &[(Class::Refused, "1: : `space\\ name.txt: data/a.csv`: names with a space")],
    ),
    (
        "dup.txt: data/a.csv\n\techo first > $@\ndup.txt: data/b.csv\n\techo second > $@\n",
        &[("dup", "glob: '/{b.csv,a.csv}'"), ("dup", "echo second > /pfs/out/dup.txt")],
        &[(Class::Refused, "1: : `dup.txt` has another recipe at Makefile:3, and make takes the last")],
    ),
    (
        "dbl:: data/a.csv\n\tcp $< $@\n\techo more\nb.txt: data/b.csv\n\tcp $< $@\n",
        &[("b", "b.csv")],
        &[(Class::Refused, "1: : `dbl:: data/a.csv`: rules with two colons")],
    ),
    (
        "../../x: data/a.csv\n\tcp $< $@\n/abs/x: data/a.csv\n\tcp $< $@\nall: b.txt\nb.txt: data/b.csv\n\tcp $< $@\nb.txt: data/a.csv\n",
        &[("b", "glob: '/{b.csv,a.csv}'")],
        &[
            (Class::Refused, "1: : `../../x` lies outside of the project"),
            (Class::Refused, "3: : `/abs/x` lies outside of the project"),
            (Class::Refused, "5: : `all` only names others"),
            (Class::Exact, "8: : `b.txt`: what it needs, for its rule"),
        ],
    ),
    (
        "%.n: data/%.csv\n\twc < $< > $@\na.n: data/b.csv\n",
        &[("n", "repo: data")],
        &[(Class::Todo, "3: n: input: `a.n` needs `data/b.csv` beside what others of its rule need")],
    ),
    (
        "x.txt: $(shell ls data)\n\tcat $^ > $@\nwild.txt: data/*.csv\n\tcat $^ > $@\n$(shell ls): data/a.csv\n\tx\n",
        &[("wild", "glob: /*.csv, group_by: all"), ("wild", "cat /pfs/data/*.csv > /pfs/out/wild.txt")],
        &[
            (Class::Todo, "1: x: input: only running make tells what `$(shell ls data)` is"),
            (Class::Refused, "5: : `$(shell ls): data/a.csv`: only running make tells what it makes"),
        ],
    ),
    (
        "all.txt: $(wildcard data/*.csv)\n\tcat data/*.csv > $@\none.txt: data/a.csv\n\tcat data/*.csv > $@\n",
        &[("all", "cat /pfs/data/*.csv > /pfs/out/all.txt")],
        &[(Class::Todo, "3: one: cmd: `data/*.csv` is read, and not all of it is a prerequisite")],
    ),
];

#[test]
fn what_make_does_and_is_easily_lost() {
    for (text, specs, told) in EASILY_LOST {
        let found = run(text, &[("data/a.csv", ""), ("data/b.csv", "")]).expect(text);
        for (name, part) in *specs {
            let spec = spec(&found, name);
            assert!(spec.contains(part), "{part}\n{spec}");
        }
        for (class, part) in *told {
            found.tells(*class, &[part]);
        }
        let mut names: Vec<&str> = specs.iter().map(|(name, _)| *name).collect();
        names.dedup();
        let is_foreseen = |name: &str| {
            names.contains(&name) || told.iter().any(|(_, part)| part.contains(&format!(": {name}: ")))
        };
        assert!(found.pipelines.iter().all(|made| is_foreseen(&made.name)), "{text}\n{:?}", found.pipelines);
    }
}

#[test]
fn a_command_that_is_told_where_its_inputs_stand_may_say_so() {
    let text = "o/a: d/a\n\tsh x.sh $< > $@\no2/b: d/a\n\tcp d/a $@\no3/c: d/a\n\tmake-it > $@\n";
    let found = run(text, &[("d/a", ""), ("x.sh", "")]).expect("it is read");
    let told =
        ": recipe: new paths in place of old ones; what names the files that it was made of names them by";
    found.tells(Class::Assumed, &[&format!("2: o{told}"), &format!("4: o2{told}")]);
    found.tells(Class::Exact, &["6: o3: recipe\n"]);
}

#[test]
fn one_script_is_what_make_gives_to_the_shell() {
    let text = "clean:\n\trm -f out/a.txt\n\t\n.ONESHELL:\nout/a.txt: data/a.csv\n\t@cat > $@ <<E\n\tkeys:\n\t  - one\n\t\n\tE\n";
    let found = run(text, &[("data/a.csv", "")]).expect("it is read");
    assert_eq!(found.pipelines.len(), 1, "{:?}", found.pipelines);
    let spec = spec(&found, "out");
    assert!(spec.contains("<<E\n      keys:\n      one\n\n      E\n"), "{spec}");
}

#[test]
fn variables_of_single_targets_are_to_be_settled() {
    let text = "all: a/a.txt b/b.txt\nall: OPT = -v\na/a.txt: SEP = ,\nb/b.txt: SHELL := /bin/bash\nb/b.txt: NONE = 1\n\
                a/a.txt: data/x.csv\n\tcut -d'$(SEP)' $< > $@\nb/b.txt: data/x.csv\n\tsort $(ARGS) $< > $@\nARGS = $(OPT)\n";
    let found = run(text, &[("data/x.csv", "")]).expect("it is read");
    let todos = found.texts(Class::Todo);
    for part in
        ["a: cmd: `a/a.txt: SEP = ,`", "b: cmd: `b/b.txt: SHELL := /bin/bash`", "b: cmd: `all: OPT = -v`"]
    {
        assert!(todos.contains(part), "{part}\n{todos}");
    }
    assert_eq!(todos.lines().count(), 3, "{todos}");
    assert!(found.texts(Class::Refused).contains("`b/b.txt: NONE = 1`: no recipe"));
}

#[test]
fn rules_that_do_not_count_are_told() {
    let text = "-include none.mk\ninclude config.mk\n.DELETE_ON_ERROR:\nifdef HOME\nX = 1\na/a.txt: data/x.csv\n\tsort a:b > $@\nendif\n\
                ifeq ($(DEBUG),1)\nb/b.txt: data/x.csv\n\tsort $< > $@\nendif\nc/c.txt: data/x.csv\n\tsort $< > $@\n";
    let found = run(text, &[("data/x.csv", ""), ("config.mk", "LANGUAGE=python\n")]).expect("it is read");
    let refused = found.texts(Class::Refused);
    for part in [
        "6: : `a/a.txt: data/x.csv`: the condition of Makefile:4",
        "10: : `b/b.txt: data/x.csv`: the condition of Makefile:9",
    ] {
        assert!(refused.contains(part), "{part}\n{refused}");
    }
    assert_eq!(refused.lines().count(), 2, "{refused}");
    let assumed = found.texts(Class::Assumed);
    assert!(
        assumed.contains("`HOME` is set nowhere") && assumed.contains("`DEBUG` is set nowhere"),
        "{assumed}"
    );
    let exact = found.texts(Class::Exact);
    for part in ["1: : `none.mk`", "2: : `config.mk`", "3: : `.DELETE_ON_ERROR`"] {
        assert!(exact.contains(part), "{part}\n{exact}");
    }
}

#[test]
fn a_circle_is_left_out_and_the_others_stay() {
    let text = "a/a.txt: b/b.txt\n\tsort $< > $@\nb/b.txt: a/a.txt\n\tsort $< > $@\nc/c.txt: data/x.csv\n\tsort $< > $@\n";
    let found = run(text, &[("data/x.csv", "")]).expect("it is read");
    assert_eq!(found.pipelines.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["c"]);
    let refused = found.texts(Class::Refused);
    assert!(refused.contains("1: : `a/a.txt` needs `b/b.txt`, which needs `a/a.txt`"), "{refused}");
    assert!(refused.contains("3: : "), "{refused}");
}

#[test]
fn folders_that_read_one_another_are_left_out_and_who_reads_them_is_asked() {
    let text = "mid/%.txt: raw/%.txt out/all.txt\n\tcat $^ > $@\nout/all.txt: $(patsubst raw/%,mid/%,$(wildcard raw/*.txt))\n\tcat $^ > $@\n\
                c/c.txt: raw/a.txt\n\tsort $< > $@\nd/d.txt: out/all.txt\n\tsort $< > $@\n";
    let found = run(text, &[("raw/a.txt", ""), ("raw/b.txt", "")]).expect("it is read");
    assert_eq!(found.pipelines.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["c", "d"]);
    let why = "cannot be kept apart from what they read; the rule is left out";
    found.tells(Class::Refused, &["1: : ", "3: : ", why]);
    found.tells(Class::Todo, &["7: d: input: what makes `out` is left out (Makefile:3); say what is read"]);
}

#[test]
fn a_variable_that_refers_to_itself_is_told() {
    let text = "A = $(A)x\nB = $(C)\nC = y$(B)\nD = 1\nD += 2\nE := $(E)z\nout/a.txt: raw/a.txt\n\tsort $(A) $(B) $(D) $(E) $< > $@\n";
    let found = run(text, &[("raw/a.txt", "")]).expect("it is read");
    let why = "refers to itself, and make stops where it is used";
    found.tells(Class::Refused, &[&format!("1: : `A` {why}"), &format!("2: : `B` {why}")]);
    assert_eq!(found.texts(Class::Refused).lines().count(), 2, "{}", found.texts(Class::Refused));
    found.tells(Class::Todo, &["only running something tells what `$(A)` is"]);
    assert!(
        found.pipelines[0].spec.contains("sort ${TODO:?A}x y${TODO:?B} 1 2 z /pfs/raw/a.txt"),
        "{}",
        found.pipelines[0].spec
    );
}

#[test]
fn a_target_that_is_only_touched_is_no_result() {
    let text = "out/done: raw/a.txt\n\tmkdir -p out\n\tpoetry lock && touch $@\nb/empty: raw/a.txt\n\tmkdir -p b\n\ttouch $@\n\
                c/x: raw/a.txt\n\ttouch $@\n\tcat $< >> $@\nd/x: raw/a.txt\n\tcp $< d/y\n\ttouch $@\n";
    let found = run(text, &[("raw/a.txt", "")]).expect("it is read");
    let why = "cmd: only `touch` names the target, so what `poetry lock` makes lies elsewhere";
    found.tells(Class::Todo, &[&format!("1: out: {why}")]);
    assert_eq!(found.texts(Class::Todo).lines().count(), 1, "{}", found.texts(Class::Todo));
    assert!(!found.texts(Class::Exact).contains("3: out: recipe"), "{}", found.texts(Class::Exact));
}

#[test]
fn functions_that_ask_what_a_wildcard_stands_for_are_to_be_settled() {
    for (text, todo) in [
        ("$(if $(findstring 2017,$@),-w,)", Some("$(if $(findstring 2017,$@),-w,)")),
        ("$(if $(shell date),-w,)", Some("$(if $(shell date),-w,)")),
        ("$(and $(shell date),-w)", Some("$(shell date)")),
        ("$(subst _,-,$*)", Some("$(subst _,-,$*)")),
        ("$(filter 2017,$*)", Some("$(filter 2017,$*)")),
        ("$(filter %.csv,$^) $(filter-out x %.py,$^) $(subst raw/,x/,$<) $(findstring raw,$<)", None),
    ] {
        let makefile = format!("out/%.txt: raw/%.csv\n\tsort {text} $< > $@\n");
        let found = run(&makefile, &[("raw/a.csv", ""), ("raw/b.csv", "")]).expect("it is read");
        match todo {
            Some(todo) => {
                found.tells(Class::Todo, &[&format!("only running something tells what `{todo}` is")]);
            }
            None => assert_eq!(found.texts(Class::Todo), ""),
        }
    }
}

#[test]
fn one_script_goes_on_after_a_line_that_fails() {
    let text = ".ONESHELL:\nout/sub/a.txt: in/a\n\tA=1\n\t-false\n\techo \"[$$A]\" > $@\nmay/b.txt: in/a\n\t-false\n\tcp $< $@\n";
    let found = run(text, &[("in/a", "")]).expect("it is read");
    let out = found.pipelines.iter().find(|one| one.spec.contains("[$A]")).expect("it is brought in");
    assert!(!out.spec.contains("set -e") && out.spec.contains("A=1\n      false\n"), "{}", out.spec);
    let text = found.texts(Class::Exact);
    assert!(text.contains("1: : `.ONESHELL`") && !text.contains("|| true"), "{text}");
    found.tells(Class::Exact, &["4: ", "means nothing on a later line of one script"]);
    found.tells(Class::Todo, &["7: may: cmd: `-` lets make pass over a failure of the whole script"]);
}

#[test]
fn members_of_archives_and_what_only_must_be_there_are_not_exact() {
    let text = "o/l.a(m.o): in/a\n\tar r $@ $<\no/b: in/a | in/order\n\tcat $< $| > $@\n";
    let found = run(text, &[("in/a", ""), ("in/order", "")]).expect("it is read");
    found.tells(Class::Refused, &["1: : `o/l.a(m.o): in/a`: a member of an archive is no file"]);
    found.tells(Class::Todo, &["4: o: input: `$|` reads what must only be there before"]);
    assert_eq!(found.pipelines.len(), 1);
}

#[test]
fn each_statement_has_a_line() {
    let text = "X := $(shell date)\nY != date\noverride Z = 1\nifeq (a,a)\nB = 1\nelse\nB = 2\nendif\ndefine go\nx\nendef\no/b: in/a\n\tcp $< $@\n";
    let found = run(text, &[("in/a", "")]).expect("it is read");
    found.tells(Class::Refused, &["1: : `X := $(shell date)`: it is not run", "2: : `Y != date`"]);
    found.tells(Class::Exact, &["3: : `override Z = 1`", "4: : `ifeq (a,a)`: it holds", "9: : `define go`"]);
    let error = run(".RECIPEPREFIX = >\no/b: in/a\n>cp $< $@\n", &[]).expect_err("no tabs").to_string();
    assert!(
        error.starts_with("Makefile:1: `.RECIPEPREFIX = >`: recipes are only known by the tab"),
        "{error}"
    );
}
