//! An encoder as a masked language model: some tokens are replaced by a mask and predicted from the last hidden states in
//! their places, by the head of [`super::prediction_head`].

use std::sync::Arc;

use super::assembly::Encoder;
use super::embeddings::{EncoderInput, EncoderStart};
use super::prediction_head::{HEAD, PredictionHead};
use crate::Result;
use crate::linalg::column_sums;
use crate::network::Batch;
use crate::network::batch::NOT_COUNTED;
use crate::network::encoder::{Model, normal};
use crate::network::transformer::Weights;
use crate::network::transformer::kernel::builder::Builder;
use crate::network::transformer::kernel::language::{
    Assembly, Logits, Reading, Sequence, Start, Transformer, sums, targets,
};
use crate::network::transformer::kernel::linear::{Linear, Tape};
use crate::network::transformer::kernel::part::{Backward, Part, SequencePass};
use crate::network::vocabulary::Targets;
use crate::observation::{Moments, Needs, Observation, Observer, Site};
use crate::progress::Progress;

/// An encoder with its head.
pub struct MaskedEncoder<'a> {
    encoder: Encoder<'a>,
    head: PredictionHead<'a>,
    /// E.
    embedding: usize,
}

/// What the pass of the loss shows.
///
/// # Errors
/// [`crate::Error::Weights`] where a weight is missing.
pub fn observe(
    model: &Model,
    weights: &Weights,
    batch: &Batch,
    needs: &Needs,
    progress: &Progress,
) -> Result<Observation> {
    let assembly = model.assemble(weights, Reading::Normal)?;
    let sequences = Sequence::of_batch(batch, model.sizes.sequence);
    let sums = sums(&assembly, &sequences, needs, progress)?;
    let lengths: Vec<usize> = sequences.iter().map(|sequence| sequence.tokens.len()).collect();
    let mut seen = sums.finish(&lengths, needs, progress, |_| Moments::from_columns(&[], 1));
    seen.loss = seen.loss.map(|sum| sum / targets(&sequences));
    Ok(seen)
}

impl Transformer for Model {
    type Assembly<'a> = MaskedEncoder<'a>;

    fn assemble<'a>(&self, weights: &'a Weights, _: Reading) -> Result<MaskedEncoder<'a>> {
        let encoder = Encoder::new(&self.configuration, &mut Builder::new(weights.into()), &self.sizes)?;
        Ok(MaskedEncoder { encoder, head: PredictionHead::new(weights.into(), HEAD)?, embedding: self.sizes.embedding })
    }

    fn shape(&self) -> [usize; 2] {
        [self.sizes.batch, self.sizes.sequence]
    }

    fn blocks(&self) -> usize {
        2 * self.configuration.layers.len()
    }

    fn embedding(&self) -> usize {
        self.sizes.embedding
    }

    fn normal_weights(&self) -> Option<Weights> {
        self.weights.seed().map(|seed| normal(&self.configuration, &self.sizes, seed as u32))
    }
}

impl Assembly for MaskedEncoder<'_> {
    fn embedding(&self) -> usize {
        self.embedding
    }

    fn linears(&self) -> Vec<&Linear<'_>> {
        // In the order of the network, which begins with the projection of the embeddings.
        let mut linears = self.encoder.linears();
        let parts: usize = self.encoder.parts.iter().map(|part| part.linears().len()).sum();
        linears.rotate_left(parts);
        linears
    }

    fn blocks(&self) -> &[Box<dyn Part + '_>] {
        &self.encoder.parts
    }

    fn site(&self, block: usize) -> Arc<Site> {
        self.encoder.site(block)
    }

    fn parts(&self) -> usize {
        self.encoder.parts.len()
    }

    fn pass(&self, needs: &Needs, tokens: usize) -> SequencePass {
        SequencePass::observed(Observer::new(needs).with_nodes(needs, tokens), tokens)
    }

    fn embed(&self, start: Start) -> Vec<f32> {
        let tokens = start.tokens(self.embedding);
        self.encoder.embed(read(start), &mut SequencePass::observed(Observer::default(), tokens)).0
    }

    fn forward(
        &self,
        start: Start,
        pass: &mut SequencePass,
        backward: bool,
        advance: &dyn Fn(),
    ) -> (Vec<f32>, Vec<Backward<'_>>) {
        self.encoder.forward(read(start), pass, backward, advance)
    }

    fn loss(&self, hidden: &[f32], targets: &[u32], factor: f32) -> Result<(f64, Vec<f32>)> {
        let width = self.encoder.width;
        let places: Vec<usize> = (0..targets.len()).filter(|&place| targets[place] != NOT_COUNTED).collect();
        let mut gradient = vec![0.0; hidden.len()];
        if places.is_empty() {
            return Ok((0.0, gradient));
        }
        let states = places.iter().flat_map(|place| &hidden[place * width..][..width]).copied().collect();
        let (z, back) = self.head.forward(states);
        let logits = self.head.words().logits(&z);
        let ids: Vec<u32> = places.iter().map(|&place| targets[place]).collect();
        let (sum, _) = logits.loss(&ids);
        let (of_z, _) = logits.differentiate(Targets { ids: &ids, scale: factor.into() });
        for (place, values) in places.iter().zip(back(of_z, &mut Tape::default()).chunks(width)) {
            gradient[place * width..][..width].copy_from_slice(values);
        }
        Ok((sum, gradient))
    }

    fn of_logits(&self, hidden: &[f32], _: Logits) -> Vec<f32> {
        let (z, back) = self.head.forward(hidden.to_vec());
        let sums = column_sums(self.head.words().table.chunks(self.embedding), self.embedding);
        let sums: Vec<f32> = sums.into_iter().map(|sum| sum as f32).collect();
        back(sums.repeat(z.len() / self.embedding), &mut Tape::default())
    }
}

fn read(start: Start<'_>) -> EncoderStart<'_> {
    match start {
        Start::Tokens(tokens) => EncoderInput { tokens, types: &[] }.into(),
        Start::Embedded(words) => EncoderStart::Words(words),
    }
}
