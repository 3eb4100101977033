//! An encoder on the processor: the embedding, and parts one after another.

use super::super::reduce::Role;
use super::super::seen::Seen;
use super::super::{Sizes, Weights};
use super::attention::Attention;
use super::convolution::Convolution;
use super::feed_forward::{Residual, Stacks};
use super::linear::{Linear, Trail};
use super::maker::Maker;
use super::norm::Norm;
use super::part::{Back, Part};
use super::transform::Transform;
use crate::Result;
use crate::space::transformer::{Configuration, Layer, Operation};

/// An encoder ready to be run.
pub struct Encoder<'a> {
    words: &'a [f32],
    positions: &'a [f32],
    /// [E]: the type of every token.
    kind: &'a [f32],
    norm: Norm<'a>,
    /// To the hidden size where it differs.
    project: Option<Linear<'a>>,
    /// Two per layer: what mixes tokens, and the feed-forward stacks.
    pub parts: Vec<Box<dyn Part + 'a>>,
}

impl<'a> Encoder<'a> {
    /// An encoder for sequences of the length that `sizes` say.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing.
    pub fn new(configuration: &Configuration, weights: &'a Weights, sizes: &Sizes) -> Result<Self> {
        let mut maker = Maker { weights, made: 0 };
        let mut parts = Vec::new();
        for (at, layer) in configuration.layers.iter().enumerate() {
            let prefix = format!("encoder.layer.{at}");
            parts.push(mix(&mut maker, &format!("{prefix}.operation"), layer, sizes.sequence)?);
            let stacks = Box::new(Stacks::new(&mut maker, &prefix, layer.stacks)?);
            let end = Residual::new(&mut maker, &format!("{prefix}.output"), Role::FeedForward, stacks)?;
            parts.push(Box::new(end));
        }
        let project = match sizes.embedding == configuration.hidden {
            true => None,
            false => Some(maker.linear(Role::Unread, &["embeddings_project".to_owned()])?),
        };
        let table = |name: &str| weights.get(&format!("embeddings.{name}_embeddings.weight"));
        Ok(Self {
            words: &table("word")?.values,
            positions: &table("position")?.values,
            kind: &table("token_type")?.values[..sizes.embedding],
            norm: maker.norm("embeddings.LayerNorm")?,
            project,
            parts,
        })
    }

    /// The embedding of tokens [T]: [T, H], and the way back to the embeddings of the positions, [T, E].
    pub fn embed(&self, tokens: &[u32]) -> (Vec<f32>, Back<'_>) {
        let width = self.kind.len();
        let sum = |(&id, position): (&u32, &'a [f32])| {
            let word = &self.words[id as usize * width..][..width];
            word.iter().zip(self.kind).zip(position).map(|((word, kind), position)| word + kind + position)
        };
        let embedded = tokens.iter().zip(self.positions.chunks(width)).flat_map(sum).collect();
        let (mut out, kept) = self.norm.forward(embedded);
        if let Some(project) = &self.project {
            out = project.forward(&out);
        }
        let back = move |mut upstream: Vec<f32>, _: &mut Trail| {
            if let Some(project) = &self.project {
                upstream = project.backward(&upstream);
            }
            self.norm.backward(&kept, &mut upstream);
            upstream
        };
        (out, Box::new(back))
    }

    /// The linear maps whose gradients are read.
    pub fn linears(&self) -> Vec<&Linear<'_>> {
        self.parts.iter().flat_map(|part| part.linears()).collect()
    }

    /// The last hidden states of a sequence, [T, H], and the way back through every part, the embedding first.
    pub fn forward(&self, tokens: &[u32], seen: &mut Seen, told: impl Fn()) -> (Vec<f32>, Vec<Back<'_>>) {
        let (mut hidden, back) = self.embed(tokens);
        let mut backs = vec![back];
        for part in &self.parts {
            let (next, back) = part.forward(hidden, seen);
            hidden = next;
            backs.push(back);
            told();
        }
        (hidden, backs)
    }
}

/// The operation of a layer, and for all but transforms the sum with what came in.
fn mix<'a>(maker: &mut Maker<'a>, name: &str, layer: &Layer, length: usize) -> Result<Box<dyn Part + 'a>> {
    let inner = format!("{name}.operation");
    let operation: Box<dyn Part> = match layer.operation {
        Operation::Transform(basis) => {
            return Ok(Box::new(Transform::new(maker, &inner, (layer.heads, basis), length)?));
        }
        Operation::Attention(similarity) => Box::new(Attention::new(maker, &inner, layer.heads, similarity)?),
        Operation::Convolution { kernel } => Box::new(Convolution::new(maker, &inner, layer.heads / 2, kernel)?),
    };
    Ok(Box::new(Residual::new(maker, &format!("{name}.output"), Role::Output, operation)?))
}
