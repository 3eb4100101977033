//! A part of a transformer: its forward and its backward pass.

use super::dropout::Dropout;
use super::linear::{Linear, Tape};
use crate::observation::{NodeKind, Observer};

/// A part of a transformer: from [T, width in] to [T, width out], for one sequence.
pub trait Part: Sync {
    /// The output [T, width out] for an input [T, width in], and the backward pass.
    fn forward(&self, x: Vec<f32>, pass: &mut SequencePass) -> (Vec<f32>, Backward<'_>);

    /// Its linear maps.
    fn linears(&self) -> Vec<&Linear<'_>>;
}

/// What accompanies a sequence through the parts.
pub struct SequencePass {
    /// What is observed of it.
    pub seen: Observer,
    /// How many tokens, from the first on, can be attended to: what follows is padding.
    pub keys: usize,
    /// Of training: of the embeddings and of what a half of a layer adds.
    pub dropout: Dropout,
    /// Of training: of the weights of attention.
    pub attention_dropout: Dropout,
    /// Whether every map in a layer shows its output, as those of decoders do.
    pub shows_maps: bool,
    /// Whether it is the first sequence of its batch, which shows what does not depend on the sequence.
    pub is_first: bool,
}

impl SequencePass {
    /// A pass without dropout over a sequence of so many tokens, all of them real.
    pub fn observed(seen: Observer, tokens: usize) -> Self {
        let none = Dropout::none();
        Self { seen, keys: tokens, dropout: none, attention_dropout: none, shows_maps: false, is_first: true }
    }

    /// The same with maps that show their output.
    #[must_use]
    pub fn with_maps(self) -> Self {
        Self { shows_maps: true, ..self }
    }

    /// Shows the output [T, out] of a map as nodes, and where maps are observed by themselves, too.
    pub fn show(&mut self, linear: &Linear, values: &[f32]) {
        self.nodes(linear, values);
        if self.shows_maps {
            self.seen.projections(values, linear.output(), &linear.sites());
            self.seen.activation(linear.site(), values, linear.output());
        }
    }

    /// Shows the output [T, out] of a map, one node for each of the maps that are joined in it.
    pub fn nodes(&mut self, linear: &Linear, values: &[f32]) {
        let width = linear.output();
        for part in &linear.parts {
            let (site, features) = (&part.spec.site, part.rows.len());
            let kind = NodeKind::Linear { inputs: linear.shape()[1], activated: part.activated };
            if features == width {
                self.seen.node(site, kind, values, features);
            } else if self.seen.reads_node(kind) {
                let own: Vec<f32> = values.chunks(width).flat_map(|token| &token[part.rows.clone()]).copied().collect();
                self.seen.node(site, kind, &own, features);
            }
        }
    }

    /// Shows what the activation of a map gives, [T, F].
    pub fn activation(&mut self, linear: &Linear, after: &[f32]) {
        if self.seen.reads_node(NodeKind::Activation) {
            let features = linear.parts[0].rows.len();
            self.seen.node(&linear.site().activation(), NodeKind::Activation, after, features);
        }
    }
}

/// From the gradient of the output, [T, width out], to that of the input, [T, width in]; saves to the tape what the
/// gradients of the weights are computed from.
pub type Backward<'a> = Box<dyn FnOnce(Vec<f32>, &mut Tape) -> Vec<f32> + Send + 'a>;
