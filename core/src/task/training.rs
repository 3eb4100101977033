//! Cells to train beside each other, in names and numbers, as they go over a wire.

use serde::{Deserialize, Serialize};

use crate::memory::Engine;
use crate::network::recurrent::TrainingDemand;
use crate::space::recurrent::Recipe;
use crate::training::recurrent::{Comparison, ComparisonSettings, operations};
use crate::{Error, Result};

/// Most cells of a comparison.
pub const MOST_CELLS: usize = 12;

/// Most updates of a cell.
pub const MOST_STEPS: usize = 1_000_000;

/// Updates of a cell until the next one has its turn.
pub const TURN: usize = 5;

/// Cells to train and to compare: recurrent networks that read the same text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TrainingTask {
    /// The cells, at most 12, each `{"node": {"op": .., "input": [..]}, ..}`.
    #[cfg_attr(feature = "schema", schema(value_type = Vec<Object>, min_items = 1, max_items = 12))]
    pub recipes: Vec<Recipe>,
    /// How they are trained.
    pub settings: ComparisonSettings,
    /// Updates of each.
    #[cfg_attr(feature = "schema", schema(minimum = 1, maximum = 1_000_000))]
    pub steps: usize,
    /// Text to read: its most frequent words to train on, and its last tenth to validate on; made up without it.
    #[serde(default)]
    pub text: Option<String>,
}

impl TrainingTask {
    /// Checks numbers and the memory that training needs; builds nothing.
    ///
    /// # Errors
    /// What of the task cannot be used, or be trained within `memory` bytes.
    pub fn check_on(&self, engine: Engine, memory: usize) -> Result<()> {
        let among = |name, value, most: usize| match value {
            1.. if value <= most => Ok(()),
            _ => Err(Error::Size { name, value, problem: format!("must be between 1 and {most}") }),
        };
        among("cells", self.recipes.len(), MOST_CELLS)?;
        among("steps", self.steps, MOST_STEPS)?;
        self.settings.check()?;
        self.demand(engine).check(memory)
    }

    /// Bytes that training takes at its peak.
    pub fn peak(&self, engine: Engine) -> f64 {
        self.demand(engine).peak()
    }

    fn demand(&self, engine: Engine) -> TrainingDemand<'_> {
        TrainingDemand { recipes: &self.recipes, sizes: &self.settings.sizes, engine }
    }

    /// Floating-point operations of all updates, roughly.
    pub fn operations(&self) -> f64 {
        let ComparisonSettings { sizes, frozen, .. } = &self.settings;
        let words = self.steps * sizes.batch * sizes.steps;
        self.recipes.iter().map(|recipe| operations(recipe, sizes, *frozen, words)).sum()
    }

    /// The networks before their first updates.
    ///
    /// # Errors
    /// What of the settings or the text cannot be used.
    pub fn comparison(&self) -> Result<Comparison> {
        Comparison::new(&self.settings, self.recipes.clone(), self.text.as_deref())
    }

    /// The turns in which the cells advance, to be made in this order: cell, updates, and whether to validate then.
    pub fn turns(&self) -> impl Iterator<Item = (usize, usize, bool)> + use<> {
        let (steps, cells) = (self.steps, self.recipes.len());
        (0..steps).step_by(TURN).flat_map(move |done| {
            let updates = TURN.min(steps - done);
            (0..cells).map(move |cell| (cell, updates, done + updates == steps))
        })
    }
}
