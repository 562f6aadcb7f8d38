//! Tests of Snakefiles: the rows of what means what.

use super::super::report::Class;
use super::super::source::Held;
use super::*;

pub(super) fn run(text: &str, files: &[(&str, &str)]) -> Result<Imported, ImportError> {
    let source = Source { path: "Snakefile".into(), text: text.into(), ..Source::default() };
    import(&source, &Held::new(files), &Wishes::default())
}

pub(super) fn spec<'a>(imported: &'a Imported, name: &str) -> &'a str {
    imported.pipelines.iter().find(|pipeline| pipeline.name == name).map_or("none", |pipeline| &pipeline.spec)
}

const LITERAL: &str = "\
# A workflow
configfile: \"config.yaml\"
SAMPLES, = glob_wildcards(\"raw/{s}.fq\")

rule all:
    input: \"out/table.txt\"

rule trim:
    input:
        fq=\"raw/{s}.fq\",
        ref=\"ref/adapters.fa\"
    output: temp(\"trimmed/{s}.fq\")
    params: q=20
    threads: 4
    resources: mem_mb=2000, runtime=90
    log: \"logs/{s}.log\"
    container: \"docker://tools/trim:1.0\"
    shell:
        \"trim -q {params.q} -t {threads} -a {input.ref} {input.fq} \"
        \"| awk '{{print $1}}' > {output} 2> {log} # {wildcards.s}\"

rule table:
    input: expand(\"trimmed/{s}.fq\", s=SAMPLES)
    output: \"out/table.txt\"
    shell: \"wc -l {input} > {output}; echo {config[title]} >> {output}\"
";

#[test]
fn python_after_a_rule_is_none_of_it() {
    let text = format!("{LITERAL}\nif True:\n    print(1)\n");
    let files = [("raw/a.fq", ""), ("ref/adapters.fa", ""), ("config.yaml", "title: T\n")];
    let found = run(&text, &files).expect("it is read");
    assert_eq!(found.texts(Class::Todo), "");
    found.tells(Class::Refused, &["`if True:`: Python that is not run"]);
    found.tells(
        Class::Exact,
        &[
            "trim: threads: `resource_requests.cpu`",
            "trim: resources: `mem_mb=2000`: `resource_requests`",
            "trim: resources: `runtime=90`: `datum_timeout`",
        ],
    );
}

#[test]
fn literal_rules() {
    let files = [("raw/a.fq", ""), ("raw/b.fq", ""), ("ref/adapters.fa", ""), ("config.yaml", "title: T\n")];
    let found = run(LITERAL, &files).expect("it is read");
    let trim = spec(&found, "trim");
    for part in [
        "cross:\n    - pfs: {repo: raw, glob: /(*).fq}\n    - pfs: {repo: ref, glob: /adapters.fa}",
        "trim -q 20 -t 4 -a /pfs/ref/adapters.fa \"/pfs/raw/$s.fq\" | awk '{print $1}' > \"/pfs/out/$s.fq\" 2> \"${TMPDIR:-/tmp}/log\"",
        "s=${raw%.fq}\n      s=${s##*/}",
        "image: tools/trim:1.0",
        "datum_timeout: 5400s",
        "resource_requests: {cpu: 4, memory: 2000M}",
    ] {
        assert!(trim.contains(part), "{part}\n{trim}");
    }
    let table = spec(&found, "table");
    assert!(
        table.contains("repo: trim, glob: /}")
            && table.contains("wc -l /pfs/trim/*.fq > /pfs/out/table.txt; echo T >>"),
        "{table}"
    );
    assert!(found.texts(Class::Refused).contains("5: : rule `all` makes nothing"));
    assert!(
        found.texts(Class::Assumed).contains("12: trim: `temp(…)` is left out")
            || found.texts(Class::Assumed).contains("`temp(…)`")
    );
    assert_eq!(found.texts(Class::Todo), "");
}

#[test]
fn lists_are_gone_through_together_where_zip_says_so() {
    let text = "S = [\"a\", \"b\", \"c\"]\nrule t:\n  input: expand(\"x/{s}-{t}.x\", zip, s=S, t=[\"1\", \"2\"])\n  output: \"t/t.txt\"\n  shell: \"cat {input} > {output}\"\n";
    let files = [("x/a-1.x", ""), ("x/a-2.x", ""), ("x/b-1.x", ""), ("x/b-2.x", ""), ("x/c-1.x", "")];
    let found = run(text, &files).expect("it is read");
    assert_eq!(found.texts(Class::Todo), "");
    let spec = spec(&found, "t");
    assert!(
        spec.contains("a-1") && spec.contains("b-2") && !spec.contains("a-2") && !spec.contains("c-1"),
        "{spec}"
    );
}

#[test]
fn files_of_other_rules_are_named_by_rule() {
    let text = "S = [\"a\"]\nrule a:\n  input: \"raw/{s}.x\"\n  output: one=\"a/{s}.y\", two=\"a/{s}.z\"\n  shell: \"sort {input} > {output.one}; touch {output.two}\"\n\
                rule b:\n  input: rules.a.output.one, rules.a.output[1]\n  output: \"b/{s}.t\"\n  shell: \"cat {input} > {output}\"\n\
                rule c:\n  input: expand(rules.b.output, s=S)\n  output: \"c/c.txt\"\n  shell: \"cat {input} > {output}\"\n";
    let found = run(text, &[("raw/a.x", "")]).expect("it is read");
    assert_eq!(found.texts(Class::Todo), "");
    assert!(
        spec(&found, "b").contains("cat \"/pfs/a/$s.y\" \"/pfs/a_2/$s.z\" > \"/pfs/out/$s.t\""),
        "{}",
        spec(&found, "b")
    );
    assert!(spec(&found, "c").contains("cat /pfs/b/a.t > /pfs/out/c.txt"), "{}", spec(&found, "c"));
}

#[test]
fn two_wildcards_are_joined_by_what_they_share() {
    let text = "rule a:\n  input: \"x/{s}-{t}.x\", \"y/{t}.y\"\n  output: \"out/{t}/{s}.z\"\n  shell: \"cat {input} > {output}\"\n";
    let found = run(text, &[("x/1-2.x", ""), ("y/2.y", "")]).expect("it is read");
    let spec = spec(&found, "a");
    for part in [
        "- pfs: {repo: x, glob: /(*)-(*).x, join_on: $2}\n    - pfs: {repo: 'y', glob: /(*).y, join_on: $1}",
        "mkdir -p \"/pfs/out/$t\"",
        "cat \"/pfs/x/$s-$t.x\" \"/pfs/y/$t.y\" > \"/pfs/out/$t/$s.z\"",
    ] {
        assert!(spec.contains(part), "{part}\n{spec}");
    }
}

#[test]
fn what_is_python_is_to_be_settled() {
    let text = "x = 3 + 4\nrule a:\n  input: lambda w: f(w)\n  output: \"out/{s}.z\"\n  conda: \"e.yml\"\n  script: \"s.py\"\n\
                rule b:\n  output: f(1)\n  shell: \"x\"\nrule c:\n  input: \"in/a\"\n  output: \"o/c\"\n  shell: \"run {nope} > {output}\"\n";
    let found = run(text, &[("in/a", "")]).expect("it is read");
    found.tells(
        Class::Todo,
        &[
            "3: a: input: only running Python tells what `lambda w: f(w)`",
            "a: transform: the programs of `e.yml`",
            "cmd: `script` needs Snakemake",
            "what `{nope}` is",
        ],
    );
    assert!(
        found.texts(Class::Refused).contains("rule `b`: what it makes"),
        "{}",
        found.texts(Class::Refused)
    );
}

#[test]
fn constraints_are_told_of() {
    let text = "rule con:\n  input: \"data/{s}.csv\"\n  output: \"o/{s,[a-c]{1}}.txt\"\n  wildcard_constraints: s=\"[a-z0-9]+\"\n  shell: \"cp {input} {output}\"\n";
    let found = run(text, &[("data/a.csv", ""), ("data/d1.csv", "")]).expect("it is read");
    found.tells(Class::Todo, &["3: con: input: a glob takes any name, and `s` must be like `[a-c]{1}`"]);
    found.tells(Class::Assumed, &["4: con: `{s,[a-z0-9]+}`: left out; all files that are here"]);
    assert!(spec(&found, "con").contains("\"/pfs/out/$s.txt\""), "{}", spec(&found, "con"));
    let found = run(text, &[("data/a.csv", ""), ("data/b.csv", "")]).expect("it is read");
    assert_eq!(found.texts(Class::Todo), "");
}

#[test]
fn nothing_is_told_that_is_not_so() {
    let text = "rule fn:\n  input: \"data/a\"\n  output: \"fn.txt\"\n  run: open(output[0], 'w')\n\
                rule two:\n  input: \"data/a\"\n  output: \"n/1\", \"n/2\"\n  resources: mem_mb=1000\n  shell: \"cp {input} {output[0]}; echo {resources.mem_mb} > {output[1]}\"\n";
    let found = run(text, &[("data/a", "")]).expect("it is read");
    assert_eq!(found.texts(Class::Todo), "1: fn: cmd: `run` needs Snakemake around it; write what runs\n");
    assert!(!found.texts(Class::Exact).contains("fn: recipe"), "{}", found.texts(Class::Exact));
    assert!(!found.texts(Class::Assumed).contains("make runs it"), "{}", found.texts(Class::Assumed));
    assert!(spec(&found, "two").contains("echo 1000 > /pfs/out/2"), "{}", spec(&found, "two"));
}

#[test]
fn broken_ones_have_a_place() {
    for (text, message) in [
        ("rule a:\n  input: (\"x\"\n", "Snakefile:2: a string or a bracket is not closed"),
        ("rule a b:\n", "Snakefile:1: a rule needs a name"),
        (
            "rule a:\n  input: \"x\"\n  shell: \"cp {input} y\n",
            "Snakefile:3: a string is not closed on its line",
        ),
        ("x = 1)\nrule a:\n  input: \"x\"\n", "Snakefile:1: a bracket is closed that is not open"),
        ("rule a:\n  input: [\"x\")\n", "Snakefile:2: a bracket is closed that is not open"),
        ("rule a:\n  input \"x\"\n", "Snakefile:2: a rule says `input:`"),
        ("rule a:\n  output: \"x\"\n  shell: \"touch x\"\n  threads 4\n", "Snakefile:4: a rule says"),
        (
            "S = ['a', , 'b']
",
            "Snakefile:1: a comma has nothing before it",
        ),
        (
            "rule a:
  input: expand(, s=1)
",
            "Snakefile:2: a comma has nothing before it",
        ),
    ] {
        let error = run(text, &[]).expect_err(text).to_string();
        assert!(error.starts_with(message), "{error}");
    }
}

#[test]
fn a_rule_may_say_what_it_is_and_its_directives_may_go_on() {
    let text = "rule a:\n  'It\\'s a rule.'\n  input:\n    \"d/x\"\n  output: \"o/y\"\n  shell:\n    \"cp {input} \"\n    \"{output} # it's\"\n";
    let found = run(text, &[("d/x", "")]).expect("it is read");
    assert_eq!(found.texts(Class::Todo), "");
}

#[test]
fn files_that_no_list_names_are_not_worked_on() {
    let text = "S = [\"a\", \"b\"]\nrule all:\n  input: expand(\"out/{s}.txt\", s=S)\n\
                rule trim:\n  input: \"raw/{s}.fq\"\n  output: \"trim/{s}.fq\"\n  shell: \"cp {input} {output}\"\n\
                rule count:\n  input: \"trim/{s}.fq\"\n  output: \"out/{s}.txt\"\n  shell: \"wc {input} > {output}\"\n";
    let files = [("raw/a.fq", ""), ("raw/b.fq", ""), ("raw/c.fq", "")];
    let found = run(text, &files).expect("it is read");
    assert!(spec(&found, "trim").contains("{repo: raw, glob: '/(a|b).fq'}"), "{}", spec(&found, "trim"));
    assert!(spec(&found, "count").contains("{repo: trim, glob: /(*).fq}"), "{}", spec(&found, "count"));
    let found = run(text, &files[..2]).expect("it is read");
    assert!(spec(&found, "trim").contains("{repo: raw, glob: /(*).fq}"), "{}", spec(&found, "trim"));
}

#[test]
fn a_list_that_only_python_can_tell_narrows_nothing() {
    let text = "rule all:\n  input: expand(\"trim/{s}.fq\", s=[\"a\"]), extra()\n\
                rule trim:\n  input: \"raw/{s}.fq\"\n  output: \"trim/{s}.fq\"\n  shell: \"cp {input} {output}\"\n";
    let found = run(text, &[("raw/a.fq", ""), ("raw/b.fq", "")]).expect("it is read");
    assert!(spec(&found, "trim").contains("{repo: raw, glob: /(*).fq}"), "{}", spec(&found, "trim"));
}

#[test]
fn what_a_glob_takes_beyond_a_list_is_told() {
    let text = "rule all:\n  input: expand(\"out/{s}-{t}.txt\", s=[\"a\"], t=[\"1\", \"2\"])\n\
                rule one:\n  input: \"raw/{s}-{t}.fq\"\n  output: \"out/{s}-{t}.txt\"\n  shell: \"cp {input} {output}\"\n";
    let files = [("raw/a-1.fq", ""), ("raw/a-2.fq", ""), ("raw/b-1.fq", "")];
    let found = run(text, &files).expect("it is read");
    found.tells(
        Class::Assumed,
        &["3: one: `raw/*-*.fq` takes 3 files, 1 of which no rule of the Snakefile asks for"],
    );
    let told = run(text, &files[..2]).expect("it is read").texts(Class::Assumed);
    assert!(!told.contains("asks for"), "{told}");
}

#[test]
fn texts_within_a_command_stay_as_they_are() {
    let text = "rule a:\n    input: \"raw/{s}.txt\"\n    output: \"out/{s}.txt\"\n    shell:\n        \"\"\"\n        \
                cat > {output} <<EOF\nkeys:\n  - {wildcards.s}\n\n  - two\nEOF\n        python3 -c '\nfor i in 1, 2:\n    \
                print(i)\n' >> {output}\n        \"\"\"\n";
    let found = run(text, &[("raw/a.txt", "")]).expect("it is read");
    let spec = spec(&found, "out");
    let spec = if spec == "none" { &found.pipelines[0].spec } else { spec };
    for part in [
        "<<EOF\n      keys:\n        - $s\n\n        - two\n      EOF\n",
        "in 1, 2:\n          print(i)\n      '",
    ] {
        assert!(spec.contains(part), "{part}\n{spec}");
    }
    let found = run(&text.replace("<<EOF", "<<'EOF'"), &[("raw/a.txt", "")]).expect("it is read");
    assert!(found.texts(Class::Todo).contains("a here-document in quotes"), "{}", found.texts(Class::Todo));
}

#[test]
fn lines_of_rules_name_their_pipelines_below_a_folder() {
    let source = Source { path: "Snakefile".into(), text: LITERAL.into(), ..Source::default() };
    let wishes = Wishes { into: Some("imp".into()), ..Wishes::default() };
    let files = [("raw/a.fq", ""), ("ref/adapters.fa", ""), ("config.yaml", "title: T\n")];
    let found = import(&source, &Held::new(&files), &wishes).expect("it is read");
    found.tells(Class::Exact, &["imp/trim: threads: `resource_requests.cpu`"]);
}

#[test]
fn a_circle_is_left_out_and_nothing_of_it_is_called_exact() {
    let text = "\
rule a:
    input: \"b/x.txt\"
    output: \"a/x.txt\"
    threads: 2
    shell: \"sort {input} > {output}\"
rule b:
    input: \"a/x.txt\"
    output: \"b/x.txt\"
    shell: \"sort {input} > {output}\"
rule c:
    input: \"raw/x.txt\"
    output: \"c/x.txt\"
    shell: \"sort {input} > {output}\"
";
    let found = run(text, &[("raw/x.txt", "")]).expect("it is read");
    assert_eq!(found.pipelines.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["c"]);
    found.tells(
        Class::Refused,
        &["1: : `a` needs `b`, which needs `a`: ", "6: : `a` needs `b`, which needs `a`: "],
    );
    assert!(!found.texts(Class::Exact).contains(": a: "), "{}", found.texts(Class::Exact));
}

#[test]
fn paths_begin_beside_the_folder_workflow_and_an_absent_config_file_loses_no_rule() {
    let text = "\
configfile: \"config/config.yaml\"
rule a:
    input: \"raw/{s}.txt\"
    output: \"a/{s}.txt\"
    shell: \"sort -k {config[key]} {input} > {output}\"
rule b:
    input: \"raw/x.txt\"
    output: \"b/x.txt\"
    shell: \"sort {input} > {output}\"
include: \"c.smk\"
";
    let files: [&[(&str, &str)]; 2] =
        [&[("raw/x.txt", ""), ("config/config.yaml", "key: 2\n")], &[("raw/x.txt", "")]];
    for (files, is_known) in files.into_iter().zip([true, false]) {
        let path = "workflow/rules/Snakefile".to_owned();
        let source = Source { path, folder: "workflow/rules".into(), text: text.into() };
        let found = import(&source, &Held::new(files), &Wishes::default()).expect("it is read");
        assert!(spec(&found, "b").contains("sort /pfs/raw/x.txt > /pfs/out/x.txt"), "{}", spec(&found, "b"));
        assert_eq!(spec(&found, "a").contains("sort -k 2 "), is_known, "{}", spec(&found, "a"));
        assert_eq!(found.texts(Class::Todo).is_empty(), is_known, "{}", found.texts(Class::Todo));
        // What is said to be settled stands in the spec where that is done.
        let settled =
            found.pipelines.iter().map(|one| one.spec.matches("TODO(import)").count()).sum::<usize>();
        assert_eq!(settled, found.count(Class::Todo), "{}", found.texts(Class::Todo));
        found.tells(Class::Assumed, &["paths begin where Snakemake is called"]);
        found.tells(Class::Refused, &["10: : `include: \"c.smk\"`: it is not read; import that file too"]);
    }
}

#[test]
fn a_command_is_not_written_where_some_of_its_files_are_not_known() {
    let rule = |name: &str, shell: &str| {
        format!(
            "rule {name}:\n  input: \"raw/x.txt\", f, b=\"raw/y.txt\"\n  output: \"{name}/x.txt\"\n  shell: \"{shell}\"\n"
        )
    };
    let text = [
        rule("a", "cat {input} > {output}"),
        rule("b", "cat {input[1]} > {output}"),
        rule("c", "cat {input.b} > {output}"),
    ];
    let found = run(&text.concat(), &[("raw/x.txt", ""), ("raw/y.txt", "")]).expect("it is read");
    found.tells(
        Class::Todo,
        &["a: cmd: nobody says what `{input}` is", "b: cmd: nobody says what `{input[1]}` is"],
    );
    assert!(spec(&found, "c").contains("cat /pfs/raw/y.txt > /pfs/out/x.txt"), "{}", spec(&found, "c"));
    assert!(!found.texts(Class::Exact).contains("recipe"), "{}", found.texts(Class::Exact));
}

#[test]
fn imports_of_python_are_told() {
    let found = run("import os\nrule a:\n  output: \"a/x\"\n  shell: \"date > {output}\"\n", &[])
        .expect("it is read");
    found.tells(Class::Refused, &["1: : `import os`: Python that is not run"]);
}

#[test]
fn params_have_their_wildcards_and_quotes() {
    let text = "\
rule m:
    input: \"data/{sample}.fastq\"
    output: \"mapped/{sample}.bam\"
    params: rg=r\"@RG\\tID:{sample}\", t=\"it's $x\", all=[\"a b\", \"c\"], idle=1, lost=\"{other}\", run=lambda w: 1
    shell: \"echo '{params.rg}' {params.rg:q} {params.t:q} {params.all:q} {params[2]} {params.lost} {params.run} > {output}; cat {input} >> {output}\"
";
    let found = run(text, &[("data/A.fastq", "")]).expect("it is read");
    let spec = spec(&found, "m");
    let expected = r#"echo '@RG\tID:'"$sample"'' '@RG\tID:'"$sample"'' 'it'\''s $x' 'a b' c a b c {params.lost} {params.run} > "/pfs/out/$sample.bam""#;
    assert!(spec.replace("''", "'").contains(&expected.replace("''", "'")), "{spec}");
    found
        .tells(Class::Exact, &["4: m: params: `rg=r\"@RG\\tID:{sample}\"`: its value stands in the command"]);
    found.tells(Class::Refused, &["4: m: params: `idle=1` is left out, as no command names it"]);
    found.tells(Class::Todo, &["what `{params.lost}` is", "what `{params.run}` is"]);
}

#[test]
fn a_command_stays_where_one_brace_is_not_known() {
    let text = "\
rule count:
    input: \"data/{s}.txt\"
    output: \"o/{s}.txt\"
    shell: \"cat {input} {rule} {nope} {threads:>4} ${{HOME}} > {output}\"
";
    let found = run(text, &[("data/a.txt", "")]).expect("it is read");
    let spec = spec(&found, "count");
    let expected = r#"cat "/pfs/data/$s.txt" count {nope} {threads:>4} ${HOME} > "/pfs/out/$s.txt""#;
    assert!(spec.contains(expected), "{spec}");
    found.tells(Class::Todo, &["what `{nope}` is", "what `{threads:>4}` is"]);
    assert!(!found.texts(Class::Todo).contains("{rule}"), "{}", found.texts(Class::Todo));
}

/// The Snakefile of Snakemake's own tutorial.
const TUTORIAL: &str = "\
configfile: \"config.yaml\"

rule all:
    input:
        \"plots/quals.svg\"

def get_bwa_map_input_fastqs(wildcards):
    return config[\"samples\"][wildcards.sample]

rule bwa_map:
    input:
        \"data/genome.fa\",
        get_bwa_map_input_fastqs
    output:
        temp(\"mapped_reads/{sample}.bam\")
    params:
        rg=r\"@RG\\tID:{sample}\\tSM:{sample}\"
    threads: 8
    shell:
        \"(bwa mem -R '{params.rg}' -t {threads} {input} | \"
        \"samtools view -Sb - > {output})\"

rule samtools_sort:
    input:
        \"mapped_reads/{sample}.bam\"
    output:
        protected(\"sorted_reads/{sample}.bam\")
    shell:
        \"samtools sort -T sorted_reads/{wildcards.sample} \"
        \"-O bam {input} > {output}\"

rule bcftools_call:
    input:
        fa=\"data/genome.fa\",
        bam=expand(\"sorted_reads/{sample}.bam\", sample=config[\"samples\"])
    output:
        \"calls/all.vcf\"
    params:
        rate=config[\"prior_mutation_rate\"]
    shell:
        \"(bcftools mpileup -f {input.fa} {input.bam} | \"
        \"bcftools call -mv -P {params.rate} - > {output})\"
";

#[test]
fn the_tutorial_comes_out_with_its_commands() {
    let config =
        "samples:\n    A: data/samples/A.fastq\n    B: data/samples/B.fastq\n\nprior_mutation_rate: 0.001\n";
    let files = [
        ("config.yaml", config),
        ("data/genome.fa", ""),
        ("data/samples/A.fastq", ""),
        ("data/samples/B.fastq", ""),
    ];
    let found = run(TUTORIAL, &files).expect("it is read");
    for (name, part) in [
        ("bwa_map", "-t 8 {input} | samtools view -Sb - > \"/pfs/out/$sample.bam\")"),
        ("samtools_sort", "-O bam \"/pfs/bwa_map/$sample.bam\" > \"/pfs/out/$sample.bam\""),
        ("bcftools_call", "bcftools call -mv -P 0.001 - > /pfs/out/all.vcf)"),
        ("bcftools_call", "bcftools mpileup -f /pfs/data/genome.fa /pfs/samtools_sort/"),
    ] {
        assert!(spec(&found, name).contains(part), "{part}\n{}", spec(&found, name));
    }
    let todos = found.texts(Class::Todo);
    assert!(todos.lines().all(|line| line.contains(": bwa_map: ")), "{todos}");
}

#[test]
fn values_are_printed_as_python_prints_them_or_are_to_be_settled() {
    let text = "configfile: \"c.yml\"\nrule one:\n  input: \"raw/{s}.txt\"\n  output: \"out/{s}.t\"\n  \
                params: p=config[\"p\"], o=config[\"on_\"], q=2.50, r=config[\"r\"], z=0x10\n  \
                shell: \"echo {params.p} {params.o} {params.q} {config[t]} {params.r} {params.z} > {output}\"\n";
    let config = "p: 1.0e-3\non_: yes\nr: 1_0\nt: 'yes'\n";
    let found = run(text, &[("c.yml", config), ("raw/a.txt", "")]).expect("it is read");
    let spec = spec(&found, "one");
    assert!(spec.contains("echo 0.001 True 2.5 yes {params.r} {params.z} > "), "{spec}");
    found.tells(Class::Todo, &["what `{params.r}` is", "what `{params.z}` is"]);
}

#[test]
fn a_rule_that_is_named_as_a_folder_is_told_so() {
    let text =
        "rule one:\n  input: \"raw/{s}.txt\"\n  output: \"one/{s}.t\"\n  shell: \"echo {rule} > {output}\"\n";
    let found = run(text, &[("raw/a.txt", "")]).expect("it is read");
    found.tells(Class::Todo, &["`{rule}` is the name of a folder among its files too"]);
}

#[test]
fn what_a_cross_makes_beyond_what_is_asked_for_is_told() {
    let text = "rule all:\n  input: \"two/a.b.t\", \"two/b.a.t\"\n\
                rule two:\n  input: x=\"raw/{a}.txt\", y=\"raw/{b}.txt\"\n  output: \"two/{a}.{b}.t\"\n  \
                shell: \"cat {input} > {output}\"\n";
    let found = run(text, &[("raw/a.txt", ""), ("raw/b.txt", "")]).expect("it is read");
    found.tells(
        Class::Assumed,
        &["3: two: its inputs are crossed to 4 datums, 2 of which no rule of the Snakefile asks for"],
    );
}
