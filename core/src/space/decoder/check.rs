//! Whether a decoder exists.

use super::{Decoder, Layer, MOST_LAYERS, Norm, Original, Position, Residual, Words};
use crate::{Error, Result};

/// An error at a place of a configuration.
pub(super) fn wrong<T>(place: impl Into<String>, problem: impl Into<String>) -> Result<T> {
    Err(Error::Configuration { place: place.into(), problem: problem.into() })
}

/// Width of a head where all heads of a layer, counted from 0, together are as wide as the layer.
///
/// # Errors
/// [`Error::Configuration`] where the heads do not divide the width.
pub(super) fn head_size(layer: usize, width: usize, heads: usize) -> Result<usize> {
    if heads == 0 || !width.is_multiple_of(heads) {
        return wrong(format!("layer {}", layer + 1), format!("{heads} heads do not divide a width of {width}"));
    }
    Ok(width / heads)
}

impl Decoder {
    /// Checks that such a decoder exists.
    ///
    /// # Errors
    /// [`Error::Configuration`] with the layer or the field at fault.
    pub fn check(&self) -> Result<()> {
        let sizes = [("vocabulary", self.vocabulary), ("positions", self.positions), ("width", self.width)];
        if let Some((name, _)) = sizes.iter().find(|(_, value)| *value == 0) {
            return wrong(*name, "must be at least 1");
        }
        if !(1..=MOST_LAYERS).contains(&self.layers.len()) {
            return wrong("layers", format!("{} of them; there must be 1 to {MOST_LAYERS}", self.layers.len()));
        }
        let numbers = [("epsilon", self.epsilon), ("deviation", self.deviation)];
        if let Some((name, value)) = numbers.iter().find(|(_, value)| !(value.is_finite() && *value >= 0.0)) {
            return wrong(*name, format!("{value} is not a finite number of at least 0"));
        }
        if let Position::Rotary { fraction, theta } = self.position
            && !(fraction > 0.0 && fraction <= 1.0 && theta.is_finite() && theta > 0.0)
        {
            return wrong("position", format!("no head can be rotated by {fraction} with a base of {theta}"));
        }
        for (index, layer) in self.layers.iter().enumerate() {
            if let Some(problem) = self.layer_problem(layer) {
                return wrong(format!("layer {}", index + 1), problem);
            }
        }
        if self.position == Position::Relative && !self.width.is_multiple_of(2) {
            return wrong("width", format!("sines and cosines of distances cannot share {} entries", self.width));
        }
        if self.residual == Residual::Parallel && self.norm == Norm::LayerAfter {
            return wrong("residual", "halves that run in parallel have their norms before them");
        }
        if let Some(problem) = self.original.problem(self) {
            return wrong("original", problem);
        }
        self.words.problem(self.vocabulary).map_or(Ok(()), |problem| wrong("words", problem))
    }

    fn layer_problem(&self, layer: &Layer) -> Option<String> {
        let Layer { heads, key_value_heads, head_size, feed_forward, window } = *layer;
        let least = [("heads", heads), ("head_size", head_size), ("feed_forward", feed_forward)];
        if let Some((name, _)) = least.iter().find(|(_, value)| *value == 0) {
            return Some(format!("{name} must be at least 1"));
        }
        let rotated = self.position.rotated(head_size);
        match (key_value_heads, window) {
            (0, _) => Some("key_value_heads must be at least 1".to_owned()),
            _ if !heads.is_multiple_of(key_value_heads) => {
                Some(format!("{key_value_heads} heads of keys and values do not divide {heads} heads"))
            }
            (_, Some(0)) => Some("window must be at least 1".to_owned()),
            _ if !rotated.is_multiple_of(2) => {
                Some(format!("{rotated} rotated entries of a head are no pairs; their number must be even"))
            }
            _ => None,
        }
    }
}

impl Original {
    /// What a decoder has that its original has no weights for.
    fn problem(self, decoder: &Decoder) -> Option<String> {
        let position = match decoder.position {
            Position::Learned => matches!(self, Self::Gpt2 | Self::GptNeo),
            Position::Rotary { .. } => matches!(self, Self::HwGpt | Self::Llama),
            Position::Relative => self == Self::TransformerXl,
        };
        let shares = decoder.layers.iter().any(|layer| layer.key_value_heads != layer.heads);
        let adaptive = matches!(decoder.words, Words::Adaptive(_));
        let wrong = [
            (!position, "positions of this kind"),
            ((decoder.norm == Norm::LayerAfter) != (self == Self::TransformerXl), "norms at these places"),
            (decoder.gated != (self == Self::Llama), if decoder.gated { "a gate" } else { "no gate" }),
            (self.is_fused() && shares, "keys and values that heads share"),
            (adaptive && !matches!(self, Self::Gpt2 | Self::TransformerXl), "clusters of words"),
        ];
        let found = wrong.iter().find(|(wrong, _)| *wrong);
        found.map(|(_, what)| format!("the weights of {self} are not those of a decoder with {what}"))
    }
}

impl Words {
    fn problem(&self, vocabulary: usize) -> Option<String> {
        let Self::Adaptive(adaptive) = self else { return None };
        let (clusters, tied) = (adaptive.clusters(), adaptive.tied_projections.len());
        let ranges = adaptive.ranges(vocabulary);
        match () {
            () if adaptive.division == 0 => Some("the division must be at least 1".to_owned()),
            () if ranges.iter().any(std::ops::Range::is_empty) => {
                Some(format!("the cutoffs do not grow from 1 to less than the {vocabulary} words"))
            }
            () if adaptive.width(clusters - 1) == 0 => {
                Some(format!("cluster {clusters} has embeddings without any entry"))
            }
            () if tied != clusters => Some(format!("{tied} of {clusters} projections are said to be tied or not")),
            () => None,
        }
    }
}
