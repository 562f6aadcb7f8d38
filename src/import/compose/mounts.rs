//! What a service mounts: folders and files that it reads, and the one that it writes to.

use super::super::draft::{Input, Leaf};
use super::super::names::InputNames;
use super::super::paths::{join, split};
use super::super::pattern::literal;
use super::super::report::Place;
use super::super::source::{Facts, Source};
use super::super::words::Renamed;
use super::super::yaml::Node;
use super::{Lower, Service};

/// A mount of a service.
#[derive(Clone, Debug)]
pub(super) struct Mount {
    line: usize,
    /// A path from the project's root, or the name of a volume.
    host: String,
    inside: String,
    pub(super) is_written: bool,
    /// Whether only Docker has it.
    is_volume: bool,
    /// Whether a file stands there, and no folder.
    is_file: bool,
}

impl Mount {
    /// The part of another mount's results that this one is; empty for all of them.
    fn within(&self, written: &Self) -> Option<String> {
        let rest = self.host.strip_prefix(&written.host).filter(|_| self.is_volume == written.is_volume)?;
        match rest.strip_prefix('/') {
            None if !rest.is_empty() => None,
            None if written.is_file => Some(split(&written.host).1.to_owned()),
            inside => Some(inside.unwrap_or_default().to_owned()),
        }
    }

    /// The host's side in words.
    pub(super) fn shown(&self) -> &str {
        if self.host.is_empty() { "." } else { &self.host }
    }
}

/// The mounts of a service, without those that nothing outside has.
pub(super) fn mounts(node: &Node, source: &Source, facts: &dyn Facts) -> Vec<Mount> {
    all(node).iter().filter_map(|node| mount(node, source, facts)).collect()
}

fn all(node: &Node) -> &[Node] {
    node.get("volumes").map(Node::items).unwrap_or_default()
}

fn mount(node: &Node, source: &Source, facts: &dyn Facts) -> Option<Mount> {
    let (host, inside, is_read_only, is_volume) = match node.text() {
        Some(text) => {
            let mut parts = text.split(':');
            let (host, inside) = (parts.next()?, parts.next()?);
            let is_read_only = parts.next().is_some_and(|mode| mode.split(',').any(|word| word == "ro"));
            (host, inside, is_read_only, !host.starts_with(['.', '/', '~', '$']))
        }
        None => (
            node.text_of("source")?,
            node.text_of("target")?,
            node.get("read_only").is_some_and(Node::is_true),
            node.text_of("type") == Some("volume"),
        ),
    };
    let path = if is_volume { None } else { join(&source.folder, host) };
    let host = path.unwrap_or_else(|| host.to_owned());
    Some(Mount {
        line: node.line,
        inside: inside.trim_end_matches('/').to_owned(),
        is_written: !is_read_only,
        is_volume,
        is_file: !is_volume && facts.has(&host),
        host,
    })
}

/// The service that makes what a mount holds, and where in its results that is.
pub(super) fn maker<'a, 'n>(
    services: &'a [Service<'n>],
    own: &Service<'_>,
    mount: &Mount,
) -> Option<(&'a Service<'n>, String)> {
    services.iter().filter(|service| service.name != own.name).find_map(|service| {
        let mut written = service.mounts.iter().filter(|mount| mount.is_written);
        Some((service, written.find_map(|written| mount.within(written))?))
    })
}

