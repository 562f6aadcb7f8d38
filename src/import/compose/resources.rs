//! What a service may use at most.

use super::super::emit::Value;
use super::super::yaml::Node;
use super::Lower;

/// What of `deploy` has a meaning here.
const USED: [&str; 3] =
    ["resources.limits.cpus", "resources.limits.memory", "resources.reservations.devices"];

impl Lower<'_> {
    /// `deploy`, `mem_limit` and `cpus`.
    pub(super) fn resources(&mut self) {
        let node = self.service.node;
        let resources = node.get("deploy").and_then(|deploy| deploy.get("resources"));
        let limits = resources.and_then(|resources| resources.get("limits"));
        let cpus = node.text_of("cpus").or_else(|| limits.and_then(|limits| limits.text_of("cpus")));
        let memory = node.text_of("mem_limit").or_else(|| limits.and_then(|limits| limits.text_of("memory")));
        let mut found = Vec::new();
        if let Some(cpus) = cpus.filter(|cpus| cpus.parse::<f64>().is_ok()) {
            found.push(("cpu".to_owned(), Value::Bare(cpus.to_owned())));
        }
        if let Some(memory) = memory {
            let digits = memory.trim_end_matches(|c: char| c.is_ascii_alphabetic());
            let unit = memory[digits.len()..].to_ascii_lowercase();
            let unit = match unit.trim_end_matches('b') {
                "k" => "Ki",
                "m" => "Mi",
                "g" => "Gi",
                _ => "",
            };
            found.push(("memory".to_owned(), Value::text(format!("{digits}{unit}"))));
        }
        let devices = resources
            .and_then(|resources| resources.get("reservations"))
            .and_then(|reserved| reserved.get("devices"));
        if let Some(device) = devices.and_then(|devices| devices.items().first()) {
            let count = device.text_of("count").filter(|count| count.parse::<u32>().is_ok()).unwrap_or("1");
            let gpu = vec![
                ("type".to_owned(), Value::text("nvidia.com/gpu")),
                ("number".to_owned(), Value::Bare(count.to_owned())),
            ];
            found.push(("gpu".to_owned(), Value::Map(gpu)));
        }
        self.told(!found.is_empty());
        if !found.is_empty() {
            self.draft.fields.push(("resource_limits", Value::Map(found)));
        }
    }

    /// Says what became of each of them.
    fn told(&mut self, is_used: bool) {
        let node = self.service.node;
        for key in ["mem_limit", "cpus"] {
            if let Some(limit) = node.get(key) {
                self.report.exact(
                    &self.source.at(limit.line),
                    &self.target,
                    format!("{key}: `resource_limits`"),
                );
            }
        }
        let Some(deploy) = node.get("deploy") else { return };
        if is_used && deploy.get("resources").is_some() {
            self.report.exact(&self.source.at(deploy.line), &self.target, "deploy: `resource_limits`");
        }
        let mut left_out = Vec::new();
        leaves("", deploy, &mut left_out);
        for (path, line) in left_out {
            let text = format!("deploy: `{path}` is left out");
            self.report.refused(&self.source.at(line), &self.target, text);
        }
    }
}

/// What is said below a node and has no meaning here, with its line.
fn leaves(path: &str, node: &Node, found: &mut Vec<(String, usize)>) {
    if USED.contains(&path) {
        return;
    }
    let is_above = path.is_empty() || USED.iter().any(|used| used.starts_with(&format!("{path}.")));
    if !is_above || node.entries().is_empty() {
        found.push((if path.is_empty() { "deploy".to_owned() } else { path.to_owned() }, node.line));
        return;
    }
    for (key, node) in node.entries() {
        leaves(&if path.is_empty() { key.clone() } else { format!("{path}.{key}") }, node, found);
    }
}
