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
    let found = run(TWO, &[("raw/a", ""), (".env", "TAG=2\n")]).expect("it is read");
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

#[test]
fn broken_ones_have_a_place() {
    for (text, message) in [
        ("a: 1\n", "compose.yml:1: the file has no `services`"),
        (
            "services:\n  a: {volumes: ['./x:/x:ro', './y:/y']}\n  b: {volumes: ['./y:/y:ro', './x:/x']}\n",
            "compose.yml:2: `a` needs `b`, which needs `a`",
        ),
    ] {
        let error = run(text, &[]).expect_err(text).to_string();
        assert!(error.starts_with(message), "{error}");
    }
}
