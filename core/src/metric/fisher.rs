//! Fisher: the squares of y · dy, with y what a linear node gives, its bias included, and dy the gradient of the loss:
//!
//! ```text
//! D = ½ Σ over features of the mean over tokens of (y · dy)²        fisher = Σ over nodes of fan-in · D
//! ```
//!
//! The published code gives every weight that leads to a feature the D of that feature, hence the factor fan-in. For
//! GPT-2, whose matrices are stored the other way round, it takes fan-out for it: that is what was published of decoders,
//! and here `fisher_fan_out`. The rule for images sums y · dy over places before the square: `fisher_sequence`. Theis et
//! al. (2018), Turner et al. (ICLR 2020).

use super::about::{About, LANGUAGE_MODELS};
use super::term_sum::{TermSum, Total};
use crate::observation::{Need, NodeGradient, NodeGradientReduction};

const FAN_IN: NodeGradientReduction =
    NodeGradientReduction { id: "fisher", term: |node| node.inputs as f64 * channels(node) };
const FAN_OUT: NodeGradientReduction =
    NodeGradientReduction { id: "fisher_fan_out", term: |node| node.features as f64 * channels(node) };
const CHANNELS: NodeGradientReduction = NodeGradientReduction { id: "fisher_channels", term: channels };
const SEQUENCE: NodeGradientReduction =
    NodeGradientReduction { id: "fisher_sequence", term: |node| node.inputs as f64 * node.by_sequence / 2.0 };

/// Σ fan-in · D.
pub const FISHER: TermSum = TermSum {
    about: About {
        id: "fisher",
        title: "Fisher",
        summary: "How much the loss depends on single features of what the maps give.",
        formula: "sum over linear nodes of fan-in * 1/2 * sum over features of the mean over tokens of (y * dy)^2, dy the gradient of the loss",
        unit: "score",
        source: "Turner et al., ICLR 2020",
    },
    families: LANGUAGE_MODELS,
    need: Need::NodeGradients(&FAN_IN),
    total: Total::Sum,
};

/// Σ fan-out · D.
pub const FISHER_FAN_OUT: TermSum = TermSum {
    about: About {
        id: "fisher_fan_out",
        title: "Fisher, fan-out",
        summary: "Fisher with the factor that was published for decoders.",
        formula: "as fisher, with fan-out for fan-in",
        source: "Dong et al., EMNLP 2024 Findings",
        ..FISHER.about
    },
    need: Need::NodeGradients(&FAN_OUT),
    ..FISHER
};

/// Σ D.
pub const FISHER_CHANNELS: TermSum = TermSum {
    about: About {
        id: "fisher_channels",
        title: "Fisher by feature",
        summary: "Fisher in which a feature counts once, not once for every weight that leads to it.",
        formula: "as fisher, without the factor fan-in",
        ..FISHER.about
    },
    need: Need::NodeGradients(&CHANNELS),
    ..FISHER
};

/// Fisher by the rule for images.
pub const FISHER_SEQUENCE: TermSum = TermSum {
    about: About {
        id: "fisher_sequence",
        title: "Fisher by sequence",
        summary: "Fisher by the rule for images: summed over a sequence before it is squared.",
        formula: "sum over linear nodes of fan-in * 1/2 * sum over features of the mean over sequences of (sum over tokens of y * dy)^2",
        ..FISHER.about
    },
    need: Need::NodeGradients(&SEQUENCE),
    ..FISHER
};

/// D.
fn channels(node: &NodeGradient) -> f64 {
    node.by_token / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Site;

    /// A node of two features and three inputs, with squares 4 by token and 10 by sequence: D = 2.
    #[test]
    fn terms_of_a_node() {
        let site = Site::in_layer(0, "a");
        let node = NodeGradient { site, inputs: 3, features: 2, by_token: 4.0, by_sequence: 10.0 };
        let terms = [FAN_IN, FAN_OUT, CHANNELS, SEQUENCE].map(|reduction| (reduction.term)(&node));
        assert_eq!(terms, [6.0, 4.0, 2.0, 15.0]);
    }
}
