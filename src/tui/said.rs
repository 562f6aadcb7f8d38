//! What was said at the bottom line, and how long it stands there.

use std::ops::Deref;

use super::action::Action;
use super::theme::Role;

/// One line that was said at the bottom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    /// The line.
    pub(super) text: String,
    /// How it looks.
    pub(super) role: Role,
    /// When: milliseconds since the Unix epoch.
    pub(super) at_ms: u64,
    /// How long it stands there.
    life: Life,
    /// Which one it is of all that was said.
    pub(super) number: u64,
}

/// How long a message stands at the bottom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    /// For a moment.
    Short,
    /// The same, or until what it tells of came.
    UntilItCame,
    /// No more.
    Over,
}

/// How long a moment is, in milliseconds.
pub(super) const MESSAGE_MS: u64 = 4000;

/// After so long a message has been read, in milliseconds: the next key takes it away.
const READ_MS: u64 = 1500;

/// So many messages are kept.
const KEPT: usize = 500;

/// All that was said, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Messages {
    all: Vec<Message>,
    /// The action whose refusal was said last of all, and why it was refused.
    pub(super) refused: Option<(Action, String)>,
}

impl Deref for Messages {
    type Target = [Message];

    fn deref(&self) -> &[Message] {
        &self.all
    }
}

impl Messages {
    /// Says something. What was said last already is kept once.
    pub(super) fn say(&mut self, at_ms: u64, text: String, role: Role) {
        let number = self.all.last().map_or(1, |last| last.number + 1);
        self.all.pop_if(|last| last.text == text && last.role == role);
        self.all.push(Message { text, role, at_ms, life: Life::Short, number });
        self.refused = None;
        if self.all.len() > KEPT {
            self.all.remove(0);
        }
    }

    /// What was said last stands until what it tells of came.
    pub(super) fn until_it_came(&mut self) {
        if let Some(last) = self.all.last_mut() {
            last.life = Life::UntilItCame;
        }
    }

    /// A key was pressed: what an earlier key was answered, and what has been read, is over.
    pub(super) fn pass_over(&mut self, now_ms: u64) {
        let is_past = |last: &&mut Message| {
            last.life == Life::Short
                && (last.role == Role::Dim || now_ms.saturating_sub(last.at_ms) >= READ_MS)
        };
        if let Some(last) = self.all.last_mut().filter(is_past) {
            last.life = Life::Over;
        }
    }

    /// What was refused last would be done now.
    pub(super) fn end_refusal(&mut self) {
        self.refused = None;
        if let Some(last) = self.all.last_mut() {
            last.life = Life::Over;
        }
    }

    /// What was said is true no more.
    pub(super) fn withdraw(&mut self, text: &str) {
        let told = self.all.iter_mut().filter(|message| message.text == text);
        told.for_each(|message| message.life = Life::Over);
    }

    /// What was under way came; whether anything was.
    pub(super) fn has_come(&mut self) -> bool {
        let underway = self.all.iter_mut().filter(|message| message.life == Life::UntilItCame);
        underway.map(|message| message.life = Life::Over).count() > 0
    }

    /// What stands at the bottom line at a time.
    pub(super) fn now(&self, now_ms: u64) -> Option<&Message> {
        let last = self.all.last().filter(|last| last.life != Life::Over);
        last.filter(|last| now_ms.saturating_sub(last.at_ms) < MESSAGE_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_twice_in_a_row_is_kept_once() {
        let mut messages = Messages::default();
        for text in ["one", "one", "two", "one"] {
            messages.say(1, text.to_owned(), Role::Plain);
        }
        let said: Vec<&str> = messages.iter().map(|message| &*message.text).collect();
        assert_eq!(said, ["one", "two", "one"]);
    }
}
