//! The trivial baselines: what can be counted without running a network. A metric that does not beat them says nothing
//! that the architecture does not say by itself. On NAS-Bench-BERT they say more than every metric.

use super::about::{About, LANGUAGE_MODELS, Metric};
use crate::family::Family;
use crate::observation::{Need, Observation};
use crate::undefined::Undefined;

/// One count, which the network gives under the identifier of the metric.
pub struct Count {
    about: About,
    families: &'static [Family],
}

const fn count(families: &'static [Family], id: &'static str, title: &'static str, summary: &'static str) -> Count {
    let (formula, unit, source) = ("a count", "count", "trivial baseline");
    Count { about: About { id, title, summary, formula, unit, source }, families }
}

const CELLS: &[Family] = &[Family::Recurrent];
const ENCODERS: &[Family] = &[Family::Encoder];
const DECODERS: &[Family] = &[Family::Decoder];
const TRANSFORMERS: &[Family] = &[Family::Encoder, Family::Decoder];

/// Trained parameters; tied ones count once.
pub const PARAMETERS: Count = count(
    LANGUAGE_MODELS,
    "parameters",
    "Parameters",
    "Trained parameters of the complete network, its head included.",
);
/// Parameters without those of words.
pub const NON_EMBEDDING_PARAMETERS: Count = count(
    LANGUAGE_MODELS,
    "non_embedding_parameters",
    "Parameters without embeddings",
    "Parameters of all layers, without those of words, positions and head.",
);
/// Nodes.
pub const NODES: Count = count(CELLS, "nodes", "Nodes", "Nodes of the cell.");
/// Linear nodes.
pub const LINEARS: Count = count(CELLS, "linears", "Linear nodes", "Linear nodes of the cell.");
/// Depth.
pub const DEPTH: Count = count(CELLS, "depth", "Depth", "Nodes on the longest path through one step of the cell.");

/// Trained parameters of an encoder, which were published among the metrics.
pub const NUM_PARAMETERS: Count =
    count(ENCODERS, "num_parameters", "Number of parameters", "Trained parameters of the complete encoder.");
/// Parameters of the tables of a decoder.
pub const EMBEDDING_PARAMETERS: Count = count(
    DECODERS,
    "embedding_parameters",
    "Embedding parameters",
    "Parameters of the tables of words and positions, and of the maps from them to the width of the layers.",
);
/// Parameters of the attention of a decoder.
pub const ATTENTION_PARAMETERS: Count =
    count(DECODERS, "attention_parameters", "Attention parameters", "Parameters of the attention of all layers.");
/// Parameters of the feed-forward layers of a decoder.
pub const FEED_FORWARD_PARAMETERS: Count = count(
    DECODERS,
    "feed_forward_parameters",
    "Feed forward parameters",
    "Parameters of the feed-forward layers of all layers.",
);
/// Parameters of the layers of a decoder.
pub const DECODER_PARAMETERS: Count = count(
    DECODERS,
    "decoder_parameters",
    "Decoder parameters",
    "Parameters of the layers and the last norm, without tables and head.",
);
/// Layers.
pub const LAYERS: Count = count(TRANSFORMERS, "layers", "Layers", "Layers of the network.");
/// Width.
pub const HIDDEN_SIZE: Count = count(TRANSFORMERS, "hidden_size", "Hidden size", "Width of every layer.");
/// Heads.
pub const HEADS: Count = count(TRANSFORMERS, "heads", "Heads", "Heads of all layers together.");
/// Floating-point operations.
pub const FLOPS: Count = count(
    TRANSFORMERS,
    "flops",
    "Floating-point operations",
    "Operations of the matrix products in one forward pass over one sequence; a multiplication and an addition are two.",
);

impl Metric for Count {
    fn about(&self) -> &About {
        &self.about
    }

    fn families(&self) -> &'static [Family] {
        self.families
    }

    fn needs(&self) -> Vec<Need> {
        Vec::new()
    }

    fn score(&self, seen: &Observation) -> Result<f64, Undefined> {
        seen.counts.get(self.about.id).ok_or_else(|| Undefined::unobserved("counts"))
    }
}
