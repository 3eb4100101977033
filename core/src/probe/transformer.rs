//! What one run observed of an untrained encoder, term by term.

use super::Rows;
use crate::network::transformer::Structure;

/// What one run observed. Every list has one entry per matrix or layer that counts.
#[derive(Debug, Clone, Default)]
pub struct Probe {
    /// ‖W‖∗ ‖dW‖∗ of the linear maps of the operations, with those that end them.
    pub diversity: Vec<f64>,
    /// Σ |w · dw| of the linear maps of the feed-forward stacks.
    pub saliency: Vec<f64>,
    /// Σ |w · dw| of the linear maps inside the operations, but for small ones.
    pub importance: Vec<f64>,
    /// Per projection: the mean over samples and features of the largest value over the sequence.
    pub confidence: Vec<f64>,
    /// Per softmax: the mean of the largest value over the heads.
    pub softmax_confidence: Vec<f64>,
    /// Per activation of a stack: how often tokens of the first sample agree in the sign, over pairs and features.
    pub agreement: Vec<f64>,
    /// The gradient of the sum of the last hidden states with respect to the position embeddings; rows are features,
    /// columns positions.
    pub jacobian: Option<Rows>,
    /// Trained parameters of the whole encoder.
    pub parameters: usize,
    /// What can be counted without running it.
    pub structure: Structure,
}
