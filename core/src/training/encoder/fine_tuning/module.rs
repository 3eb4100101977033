//! An encoder with the head of a task, on any device.

use std::ops::Range;

use burn::tensor::Tensor;
use burn::tensor::activation::log_softmax;

use super::super::padded::PaddedBatch;
use super::super::shape::EncoderShape;
use super::task::{HEAD, LARGEST_SCORE, Labels, PLACE, TaskOutput};
use crate::Result;
use crate::network::encoder::module::trained::{GradientSums, TrainedEncoder};
use crate::network::tensor::{indices, tensor};
use crate::network::transformer::Scope;
use crate::network::transformer::kernel::dropout::Dropout;
use crate::network::transformer::module::parameters::Leaves;
use crate::network::transformer::module::parts::Linear;
use crate::observation::Role;

/// An encoder with its head.
pub struct TunedNetwork<'a> {
    encoder: TrainedEncoder<'a>,
}

/// Whether a device reads the weight of this name: the embeddings are looked up on the host.
pub fn is_read(name: &str) -> bool {
    !name.ends_with("_embeddings.weight")
}

impl<'a> TunedNetwork<'a> {
    /// The network with these weights, which are on a device.
    pub fn new(shape: &'a EncoderShape, weights: Scope<'a>, leaves: &'a Leaves) -> Self {
        Self { encoder: TrainedEncoder::new(&shape.configuration, weights, leaves) }
    }

    /// The outputs for some sequences of a batch, and their loss; adds its gradients.
    ///
    /// # Errors
    /// [`crate::Error::Broken`] or [`crate::Error::Memory`] when the device fails, [`crate::Error::Weights`] where a
    /// weight is missing.
    pub async fn run(
        &self,
        (batch, labels): (&PaddedBatch, Option<&Labels>),
        sequences: Range<usize>,
        dropout: Dropout,
        sums: &mut GradientSums,
    ) -> Result<TaskOutput> {
        let padded: Vec<_> = sequences.clone().map(|index| batch.sequence(index)).collect();
        let forward = self.encoder.forward(&padded, sequences.clone().map(|index| dropout.at(index)).collect())?;
        let [count, _, hidden] = forward.hidden.dims();
        let first = forward.hidden.clone().slice([0..count, 0..1, 0..hidden]);
        let head = Linear::new(self.encoder.parameters(), HEAD, Role::Unread)?;
        let outputs = head.forward(forward.dropped(PLACE, first)).flatten::<2>(0, 1);
        let loss = match labels {
            Some(labels) => self.loss(outputs.clone(), labels, sequences.clone()),
            None => outputs.clone().sum(),
        };
        let classes = outputs.dims()[1];
        let values = vec![outputs.without_autodiff().flatten(0, 1)];
        let outputs = self.encoder.read(forward, &loss, values, sums).await?.remove(0);
        let of = |labels: &Labels| sequences.zip(outputs.chunks(classes)).map(|(at, own)| labels.loss(at, own).0).sum();
        Ok(TaskOutput { loss: labels.map_or(0.0, of), outputs })
    }

    /// The loss of outputs [B, classes] of some sequences, [1], to be differentiated.
    fn loss(&self, outputs: Tensor<2>, labels: &Labels, sequences: Range<usize>) -> Tensor<1> {
        match labels {
            Labels::Classes(classes) => {
                let classes =
                    indices(classes[sequences].iter().map(|&class| class as usize), &self.encoder.leaves.device);
                log_softmax(outputs, 1).gather(1, classes.unsqueeze_dim::<2>(1)).sum().neg()
            }
            Labels::Scores(scores) => {
                let targets: Vec<f32> =
                    scores[sequences].iter().map(|&score| (f64::from(score) / LARGEST_SCORE) as f32).collect();
                let shape = [targets.len(), 1];
                (outputs - tensor(targets, shape, &self.encoder.leaves.device)).square().sum()
            }
        }
    }
}
