//! A menu on a terminal: the arrows move, a number or a name may be typed, Enter takes.

use std::io;

use dialoguer::console::{Key, Term, truncate_str};
use dialoguer::theme::Theme;

use crate::model::show;

/// What is said of a menu that is longer than the terminal.
const LINES_BESIDE: usize = 4;

/// One thing to choose, as it is shown and by the names that it may be typed by.
pub(crate) struct Item {
    /// What is shown.
    pub label: String,
    /// What may be typed, beside what is shown.
    pub name: String,
}

/// A menu as far as somebody is with it.
struct Menu<'a> {
    items: &'a [Item],
    /// The one that Enter takes.
    active: usize,
    typed: String,
    complaint: Option<String>,
}

/// Has somebody choose one of several.
///
/// # Errors
/// The terminal is gone, or the user ends it.
pub(crate) fn choose(
    term: &Term,
    theme: &dyn Theme,
    prompt: &str,
    items: &[Item],
    default: usize,
) -> io::Result<usize> {
    if !term.is_term() {
        return Err(io::Error::new(io::ErrorKind::NotConnected, "not a terminal"));
    }
    let mut menu = Menu { items, active: default, typed: String::new(), complaint: None };
    term.hide_cursor()?;
    let taken = loop {
        let lines = menu.lines(theme, prompt, term.size());
        lines.iter().try_for_each(|line| term.write_line(line))?;
        term.flush()?;
        let taken = menu.press(&term.read_key()?);
        term.clear_last_lines(lines.len())?;
        if let Some(taken) = taken {
            break taken;
        }
    };
    term.show_cursor()?;
    let mut line = String::new();
    let label = items.get(taken).map(|item| show(&item.label)).unwrap_or_default();
    _ = theme.format_select_prompt_selection(&mut line, prompt, &label);
    term.write_line(&line)?;
    Ok(taken)
}

impl Menu<'_> {
    /// What is shown now, each in one line of the terminal, which has so many rows and columns.
    fn lines(&self, theme: &dyn Theme, prompt: &str, (rows, columns): (u16, u16)) -> Vec<String> {
        let mut first = String::new();
        let asked = format!("{prompt} (a number, a name or the arrows; Enter takes)");
        _ = theme.format_select_prompt(&mut first, &asked);
        let room = usize::from(rows).saturating_sub(LINES_BESIDE).max(1);
        let from = (self.active + 1).saturating_sub(room);
        let shown = self.items.iter().enumerate().skip(from).take(room);
        let item = |(at, item): (usize, &Item)| {
            let mut line = String::new();
            let label = format!("{}. {}", at + 1, show(&item.label));
            _ = theme.format_select_prompt_item(&mut line, &label, at == self.active);
            line
        };
        let typed = Some(format!("> {}", show(&self.typed))).filter(|_| !self.typed.is_empty());
        let lines = std::iter::once(first).chain(shown.map(item)).chain(typed).chain(self.complaint.clone());
        let wide = usize::from(columns).saturating_sub(1).max(1);
        lines.map(|line| truncate_str(&line, wide, "…").into_owned()).collect()
    }

    /// Takes a key; the one that is chosen by it.
    fn press(&mut self, key: &Key) -> Option<usize> {
        self.complaint = None;
        let last = self.items.len().saturating_sub(1);
        match key {
            Key::ArrowDown | Key::Tab => self.go(if self.active < last { self.active + 1 } else { 0 }),
            Key::ArrowUp | Key::BackTab => self.go(self.active.checked_sub(1).unwrap_or(last)),
            Key::Home | Key::PageUp => self.go(0),
            Key::End | Key::PageDown => self.go(last),
            Key::Escape => self.typed.clear(),
            Key::Enter => return self.take(),
            Key::Backspace => drop(self.typed.pop()),
            Key::Char(letter) if !letter.is_control() => self.typed.push(*letter),
            _ => {}
        }
        if let Some(at) = self.find() {
            self.active = at;
        }
        None
    }

    fn go(&mut self, at: usize) {
        self.active = at;
        self.typed.clear();
    }

    fn take(&mut self) -> Option<usize> {
        if self.typed.trim().is_empty() {
            return Some(self.active);
        }
        let found = self.find();
        if found.is_none() {
            let last = self.items.len();
            self.complaint = Some(format!("type a number from 1 to {last}, or the name of one of them"));
            self.typed.clear();
        }
        found
    }

    /// The one that is typed: by its number, its name, or a beginning that no other has.
    fn find(&self) -> Option<usize> {
        let typed = self.typed.trim().to_lowercase();
        let number = typed.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        let names = |item: &Item| [item.name.to_lowercase(), item.label.to_lowercase()];
        let positions = |fits: &dyn Fn(&str) -> bool| -> Vec<usize> {
            let is_meant = |item: &Item| names(item).iter().any(|name| fits(name));
            self.items.iter().enumerate().filter(|(_, item)| is_meant(item)).map(|(at, _)| at).collect()
        };
        if typed.is_empty() {
            return None;
        }
        let exact = || positions(&|name| name == typed).first().copied();
        let begun = || match positions(&|name| name.starts_with(&typed)).as_slice() {
            [one] => Some(*one),
            _ => None,
        };
        number.filter(|at| *at < self.items.len()).or_else(exact).or_else(begun)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pressed(names: &[&str], keys: &str) -> (Option<usize>, usize, bool) {
        let item = |name: &&str| Item { label: format!("the {name}"), name: (*name).to_owned() };
        let items: Vec<Item> = names.iter().map(item).collect();
        let mut menu = Menu { items: &items, active: 0, typed: String::new(), complaint: None };
        let key = |letter| match letter {
            '\r' => Key::Enter,
            'v' => Key::ArrowDown,
            '^' => Key::ArrowUp,
            '<' => Key::Backspace,
            letter => Key::Char(letter),
        };
        let taken = keys.chars().map(key).find_map(|key| menu.press(&key));
        (taken, menu.active, menu.complaint.is_some())
    }

    #[test]
    fn numbers_names_and_arrows_choose() {
        let names = ["MIT", "BSD", "Mozilla", "16"];
        for (keys, taken) in [
            ("\r", Some(0)),
            ("v\r", Some(1)),
            ("^\r", Some(3)),
            ("2\r", Some(1)),
            ("bsd\r", Some(1)),
            ("mo\r", Some(2)),
            ("16\r", Some(3)),
            ("the mit\r", Some(0)),
            ("3<2\r", Some(1)),
            ("3v\r", Some(3)),
            ("m\r", None),
            ("9\r", None),
            ("9\r2\r", Some(1)),
        ] {
            assert_eq!(pressed(&names, keys).0, taken, "{keys}");
        }
        assert!(pressed(&names, "9\r").2, "it says what is wanted");
        assert_eq!(pressed(&names, "2").1, 1, "what is typed is marked");
    }

    #[test]
    fn long_menus_and_long_lines_fit_the_terminal() {
        let items: Vec<Item> = (0..50)
            .map(|at| Item { label: format!("{at} {}", "x".repeat(200)), name: String::new() })
            .collect();
        let menu = Menu { items: &items, active: 40, typed: "4".into(), complaint: None };
        let lines = menu.lines(&dialoguer::theme::SimpleTheme, "Which?", (24, 80));
        assert!(lines.len() <= 23 && lines.iter().any(|line| line.contains("> 41. 40")), "{lines:?}");
        assert!(lines.iter().all(|line| line.chars().count() < 80), "{lines:?}");
    }
}
