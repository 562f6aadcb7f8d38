//! Tests of `docker-compose.yml`: the rows of what means what.

use super::super::report::Class;
use super::super::source::Held;
use super::*;

fn run(text: &str, files: &[(&str, &str)]) -> Result<Imported, ImportError> {
    let source = Source { path: "compose.yml".into(), text: text.into(), ..Source::default() };
    import(&source, &Held::new(files), &Wishes::default())
}

const TWO: &str = "\
x-all: &all {user: me}
services:
  db: {image: 'postgres:16'}
  web: {image: x, ports: ['80:80']}
  second:
    image: tool:${TAG:-1}
    entrypoint: [tool]
    command: --in /in/x.txt --out=/res 'a b'
    volumes: ['./made:/in:ro', {type: bind, source: ./final, target: /res}]
    depends_on: {first: {condition: service_completed_successfully}}
    mem_limit: 512m
    env_file: secret.env
  first:
    <<: *all
    build: {context: envs, args: {A: 1}}
    command: [sh, -c, 'cp /data/* /work']
    volumes: ['./raw:/data:ro', './made:/work']
    environment: [A=1, B=2]
    deploy: {resources: {limits: {cpus: '2', memory: 1G}}}
";

#[test]
fn services_that_end_are_pipelines() {
    let found = run(TWO, &[("raw/a", ""), (".env", "TAG=2\n"), ("envs/Dockerfile", "FROM x\nCMD y\n")])
        .expect("it is read");
    let names: Vec<&str> = found.pipelines.iter().map(|pipeline| pipeline.name.as_str()).collect();
    assert_eq!(names, ["first", "second"]);
    assert_eq!(
        found.pipelines[0].spec,
        "# from compose.yml:14\ninput:\n  pfs: {repo: raw, glob: /}\ntransform:\n  cmd: [sh, -c, cp /pfs/raw/* /pfs/out]\n  dockerfile: envs/Dockerfile\n  \
         user: me\n  env: {A: '1', B: '2'}\nresource_limits: {cpu: 2, memory: 1Gi}\n"
    );
    let second = &found.pipelines[1].spec;
    for part in [
        "repo: first, glob: /",
        "cmd: [tool, --in, /pfs/first/x.txt, --out=/pfs/out, a b]",
        "image: tool:2",
        "memory: 512Mi",
    ] {
        assert!(second.contains(part), "{part}\n{second}");
    }
    assert_eq!(
        found
            .items
            .iter()
            .filter(|item| item.class == Class::Refused && item.text.contains("for ever"))
            .count(),
        2
    );
    assert!(found.items.iter().any(|item| item.class == Class::Todo && item.text.contains("secret.env")));
}

const TAKEN_OVER: &str = "\
services:
  base:
    image: tool:1
    command: [count, /in, /out]
    volumes: ['./raw:/in:ro', './base:/out']
    environment: [A=1, B=2]
  one:
    extends: {service: base}
    volumes: ['./one:/out']
    environment: [B=3]
    deploy: {replicas: 3, resources: {limits: {memory: 1G}, reservations: {cpus: '1'}}}
  far:
    extends: {service: base, file: other.yml}
";

#[test]
fn what_a_service_takes_over_and_what_its_image_runs() {
    let found = run(TAKEN_OVER, &[("raw/a", "")]).expect("it is read");
    let spec = |name: &str| {
        found
            .pipelines
            .iter()
            .find(|made| made.name == name)
            .map_or_else(String::new, |made| made.spec.clone())
    };
    for part in ["cmd: [count, /pfs/raw, /pfs/out]", "image: tool:1", "env: {A: '1', B: '3'}", "memory: 1Gi"]
    {
        assert!(spec("one").contains(part), "{part}\n{}", spec("one"));
    }
    found.tells(Class::Exact, &["8: : service `one` begins with what `base` says"]);
    found.tells(
        Class::Refused,
        &["11: one: deploy: `replicas` is left out", "`resources.reservations.cpus` is left out"],
    );
    found.tells(Class::Assumed, &["3: one: the image `tool:1` has no ENTRYPOINT of its own"]);
    found.tells(
        Class::Todo,
        &[
            "13: far: transform: `extends` takes over a service of another file",
            "far: cmd: the service says neither what runs nor in which image",
        ],
    );
}

