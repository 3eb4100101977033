//! Passes that metrics of the zero-cost suite make of a network as a language model, besides that of its loss. What a
//! family gives is in [`LanguageNetwork`]; what is done with it is the same for all.
//!
//! With M the matrices of the linear maps and g(M) the gradient of the loss in them:
//!
//! ```text
//! Hessian · gradient = (g(M + r g) − g(M − r g)) / 2 r,   r = s ‖M‖ / ‖g‖,   s = 5e-5 for weights in f32
//! ```

pub mod memory;

use crate::Result;
use crate::linalg::norm;
use crate::network::Batch;
use crate::observation::{GradientOf, Kind, Moments, Needs, Observation, Parameter, ParameterSpec, Term};
use crate::progress::Progress;
use crate::random::numpy::Numpy;

/// s: how far the matrices are moved, as a share of their norm. At smaller steps f32 rounds the difference, at larger
/// ones the third derivative is in it.
const STEP: f64 = 5e-5;

/// ε: by how much of a second noise the input of noise is moved.
pub const SMALL: f32 = 0.01;

/// Gradients of the matrices, in their order.
pub type Matrices = Vec<Vec<f32>>;

/// A matrix of a linear map, with its values row by row.
pub type Matrix<'a> = (ParameterSpec, &'a [f32]);

/// What a matrix is, its absolute values, and the gradient in them, row by row.
pub type AbsoluteMatrix = (ParameterSpec, Vec<f32>, Vec<f32>);

/// Moves the values of a matrix by so much of others.
pub fn move_by(values: &mut [f32], by: f64, direction: &[f32]) {
    let entries = values.iter_mut().zip(direction);
    entries.for_each(|(value, &along)| *value = (f64::from(*value) + by * f64::from(along)) as f32);
}

/// A network of any family that predicts words, on one device.
pub trait LanguageNetwork {
    /// All its weights.
    type Weights;

    /// Its weights.
    fn weights(&self) -> &Self::Weights;

    /// Weights whose matrices are drawn from a normal distribution, with biases 0; none where its weights were given.
    fn normal_weights(&self) -> Option<Self::Weights>;

    /// The matrices M.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing.
    fn matrices(&self) -> Result<Vec<Matrix<'_>>>;

    /// Its weights with matrices that are moved by so much of these values.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing.
    fn moved(&self, by: f64, direction: &[Vec<f32>]) -> Result<Self::Weights>;

    /// What [`Progress`] counts for a forward and a backward pass of its batch.
    fn steps(&self) -> usize;

    /// The batch in two halves; none where it has one sequence.
    fn halves(&self, batch: &Batch) -> Option<[Batch; 2]>;

    /// B: sequences of its batch.
    fn sequences(&self) -> usize;

    /// How many values an embedded batch has.
    fn embedded(&self) -> usize;

    /// The gradients of the loss of a batch in the matrices.
    ///
    /// # Errors
    /// [`crate::Error::Broken`] or [`crate::Error::Memory`] when the device fails.
    async fn loss_gradients(&self, weights: &Self::Weights, batch: &Batch) -> Result<Matrices>;

    /// The gradients of the sum of all logits of one sequence in the matrices, with the absolute values of the weights,
    /// each with them. Every entry of the embedded input is 1; `future` lets tokens attend to those after
    /// them instead of those before.
    ///
    /// # Errors
    /// As [`Self::loss_gradients`].
    async fn absolute_gradients(&self, future: bool) -> Result<Vec<AbsoluteMatrix>>;

    /// Per sequence the gradient of the sum of all logits with respect to the embedded words: rows are sequences, columns
    /// (token, feature).
    ///
    /// # Errors
    /// As [`Self::loss_gradients`].
    async fn output_jacobian(&self, batch: &Batch) -> Result<Moments>;

    /// The last hidden states for an embedded input, in its layout.
    ///
    /// # Errors
    /// As [`Self::loss_gradients`].
    async fn hidden(&self, weights: &Self::Weights, input: &[f32]) -> Result<Vec<f32>>;

    /// Per block but the first: the largest singular value of dᵀ g / n, with g [n, F] random signs in the place of the
    /// gradient of what the block gives, and d what becomes of it at the input of the block.
    ///
    /// # Errors
    /// As [`Self::loss_gradients`].
    async fn trainability(&self, batch: &Batch, signs: &Signs) -> Result<Vec<Term>>;
}

/// Random signs for every value that a block gives.
pub enum Signs<'a> {
    /// Given ones, per block but the first, in the layout of tokens.
    Given(&'a [Vec<f32>]),
    /// Drawn from this seed.
    Seed(u32),
}

impl Signs<'_> {
    /// Those of a block, counted from 1 after the first.
    pub fn of_block(&self, block: usize, count: usize) -> Vec<f32> {
        match self {
            Self::Given(all) => all[block - 1].clone(),
            Self::Seed(seed) => {
                let mut numpy = Numpy::from_seed(seed.wrapping_add(block as u32));
                (0..count).map(|_| if numpy.double() < 0.5 { -1.0 } else { 1.0 }).collect()
            }
        }
    }
}

