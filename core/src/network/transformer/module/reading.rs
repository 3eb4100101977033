//! What a pass observed is read from the device in one transfer.

use std::sync::Arc;

use burn::tensor::{Gradients, Tensor};

use super::capture::Capture;
use super::sums::{Gradient, Sums};
use crate::network::tensor::read;
use crate::observation::{Activations, Kind, Observer, Site};

/// Where a pass through a network began and ended.
pub struct Ends<'a> {
    /// The positions, [T, E], in which the Jacobian is.
    pub positions: &'a Tensor<2>,
    /// The last hidden states, [B, T, H].
    pub output: &'a Tensor<3>,
    /// [1]: what is differentiated; none where nothing depends on a gradient.
    pub differentiated: Option<Tensor<1>>,
    /// The losses of tokens, in parts; none where the loss is not read.
    pub losses: Option<Vec<Tensor<1>>>,
}

/// Puts the values of a tensor where they belong.
type Record = Box<dyn FnOnce(&mut Sums, Vec<f32>)>;

/// Tensors to be read, each with what is done with its values.
#[derive(Default)]
struct Reading(Vec<(Tensor<1>, Record)>);

impl Capture<'_> {
    /// Runs the backward pass and reads everything in one transfer, summed over the sequences.
    ///
    /// # Errors
    /// The error message of the device.
    pub async fn read(self, ends: Ends<'_>) -> Result<Sums, String> {
        let Ends { positions, output, differentiated, losses } = ends;
        let mut seen = Observer::new(self.needs);
        seen.loss = losses.as_ref().map(|_| 0.0);
        let mut reading = Reading::default();
        for (at, nans) in nans(output).into_iter().enumerate() {
            reading.add(nans, move |sums, count| sums.seen.nans[at] = sum(&count));
        }
        for losses in losses.into_iter().flatten() {
            reading.add(losses, |sums, values| sums.seen.loss = sums.seen.loss.map(|total| total + sum(&values)));
        }
        self.add_shown(output, &mut reading);
        if let Some(differentiated) = differentiated {
            let gradients = differentiated.backward();
            if self.needs.jacobian(0.0) {
                let gradient = positions.grad(&gradients).ok_or("the positions have no gradient")?;
                reading.add(flat(gradient), |sums, values| sums.seen.jacobian = values);
            }
            self.add_gradients(&gradients, &mut reading)?;
        }
        reading.read(Sums { seen, gradients: Vec::new() }).await
    }

    /// What was shown on the way to the `output` [B, T, H].
    fn add_shown(&self, output: &Tensor<3>, reading: &mut Reading) {
        let [sequences, tokens, width] = output.dims();
        for (kind, sites, mean) in &self.means {
            reading.add_values(*kind, sites, mean.clone() * sequences as f32);
        }
        for (site, active) in &self.active {
            let (site, tokens) = (Arc::clone(site), self.first(tokens));
            reading.add(active.clone(), move |sums, active| {
                sums.seen.activations.push(Activations { site, active, tokens });
            });
        }
        for (layer, states) in &self.hidden {
            let (layer, padding) = (*layer, self.padding.clone());
            reading.add(states.clone().flatten(0, 2), move |sums, states| {
                let real = padding.map(|padding| padding.real_alone(&states, width));
                sums.seen.hidden.insert(layer, real.unwrap_or(states));
            });
        }
    }

    /// What is computed from gradients.
    fn add_gradients(&self, gradients: &Gradients, reading: &mut Reading) -> Result<(), String> {
        for (sites, mask) in &self.masks {
            reading.add_values(Kind::HeadGradients, sites, of_heads(mask, gradients)?);
        }
        for linear in &self.linears {
            let gradient = linear.weight.grad(gradients).ok_or_else(|| format!("{} has no gradient", linear.name))?;
            let (name, spec) = (linear.name.clone(), linear.spec.clone());
            reading.add(flat(gradient), move |sums, values| sums.gradients.push(Gradient { name, spec, values }));
        }
        Ok(())
    }
}

impl Reading {
    fn add(&mut self, tensor: Tensor<1>, record: impl FnOnce(&mut Sums, Vec<f32>) + 'static) {
        self.0.push((tensor, Box::new(record)));
    }

    /// Values of a kind, one per site.
    fn add_values(&mut self, kind: Kind, sites: &[Arc<Site>], values: Tensor<1>) {
        let sites = sites.to_vec();
        self.add(values, move |sums, values| {
            sites.iter().zip(values).for_each(|(site, value)| sums.seen.add(kind, site, value.into()));
        });
    }

    async fn read(self, mut sums: Sums) -> Result<Sums, String> {
        let (tensors, records): (Vec<_>, Vec<_>) = self.0.into_iter().unzip();
        for (record, values) in records.into_iter().zip(read(tensors).await?) {
            record(&mut sums, values);
        }
        Ok(sums)
    }
}

/// [1] each: how many of the last hidden states [B, T, H] of the first sequence, and of all, are NaN.
fn nans(output: &Tensor<3>) -> [Tensor<1>; 2] {
    let [_, tokens, width] = output.dims();
    let nan = output.clone().without_autodiff().is_nan().float();
    [nan.clone().slice([0..1, 0..tokens, 0..width]).sum(), nan.sum()]
}

/// `[A]`: the sum over samples of the absolute gradient of a mask [B, A, 1, 1].
fn of_heads(mask: &Tensor<4>, gradients: &Gradients) -> Result<Tensor<1>, String> {
    let gradient = mask.grad(gradients).ok_or("a head has no gradient")?;
    let heads = gradient.dims()[1];
    Ok(gradient.abs().sum_dim(0).reshape([heads]))
}

fn flat(matrix: Tensor<2>) -> Tensor<1> {
    matrix.flatten(0, 1)
}

/// Summed in f64.
fn sum(values: &[f32]) -> f64 {
    values.iter().map(|&value| f64::from(value)).sum()
}
