//! `docker-compose.yml`: a service that reads one mount, writes another and ends is a pipeline.

mod extends;
mod mounts;
mod program;
mod resources;
mod values;

use super::draft::Draft;
use super::emit::Value;
use super::error::ImportError;
use super::graph::{LeftOut, leave_out, sorted};
use super::names::PipelineNames;
use super::report::{Imported, Moved, Place, Report};
use super::source::{Facts, Source, Wishes};
use super::words::Renamed;
use super::yaml::{Node, document};
use mounts::{Mount, maker, mounts};
use values::Values;

/// A service that can be a pipeline.
struct Service<'a> {
    name: &'a str,
    node: &'a Node,
    mounts: Vec<Mount>,
    folder: String,
}

/// Brings in all services that end by themselves.
///
/// # Errors
/// When it cannot be read.
pub(super) fn import(source: &Source, facts: &dyn Facts, wishes: &Wishes) -> Result<Imported, ImportError> {
    let root = document(&source.path, &source.text)?;
    let mut report = Report::default();
    let root = Values::of(source, facts).fill(&root, source, &mut report);
    let Some(all) = root.get("services").filter(|services| services.is_map()) else {
        return Err(ImportError::new(
            &source.at(root.line),
            "the file has no `services`, or they are no map",
        ));
    };
    beside(&root, source, &mut report);
    let all = extends::settled(all, source, &mut report)?;
    let services = services(&all, source, facts, wishes, &mut report);
    let mut imported = Imported::default();
    let (order, left_out) = in_order(&services, source, wishes, &mut report);
    for at in order {
        let service = &services[at];
        let place = source.at(service.node.line);
        let draft = Draft::new(&service.folder, place.clone());
        let target = wishes.placed(&service.folder);
        let mut lower = Lower {
            service,
            services: &services,
            source,
            facts,
            wishes,
            report: &mut report,
            draft,
            target,
            pairs: Vec::new(),
        };
        lower.all(&place);
        let Lower { mut draft, target, .. } = lower;
        draft.misses(&left_out);
        for mount in service.mounts.iter().filter(|mount| mount.is_written) {
            imported.moved.push(Moved { old: mount.shown().to_owned(), new: target.clone() });
        }
        imported.pipelines.push(draft.finish(wishes, &mut report));
    }
    imported.items = report.items;
    Ok(imported)
}

/// What stands beside the services.
fn beside(root: &Node, source: &Source, report: &mut Report) {
    for (key, node) in root.entries().iter().filter(|(key, _)| key != "services") {
        let place = source.at(node.line);
        let why = match key.as_str() {
            "version" => {
                report.exact(&place, "", "`version`: compose does not look at it either");
                continue;
            }
            key if key.starts_with("x-") => {
                report.exact(&place, "", format!("`{key}`: it counts where a service refers to it"));
                continue;
            }
            "include" => "it is not read; import these files too",
            "volumes" => "what services hand on to one another stands in their folders; it is left out",
            "secrets" | "configs" => "nothing is handed out; what uses it is to be settled",
            "networks" => "there is no network between pipelines; it is left out",
            "name" => "a project is called as its folder; it is left out",
            _ => "it has no meaning here, and is left out",
        };
        report.refused(&place, "", format!("`{key}`: {why}"));
    }
}

/// The services that end by themselves; the others are told.
fn services<'a>(
    all: &'a Node,
    source: &Source,
    facts: &dyn Facts,
    wishes: &Wishes,
    report: &mut Report,
) -> Vec<Service<'a>> {
    let mut folders = PipelineNames::default();
    let mut services = Vec::new();
    for (name, node) in all.entries() {
        if let Some((line, why)) = is_server(node).filter(|_| !wishes.force) {
            report.refused(
                &source.at(line),
                "",
                format!("service `{name}`: `{why}` says that it runs for ever, which no pipeline does"),
            );
            continue;
        }
        let mounts = mounts(node, source, facts);
        services.push(Service { name, node, mounts, folder: folders.take(name) });
    }
    services
}

/// What says that a service runs for ever.
fn is_server(node: &Node) -> Option<(usize, &'static str)> {
    for key in ["ports", "expose", "healthcheck"] {
        if let Some(found) = node.get(key) {
            return Some((found.line, key));
        }
    }
    let restart = node.get("restart").filter(|restart| !matches!(restart.text(), Some("no" | "on-failure")));
    if let Some(restart) = restart {
        return Some((restart.line, "restart"));
    }
    let image = node.get("image")?;
    let name = image.text()?.split([':', '@']).next()?.rsplit('/').next()?;
    let is_base = ["postgres", "mysql", "mariadb", "mongo", "redis", "rabbitmq", "nginx", "elasticsearch"]
        .contains(&name);
    is_base.then_some((image.line, "image"))
}

/// The services, those first whose results others read; and those that are left out.
fn in_order(
    services: &[Service<'_>],
    source: &Source,
    wishes: &Wishes,
    report: &mut Report,
) -> (Vec<usize>, LeftOut) {
    let reads = |service: &Service<'_>| -> Vec<String> {
        let read = service.mounts.iter().filter(|mount| !mount.is_written);
        read.filter_map(|mount| maker(services, service, mount))
            .map(|(other, _)| other.name.to_owned())
            .collect()
    };
    let sorted = sorted(services.iter().map(|service| (service.name.to_owned(), reads(service))).collect());
    let find = |name: &str| services.iter().position(|service| service.name == name);
    let known = |name: &str| {
        let service = &services[find(name)?];
        Some((wishes.placed(&service.folder), source.at(service.node.line)))
    };
    let why = "none of these services could ever run; the service is left out";
    let left_out = leave_out(&sorted.circles, why, known, report);
    (sorted.order.iter().filter_map(|name| find(name)).collect(), left_out)
}

