//! Peak memory of training a decoder, computed from its architecture and sizes alone.

use crate::Result;
use crate::memory::{self, F32, SMALL_BLOCKS, of_process};
use crate::network::decoder::{Sizes, Structure};
use crate::network::transformer::kernel::in_chunk;
use crate::space::decoder::{Decoder, Layer, Position, Words};

/// Copies of the weights while an update is measured: weights and two moments, twice, and the gradients.
const MEASURED: f64 = 7.0;

/// Copies of the weights while a checkpoint is written: weights and moments, as tensors, as bytes, and as a file; and what
/// the allocator still holds of the updates before, as measured.
const WRITTEN: f64 = 15.0;

/// Checks that a decoder can be trained on batches of these sizes within `memory` bytes.
///
/// # Errors
/// [`crate::Error::Size`] with need and limit, naming the size furthest above its default; or with the size that cannot
/// be.
pub fn check_memory(decoder: &Decoder, sizes: &Sizes, memory: usize) -> Result<()> {
    sizes.check(decoder)?;
    let defaults = Sizes::default();
    let named = [("batch", sizes.batch, defaults.batch), ("sequence", sizes.sequence, defaults.sequence)];
    memory::check("training of the decoder", peak(decoder, sizes), memory, named)
}

/// Bytes at the peak.
fn peak(decoder: &Decoder, sizes: &Sizes) -> f64 {
    let parameters = Structure::new(decoder, sizes.sequence).parameters;
    let tokens = sizes.batch.min(in_chunk(sizes.sequence)) as f64 * sizes.sequence as f64;
    let layers: f64 = decoder.layers.iter().map(|layer| saved(decoder, layer, sizes.sequence)).sum();
    let in_work = tokens * (layers + 3.0 * decoder.width as f64) + sizes.sequence as f64 * logits(decoder);
    of_process(F32 * (MEASURED * parameters + in_work).max(WRITTEN * parameters), SMALL_BLOCKS)
}

/// Values of a token that a layer saves for its backward pass.
fn saved(decoder: &Decoder, layer: &Layer, tokens: usize) -> f64 {
    let (width, mixed) = (decoder.width as f64, layer.mixed() as f64);
    let distances = if decoder.position == Position::Relative { 3.0 * mixed } else { 0.0 };
    let attention = 3.0 * width + 2.0 * mixed + 2.0 * layer.key_value() as f64 + distances;
    let maps = if decoder.gated { 4.0 } else { 3.0 };
    attention + (layer.heads * tokens) as f64 + 3.0 * width + maps * layer.feed_forward as f64
}

/// Logits of the largest cluster, of which one sequence at a time is in memory.
fn logits(decoder: &Decoder) -> f64 {
    let most = match &decoder.words {
        Words::Whole { .. } => decoder.vocabulary,
        Words::Adaptive(adaptive) => {
            adaptive.ranges(decoder.vocabulary).iter().map(ExactSizeIterator::len).max().unwrap_or(0)
        }
    };
    most as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// GPT-2 of 124 million parameters: its own bytes fifteen times, while a checkpoint is written, of which the allocator
    /// holds 1.14, are 7.9 GiB; with long sequences the activations count.
    #[test]
    fn weights_or_activations_are_the_most() {
        let decoder = Decoder::from_json(r#"{"model_type": "gpt2"}"#).unwrap();
        let gib = |batch, sequence| peak(&decoder, &Sizes { batch, sequence }) / f64::from(1 << 30);
        assert!((7.8..8.0).contains(&gib(1, 8)), "{}", gib(1, 8));
        assert!(gib(16, 1_024) > 9.0 && gib(16, 1_024) == gib(64, 1_024), "{}", gib(16, 1_024));
        let message = check_memory(&decoder, &Sizes { batch: 999, sequence: 9 }, 1 << 30).unwrap_err().to_string();
        assert!(message.starts_with("size batch = 999: the training of the decoder needs about"), "{message}");
        let message = check_memory(&decoder, &Sizes { batch: 1, sequence: 2_000 }, 1 << 30).unwrap_err().to_string();
        assert_eq!(message, "size sequence = 2000: longer than the 1024 positions");
    }
}
