//! What a table is of: its networks, what is predicted of them, and what should be known of its numbers.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::family::Family;
use crate::rank::Direction;

/// A text that is written in this program, or read from a user's file.
pub type Text = Cow<'static, str>;

/// A benchmark, or a table of a user's own, described.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct About {
    /// Name in the command line, in addresses and in JSON.
    pub id: &'static str,
    /// Name for a person.
    pub title: Text,
    /// What was trained.
    pub space: &'static str,
    /// The family of its networks; `None` where it is not known, as in a user's own table.
    pub family: Option<Family>,
    /// One of its networks, in a word: "cell".
    pub noun: &'static str,
    /// Its networks, in the plural: "trained recurrent networks".
    pub networks: &'static str,
    /// How ids are given and networks were trained, for the page of a network; one sentence or two.
    pub introduction: &'static str,
    /// What is to be predicted.
    #[serde(flatten)]
    pub target: Target,
    /// What rows are grouped by.
    pub group: Text,
    /// The columns with a direction, at least [`super::CLEAR_TAU`] in size: which values the better networks have.
    pub directions: &'static [(&'static str, Direction)],
    /// The count that is taken as the size of a network; `None` without one.
    pub size: Option<&'static str>,
    /// The best of its metrics; `None` where that is not known.
    pub best: Option<&'static str>,
    /// The metric that was recomputed here for every network; `None` without one.
    pub recomputed: Option<&'static str>,
    /// Where the tables come from.
    pub origin: &'static str,
    /// Under which terms.
    pub licence: &'static str,
    /// Whom to cite, shortly: "Serianni and Kalita, 2023".
    pub authors: &'static str,
    /// Whom to cite.
    pub citation: &'static str,
    /// Whether the results of the networks without published scores can be compared with those of the others.
    pub one_measure: bool,
    /// Published ids run from 0 to below this.
    pub ids: u32,
    /// Whether losses in the course of training are known.
    pub curves: bool,
    /// What was scored repeatedly, and what should be known of it, a sentence or nothing.
    pub ablations: &'static [(Ablation, &'static str)],
    /// Published columns that do not hold what their name says, as `problems` explains.
    pub flawed: &'static [&'static str],
    /// What a reader of its numbers should know, one sentence each.
    pub problems: &'static [&'static str],
}

/// What is to be predicted of a network.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Target {
    /// In a word: "loss".
    #[serde(rename = "target")]
    pub name: Text,
    /// What was measured, with its unit: "test loss on Penn Treebank after 50 epochs, in nats per token".
    #[serde(rename = "loss")]
    pub description: Text,
    /// The measured values, in the plural, as a heading: "Penn Treebank test losses".
    #[serde(rename = "results")]
    pub values: Text,
    /// Unit and direction.
    pub unit: &'static str,
    /// Which way the better networks lie.
    pub better: Direction,
}

impl About {
    /// Which values of a column the better networks have; `None` where it has no direction here.
    pub fn direction(&self, column: &str) -> Option<Direction> {
        self.directions.iter().find(|(known, _)| *known == column).map(|(_, direction)| *direction)
    }
}

/// What was varied in an ablation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ablation {
    /// The minibatch.
    Batch,
    /// The initial weights.
    Initialization,
}

impl Ablation {
    /// Both, in the order in which they are shown.
    pub const ALL: [Self; 2] = [Self::Batch, Self::Initialization];

    /// Its name in a file's.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Batch => "batch",
            Self::Initialization => "initialization",
        }
    }
}
