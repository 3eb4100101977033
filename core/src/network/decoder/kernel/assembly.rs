//! A decoder on the CPU: the embedding, then its parts in sequence, then the head.

use std::sync::Arc;

use super::super::names::{DISTANCES, Names, POSITIONS, query_biases};
use super::words::WordTables;
use crate::Result;
use crate::network::transformer::kernel::activated::Activated;
use crate::network::transformer::kernel::attention::causal::{CausalAttention, HeadPosition};
use crate::network::transformer::kernel::attention::{Heads, Mask, Sites, Waves};
use crate::network::transformer::kernel::builder::Builder;
use crate::network::transformer::kernel::dropout::EMBEDDINGS;
use crate::network::transformer::kernel::feed_forward::Residual as PostNorm;
use crate::network::transformer::kernel::language::{Assembly, Logits, Reading, Start};
use crate::network::transformer::kernel::linear::Linear;
use crate::network::transformer::kernel::norm::Norm;
use crate::network::transformer::kernel::part::{Backward, Part, SequencePass};
use crate::network::transformer::kernel::pre_norm::{Branch, PreNorm};
use crate::observation::{Needs, NodeKind, Observer, Role, Site};
use crate::space::decoder::{Decoder, Layer, Position, Residual};

/// A decoder ready to run.
pub struct Assembled<'a> {
    /// Of words, for the embeddings and the head.
    pub words: WordTables<'a>,
    /// [positions, H]; none where heads know positions.
    pub positions: Option<&'a [f32]>,
    /// The halves of the layers, or the layers where both halves run in parallel; then the last norm, if any.
    pub parts: Vec<Box<dyn Part + 'a>>,
    /// 1 or 2.
    parts_per_layer: usize,
    /// Parts without the last norm.
    blocks: usize,
}

impl<'a> Assembled<'a> {
    /// A decoder for sequences of at most so many tokens.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing.
    pub fn new(decoder: &Decoder, builder: &mut Builder<'a>, tokens: usize) -> Result<Self> {
        Self::read(decoder, builder, tokens, Reading::Normal)
    }

    /// The same, read in a certain way.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn read(decoder: &Decoder, builder: &mut Builder<'a>, tokens: usize, reading: Reading) -> Result<Self> {
        let mut assembler = Assembler { decoder, names: Names::of(decoder), builder, tokens, reading };
        let mut parts: Vec<Box<dyn Part + 'a>> = Vec::new();
        for (index, layer) in decoder.layers.iter().enumerate() {
            let attention = assembler.attention(index, layer)?;
            let feed_forward = assembler.feed_forward(index)?;
            match (decoder.norm.is_before(), decoder.residual) {
                (true, Residual::Parallel) => parts.push(Box::new(PreNorm(vec![attention, feed_forward]))),
                (true, Residual::Sequential) => {
                    parts.push(Box::new(PreNorm(vec![attention])));
                    parts.push(Box::new(PreNorm(vec![feed_forward])));
                }
                (false, _) => parts.extend([attention, feed_forward].map(after)),
            }
        }
        let blocks = parts.len();
        if decoder.norm.is_before() {
            parts.push(Box::new(assembler.norm(assembler.names.norm)?));
        }
        let weights = assembler.builder.weights;
        let learned = (decoder.position == Position::Learned).then(|| weights.get(POSITIONS)).transpose()?;
        let positions = learned.map(|array| array.values.as_slice());
        let parts_per_layer = if decoder.residual == Residual::Parallel { 1 } else { 2 };
        Ok(Self { words: WordTables::new(decoder, weights)?, positions, parts, parts_per_layer, blocks })
    }

    /// All linear maps of the layers.
    pub fn linears(&self) -> Vec<&Linear<'_>> {
        self.parts.iter().flat_map(|part| part.linears()).collect()
    }

    /// The embeddings of a sequence with its positions, [T, H].
    fn embed(&self, start: Start) -> Vec<f32> {
        let mut embedded = match start {
            Start::Tokens(tokens) => self.words.embed(tokens),
            Start::Embedded(words) => words.to_vec(),
        };
        let positions = self.positions.unwrap_or_default();
        embedded.iter_mut().zip(positions).for_each(|(sum, position)| *sum += position);
        embedded
    }

    /// The last hidden states of a sequence, [T, H], and where `backward` says so the backward passes of all parts, to
    /// the embeddings. Calls `advance` after every part.
    pub fn forward(
        &self,
        start: Start,
        pass: &mut SequencePass,
        backward: bool,
        advance: impl Fn(),
    ) -> (Vec<f32>, Vec<Backward<'_>>) {
        let mut hidden = self.embed(start);
        let dropout = pass.dropout.at(EMBEDDINGS);
        dropout.apply(&mut hidden);
        let mut passes: Vec<Backward> = Vec::new();
        if backward {
            passes.push(Box::new(move |mut upstream, _| {
                dropout.apply(&mut upstream);
                upstream
            }));
        }
        for (index, part) in self.parts.iter().enumerate() {
            if index.is_multiple_of(self.parts_per_layer) {
                pass.seen.layer(index / self.parts_per_layer + 1, &hidden);
            }
            let (next, back) = part.forward(hidden, pass);
            hidden = next;
            if index < self.blocks {
                pass.seen.node(&self.site(index), NodeKind::Block, &hidden, self.words.width);
            }
            if backward {
                passes.push(back);
            }
            advance();
        }
        (hidden, passes)
    }
}

