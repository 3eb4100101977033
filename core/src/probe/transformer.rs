//! What one run observed of an untrained encoder, term by term.

use serde::{Deserialize, Serialize};

use super::Rows;
use crate::network::transformer::Structure;
use crate::record::{read_value, write_value};

/// Where in an encoder something stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Place {
    /// The layer, counted from 0.
    pub layer: usize,
    /// What of it, as PyTorch names its weights.
    pub part: String,
    /// The head, counted from 0, where each has a value of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<usize>,
}

/// One of the values a score is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Term {
    /// Where it stands.
    #[serde(flatten)]
    pub place: Place,
    /// What it adds; in JSON one that is not finite is the string `inf`, `-inf` or `nan`.
    #[cfg_attr(feature = "schema", schema(schema_with = crate::record::value_schema))]
    #[serde(serialize_with = "write_value", deserialize_with = "read_value")]
    pub value: f64,
}

/// Why there are no numbers: a weight or a hidden state that is NaN. Comparisons and reductions lose NaN, so metrics
/// ask here first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Nans {
    /// In the first sequence.
    pub first_sequence: Option<String>,
    /// In any sequence.
    pub any_sequence: Option<String>,
}

/// What one run observed. Every list has one entry per matrix or layer that counts.
#[derive(Debug, Clone, Default)]
pub struct Probe {
    /// ‖W‖∗ ‖dW‖∗ of the linear maps of the operations, with those that end them.
    pub diversity: Vec<Term>,
    /// Σ |w · dw| of the linear maps of the feed-forward stacks.
    pub saliency: Vec<Term>,
    /// Σ |w · dw| of the linear maps inside the operations, but for small ones.
    pub importance: Vec<Term>,
    /// Per projection: the mean over samples and features of the largest value over the sequence.
    pub confidence: Vec<Term>,
    /// Per softmax: the mean of the largest value over the heads.
    pub softmax_confidence: Vec<Term>,
    /// Per head: the mean over samples and tokens of the largest attention weight.
    pub attention: Vec<Term>,
    /// Per head: the mean over samples of |Σ output · gradient|.
    pub head_gradients: Vec<Term>,
    /// Per activation of a stack: how often tokens of the first sample agree in the sign, over pairs and features.
    pub agreement: Vec<Term>,
    /// The gradient of the sum of the last hidden states with respect to the position embeddings; rows are features,
    /// columns positions.
    pub jacobian: Option<Rows>,
    /// Where the network computed NaN.
    pub nans: Nans,
    /// In how many parts the sequences were taken: more than one where the device has not enough memory for all at once.
    pub parts: usize,
    /// Trained parameters of the whole encoder.
    pub parameters: usize,
    /// What can be counted without running it.
    pub structure: Structure,
}

impl Probe {
    /// Notes NaN found elsewhere, which is the cause of what was found here, and makes NaN of every term it reaches.
    pub fn note(&mut self, found: Nans) {
        let Nans { first_sequence, any_sequence } = std::mem::take(&mut self.nans);
        self.nans = Nans {
            first_sequence: found.first_sequence.or(first_sequence),
            any_sequence: found.any_sequence.or(any_sequence),
        };
        let spoil = |terms: &mut Vec<Term>| terms.iter_mut().for_each(|term| term.value = f64::NAN);
        if self.nans.first_sequence.is_some() {
            spoil(&mut self.agreement);
        }
        if self.nans.any_sequence.is_some() {
            let Self { diversity, saliency, importance, confidence, softmax_confidence, .. } = self;
            [diversity, saliency, importance, confidence, softmax_confidence].into_iter().for_each(spoil);
            [&mut self.attention, &mut self.head_gradients].into_iter().for_each(spoil);
        }
    }
}
