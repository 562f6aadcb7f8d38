//! Lowers `transform`: the command and what it needs.

use std::collections::BTreeMap;

use super::leaf::{glob_or_finding, unpaired};
use super::rules::{BAD_NAME, EMPTY_CMD, IMAGE_UNTAGGED, SHELL_IN_EXEC, UNSUPPORTED_FIELD, WRONG_TYPE};
use super::typed::Typed;
use super::words::clip;
use crate::model::glob::Glob;
use crate::model::{Finding, Transform};

/// Programs that give shell syntax, dollars or stars a meaning of their own.
const INTERPRETERS: [&str; 26] = [
    "sh", "bash", "dash", "ash", "zsh", "ksh", "fish", "busybox", "env", "awk", "gawk", "mawk", "sed",
    "perl", "python", "python3", "ruby", "node", "Rscript", "R", "jq", "find", "xargs", "make", "julia",
    "matlab",
];

/// Lowers the `transform` field. `None` if a finding says why not.
pub(super) fn lower(typed: &Typed, findings: &mut Vec<Finding>) -> Option<Transform> {
    if typed.is_bad() {
        return None;
    }
    let cmd = cmd(typed, findings);
    let code = code(typed, findings);
    let env = env(typed, findings);
    secrets(typed, findings);
    findings.extend(idle_user(typed));
    if let Some(image) = typed.get("image") {
        findings.extend(untagged(image));
    }
    let codes = typed.get("accept_return_code").map(Typed::items).unwrap_or_default();
    Some(Transform {
        cmd: cmd?,
        stdin: some_texts(typed, "stdin"),
        err_cmd: some_texts(typed, "err_cmd"),
        err_stdin: some_texts(typed, "err_stdin"),
        env,
        accept_return_code: codes.iter().filter_map(|code| i32::try_from(code.whole()?).ok()).collect(),
        working_dir: some_text(typed, "working_dir"),
        image: some_text(typed, "image").or_else(|| some_text(typed, "dockerfile")),
        user: some_text(typed, "user"),
        network: typed.is_true("network"),
        code,
        debug: typed.is_true("debug"),
    })
}

/// A finding for a user where no container starts.
fn idle_user(typed: &Typed) -> Option<Finding> {
    let has_image = ["image", "dockerfile"].iter().any(|name| typed.get(name).is_some());
    let user = typed.get("user").filter(|_| !has_image && some_text(typed, "user").is_some())?;
    let help = "without `image` the command runs as whoever starts the run; name an image, or remove `user`";
    Some(UNSUPPORTED_FIELD.at(&user.key_spot, "`user` has no effect here").help(help))
}

