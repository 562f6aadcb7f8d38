//! The configuration of the terminal UI, `tui.toml`: looks and keys; what is wrong with it is said with file and line.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::action::{Action, TABLE};
use super::keymap::Keymap;
use super::keys::Key;
use super::own::Own;
use super::theme::{Palette, Theme};

/// How the UI is started.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Use no colours.
    pub no_color: bool,
    /// Use only ASCII characters.
    pub ascii: bool,
    /// Nothing moves by itself.
    pub still: bool,
    /// What is said at first.
    pub greeting: Option<String>,
}

/// What is configured, together with how the UI was started and what the terminal can do.
#[derive(Clone, Debug)]
pub(super) struct Setup {
    /// Looks.
    pub(super) theme: Theme,
    /// Keys.
    pub(super) keymap: Keymap,
    /// Whether the mouse is taken; absent if the configuration does not say.
    pub(super) mouse: Option<bool>,
    /// Commands of the user's own.
    pub(super) own: Vec<Own>,
    /// What could not be done as asked.
    pub(super) note: Option<String>,
}

/// Where the configuration is, how the UI was started, and what the terminal can do.
#[derive(Clone, Debug, Default)]
pub(super) struct Source {
    /// The file.
    pub(super) path: Option<PathBuf>,
    /// How the UI was started.
    options: Options,
    /// Whether the terminal shows more than ASCII.
    is_utf8: bool,
    /// Whether it shows any colour.
    is_truecolor: bool,
}

/// The file as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    theme: Option<Spanned<String>>,
    ascii: Option<bool>,
    motion: Option<bool>,
    mouse: Option<bool>,
    preset: Option<Spanned<String>>,
    keys: BTreeMap<String, Spanned<Keys>>,
    commands: BTreeMap<String, Spanned<Wanted>>,
}

/// A command of the user's own: what is run, or that and a key.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "what is to be run, or `{ run = \"…\", key = \"…\" }`")]
enum Wanted {
    Run(String),
    Keyed(Keyed),
}

/// A command with its key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Keyed {
    run: String,
    key: Option<String>,
}

impl Wanted {
    fn own(&self, name: &str) -> Result<Own, String> {
        let (run, named) = match self {
            Self::Run(run) => (run, None),
            Self::Keyed(keyed) => (&keyed.run, keyed.key.as_deref()),
        };
        Ok(Own { key: named.map(key).transpose()?, ..Own::parse(name, run)? })
    }
}

/// One key or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "a key, or a list of keys")]
enum Keys {
    One(String),
    Several(Vec<String>),
}

/// What is wrong, and where in the text.
type Wrong = (Range<usize>, String);

impl Source {
    /// What the environment says.
    pub(super) fn new(options: Options) -> Self {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let folder = set("XDG_CONFIG_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
        let folder = folder.or_else(|| Some(PathBuf::from(set("HOME")?).join(".config")));
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set).unwrap_or_default();
        let depth = set("COLORTERM").unwrap_or_default();
        Self {
            path: folder.map(|folder| folder.join("minipach").join("tui.toml")),
            options,
            is_utf8: is_utf8(&locale),
            is_truecolor: matches!(depth.as_str(), "truecolor" | "24bit"),
        }
    }