#[test]
fn a_dockerfile_says_what_comes_before_the_command() {
    const TEXT: &str = "services:\n  a:\n    build: ./env\n    volumes: ['./raw:/in:ro', './res:/res']\n";
    let entry = "FROM x\nENTRYPOINT [\"tool\", \"go\"]\nCMD [\"--in\", \"/in\", \"--out\", \"/res\"]\n";
    for (more, file, cmd) in [
        ("    command: ['/in', /res]\n", entry, "cmd: [tool, go, /pfs/raw, /pfs/out]"),
        ("", entry, "cmd: [tool, go, --in, /pfs/raw, --out, /pfs/out]"),
        ("    entrypoint: [other, /in, /res]\n", entry, "cmd: [other, /pfs/raw, /pfs/out]"),
        ("    command: [x, /in, /res]\n", "FROM x\nCMD y\n", "cmd: [x, /pfs/raw, /pfs/out]"),
    ] {
        let found = run(&format!("{TEXT}{more}"), &[("raw/a", ""), ("env/Dockerfile", file)]).expect(more);
        assert!(found.pipelines[0].spec.contains(cmd), "{cmd}\n{}", found.pipelines[0].spec);
    }
    run(TEXT, &[("raw/a", "")])
        .expect("it is read")
        .tells(Class::Todo, &["cmd: `env/Dockerfile` is not there"]);
}

const MOUNTED: &str = "\
services:
  one:
    image: t:1
    command: t --conf /c.yml --in /in/x.csv --out /out/all.txt
    volumes: ['./conf/c.yml:/c.yml:ro', './raw/a,b.csv:/in/x.csv:ro', './made:/out', /scratch]
  two:
    image: t:1
    command: t /part /sum.txt /root.yml /abs /vol /app
    volumes:
      - ./made/all.txt:/part:ro
      - ./fin/sum.txt:/sum.txt
      - ./root.yml:/root.yml:ro
      - /data/x:/abs:ro
      - raw:/vol:ro
      - .:/app:ro
  three:
    image: t:1
    command: t /sum /o
    volumes: ['./fin/sum.txt:/sum:ro', './o:/o']
";

#[test]
fn files_are_mounted_too_and_what_is_no_part_of_the_project_is_told() {
    let files = [("conf/c.yml", ""), ("raw/a,b.csv", ""), ("root.yml", ""), ("fin/sum.txt", "")];
    let found = run(MOUNTED, &files).expect("it is read");
    let spec = |name: &str| {
        let found = found.pipelines.iter().find(|made| made.name == name);
        found.map_or_else(String::new, |made| made.spec.clone())
    };
    for (name, part) in [
        ("one", "cmd: [t, --conf, /pfs/conf/c.yml, --in, '/pfs/raw/a,b.csv', --out, /pfs/out/all.txt]"),
        ("one", "repo: conf, glob: /c.yml"),
        ("one", "repo: raw, glob: '/a\\,b.csv'"),
        ("two", "cmd: [t, /pfs/one/all.txt, /pfs/out/sum.txt, "),
        ("two", "repo: one, glob: /all.txt"),
        ("three", "cmd: [t, /pfs/two/sum.txt, /pfs/out]"),
        ("three", "repo: two, glob: /sum.txt"),
    ] {
        assert!(spec(name).contains(part), "{part}\n{}", spec(name));
    }
    found.tells(Class::Exact, &["5: one: `conf/c.yml`: a file of `conf`"]);
    found.tells(Class::Refused, &["5: one: the volume `/scratch` is left out"]);
    found.tells(
        Class::Todo,
        &[
            "11: two: input: `fin/sum.txt` is written, and holds something now",
            "12: two: input: `root.yml` lies at the project's root",
            "13: two: input: `/data/x` lies outside of the project",
            "14: two: input: `raw` is a volume that only Docker has",
            "15: two: input: `.` is the whole project",
        ],
    );
}

