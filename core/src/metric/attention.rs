//! Confidence and importance of heads as their authors define them. The published metrics of these names are other
//! quantities ([`super::head_confidence`], [`super::head_importance`]).
//!
//! With P the attention weights [T, T] of a head, V its values, O = P V its output and L the sum of the last hidden
//! states of an encoder, or the loss of a decoder:
//!
//! confidence = mean over samples of the mean over tokens of max P over the tokens attended to (Voita et al. leave out
//! the end of a sentence; here it counts). Where a batch says which tokens are real, padding is neither attended to nor
//! counted;
//!
//! importance = mean over samples of |sum O dL/dO| (Michel et al. take the loss for L, and compare heads of one layer
//! by dividing by their norm; an untrained encoder has no loss). It is the derivative by a factor on the head, at 1.
//!
//! A case: two tokens, P = [[1, 0], [1/2, 1/2]]: the largest are 1 and 1/2, the confidence 3/4. With V = (2, 4) the
//! output is (2, 3); where its gradient is (1, -1), the importance is |2 - 3| = 1.

use super::about::About;
use super::term_sum::{TermSum, Total};
use crate::family::Family;
use crate::observation::{Kind, Need};

/// Mean over the heads.
pub const CONFIDENCE: TermSum = TermSum {
    about: About {
        id: "attention_confidence",
        title: "Attention confidence",
        summary: "How much of its attention a head gives to a single token.",
        formula: "mean over heads, samples and tokens of max P; P: attention weights over the tokens attended to",
        unit: "score",
        source: "Voita et al., ACL 2019, section 4",
    },
    families: &[Family::Encoder, Family::Decoder],
    need: Need::Terms(Kind::Attention),
    total: Total::Mean,
};

/// Mean over the heads.
pub const IMPORTANCE: TermSum = TermSum {
    about: About {
        id: "attention_importance",
        title: "Attention importance",
        summary: "How much the output depends on a head.",
        formula: "mean over heads and samples of |sum O * dO|; O: output of the head",
        source: "Michel et al., NeurIPS 2019, section 4.1",
        ..CONFIDENCE.about
    },
    need: Need::Terms(Kind::HeadGradients),
    ..CONFIDENCE
};
