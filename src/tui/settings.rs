//! The text of a new `tui.toml`: all that can be set, as comments with what holds without it.

use super::action::TABLE;
use super::theme::Palette;

/// The text.
pub(super) fn text() -> String {
    let themes = Palette::NAMES.map(|(name, _)| name).join(", ");
    let mut text = format!(
        "# The terminal UI of minipach. What stands here is taken over as soon as it is saved; a mistake is told with
# its line and leaves all as it is. A line without its `#` holds.

# theme = \"terminal\"      # one of: {themes}
# ascii = false           # signs that every terminal shows; by itself where the locale is not UTF-8
# motion = true           # false: nothing moves by itself
# mouse = true            # false: the mouse selects text, as elsewhere
# preset = \"vim\"          # h and l go left and right, L opens a log, Alt-L those of all datums

# Commands of your own, found in the palette and by a right click, with a key if you like. {{project}}, {{pipeline}},
# {{key}}, {{path}} and {{commit}} are what is under the cursor, each as one word of the shell.
# [commands]
# look = {{ run = \"less {{path}}\", key = \"ctrl-g\" }}

# Keys, by the name of what they do: one, or several in a list.
# [keys]
"
    );
    let wide = TABLE.iter().map(|entry| entry.name.len()).max().unwrap_or(0);
    for entry in TABLE {
        let keys = entry.keys.iter().map(|key| format!("\"{key}\"")).collect::<Vec<_>>().join(", ");
        let line = format!("# {:<wide$} = [{keys}]\n", entry.name);
        text.push_str(&line);
    }
    text
}
