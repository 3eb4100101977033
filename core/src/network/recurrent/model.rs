//! An untrained recurrent network: what it is, and what can be said of it without running it.

use std::sync::Arc;

use super::{Demand, Sizes, Weights};
use crate::Result;
use crate::memory::Engine;
use crate::network::operations::{DECOMPOSITION, DRAW, FORWARD_AND_BACKWARD};
use crate::network::{Batch, WeightSource};
use crate::observation::{Counts, Nans, Needs};
use crate::space::recurrent::{Recipe, Source};

/// A recurrent network.
#[derive(Debug, Clone)]
pub struct Model {
    /// The cell.
    pub recipe: Arc<Recipe>,
    /// Sizes of the network and of its batch.
    pub sizes: Sizes,
    /// Where its weights come from.
    pub weights: WeightSource<Weights>,
}

impl Model {
    /// Counts by the identifiers of the metrics.
    pub fn counts(&self) -> Counts {
        let counts = [
            ("parameters", self.sizes.parameters(&self.recipe)),
            ("non_embedding_parameters", self.sizes.inner_parameters(&self.recipe)),
            ("nodes", self.recipe.nodes().len()),
            ("linears", self.recipe.linears().count()),
            ("depth", self.recipe.depth()),
        ];
        counts.into_iter().map(|(id, count)| (id, count as f64)).collect()
    }

    /// Given weights that are NaN and are read: every layer from the first one they reach. Drawn weights are finite.
    pub fn nans(&self, batch: &Batch) -> Nans {
        let WeightSource::Given(weights) = &self.weights else { return Nans::default() };
        let from_layer =
            weights.first_nan(&self.recipe, &batch.tokens).map(|(layer, weight)| (layer, weight.to_string()));
        Nans { from_layer, ..Nans::default() }
    }

    /// Floating-point operations, roughly: every weight once per token and pass, and the eigenvalues of the hidden
    /// states.
    pub fn operations(&self, needs: &Needs) -> f64 {
        let sizes = &self.sizes;
        if needs.is_empty() {
            return 0.0;
        }
        let (parameters, cells) = (sizes.parameters(&self.recipe), sizes.inner_parameters(&self.recipe) as f64);
        let tokens = sizes.batch as f64 * sizes.steps as f64;
        let backward = |amplitude: &f64| *amplitude != 0.0 || needs.gradient();
        let passes =
            needs.passes().iter().map(|pass| if backward(pass) { FORWARD_AND_BACKWARD } else { 1.0 }).sum::<f64>();
        let layers = (1..=sizes.layers).filter(|layer| needs.hidden(*layer));
        let covariance = |width: f64| 2.0 * width * width * tokens + DECOMPOSITION * width.powi(3);
        let covariances: f64 = layers.map(|layer| covariance(sizes.widths(layer - 1).1 as f64)).sum();
        let of_loss = if needs.loss() || needs.reads_nodes() { 1.0 } else { 0.0 };
        let further = of_loss + needs.further_passes() as f64;
        let language = 2.0 * FORWARD_AND_BACKWARD * parameters as f64 * tokens * further;
        2.0 * cells * tokens * passes + language + covariances + DRAW * parameters as f64
    }

    /// Checks that it can be run on a batch within `memory` bytes; where there is no batch yet, of made-up text.
    ///
    /// # Errors
    /// [`crate::Error::Size`] or [`crate::Error::Text`] naming what cannot be.
    pub fn check(&self, batch: Option<&Batch>, needs: &Needs, engine: Engine, memory: usize) -> Result<()> {
        self.sizes.check()?;
        self.sizes.check_layers(needs)?;
        batch.map_or(Ok(()), |batch| batch.check(&self.sizes))?;
        self.demand(batch, needs, engine).check(memory)
    }

    /// Bytes that scoring takes at its peak.
    ///
    /// # Errors
    /// As [`Self::check`], whatever memory there is.
    pub fn peak(&self, batch: Option<&Batch>, needs: &Needs, engine: Engine) -> Result<f64> {
        self.sizes.check()?;
        self.sizes.check_layers(needs)?;
        Ok(self.demand(batch, needs, engine).peak())
    }

    fn demand<'a>(&'a self, batch: Option<&Batch>, needs: &'a Needs, engine: Engine) -> Demand<'a> {
        let words = batch.map(Batch::distinct_tokens);
        let (recipe, sizes, weights_given) = (self.recipe.as_ref(), &self.sizes, self.weights.is_given());
        Demand { recipe, sizes, needs, words, weights_given, engine }
    }

    /// The same network on the first `steps` steps of its batch.
    pub fn first_steps(&self, batch: &Batch, steps: usize) -> (Self, Batch) {
        let sizes = Sizes { steps: steps.min(self.sizes.steps), ..self.sizes };
        let tokens = sizes.steps * sizes.batch;
        (Self { sizes, ..self.clone() }, batch.first(tokens, tokens * sizes.embedding))
    }

    /// What a reader of the scores should know of the network and its batch.
    pub fn remarks(&self, needs: &Needs) -> Vec<String> {
        let needed = (1..=self.sizes.layers).filter(|&layer| needs.hidden(layer));
        let blind = !self.recipe.nodes().iter().any(|node| node.inputs.contains(&Source::Input));
        let blind = blind.then(|| "no node of the cell reads x: it does not see the text".to_owned());
        needed.filter_map(|layer| self.singular(layer)).chain(blind).collect()
    }

    /// That a layer has more units than they have values: the first step's are all zero, and their mean is subtracted.
    fn singular(&self, layer: usize) -> Option<String> {
        let Sizes { batch, steps, .. } = self.sizes;
        let (units, values) = (self.sizes.widths(layer - 1).1, batch * (steps - 1));
        let zero = units.checked_sub(values).filter(|&zero| zero > 0)?;
        Some(format!(
            "hidden covariance, layer {layer}: at least {zero} of {units} eigenvalues are zero, and dominate the score: more \
             samples or steps are needed"
        ))
    }
}