/// The text of a field; empty is as good as unset.
pub(super) fn some_text(typed: &Typed, name: &str) -> Option<String> {
    typed.text_of(name).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The texts of a list field; an empty list is as good as unset, as in Pachyderm.
fn some_texts(typed: &Typed, name: &str) -> Option<Vec<String>> {
    typed.texts_of(name).filter(|texts| !texts.is_empty())
}

fn cmd(typed: &Typed, findings: &mut Vec<Finding>) -> Option<Vec<String>> {
    let at = typed.get("cmd");
    if at.is_some_and(|at| at.is_bad() || at.items().iter().any(Typed::is_bad)) {
        return None;
    }
    let words = typed.texts_of("cmd").unwrap_or_default();
    if words.first().is_none_or(|word| word.trim().is_empty()) {
        let spot = at.map_or(&typed.key_spot, |at| &at.key_spot);
        let help = if typed.get("stdin").is_some() {
            "say what reads the lines of `stdin`: `cmd: [\"sh\"]`"
        } else {
            "write the program and its arguments: `cmd: [\"sh\", \"code/run.sh\"]`"
        };
        findings.push(EMPTY_CMD.at(spot, "`transform.cmd` is empty, so there is nothing to run").help(help));
        return None;
    }
    if let Some(at) = at {
        findings.extend(shell_syntax(at));
    }
    Some(words)
}

/// A finding for each word that only a shell would understand.
fn shell_syntax(cmd: &Typed) -> Vec<Finding> {
    let words = unshelled(cmd).unwrap_or_default().iter();
    words.filter_map(shell_finding).collect()
}

/// The arguments of a command that no shell or other interpreter reads.
fn unshelled(cmd: &Typed) -> Option<&[Typed]> {
    let (program, arguments) = cmd.items().split_first()?;
    let program = program.text()?.rsplit('/').next()?;
    let plain = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let is_read = INTERPRETERS.contains(&program) || INTERPRETERS.contains(&plain);
    (!is_read).then_some(arguments)
}

fn shell_finding(at: &Typed) -> Option<Finding> {
    let text = at.text()?;
    let message = format!("`{}` {}, but no shell looks at this command", clip(text), shell_word(text)?);
    Some(SHELL_IN_EXEC.at(&at.spot, message).help("write `cmd: [\"sh\"]` and put the line into `stdin`"))
}

/// What a shell would make of a word; `None` for a plain one.
fn shell_word(word: &str) -> Option<&'static str> {
    let is_operator = ["|", "||", "&&", ";", ">", ">>", "<", "2>", "2>&1", "&>", "&"].contains(&word);
    let is_redirect = word.starts_with(">/") || word.starts_with(">>/") || word.starts_with("2>/");
    if is_operator || is_redirect {
        return Some("is shell syntax");
    }
    let has_variable = word.match_indices('$').any(|(at, _)| {
        word[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '{' || c == '(')
    });
    if has_variable {
        return Some("is expanded by a shell");
    }
    (word.contains('/') && word.contains('*')).then_some("is a pattern for a shell")
}

/// Globs that cannot be read are left out; their findings stop the pipeline anyway.
fn code(typed: &Typed, findings: &mut Vec<Finding>) -> Option<Vec<Glob>> {
    let mut globs = Vec::new();
    for item in typed.get("code")?.items() {
        match glob_or_finding(item.text().unwrap_or_default(), item) {
            Ok(glob) => {
                findings.extend(unpaired(&glob, item));
                globs.push(glob);
            }
            Err(finding) => findings.push(*finding),
        }
    }
    Some(globs)
}

fn env(typed: &Typed, findings: &mut Vec<Finding>) -> BTreeMap<String, String> {
    let mut env = BTreeMap::new();
    for (name, value) in typed.get("env").into_iter().flat_map(Typed::entries) {
        if name.is_empty() || name.contains(['=', '\0']) {
            let message = format!("`{}` cannot be the name of a variable", clip(name));
            findings.push(BAD_NAME.at(&value.key_spot, message));
        }
        if let Some(text) = value.text() {
            env.insert(name.to_owned(), text.to_owned());
        }
    }
    env
}

fn secrets(typed: &Typed, findings: &mut Vec<Finding>) {
    for secret in typed.get("secrets").map(Typed::items).unwrap_or_default() {
        if secret.get("env_var").is_some() && secret.get("key").is_none() {
            let name = secret.text_of("name").unwrap_or_default();
            let message = format!("secret `{}` has `env_var` but no `key`", clip(name));
            findings
                .push(WRONG_TYPE.at(&secret.spot, message).help("name the entry of the secret with `key`"));
        }
    }
}

/// A warning for an image whose content moves under its name.
fn untagged(image: &Typed) -> Option<Finding> {
    let text = image.text()?;
    let is_file = [".sif", ".simg", ".img", ".tar"].iter().any(|end| text.ends_with(end));
    if text.is_empty() || is_file || text.contains('@') {
        return None;
    }
    let last = text.rsplit('/').next().unwrap_or(text);
    let message = match last.split_once(':') {
        None => format!("image `{}` has no tag, so it means whatever is newest", clip(text)),
        Some((_, "latest")) => format!("image `{}` means whatever is newest", clip(text)),
        Some(_) => return None,
    };
    Some(
        IMAGE_UNTAGGED
            .at(&image.spot, message)
            .help("name a version, `ubuntu:24.04`, or a digest, `ubuntu@sha256:…`"),
    )
}
