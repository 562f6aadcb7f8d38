//! What fixes would change, as a patch that `git apply` takes.

use std::collections::BTreeMap;

use similar::TextDiff;

use super::mend::Mended;

/// Lines of the surroundings that a patch shows.
const CONTEXT: usize = 3;

/// The patch of files that fixes change.
pub fn diff(files: &BTreeMap<String, Mended>) -> String {
    files.iter().map(|(path, file)| of(path, file)).collect()
}

fn of(path: &str, file: &Mended) -> String {
    let old = file.old.as_deref().unwrap_or_default();
    let head = format!("diff --git a/{path} b/{path}\n");
    let gone = |link: &String| {
        format!(
            "{head}deleted file mode 120000\n--- a/{path}\n+++ /dev/null\n@@ -1 +0,0 @@\n-{link}\n\\ No newline at end of file\n"
        )
    };
    let mut text = file.link.as_ref().map(gone).unwrap_or_default() + &head;
    if file.old.is_none() {
        text.push_str(if file.becomes_executable {
            "new file mode 100755\n"
        } else {
            "new file mode 100644\n"
        });
    } else if file.becomes_executable {
        text.push_str("old mode 100644\nnew mode 100755\n");
    }
    let before = if file.old.is_some() { format!("a/{path}") } else { "/dev/null".to_owned() };
    // Lines as git has them: a carriage return within one ends none.
    let [before_lines, after_lines]: [Vec<&str>; 2] =
        [old, &file.new].map(|text| text.split_inclusive('\n').collect());
    let diff = TextDiff::configure().newline_terminated(true).diff_slices(&before_lines, &after_lines);
    text + &diff.unified_diff().context_radius(CONTEXT).header(&before, &format!("b/{path}")).to_string()
}
