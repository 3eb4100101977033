//! What an encoder makes of its text, to be compared with another program's.

use std::path::Path;

use safetensors::tensor::{Dtype, TensorView, serialize};
use untrained_core::job::EncoderJob;
use untrained_core::run;

use crate::output;

/// Writes `input_ids` [B, T], `attention_mask` [B, T] and `last_hidden_state` [B, T, H], as the processor computes them;
/// states of padding, which no other state depends on, are zero.
///
/// # Errors
/// When a weight is missing or the file cannot be written.
pub fn write(path: &Path, job: &EncoderJob) -> anyhow::Result<()> {
    let rows = [job.sizes.batch, job.sizes.sequence];
    let ids: Vec<u8> = job.tokens.iter().flat_map(|&id| i64::from(id).to_le_bytes()).collect();
    let states: Vec<u8> = run::hidden_states(job)?.into_iter().flat_map(f32::to_le_bytes).collect();
    let shape = [rows[0], rows[1], job.configuration.hidden];
    let real = |ids: &[u32]| {
        let length = ids.len();
        (0..rows[1]).flat_map(move |at| i64::from(at < length).to_le_bytes())
    };
    let mask: Vec<u8> = job.sequences().flat_map(real).collect();
    let tensors = [
        ("input_ids", TensorView::new(Dtype::I64, rows.to_vec(), &ids)?),
        ("attention_mask", TensorView::new(Dtype::I64, rows.to_vec(), &mask)?),
        ("last_hidden_state", TensorView::new(Dtype::F32, shape.to_vec(), &states)?),
    ];
    output::write(path, serialize(tensors, None)?)
}