impl Assembly for Assembled<'_> {
    fn embedding(&self) -> usize {
        self.words.width
    }

    fn linears(&self) -> Vec<&Linear<'_>> {
        self.linears()
    }

    fn blocks(&self) -> &[Box<dyn Part + '_>] {
        &self.parts[..self.blocks]
    }

    fn site(&self, block: usize) -> Arc<Site> {
        let half = ["attention", "feed-forward"][block % 2];
        Site::in_layer(block / self.parts_per_layer, if self.parts_per_layer == 1 { "layer" } else { half })
    }

    fn parts(&self) -> usize {
        self.parts.len()
    }

    fn pass(&self, needs: &Needs, tokens: usize) -> SequencePass {
        let seen = Observer::new(needs).with_hidden(needs).with_nodes(needs, tokens);
        SequencePass::observed(seen, tokens).with_maps()
    }

    fn embed(&self, start: Start) -> Vec<f32> {
        self.embed(start)
    }

    fn forward(
        &self,
        start: Start,
        pass: &mut SequencePass,
        backward: bool,
        advance: &dyn Fn(),
    ) -> (Vec<f32>, Vec<Backward<'_>>) {
        self.forward(start, pass, backward, advance)
    }

    fn loss(&self, hidden: &[f32], targets: &[u32], factor: f32) -> Result<(f64, Vec<f32>)> {
        let loss = self.words.loss(hidden, targets, factor, None)?;
        Ok((loss.sum, loss.gradient))
    }

    fn of_logits(&self, hidden: &[f32], logits: Logits) -> Vec<f32> {
        let of_one = match logits {
            Logits::All => self.words.of_sum(),
            Logits::First => self.words.of_first(),
        };
        of_one.repeat(hidden.len() / self.words.width)
    }
}

struct Assembler<'a, 'b> {
    decoder: &'b Decoder,
    names: &'static Names,
    builder: &'b mut Builder<'a>,
    tokens: usize,
    reading: Reading,
}

impl<'a> Assembler<'a, '_> {
    fn norm(&self, name: &str) -> Result<Norm<'a>> {
        let weights = self.builder.weights;
        if self.decoder.norm.is_centred() { Norm::new(weights, name) } else { Norm::root_mean_square(weights, name) }
    }

    /// The maps of these names in a layer, which read the same input.
    fn linear(&mut self, role: Role, index: usize, parts: &[&str]) -> Result<Linear<'a>> {
        let names: Vec<String> = parts.iter().map(|part| self.names.in_layer(index, part)).collect();
        match names.as_slice() {
            [name] if self.decoder.original.is_transposed() => self.builder.transposed(role, name),
            names => self.builder.linear(role, names),
        }
    }

    fn attention(&mut self, index: usize, layer: &Layer) -> Result<Branch<'a>> {
        let Layer { heads, key_value_heads, head_size, window, .. } = *layer;
        let Decoder { position, scale, original, .. } = *self.decoder;
        let project = self.linear(Role::Operation, index, self.names.query_key_value)?;
        let position = match position {
            Position::Learned => HeadPosition::None,
            Position::Rotary { theta, .. } => match position.rotated(head_size) {
                0 => HeadPosition::None,
                rotated => HeadPosition::rotary(rotated, theta, self.tokens),
            },
            Position::Relative => {
                let name = self.names.in_layer(index, DISTANCES);
                let waves = match self.reading {
                    Reading::Normal => Waves::Of(self.tokens),
                    Reading::Ones | Reading::OnesOfFuture => Waves::Ones(self.tokens),
                };
                HeadPosition::relative(self.builder, &name, query_biases(index), waves)?
            }
        };
        let attention = self.names.query_key_value[0].rsplit_once('.').map_or("", |(attention, _)| attention);
        let inner = CausalAttention {
            sites: Sites::new(&self.names.in_layer(index, attention), heads),
            interleaved: original.is_interleaved(),
            heads: Heads {
                count: heads,
                key_value: key_value_heads,
                scale: scale.of(index, head_size),
                mask: if self.reading == Reading::OnesOfFuture { Mask::Future } else { Mask::Causal { window } },
            },
            features: head_size,
            project,
            position,
        };
        let dense = self.linear(Role::OperationOutput, index, &[self.names.attention_output])?;
        let norm = self.norm(&self.names.in_layer(index, self.names.attention_norm))?;
        Ok(Branch { norm, inner: Box::new(inner), dense })
    }

    fn feed_forward(&mut self, index: usize) -> Result<Branch<'a>> {
        let linear = self.linear(Role::FeedForward, index, self.names.feed_forward)?.activated();
        let inner = Activated { linear, activation: self.decoder.activation };
        let dense = self.linear(Role::FeedForward, index, &[self.names.feed_forward_output])?;
        let norm = self.norm(&self.names.in_layer(index, self.names.feed_forward_norm))?;
        Ok(Branch { norm, inner: Box::new(inner), dense })
    }
}

/// The same half with its norm at the end.
fn after<'a>(Branch { norm, inner, dense }: Branch<'a>) -> Box<dyn Part + 'a> {
    Box::new(PostNorm::of(inner, dense, norm))
}