    /// Reads the configuration; there need not be one.
    ///
    /// # Errors
    /// What is wrong, each with its line, the file before the first.
    pub(super) fn read(&self) -> Result<Setup, String> {
        let none = |wrong: Vec<Wrong>| wrong.into_iter().map(|(_, why)| why).collect();
        let Some(path) = &self.path else { return self.parse("").map_err(none) };
        let text = match std::fs::read_to_string(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(format!("cannot read `{}`: {error}", from_home(path)));
            }
            read => read.unwrap_or_default(),
        };
        self.parse(&text).map_err(|wrong| {
            let line =
                |span: &Range<usize>| text.get(..span.start).unwrap_or(&text).matches('\n').count() + 1;
            let told = wrong.iter().map(|(span, why)| format!("{}: {why}", line(span)));
            format!("{}:{}", from_home(path), told.collect::<Vec<_>>().join("; line "))
        })
    }

    /// Reads a text; all that is wrong in it, in order.
    fn parse(&self, text: &str) -> Result<Setup, Vec<Wrong>> {
        let file: File = toml::from_str(text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            let why = unquoted(text, span.start);
            vec![(span, why.unwrap_or_else(|| error.message().trim().replace('\n', " ")))]
        })?;
        let mut wrong = Vec::new();
        let (palette, note) = kept(self.palette(file.theme.as_ref()), &mut wrong);
        let is_ascii = self.options.ascii || file.ascii.unwrap_or(!self.is_utf8);
        let is_still = self.options.still || !file.motion.unwrap_or(true);
        let theme = Theme { palette, is_ascii, is_still };
        let own = file.commands.iter().map(|(name, run)| {
            run.get_ref().own(name).map_err(|why| (run.span(), format!("`{name}`: {why}")))
        });
        let own: Vec<Option<Own>> = own.map(|own| kept(own.map(Some), &mut wrong)).collect();
        let mut keymap = keymap(file.preset.as_ref(), &file.keys, &mut wrong);
        for (at, (command, (name, wanted))) in own.iter().zip(&file.commands).enumerate() {
            if let Some(key) = command.as_ref().and_then(|command| command.key) {
                let added = keymap.add(at, key);
                kept(added.map_err(|why| (wanted.span(), format!("`{name}`: {why}"))), &mut wrong);
            }
        }
        if !wrong.is_empty() {
            wrong.sort_by_key(|(span, _)| span.start);
            return Err(wrong);
        }
        let own = own.into_iter().flatten().collect();
        Ok(Setup { theme, keymap, mouse: file.mouse, own, note })
    }

    fn palette(&self, named: Option<&Spanned<String>>) -> Result<(Palette, Option<String>), Wrong> {
        let Some(named) = named else { return Ok((self.plain(), None)) };
        let found = Palette::NAMES.iter().find(|(name, _)| name == named.get_ref());
        let Some((_, palette)) = found else {
            let names = Palette::NAMES.map(|(name, _)| format!("`{name}`")).join(", ");
            return Err((named.span(), format!("`theme` is one of {names}, not `{}`", named.get_ref())));
        };
        if self.options.no_color {
            return Ok((Palette::Mono, None));
        }
        if *palette == Palette::Night && !self.is_truecolor {
            let why = "the theme `night` needs a terminal that says COLORTERM=truecolor; `terminal` is used";
            return Ok((Palette::Terminal, Some(why.into())));
        }
        Ok((*palette, None))
    }

    /// Looks without any configuration.
    pub(super) fn bare(&self) -> Theme {
        let is_ascii = self.options.ascii || !self.is_utf8;
        Theme { palette: self.plain(), is_ascii, is_still: self.options.still }
    }

    fn plain(&self) -> Palette {
        if self.options.no_color { Palette::Mono } else { Palette::default() }
    }
}

/// That a value is missing, or is a text without quotes, on the line of a fault; `None` where it is something else.
fn unquoted(text: &str, at: usize) -> Option<String> {
    let begin = text.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
    let (name, value) = text[begin..].lines().next()?.split_once('=')?;
    let (name, value) = (name.trim(), value.split('#').next()?.trim());
    if value.is_empty() {
        return Some(format!("`{name}` has no value"));
    }
    let is_word = value.chars().all(|letter| letter.is_alphanumeric() || "-_ ".contains(letter));
    let is_plain = is_word && value.starts_with(char::is_alphabetic) && !matches!(value, "true" | "false");
    is_plain.then(|| format!("a text stands in quotes: `{name} = \"{value}\"`"))
}