impl Lower<'_> {
    /// What the mounts come to: inputs, and where results go.
    pub(super) fn mounts(&mut self, place: &Place) {
        let (service, facts) = (self.service, self.facts);
        for node in all(service.node).iter().filter(|node| mount(node, self.source, facts).is_none()) {
            let inside = node.text().or_else(|| node.text_of("target")).unwrap_or("it");
            let text = format!("the volume `{inside}` is left out: nothing outside of the container has it");
            self.report.refused(&self.source.at(node.line), &self.target, text);
        }
        let mut inputs = Vec::new();
        let mut names = InputNames::default();
        for mount in service.mounts.iter().filter(|mount| !mount.is_written) {
            let Some((repo, inside)) = self.read(mount) else { continue };
            let name = names.take(&repo);
            let below = if inside.is_empty() { String::new() } else { format!("/{inside}") };
            self.pairs.push((Renamed::new(&mount.inside, format!("/pfs/{name}{below}")), mount.line));
            let glob = format!("/{}", literal(&inside));
            inputs.push(Input::Leaf(Leaf { repo, name, glob, ..Leaf::default() }));
        }
        self.draft.input = Input::cross(inputs);
        let written: Vec<&Mount> = service.mounts.iter().filter(|mount| mount.is_written).collect();
        match written.as_slice() {
            [one] => self.written(one),
            [] => self.draft.todo(place, "cmd: no mount is written; let the command write to /pfs/out"),
            _ => self
                .draft
                .todo(place, "cmd: more than one mount is written; let the command write below /pfs/out"),
        }
    }

    /// The folder that a mount is, and the path in it; none if it is no part of the project.
    fn read(&mut self, mount: &Mount) -> Option<(String, String)> {
        let at = self.source.at(mount.line);
        if let Some((other, inside)) = maker(self.services, self.service, mount) {
            let text = format!("`{}`: what service `{}` writes", mount.shown(), other.name);
            self.report.assumed(&at, &self.target, text);
            return Some((self.wishes.placed(&other.folder), inside));
        }
        let path = self.wishes.mapped(&mount.host);
        let is_here = !mount.is_volume || path != mount.host;
        let (folder, name) = split(&path);
        if is_here && !path.is_empty() && self.facts.has_folder(&path) {
            self.report.exact(&at, &self.target, format!("`{}`: the folder, as a whole", mount.host));
            return Some((path, String::new()));
        }
        if is_here && !folder.is_empty() && self.facts.has(&path) {
            self.report.exact(&at, &self.target, format!("`{}`: a file of `{folder}`", mount.host));
            return Some((folder.to_owned(), name.to_owned()));
        }
        let (is_inside, why) = lacking(mount, &path, self.facts.has(&path));
        self.draft.todo(&at, format!("input: {why}"));
        (is_here && is_inside).then(|| (path, String::new()))
    }

    /// The mount that results go to.
    fn written(&mut self, one: &Mount) {
        if one.is_file || (!one.is_volume && self.facts.has_folder(&one.host)) {
            let holds = if one.is_file { "holds something now" } else { "holds files now" };
            let text =
                format!("input: `{}` is written, and {holds}: say whether that is read too", one.shown());
            self.draft.todo(&self.source.at(one.line), text);
        }
        if let Some(other) = beside(self.services, self.service, one) {
            let text = format!(
                "cmd: service `{other}` writes to `{}` too, and no two pipelines share a folder: let each write its own, and read the other's by an input",
                one.shown()
            );
            self.draft.todo(&self.source.at(one.line), text);
        }
        let new = if one.is_file { format!("/pfs/out/{}", split(&one.host).1) } else { "/pfs/out".into() };
        self.pairs.push((Renamed::new(&one.inside, new), one.line));
    }
}

/// Another service that writes to the same folder, or to a part of it.
fn beside<'a>(services: &'a [Service<'_>], own: &Service<'_>, one: &Mount) -> Option<&'a str> {
    let is_shared = |other: &&Service<'_>| {
        let mut written = other.mounts.iter().filter(|mount| mount.is_written);
        other.name != own.name
            && written.any(|other| one.within(other).is_some() || other.within(one).is_some())
    };
    services.iter().find(is_shared).map(|other| other.name)
}

/// Why what is mounted is not there, and what to do; before that whether it may come to be in the project.
fn lacking(mount: &Mount, path: &str, is_there: bool) -> (bool, String) {
    let host = mount.shown();
    if mount.is_volume {
        let text = format!(
            "`{host}` is a volume that only Docker has; put what it holds into a folder and import with `--map {host}=FOLDER`"
        );
        (false, text)
    } else if path.is_empty() {
        (false, "`.` is the whole project, which is no repo; mount the folder that is read".to_owned())
    } else if path.starts_with(['/', '~', '$']) || path.starts_with("../") {
        let text = format!(
            "`{host}` lies outside of the project; put it into a folder of it and import with `--map {host}=FOLDER`"
        );
        (false, text)
    } else if is_there {
        let text = format!(
            "`{host}` lies at the project's root, which is no repo; move it into a folder and import with `--map {host}=FOLDER/{host}`"
        );
        (false, text)
    } else {
        (true, format!("there is no folder `{path}` in the project"))
    }
}
