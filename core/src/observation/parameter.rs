//! Parameters with their gradients, and how one becomes a number.

use std::sync::Arc;

use rayon::prelude::*;

use super::{Site, Term};

/// What a parameter is in its network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The embedding of a recurrent network, which is tied to its decoder: the rows of the tokens that are read.
    TiedEmbedding,
    /// The matrix of a linear node that reads the first of the node's inputs.
    FirstInput,
    /// A matrix of a linear node that reads another of its inputs.
    FurtherInput,
    /// Its gradient is not computed: no metric reads it.
    Unread,
    /// From the width of the embeddings to that of the layers of an encoder.
    Projection,
    /// Inside an operation of a transformer layer.
    Operation,
    /// Ends an operation.
    OperationOutput,
    /// Of the feed-forward layers, with the one that ends them.
    FeedForward,
}

impl Role {
    /// Whether it is in a layer of a transformer.
    pub fn is_in_layer(self) -> bool {
        matches!(self, Self::Operation | Self::OperationOutput | Self::FeedForward)
    }

    /// Whether it is the matrix of a linear map between the words that are read and the head.
    pub fn is_inner(self) -> bool {
        self.is_in_layer() || matches!(self, Self::Projection | Self::FirstInput | Self::FurtherInput)
    }
}

/// A matrix of a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterSpec {
    /// Where it is.
    pub site: Arc<Site>,
    /// What it is.
    pub role: Role,
    /// Rows and columns: [out, in], and of GPT-2, which stores its matrices so, [in, out].
    pub shape: [usize; 2],
}

/// A matrix after a forward and a backward pass.
#[derive(Debug, Clone, Copy)]
pub struct Parameter<'a> {
    /// Which one.
    pub spec: &'a ParameterSpec,
    /// W, row by row.
    pub weight: &'a [f32],
    /// dW, row by row: of what, the need says; empty where none is needed.
    pub gradient: &'a [f32],
    /// The same for a second batch, where there is one.
    pub second: &'a [f32],
}

/// What a metric makes of parameters: one number each.
#[derive(Debug, Clone, Copy)]
pub struct Reduction {
    /// Metrics that read the same numbers share it.
    pub id: &'static str,
    /// Which parameters count.
    pub selects: fn(&ParameterSpec) -> bool,
    /// The number.
    pub term: fn(&Parameter) -> f64,
}

impl Reduction {
    /// The numbers of those that count, in their order.
    pub fn terms(&self, parameters: &[Parameter]) -> Vec<Term> {
        let selected = parameters.par_iter().filter(|parameter| (self.selects)(parameter.spec));
        selected.map(|parameter| self.of(parameter)).collect()
    }

    /// The number of a parameter with its site.
    pub fn of(&self, parameter: &Parameter) -> Term {
        Term { site: Arc::clone(&parameter.spec.site), value: (self.term)(parameter) }
    }
}
