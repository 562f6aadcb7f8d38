//! Tests of scripts: loops, whole ones, and lines for Slurm.

use super::super::report::Class;
use super::super::source::Held;
use super::*;

fn run(path: &str, text: &str, files: &[(&str, &str)]) -> Imported {
    let source = Source { path: path.into(), text: text.into(), ..Source::default() };
    import(&source, &Held::new(files), &Wishes::default()).expect("it is read")
}

#[test]
fn a_loop_over_files() {
    let text = "#!/bin/bash\nset -u\nTOP=3\nmkdir -p counts\nfor f in texts/*.txt; do\n  name=$(basename \"$f\" .txt)\n  \
                head -n $TOP texts/head.txt \"$f\" | wc > \"counts/$name.dat\"\ndone\necho over\n";
    let found = run("count.sh", text, &[("texts/a.txt", "")]);
    assert_eq!(
        found.pipelines[0].spec,
        "# from count.sh:5\ninput:\n  pfs: {repo: texts, glob: /*.txt}\ntransform:\n  cmd:\n    - bash\n    - -c\n    - |\n      set -e\n      set -u\n      \
         TOP=3\n      f=$texts\n      name=$(basename \"$f\" .txt)\n      head -n $TOP /pfs/texts/head.txt \"$f\" | wc > \"/pfs/out/$name.dat\"\n"
    );
    assert_eq!(found.pipelines[0].name, "counts");
    assert_eq!(found.texts(Class::Todo), "");
    let one = run("x.sh", "for f in a/*; do wc $f > b/x; done\n", &[("a/1", "")]);
    assert!(one.pipelines[0].spec.contains("wc $f > /pfs/out/x\n"), "{}", one.pipelines[0].spec);
}

#[test]
fn what_only_a_loop_can_do_is_told() {
    let text = "set -e\nmkdir -p out\nfor f in data/*.csv; do\n  [ -s \"$f\" ] || continue\n  cat \"$f\" > out/\"$(basename $f)\"\n  \
                count=$((count+1))\n  [ $count -lt 3 ] || break\ndone\necho $count > out/total.txt\necho over\n";
    let found = run("l.sh", text, &[("data/a.csv", "")]);
    assert!(found.pipelines[0].spec.contains("[ -s \"$f\" ] || exit 0\n"), "{}", found.pipelines[0].spec);
    found.tells(
        Class::Todo,
        &[
            "6: out: cmd: `count=$((count+1))`: `count` does not go on from one datum to the next",
            "7: out: cmd: `break` ends the loop",
            "9: out: cmd: `echo $count > out/total.txt` stands outside of the loop",
        ],
    );
    found.tells(
        Class::Assumed,
        &[
            "2: out: `mkdir -p out` stands outside of the loop, and is left out",
            "4: out: `continue` is `exit 0`",
            "10: out: `echo over` stands outside of the loop, and is left out",
        ],
    );
}

/// Rows: where the data lie; the repo, further parts of the spec, and what is told.
#[test]
fn paths_of_a_script_in_a_folder_begin_where_the_data_are() {
    let text = "for f in data/*.csv; do grep -c z $f > c/$f.n; done\n";
    for (file, repo, part, class, told) in [
        (
            "data/a.csv",
            "repo: data,",
            "set -e",
            Class::Assumed,
            "paths in the script begin at the project's root",
        ),
        (
            "jobs/data/a.csv",
            "repo: jobs/data,",
            "working_dir: jobs",
            Class::Assumed,
            "begin at the script's folder",
        ),
        ("x", "repo: data,", "set -e", Class::Todo, "input: there is no folder `data` in the project"),
        (
            "data/a.csv",
            "repo: data,",
            "set -e",
            Class::Assumed,
            "a command that fails makes its datum fail (`set -e`)",
        ),
    ] {
        let source = Source { path: "jobs/loop.sh".into(), text: text.into(), folder: "jobs".into() };
        let found = import(&source, &Held::new(&[(file, "")]), &Wishes::default()).expect("it is read");
        let spec = &found.pipelines[0].spec;
        assert!(spec.contains(repo) && spec.contains(part), "{spec}");
        found.tells(class, &[told]);
    }
    let strict = run("x.sh", "set -eu\nfor f in a/*; do wc $f > b/x; done\n", &[("a/1", "")]);
    assert!(!strict.texts(Class::Assumed).contains("set -e"), "{}", strict.texts(Class::Assumed));
}

