//! Which kind of source a file is, by its name and its text.

/// A kind of source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Pachyderm specs: JSON or YAML, one or several.
    Pachyderm,
    /// `dvc.yaml`.
    Dvc,
    /// A makefile.
    Make,
    /// A Dockerfile.
    Dockerfile,
    /// A shell script, with or without lines for Slurm.
    Shell,
    /// A Snakefile.
    Snakemake,
    /// `docker-compose.yml`.
    Compose,
    /// Run records of `DataLad`; the source is a revision of git.
    Datalad,
}

impl Kind {
    /// The kind of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// All kinds, in the order in which help lists them.
    pub const ALL: [Self; 8] = [
        Self::Pachyderm,
        Self::Dvc,
        Self::Make,
        Self::Dockerfile,
        Self::Shell,
        Self::Snakemake,
        Self::Compose,
        Self::Datalad,
    ];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pachyderm => "pachyderm",
            Self::Dvc => "dvc",
            Self::Make => "make",
            Self::Dockerfile => "dockerfile",
            Self::Shell => "shell",
            Self::Snakemake => "snakemake",
            Self::Compose => "compose",
            Self::Datalad => "datalad",
        }
    }

    /// What a file is; none if neither its name nor its text tells.
    pub fn of(path: &str, text: &str) -> Option<Self> {
        by_name(path).or_else(|| by_text(text))
    }
}

fn by_name(path: &str) -> Option<Kind> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let lower = name.to_ascii_lowercase();
    let ending = lower.rsplit_once('.').map_or("", |(_, ending)| ending);
    match lower.as_str() {
        "dvc.yaml" | "dvc.yml" => return Some(Kind::Dvc),
        "makefile" | "gnumakefile" => return Some(Kind::Make),
        "dockerfile" | "containerfile" => return Some(Kind::Dockerfile),
        "snakefile" => return Some(Kind::Snakemake),
        "docker-compose.yml" | "docker-compose.yaml" | "compose.yml" | "compose.yaml" => {
            return Some(Kind::Compose);
        }
        _ => {}
    }
    match ending {
        "mk" | "mak" | "make" => Some(Kind::Make),
        "jsonnet" => Some(Kind::Pachyderm),
        "dockerfile" => Some(Kind::Dockerfile),
        "smk" => Some(Kind::Snakemake),
        "sh" | "bash" | "sbatch" | "slurm" | "zsh" | "ksh" => Some(Kind::Shell),
        _ if lower.starts_with("dockerfile.") => Some(Kind::Dockerfile),
        _ if lower.starts_with("makefile.") => Some(Kind::Make),
        _ => None,
    }
}

fn by_text(text: &str) -> Option<Kind> {
    let has = |word: &str| text.contains(word);
    let first = text.lines().next().unwrap_or_default();
    let is_shell = |program: &str| ["sh", "bash", "dash", "zsh", "ksh"].contains(&program);
    let runs_by = first.strip_prefix("#!").into_iter().flat_map(|line| line.split(['/', ' ']));
    if runs_by.into_iter().any(is_shell) || has("#SBATCH ") {
        return Some(Kind::Shell);
    }
    if (has("pipeline") && has("transform")) || (has("pfs") && has("glob")) {
        return Some(Kind::Pachyderm);
    }
    let begins = |word: &str| text.lines().any(|line| line.starts_with(word));
    if begins("stages:") {
        return Some(Kind::Dvc);
    }
    if begins("services:") {
        return Some(Kind::Compose);
    }
    if begins("rule ") {
        return Some(Kind::Snakemake);
    }
    if begins("FROM ") {
        return Some(Kind::Dockerfile);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts_tell() {
        for (path, text, kind) in [
            ("a/Makefile", "", Some(Kind::Make)),
            ("config.mk", "", Some(Kind::Make)),
            ("pipe.json", "{\"pipeline\": {}, \"transform\": {}}", Some(Kind::Pachyderm)),
            ("Dockerfile.gpu", "", Some(Kind::Dockerfile)),
            ("job", "#!/usr/bin/env bash\n#SBATCH -c 2\n", Some(Kind::Shell)),
            ("x.yaml", "stages:\n  a: {}\n", Some(Kind::Dvc)),
            ("x", "hello", None),
        ] {
            assert_eq!(Kind::of(path, text), kind, "{path}");
        }
    }
}
