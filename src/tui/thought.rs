//! `Thought`: what takes too long for the loop and needs no file, worked out by a thread beside it from facts that
//! stand still. Meanwhile the screen shows what it had.

use std::sync::Arc;

use super::facts::Facts;
use super::graph::{Drawing, Shape, laid};
use super::screen::jobs::groups::{Group, groups};
use super::screen::pipeline::order::{Asked, shown};

/// So many datums, or nodes of a graph, are quick enough for the loop itself.
pub(super) const QUICK: usize = 4000;

/// So many nodes of a graph are laid out by the loop itself.
pub(super) const QUICK_NODES: usize = 50;

/// Something to work out.
#[derive(Clone, Debug)]
pub(super) enum Thought {
    /// Which rows of the table of a node are shown, in which order.
    Rows {
        /// The pipeline.
        pipeline: String,
        /// Where it stands in the snapshot.
        at: usize,
        /// What is asked for.
        asked: Box<Asked>,
        /// The facts as they were.
        facts: Box<Facts>,
        /// Which question of the screen this is.
        number: u64,
    },
    /// Failures in groups.
    Groups {
        /// The facts as they were.
        facts: Box<Facts>,
        /// Which failures these are: [`Facts::failures`].
        number: u64,
    },
    /// The drawn graph.
    Picture(Arc<Shape>),
}

/// What was worked out.
#[derive(Clone, Debug)]
pub(super) enum Found {
    /// Rows of a pipeline's table, for which question.
    Rows(String, u64, Arc<[u32]>),
    /// Failures in groups, and which failures they are.
    Groups(u64, Arc<[Group]>),
    /// The graph of a shape.
    Picture(Arc<Shape>, Arc<Drawing>),
}

impl Thought {
    /// Whether the other one, which came later, is asked instead of this one.
    pub(super) fn is_replaced_by(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Rows { pipeline, .. }, Self::Rows { pipeline: other, .. }) => pipeline == other,
            (Self::Groups { .. }, Self::Groups { .. }) | (Self::Picture(_), Self::Picture(_)) => true,
            _ => false,
        }
    }

    /// Works it out.
    pub(super) fn think(self) -> Found {
        match self {
            Self::Rows { pipeline, at, asked, facts, number } => {
                Found::Rows(pipeline, number, shown(&facts, at, &asked).into())
            }
            Self::Groups { facts, number } => Found::Groups(number, groups(&facts).into()),
            Self::Picture(shape) => {
                let drawing = Arc::new(laid(&shape));
                Found::Picture(shape, drawing)
            }
        }
    }
}
