//! The last hidden states of an encoder for its text, to be compared with another program's.

use std::path::Path;

use safetensors::tensor::{Dtype, TensorView, serialize};
use untrained_core::job::Job;

use crate::output;

/// Writes `input_ids` [B, T], `attention_mask` [B, T] and `last_hidden_state` [B, T, H], as the CPU computes them;
/// states of padding, which no other state depends on, are zero. Does nothing for other networks.
///
/// # Errors
/// When a weight is missing or the file cannot be written.
pub fn write(path: &Path, job: &Job) -> anyhow::Result<()> {
    let Some(encoder) = job.encoder() else { return Ok(()) };
    let rows = [encoder.sizes.batch, encoder.sizes.sequence];
    let ids: Vec<u8> = job.batch.tokens.iter().flat_map(|&id| i64::from(id).to_le_bytes()).collect();
    let states: Vec<u8> = encoder.hidden_states(&job.batch)?.into_iter().flat_map(f32::to_le_bytes).collect();
    let shape = [rows[0], rows[1], encoder.configuration.hidden];
    let real = |ids: &[u32]| {
        let length = ids.len();
        (0..rows[1]).flat_map(move |position| i64::from(position < length).to_le_bytes())
    };
    let mask: Vec<u8> = job.batch.sequences(rows[1]).flat_map(real).collect();
    let tensors = [
        ("input_ids", TensorView::new(Dtype::I64, rows.to_vec(), &ids)?),
        ("attention_mask", TensorView::new(Dtype::I64, rows.to_vec(), &mask)?),
        ("last_hidden_state", TensorView::new(Dtype::F32, shape.to_vec(), &states)?),
    ];
    output::write(path, serialize(tensors, None)?)
}
