//! The untrained network as a language model: its loss, what is computed from its gradients, and the further passes of the
//! zero-cost suite. Gradients are those of training, without dropout and regularisers, from zero states.

use super::kernel::forward::Saves;
use super::kernel::language::{Run, Wanted, plans};
use super::reduce::{matrix_spec, rows_of_samples};
use super::sizes::source_width;
#[cfg(feature = "burn")]
use super::training::{CarriedStates, Masks, Objective, Reading, Window};
use super::{Model, Sizes, Weights};
use crate::Result;
use crate::linalg::largest_singular_value;
use crate::network::Batch;
use crate::network::language::{AbsoluteMatrix, LanguageNetwork, Matrices, Matrix, Signs, move_by};
use crate::observation::{GradientOf, Moments, Needs, Observation, Parameter, ParameterSpec, Site, Term};
use crate::random::numpy::Numpy;

/// Cross-entropy alone, with the gradients of all matrices.
#[cfg(feature = "burn")]
const OBJECTIVE: Objective = Objective { activation: 0.0, change: 0.0, frozen: false };

/// A network with its weights.
pub struct Language<'a> {
    /// What it is.
    pub model: &'a Model,
    /// Its weights.
    pub weights: &'a Weights,
}

impl Language<'_> {
    /// What the pass of its loss shows.
    pub fn observe(&self, batch: &Batch, needs: &Needs) -> Observation {
        let Self { model, weights } = self;
        let plans = plans(&model.recipe, weights);
        let saves = match (needs.reads_nodes() || !needs.node_gradient_reductions().is_empty(), needs.loss_gradients())
        {
            (true, _) => Saves::All,
            (false, true) => Saves::ForGradients,
            (false, false) => Saves::States,
        };
        let run = Run::new(&plans, batch.embedded(&weights.embedding, model.sizes.embedding), model.sizes.batch, saves);
        let mut seen = Observation::default();
        if needs.reads_nodes() {
            let lengths = vec![batch.tokens.len() / model.sizes.batch; model.sizes.batch];
            seen.reduce_nodes(needs, &run.nodes(needs), &lengths);
            seen.codes = needs.codes.then(|| run.codes());
        }
        if needs.loss() {
            let targets = targets(batch, &model.sizes);
            let (loss, upstream) = run.loss(weights, targets);
            seen.loss = Some(loss);
            if needs.loss_gradients() {
                let nodes = !needs.node_gradient_reductions().is_empty();
                let back = run.backward(upstream, Wanted { cells: true, nodes });
                let gradient = Weights { embedding: Vec::new(), decoder_bias: Vec::new(), layers: back.cells };
                self.reduce(&mut seen, needs, &gradient);
                seen.reduce_node_gradients(needs, &back.nodes);
                seen.loss_gradients = needs.keeps_loss_gradients().then(|| matrices(gradient));
            }
        }
        seen
    }

    /// What the pass of its loss shows on a device, which is given without automatic differentiation.
    ///
    /// # Errors
    /// The error message of the device.
    #[cfg(feature = "burn")]
    pub async fn observe_on_device(
        &self,
        batch: &Batch,
        needs: &Needs,
        device: &burn::tensor::Device,
    ) -> Result<Observation, String> {
        let Self { model: Model { recipe, sizes, .. }, weights } = self;
        let targets = targets(batch, sizes);
        let mut seen = Observation { loss: Some(f64::NAN), ..Observation::default() };
        if targets.is_empty() {
            seen.reduce(needs, GradientOf::Loss, &[]);
            return Ok(seen);
        }
        let window = Window { rows: sizes.batch, tokens: &batch.tokens[..targets.len()], targets };
        let (masks, states) = (Masks::default(), CarriedStates::zeros(recipe, sizes, sizes.batch));
        let reading = Reading { window, masks: &masks, states: &states, objective: OBJECTIVE };
        let (loss, gradient, _) = super::module::gradient(recipe, weights, reading, device).await?;
        seen.loss = Some(loss.cross_entropy);
        self.reduce(&mut seen, needs, &gradient);
        Ok(seen)
    }

    /// Adds what is computed from the gradients of the loss.
    fn reduce(&self, seen: &mut Observation, needs: &Needs, gradient: &Weights) {
        let specs = self.specs();
        let values = values(self.weights).zip(values(gradient)).zip(&specs);
        let parameter = |((weight, gradient), spec)| Parameter { spec, weight, gradient, second: &[] };
        seen.reduce(needs, GradientOf::Loss, &values.map(parameter).collect::<Vec<_>>());
    }

    /// All matrices of the cells of all layers, in the order of [`values`].
    fn specs(&self) -> Vec<ParameterSpec> {
        let (recipe, sizes) = (&*self.model.recipe, &self.model.sizes);
        let of_layer = |layer: usize| {
            let widths = sizes.widths(layer);
            recipe.linears().flat_map(move |(index, node)| {
                let spec = move |(input, &source)| {
                    matrix_spec(recipe, layer, (index, input), [widths.1, source_width(source, widths.0, widths.1)])
                };
                node.inputs.iter().enumerate().map(spec)
            })
        };
        (0..sizes.layers).flat_map(of_layer).collect()
    }

    /// The same weights with other values of the matrices, from each of the present ones.
    fn with_matrices(&self, mut change: impl FnMut(usize, &mut Vec<f32>)) -> Weights {
        let mut weights = self.weights.clone();
        let linears = weights.layers.iter_mut().flat_map(|cell| &mut cell.linears);
        linears.flat_map(|linear| &mut linear.matrices).enumerate().for_each(|(index, values)| change(index, values));
        weights
    }
}