fn is_utf8(locale: &str) -> bool {
    let locale = locale.to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

/// Keys of `preset = "vim"`: `h` and `l` go left and right, so a log is at `L` and all of them at Alt-L.
const VIM: [(Action, &[&str]); 6] = [
    (Action::Upstream, &["left", "h"]),
    (Action::Downstream, &["right", "l"]),
    (Action::CellLeft, &["left", "h"]),
    (Action::CellRight, &["right", "l"]),
    (Action::Log, &["L"]),
    (Action::AllLogs, &["alt-l"]),
];

fn preset(named: Option<&Spanned<String>>) -> Result<BTreeMap<Action, Vec<Key>>, Wrong> {
    let Some(named) = named else { return Ok(BTreeMap::new()) };
    if named.get_ref() != "vim" {
        return Err((named.span(), format!("`preset` is `vim`, or absent, not `{}`", named.get_ref())));
    }
    let keys = |names: &[&str]| names.iter().filter_map(|name| Key::parse(name)).collect();
    Ok(VIM.iter().map(|(action, names)| (*action, keys(names))).collect())
}

/// What was read; something in its place where it is wrong, which is kept.
fn kept<T: Default>(read: Result<T, Wrong>, wrong: &mut Vec<Wrong>) -> T {
    read.unwrap_or_else(|why| {
        wrong.push(why);
        T::default()
    })
}

fn keymap(
    named: Option<&Spanned<String>>,
    keys: &BTreeMap<String, Spanned<Keys>>,
    wrong: &mut Vec<Wrong>,
) -> Keymap {
    let mut changes = kept(preset(named), wrong);
    for (name, bound) in keys {
        let read = action(name).and_then(|action| {
            let names = bound.get_ref().names().iter();
            Ok(Some((action, names.map(|name| key(name)).collect::<Result<Vec<_>, _>>()?)))
        });
        changes.extend(kept(read.map_err(|why| (bound.span(), why)), wrong));
    }
    let made = Keymap::with(&changes).map_err(|why| {
        let is_named = |(name, _): &(&String, &Spanned<Keys>)| why.contains(&format!("`{name}`"));
        let span = keys.iter().filter(is_named).map(|(_, bound)| bound.span()).max_by_key(|span| span.start);
        (span.unwrap_or(0..0), why)
    });
    kept(made, wrong)
}

impl Keys {
    fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Several(names) => names,
        }
    }
}

fn action(name: &str) -> Result<Action, String> {
    let found = TABLE.iter().find(|entry| entry.name == name);
    found.map(|entry| entry.action).ok_or_else(|| {
        let near =
            TABLE.iter().map(|entry| entry.name).min_by_key(|other| strsim::damerau_levenshtein(name, other));
        let near = near.filter(|other| strsim::damerau_levenshtein(name, other) < 3);
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        format!("there is no action `{name}`{near}")
    })
}

fn key(name: &str) -> Result<Key, String> {
    if name == "ctrl-c" {
        return Err("`ctrl-c` ends what is typed, and twice quits; it cannot mean something else".into());
    }
    Key::parse(name).ok_or_else(|| {
        format!("`{name}` is no key; keys are `j`, `R`, `ctrl-r`, `alt-x`, `enter`, `pgdn`, …")
    })
}

