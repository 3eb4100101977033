//! An encoder in training on any device: its hidden states, and the gradient of every weight, which the host then
//! applies.
//!
//! Attention does not see padding. The other operations read it as tokens, as in training on padded batches.

use std::collections::BTreeMap;

use burn::tensor::Tensor;
use rayon::prelude::*;

use super::super::kernel::EncoderInput;
use super::super::kernel::embeddings::{Embeddings, TABLES};
use super::super::kernel::trained::PaddedSequence;
use super::assembly::Encoder;
use super::places::places;
use crate::Result;
use crate::network::tensor::tensor;
use crate::network::transformer::kernel::dropout::Dropout;
use crate::network::transformer::module::capture::Capture;
use crate::network::transformer::module::dropout::Masks;
use crate::network::transformer::module::padding::Padding;
use crate::network::transformer::module::parameters::{Leaves, Parameters};
use crate::network::transformer::{Scope, Weights};
use crate::observation::{Needs, add};
use crate::space::encoder::Configuration;

/// An encoder in training.
pub struct TrainedEncoder<'a> {
    encoder: Encoder<'a>,
    /// Its weights on the device.
    pub leaves: &'a Leaves,
}

/// The forward pass of some sequences, still on the device.
pub struct Forward<'b> {
    /// The last hidden states, [B, T, H].
    pub hidden: Tensor<3>,
    /// The sums of the embeddings, [B, T, E].
    embedded: Tensor<3>,
    read: Vec<EncoderInput<'b>>,
    masks: Option<Masks>,
}

/// Gradients of weights by their complete names, summed over the parts of a batch.
#[derive(Default)]
pub struct GradientSums(BTreeMap<String, Vec<f32>>);

impl<'a> TrainedEncoder<'a> {
    /// An encoder with these weights, which are on a device.
    pub fn new(configuration: &'a Configuration, weights: Scope<'a>, leaves: &'a Leaves) -> Self {
        let parameters = Parameters { weights, device: leaves.device.clone(), leaves: Some(leaves) };
        Self { encoder: Encoder { configuration, parameters }, leaves }
    }

    /// Its weights, with those that all networks share.
    pub fn parameters(&self) -> &Parameters<'a> {
        &self.encoder.parameters
    }

    /// The forward pass of sequences of one length, each with its dropout.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing.
    pub fn forward<'b>(&self, sequences: &[PaddedSequence<'b>], dropout: Vec<Dropout>) -> Result<Forward<'b>> {
        let Parameters { weights, device, .. } = self.parameters();
        let read: Vec<EncoderInput> = sequences.iter().map(|sequence| sequence.input).collect();
        let lengths: Vec<usize> = sequences.iter().map(|sequence| sequence.length).collect();
        let tokens = read.first().map_or(0, |input| input.tokens.len());
        let embeddings = Embeddings::new(*weights)?;
        let sums: Vec<f32> = read.par_iter().flat_map_iter(|&input| embeddings.sum(input.into())).collect();
        let width = sums.len() / (read.len() * tokens);
        let embedded = tensor::<3>(sums, [read.len(), tokens, width], device);
        let embedded = if self.leaves.trains() { embedded.require_grad() } else { embedded };
        let mut padding = Padding::new(&lengths, tokens, device);
        padding.is_read = true;
        // Nothing is observed.
        let needs = Needs::default();
        let mut capture = Capture::new(&needs, Some(padding));
        capture.dropout = Some(Masks { sequences: dropout, lengths, places: places(self.encoder.configuration) });
        let hidden = self.encoder.forward(embedded.clone(), &mut capture)?;
        Ok(Forward { hidden, embedded, read, masks: capture.dropout })
    }

    /// Reads values from the device and, in training, adds the gradients of `loss`, [1]; all in one transfer.
    ///
    /// # Errors
    /// [`crate::Error::Broken`] or [`crate::Error::Memory`] when the device fails.
    pub async fn read(
        &self,
        forward: Forward<'_>,
        loss: &Tensor<1>,
        values: Vec<Tensor<1>>,
        sums: &mut GradientSums,
    ) -> Result<Vec<Vec<f32>>> {
        let count = values.len();
        let (mut tensors, mut names, mut width) = (values, Vec::new(), 0);
        if self.leaves.trains() {
            let gradients = loss.backward();
            for (name, gradient) in self.leaves.gradients(&gradients) {
                names.push(name);
                tensors.push(gradient);
            }
            let embedded = forward.embedded.grad(&gradients);
            width = forward.embedded.dims()[2];
            tensors.extend(embedded.map(|embedded| embedded.flatten(0, 2)));
        }
        let mut read = self.leaves.read(tensors).await?;
        let mut gradients = read.split_off(count).into_iter();
        for (name, gradient) in names.into_iter().zip(&mut gradients) {
            sums.add(name, gradient);
        }
        if let Some(embedded) = gradients.next() {
            self.add_embeddings(&forward.read, &embedded, width, sums);
        }
        Ok(read)
    }

    /// Adds the gradients of the tables of embeddings, from that of their sums, [B, T, E].
    fn add_embeddings(&self, read: &[EncoderInput], embedded: &[f32], width: usize, sums: &mut GradientSums) {
        for table in &TABLES {
            let Ok(array) = self.parameters().weights.shared().get(table.name) else { continue };
            let gradient = sums.0.entry(table.name.to_owned()).or_insert_with(|| vec![0.0; array.values.len()]);
            let of_sequences = embedded.chunks(embedded.len() / read.len());
            table.add(gradient, width, read.iter().copied().zip(of_sequences));
        }
    }
}

impl Forward<'_> {
    /// Values [B, T, features] with dropout at a further place.
    pub fn dropped(&self, place: usize, values: Tensor<3>) -> Tensor<3> {
        match &self.masks {
            Some(masks) => masks.tokens(Some(place), values),
            None => values,
        }
    }
}

impl GradientSums {
    fn add(&mut self, name: &str, gradient: Vec<f32>) {
        match self.0.get_mut(name) {
            Some(sum) => add(sum, &gradient),
            None => _ = self.0.insert(name.to_owned(), gradient),
        }
    }

    /// Adds them to the gradients of all weights.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing.
    pub fn add_to(self, gradients: &mut Weights) -> Result<()> {
        self.0.into_iter().try_for_each(|(name, sum)| {
            add(&mut gradients.get_mut(&name)?.values, &sum);
            Ok(())
        })
    }
}
