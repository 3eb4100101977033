//! What is asked, whole and typed.

use std::collections::HashSet;
use std::sync::Arc;

use crate::memory::Engine;
use crate::metric::{self, Metric};
use crate::network::nan::NanWeight;
use crate::network::recurrent::{self, Batch, Demand, Sizes};
use crate::network::transformer;
use crate::origin::Origin;
use crate::probe::Needs;
use crate::probe::transformer::Nans;
use crate::record::Subject;
use crate::space::recurrent::Recipe;
use crate::space::transformer::{Configuration, Operation};
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
    /// What its records say of where it comes from, beyond what stands above.
    pub origin: Origin,
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
    /// `[B]`: how many ids of each sequence are real. The rest of a row is padding: no token attends to it, no mean counts
    /// it, and it is not in the sum whose gradient is read, so a sequence shows what it shows alone. None where every id
    /// is read as a word.
    pub lengths: Option<Arc<Vec<usize>>>,
    /// What is asked of it.
    pub metrics: Vec<&'static dyn metric::transformer::Metric>,
    /// What its records say of where it comes from, beyond what stands above.
    pub origin: Origin,
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
    Seed(u32),
    /// Given ones.
    Weights(Arc<Weights>),
}

impl<Weights> Initial<Weights> {
    /// The seed; none where the weights were given.
    pub fn seed(&self) -> Option<u64> {
        match self {
            Self::Seed(seed) => Some((*seed).into()),
            Self::Weights(_) => None,
        }
    }
}

impl EncoderJob {
    /// Given weights that are NaN and are read; drawn ones are finite.
    pub fn nans(&self) -> Nans {
        let Initial::Weights(weights) = &self.initial else { return Nans::default() };
        let rows: Vec<&[u32]> = self.sequences().collect();
        let found = |rows: &[&[u32]]| {
            let longest = rows.iter().map(|row| row.len()).max().unwrap_or(0);
            weights.first_nan(&rows.concat(), longest).map(|weight| weight.to_string())
        };
        Nans { first_sequence: found(&rows[..rows.len().min(1)]), any_sequence: found(&rows) }
    }

    /// The real ids of each sequence, `[T]` or fewer.
    pub fn sequences(&self) -> impl Iterator<Item = &[u32]> {
        let rows = self.tokens.chunks(self.sizes.sequence).enumerate();
        rows.map(|(at, row)| &row[..self.lengths.as_ref().map_or(row.len(), |lengths| lengths[at])])
    }

    /// Checks that the CPU can run it within `memory` bytes.
    ///
    /// # Errors
    /// [`Error::Size`] or [`Error::Text`] naming what cannot be.
    pub fn check(&self, memory: usize) -> Result<()> {
        self.check_on(Engine::Kernel, memory)
    }

    /// Checks that it can be run within `memory` bytes.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn check_on(&self, engine: Engine, memory: usize) -> Result<()> {
        self.configuration.check()?;
        self.sizes.check()?;
        self.demand(engine).check(memory)?;
        check_ids(self.tokens.iter(), &self.sizes)?;
        self.check_padding()
    }

    /// The memory it needs, beyond that of given weights.
    pub fn demand(&self, engine: Engine) -> transformer::Demand<'_> {
        let weights_given = matches!(self.initial, Initial::Weights(_));
        transformer::Demand { configuration: &self.configuration, sizes: &self.sizes, weights_given, engine }
    }

    /// Whether padding can be left out.
    fn check_padding(&self) -> Result<()> {
        let transformer::Sizes { batch, sequence, .. } = self.sizes;
        let Some(lengths) = &self.lengths else { return Ok(()) };
        let wrong = |place, problem| Err(Error::Text { what: "tokens", place, problem });
        if lengths.len() != batch {
            return wrong("lengths".to_owned(), format!("{} of them for {batch} sequences", lengths.len()));
        }
        if let Some(at) = lengths.iter().position(|length| !(1..=sequence).contains(length)) {
            return wrong(format!("sequence {at}"), format!("{} real tokens of {sequence}", lengths[at]));
        }
        let transform = |operation| matches!(operation, Operation::Transform(_));
        let layer = self.configuration.layers.iter().position(|layer| transform(layer.operation));
        match layer.filter(|_| lengths.iter().any(|&length| length < sequence)) {
            Some(layer) => {
                let problem = "a transform over the whole sequence cannot leave padding out".to_owned();
                Err(Error::Configuration { place: format!("layer {}", layer + 1), problem })
            }
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
            origin: Box::new(Origin::of_encoder(self)),
        }
    }
}

/// Checks ids [B, T] against the vocabulary.
pub(crate) fn check_ids<'a>(ids: impl IntoIterator<Item = &'a u32>, sizes: &transformer::Sizes) -> Result<()> {
    let transformer::Sizes { vocabulary, sequence, .. } = *sizes;
    match ids.into_iter().enumerate().find(|(_, id)| **id as usize >= vocabulary) {
        Some((at, id)) => Err(Error::Text {
            what: "tokens",
            place: format!("sequence {} position {}", at / sequence, at % sequence),
            problem: format!("id {id} is outside a vocabulary of {vocabulary}"),
        }),
        None => Ok(()),
    }
}

impl Job {
    /// What its metrics need together.
    pub fn needs(&self) -> Needs {
        self.metrics.iter().flat_map(|metric| metric.needs()).collect()
    }

    /// The first given weight that is NaN and is read, with the first layer it reaches, counted from 1. Drawn weights are
    /// finite.
    pub fn first_nan(&self) -> Option<(usize, NanWeight)> {
        match &self.initial {
            Initial::Seed(_) => None,
            Initial::Weights(weights) => weights.first_nan(&self.recipe, &self.batch.tokens),
        }
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

    /// Checks that the processor can run it within `memory` bytes.
    ///
    /// # Errors
    /// [`Error::Size`] or [`Error::Text`] naming what cannot be.
    pub fn check(&self, memory: usize) -> Result<()> {
        self.check_on(Engine::Kernel, memory)
    }

    /// Checks that it can be run within `memory` bytes.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn check_on(&self, engine: Engine, memory: usize) -> Result<()> {
        let needs = self.needs();
        self.sizes.check()?;
        self.sizes.check_layers(&needs)?;
        self.batch.check(&self.sizes)?;
        let weights_given = matches!(self.initial, Initial::Weights(_));
        let words = self.batch.tokens.iter().collect::<HashSet<_>>().len();
        let (recipe, sizes) = (self.recipe.as_ref(), &self.sizes);
        Demand { recipe, sizes, needs: &needs, words: Some(words), weights_given, engine }.check(memory)
    }

    /// What its records say of it.
    pub fn subject(&self) -> Subject {
        Subject {
            architecture: self.architecture.clone(),
            seed: self.initial.seed(),
            metrics: self.metrics.iter().map(|metric| metric.about().id).collect(),
            origin: Box::new(Origin::of_cell(self)),
        }
    }
}