/// A path as people write it: what lies in their home begins with `~`.
fn from_home(path: &Path) -> String {
    let home = std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
    match home.and_then(|home| path.strip_prefix(home).ok()) {
        Some(rest) => format!("~/{}", rest.display()),
        None => path.display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::action::Place;

    fn source(home: &Path, text: &str) -> Source {
        let path = home.join("tui.toml");
        std::fs::write(&path, text).expect("a file");
        Source { path: Some(path), is_utf8: true, ..Source::default() }
    }

    #[test]
    fn looks_and_keys_are_read() {
        let home = tempfile::tempdir().expect("a folder");
        let text = "theme = 'colour-blind'\nascii = true\nmotion = false\nmouse = false\n[keys]\n\
                    quit = 'Q'\nwhy = ['alt-w', 'w']\n";
        let setup = source(home.path(), text).read().expect("no fault");
        assert_eq!(setup.theme, Theme { palette: Palette::ColourBlind, is_ascii: true, is_still: true });
        assert_eq!((setup.mouse, setup.note), (Some(false), None));
        assert_eq!(setup.keymap.shown(Action::Quit), "Q");
        assert_eq!(setup.keymap.action(Place::Home, Key::parse("alt-w").expect("a key")), Some(Action::Why));
        let absent = Source { path: Some(home.path().join("none")), is_utf8: true, ..Source::default() };
        assert_eq!(absent.read().expect("no fault").theme, Theme::default());
    }

    /// A setting that stands there as a comment.
    fn set(line: &str) -> Option<&str> {
        line.strip_prefix("# ").filter(|rest| rest.contains(" = ") || rest.starts_with('['))
    }

    #[test]
    fn a_new_file_changes_nothing_and_each_of_its_lines_can_be_taken() {
        let home = tempfile::tempdir().expect("a folder");
        let new = crate::tui::settings::text();
        let setup = source(home.path(), &new).read().expect("no fault");
        assert_eq!((setup.theme, setup.own.len(), setup.mouse), (Theme::default(), 0, None));
        let all: Vec<&str> = new.lines().filter_map(set).filter(|line| !line.contains("vim")).collect();
        let setup = source(home.path(), &all.join("\n")).read().expect("no fault");
        assert_eq!((setup.theme, setup.own.len(), setup.mouse), (Theme::default(), 1, Some(true)));
        assert_eq!(setup.keymap.shown(Action::Why), "w");
    }

    #[test]
    fn faults_are_told_with_file_and_line() {
        let home = tempfile::tempdir().expect("a folder");
        for (text, line, said) in [
            (
                "\ntheme = 'pink'\n",
                2,
                "`theme` is one of `terminal`, `colour-blind`, `night`, `mono`, not `pink`",
            ),
            ("ascii = 'yes'\n", 1, "invalid type"),
            ("ascii = true\n\ncolour = 1\n", 3, "unknown field `colour`"),
            ("[keys]\nquti = 'Q'\n", 2, "there is no action `quti`; did you mean `quit`?"),
            ("[keys]\nquit = 'hyper-q'\n", 2, "`hyper-q` is no key"),
            ("[keys]\nquit = ['Q', 'ctrl-c']\n", 2, "`ctrl-c` ends what is typed"),
            ("[keys]\nquit = 'Q'\nwhy = 'r'\n", 3, "`r` is to mean `why` and still means `replay`"),
            ("[keys]\nquit = 3\n", 2, "a key, or a list of keys"),
            ("[commands]\nlook = \"less '{path}'\"\n", 2, "`look`: `{path}` is put in as one word already"),
            ("theme = \n", 1, "`theme` has no value"),
            ("ascii = true\ntheme = # night\n", 2, "`theme` has no value"),
            ("[keys]\nquit = ctrl-q\n", 2, "a text stands in quotes: `quit = \"ctrl-q\"`"),
        ] {
            let why = source(home.path(), text).read().expect_err("a fault");
            let place = format!("{}:{line}: ", from_home(&home.path().join("tui.toml")));
            assert!(why.starts_with(&place) && why.contains(said), "{text:?}: {why}");
            assert!(!why.contains('\n'), "{why}");
        }
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let home = tempfile::tempdir().expect("a folder");
        let text =
            "theme = 'purple'\n[keys]\nrerun = 'q'\nfrobnicate = 'z'\n[commands]\nx = \"less '{path}'\"\n";
        let why = source(home.path(), text).read().expect_err("faults");
        for said in [
            ":1: `theme`",
            "; line 3: `q` is to mean `rerun`",
            "; line 4: there is no action",
            "; line 6: `x`",
        ] {
            assert!(why.contains(said), "{said}: {why}");
        }
    }

    #[test]
    fn vims_keys_are_a_preset_that_own_keys_go_before() {
        let home = tempfile::tempdir().expect("a folder");
        let setup = source(home.path(), "preset = 'vim'\n").read().expect("no clash");
        let does = |place, key| setup.keymap.action(place, Key::parse(key).expect("a key"));
        assert_eq!(does(Place::Home, "l"), Some(Action::Downstream));
        assert_eq!(does(Place::Home, "h"), Some(Action::Upstream));
        assert_eq!(does(Place::Pipeline, "L"), Some(Action::Log));
        assert_eq!(does(Place::Pipeline, "l"), Some(Action::CellRight));
        let own = source(home.path(), "preset = 'vim'\n[keys]\nlog = 'alt-o'\n").read().expect("no clash");
        assert_eq!(own.keymap.shown(Action::Log), "Alt-o");
        assert!(source(home.path(), "preset = 'emacs'\n").read().is_err_and(|why| why.contains("`vim`")));
    }

    #[test]
    fn commands_of_ones_own_have_keys_that_mean_nothing_else() {
        let home = tempfile::tempdir().expect("a folder");
        let text = "[commands]\nlist = 'ls'\nlook = { run = 'less {path}', key = 'ctrl-g' }\n";
        let setup = source(home.path(), text).read().expect("no fault");
        let key = Key::parse("ctrl-g").expect("a key");
        assert_eq!((setup.own[0].key, setup.own[1].key), (None, Some(key)));
        assert!(Place::ALL.iter().all(|place| setup.keymap.action(*place, key) == Some(Action::Own(1))));
        for (command, said) in [
            ("{ run = 'ls', key = 'r' }", ":2: `x`: `r` means `rerun` in Pipelines"),
            ("{ run = 'ls', key = 'hyper-r' }", ":2: `x`: `hyper-r` is no key"),
            ("{ run = \"ls '{key}'\" }", ":2: `x`: `{key}` is put in as one word"),
            ("{ rum = 'ls' }", ":2: what is to be run"),
        ] {
            let why =
                source(home.path(), &format!("[commands]\nx = {command}\n")).read().expect_err("a fault");
            assert!(why.contains(said), "{why}");
        }
        let moved = "[keys]\nrerun = 'alt-r'\nreplay = 'alt-e'\n[commands]\nx = { run = 'ls', key = 'r' }\n";
        assert!(source(home.path(), moved).read().is_ok());
        let twice = "[commands]\nx = { run = 'ls', key = 'alt-g' }\ny = { run = 'ls', key = 'alt-g' }\n";
        assert!(source(home.path(), twice).read().is_err_and(|why| why.contains("another command")));
    }

    #[test]
    fn keys_can_change_places() {
        let home = tempfile::tempdir().expect("a folder");
        let swapped = source(home.path(), "[keys]\nwhy = 'r'\nrerun = 'w'\nreplay = 'alt-r'\n")
            .read()
            .expect("no fault");
        assert_eq!(swapped.keymap.shown(Action::Why), "r");
    }

    #[test]
    fn the_terminal_has_the_last_word() {
        let home = tempfile::tempdir().expect("a folder");
        let night = source(home.path(), "theme = 'night'\n");
        let setup = night.read().expect("no fault");
        assert_eq!(setup.theme.palette, Palette::Terminal);
        assert!(setup.note.is_some_and(|note| note.contains("COLORTERM")));
        let able = Source { is_truecolor: true, ..night.clone() };
        assert_eq!(able.read().expect("no fault").theme.palette, Palette::Night);
        let options = Options { no_color: true, ascii: true, still: true, greeting: None };
        let bare = Source { options, ..able };
        assert_eq!(
            bare.read().expect("no fault").theme,
            Theme { palette: Palette::Mono, is_ascii: true, is_still: true }
        );
        assert!(Source { is_utf8: false, ..night }.read().expect("no fault").theme.is_ascii);
        assert_eq!(["C.UTF-8", "de_DE.utf8", "C", ""].map(is_utf8), [true, true, false, false]);
    }
}
