//! `params` of rules: their values, with wildcards filled in, and what is told of each.

use super::super::words::{is_private, quoted};
use super::printed::{is_like_a_number, number};
use super::read::{commas, string};
use super::values::marked;
use super::{Lower, named};

impl Lower<'_> {
    /// What `{params}`, `{params.x}`, `{params[0]}` or `{params.x[0]}` stands for, as a recipe of make has it.
    pub(super) fn param(&self, part: &str, wildcards: &[String], is_quoted: bool) -> Option<String> {
        let all = commas(&self.find("params")?.text);
        if let Some((list, number)) = part.split_once('[') {
            let entry = all.iter().find(|text| named(text).0.as_deref() == Some(list))?;
            // Of a text, a number would name a letter.
            let value = named(entry).1;
            let is_list = value.starts_with('[') && value.ends_with(']') || value.starts_with("expand(");
            let values = self.values(entry, wildcards).filter(|_| is_list)?;
            let value = values.get(number.parse::<usize>().ok()?)?;
            return Some(literal_words(std::slice::from_ref(value), is_quoted));
        }
        let wanted = |(at, text): &(usize, &String)| {
            part.is_empty() || named(text).0.as_deref() == Some(part) || at.to_string() == part
        };
        let found: Vec<_> = all.iter().enumerate().filter(wanted).collect();
        if found.is_empty() {
            return None;
        }
        let values: Option<Vec<_>> = found.iter().map(|(_, text)| self.values(text, wildcards)).collect();
        Some(literal_words(&values?.concat(), is_quoted))
    }

    /// The values of one entry.
    fn values(&self, entry: &str, wildcards: &[String]) -> Option<Vec<String>> {
        let value = named(entry).1;
        if ["True", "False", "None"].contains(&value) {
            return Some(vec![value.to_owned()]);
        }
        if is_like_a_number(value) {
            return number(value).map(|number| vec![number]);
        }
        let texts = self.known.texts(value, self.facts).ok()?;
        texts.all.iter().map(|text| with_wildcards(text, wildcards)).collect()
    }

    /// Tells what became of each entry; of one that a command names and that is not known, the command tells.
    pub(super) fn params(&mut self, wildcards: &[String]) {
        let Some(directive) = self.find("params") else { return };
        let command = self.find("shell").and_then(|shell| string(&shell.text)).unwrap_or_default();
        for (at, entry) in commas(&directive.text).iter().enumerate() {
            let name = named(entry).0.unwrap_or_default();
            let ways =
                [format!("{{params.{name}"), format!("{{params[{at}]"), "{params}".into(), "{params:".into()];
            let is_used = ways.iter().any(|way| command.contains(way.as_str()));
            let shown = entry.split_whitespace().collect::<Vec<_>>().join(" ");
            let place = self.at(directive.line);
            if !is_used {
                let text = format!("params: `{shown}` is left out, as no command names it");
                self.report.refused(&place, &self.rule.name, text);
            } else if self.values(entry, wildcards).is_some() {
                let text = format!("params: `{shown}`: its value stands in the command");
                self.report.exact(&place, &self.rule.name, text);
            }
        }
    }
}

/// A value with marks in place of the wildcards of its rule; none where it has others.
fn with_wildcards(text: &str, wildcards: &[String]) -> Option<String> {
    let mut all = wildcards.to_vec();
    let text = marked(text, &mut all).filter(|_| !text.contains("{{"));
    text.filter(|_| all.len() == wildcards.len())
}

/// Values as words of a command, of which the shell of make changes nothing.
pub(super) fn literal_words(values: &[String], is_quoted: bool) -> String {
    let words = values.iter().map(|value| word(&value.replace('$', "$$"), is_quoted));
    words.collect::<Vec<_>>().join(" ")
}

/// A value as it stands in a command, quoted for a shell if that is asked for; what is for a wildcard is quoted later.
pub(super) fn word(text: &str, is_quoted: bool) -> String {
    let bare: String = text.chars().filter(|c| !is_private(*c)).collect();
    let is_safe = !text.is_empty() && (bare.is_empty() || quoted(&bare) == bare);
    if !is_quoted || is_safe { text.to_owned() } else { quoted(text) }
}
