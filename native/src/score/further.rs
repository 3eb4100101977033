//! What metrics of further passes read, as a golden file has it: a second batch, an embedded input of noise, and signs.

use serde::Deserialize;
use untrained_core::network::FurtherInputs;
use untrained_core::network::batch::NOT_COUNTED;

/// In the layout of the tokens; other keys are passed over.
#[derive(Debug, Deserialize)]
pub struct Further {
    /// A second batch.
    tokens_2: Option<Vec<Vec<u32>>>,
    /// What is to be predicted after each of its tokens; negative where nothing is.
    targets_2: Option<Vec<Vec<i64>>>,
    /// An embedded input, with E features a token.
    zen_x: Option<Vec<Vec<Vec<f32>>>>,
    /// By what it is moved.
    zen_noise: Option<Vec<Vec<Vec<f32>>>>,
    /// Per block but the first, −1 or 1 for every value that it gives.
    signs: Option<Vec<Vec<Vec<Vec<f32>>>>>,
}

impl From<Further> for FurtherInputs {
    fn from(given: Further) -> Self {
        let flat = |values: Vec<Vec<Vec<f32>>>| values.into_iter().flatten().flatten().collect::<Vec<f32>>();
        let second = given.tokens_2.zip(given.targets_2);
        let noise = given.zen_x.zip(given.zen_noise);
        Self {
            second: second.map(|(tokens, targets)| [tokens.concat(), ids(targets)].into()),
            noise: noise.map(|(input, added)| [flat(input), flat(added)].into()),
            signs: given.signs.map(|signs| signs.into_iter().map(flat).collect::<Vec<_>>().into()),
        }
    }
}

/// Targets as they are read; negative where nothing is to be predicted.
pub fn ids(targets: Vec<Vec<i64>>) -> Vec<u32> {
    targets.into_iter().flatten().map(|id| u32::try_from(id).unwrap_or(NOT_COUNTED)).collect()
}
