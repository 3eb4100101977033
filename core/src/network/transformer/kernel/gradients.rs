//! The gradients of all weights, from what the backward passes of sequences saved.

use std::collections::HashMap;

use rayon::prelude::*;

use super::super::Weights;
use super::linear::{Linear, Tape};

/// Where the gradient of a weight comes from.
enum GradientSource<'a> {
    /// Rows of a map, from this one on.
    Matrix(&'a Linear<'a>, usize),
    /// The same rows of its bias.
    Bias(&'a Linear<'a>, usize),
    /// The gradients of this number that every tape has.
    Saved(usize),
}

/// Adds the gradients of all weights of these maps, and of the norms and convolutions that the sequences saved. Every
/// sum is made in the order of the sequences.
pub fn add_gradients(gradients: &mut Weights, linears: &[&Linear], tapes: &[Tape]) {
    let mut sources: HashMap<&str, GradientSource> = HashMap::new();
    for &linear in linears {
        for part in &linear.parts {
            let [weight, bias] = &part.names;
            sources.extend(weight.as_deref().map(|name| (name, GradientSource::Matrix(linear, part.rows.start))));
            sources.extend(bias.as_deref().map(|name| (name, GradientSource::Bias(linear, part.rows.start))));
        }
    }
    let saved = tapes.first().and_then(|tape| tape.others.as_ref()).into_iter().flatten();
    sources.extend(saved.enumerate().map(|(number, (name, _))| (name.as_str(), GradientSource::Saved(number))));
    let arrays: Vec<_> = gradients.iter_mut().filter_map(|(name, array)| Some((sources.get(name)?, array))).collect();
    arrays.into_par_iter().for_each(|(source, array)| source.add(&mut array.values, tapes));
}

impl GradientSource<'_> {
    fn add(&self, gradient: &mut [f32], tapes: &[Tape]) {
        match self {
            Self::Matrix(linear, first) => linear.accumulate(*first, gradient, tapes),
            Self::Bias(linear, first) => linear.accumulate_bias(*first, gradient, tapes),
            Self::Saved(number) => {
                for (_, values) in tapes.iter().flat_map(|tape| tape.others.as_ref()?.get(*number)) {
                    gradient.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
                }
            }
        }
    }
}
