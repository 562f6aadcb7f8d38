//! What changed in all that a datum is made of since its result was committed: inputs, code and spec, line by line.

use std::path::Path;

use crate::git::process::{Access, git};
use crate::model::show;
use crate::run::count;

use super::datums::DatumView;

/// So many paths are compared; a datum that gathers many more is told so.
const PATHS: usize = 200;

/// So many lines are shown.
const SHOWN: usize = 2000;

/// A heading and what differs, in lines.
pub fn since(root: &Path, view: &DatumView) -> (String, Vec<String>) {
    let name = show(&format!("{}:{}", view.pipeline, view.key));
    let since = committed(root, view);
    let from = since.as_ref().map_or("HEAD", |(commit, _)| commit);
    let inputs = view.inputs.iter().map(|input| &*input.path);
    let spec = format!("{}/spec.yml", view.pipeline);
    let paths: Vec<&str> = [spec.as_str(), "minipach.yml"]
        .into_iter()
        .chain(view.code.iter().map(String::as_str))
        .chain(inputs)
        .collect();
    let left = paths.len().saturating_sub(PATHS);
    let found = differences(root, from, &paths[..paths.len() - left]);
    let mut lines = beginning(since.as_ref(), found.is_empty());
    let more = found.len().saturating_sub(SHOWN);
    lines.extend(found.into_iter().take(SHOWN));
    lines.extend((more > 0).then(|| format!("and {}", count(more, "more line"))));
    lines.extend((left > 0).then(|| format!("{} of it not looked at", count(left, "input"))));
    let what = if since.is_some() { "Since its result" } else { "Not committed yet" };
    (format!("{what} · {name}"), lines)
}

/// What is compared with what, if anything differs at all.
fn beginning(since: Option<&(String, String)>, is_same: bool) -> Vec<String> {
    let Some((commit, ago)) = since else {
        let told = if is_same {
            "it has no committed result to compare with; its inputs, its code and its spec are all committed as they are"
        } else {
            "it has no committed result to compare with; of what it is made of, this is not committed:"
        };
        return vec![told.into()];
    };
    let mut lines = vec![format!("its result was committed last in {}, {ago}", short(commit))];
    lines.extend(
        is_same.then(|| "nothing: its inputs, its code and its spec are as they were then".to_owned()),
    );
    lines
}

fn short(commit: &str) -> &str {
    commit.get(..7).unwrap_or(commit)
}

/// The last commit that changed its result, and how long ago that was.
fn committed(root: &Path, view: &DatumView) -> Option<(String, String)> {
    let paths: Vec<String> =
        view.outputs.iter().take(PATHS).map(|(path, _)| format!(":(top,literal){path}")).collect();
    if paths.is_empty() {
        return None;
    }
    let words = ["log", "--max-count=1", "--format=%H%x09%cr", "--"];
    let output = git(root, Access::Read).args(words).args(&paths).output().ok()?;
    let text = String::from_utf8_lossy(&output);
    let (commit, ago) = text.trim().split_once('\t')?;
    Some((commit.to_owned(), ago.to_owned()))
}

/// What differs between a commit and the files as they stand; new files in full.
fn differences(root: &Path, from: &str, paths: &[&str]) -> Vec<String> {
    let literal: Vec<String> = paths.iter().map(|path| format!(":(top,literal){path}")).collect();
    let words = ["diff", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", from, "--"];
    let output = git(root, Access::Read).args(words).args(&literal).output().unwrap_or_default();
    let mut lines = Vec::new();
    for line in String::from_utf8_lossy(&output).lines() {
        match line.strip_prefix("diff --git ") {
            Some(_) => lines.push(String::new()),
            None if is_noise(line) => {}
            None => lines.push(show(line)),
        }
    }
    let words = ["ls-files", "--others", "--exclude-standard", "-z", "--"];
    let output = git(root, Access::Read).args(words).args(&literal).output().unwrap_or_default();
    let new = String::from_utf8_lossy(&output).into_owned();
    let new = new.split('\0').filter(|path| !path.is_empty());
    lines.extend(new.map(|path| format!("new, not known to git: {}", show(path))));
    lines
}

/// What git tells of a file that people have no use for.
fn is_noise(line: &str) -> bool {
    ["index ", "similarity ", "new file mode", "deleted file mode"].iter().any(|word| line.starts_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_result_nothing_is_said_to_have_changed() {
        let told = beginning(None, true);
        assert!(told[0].ends_with("are all committed as they are") && told.len() == 1, "{told:?}");
        assert!(beginning(None, false)[0].ends_with("this is not committed:"));
        let since = ("0123456789".to_owned(), "2 hours ago".to_owned());
        assert_eq!(beginning(Some(&since), false), ["its result was committed last in 0123456, 2 hours ago"]);
        assert_eq!(beginning(Some(&since), true).len(), 2);
    }
}
