//! Commits laid out beside the project: each in a thread that answers what is asked of it, until it is let go.

use std::path::Path;
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::app::{AppError, CommitView, Moment, compare};

use super::desk::Desk;
use super::effect::{Answer, Query};
use super::idle::{Busy, Question};
use super::message::Msg;

/// The commit that is looked at, and the one that comes.
#[derive(Default)]
pub(super) struct Past {
    coming: Option<Sender<Question>>,
    open: Option<Sender<Question>>,
}

impl Past {
    /// Takes a query if it is about the past; gives back all others.
    pub(super) fn take(
        &mut self,
        Question { query, busy }: Question,
        dir: &Path,
        inbox: &Sender<Msg>,
    ) -> Option<Question> {
        match (query, &self.open) {
            (Query::At(commit), _) => {
                let (ask, queries) = unbounded();
                self.coming = Some(ask);
                let (dir, inbox) = (dir.to_owned(), inbox.clone());
                std::thread::spawn(move || serve(&dir, &commit, (&queries, busy), &inbox));
                None
            }
            (Query::Look(is_on), _) => {
                self.open = self.coming.take().filter(|_| is_on);
                None
            }
            (Query::Compare(from, to), _) => {
                let (dir, inbox) = (dir.to_owned(), inbox.clone());
                std::thread::spawn(move || {
                    let _busy = busy;
                    let (title, lines) = compared(&dir, &from, to.as_deref());
                    drop(inbox.send(Msg::Answer(Answer::Told(title, lines))));
                });
                None
            }
            (
                query @ (Query::Datum(..)
                | Query::Log(_)
                | Query::Logs(..)
                | Query::Since(..)
                | Query::Times(_)
                | Query::Source(_)
                | Query::Files
                | Query::Path(_)),
                Some(open),
            ) => open.send(Question { query, busy }).err().map(|back| back.0),
            (query, _) => Some(Question { query, busy }),
        }
    }
}

/// Lays out a commit, tells what it is, and answers until nobody can ask any more.
fn serve(dir: &Path, commit: &CommitView, (queries, busy): (&Receiver<Question>, Busy), inbox: &Sender<Msg>) {
    let tell = |found| drop(inbox.send(Msg::Answer(Answer::At(Box::new(commit.clone()), found))));
    let mut busy = Some(busy);
    let served = with(dir, commit, |desk| {
        tell(Ok(Arc::new(desk.take())));
        busy = None;
        for Question { query, busy: _busy } in queries {
            if let Some(answer) = desk.answer(query) {
                drop(inbox.send(Msg::AnswerAt(commit.id.clone(), answer)));
            }
        }
    });
    if let Err(error) = served {
        tell(Err(error.message));
    }
}

/// Reads the project as of a commit once.
fn with<T>(dir: &Path, commit: &CommitView, inside: impl FnOnce(&Desk<'_>) -> T) -> Result<T, AppError> {
    let moment = Moment::open(dir, Some(&commit.id))?;
    Ok(Desk::of(&moment.session, inside))
}

/// What differs between a commit and another, or now.
fn compared(dir: &Path, from: &CommitView, to: Option<&CommitView>) -> (String, Vec<String>) {
    let name = to.map_or("now", CommitView::short);
    let title = format!("From {} to {name}", from.short());
    match compare(dir, &from.id, to.map(|to| to.id.as_str())) {
        Err(error) => (title, vec![error.message]),
        Ok(found) if found.is_empty() => (title, vec!["every datum stands as it did".into()]),
        Ok(found) => (title, found.lines()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn datum() -> Query {
        Query::Datum("fs".into(), "a".into())
    }

    #[test]
    fn only_while_a_commit_is_looked_at_is_it_asked() {
        let (inbox, _told) = unbounded();
        let mut past = Past::default();
        assert!(past.take(datum().into(), Path::new("/nowhere"), &inbox).is_some());
        let (ask, asked) = unbounded();
        past.coming = Some(ask);
        assert!(
            past.take(datum().into(), Path::new("/nowhere"), &inbox).is_some(),
            "it is not looked at yet"
        );
        assert!(past.take(Query::Look(true).into(), Path::new("/nowhere"), &inbox).is_none());
        assert!(past.take(datum().into(), Path::new("/nowhere"), &inbox).is_none());
        assert!(past.take(Query::Reload.into(), Path::new("/nowhere"), &inbox).is_some());
        assert_eq!(asked.len(), 1);
        past.take(Query::Look(false).into(), Path::new("/nowhere"), &inbox);
        assert!(past.take(datum().into(), Path::new("/nowhere"), &inbox).is_some());
    }

    #[test]
    fn a_commit_that_cannot_be_laid_out_is_told() {
        let (inbox, told) = unbounded();
        let (_ask, queries) = unbounded();
        serve(Path::new("/nowhere"), &CommitView::default(), (&queries, Busy::new()), &inbox);
        assert!(matches!(told.recv(), Ok(Msg::Answer(Answer::At(_, Err(_))))));
    }
}
