//! Fields of `transform`.

use super::field::{Field, Kind, Mark, field, quiet, used};

/// What is run.
pub(in crate::spec) const TRANSFORM: &[Field] = &[
    used("cmd", Kind::Texts, "Program and its arguments; no shell looks at them"),
    used("stdin", Kind::Texts, "Lines for the command's standard input"),
    used(
        "err_cmd",
        Kind::Texts,
        "Run after a failed attempt, also after a `datum_timeout`; if it succeeds the datum is passed over",
    ),
    used("err_stdin", Kind::Texts, "Lines for the standard input of `err_cmd`"),
    used("env", Kind::TextMap, "Environment variables"),
    used("accept_return_code", Kind::Wholes, "Exit codes that count as success beside 0"),
    used("working_dir", Kind::Text, "Folder in which the command starts; the project's root if not given"),
    used(
        "code",
        Kind::Texts,
        "Globs of files whose change makes results stale; found by themselves if not given",
    ),
    used(
        "image",
        Kind::Text,
        "Container image in which the command runs: its name, a file of the project, or a container that DataLad knows",
    ),
    used(
        "dockerfile",
        Kind::Text,
        "A Dockerfile of the project, from which the image is built if `image` is not given",
    ),
    used("user", Kind::Text, "User inside the container; no effect without `image` or `dockerfile`"),
    used(
        "network",
        Kind::Bool,
        "Whether the command may reach the network from its container; no if not given",
    ),
    used("debug", Kind::Bool, "Say more in the logs"),
    field(
        "secrets",
        Kind::Maps(SECRET),
        Mark::Noted("secrets are not handed out; pass them in the environment or a file outside the project"),
        "No effect here: pass secrets in the environment",
    ),
    field(
        "image_pull_secrets",
        Kind::Texts,
        Mark::Noted("log in with the container program itself"),
        "No effect here",
    ),
    quiet("memory_volume", Kind::Bool, "No effect here"),
    field(
        "datum_batching",
        Kind::Bool,
        Mark::Dropped("there is no `pachctl next datum`; the command is started once for each datum"),
        "No meaning here: the command is started once for each datum",
    ),
];

const SECRET: &[Field] = &[
    quiet("name", Kind::Text, "Name of the secret"),
    quiet("key", Kind::Text, "Entry of the secret"),
    quiet("mount_path", Kind::Text, "Folder in which it appears"),
    quiet("env_var", Kind::Text, "Variable in which it appears"),
];
