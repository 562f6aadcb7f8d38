//! `import` of Dockerfiles and of docker-compose: the pipelines run in containers of the images that these name.

use crate::contained::Study;
use crate::support::{Project, table};

const DOCKERFILE: &str = "FROM localhost/tool:1\nARG NAME=count.sh\nENV UNIT=lines\nCOPY $NAME /opt/count.sh\nWORKDIR /opt\n\
                          ENTRYPOINT [\"sh\", \"count.sh\"]\nCMD [\"/pfs/raw\", \"/pfs/out\"]\n";

#[test]
fn a_dockerfile_runs_once_its_input_is_said() {
    let counted = || {
        let project = Project::new();
        project.write_all(&[
            ("raw/a.txt", "one\ntwo\n"),
            ("raw/b.txt", "one\n"),
            ("tool/Dockerfile", DOCKERFILE),
            (
                "tool/count.sh",
                "for file in \"$1\"/*; do echo \"$(wc -l < \"$file\") $UNIT\" > \"$2/${file##*/}\"; done\n",
            ),
        ]);
        project.commit("a tool");
        project
    };
    for study in Study::each(counted) {
        let project = &study.project;
        let said = study.minipach(&["import", "tool/Dockerfile", "--write"]).ok();
        for wanted in
            ["ARG `NAME=count.sh`", "assumed", "todo", "input: a Dockerfile does not say what is read"]
        {
            assert!(said.contains(wanted), "{wanted} is not in {said}");
        }
        study.minipach(&["run"]).code(3).says("MP110");
        let spec = project.read("run_tool/spec.yml");
        let settled =
            spec.lines().filter(|line| !line.contains("TODO(import)")).collect::<Vec<_>>().join("\n");
        project.write("run_tool/spec.yml", format!("input: {{pfs: {{repo: raw, glob: '/*'}}}}\n{settled}\n"));
        study.person.owns(project);
        study.minipach(&["run"]).ok();
        assert_eq!(project.tree("run_tool"), table([("a.txt", "2 lines\n"), ("b.txt", "1 lines\n")]));
        assert_eq!(study.minipach(&["run"]).ok(), "nothing to do\n");
    }
}

const COMPOSE: &str = "\
services:
  count:
    image: localhost/tool:1
    volumes: ['./raw:/data:ro', './counts:/out']
    environment: {UNIT: lines}
    command: sh -c 'for f in /data/*; do echo \"$$(wc -l < $$f) $$UNIT\" > /out/$$(basename $$f); done'
  sum:
    image: localhost/tool:1
    volumes: ['./counts:/in:ro', './sum:/out']
    working_dir: /tmp
    entrypoint: [sh, -c]
    command: ['cat /in/* > /out/sum.txt']
    depends_on: {count: {condition: service_completed_successfully}}
  db:
    image: postgres
    ports: ['5432:5432']
";

#[test]
fn services_that_end_run_and_those_that_do_not_are_refused() {
    let composed = || {
        let project = Project::new();
        project.write_all(&[("raw/a.txt", "one\ntwo\n"), ("raw/b.txt", "one\n"), ("compose.yml", COMPOSE)]);
        project.commit("services");
        project
    };
    for study in Study::each(composed) {
        let project = &study.project;
        let said = study.minipach(&["import", "compose.yml", "--write"]).ok();
        assert!(said.contains("service `db`: `ports` says that it runs for ever"), "{said}");
        assert!(said.contains("assumed") && !said.contains("todo "), "{said}");
        study.person.owns(project);
        study.minipach(&["run", "--save"]).ok();
        assert_eq!(project.tree("count"), table([("a.txt", "2 lines\n"), ("b.txt", "1 lines\n")]));
        assert_eq!(project.tree("sum"), table([("sum.txt", "2 lines\n1 lines\n")]));
        assert_eq!(study.podman.containers(), "");
    }
}
