//! Confidence and importance of heads as their authors define them. The published metrics of these names are other
//! quantities ([`super::sum`]).
//!
//! With P the attention weights [T, T] of a head, V its values, O = P V its output and L the sum of the last hidden states:
//!
//! confidence = mean over samples of the mean over tokens of max P over the tokens attended to (Voita et al. leave out the
//! end of a sentence; here it counts). Where a job says which tokens are real, padding is neither attended to nor counted;
//!
//! importance = mean over samples of |sum O dL/dO| (Michel et al. take the loss for L, and compare heads of one layer by
//! dividing by their norm; an untrained network has no loss). It is the derivative by a factor on the head, at 1.
//!
//! By hand: two tokens, P = [[1, 0], [1/2, 1/2]]: the largest are 1 and 1/2, the confidence 3/4. With V = (2, 4) the output
//! is (2, 3); where its gradient is (1, -1), the importance is |2 - 3| = 1.

use super::sum::Sum;
use crate::metric::{Better, Cost};

/// Mean over the heads.
pub const CONFIDENCE: Sum = Sum::new(
    "attention_confidence",
    "Attention confidence",
    "How much of its attention a head gives to a single token.",
    "mean over heads, samples and tokens of max P; P: attention weights over the tokens attended to",
)
.of(Cost::Forward, Better::Unknown, |probe| &probe.attention)
.mean("Voita et al., ACL 2019, section 4");

/// Mean over the heads.
pub const IMPORTANCE: Sum = Sum::new(
    "attention_importance",
    "Attention importance",
    "How much the output hangs on a head.",
    "mean over heads and samples of |sum O * dO|; O: output of the head",
)
.of(Cost::Backward, Better::Unknown, |probe| &probe.head_gradients)
.mean("Michel et al., NeurIPS 2019, section 4.1");
