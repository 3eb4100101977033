//! What is asked, whole and typed.

use std::sync::Arc;

use crate::metric::{self, Metric};
use crate::network::recurrent::{self, Batch, Sizes};
use crate::network::transformer;
use crate::probe::Needs;
use crate::record::Subject;
use crate::space::recurrent::Recipe;
use crate::space::transformer::Configuration;
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

/// Score one encoder.
#[derive(Clone)]
pub struct EncoderJob {
    /// How the architecture is called in the records.
    pub architecture: String,
    /// The encoder.
    pub configuration: Arc<Configuration>,
    /// What all encoders of the space share, and sizes of the batch.
    pub sizes: transformer::Sizes,
    /// Where its weights come from.
    pub initial: Initial<transformer::Weights>,
    /// [B, T]: the ids it reads.
    pub tokens: Arc<Vec<u32>>,
    /// What is asked of it.
    pub metrics: Vec<&'static dyn metric::transformer::Metric>,
}

/// A backward pass counts twice a forward one.
const FORWARD_AND_BACKWARD: f64 = 3.0;

/// Operations of an eigenvalue or singular value problem, per cube of the width.
const DECOMPOSITION: f64 = 10.0;

/// Drawing an initial weight takes as long as this many operations.
const DRAW: f64 = 100.0;

/// Where the weights come from.
#[derive(Debug, Clone)]
pub enum Initial<Weights = recurrent::Weights> {
    /// The published initialisation from this seed.
    Seed(u64),
    /// Given ones.
    Weights(Arc<Weights>),
}

impl<Weights> Initial<Weights> {
    /// The seed; none where the weights were given.
    pub fn seed(&self) -> Option<u64> {
        match self {
            Self::Seed(seed) => Some(*seed),
            Self::Weights(_) => None,
        }
    }
}

impl EncoderJob {
    /// Checks that it can be run within `memory` bytes.
    ///
    /// # Errors
    /// [`Error::Size`] or [`Error::Text`] naming what cannot be.
    pub fn check(&self, memory: usize) -> Result<()> {
        self.configuration.check()?;
        self.sizes.check(&self.configuration, memory)?;
        let transformer::Sizes { vocabulary, sequence, .. } = self.sizes;
        match self.tokens.iter().position(|id| *id as usize >= vocabulary) {
            Some(at) => Err(Error::Text {
                what: "tokens",
                place: format!("sequence {} position {}", at / sequence, at % sequence),
                problem: format!("id {} is outside a vocabulary of {vocabulary}", self.tokens[at]),
            }),
            None => Ok(()),
        }
    }

    /// Floating-point operations of the job, roughly: forward and backward passes of all sequences, and the singular
    /// values of every matrix and of its gradient.
    pub fn operations(&self) -> f64 {
        let transformer::Sizes { vocabulary, embedding, batch, .. } = self.sizes;
        let structure = transformer::Structure::new(&self.configuration, &self.sizes);
        let matrices = structure.parameters.saturating_sub(vocabulary * embedding) as f64;
        FORWARD_AND_BACKWARD * structure.flops * batch as f64
            + 2.0 * DECOMPOSITION * matrices * structure.hidden as f64
            + DRAW * structure.parameters as f64
    }

    /// What its records say of it.
    pub fn subject(&self) -> Subject {
        Subject {
            architecture: self.architecture.clone(),
            seed: self.initial.seed(),
            metrics: self.metrics.iter().map(|metric| metric.about().id).collect(),
        }
    }
}

impl Job {
    /// What its metrics need together.
    pub fn needs(&self) -> Needs {
        self.metrics.iter().flat_map(|metric| metric.needs()).collect()
    }

    /// Floating-point operations of the job, roughly: every weight once per token and pass, and the eigenvalues of the
    /// hidden states.
    pub fn operations(&self) -> f64 {
        let (needs, sizes) = (self.needs(), &self.sizes);
        if needs.is_empty() {
            return 0.0;
        }
        let parameters = sizes.parameters(&self.recipe);
        let cells = parameters.saturating_sub(sizes.vocabulary * (sizes.embedding + 1)) as f64;
        let tokens = sizes.batch as f64 * sizes.steps as f64;
        let noised = |amplitude: &f64| *amplitude != 0.0 || needs.gradient();
        let passes =
            needs.passes().iter().map(|pass| if noised(pass) { FORWARD_AND_BACKWARD } else { 1.0 }).sum::<f64>();
        let layers = (1..=sizes.layers).filter(|layer| needs.hidden(*layer));
        let covariance = |width: f64| 2.0 * width * width * tokens + DECOMPOSITION * width.powi(3);
        let covariances: f64 = layers.map(|layer| covariance(sizes.widths(layer - 1).1 as f64)).sum();
        2.0 * cells * tokens * passes + covariances + DRAW * parameters as f64
    }

    /// The same network on the first `steps` steps of its batch.
    pub fn first_steps(&self, steps: usize) -> Self {
        let sizes = Sizes { steps: steps.min(self.sizes.steps), ..self.sizes };
        let tokens = sizes.steps * sizes.batch;
        let batch = self.batch.first(tokens, tokens * sizes.embedding);
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

    /// What its records say of it.
    pub fn subject(&self) -> Subject {
        Subject {
            architecture: self.architecture.clone(),
            seed: self.initial.seed(),
            metrics: self.metrics.iter().map(|metric| metric.about().id).collect(),
        }
    }
}
