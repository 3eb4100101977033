//! The matrices of the linear maps of a network that count in the zero-cost suite.

use super::super::Weights;
use super::linear::{Linear, Part, Tape};
use crate::Result;
use crate::network::language::{Matrices, Matrix, move_by};

/// The matrices of these maps, among the weights that they were built from.
///
/// # Errors
/// [`crate::Error::Weights`] where one is missing.
pub fn matrices<'a>(weights: &'a Weights, linears: &[&Linear]) -> Result<Vec<Matrix<'a>>> {
    let parts = linears.iter().flat_map(|linear| &linear.parts).filter(|part| part.spec.role.is_inner());
    let matrix = |part: &Part| {
        let name = part.names[0].as_deref().unwrap_or_default();
        Ok((part.spec.clone(), weights.get(name)?.values.as_slice()))
    };
    parts.map(matrix).collect()
}

/// Weights whose matrices are moved by so much of these values.
///
/// # Errors
/// [`crate::Error::Weights`] where one is missing.
pub fn moved(weights: &Weights, linears: &[&Linear], by: f64, direction: &[Vec<f32>]) -> Result<Weights> {
    let mut moved = weights.clone();
    let parts = linears.iter().flat_map(|linear| &linear.parts).filter(|part| part.spec.role.is_inner());
    for (name, direction) in parts.filter_map(|part| part.names[0].as_deref()).zip(direction) {
        move_by(&mut moved.get_mut(name)?.values, by, direction);
    }
    Ok(moved)
}

/// The gradients of the matrices of these maps, each of its own shape, from what sequences saved.
pub fn gradients(linears: &[&Linear], tapes: &[Tape]) -> Matrices {
    let mut gradients = Vec::new();
    for linear in linears.iter().filter(|linear| linear.is_inner()) {
        let mut joined = vec![0.0; linear.shape().iter().product()];
        linear.accumulate(0, &mut joined, tapes);
        gradients.extend(linear.parameters(&joined).map(|parameter| parameter.gradient.to_vec()));
    }
    gradients
}
