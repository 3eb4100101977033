//! Attention of heads, from their queries, keys and values. A is the number of heads, K that of heads of keys and
//! values, d the width of a head.

use burn::tensor::{Tensor, activation::softmax};

use super::capture::Capture;
use super::padding::FAR_BELOW;
use crate::network::tensor::tensor;
use crate::network::transformer::kernel::attention::{Heads, Mask};
use crate::observation::Site;

/// softmax((q kᵀ + added) · scale) v: [B, A, T, d], of the attention whose weights' names begin with `name`. The query
/// is [B, A, T, d], key and value are [B, K, T, d], and what is added to the products is [B, A, T, T].
pub fn attended(
    [query, key, value]: [Tensor<4>; 3],
    added: Option<Tensor<4>>,
    (name, heads): (&str, Heads),
    capture: &mut Capture,
) -> Tensor<4> {
    let site = Site::of_weight(name);
    let [batch, count, tokens, features] = query.dims();
    // Heads that share keys and values are read as one head with more tokens.
    let shared = [batch, heads.key_value, count / heads.key_value * tokens];
    let [b, k, rows] = shared;
    let products = query.reshape([b, k, rows, features]).matmul(key.transpose());
    let products = products.reshape([batch, count, tokens, tokens]);
    let products = match added {
        Some(added) => products + added,
        None => products,
    };
    let scores = masked(products * heads.scale, heads.mask);
    let weights = softmax(capture.unattended(scores), 3);
    capture.attention(&site, &weights);
    let weights = capture.dropped_attention(name, weights);
    let mixed = weights.reshape([b, k, rows, tokens]).matmul(value).reshape([batch, count, tokens, features]);
    capture.masked(&site, mixed)
}

/// Scores [B, A, T, T] with which no weight goes to a token that is not attended to.
fn masked(scores: Tensor<4>, mask: Mask) -> Tensor<4> {
    if mask == Mask::None {
        return scores;
    }
    let tokens = scores.dims()[3];
    let mut values = vec![0.0; tokens * tokens];
    mask.apply(&mut values, tokens);
    // Not every driver computes with infinities.
    values.iter_mut().for_each(|value| *value = value.max(-FAR_BELOW));
    let mask = tensor(values, [1, 1, tokens, tokens], &scores.device());
    scores + mask
}

/// [B, T, A · d] to [B, A, T, d].
pub fn split(x: Tensor<3>, heads: usize) -> Tensor<4> {
    let [batch, tokens, width] = x.dims();
    x.reshape([batch, tokens, heads, width / heads]).swap_dims(1, 2)
}

/// [B, A, T, d] to [B, T, A · d].
pub fn joined(x: Tensor<4>) -> Tensor<3> {
    let [batch, heads, tokens, features] = x.dims();
    x.swap_dims(1, 2).reshape([batch, tokens, heads * features])
}
