//! `Baseline`: findings that an old project knows and that do not count, by fingerprint.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::model::Finding;

/// Findings that are known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// Version of this file's form.
    pub schema: u32,
    /// Fingerprint → what it was, for people.
    pub findings: BTreeMap<String, String>,
}

/// What can go wrong with a baseline.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// It cannot be read.
    #[error("cannot read the baseline `{}`: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is no baseline.
    #[error("`{}` is no baseline: {problem}; write a new one with `--write-baseline`", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
}

/// What a finding is known by wherever its line moves: rule, file and words, and which of several alike it is.
pub fn fingerprint(finding: &Finding, nth: usize) -> String {
    let parts = [finding.code, &finding.path, &finding.message, &nth.to_string()];
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

/// The fingerprints of findings, in their order.
pub fn fingerprints(findings: &[Finding]) -> Vec<String> {
    let mut seen: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    let of = |finding| {
        let Finding { code, path, message, .. }: &Finding = finding;
        let nth = seen.entry((code, path, message)).or_default();
        *nth += 1;
        fingerprint(finding, *nth)
    };
    findings.iter().map(of).collect()
}

impl Baseline {
    /// All of these are known.
    pub fn of(findings: &[Finding]) -> Self {
        let told = |finding: &Finding| format!("{} {} {}", finding.code, finding.path, finding.message);
        let findings = fingerprints(findings).into_iter().zip(findings.iter().map(told)).collect();
        Self { schema: 1, findings }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it is not there or is no baseline.
    pub fn read(path: &Path) -> Result<Self, BaselineError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| BaselineError::Unreadable { path: path.to_owned(), source })?;
        serde_json::from_str(&text)
            .map_err(|error| BaselineError::Broken { path: path.to_owned(), problem: error.to_string() })
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        format!("{text}\n")
    }

    /// Keeps the findings that are not known.
    pub fn keep_new(&self, findings: &mut Vec<Finding>) {
        let known: Vec<bool> =
            fingerprints(findings).iter().map(|print| self.findings.contains_key(print)).collect();
        let mut known = known.into_iter();
        findings.retain(|_| !known.next().unwrap_or(false));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Severity;

    #[test]
    fn what_is_known_does_not_count_and_one_more_of_it_does() {
        let finding =
            |message: &str| Finding::new("MP204", "absolute-path", Severity::Warning, message).at("a", None);
        let old = [finding("x"), finding("y")];
        let baseline = Baseline::of(&old);
        let mut now = vec![finding("x"), finding("x"), finding("z")];
        baseline.keep_new(&mut now);
        assert_eq!(now, [finding("x"), finding("z")]);
        let read: Baseline = serde_json::from_str(&baseline.text()).expect("it reads");
        assert_eq!(read, baseline);
    }
}
