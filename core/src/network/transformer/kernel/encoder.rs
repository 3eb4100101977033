//! An encoder on the CPU: the embedding, then its parts in sequence.

use super::super::reduce::Role;
use super::super::seen::Seen;
use super::super::{Sizes, Weights};
use super::attention::Attention;
use super::convolution::Convolution;
use super::feed_forward::{FeedForward, Residual};
use super::linear::{Linear, Tape};
use super::maker::Builder;
use super::norm::Norm;
use super::part::{Backward, Part};
use super::transform::FourierMixing;
use crate::Result;
use crate::space::transformer::{Configuration, Layer, Operation};

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
            let feed_forward = Box::new(FeedForward::new(&mut builder, &prefix, layer.feed_forward_layers)?);
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
        let backward = move |mut upstream: Vec<f32>, _: &mut Tape| {
            if let Some(project) = &self.project {
                upstream = project.backward(&upstream);
            }
            self.norm.backward(&cache, &mut upstream);
            upstream
        };
        (out, Box::new(backward))
    }

    /// The linear maps whose gradients are read.
    pub fn linears(&self) -> Vec<&Linear<'_>> {
        self.parts.iter().flat_map(|part| part.linears()).collect()
    }

    /// The last hidden states of a sequence of tokens `[T]`, [T, H], and the backward passes of all parts, the
    /// embedding first. Calls `advance` after every part.
    pub fn forward(&self, tokens: &[u32], seen: &mut Seen, advance: impl Fn()) -> (Vec<f32>, Vec<Backward<'_>>) {
        let (mut hidden, embedding) = self.embed(tokens);
        let mut passes = vec![embedding];
        for part in &self.parts {
            let (next, backward) = part.forward(hidden, seen);
            hidden = next;
            passes.push(backward);
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
            return Ok(Box::new(FourierMixing::new(builder, &inner, layer.heads, basis, length)?));
        }
        Operation::Attention(similarity) => Box::new(Attention::new(builder, &inner, layer.heads, similarity)?),
        Operation::Convolution { kernel } => Box::new(Convolution::new(builder, &inner, layer.heads / 2, kernel)?),
    };
    Ok(Box::new(Residual::new(builder, &format!("{name}.output"), Role::Output, operation)?))
}