/// Adds what the further passes show; `seed` is that of what is drawn for them.
///
/// # Errors
/// Those of the passes.
pub async fn observe<N: LanguageNetwork>(
    network: &N,
    (batch, seed): (&Batch, u32),
    needs: &Needs,
    seen: &mut Observation,
    progress: &Progress<'_>,
) -> Result<()> {
    let further = Further { network, batch, needs, progress };
    progress.expect(needs.further_passes() * network.steps());
    if needs.reads_gradient(GradientOf::Nothing) {
        let matrices = network.matrices()?;
        let none = vec![Vec::new(); matrices.len()];
        further.reduce(seen, GradientOf::Nothing, &matrices, (&none, &none));
    }
    further.hessian(seen).await?;
    further.batches(seen).await?;
    for (gradient, future) in [(GradientOf::Absolute, false), (GradientOf::AbsoluteOfFuture, true)] {
        if needs.reads_gradient(gradient) {
            let found = network.absolute_gradients(future).await?;
            let parameters: Vec<Parameter> = found
                .iter()
                .map(|(spec, weight, gradient)| Parameter { spec, weight, gradient, second: &[] })
                .collect();
            seen.reduce(needs, gradient, &parameters);
            progress.advance(network.steps());
        }
    }
    seen.loss_gradients = None;
    if needs.output_jacobian {
        seen.output_jacobian = Some(network.output_jacobian(batch).await?);
        progress.advance(network.steps());
    }
    if needs.wants(Kind::Trainability) {
        let given = batch.further.signs.as_deref();
        let signs = given.map_or(Signs::Seed(seed), |given| Signs::Given(given));
        seen.add(Kind::Trainability, network.trainability(batch, &signs).await?);
        progress.advance(network.steps());
    }
    if needs.perturbation {
        seen.perturbation = Some(further.perturbation(seed).await?);
        progress.advance(network.steps());
    }
    Ok(())
}

/// What the passes share.
struct Further<'a, N> {
    network: &'a N,
    batch: &'a Batch,
    needs: &'a Needs,
    progress: &'a Progress<'a>,
}

impl<N: LanguageNetwork> Further<'_, N> {
    async fn gradients(&self, weights: &N::Weights, batch: &Batch) -> Result<Matrices> {
        let gradients = self.network.loss_gradients(weights, batch).await?;
        self.progress.advance(self.network.steps());
        Ok(gradients)
    }

    fn reduce(
        &self,
        seen: &mut Observation,
        gradient: GradientOf,
        matrices: &[Matrix],
        (first, second): (&Matrices, &Matrices),
    ) {
        let gradients = first.iter().zip(second);
        let parameters: Vec<Parameter> = matrices
            .iter()
            .zip(gradients)
            .map(|((spec, weight), (gradient, second))| Parameter { spec, weight, gradient, second })
            .collect();
        seen.reduce(self.needs, gradient, &parameters);
    }

    /// The gradients of two batches, or of the halves of one; none where it has no halves.
    async fn batches(&self, seen: &mut Observation) -> Result<()> {
        if !self.needs.reads_gradient(GradientOf::TwoBatches) {
            return Ok(());
        }
        let second = self.batch.second().map(|second| [self.batch.clone(), second]);
        let Some([first, second]) = second.or_else(|| self.network.halves(self.batch)) else {
            let kinds = self.needs.reductions(GradientOf::TwoBatches);
            let kinds = kinds.map(|reduction| Kind::Parameters(GradientOf::TwoBatches, reduction.id));
            seen.absent.extend(kinds.map(|kind| (kind, "one sequence has no halves to compare")));
            return Ok(());
        };
        let weights = self.network.weights();
        let of_first = match seen.loss_gradients.take() {
            Some(known) if self.batch.second().is_some() => known,
            _ => self.gradients(weights, &first).await?,
        };
        let of_second = self.gradients(weights, &second).await?;
        self.reduce(seen, GradientOf::TwoBatches, &self.network.matrices()?, (&of_first, &of_second));
        Ok(())
    }

    async fn hessian(&self, seen: &mut Observation) -> Result<()> {
        if !self.needs.reads_gradient(GradientOf::Hessian) {
            return Ok(());
        }
        let (network, matrices) = (self.network, self.network.matrices()?);
        let gradients = match seen.loss_gradients.take() {
            Some(known) => known,
            None => self.gradients(network.weights(), self.batch).await?,
        };
        let weights = norm(matrices.iter().flat_map(|(_, values)| *values));
        let radius = STEP * weights / norm(gradients.iter().flatten());
        let mut product = self.gradients(&network.moved(radius, &gradients)?, self.batch).await?;
        let before = self.gradients(&network.moved(-radius, &gradients)?, self.batch).await?;
        for (after, before) in product.iter_mut().zip(before) {
            let difference = |after: f32, before: f32| (f64::from(after) - f64::from(before)) / (2.0 * radius);
            after.iter_mut().zip(before).for_each(|(after, before)| *after = difference(*after, before) as f32);
        }
        let none = vec![Vec::new(); product.len()];
        self.reduce(seen, GradientOf::Hessian, &matrices, (&product, &none));
        seen.loss_gradients = Some(gradients);
        Ok(())
    }

    /// Mean over sequences of Σ |h(x) − h(x + ε e)|, with x and e of noise.
    async fn perturbation(&self, seed: u32) -> Result<f64> {
        let network = self.network;
        let drawn;
        let [input, added] = match self.batch.further.noise.as_deref() {
            Some(given) => given,
            None => {
                let mut numpy = Numpy::from_seed(seed);
                drawn = [(); 2].map(|()| (0..network.embedded()).map(|_| numpy.normal() as f32).collect());
                &drawn
            }
        };
        let redrawn = network.normal_weights();
        let weights = redrawn.as_ref().unwrap_or(network.weights());
        let moved: Vec<f32> = input.iter().zip(added).map(|(x, e)| x + SMALL * e).collect();
        let (before, after) = (network.hidden(weights, input).await?, network.hidden(weights, &moved).await?);
        let changes = before.iter().zip(&after).map(|(&a, &b)| (f64::from(a) - f64::from(b)).abs());
        Ok(changes.sum::<f64>() / network.sequences() as f64)
    }
}
