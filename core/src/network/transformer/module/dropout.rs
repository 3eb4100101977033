//! The dropout of the kernel on a device: its masks are drawn on the host, entry by entry the same, and uploaded.

use std::collections::HashMap;

use burn::tensor::Tensor;
use rayon::prelude::*;

use super::super::kernel::dropout::Dropout;
use crate::network::tensor::tensor;

/// The masks of some sequences.
pub struct Masks {
    /// Of each sequence, `[B]`.
    pub sequences: Vec<Dropout>,
    /// Real tokens of each sequence, `[B]`.
    pub lengths: Vec<usize>,
    /// The places of parts by their names.
    pub places: HashMap<String, usize>,
}

impl Masks {
    /// The place of the part of this name.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }

    /// Values [B, T, features] with dropout at a place.
    pub fn tokens(&self, place: Option<usize>, values: Tensor<3>) -> Tensor<3> {
        let Some(place) = self.active(place) else { return values };
        let [batch, tokens, features] = values.dims();
        let mut mask = vec![1.0; batch * tokens * features];
        let sequences = mask.par_chunks_mut(tokens * features).zip(&self.sequences);
        sequences.for_each(|(mask, dropout)| dropout.at(place).apply(mask));
        let mask = tensor(mask, [batch, tokens, features], &values.device());
        values * mask
    }

    /// Attention weights [B, A, T, T] with dropout at a place. The kernel has weights of real keys alone, [T, length];
    /// all others are zero anyway.
    pub fn attention(&self, place: Option<usize>, weights: Tensor<4>) -> Tensor<4> {
        let Some(place) = self.active(place) else { return weights };
        let [batch, heads, tokens, _] = weights.dims();
        let mut mask = vec![0.0; batch * heads * tokens * tokens];
        mask.par_chunks_mut(tokens * tokens).enumerate().for_each(|(index, mask)| {
            let (sequence, head) = (index / heads, index % heads);
            let keys = self.lengths[sequence];
            let mut of_keys = vec![1.0; tokens * keys];
            self.sequences[sequence].at(place).at(head).apply(&mut of_keys);
            let rows = mask.chunks_mut(tokens).zip(of_keys.chunks(keys));
            rows.for_each(|(row, of_keys)| row[..keys].copy_from_slice(of_keys));
        });
        let mask = tensor(mask, [batch, heads, tokens, tokens], &weights.device());
        weights * mask
    }

    /// The place where anything is dropped.
    fn active(&self, place: Option<usize>) -> Option<usize> {
        place.filter(|_| self.sequences.first().is_some_and(|dropout| dropout.is_active()))
    }
}
