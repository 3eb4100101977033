//! An encoder on the CPU: the embedding, then its parts in sequence.

use std::sync::Arc;

use super::super::Sizes;
use super::super::sizes::feed_forward_layer;
use super::convolution::Convolution;
use super::embeddings::{Embeddings, EncoderStart};
use super::transform::FourierMixing;
use crate::Result;
use crate::network::transformer::kernel::attention::Attention;
use crate::network::transformer::kernel::builder::Builder;
use crate::network::transformer::kernel::dropout::EMBEDDINGS;
use crate::network::transformer::kernel::feed_forward::{FeedForward, Residual};
use crate::network::transformer::kernel::linear::{Linear, Tape};
use crate::network::transformer::kernel::norm::Norm;
use crate::network::transformer::kernel::part::{Backward, Part, SequencePass};
use crate::observation::{NodeKind, Role, Site};
use crate::space::encoder::{Configuration, Layer, Operation, Similarity};

/// An encoder ready to run.
pub struct Encoder<'a> {
    embeddings: Embeddings<'a>,
    norm: Norm<'a>,
    /// A projection to the hidden size where that differs from E.
    project: Option<Linear<'a>>,
    /// Two per layer: one that mixes tokens, and the feed-forward layers.
    pub parts: Vec<Box<dyn Part + 'a>>,
    /// H.
    pub width: usize,
}

impl<'a> Encoder<'a> {
    /// An encoder for sequences of length `sizes.sequence`. The embeddings with their norm may be shared with other
    /// encoders.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing.
    pub fn new(configuration: &Configuration, builder: &mut Builder<'a>, sizes: &Sizes) -> Result<Self> {
        let mut parts = Vec::new();
        for (index, layer) in configuration.layers.iter().enumerate() {
            let prefix = format!("encoder.layer.{index}");
            parts.push(mix(builder, &format!("{prefix}.operation"), layer, sizes.sequence)?);
            let names = (0..layer.feed_forward_layers).map(feed_forward_layer);
            let names = names.map(|name| format!("{prefix}.intermediate.{name}"));
            let feed_forward = Box::new(FeedForward::new(builder, names)?);
            let residual = Residual::new(builder, &format!("{prefix}.output"), Role::FeedForward, feed_forward)?;
            parts.push(Box::new(residual));
        }
        let project = if sizes.embedding == configuration.hidden {
            None
        } else {
            Some(builder.linear(Role::Projection, &["embeddings_project".to_owned()])?)
        };
        let shared = Builder::new(builder.weights.shared());
        let norm = shared.norm("embeddings.LayerNorm")?;
        let embeddings = Embeddings::new(builder.weights)?;
        Ok(Self { embeddings, norm, project, parts, width: configuration.hidden })
    }

    /// The embedding of an input: [T, H], and the backward pass to the sum of the three embeddings, [T, E].
    pub fn embed(&self, input: EncoderStart, pass: &mut SequencePass) -> (Vec<f32>, Backward<'_>) {
        let (mut out, cache) = self.norm.forward(self.embeddings.sum(input));
        let dropout = pass.dropout.at(EMBEDDINGS);
        dropout.apply(&mut out);
        let projected = self.project.as_ref().map(|project| {
            let next = project.forward(&out);
            pass.nodes(project, &next);
            (project, std::mem::replace(&mut out, next))
        });
        let back = move |mut upstream: Vec<f32>, tape: &mut Tape| {
            if let Some((project, input)) = projected {
                let next = project.backward(&upstream);
                let output = std::mem::replace(&mut upstream, next);
                tape.save(project, input, output);
            }
            dropout.apply(&mut upstream);
            self.norm.backward(&cache, &mut upstream, tape);
            upstream
        };
        (out, Box::new(back))
    }

    /// Where a part is, counted from 0.
    pub fn site(&self, part: usize) -> Arc<Site> {
        Site::in_layer(part / 2, ["operation", "feed-forward"][part % 2])
    }

    /// All linear maps.
    pub fn linears(&self) -> Vec<&Linear<'_>> {
        self.parts.iter().flat_map(|part| part.linears()).chain(&self.project).collect()
    }

    /// The last hidden states of a sequence, [T, H], and where `backward` says so the backward passes of all parts, the
    /// embedding first. Calls `advance` after every part.
    pub fn forward(
        &self,
        input: EncoderStart,
        pass: &mut SequencePass,
        backward: bool,
        advance: impl Fn(),
    ) -> (Vec<f32>, Vec<Backward<'_>>) {
        let (mut hidden, back) = self.embed(input, pass);
        let mut passes = Vec::new();
        let mut keep = |back| {
            if backward {
                passes.push(back);
            }
        };
        keep(back);
        let width = self.width;
        for (index, part) in self.parts.iter().enumerate() {
            if index % 2 == 0 {
                pass.seen.layer(index / 2 + 1, &hidden);
            }
            let (next, back) = part.forward(hidden, pass);
            hidden = next;
            pass.seen.node(&self.site(index), NodeKind::Block, &hidden, width);
            keep(back);
            advance();
        }
        (hidden, passes)
    }
}

/// The operation of a layer, which for all but transforms ends with a residual connection and a norm.
fn mix<'a>(builder: &mut Builder<'a>, name: &str, layer: &Layer, length: usize) -> Result<Box<dyn Part + 'a>> {
    let inner = format!("{name}.operation");
    let operation: Box<dyn Part> = match layer.operation {
        Operation::Transform(basis) => {
            return Ok(Box::new(FourierMixing::new(builder, &inner, (layer.heads, basis), length)?));
        }
        Operation::Attention(similarity) => {
            Box::new(Attention::new(builder, &inner, layer.heads, similarity == Similarity::WeightedMultiplicative)?)
        }
        Operation::Convolution { kernel } => Box::new(Convolution::new(builder, &inner, layer.heads / 2, kernel)?),
    };
    Ok(Box::new(Residual::new(builder, &format!("{name}.output"), Role::OperationOutput, operation)?))
}
