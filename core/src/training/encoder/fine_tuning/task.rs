//! What is learned: labels, the outputs of the head, and their loss.

use super::super::shape::EncoderShape;
use crate::network::transformer::Listed;
use crate::{Error, Result};

/// What the names of the head's weights begin with.
pub const HEAD: &str = "head";

/// The largest score, which becomes 1.
pub const LARGEST_SCORE: f64 = 5.0;

/// The place of the dropout of the head, which is the index of no linear map, and not that of the embeddings.
pub const PLACE: usize = usize::MAX - 1;

/// What a sequence is labelled with.
#[derive(Debug, Clone, PartialEq)]
pub enum Labels {
    /// Class numbers, `[B]`.
    Classes(Vec<u32>),
    /// Scores from 0 to 5, `[B]`.
    Scores(Vec<f32>),
}

/// The outputs of the head for a batch, and their loss.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TaskOutput {
    /// Σ over the batch.
    pub loss: f64,
    /// [B, classes]; of a score one a sequence, score / 5.
    pub outputs: Vec<f32>,
}

/// Names and shapes of the weights of a head of so many outputs.
pub fn head_weights(shape: &EncoderShape, outputs: usize) -> Listed {
    let weight = (format!("{HEAD}.weight"), vec![outputs, shape.configuration.hidden]);
    vec![weight, (format!("{HEAD}.bias"), vec![outputs])]
}

impl Labels {
    /// Checks them against so many sequences and outputs.
    ///
    /// # Errors
    /// [`Error::Text`] where they do not fit.
    pub(super) fn check(&self, sequences: usize, outputs: usize) -> Result<()> {
        let wrong = |place, problem| Err(Error::Text { what: "labels", place, problem });
        let (count, fits) = match self {
            Self::Classes(classes) => (classes.len(), classes.iter().all(|&class| (class as usize) < outputs)),
            Self::Scores(scores) => (scores.len(), outputs == 1 && scores.iter().all(|score| score.is_finite())),
        };
        if count != sequences {
            return wrong("all sequences".to_owned(), format!("{count} of them for {sequences} sequences"));
        }
        if !fits {
            return wrong("all sequences".to_owned(), format!("one of them does not fit {outputs} outputs"));
        }
        Ok(())
    }

    /// The loss of a sequence with these outputs, and its gradient.
    pub(super) fn loss(&self, index: usize, outputs: &[f32]) -> (f64, Vec<f32>) {
        let outputs: Vec<f64> = outputs.iter().map(|&output| output.into()).collect();
        match self {
            Self::Classes(classes) => {
                let class = classes[index] as usize;
                let top = outputs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let log_sum = top + outputs.iter().map(|output| (output - top).exp()).sum::<f64>().ln();
                let slope = |(at, output): (usize, &f64)| (output - log_sum).exp() - f64::from(u8::from(at == class));
                let slopes = outputs.iter().enumerate().map(|at| slope(at) as f32);
                (log_sum - outputs[class], slopes.collect())
            }
            Self::Scores(scores) => {
                let error = outputs[0] - f64::from(scores[index]) / LARGEST_SCORE;
                (error * error, vec![(2.0 * error) as f32])
            }
        }
    }
}

impl TaskOutput {
    /// Adds those of the sequences that follow.
    pub(super) fn add(&mut self, following: Self) {
        self.loss += following.loss;
        self.outputs.extend(following.outputs);
    }
}
