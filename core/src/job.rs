//! What is asked, whole and typed.

use std::sync::Arc;

use crate::metric::Metric;
use crate::network::recurrent::{Batch, Sizes, Weights};
use crate::probe::Needs;
use crate::space::recurrent::Recipe;
use crate::{Error, Result};

/// Score one recurrent network. Nothing after this reads what was typed.
#[derive(Clone)]
pub struct Job {
    /// How the architecture is called in the records.
    pub architecture: String,
    /// The cell.
    pub recipe: Arc<Recipe>,
    /// Sizes of the network and of the batch.
    pub sizes: Sizes,
    /// Where its weights come from.
    pub initial: Initial,
    /// What it reads.
    pub batch: Arc<Batch>,
    /// What is asked of it.
    pub metrics: Vec<&'static dyn Metric>,
}

/// Where the weights come from.
#[derive(Debug, Clone)]
pub enum Initial {
    /// The published initialisation from this seed.
    Seed(u64),
    /// Given ones.
    Weights(Arc<Weights>),
}

impl Job {
    /// What its metrics need together.
    pub fn needs(&self) -> Needs {
        self.metrics.iter().flat_map(|metric| metric.needs()).collect()
    }

    /// The same network on the first `steps` steps of its batch.
    pub fn first_steps(&self, steps: usize) -> Self {
        let sizes = Sizes { steps: steps.min(self.sizes.steps), ..self.sizes };
        let tokens = sizes.steps * sizes.batch;
        let batch = Batch {
            tokens: self.batch.tokens[..tokens].to_vec(),
            noise: self.batch.noise[..tokens * sizes.embedding].to_vec(),
        };
        Self { sizes, batch: Arc::new(batch), ..self.clone() }
    }

    /// Checks that it can be run within `memory` bytes.
    ///
    /// # Errors
    /// [`Error::Size`] or [`Error::Text`] naming what cannot be.
    pub fn check(&self, memory: usize) -> Result<()> {
        self.sizes.check(&self.recipe, memory)?;
        self.batch.check(&self.sizes)?;
        match self.needs().highest_layer() {
            layer if layer > self.sizes.layers => {
                let problem = format!("a metric reads layer {layer}");
                Err(Error::Size { name: "layers", value: self.sizes.layers, problem })
            }
            _ => Ok(()),
        }
    }

    /// The seed in its records; `None` where the weights were given.
    pub fn seed(&self) -> Option<u64> {
        match self.initial {
            Initial::Seed(seed) => Some(seed),
            Initial::Weights(_) => None,
        }
    }
}