impl LanguageNetwork for Language<'_> {
    type Weights = Weights;

    fn weights(&self) -> &Weights {
        self.weights
    }

    fn normal_weights(&self) -> Option<Weights> {
        let mut numpy = Numpy::from_seed(self.model.weights.seed()? as u32);
        let mut weights =
            self.with_matrices(|_, values| values.iter_mut().for_each(|value| *value = numpy.normal() as f32));
        weights.layers.iter_mut().flat_map(|cell| &mut cell.linears).for_each(|linear| linear.bias.fill(0.0));
        Some(weights)
    }

    fn matrices(&self) -> Result<Vec<Matrix<'_>>> {
        Ok(self.specs().into_iter().zip(values(self.weights)).collect())
    }

    fn moved(&self, by: f64, direction: &[Vec<f32>]) -> Result<Weights> {
        Ok(self.with_matrices(|index, values| move_by(values, by, &direction[index])))
    }

    fn steps(&self) -> usize {
        3 * self.model.sizes.steps * self.model.sizes.layers
    }

    fn sequences(&self) -> usize {
        self.model.sizes.batch
    }

    fn halves(&self, batch: &Batch) -> Option<[Batch; 2]> {
        batch.halves_of_samples(self.model.sizes.batch)
    }

    fn embedded(&self) -> usize {
        let Sizes { batch, steps, embedding, .. } = self.model.sizes;
        batch * steps * embedding
    }

    async fn loss_gradients(&self, weights: &Weights, batch: &Batch) -> Result<Matrices> {
        let (plans, sizes) = (plans(&self.model.recipe, weights), &self.model.sizes);
        let samples = batch.tokens.len() / sizes.steps;
        let run = Run::new(&plans, batch.embedded(&weights.embedding, sizes.embedding), samples, Saves::ForGradients);
        let (_, upstream) = run.loss(weights, targets(batch, &Sizes { batch: samples, ..*sizes }));
        let layers = run.backward(upstream, Wanted { cells: true, nodes: false }).cells;
        Ok(matrices(Weights { embedding: Vec::new(), decoder_bias: Vec::new(), layers }))
    }

    async fn absolute_gradients(&self, _: bool) -> Result<Vec<AbsoluteMatrix>> {
        let mut weights = self.weights.clone();
        weights.values_mut().into_iter().flatten().for_each(|value| *value = value.abs());
        let plans = plans(&self.model.recipe, &weights);
        let ones = vec![1.0; self.model.sizes.steps * self.model.sizes.embedding];
        let run = Run::new(&plans, ones, 1, Saves::ForGradients);
        let layers = run.backward(run.of_logits(&weights), Wanted { cells: true, nodes: false }).cells;
        let gradients = matrices(Weights { embedding: Vec::new(), decoder_bias: Vec::new(), layers });
        let all = self.specs().into_iter().zip(values(&weights)).zip(gradients);
        Ok(all.map(|((spec, weight), gradient)| (spec, weight.to_vec(), gradient)).collect())
    }

    async fn output_jacobian(&self, batch: &Batch) -> Result<Moments> {
        let (plans, sizes) = (plans(&self.model.recipe, self.weights), &self.model.sizes);
        let run = Run::new(
            &plans,
            batch.embedded(&self.weights.embedding, sizes.embedding),
            sizes.batch,
            Saves::ForGradients,
        );
        Ok(rows_of_samples(&run.backward(run.of_logits(self.weights), Wanted::default()).input, sizes))
    }

    async fn hidden(&self, weights: &Weights, input: &[f32]) -> Result<Vec<f32>> {
        let plans = plans(&self.model.recipe, weights);
        Ok(Run::new(&plans, input.to_vec(), self.model.sizes.batch, Saves::States).outputs().to_vec())
    }

    async fn trainability(&self, batch: &Batch, signs: &Signs<'_>) -> Result<Vec<Term>> {
        let (plans, sizes) = (plans(&self.model.recipe, self.weights), &self.model.sizes);
        let run = Run::new(
            &plans,
            batch.embedded(&self.weights.embedding, sizes.embedding),
            sizes.batch,
            Saves::ForGradients,
        );
        let term = |layer: usize| {
            let (input, width) = sizes.widths(layer);
            let given = signs.of_block(layer, sizes.batch * sizes.steps * width);
            let passed = run.through_layer(layer, &given);
            let value = largest_singular_value(&passed, &given, [input, width]);
            Term { site: Site::in_layer(layer, "output"), value }
        };
        Ok((1..sizes.layers).map(term).collect())
    }
}

/// What is to be predicted, [T, B], or [T − 1, B] where it is not given.
fn targets<'a>(batch: &'a Batch, sizes: &Sizes) -> &'a [u32] {
    batch.targets.as_deref().unwrap_or(&batch.tokens[sizes.batch.min(batch.tokens.len())..])
}

/// The values of the matrices of the cells, layer by layer.
fn values(weights: &Weights) -> impl Iterator<Item = &[f32]> {
    weights.layers.iter().flat_map(|cell| &cell.linears).flat_map(|linear| linear.matrices.iter().map(Vec::as_slice))
}

/// The same, taken out.
fn matrices(weights: Weights) -> Matrices {
    weights.layers.into_iter().flat_map(|cell| cell.linears).flat_map(|linear| linear.matrices).collect()
}
