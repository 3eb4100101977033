//! An encoder on the CPU: the embedding, then its parts in sequence.

use super::super::Sizes;
use super::super::sizes::feed_forward_layer;
use super::convolution::Convolution;
use super::transform::FourierMixing;
use crate::Result;
use crate::network::transformer::Weights;
use crate::network::transformer::kernel::attention::Attention;
use crate::network::transformer::kernel::builder::Builder;
use crate::network::transformer::kernel::feed_forward::{FeedForward, Residual};
use crate::network::transformer::kernel::linear::{Linear, Tape};
use crate::network::transformer::kernel::norm::Norm;
use crate::network::transformer::kernel::part::{Backward, Part};
use crate::observation::{Observer, Role};
use crate::space::encoder::{Configuration, Layer, Operation, Similarity};

/// An encoder ready to run.
pub struct Encoder<'a> {
    /// [V, E].
    tokens: &'a [f32],
    /// [positions, E].
    positions: &'a [f32],
    /// [E]: the type of every token.
    kind: &'a [f32],
    norm: Norm<'a>,
    /// A projection to the hidden size where that differs from E.
    project: Option<Linear<'a>>,
    /// Two per layer: one that mixes tokens, and the feed-forward layers.
    pub parts: Vec<Box<dyn Part + 'a>>,
}

impl<'a> Encoder<'a> {
    /// An encoder for sequences of length `sizes.sequence`.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing.
    pub fn new(configuration: &Configuration, weights: &'a Weights, sizes: &Sizes) -> Result<Self> {
        let mut builder = Builder { weights, next_index: 0 };
        let mut parts = Vec::new();
        for (index, layer) in configuration.layers.iter().enumerate() {
            let prefix = format!("encoder.layer.{index}");
            parts.push(mix(&mut builder, &format!("{prefix}.operation"), layer, sizes.sequence)?);
            let names = (0..layer.feed_forward_layers).map(feed_forward_layer);
            let names = names.map(|name| format!("{prefix}.intermediate.{name}"));
            let feed_forward = Box::new(FeedForward::new(&mut builder, names)?);
            let residual = Residual::new(&mut builder, &format!("{prefix}.output"), Role::FeedForward, feed_forward)?;
            parts.push(Box::new(residual));
        }
        let project = if sizes.embedding == configuration.hidden {
            None
        } else {
            Some(builder.linear(Role::Unread, &["embeddings_project".to_owned()])?)
        };
        let table = |name: &str| weights.get(&format!("embeddings.{name}_embeddings.weight"));
        Ok(Self {
            tokens: &table("word")?.values,
            positions: &table("position")?.values,
            kind: &table("token_type")?.values[..sizes.embedding],
            norm: builder.norm("embeddings.LayerNorm")?,
            project,
            parts,
        })
    }

    /// The embedding of tokens `[T]`: [T, H], and the backward pass to the embeddings of the positions, [T, E].
    pub fn embed(&self, tokens: &[u32]) -> (Vec<f32>, Backward<'_>) {
        let width = self.kind.len();
        let sum = |(&id, position): (&u32, &'a [f32])| {
            let token = &self.tokens[id as usize * width..][..width];
            token.iter().zip(self.kind).zip(position).map(|((token, kind), position)| token + kind + position)
        };
        let embedded = tokens.iter().zip(self.positions.chunks(width)).flat_map(sum).collect();
        let (mut out, cache) = self.norm.forward(embedded);
        if let Some(project) = &self.project {
            out = project.forward(&out);
        }
        let back = move |mut upstream: Vec<f32>, _: &mut Tape| {
            if let Some(project) = &self.project {
                upstream = project.backward(&upstream);
            }
            self.norm.backward(&cache, &mut upstream);
            upstream
        };
        (out, Box::new(back))
    }

    /// The linear maps whose gradients are read.
    pub fn linears(&self) -> Vec<&Linear<'_>> {
        self.parts.iter().flat_map(|part| part.linears()).collect()
    }

    /// The last hidden states of a sequence of tokens `[T]`, [T, H], and where `backward` says so the backward passes
    /// of all parts, the embedding first. Calls `advance` after every part.
    pub fn forward(
        &self,
        tokens: &[u32],
        seen: &mut Observer,
        backward: bool,
        advance: impl Fn(),
    ) -> (Vec<f32>, Vec<Backward<'_>>) {
        let (mut hidden, back) = self.embed(tokens);
        let mut passes = Vec::new();
        let mut keep = |back| {
            if backward {
                passes.push(back);
            }
        };
        keep(back);
        for part in &self.parts {
            let (next, back) = part.forward(hidden, seen);
            hidden = next;
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