/// What a service may say.
const KNOWN: [&str; 16] = [
    "image",
    "build",
    "command",
    "entrypoint",
    "volumes",
    "working_dir",
    "user",
    "environment",
    "env_file",
    "secrets",
    "deploy",
    "mem_limit",
    "cpus",
    "depends_on",
    "restart",
    "extends",
];

struct Lower<'a> {
    service: &'a Service<'a>,
    services: &'a [Service<'a>],
    source: &'a Source,
    facts: &'a dyn Facts,
    wishes: &'a Wishes,
    report: &'a mut Report,
    draft: Draft,
    target: String,
    pairs: Vec<(Renamed, usize)>,
}

impl Lower<'_> {
    fn all(&mut self, place: &Place) {
        self.report.assumed(place, &self.target, format!("service `{}`: one datum", self.service.name));
        if let Some(far) = extends::far(self.service.node) {
            let text =
                "transform: `extends` takes over a service of another file; write here what that one says";
            self.draft.todo(&self.source.at(far.line), text);
        }
        for (line, text) in values::unknown(self.service.node) {
            let text = format!(
                "`{text}` has no value in the project: compose takes it from the environment; write it"
            );
            self.draft.todo(&self.source.at(line), text);
        }
        self.mounts(place);
        self.command(place);
        self.image(place);
        self.settings();
    }

    fn image(&mut self, place: &Place) {
        let node = self.service.node;
        if let Some(build) = node.get("build") {
            let path = self.dockerfile(build);
            self.draft.transform.push(("dockerfile", Value::text(path)));
            self.report.exact(&self.source.at(build.line), &self.target, "build: `transform.dockerfile`");
            for (key, node) in
                build.entries().iter().filter(|(key, _)| key != "context" && key != "dockerfile")
            {
                self.report.refused(
                    &self.source.at(node.line),
                    &self.target,
                    format!("build: `{key}` is left out"),
                );
            }
        } else if let Some(image) = node.text_of("image") {
            self.draft.transform.push(("image", Value::text(image)));
            self.report.exact(place, &self.target, "image");
        }
    }

    fn environment(&mut self) {
        if let Some(environment) = self.service.node.get("environment") {
            let (own, given): (Vec<_>, Vec<_>) =
                pairs(environment).into_iter().partition(|(_, value)| value.is_none());
            for (name, _) in own {
                let text = format!(
                    "transform: environment `{name}` is what it is where compose is called; write its value in `env`"
                );
                self.draft.todo(&self.source.at(environment.line), text);
            }
            if given.is_empty() {
                return;
            }
            self.report.exact(
                &self.source.at(environment.line),
                &self.target,
                "environment: `transform.env`",
            );
            let env = given
                .into_iter()
                .map(|(name, value)| (name, Value::text(value.unwrap_or_default())))
                .collect();
            self.draft.transform.push(("env", Value::Map(env)));
        }
    }

    fn settings(&mut self) {
        let node = self.service.node;
        for key in ["working_dir", "user"] {
            if let Some(text) = node.get(key).filter(|node| node.text().is_some()) {
                self.draft.transform.push((key, Value::text(text.text().unwrap_or_default())));
                self.report.exact(
                    &self.source.at(text.line),
                    &self.target,
                    format!("{key}: `transform.{key}`"),
                );
            }
        }
        if let Some(restart) = node.get("restart") {
            let text = "`restart` is left out: `datum_tries` says how often a datum is tried";
            self.report.refused(&self.source.at(restart.line), &self.target, text);
        }
        self.environment();
        for key in ["env_file", "secrets"] {
            for one in node.get(key).map(Node::each).unwrap_or_default() {
                let name = one
                    .text()
                    .or_else(|| one.text_of("path"))
                    .or_else(|| one.text_of("source"))
                    .unwrap_or_default();
                self.draft.todo(
                    &self.source.at(one.line),
                    format!("transform: {key} `{name}` is not read; say what the command needs of it"),
                );
            }
        }
        self.resources();
        if let Some(depends) = node.get("depends_on") {
            self.report.assumed(
                &self.source.at(depends.line),
                &self.target,
                "depends_on: what is read says the order",
            );
        }
        for (key, node) in node.entries().iter().filter(|(key, _)| !KNOWN.contains(&key.as_str())) {
            self.report.refused(&self.source.at(node.line), &self.target, format!("`{key}` is left out"));
        }
    }
}

/// `A=1` or `A: 1`; one without a value has that of who calls compose.
fn pairs(node: &Node) -> Vec<(String, Option<String>)> {
    let value = |node: &Node| (!node.is_null()).then(|| node.text().unwrap_or_default().to_owned());
    let of_map = node.entries().iter().map(|(name, node)| (name.clone(), value(node)));
    let of_list = node.items().iter().filter_map(Node::text).map(|text| {
        let pair = text.split_once('=');
        pair.map_or((text.to_owned(), None), |(name, value)| (name.to_owned(), Some(value.to_owned())))
    });
    of_map.chain(of_list).collect()
}

#[cfg(test)]
mod tests;