#[test]
fn a_script_for_slurm() {
    let text = "#!/bin/bash -l\n#SBATCH -J recon --cpus-per-task=4\n#SBATCH --mem-per-cpu=2G\n#SBATCH --gres=gpu:a100:1 -t 1-12\n#SBATCH --array=1-20%5\n\
                #SBATCH -p long --ntasks=2\n#SBATCH --dependency=afterok:1\nmodule load FSL/6.0\n#SBATCH -c 8\nsed -n ${SLURM_ARRAY_TASK_ID}p list.txt\n\
                run /data/study/raw/x /data/study/out\n";
    let found = run("jobs/recon.sbatch", text, &[("jobs/recon.sbatch", "")]);
    let pipeline = &found.pipelines[0];
    assert_eq!(pipeline.name, "recon");
    for part in [
        "resource_requests:\n  cpu: 4\n  memory: 8Gi\n  gpu: {type: a100, number: 1}",
        "datum_timeout: 129600s",
        "parallelism_spec: {constant: 5}",
        "cmd: [bash, -l, jobs/recon.sbatch]",
    ] {
        assert!(pipeline.spec.contains(part), "{part}\n{}", pipeline.spec);
    }
    found.tells(
        Class::Todo,
        &[
            "1: recon: input:",
            "6: recon: `--ntasks 2`: more than one task",
            "7: recon: `--dependency",
            "8: recon: `module load FSL/6.0`",
            "11: recon: paths from `/data/study`",
        ],
    );
    assert!(found.texts(Class::Exact).contains("9: recon: `#SBATCH -c 8` stands after the first command"));
    assert!(found.texts(Class::Assumed).contains("5: recon: `--array 1-20%5`: 20 tasks"));
}

#[test]
fn broken_ones_have_a_place() {
    for (text, message) in [
        ("", "x.sh:1: the script is empty"),
        ("a\necho 'b\n", "x.sh:2: a quote"),
        (
            "for f in d/*; do\n  if x; then\n  y > o/$f\ndone\n",
            "x.sh:4: no shell runs it: `done` stands where `if` of line 2",
        ),
    ] {
        let source = Source { path: "x.sh".into(), text: text.into(), ..Source::default() };
        let error = import(&source, &Held::default(), &Wishes::default()).expect_err(text).to_string();
        assert!(error.starts_with(message), "{error}");
    }
}

#[test]
fn texts_within_a_loop_stay_as_they_are() {
    let text = "for f in data/*.txt; do\n  cat > out/$(basename $f) <<EOF\nkeys:\n  - one\n\n# done; continue\n  continue\nEOF\ndone\n";
    let found = run("all.sh", text, &[("data/a.txt", "")]);
    let spec = &found.pipelines[0].spec;
    let part = "<<EOF\n      keys:\n        - one\n\n      # done; continue\n        continue\n      EOF\n";
    assert!(spec.contains(part), "{spec}");
}

#[test]
fn a_file_that_is_sourced_is_told() {
    let found = run("job.sh", "source env.sh\nsort data/a > out/a\n", &[("data/a", "")]);
    found.tells(Class::Assumed, &["1: job: `source env.sh`: it is read where the command runs"]);
}

#[test]
fn a_script_that_is_more_than_one_loop_says_what_it_loops_over() {
    let text = "mkdir -p out\nfor f in data/*.txt; do sort \"$f\" > out/$(basename \"$f\"); done\ncat out/*.txt > all\n";
    let found = run("more.sh", text, &[("data/a.txt", "")]);
    found.tells(Class::Todo, &["2: more: input: the script loops over `data/*.txt` and does more"]);
    assert!(!found.texts(Class::Todo).contains("does not say what it reads"), "{}", found.texts(Class::Todo));
    let text = "cat <<EOF\nfor f in data/*.txt; do x; done\nEOF\n";
    run("text.sh", text, &[]).tells(Class::Todo, &["1: text: input: the script does not say what it reads"]);
}

#[test]
fn what_no_datum_has_of_the_others_is_to_be_settled() {
    let text = "prev=none\nfor f in raw/r/*.t; do\n  b=$(basename $f .t)\n  echo \"$prev\" > out/$b.prev\n  prev=$f\n  \
                cat $f raw/q/$b.t > out/$b.o\n  head -n ${1:-1} $f $2 >> out/all.txt\ndone > out/all.log\n";
    let found = run("l.sh", text, &[("raw/r/A.t", ""), ("raw/q/A.t", "")]);
    found.tells(
        Class::Todo,
        &[
            "4: out: cmd: `prev` is read before it is surely set here",
            "6: out: input: `raw/q/$b.t` is read beside the file of the loop",
            "7: out: cmd: all turns add to `out/all.txt`",
            "8: out: cmd: `> out/all.log` behind `done` is for all turns together",
        ],
    );
    found.tells(
        Class::Assumed,
        &["7: out: `${1:-1}`: nobody passes arguments", "2: out: cmd: new paths in place of old ones"],
    );
    found.tells(Class::Todo, &["7: out: cmd: `$2` is an argument of the script"]);
    assert!(!found.pipelines[0].spec.contains("\n      done"), "{}", found.pipelines[0].spec);
    let text = "for f in a/*; do cut -f $1 $f > b/$(basename $f); done # done > x\n";
    let found = run("l.sh", text, &[("a/1", "")]);
    found.tells(Class::Todo, &["1: b: cmd: `$1` is an argument of the script"]);
    assert!(!found.texts(Class::Todo).contains("behind"), "{}", found.texts(Class::Todo));
}
