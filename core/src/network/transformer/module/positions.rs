//! How heads know where a token is: by rotation of queries and keys, or by scores of distances. The kernel says how
//! (`kernel/attention/rotary.rs` and `kernel/attention/relative.rs`).

use burn::tensor::{Device, Tensor};

use crate::network::tensor::tensor;
use crate::network::transformer::kernel::attention::{relative, rotary};

/// Rotary positions.
pub struct Rotation {
    /// Of the angles, [1, 1, T, n / 2].
    cosine: Tensor<4>,
    /// The same shape.
    sine: Tensor<4>,
}

impl Rotation {
    /// For `rotated` entries of a head, an even number above 0, and so many tokens.
    pub fn new(rotated: usize, theta: f64, tokens: usize, device: &Device) -> Self {
        let angles = rotary::angles(rotated, theta, tokens);
        let part = |at: usize| {
            let values = angles.iter().map(|angle| angle[at]).collect();
            tensor(values, [1, 1, tokens, rotated / 2], device)
        };
        Self { cosine: part(0), sine: part(1) }
    }

    /// Rotates the first entries of heads [B, A, T, d].
    pub fn apply(&self, heads: Tensor<4>) -> Tensor<4> {
        let (pairs, features) = (self.cosine.dims()[3], heads.dims()[3]);
        let (first, second) = (heads.clone().narrow(3, 0, pairs), heads.clone().narrow(3, pairs, pairs));
        let rotated = [
            first.clone() * self.cosine.clone() - second.clone() * self.sine.clone(),
            second * self.cosine.clone() + first * self.sine.clone(),
        ];
        let others = features - 2 * pairs;
        let others = (others > 0).then(|| heads.narrow(3, 2 * pairs, others));
        Tensor::cat(rotated.into_iter().chain(others).collect(), 3)
    }
}

/// Sine and cosine of the distances T − 1 to 0, in this order: [1, T, H].
pub fn waves(tokens: usize, width: usize, device: &Device) -> Tensor<3> {
    let nearest_first = relative::sines_and_cosines(tokens, width);
    let furthest_first = nearest_first.chunks(width).rev().flatten().copied().collect();
    tensor(furthest_first, [1, tokens, width], device)
}

/// What is added to the scores of a token and those up to it, [B, A, T, T], of queries [B, A, T, d] and distances T − 1
/// to 0, [1, A, T, d]; beyond the token there is anything.
pub fn by_distance(query: Tensor<4>, distances: Tensor<4>) -> Tensor<4> {
    let [batch, heads, tokens, _] = query.dims();
    let scores = query.matmul(distances.transpose());
    // Row t is to begin with distance t, at column T − 1 − t: read in rows that are one shorter, every row begins one
    // column further left than the one before (Dai et al., 2019, appendix B).
    let column = Tensor::zeros([batch, heads, tokens, 1], &scores.device());
    let rows = Tensor::cat(vec![column, scores], 3).reshape([batch, heads, tokens + 1, tokens]);
    rows.narrow(2, 1, tokens)
}
