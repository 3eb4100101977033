//! An encoder in training: its hidden states, and from their gradient that of every weight.
//!
//! Attention does not see padding. The other operations read it as tokens, as in training on padded batches; where an
//! encoder has none of them, padding changes nothing and is not computed.

use super::assembly::Encoder;
use super::embeddings::{EncoderInput, TABLES};
use crate::Result;
use crate::network::encoder::Sizes;
use crate::network::transformer::Weights;
use crate::network::transformer::kernel::builder::Builder;
use crate::network::transformer::kernel::dropout::Dropout;
use crate::network::transformer::kernel::gradients::add_gradients;
use crate::network::transformer::kernel::linear::{Linear, Tape};
use crate::network::transformer::kernel::part::{Backward, SequencePass};
use crate::observation::Observer;
use crate::space::encoder::{Configuration, Operation};

/// An encoder in training.
pub struct TrainedEncoder<'a> {
    encoder: Encoder<'a>,
    /// Whether an operation reads padding.
    reads_padding: bool,
}

/// A padded sequence.
#[derive(Debug, Clone, Copy)]
pub struct PaddedSequence<'b> {
    /// Ids and types, `[T]`.
    pub input: EncoderInput<'b>,
    /// How many of the ids are real.
    pub length: usize,
}

/// The forward pass of a sequence.
pub struct Forward<'a, 'b> {
    /// The last hidden states, [T, H] or, where padding is not computed, [length, H].
    pub hidden: Vec<f32>,
    read: EncoderInput<'b>,
    passes: Vec<Backward<'a>>,
}

/// What is left of a sequence after its backward pass.
pub struct Traced<'b> {
    tape: Tape,
    read: EncoderInput<'b>,
    /// The gradient of the sum of the embeddings, [T, E].
    embedded: Vec<f32>,
}

impl<'a> TrainedEncoder<'a> {
    /// An encoder for sequences padded to `sizes.sequence`.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing.
    pub fn new(configuration: &Configuration, builder: &mut Builder<'a>, sizes: &Sizes) -> Result<Self> {
        let attends = |operation| matches!(operation, Operation::Attention(_));
        let reads_padding = !configuration.layers.iter().all(|layer| attends(layer.operation));
        Ok(Self { encoder: Encoder::new(configuration, builder, sizes)?, reads_padding })
    }

    /// The forward pass of a sequence; a backward pass can follow where `trains` says so.
    pub fn forward<'b>(&self, sequence: PaddedSequence<'b>, dropout: Dropout, trains: bool) -> Forward<'_, 'b> {
        let PaddedSequence { input: EncoderInput { tokens, types }, length } = sequence;
        let count = if self.reads_padding { tokens.len() } else { length };
        let read = EncoderInput { tokens: &tokens[..count], types: &types[..count.min(types.len())] };
        let observed = SequencePass::observed(Observer::default(), length);
        let mut pass = SequencePass { dropout, attention_dropout: dropout, ..observed };
        let (hidden, passes) = self.encoder.forward(read.into(), &mut pass, trains, || {});
        Forward { hidden, read, passes }
    }

    /// Adds the gradients of all weights of the encoder, and of further maps whose inputs the tapes have.
    pub fn accumulate(&self, gradients: &mut Weights, further: &[&Linear], sequences: Vec<Traced>) -> Result<()> {
        let linears: Vec<&Linear> = self.encoder.linears().into_iter().chain(further.iter().copied()).collect();
        add_embeddings(gradients, &sequences)?;
        let tapes: Vec<Tape> = sequences.into_iter().map(|sequence| sequence.tape).collect();
        add_gradients(gradients, &linears, &tapes);
        Ok(())
    }
}

impl<'b> Forward<'_, 'b> {
    /// The backward pass, from the gradient of the hidden states, as large as they are. `tape` has what a head saved.
    pub fn backward(self, mut upstream: Vec<f32>, mut tape: Tape) -> Traced<'b> {
        for backward in self.passes.into_iter().rev() {
            upstream = backward(upstream, &mut tape);
        }
        Traced { tape, read: self.read, embedded: upstream }
    }
}

/// Adds the gradients of the embeddings of words, positions and types.
fn add_embeddings(gradients: &mut Weights, sequences: &[Traced]) -> Result<()> {
    for table in &TABLES {
        let array = gradients.get_mut(table.name)?;
        let sums = sequences.iter().map(|traced| (traced.read, traced.embedded.as_slice()));
        table.add(&mut array.values, array.shape[1], sums);
    }
    Ok(())
}