#[test]
fn what_only_the_environment_knows_is_to_be_settled() {
    let text = "services:\n  w:\n    image: x\n    command: [sh, -c, 'cp /in/$$F /o/${N:-x}$Y']\n    volumes: ['./raw:/in:ro', './o:/o']\n    environment: {H: '${HOME}', B: '${A:+b}'}\n";
    let found = run(text, &[("raw/a", ""), (".env", "Y=1\nA=1\n")]).expect("it is read");
    found.tells(Class::Todo, &["6: w: `${HOME}` has no value in the project"]);
    assert!(!found.texts(Class::Assumed).contains("HOME"), "{}", found.texts(Class::Assumed));
    let spec = &found.pipelines[0].spec;
    assert!(spec.contains("cp /pfs/raw/$F /pfs/out/x1") && spec.contains("B: b"), "{spec}");
    assert_eq!(found.count(Class::Todo), 1, "{}", found.texts(Class::Todo));
}

#[test]
fn broken_ones_have_a_place() {
    for (text, message) in [
        ("services:\n  a: {extends: b}\n", "compose.yml:2: there is no service `b` to extend"),
        ("services:\n  a: {extends: a}\n", "compose.yml:2: service `a` extends itself"),
        ("a: 1\n", "compose.yml:1: the file has no `services`"),
    ] {
        let error = run(text, &[]).expect_err(text).to_string();
        assert!(error.starts_with(message), "{error}");
    }
}

#[test]
fn what_the_caller_sets_is_to_be_settled() {
    for environment in ["{A: 1, B: , C: '', D: \"${NOT:-}\"}", "[A=1, B, C=, D=]"] {
        let text =
            format!("services:\n  x:\n    image: tool:1\n    environment: {environment}\n    command: run\n");
        let found = run(&text, &[]).expect("it is read");
        let todos = found.texts(Class::Todo);
        assert!(
            todos.contains("x: transform: environment `B` is what it is where compose is called"),
            "{todos}"
        );
        assert!(!todos.contains("`C`") && !todos.contains("`D`"), "{todos}");
        assert!(
            found.pipelines[0].spec.contains("env: {A: '1', C: '', D: ''}"),
            "{}",
            found.pipelines[0].spec
        );
    }
}

#[test]
fn a_circle_is_left_out_and_who_reads_it_is_asked() {
    let service = |name: &str, read: &str| {
        format!(
            "  {name}:\n    image: t:1\n    command: t /i /o\n    volumes: ['./{read}:/i:ro', './o_{name}:/o']\n"
        )
    };
    let all = [service("a", "o_b"), service("b", "o_a"), service("c", "o_b"), service("d", "raw")];
    let found = run(&format!("services:\n{}", all.concat()), &[("raw/x", "")]).expect("it is read");
    assert_eq!(found.pipelines.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["c", "d"]);
    found.tells(Class::Refused, &["`a` needs `b`, which needs `a`: none of these services"]);
    assert_eq!(found.texts(Class::Refused).lines().count(), 2, "{}", found.texts(Class::Refused));
    found.tells(Class::Todo, &["c: input: what makes `b` is left out (compose.yml:"]);
}

#[test]
fn what_stands_beside_services_is_told() {
    let text = "version: '3'\nname: n\ninclude: [other.yml]\nvolumes: {v: {}}\nsecrets: {s: {file: s}}\nconfigs: {c: {file: c}}\nnetworks: {w: {}}\nodd: 1\n\
                services:\n  a: {image: x, command: y}\n";
    let found = run(text, &[]).expect("it is read");
    found.tells(Class::Exact, &["1: : `version`"]);
    let told = [
        "2: : `name`",
        "3: : `include`: it is not read",
        "4: : `volumes`",
        "5: : `secrets`",
        "6: : `configs`",
        "7: : `networks`",
        "8: : `odd`: it has no meaning",
    ];
    found.tells(Class::Refused, &told);
}

#[test]
fn services_that_write_to_one_folder_are_to_be_settled() {
    let text = "services:\n  a:\n    image: x\n    command: one\n    volumes: ['./in:/in:ro', './out:/out']\n  \
                b:\n    image: x\n    command: two\n    volumes: ['./in:/in:ro', './out:/o']\n  \
                c:\n    image: x\n    command: three\n    volumes: ['./in:/in:ro', './other:/o']\n";
    let found = run(text, &[("in/x", "")]).expect("it is read");
    found.tells(
        Class::Todo,
        &["5: a: cmd: service `b` writes to `out` too", "9: b: cmd: service `a` writes to `out` too"],
    );
    assert!(!found.texts(Class::Todo).contains("c: cmd: service"), "{}", found.texts(Class::Todo));
}
